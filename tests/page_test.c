// SPDX-License-Identifier: MIT OR Apache-2.0
/* Behaviour of the page allocator, call by call, as core/page.h promises it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keel.h"
#include "no_memory.h"

#define G ((uint32_t)KEEL_PAGES_GRANULE)
#define BASE ((keel_pfn_t)5 * 1024)
#define LAST_BASE (((keel_pfn_t)1 << 52) - ((keel_pfn_t)1 << 28))

/* ---- an instance and a copy of all of it ---- */

struct pool {
  struct keel_pages z;
  uint64_t *words;
  uint8_t *tags;
  int32_t *refs;
  size_t words_size, tags_size, refs_size;
};

static void *copy_of(const void *p, size_t size)
{
  void *q = malloc(size);
  assert_non_null(q);
  return memcpy(q, p, size);
}

static struct pool reserved_pool(keel_pfn_t base, uint32_t n)
{
  struct pool p;
  p.words_size = KEEL_PAGES_WORDS(n) * sizeof *p.words;
  p.tags_size = KEEL_PAGES_TAGS(n) * sizeof *p.tags;
  p.refs_size = KEEL_PAGES_REFS(n) * sizeof *p.refs;
  p.words = malloc(p.words_size);
  p.tags = malloc(p.tags_size);
  p.refs = malloc(p.refs_size);
  assert_true(p.words && p.tags && p.refs);
  memset(p.words, 0xa5, p.words_size);
  memset(p.tags, 0xa5, p.tags_size);
  memset(p.refs, 0xa5, p.refs_size);
  memset(&p.z, 0xa5, sizeof p.z);
  assert_int_equal(keel_pages_init(&p.z, p.words, p.tags, p.refs, base, n), KEEL_OK);
  return p;
}

/* All pages free. */
static struct pool full_pool(keel_pfn_t base, uint32_t n)
{
  struct pool p = reserved_pool(base, n);
  assert_int_equal(keel_pages_add(&p.z, base, n), KEEL_OK);
  return p;
}

static void drop(struct pool *p)
{
  free(p->words);
  free(p->tags);
  free(p->refs);
}

static void drop_sound(struct pool *p)
{
  assert_int_equal(keel_pages_check(&p->z), 1);
  drop(p);
}

static struct pool snapshot(const struct pool *p)
{
  struct pool s = *p;
  s.words = copy_of(p->words, p->words_size);
  s.tags = copy_of(p->tags, p->tags_size);
  s.refs = copy_of(p->refs, p->refs_size);
  return s;
}

static int same_arrays(const struct pool *a, const struct pool *b)
{
  return a->words_size == b->words_size && memcmp(a->words, b->words, a->words_size) == 0 &&
         memcmp(a->tags, b->tags, a->tags_size) == 0 && memcmp(a->refs, b->refs, a->refs_size) == 0;
}

static int same(const struct pool *a, const struct pool *b)
{
  return memcmp(&a->z, &b->z, sizeof a->z) == 0 && same_arrays(a, b);
}

/* The call answers the error and changes nothing, not a byte. */
#define REFUSED(p, call, error)                     \
  do {                                              \
    struct pool before_ = snapshot(p);              \
    assert_int_equal((call), (error));              \
    assert_true(same(p, &before_));                 \
    drop(&before_);                                 \
  } while (0)

/* The call answers KEEL_NO_PAGES for n pages: counted, and nothing else changes. */
#define NO_PAGES(p, call, n)                                                    \
  do {                                                                          \
    struct pool before_ = snapshot(p);                                          \
    int64_t most_ = before_.z.largest_fail > (n) ? before_.z.largest_fail : (n); \
    assert_int_equal((call), KEEL_NO_PAGES);                                    \
    before_.z.fails++;                                                          \
    before_.z.largest_fail = most_;                                             \
    assert_true(same(p, &before_));                                             \
    drop(&before_);                                                             \
  } while (0)

#define OK(call) assert_int_equal((call), KEEL_OK)

static struct keel_block block(const struct pool *p, keel_pfn_t pfn)
{
  struct keel_block b;
  OK(keel_pages_block(&p->z, pfn, &b));
  return b;
}

static void assert_live(const struct pool *p, keel_pfn_t pfn, uint32_t order, uint32_t kind, int32_t refs)
{
  struct keel_block b = block(p, pfn);
  assert_int_equal(b.pfn, pfn);
  assert_int_equal(b.state, KEEL_PAGE_LIVE);
  assert_int_equal(b.order, order);
  assert_int_equal(b.kind, kind);
  assert_int_equal(b.refs, refs);
}

static void assert_free(const struct pool *p, keel_pfn_t pfn, uint32_t order)
{
  struct keel_block b = block(p, pfn);
  assert_int_equal(b.pfn, pfn);
  assert_int_equal(b.state, KEEL_PAGE_FREE);
  assert_int_equal(b.order, order);
  assert_int_equal(b.kind, 0);
  assert_int_equal(b.refs, 0);
}

static struct keel_page_stats stats(const struct pool *p)
{
  struct keel_page_stats s;
  memset(&s, 0xa5, sizeof s);
  keel_pages_stats(&p->z, &s);
  return s;
}

static void assert_free_blocks(const struct pool *p, const uint32_t want[KEEL_MAX_ORDER + 1])
{
  struct keel_page_stats s = stats(p);
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) assert_int_equal(s.free_blocks[k], want[k]);
}

/* Ranges that leave an instance of n pages at base, all with KEEL_OUT_OF_RANGE. */
struct range {
  keel_pfn_t pfn;
  uint32_t n;
};
#define OUTSIDE(base, n)                                                                              \
  {                                                                                                   \
    {(base) - 1, 1}, {(base) - 1, 2}, {(base) + (n), 1}, {(base) + (n) - 1, 2}, {(base), (n) + 1},     \
        {(base), UINT32_MAX}, {(base) + 1, UINT32_MAX}, {(base) + (n) - 1, UINT32_MAX}, {-1, 1},       \
        {INT64_MIN, 1}, {INT64_MIN, UINT32_MAX}, {INT64_MAX, 1}, {INT64_MAX, UINT32_MAX},              \
        {(base) + ((keel_pfn_t)1 << 32), 1}, {(base) - ((keel_pfn_t)1 << 32), 1}, {KEEL_PFN_MAX, 1}    \
  }

/* ---- init ---- */

static void init_makes_all_pages_reserved(void **state)
{
  (void)state;
  const uint32_t sizes[] = {1, 2, 1023, 1024, 1025, 2048, 5000};
  const keel_pfn_t bases[] = {0, 1024, BASE, LAST_BASE};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t j = 0; j < sizeof bases / sizeof *bases; j++) {
      struct pool p = reserved_pool(bases[j], sizes[i]);
      struct keel_page_stats s = stats(&p);
      assert_int_equal(s.pages, sizes[i]);
      assert_true(s.nr_free == 0 && s.allocs == 0 && s.frees == 0 && s.fails == 0 && s.largest_fail == 0);
      for (uint32_t q = 0; q < sizes[i]; q++) {
        struct keel_block b = block(&p, bases[j] + q);
        assert_true(b.pfn == bases[j] + q && b.state == KEEL_PAGE_RESERVED && b.order == 0 && b.kind == 0 && b.refs == 0);
      }
      NO_PAGES(&p, keel_pages_alloc(&p.z, 0, KEEL_RAW), 1);
      drop_sound(&p);
    }
}

static void init_refuses_bad_arguments(void **state)
{
  (void)state;
  static const struct range bad[] = {
      {0, 0}, {0, KEEL_PAGES_MAX + 1}, {0, UINT32_MAX}, {-1, 1}, {-1024, 1}, {1, 1}, {512, 1}, {1023, 1}, {1025, 1},
      {LAST_BASE + 1024, 1}, {LAST_BASE + 1, 1}, {KEEL_PFN_MAX, 1}, {INT64_MIN, 1}, {INT64_MAX, 1}, {INT64_MAX - 1023, 1},
  };
  struct pool p = full_pool(BASE, 100);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    REFUSED(&p, keel_pages_init(&p.z, p.words, p.tags, p.refs, bad[i].pfn, bad[i].n), KEEL_BAD_ARGUMENT);
  drop_sound(&p);
}

static void arrays_are_as_small_as_documented(void **state)
{
  (void)state;
  assert_int_equal(KEEL_PAGES_TAGS(1u), 1024);
  assert_int_equal(KEEL_PAGES_REFS(1024u), 1024);
  assert_int_equal(KEEL_PAGES_TAGS(1025u), 2048);
  for (uint32_t n = 1024; n <= KEEL_PAGES_MAX; n *= 2) {
    uint64_t bytes = 8ull * KEEL_PAGES_WORDS(n) + KEEL_PAGES_TAGS(n) + 4ull * KEEL_PAGES_REFS(n);
    assert_true(bytes * 1000 <= 5290ull * n); /* 5.27 a page, and the few words that small instances round up to */
  }
  assert_int_equal(KEEL_PAGES_WORDS(KEEL_PAGES_MAX), 8388608 + 131073 + 2049 + 33);
}

static void init_makes_new_what_was_used(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, 1500), fresh = reserved_pool(1024, 1100);
  for (int i = 0; i < 50; i++) assert_true(keel_pages_alloc(&p.z, (uint32_t)i % 6, 3) >= BASE);
  OK(keel_pages_get(&p.z, BASE));
  assert_int_equal(keel_pages_alloc(&p.z, 10, 0), KEEL_NO_PAGES);
  OK(keel_pages_init(&p.z, p.words, p.tags, p.refs, 1024, 1100)); /* of as many granules: the same arrays */
  assert_true(same_arrays(&p, &fresh));
  fresh.z.l0 = p.z.l0, fresh.z.l1 = p.z.l1, fresh.z.l2 = p.z.l2, fresh.z.l3 = p.z.l3, fresh.z.tag = p.z.tag, fresh.z.ref = p.z.ref;
  assert_memory_equal(&p.z, &fresh.z, sizeof p.z);
  drop(&fresh);
  drop_sound(&p);
}

