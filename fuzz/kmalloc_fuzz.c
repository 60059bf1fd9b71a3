// SPDX-License-Identifier: MIT OR Apache-2.0
/* Fuzzer of kmalloc (libFuzzer).

   As slab_fuzz.c, on whose bed (slab_bed.h) it runs, with all of kmalloc's calls, with the
   calls of the slab layer on caches of the caller's own, and those of the page layer, on
   the same pages.  A model (kmalloc_model.h) says what each of them must answer.

   Memory that is live can be touched as far as keel_ksize() reaches, and nothing else;
   all of it has contents that tell where they are and whose, which are looked at when it
   is freed or has moved.  The hooks write to it really: memory that is about to be
   answered is opened to its size when the first of them comes.  What is free is never 0,
   so that memory which should be zeroed and is not is seen.  Of large blocks only the
   bytes near powers of two are looked at.
   KMALLOC_FUZZ_BREAK=before, after or freed in the environment: as in slab_fuzz.c; zero or
   copy: that hook writes one byte too many.

   KMALLOC_FUZZ_TRACE=1 in the environment prints the operations of an input. */
#include "kmalloc_model.h"
#include "slab_bed.h"

static struct keel_heap *heap; /* *slabs is the first that it has */

static uint8_t block_mark[SLAB_MODEL_PAGES]; /* of the contents of a large block, by its first page */
static uint8_t next_mark;

/* ---- the hooks ---- */

static struct {
  uint64_t room;       /* bytes of the memory that the call may answer; 0: none     */
  uint64_t at;         /* its address, when a hook has been told                    */
  uint64_t zero, copy; /* bytes that have been zeroed, and copied                   */
} hook;

static void inside(uint64_t a, uint64_t bytes)
{
  uint64_t all = (uint64_t)m.pages.n * PAGE;
  HOLDS(bytes > 0 && bytes <= all && a >= ADDR && a - ADDR <= all - bytes);
}

/* A hook writes to a first. */
static void reach(uint64_t a)
{
  if (hook.room == 0 || hook.at != 0) return;
  inside(a, hook.room);
  hook.at = a;
  ASAN_UNPOISON_MEMORY_REGION(at(a), hook.room);
}

void keel_zero(uint64_t a, uint64_t bytes)
{
  inside(a, bytes);
  reach(a);
  memset(at(a), 0, (size_t)bytes);
  break_it("zero", a, bytes);
  hook.zero += bytes;
}

void keel_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
  inside(to, bytes);
  inside(from, bytes);
  reach(to);
  memcpy(at(to), at(from), (size_t)bytes); /* AddressSanitizer sees to it that they do not overlap */
  break_it("copy", to, bytes);
  hook.copy += bytes;
}

/* The hooks have done this since the call began, and nothing else. */
static void hooks_did(uint64_t zero, uint64_t copy, uint64_t a)
{
  HOLDS(hook.zero == zero && hook.copy == copy);
  HOLDS(hook.at == 0 || hook.at == a);
}

/* A call begins that may answer memory of so many bytes. */
static void await(uint64_t room)
{
  memset(&hook, 0, sizeof hook);
  hook.room = room;
}

/* ---- contents ---- */

/* Window w of lo .. hi - 1: the bytes from *from on, up to the answer, are looked at. The first is that below two pages, the
   others are around powers of two. 0 after the last. */
static uint32_t window(uint32_t w, uint32_t lo, uint32_t hi, uint32_t *from)
{
  uint32_t edge = 2 * PAGE << w, to = w == 0 ? edge : edge + 64;
  *from = w == 0 ? 0 : edge - 64;
  if (*from >= hi || w > KEEL_MAX_ORDER) return 0;
  if (*from < lo) *from = lo;
  return to > hi ? hi : to;
}

static void paint(uint64_t a, uint32_t bytes, uint8_t mark)
{
  uint32_t from, to;
  for (uint32_t w = 0; (to = window(w, 0, bytes, &from)) != 0; w++) slab_model_fill(at(a), from, to, mark);
}

static int is_painted(uint64_t a, uint32_t bytes, uint8_t mark)
{
  uint32_t from, to;
  for (uint32_t w = 0; (to = window(w, 0, bytes, &from)) != 0; w++)
    if (!slab_model_is_filled(at(a), from, to, mark)) return 0;
  return 1;
}

