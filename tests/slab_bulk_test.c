// SPDX-License-Identifier: MIT OR Apache-2.0
/* Several objects of slab caches at a time, as core/slab_bulk.h promises it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "next/keel.h"
#include "no_memory.h"

#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define FIRST 0x7ffff000u /* address of the first page */
#define PAGES 400u
#define END (FIRST + PAGES * PAGE)
#define CACHES 4u /* the last is not in use */
#define MOST 2000u
#define OK(call) assert_int_equal((call), KEEL_OK)

static const uint32_t sizes[CACHES - 1] = {8, 104, 1368};

static struct keel_pages z;
static struct keel_slabs s;
static uint64_t words[KEEL_PAGES_WORDS(PAGES)];
static uint8_t tags[KEEL_PAGES_TAGS(PAGES)];
static int32_t refs[KEEL_PAGES_REFS(PAGES)];
static uint32_t map[PAGES];
static struct keel_slab slab[1 + PAGES + CACHES];
static struct keel_cache cache[CACHES];

static int start(void **state)
{
  (void)state;
  OK(keel_pages_init(&z, words, tags, refs, 0, PAGES));
  OK(keel_pages_add(&z, 0, PAGES));
  OK(keel_slabs_init(&s, &z, FIRST, map, slab, PAGES, cache, CACHES));
  for (uint32_t c = 0; c < CACHES - 1; c++) OK(keel_cache_create(&s, c, sizes[c], 0));
  return 0;
}

static int64_t in_use(uint32_t c)
{
  struct keel_slab_stats t;
  OK(keel_cache_stats(&s, c, &t));
  return t.active;
}

static int ascending(const void *x, const void *y)
{
  uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
  return (a > b) - (a < b);
}

static void all_are_allocated(void **state)
{
  (void)state;
  uint64_t a[1000];
  assert_int_equal(keel_cache_alloc_bulk(&s, 0, 0, NULL), 0);
  for (uint32_t c = 0; c < CACHES - 1; c++) {
    uint32_t n = 1000 / (c + 1);
    assert_int_equal(keel_cache_alloc_bulk(&s, c, n, a), n);
    for (uint32_t i = 0; i < n; i++) assert_int_equal(keel_slab_cache(&s, a[i]), c);
    qsort(a, n, sizeof *a, ascending);
    for (uint32_t i = 1; i < n; i++) assert_true(a[i - 1] + sizes[c] <= a[i]);
    assert_int_equal(in_use(c), n);
  }
}

static void not_enough_is_none(void **state)
{
  (void)state;
  uint64_t a[MOST];
  struct keel_page_stats was, now;
  assert_true(keel_cache_alloc(&s, 2) != 0);
  keel_pages_stats(&z, &was);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(keel_cache_alloc_bulk(&s, 2, MOST, a), 0); /* 1,200 would fit */
    assert_int_equal(in_use(2), 1);
  }
  assert_int_equal(keel_cache_alloc_bulk(&s, CACHES - 1, 1, a), 0); /* not in use */
  assert_int_equal(keel_cache_alloc_bulk(&s, KEEL_NO_CACHE, 3, a), 0);
  keel_cache_shrink(&s, 2);
  keel_pages_stats(&z, &now);
  assert_int_equal(now.nr_free, was.nr_free);
  assert_int_equal(keel_slabs_check(&s), 1);
}

static void all_are_freed(void **state)
{
  (void)state;
  uint64_t a[MOST];
  for (uint32_t i = 0; i < MOST; i++) a[i] = keel_cache_alloc(&s, i % 10 == 0 ? 2 : i % 2);
  assert_int_equal(keel_slab_free_bulk(&s, 0, NULL), 0);
  assert_int_equal(keel_slab_free_bulk(&s, MOST, a), MOST); /* of all caches */
  for (uint32_t c = 0; c < CACHES - 1; c++) assert_int_equal(in_use(c), 0);
}

static void the_first_refused_ends_it(void **state)
{
  (void)state;
  uint64_t a[6];
  assert_int_equal(keel_cache_alloc_bulk(&s, 1, 6, a), 6);
  const uint64_t bad[] = {a[0], a[3] + 8, 0, END};
  for (size_t i = 0; i < 4; i++) {
    uint64_t b[] = {a[0], a[1], bad[i], a[2]};
    assert_int_equal(keel_slab_free_bulk(&s, 4, b), 2);
    assert_int_equal(keel_slab_cache(&s, a[0]), KEEL_NO_CACHE);
    assert_int_equal(keel_slab_cache(&s, a[1]), KEEL_NO_CACHE);
    assert_int_equal(keel_slab_cache(&s, a[2]), 1);
    assert_int_equal(keel_cache_alloc_bulk(&s, 1, 2, a), 2);
  }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
  const struct CMUnitTest tests[] = {
      TEST(all_are_allocated),
      TEST(not_enough_is_none),
      TEST(all_are_freed),
      TEST(the_first_refused_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
