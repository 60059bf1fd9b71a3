// SPDX-License-Identifier: MIT OR Apache-2.0
/* Ranges of virtual pages.

   1. The pages are areas and gaps, one after another, and no two gaps meet.  mark[] has at the first page of each its
      length, that of a gap negative; gap[] has a gap's length at its last page.  So the neighbours of an area that is
      freed are found at once, and a gap that loses its first pages keeps its place in gap[].
   2. A word for each 64 pages has a bit for each that ends a gap (or did once), so that what is looked at of gap[] are gaps.
   3. Above is a tree of 16 children a node: each node is the largest of its children, or of 64 pages' gaps.  The lowest
      gap that is long enough is found from the root down, one node a level.
   4. Where a gap becomes longer, nodes above that are less are raised, up to the first that is not.  Where it becomes
      shorter, nodes above that were as much are looked at again, up to the first that was more.
   5. A freed area's gap is entered before that of the gap before it is removed: most of what is above both does not
      change then. */
#include "core/range.h"
#include "core/bits.h"

#include "specs/range.h"

/*@ ghost
  // levels grow
  /@ requires d <= 6;
     assigns \nothing;
     ensures \forall integer e; 0 <= e <= d ==> nodes_above(e) <= nodes_above(d) <= 1118481; @/
  void lem_nodes(uint32_t d) {
    /@ assert nodes_above(0) == 0 && nodes_above(1) == 1 && nodes_above(2) == 17 && nodes_above(3) == 273 && nodes_above(4) == 4369 && nodes_above(5) == 69905 && nodes_above(6) == 1118481; @/
  }
*/

/* ---- 16 elements ---- */

/* (Without branches that depend on the elements: these would be guessed wrong.) */

/*@ assigns \nothing;
    ensures \result >= x && \result >= y && (\result == x || \result == y); */
static inline uint32_t larger(uint32_t x, uint32_t y)
{
  return x > y ? x : y;
}

/* The largest of 4 elements, from c on. */
/*@ requires c <= 0xffffffe0 + 12 && \valid_read(t + (c .. c + 3));
    assigns \nothing;
    ensures \forall integer j; c <= j < c + 4 ==> t[j] <= \result;
    ensures \exists integer j; c <= j < c + 4 && t[j] == \result; */
static inline uint32_t most4(const uint32_t *t, uint32_t c)
{
  uint32_t m = larger(larger(t[c], t[c + 1u]), larger(t[c + 2u], t[c + 3u]));
  //@ assert t[c] <= m && t[c + 1] <= m && t[c + 2] <= m && t[c + 3] <= m;
  //@ assert t[c] == m || t[c + 1] == m || t[c + 2] == m || t[c + 3] == m;
  return m;
}

/* The largest of 16 elements, from c on. */
/*@ requires c <= 0xffffffe0 && \valid_read(t + (c .. c + 15));
    assigns \nothing;
    ensures Most(t, c, \result); */
static inline uint32_t most_of(const uint32_t *t, uint32_t c)
{
  return larger(larger(most4(t, c), most4(t, c + 4u)), larger(most4(t, c + 8u), most4(t, c + 12u)));
}

/* The first of 4 elements, from c on, that is k or more, or r if there is none. */
/*@ requires c <= 0xffffffe0 + 12 && \valid_read(t + (c .. c + 3));
    assigns \nothing;
    ensures (\forall integer j; c <= j < c + 4 ==> t[j] < k) && \result == r || c <= \result < c + 4 && t[\result] >= k && \forall integer j; c <= j < \result ==> t[j] < k; */
static inline uint32_t first4(const uint32_t *t, uint32_t c, uint32_t k, uint32_t r)
{
  r = t[c + 3u] >= k ? c + 3u : r;
  r = t[c + 2u] >= k ? c + 2u : r;
  r = t[c + 1u] >= k ? c + 1u : r;
  return t[c] >= k ? c : r;
}

/* The first of 16 elements, from c on, that is k or more.  (Near the root that is mostly t[c].) */
/*@ requires c <= 0xffffffe0 && \valid_read(t + (c .. c + 15));
    requires \exists integer j; c <= j < c + 16 && t[j] >= k;
    assigns \nothing;
    ensures c <= \result < c + 16 && t[\result] >= k;
    ensures \forall integer j; c <= j < \result ==> t[j] < k; */
static inline uint32_t first_of_16(const uint32_t *t, uint32_t c, uint32_t k)
{
  if (t[c] >= k) return c;
  return first4(t, c, k, first4(t, c + 4u, k, first4(t, c + 8u, k, first4(t, c + 12u, k, c))));
}

/* Node i, which is not above others, is m from now on if it was less. */
/*@ requires a <= 1118481 && a <= i <= 16 * a && \valid(t + (0 .. 16 * a)) && Inner(t, a);
    assigns t[0 .. 16 * a];
    ensures Inner(t, a);
    ensures t[i] == (m > \old(t[i]) ? m : \old(t[i]));
    ensures \forall integer j; a <= j <= 16 * a && j != i ==> t[j] == \old(t[j]); */
static inline void raise_node(uint32_t *t, uint32_t i, uint32_t m) /*@ ghost (uint32_t a) */
{
  if (t[i] >= m) return;
  //@ ghost uint32_t o = t[i], at = i;
  t[i] = m;
  //@ assert \forall integer j; 0 <= j < a ==> 16 * j + 1 <= at <= 16 * j + 16 || Most{Pre}(t, 16 * j + 1, t[j]);
  //@ assert \forall integer j; 0 <= j < a && !(16 * j + 1 <= at <= 16 * j + 16) ==> Most(t, 16 * j + 1, t[j]);
  //@ assert \forall integer j; 0 <= j < a && 16 * j + 1 <= at <= 16 * j + 16 ==> Most{Pre}(t, 16 * j + 1, t[j]) && But(t, 16 * j + 1, t[j], at, o);
  /*@ loop invariant 0 <= i <= at;
      loop invariant i != at ==> i < a;
      loop invariant \forall integer j; 0 <= j < a && !(16 * j + 1 <= i <= 16 * j + 16) ==> Most(t, 16 * j + 1, t[j]);
      loop invariant \forall integer j; 0 <= j < a && 16 * j + 1 <= i <= 16 * j + 16 ==> But(t, 16 * j + 1, t[j], i, o);
      loop invariant t[i] == m && o < m;
      loop invariant t[at] == m;
      loop invariant \forall integer j; a <= j <= 16 * a && j != at ==> t[j] == \at(t[j], Pre);
      loop assigns i, o, t[0 .. a - 1];
      loop variant i; */
  while (i > 0) {
    uint32_t up = (i - 1u) / 16u;
    //@ assert up < a && 16 * up + 1 <= i <= 16 * up + 16;
    //@ assert \forall integer j; 0 <= j < a && j != up ==> !(16 * j + 1 <= i <= 16 * j + 16);
    //@ assert \forall integer j; 0 <= j < a && j != up ==> Most(t, 16 * j + 1, t[j]);
    //@ assert But(t, 16 * up + 1, t[up], i, o);
    if (t[up] >= m) break;
    //@ ghost uint32_t u = t[up];
    //@ assert \forall integer j; 0 <= j < a && 16 * j + 1 <= up <= 16 * j + 16 ==> j != up && But(t, 16 * j + 1, t[j], up, u);
    //@ ghost L: ;
    t[up] = m;
    //@ assert \forall integer j; 0 <= j <= 16 * a && j != up ==> t[j] == \at(t[j], L);
    //@ assert Most(t, 16 * up + 1, t[up]);
    //@ assert \forall integer j; 0 <= j < a && j != up && !(16 * j + 1 <= up <= 16 * j + 16) ==> Most(t, 16 * j + 1, t[j]);
    //@ assert \forall integer j; 0 <= j < a && 16 * j + 1 <= up <= 16 * j + 16 ==> But(t, 16 * j + 1, t[j], up, u);
    //@ ghost o = u;
    i = up;
  }
}