/* ---- add, reserve ---- */

static void add_cuts_a_range_into_the_largest_blocks(void **state)
{
  (void)state;
  struct pool p = reserved_pool(BASE, 3 * G);
  OK(keel_pages_add(&p.z, BASE + 3, 1000));
  /* 3 | 4 8 16 32 64 128 256 | 512+256 +128 +64 +32 +8 +2 +1 */
  assert_free_blocks(&p, (const uint32_t[]){2, 1, 1, 2, 1, 2, 2, 2, 2, 0, 0});
  assert_free(&p, BASE + 3, 0);
  assert_free(&p, BASE + 256, 8);
  assert_free(&p, BASE + 512, 8);
  assert_free(&p, BASE + 1002, 0);
  assert_int_equal(block(&p, BASE + 2).state, KEEL_PAGE_RESERVED);
  assert_int_equal(block(&p, BASE + 1003).state, KEEL_PAGE_RESERVED);
  OK(keel_pages_add(&p.z, BASE + 1003, 2 * G - 1003));
  OK(keel_pages_add(&p.z, BASE, 3));
  assert_free_blocks(&p, (const uint32_t[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
  assert_int_equal(stats(&p).nr_free, 2 * G);
  drop_sound(&p);
}

static void adjacent_ranges_merge_in_any_order(void **state)
{
  (void)state;
  enum { N = 2500 };
  struct pool whole = full_pool(BASE, N), up = reserved_pool(BASE, N), down = reserved_pool(BASE, N),
              odd = reserved_pool(BASE, N), mixed = reserved_pool(BASE, N);
  for (uint32_t q = 0; q < N; q++) OK(keel_pages_add(&up.z, BASE + q, 1));
  for (uint32_t q = N; q-- > 0;) OK(keel_pages_add(&down.z, BASE + q, 1));
  for (uint32_t q = 1; q < N; q += 2) OK(keel_pages_add(&odd.z, BASE + q, 1));
  for (uint32_t q = 0; q < N; q += 2) OK(keel_pages_add(&odd.z, BASE + q, 1));
  for (uint32_t i = 0; i < N / 50; i++) OK(keel_pages_add(&mixed.z, BASE + i * 37 % (N / 50) * 50, 50));
  assert_true(same_arrays(&whole, &up) && same_arrays(&whole, &down) && same_arrays(&whole, &odd) && same_arrays(&whole, &mixed));
  assert_free_blocks(&mixed, (const uint32_t[]){0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 2}); /* 2500 = 2048 + 256 + 128 + 64 + 4 */
  assert_int_equal(stats(&up).nr_free, N);
  drop(&whole), drop(&up), drop(&down), drop(&odd);
  drop_sound(&mixed);
}

static void add_refuses(void **state)
{
  (void)state;
  static const struct range outside[] = OUTSIDE(BASE, 1500);
  struct pool p = reserved_pool(BASE, 1500);
  REFUSED(&p, keel_pages_add(&p.z, BASE, 0), KEEL_BAD_ARGUMENT);
  REFUSED(&p, keel_pages_add(&p.z, INT64_MIN, 0), KEEL_BAD_ARGUMENT);
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    REFUSED(&p, keel_pages_add(&p.z, outside[i].pfn, outside[i].n), KEEL_OUT_OF_RANGE);
  OK(keel_pages_add(&p.z, BASE + 100, 100));
  OK(keel_pages_alloc_range(&p.z, BASE + 196, 4, 0));
  REFUSED(&p, keel_pages_add(&p.z, BASE + 100, 1), KEEL_BUSY);
  REFUSED(&p, keel_pages_add(&p.z, BASE, 101), KEEL_BUSY);
  REFUSED(&p, keel_pages_add(&p.z, BASE + 199, 200), KEEL_BUSY);
  REFUSED(&p, keel_pages_add(&p.z, BASE + 197, 1), KEEL_BUSY);
  REFUSED(&p, keel_pages_add(&p.z, BASE, 1500), KEEL_BUSY);
  REFUSED(&p, keel_pages_add(&p.z, BASE, 1501), KEEL_OUT_OF_RANGE);
  OK(keel_pages_add(&p.z, BASE, 100));
  OK(keel_pages_add(&p.z, BASE + 200, 1300));
  drop_sound(&p);
}

static void reserve_takes_free_and_reserved_pages(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, 2 * G), fresh = reserved_pool(BASE, 2 * G);
  OK(keel_pages_reserve(&p.z, BASE + 7, 1));
  assert_free_blocks(&p, (const uint32_t[]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  OK(keel_pages_reserve(&p.z, BASE + 5, 4)); /* two free, one reserved, one free */
  assert_int_equal(stats(&p).nr_free, 2 * G - 4);
  for (uint32_t q = 5; q < 9; q++) assert_int_equal(block(&p, BASE + q).state, KEEL_PAGE_RESERVED);
  assert_free(&p, BASE + 4, 0);
  assert_free(&p, BASE + 9, 0);
  assert_int_equal(keel_pages_free(&p.z, BASE + 6, 0), KEEL_RESERVED);
  OK(keel_pages_add(&p.z, BASE + 5, 4));
  assert_free_blocks(&p, (const uint32_t[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
  OK(keel_pages_reserve(&p.z, BASE, 2 * G));
  assert_true(same_arrays(&p, &fresh));
  OK(keel_pages_reserve(&p.z, BASE, 2 * G));
  assert_true(same_arrays(&p, &fresh));
  drop(&fresh);
  drop_sound(&p);
}

static void reserve_refuses(void **state)
{
  (void)state;
  static const struct range outside[] = OUTSIDE(BASE, 1500);
  struct pool p = full_pool(BASE, 1500);
  OK(keel_pages_alloc_range(&p.z, BASE + 600, 2, 1));
  REFUSED(&p, keel_pages_reserve(&p.z, BASE, 0), KEEL_BAD_ARGUMENT);
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    REFUSED(&p, keel_pages_reserve(&p.z, outside[i].pfn, outside[i].n), KEEL_OUT_OF_RANGE);
  REFUSED(&p, keel_pages_reserve(&p.z, BASE + 600, 1), KEEL_BUSY);
  REFUSED(&p, keel_pages_reserve(&p.z, BASE + 500, 101), KEEL_BUSY);
  REFUSED(&p, keel_pages_reserve(&p.z, BASE + 601, 100), KEEL_BUSY);
  REFUSED(&p, keel_pages_reserve(&p.z, BASE, 1500), KEEL_BUSY);
  OK(keel_pages_reserve(&p.z, BASE, 600));
  OK(keel_pages_reserve(&p.z, BASE + 602, 898));
  drop_sound(&p);
}

/* ---- alloc ---- */

static void alloc_serves_every_order(void **state)
{
  (void)state;
  for (uint32_t order = 0; order <= KEEL_MAX_ORDER; order++) {
    struct pool p = full_pool(BASE, 2 * G);
    uint32_t count = 2 * G >> order, kind = order % KEEL_KINDS;
    for (uint32_t i = 0; i < count; i++) {
      keel_pfn_t pfn = keel_pages_alloc(&p.z, order, kind);
      assert_true(pfn >= BASE && pfn + (1 << order) <= BASE + 2 * G && pfn % (1 << order) == 0);
      assert_live(&p, pfn, order, kind, 1);
    }
    assert_int_equal(stats(&p).nr_free, 0);
    assert_int_equal(stats(&p).allocs, count);
    NO_PAGES(&p, keel_pages_alloc(&p.z, order, kind), 1 << order);
    assert_int_equal(keel_pages_check(&p.z), 1);
    for (uint32_t q = 0; q < 2 * G; q += 1u << order) OK(keel_pages_free(&p.z, BASE + q, kind));
    assert_free_blocks(&p, (const uint32_t[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
    assert_int_equal(stats(&p).frees, count);
    drop_sound(&p);
  }
}

static void alloc_is_best_fit_then_lowest(void **state)
{
  (void)state;
  struct pool p = reserved_pool(BASE, 4 * G);
  OK(keel_pages_add(&p.z, BASE, 2));            /* orders 1, 2, 2, 3, 10 */
  OK(keel_pages_add(&p.z, BASE + 8, 4));
  OK(keel_pages_add(&p.z, BASE + 16, 4));
  OK(keel_pages_add(&p.z, BASE + 32, 8));
  OK(keel_pages_add(&p.z, BASE + 3 * G, G));
  assert_int_equal(keel_pages_alloc(&p.z, 2, 0), BASE + 8);
  assert_int_equal(keel_pages_alloc(&p.z, 2, 0), BASE + 16);
  assert_int_equal(keel_pages_alloc(&p.z, 2, 0), BASE + 32); /* the first half of a larger one */
  assert_int_equal(keel_pages_alloc(&p.z, 0, 0), BASE);
  assert_int_equal(keel_pages_alloc(&p.z, 0, 0), BASE + 1);
  assert_int_equal(keel_pages_alloc(&p.z, 0, 0), BASE + 36);
  assert_free(&p, BASE + 37, 0);
  assert_free(&p, BASE + 38, 1);
  assert_int_equal(keel_pages_alloc(&p.z, 3, 0), BASE + 3 * G);
  assert_int_equal(keel_pages_alloc(&p.z, 9, 0), BASE + 3 * G + 512);
  NO_PAGES(&p, keel_pages_alloc(&p.z, 9, 0), 512);
  drop_sound(&p);
}

/* Where an allocation must come from, by a walk over all blocks, or KEEL_NO_PAGES. */
static keel_pfn_t best_by_walk(const struct pool *p, uint32_t order)
{
  struct keel_block b;
  keel_pfn_t best = KEEL_NO_PAGES;
  uint32_t best_order = KEEL_MAX_ORDER + 1;
  for (keel_pfn_t pfn = p->z.base; keel_pages_block(&p->z, pfn, &b) == KEEL_OK; pfn += (keel_pfn_t)1 << b.order)
    if (b.state == KEEL_PAGE_FREE && b.order >= order && b.order < best_order) {
      best = pfn;
      best_order = b.order;
    }
  return best;
}

/* In states of all sorts, over several granules and until nothing is left. */
static void alloc_takes_what_a_walk_finds(void **state)
{
  (void)state;
  uint32_t seed = 3;
  for (uint32_t round = 0; round < 20; round++) {
    struct pool p = reserved_pool(BASE, 4 * G - 7);
    for (uint32_t i = 0; i < 40; i++) { /* holes of all sizes; what is there already is refused */
      seed = seed * 1664525u + 1013904223u;
      keel_pages_add(&p.z, BASE + (seed >> 8) % (4 * G - 7), 1 + (seed >> 20) % (i < 20 ? 40 : 400));
    }
    for (uint32_t fails = 0; fails < 30;) {
      seed = seed * 1664525u + 1013904223u;
      uint32_t order = (seed >> 8) % 11, n = 1 + (seed >> 12) % (1u << order);
      if (seed >> 31) n = 1u << order;
      while (order > 0 && 1u << (order - 1) >= n) order--;
      keel_pfn_t want = best_by_walk(&p, order);
      assert_int_equal(seed >> 30 & 1 && n == 1u << order ? keel_pages_alloc(&p.z, order, 1) : keel_pages_alloc_exact(&p.z, n, 1), want);
      fails += want < 0;
      if (want >= 0 && (seed >> 4) % 4 == 0) OK(keel_pages_free(&p.z, want, 1));
    }
    assert_int_equal(stats(&p).fails, 30);
    drop_sound(&p);
  }
}

static void alloc_refuses(void **state)
{
  (void)state;
  static const uint32_t orders[] = {11, 12, 31, 32, 255, UINT32_MAX}, kinds[] = {8, 9, 16, 256, UINT32_MAX};
  struct pool p = full_pool(BASE, G), empty = reserved_pool(BASE, G);
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) REFUSED(&p, keel_pages_alloc(&p.z, orders[i], 0), KEEL_BAD_ARGUMENT);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    REFUSED(&p, keel_pages_alloc(&p.z, 0, kinds[i]), KEEL_BAD_ARGUMENT);
    REFUSED(&p, keel_pages_alloc_exact(&p.z, 1, kinds[i]), KEEL_BAD_ARGUMENT);
    REFUSED(&p, keel_pages_alloc_range(&p.z, BASE, 1, kinds[i]), KEEL_BAD_ARGUMENT);
    REFUSED(&p, keel_pages_alloc_range(&p.z, -1, 1, kinds[i]), KEEL_BAD_ARGUMENT);
  }
  REFUSED(&empty, keel_pages_alloc(&empty.z, 11, 0), KEEL_BAD_ARGUMENT); /* not counted as a failure */
  REFUSED(&empty, keel_pages_alloc(&empty.z, 0, 8), KEEL_BAD_ARGUMENT);
  REFUSED(&empty, keel_pages_alloc(&empty.z, UINT32_MAX, UINT32_MAX), KEEL_BAD_ARGUMENT);
  REFUSED(&empty, keel_pages_alloc_exact(&empty.z, 0, 0), KEEL_BAD_ARGUMENT);
  REFUSED(&empty, keel_pages_alloc_exact(&empty.z, 1025, 0), KEEL_BAD_ARGUMENT);
  REFUSED(&empty, keel_pages_alloc_exact(&empty.z, 1, 8), KEEL_BAD_ARGUMENT);
  REFUSED(&empty, keel_pages_alloc_range(&empty.z, BASE, 1, 8), KEEL_BAD_ARGUMENT);      /* before the page is looked at, */
  REFUSED(&empty, keel_pages_alloc_range(&empty.z, INT64_MAX, 0, 0), KEEL_BAD_ARGUMENT); /* or the range */
  REFUSED(&empty, keel_pages_alloc_range(&empty.z, BASE, 1, 0), KEEL_BUSY);
  assert_int_equal(keel_pages_alloc(&p.z, 10, 7), BASE);
  drop(&empty);
  drop_sound(&p);
}

static void failures_are_counted_with_the_largest(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, 8);
  NO_PAGES(&p, keel_pages_alloc(&p.z, 4, 0), 16);
  NO_PAGES(&p, keel_pages_alloc(&p.z, 10, 0), 1024);
  NO_PAGES(&p, keel_pages_alloc(&p.z, 5, 0), 32);
  NO_PAGES(&p, keel_pages_alloc_exact(&p.z, 9, 0), 9);
  assert_int_equal(stats(&p).fails, 4);
  assert_int_equal(stats(&p).largest_fail, 1024);
  REFUSED(&p, keel_pages_alloc_range(&p.z, BASE, 8 * G, 0), KEEL_OUT_OF_RANGE); /* no failure of these is counted */
  assert_int_equal(stats(&p).allocs, 0);
  assert_int_equal(keel_pages_alloc(&p.z, 3, 0), BASE);
  drop_sound(&p);
}

static void alloc_exact_gives_the_tail_back(void **state)
{
  (void)state;
  for (uint32_t n = 1; n <= G; n++) {
    struct pool p = full_pool(BASE, G), want = full_pool(BASE, G);
    assert_int_equal(keel_pages_alloc_exact(&p.z, n, 3), BASE);
    OK(keel_pages_alloc_range(&want.z, BASE, n, 3));
    assert_true(same_arrays(&p, &want)); /* the same pages and free blocks */
    assert_int_equal(stats(&p).nr_free, G - n);
    assert_int_equal(stats(&p).allocs, 1);
    assert_live(&p, BASE + n - 1, 0, 3, 1);
    if (n % 2) OK(keel_pages_free(&p.z, BASE + n - 1, 3));
    else OK(keel_pages_free_range(&p.z, BASE, n, 3));
    drop(&want);
    drop_sound(&p);
  }
}

static void alloc_exact_is_best_fit(void **state)
{
  (void)state;
  struct pool p = reserved_pool(BASE, G);
  OK(keel_pages_add(&p.z, BASE, 8));
  OK(keel_pages_add(&p.z, BASE + 32, 8));
  OK(keel_pages_add(&p.z, BASE + 64, 16));
  assert_int_equal(keel_pages_alloc_exact(&p.z, 5, 1), BASE);
  assert_free(&p, BASE + 5, 0);
  assert_free(&p, BASE + 6, 1);
  assert_int_equal(keel_pages_alloc_exact(&p.z, 8, 1), BASE + 32);
  assert_int_equal(keel_pages_alloc_exact(&p.z, 2, 1), BASE + 6);
  NO_PAGES(&p, keel_pages_alloc_exact(&p.z, 17, 1), 17);
  assert_int_equal(keel_pages_alloc_exact(&p.z, 9, 1), BASE + 64);
  NO_PAGES(&p, keel_pages_alloc_exact(&p.z, 5, 1), 5); /* eight are free: 5, and 73 .. 79 */
  REFUSED(&p, keel_pages_alloc_exact(&p.z, 0, 1), KEEL_BAD_ARGUMENT);
  REFUSED(&p, keel_pages_alloc_exact(&p.z, 1025, 1), KEEL_BAD_ARGUMENT);
  REFUSED(&p, keel_pages_alloc_exact(&p.z, UINT32_MAX, 1), KEEL_BAD_ARGUMENT);
  drop_sound(&p);
}

static void alloc_range_takes_the_place(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, 3000);
  OK(keel_pages_alloc_range(&p.z, BASE + 1000, 100, 5)); /* over the end of a granule */
  for (uint32_t q = 1000; q < 1100; q++) assert_live(&p, BASE + q, 0, 5, 1);
  assert_int_equal(stats(&p).nr_free, 2900);
  assert_int_equal(stats(&p).allocs, 1);
  assert_free(&p, BASE + 992, 3);
  assert_free(&p, BASE + 1100, 2);
  OK(keel_pages_free_range(&p.z, BASE + 1000, 100, 5));
  assert_int_equal(stats(&p).frees, 100);
  OK(keel_pages_alloc_range(&p.z, BASE, 3000, 0));
  assert_int_equal(stats(&p).nr_free, 0);
  drop_sound(&p);
}

static void alloc_range_refuses(void **state)
{
  (void)state;
  static const struct range outside[] = OUTSIDE(BASE, 1500);
  struct pool p = reserved_pool(BASE, 1500);
  OK(keel_pages_add(&p.z, BASE + 64, 128));
  OK(keel_pages_alloc_range(&p.z, BASE + 100, 1, 0));
  REFUSED(&p, keel_pages_alloc_range(&p.z, BASE + 64, 0, 0), KEEL_BAD_ARGUMENT);
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    REFUSED(&p, keel_pages_alloc_range(&p.z, outside[i].pfn, outside[i].n, 0), KEEL_OUT_OF_RANGE);
  REFUSED(&p, keel_pages_alloc_range(&p.z, BASE + 63, 1, 0), KEEL_BUSY);  /* reserved */
  REFUSED(&p, keel_pages_alloc_range(&p.z, BASE + 63, 2, 0), KEEL_BUSY);
  REFUSED(&p, keel_pages_alloc_range(&p.z, BASE + 191, 2, 0), KEEL_BUSY);
  REFUSED(&p, keel_pages_alloc_range(&p.z, BASE + 100, 1, 0), KEEL_BUSY); /* allocated */
  REFUSED(&p, keel_pages_alloc_range(&p.z, BASE + 90, 20, 0), KEEL_BUSY);
  OK(keel_pages_alloc_range(&p.z, BASE + 64, 36, 0));
  OK(keel_pages_alloc_range(&p.z, BASE + 101, 91, 0));
  drop_sound(&p);
}

/* ---- free ---- */

typedef enum keel_status (*by_kind)(struct keel_pages *, keel_pfn_t, uint32_t);

/* What free, put and split refuse alike. */
static void refuses_what_is_not_a_block_of_the_kind(by_kind call)
{
  static const struct range outside[] = OUTSIDE(BASE, 1500);
  struct pool p = reserved_pool(BASE, 1500);
  OK(keel_pages_add(&p.z, BASE, 16));
  keel_pfn_t pfn = keel_pages_alloc(&p.z, 3, 2);
  assert_int_equal(pfn, BASE);
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    if (outside[i].n == 1) REFUSED(&p, call(&p.z, outside[i].pfn, 2), KEEL_OUT_OF_RANGE);
  REFUSED(&p, call(&p.z, BASE + 16, 2), KEEL_RESERVED);
  REFUSED(&p, call(&p.z, BASE + 1499, 2), KEEL_RESERVED);
  for (uint32_t q = 8; q < 16; q++) REFUSED(&p, call(&p.z, BASE + q, 2), KEEL_ALREADY_FREE);
  for (uint32_t q = 1; q < 8; q++) REFUSED(&p, call(&p.z, BASE + q, 2), KEEL_NOT_HEAD);
  for (uint32_t kind = 0; kind < 20; kind++)
    if (kind != 2) REFUSED(&p, call(&p.z, BASE, kind), KEEL_WRONG_KIND);
  REFUSED(&p, call(&p.z, BASE, UINT32_MAX), KEEL_WRONG_KIND);
  REFUSED(&p, call(&p.z, BASE, 2 + 256), KEEL_WRONG_KIND);
  REFUSED(&p, call(&p.z, BASE + 1, 3), KEEL_NOT_HEAD);     /* before the kind is looked at */
  REFUSED(&p, call(&p.z, BASE + 8, 3), KEEL_ALREADY_FREE);
  OK(keel_pages_get(&p.z, BASE));
  REFUSED(&p, call(&p.z, BASE, 3), KEEL_WRONG_KIND);       /* before the references are */
  OK(keel_pages_put(&p.z, BASE, 2));
  OK(call(&p.z, BASE, 2));
  drop_sound(&p);
}

static void free_refuses(void **state)
{
  (void)state;
  refuses_what_is_not_a_block_of_the_kind(keel_pages_free);
  struct pool p = full_pool(BASE, G);
  keel_pfn_t pfn = keel_pages_alloc(&p.z, 4, 1);
  OK(keel_pages_get(&p.z, pfn));
  REFUSED(&p, keel_pages_free(&p.z, pfn, 1), KEEL_BUSY);
  OK(keel_pages_put(&p.z, pfn, 1));
  OK(keel_pages_free(&p.z, pfn, 1));
  REFUSED(&p, keel_pages_free(&p.z, pfn, 1), KEEL_ALREADY_FREE); /* a double free */
  drop_sound(&p);
}

static void free_merges_whatever_the_order(void **state)
{
  (void)state;
  uint32_t seed = 1, turn[G];
  for (uint32_t round = 0; round < 20; round++) {
    struct pool p = full_pool(BASE, G), whole = full_pool(BASE, G);
    OK(keel_pages_alloc_range(&p.z, BASE, G, 6));
    for (uint32_t i = 0; i < G; i++) turn[i] = i;
    for (uint32_t i = G; i-- > 1;) {
      seed = seed * 1664525u + 1013904223u;
      uint32_t j = (uint32_t)((uint64_t)seed * (i + 1) >> 32), t = turn[i];
      turn[i] = turn[j];
      turn[j] = t;
    }
    for (uint32_t i = 0; i < G; i++) {
      OK(keel_pages_free(&p.z, BASE + turn[i], 6));
      assert_int_equal(stats(&p).nr_free, i + 1);
    }
    assert_true(same_arrays(&p, &whole));
    assert_int_equal(stats(&p).frees, G);
    drop(&whole);
    drop_sound(&p);
  }
}

/* 16 pages from BASE: blocks of 8, 4, 2, 1, 1, of kind 4; the rest of the granule is free. */
static struct pool mixed_pool(void)
{
  struct pool p = reserved_pool(BASE, 2 * G);
  OK(keel_pages_add(&p.z, BASE, 16));
  assert_int_equal(keel_pages_alloc(&p.z, 3, 4), BASE);
  assert_int_equal(keel_pages_alloc(&p.z, 2, 4), BASE + 8);
  assert_int_equal(keel_pages_alloc(&p.z, 1, 4), BASE + 12);
  assert_int_equal(keel_pages_alloc(&p.z, 0, 4), BASE + 14);
  assert_int_equal(keel_pages_alloc(&p.z, 0, 4), BASE + 15);
  OK(keel_pages_add(&p.z, BASE + 16, G - 16));
  return p;
}

static void free_range_frees_whole_blocks(void **state)
{
  (void)state;
  struct pool p = mixed_pool();
  OK(keel_pages_free_range(&p.z, BASE + 8, 7, 4));
  assert_int_equal(stats(&p).frees, 3);
  assert_live(&p, BASE, 3, 4, 1);
  assert_free(&p, BASE + 8, 2);
  assert_free(&p, BASE + 14, 0);
  assert_live(&p, BASE + 15, 0, 4, 1);
  OK(keel_pages_free_range(&p.z, BASE + 15, 1, 4));
  OK(keel_pages_free_range(&p.z, BASE, 8, 4));
  assert_free(&p, BASE, 10);
  assert_int_equal(stats(&p).frees, 5);
  drop_sound(&p);
  p = mixed_pool();
  OK(keel_pages_free_range(&p.z, BASE, 16, 4));
  assert_free(&p, BASE, 10);
  drop_sound(&p);
}

static void free_range_refuses(void **state)
{
  (void)state;
  static const struct range outside[] = OUTSIDE(BASE, 2 * 1024);
  struct pool p = mixed_pool();
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    REFUSED(&p, keel_pages_free_range(&p.z, outside[i].pfn, outside[i].n, 4), KEEL_OUT_OF_RANGE);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE, 0, 4), KEEL_BAD_ARGUMENT);
  REFUSED(&p, keel_pages_free_range(&p.z, -5, 0, 4), KEEL_BAD_ARGUMENT);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE, 7, 4), KEEL_BUSY);          /* the last block passes the end */
  REFUSED(&p, keel_pages_free_range(&p.z, BASE, 13, 4), KEEL_BUSY);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 4, 12, 4), KEEL_NOT_HEAD); /* the first begins before it */
  REFUSED(&p, keel_pages_free_range(&p.z, BASE, 17, 4), KEEL_ALREADY_FREE);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE, 16, 5), KEEL_WRONG_KIND);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + G, 1, 4), KEEL_RESERVED);
  OK(keel_pages_get(&p.z, BASE + 14));
  REFUSED(&p, keel_pages_free_range(&p.z, BASE, 16, 4), KEEL_BUSY);
  OK(keel_pages_free_range(&p.z, BASE, 14, 4));
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 13, 3, 4), KEEL_ALREADY_FREE);
  OK(keel_pages_put(&p.z, BASE + 14, 4));
  OK(keel_pages_free_range(&p.z, BASE + 14, 2, 4));
  OK(keel_pages_alloc_range(&p.z, BASE, 4, 1));
  OK(keel_pages_alloc_range(&p.z, BASE + 4, 4, 2));
  REFUSED(&p, keel_pages_free_range(&p.z, BASE, 8, 1), KEEL_WRONG_KIND); /* only at its second half */
  drop_sound(&p);
}

