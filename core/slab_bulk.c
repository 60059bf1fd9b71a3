// SPDX-License-Identifier: MIT OR Apache-2.0
/* Several objects of slab caches at a time: one after another, until one cannot be had, or is refused. */
#include "core/slab_bulk.h"

#include "specs/slab.h"

/* The n addresses in a are in memory that is none of the instance's, nor of its pages'. */
#define ELSEWHERE(a, n)                                                                                          \
  (\valid_read(a + (0 .. n - 1)) && \separated(a + (0 .. n - 1), s) && \separated(a + (0 .. n - 1), z) &&        \
   \separated(a + (0 .. n - 1), s->slab + (0 .. s->slabs + s->caches)) &&                                        \
   \separated(a + (0 .. n - 1), s->cache + (0 .. s->caches - 1)) && NO_WORD(a + (0 .. n - 1)))

/*@ // an object in use begins at address x
    predicate ObjectAt{L}(struct keel_slabs *s, integer x) = \exists integer g, j; InUse(s, g, j) && obj(s, g, j) == x; */

/* Frees the object in use at address x, if there is one. */
/*@ requires BOTH(s, z, st, ord) && ELSEWHERE(a, n);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS OTHERS_KEPT
    ensures \forall integer k; 0 <= k < n ==> a[k] == \old(a[k]);
    ensures \forall integer g, j; InUse(s, g, j) ==> \old(InUse(s, g, j));
    ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
    ensures \forall integer g, j; \old(InUse(s, g, j) && obj(s, g, j) != x) ==> InUse(s, g, j);
    ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) != x;
    ensures \result == KEEL_OK ==> \exists integer g, j; \old(InUse(s, g, j) && obj(s, g, j) == x);
    ensures \result != KEEL_OK ==> \forall integer g, j; \old(InUse(s, g, j)) ==> InUse(s, g, j); */
static inline enum keel_status free_at(struct keel_slabs *s, uint64_t x) /*@ ghost (PAIR, uint32_t n, const uint64_t *a) */
{
  //@ assert \forall integer k; 0 <= k < n ==> NO_WORD(a + k);
  //@ assert \forall integer k; 0 <= k < n ==> \separated(a + k, s->slab + (0 .. s->slabs + s->caches));
  //@ assert \forall integer k; 0 <= k < n ==> \separated(a + k, s->cache + (0 .. s->caches - 1));
  //@ ghost lem_places(s);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> (obj(s, g, j) == x <==> g == slab_at(s, x) && At(s, x, j));
  //@ assert \forall integer g, j; InUse(s, g, j) && obj(s, g, j) == x ==> At(s, x, j) && !FreeBit(s, slab_at(s, x), j);
  return keel_slab_free(s, x) /*@ ghost (z, st, ord) */;
}

/*@ requires BOTH(s, z, st, ord) && ELSEWHERE(a, n);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS OTHERS_KEPT
    ensures \result <= n;
    ensures \forall integer k; 0 <= k < n ==> a[k] == \old(a[k]);
    ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j)) && \forall integer k; 0 <= k < \result ==> \old(obj(s, g, j)) != a[k];
    ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
    ensures \forall integer k; 0 <= k < \result ==> \exists integer g, j; \old(InUse(s, g, j) && obj(s, g, j) == \at(a[k], Post));
    ensures \forall integer k, l; 0 <= k < l < \result ==> a[k] != a[l];
    ensures \result < n ==> \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) != a[\result]; */
