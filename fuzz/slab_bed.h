// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the fuzzers of the slab caches and of kmalloc share: an instance of slab caches over
   an arena, its model, all state before and after an operation, the calls that both make,
   and inputs that are sequences of records. */
#ifndef KEEL_FUZZ_SLAB_BED_H
#define KEEL_FUZZ_SLAB_BED_H

#include <inttypes.h>
#include <string.h>

#include "harness.h"
#include "slab_model.h"

int twin_check(const struct keel_pages *z); /* as in page_fuzz.c */

#define RECORD 8u
#define RECORDS_MAX 512u
#define PAGE 4096u
#define LARGEST (PAGE << KEEL_MAX_ORDER) /* bytes of the largest block of pages */
#define HISTORY 64u
#define CALLS 6000u /* that one input may make */
#define ARRAYS 7u

struct record {
  uint8_t op, c;
  uint16_t x;
  uint32_t y;
};
_Static_assert(sizeof(struct record) == RECORD, "records have a fixed width");

static uint8_t arena[SLAB_MODEL_PAGES * PAGE + 2 * LARGEST];
#define ADDR (m.addr) /* of its first page that is in use */

static struct keel_slabs *slabs;
static struct keel_pages pages;
static struct slab_model m;

/* The arrays, and what all of it was after the previous operation. */
enum { WORDS, TAGS, REFS, MAP, SLAB, CACHE, INSTANCE };
static struct array {
  struct room room;
  void *at;
  size_t size;
  uint8_t *was;
} array[ARRAYS];
static struct keel_pages pages_was;

static uint64_t history[HISTORY]; /* addresses of objects, latest last; many are free by now */
static uint32_t allocated, calls, inits;
static const char *broken; /* which byte to write to, to show that it is seen */

/* What the fuzzer has of its own. */
static void bring_up(void);                      /* the instance that an input starts with             */
static void operate(const struct record *r);     /* one operation                                      */
static void pages_changed(void);                 /* what else holds after one that has changed pages   */
static void give(uint64_t a);                    /* frees what is live at a, an object or a block      */
static void finish(void);                        /* frees all that clear() does not know, and calls it */

/* ---- state before and after ---- */

static void remember(void)
{
  pages_was = pages;
  for (uint32_t i = 0; i < ARRAYS; i++) memcpy(array[i].was, array[i].at, array[i].size);
}

static int same_arrays(uint32_t from, uint32_t to)
{
  for (uint32_t i = from; i < to; i++)
    if (memcmp(array[i].was, array[i].at, array[i].size) != 0) return 0;
  return 1;
}

/* Since the operation before. */
static void unchanged(void)
{
  HOLDS(memcmp(&pages_was, &pages, sizeof pages) == 0);
  HOLDS(same_arrays(0, ARRAYS));
}

static void same_stats(void)
{
  const struct keel_page_stats *want = &m.pages.stats;
  struct keel_page_stats got;
  memset(&got, 0xa5, sizeof got);
  keel_pages_stats(&pages, &got);
  HOLDS(memcmp(got.free_blocks, want->free_blocks, sizeof got.free_blocks) == 0);
  HOLDS(got.pages == want->pages && got.nr_free == want->nr_free);
  HOLDS(got.allocs == want->allocs && got.frees == want->frees);
  HOLDS(got.fails == want->fails && got.largest_fail == want->largest_fail);
}

/* The block that holds a page is the model's; answers the page after it. */
static uint32_t same_block(uint32_t p)
{
  struct keel_block got, want;
  HOLDS(keel_pages_block(&pages, pages.base + p, &got) == KEEL_OK);
  HOLDS(model_block(&m.pages, pages.base + p, &want) == KEEL_OK);
  HOLDS(got.pfn == want.pfn && got.order == want.order && got.state == want.state);
  HOLDS(got.kind == want.kind && got.refs == want.refs);
  return (uint32_t)(got.pfn - pages.base) + (1u << got.order);
}

/* No page that is not of a slab has an object. */
static void no_objects_elsewhere(void)
{
  for (uint32_t p = 0; p < m.pages.n; p++)
    if (m.of[p] == 0) HOLDS(keel_slab_free(slabs, ADDR + (uint64_t)p * PAGE) == KEEL_WRONG_KIND);
}

/* An operation is over: the pages are well formed, and as the model has them. */
static void settled(void)
{
  same_stats();
  if (!same_arrays(WORDS, MAP)) {
    HOLDS(twin_check(&pages));
    for (uint32_t p = 0; p < m.pages.n;) p = same_block(p);
    no_objects_elsewhere();
    pages_changed();
  }
  remember();
}