/* Node i, which is not above others, is m from now on, which is no more than it was.  (The nodes above that were as much are looked at again.) */
/*@ requires a <= 1118481 && a <= i <= 16 * a && \valid(t + (0 .. 16 * a)) && Inner(t, a) && m <= t[i];
    assigns t[0 .. 16 * a];
    ensures Inner(t, a);
    ensures t[i] == m;
    ensures \forall integer j; a <= j <= 16 * a && j != i ==> t[j] == \old(t[j]); */
static inline void lower_node(uint32_t *t, uint32_t i, uint32_t m) /*@ ghost (uint32_t a) */
{
  uint32_t o = t[i];
  t[i] = m;
  //@ ghost uint32_t at = i;
  //@ assert \forall integer j; 0 <= j < a ==> 16 * j + 1 <= at <= 16 * j + 16 || Most{Pre}(t, 16 * j + 1, t[j]);
  //@ assert \forall integer j; 0 <= j < a && !(16 * j + 1 <= at <= 16 * j + 16) ==> Most(t, 16 * j + 1, t[j]);
  //@ assert \forall integer j; 0 <= j < a && 16 * j + 1 <= at <= 16 * j + 16 ==> Most{Pre}(t, 16 * j + 1, t[j]) && But(t, 16 * j + 1, t[j], at, o);
  /*@ loop invariant 0 <= i <= at;
      loop invariant i != at ==> i < a;
      loop invariant \forall integer j; 0 <= j < a && !(16 * j + 1 <= i <= 16 * j + 16) ==> Most(t, 16 * j + 1, t[j]);
      loop invariant \forall integer j; 0 <= j < a && 16 * j + 1 <= i <= 16 * j + 16 ==> But(t, 16 * j + 1, t[j], i, o);
      loop invariant t[i] <= o;
      loop invariant t[at] == m;
      loop invariant \forall integer j; a <= j <= 16 * a && j != at ==> t[j] == \at(t[j], Pre);
      loop assigns i, t[0 .. a - 1];
      loop variant i; */
  while (i > 0) {
    uint32_t up = (i - 1u) / 16u;
    //@ assert up < a && 16 * up + 1 <= i <= 16 * up + 16;
    //@ assert \forall integer j; 0 <= j < a && j != up ==> !(16 * j + 1 <= i <= 16 * j + 16);
    //@ assert \forall integer j; 0 <= j < a && j != up ==> Most(t, 16 * j + 1, t[j]);
    //@ assert But(t, 16 * up + 1, t[up], i, o);
    if (t[up] != o) break;
    //@ assert \forall integer j; 0 <= j < a && 16 * j + 1 <= up <= 16 * j + 16 ==> j != up && But(t, 16 * j + 1, t[j], up, o);
    //@ ghost L: ;
    t[up] = most_of(t, 16u * up + 1u);
    //@ assert \forall integer j; 0 <= j <= 16 * a && j != up ==> t[j] == \at(t[j], L);
    //@ assert Most(t, 16 * up + 1, t[up]);
    //@ assert t[up] <= o;
    //@ assert \forall integer j; 0 <= j < a && j != up && !(16 * j + 1 <= up <= 16 * j + 16) ==> Most(t, 16 * j + 1, t[j]);
    //@ assert \forall integer j; 0 <= j < a && 16 * j + 1 <= up <= 16 * j + 16 ==> But(t, 16 * j + 1, t[j], up, o);
    i = up;
  }
}

/* ---- 64 pages ---- */

/* The longest gap that ends in the 64 pages from c on: m, which is that of page at, or that of a page with a bit in w. */
/*@ requires c <= 0x3fffffff && \valid_read(g + (c .. c + 63)) && c <= at < c + 64 && g[at] == m;
    requires \forall integer q; c <= q < c + 64 && !bit(w, q - c) ==> g[q] <= m;
    assigns \nothing;
    ensures Top(g, c, \result); */
static inline uint32_t most_in(const uint32_t *g, uint64_t w, uint32_t c, uint32_t m) /*@ ghost (uint32_t at) */
{
  //@ ghost uint32_t lo = 0;
  /*@ loop invariant lo <= 64 && \forall integer j; 0 <= j < lo ==> !bit(w, j);
      loop invariant \forall integer q; c <= q < c + 64 && !bit(w, q - c) ==> g[q] <= m;
      loop invariant c <= at < c + 64 && g[at] == m;
      loop assigns w, m, lo, at;
      loop variant 64 - lo; */
  while (w != 0) {
    uint32_t i = w_ffs(w), x = g[c + i];
    //@ assert i >= lo;
    //@ ghost at = x > m ? c + i : at;
    m = larger(m, x);
    w = w_clr(w, i);
    //@ ghost lo = i + 1u;
  }
  //@ assert \forall integer j; 0 <= j < 64 ==> !bit(w, j);
  //@ assert \forall integer q; c <= q < c + 64 ==> !bit(w, q - c);
  return m;
}

/* The first of the 64 pages from c on that ends a gap of k pages or more; those that end a gap have a bit in w. */
/*@ requires c <= 0x3fffffff && \valid_read(g + (c .. c + 63)) && k > 0;
    requires \forall integer q; c <= q < c + 64 && !bit(w, q - c) ==> g[q] == 0;
    requires \exists integer q; c <= q < c + 64 && g[q] >= k;
    assigns \nothing;
    ensures c <= \result < c + 64 && g[\result] >= k;
    ensures \forall integer q; c <= q < \result ==> g[q] < k; */
static inline uint32_t first_in(const uint32_t *g, uint64_t w, uint32_t c, uint32_t k)
{
  //@ assert w == 0 ==> \forall integer j; 0 <= j < 64 ==> !bit(w, j);
  //@ assert w == 0 ==> \forall integer q; c <= q < c + 64 ==> !bit(w, q - c);
  uint32_t i = w_ffs(w);
  /*@ loop invariant i < 64 && bit(w, i) && \forall integer j; 0 <= j < i ==> !bit(w, j);
      loop invariant \forall integer q; c <= q < c + 64 && !bit(w, q - c) ==> g[q] < k;
      loop assigns w, i;
      loop variant 64 - i; */
  while (g[c + i] < k) {
    w = w_clr(w, i);
    //@ assert \forall integer q; c <= q < c + 64 && !bit(w, q - c) ==> g[q] < k;
    //@ assert w == 0 ==> \forall integer j; 0 <= j < 64 ==> !bit(w, j);
    //@ assert w == 0 ==> \forall integer q; c <= q < c + 64 ==> !bit(w, q - c);
    i = w_ffs(w);
  }
  //@ assert \forall integer q; c <= q < c + i ==> !bit(w, q - c);
  return c + i;
}