uint32_t keel_slab_free_bulk(struct keel_slabs *s, uint32_t n, const uint64_t *a) /*@ ghost (PAIR) */
{
  /*@ loop invariant 0 <= i <= n && ELSEWHERE(a, n);
      loop invariant STEP_BOUNDS; loop invariant STEP_CACHES; loop invariant STEP_OTHERS;
      loop invariant Arrays(s); loop invariant Rings(s); loop invariant Caches(s); loop invariant Full(s);
      loop invariant Slabs(s); loop invariant Bits(s); loop invariant Map(s); loop invariant Mapped(s);
      loop invariant Hot(s); loop invariant Words(s); loop invariant Actives(s); loop invariant Live(s);
      loop invariant InvB(z, st, ord); loop invariant Apart(s, z); loop invariant Own(s, z, st, ord); loop invariant OwnPages(s, st);
      loop invariant \forall integer k; 0 <= k < n ==> a[k] == \at(a[k], Pre);
      loop invariant \forall integer g, j; InUse(s, g, j) ==> \at(InUse(s, g, j), Pre) && obj(s, g, j) == \at(obj(s, g, j), Pre) && s->slab[g].cache == \at(s->slab[g].cache, Pre);
      loop invariant \forall integer g, j, k; InUse(s, g, j) && 0 <= k < i ==> \at(obj(s, g, j), Pre) != a[k];
      loop invariant \forall integer g, j; \at(InUse(s, g, j), Pre) && (\forall integer k; 0 <= k < i ==> \at(obj(s, g, j), Pre) != a[k]) ==> InUse(s, g, j);
      loop invariant \forall integer k; 0 <= k < i ==> \exists integer g, j; \at(InUse(s, g, j), Pre) && \at(obj(s, g, j), Pre) == a[k];
      loop invariant \forall integer k, l; 0 <= k < l < i ==> a[k] != a[l];
      loop assigns i, EVERYTHING_THEN;
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) {
    //@ ghost L: ;
    uint64_t x = a[i];
    enum keel_status e = free_at(s, x) /*@ ghost (z, st, ord, n, a) */;
    //@ assert STEP_BOUNDS;
    //@ assert SINCE_CACHES(L);
    //@ assert STEP_CACHES;
    //@ assert \forall integer k; 0 <= k < n ==> a[k] == \at(a[k], Pre);
    //@ assert x == a[i];
    //@ assert \forall integer g, j; InUse(s, g, j) ==> \at(InUse(s, g, j), L) && obj(s, g, j) == \at(obj(s, g, j), L);
    //@ assert \forall integer g, j; InUse(s, g, j) ==> \at(InUse(s, g, j), Pre) && obj(s, g, j) == \at(obj(s, g, j), Pre) && \at(obj(s, g, j), Pre) != x;
    //@ assert \forall integer g, j; \at(InUse(s, g, j), Pre) && \at(InUse(s, g, j), L) && \at(obj(s, g, j), Pre) != x ==> InUse(s, g, j);
    //@ assert e == KEEL_OK ==> \exists integer g, j; \at(InUse(s, g, j), L) && \at(InUse(s, g, j), Pre) && \at(obj(s, g, j), Pre) == x;
    //@ assert e == KEEL_OK ==> \forall integer k; 0 <= k < i ==> a[k] != x;
    if (e != KEEL_OK) return i;
  }
  return n;
}

/* Frees objects in use, at n different addresses. */
/*@ requires BOTH(s, z, st, ord) && ELSEWHERE(a, n);
    requires \forall integer k; 0 <= k < n ==> ObjectAt(s, a[k]);
    requires \forall integer k, l; 0 <= k < l < n ==> a[k] != a[l];
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS OTHERS_KEPT
    ensures \forall integer k; 0 <= k < n ==> a[k] == \old(a[k]);
    ensures \forall integer g, j; InUse(s, g, j) ==> \old(InUse(s, g, j)) && obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
    ensures \forall integer g, j, k; InUse(s, g, j) && 0 <= k < n ==> \old(obj(s, g, j)) != a[k];
    ensures \forall integer g, j; \old(InUse(s, g, j)) && (\forall integer k; 0 <= k < n ==> \old(obj(s, g, j)) != a[k]) ==> InUse(s, g, j); */
static void undo(struct keel_slabs *s, uint32_t n, const uint64_t *a) /*@ ghost (PAIR) */
{
  uint32_t r = keel_slab_free_bulk(s, n, a) /*@ ghost (z, st, ord) */;
  (void)r;
  //@ assert r < n ==> a[r] == \at(a[\at(r, Here)], Pre);
  //@ assert r < n ==> \at(ObjectAt(s, \at(a[r], Here)), Pre);
  //@ assert r < n ==> \exists integer g, j; \at(InUse(s, g, j), Pre) && \at(obj(s, g, j), Pre) == a[r];
  //@ assert r < n ==> \exists integer g, j; InUse(s, g, j) && obj(s, g, j) == a[r];
  //@ assert r == n;
}

/* An object of cache c, 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && ELSEWHERE(a, n);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS OTHERS_KEPT
    ensures \forall integer k; 0 <= k < n ==> a[k] == \old(a[k]);
    ensures \old(c >= s->caches || s->cache[c].size == 0) ==> \result == 0;
    ensures \forall integer g, j; \old(InUse(s, g, j)) ==> InUse(s, g, j) && obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
    ensures \result == 0 ==> \forall integer g, j; InUse(s, g, j) ==> \old(InUse(s, g, j));
    ensures \result != 0 ==> \exists integer g, j; InUse(s, g, j) && !\old(InUse(s, g, j)) && s->slab[g].cache == c + 1 && obj(s, g, j) == \result;
    ensures \result != 0 ==> \forall integer g, j; InUse(s, g, j) && !\old(InUse(s, g, j)) ==> obj(s, g, j) == \result;
    ensures \result != 0 ==> \forall integer g, j; \old(InUse(s, g, j)) ==> obj(s, g, j) != \result; */
