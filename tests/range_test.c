// SPDX-License-Identifier: MIT OR Apache-2.0
/* Behaviour of ranges, call by call, as core/range.h promises it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keel.h"
#include "no_memory.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OK(call) assert_int_equal((call), KEEL_OK)

static uint64_t seed;
static uint32_t below(uint32_t n)
{ /* splitmix64 */
  uint64_t x = seed += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)((x ^ x >> 31) % n);
}

/* An instance, in arrays as large as the documentation says, and of each page the first one of its area, plus one. */
struct arena {
  struct keel_range r;
  uint32_t *tree, *gap, *shadow, n;
  uint64_t *ends;
  int32_t *mark;
};

static void *room(size_t n, size_t size)
{
  void *p = malloc(n * size);
  assert_non_null(p);
  memset(p, 0x5a, n * size);
  return p;
}

static void begin(struct arena *x, uint32_t n)
{
  x->n = n;
  x->tree = room(KEEL_RANGE_TREE(n), sizeof *x->tree);
  x->gap = room(KEEL_RANGE_GAPS(n), sizeof *x->gap);
  x->ends = room(KEEL_RANGE_ENDS(n), sizeof *x->ends);
  x->mark = room(n, sizeof *x->mark);
  x->shadow = calloc(n, sizeof *x->shadow);
  assert_non_null(x->shadow);
  OK(keel_range_init(&x->r, x->tree, x->gap, x->ends, x->mark, n));
}

static void end(struct arena *x)
{
  free(x->tree);
  free(x->gap);
  free(x->ends);
  free(x->mark);
  free(x->shadow);
}

static uint32_t length(const struct arena *x, uint32_t p)
{
  uint32_t q = p;
  if (x->shadow[p] != p + 1) return 0;
  while (q < x->n && x->shadow[q] == p + 1) q++;
  return q - p;
}

/* The lowest place for k pages; n if there is none. */
static uint32_t place(const struct arena *x, uint32_t k)
{
  for (uint32_t p = 0, run = 0; p < x->n; p++) {
    run = x->shadow[p] ? 0 : run + 1;
    if (run == k) return p + 1 - k;
  }
  return x->n;
}

static void take(struct arena *x, uint32_t k)
{
  uint32_t want = k == 0 || k > x->n ? x->n : place(x, k), got = 0xdeadbeef;
  enum keel_status e = keel_range_alloc(&x->r, k, &got);
  if (want == x->n) {
    assert_int_equal(e, k == 0 ? KEEL_BAD_ARGUMENT : KEEL_NO_RANGE);
    assert_int_equal(got, 0xdeadbeef);
  } else {
    assert_int_equal(e, KEEL_OK);
    assert_int_equal(got, want);
    for (uint32_t q = want; q < want + k; q++) x->shadow[q] = want + 1;
  }
}

static void give(struct arena *x, uint32_t p)
{
  uint32_t k = p < x->n ? length(x, p) : 0;
  assert_int_equal(keel_range_free(&x->r, p), p >= x->n ? KEEL_OUT_OF_RANGE : k == 0 ? KEEL_NOT_HEAD : KEEL_OK);
  for (uint32_t q = p; q < p + k; q++) x->shadow[q] = 0;
}

static void sizes(const struct arena *x)
{
  assert_int_equal(keel_range_check(&x->r), 1);
  for (uint32_t p = 0; p < x->n; p++) assert_int_equal(keel_range_size(&x->r, p), length(x, p));
  assert_int_equal(keel_range_size(&x->r, x->n), 0);
  assert_int_equal(keel_range_size(&x->r, UINT32_MAX), 0);
}

/* ---- tests ---- */

