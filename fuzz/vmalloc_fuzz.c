// SPDX-License-Identifier: MIT OR Apache-2.0
/* Fuzzer of vmalloc (libFuzzer): an input is records of four bytes, each a call on one arena or on its page instance; the first
   says how large the two are.

   The model is vmalloc_model.h, which the tests use, too.  The answer to every call must be the model's; after each operation
   all that callers can see, and all that the hooks were told, is compared, to the number of free pages; after an error no byte of
   the arrays has changed, unless keel_map was called or areas waited for a purge.  At the end everything is freed, and all pages
   must be back.

   VMALLOC_FUZZ_TRACE=1 in the environment prints the operations of an input. */
#include "harness.h"
#include "keel.h"

int twin_check(const struct keel_pages *z);

#define SAME(a, b) HOLDS((int64_t)(a) == (int64_t)(b))
#define PAGES_GOOD(instance) twin_check(instance)
#include "vmalloc_model.h"

enum { RECORD = 4, RECORDS = 300 };

struct record {
  uint8_t what, how;
  uint16_t n;
};
_Static_assert(sizeof(struct record) == RECORD, "records have a fixed width");

/* ---- what it was before a call ---- */

static struct {
  struct keel_vm vm;
  struct keel_pages z;
  uint64_t words[KEEL_PAGES_WORDS(PFNS)], ends[KEEL_RANGE_ENDS(MOST)];
  uint8_t tags[KEEL_PAGES_TAGS(PFNS)];
  int32_t refs[KEEL_PAGES_REFS(PFNS)], mark[MOST];
  uint32_t tree[KEEL_RANGE_TREE(MOST)], gap[KEEL_RANGE_GAPS(MOST)], page[MOST];
} was;

static void remember(void)
{
  was.vm = vm;
  was.z = z;
  memcpy(was.words, words, sizeof words);
  memcpy(was.tags, tags, sizeof tags);
  memcpy(was.refs, refs, sizeof refs);
  memcpy(was.tree, tree, KEEL_RANGE_TREE(size) * sizeof *tree);
  memcpy(was.gap, gap, KEEL_RANGE_GAPS(size) * sizeof *gap);
  memcpy(was.ends, ends, KEEL_RANGE_ENDS(size) * sizeof *ends);
  memcpy(was.mark, mark, size * sizeof *mark);
  memcpy(was.page, page, size * sizeof *page);
}

static void unchanged(void)
{
  was.z.fails = z.fails;
  was.z.largest_fail = z.largest_fail;
  HOLDS(memcmp(&was.vm, &vm, sizeof vm) == 0 && memcmp(&was.z, &z, sizeof z) == 0);
  HOLDS(memcmp(was.words, words, sizeof words) == 0 && memcmp(was.tags, tags, sizeof tags) == 0 && memcmp(was.refs, refs, sizeof refs) == 0);
  HOLDS(memcmp(was.tree, tree, KEEL_RANGE_TREE(size) * sizeof *tree) == 0 && memcmp(was.gap, gap, KEEL_RANGE_GAPS(size) * sizeof *gap) == 0);
  HOLDS(memcmp(was.ends, ends, KEEL_RANGE_ENDS(size) * sizeof *ends) == 0 && memcmp(was.mark, mark, size * sizeof *mark) == 0);
  HOLDS(memcmp(was.page, page, size * sizeof *page) == 0);
}

/* ---- calls ---- */

static int64_t take(uint32_t pages, uint32_t flags, int zero, uint32_t fails)
{
  uint32_t waited = nr_dead;
  entry = zero ? keel_vzalloc : keel_vmalloc;
  fail_at = fails;
  remember();
  int64_t got = allocate(pages, flags);
  TRACE("  %s(%u, flags %u), keel_map %u fails: %lld\n", zero ? "vzalloc" : "vmalloc", pages, flags, fails, (long long)got);
  if (got < 0 && got != KEEL_NOT_MAPPED && nr_dead == waited) unchanged();
  entry = keel_vmalloc;
  fail_at = 0;
  return got;
}

static void give(int64_t vpn)
{
  remember();
  enum keel_status got = release(vpn);
  TRACE("  vfree(%lld): %d\n", (long long)vpn, (int)got);
  if (got != KEEL_OK) unchanged();
}

/* The i-th area, live or waiting for a purge, counted from page q on; if there is none, q. */
static uint32_t head(uint32_t q, uint32_t i)
{
  for (uint32_t j = 0; j < size; j++) {
    uint32_t p = (q + j) % size;
    if (begins(p) && i-- == 0) return p;
  }
  return q;
}