/* Two blocks of a range are wrong, each in its way: the first is named. */
static void free_range_names_the_first_wrong_page(void **state)
{
  (void)state;
  enum { WAYS = 4 };
  static const enum keel_status error[WAYS] = {KEEL_RESERVED, KEEL_ALREADY_FREE, KEEL_WRONG_KIND, KEEL_BUSY};
  for (int first = 0; first < WAYS; first++)
    for (int second = 0; second < WAYS; second++)
      for (uint32_t tail = 0; tail < 2; tail++) {
        struct pool p = full_pool(BASE, G);
        const int way[] = {first, second};
        OK(keel_pages_alloc_range(&p.z, BASE, 10, 4));
        OK(keel_pages_alloc_range(&p.z, BASE + 10, 6, 4));
        for (uint32_t i = 0; i < 2; i++) {
          keel_pfn_t pfn = BASE + 3 + 4 * i;
          if (way[i] == 3) OK(keel_pages_get(&p.z, pfn));
          else OK(keel_pages_free(&p.z, pfn, 4));
          if (way[i] == 0) OK(keel_pages_reserve(&p.z, pfn, 1));
          if (way[i] == 2) OK(keel_pages_alloc_range(&p.z, pfn, 1, 5));
        }
        if (tail) OK(keel_pages_free_range(&p.z, BASE + 12, 4, 4)); /* and more is wrong behind them */
        REFUSED(&p, keel_pages_free_range(&p.z, BASE, 16, 4), error[first]);
        REFUSED(&p, keel_pages_free_range(&p.z, BASE + 4, 6, 4), error[second]);
        OK(keel_pages_free_range(&p.z, BASE, 3, 4));
        drop_sound(&p);
      }
}