/* ---- the instance ---- */

static void *at(uint64_t a) { return (void *)(uintptr_t)a; }

static void *array_for(uint32_t i, size_t size)
{
  array[i].size = size;
  array[i].at = array_in(&array[i].room, size);
  return memset(array[i].at, 0xa5, size); /* init must make of it what it has to be */
}

/* Over n pages of memory, the first of which is at `past` pages from a multiple of LARGEST. */
static void make(keel_pfn_t base, uint32_t past, uint32_t n, uint32_t nr_slabs, uint32_t caches)
{
  uint64_t *words = array_for(WORDS, KEEL_PAGES_WORDS(n) * sizeof *words);
  uint8_t *tags = array_for(TAGS, KEEL_PAGES_TAGS(n) * sizeof *tags);
  int32_t *refs = array_for(REFS, KEEL_PAGES_REFS(n) * sizeof *refs);
  uint32_t *map = array_for(MAP, n * sizeof *map);
  struct keel_slab *slab = array_for(SLAB, (1 + nr_slabs + caches) * sizeof *slab);
  struct keel_cache *cache = array_for(CACHE, caches * sizeof *cache);
  memset(&pages, 0xa5, sizeof pages);
  slabs = array_for(INSTANCE, array[INSTANCE].room.max);
  ASAN_POISON_MEMORY_REGION(at(m.addr), m.pages.n * (size_t)PAGE);
  uint64_t addr = ((uint64_t)(uintptr_t)arena / LARGEST + 1) * LARGEST + past * PAGE;
  TRACE("init(base %" PRId64 ", %u pages on, n %u, slabs %u, caches %u)\n", base, past, n, nr_slabs, caches);
  HOLDS(keel_pages_init(&pages, words, tags, refs, base, n) == KEEL_OK && model_init(&m.pages, base, n) == KEEL_OK);
  HOLDS(keel_pages_add(&pages, base, n) == KEEL_OK && model_add(&m.pages, base, n) == KEEL_OK);
  HOLDS(keel_slabs_init(slabs, &pages, addr, map, slab, nr_slabs, cache, caches) == KEEL_OK);
  slab_model_init(&m, addr, nr_slabs, caches);
  allocated = 0;
}

/* ---- objects ---- */

static void fill(uint64_t a)
{
  const struct model_slab *s = slab_model_slab(&m, a);
  uint32_t size = slab_model_cache(&m, s)->size;
  HOLDS(a >= ADDR && a - ADDR <= m.pages.n * PAGE - size);
  ASAN_UNPOISON_MEMORY_REGION(at(a), size);
  slab_model_fill(at(a), 0, size, s->mark[slab_model_index(&m, s, a)]);
}

/* A write to a byte of nobody's: for the test that AddressSanitizer sees it. */
static void break_it(const char *when, uint64_t a, uint64_t past)
{
  if (broken && strcmp(broken, when) == 0) *(volatile uint8_t *)at(a + past) = 0;
}

static void empty(uint64_t a)
{
  const struct model_slab *s = slab_model_slab(&m, a);
  const struct model_cache *k = slab_model_cache(&m, s);
  HOLDS(slab_model_is_filled(at(a), 0, k->size, s->mark[slab_model_index(&m, s, a)]));
  break_it("before", a, (uint64_t)-1);
  break_it("after", a, k->size);
  ASAN_POISON_MEMORY_REGION(at(a), k->stride);
  break_it("freed", a, 0);
}

static void found(uint64_t a) { history[allocated++ % HISTORY] = a; }

/* An object of cache c. */
static uint64_t take(uint32_t c)
{
  uint64_t a = keel_cache_alloc(slabs, c);
  const char *promise = slab_model_alloc(&m, c, a, pages.fails);
  if (promise) fail(__FILE__, __LINE__, promise);
  calls++;
  if (a == 0) return 0;
  fill(a);
  found(a);
  return a;
}

/* Whether the block of a slab has lost a reference, or is free. */
static int is_gone(const struct model_slab *s)
{
  struct keel_block got, was;
  keel_pfn_t pfn = pages.base + s->page;
  HOLDS(keel_pages_block(&pages, pfn, &got) == KEEL_OK && model_block(&m.pages, pfn, &was) == KEEL_OK);
  return got.pfn != was.pfn || got.refs != was.refs || got.kind != was.kind;
}

static uint32_t slabs_in_use(void)
{
  uint32_t used = 0;
  for (uint32_t h = 0; h < m.slabs; h++) used += m.slab[h].cache != 0;
  return used;
}