static int is_zero(uint64_t a, uint32_t lo, uint32_t hi)
{
  uint32_t from, to;
  for (uint32_t w = 0; (to = window(w, lo, hi, &from)) != 0; w++)
    if (!slab_model_is_zero(at(a), from, to)) return 0;
  return 1;
}

static uint32_t page_of(uint64_t a) { return (uint32_t)((a - ADDR) / PAGE); }

/* The mark of the live memory at a. */
static uint8_t mark_of(uint64_t a)
{
  const struct model_slab *s = slab_model_slab(&m, a);
  return s ? s->mark[slab_model_index(&m, s, a)] : block_mark[page_of(a)];
}

/* The memory at a is live now. */
static void open_up(uint64_t a)
{
  uint32_t bytes = (uint32_t)kmalloc_model_size(&m, a);
  inside(a, bytes);
  ASAN_UNPOISON_MEMORY_REGION(at(a), bytes);
  if (!slab_model_slab(&m, a)) block_mark[page_of(a)] = next_mark++;
  paint(a, bytes, mark_of(a));
}

/* The memory at a is nobody's from now on. */
static void close_up(uint64_t a, uint32_t bytes)
{
  break_it("before", a, (uint64_t)-1);
  break_it("after", a, bytes);
  ASAN_POISON_MEMORY_REGION(at(a), bytes);
  break_it("freed", a, 0);
}

/* ---- memory ---- */

/* A call has answered memory of this place, or 0. */
static void took(uint32_t place, uint64_t a)
{
  const char *promise = kmalloc_model_take(&m, place, a, pages.fails);
  if (promise) fail(__FILE__, __LINE__, promise);
  calls++;
  if (a == 0) return;
  HOLDS(a % kmalloc_model_align(kmalloc_model_bytes(place)) == 0);
  HOLDS(kmalloc_model_size(&m, a) == kmalloc_model_bytes(place));
  found(a);
}

/* The memory at a has been freed; `was` is its slab, or NULL. */
static void gave(uint64_t a, const struct model_slab *was)
{
  const char *promise = kmalloc_model_free(&m, a, was && was->live == 1 && is_gone(was));
  if (promise) fail(__FILE__, __LINE__, promise);
  HOLDS(pages.nr_free == m.pages.stats.nr_free);
  calls++;
}

/* Ways to ask for memory. */
enum way { KMALLOC, KZALLOC, KCALLOC, ALIGNED, KREALLOC_NULL, KREALLOC_ZERO_SIZE, WAYS };
static const char *const name_of[WAYS] = {"kmalloc", "kzalloc", "kcalloc", "kmalloc_aligned", "krealloc(0)", "krealloc(16)"};

static uint64_t call(enum way way, uint64_t n, uint64_t size, uint64_t align, uint32_t flags)
{
  switch (way) {
  case KMALLOC: return keel_kmalloc(heap, size, flags);
  case KZALLOC: return keel_kzalloc(heap, size, flags);
  case KCALLOC: return keel_kcalloc(heap, n, size, flags);
  case ALIGNED: return keel_kmalloc_aligned(heap, size, align, flags);
  case KREALLOC_NULL: return keel_krealloc(heap, 0, size, flags);
  default: return keel_krealloc(heap, KEEL_ZERO_SIZE, size, flags);
  }
}

/* How many bytes are asked for; more than there ever are if that does not fit. */
static uint64_t product(uint64_t n, uint64_t size)
{
  unsigned __int128 all = (unsigned __int128)n * size;
  return all > UINT64_MAX ? UINT64_MAX : (uint64_t)all;
}

static uint64_t ask(enum way way, uint64_t n, uint64_t size, uint64_t align, uint32_t flags)
{
  uint64_t bytes = way == KCALLOC ? product(n, size) : size;
  int zero = way == KZALLOC || way == KCALLOC || (flags & KEEL_ZERO) != 0;
  if (way != ALIGNED) align = 0;
  int allowed = kmalloc_model_allows(&m, bytes, align, flags), real = allowed && bytes != 0;
  uint32_t place = real ? kmalloc_model_place((uint32_t)bytes, (uint32_t)align) : 0, room = real ? kmalloc_model_bytes(place) : 0;
  await(room);
  uint64_t a = call(way, n, size, align, flags);
  hooks_did(zero && real && a != 0 ? room : 0, 0, a);
  if (!real) {
    HOLDS(a == (allowed ? KEEL_ZERO_SIZE : 0));
    unchanged();
    return a;
  }
  took(place, a);
  if (a == 0) return 0;
  HOLDS(align == 0 || a % align == 0);
  if (zero) HOLDS(is_zero(a, 0, room));
  open_up(a);
  return a;
}