/* Of one block: its kind, then its references, then whether it passes the end. */
static void free_range_looks_at_a_block_as_free_does(void **state)
{
  (void)state;
  struct pool p = mixed_pool();
  OK(keel_pages_get(&p.z, BASE + 8));
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 8, 2, 5), KEEL_WRONG_KIND);  /* shared, and too long */
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 8, 2, 4), KEEL_BUSY);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 9, 1, 5), KEEL_NOT_HEAD);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 8, 2, 8), KEEL_WRONG_KIND);  /* a kind that nothing has */
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 8, 2, UINT32_MAX), KEEL_WRONG_KIND);
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 16, 1, 8), KEEL_ALREADY_FREE);
  OK(keel_pages_put(&p.z, BASE + 8, 4));
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 8, 2, 4), KEEL_BUSY);        /* too long only */
  REFUSED(&p, keel_pages_free_range(&p.z, BASE + 8, 2, 5), KEEL_WRONG_KIND);
  OK(keel_pages_free_range(&p.z, BASE + 8, 4, 4));
  drop_sound(&p);
}

static void split_makes_single_pages(void **state)
{
  (void)state;
  refuses_what_is_not_a_block_of_the_kind(keel_pages_split);
  for (uint32_t order = 0; order <= KEEL_MAX_ORDER; order++) {
    struct pool p = full_pool(BASE, G), before = full_pool(BASE, G);
    keel_pfn_t pfn = keel_pages_alloc(&p.z, order, 5);
    OK(keel_pages_split(&p.z, pfn, 5));
    for (uint32_t q = 0; q < 1u << order; q++) assert_live(&p, pfn + q, 0, 5, 1);
    assert_int_equal(stats(&p).nr_free, G - (1u << order));
    assert_int_equal(stats(&p).allocs, 1);
    assert_int_equal(stats(&p).frees, 0);
    REFUSED(&p, keel_pages_split(&p.z, pfn, 4), KEEL_WRONG_KIND);
    OK(keel_pages_split(&p.z, pfn, 5)); /* one page again */
    for (uint32_t q = 0; q < 1u << order; q++) OK(keel_pages_free(&p.z, pfn + q, 5));
    assert_true(same_arrays(&p, &before));
    drop(&before);
    drop_sound(&p);
  }
}

