// SPDX-License-Identifier: MIT OR Apache-2.0
/* The set of free blocks.

   1. A set of small integers is an array of 64-bit words, bit i%64 of word i/64
      standing for i.  Three summaries lie above it: bit v of one level says that
      word v of the level below is not zero.  With 2^29 elements the top has 33
      words, so that a search costs four words and, in the largest instances, a
      scan of at most 33.
   2. The elements are nodes of the buddy tree (core/page.c); the one search that
      is needed is for the least element not below a limit. */
#ifndef KEEL_CORE_BITS_H
#define KEEL_CORE_BITS_H

#include "core/page.h"

#define KEEL_NONE 0xFFFFFFFFu

#include "specs/bits.h"

/* ---- words ------------------------------------------------------------------ */

/*@ requires i < 64;
    assigns \nothing;
    ensures \forall integer j; 0 <= j < 64 ==> (bit(\result, j) <==> (bit(w, j) || j == i));
    ensures \result != 0; */
static inline uint64_t w_set(uint64_t w, uint32_t i)
{
  //@ assert bit(1, 0); // a term that Z3 needs for the shift
  uint64_t r = w | ((uint64_t)1 << i);
  //@ assert bit(r, i);
  return r;
}

/*@ requires i < 64;
    assigns \nothing;
    ensures \forall integer j; 0 <= j < 64 ==> (bit(\result, j) <==> (bit(w, j) && j != i));
    ensures w == 0 ==> \result == 0; */
static inline uint64_t w_clr(uint64_t w, uint32_t i)
{
  //@ assert bit(1, 0); // as above
  return w & ~((uint64_t)1 << i);
}

/*@ requires i < 64;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> bit(w, i); */
static inline uint32_t w_tst(uint64_t w, uint32_t i)
{
  return (uint32_t)((w >> i) & 1);
}

#if !KEEL_BUILTINS /* clang warns of unused ones */
/* The r low bits.  (Written with two shifts: a left shift that drops bits, or a
   mask made by subtraction, is beyond the provers.) */
/*@ requires 0 < r < 64;
    assigns \nothing;
    ensures \forall integer j; 0 <= j < 64 ==> (bit(\result, j) <==> (bit(w, j) && j < r)); */
static inline uint64_t w_low(uint64_t w, uint32_t r)
{
  //@ ghost lem_high(w, r);
  uint64_t t = w >> r;
  //@ assert \forall integer j; 0 <= j < 64 - r ==> (bit(t, j) <==> bit(w, r + j));
  uint64_t h = t << r;
  //@ assert \forall integer j; r <= j < 64 ==> (bit(h, j) <==> bit(w, j));
  //@ assert \forall integer j; 0 <= j < r ==> !bit(h, j);
  return w & ~h;
}

/* Number of the highest bit of w. */
/*@ requires w != 0;
    assigns \nothing;
    ensures \result < 64;
    ensures bit(w, \result);
    ensures \forall integer j; \result < j < 64 ==> !bit(w, j); */
static inline uint32_t w_fls(uint64_t w)
{
  uint32_t r = 0, n = 32;
  uint64_t x = w;
  /*@ loop invariant n == 32 || n == 16 || n == 8 || n == 4 || n == 2 || n == 1 || n == 0;
      loop invariant r <= 64 - (n == 0 ? 1 : 2 * n);
      loop invariant 0 < x < Pow(n);
      loop invariant \forall integer j; 0 <= j < 64 - r ==> (bit(x, j) <==> bit(w, r + j));
      loop invariant \forall integer j; (n == 0 ? 1 : 2 * n) <= j < 64 - r ==> !bit(x, j);
      loop assigns r, n, x;
      loop variant n; */
  while (n > 0) {
    uint64_t y = x >> n;
    //@ ghost lem_shr2(x); lem_shr4(x); lem_shr8(x); lem_shr16(x); lem_shr32(x);
    //@ assert y < Pow(n / 2) && (y == 0 ==> x < Pow(n / 2));
    //@ assert \forall integer j; 0 <= j < 64 - n ==> (bit(y, j) <==> bit(x, j + n));
    //@ assert \forall integer j; n <= j < 64 ==> (bit(x, j) <==> bit(y, j - n));
    //@ assert y == 0 ==> \forall integer j; n <= j < 64 - r ==> !bit(x, j);
    //@ assert y != 0 ==> \forall integer j; n <= j < 64 - r - n ==> !bit(y, j);
    if (y != 0) {
      x = y;
      r += n;
    }
    n = n / 2;
  }
  //@ assert x == 1 && bit(x, 0) && bit(w, r);
  //@ assert \forall integer j; r < j < 64 ==> (bit(w, j) <==> bit(x, j - r));
  return r;
}