/* The n-th slab that is in use, or NULL. */
static struct model_slab *nth_slab(uint32_t n)
{
  uint32_t used = slabs_in_use();
  if (used == 0) return NULL;
  n %= used;
  for (uint32_t h = 0;; h++)
    if (m.slab[h].cache != 0 && n-- == 0) return &m.slab[h];
}

/* An object of slab s, live or not, from the i-th on; its first one if there is none. */
static uint64_t object_from(const struct model_slab *s, uint32_t i, int live)
{
  uint32_t n = slab_model_cache(&m, s)->objects;
  for (uint32_t j = 0; j < n; j++)
    if ((s->mark[(i + j) % n] != 0) == live) return slab_model_object(&m, s, (i + j) % n);
  return slab_model_object(&m, s, 0);
}

/* ---- from bytes to arguments ---- */

/* An address, mostly one that must be refused. */
static uint64_t address_of(const struct record *r)
{
  uint64_t end = (uint64_t)m.pages.n * PAGE;
  const struct model_slab *s = nth_slab(r->c);
  uint32_t i = r->y % KEEL_SLAB_OBJECTS;
  switch (r->x % 16) {
  case 0: return r->y % 2 ? 0 : r->y;
  case 1: return ADDR + end + r->y % 3 * 8;
  case 2: return ADDR - 1 - r->y % 64;
  case 3: return UINT64_MAX - r->y % PAGE;
  case 4: return ADDR + r->y % end;
  case 5: return ADDR + r->y % m.pages.n * PAGE;
  case 6: return ADDR + ((uint64_t)(r->y % 16 + 1) << 32);
  case 7: return ADDR - ((uint64_t)(r->y % 16 + 1) << 32);
  case 8: return allocated == 0 ? ADDR : history[r->y % (allocated < HISTORY ? allocated : HISTORY)];
  default:
    if (!s) return ADDR + r->y % end;
  }
  const struct model_cache *k = slab_model_cache(&m, s);
  switch (r->x % 16) {
  case 9: return object_from(s, i, 1);
  case 10: return object_from(s, i, 1) + 1 + r->y / 256 % (k->stride - 1);
  case 11: return object_from(s, i, 0);
  case 12: return slab_model_object(&m, s, k->objects); /* one past the last */
  case 13: return slab_model_object(&m, s, 0) + r->y % (PAGE << k->order);
  case 14: return slab_model_object(&m, s, i);
  default: return object_from(s, i, 1) + k->stride / 2;
  }
}

static keel_pfn_t pfn_of(const struct record *r)
{
  const struct model_slab *s = nth_slab(r->c);
  if (r->x & 1 && s) return pages.base + s->page + (r->x >> 2 & 1);
  return pages.base - 1 + r->y % (m.pages.n + 2);
}

/* Not one that the allocator under test uses itself. */
static uint32_t foreign(uint32_t kind) { return m.large && kind == KEEL_LARGE ? KEEL_RAW : kind; }

/* Mostly the kind of the block, so that calls succeed; but the allocator's own blocks are not anybody's to give. */
static uint32_t kind_of(const struct record *r, keel_pfn_t pfn)
{
  struct keel_block b = {0};
  uint32_t kind = r->x >> 8 & 15;
  model_block(&m.pages, pfn, &b);
  kind = kind < 8 ? b.kind : kind - 8;
  return kind == b.kind && slab_model_owns(&m, pfn) ? KEEL_RAW : kind;
}

/* ---- operations ---- */

static void do_alloc(uint32_t c)
{
  TRACE("alloc(%u)", c);
  uint64_t a = take(c);
  TRACE(a == 0 ? " -> 0\n" : " -> +%" PRIu64 "\n", a - ADDR);
  if (c >= m.caches || m.cache[c].size == 0) unchanged();
}

static void do_alloc_many(uint32_t c, uint32_t n)
{
  uint32_t i = 0;
  while (i < n && calls < CALLS && take(c) != 0) i++;
  TRACE("%u times alloc(%u)\n", i, c);
}

/* Of cache c, or of all if c is not one: the objects of slabs h, h + by, ..., and of each of these the objects i, i + step, ... below end,
   or all but one. */
