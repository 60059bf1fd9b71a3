// SPDX-License-Identifier: MIT OR Apache-2.0
/* Fuzzer of the page layer (libFuzzer).

   An input is a sequence of records of 12 bytes; each is one operation on one of
   four instances.  A model (page_model.h) says what every call must answer.
   After each operation:
   - the answer is the model's, to the status and the page;
   - after an error nothing has changed, byte by byte, but the failure counters
     (every call that frees is first made with another kind, to be refused);
   - after a success no tag or count outside the pages concerned has changed, the
     counters and the free blocks of each order are the model's, the blocks
     concerned read back as the model has them, and keel_pages_check() holds.
   Every array has exactly its documented size, between bytes that AddressSanitizer
   lets nobody touch.  At the end blocks all over the instance are compared, every
   block if they are few; the operation "walk" compares every block.

   What costs the most is keel_pages_check(): 1,024 pages or more, each looked at as
   part of 11 blocks.  So page_twin.c knows the states that it has seen to be good,
   and the mutator likes the end of an input: its first operations then lead to such
   states.

   PAGE_FUZZ_TRACE=1 in the environment prints the operations of an input. */
#include <inttypes.h>
#include <string.h>

#include "no_memory.h"
#include "page_model.h"

int twin_check(const struct keel_pages *z);

#define RECORD 12u
#define RECORDS_MAX 1024u
#define GRANULE KEEL_PAGES_GRANULE
#define SLOTS 4u
#define GIANT 3u /* the slot of the instance that needs all levels of summaries */
#define GIANT_UNITS 8200u /* its nodes of order 10 are of both words of the uppermost summary */
#define HISTORY 256u
#define REPORT_MAX 1024u

struct record {
  uint8_t op, where, order, kind;
  uint32_t len, at;
};
_Static_assert(sizeof(struct record) == RECORD, "records have a fixed width");

struct slot {
  int up;
  struct keel_pages z;
  struct room rooms[3];
  uint64_t *words;
  uint8_t *tags;
  int32_t *refs;
  uint32_t units; /* that the arrays are for */
  struct model m;
  /* What they were after the previous operation; of the pages, the watched ones. */
  struct keel_pages z_was;
  uint64_t words_was[KEEL_PAGES_WORDS(MODEL_PAGES)];
  uint8_t tags_was[MODEL_PAGES];
  int32_t refs_was[MODEL_PAGES];
  /* Pages that were allocated, latest last; many are free by now. */
  keel_pfn_t history[HISTORY];
  uint32_t allocated;
};

static struct slot slots[SLOTS];
static struct room report_room;
static int reported, walked, corrupted; /* how often by this input */
#define CORRUPTIONS 2

/* ---- state before and after ---- */

static size_t words_of(const struct slot *s) { return KEEL_PAGES_WORDS(s->m.n); }

/* Of no meaning when pfn is outside the instance. */
static uint32_t page_of(const struct slot *s, keel_pfn_t pfn) { return (uint32_t)((uint64_t)pfn - (uint64_t)s->m.base); }

static void remember_fields(struct slot *s)
{
  s->z_was = s->z;
  if (s != &slots[GIANT]) memcpy(s->words_was, s->words, words_of(s) * sizeof *s->words);
}

/* The pages lo .. lo + n - 1 are watched, and within the array. */
static void remember_pages(struct slot *s, uint32_t lo, uint32_t n)
{
  for (uint32_t p = lo; p < lo + n;) {
    uint32_t i = model_index(&s->m, p), len = GRANULE - p % GRANULE;
    if (len > lo + n - p) len = lo + n - p;
    memcpy(s->tags_was + i, s->tags + p, len * sizeof *s->tags);
    memcpy(s->refs_was + i, s->refs + p, len * sizeof *s->refs);
    p += len;
  }
}

static void remember(struct slot *s)
{
  remember_fields(s);
  for (uint32_t g = 0; g < s->m.watched; g++) remember_pages(s, s->m.at[g] * GRANULE, GRANULE);
}

static void same_pages(const struct slot *s, uint32_t lo, uint32_t n)
{
  for (uint32_t p = lo; p < lo + n;) {
    uint32_t i = model_index(&s->m, p), len = GRANULE - p % GRANULE;
    if (len > lo + n - p) len = lo + n - p;
    HOLDS(memcmp(s->tags_was + i, s->tags + p, len * sizeof *s->tags) == 0);
    HOLDS(memcmp(s->refs_was + i, s->refs + p, len * sizeof *s->refs) == 0);
    p += len;
  }
}

/* No watched page has changed but perhaps lo .. lo + n - 1. */
static void same_but(const struct slot *s, uint32_t lo, uint32_t n)
{
  for (uint32_t g = 0; g < s->m.watched; g++) {
    uint32_t from = s->m.at[g] * GRANULE, to = from + GRANULE;
    uint32_t skip_from = lo < from ? from : lo > to ? to : lo;
    uint32_t skip_to = lo + n > to ? to : lo + n < skip_from ? skip_from : lo + n;
    same_pages(s, from, skip_from - from);
    same_pages(s, skip_to, to - skip_to);
  }
}

/* The instance is as it was, but its counters are the model's. */
static void same_instance(const struct slot *s)
{
  struct keel_pages want = s->z_was;
  want.nr_free = s->m.stats.nr_free;
  want.allocs = s->m.stats.allocs;
  want.frees = s->m.stats.frees;
  want.fails = s->m.stats.fails;
  want.largest_fail = s->m.stats.largest_fail;
  HOLDS(memcmp(&want, &s->z, sizeof want) == 0);
}

static struct keel_block same_block(const struct slot *s, uint32_t p)
{
  struct keel_block got, want;
  enum keel_status is = keel_pages_block(&s->z, s->m.base + p, &got);
  HOLDS(is == KEEL_OK && model_block(&s->m, s->m.base + p, &want) == KEEL_OK);
  HOLDS(got.pfn == want.pfn && got.order == want.order && got.state == want.state);
  HOLDS(got.kind == want.kind && got.refs == want.refs);
  return got;
}