#endif

/* Number of the lowest bit of w. */
/*@ requires w != 0;
    assigns \nothing;
    ensures \result < 64;
    ensures bit(w, \result);
    ensures \forall integer j; 0 <= j < \result ==> !bit(w, j); */
static inline uint32_t w_ffs(uint64_t w)
{
#if KEEL_BUILTINS
  return (uint32_t)__builtin_ctzll(w);
#else
  uint32_t r = 0, n = 32;
  uint64_t y = w;
  /*@ loop invariant n == 32 || n == 16 || n == 8 || n == 4 || n == 2 || n == 1 || n == 0;
      loop invariant r <= 64 - (n == 0 ? 1 : 2 * n);
      loop invariant y != 0;
      loop invariant \forall integer j; 0 <= j < 64 ==> (bit(y, j) <==> (bit(w, j) && j < r + (n == 0 ? 1 : 2 * n)));
      loop invariant \forall integer j; 0 <= j < r ==> !bit(w, j);
      loop assigns r, n, y;
      loop variant n; */
  while (n > 0) {
    uint64_t l = w_low(y, r + n);
    if (l != 0) {
      y = l;
    } else {
      //@ assert \forall integer j; 0 <= j < 64 ==> !bit(l, j);
      r += n;
    }
    n = n / 2;
  }
  return w_fls(y);
#endif
}

/* ---- one level ----------------------------------------------------------------- */

/*@ requires \valid(l + i / 64);
    assigns l[i / 64];
    ensures \forall integer j; 0 <= j ==> (Bit(l, j) <==> (\old(Bit(l, j)) || j == i));
    ensures l[i / 64] != 0; */
KEEL_INLINE void s_set(uint64_t *l, uint32_t i)
{
  l[i / 64] = w_set(l[i / 64], i % 64);
}

/* Removes i, which is in word x. */
/*@ requires \valid(l + x) && x == i / 64;
    assigns l[x];
    ensures \forall integer j; 0 <= j ==> (Bit(l, j) <==> (\old(Bit(l, j)) && j != i));
    ensures \old(l[x]) == 0 ==> l[x] == 0; */
KEEL_INLINE void s_clr_in(uint64_t *l, uint32_t x, uint32_t i)
{
  l[x] = w_clr(l[x], i % 64);
}

/* Removes i, which is in word x, if c is 1: without a branch, since the outcome is
   unpredictable. */
/*@ requires \valid(l + x) && x == i / 64 && (c == 0 || c == 1);
    assigns l[x];
    ensures \forall integer j; 0 <= j ==> (Bit(l, j) <==> (\old(Bit(l, j)) && !(c == 1 && j == i)));
    ensures \old(l[x]) == 0 ==> l[x] == 0; */