static void split_refuses_shared_blocks(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, G);
  keel_pfn_t pfn = keel_pages_alloc(&p.z, 3, 0);
  OK(keel_pages_get(&p.z, pfn));
  REFUSED(&p, keel_pages_split(&p.z, pfn, 0), KEEL_BUSY);
  OK(keel_pages_put(&p.z, pfn, 0));
  OK(keel_pages_split(&p.z, pfn, 0));
  OK(keel_pages_get(&p.z, pfn + 3)); /* each page has references of its own now */
  assert_live(&p, pfn + 3, 0, 0, 2);
  assert_live(&p, pfn + 2, 0, 0, 1);
  drop_sound(&p);
}

/* ---- references ---- */

static void references_keep_a_block(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, G), before = full_pool(BASE, G);
  keel_pfn_t pfn = keel_pages_alloc(&p.z, 4, 7);
  for (int32_t refs = 2; refs <= 100; refs++) {
    OK(keel_pages_get(&p.z, pfn));
    assert_live(&p, pfn, 4, 7, refs);
    assert_int_equal(p.refs[pfn - BASE], refs - 1);
    assert_int_equal(keel_pages_check(&p.z), 1);
  }
  for (int32_t refs = 99; refs >= 1; refs--) {
    REFUSED(&p, keel_pages_free(&p.z, pfn, 7), KEEL_BUSY);
    OK(keel_pages_put(&p.z, pfn, 7));
    assert_live(&p, pfn, 4, 7, refs);
    assert_int_equal(keel_pages_check(&p.z), 1);
  }
  assert_int_equal(stats(&p).frees, 0);
  OK(keel_pages_put(&p.z, pfn, 7));
  assert_int_equal(stats(&p).frees, 1);
  assert_true(same_arrays(&p, &before));
  REFUSED(&p, keel_pages_put(&p.z, pfn, 7), KEEL_ALREADY_FREE); /* below zero */
  REFUSED(&p, keel_pages_get(&p.z, pfn), KEEL_ALREADY_FREE);    /* on a free page */
  drop(&before);
  drop_sound(&p);
}

static void get_refuses(void **state)
{
  (void)state;
  static const struct range outside[] = OUTSIDE(BASE, 1500);
  struct pool p = reserved_pool(BASE, 1500);
  OK(keel_pages_add(&p.z, BASE, 16));
  assert_int_equal(keel_pages_alloc(&p.z, 3, 2), BASE);
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    if (outside[i].n == 1) REFUSED(&p, keel_pages_get(&p.z, outside[i].pfn), KEEL_OUT_OF_RANGE);
  REFUSED(&p, keel_pages_get(&p.z, BASE + 16), KEEL_RESERVED);
  REFUSED(&p, keel_pages_get(&p.z, BASE + 8), KEEL_ALREADY_FREE);
  REFUSED(&p, keel_pages_get(&p.z, BASE + 1), KEEL_NOT_HEAD);
  drop_sound(&p);
}

static void put_refuses(void **state)
{
  (void)state;
  refuses_what_is_not_a_block_of_the_kind(keel_pages_put);
}

static void references_saturate(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, G);
  keel_pfn_t pfn = keel_pages_alloc(&p.z, 0, 0);
  OK(keel_pages_get(&p.z, pfn));
  p.refs[pfn - BASE] = KEEL_REFS_MAX - 2; /* counts those beyond the first */
  assert_live(&p, pfn, 0, 0, KEEL_REFS_MAX - 1);
  OK(keel_pages_get(&p.z, pfn));
  assert_live(&p, pfn, 0, 0, KEEL_REFS_MAX);
  assert_int_equal(keel_pages_check(&p.z), 1);
  for (int i = 0; i < 3; i++) REFUSED(&p, keel_pages_get(&p.z, pfn), KEEL_SATURATED);
  OK(keel_pages_put(&p.z, pfn, 0));
  assert_live(&p, pfn, 0, 0, KEEL_REFS_MAX - 1);
  OK(keel_pages_get(&p.z, pfn));
  REFUSED(&p, keel_pages_get(&p.z, pfn), KEEL_SATURATED);
  drop_sound(&p);
}

/* ---- block, stats, indices, report ---- */

static void block_describes_every_page_of_a_block(void **state)
{
  (void)state;
  struct pool p = mixed_pool();
  OK(keel_pages_get(&p.z, BASE + 8));
  for (uint32_t q = 0; q < 8; q++) assert_true(block(&p, BASE + q).pfn == BASE && block(&p, BASE + q).order == 3);
  for (uint32_t q = 8; q < 12; q++) {
    struct keel_block b = block(&p, BASE + q);
    assert_true(b.pfn == BASE + 8 && b.order == 2 && b.state == KEEL_PAGE_LIVE && b.kind == 4 && b.refs == 2);
  }
  for (uint32_t q = 512; q < G; q++) assert_true(block(&p, BASE + q).pfn == BASE + 512 && block(&p, BASE + q).order == 9);
  static const struct range outside[] = OUTSIDE(BASE, 2 * 1024);
  struct keel_block b = {-7, 77, KEEL_PAGE_LIVE, 777, 7777}, was = b;
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    if (outside[i].n == 1) REFUSED(&p, keel_pages_block(&p.z, outside[i].pfn, &b), KEEL_OUT_OF_RANGE);
  assert_memory_equal(&b, &was, sizeof b);
  drop_sound(&p);
}

/* Walks as the header says; answers what stats would. */
static struct keel_page_stats walked(const struct pool *p)
{
  struct keel_page_stats s = {.pages = 0};
  struct keel_block b;
  for (keel_pfn_t pfn = p->z.base; keel_pages_block(&p->z, pfn, &b) == KEEL_OK; pfn += (keel_pfn_t)1 << b.order) {
    assert_int_equal(b.pfn, pfn);
    assert_int_equal(pfn % (1 << b.order), 0);
    s.pages += (int64_t)1 << b.order;
    if (b.state == KEEL_PAGE_FREE) {
      s.free_blocks[b.order]++;
      s.nr_free += (int64_t)1 << b.order;
    }
  }
  return s;
}