/* The gap that ends with page p has x pages now, no fewer than before. */
/*@ SETS_GAP(x >= g[p]) */
static inline void grow_gap(uint32_t *t, uint32_t *g, uint64_t *w, uint32_t a, uint32_t p, uint32_t x) /*@ ghost (uint32_t b) */
{
  uint32_t i = p / 64u;
  //@ assert i < b && 64 * i <= p <= 64 * i + 63 && 64 * i + 63 <= 64 * b - 1 && p == 64 * i + p % 64;
  //@ assert Top(g, 64 * i, t[a + i]);
  g[p] = x;
  w[i] = w_set(w[i], p % 64u);
  //@ assert \forall integer j; 0 <= j <= 16 * a ==> t[j] == \at(t[j], Pre);
  //@ assert \forall integer j; 0 <= j < a ==> Most{Pre}(t, 16 * j + 1, t[j]);
  //@ assert Inner(t, a);
  //@ assert \forall integer q; 0 <= q < 64 * b && q != p ==> g[q] == \at(g[q], Pre);
  //@ assert \forall integer c; a <= c < a + b ==> Top{Pre}(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a <= c < a + b && c != a + i ==> Top(g, 64 * (c - a), t[c]);
  //@ assert x >= t[a + i] ==> Top(g, 64 * i, x);
  //@ assert x < t[a + i] ==> Top(g, 64 * i, t[a + i]);
  //@ ghost L: ;
  raise_node(t, a + i, x) /*@ ghost (a) */;
  //@ assert \forall integer q; 0 <= q < 64 * b ==> g[q] == \at(g[q], L);
  //@ assert \forall integer c; a <= c < a + b && c != a + i ==> Top(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a <= c < a + b ==> Top(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a + b <= c <= 16 * a ==> t[c] == 0;
}

/* The gap that ends with page p has only x pages now, or there is none if x is 0. */
/*@ SETS_GAP(x < g[p]) */
static inline void cut_end(uint32_t *t, uint32_t *g, uint64_t *w, uint32_t a, uint32_t p, uint32_t x) /*@ ghost (uint32_t b) */
{
  uint32_t i = p / 64u;
  //@ assert i < b && 64 * i <= p <= 64 * i + 63 && 64 * i + 63 <= 64 * b - 1 && p == 64 * i + p % 64;
  //@ assert Top(g, 64 * i, t[a + i]);
  uint32_t o = g[p];
  g[p] = x;
  uint64_t v = w_clr(w[i], p % 64u);
  if (x == 0) w[i] = v;
  //@ assert \forall integer j; 0 <= j <= 16 * a ==> t[j] == \at(t[j], Pre);
  //@ assert \forall integer j; 0 <= j < a ==> Most{Pre}(t, 16 * j + 1, t[j]);
  //@ assert Inner(t, a);
  //@ assert \forall integer q; 0 <= q < 64 * b && q != p ==> g[q] == \at(g[q], Pre);
  //@ assert \forall integer c; a <= c < a + b ==> Top{Pre}(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a <= c < a + b && c != a + i ==> Top(g, 64 * (c - a), t[c]);
  //@ assert t[a + i] != o ==> Top(g, 64 * i, t[a + i]);
  //@ assert t[a + i] != o ==> \forall integer c; a <= c < a + b ==> Top(g, 64 * (c - a), t[c]);
  //@ assert Ends(w, g, b);
  if (t[a + i] != o) return;
  //@ assert \forall integer q; 64 * i <= q < 64 * i + 64 && !bit(v, q - 64 * i) ==> g[q] <= x;
  uint32_t m = most_in(g, v, 64u * i, x) /*@ ghost (p) */;
  //@ assert m <= o;
  //@ ghost L: ;
  lower_node(t, a + i, m) /*@ ghost (a) */;
  //@ assert \forall integer q; 0 <= q < 64 * b ==> g[q] == \at(g[q], L);
  //@ assert \forall integer c; a <= c < a + b && c != a + i ==> Top(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a <= c < a + b ==> Top(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a + b <= c <= 16 * a ==> t[c] == 0;
}

/* A gap of x pages ends with page p, or none if x is 0: longer says whether that is no less than before. */
/*@ SETS_GAP((longer != 0 <==> x >= g[p])) */
static inline void set_gap(uint32_t *t, uint32_t *g, uint64_t *w, uint32_t a, uint32_t p, uint32_t x, int longer) /*@ ghost (uint32_t b) */
{
  if (longer) grow_gap(t, g, w, a, p, x) /*@ ghost (b) */;
  else cut_end(t, g, w, a, p, x) /*@ ghost (b) */;
}

/* The first page that ends a gap of k pages or more. */
/*@ requires a <= 1118481 && a == nodes_above(depth) && depth <= 6 && 1 <= b <= 15 * a + 1 && b <= 0x1000000 && \valid_read(t + (0 .. 16 * a)) && \valid_read(g + (0 .. 64 * b - 1)) && \valid_read(w + (0 .. b - 1));
    requires Inner(t, a) && OverPages(t, g, a, b) && Ends(w, g, b) && 1 <= k <= t[0];
    assigns \nothing;
    ensures \result < 64 * b && g[\result] >= k;
    ensures \forall integer q; 0 <= q < \result ==> g[q] < k; */
static uint32_t find_gap(const uint32_t *t, const uint32_t *g, const uint64_t *w, uint32_t a, uint32_t depth, uint32_t k) /*@ ghost (uint32_t b) */
{
  uint32_t i = 0;
  //@ ghost uint32_t lo = 0;
  //@ ghost lem_nodes(depth);
  /*@ loop invariant 0 <= d <= depth && lo == nodes_above(d) && lo <= i <= 16 * lo && lo <= a;
      loop invariant t[i] >= k;
      loop invariant \forall integer j; lo <= j < i ==> t[j] < k;
      loop assigns i, d, lo;
      loop variant depth - d; */
  for (uint32_t d = 0; d < depth; d++) {
    //@ assert nodes_above(d + 1) == 16 * lo + 1 && nodes_above(d + 1) <= a;
    //@ assert i < a;
    //@ assert Most(t, 16 * i + 1, t[i]);
    //@ assert \forall integer j; 16 * lo + 1 <= j < 16 * i + 1 ==> lo <= (j - 1) / 16 < i && 16 * ((j - 1) / 16) + 1 <= j < 16 * ((j - 1) / 16) + 17;
    //@ assert \forall integer j; 16 * lo + 1 <= j < 16 * i + 1 ==> t[j] <= t[(j - 1) / 16];
    //@ assert \forall integer j; 16 * lo + 1 <= j < 16 * i + 1 ==> t[j] < k;
    i = first_of_16(t, 16u * i + 1u, k);
    //@ ghost lo = 16u * lo + 1u;
  }
  //@ assert lo == a && a <= i <= 16 * a;
  //@ assert i < a + b;
  //@ assert Top(g, 64 * (i - a), t[i]);
  /*@ ghost
    /@ loop invariant a <= c <= i;
       loop invariant \forall integer q; 0 <= q < 64 * (c - a) ==> g[q] < k;
       loop assigns c; loop variant i - c; @/
    for (uint32_t c = a; c < i; c++) {
      /@ assert Top(g, 64 * (c - a), t[c]) && t[c] < k; @/
    } */
  return first_in(g, w[i - a], 64u * (i - a), k);
}

