// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of ranges (core/range.c). */
#ifndef KEEL_SPECS_RANGE_H
#define KEEL_SPECS_RANGE_H

/*@ // m is the largest of 16 elements
    predicate Most{L}(uint32_t *t, integer c, integer m) =
      (\forall integer j; c <= j < c + 16 ==> t[j] <= m) && \exists integer j; c <= j < c + 16 && t[j] == m;
    // m is the largest of 64
    predicate Top{L}(uint32_t *g, integer c, integer m) =
      (\forall integer j; c <= j < c + 64 ==> g[j] <= m) && \exists integer j; c <= j < c + 64 && g[j] == m;
    // u is the largest of 16 elements, if o stands for element i
    predicate But{L}(uint32_t *t, integer c, integer u, integer i, integer o) = c <= i < c + 16 && o <= u &&
      (\forall integer j; c <= j < c + 16 && j != i ==> t[j] <= u) && (o < u ==> \exists integer j; c <= j < c + 16 && j != i && t[j] == u);
    // a tree of a nodes and those below them is so
    predicate Inner{L}(uint32_t *t, integer a) = \forall integer i; 0 <= i < a ==> Most(t, 16 * i + 1, t[i]);
    // and those below are over the pages, 64 each
    predicate OverPages{L}(uint32_t *t, uint32_t *g, integer a, integer b) = (\forall integer c; a <= c < a + b ==> Top(g, 64 * (c - a), t[c])) &&
      \forall integer c; a + b <= c <= 16 * a ==> t[c] == 0;
    // the pages that end gaps are in the words
    predicate Ends{L}(uint64_t *w, uint32_t *g, integer b) = \forall integer c, q; 0 <= c < b && 64 * c <= q < 64 * c + 64 && !bit(w[c], q - 64 * c) ==> g[q] == 0;
    // nodes above level d
    logic integer nodes_above(integer d) = d <= 0 ? 0 : 16 * nodes_above(d - 1) + 1;
    // an instance's tree
    predicate GapTree{L}(uint32_t *t, uint32_t *g, uint64_t *w, integer a, integer n) = 1 <= n <= 0x40000000 && 0 <= a <= 1118481 && (n + 63) / 64 <= 15 * a + 1 &&
      \valid(t + (0 .. 16 * a)) && \valid(w + (0 .. (n + 63) / 64 - 1)) && \valid(g + (0 .. 64 * ((n + 63) / 64) - 1)) && \separated(t + (0 .. 16 * a), g + (0 .. 64 * ((n + 63) / 64) - 1)) &&
      Inner(t, a) && OverPages(t, g, a, (n + 63) / 64) && Ends(w, g, (n + 63) / 64) && \forall integer q; n <= q < 64 * ((n + 63) / 64) ==> g[q] == 0;
*/
/*@ // pages 0 .. n - 1 are areas (m[p] > 0 pages from p on) and gaps (-m[p] pages), one after another
    predicate Within{L}(int32_t *m, integer n) = \forall integer p; 0 <= p < n ==> p + m[p] <= n && p - m[p] <= n;
    predicate After{L}(int32_t *m, integer n) = \forall integer p, q; 0 <= p < n && 0 <= q < n && (m[p] > 0 && q == p + m[p] || m[p] < 0 && q == p - m[p]) ==> m[q] != 0;
    predicate NoOverlap{L}(int32_t *m, integer n) = \forall integer p, q; 0 <= p < q < n && m[p] != 0 && m[q] != 0 ==> p + m[p] <= q && p - m[p] <= q;
    // no two gaps meet
    predicate Merged{L}(int32_t *m, integer n) = \forall integer p, q; 0 <= p < n && 0 <= q < n && m[p] < 0 && q == p - m[p] ==> m[q] > 0;
    // the last page of a gap, and no other, has its length: of pages other than u and v
    predicate EndSound{L}(uint32_t *g, int32_t *m, integer n, integer u, integer v) = \forall integer e, p; 0 <= e < n && e != u && e != v && g[e] > 0 && p == e + 1 - g[e] ==> 0 <= p && m[p] == -g[e];
    predicate EndComplete{L}(uint32_t *g, int32_t *m, integer n, integer u, integer v) = \forall integer p, e; 0 <= p < n && m[p] < 0 && e == p - m[p] - 1 && e != u && e != v ==> g[e] == -m[p];
    predicate Marks{L}(int32_t *m, integer n) = 1 <= n <= 0x40000000 && \valid(m + (0 .. n - 1)) && m[0] != 0 && Within(m, n) && After(m, n) && NoOverlap(m, n);
    predicate Tiled{L}(uint32_t *g, int32_t *m, integer n) = Marks(m, n) && Merged(m, n) && EndSound(g, m, n, n, n) && EndComplete(g, m, n, n, n);
    // no area has one of the pages s .. s + k - 1
    predicate Vacant{L}(int32_t *m, integer n, integer s, integer k) = \forall integer p; 0 <= p < n && m[p] > 0 ==> p + m[p] <= s || s + k <= p;
*/
/* Marks, one by one. */
#define MARKS           \
  ensures m[0] != 0;    \
  ensures Within(m, n); \
  ensures After(m, n);  \
  ensures NoOverlap(m, n);
/*@ // an instance
    predicate RangeInv{L}(struct keel_range *r) = 1 <= r->n && 0 <= r->above <= 1118481 && 0 <= r->depth <= 6 && r->above == nodes_above(r->depth) &&
      GapTree(r->tree, r->gap, r->ends, r->above, r->n) && Tiled(r->gap, r->mark, r->n);
*/

/*@ // arrays of the lengths that belong to an instance's size, whatever is in them
    predicate RangeArrays{L}(struct keel_range *r) = \valid_read(r) && 1 <= r->n <= 0x40000000 && 0 <= r->above <= 1118481 && 0 <= r->depth <= 6 &&
      r->above == nodes_above(r->depth) && (r->n + 63) / 64 <= 15 * r->above + 1 && \valid(r->tree + (0 .. 16 * r->above)) &&
      \valid(r->gap + (0 .. 64 * ((r->n + 63) / 64) - 1)) && \valid(r->ends + (0 .. (r->n + 63) / 64 - 1)) && \valid(r->mark + (0 .. r->n - 1)) &&
      \separated(r->tree + (0 .. 16 * r->above), r->gap + (0 .. 64 * ((r->n + 63) / 64) - 1));
*/

/* Page p ends a gap of x pages from now on, or none if x is 0; c says what x is to what it was. */
#define SETS_GAP(c) \
  requires a <= 1118481 && 1 <= b <= 15 * a + 1 && b <= 0x1000000 && p < 64 * b && \valid(t + (0 .. 16 * a)) && \valid(w + (0 .. b - 1)) && \valid(g + (0 .. 64 * b - 1)) && \separated(t + (0 .. 16 * a), g + (0 .. 64 * b - 1)); \
  requires Inner(t, a) && OverPages(t, g, a, b) && Ends(w, g, b) && c; \
  assigns t[0 .. 16 * a], g[p], w[p / 64]; \
  ensures Inner(t, a); \
  ensures OverPages(t, g, a, b); \
  ensures Ends(w, g, b); \
  ensures g[p] == x;

#endif