static void stats_are_what_a_walk_counts(void **state)
{
  (void)state;
  enum { LIVE = 300 };
  keel_pfn_t live[LIVE];
  uint32_t seed = 7, n = 0;
  struct pool p = full_pool(BASE, 4000), empty = full_pool(BASE, 4000);
  for (uint32_t step = 0; step < 20000; step++) {
    seed = seed * 1664525u + 1013904223u;
    uint32_t order = (uint32_t)__builtin_ctz(seed >> 8 | 1024), i = seed >> 20;
    keel_pfn_t pfn = n < LIVE && seed >> 31 ? keel_pages_alloc(&p.z, order, order % 8) : -1;
    if (pfn >= 0) {
      assert_live(&p, pfn, order, order % 8, 1);
      live[n++] = pfn;
    } else if (n > 0) {
      i %= n;
      OK(keel_pages_free(&p.z, live[i], block(&p, live[i]).kind));
      live[i] = live[--n];
    }
    if (step % 100) continue;
    struct keel_page_stats s = stats(&p), w = walked(&p);
    assert_memory_equal(s.free_blocks, w.free_blocks, sizeof s.free_blocks);
    assert_true(s.pages == w.pages && s.nr_free == w.nr_free && s.allocs - s.frees == n);
    assert_int_equal(keel_pages_check(&p.z), 1);
  }
  while (n > 0) {
    n--;
    OK(keel_pages_free(&p.z, live[n], block(&p, live[n]).kind));
  }
  assert_true(same_arrays(&p, &empty));
  drop(&empty);
  drop_sound(&p);
}

static void counters_stop_at_their_maximum(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, G);
  p.z.allocs = p.z.frees = p.z.fails = INT64_MAX - 1;
  for (int i = 0; i < 3; i++) {
    keel_pfn_t pfn = keel_pages_alloc_exact(&p.z, 2, 0);
    OK(keel_pages_free_range(&p.z, pfn, 2, 0));
    pfn = keel_pages_alloc(&p.z, 10, 0);
    assert_int_equal(keel_pages_alloc(&p.z, 0, 0), KEEL_NO_PAGES);
    OK(keel_pages_put(&p.z, pfn, 0));
    struct keel_page_stats s = stats(&p);
    assert_true(s.allocs == INT64_MAX && s.frees == INT64_MAX);
    assert_int_equal(s.fails, INT64_MAX);
  }
  drop_sound(&p);
}

/* A counter at its maximum does not keep the others from counting. */
static void each_counter_stops_alone(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, 8);
  p.z.fails = INT64_MAX;
  assert_int_equal(keel_pages_alloc(&p.z, 4, 0), KEEL_NO_PAGES);
  assert_true(stats(&p).fails == INT64_MAX && stats(&p).largest_fail == 16);
  assert_int_equal(keel_pages_alloc_exact(&p.z, 1000, 0), KEEL_NO_PAGES);
  assert_true(stats(&p).fails == INT64_MAX && stats(&p).largest_fail == 1000);
  p.z.allocs = INT64_MAX;
  OK(keel_pages_alloc_range(&p.z, BASE, 8, 0));
  assert_true(stats(&p).allocs == INT64_MAX && stats(&p).frees == 0 && stats(&p).nr_free == 0);
  p.z.frees = INT64_MAX - 3;
  OK(keel_pages_free_range(&p.z, BASE, 2, 0)); /* two blocks */
  assert_true(stats(&p).frees == INT64_MAX - 1 && stats(&p).nr_free == 2);
  OK(keel_pages_free_range(&p.z, BASE + 2, 6, 0)); /* six, and room for one */
  assert_true(stats(&p).frees == INT64_MAX && stats(&p).nr_free == 8);
  p.z.largest_fail = INT64_MAX;
  assert_int_equal(keel_pages_alloc(&p.z, 10, 0), KEEL_NO_PAGES);
  assert_int_equal(stats(&p).largest_fail, INT64_MAX);
  drop_sound(&p);
}

static void looking_changes_nothing(void **state)
{
  (void)state;
  struct pool p = mixed_pool(), was = snapshot(&p);
  struct keel_block b;
  char text[512];
  for (uint32_t q = 0; q < 2 * G; q++) OK(keel_pages_block(&p.z, BASE + q, &b));
  stats(&p);
  assert_true(keel_pages_report(&p.z, "zone", text, sizeof text) > 0);
  assert_int_equal(keel_pages_check(&p.z), 1);
  assert_true(same(&p, &was));
  drop(&was);
  drop_sound(&p);
}

static void indices_of(const uint32_t blocks[KEEL_MAX_ORDER + 1], uint32_t order, int32_t frag, int32_t unusable)
{
  struct keel_page_stats s = {.pages = 1};
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) s.free_blocks[k] = blocks[k];
  assert_int_equal(keel_pages_frag_index(&s, order), frag);
  assert_int_equal(keel_pages_unusable_index(&s, order), unusable);
}

static void indices_are_those_of_linux(void **state)
{
  (void)state;
  const uint32_t none[11] = {0}, singles[11] = {512}, eight[11] = {0, 0, 0, 1}, nine[11] = {1, 0, 0, 1},
                 many[11] = {10, 5, 3, 0, 2}, half[11] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, huge[11] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1u << 18},
                 dust[11] = {1u << 27};
  for (uint32_t order = 0; order <= KEEL_MAX_ORDER; order++) indices_of(none, order, 0, 0);
  indices_of(singles, 0, -1000, 0);
  indices_of(singles, 1, 499, 1000);  /* 1000 - (1000 + 512000/2) / 512 = 1000 - 501 */
  indices_of(singles, 10, 998, 1000); /* 1000 - (1000 + 500) / 512 */
  indices_of(eight, 3, -1000, 0);
  indices_of(eight, 4, -500, 1000);   /* a single block of half the size: the least there is */
  indices_of(eight, 10, -7, 1000);    /* 1000 - (1000 + 8000/1024) = 1000 - 1007 */
  indices_of(half, 10, -500, 1000);
  indices_of(nine, 1, -1000, 111);    /* 1 of 9 */
  indices_of(nine, 4, 219, 1000);     /* 1000 - (1000 + 9000/16) / 2 = 1000 - 1562 / 2 */
  indices_of(many, 0, -1000, 0);      /* 64 pages, 20 blocks */
  indices_of(many, 1, -1000, 156);    /* 10 of 64 */
  indices_of(many, 2, -1000, 312);    /* 20 of 64 */
  indices_of(many, 4, -1000, 500);    /* 32 of 64 */
  indices_of(many, 5, 850, 1000);     /* 1000 - (1000 + 2000) / 20 */
  indices_of(many, 10, 947, 1000);    /* 1000 - (1000 + 62) / 20 */
  indices_of(huge, 10, -1000, 0);
  indices_of(dust, 10, 1000, 1000);
}

static void indices_of_unknown_orders_are_zero(void **state)
{
  (void)state;
  const uint32_t some[11] = {512, 3}, orders[] = {11, 12, 31, 32, 64, UINT32_MAX};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) indices_of(some, orders[i], 0, 0);
}

static void report_has_the_columns_of_buddyinfo(void **state)
{
  (void)state;
  const char *name = "Node 0, zone   Normal";
  struct pool p = reserved_pool(BASE, 2 * G);
  OK(keel_pages_add(&p.z, BASE, 2 * G - 1)); /* a block of each order 0 .. 9, and one of order 10 */
  OK(keel_pages_reserve(&p.z, BASE + G + 512, 256));
  keel_pfn_t pfn = keel_pages_alloc(&p.z, 9, 0); /* the one of order 9 */
  OK(keel_pages_free(&p.z, pfn, 0));
  pfn = keel_pages_alloc(&p.z, 10, 0);
  assert_int_equal(keel_pages_alloc(&p.z, 10, 0), KEEL_NO_PAGES);
  assert_int_equal(keel_pages_alloc(&p.z, 10, 0), KEEL_NO_PAGES);
  char text[512], got[16][24];
  size_t len = keel_pages_report(&p.z, name, text, sizeof text);
  assert_int_equal(len, strlen(text));
  assert_memory_equal(text, name, strlen(name));
  int n = sscanf(text + strlen(name), "%15s %15s %15s %15s %15s %15s %15s %15s %15s %15s %15s", got[0], got[1], got[2], got[3],
                 got[4], got[5], got[6], got[7], got[8], got[9], got[10]);
  assert_int_equal(n, 11);
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) assert_string_equal(got[k], k == 8 || k == 10 ? "0" : "1");
  const char *line = strchr(text, '\n');
  assert_non_null(line);
  assert_non_null(strstr(line, "pages 2048"));
  assert_non_null(strstr(line, "free 767"));
  assert_non_null(strstr(line, "allocs 2"));
  assert_non_null(strstr(line, "frees 1"));
  assert_non_null(strstr(line, "fails 2"));
  assert_non_null(strstr(line, "largest_fail 1024"));
  assert_int_equal(text[len - 1], '\n');
  drop_sound(&p);
}

static void report_stays_in_its_buffer(void **state)
{
  (void)state;
  struct pool p = full_pool(LAST_BASE, 3000);
  p.z.allocs = p.z.frees = p.z.fails = p.z.largest_fail = INT64_MAX;
  char text[512];
  size_t len = keel_pages_report(&p.z, "zone", text, sizeof text);
  assert_true(len < sizeof text && strstr(text, "allocs 9223372036854775807"));
  assert_int_equal(keel_pages_report(&p.z, "zone", NULL, 0), len);
  for (size_t size = 1; size <= len + 2; size++) {
    char *buf = malloc(size + 1);
    assert_non_null(buf);
    memset(buf, '#', size + 1);
    assert_int_equal(keel_pages_report(&p.z, "zone", buf, size), len);
    size_t shown = size - 1 < len ? size - 1 : len;
    assert_memory_equal(buf, text, shown);
    assert_int_equal(buf[shown], 0);
    assert_int_equal(buf[size], '#');
    free(buf);
  }
  assert_int_equal(keel_pages_report(&p.z, "", text, sizeof text), len - 4);
  drop(&p);
}