/*@ ghost
  // no gap is longer than the root says
  /@ requires a <= 1118481 && a == nodes_above(depth) && depth <= 6 && 1 <= b <= 15 * a + 1 && b <= 0x1000000 && \valid_read(t + (0 .. 16 * a)) && \valid_read(g + (0 .. 64 * b - 1));
     requires Inner(t, a) && OverPages(t, g, a, b);
     assigns \nothing;
     ensures \forall integer q; 0 <= q < 64 * b ==> g[q] <= t[0]; @/
  void lem_root(const uint32_t *t, const uint32_t *g, uint32_t a, uint32_t depth, uint32_t b) {
    /@ loop invariant 0 <= i <= a && \forall integer j; 0 <= j <= 16 * i ==> t[j] <= t[0];
       loop assigns i; loop variant a - i; @/
    for (uint32_t i = 0; i < a; i++) {
      /@ assert Most(t, 16 * i + 1, t[i]); @/
    }
    /@ loop invariant 0 <= c <= b && \forall integer q; 0 <= q < 64 * c ==> g[q] <= t[0];
       loop assigns c; loop variant b - c; @/
    for (uint32_t c = 0; c < b; c++) {
      /@ assert Top(g, 64 * c, t[a + c]); @/
      /@ assert t[a + c] <= t[0]; @/
    }
  }
*/

/*@ ghost
  // if no gap that ends before x has k pages, no vacant run of k pages begins before x, where an area or a gap begins
  /@ requires \valid_read(g + (0 .. n - 1)) && Marks(m, n) && Merged(m, n) && EndComplete(g, m, n, n, n) && 1 <= k && x <= n && (x < n ==> m[x] != 0);
     requires \forall integer e; 0 <= e < x ==> g[e] < k;
     assigns \nothing;
     ensures \forall integer s; 0 <= s < x && s + k <= n ==> !Vacant(m, n, s, k); @/
  void lem_full(const uint32_t *g, const int32_t *m, uint32_t n, uint32_t k, uint32_t x) {
    uint32_t p = 0;
    /@ loop invariant 0 <= p <= x;
       loop invariant p < n ==> m[p] != 0;
       loop invariant \forall integer s; 0 <= s < p && s + k <= n ==> !Vacant(m, n, s, k);
       loop assigns p; loop variant x - p; @/
    while (p < x) {
      /@ assert m[p] != 0 && p + m[p] <= n && p - m[p] <= n; @/
      uint32_t l = m[p] > 0 ? (uint32_t)m[p] : (uint32_t)-m[p];
      /@ assert 0 < l <= x - p; @/
      /@ assert m[p] > 0 ==> \forall integer s; p <= s < p + l ==> !Vacant(m, n, s, k); @/
      /@ assert m[p] < 0 ==> g[p + l - 1] == l && l < k; @/
      /@ assert m[p] < 0 && p + l < n ==> m[p + l] > 0; @/
      /@ assert m[p] < 0 ==> \forall integer s; p <= s < p + l && s + k <= n ==> p + l < n && s < p + l < s + k; @/
      /@ assert \forall integer s; p <= s < p + l && s + k <= n ==> !Vacant(m, n, s, k); @/
      p = p + l;
    }
  }
*/

/* ---- marks ---- */

/* The first k of the l pages of the gap at page p are an area, the others a gap. */
/*@ requires Marks(m, n) && Merged(m, n) && p < n && 1 <= k <= l && m[p] == -l;
    assigns m[p .. p + l - 1];
    MARKS
    ensures Merged(m, n);
    ensures m[p] == k && (k < l ==> p + k < n && m[p + k] == k - l);
    ensures \forall integer q; 0 <= q < n && q != p && !(k < l && q == p + k) ==> m[q] == \old(m[q]); */
static inline void cut_gap(int32_t *m, uint32_t p, uint32_t k, uint32_t l) /*@ ghost (uint32_t n) */
{
  //@ assert p + l <= n && \forall integer q; p < q < p + l && q < n ==> m[q] == 0;
  //@ assert p + l < n ==> m[p + l] > 0;
  //@ assert \forall integer x; 0 <= x < p && m[x] != 0 ==> x + m[x] <= p && x - m[x] <= p;
  //@ assert \forall integer x; 0 <= x < p ==> x - m[x] != p || m[x] >= 0;
  if (l > k) m[p + k] = -(int32_t)(l - k);
  m[p] = (int32_t)k;
  //@ assert \forall integer x; 0 <= x < n && m[x] != 0 ==> x == p || (x == p + k && k < l) || (m[x] == \at(m[x], Pre) && (x < p || p + l <= x));
}

/* The same, and of the ends of gaps only the last page's is not as the marks say. */
/*@ requires Tiled(g, m, n) && \valid_read(g + (0 .. n - 1)) && p < n && 1 <= k <= l && m[p] == -l;
    assigns m[p .. p + l - 1];
    ensures Marks(m, n);
    ensures Merged(m, n);
    ensures EndSound(g, m, n, p + l - 1, n);
    ensures EndComplete(g, m, n, p + l - 1, n);
    ensures m[p] == k && (k < l ==> p + k < n && m[p + k] == k - l);
    ensures k == l ==> \forall integer x; 0 <= x < n && m[x] < 0 ==> x - m[x] != p + l;
    ensures \forall integer q; 0 <= q < n && q != p && (m[q] > 0 || \old(m[q]) > 0) ==> m[q] == \old(m[q]); */
static inline void claim_area(int32_t *m, uint32_t p, uint32_t k, uint32_t l) /*@ ghost (const uint32_t *g, uint32_t n) */
{
  //@ assert p + l <= n && \forall integer q; p < q < p + l && q < n ==> m[q] == 0;
  //@ assert \forall integer x, d; 0 <= d < n && d != p + l - 1 && g[d] > 0 && x == d + 1 - g[d] ==> 0 <= x && m[x] == -g[d] && x != p && !(k < l && x == p + k);
  //@ assert \forall integer x; 0 <= x < n && x != p && m[x] < 0 ==> x - m[x] != p + l;
  //@ assert \forall integer x, e; 0 <= x < n && m[x] < 0 && e == x - m[x] - 1 ==> g[e] == -m[x];
  //@ ghost L: ;
  cut_gap(m, p, k, l) /*@ ghost (n) */;
  //@ assert \forall integer x; 0 <= x < n && m[x] < 0 ==> (k < l && x == p + k && m[x] == k - l) || (x != p && m[x] == \at(m[x], L));
  //@ assert \forall integer x, e; 0 <= x < n && m[x] < 0 && e == x - m[x] - 1 && e != p + l - 1 ==> g[e] == -m[x];
}

/* The area at page p is a gap. */
/*@ requires Marks(m, n) && p < n && m[p] > 0;
    assigns m[p];
    MARKS
    ensures m[p] == -\old(m[p]);
    ensures \forall integer q; 0 <= q < n && q != p ==> m[q] == \old(m[q]); */
static inline void vacate(int32_t *m, uint32_t p) /*@ ghost (uint32_t n) */
{
  m[p] = -m[p];
}