static void same_stats(const struct slot *s)
{
  struct keel_page_stats got;
  memset(&got, 0xa5, sizeof got);
  keel_pages_stats(&s->z, &got);
  HOLDS(memcmp(got.free_blocks, s->m.stats.free_blocks, sizeof got.free_blocks) == 0);
  HOLDS(got.pages == s->m.stats.pages && got.nr_free == s->m.stats.nr_free);
  HOLDS(got.allocs == s->m.stats.allocs && got.frees == s->m.stats.frees);
  HOLDS(got.fails == s->m.stats.fails && got.largest_fail == s->m.stats.largest_fail);
}

static int well_formed(const struct slot *s)
{
  if (s == &slots[GIANT]) return !tracing || keel_pages_check(&s->z); /* else by its summaries, at the end */
  return twin_check(&s->z);
}

static void unchanged(struct slot *s)
{
  same_instance(s);
  same_but(s, 0, 0);
  if (s != &slots[GIANT]) HOLDS(memcmp(s->words_was, s->words, words_of(s) * sizeof *s->words) == 0);
  s->z_was = s->z;
}

/* An operation on the pages lo .. lo + n - 1 has succeeded. */
static void changed(struct slot *s, uint32_t lo, uint32_t n)
{
  same_instance(s);
  same_but(s, lo, n);
  same_stats(s);
  same_block(s, lo);
  same_block(s, lo + n / 2);
  same_block(s, lo + n - 1);
  if (lo > 0) same_block(s, lo - 1);
  if (lo + n < s->m.n) same_block(s, lo + n);
  HOLDS(well_formed(s));
  remember_fields(s);
  remember_pages(s, lo, n); /* all others are as they were */
}

static void settled(struct slot *s, int64_t got, int64_t want, uint32_t lo, uint32_t n)
{
  TRACE(" -> %" PRId64 "\n", got);
  HOLDS(got == want);
  if (got < 0)
    unchanged(s);
  else
    changed(s, lo, n);
}

/* Blocks all over the instance, by the model (a run of reserved pages at both ends):
   every one or, if they are many, every so many. */
static void same_blocks(const struct slot *s)
{
  enum { ENOUGH = 64 };
  uint32_t end = s->m.watched * GRANULE, turn = 0, blocks = 0, after;
  for (uint32_t i = 0; i < end; i = model_end(&s->m, i)) blocks++;
  uint32_t every = (blocks - 1) / ENOUGH + 1;
  for (uint32_t i = 0; i < end; i = after, turn++) {
    uint32_t p = model_page(&s->m, i);
    after = model_end(&s->m, i);
    if (p >= s->m.n || (turn + s->allocated) % every != 0) continue;
    same_block(s, p);
    p += after - i - 1;
    if (after - i > 1 && p < s->m.n) same_block(s, p);
  }
}

/* ---- instances ---- */

static void make_room(struct slot *s, uint32_t pages)
{
  s->rooms[0].max = KEEL_PAGES_WORDS(pages) * sizeof *s->words;
  s->rooms[1].max = KEEL_PAGES_TAGS(pages) * sizeof *s->tags;
  s->rooms[2].max = KEEL_PAGES_REFS(pages) * sizeof *s->refs;
}

static void arrays_for(struct slot *s, uint32_t n)
{
  uint32_t units = KEEL_PAGES_UNITS(n);
  if (units == s->units) return;
  s->words = array_in(&s->rooms[0], KEEL_PAGES_WORDS(n) * sizeof *s->words);
  s->tags = array_in(&s->rooms[1], KEEL_PAGES_TAGS(n) * sizeof *s->tags);
  s->refs = array_in(&s->rooms[2], KEEL_PAGES_REFS(n) * sizeof *s->refs);
  s->units = units;
}

static void make(struct slot *s, keel_pfn_t base, uint32_t n)
{
  arrays_for(s, n);
  /* The same for every input: init must make of it what it has to be. */
  memset(s->words, 0xa5, KEEL_PAGES_WORDS(n) * sizeof *s->words);
  memset(s->tags, 0xa5, KEEL_PAGES_TAGS(n) * sizeof *s->tags);
  memset(s->refs, 0xa5, KEEL_PAGES_REFS(n) * sizeof *s->refs);
  memset(&s->z, 0xa5, sizeof s->z);
  enum keel_status got = keel_pages_init(&s->z, s->words, s->tags, s->refs, base, n);
  TRACE("init(base %" PRId64 ", n %u) -> %d\n", base, n, got);
  HOLDS(got == KEEL_OK && model_init(&s->m, base, n) == KEEL_OK);
  s->up = 1;
  s->allocated = 0;
}

static void make_giant(struct slot *s)
{
  static const uint32_t watched[] = {0, 4097, GIANT_UNITS - 1};
  if (!s->words) make(s, 5 * (keel_pfn_t)GRANULE, GIANT_UNITS * GRANULE - 3);
  model_init(&s->m, s->z.base, s->z.n);
  model_watch(&s->m, watched, 3);
  s->up = 1;
  s->allocated = 0;
}

static int all_zero(const void *p, size_t size)
{
  const uint8_t *b = p;
  return b[0] == 0 && memcmp(b, b + 1, size - 1) == 0;
}

