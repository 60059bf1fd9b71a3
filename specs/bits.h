// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of the set of free blocks (core/bits.h). */
#ifndef KEEL_SPECS_BITS_H
#define KEEL_SPECS_BITS_H

/* Words of each level of an instance of u granules. */
#define W0(u) (32 * (u))
#define W1(u) ((u) / 2 + 1)
#define W2(u) ((u) / 128 + 1)
#define W3(u) ((u) / 8192 + 1)
#define UMAX 262144u /* 2^28 pages */

/*@ axiomatic Word { // a block of its own: what else stands here would be with every goal that the lemma is with
    // bit i of word w
    predicate bit(integer w, integer i) = ((w >> i) & 1) == 1;
    lemma bit_zero: \forall integer j; 0 <= j < 64 ==> !bit(0, j);
    }
*/
/*@ predicate Zone{L}(struct keel_pages *z) =
      \valid(z) && 1 <= z->u <= UMAX &&
      \valid(z->l0 + (0 .. W0(z->u) - 1)) && \valid(z->l1 + (0 .. W1(z->u) - 1)) &&
      \valid(z->l2 + (0 .. W2(z->u) - 1)) && \valid(z->l3 + (0 .. W3(z->u) - 1)) &&
      \separated(z->l0 + (0 .. W0(z->u) - 1), z->l1 + (0 .. W1(z->u) - 1),
                 z->l2 + (0 .. W2(z->u) - 1), z->l3 + (0 .. W3(z->u) - 1));

    // element i of a set held in an array of words
    predicate Bit{L}(uint64_t *l, integer i) = bit(l[i / 64], i % 64);
    // a summary: element v of hi says that word v of lo, one of n, is not zero
    predicate SumL{L}(uint64_t *lo, uint64_t *hi, integer n, integer m) =
      \forall integer v; 0 <= v < m ==> (Bit(hi, v) <==> (v < n && lo[v] != 0));
    predicate Sum1{L}(struct keel_pages *z) = SumL(z->l0, z->l1, W0(z->u), 64 * W1(z->u));
    predicate Sum2{L}(struct keel_pages *z) = SumL(z->l1, z->l2, W1(z->u), 64 * W2(z->u));
    predicate Sum3{L}(struct keel_pages *z) = SumL(z->l2, z->l3, W2(z->u), 64 * W3(z->u));
    predicate Sum{L}(struct keel_pages *z) = Sum1(z) && Sum2(z) && Sum3(z);

    // r is the least element in s .. lim - 1, NONE if there is none
    predicate Succ{L}(uint64_t *l, integer s, integer lim, integer r) =
      (r == KEEL_NONE ==> \forall integer j; s <= j < lim ==> !Bit(l, j)) &&
      (r != KEEL_NONE ==> s <= r < lim && Bit(l, r) &&
                          \forall integer j; s <= j < r ==> !Bit(l, j));

    // an element not below s shares its word
    predicate Has{L}(uint64_t *l, integer s) = (l[s / 64] >> (s % 64)) != 0;
    // s starts a word of the second summary, which has an element within s's reach
    predicate Near{L}(struct keel_pages *z, integer s) = s % 4096 == 0 && Has(z->l2, s / 4096);

    // 2^(2n), and 2 for n == 0: bounds of the halving search in w_fls
    logic integer Pow(integer n) = n == 0 ? 2 : n == 1 ? 4 : n == 2 ? 16 : n == 4 ? 256 :
      n == 8 ? 65536 : n == 16 ? 4294967296 : 18446744073709551616;
*/

/*@ ghost
  /@ assigns \nothing; ensures (x >> 2) == x / 4; @/
  void lem_shr2(uint64_t x) { uint64_t a = x >> 1; uint64_t b = a >> 1; /@ assert b == (x >> 2); @/ }
  /@ assigns \nothing; ensures (x >> 4) == x / 16; @/
  void lem_shr4(uint64_t x) { lem_shr2(x); uint64_t a = x >> 2; lem_shr2(a); uint64_t b = a >> 2; /@ assert b == (x >> 4); @/ }
  /@ assigns \nothing; ensures (x >> 8) == x / 256; @/
  void lem_shr8(uint64_t x) { lem_shr4(x); uint64_t a = x >> 4; lem_shr4(a); uint64_t b = a >> 4; /@ assert b == (x >> 8); @/ }
  /@ assigns \nothing; ensures (x >> 16) == x / 65536; @/
  void lem_shr16(uint64_t x) { lem_shr8(x); uint64_t a = x >> 8; lem_shr8(a); uint64_t b = a >> 8; /@ assert b == (x >> 16); @/ }
  /@ assigns \nothing; ensures (x >> 32) == x / 4294967296; @/
  void lem_shr32(uint64_t x) { lem_shr16(x); uint64_t a = x >> 16; lem_shr16(a); uint64_t b = a >> 16; /@ assert b == (x >> 32); @/ }

  // clearing the r low bits by two shifts does not overflow
  /@ requires r < 64; assigns \nothing; ensures ((w >> r) << r) <= w; @/
  void lem_high(uint64_t w, uint32_t r) {
    uint64_t t = w >> r; uint64_t g = t; uint64_t v = t; uint32_t j = 0;
    /@ loop invariant j <= r && g == (t << j) && v == (w >> (r - j)) && g <= v;
       loop assigns g, v, j; loop variant r - j; @/
    while (j < r) {
      uint64_t y = w >> (r - j - 1);
      /@ assert v == (y >> 1); @/
      /@ assert v == y / 2; @/
      /@ assert g <= 0x7FFFFFFFFFFFFFFF; @/
      /@ assert (t << (j + 1)) == (g << 1); @/
      /@ assert (g << 1) == 2 * g; @/
      g = 2 * g; v = y; j++;
    }
  }

  // the elements of words w0 .. w1-1 are absent when their summary bits are
  /@ requires SumL(lo, hi, n, m) && 0 <= w0 <= w1 <= n <= m <= 0x4000000 && n <= 0x2000000;
     requires \forall integer v; w0 <= v < w1 ==> !Bit(hi, v);
     assigns \nothing;
     ensures \forall integer j; w0 * 64 <= j < w1 * 64 ==> !Bit(lo, j); @/
  void lem_absent(uint64_t *lo, uint64_t *hi, uint32_t n, uint32_t m, uint32_t w0, uint32_t w1) {
    /@ loop invariant w0 <= v <= w1;
       loop invariant \forall integer j; w0 * 64 <= j < v * 64 ==> !Bit(lo, j);
       loop assigns v; loop variant w1 - v; @/
    for (uint32_t v = w0; v < w1; v++) {
      /@ assert lo[v] == 0; @/
      /@ assert \forall integer j; v * 64 <= j < v * 64 + 64 ==> j / 64 == v; @/
    }
  }
*/

#define KEEL_BITS z->l0[0 .. W0(z->u) - 1], z->l1[0 .. W1(z->u) - 1], \
                  z->l2[0 .. W2(z->u) - 1], z->l3[0 .. W3(z->u) - 1]

#endif