KEEL_INLINE void s_clr_if(uint64_t *l, uint32_t x, uint32_t i, uint32_t c)
{
  uint64_t w = l[x], b = w_set(0, i % 64), m = c * b;
  //@ assert c == 0 ==> m == 0;
  //@ assert c == 1 ==> m == b;
  //@ assert \forall integer j; 0 <= j < 64 ==> (bit(m, j) <==> (c == 1 && j == i % 64));
  uint64_t r = w & ~m;
  //@ assert \forall integer j; 0 <= j < 64 ==> (bit(r, j) <==> (bit(w, j) && !bit(m, j)));
  l[x] = r;
}

/* Whether an element not below s shares its word. */
/*@ requires \valid_read(l + s / 64);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Has(l, s); */
KEEL_INLINE int s_has(const uint64_t *l, uint32_t s)
{
  return (l[s / 64] >> (s % 64)) != 0;
}

/* The least of them. */
/*@ requires s <= 0x80000000 && \valid_read(l + s / 64) && Has(l, s);
    assigns \nothing;
    ensures s <= \result < s / 64 * 64 + 64 && Bit(l, \result);
    ensures \forall integer j; s <= j < \result ==> !Bit(l, j); */
KEEL_INLINE uint32_t s_next(const uint64_t *l, uint32_t s)
{
  uint64_t m = l[s / 64] >> (s % 64);
  //@ assert \forall integer j; s <= j < s / 64 * 64 + 64 ==> j / 64 == s / 64 && j % 64 == j - s / 64 * 64;
  //@ assert \forall integer j; s <= j < s / 64 * 64 + 64 ==> (bit(m, j - s) <==> Bit(l, j));
  //@ assert \forall integer j; 64 - s % 64 <= j < 64 ==> !bit(m, j);
  uint32_t f = w_ffs(m);
  //@ assert f < 64 - s % 64;
  return s + f;
}

/* The same, or NONE. */
/*@ requires s <= 0x80000000 && \valid_read(l + s / 64);
    assigns \nothing;
    ensures Succ(l, s, s / 64 * 64 + 64, \result); */
KEEL_INLINE uint32_t s_high(const uint64_t *l, uint32_t s)
{
  if (s_has(l, s)) return s_next(l, s);
  //@ assert \forall integer j; s <= j < s / 64 * 64 + 64 ==> j / 64 == s / 64 && j % 64 == j - s / 64 * 64;
  //@ assert \forall integer j; s <= j < s / 64 * 64 + 64 ==> (Bit(l, j) <==> bit(0, j - s));
  return KEEL_NONE;
}

/* The least element in word x, which is not zero. */
/*@ requires x <= 0x2000000 && \valid_read(l + x) && l[x] != 0;
    assigns \nothing;
    ensures x * 64 <= \result < x * 64 + 64 && Bit(l, \result);
    ensures \forall integer j; x * 64 <= j < \result ==> !Bit(l, j); */
KEEL_INLINE uint32_t s_min(const uint64_t *l, uint32_t x)
{
  uint32_t f = w_ffs(l[x]);
  //@ assert \forall integer j; x * 64 <= j < x * 64 + 64 ==> j / 64 == x && j % 64 == j - x * 64;
  return x * 64 + f;
}

/* ---- the set and its summaries ---------------------------------------------------- */

/*@ requires Zone(z) && i < 2048 * z->u;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Bit(z->l0, i); */
static inline uint32_t fb_tst(const struct keel_pages *z, uint32_t i)
{
  return w_tst(z->l0[i / 64], i % 64);
}

/*@ requires Zone(z) && i < 2048 * z->u && Sum(z);
    assigns KEEL_BITS;
    ensures Sum1(z); ensures Sum2(z); ensures Sum3(z);
    ensures \forall integer j; 0 <= j < 2048 * z->u ==> (Bit(z->l0, j) <==> (\old(Bit(z->l0, j)) || j == i)); */