/* The giant is made once; each input leaves it as it found it. */
static void tidy_giant(struct slot *s)
{
  for (uint32_t i = 0; i < s->m.watched * GRANULE; i++) {
    if (s->m.state[i] != KEEL_PAGE_LIVE || i % (1u << s->m.order[i]) != 0) continue;
    uint32_t p = model_page(&s->m, i);
    if (s->refs[p] > 0) s->refs[p] = 1;
    if (s->refs[p] > 0) HOLDS(keel_pages_put(&s->z, s->z.base + p, s->m.kind[i]) == KEEL_OK);
    HOLDS(keel_pages_put(&s->z, s->z.base + p, s->m.kind[i]) == KEEL_OK);
  }
  for (uint32_t g = 0; g < s->m.watched; g++) {
    uint32_t p = s->m.at[g] * GRANULE, n = s->m.n - p < GRANULE ? s->m.n - p : GRANULE;
    if (s->m.state[g * GRANULE] == KEEL_PAGE_RESERVED && model_end(&s->m, g * GRANULE) == (g + 1) * GRANULE) continue;
    HOLDS(keel_pages_reserve(&s->z, s->z.base + p, n) == KEEL_OK);
  }
  HOLDS(all_zero(s->z.l1, (GIANT_UNITS / 2 + 1) * sizeof *s->words));
  HOLDS(all_zero(s->z.l2, (GIANT_UNITS / 128 + 1) * sizeof *s->words));
  HOLDS(all_zero(s->z.l3, (GIANT_UNITS / 8192 + 1) * sizeof *s->words));
  for (uint32_t g = 0; g < s->m.watched; g++) {
    HOLDS(all_zero(s->tags + s->m.at[g] * GRANULE, GRANULE * sizeof *s->tags));
    HOLDS(all_zero(s->refs + s->m.at[g] * GRANULE, GRANULE * sizeof *s->refs));
  }
  HOLDS(s->z.nr_free == 0);
  s->z.allocs = s->z.frees = s->z.fails = s->z.largest_fail = 0;
}

/* A first instance is made once; later inputs get a copy of what it was then. */
static void make_first(struct slot *s, keel_pfn_t base, uint32_t n)
{
  static struct {
    int made;
    struct keel_pages z;
    uint64_t words[KEEL_PAGES_WORDS(MODEL_PAGES)];
    uint8_t tags[MODEL_PAGES];
    int32_t refs[MODEL_PAGES];
  } was[SLOTS], *w;
  w = &was[s - slots];
  if (!w->made) {
    make(s, base, n);
    w->made = 1;
    w->z = s->z;
    memcpy(w->words, s->words, KEEL_PAGES_WORDS(n) * sizeof *s->words);
    memcpy(w->tags, s->tags, KEEL_PAGES_TAGS(n) * sizeof *s->tags);
    memcpy(w->refs, s->refs, KEEL_PAGES_REFS(n) * sizeof *s->refs);
  } else {
    arrays_for(s, n);
    s->z = w->z;
    memcpy(s->words, w->words, KEEL_PAGES_WORDS(n) * sizeof *s->words);
    memcpy(s->tags, w->tags, KEEL_PAGES_TAGS(n) * sizeof *s->tags);
    memcpy(s->refs, w->refs, KEEL_PAGES_REFS(n) * sizeof *s->refs);
    HOLDS(model_init(&s->m, base, n) == KEEL_OK);
    s->up = 1;
    s->allocated = 0;
  }
}

static void bring_up(struct slot *s)
{
  static const struct {
    keel_pfn_t base;
    uint32_t n;
  } first[] = {{0, GRANULE}, {7 * GRANULE, GRANULE + 500}, {KEEL_PFN_MAX - KEEL_PAGES_MAX, 300}};
  if (s->up) return;
  if (s == &slots[GIANT])
    make_giant(s);
  else
    make_first(s, first[s - slots].base, first[s - slots].n);
  remember(s);
  HOLDS(well_formed(s));
}

/* ---- from bytes to arguments ---- */

/* The first page in a state at or after index i that is the first of its block, or the end. */
static uint32_t head_from(const struct model *m, uint32_t i, uint8_t state)
{
  uint32_t end = m->watched * GRANULE;
  while (i < end) {
    const uint8_t *at = memchr(m->state + i, state, end - i);
    if (!at) return end;
    i = (uint32_t)(at - m->state);
    uint32_t past = i % (1u << m->order[i]); /* granules are aligned to the largest block */
    if (past == 0) return i;
    i += (1u << m->order[i]) - past;
  }
  return end;
}

/* The same, from the start again if there is none; i if there is none at all. */
static uint32_t next_head(const struct model *m, uint32_t i, uint8_t state)
{
  uint32_t end = m->watched * GRANULE, j = head_from(m, i, state);
  if (j == end) j = head_from(m, 0, state);
  return j == end ? i : j;
}

static keel_pfn_t far_pfn(const struct slot *s, uint32_t at)
{
  const keel_pfn_t far[] = {INT64_MIN, INT64_MAX, -1, 0, s->m.base, s->m.base + s->m.n, KEEL_PFN_MAX,
                            s->m.base + ((keel_pfn_t)1 << 32), s->m.base - ((keel_pfn_t)1 << 32), INT64_MIN + s->m.n};
  keel_pfn_t pfn = far[at % (sizeof far / sizeof *far)], moved;
  return __builtin_add_overflow(pfn, (keel_pfn_t)((at >> 8) % 5) - 2, &moved) ? pfn : moved;
}

static keel_pfn_t pfn_of(const struct slot *s, const struct record *r)
{
  uint32_t size = s->m.watched * GRANULE, i = r->at % size;
  switch (r->where / 4 % 8) {
  case 0: break;
  case 1: i = next_head(&s->m, i, KEEL_PAGE_LIVE); break;
  case 2: i = next_head(&s->m, i, KEEL_PAGE_LIVE) + 1 + (r->at >> 16) % 3; break;
  case 3: i = next_head(&s->m, i, KEEL_PAGE_FREE) + (r->at >> 16) % 3; break;
  case 4: i = next_head(&s->m, i, KEEL_PAGE_RESERVED); break;
  case 5: i = size - 1 - i % 32; break;
  case 6: return far_pfn(s, r->at);
  default:
    if (s->allocated == 0) break;
    i = r->at % (s->allocated < HISTORY ? s->allocated : HISTORY);
    return s->history[(s->allocated - 1 - i) % HISTORY];
  }
  return s->m.base + model_page(&s->m, i % size);
}