/* The gaps at pages p and q, which meet, are one. */
/*@ requires Marks(m, n) && p < n && q < n && m[p] < 0 && m[q] < 0 && q == p - m[p];
    assigns m[p], m[q];
    MARKS
    ensures m[p] == \old(m[p]) + \old(m[q]) && m[q] == 0;
    ensures \forall integer x; 0 <= x < n && x != p && x != q ==> m[x] == \old(m[x]); */
static inline void join_gaps(int32_t *m, uint32_t p, uint32_t q) /*@ ghost (uint32_t n) */
{
  //@ assert \forall integer x; 0 <= x < p && m[x] != 0 ==> x + m[x] <= p && x - m[x] <= p;
  //@ assert \forall integer x; p < x < n && m[x] != 0 ==> q <= x;
  //@ assert q - m[q] <= n && (q - m[q] < n ==> m[q - m[q]] != 0);
  //@ assert \forall integer x; 0 <= x < n && x != p ==> (m[x] > 0 ==> x + m[x] != q) && (m[x] < 0 ==> x - m[x] != q);
  m[p] = m[p] + m[q];
  m[q] = 0;
  //@ assert \forall integer x; 0 <= x < n && m[x] != 0 ==> x == p || m[x] == \at(m[x], Pre);
}

/* The area at page p and the gaps before and after it, if there are any, are one gap of pages s .. e - 1. */
/*@ requires Marks(m, n) && p < n && m[p] > 0;
    requires s == p || s < p && m[s] == s - p;
    requires e == p + m[p] || p + m[p] < n && m[p + m[p]] < 0 && e == p + m[p] - m[p + m[p]];
    assigns m[s .. e - 1];
    MARKS
    ensures s <= p < e <= n && m[s] == s - e;
    ensures \forall integer x; s < x < e ==> m[x] == 0;
    ensures \forall integer x; 0 <= x < n && (x < s || e <= x) ==> m[x] == \old(m[x]); */
static inline void absorb_gaps(int32_t *m, uint32_t p, uint32_t s, uint32_t e) /*@ ghost (uint32_t n) */
{
  uint32_t q = p + (uint32_t)m[p];
  //@ assert q < e ==> m[q] == q - e;
  //@ assert \forall integer x; s < x < e && x != p && x != q ==> m[x] == 0;
  vacate(m, p) /*@ ghost (n) */;
  if (q < e) join_gaps(m, p, q) /*@ ghost (n) */;
  if (s < p) join_gaps(m, s, p) /*@ ghost (n) */;
  //@ assert m[s] == s - e;
  //@ assert \forall integer x; 0 <= x < n && x != s && x != p && x != q ==> m[x] == \at(m[x], Pre);
}

/* The same, and of the ends of gaps only those of these gaps are not as the marks say. */
/*@ requires Tiled(g, m, n) && \valid_read(g + (0 .. n - 1)) && p < n && m[p] > 0;
    requires s == p && (p > 0 ==> g[p - 1] == 0) || p > 0 && g[p - 1] > 0 && s == p - g[p - 1];
    requires e == p + m[p] && (e < n ==> m[e] > 0) || p + m[p] < n && m[p + m[p]] < 0 && e == p + m[p] - m[p + m[p]];
    assigns m[s .. e - 1];
    ensures Marks(m, n);
    ensures Merged(m, n);
    ensures s == p ==> EndSound(g, m, n, e - 1, n);
    ensures s == p ==> EndComplete(g, m, n, e - 1, n);
    ensures s < p ==> EndSound(g, m, n, e - 1, p - 1);
    ensures s < p ==> EndComplete(g, m, n, e - 1, p - 1);
    ensures s <= p < e <= n && m[s] == s - e;
    ensures \forall integer x; 0 <= x < n && m[x] < 0 ==> x - m[x] != p;
    ensures \forall integer q; 0 <= q < n && q != p && (m[q] > 0 || \old(m[q]) > 0) ==> m[q] == \old(m[q]); */
static inline void merge_gaps(int32_t *m, uint32_t p, uint32_t s, uint32_t e) /*@ ghost (const uint32_t *g, uint32_t n) */
{
  //@ assert s < p ==> m[s] == s - p && s >= 0;
  //@ assert e <= n && (e < n ==> m[e] > 0);
  //@ ghost uint32_t q = p + (uint32_t)m[p];
  //@ assert \forall integer x; p < x < q ==> m[x] == 0;
  //@ assert \forall integer x; s < x < p ==> m[x] == 0;
  //@ assert q < e ==> m[q] == q - e;
  //@ assert \forall integer x; q < x < e ==> m[x] == 0;
  //@ assert \forall integer x; s < x < e && x != p ==> m[x] <= 0;
  //@ assert \forall integer x; 0 <= x < n && x != s && m[x] < 0 ==> x - m[x] != p;
  //@ assert \forall integer x; 0 <= x < s && m[x] < 0 ==> x - m[x] < s;
  //@ assert \forall integer x; s < x < e && m[x] < 0 ==> x - m[x] == e;
  //@ assert \forall integer x, d; 0 <= d < n && d != e - 1 && d != p - 1 && g[d] > 0 && x == d + 1 - g[d] ==> 0 <= x < n && m[x] == -g[d] && (x < s || e <= x);
  //@ assert \forall integer x; 0 <= x < n && m[x] < 0 ==> g[x - m[x] - 1] == -m[x];
  //@ assert \forall integer x, y; 0 <= x < n && (x < s || e <= x) && m[x] < 0 && y == x - m[x] && y < n ==> m[y] > 0 && (y < s || e <= y);
  //@ ghost L: ;
  absorb_gaps(m, p, s, e) /*@ ghost (n) */;
  //@ assert \forall integer x, d; 0 <= d < n && d != e - 1 && d != p - 1 && g[d] > 0 && x == d + 1 - g[d] ==> 0 <= x < n && m[x] == \at(m[x], L);
  //@ assert \forall integer x; 0 <= x < n && m[x] < 0 ==> x == s && m[x] == s - e || m[x] == \at(m[x], L) && (x < s && x - m[x] < s || e <= x);
  //@ assert \forall integer x; 0 <= x < n && m[x] < 0 ==> x == s || g[x - m[x] - 1] == -m[x];
  //@ assert \forall integer x, y; 0 <= x < n && x != s && m[x] < 0 && y == x - m[x] && y < n ==> \at(m[y], L) > 0 && (y < s || e <= y);
  //@ assert \forall integer x, y; 0 <= x < n && x != s && m[x] < 0 && y == x - m[x] && y < n ==> m[y] > 0;
  //@ assert EndSound(g, m, n, e - 1, p - 1);
  //@ assert EndComplete(g, m, n, e - 1, n);
}

/* ---- areas ---- */

/* The gap that ends with page e has x pages now, as the marks say, or there is none. */
/*@ requires GapTree(t, g, w, a, n) && Marks(m, n) && EndSound(g, m, n, e, v) && EndComplete(g, m, n, e, v) && e < n && (longer != 0 <==> x >= g[e]);
    requires x > 0 ==> x <= e + 1 && m[e + 1 - x] == -x;
    requires x == 0 ==> \forall integer p; 0 <= p < n && m[p] < 0 ==> p - m[p] != e + 1;
    assigns t[0 .. 16 * a], g[e], w[e / 64];
    ensures GapTree(t, g, w, a, n);
    ensures EndSound(g, m, n, n, v);
    ensures EndComplete(g, m, n, n, v); */