static inline uint64_t next_of(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR, uint32_t n, const uint64_t *a) */
{
  uint64_t x = keel_cache_alloc(s, c) /*@ ghost (z, st, ord) */;
  //@ ghost lem_places(s);
  return x;
}

/* Writes down an address. */
/*@ requires BOTH(s, z, st, ord) && \valid(p) && \separated(p, s) && \separated(p, z) && NO_WORD(p);
    requires \separated(p, s->slab + (0 .. s->slabs + s->caches)) && \separated(p, s->cache + (0 .. s->caches - 1));
    assigns *p;
    KEEPS_BOTH SAME_OBJECTS
    ensures *p == x; */
static inline void note(uint64_t *p, uint64_t x) /*@ ghost (struct keel_slabs *s, PAIR) */
{
  *p = x;
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \at(s->cache[d].full[v], Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].first == \at(s->cache[d].first, Pre) && s->cache[d].word == \at(s->cache[d].word, Pre);
  //@ assert SAME_WORDS;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/*@ requires BOTH(s, z, st, ord) && ELSEWHERE(a, n) && \valid(a + (0 .. n - 1));
    assigns EVERYTHING, a[0 .. n - 1];
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS OTHERS_KEPT
    ensures \result == n || \result == 0;
    ensures c >= s->caches || s->cache[c].size == 0 ==> \result == 0;
    ensures \forall integer g, j; \old(InUse(s, g, j)) ==> InUse(s, g, j) && obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
    ensures \forall integer k; 0 <= k < \result ==> \exists integer g, j; InUse(s, g, j) && !\old(InUse(s, g, j)) && s->slab[g].cache == c + 1 && obj(s, g, j) == a[k];
    ensures \forall integer k, l; 0 <= k < l < \result ==> a[k] != a[l];
    ensures \forall integer g, j; InUse(s, g, j) && !\old(InUse(s, g, j)) ==> \exists integer k; 0 <= k < \result && obj(s, g, j) == a[k]; */
uint32_t keel_cache_alloc_bulk(struct keel_slabs *s, uint32_t c, uint32_t n, uint64_t *a) /*@ ghost (PAIR) */
{
  /*@ loop invariant 0 <= i <= n && ELSEWHERE(a, n);
      loop invariant STEP_BOUNDS; loop invariant STEP_CACHES; loop invariant STEP_OTHERS;
      loop invariant \at(c >= s->caches || s->cache[c].size == 0, Pre) ==> i == 0;
      loop invariant Arrays(s); loop invariant Rings(s); loop invariant Caches(s); loop invariant Full(s);
      loop invariant Slabs(s); loop invariant Bits(s); loop invariant Map(s); loop invariant Mapped(s);
      loop invariant Hot(s); loop invariant Words(s); loop invariant Actives(s); loop invariant Live(s);
      loop invariant InvB(z, st, ord); loop invariant Apart(s, z); loop invariant Own(s, z, st, ord); loop invariant OwnPages(s, st);
      loop invariant \forall integer g, j; \at(InUse(s, g, j), Pre) ==> InUse(s, g, j) && obj(s, g, j) == \at(obj(s, g, j), Pre) && s->slab[g].cache == \at(s->slab[g].cache, Pre);
      loop invariant \forall integer g, j, k; \at(InUse(s, g, j), Pre) && 0 <= k < i ==> obj(s, g, j) != a[k];
      loop invariant \forall integer g, j; InUse(s, g, j) && !\at(InUse(s, g, j), Pre) ==> \exists integer k; 0 <= k < i && obj(s, g, j) == a[k];
      loop invariant \forall integer k; 0 <= k < i ==> \exists integer g, j; InUse(s, g, j) && !\at(InUse(s, g, j), Pre) && s->slab[g].cache == c + 1 && obj(s, g, j) == a[k];
      loop invariant \forall integer k, l; 0 <= k < l < i ==> a[k] != a[l];
      loop assigns i, EVERYTHING_THEN, a[0 .. n - 1];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) {
    //@ ghost L: ;
    uint64_t x = next_of(s, c) /*@ ghost (z, st, ord, n, a) */;
    //@ assert STEP_BOUNDS;
    //@ assert SINCE_CACHES(L);
    //@ assert STEP_CACHES;
    //@ assert STEP_OTHERS;
    //@ assert \forall integer k; 0 <= k < n ==> a[k] == \at(a[k], L);
    //@ assert \forall integer k; 0 <= k < i ==> ObjectAt(s, a[k]);
    if (x == 0) {
      undo(s, i, a) /*@ ghost (z, st, ord) */;
      return 0;
    }
    //@ assert \forall integer k; 0 <= k < i ==> a[k] != x;
    note(a + i, x) /*@ ghost (s, z, st, ord) */;
  }
  return n;
}