static void init_refuses(void **state)
{
  (void)state;
  struct keel_range r;
  uint32_t tree[1], gap[64];
  uint64_t ends[1];
  int32_t mark[16];
  assert_int_equal(keel_range_init(&r, tree, gap, ends, mark, 0), KEEL_BAD_ARGUMENT);
  assert_int_equal(keel_range_init(&r, tree, gap, ends, mark, KEEL_RANGE_MAX + 1u), KEEL_BAD_ARGUMENT);
  assert_int_equal(keel_range_init(&r, tree, gap, ends, mark, UINT32_MAX), KEEL_BAD_ARGUMENT);
}

static void lowest_place(void **state)
{
  (void)state;
  struct arena x;
  begin(&x, 100);
  for (uint32_t i = 0; i < 10; i++) take(&x, 10);
  take(&x, 1);
  give(&x, 50);
  give(&x, 20);
  take(&x, 11);
  take(&x, 4);
  assert_int_equal(x.shadow[20], 21);
  take(&x, 6);
  assert_int_equal(x.shadow[24], 25);
  take(&x, 7);
  assert_int_equal(x.shadow[50], 51);
  sizes(&x);
  end(&x);
}

static void gaps_merge(void **state)
{
  (void)state;
  struct arena x;
  begin(&x, 300);
  for (uint32_t i = 0; i < 3; i++) take(&x, 100);
  give(&x, 0);
  give(&x, 200);
  take(&x, 101);
  give(&x, 100);
  take(&x, 300);
  take(&x, 1);
  give(&x, 0);
  take(&x, 0);
  take(&x, 301);
  take(&x, UINT32_MAX);
  end(&x);
}

static void bad_frees(void **state)
{
  (void)state;
  struct arena x;
  begin(&x, 40);
  take(&x, 5);
  take(&x, 5);
  give(&x, 0);
  for (uint32_t p = 0; p <= 40; p++) {
    if (p != 5) give(&x, p);
  }
  give(&x, UINT32_MAX);
  give(&x, 0x80000000);
  give(&x, 5);
  give(&x, 5);
  sizes(&x);
  end(&x);
}

/* Every size of the tree, at both sides of a level's end. */
static void any_size(void **state)
{
  (void)state;
  const uint32_t n[] = {1, 2, 63, 64, 65, 1023, 1024, 1025, 16383, 16384, 16385, 262144, 262145};
  for (unsigned i = 0; i < COUNT(n); i++) {
    struct arena x;
    begin(&x, n[i]);
    take(&x, n[i]);
    take(&x, 1);
    give(&x, 0);
    for (uint32_t k = 1; k < n[i]; k *= 2) take(&x, k);
    for (uint32_t p = 0; p < n[i]; p++) {
      if (length(&x, p) && below(2)) give(&x, p);
    }
    take(&x, 3);
    end(&x);
  }
}

static void random_calls(void **state)
{
  (void)state;
  const uint32_t n[] = {1, 7, 64, 65, 256, 300, 1024, 5000};
  for (unsigned i = 0; i < COUNT(n); i++) {
    struct arena x;
    begin(&x, n[i]);
    for (uint32_t step = 0; step < 4000; step++) {
      if (below(2)) take(&x, 1 + below(below(4) ? 12 : n[i]));
      else give(&x, below(n[i]));
      if (step % 500 == 0) sizes(&x);
    }
    for (uint32_t p = 0; p < n[i]; p++) {
      if (length(&x, p)) give(&x, p);
    }
    take(&x, n[i]); /* it is one gap again */
    assert_int_equal(x.shadow[0], 1);
    end(&x);
  }
}