static inline void end_gap(uint32_t *t, uint32_t *g, uint64_t *w, uint32_t a, uint32_t e, uint32_t x, int longer) /*@ ghost (const int32_t *m, uint32_t n, uint32_t v) */
{
  //@ assert \forall integer p; 0 <= p < n && m[p] < 0 && p - m[p] == e + 1 ==> m[p] == -x;
  set_gap(t, g, w, a, e, x, longer) /*@ ghost ((n + 63u) / 64u) */;
  //@ assert \forall integer d; 0 <= d < 64 * ((n + 63) / 64) && d != e ==> g[d] == \at(g[d], Pre);
  //@ assert \forall integer d, p; 0 <= d < n && d != e && d != v && g[d] > 0 && p == d + 1 - g[d] ==> 0 <= p && m[p] == -g[d];
  //@ assert \forall integer d, p; 0 <= p < n && m[p] < 0 && d == p - m[p] - 1 && d != e && d != v ==> g[d] == -m[p];
}

/* The first k pages of the gap that ends with page e are an area. */
/*@ requires GapTree(t, g, w, a, n) && Tiled(g, m, n) && e < n && 1 <= k <= g[e];
    assigns t[0 .. 16 * a], g[e], w[e / 64], m[e + 1 - g[e] .. e];
    ensures GapTree(t, g, w, a, n);
    ensures Tiled(g, m, n);
    ensures \result == e + 1 - \old(g[e]) && m[\result] == k;
    ensures \forall integer q; 0 <= q < n && q != \result && (m[q] > 0 || \old(m[q]) > 0) ==> m[q] == \old(m[q]); */
static inline uint32_t carve_area(uint32_t *t, uint32_t *g, uint64_t *w, int32_t *m, uint32_t a, uint32_t e, uint32_t k) /*@ ghost (uint32_t n) */
{
  uint32_t l = g[e], p = e + 1u - l;
  //@ assert m[p] == -l;
  claim_area(m, p, k, l) /*@ ghost (g, n) */;
  end_gap(t, g, w, a, e, l - k, 0) /*@ ghost (m, n, n) */;
  return p;
}

/* The last page of the lowest gap of k pages or more, or 0xffffffff if there is none. */
/*@ requires GapTree(t, g, w, a, n) && a == nodes_above(depth) && depth <= 6 && Tiled(g, m, n) && k > 0;
    assigns \nothing;
    behavior none:
      assumes \forall integer s; 0 <= s && s + k <= n ==> !Vacant(m, n, s, k);
      ensures \result == 0xffffffff;
    behavior some:
      assumes \exists integer s; 0 <= s && s + k <= n && Vacant(m, n, s, k);
      ensures \result < n && g[\result] >= k && \result + 1 - g[\result] >= 0 && Vacant(m, n, \result + 1 - g[\result], k);
      ensures \forall integer s; 0 <= s < \result + 1 - g[\result] ==> !Vacant(m, n, s, k);
    complete behaviors; disjoint behaviors; */
static inline uint32_t seek_gap(const uint32_t *t, const uint32_t *g, const uint64_t *w, uint32_t a, uint32_t depth, uint32_t k) /*@ ghost (const int32_t *m, uint32_t n) */
{
  if (t[0] < k) {
    //@ ghost lem_root(t, g, a, depth, (n + 63u) / 64u);
    //@ ghost lem_full(g, m, n, k, n);
    return 0xffffffffu;
  }
  uint32_t e = find_gap(t, g, w, a, depth, k) /*@ ghost ((n + 63u) / 64u) */;
  //@ assert e < n && g[e] > 0;
  //@ ghost uint32_t p = e + 1u - g[e];
  //@ assert m[p] == -g[e] && p <= e;
  //@ ghost lem_full(g, m, n, k, p);
  //@ assert Vacant(m, n, p, k);
  return e;
}

/* The gap of pages s .. e - 1, as the marks say, is entered; that of pages s .. p - 1, if there was one, is removed. */
/*@ requires GapTree(t, g, w, a, n) && Marks(m, n) && s <= p < e <= n && m[s] == s - e && g[e - 1] <= e - s && (s < p ==> g[p - 1] > 0);
    requires \forall integer x; 0 <= x < n && m[x] < 0 ==> x - m[x] != p;
    requires s == p ==> EndSound(g, m, n, e - 1, n) && EndComplete(g, m, n, e - 1, n);
    requires s < p ==> EndSound(g, m, n, e - 1, p - 1) && EndComplete(g, m, n, e - 1, p - 1);
    assigns t[0 .. 16 * a], g[0 .. n - 1], w[0 .. (n + 63) / 64 - 1];
    ensures GapTree(t, g, w, a, n);
    ensures EndSound(g, m, n, n, n);
    ensures EndComplete(g, m, n, n, n); */
static inline void end_gaps(uint32_t *t, uint32_t *g, uint64_t *w, uint32_t a, uint32_t p, uint32_t s, uint32_t e) /*@ ghost (const int32_t *m, uint32_t n) */
{
  //@ ghost uint32_t v = s < p ? p - 1u : n;
  end_gap(t, g, w, a, e - 1u, e - s, 1) /*@ ghost (m, n, v) */;
  if (s < p) end_gap(t, g, w, a, p - 1u, 0, 0) /*@ ghost (m, n, n) */;
}

/* The area at page p is free again.  (Not unlikely at all; but a branch that is guessed wrong half of the time is better here than waiting for memory.) */
/*@ requires GapTree(t, g, w, a, n) && Tiled(g, m, n) && p < n && m[p] > 0;
    assigns t[0 .. 16 * a], g[0 .. n - 1], w[0 .. (n + 63) / 64 - 1], m[0 .. n - 1];
    ensures GapTree(t, g, w, a, n);
    ensures Tiled(g, m, n);
    ensures Vacant(m, n, p, \old(m[p]));
    ensures m[p] <= 0;
    ensures \forall integer q; 0 <= q < n && q != p && (m[q] > 0 || \old(m[q]) > 0) ==> m[q] == \old(m[q]); */
static void put_area(uint32_t *t, uint32_t *g, uint64_t *w, int32_t *m, uint32_t a, uint32_t n, uint32_t p)
{
  uint32_t s = p, e = p + (uint32_t)m[p];
  if (KEEL_UNLIKELY(p > 0 && g[p - 1u] > 0)) s = p - g[p - 1u];
  if (KEEL_UNLIKELY(e < n && m[e] < 0)) e += (uint32_t)-m[e];
  //@ ghost uint32_t l = (uint32_t)m[p];
  //@ assert \forall integer x; 0 <= x < n && x != p && m[x] > 0 ==> x + m[x] <= p || p + l <= x;
  //@ assert s < p ==> g[p - 1] > 0;
  //@ assert g[e - 1] > 0 ==> 0 <= e - g[e - 1] && m[e - g[e - 1]] == -g[e - 1];
  //@ assert p + l < e ==> m[p + l] == p + l - e && g[e - 1] == e - (p + l);
  //@ assert p + l == e ==> g[e - 1] == 0;
  //@ ghost L: ;
  merge_gaps(m, p, s, e) /*@ ghost (g, n) */;
  //@ assert \forall integer x; 0 <= x < n && m[x] > 0 ==> x != p && m[x] == \at(m[x], L) && (x + \at(m[x], L) <= p || p + l <= x);
  //@ assert Vacant(m, n, p, l);
  end_gaps(t, g, w, a, p, s, e) /*@ ghost (m, n) */;
}