static void give(uint64_t a)
{
  const struct model_slab *s = slab_model_slab(&m, a);
  if (s && s->cache > KEEL_KMALLOC_CLASSES) {
    empty(a);
    HOLDS(keel_slab_free(slabs, a) == KEEL_OK);
  } else {
    uint32_t bytes = (uint32_t)kmalloc_model_size(&m, a);
    HOLDS(is_painted(a, bytes, mark_of(a)));
    close_up(a, bytes);
    await(0);
    HOLDS(keel_kfree(heap, a) == KEEL_OK);
    hooks_did(0, 0, 0);
  }
  gave(a, s);
}

/* What must be freed first is made zero first; and is not zero any more when it is next answered. */
static void give_sensitive(uint64_t a)
{
  uint32_t bytes = (uint32_t)kmalloc_model_size(&m, a);
  HOLDS(is_painted(a, bytes, mark_of(a)));
  await(0);
  HOLDS(keel_kfree_sensitive(heap, a) == KEEL_OK);
  hooks_did(bytes, 0, 0);
  HOLDS(is_zero(a, 0, bytes));
  paint(a, bytes, 1);
  close_up(a, bytes);
  gave(a, slab_model_slab(&m, a));
}

/* The n-th block of kmalloc's, counted round; it has one. */
static uint64_t block_address(uint32_t n) { return ADDR + (uint64_t)kmalloc_model_block(&m, n % kmalloc_model_blocks(&m)) * PAGE; }

/* An address of live memory, of kmalloc's if there is any; 0 if there is none. */
static uint64_t live(uint32_t n, uint32_t i)
{
  if (n % 4 == 0 && kmalloc_model_blocks(&m) > 0) return block_address(n / 4);
  const struct model_slab *s = nth_slab(n);
  uint64_t a = s ? object_from(s, i, 1) : 0;
  return kmalloc_model_size(&m, a) > 0 ? a : 0;
}

/* ---- from bytes to arguments ---- */

static uint64_t size_of(const struct record *r)
{
  static const uint64_t odd[] = {0, KEEL_KMALLOC_MAX, KEEL_KMALLOC_MAX + 1, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 8, (uint64_t)1 << 63, UINT64_MAX - 4095, UINT64_MAX};
  uint32_t edge = r->y % 3;
  switch (r->x % 8) {
  case 0: return odd[r->y % 8];
  case 1: return kmalloc_model_bytes(r->c % KEEL_KMALLOC_CLASSES) + edge - 1;
  case 2: return ((uint64_t)PAGE << r->c % 11) + edge - 1;
  case 3: return 1 + r->y % (KEEL_OBJECT_MAX + 64);
  case 4: return 1 + r->y % (64 * PAGE);
  case 5: return 1 + r->y % KEEL_KMALLOC_MAX;
  default: return 1 + r->y % 1100;
  }
}

static uint32_t flags_of(const struct record *r)
{
  static const uint32_t odd[] = {4, 5, 1u << 31, UINT32_MAX};
  uint32_t k = r->x / 8 % 16;
  return k < 12 ? k % 4 : k < 15 ? 0 : odd[r->y / 16 % 4];
}

static uint64_t align_of(const struct record *r)
{
  static const uint64_t odd[] = {0, 3, 24, 4095, 4097, 8192 + 16, (uint64_t)3 << 20, 2 * KEEL_KMALLOC_MAX, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 1, (uint64_t)1 << 63, UINT64_MAX};
  uint32_t k = r->x / 128 % 64;
  return k < 52 ? (uint64_t)1 << k % 23 : odd[k - 52];
}

/* Factors: of a product near what is asked for, or far too large. */
static uint64_t factor_of(const struct record *r, uint64_t *size)
{
  static const uint64_t odd[] = {0, 1, (uint64_t)1 << 22, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 1, (uint64_t)1 << 61, (uint64_t)1 << 63, UINT64_MAX};
  uint64_t n = 1 + r->y / 4096 % 100;
  if (r->x / 128 % 4 == 0) return odd[r->x / 512 % 8];
  if (*size > n) *size /= n;
  return n;
}