/* An error changes nothing, byte by byte. */
static void errors_change_nothing(void **state)
{
  (void)state;
  struct arena x;
  begin(&x, 500);
  for (uint32_t i = 0; i < 60; i++) take(&x, 1 + below(12));
  for (uint32_t p = 0; p < 500; p += 1 + below(3)) give(&x, p);
  struct keel_range was = x.r;
  uint32_t first, *tree = room(KEEL_RANGE_TREE(500), 4), *gap = room(KEEL_RANGE_GAPS(500), 4);
  uint64_t *ends = room(KEEL_RANGE_ENDS(500), 8);
  int32_t *mark = room(500, 4);
  memcpy(tree, x.tree, KEEL_RANGE_TREE(500) * 4);
  memcpy(gap, x.gap, KEEL_RANGE_GAPS(500) * 4);
  memcpy(ends, x.ends, KEEL_RANGE_ENDS(500) * 8);
  memcpy(mark, x.mark, 500 * 4);
  assert_int_equal(keel_range_alloc(&x.r, 0, &first), KEEL_BAD_ARGUMENT);
  assert_int_equal(keel_range_alloc(&x.r, 499, &first), KEEL_NO_RANGE);
  for (uint32_t p = 0; p < 600; p++) {
    if (p >= 500 || length(&x, p) == 0) assert_int_not_equal(keel_range_free(&x.r, p), KEEL_OK);
  }
  assert_memory_equal(&was, &x.r, sizeof was);
  assert_memory_equal(tree, x.tree, KEEL_RANGE_TREE(500) * 4);
  assert_memory_equal(gap, x.gap, KEEL_RANGE_GAPS(500) * 4);
  assert_memory_equal(ends, x.ends, KEEL_RANGE_ENDS(500) * 8);
  assert_memory_equal(mark, x.mark, 500 * 4);
  free(tree);
  free(gap);
  free(ends);
  free(mark);
  end(&x);
}

/* keel_range_check sees every element that is not what it was, but for bits of pages that end no gap. */
static void check_sees(void **state)
{
  (void)state;
  const uint32_t lengths[] = {1, 2, 63, 64, 65, 300, 1025};
  for (size_t l = 0; l < COUNT(lengths); l++) {
    struct arena x;
    begin(&x, lengths[l]);
    assert_int_equal(keel_range_check(&x.r), 1);
    for (uint32_t i = 0; i < x.n; i++) take(&x, below(9) + 1);
    for (uint32_t i = 0; i < x.n; i++) give(&x, below(x.n));
    assert_int_equal(keel_range_check(&x.r), 1);
    for (uint32_t p = 0; p < x.n; p++) {
      int32_t was = x.mark[p];
      const int32_t wrong[] = {was + 1, was - 1, -was, 0, 1, -1, (int32_t)x.n, INT32_MIN, INT32_MAX};
      for (size_t i = 0; i < COUNT(wrong); i++) {
        x.mark[p] = wrong[i];
        assert_int_equal(keel_range_check(&x.r), wrong[i] == was);
      }
      x.mark[p] = was;
    }
    uint32_t *const array[] = {x.gap, x.tree};
    const uint32_t elements[] = {KEEL_RANGE_GAPS(x.n), KEEL_RANGE_TREE(x.n)};
    for (int a = 0; a < 2; a++) {
      for (uint32_t p = 0; p < elements[a]; p++) {
        uint32_t was = array[a][p];
        const uint32_t wrong[] = {was + 1, was - 1, 0, x.n, UINT32_MAX};
        for (size_t i = 0; i < COUNT(wrong); i++) {
          array[a][p] = wrong[i];
          assert_int_equal(keel_range_check(&x.r), wrong[i] == was);
        }
        array[a][p] = was;
      }
    }
    for (uint32_t p = 0; p < KEEL_RANGE_GAPS(x.n); p++) {
      uint64_t was = x.ends[p / 64];
      x.ends[p / 64] = was ^ (uint64_t)1 << p % 64;
      assert_int_equal(keel_range_check(&x.r), x.gap[p] == 0);
      x.ends[p / 64] = was;
    }
    end(&x);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(init_refuses), cmocka_unit_test(lowest_place), cmocka_unit_test(gaps_merge),   cmocka_unit_test(bad_frees),
      cmocka_unit_test(any_size),     cmocka_unit_test(random_calls), cmocka_unit_test(errors_change_nothing),
      cmocka_unit_test(check_sees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
