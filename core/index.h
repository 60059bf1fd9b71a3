// SPDX-License-Identifier: MIT OR Apache-2.0
/* Which object an offset into a slab belongs to, exactly and in one multiplication,
   for all sizes that are a multiple of 8 up to 8192 and all offsets below 2^17.

   1. Let size = f * s, s odd and f a power of two. There is a multiplier m with
      m * size = 2^16 modulo 2^35; hence (i * size) * m = i * 2^16 modulo 2^32, and the
      product's low 32 bits, rotated by 16, are i.
   2. If they are an i with i * size below 2^19, then nothing but i * size can have been
      the offset: two offsets with the same product differ by a multiple of 2^19. */
#ifndef KEEL_CORE_INDEX_H
#define KEEL_CORE_INDEX_H

#include "core/slab.h"

#include "specs/index.h"

/*@ assigns \nothing;
    ensures Rotated(\result, d * mult); */
KEEL_INLINE uint32_t rotated_product(uint32_t mult, uint32_t d)
{
  uint32_t x = (uint32_t)((uint64_t)d * mult % 0x100000000u);
  return x / 65536u + x % 65536u * 65536u; /* a rotation */
}

/* The caller compares the result with its number of objects: not below it means that no object
   starts at d. */
/*@ requires Exact(mult, size) && Size(size);
    requires nobj <= 256 && nobj * size <= 131072;
    requires d < 131072;
    assigns \nothing;
    ensures index: Index(\result, d, size, nobj);
    ensures found: \result < nobj ==> d == \result * size;
    ensures absent: \result >= nobj ==> \forall integer i; 0 <= i < nobj ==> d != i * size; */
KEEL_INLINE uint32_t index_of(uint32_t mult, uint32_t d) /*@ ghost (uint32_t size, uint32_t nobj) */
{
  uint32_t q = rotated_product(mult, d);
  //@ ghost index_all(mult, size, nobj, d, q);
  //@ ghost index_split(size, nobj, d, q);
  return q;
}

/* The m < 2^32 with m * s = r modulo 2^32 for an odd s, found bit by bit: if the rest e is odd, m
   needs the bit w, and e minus s is even. */
/*@ requires 1 <= s <= 1024 && s % 2 == 1;
    requires 8 <= r <= 8192 && r * f == 8192;
    requires size == 8 * (s * f);
    assigns \nothing;
    ensures Exact(\result, size); */
static uint32_t solve_odd(uint32_t s, uint32_t r) /*@ ghost (uint32_t size, uint32_t f) */
{
  uint64_t m = 0;
  int32_t e = (int32_t)r;
  /*@ loop invariant pow: Pow2(w);
      loop invariant low: 0 <= m < w;
      loop invariant rest: -1024 <= e <= 8192;
      loop invariant eq: m * s + e * w == r;
      loop assigns m, e, w;
      loop variant 4294967296 - w; */
  for (uint64_t w = 1; w < 0x100000000u; w *= 2) {
    if (e % 2 != 0) {
      m += w;
      e -= (int32_t)s;
    }
    e /= 2;
  }
  //@ ghost exact_intro((uint32_t)m, size, s, f, r, e);
  return (uint32_t)m;
}

/* The multiplier for index_of, once for each cache. */
/*@ requires Size(size);
    assigns \nothing;
    ensures Exact(\result, size); */
static uint32_t inverse(uint32_t size)
{
  uint32_t s = size / 8;
  uint32_t f = 1;
  /*@ loop invariant 1 <= s <= 1024 && f <= 1024;
      loop invariant pow: Pow2(f);
      loop invariant prod: s * f == size / 8;
      loop assigns s, f;
      loop variant s; */
  while (s % 2 == 0) {
    s /= 2;
    f *= 2;
  }
  //@ ghost pow2_divides(f);
  return solve_odd(s, 8192u / f) /*@ ghost (size, f) */;
}

#endif