static void do_free_many(const struct record *r, uint32_t c)
{
  uint32_t by = 1 + r->x % 4, way = (r->x >> 2) % 8, n = 0;
  uint32_t one = r->y / 8 % KEEL_SLAB_OBJECTS, but = way == 3 ? one : KEEL_SLAB_OBJECTS;
  uint32_t step = way < 5 ? 1 : 2 + (r->x >> 5) % 64, end = way == 4 ? one : KEEL_SLAB_OBJECTS;
  uint32_t first = (r->x >> 11) % step;
  for (uint32_t h = r->y % 8; h < m.slabs; h += by) {
    for (uint32_t i = first; i < end && calls < CALLS; i += step) {
      const struct model_slab *s = &m.slab[h];
      if (s->cache == 0 || (c < m.caches && s->cache != c + 1) || s->mark[i] == 0 || i == but) continue;
      give(slab_model_object(&m, s, i));
      n++;
    }
  }
  TRACE("%u times free, cache %u, slabs by %u, objects by %u to %u\n", n, c, by, step, end);
}

static void do_create(uint32_t c, uint32_t size, uint32_t align)
{
  enum keel_status want = slab_model_create(&m, c, size, align);
  TRACE("create(%u, size %u, align %u) -> %d\n", c, size, align, want);
  HOLDS(keel_cache_create(slabs, c, size, align) == want);
  if (want != KEEL_OK) unchanged();
}

static void do_shrink(uint32_t c)
{
  uint64_t want = slab_model_shrink(&m, c);
  TRACE("shrink(%u) -> %" PRIu64 "\n", c, want);
  HOLDS(keel_cache_shrink(slabs, c) == want);
  if (want == 0) unchanged();
}

static void do_destroy(uint32_t c)
{
  uint32_t were = slabs_in_use();
  enum keel_status want = slab_model_destroy(&m, c);
  TRACE("destroy(%u) -> %d\n", c, want);
  HOLDS(keel_cache_destroy(slabs, c) == want);
  if (want != KEEL_OK && slabs_in_use() == were) unchanged();
}

static void do_page_alloc(const struct record *r)
{
  uint32_t order = r->x % 8 < 6 ? r->x % 4 : r->x % 12, kind = foreign(r->c % 9);
  keel_pfn_t want = model_alloc(&m.pages, order, kind);
  TRACE("page alloc(order %u, kind %u) -> %" PRId64 "\n", order, kind, want);
  HOLDS(keel_pages_alloc(&pages, order, kind) == want);
}

/* The same for the calls that free, which a block of the allocator's own must survive. */
static void do_page_free(const struct record *r)
{
  keel_pfn_t pfn = pfn_of(r);
  uint32_t kind = kind_of(r, pfn), n = 1 + r->x / 4096;
  enum keel_status want, got;
  switch (r->y >> 24 & 7) {
  case 0: want = model_split(&m.pages, pfn, kind), got = keel_pages_split(&pages, pfn, kind); break;
  case 1:
    if (kind == KEEL_SLAB || kind != foreign(kind)) return; /* there may be blocks of the allocator in the range */
    want = model_free_range(&m.pages, pfn, n, kind), got = keel_pages_free_range(&pages, pfn, n, kind);
    break;
  case 2:
  case 3: want = model_put(&m.pages, pfn, kind), got = keel_pages_put(&pages, pfn, kind); break;
  default: want = model_free(&m.pages, pfn, kind), got = keel_pages_free(&pages, pfn, kind);
  }
  TRACE("page free %u(%" PRId64 ", kind %u) -> %d\n", r->y >> 24 & 7, pfn, kind, want);
  HOLDS(got == want);
  if (want != KEEL_OK) unchanged();
}

static void do_page_get(keel_pfn_t pfn)
{
  enum keel_status want = model_get(&m.pages, pfn);
  TRACE("page get(%" PRId64 ") -> %d\n", pfn, want);
  HOLDS(keel_pages_get(&pages, pfn) == want);
}

/* Pages that come and go, or are asked for by their place. */
static void do_page_range(const struct record *r)
{
  keel_pfn_t pfn = pfn_of(r);
  uint32_t n = r->y >> 16 & 63, kind = foreign(r->c % 8);
  enum keel_status want, got;
  switch (r->x >> 8 & 3) {
  case 0: want = model_reserve(&m.pages, pfn, n), got = keel_pages_reserve(&pages, pfn, n); break;
  case 1: want = model_alloc_range(&m.pages, pfn, n, kind), got = keel_pages_alloc_range(&pages, pfn, n, kind); break;
  default: want = model_add(&m.pages, pfn, n), got = keel_pages_add(&pages, pfn, n);
  }
  TRACE("page range %u(%" PRId64 ", %u) -> %d\n", r->x >> 8 & 3, pfn, n, want);
  HOLDS(got == want);
}