static uint32_t len_of(const struct slot *s, const struct record *r, keel_pfn_t pfn)
{
  static const uint32_t odd[] = {0, UINT32_MAX, UINT32_MAX - 1, 1u << 31, KEEL_PAGES_MAX, KEEL_PAGES_MAX + 1, 1024, 1025};
  struct keel_block b = {0};
  uint32_t n = s->m.n;
  int in = model_block(&s->m, pfn, &b) == KEEL_OK;
  switch (r->where / 32) {
  case 0: return 1 + r->len % 16;
  case 1: return r->len % (n < 2048 ? n + 2 : 2048);
  case 2: return 1u << r->len % 11;
  case 3: return in ? n - page_of(s, pfn) + r->len % 3 - 1 : n;
  case 4: return r->len;
  case 5: return in ? 1u << b.order : 1;
  case 6: return odd[r->len % 8];
  default: return in ? GRANULE - page_of(s, pfn) % GRANULE : GRANULE;
  }
}

/* Adding or reserving must not leave the watched pages of the giant, nor take long. */
static uint32_t fit(const struct slot *s, keel_pfn_t pfn, uint32_t n)
{
  struct keel_block b;
  if (s != &slots[GIANT] || model_block(&s->m, pfn, &b) != KEEL_OK) return n;
  uint32_t p = page_of(s, pfn), left = GRANULE - p % GRANULE;
  if (model_index(&s->m, p) == MODEL_NONE) return 0;
  return n > s->m.n - p || n <= left ? n : left;
}

static uint32_t order_of(const struct record *r)
{
  static const uint32_t odd[] = {11, 12, 31, 32, 64, UINT32_MAX};
  return r->order % 16 <= 10 ? r->order % 16 : r->order < 16 ? odd[r->order - 11] : r->order % 4;
}

static uint32_t kind_of(const struct record *r)
{
  static const uint32_t odd[] = {8, 9, 15, 16, 256, UINT32_MAX};
  return r->kind % 16 <= 7 ? r->kind % 16 : r->kind >= 250 ? odd[r->kind - 250] : 0;
}

/* Mostly the kind of the block itself, so that frees succeed. */
static uint32_t own_kind(const struct slot *s, const struct record *r, keel_pfn_t pfn)
{
  struct keel_block b;
  if (r->kind < 192 && model_block(&s->m, pfn, &b) == KEEL_OK) return b.kind;
  return kind_of(r);
}

/* A kind that the block at pfn is not of. */
static uint32_t other_kind(const struct slot *s, const struct record *r, keel_pfn_t pfn)
{
  struct keel_block b = {0};
  model_block(&s->m, pfn, &b);
  return (b.kind + 1 + r->order % 7u) % KEEL_KINDS;
}

static void allocated(struct slot *s, keel_pfn_t pfn) { s->history[s->allocated++ % HISTORY] = pfn; }

/* ---- operations ---- */

static void do_init(struct slot *s, const struct record *r)
{
  static const keel_pfn_t base[] = {0, GRANULE, 3 * GRANULE, 4095 * (keel_pfn_t)GRANULE, KEEL_PFN_MAX - KEEL_PAGES_MAX};
  if (s == &slots[GIANT]) return;
  make(s, base[r->at % 5], 1 + r->len % (r->where & 128 ? MODEL_PAGES : GRANULE));
  remember(s);
  HOLDS(well_formed(s));
}

static void do_bad_init(struct slot *s, const struct record *r)
{
  static const struct {
    keel_pfn_t base;
    uint32_t n;
  } bad[] = {{0, 0},
             {0, KEEL_PAGES_MAX + 1},
             {0, UINT32_MAX},
             {-1, 1},
             {-(keel_pfn_t)GRANULE, 1},
             {INT64_MIN, 1},
             {1, 1},
             {GRANULE - 1, 1},
             {GRANULE / 2, 1},
             {KEEL_PFN_MAX - KEEL_PAGES_MAX + GRANULE, 1},
             {KEEL_PFN_MAX, 1},
             {INT64_MAX - GRANULE + 1, 1},
             {INT64_MAX, KEEL_PAGES_MAX}};
  uint32_t i = r->at % (sizeof bad / sizeof *bad);
  struct model m;
  TRACE("init(base %" PRId64 ", n %u)", bad[i].base, bad[i].n);
  enum keel_status got = keel_pages_init(&s->z, s->words, s->tags, s->refs, bad[i].base, bad[i].n);
  settled(s, got, model_init(&m, bad[i].base, bad[i].n), 0, 0);
}

static void do_add(struct slot *s, keel_pfn_t pfn, uint32_t n)
{
  n = fit(s, pfn, n);
  TRACE("add(%" PRId64 ", %u)", pfn, n);
  enum keel_status got = keel_pages_add(&s->z, pfn, n);
  settled(s, got, model_add(&s->m, pfn, n), page_of(s, pfn), n);
}

static void do_reserve(struct slot *s, keel_pfn_t pfn, uint32_t n)
{
  n = fit(s, pfn, n);
  TRACE("reserve(%" PRId64 ", %u)", pfn, n);
  enum keel_status got = keel_pages_reserve(&s->z, pfn, n);
  settled(s, got, model_reserve(&s->m, pfn, n), page_of(s, pfn), n);
}

static void do_alloc(struct slot *s, uint32_t order, uint32_t kind)
{
  TRACE("alloc(order %u, kind %u)", order, kind);
  keel_pfn_t got = keel_pages_alloc(&s->z, order, kind);
  if (got >= 0) allocated(s, got);
  settled(s, got, model_alloc(&s->m, order, kind), page_of(s, got), 1u << order % 32);
}