KEEL_INLINE void fb_set(struct keel_pages *z, uint32_t i)
{
  uint32_t a = i / 64, b = a / 64, c = b / 64;
  s_set(z->l0, i);
  s_set(z->l1, a);
  //@ assert Sum1(z);
  //@ assert z->l2[c] != 0 ==> Bit(z->l3, c);
  uint64_t was = z->l2[c];
  s_set(z->l2, b);
  //@ assert Sum1(z);
  //@ assert Sum2(z);
  //@ assert was != 0 ==> Bit(z->l3, c);
  //@ assert \forall integer v; 0 <= v < 64 * W3(z->u) && v != c ==> (Bit(z->l3, v) <==> (v < W2(z->u) && z->l2[v] != 0));
  if (was == 0) s_set(z->l3, c);
}

/* Removes i, which is in word a of the first level, which is in word b of the second. */
/*@ requires Zone(z) && i < 2048 * z->u && Sum(z) && a == i / 64 && b == a / 64;
    assigns KEEL_BITS;
    ensures Sum1(z); ensures Sum2(z); ensures Sum3(z);
    ensures \forall integer j; 0 <= j < 2048 * z->u ==> (Bit(z->l0, j) <==> (\old(Bit(z->l0, j)) && j != i)); */
KEEL_INLINE void fb_clr_at(struct keel_pages *z, uint32_t i, uint32_t a, uint32_t b)
{
  uint32_t c = b / 64;
  s_clr_in(z->l0, a, i);
  //@ assert Sum2(z) && Sum3(z);
  //@ assert z->l0[a] != 0 ==> Bit(z->l1, a) && z->l1[b] != 0;
  s_clr_if(z->l1, b, a, z->l0[a] == 0);
  //@ assert z->l0[a] != 0 ==> Bit(z->l1, a) && z->l1[b] != 0;
  //@ assert Sum1(z) && Sum3(z);
  //@ assert z->l1[b] != 0 ==> Bit(z->l2, b) && z->l2[c] != 0;
  s_clr_if(z->l2, c, b, z->l1[b] == 0);
  //@ assert z->l1[b] != 0 ==> Bit(z->l2, b) && z->l2[c] != 0;
  //@ assert Sum1(z);
  //@ assert Sum2(z);
  //@ assert \forall integer v; 0 <= v < 64 * W3(z->u) && v != c ==> (Bit(z->l3, v) <==> (v < W2(z->u) && z->l2[v] != 0));
  if (z->l2[c] != 0) return;
  //@ assert Sum1(z) && Sum2(z);
  s_clr_in(z->l3, c / 64, c);
  //@ assert Sum1(z);
  //@ assert Sum2(z);
}

/*@ requires Zone(z) && s <= 64 * W3(z->u);
    assigns \nothing;
    ensures Succ(z->l3, s, 64 * W3(z->u), \result); */
static inline uint32_t fb_succ3(const struct keel_pages *z, uint32_t s)
{
  uint32_t t = s / 64, n = z->u / 8192 + 1;
  if (s % 64 != 0) {
    uint32_t f = s_high(z->l3, s);
    if (f != KEEL_NONE) return f;
    t++;
  }
  /*@ loop invariant s <= 64 * t <= 64 * n;
      loop invariant \forall integer j; s <= j < t * 64 ==> !Bit(z->l3, j);
      loop assigns t;
      loop variant n - t; */
  while (t < n) {
    if (z->l3[t] != 0) return s_min(z->l3, t);
    //@ assert \forall integer j; t * 64 <= j < t * 64 + 64 ==> j / 64 == t;
    t++;
  }
  return KEEL_NONE;
}

/*@ requires Zone(z) && s <= 64 * W2(z->u) && Sum(z);
    assigns \nothing;
    ensures Succ(z->l2, s, 64 * W2(z->u), \result); */
static inline uint32_t fb_succ2(const struct keel_pages *z, uint32_t s)
{
  uint32_t t = s / 64;
  if (s % 64 != 0) {
    uint32_t f = s_high(z->l2, s);
    if (f != KEEL_NONE) return f;
    t++;
  }
  uint32_t x = fb_succ3(z, t);
  //@ ghost lem_absent(z->l2, z->l3, W2(z->u), 64u * W3(z->u), t, x == KEEL_NONE ? W2(z->u) : x);
  if (x == KEEL_NONE) return KEEL_NONE;
  return s_min(z->l2, x);
}