static void report_takes_64_characters_of_the_name(void **state)
{
  (void)state;
  struct pool p = full_pool(BASE, G);
  char name[101], text[512], want[512];
  memset(name, 'n', 100);
  for (size_t len = 62; len <= 100; len++) {
    name[len] = 0;
    size_t got = keel_pages_report(&p.z, name, text, sizeof text), shown = len < 64 ? len : 64;
    assert_true(strspn(text, "n") == shown && text[shown] == ' ');
    assert_int_equal(got, shown + keel_pages_report(&p.z, "", want, sizeof want));
    assert_string_equal(text + shown, want);
    name[len] = 'n';
  }
  memcpy(name, "no end", 6); /* beyond the 64th nothing is read */
  char *exact = copy_of(name, 64);
  assert_int_equal(keel_pages_report(&p.z, exact, text, sizeof text), strlen(text));
  assert_memory_equal(text, name, 64);
  free(exact);
  drop_sound(&p);
}

/* The longest there is: every number as long as it gets. */
static void report_is_below_1024_characters(void **state)
{
  (void)state;
  struct pool p = full_pool(LAST_BASE, 3000);
  p.z.allocs = p.z.frees = p.z.fails = p.z.largest_fail = INT64_MAX;
  char name[65], text[1024], again[1024];
  memset(name, 'n', 64);
  name[64] = 0;
  size_t len = keel_pages_report(&p.z, name, text, sizeof text);
  assert_true(len + 11 * 3 < 1024); /* a count of blocks takes six places here, and nine at most */
  assert_int_equal(len, strlen(text));
  for (size_t size = 0; size <= len + 1; size++) { /* cut at every place, the name's included */
    memset(again, '#', sizeof again);
    assert_int_equal(keel_pages_report(&p.z, name, again, size), len);
    size_t shown = size == 0 ? 0 : size - 1 < len ? size - 1 : len;
    assert_memory_equal(again, text, shown);
    assert_int_equal(again[shown], size == 0 ? '#' : 0);
    for (size_t i = size; i < sizeof again; i++) assert_int_equal(again[i], '#');
  }
  drop(&p);
}

/* ---- check ---- */

/* The bit of l0 that stands for a free block of this order at this page. */
static uint32_t node(const struct pool *p, uint32_t page, uint32_t order)
{
  uint32_t n = 1024 * p->z.u;
  return 2 * (n - (n >> order)) + (page >> order);
}

/* The tag of a live block's first page, as the allocator itself writes it (of a reserved
   page it is 0, of any other page 255). */
static uint8_t tag_of(uint32_t kind, uint32_t order, int shared)
{
  struct pool p = full_pool(BASE, G);
  assert_int_equal(keel_pages_alloc(&p.z, order, kind), BASE);
  if (shared) OK(keel_pages_get(&p.z, BASE));
  uint8_t tag = p.tags[0];
  drop(&p);
  return tag;
}

/* A pool with blocks of all sorts. */
enum { FREE_AT = 64, RESERVED_AT = 40, LIVE_AT = 0, SHARED_AT = 16, SINGLE_AT = 32 };
static struct pool sorted_pool(void)
{
  struct pool p = reserved_pool(BASE, 3 * G - 100);
  OK(keel_pages_add(&p.z, BASE, 32));
  assert_int_equal(keel_pages_alloc(&p.z, 4, 3), BASE + LIVE_AT);
  assert_int_equal(keel_pages_alloc(&p.z, 4, 3), BASE + SHARED_AT);
  OK(keel_pages_get(&p.z, BASE + SHARED_AT));
  OK(keel_pages_add(&p.z, BASE + 32, 8));
  assert_int_equal(keel_pages_alloc_exact(&p.z, 8, 2), BASE + SINGLE_AT);
  OK(keel_pages_add(&p.z, BASE + 41, 1000));
  assert_int_equal(keel_pages_check(&p.z), 1);
  assert_live(&p, BASE + LIVE_AT, 4, 3, 1);
  assert_live(&p, BASE + SHARED_AT, 4, 3, 2);
  assert_live(&p, BASE + SINGLE_AT, 0, 2, 1);
  assert_free(&p, BASE + FREE_AT, 6);
  assert_int_equal(block(&p, BASE + RESERVED_AT).state, KEEL_PAGE_RESERVED);
  return p;
}

/* check() is false while the statement's change is there. */
#define SEEN(change)                                 \
  do {                                               \
    struct pool p = sorted_pool();                   \
    change;                                          \
    assert_int_equal(keel_pages_check(&p.z), 0);     \
    drop(&p);                                        \
  } while (0)

static void check_sees_wrong_counters(void **state)
{
  (void)state;
  SEEN(p.z.nr_free++);
  SEEN(p.z.nr_free--);
  SEEN(p.z.nr_free = 0);
  SEEN(p.z.nr_free = -p.z.nr_free);
  SEEN(p.z.allocs = -1);
  SEEN(p.z.frees = -1);
  SEEN(p.z.fails = INT64_MIN);
  SEEN(p.z.largest_fail = -1);
}

static void check_sees_wrong_ranges(void **state)
{
  (void)state;
  SEEN(p.z.n = 0);
  SEEN(p.z.n = 3 * G + 1);
  SEEN(p.z.n = UINT32_MAX);
  SEEN(p.z.n = 100); /* blocks beyond the end */
  SEEN(p.z.base = -1024);
  SEEN(p.z.base = INT64_MIN);
  SEEN(p.z.base++);
  SEEN(p.z.base = LAST_BASE + 1024);
  SEEN(p.z.base = INT64_MAX - 1023);
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER + 1; k++) SEEN(p.z.first[k]++);
}

static void check_sees_wrong_tags(void **state)
{
  (void)state;
  SEEN(p.tags[RESERVED_AT] = 255);               /* nobody's */
  SEEN(p.tags[RESERVED_AT] = tag_of(0, 1, 0));                 /* a block over its end */
  SEEN(p.tags[FREE_AT] = 0);                     /* free and reserved */
  SEEN(p.tags[FREE_AT + 5] = 0);
  SEEN(p.tags[FREE_AT] = tag_of(0, 6, 0));                     /* free and live */
  SEEN(p.tags[FREE_AT + 1] = tag_of(0, 0, 0));
  SEEN(p.tags[LIVE_AT] = 255);                   /* a block without a head */
  SEEN(p.tags[LIVE_AT] = 0);
  SEEN(p.tags[LIVE_AT + 1] = 0);                 /* a hole in a block */
  SEEN(p.tags[LIVE_AT + 8] = tag_of(3, 0, 0));        /* a block in a block */
  SEEN(p.tags[LIVE_AT] = tag_of(3, 3, 0));            /* too small */
  SEEN(p.tags[LIVE_AT] = tag_of(3, 5, 0));            /* too large */
  SEEN(p.tags[SINGLE_AT + 1] = tag_of(2, 1, 0));      /* not aligned */
  SEEN(p.tags[LIVE_AT] = (uint8_t)(tag_of(3, 10, 0) + 1));           /* no order */
  SEEN(p.tags[LIVE_AT] = (uint8_t)(tag_of(3, 0, 0) - 1));
  SEEN(p.tags[LIVE_AT] = tag_of(3, 4, 1));                  /* shared without references */
  SEEN(p.tags[SHARED_AT] = tag_of(3, 4, 0));
  SEEN(p.tags[3 * G - 100] = tag_of(0, 0, 0));                 /* beyond the last page */
  SEEN(p.tags[3 * G - 1] = 255);
}

static void check_sees_wrong_references(void **state)
{
  (void)state;
  SEEN(p.refs[LIVE_AT] = 1);
  SEEN(p.refs[LIVE_AT + 1] = 1);
  SEEN(p.refs[SHARED_AT] = 0);
  SEEN(p.refs[SHARED_AT] = -1);
  SEEN(p.refs[SHARED_AT] = INT32_MIN);
  SEEN(p.refs[SHARED_AT] = KEEL_REFS_MAX);
  SEEN(p.refs[FREE_AT] = 1);
  SEEN(p.refs[FREE_AT + 9] = -1);
  SEEN(p.refs[RESERVED_AT] = 1);
  SEEN(p.refs[3 * G - 1] = 1);
}

static void flip(uint64_t *words, uint32_t i) { words[i / 64] ^= (uint64_t)1 << i % 64; }

/* The summaries of l0 as it is, so that nothing but l0 is wrong. */
static void sum_up(struct keel_pages *z)
{
  uint64_t *level[] = {z->l0, z->l1, z->l2, z->l3};
  uint32_t words[] = {32 * z->u, z->u / 2 + 1, z->u / 128 + 1, z->u / 8192 + 1};
  for (int l = 1; l < 4; l++) {
    memset(level[l], 0, words[l] * sizeof **level);
    for (uint32_t i = 0; i < words[l - 1]; i++)
      if (level[l - 1][i]) flip(level[l], i);
  }
}

static void check_sees_every_wrong_bit(void **state)
{
  (void)state;
  struct pool p = sorted_pool();
  uint32_t bits = 2048 * p.z.u;
  for (uint32_t i = 0; i < bits; i++) {
    flip(p.z.l0, i);
    assert_int_equal(keel_pages_check(&p.z), 0);
    sum_up(&p.z);
    assert_int_equal(keel_pages_check(&p.z), 0);
    flip(p.z.l0, i);
    sum_up(&p.z);
  }
  assert_int_equal(keel_pages_check(&p.z), 1);
  uint32_t summaries = KEEL_PAGES_WORDS(p.z.n) - bits / 64; /* with their spare bits */
  for (uint32_t i = 0; i < summaries * 64; i++) {
    flip(p.z.l1, i);
    assert_int_equal(keel_pages_check(&p.z), 0);
    flip(p.z.l1, i);
  }
  drop_sound(&p);
}