/* What memory of so many bytes becomes. */
static uint64_t new_size(const struct record *r, uint64_t old)
{
  switch (r->x / 128 % 8) {
  case 0: return 1 + r->y % (old == 0 ? 1 : old);
  case 1: return old + 1 + r->y % (old + 1);
  case 2: return old / 2 + r->y % 3 - 1;
  case 3: return old + r->y % 3 - 1;
  case 4: return old == 0 ? 0 : 8 + r->y % 64;
  default: return size_of(r);
  }
}

/* An address, mostly one that must be refused; of kmalloc's blocks, too. */
static uint64_t any_address(const struct record *r)
{
  uint32_t n = kmalloc_model_blocks(&m);
  if (r->x / 16 % 4 != 0 || n == 0) return r->x / 64 % 16 == 0 ? KEEL_ZERO_SIZE : address_of(r);
  uint64_t a = block_address(r->c), bytes = kmalloc_model_size(&m, a);
  switch (r->x % 8) {
  case 0: return a;
  case 1: return a + 1 + r->y % (PAGE - 1);
  case 2: return a + PAGE;
  case 3: return a + bytes;
  case 4: return a + bytes / 2;
  case 5: return a + 8;
  case 6: return a - 1;
  default: return a + r->y % (bytes + 1);
  }
}

static uint32_t own_cache(const struct record *r)
{
  return m.caches > KEEL_KMALLOC_CLASSES ? KEEL_KMALLOC_CLASSES + r->c % (m.caches - KEEL_KMALLOC_CLASSES) : m.caches;
}

/* ---- operations ---- */

static void do_ask(enum way way, const struct record *r)
{
  uint64_t size = size_of(r), n = way == KCALLOC ? factor_of(r, &size) : 1, align = align_of(r);
  uint32_t flags = flags_of(r);
  TRACE("%s(n %" PRIu64 ", size %" PRIu64 ", align %" PRIu64 ", flags %u)", name_of[way], n, size, align, flags);
  uint64_t a = ask(way, n, size, align, flags);
  TRACE(a <= KEEL_ZERO_SIZE ? " -> %" PRIu64 "\n" : " -> +%" PRIu64 "\n", a <= KEEL_ZERO_SIZE ? a : a - ADDR);
}

static void do_ask_many(const struct record *r, uint32_t most)
{
  uint32_t i = 0;
  uint64_t size = size_of(r);
  while (i < most && calls < CALLS && ask(KMALLOC, 1, size, 0, 0) > KEEL_ZERO_SIZE) i++;
  TRACE("%u times kmalloc(%" PRIu64 ")\n", i, size);
}

static void do_kfree(uint64_t a, int sensitive)
{
  enum keel_status want = kmalloc_model_answer(&m, a);
  TRACE("kfree%s(+%" PRIu64 ") -> %d\n", sensitive ? "_sensitive" : "", a - ADDR, want);
  if (kmalloc_model_size(&m, a) > 0) {
    sensitive ? give_sensitive(a) : give(a);
    return;
  }
  await(0);
  HOLDS((sensitive ? keel_kfree_sensitive(heap, a) : keel_kfree(heap, a)) == want);
  hooks_did(0, 0, 0);
  unchanged();
}

/* Every by-th block. */
static void do_free_blocks(uint32_t first, uint32_t by)
{
  TRACE("kfree of blocks, by %u\n", by);
  for (uint32_t n = first; n < kmalloc_model_blocks(&m); n += by - 1) {
    uint64_t a = block_address(n);
    if (kmalloc_model_answer(&m, a) == KEEL_OK) {
      give(a);
    } else {
      n++;
    }
  }
}

static void do_ksize(uint64_t a)
{
  uint64_t want = kmalloc_model_size(&m, a);
  TRACE("ksize(+%" PRIu64 ") -> %" PRIu64 "\n", a - ADDR, want);
  HOLDS(keel_ksize(heap, a) == want);
  unchanged();
}

/* keel_krealloc() must refuse this, or has no need of other memory. */
static int stays(uint64_t a, uint64_t size, uint32_t flags, uint64_t old)
{
  uint64_t want = a;
  if (old == 0 || !kmalloc_model_allows(&m, size, 0, flags)) want = 0;
  if (want != 0) {
    uint32_t to = kmalloc_model_place((uint32_t)size, kmalloc_model_align((uint32_t)old));
    if (size > old || 2 * (uint64_t)kmalloc_model_bytes(to) <= old) return 0;
  }
  await(0);
  HOLDS(keel_krealloc(heap, a, size, flags) == want);
  hooks_did(0, 0, 0);
  unchanged();
  return 1;
}