static void do_alloc_exact(struct slot *s, uint32_t n, uint32_t kind)
{
  TRACE("alloc_exact(%u, kind %u)", n, kind);
  keel_pfn_t got = keel_pages_alloc_exact(&s->z, n, kind);
  if (got >= 0) allocated(s, got);
  settled(s, got, model_alloc_exact(&s->m, n, kind), page_of(s, got), n);
}

static void do_alloc_range(struct slot *s, keel_pfn_t pfn, uint32_t n, uint32_t kind)
{
  TRACE("alloc_range(%" PRId64 ", %u, kind %u)", pfn, n, kind);
  enum keel_status got = keel_pages_alloc_range(&s->z, pfn, n, kind);
  if (got == KEEL_OK) allocated(s, pfn);
  settled(s, got, model_alloc_range(&s->m, pfn, n, kind), page_of(s, pfn), n);
}

/* Those that take a kind are called with another one first: it is refused, and nothing happens. */
static uint32_t size_at(const struct slot *s, keel_pfn_t pfn)
{
  struct keel_block b = {0};
  model_block(&s->m, pfn, &b);
  return 1u << b.order;
}

static void do_free(struct slot *s, keel_pfn_t pfn, uint32_t kind, uint32_t other)
{
  uint32_t n = size_at(s, pfn);
  HOLDS(keel_pages_free(&s->z, pfn, other) == model_free(&s->m, pfn, other));
  unchanged(s);
  TRACE("free(%" PRId64 ", kind %u)", pfn, kind);
  enum keel_status got = keel_pages_free(&s->z, pfn, kind);
  settled(s, got, model_free(&s->m, pfn, kind), page_of(s, pfn), n);
}

static void do_free_range(struct slot *s, keel_pfn_t pfn, uint32_t n, uint32_t kind, uint32_t other)
{
  HOLDS(keel_pages_free_range(&s->z, pfn, n, other) == model_free_range(&s->m, pfn, n, other));
  unchanged(s);
  TRACE("free_range(%" PRId64 ", %u, kind %u)", pfn, n, kind);
  enum keel_status got = keel_pages_free_range(&s->z, pfn, n, kind);
  settled(s, got, model_free_range(&s->m, pfn, n, kind), page_of(s, pfn), n);
}

static void do_split(struct slot *s, keel_pfn_t pfn, uint32_t kind, uint32_t other)
{
  uint32_t n = size_at(s, pfn);
  HOLDS(keel_pages_split(&s->z, pfn, other) == model_split(&s->m, pfn, other));
  unchanged(s);
  TRACE("split(%" PRId64 ", kind %u)", pfn, kind);
  enum keel_status got = keel_pages_split(&s->z, pfn, kind);
  settled(s, got, model_split(&s->m, pfn, kind), page_of(s, pfn), n);
}

static void do_get(struct slot *s, keel_pfn_t pfn)
{
  TRACE("get(%" PRId64 ")", pfn);
  enum keel_status got = keel_pages_get(&s->z, pfn);
  settled(s, got, model_get(&s->m, pfn), page_of(s, pfn), 1);
}

static void do_put(struct slot *s, keel_pfn_t pfn, uint32_t kind, uint32_t other)
{
  uint32_t n = size_at(s, pfn);
  HOLDS(keel_pages_put(&s->z, pfn, other) == model_put(&s->m, pfn, other));
  unchanged(s);
  TRACE("put(%" PRId64 ", kind %u)", pfn, kind);
  enum keel_status got = keel_pages_put(&s->z, pfn, kind);
  settled(s, got, model_put(&s->m, pfn, kind), page_of(s, pfn), n);
}

static void do_block(struct slot *s, keel_pfn_t pfn)
{
  struct keel_block got, want;
  memset(&got, 0xa5, sizeof got);
  TRACE("block(%" PRId64 ")\n", pfn);
  enum keel_status is = keel_pages_block(&s->z, pfn, &got);
  HOLDS(is == model_block(&s->m, pfn, &want));
  if (is == KEEL_OK) HOLDS(got.pfn == want.pfn && got.order == want.order && got.state == want.state);
  if (is == KEEL_OK) HOLDS(got.kind == want.kind && got.refs == want.refs);
  unchanged(s);
}

static void do_walk(struct slot *s)
{
  int64_t free_pages = 0;
  if (s == &slots[GIANT] || walked++) return; /* up to 4,096 calls */
  TRACE("walk\n");
  for (keel_pfn_t pfn = s->m.base; pfn < s->m.base + s->m.n;) {
    struct keel_block b = same_block(s, page_of(s, pfn));
    HOLDS(b.pfn == pfn);
    if (b.state == KEEL_PAGE_FREE) free_pages += (int64_t)1 << b.order;
    pfn += (keel_pfn_t)1 << b.order;
  }
  HOLDS(free_pages == s->m.stats.nr_free);
  unchanged(s);
}

static void do_check(struct slot *s)
{
  TRACE("check\n");
  if (s == &slots[GIANT]) return;
  HOLDS(keel_pages_check(&s->z) == 1);
  unchanged(s);
}

static void same_indices(const struct keel_page_stats *stats, const struct model *m)
{
  static const uint32_t odd[] = {KEEL_MAX_ORDER + 1, KEEL_MAX_ORDER + 2, 31, 32, 64, UINT32_MAX};
  for (uint32_t i = 0; i <= KEEL_MAX_ORDER + 6; i++) {
    uint32_t order = i <= KEEL_MAX_ORDER ? i : odd[i - KEEL_MAX_ORDER - 1];
    HOLDS(keel_pages_frag_index(stats, order) == model_frag_index(m, order));
    HOLDS(keel_pages_unusable_index(stats, order) == model_unusable_index(m, order));
  }
}

