// SPDX-License-Identifier: MIT OR Apache-2.0
/* Several objects of slab caches at a time: one after another, until one cannot be had, or is refused. */
#include "core/slab_bulk.h"

#include "specs/slab.h"

/* The n addresses in a are in memory that is none of the instance's, nor of its pages'. */
#define ELSEWHERE(a, n)                                                                                          \
  (\valid_read(a + (0 .. n - 1)) && \separated(a + (0 .. n - 1), s) && \separated(a + (0 .. n - 1), z) &&        \
   \separated(a + (0 .. n - 1), s->slab + (0 .. s->slabs + s->caches)) &&                                        \
   \separated(a + (0 .. n - 1), s->cache + (0 .. s->caches - 1)) && NO_WORD(a + (0 .. n - 1)))

/*@ requires BOTH(s, z, st, ord) && ELSEWHERE(a, n);
    assigns EVERYTHING;
    KEEPS_BOTH
    ensures \result <= n; */
uint32_t keel_slab_free_bulk(struct keel_slabs *s, uint32_t n, const uint64_t *a) /*@ ghost (PAIR) */
{
  uint32_t i = 0;
  /*@ loop invariant 0 <= i <= n && BOTH(s, z, st, ord) && ELSEWHERE(a, n);
      loop assigns i, EVERYTHING;
      loop variant n - i; */
  while (i < n && keel_slab_free(s, a[i]) /*@ ghost (z, st, ord) */ == KEEL_OK) i++;
  return i;
}

/*@ requires BOTH(s, z, st, ord) && ELSEWHERE(a, n) && \valid(a + (0 .. n - 1));
    assigns EVERYTHING, a[0 .. n - 1];
    KEEPS_BOTH
    ensures \result == n || \result == 0; */
uint32_t keel_cache_alloc_bulk(struct keel_slabs *s, uint32_t c, uint32_t n, uint64_t *a) /*@ ghost (PAIR) */
{
  /*@ loop invariant 0 <= i <= n && BOTH(s, z, st, ord) && ELSEWHERE(a, n);
      loop assigns i, EVERYTHING, a[0 .. n - 1];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) {
    a[i] = keel_cache_alloc(s, c) /*@ ghost (z, st, ord) */;
    if (a[i] == 0) {
      keel_slab_free_bulk(s, i, a) /*@ ghost (z, st, ord) */;
      return 0;
    }
  }
  return n;
}