/* keel_krealloc() of live memory to other memory, if there is any. */
static uint64_t move(uint64_t a, uint32_t size, uint32_t flags, uint32_t old)
{
  uint32_t place = kmalloc_model_place(size, kmalloc_model_align(old)), now = kmalloc_model_bytes(place), kept = old < now ? old : now;
  uint32_t zero = now > old && (flags & KEEL_ZERO) != 0 ? now - old : 0;
  const struct model_slab *was = slab_model_slab(&m, a);
  uint8_t mark = mark_of(a);
  HOLDS(is_painted(a, old, mark));
  await(now);
  uint64_t b = keel_krealloc(heap, a, size, flags);
  if (b == 0 || b == a) { /* there is none */
    hooks_did(0, 0, 0);
    HOLDS(b == (size > old ? 0 : a));
    took(place, 0);
    HOLDS(is_painted(a, old, mark));
    return b;
  }
  hooks_did(zero, kept, b);
  took(place, b);
  HOLDS(b % kmalloc_model_align(old) == 0);
  HOLDS(is_painted(b, kept, mark));
  if (zero != 0) HOLDS(is_zero(b, old, now));
  open_up(b);
  close_up(a, old);
  gave(a, was);
  return b;
}

static void do_krealloc(uint64_t a, const struct record *r)
{
  uint64_t old = kmalloc_model_size(&m, a), size = new_size(r, old), b = a;
  uint32_t flags = flags_of(r);
  TRACE("krealloc(+%" PRIu64 " of %" PRIu64 ", %" PRIu64 ", flags %u)\n", a - ADDR, old, size, flags);
  if (a == 0 || a == KEEL_ZERO_SIZE) {
    ask(a == 0 ? KREALLOC_NULL : KREALLOC_ZERO_SIZE, 1, size, 0, flags);
  } else if (old > 0 && size == 0 && flags <= (KEEL_NOWAIT | KEEL_ZERO)) {
    HOLDS(is_painted(a, (uint32_t)old, mark_of(a)));
    close_up(a, (uint32_t)old);
    await(0);
    HOLDS(keel_krealloc(heap, a, 0, flags) == KEEL_ZERO_SIZE);
    hooks_did(0, 0, 0);
    gave(a, slab_model_slab(&m, a));
  } else if (!stays(a, size, flags, old)) {
    b = move(a, (uint32_t)size, flags, (uint32_t)old);
    TRACE("     -> %s\n", b == 0 ? "0" : b == a ? "the same" : "another");
  }
}

/* A free that only objects of slabs have; those of kmalloc's caches are live to it, too. */
static void do_slab_free(uint64_t a)
{
  const struct model_slab *s = slab_model_slab(&m, a);
  enum keel_status want = slab_model_answer(&m, a);
  TRACE("slab free(+%" PRIu64 ") -> %d\n", a - ADDR, want);
  if (want != KEEL_OK) {
    HOLDS(keel_slab_free(slabs, a) == want);
    unchanged();
  } else if (s->cache > KEEL_KMALLOC_CLASSES) {
    give(a);
  }
}

static void do_own_caches(const struct record *r)
{
  uint32_t c = own_cache(r);
  switch (r->x / 16 % 8) {
  case 0: do_destroy(c); break;
  case 1:
  case 2: do_create(c, 1 + r->y % KEEL_OBJECT_MAX, 1u << r->y / 8192 % 13); break;
  case 3: do_slab_free(address_of(r)); break;
  case 4:
  case 5: do_alloc(c); break;
  default: do_alloc_many(c, 1 + r->x % 300);
  }
}

static void do_kmalloc_init(void)
{
  enum keel_status want = kmalloc_model_init(&m);
  TRACE("kmalloc init -> %d\n", want);
  HOLDS(keel_kmalloc_init(heap) == want);
  if (want != KEEL_OK) unchanged();
}

static void start(keel_pfn_t base, uint32_t past, uint32_t n, uint32_t nr_slabs, uint32_t caches)
{
  make(base, past, n, nr_slabs, caches);
  heap = (struct keel_heap *)(void *)slabs;
  remember();
  do_kmalloc_init();
  remember();
}