/* Of the instance, and of counts that no small instance has. */
static void do_indices(struct slot *s, const struct record *r)
{
  static struct model made;
  struct keel_page_stats stats;
  TRACE("indices\n");
  keel_pages_stats(&s->z, &stats);
  same_indices(&stats, &s->m);
  for (uint32_t k = 0, bits = r->at; k <= KEEL_MAX_ORDER; k++, bits >>= 2) { /* none, one, some or as many as there can be */
    const int64_t counts[] = {0, 1, r->len >> k, (int64_t)KEEL_PAGES_MAX >> k};
    made.stats.free_blocks[k] = counts[bits % 4] <= KEEL_PAGES_MAX >> k ? counts[bits % 4] : 2;
  }
  stats = made.stats;
  same_indices(&stats, &made);
  unchanged(s);
}

/* The numbers of a report, in order, are the free blocks and then the counters. */
static void right_numbers(const struct slot *s, const char *text)
{
  const struct keel_page_stats *st = &s->m.stats;
  int64_t want[KEEL_MAX_ORDER + 7] = {0};
  uint32_t n = 0;
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) want[n++] = st->free_blocks[k];
  want[n++] = st->pages;
  want[n++] = st->nr_free;
  want[n++] = st->allocs;
  want[n++] = st->frees;
  want[n++] = st->fails;
  want[n++] = st->largest_fail;
  for (uint32_t i = 0; i < n; i++) {
    text += strcspn(text, "0123456789");
    HOLDS(*text != 0);
    char *end;
    HOLDS(strtoll(text, &end, 10) == want[i]);
    text = end;
  }
  HOLDS(text[strcspn(text, "0123456789")] == 0);
}

static void do_report(struct slot *s, const struct record *r)
{
  static const char *const names[] = {"", "Node, zone   Normal", "of these only sixty-four characters may be in the report, not the last two"};
  static char text[REPORT_MAX];
  const char *given = names[r->kind % 3];
  char *part = array_in(&report_room, sizeof text), name[65] = "";
  if (reported) return; /* 17 numbers in decimal, made without a division, take as long as many other operations */
  reported = 1;
  strncat(name, given, 64);
  size_t len = keel_pages_report(&s->z, given, part, sizeof text);
  TRACE("report -> %zu\n", len);
  HOLDS(len < sizeof text && strlen(part) == len);
  HOLDS(strncmp(part, name, strlen(name)) == 0);
  right_numbers(s, part + strlen(name));
  memcpy(text, part, sizeof text);
  if (r->len % 4) {
    size_t size = r->len % 4 == 1 ? 0 : r->len % 4 == 2 ? len + r->at % 3 : r->at % (len + 2);
    part = array_in(&report_room, size);
    TRACE("report(size %zu)\n", size);
    HOLDS(keel_pages_report(&s->z, given, size == 0 && r->at % 2 ? NULL : part, size) == len);
    if (size > 0) HOLDS(strncmp(part, text, size - 1) == 0 && part[size - 1 < len ? size - 1 : len] == 0);
  }
  unchanged(s);
}

/* Counters and reference counts that no run could reach by counting. */
static void do_set_refs(struct slot *s, const struct record *r, keel_pfn_t pfn)
{
  struct keel_block b;
  if (model_block(&s->m, pfn, &b) != KEEL_OK || b.state != KEEL_PAGE_LIVE || b.refs < 2) return;
  uint32_t p = page_of(s, b.pfn), i = model_index(&s->m, p);
  s->m.refs[i] = r->len % 4 == 0 ? 2 : KEEL_REFS_MAX - (int32_t)(r->len % 3);
  s->refs[p] = s->m.refs[i] - 1;
  TRACE("set refs of %" PRId64 " to %d\n", b.pfn, s->m.refs[i]);
  changed(s, p, 1);
}

static void do_set_counters(struct slot *s, const struct record *r)
{
  TRACE("set counters\n");
  if (r->len & 1) s->z.allocs = s->m.stats.allocs = INT64_MAX - (r->at & 1);
  if (r->len & 2) s->z.frees = s->m.stats.frees = INT64_MAX - (r->at >> 1 & 1);
  if (r->len & 4) s->z.fails = s->m.stats.fails = INT64_MAX - (r->at >> 2 & 1);
  if (r->len & 8) s->z.largest_fail = s->m.stats.largest_fail = INT64_MAX - (r->at >> 3 & 1);
  remember(s);
}

/* ---- corruption: keel_pages_check() must see it ----
   This part knows how the arrays are laid out: the tag of a reserved page is 0, of
   a page that is not the head of a live block 255, and bit node(z, p, k) of l0
   stands for the free block of order k at page p.  The tags of heads it learns. */

static struct {
  uint8_t head, order, shared;
} tag_means[256];

/* Not a test: what goes wrong here, the operations find. */
static void learn_tags(void)
{
  static uint64_t words[KEEL_PAGES_WORDS(GRANULE)];
  static uint8_t tags[GRANULE];
  static int32_t refs[GRANULE];
  struct keel_pages z;
  for (uint32_t i = 0; i < KEEL_KINDS * (KEEL_MAX_ORDER + 1) * 2; i++) {
    uint32_t order = i / KEEL_KINDS / 2, shared = i / KEEL_KINDS % 2;
    keel_pages_init(&z, words, tags, refs, 0, GRANULE);
    keel_pages_add(&z, 0, GRANULE);
    keel_pfn_t pfn = keel_pages_alloc(&z, order, i % KEEL_KINDS);
    if (pfn < 0 || pfn >= GRANULE || (shared && keel_pages_get(&z, pfn) != KEEL_OK)) continue;
    uint8_t tag = tags[pfn];
    tag_means[tag].head = 1;
    tag_means[tag].order = (uint8_t)order;
    tag_means[tag].shared = (uint8_t)shared;
  }
}