/*@ requires Zone(z) && s <= 64 * W1(z->u) && Sum(z);
    assigns \nothing;
    ensures Succ(z->l1, s, 64 * W1(z->u), \result); */
static inline uint32_t fb_succ1(const struct keel_pages *z, uint32_t s)
{
  uint32_t t = s / 64;
  if (s % 64 != 0) {
    uint32_t f = s_high(z->l1, s);
    if (f != KEEL_NONE) return f;
    t++;
  }
  uint32_t x = fb_succ2(z, t);
  //@ ghost lem_absent(z->l1, z->l2, W1(z->u), 64u * W2(z->u), t, x == KEEL_NONE ? W1(z->u) : x);
  if (x == KEEL_NONE) return KEEL_NONE;
  return s_min(z->l1, x);
}

/* The least element not below s, or NONE. */
/*@ requires Zone(z) && s <= 64 * W0(z->u) && Sum(z);
    assigns \nothing;
    ensures Succ(z->l0, s, 64 * W0(z->u), \result); */
KEEL_NOINLINE uint32_t fb_succ(const struct keel_pages *z, uint32_t s)
{
  uint32_t t = s / 64;
  if (s % 64 != 0) {
    uint32_t f = s_high(z->l0, s);
    if (f != KEEL_NONE) return f;
    t++;
  }
  uint32_t x = fb_succ1(z, t);
  //@ ghost lem_absent(z->l0, z->l1, W0(z->u), 64u * W1(z->u), t, x == KEEL_NONE ? W0(z->u) : x);
  if (x == KEEL_NONE) return KEEL_NONE;
  return s_min(z->l0, x);
}

/* Whether s starts a word of the second summary and an element not below s is in
   that word's reach, so that three words are all it takes to find the least.  The
   first node of order k starts one in an instance of a multiple of 2^(k + 1)
   granules. */
/*@ requires Zone(z) && s <= 64 * W0(z->u);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Near(z, s); */
KEEL_INLINE int fb_near(const struct keel_pages *z, uint32_t s)
{
  return s % 4096 == 0 && s_has(z->l2, s / 4096);
}

/* Then, that word's reach: the least word of the first summary that is not zero ... */
/*@ requires Zone(z) && Sum(z) && s < 2048 * z->u && Near(z, s);
    assigns \nothing;
    ensures s / 4096 <= \result < W1(z->u) && z->l1[\result] != 0;
    ensures \forall integer j; s <= j < 4096 * \result ==> !Bit(z->l0, j); */
KEEL_INLINE uint32_t fb_near1(const struct keel_pages *z, uint32_t s)
{
  uint32_t b = s_next(z->l2, s / 4096);
  //@ ghost lem_absent(z->l1, z->l2, W1(z->u), 64u * W2(z->u), s / 4096, b);
  //@ ghost lem_absent(z->l0, z->l1, W0(z->u), 64u * W1(z->u), s / 64, b * 64);
  return b;
}

/* ... and the least word of the set that is not zero in the reach of word b. */
/*@ requires Zone(z) && Sum(z) && b < W1(z->u) && z->l1[b] != 0;
    assigns \nothing;
    ensures \result / 64 == b && \result < W0(z->u) && z->l0[\result] != 0;
    ensures \forall integer j; 4096 * b <= j < 64 * \result ==> !Bit(z->l0, j); */
KEEL_INLINE uint32_t fb_near0(const struct keel_pages *z, uint32_t b)
{
  uint32_t a = s_min(z->l1, b);
  //@ ghost lem_absent(z->l0, z->l1, W0(z->u), 64u * W1(z->u), b * 64, a);
  return a;
}

#endif