/* ---- the interface ---- */

/* Steps to the nodes over b blocks of 64 pages; *above is how many nodes are above them. */
/*@ requires 1 <= b <= 0x1000000 && \valid(above);
    assigns *above;
    ensures \result <= 6 && *above == nodes_above(\result) && *above <= 1118481 && b <= 15 * *above + 1;
    ensures \forall integer n; 1 <= n <= 0x40000000 && (n + 63) / 64 == b ==> *above == KEEL_RANGE_ABOVE(n); */
static uint32_t levels_over(uint32_t b, uint32_t *above)
{
  uint32_t a = 0, depth = 0;
  /*@ loop invariant depth == 0 && a == 0 || depth == 1 && a == 1 && b > 1 || depth == 2 && a == 17 && b > 16 || depth == 3 && a == 273 && b > 256 ||
        depth == 4 && a == 4369 && b > 4096 || depth == 5 && a == 69905 && b > 65536 || depth == 6 && a == 1118481 && b > 1048576;
      loop invariant a == nodes_above(depth);
      loop assigns a, depth;
      loop variant 6 - depth; */
  while (15u * a + 1u < b) {
    //@ assert nodes_above(depth + 1) == 16 * nodes_above(depth) + 1;
    a = 16u * a + 1u;
    depth++;
  }
  *above = a;
  return depth;
}

/*@ ghost
  // a tree of zeros is over pages of which none ends a gap
  /@ requires a <= 1118481 && 1 <= b <= 15 * a + 1 && b <= 0x1000000 && \valid_read(t + (0 .. 16 * a)) && \valid_read(g + (0 .. 64 * b - 1));
     requires \forall integer j; 0 <= j <= 16 * a ==> t[j] == 0;
     requires \forall integer q; 0 <= q < 64 * b ==> g[q] == 0;
     assigns \nothing;
     ensures Inner(t, a) && OverPages(t, g, a, b); @/
  void lem_blank(const uint32_t *t, const uint32_t *g, uint32_t a, uint32_t b) {
    /@ loop invariant 0 <= i <= a && \forall integer j; 0 <= j < i ==> Most(t, 16 * j + 1, t[j]);
       loop assigns i; loop variant a - i; @/
    for (uint32_t i = 0; i < a; i++) {
      /@ assert t[16 * i + 1] == 0 && t[i] == 0; @/
      /@ assert Most(t, 16 * i + 1, t[i]); @/
    }
    /@ loop invariant a <= c <= a + b && \forall integer j; a <= j < c ==> Top(g, 64 * (j - a), t[j]);
       loop assigns c; loop variant a + b - c; @/
    for (uint32_t c = a; c < a + b; c++) {
      /@ assert g[64 * (c - a)] == 0 && t[c] == 0; @/
      /@ assert Top(g, 64 * (c - a), t[c]); @/
    }
  }
*/

/* All of an instance of n pages is one gap. */
/*@ requires 1 <= n <= KEEL_RANGE_MAX && a <= 1118481 && (n + 63) / 64 <= 15 * a + 1 && \valid(t + (0 .. 16 * a)) && \valid(g + (0 .. 64 * ((n + 63) / 64) - 1)) && \valid(w + (0 .. (n + 63) / 64 - 1)) && \valid(m + (0 .. n - 1));
    requires \separated(t + (0 .. 16 * a), g + (0 .. 64 * ((n + 63) / 64) - 1));
    assigns t[0 .. 16 * a], g[0 .. 64 * ((n + 63) / 64) - 1], w[0 .. (n + 63) / 64 - 1], m[0 .. n - 1];
    ensures GapTree(t, g, w, a, n);
    ensures Tiled(g, m, n);
    ensures \forall integer q; 0 <= q < n ==> m[q] <= 0; */
static void clear_range(uint32_t *t, uint32_t *g, uint64_t *w, int32_t *m, uint32_t a, uint32_t n)
{
  uint32_t b = (n + 63u) / 64u;
  /*@ loop invariant 0 <= i <= 16 * a + 1 && \forall integer j; 0 <= j < i ==> t[j] == 0;
      loop assigns i, t[0 .. 16 * a];
      loop variant 16 * a + 1 - i; */
  for (uint32_t i = 0; i <= 16u * a; i++) t[i] = 0;
  //@ ghost L: ;
  /*@ loop invariant 0 <= i <= 64 * b && \forall integer j; 0 <= j < i ==> g[j] == 0;
      loop invariant \forall integer j; 0 <= j <= 16 * a ==> t[j] == 0;
      loop assigns i, g[0 .. 64 * b - 1];
      loop variant 64 * b - i; */
  for (uint32_t i = 0; i < 64u * b; i++) g[i] = 0;
  /*@ loop invariant 0 <= i <= b;
      loop assigns i, w[0 .. b - 1];
      loop variant b - i; */
  for (uint32_t i = 0; i < b; i++) w[i] = 0;
  /*@ loop invariant 0 <= i <= n && \forall integer j; 0 <= j < i ==> m[j] == 0;
      loop assigns i, m[0 .. n - 1];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) m[i] = 0;
  m[0] = -(int32_t)n;
  //@ ghost lem_blank(t, g, a, b);
  //@ assert Ends(w, g, b);
  //@ assert \forall integer x; 0 < x < n ==> m[x] == 0;
  //@ assert Marks(m, n);
  end_gap(t, g, w, a, n - 1u, n, 1) /*@ ghost (m, n, n) */;
}

/*@ requires 1 <= n <= KEEL_RANGE_MAX ==> \valid(r) && \valid(tree + (0 .. KEEL_RANGE_TREE(n) - 1)) && \valid(gap + (0 .. KEEL_RANGE_GAPS(n) - 1)) && \valid(ends + (0 .. KEEL_RANGE_ENDS(n) - 1)) && \valid(mark + (0 .. n - 1));
    requires 1 <= n <= KEEL_RANGE_MAX ==> \separated(r, tree + (0 .. KEEL_RANGE_TREE(n) - 1), gap + (0 .. KEEL_RANGE_GAPS(n) - 1), ends + (0 .. KEEL_RANGE_ENDS(n) - 1), mark + (0 .. n - 1));
    assigns *r, tree[0 .. KEEL_RANGE_TREE(n) - 1], gap[0 .. KEEL_RANGE_GAPS(n) - 1], ends[0 .. KEEL_RANGE_ENDS(n) - 1], mark[0 .. n - 1];
    behavior ok:
      assumes 1 <= n <= KEEL_RANGE_MAX;
      ensures done: \result == KEEL_OK;
      ensures inv: RangeInv(r);
      ensures shape: r->n == n && r->above == KEEL_RANGE_ABOVE(n) && r->tree == tree && r->gap == gap && r->ends == ends && r->mark == mark;
      ensures vacant: \forall integer q; 0 <= q < n ==> mark[q] <= 0;
    behavior bad:
      assumes !(1 <= n <= KEEL_RANGE_MAX);
      assigns \nothing;
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    complete behaviors; disjoint behaviors; */
enum keel_status keel_range_init(struct keel_range *r, uint32_t *tree, uint32_t *gap, uint64_t *ends, int32_t *mark, uint32_t n)
{
  if (n == 0 || n > KEEL_RANGE_MAX) return KEEL_BAD_ARGUMENT;
  uint32_t a, depth = levels_over((n + 63u) / 64u, &a);
  //@ assert a == KEEL_RANGE_ABOVE(n);
  clear_range(tree, gap, ends, mark, a, n);
  r->tree = tree;
  r->gap = gap;
  r->ends = ends;
  r->mark = mark;
  r->n = n;
  r->above = a;
  r->depth = depth;
  return KEEL_OK;
}