/* Reserved, or a live block of one page with one reference. */
static int is_lone(uint8_t tag)
{
  return tag == 0 || (tag_means[tag].head && tag_means[tag].order == 0 && !tag_means[tag].shared);
}

static uint32_t node(const struct keel_pages *z, uint32_t p, uint32_t k)
{
  uint32_t n = GRANULE * z->u;
  return 2 * (n - (n >> k)) + (p >> k);
}

static void fix_summaries(struct keel_pages *z)
{
  memset(z->l1, 0, (z->u / 2 + 1) * sizeof *z->l1);
  memset(z->l2, 0, (z->u / 128 + 1) * sizeof *z->l2);
  memset(z->l3, 0, (z->u / 8192 + 1) * sizeof *z->l3);
  for (uint32_t i = 0; i < 32 * z->u; i++)
    if (z->l0[i]) z->l1[i / 64] |= (uint64_t)1 << i % 64;
  for (uint32_t i = 0; i < z->u / 2 + 1; i++)
    if (z->l1[i]) z->l2[i / 64] |= (uint64_t)1 << i % 64;
  for (uint32_t i = 0; i < z->u / 128 + 1; i++)
    if (z->l2[i]) z->l3[i / 64] |= (uint64_t)1 << i % 64;
}

static void flip(uint64_t *words, uint32_t i) { words[i / 64] ^= (uint64_t)1 << i % 64; }

static int corrupt_tag(struct slot *s, uint32_t p, uint8_t tag)
{
  uint8_t was = s->tags[p], state = p < s->m.n ? s->m.state[p] : KEEL_PAGE_RESERVED;
  if (tag == was) return 0;
  s->tags[p] = tag;
  /* A reserved page and a live block of one page: no other place tells. */
  if (p < s->m.n && state != KEEL_PAGE_FREE && is_lone(was) && is_lone(tag)) return 0;
  /* Another kind of live block is as good. */
  return !(tag_means[was].head && tag_means[tag].head && tag_means[was].order == tag_means[tag].order && tag_means[was].shared == tag_means[tag].shared);
}

static int corrupt_ref(struct slot *s, uint32_t p, uint32_t how)
{
  static const int32_t wrong[] = {1, -1, INT32_MIN, INT32_MAX};
  int32_t was = s->refs[p];
  s->refs[p] = was > 0 ? (how % 2 ? 0 : wrong[1 + how / 2 % 3]) : wrong[how % 4];
  return 1;
}

/* Cuts a free block in two, or joins two buddies of which one is taken. */
static int corrupt_block(struct slot *s, uint32_t p)
{
  uint32_t k = s->m.order[p];
  if (s->m.state[p] != KEEL_PAGE_FREE) return 0;
  flip(s->z.l0, node(&s->z, p, k));
  if (k > 0) {
    flip(s->z.l0, node(&s->z, p, k - 1));
    flip(s->z.l0, node(&s->z, p, k - 1) ^ 1u);
  } else
    flip(s->z.l0, node(&s->z, p, 1));
  fix_summaries(&s->z);
  return 1;
}

static int corrupt_field(struct keel_pages *z, uint32_t how)
{
  static const keel_pfn_t bases[] = {-1, -(keel_pfn_t)GRANULE, INT64_MIN, 1, GRANULE / 2, KEEL_PFN_MAX - KEEL_PAGES_MAX + GRANULE, INT64_MAX};
  int64_t *counters[] = {&z->allocs, &z->frees, &z->fails, &z->largest_fail};
  uint32_t at = how / 8;
  switch (how % 8) {
  case 4: z->first[at % (KEEL_MAX_ORDER + 2)] ^= 1u << at / 12 % 2 * 31; break;
  case 0: z->n = at % 2 ? 0 : z->u * GRANULE + 1 + at; break;
  case 1: z->base = bases[at % 7]; break;
  case 2: *counters[at % 4] = at & 4 ? -1 : INT64_MIN; break;
  case 3: z->nr_free = -1 - z->nr_free; break;
  default: z->nr_free += how & 1 ? 1 : -1;
  }
  return 1;
}

static int corrupt(struct slot *s, const struct record *r, keel_pfn_t pfn)
{
  struct keel_block b;
  uint32_t u = s->z.u, sel = r->kind;
  uint32_t p = model_block(&s->m, pfn, &b) == KEEL_OK ? page_of(s, pfn) : r->at % (u * GRANULE);
  switch (r->order % 8) {
  case 0: return corrupt_field(&s->z, sel);
  case 1: return corrupt_tag(s, p, (uint8_t)sel);
  case 2: return corrupt_tag(s, p, (uint8_t)(s->tags[p] ^ 1u << sel % 8));
  case 3: return corrupt_ref(s, p, sel);
  case 4: return corrupt_block(s, p);
  case 5: flip(s->z.l0, r->at % (2048 * u)); break;
  case 6: flip(s->z.l0, r->at % (2048 * u)), fix_summaries(&s->z); break;
  default:
    if (sel % 3 == 0) flip(s->z.l1, r->at % (64 * (u / 2 + 1)));
    if (sel % 3 == 1) flip(s->z.l2, r->at % (64 * (u / 128 + 1)));
    if (sel % 3 == 2) flip(s->z.l3, r->at % (64 * (u / 8192 + 1)));
  }
  return 1;
}

static void do_corrupt(struct slot *s, const struct record *r, keel_pfn_t pfn)
{
  if (s == &slots[GIANT] || corrupted++ >= CORRUPTIONS) return; /* nothing is left of one, so inputs need no more */
  TRACE("corrupt(way %u, selector %u, at %u)\n", r->order % 8u, r->kind, r->at);
  int wrong = corrupt(s, r, pfn), got = keel_pages_check(&s->z);
  HOLDS(got == twin_check(&s->z));
  if (wrong) HOLDS(got == 0);
  s->z = s->z_was;
  memcpy(s->words, s->words_was, words_of(s) * sizeof *s->words);
  memcpy(s->tags, s->tags_was, KEEL_PAGES_TAGS(s->m.n) * sizeof *s->tags);
  memcpy(s->refs, s->refs_was, KEEL_PAGES_REFS(s->m.n) * sizeof *s->refs);
}

