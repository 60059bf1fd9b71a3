// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of the index of an object (core/index.h). */
#ifndef KEEL_SPECS_INDEX_H
#define KEEL_SPECS_INDEX_H

/*@ predicate Size(integer size) = KEEL_OBJECT_MIN <= size <= KEEL_OBJECT_MAX && size % 8 == 0;
    // m / 65536 is like 1 / size
    predicate Exact(integer m, integer size) = m * size % 0x800000000 == 65536; */

// What index_of computes: the product's low 32 bits, rotated by 16. A predicate, so that the goals
// about indices do not unfold it.
/*@ predicate Rotated(integer q, integer product) =
    q == product % 4294967296 / 65536 + product % 4294967296 % 65536 * 65536; */

/*@ predicate Pow2(integer w) =
    w == 0x1 || w == 0x2 || w == 0x4 || w == 0x8 ||
    w == 0x10 || w == 0x20 || w == 0x40 || w == 0x80 ||
    w == 0x100 || w == 0x200 || w == 0x400 || w == 0x800 ||
    w == 0x1000 || w == 0x2000 || w == 0x4000 || w == 0x8000 ||
    w == 0x10000 || w == 0x20000 || w == 0x40000 || w == 0x80000 ||
    w == 0x100000 || w == 0x200000 || w == 0x400000 || w == 0x800000 ||
    w == 0x1000000 || w == 0x2000000 || w == 0x4000000 || w == 0x8000000 ||
    w == 0x10000000 || w == 0x20000000 || w == 0x40000000 || w == 0x80000000 ||
    w == 0x100000000; */

// An object's offset gives its index: d * m = i * (m * size) = 65536 * i modulo 2^32.
/*@ ghost
  /@ requires Exact(m, size) && Size(size);
     requires i < 256 && d == i * size;
     assigns \nothing;
     ensures d * m % 4294967296 == 65536 * i; @/
  void index_complete(uint32_t m, uint32_t size, uint32_t d, uint32_t i)
  {
    /@ assert b: m * size == 65536 + 34359738368 * (m * size / 34359738368); @/
    /@ assert d * m == i * (m * size); @/
    /@ assert i * (m * size) == 65536 * i + 34359738368 * (i * (m * size / 34359738368)); @/
    /@ assert d * m == 65536 * i + 4294967296 * (8 * (i * (m * size / 34359738368))); @/
  } */

/*@ ghost
  /@ requires Size(size);
     assigns \nothing;
     ensures k * size == 8 * (k * (size / 8)); @/
  void times8(uint64_t k, uint32_t size)
  {
    /@ assert k * (8 * (size / 8)) == 8 * (k * (size / 8)); @/
    /@ assert size == 8 * (size / 8); @/
  } */

// An index gives only its object's offset: multiply d * m = 65536 * i + 2^32 * k by size, divide by
// 65536: d and i * size differ by a multiple of 2^19.
/*@ ghost
  /@ requires Exact(m, size) && Size(size);
     requires d < 131072 && i < 256 && i * size <= 131072;
     requires d * m % 4294967296 == 65536 * i;
     assigns \nothing;
     ensures d == i * size; @/
  void index_sound(uint32_t m, uint32_t size, uint32_t d, uint32_t i)
  {
    /@ assert b: m * size == 65536 + 34359738368 * (m * size / 34359738368); @/
    /@ assert k: d * m == 65536 * i + 4294967296 * (d * m / 4294967296); @/
    /@ assert s: size == 8 * (size / 8); @/
    /@ assert l: d * (m * size) == 65536 * d + 34359738368 * (d * (m * size / 34359738368)); @/
    /@ assert r: (d * m) * size == 65536 * (i * size) + 4294967296 * ((d * m / 4294967296) * size); @/
    times8((uint64_t)d * m / 4294967296u, size);
    /@ assert t: (d * m / 4294967296) * size == 8 * ((d * m / 4294967296) * (size / 8)); @/
    /@ assert lr: d * (m * size) == (d * m) * size; @/
    /@ assert diff: d - i * size ==
       524288 * ((d * m / 4294967296) * (size / 8) - d * (m * size / 34359738368)); @/
  } */

// Both for one i, in terms of the rotated product.
/*@ ghost
  /@ requires Exact(m, size) && Size(size);
     requires d < 131072 && i < nobj <= 256 && nobj * size <= 131072;
     requires Rotated(q, d * m);
     assigns \nothing;
     ensures q == i <==> d == i * size; @/
  void index_one(uint32_t m, uint32_t size, uint32_t nobj, uint32_t d, uint32_t q, uint32_t i)
  {
    /@ assert (nobj - i) * size >= 0; @/
    /@ assert i * size <= nobj * size; @/
    /@ assert q == i <==> d * m % 4294967296 == 65536 * i; @/
    if (q == i)
      index_sound(m, size, d, i);
    else if (d == i * size)
      index_complete(m, size, d, i);
  } */

/*@ predicate Index(integer q, integer d, integer size, integer nobj) =
    \forall integer i; 0 <= i < nobj ==> (q == i <==> d == i * size); */

/*@ ghost
  /@ requires Index(q, d, size, i);
     requires q == i <==> d == i * size;
     assigns \nothing;
     ensures Index(q, d, size, i + 1); @/
  void index_next(uint32_t size, uint32_t d, uint32_t q, uint32_t i) {} */

/*@ ghost
  /@ requires Exact(m, size) && Size(size);
     requires d < 131072 && nobj <= 256 && nobj * size <= 131072;
     requires Rotated(q, d * m);
     assigns \nothing;
     ensures Index(q, d, size, nobj); @/
  void index_all(uint32_t m, uint32_t size, uint32_t nobj, uint32_t d, uint32_t q)
  {
    uint32_t i = 0;
    /@ loop invariant 0 <= i <= nobj;
       loop invariant Index(q, d, size, i);
       loop assigns i;
       loop variant nobj - i; @/
    while (i < nobj) {
      index_one(m, size, nobj, d, q, i);
      index_next(size, d, q, i);
      i++;
    }
  } */

// The two cases a caller tells apart.
/*@ ghost
  /@ requires Index(q, d, size, nobj);
     assigns \nothing;
     ensures found: q < nobj ==> d == q * size;
     ensures absent: q >= nobj ==> \forall integer i; 0 <= i < nobj ==> d != i * size; @/
  void index_split(uint32_t size, uint32_t nobj, uint32_t d, uint32_t q) {} */

// Powers of two divide each other.
/*@ ghost
  /@ requires Pow2(f) && f <= 1024;
     assigns \nothing;
     ensures 8192 / f * f == 8192 && 8 <= 8192 / f <= 8192; @/
  void pow2_divides(uint32_t f) {} */

// From the equation for the odd part to the one for the size.
/*@ ghost
  /@ requires size == 8 * (s * f) && r * f == 8192;
     requires m * s + e * 4294967296 == r;
     assigns \nothing;
     ensures Exact(m, size); @/
  void exact_intro(uint32_t m, uint32_t size, uint32_t s, uint32_t f, uint32_t r, int32_t e)
  {
    /@ assert (m * s) * f + (e * f) * 4294967296 == 8192; @/
    /@ assert m * (s * f) == (m * s) * f; @/
    /@ assert m * size == 8 * (m * (s * f)); @/
    /@ assert m * size == 65536 + 34359738368 * (-(e * f)); @/
    /@ assert m * size >= 0; @/
  } */

#endif
