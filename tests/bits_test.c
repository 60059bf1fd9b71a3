// SPDX-License-Identifier: MIT OR Apache-2.0
/* The count of trailing zeros, the compiler's, which is assumed, and in portable
   builds the one that is proven, against a loop and each other; and the set of free blocks against an array of flags.
   Includes keel.c itself, for its inner functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keel.c"
#include "no_memory.h"

static uint64_t seed = 1;
static uint64_t random64(void)
{ /* splitmix64 */
  uint64_t x = seed += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

/* Bit by bit. */
static void assert_word(uint64_t w)
{
  uint32_t low = 0, high = 63;
  while (!(w >> low & 1)) low++;
  while (!(w >> high & 1)) high--;
  assert_int_equal(w_ffs(w), low);
  assert_int_equal(w_ffs(w), __builtin_ctzll(w));
#if !KEEL_BUILTINS
  assert_int_equal(w_fls(w), high);
#endif
}

static void single_bits(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < 64; i++) {
    assert_int_equal(w_ffs((uint64_t)1 << i), i);
    assert_word((uint64_t)1 << i);
    assert_word(UINT64_MAX >> i);
    assert_word(UINT64_MAX << i);
  }
}

static void pairs_of_bits(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < 64; i++)
    for (uint32_t j = 0; j <= i; j++) {
      assert_int_equal(w_ffs((uint64_t)1 << i | (uint64_t)1 << j), j);
      assert_word((uint64_t)1 << i | (uint64_t)1 << j);
      assert_word(((uint64_t)1 << i) - 1 + ((uint64_t)1 << j)); /* not zero: 1 << j */
    }
}

static void random_words(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < 1000000; i++) {
    uint64_t w = random64();
    assert_word(w >> i % 64 | 1);
    assert_word(w << i % 64 | (uint64_t)1 << 63);
    assert_word((w & random64() & random64()) | (uint64_t)1 << i % 64);
  }
}

static void parts_of_words(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < 640; i++) {
    uint64_t w = random64() & random64() & random64() & random64();
    uint32_t from = i % 64, want = from;
    while (want < 64 && !(w >> want & 1)) want++;
    assert_int_equal(s_has(&w, from), want < 64);
    if (want < 64) assert_int_equal(s_next(&w, from), want);
    assert_int_equal(s_high(&w, from), want < 64 ? want : KEEL_NONE);
#if !KEEL_BUILTINS
    if (from != 0)
      for (uint32_t j = 0; j < 64; j++) assert_int_equal(w_low(w, from) >> j & 1, j < from ? w >> j & 1 : 0);
#endif
  }
}

/* A set in an instance of u granules, with flags beside it. */
static void against_flags(uint32_t u, uint32_t steps)
{
  uint32_t n = 2048 * u;
  uint8_t *in = calloc(n, 1);
  struct keel_pages z;
  uint64_t *words = malloc(KEEL_PAGES_WORDS(u * 1024) * sizeof *words);
  uint8_t *tags = malloc(KEEL_PAGES_TAGS(u * 1024));
  int32_t *refs = malloc(KEEL_PAGES_REFS(u * 1024) * sizeof *refs);
  assert_true(in && words && tags && refs);
  assert_int_equal(keel_pages_init(&z, words, tags, refs, 0, u * 1024), KEEL_OK);
  assert_int_equal(fb_succ(&z, 0), KEEL_NONE);
  assert_int_equal(fb_succ(&z, n), KEEL_NONE);
  uint32_t held = 0;
  for (uint32_t step = 0; step < steps; step++) {
    uint32_t i = (uint32_t)(random64() % n), from = (uint32_t)(random64() % (n + 1)), want;
    if (step % 3 == 0 && held > 8) { /* few elements, far from each other: the upper levels work */
      for (i = n - 1; !in[i]; i--) {}
    }
    if (in[i] || (held > 8 && step % 3 == 0)) {
      fb_clr_at(&z, i, i / 64, i / 4096);
      held -= in[i];
      in[i] = 0;
    } else {
      fb_set(&z, i);
      held += !in[i];
      in[i] = 1;
    }
    assert_int_equal(fb_tst(&z, i), in[i]);
    if (step % 5 == 0) from = i;
    if (step % 5 == 1) from = i + 1;
    if (step % 5 == 2) from -= from % 4096; /* where the quick way is tried */
    for (want = from; want < n && !in[want]; want++) {}
    assert_int_equal(fb_succ(&z, from), want == n ? KEEL_NONE : want);
    if (from < n && fb_near(&z, from)) {
      assert_int_equal(from % 4096, 0);
      assert_int_equal(fb_near0(&z, fb_near1(&z, from)), want / 64);
    } else if (from % 4096 == 0) {
      assert_true(want == n || want / 262144 > from / 262144);
    }
  }
  for (uint32_t i = 0; i < n; i++) assert_int_equal(fb_tst(&z, i), in[i]);
  for (uint32_t i = 0; i < n; i++)
    if (in[i]) fb_clr_at(&z, i, i / 64, i / 4096);
  for (uint32_t i = 0; i < KEEL_PAGES_WORDS(u * 1024); i++) assert_true(words[i] == 0);
  free(in), free(words), free(tags), free(refs);
}

static void set_of_one_granule(void **state)
{
  (void)state;
  against_flags(1, 20000);
}

static void set_of_three_granules(void **state)
{
  (void)state;
  against_flags(3, 20000);
}

static void set_with_all_summaries_in_use(void **state)
{
  (void)state;
  against_flags(129, 5000);
  against_flags(8193, 60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(single_bits),           cmocka_unit_test(pairs_of_bits),         cmocka_unit_test(random_words),
      cmocka_unit_test(parts_of_words),
      cmocka_unit_test(set_of_one_granule),    cmocka_unit_test(set_of_three_granules), cmocka_unit_test(set_with_all_summaries_in_use),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