/* A page of the arena that is mapped, the first from q on; size if there is none. */
static uint32_t mapped(uint32_t q)
{
  for (uint32_t i = 0; i < size; i++) {
    uint32_t p = (q + i) % size;
    if (table[p] != NONE) return p;
  }
  return size;
}

/* A page that somebody has a reference to, the first from g on; PFNS if there is none. */
static uint32_t shared(uint32_t g)
{
  for (uint32_t i = 0; i < PFNS; i++) {
    uint32_t p = (g + i) % PFNS;
    if (held[p]) return p;
  }
  return PFNS;
}

static void operate(const struct record *r)
{
  uint32_t q = r->n % size, pages = r->how % 16 + 1, flags = r->how / 16 % 4, every = r->how % 4 + 1, g = shared(r->n % PFNS);
  TRACE("op %u, how %u, n %u: %u areas wait, %lld pages free\n", r->what % 16, r->how, r->n, nr_dead, (long long)nr_free);
  doing = "an operation";
  switch (r->what % 16) {
    case 0:
    case 1: take(pages, flags, r->how >= 192, 0); break;
    case 2: take(pages, flags, r->how >= 192, 1 + r->n % (pages + 1)); break;
    case 3: take(r->n % (size + 3), flags, 0, r->how < 128 ? 0 : 1 + r->how % 32); break;
    case 4: take(r->n < 32768 ? r->n : (uint32_t)r->n << 16, r->how < 16 ? r->how : (uint32_t)r->how << 24, r->n % 2, 0); break;
    case 5: /* many */
      for (uint32_t i = 0; i <= r->n % 64; i++)
        if (take(pages, flags, 0, 0) < 0) break;
      break;
    case 6:
    case 7: give(base + head(q, r->how % 4)); break;
    case 8: give(base - 2 + r->n % (size + 4)); break;
    case 9: give(base + q + (r->how % 2 ? FAR : -FAR) * (1 + r->how)); break;
    case 10: /* every so many */
      for (uint32_t p = 0, i = r->n; p < size; p++)
        if (begins(p) && i++ % every == 0) give(base + p);
      break;
    case 11: purge(); break;
    case 12: /* blocks of others, of all kinds, come */
      for (uint32_t i = 0; i <= r->n % 32; i++)
        if (!take_block(r->how % 11, r->how / 16 % 8)) break;
      break;
    case 13: /* and go */
      for (uint32_t i = 0; i <= r->n % 32 && nr_blocks; i++) give_block(r->how % nr_blocks);
      break;
    case 14: /* of the free pages only few are left, or somebody gets a reference to one that is mapped */
      if (r->how % 2) leave(r->n % 64);
      else if ((q = mapped(q)) < size) hold(q);
      break;
    default: /* of one that is shared one reference more, or one less */
      if (g == PFNS) break;
      if (r->how % 4) {
        drop(PFN + g);
      } else {
        OK(keel_pages_get(&z, PFN + g));
        held[g]++;
      }
  }
  check();
}

/* Arguments that keel_vm_init refuses. */
static void refuses(void)
{
  static const struct {
    int64_t base;
    uint32_t n;
  } bad[] = {{VPN, 0}, {VPN, KEEL_RANGE_MAX + 1u}, {-1, 10}, {INT64_MIN, 10}, {HIGHEST + 1, 10}, {INT64_MAX, 10}};
  remember();
  for (size_t i = 0; i < COUNT(bad); i++) HOLDS(keel_vm_init(&vm, &z, tree, gap, ends, mark, page, bad[i].base, bad[i].n) == KEEL_BAD_ARGUMENT);
  unchanged();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  tracing = getenv("VMALLOC_FUZZ_TRACE") != NULL;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
  static const int64_t bases[] = {VPN, 0, HIGHEST, 64};
  static const uint32_t edges[] = {1, 2, 3, 63, 64, 65, 129, MOST}, pieces[] = {1, 2, 7, 16, 60, 200, 300, 499};
  struct record r = {0, 0, 0};
  if (bytes < RECORD) return -1;
  memcpy(&r, data, RECORD);
  uint32_t n = r.how % 2 ? edges[r.how / 2 % 8] : 1u + r.n % 300;
  TRACE("arena of %u, pages %u and %u\n", n, pieces[r.what / 4 % 8], pieces[r.what / 32]);
  doing = "the beginning";
  begin_with(bases[r.what % 4], n, pieces[r.what / 4 % 8], pieces[r.what / 32]);
  refuses();
  for (size_t i = 1; i < bytes / RECORD && i <= RECORDS; i++) {
    memcpy(&r, data + i * RECORD, RECORD);
    operate(&r);
  }
  doing = "the end";
  end();
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size_given, size_t max_size, unsigned seed)
{
  return mutate_records(data, size_given, max_size, RECORD, seed);
}