/* *first is p from now on. */
/*@ requires GapTree(t, g, w, a, n) && Tiled(g, m, n) && \valid(first) && \separated(first, t + (0 .. 16 * a), g + (0 .. 64 * ((n + 63) / 64) - 1));
    assigns *first;
    ensures GapTree(t, g, w, a, n);
    ensures Tiled(g, m, n);
    ensures *first == p; */
static inline void answer_first(uint32_t *first, uint32_t p) /*@ ghost (const uint32_t *t, const uint32_t *g, const uint64_t *w, const int32_t *m, uint32_t a, uint32_t n) */
{
  //@ assert \forall integer x, e; 0 <= x < n && m[x] < 0 && e == x - m[x] - 1 ==> 0 <= e < n && g[e] == -m[x];
  *first = p;
  //@ assert \forall integer j; 0 <= j <= 16 * a ==> t[j] == \at(t[j], Pre);
  //@ assert \forall integer q; 0 <= q < 64 * ((n + 63) / 64) ==> g[q] == \at(g[q], Pre);
  //@ assert \forall integer i; 0 <= i < a ==> Most{Pre}(t, 16 * i + 1, t[i]);
  //@ assert Inner(t, a);
  //@ assert \forall integer c; a <= c < a + (n + 63) / 64 ==> Top{Pre}(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a <= c < a + (n + 63) / 64 ==> Top(g, 64 * (c - a), t[c]);
  //@ assert \forall integer c; a + (n + 63) / 64 <= c <= 16 * a ==> t[c] == 0;
  //@ assert \forall integer c, q; 0 <= c < (n + 63) / 64 && 64 * c <= q < 64 * c + 64 && !bit(w[c], q - 64 * c) ==> 0 <= q < 64 * ((n + 63) / 64) && \at(g[q], Pre) == 0;
  //@ assert Ends(w, g, (n + 63) / 64);
  //@ assert EndSound(g, m, n, n, n);
  //@ assert \forall integer x, e; 0 <= x < n && m[x] < 0 && e == x - m[x] - 1 ==> g[e] == -m[x];
  //@ assert EndComplete(g, m, n, n, n);
}

/*@ requires \valid(r) && RangeInv(r) && \valid(first) && \separated(first, r->tree + (0 .. 16 * r->above), r->gap + (0 .. 64 * ((r->n + 63) / 64) - 1));
    assigns r->tree[0 .. 16 * r->above], r->gap[0 .. r->n - 1], r->ends[0 .. (r->n + 63) / 64 - 1], r->mark[0 .. r->n - 1], *first;
    ensures inv: RangeInv(r);
    behavior ok:
      assumes pages != 0 && \exists integer s; 0 <= s && s + pages <= r->n && Vacant(r->mark, r->n, s, pages);
      ensures done: \result == KEEL_OK;
      ensures live: *first + pages <= r->n && r->mark[*first] == pages;
      ensures vacant: \old(Vacant(r->mark, r->n, \at(*first, Post), pages));
      ensures lowest: \forall integer s; 0 <= s < *first ==> !\old(Vacant(r->mark, r->n, s, pages));
      ensures others: \forall integer q; 0 <= q < r->n && q != *first && (r->mark[q] > 0 || \old(r->mark[q]) > 0) ==> r->mark[q] == \old(r->mark[q]);
    behavior none:
      assumes pages != 0 && \forall integer s; 0 <= s && s + pages <= r->n ==> !Vacant(r->mark, r->n, s, pages);
      assigns \nothing;
      ensures refused: \result == KEEL_NO_RANGE;
      ensures kept: \forall integer q; 0 <= q < r->n ==> r->mark[q] == \old(r->mark[q]);
    behavior bad:
      assumes pages == 0;
      assigns \nothing;
      ensures refused: \result == KEEL_BAD_ARGUMENT;
      ensures kept: \forall integer q; 0 <= q < r->n ==> r->mark[q] == \old(r->mark[q]);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_range_alloc(struct keel_range *r, uint32_t pages, uint32_t *first)
{
  if (pages == 0) return KEEL_BAD_ARGUMENT;
  uint32_t a = (uint32_t)r->above;
  //@ ghost uint32_t n = (uint32_t)r->n;
  uint32_t e = seek_gap(r->tree, r->gap, r->ends, a, (uint32_t)r->depth, pages) /*@ ghost (r->mark, n) */;
  if (e == 0xffffffffu) return KEEL_NO_RANGE;
  //@ assert \exists integer s; 0 <= s && s + pages <= r->n && Vacant(r->mark, r->n, s, pages);
  uint32_t p = carve_area(r->tree, r->gap, r->ends, r->mark, a, e, pages) /*@ ghost (n) */;
  answer_first(first, p) /*@ ghost (r->tree, r->gap, r->ends, r->mark, a, n) */;
  return KEEL_OK;
}

/*@ requires \valid(r) && RangeInv(r);
    assigns r->tree[0 .. 16 * r->above], r->gap[0 .. r->n - 1], r->ends[0 .. (r->n + 63) / 64 - 1], r->mark[0 .. r->n - 1];
    ensures inv: RangeInv(r);
    behavior ok:
      assumes first < r->n && r->mark[first] > 0;
      ensures done: \result == KEEL_OK;
      ensures gone: r->mark[first] <= 0;
      ensures vacant: Vacant(r->mark, r->n, first, \old(r->mark[first]));
      ensures others: \forall integer q; 0 <= q < r->n && q != first && (r->mark[q] > 0 || \old(r->mark[q]) > 0) ==> r->mark[q] == \old(r->mark[q]);
    behavior outside:
      assumes first >= r->n;
      assigns \nothing;
      ensures refused: \result == KEEL_OUT_OF_RANGE;
      ensures kept: \forall integer q; 0 <= q < r->n ==> r->mark[q] == \old(r->mark[q]);
    behavior none:
      assumes first < r->n && r->mark[first] <= 0;
      assigns \nothing;
      ensures refused: \result == KEEL_NOT_HEAD;
      ensures kept: \forall integer q; 0 <= q < r->n ==> r->mark[q] == \old(r->mark[q]);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_range_free(struct keel_range *r, uint32_t first)
{
  if (first >= r->n) return KEEL_OUT_OF_RANGE;
  if (r->mark[first] <= 0) return KEEL_NOT_HEAD;
  put_area(r->tree, r->gap, r->ends, r->mark, (uint32_t)r->above, (uint32_t)r->n, first);
  return KEEL_OK;
}

/*@ requires \valid_read(r) && RangeInv(r);
    assigns \nothing;
    ensures \result == (p < r->n && r->mark[p] > 0 ? r->mark[p] : 0); */
uint32_t keel_range_size(const struct keel_range *r, uint32_t p)
{
  return p < r->n && r->mark[p] > 0 ? (uint32_t)r->mark[p] : 0;
}