static void check_sees_buddies_that_should_be_one(void **state)
{
  (void)state;
  struct pool p = sorted_pool();
  for (uint32_t k = 6; k > 0; k--) { /* the block at FREE_AT, cut in two */
    flip(p.z.l0, node(&p, FREE_AT, k));
    flip(p.z.l0, node(&p, FREE_AT, k - 1)), flip(p.z.l0, node(&p, FREE_AT, k - 1) + 1);
    sum_up(&p.z);
    assert_int_equal(keel_pages_check(&p.z), 0);
  }
  drop(&p);
}

static void check_accepts_what_is_right(void **state)
{
  (void)state;
  struct pool p = sorted_pool();
  p.tags[LIVE_AT] = tag_of(5, 4, 0); /* another kind of block */
  assert_int_equal(keel_pages_check(&p.z), 1);
  p.refs[SHARED_AT] = KEEL_REFS_MAX - 1;
  assert_int_equal(keel_pages_check(&p.z), 1);
  struct pool copy = snapshot(&p);
  assert_int_equal(keel_pages_check(&p.z), 1);
  assert_true(same(&p, &copy)); /* looking changes nothing */
  drop(&copy);
  drop_sound(&p);
}

/* ---- instances ---- */

static void instances_are_independent(void **state)
{
  (void)state;
  struct pool a = full_pool(BASE, G), b = full_pool(BASE, 3000), c = full_pool(0, 1);
  struct pool b_was = snapshot(&b), c_was = snapshot(&c), a_was = snapshot(&a);
  keel_pfn_t pfn = keel_pages_alloc(&a.z, 5, 1);
  OK(keel_pages_reserve(&a.z, BASE + 900, 10));
  assert_true(same(&b, &b_was) && same(&c, &c_was));
  assert_int_equal(keel_pages_free(&b.z, pfn, 1), KEEL_ALREADY_FREE);
  assert_int_equal(keel_pages_free(&c.z, pfn, 1), KEEL_OUT_OF_RANGE);
  OK(keel_pages_free(&a.z, pfn, 1));
  OK(keel_pages_add(&a.z, BASE + 900, 10));
  assert_true(same_arrays(&a, &a_was));
  assert_int_equal(keel_pages_alloc(&c.z, 0, 0), 0);
  NO_PAGES(&c, keel_pages_alloc(&c.z, 0, 0), 1);
  assert_true(same(&b, &b_was));
  drop(&a_was), drop(&b_was), drop(&c_was);
  drop_sound(&a), drop_sound(&b), drop_sound(&c);
}

/* What an instance does is the same whether or not another one does something between its calls. */
static void instances_do_not_know_of_each_other(void **state)
{
  (void)state;
  enum { STEPS = 400 };
  struct pool alone = full_pool(BASE, 2500), one = full_pool(BASE, 2500), two = full_pool(BASE, 1800);
  uint32_t seed = 11, other = 12;
  for (int step = 0; step < STEPS; step++) {
    seed = seed * 1664525u + 1013904223u;
    other = other * 1664525u + 1013904223u;
    struct pool *const pools[] = {&alone, &two, &one};
    keel_pfn_t got[3];
    for (int i = 0; i < 3; i++) {
      uint32_t r = i == 1 ? other : seed, kind = r >> 8 & 3;
      struct keel_pages *z = &pools[i]->z;
      keel_pfn_t pfn = BASE + (r >> 12) % 2500;
      switch (r >> 28) {
      case 0: got[i] = keel_pages_free(z, pfn, kind); break;
      case 1: got[i] = keel_pages_get(z, pfn); break;
      case 2: got[i] = keel_pages_put(z, pfn, kind); break;
      case 3: got[i] = keel_pages_split(z, pfn, kind); break;
      case 4: got[i] = keel_pages_reserve(z, pfn, 1 + (r >> 4) % 8); break;
      case 5: got[i] = keel_pages_add(z, pfn, 1 + (r >> 4) % 8); break;
      case 6: got[i] = keel_pages_free_range(z, pfn, 1 + (r >> 4) % 8, kind); break;
      case 7: got[i] = keel_pages_alloc_range(z, pfn, 1 + (r >> 4) % 8, kind); break;
      case 8: got[i] = keel_pages_alloc_exact(z, 1 + (r >> 4) % 64, kind); break;
      default: got[i] = keel_pages_alloc(z, (r >> 4) % 6, kind);
      }
    }
    assert_int_equal(got[0], got[2]);
    assert_true(same_arrays(&alone, &one));
  }
  drop_sound(&alone), drop_sound(&one), drop_sound(&two);
}

/* Large enough that the uppermost summary has two words. */
static void a_large_instance_finds_its_blocks(void **state)
{
  (void)state;
  const uint32_t units = 8200, n = units * G - 1;
  struct pool p = reserved_pool(LAST_BASE, n);
  const keel_pfn_t lone[] = {0, 63 * 1024 + 1, 64 * 1024, 4096 * 1024 + 7, 8191 * 1024 + 3, (keel_pfn_t)n - 1};
  const size_t count = sizeof lone / sizeof *lone;
  NO_PAGES(&p, keel_pages_alloc(&p.z, 0, 0), 1);
  for (size_t i = 0; i < count; i++) OK(keel_pages_add(&p.z, LAST_BASE + lone[i], 1));
  assert_int_equal(stats(&p).free_blocks[0], count);
  for (size_t i = 0; i < count; i++) assert_int_equal(keel_pages_alloc(&p.z, 0, 0), LAST_BASE + lone[i]);
  NO_PAGES(&p, keel_pages_alloc(&p.z, 0, 0), 1);
  OK(keel_pages_add(&p.z, LAST_BASE + 20 * G, G)); /* one in each word of the uppermost summary */
  OK(keel_pages_add(&p.z, LAST_BASE + 10 * G, G));
  assert_int_equal(keel_pages_alloc(&p.z, 10, 0), LAST_BASE + 10 * G);
  assert_int_equal(keel_pages_alloc(&p.z, 10, 0), LAST_BASE + 20 * G);
  NO_PAGES(&p, keel_pages_alloc(&p.z, 10, 0), 1024);
  OK(keel_pages_free(&p.z, LAST_BASE + 20 * G, 0)); /* few and high: the scan of the uppermost words */
  assert_int_equal(keel_pages_alloc(&p.z, 0, 0), LAST_BASE + 20 * G);
  REFUSED(&p, keel_pages_free(&p.z, LAST_BASE + n, 0), KEEL_OUT_OF_RANGE);
  drop_sound(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(init_makes_all_pages_reserved),
      cmocka_unit_test(init_refuses_bad_arguments),
      cmocka_unit_test(init_makes_new_what_was_used),
      cmocka_unit_test(arrays_are_as_small_as_documented),
      cmocka_unit_test(add_cuts_a_range_into_the_largest_blocks),
      cmocka_unit_test(adjacent_ranges_merge_in_any_order),
      cmocka_unit_test(add_refuses),
      cmocka_unit_test(reserve_takes_free_and_reserved_pages),
      cmocka_unit_test(reserve_refuses),
      cmocka_unit_test(alloc_serves_every_order),
      cmocka_unit_test(alloc_is_best_fit_then_lowest),
      cmocka_unit_test(alloc_takes_what_a_walk_finds),
      cmocka_unit_test(alloc_refuses),
      cmocka_unit_test(failures_are_counted_with_the_largest),
      cmocka_unit_test(alloc_exact_gives_the_tail_back),
      cmocka_unit_test(alloc_exact_is_best_fit),
      cmocka_unit_test(alloc_range_takes_the_place),
      cmocka_unit_test(alloc_range_refuses),
      cmocka_unit_test(free_refuses),
      cmocka_unit_test(free_merges_whatever_the_order),
      cmocka_unit_test(free_range_frees_whole_blocks),
      cmocka_unit_test(free_range_refuses),
      cmocka_unit_test(free_range_names_the_first_wrong_page),
      cmocka_unit_test(free_range_looks_at_a_block_as_free_does),
      cmocka_unit_test(split_makes_single_pages),
      cmocka_unit_test(split_refuses_shared_blocks),
      cmocka_unit_test(references_keep_a_block),
      cmocka_unit_test(get_refuses),
      cmocka_unit_test(put_refuses),
      cmocka_unit_test(references_saturate),
      cmocka_unit_test(block_describes_every_page_of_a_block),
      cmocka_unit_test(stats_are_what_a_walk_counts),
      cmocka_unit_test(counters_stop_at_their_maximum),
      cmocka_unit_test(each_counter_stops_alone),
      cmocka_unit_test(looking_changes_nothing),
      cmocka_unit_test(indices_are_those_of_linux),
      cmocka_unit_test(indices_of_unknown_orders_are_zero),
      cmocka_unit_test(report_has_the_columns_of_buddyinfo),
      cmocka_unit_test(report_stays_in_its_buffer),
      cmocka_unit_test(report_takes_64_characters_of_the_name),
      cmocka_unit_test(report_is_below_1024_characters),
      cmocka_unit_test(check_sees_wrong_counters),
      cmocka_unit_test(check_sees_wrong_ranges),
      cmocka_unit_test(check_sees_wrong_tags),
      cmocka_unit_test(check_sees_wrong_references),
      cmocka_unit_test(check_sees_every_wrong_bit),
      cmocka_unit_test(check_sees_buddies_that_should_be_one),
      cmocka_unit_test(check_accepts_what_is_right),
      cmocka_unit_test(instances_are_independent),
      cmocka_unit_test(instances_do_not_know_of_each_other),
      cmocka_unit_test(a_large_instance_finds_its_blocks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