/* ---- running an input ---- */

static void operate(struct slot *s, const struct record *r)
{
  keel_pfn_t pfn = pfn_of(s, r);
  uint32_t n = len_of(s, r, pfn);
  switch (r->op % 32) {
  case 0:
  case 1: doing = "add", do_add(s, pfn, n); break;
  case 2: doing = "add", do_add(s, s->m.base + model_page(&s->m, r->at % s->m.watched * GRANULE), n); break;
  case 3: doing = "reserve", do_reserve(s, pfn, n); break;
  case 4:
  case 5:
  case 6:
  case 7: doing = "alloc", do_alloc(s, order_of(r), kind_of(r)); break;
  case 8:
  case 9: doing = "alloc_exact", do_alloc_exact(s, n, kind_of(r)); break;
  case 10:
  case 11: doing = "alloc_range", do_alloc_range(s, pfn, n, kind_of(r)); break;
  case 12:
  case 13:
  case 14: doing = "free", do_free(s, pfn, own_kind(s, r, pfn), other_kind(s, r, pfn)); break;
  case 15:
  case 16: doing = "free_range", do_free_range(s, pfn, n, own_kind(s, r, pfn), other_kind(s, r, pfn)); break;
  case 17:
  case 18: doing = "split", do_split(s, pfn, own_kind(s, r, pfn), other_kind(s, r, pfn)); break;
  case 19:
  case 20: doing = "get", do_get(s, pfn); break;
  case 21:
  case 22: doing = "put", do_put(s, pfn, own_kind(s, r, pfn), other_kind(s, r, pfn)); break;
  case 23: doing = "block", do_block(s, pfn); break;
  case 24: doing = "walk", do_walk(s), do_check(s); break;
  case 26: doing = "indices", do_indices(s, r); break;
  case 27: doing = "report", do_report(s, r); break;
  case 28: doing = "set refs", do_set_refs(s, r, pfn); break;
  case 29: doing = "set counters", do_set_counters(s, r); break;
  case 25:
  case 30: doing = "corrupt", do_corrupt(s, r, pfn); break;
  default:
    doing = "init";
    if (r->order % 4 == 0)
      do_bad_init(s, r);
    else
      do_init(s, r);
  }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  tracing = getenv("PAGE_FUZZ_TRACE") != NULL;
  for (struct slot *s = slots; s < slots + SLOTS; s++) make_room(s, s == &slots[GIANT] ? GIANT_UNITS * GRANULE : MODEL_PAGES);
  report_room.max = REPORT_MAX;
  learn_tags();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size > RECORDS_MAX * RECORD) return -1;
  reported = walked = corrupted = 0;
  for (size_t at = 0; at + RECORD <= size; at += RECORD) {
    struct record r;
    memcpy(&r, data + at, sizeof r);
    struct slot *s = &slots[r.where % SLOTS];
    TRACE("%3zu instance %u: ", at / RECORD, r.where % SLOTS);
    bring_up(s);
    operate(s, &r);
  }
  doing = "all operations";
  for (struct slot *s = slots; s < slots + SLOTS; s++) {
    if (!s->up) continue;
    unchanged(s); /* since its own last operation, whatever the others' were */
    same_blocks(s);
    if (s == &slots[GIANT]) tidy_giant(s);
    s->up = 0;
  }
  return 0;
}

/* ---- mutation: by whole records, so that the rest keeps its meaning ---- */

/* 0 .. n - 1, the larger ones more often: every operation after the place of a change
   is in a state that may be new, and to check a new state is most of the work. */
static uint32_t late_below(uint32_t *seed, uint32_t n)
{
  uint32_t most = random_below(seed, n);
  for (uint32_t i = random_below(seed, 8); i > 0; i--) {
    uint32_t other = random_below(seed, n);
    if (other > most) most = other;
  }
  return most;
}

/* Opens room for a record at a random place; answers the place. */
static size_t open_record(uint8_t *data, size_t *size, uint32_t *seed)
{
  size_t at = late_below(seed, (uint32_t)(*size / RECORD) + 1) * RECORD;
  memmove(data + at + RECORD, data + at, *size - at);
  *size += RECORD;
  return at;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
  enum { GROW_TO = 24 * RECORD }; /* longer ones are slow and say little more */
  size_t room = max_size < GROW_TO ? max_size : GROW_TO, at;
  uint8_t record[RECORD];
  size -= size % RECORD;
  uint32_t way = random_below(&seed, 8), records = (uint32_t)(size / RECORD);
  if (records == 0 || (way < 3 && size + RECORD <= room)) { /* one more: random, or a copy */
    if (size + RECORD > max_size) return LLVMFuzzerMutate(data, size, max_size);
    for (uint32_t i = 0; i < RECORD; i++) record[i] = (uint8_t)random_below(&seed, 256);
    if (random_below(&seed, 4) == 0) { /* on a block that one of the latest allocations made */
      record[1] |= 7 << 2;
      memset(record + 8, 0, 4);
      record[8] = (uint8_t)random_below(&seed, 4);
    }
    if (way == 2 && records > 0) memcpy(record, data + random_below(&seed, records) * RECORD, RECORD);
    if (random_below(&seed, 4)) record[1] &= (uint8_t)~3u; /* mostly the first instance */
    at = open_record(data, &size, &seed);
    memcpy(data + at, record, RECORD);
    return size;
  }
  return mutate_record(data, size, late_below(&seed, records) * RECORD, RECORD, way, &seed);
}