/* ---- running an input ---- */

/* Every cache that has slabs. */
static void shrink_all(void)
{
  for (uint32_t h = 0; h < m.slabs; h++) {
    if (m.slab[h].cache == 0) continue;
    do_shrink(m.slab[h].cache - 1);
    settled();
  }
}

/* Everything is freed, and is back. */
static void clear(void)
{
  HOLDS(keel_slabs_check(slabs));
  shrink_all();
  for (uint32_t h = 0; h < m.slabs; h++)
    for (uint32_t i = 0; i < KEEL_SLAB_OBJECTS && m.slab[h].cache != 0; i++)
      if (m.slab[h].mark[i] != 0) give(slab_model_object(&m, &m.slab[h], i));
  settled();
  shrink_all();
  for (uint32_t c = 0; c < m.caches; c++)
    if (m.cache[c].size != 0) do_destroy(c);
  settled();
  for (uint32_t p = 0; p < m.pages.n; p = same_block(p)) {
    struct keel_block b;
    HOLDS(model_block(&m.pages, pages.base + p, &b) == KEEL_OK);
    for (int32_t i = 0; i < b.refs; i++)
      HOLDS(keel_pages_put(&pages, b.pfn, b.kind) == KEEL_OK && model_put(&m.pages, b.pfn, b.kind) == KEEL_OK);
    if (b.state == KEEL_PAGE_RESERVED) HOLDS(keel_pages_add(&pages, b.pfn, 1) == KEEL_OK && model_add(&m.pages, b.pfn, 1) == KEEL_OK);
  }
  settled();
  HOLDS(pages.nr_free == pages.n);
}

/* Of an instance that begins with its slab instance, and has so many bytes; name: what variables of the environment begin with. */
static int set_up(const char *name, size_t instance)
{
  const size_t most[ARRAYS] = {KEEL_PAGES_WORDS(SLAB_MODEL_PAGES) * sizeof(uint64_t), KEEL_PAGES_TAGS(SLAB_MODEL_PAGES),
                               KEEL_PAGES_REFS(SLAB_MODEL_PAGES) * sizeof(int32_t), SLAB_MODEL_PAGES * sizeof(uint32_t),
                               (1 + SLAB_MODEL_SLABS + SLAB_MODEL_CACHES) * sizeof(struct keel_slab), SLAB_MODEL_CACHES * sizeof(struct keel_cache), instance};
  char variable[64];
  snprintf(variable, sizeof variable, "%s_FUZZ_TRACE", name);
  tracing = getenv(variable) != NULL;
  snprintf(variable, sizeof variable, "%s_FUZZ_BREAK", name);
  broken = getenv(variable);
  for (uint32_t i = 0; i < ARRAYS; i++) {
    array[i].room.max = most[i];
    array[i].was = malloc(most[i]);
    HOLDS(array[i].was);
  }
  memset(arena, 0xa5, sizeof arena);
  ASAN_POISON_MEMORY_REGION(arena, sizeof arena);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size > RECORDS_MAX * RECORD) return -1;
  calls = inits = 0;
  bring_up();
  for (size_t i = 0; i + RECORD <= size; i += RECORD) {
    struct record r;
    memcpy(&r, data + i, sizeof r);
    TRACE("%3zu: ", i / RECORD);
    operate(&r);
    settled();
  }
  doing = "all operations";
  finish();
  return 0;
}

/* ---- mutation: by whole records, so that the rest keeps its meaning ---- */

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
  enum { GROW_TO = 32 * RECORD }; /* longer ones are slow and say little more */
  size_t room = max_size < GROW_TO ? max_size : GROW_TO, where;
  uint8_t record[RECORD];
  size -= size % RECORD;
  uint32_t way = random_below(&seed, 8), records = (uint32_t)(size / RECORD);
  if (records == 0 || (way < 3 && size + RECORD <= room)) { /* one more: random, or a copy */
    if (size + RECORD > max_size) return LLVMFuzzerMutate(data, size, max_size);
    for (uint32_t i = 0; i < RECORD; i++) record[i] = (uint8_t)random_below(&seed, 256);
    if (way == 2 && records > 0) memcpy(record, data + random_below(&seed, records) * RECORD, RECORD);
    where = random_below(&seed, records + 1) * RECORD;
    memmove(data + where + RECORD, data + where, size - where);
    memcpy(data + where, record, RECORD);
    return size + RECORD;
  }
  return mutate_record(data, size, random_below(&seed, records) * RECORD, RECORD, way, &seed);
}

#endif