/* A new instance: other sizes, and addresses that are multiples of less. Before it one with too few caches, or with one in use. */
static void do_init(const struct record *r)
{
  static const keel_pfn_t base[] = {0, 3 * KEEL_PAGES_GRANULE, KEEL_PFN_MAX - KEEL_PAGES_MAX};
  static const uint32_t past[] = {0, 1, 6, 16, 256, 512, 1023, 0};
  if (inits++ > 0) return;
  uint32_t n = 1 + r->y % SLAB_MODEL_PAGES, nr_slabs = 1 + r->x / 32 % SLAB_MODEL_SLABS;
  if (r->x % 4 == 0) start(0, 0, n, nr_slabs, 1 + r->c % (KEEL_KMALLOC_CLASSES - 1));
  make(base[r->y / 2048 % 3], past[r->x / 4 % 8], n, nr_slabs, KEEL_KMALLOC_CLASSES + r->c % 6);
  heap = (struct keel_heap *)(void *)slabs;
  remember();
  uint32_t c = r->y % KEEL_KMALLOC_CLASSES;
  if (r->x % 4 == 1) {
    do_create(c, 40, 0);
    remember();
    do_kmalloc_init();
    do_destroy(c);
    remember();
  }
  do_kmalloc_init();
  remember();
}

/* What an input starts with: nearly as many slabs as it takes to have one of each size, a largest block and a bit
   more, addresses that allow all alignments but the largest, and a cache of the caller's own. */
static void bring_up(void)
{
  start(5 * (keel_pfn_t)KEEL_PAGES_GRANULE, 512, 1025 + 256, 44, KEEL_KMALLOC_CLASSES + 3);
  do_create(KEEL_KMALLOC_CLASSES, 100, 0);
  remember();
}

/* Wherever a block begins kmalloc has as many bytes as the model says. */
static void pages_changed(void)
{
  for (uint32_t p = 0; p < m.pages.n; p = model_end(&m.pages, p)) {
    uint64_t a = ADDR + (uint64_t)p * PAGE;
    HOLDS(keel_ksize(heap, a) == kmalloc_model_size(&m, a));
  }
}

static void operate(const struct record *r)
{
  uint64_t a;
  switch (r->op % 32) {
  case 0:
  case 1:
  case 2: doing = "kmalloc", do_ask(KMALLOC, r); break;
  case 3: doing = "kzalloc", do_ask(KZALLOC, r); break;
  case 4: doing = "kcalloc", do_ask(KCALLOC, r); break;
  case 5:
  case 6: doing = "kmalloc_aligned", do_ask(ALIGNED, r); break;
  case 7:
  case 8: doing = "kmalloc", do_ask_many(r, 1 + r->x / 8 % 64); break;
  case 9: doing = "kmalloc", do_ask_many(r, 1 + r->x / 8 % (r->x >= 0xc000 ? 4000 : 500)); break;
  case 10:
  case 11:
  case 12: doing = "krealloc", (a = live(r->c, r->x)) == 0 ? do_ask(KREALLOC_NULL, r) : do_krealloc(a, r); break;
  case 13: doing = "krealloc", do_krealloc(any_address(r), r); break;
  case 14:
  case 15: doing = "kfree", do_kfree(live(r->c, r->x), 0); break;
  case 16: doing = "kfree", do_free_many(r, r->c < 128 ? m.caches : r->c % m.caches); break;
  case 17: doing = "kfree", do_free_blocks(r->c % 8, 1 + r->x % 4); break;
  case 18:
  case 19:
  case 20: doing = "kfree", do_kfree(any_address(r), 0); break;
  case 21: doing = "kfree_sensitive", do_kfree(live(r->c, r->x), 1); break;
  case 22: doing = "kfree_sensitive", do_kfree(any_address(r), 1); break;
  case 23: doing = "ksize", do_ksize(any_address(r)); break;
  case 24: doing = "a call on its own cache", do_own_caches(r); break;
  case 25: doing = "shrink", do_shrink(r->c % m.caches); break;
  case 26: doing = "page alloc", do_page_alloc(r); break;
  case 27:
  case 28: doing = "page free", do_page_free(r); break;
  case 29: doing = "page get", do_page_get(r->x & 2 && kmalloc_model_blocks(&m) > 0 ? pages.base + page_of(block_address(r->c)) : pfn_of(r)); break;
  case 30: doing = "page range", do_page_range(r); break;
  default: doing = "init", r->op < 128 ? do_init(r) : do_kmalloc_init();
  }
}

static void finish(void)
{
  do_free_blocks(0, 1);
  settled();
  clear();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  return set_up("KMALLOC", sizeof(struct keel_heap));
}
