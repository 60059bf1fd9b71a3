// SPDX-License-Identifier: MIT OR Apache-2.0
/* Fuzzer of the slab caches (libFuzzer).

   An input is a sequence of records of 8 bytes; each is one operation on an instance of
   a few caches, slabs and pages, so that all of them run out.  Calls of the page layer
   on the same pages are among them.  A model (slab_model.h) says what every call may
   answer.  After each operation:
   - the answer is one that the model allows;
   - after an error nothing has changed, byte by byte;
   - the pages' counters and free blocks are the model's, each slab's block is there, of
     kind KEEL_SLAB and with the references that it should have, no other is, and
     keel_pages_check() holds.
   At the end everything is freed, and all pages are back.

   Objects are in memory that AddressSanitizer lets nobody touch while they are free, nor
   beyond their size; each has contents of its own, which are looked at when it is
   freed.  SLAB_FUZZ_BREAK=before, after or freed in the environment makes the fuzzer write
   to such a byte when it frees an object, to show that this is seen.
   Every array has exactly its documented size.

   SLAB_FUZZ_TRACE=1 in the environment prints the operations of an input. */
#include "no_memory.h"
#include "slab_bed.h"

/* What an input starts with: some caches in use, of 128 objects in a page, 227 in 4 and 131 in 32. */
static void bring_up(void)
{
  static const uint32_t size[] = {30, 72, 1000};
  make(5 * (keel_pfn_t)KEEL_PAGES_GRANULE, 1, 150, 24, 4);
  for (uint32_t c = 0; c < 3; c++)
    HOLDS(keel_cache_create(slabs, c, size[c], 0) == KEEL_OK && slab_model_create(&m, c, size[c], 0) == KEEL_OK);
  remember();
}

static void give(uint64_t a)
{
  const struct model_slab *s = slab_model_slab(&m, a);
  empty(a);
  HOLDS(keel_slab_free(slabs, a) == KEEL_OK);
  const char *promise = slab_model_free(&m, a, s->live == 1 && is_gone(s));
  if (promise) fail(__FILE__, __LINE__, promise);
  HOLDS(pages.nr_free == m.pages.stats.nr_free);
  calls++;
}

/* ---- from bytes to arguments ---- */

static uint32_t cache_of(const struct record *r) { return r->c % m.caches; }

static uint32_t size_of(const struct record *r)
{
  static const uint32_t odd[] = {0, KEEL_OBJECT_MAX + 1, 1u << 31, UINT32_MAX};
  switch (r->y % 8) {
  case 0: return odd[r->x % 4];
  case 1: return 1 + r->x % KEEL_OBJECT_MAX;
  case 2: return 8u << r->x % 11;
  case 3: return KEEL_OBJECT_MAX - r->x % 2;
  default: return 1 + r->x % 300;
  }
}

static uint32_t align_of(const struct record *r)
{
  static const uint32_t odd[] = {3, 12, 4095, 4097, 8192, 1u << 31, UINT32_MAX, 0};
  uint32_t k = r->y / 8 % 32;
  return k < 12 ? 0 : k < 25 ? 1u << (k - 12) : odd[k - 25];
}

/* ---- operations ---- */

static void do_free(uint64_t a)
{
  enum keel_status want = slab_model_answer(&m, a);
  TRACE("free(+%" PRIu64 ") -> %d\n", a - ADDR, want);
  if (want == KEEL_OK) {
    give(a);
    return;
  }
  HOLDS(keel_slab_free(slabs, a) == want);
  unchanged();
}

static void do_free_live(const struct record *r)
{
  const struct model_slab *s = nth_slab(r->c);
  if (s) do_free(object_from(s, r->x, 1));
}

/* Calls that no cache is for. */
static void do_no_cache(const struct record *r)
{
  static const uint32_t odd[] = {0, 1, 2, UINT32_MAX};
  uint32_t k = odd[r->y % 4], c = k == UINT32_MAX ? k : m.caches + k;
  do_alloc(c);
  do_shrink(c);
  do_destroy(c);
  do_create(c, 8, 8);
}

static void do_init(const struct record *r)
{
  static const keel_pfn_t base[] = {0, 3 * KEEL_PAGES_GRANULE, KEEL_PFN_MAX - KEEL_PAGES_MAX};
  if (inits++ > 0) return;
  make(base[r->x % 3], 1, 1 + r->y % 256, 1 + r->x / 4 % 48, 1 + r->c % 4);
}

static void do_bad_init(const struct record *r)
{
  const struct {
    uint64_t addr;
    uint32_t slabs, caches;
  } bad[] = {{0, 1, 1},
             {ADDR + 8, 1, 1},
             {ADDR + PAGE - 1, 1, 1},
             {1, 1, 1},
             {(uint64_t)0 - (uint64_t)m.pages.n * PAGE, 1, 1}, /* its end is 2^64 */
             {(uint64_t)0 - PAGE, 1, 1},
             {ADDR, 0, 1},
             {ADDR, (1u << 28) + 1, 1},
             {ADDR, UINT32_MAX, 1},
             {ADDR, 1, 0},
             {ADDR, 1, KEEL_CACHES_MAX + 1},
             {ADDR, 1, UINT32_MAX}};
  uint32_t i = r->x % (sizeof bad / sizeof *bad);
  TRACE("init(addr %" PRIu64 ", slabs %u, caches %u)\n", bad[i].addr, bad[i].slabs, bad[i].caches);
  HOLDS(keel_slabs_init(slabs, &pages, bad[i].addr, array[MAP].at, array[SLAB].at, bad[i].slabs, array[CACHE].at, bad[i].caches) == KEEL_BAD_ARGUMENT);
  unchanged();
}

static void operate(const struct record *r)
{
  switch (r->op % 32) {
  case 0:
  case 1:
  case 2:
  case 3: doing = "alloc", do_alloc(cache_of(r)); break;
  case 4:
  case 5:
  case 6: doing = "alloc", do_alloc_many(cache_of(r), 1 + r->x % 100); break;
  case 7: doing = "alloc", do_alloc_many(cache_of(r), 1 + r->x % (r->y % 8 == 0 ? 4000 : 500)); break;
  case 8:
  case 9:
  case 10:
  case 11: doing = "free", do_free_live(r); break;
  case 12:
  case 13:
  case 14: doing = "free", do_free_many(r, r->c % (m.caches + 1)); break;
  case 15:
  case 16:
  case 17:
  case 18: doing = "free", do_free(address_of(r)); break;
  case 19:
  case 20: doing = "create", do_create(cache_of(r), size_of(r), align_of(r)); break;
  case 21: doing = "destroy", do_destroy(cache_of(r)); break;
  case 22: doing = "shrink", do_shrink(cache_of(r)); break;
  case 23: doing = "a call without a cache", do_no_cache(r); break;
  case 24:
  case 25: doing = "page alloc", do_page_alloc(r); break;
  case 26:
  case 27: doing = "page free", do_page_free(r); break;
  case 28: doing = "page get", do_page_get(pfn_of(r)); break;
  case 29: doing = "page range", do_page_range(r); break;
  case 30: doing = "init", do_init(r); break;
  default: doing = "init", do_bad_init(r);
  }
}

static void pages_changed(void) {}

static void finish(void) { clear(); }

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  return set_up("SLAB", sizeof(struct keel_slabs));
}
