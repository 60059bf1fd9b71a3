// SPDX-License-Identifier: MIT OR Apache-2.0
/* vmalloc, see core/vmalloc.h.  Written for Keel.  The idea of unmapping at once and flushing for many freed areas together is
   that of Linux (mm/vmalloc.c). */
#include "core/vmalloc.h"
#include "specs/vmalloc.h"

/* ---- hooks of a kernel that has no page tables ---- */
#if !KEEL_MAPS
int keel_map(const struct keel_vm *v, int64_t vpn, keel_pfn_t pfn) /*@ ghost (uint32_t q, int64_t \ghost *pt, int8_t \ghost *tlb, _Bool \ghost *failed) */
{
  (void)v, (void)vpn, (void)pfn;
  //@ ghost *failed = (_Bool)1;
  return 0;
}

void keel_unmap(const struct keel_vm *v, int64_t vpn, uint32_t pages) /*@ ghost (uint32_t q, int64_t \ghost *pt) */
{
  (void)v, (void)vpn, (void)pages;
  /*@ ghost
      /@ loop invariant 0 <= i <= pages && \forall integer j; q <= j < q + i ==> pt[j] == -1;
         loop assigns i, pt[q .. q + pages - 1]; loop variant pages - i; @/
      for (uint32_t i = 0; i < pages; i++) pt[(int64_t)q + i] = -1; */
}

void keel_flush(const struct keel_vm *v, int64_t vpn, uint32_t pages) /*@ ghost (uint32_t q, int64_t \ghost *pt, int8_t \ghost *tlb) */
{
  (void)v, (void)vpn, (void)pages;
  /*@ ghost
      /@ loop invariant 0 <= i <= pages && \forall integer j; q <= j < q + i ==> tlb[j] == 0;
         loop assigns i, tlb[q .. q + pages - 1]; loop variant pages - i; @/
      for (uint32_t i = 0; i < pages; i++) tlb[(int64_t)q + i] = (int8_t)0; */
}
#endif

/* ---- single steps, each of which keeps the whole invariant ---- */

/* The page at page q of the arena is x - 1, or none if x is 0. */
/*@ requires RangeInv(&v->r) && InvB(z, st, ord) && VmArrays(v, z, pt, tlb) && q < v->r.n && (x != 0 ==> Single(z->n, z->tag, st, ord, x - 1));
    requires \forall integer i; 0 <= i < v->r.n && i != q && v->page[i] != 0 ==> Single(z->n, z->tag, st, ord, v->page[i] - 1);
    assigns v->page[q];
    ensures Singles(v->page, v->r.n, z->n, z->tag, st, ord);
    ensures RangeInv(&v->r);
    ensures InvB(z, st, ord);
    ensures VmArrays(v, z, pt, tlb);
    ensures v->page[q] == x;
    ensures \forall integer i; 0 <= i < v->r.n && i != q ==> v->page[i] == \old(v->page[i]);
    ensures z->u == \old(z->u) && z->n == \old(z->n); */
static inline void set_page(struct keel_vm *v, uint32_t q, uint32_t x) /*@ ghost (VM_STATE) */
{
  //@ assert \separated(v->page + q, z) && \separated(v->page + q, v);
  //@ assert GapTree(v->r.tree, v->r.gap, v->r.ends, v->r.above, v->r.n) && Tiled(v->r.gap, v->r.mark, v->r.n);
  answer_first(&v->page[q], x) /*@ ghost (v->r.tree, v->r.gap, v->r.ends, v->r.mark, (uint32_t)v->r.above, (uint32_t)v->r.n) */;
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre) && \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert \forall integer i; 0 <= i < v->r.n && i != q ==> v->page[i] == \at(v->page[i], Pre);
  //@ assert \forall integer i; 0 <= i < v->r.n && i != q && v->page[i] != 0 ==> Single(z->n, z->tag, st, ord, \at(v->page[i], Pre) - 1);
  //@ assert v->page[q] != 0 ==> Single(z->n, z->tag, st, ord, v->page[q] - 1);
}

/* A page that was free, for this layer. */
/*@ requires InvB(z, st, ord) && z->nr_free > 0;
    requires \forall integer c; 0 <= c < b ==> NO_WORD(w + c);
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \result < z->n && Single(z->n, z->tag, st, ord, \result) && \old(st[\at(\result, Post)]) == FREE && z->ref[\result] == 0;
    ensures \forall integer g; 0 <= g < NP && g != \result ==> KEEPS(Pre, g);
    ensures z->nr_free == \old(z->nr_free) - 1;
    ensures \forall integer c; 0 <= c < b ==> w[c] == \old(w[c]); */
static inline uint32_t new_single(struct keel_pages *z) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, const uint64_t *w, int64_t b) */
{
  //@ ghost lem_some_free(st, ord, z->u);
  keel_pfn_t pfn = keel_pages_alloc(z, 0, KEEL_VMALLOC) /*@ ghost (st, ord) */;
  return (uint32_t)(pfn - z->base);
}

/* new_single, which leaves the range instance alone. */
/*@ requires InvB(z, st, ord) && z->nr_free > 0 && RangeInv(&v->r) && VmArrays(v, z, pt, tlb);
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    ensures InvB(z, st, ord);
    ensures RangeInv(&v->r);
    ensures VmArrays(v, z, pt, tlb);
    ensures \result < z->n && Single(z->n, z->tag, st, ord, \result) && \old(st[\at(\result, Post)]) == FREE && z->ref[\result] == 0;
    ensures \forall integer g; 0 <= g < NP && g != \result ==> KEEPS(Pre, g);
    ensures z->nr_free == \old(z->nr_free) - 1;
    SAME_SIZES SAME_DEAD SAME_TABLE */
static inline uint32_t get_page(struct keel_vm *v) /*@ ghost (VM_STATE) */
{
  //@ ghost int64_t b = (v->r.n + 63) / 64;
  //@ assert \forall integer c; 0 <= c < b ==> NO_WORD(v->r.ends + c);
  uint32_t g = new_single(v->z) /*@ ghost (st, ord, v->r.ends, b) */;
  //@ assert \forall integer c; 0 <= c < b ==> v->r.ends[c] == \at(v->r.ends[c], Pre);
  //@ assert v->r.n == \at(v->r.n, Pre) && v->r.above == \at(v->r.above, Pre) && v->r.depth == \at(v->r.depth, Pre);
  //@ assert SameEnds{Pre, Here}(v->r.ends, v->r.gap, (v->r.n + 63) / 64);
  //@ assert Ends(v->r.ends, v->r.gap, (v->r.n + 63) / 64);
  //@ assert GapTree(v->r.tree, v->r.gap, v->r.ends, v->r.above, v->r.n);
  return g;
}

/* Page q of the arena, in area x, gets a page. */
/*@ requires VM(x) && z->nr_free > 0 && x < v->r.n && In(v->r.mark, x, q) && v->page[q] == 0;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS, v->page[q];
    KEEPS_VM(x) SAME_SIZES SAME_DEAD SAME_TABLE
    ensures \forall integer g; 0 <= g < NP && g != v->page[q] - 1 ==> SPARED(Pre, g);
    ensures v->page[q] != 0 && WasFree{Pre}(st, v->page[q]) && z->ref[v->page[q] - 1] == 0;
    ensures \forall integer i; 0 <= i < v->r.n && i != q ==> v->page[i] == \old(v->page[i]);
    ensures z->nr_free == \old(z->nr_free) - 1; */
static inline void back_page(struct keel_vm *v, uint32_t q) /*@ ghost (uint32_t x, VM_STATE) */
{
  //@ assert \forall integer p; 0 <= p < v->r.n && In(v->r.mark, p, q) ==> p == x;
  uint32_t g = get_page(v) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer i; 0 <= i < v->r.n && v->page[i] != 0 ==> Single(z->n, z->tag, st, ord, v->page[i] - 1) && v->page[i] - 1 != g;
  set_page(v, q, 1u + g) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer i; 0 <= i < v->r.n && i != q && v->page[i] != 0 ==> v->page[i] == \at(v->page[i], Pre) && v->page[i] != v->page[q];
  //@ assert \forall integer i; 0 <= i < v->r.n && i != q && v->page[i] != 0 ==> \exists integer p; 0 <= p < v->r.n && In(v->r.mark, p, i);
}

/* One reference to page g, of this layer's, is dropped. */
/*@ requires InvB(z, st, ord) && Single(z->n, z->tag, st, ord, g);
    requires \forall integer c; 0 <= c < b ==> NO_WORD(w + c);
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \forall integer h; 0 <= h < NP && h != g ==> SPARED(Pre, h);
    ensures LET_GO(Pre, g + 1) && z->nr_free == \old(z->nr_free) + (\old(z->ref[g]) == 0 ? 1 : 0);
    ensures \forall integer c; 0 <= c < b ==> w[c] == \old(w[c]); */
static inline void end_single(struct keel_pages *z, uint32_t g) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, const uint64_t *w, int64_t b) */
{
  //@ assert Range(z) && z->base + g - z->base == g && HeadErr(z, st, ord, g) == KEEL_OK;
  //@ assert z->ref[g] > 0 ==> OwnErr(z, st, ord, g, KEEL_VMALLOC) == KEEL_BUSY;
  //@ assert z->ref[g] == 0 ==> OwnErr(z, st, ord, g, KEEL_VMALLOC) == KEEL_OK;
  keel_pages_put(z, z->base + g, KEEL_VMALLOC) /*@ ghost (st, ord) */;
  //@ assert \at(z->ref[g], Pre) == 0 ==> \forall integer h; 0 <= h < NP && h != g ==> KEEPS(Pre, h) && z->ref[h] == \at(z->ref[h], Pre);
  //@ assert \at(z->ref[g], Pre) > 0 ==> \forall integer h; 0 <= h < NP && h != g ==> Same{Pre, Here}(st, ord, h) && z->tag[h] == \at(z->tag[h], Pre) && z->ref[h] == \at(z->ref[h], Pre);
}

/* One reference to each of these pages, of this layer's, is dropped: pages g[i] - 1 for all i from lo below hi. */
/*@ requires InvB(z, st, ord) && lo <= hi && \valid_read(g + (lo .. hi - 1));
    requires singles: \forall integer i; lo <= i < hi ==> g[i] != 0 && Single(z->n, z->tag, st, ord, g[i] - 1);
    requires once: \forall integer i, j; lo <= i < j < hi ==> g[i] != g[j];
    requires \forall integer c; 0 <= c < b ==> NO_WORD(w + c);
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS;
    ensures InvB(z, st, ord);
    ensures back: \forall integer i; lo <= i < hi ==> LET_GO(Pre, g[i]);
    ensures spared: \forall integer h; 0 <= h < NP && (\forall integer i; lo <= i < hi ==> g[i] != h + 1) ==> SPARED(Pre, h);
    ensures more: z->nr_free >= \old(z->nr_free);
    ensures all: \old(\forall integer i; lo <= i < hi ==> z->ref[g[i] - 1] == 0) ==> z->nr_free == \old(z->nr_free) + hi - lo;
    ensures \forall integer c; 0 <= c < b ==> w[c] == \old(w[c]); */
static void end_singles(struct keel_pages *z, const uint32_t *g, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, const uint64_t *w, int64_t b) */
{
  //@ assert Range(z) && \forall integer k; lo <= k < hi ==> 0 <= g[k] - 1 < NP;
  /*@ loop invariant lo <= i <= hi;
      loop invariant InvB(z, st, ord);
      loop invariant back: \forall integer k; lo <= k < i ==> LET_GO(Pre, g[k]);
      loop invariant still: \forall integer k; i <= k < hi ==> SPARED(Pre, g[k] - 1);
      loop invariant spared: \forall integer h; 0 <= h < NP && (\forall integer k; lo <= k < hi ==> g[k] != h + 1) ==> SPARED(Pre, h);
      loop invariant more: z->nr_free >= \at(z->nr_free, Pre);
      loop invariant all: \at(\forall integer k; lo <= k < hi ==> z->ref[g[k] - 1] == 0, Pre) ==> z->nr_free == \at(z->nr_free, Pre) + i - lo;
      loop invariant \forall integer c; 0 <= c < b ==> w[c] == \at(w[c], Pre);
      loop assigns i, KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS;
      loop variant hi - i; */
  for (uint32_t i = lo; i < hi; i++) {
    //@ ghost L: ;
    //@ assert \forall integer k; lo <= k < hi && k != i ==> g[k] != g[i];
    end_single(z, g[i] - 1u) /*@ ghost (st, ord, w, b) */;
    //@ assert \forall integer k; lo <= k < hi && k != i ==> SPARED(L, g[k] - 1);
    //@ assert \forall integer k; lo <= k < i ==> LET_GO(Pre, g[k]);
    //@ assert \forall integer k; k == i ==> LET_GO(Pre, g[k]);
  }
}

/* end_singles for so many pages of the arena from page p on, which leaves the range instance alone. */
/*@ requires InvB(z, st, ord) && RangeInv(&v->r) && VmArrays(v, z, pt, tlb) && p + pages <= v->r.n;
    requires singles: \forall integer q; p <= q < p + pages ==> v->page[q] != 0 && Single(z->n, z->tag, st, ord, v->page[q] - 1);
    requires once: \forall integer q, r; p <= q < r < p + pages ==> v->page[q] != v->page[r];
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS;
    ensures InvB(z, st, ord);
    ensures RangeInv(&v->r);
    ensures VmArrays(v, z, pt, tlb);
    SAME_SIZES SAME_MARKS SAME_DEAD SAME_TABLE
    ensures back: \forall integer q; p <= q < p + pages ==> LET_GO(Pre, v->page[q]);
    ensures spared: \forall integer g; 0 <= g < NP && (\forall integer q; p <= q < p + pages ==> v->page[q] != g + 1) ==> SPARED(Pre, g);
    ensures more: z->nr_free >= \old(z->nr_free);
    ensures all: \old(\forall integer q; p <= q < p + pages ==> z->ref[v->page[q] - 1] == 0) ==> z->nr_free == \old(z->nr_free) + pages; */
static void drop_pages(struct keel_vm *v, uint32_t p, uint32_t pages) /*@ ghost (VM_STATE) */
{
  //@ ghost int64_t b = (v->r.n + 63) / 64;
  //@ assert \forall integer c; 0 <= c < b ==> NO_WORD(v->r.ends + c);
  end_singles(v->z, v->page, p, p + pages) /*@ ghost (st, ord, v->r.ends, b) */;
  //@ assert \forall integer c; 0 <= c < b ==> v->r.ends[c] == \at(v->r.ends[c], Pre);
  //@ assert v->r.n == \at(v->r.n, Pre) && v->r.above == \at(v->r.above, Pre) && v->r.depth == \at(v->r.depth, Pre);
  //@ assert SameEnds{Pre, Here}(v->r.ends, v->r.gap, (v->r.n + 63) / 64);
  //@ assert Ends(v->r.ends, v->r.gap, (v->r.n + 63) / 64);
  //@ assert SameTiling{Pre, Here}(v->r.gap, v->r.mark, v->r.n);
  //@ assert Within(v->r.mark, v->r.n) && After(v->r.mark, v->r.n) && NoOverlap(v->r.mark, v->r.n);
  //@ assert Merged(v->r.mark, v->r.n) && EndSound(v->r.gap, v->r.mark, v->r.n, v->r.n, v->r.n) && EndComplete(v->r.gap, v->r.mark, v->r.n, v->r.n, v->r.n);
  //@ assert GapTree(v->r.tree, v->r.gap, v->r.ends, v->r.above, v->r.n);
}

/* No page is at pages lo .. hi - 1 of an arena. */
/*@ requires lo <= hi && \valid(page + (lo .. hi - 1));
    assigns page[lo .. hi - 1];
    ensures \forall integer i; lo <= i < hi ==> page[i] == 0; */
static void clear_pages(uint32_t *page, uint32_t lo, uint32_t hi)
{
  /*@ loop invariant lo <= i <= hi && \forall integer j; lo <= j < i ==> page[j] == 0;
      loop assigns i, page[lo .. hi - 1];
      loop variant hi - i; */
  for (uint32_t i = lo; i < hi; i++) page[i] = 0;
}

/* clear_pages, which leaves the range instance alone. */
/*@ requires GapTree(t, g, w, a, n) && Tiled(g, m, n) && lo <= hi && \valid(page + (lo .. hi - 1)) && \separated(page + (lo .. hi - 1), t + (0 .. 16 * a), g + (0 .. 64 * ((n + 63) / 64) - 1));
    assigns page[lo .. hi - 1];
    ensures GapTree(t, g, w, a, n);
    ensures Tiled(g, m, n);
    ensures \forall integer i; lo <= i < hi ==> page[i] == 0; */
static inline void clear_part(uint32_t *page, uint32_t lo, uint32_t hi) /*@ ghost (const uint32_t *t, const uint32_t *g, const uint64_t *w, const int32_t *m, uint32_t a, uint32_t n) */
{
  clear_pages(page, lo, hi);
  //@ assert \forall integer i; 0 <= i <= 16 * a ==> t[i] == \at(t[i], Pre);
  //@ assert \forall integer i; 0 <= i < 64 * ((n + 63) / 64) ==> g[i] == \at(g[i], Pre);
  //@ assert Inner(t, a) && OverPages(t, g, a, (n + 63) / 64);
  //@ assert SameEnds{Pre, Here}(w, g, (n + 63) / 64);
  //@ assert Ends(w, g, (n + 63) / 64);
  //@ assert SameTiling{Pre, Here}(g, m, n);
  //@ assert Within(m, n) && After(m, n) && NoOverlap(m, n);
  //@ assert Merged(m, n) && EndSound(g, m, n, n, n) && EndComplete(g, m, n, n, n);
}

/* No page is at the pages of the arena from page p on, so many. */
/*@ requires RangeInv(&v->r) && InvB(z, st, ord) && VmArrays(v, z, pt, tlb) && p + pages <= v->r.n;
    requires \forall integer i; 0 <= i < v->r.n && !(p <= i < p + pages) && v->page[i] != 0 ==> Single(z->n, z->tag, st, ord, v->page[i] - 1);
    assigns v->page[p .. p + pages - 1];
    ensures Singles(v->page, v->r.n, z->n, z->tag, st, ord);
    ensures RangeInv(&v->r);
    ensures InvB(z, st, ord);
    ensures VmArrays(v, z, pt, tlb);
    ensures \forall integer i; p <= i < p + pages ==> v->page[i] == 0;
    ensures \forall integer i; 0 <= i < v->r.n && !(p <= i < p + pages) ==> v->page[i] == \old(v->page[i]);
    ensures z->u == \old(z->u) && z->n == \old(z->n); */
static void clear_area(struct keel_vm *v, uint32_t p, uint32_t pages) /*@ ghost (VM_STATE) */
{
  //@ assert \separated(v->page + (p .. p + pages - 1), z) && \separated(v->page + (p .. p + pages - 1), v);
  //@ assert GapTree(v->r.tree, v->r.gap, v->r.ends, v->r.above, v->r.n) && Tiled(v->r.gap, v->r.mark, v->r.n);
  clear_part(v->page, p, p + pages) /*@ ghost (v->r.tree, v->r.gap, v->r.ends, v->r.mark, (uint32_t)v->r.above, (uint32_t)v->r.n) */;
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre) && \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert \forall integer i; 0 <= i < v->r.n && !(p <= i < p + pages) ==> v->page[i] == \at(v->page[i], Pre);
  //@ assert \forall integer i; 0 <= i < v->r.n && v->page[i] != 0 ==> !(p <= i < p + pages) && Single(z->n, z->tag, st, ord, \at(v->page[i], Pre) - 1);
}

/* keel_range_alloc, which leaves the page instance alone. */
/*@ requires InvB(z, st, ord) && RangeInv(&v->r) && VmArrays(v, z, pt, tlb) && 1 <= pages;
    assigns RANGE_ARRAYS;
    ensures InvB(z, st, ord);
    ensures RangeInv(&v->r);
    ensures VmArrays(v, z, pt, tlb);
    SAME_SIZES
    ensures pages: \forall integer q; 0 <= q < v->r.n ==> v->page[q] == \old(v->page[q]);
    ensures refs: \forall integer g; 0 <= g < NP ==> z->ref[g] == \old(z->ref[g]);
    ensures \result == KEEL_NONE <==> \forall integer s; 0 <= s && s + pages <= v->r.n ==> !\old(Vacant(v->r.mark, v->r.n, s, pages));
    ensures \result == KEEL_NONE ==> \forall integer q; 0 <= q < v->r.n ==> v->r.mark[q] == \old(v->r.mark[q]);
    ensures \result != KEEL_NONE ==> \result + pages <= v->r.n && v->r.mark[\result] == pages && \old(Vacant(v->r.mark, v->r.n, \at(\result, Post), pages));
    ensures others: \forall integer q; 0 <= q < v->r.n && q != \result && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]); */
static inline uint32_t get_range(struct keel_vm *v, uint32_t pages) /*@ ghost (VM_STATE) */
{
  uint32_t p;
  enum keel_status e = keel_range_alloc(&v->r, pages, &p);
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre) && \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert \forall integer q; 0 <= q < NP ==> z->ref[q] == \at(z->ref[q], Pre);
  //@ assert \forall integer i; 0 <= i < W0(z->u) ==> z->l0[i] == \at(z->l0[i], Pre);
  //@ assert \forall integer i; 0 <= i < W1(z->u) ==> z->l1[i] == \at(z->l1[i], Pre);
  //@ assert \forall integer i; 0 <= i < W2(z->u) ==> z->l2[i] == \at(z->l2[i], Pre);
  //@ assert \forall integer i; 0 <= i < W3(z->u) ==> z->l3[i] == \at(z->l3[i], Pre);
  //@ assert nfree(st, 1024 * z->u) == \at(nfree(st, 1024 * z->u), Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Quiet(st, z->u) && Counters(z);
  //@ assert z->nr_free == \at(z->nr_free, Pre) && \at(z->nr_free, Pre) == nfree(st, 1024 * \at(z->u, Pre));
  //@ assert z->nr_free == nfree(st, 1024 * z->u);
  //@ assert Rest(st, z->n, z->u);
  return e == KEEL_OK ? p : KEEL_NONE;
}

/* A vacant place for so many pages becomes an area, without pages yet. */
/*@ requires VM(KEEL_NONE) && 1 <= pages;
    assigns RANGE_ARRAYS;
    KEEPS_VM(\result) SAME_SIZES
    ensures refs: \forall integer g; 0 <= g < NP ==> z->ref[g] == \old(z->ref[g]);
    ensures wait: \forall integer g; OfDead(v, g) <==> \old(OfDead(v, g));
    ensures none: \result == KEEL_NONE <==> \forall integer s; 0 <= s && s + pages <= v->r.n ==> !\old(Vacant(v->r.mark, v->r.n, s, pages));
    ensures \result == KEEL_NONE ==> \forall integer q; 0 <= q < v->r.n ==> v->r.mark[q] == \old(v->r.mark[q]);
    ensures \result != KEEL_NONE ==> \result + pages <= v->r.n && v->r.mark[\result] == pages && \old(v->r.mark[\at(\result, Post)]) <= 0;
    ensures \result != KEEL_NONE ==> \forall integer q; \result <= q < \result + pages ==> v->page[q] == 0 && pt[q] == -1;
    ensures \result != KEEL_NONE ==> !Dead(v, \result);
    ensures others: \forall integer q; 0 <= q < v->r.n && q != \result && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]);
    ensures pages: \forall integer q; 0 <= q < v->r.n ==> v->page[q] == \old(v->page[q]); */
static inline uint32_t take_range(struct keel_vm *v, uint32_t pages) /*@ ghost (VM_STATE) */
{
  uint32_t p = get_range(v, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer i, q; 0 <= i < v->r.n && i != p && In(v->r.mark, i, q) ==> v->r.mark[i] == \at(v->r.mark[i], Pre) && \at(In(v->r.mark, i, q), Pre);
  //@ assert \forall integer i, q; 0 <= i < v->r.n && \at(In(v->r.mark, i, q), Pre) ==> In(v->r.mark, i, q) && !(p <= q < p + pages);
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 ==> Single(z->n, z->tag, st, ord, v->page[q] - 1);
  //@ assert \forall integer i; 0 <= i < v->nr_dead ==> v->dead[i] != p && v->r.mark[v->dead[i]] == \at(v->r.mark[v->dead[i]], Pre);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead ==> (In(v->r.mark, v->dead[i], q) <==> \at(In(v->r.mark, v->dead[i], q), Pre));
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> v->page[q] == \at(v->page[q], Pre);
  return p;
}

/* keel_range_free, which leaves the page instance alone. */
/*@ requires InvB(z, st, ord) && RangeInv(&v->r) && VmArrays(v, z, pt, tlb) && p < v->r.n && v->r.mark[p] > 0;
    assigns RANGE_ARRAYS;
    ensures InvB(z, st, ord);
    ensures RangeInv(&v->r);
    ensures VmArrays(v, z, pt, tlb);
    SAME_SIZES
    ensures pages: \forall integer q; 0 <= q < v->r.n ==> v->page[q] == \old(v->page[q]);
    ensures v->r.mark[p] <= 0;
    ensures others: \forall integer q; 0 <= q < v->r.n && q != p && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]); */
static inline void put_range(struct keel_vm *v, uint32_t p) /*@ ghost (VM_STATE) */
{
  keel_range_free(&v->r, p);
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre) && \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert \forall integer q; 0 <= q < NP ==> z->ref[q] == \at(z->ref[q], Pre);
  //@ assert \forall integer i; 0 <= i < W0(z->u) ==> z->l0[i] == \at(z->l0[i], Pre);
  //@ assert \forall integer i; 0 <= i < W1(z->u) ==> z->l1[i] == \at(z->l1[i], Pre);
  //@ assert \forall integer i; 0 <= i < W2(z->u) ==> z->l2[i] == \at(z->l2[i], Pre);
  //@ assert \forall integer i; 0 <= i < W3(z->u) ==> z->l3[i] == \at(z->l3[i], Pre);
  //@ assert nfree(st, 1024 * z->u) == \at(nfree(st, 1024 * z->u), Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Quiet(st, z->u) && z->nr_free == nfree(st, 1024 * z->u) && Counters(z) && Rest(st, z->n, z->u);
}

/* The place of area p, which has no pages, is vacant. */
/*@ requires VM(p) && p < v->r.n && v->r.mark[p] > 0 && !Dead(v, p);
    requires \forall integer q; In(v->r.mark, p, q) ==> v->page[q] == 0;
    assigns RANGE_ARRAYS;
    KEEPS_VM(KEEL_NONE) SAME_SIZES
    ensures v->r.mark[p] <= 0;
    ensures others: \forall integer q; 0 <= q < v->r.n && q != p && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]);
    ensures pages: \forall integer q; 0 <= q < v->r.n ==> v->page[q] == \old(v->page[q]); */
static inline void end_area(struct keel_vm *v, uint32_t p) /*@ ghost (VM_STATE) */
{
  put_range(v, p) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer i, q; 0 <= i < v->r.n && In(v->r.mark, i, q) ==> i != p && v->r.mark[i] == \at(v->r.mark[i], Pre) && \at(In(v->r.mark, i, q), Pre);
  //@ assert \forall integer i, q; 0 <= i < v->r.n && i != p && \at(In(v->r.mark, i, q), Pre) ==> In(v->r.mark, i, q);
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 ==> Single(z->n, z->tag, st, ord, v->page[q] - 1);
  //@ assert \forall integer i; 0 <= i < v->nr_dead ==> v->dead[i] != p && v->r.mark[v->dead[i]] == \at(v->r.mark[v->dead[i]], Pre);
}

/* Area p has no page any more. */
/*@ requires VM(p) && p < v->r.n && v->r.mark[p] == pages + 1 && pages <= KEEL_RANGE_MAX && !Dead(v, p);
    requires \forall integer q; p <= q < p + pages ==> v->page[q] != 0 && pt[q] == -1 && tlb[q] == 0;
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS, v->page[p .. p + pages - 1];
    KEEPS_VM(p) SAME_SIZES SAME_MARKS SAME_DEAD SAME_TABLE PAGES_BACK(p) NO_FEWER(p)
    ensures \forall integer q; 0 <= q < v->r.n && !(p <= q < p + pages) ==> v->page[q] == \old(v->page[q]); */
static void strip_area(struct keel_vm *v, uint32_t p, uint32_t pages) /*@ ghost (VM_STATE) */
{
  //@ assert \forall integer q; p <= q < p + pages ==> 0 <= q < v->r.n && In(v->r.mark, p, q) && Single(z->n, z->tag, st, ord, v->page[q] - 1) && 0 <= v->page[q] - 1 < NP;
  //@ assert \forall integer x, q; 0 <= x < v->r.n && x != p && In(v->r.mark, x, q) ==> 0 <= q < v->r.n && !(p <= q < p + pages);
  //@ assert \forall integer q, r; 0 <= q < v->r.n && !(p <= q < p + pages) && v->page[q] != 0 && p <= r < p + pages ==> v->page[q] != v->page[r];
  drop_pages(v, p, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer q; 0 <= q < v->r.n && !(p <= q < p + pages) && v->page[q] != 0 ==> SPARED(Pre, v->page[q] - 1);
  //@ assert \forall integer q; 0 <= q < v->r.n && !(p <= q < p + pages) && v->page[q] != 0 ==> Single(z->n, z->tag, st, ord, v->page[q] - 1);
  //@ assert v->r.above == \at(v->r.above, Pre) && v->r.n == \at(v->r.n, Pre) && z->u == \at(z->u, Pre) && v->page == \at(v->page, Pre);
  clear_area(v, p, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer x, q; 0 <= x < v->r.n ==> (In(v->r.mark, x, q) <==> \at(In(v->r.mark, x, q), Pre));
  //@ assert \forall integer x; Dead(v, x) <==> \at(Dead(v, x), Pre);
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 ==> v->page[q] == \at(v->page[q], Pre) && \exists integer x; 0 <= x < v->r.n && In(v->r.mark, x, q);
}

/* ---- areas ---- */

/* Page q of the arena is in an area that waits for a purge. */
/*@ requires RangeInv(&v->r) && \valid_read(v) && Backlog(v) && q < v->r.n;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \exists integer i; 0 <= i < v->nr_dead && v->dead[i] <= q < v->dead[i] + v->r.mark[v->dead[i]]; */
static int is_dead(const struct keel_vm *v, uint32_t q)
{
  /*@ loop invariant 0 <= i <= v->nr_dead && \forall integer j; 0 <= j < i ==> !(v->dead[j] <= q < v->dead[j] + v->r.mark[v->dead[j]]);
      loop assigns i;
      loop variant v->nr_dead - i; */
  for (int64_t i = 0; i < v->nr_dead; i++) {
    int64_t p = v->dead[i];
    if (p <= q && q < p + v->r.mark[p]) return 1;
  }
  return 0;
}

/* keel_map, which leaves the instances alone. */
/*@ requires RangeInv(&v->r) && InvB(z, st, ord) && VmArrays(v, z, pt, tlb) && q < v->r.n && 0 < g <= z->n && pt[q] == -1 && tlb[q] == 0 && \valid(failed);
    assigns pt[q .. q], tlb[q .. q], *failed;
    ensures RangeInv(&v->r);
    ensures InvB(z, st, ord);
    ensures VmArrays(v, z, pt, tlb);
    SAME_SIZES SAME_DEAD
    ensures \result == 1 && pt[q] == z->base + g - 1 && *failed == \old(*failed) || \result == 0 && pt[q] == -1 && tlb[q] == 0 && *failed == 1;
    ensures \forall integer i; 0 <= i < v->r.n && i != q ==> pt[i] == \old(pt[i]) && tlb[i] == \old(tlb[i]); */
static inline int map_page(struct keel_vm *v, uint32_t q, uint32_t g) /*@ ghost (MAP_STATE) */
{
  //@ assert Range(z);
  int done = keel_map(v, v->base + q, v->z->base + g - 1) /*@ ghost (q, pt, tlb, failed) */;
  //@ assert v->base == \at(v->base, Pre) && v->r.n == \at(v->r.n, Pre) && v->r.above == \at(v->r.above, Pre);
  return done;
}

/* keel_unmap, which leaves the instances alone. */
/*@ requires RangeInv(&v->r) && InvB(z, st, ord) && VmArrays(v, z, pt, tlb) && q + pages <= v->r.n;
    requires \forall integer i; q <= i < q + pages ==> pt[i] != -1;
    assigns pt[q .. q + pages - 1];
    ensures RangeInv(&v->r);
    ensures InvB(z, st, ord);
    ensures VmArrays(v, z, pt, tlb);
    SAME_SIZES SAME_DEAD
    ensures \forall integer i; q <= i < q + pages ==> pt[i] == -1;
    ensures \forall integer i; 0 <= i < v->r.n && !(q <= i < q + pages) ==> pt[i] == \old(pt[i]); */
static inline void unmap_pages(struct keel_vm *v, uint32_t q, uint32_t pages) /*@ ghost (VM_STATE) */
{
  keel_unmap(v, v->base + q, pages) /*@ ghost (q, pt) */;
}

/* The pages of area x, which are there, are mapped; answers how many, which is all unless keel_map has failed. */
/*@ requires VM(x) && x < v->r.n && v->r.mark[x] == pages + 1 && pages <= KEEL_RANGE_MAX && !Dead(v, x) && \valid(failed);
    requires \forall integer q; x <= q < x + pages ==> v->page[q] != 0 && pt[q] == -1 && tlb[q] == 0;
    assigns pt[x .. x + pages - 1], tlb[x .. x + pages - 1], *failed;
    KEEPS_VM(x) SAME_SIZES SAME_DEAD
    ensures \result <= pages && *failed == (\result < pages ? 1 : \old(*failed));
    ensures mapped: \forall integer q; x <= q < x + \result ==> pt[q] != -1;
    ensures unmapped: \forall integer q; x + \result <= q < x + pages ==> pt[q] == -1;
    ensures rest: \forall integer q; 0 <= q < v->r.n && !(x <= q < x + pages) ==> pt[q] == \old(pt[q]) && tlb[q] == \old(tlb[q]);
    ensures clean: \forall integer q; x + \result <= q < x + pages ==> tlb[q] == 0; */
static uint32_t map_area(struct keel_vm *v, uint32_t x, uint32_t pages) /*@ ghost (MAP_STATE) */
{
  uint32_t i;
  /*@ loop invariant 0 <= i <= pages && *failed == \at(*failed, Pre);
      LOOP_VM(x) LOOP_SIZES LOOP_DEAD
      loop invariant \forall integer q; x <= q < x + i ==> pt[q] != -1;
      loop invariant \forall integer q; x + i <= q < x + pages ==> pt[q] == -1 && tlb[q] == 0;
      loop invariant \forall integer q; 0 <= q < v->r.n && !(x <= q < x + pages) ==> pt[q] == \at(pt[q], Pre) && tlb[q] == \at(tlb[q], Pre);
      loop assigns i, pt[x .. x + pages - 1], tlb[x .. x + pages - 1], *failed;
      loop variant pages - i; */
  for (i = 0; i < pages; i++) {
    uint32_t q = x + i;
    //@ assert \forall integer p, j; 0 <= p < v->r.n && p != x && In(v->r.mark, p, j) ==> j != q;
    //@ assert Single(z->n, z->tag, st, ord, v->page[q] - 1) && \forall integer j; 0 <= j < v->nr_dead ==> v->dead[j] != x;
    int done = map_page(v, q, v->page[q]) /*@ ghost (z, st, ord, pt, tlb, failed) */;
    //@ assert \forall integer j; 0 <= j < v->r.n && j != q && pt[j] != -1 ==> v->page[j] != 0 && pt[j] == z->base + v->page[j] - 1;
    //@ assert pt[q] == -1 || pt[q] == z->base + v->page[q] - 1;
    //@ assert \forall integer j; 0 <= j < v->r.n && pt[j] != -1 ==> v->page[j] != 0 && pt[j] == z->base + v->page[j] - 1;
    if (!done) break;
  }
  return i;
}

/* The first pages of area x, so many, all mapped, are unmapped. */
/*@ requires VM(x) && x < v->r.n && count < v->r.mark[x] && !Dead(v, x);
    requires \forall integer q; x <= q < x + count ==> pt[q] != -1;
    assigns pt[x .. x + count - 1];
    KEEPS_VM(x) SAME_SIZES SAME_DEAD
    ensures \forall integer q; x <= q < x + count ==> pt[q] == -1;
    ensures \forall integer q; 0 <= q < v->r.n && !(x <= q < x + count) ==> pt[q] == \old(pt[q]); */
static inline void unmap_area(struct keel_vm *v, uint32_t x, uint32_t count) /*@ ghost (VM_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n && p != x && In(v->r.mark, p, q) ==> !(x <= q < x + count);
  unmap_pages(v, x, count) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer p; Dead(v, p) <==> \at(Dead(v, p), Pre);
}

/* No CPU has a translation for an unmapped one of the pages from page lo of the arena on, so many. */
/*@ requires VM(x) && lo + count <= v->r.n;
    assigns tlb[lo .. lo + count - 1];
    KEEPS_VM(x) SAME_SIZES SAME_DEAD
    ensures \forall integer q; lo <= q < lo + count && pt[q] == -1 ==> tlb[q] == 0;
    ensures \forall integer q; 0 <= q < v->r.n && !(lo <= q < lo + count) ==> tlb[q] == \old(tlb[q]); */
static inline void flush(struct keel_vm *v, uint32_t lo, uint32_t count) /*@ ghost (uint32_t x, VM_STATE) */
{
  keel_flush(v, v->base + lo, count) /*@ ghost (lo, pt, tlb) */;
}

/* The area that was freed last does not wait for a purge any more; it has pages, but none is mapped. */
/*@ requires VM(KEEL_NONE) && v->nr_dead > 0;
    assigns v->nr_dead;
    KEEPS_VM(\result) SAME_SIZES SAME_TABLE
    ensures \forall integer i; 0 <= i < KEEL_VM_BACKLOG ==> v->dead[i] == \old(v->dead[i]);
    ensures v->nr_dead == \old(v->nr_dead) - 1 && \result == v->dead[v->nr_dead] && \result < v->r.n && v->r.mark[\result] > 0 && !Dead(v, \result);
    ensures \forall integer q; In(v->r.mark, \result, q) ==> v->page[q] != 0;
    ensures which: \forall integer g; \old(OfDead(v, g)) <==> OfDead(v, g) || OfArea(v, \result, g);
    ensures apart: \forall integer g; !(OfDead(v, g) && OfArea(v, \result, g)); */
static inline uint32_t pop_dead(struct keel_vm *v) /*@ ghost (VM_STATE) */
{
  //@ ghost int64_t k = v->nr_dead - 1;
  //@ assert v->dead[k] < v->r.n && \forall integer i; 0 <= i < k ==> v->dead[i] != v->dead[k];
  v->nr_dead -= 1;
  //@ assert \forall integer i; 0 <= i < KEEL_VM_BACKLOG ==> v->dead[i] == \at(v->dead[i], Pre);
  //@ assert v->nr_dead == k && \forall integer p; p != v->dead[k] && \at(Dead(v, p), Pre) ==> Dead(v, p);
  //@ assert \forall integer g; \at(OfDead(v, g), Pre) ==> OfDead(v, g) || OfArea(v, v->dead[k], g);
  //@ assert \forall integer g; OfDead(v, g) ==> \at(OfDead(v, g), Pre);
  //@ assert \forall integer q; In(v->r.mark, v->dead[k], q) ==> \at(OfDead(v, v->page[q] - 1), Pre);
  //@ assert \forall integer g; OfArea(v, v->dead[k], g) ==> \at(OfDead(v, g), Pre);
  //@ assert \forall integer p, q; 0 <= p < v->r.n && In(v->r.mark, p, q) ==> 0 <= q < v->r.n && v->page[q] != 0;
  //@ assert NoOverlap(v->r.mark, v->r.n);
  //@ assert \forall integer i; 0 <= i < k ==> v->dead[i] + v->r.mark[v->dead[i]] <= v->dead[k] || v->dead[k] + v->r.mark[v->dead[k]] <= v->dead[i];
  //@ assert \forall integer i, q; 0 <= i < k && In(v->r.mark, v->dead[i], q) ==> !In(v->r.mark, v->dead[k], q);
  //@ assert \forall integer i, q, r; 0 <= i < k && In(v->r.mark, v->dead[i], q) && In(v->r.mark, v->dead[k], r) ==> v->page[q] != v->page[r];
  //@ assert InvB(z, st, ord);
  return (uint32_t)v->dead[v->nr_dead];
}

/* Area p, of which nothing is mapped or cached, gives back its pages and its place. */
/*@ requires VM(p) && p < v->r.n && v->r.mark[p] > 0 && !Dead(v, p);
    requires \forall integer q; In(v->r.mark, p, q) ==> v->page[q] != 0 && pt[q] == -1 && tlb[q] == 0;
    assigns RANGE_ARRAYS, PAGE_ARRAYS, v->page[0 .. v->r.n - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES SAME_DEAD SAME_TABLE PAGES_GO PAGES_BACK(p) NO_FEWER(p)
    ensures v->r.mark[p] <= 0;
    ensures others: \forall integer q; 0 <= q < v->r.n && q != p && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]);
    ensures backing: \forall integer x, q; 0 <= x < v->r.n && x != p && \old(In(v->r.mark, x, q)) ==> v->page[q] == \old(v->page[q]); */
static void drop_area(struct keel_vm *v, uint32_t p) /*@ ghost (VM_STATE) */
{
  uint32_t pages = (uint32_t)v->r.mark[p] - 1u;
  //@ assert \forall integer q; p <= q < p + pages ==> In(v->r.mark, p, q) && v->page[q] != 0 && pt[q] == -1 && tlb[q] == 0;
  //@ assert \forall integer x, q; 0 <= x < v->r.n && x != p && In(v->r.mark, x, q) ==> 0 <= q < v->r.n && !(p <= q < p + pages);
  strip_area(v, p, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert v->r.above == \at(v->r.above, Pre) && v->r.n == \at(v->r.n, Pre) && z->u == \at(z->u, Pre);
  //@ ghost M: ;
  end_area(v, p) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert z->n == \at(z->n, M) && z->u == \at(z->u, M) && \forall integer g; 0 <= g < NP ==> z->ref[g] == \at(z->ref[g], M);
}

/* The area that was freed last, which nothing is cached of, gives back its pages and its place. */
/*@ requires VM(KEEL_NONE) && v->nr_dead > 0 && Clean(v, tlb);
    assigns PURGED;
    KEEPS_VM(KEEL_NONE) SAME_SIZES SAME_TABLE PAGES_GO
    ensures back: \forall integer g; 0 <= g < NP && \old(OfDead(v, g)) && !OfDead(v, g) ==> LET_GO(Pre, g + 1);
    ensures wait: \forall integer g; 0 <= g < NP && OfDead(v, g) ==> \old(OfDead(v, g)) && SPARED(Pre, g);
    SPARES
    ensures \forall integer i; 0 <= i < KEEL_VM_BACKLOG ==> v->dead[i] == \old(v->dead[i]);
    ensures v->nr_dead == \old(v->nr_dead) - 1;
    ensures \let p = \old(v->dead[v->nr_dead - 1]); v->r.mark[p] <= 0;
    ensures others: \let p = \old(v->dead[v->nr_dead - 1]); \forall integer q; 0 <= q < v->r.n && q != p && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]);
    ensures clean: Clean(v, tlb);
    ensures backing: \let x = \old(v->dead[v->nr_dead - 1]); \forall integer p, q; 0 <= p < v->r.n && p != x && \old(In(v->r.mark, p, q)) ==> v->page[q] == \old(v->page[q]);
    ensures more: z->nr_free >= \old(z->nr_free); */
static void end_dead(struct keel_vm *v) /*@ ghost (VM_STATE) */
{
  uint32_t p = pop_dead(v) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer q; In(v->r.mark, p, q) ==> pt[q] == -1 && tlb[q] == 0;
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> v->dead[i] != p && tlb[q] == 0;
  //@ ghost L: ;
  drop_area(v, p) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer i; 0 <= i < v->nr_dead ==> v->dead[i] == \at(v->dead[i], L) && v->r.mark[v->dead[i]] == \at(v->r.mark[v->dead[i]], L);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> tlb[q] == 0;
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> v->page[q] == \at(v->page[q], L);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead ==> (In(v->r.mark, v->dead[i], q) <==> \at(In(v->r.mark, v->dead[i], q), L));
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> \at(OfDead(v, v->page[q] - 1), L);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && \at(In(v->r.mark, v->dead[i], q), L) ==> OfDead(v, v->page[q] - 1) && v->page[q] == \at(v->page[q], L);
  //@ assert \forall integer g; OfDead(v, g) ==> \at(OfDead(v, g), L);
  //@ assert \forall integer g; \at(OfDead(v, g), L) ==> OfDead(v, g);
}

/* One flush for all areas that wait for a purge. */
/*@ requires VM(KEEL_NONE) && v->nr_dead > 0;
    assigns tlb[0 .. v->r.n - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES SAME_DEAD
    ensures Clean(v, tlb); */
static void flush_dead(struct keel_vm *v) /*@ ghost (VM_STATE) */
{
  uint32_t lo = KEEL_RANGE_MAX, hi = 0;
  /*@ loop invariant 0 <= i <= v->nr_dead && hi <= v->r.n && lo <= KEEL_RANGE_MAX;
      loop invariant i > 0 ==> lo < hi;
      loop invariant \forall integer j; 0 <= j < i ==> lo <= v->dead[j] && v->dead[j] + v->r.mark[v->dead[j]] <= hi;
      loop assigns i, lo, hi;
      loop variant v->nr_dead - i; */
  for (int64_t i = 0; i < v->nr_dead; i++) {
    uint32_t p = (uint32_t)v->dead[i], end = p + (uint32_t)v->r.mark[p];
    if (p < lo) lo = p;
    if (end > hi) hi = end;
  }
  flush(v, lo, hi - lo) /*@ ghost (KEEL_NONE, z, st, ord, pt, tlb) */;
}

/*@ requires VM(KEEL_NONE);
    assigns PURGED, tlb[0 .. v->r.n - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES PAGES_GO NO_AREA_COMES AREAS_STAY SAME_TABLE
    ensures done: v->nr_dead == 0;
    ensures gone: \forall integer i; 0 <= i < \old(v->nr_dead) ==> v->r.mark[\old(v->dead[i])] <= 0;
    ensures back: \forall integer g; 0 <= g < NP && \old(OfDead(v, g)) ==> LET_GO(Pre, g + 1);
    SPARES
    ensures more: z->nr_free >= \old(z->nr_free); */
void keel_vm_purge(struct keel_vm *v) /*@ ghost (VM_STATE) */
{
  if (v->nr_dead == 0) return;
  flush_dead(v) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert v->r.above == \at(v->r.above, Pre) && v->r.n == \at(v->r.n, Pre) && z->u == \at(z->u, Pre);
  /*@ loop invariant 0 <= v->nr_dead <= \at(v->nr_dead, Pre);
      loop invariant Clean(v, tlb);
      LOOP_VM(KEEL_NONE) LOOP_SIZES
      loop invariant \forall integer i; 0 <= i < v->r.n ==> pt[i] == \at(pt[i], Pre);
      loop invariant \forall integer i; 0 <= i < KEEL_VM_BACKLOG ==> v->dead[i] == \at(v->dead[i], Pre);
      loop invariant none: \forall integer p; 0 <= p < v->r.n && v->r.mark[p] > 0 ==> v->r.mark[p] == \at(v->r.mark[p], Pre);
      loop invariant areas: \forall integer p; 0 <= p < v->r.n && \at(v->r.mark[p], Pre) > 0 && !\at(Dead(v, p), Pre) ==> v->r.mark[p] == \at(v->r.mark[p], Pre) && !Dead(v, p);
      loop invariant backing: \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> v->page[q] == \at(v->page[q], Pre);
      loop invariant pages: \forall integer q; 0 <= q < v->r.n ==> v->page[q] == 0 || v->page[q] == \at(v->page[q], Pre);
      loop invariant gone: \forall integer i; v->nr_dead <= i < \at(v->nr_dead, Pre) ==> v->r.mark[v->dead[i]] <= 0;
      loop invariant back: \forall integer g; 0 <= g < NP && \at(OfDead(v, g), Pre) && !OfDead(v, g) ==> LET_GO(Pre, g + 1);
      loop invariant wait: \forall integer g; 0 <= g < NP && OfDead(v, g) ==> \at(OfDead(v, g), Pre) && SPARED(Pre, g);
      loop invariant spared: \forall integer g; 0 <= g < NP && !\at(OfDead(v, g), Pre) ==> SPARED(Pre, g);
      loop invariant more: z->nr_free >= \at(z->nr_free, Pre);
      loop assigns PURGED;
      loop variant v->nr_dead; */
  while (v->nr_dead > 0) {
    //@ ghost L: ;
    //@ assert 0 <= v->dead[v->nr_dead - 1] < v->r.n && \at(Dead(v, \at(v->dead[v->nr_dead - 1], Here)), Pre);
    //@ ghost int64_t x = v->dead[v->nr_dead - 1];
    //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> p != x && In(v->r.mark, p, q);
    end_dead(v) /*@ ghost (z, st, ord, pt, tlb) */;
    //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> v->page[q] == \at(v->page[q], L);
    //@ assert \forall integer i; 0 <= i < v->r.n && \at(v->page[i], L) != 0 ==> \at(v->page[i], L) == \at(v->page[i], Pre);
    //@ assert \forall integer g; 0 <= g < NP && \at(OfDead(v, g), Pre) && \at(OfDead(v, g), L) && !OfDead(v, g) ==> LET_GO(Pre, g + 1);
    //@ assert \forall integer g; 0 <= g < NP && \at(OfDead(v, g), Pre) && !\at(OfDead(v, g), L) ==> LET_GO(Pre, g + 1);
  }
}

/* All pages of area x, so many, get one. */
/*@ requires VM(x) && x < v->r.n && v->r.mark[x] == pages + 1 && 1 <= pages <= z->nr_free && pages <= KEEL_RANGE_MAX && !Dead(v, x);
    requires \forall integer q; x <= q < x + pages ==> v->page[q] == 0;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS, v->page[x .. x + pages - 1];
    KEEPS_VM(x) SAME_SIZES SAME_DEAD SAME_TABLE BACKS(x)
    ensures \forall integer q; 0 <= q < v->r.n && !(x <= q < x + pages) ==> v->page[q] == \old(v->page[q]); */
static void back_area(struct keel_vm *v, uint32_t x, uint32_t pages) /*@ ghost (VM_STATE) */
{
  /*@ loop invariant x <= q <= x + pages;
      LOOP_VM(x) LOOP_SIZES LOOP_DEAD
      loop invariant \forall integer i; 0 <= i < v->r.n ==> pt[i] == \at(pt[i], Pre);
      loop invariant \forall integer i; x <= i < q ==> v->page[i] != 0 && WasFree{Pre}(st, v->page[i]);
      loop invariant \forall integer g; 0 <= g < NP && WasFree{Pre}(st, g + 1) && st[g] != FREE ==> z->ref[g] == 0;
      loop invariant \forall integer g; 0 <= g < NP && (\forall integer i; x <= i < q ==> v->page[i] != g + 1) ==> SPARED(Pre, g);
      loop invariant \forall integer i; 0 <= i < v->r.n && !(x <= i < q) ==> v->page[i] == \at(v->page[i], Pre);
      loop invariant z->nr_free == \at(z->nr_free, Pre) - (q - x);
      loop assigns q, KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS, v->page[x .. x + pages - 1];
      loop variant x + pages - q; */
  for (uint32_t q = x; q < x + pages; q++) {
    //@ ghost L: ;
    back_page(v, q) /*@ ghost (x, z, st, ord, pt, tlb) */;
    //@ assert Range(z) && Single(z->n, z->tag, st, ord, v->page[q] - 1);
    //@ assert 0 <= v->page[q] - 1 < NP;
    //@ assert WasFree{L}(st, v->page[q]);
    //@ assert WasFree{Pre}(st, v->page[q]);
    //@ assert \forall integer i; x <= i < q ==> v->page[i] == \at(v->page[i], L);
    //@ assert \forall integer i; x <= i <= q ==> v->page[i] != 0 && WasFree{Pre}(st, v->page[i]);
  }
}

/* The first pages of area x, so many, are mapped; all of it goes. */
/*@ requires VM(x) && x < v->r.n && v->r.mark[x] > mapped && !Dead(v, x);
    requires \forall integer q; In(v->r.mark, x, q) ==> v->page[q] != 0 && (q < x + mapped ? pt[q] != -1 : pt[q] == -1 && tlb[q] == 0);
    assigns RANGE_ARRAYS, PAGE_ARRAYS, v->page[0 .. v->r.n - 1], pt[0 .. v->r.n - 1], tlb[0 .. v->r.n - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES SAME_DEAD PAGES_GO PAGES_BACK(x) NO_FEWER(x)
    ensures v->r.mark[x] <= 0;
    ensures others: \forall integer q; 0 <= q < v->r.n && q != x && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]);
    ensures backing: \forall integer p, q; 0 <= p < v->r.n && p != x && \old(In(v->r.mark, p, q)) ==> v->page[q] == \old(v->page[q]) && pt[q] == \old(pt[q]); */
static void undo_area(struct keel_vm *v, uint32_t x, uint32_t mapped) /*@ ghost (VM_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n && p != x && In(v->r.mark, p, q) ==> 0 <= q < v->r.n && !(x <= q < x + mapped);
  if (mapped != 0) {
    unmap_area(v, x, mapped) /*@ ghost (z, st, ord, pt, tlb) */;
    flush(v, x, mapped) /*@ ghost (x, z, st, ord, pt, tlb) */;
  }
  //@ assert \forall integer q; In(v->r.mark, x, q) ==> v->page[q] != 0 && pt[q] == -1 && tlb[q] == 0;
  drop_area(v, x) /*@ ghost (z, st, ord, pt, tlb) */;
}

/* A purge; then a vacant place for an area of so many pages and its guard becomes one, without pages yet. */
/*@ FINDS_ROOM */
static uint32_t purge_for_room(struct keel_vm *v, uint32_t pages) /*@ ghost (VM_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n && In(v->r.mark, p, q) ==> 0 <= q < v->r.n;
  keel_vm_purge(v) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> 0 <= q < v->r.n && v->page[q] == \at(v->page[q], Pre);
  //@ assert \forall integer s; 0 <= s && s + pages + 1 <= v->r.n && \at(Vacant(v->r.mark, v->r.n, s, pages + 1), Pre) ==> Vacant(v->r.mark, v->r.n, s, pages + 1);
  //@ ghost L: ;
  uint32_t x = take_range(v, pages + 1u) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer q; 0 <= q < v->r.n ==> v->page[q] == \at(v->page[q], L);
  //@ assert x == KEEL_NONE ==> \forall integer s; 0 <= s && s + pages + 1 <= v->r.n ==> !\at(Vacant(v->r.mark, v->r.n, s, pages + 1), L);
  //@ assert x == KEEL_NONE ==> \forall integer p; 0 <= p < v->r.n ==> v->r.mark[p] == \at(v->r.mark[p], L);
  //@ assert x == KEEL_NONE ==> \forall integer s; Vacant(v->r.mark, v->r.n, s, pages + 1) ==> \at(Vacant(v->r.mark, v->r.n, s, pages + 1), L);
  return x;
}

/* A vacant place for an area of so many pages and its guard becomes one, without pages yet. */
/*@ FINDS_ROOM */
static uint32_t find_room(struct keel_vm *v, uint32_t pages) /*@ ghost (VM_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n && In(v->r.mark, p, q) ==> 0 <= q < v->r.n;
  uint32_t x = take_range(v, pages + 1u) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer q; 0 <= q < v->r.n ==> v->page[q] == \at(v->page[q], Pre);
  if (x != KEEL_NONE) return x;
  //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) ==> In(v->r.mark, p, q) && 0 <= q < v->r.n;
  //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> !Dead(v, p) && v->page[q] == \at(v->page[q], Pre) && pt[q] == \at(pt[q], Pre);
  //@ assert \forall integer s; 0 <= s && s + pages + 1 <= v->r.n && \at(Vacant(v->r.mark, v->r.n, s, pages + 1), Pre) ==> Vacant(v->r.mark, v->r.n, s, pages + 1);
  return purge_for_room(v, pages) /*@ ghost (z, st, ord, pt, tlb) */;
}

/* Area x, without pages, gets them all; then they are mapped: answers how many, which is all unless keel_map has failed. */
/*@ requires VM(x) && x < v->r.n && v->r.mark[x] == pages + 1 && 1 <= pages <= z->nr_free && pages <= KEEL_RANGE_MAX && !Dead(v, x) && \valid(failed);
    requires \forall integer q; x <= q <= x + pages ==> v->page[q] == 0 && pt[q] == -1;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS, v->page[x .. x + pages - 1], pt[x .. x + pages - 1], tlb[x .. x + pages - 1], *failed;
    KEEPS_VM(x) SAME_SIZES SAME_DEAD BACKS(x)
    ensures \result <= pages && *failed == (\result < pages ? 1 : \old(*failed));
    ensures there: \forall integer q; x <= q < x + \result ==> pt[q] != -1;
    ensures mapped: \forall integer q; x <= q < x + pages ==> v->page[q] != 0 && (q < x + \result ? pt[q] == z->base + v->page[q] - 1 : pt[q] == -1 && tlb[q] == 0);
    ensures rest: \forall integer q; 0 <= q < v->r.n && !(x <= q < x + pages) ==> v->page[q] == \old(v->page[q]) && pt[q] == \old(pt[q]); */
static uint32_t back_and_map(struct keel_vm *v, uint32_t x, uint32_t pages) /*@ ghost (MAP_STATE) */
{
  //@ assert x + pages < v->r.n && \forall integer q; x <= q < x + pages ==> tlb[q] == 0;
  back_area(v, x, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer q; x <= q < x + pages ==> v->page[q] != 0 && pt[q] == -1 && tlb[q] == 0;
  uint32_t mapped = map_area(v, x, pages) /*@ ghost (z, st, ord, pt, tlb, failed) */;
  //@ assert \forall integer q; x <= q < x + mapped ==> 0 <= q < v->r.n && pt[q] != -1;
  //@ assert \forall integer q; x <= q < x + mapped ==> pt[q] == z->base + v->page[q] - 1;
  //@ assert \forall integer q; x + mapped <= q < x + pages ==> pt[q] == -1 && tlb[q] == 0;
  return mapped;
}

/* Area x, without pages, gets them all, and is mapped: 1.  If keel_map fails the area goes: 0. */
/*@ FILLS(x) */
static int fill_area(struct keel_vm *v, uint32_t x, uint32_t pages) /*@ ghost (MAP_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n && p != x && In(v->r.mark, p, q) ==> 0 <= q < v->r.n && !(x <= q < x + pages);
  //@ assert x + pages < v->r.n && \forall integer q; In(v->r.mark, x, q) ==> x <= q < x + pages;
  uint32_t mapped = back_and_map(v, x, pages) /*@ ghost (z, st, ord, pt, tlb, failed) */;
  //@ assert \forall integer p, q; 0 <= p < v->r.n && p != x && In(v->r.mark, p, q) ==> v->page[q] == \at(v->page[q], Pre) && pt[q] == \at(pt[q], Pre);
  //@ assert \forall integer g; 0 <= g < NP && \at(st[g], Pre) != FREE ==> SPARED(Pre, g);
  //@ assert \forall integer g; OfArea(v, x, g) ==> 0 <= g < NP && \at(st[g], Pre) == FREE && z->ref[g] == 0;
  //@ assert \forall integer g; 0 <= g < NP && \at(st[g], Pre) == FREE && !OfArea(v, x, g) ==> st[g] == FREE;
  if (mapped == pages) return 1;
  //@ assert \forall integer q; In(v->r.mark, x, q) ==> v->page[q] != 0 && z->ref[v->page[q] - 1] == 0;
  //@ assert v->r.above == \at(v->r.above, Pre) && v->r.n == \at(v->r.n, Pre) && z->u == \at(z->u, Pre);
  //@ assert \forall integer q; In(v->r.mark, x, q) ==> (q < x + mapped ? pt[q] != -1 : pt[q] == -1 && tlb[q] == 0);
  //@ ghost M: ;
  undo_area(v, x, mapped) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer q; 0 <= q < v->r.n ==> v->page[q] == 0 || v->page[q] == \at(v->page[q], M);
  return 0;
}

/* fill_area, which leaves areas that wait for a purge alone. */
/*@ FILLS(x)
    ensures wait: \forall integer g; OfDead(v, g) <==> \old(OfDead(v, g)); */
static inline int fill_new(struct keel_vm *v, uint32_t x, uint32_t pages) /*@ ghost (MAP_STATE) */
{
  //@ assert \forall integer i; 0 <= i < v->nr_dead ==> v->dead[i] != x && 0 <= v->dead[i] < v->r.n && v->r.mark[v->dead[i]] > 0;
  int done = fill_area(v, x, pages) /*@ ghost (z, st, ord, pt, tlb, failed) */;
  //@ assert \forall integer i; 0 <= i < v->nr_dead ==> v->dead[i] == \at(v->dead[i], Pre) && v->r.mark[v->dead[i]] == \at(v->r.mark[v->dead[i]], Pre);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead ==> (In(v->r.mark, v->dead[i], q) <==> \at(In(v->r.mark, v->dead[i], q), Pre));
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && \at(In(v->r.mark, v->dead[i], q), Pre) ==> v->page[q] == \at(v->page[q], Pre);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> \at(OfDead(v, v->page[q] - 1), Pre) && v->page[q] == \at(v->page[q], Pre);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && \at(In(v->r.mark, v->dead[i], q), Pre) ==> OfDead(v, v->page[q] - 1) && v->page[q] == \at(v->page[q], Pre);
  //@ assert \forall integer g; OfDead(v, g) ==> \at(OfDead(v, g), Pre);
  //@ assert \forall integer g; \at(OfDead(v, g), Pre) ==> OfDead(v, g);
  return done;
}

/* A purge, if so many pages are not free. */
/*@ requires VM(KEEL_NONE);
    assigns PURGED, tlb[0 .. v->r.n - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES PAGES_GO NO_AREA_COMES AREAS_STAY SAME_TABLE SPARES PURGE_OR_NOT(0 == 0)
    ensures few: z->nr_free < pages ==> v->nr_dead == 0;
    ensures enough: \old(z->nr_free) >= pages ==> z->nr_free == \old(z->nr_free);
    ensures more: z->nr_free >= \old(z->nr_free); */
static void purge_for_pages(struct keel_vm *v, uint32_t pages) /*@ ghost (VM_STATE) */
{
  if (v->z->nr_free < pages) keel_vm_purge(v) /*@ ghost (z, st, ord, pt, tlb) */;
}

/* A vacant place for an area of so many pages, which are free, and its guard becomes one, without pages yet: its first page in the
   arena, or why there is none. */
/*@ requires VM(KEEL_NONE) && 1 <= pages;
    assigns PURGED, tlb[0 .. v->r.n - 1];
    KEEPS_VM(\result < 0 ? KEEL_NONE : \result) SAME_SIZES SPARES PURGE_OR_NOT(0 == 0) PAGES_GO AREAS_STAY SAME_TABLE
    ROOM_FOUND(0 <= \result)
    NO_PLACE(\result)
    ensures results: 0 <= \result < v->r.n && z->nr_free >= pages || \result == KEEL_NO_PAGES || \result == KEEL_NO_RANGE; */
static int64_t find_place(struct keel_vm *v, uint32_t pages) /*@ ghost (VM_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n && In(v->r.mark, p, q) ==> 0 <= q < v->r.n;
  purge_for_pages(v, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ ghost L: ;
  //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> In(v->r.mark, p, q) && !Dead(v, p);
  //@ assert \forall integer s; 0 <= s && s + pages + 1 <= v->r.n && \at(Vacant(v->r.mark, v->r.n, s, pages + 1), Pre) ==> Vacant(v->r.mark, v->r.n, s, pages + 1);
  if (v->z->nr_free < pages) return KEEL_NO_PAGES;
  if (pages >= v->r.n) return KEEL_NO_RANGE;
  uint32_t x = find_room(v, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer q; 0 <= q < v->r.n ==> v->page[q] == 0 || v->page[q] == \at(v->page[q], L);
  //@ assert \forall integer g; 0 <= g < NP && OfDead(v, g) ==> \at(OfDead(v, g), L) && SPARED(L, g) && \at(OfDead(v, g), Pre) && SPARED(Pre, g);
  //@ assert \forall integer g; 0 <= g < NP && \at(OfDead(v, g), Pre) && !OfDead(v, g) ==> LET_GO(Pre, g + 1);
  return x == KEEL_NONE ? (int64_t)KEEL_NO_RANGE : (int64_t)x;
}

/* An area of so many pages and a guard, mapped: its first page in the arena, or why there is none. */
/*@ requires VM(KEEL_NONE) && 1 <= pages && \valid(failed);
    assigns PURGED, pt[0 .. v->r.n - 1], tlb[0 .. v->r.n - 1], *failed;
    KEEPS_VM(KEEL_NONE) SAME_SIZES AREAS_STAY OWN_COME
    MADE(\result) */
static int64_t make_area(struct keel_vm *v, uint32_t pages) /*@ ghost (MAP_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n && In(v->r.mark, p, q) ==> 0 <= q < v->r.n;
  //@ assert \forall integer g; OfDead(v, g) ==> 0 <= g < NP && st[g] == LIVE;
  int64_t y = find_place(v, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert \forall integer g; 0 <= g < NP && \at(st[g], Pre) == FREE ==> st[g] == FREE;
  if (y < 0) return y;
  uint32_t x = (uint32_t)y;
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 ==> st[v->page[q] - 1] == LIVE && v->page[q] <= NP;
  //@ assert \forall integer g; 1 <= g <= NP && WasFree(st, g) && !WasFree{Pre}(st, g) ==> \at(OfDead(v, g - 1), Pre) && \at(z->ref[g - 1], Pre) == 0;
  //@ assert \forall integer g; OfDead(v, g) ==> 0 <= g < NP && st[g] == LIVE;
  //@ ghost L: ;
  //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> p != x && In(v->r.mark, p, q);
  int done = fill_new(v, x, pages) /*@ ghost (z, st, ord, pt, tlb, failed) */;
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 && v->page[q] != \at(v->page[q], L) ==> WasFree{L}(st, v->page[q]);
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 && v->page[q] != \at(v->page[q], Pre) ==> v->page[q] != \at(v->page[q], L);
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 ==> 1 <= v->page[q] <= NP;
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 && v->page[q] != \at(v->page[q], Pre) ==> WasFree{L}(st, v->page[q]);
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 && v->page[q] != \at(v->page[q], Pre) && !WasFree{Pre}(st, v->page[q]) ==> \at(OfDead(v, \at(v->page[q], Here) - 1), Pre);
  //@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 && v->page[q] != \at(v->page[q], Pre) && !WasFree{Pre}(st, v->page[q]) ==> \at(z->ref[\at(v->page[q], Here) - 1], Pre) == 0;
  //@ assert \forall integer p, q; 0 <= p < v->r.n && \at(In(v->r.mark, p, q), Pre) && !\at(Dead(v, p), Pre) ==> v->page[q] == \at(v->page[q], Pre) && pt[q] == \at(pt[q], Pre);
  //@ assert \forall integer q; 0 <= q < v->r.n ==> \at(v->page[q], L) == 0 || \at(v->page[q], L) == \at(v->page[q], Pre);
  //@ assert done == 1 ==> pt[x + pages] == -1;
  //@ assert \forall integer g; OfDead(v, g) ==> SPARED(L, g) && SPARED(Pre, g);
  //@ assert \forall integer g; 0 <= g < NP && \at(OfDead(v, g), Pre) && !OfDead(v, g) && (done == 1 ==> \forall integer r; x <= r < x + pages ==> v->page[r] != g + 1) ==> LET_GO(Pre, g + 1);
  return done ? y : (int64_t)KEEL_NOT_MAPPED;
}

/* Area p, of which nothing is mapped, waits for a purge from now on. */
/*@ requires VM(p) && p < v->r.n && v->r.mark[p] > 0 && !Dead(v, p) && v->nr_dead < KEEL_VM_BACKLOG;
    requires \forall integer q; In(v->r.mark, p, q) ==> v->page[q] != 0 && pt[q] == -1;
    assigns v->nr_dead, v->dead[0 .. KEEL_VM_BACKLOG - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES
    ensures dead: \forall integer a; Dead(v, a) <==> \old(Dead(v, a)) || a == p;
    ensures which: \forall integer g; OfDead(v, g) <==> \old(OfDead(v, g)) || \old(OfArea(v, p, g));
    ensures table: \forall integer q; 0 <= q < v->r.n ==> pt[q] == \old(pt[q]); */
static inline void push_dead(struct keel_vm *v, uint32_t p) /*@ ghost (VM_STATE) */
{
  //@ ghost int64_t k = v->nr_dead;
  //@ assert 0 <= k < KEEL_VM_BACKLOG && \forall integer i; 0 <= i < k ==> v->dead[i] != p;
  v->dead[v->nr_dead] = p;
  v->nr_dead += 1;
  //@ assert v->r.n == \at(v->r.n, Pre) && v->r.above == \at(v->r.above, Pre) && v->base == \at(v->base, Pre);
  //@ assert v->nr_dead == k + 1 && v->dead[k] == p;
  //@ assert \forall integer i; 0 <= i < k ==> v->dead[i] == \at(v->dead[i], Pre) && v->dead[i] != p;
  //@ assert \forall integer i; 0 <= i <= k ==> 0 <= v->dead[i] < v->r.n && v->r.mark[v->dead[i]] > 0;
  //@ assert \forall integer i, j; 0 <= i < j <= k ==> v->dead[i] != v->dead[j];
  //@ assert \forall integer a; Dead(v, a) <==> \at(Dead(v, a), Pre) || a == p;
  //@ assert \forall integer g; \at(OfDead(v, g), Pre) ==> OfDead(v, g);
  //@ assert \forall integer q; In(v->r.mark, v->dead[k], q) ==> OfDead(v, v->page[q] - 1);
  //@ assert \forall integer g; OfArea(v, p, g) ==> OfDead(v, g);
  //@ assert \forall integer g; OfDead(v, g) ==> \at(OfDead(v, g), Pre) || OfArea(v, p, g);
  //@ assert InvB(z, st, ord);
  //@ assert \forall integer i, q; 0 <= i < k && In(v->r.mark, v->dead[i], q) ==> pt[q] == -1;
  //@ assert \forall integer q; In(v->r.mark, p, q) ==> pt[q] == -1;
}

/* The area that begins at page p waits for a purge from now on, unmapped. */
/*@ requires VM(KEEL_NONE) && p < v->r.n && v->r.mark[p] > 0 && !Dead(v, p) && v->nr_dead < KEEL_VM_BACKLOG;
    assigns pt[0 .. v->r.n - 1], v->nr_dead, v->dead[0 .. KEEL_VM_BACKLOG - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES
    ensures dead: \forall integer a; Dead(v, a) <==> \old(Dead(v, a)) || a == p;
    ensures which: \forall integer g; OfDead(v, g) <==> \old(OfDead(v, g)) || \old(OfArea(v, p, g));
    ensures unmapped: \forall integer q; In(v->r.mark, p, q) ==> pt[q] == -1;
    ensures others: \forall integer q; 0 <= q < v->r.n && !In(v->r.mark, p, q) ==> pt[q] == \old(pt[q]); */
static void bury_area(struct keel_vm *v, uint32_t p) /*@ ghost (VM_STATE) */
{
  uint32_t pages = (uint32_t)v->r.mark[p] - 1u;
  //@ assert \forall integer q; p <= q < p + pages ==> In(v->r.mark, p, q) && pt[q] != -1;
  unmap_area(v, p, pages) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert v->nr_dead == \at(v->nr_dead, Pre) && \forall integer i; 0 <= i < v->nr_dead ==> v->dead[i] == \at(v->dead[i], Pre);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> \at(OfDead(v, v->page[q] - 1), Pre);
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && \at(In(v->r.mark, v->dead[i], q), Pre) ==> OfDead(v, v->page[q] - 1);
  //@ assert \forall integer g; OfDead(v, g) ==> \at(OfDead(v, g), Pre);
  //@ assert \forall integer g; \at(OfDead(v, g), Pre) ==> OfDead(v, g);
  push_dead(v, p) /*@ ghost (z, st, ord, pt, tlb) */;
}

/* ---- the interface ---- */

/* keel_range_init, which leaves the page instance alone. */
/*@ requires InvB(z, st, ord) && 1 <= n <= KEEL_RANGE_MAX && VM_NEW;
    assigns v->r, tree[0 .. KEEL_RANGE_TREE(n) - 1], gap[0 .. KEEL_RANGE_GAPS(n) - 1], ends[0 .. KEEL_RANGE_ENDS(n) - 1], mark[0 .. n - 1];
    ensures InvB(z, st, ord);
    ensures RangeInv(&v->r);
    ensures shape: v->r.n == n && v->r.above == KEEL_RANGE_ABOVE(n) && v->r.tree == tree && v->r.gap == gap && v->r.ends == ends && v->r.mark == mark;
    ensures vacant: \forall integer q; 0 <= q < n ==> mark[q] <= 0;
    ensures sizes: z->u == \old(z->u); */
static inline void begin_range(struct keel_vm *v, uint32_t *tree, uint32_t *gap, uint64_t *ends, int32_t *mark, uint32_t n)
    /*@ ghost (struct keel_pages *z, const uint32_t *page, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */
{
  keel_range_init(&v->r, tree, gap, ends, mark, n);
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre) && z->base == \at(z->base, Pre) && z->l0 == \at(z->l0, Pre) && z->l1 == \at(z->l1, Pre) && z->l2 == \at(z->l2, Pre) && z->l3 == \at(z->l3, Pre) && z->tag == \at(z->tag, Pre) && z->ref == \at(z->ref, Pre);
  //@ assert z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert \forall integer q; 0 <= q < NP ==> z->ref[q] == \at(z->ref[q], Pre);
  //@ assert \forall integer i; 0 <= i < W0(z->u) ==> z->l0[i] == \at(z->l0[i], Pre);
  //@ assert \forall integer i; 0 <= i < W1(z->u) ==> z->l1[i] == \at(z->l1[i], Pre);
  //@ assert \forall integer i; 0 <= i < W2(z->u) ==> z->l2[i] == \at(z->l2[i], Pre);
  //@ assert \forall integer i; 0 <= i < W3(z->u) ==> z->l3[i] == \at(z->l3[i], Pre);
  //@ assert nfree(st, 1024 * z->u) == \at(nfree(st, 1024 * z->u), Pre);
  //@ assert \forall integer q; 0 <= q < 1024 * z->u ==> z->tag[q] == \at(z->tag[q], Pre) && st[q] == \at(st[q], Pre) && ord[q] == \at(ord[q], Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Quiet(st, z->u) && z->nr_free == nfree(st, 1024 * z->u) && Counters(z) && Rest(st, z->n, z->u);
}

/* The other fields of an arena. */
/*@ requires InvB(z, st, ord) && VM_SIZES && VM_NEW && RangeInv(&v->r) && v->r.n == n && v->r.above == KEEL_RANGE_ABOVE(n) && v->r.tree == tree && v->r.gap == gap && v->r.ends == ends && v->r.mark == mark;
    assigns v->z \from z; assigns v->page \from page; assigns v->base, v->nr_dead;
    ensures InvB(z, st, ord);
    ensures RangeInv(&v->r);
    ensures VmArrays(v, z, pt, tlb);
    ensures fields: v->page == page && v->base == base && v->nr_dead == 0;
    ensures table: \forall integer q; 0 <= q < n ==> pt[q] == \old(pt[q]);
    ensures shape: v->r.n == n && v->r.mark == mark; */
static inline void set_vm_fields(struct keel_vm *v, struct keel_pages *z, uint32_t *page, int64_t base)
    /*@ ghost (const uint32_t *tree, const uint32_t *gap, const uint64_t *ends, const int32_t *mark, uint32_t n, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */
{
  v->z = z;
  v->page = page;
  v->base = base;
  v->nr_dead = 0;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert nfree(st, 1024 * z->u) == \at(nfree(st, 1024 * z->u), Pre);
  //@ assert Quiet(st, z->u) && z->nr_free == nfree(st, 1024 * z->u) && Counters(z) && Range(z) && Rest(st, z->n, z->u);
  //@ assert v->r.n == n && v->page == page && v->z == z && v->base == base && v->nr_dead == 0;
  //@ assert v->r.tree == tree && v->r.gap == gap && v->r.ends == ends && v->r.mark == mark && v->r.above == KEEL_RANGE_ABOVE(n);
  //@ assert 16 * v->r.above == KEEL_RANGE_TREE(n) - 1 && 64 * ((v->r.n + 63) / 64) == KEEL_RANGE_GAPS(n) && (v->r.n + 63) / 64 == KEEL_RANGE_ENDS(n);
  //@ assert \separated(v->page + (0 .. v->r.n - 1), v->r.tree + (0 .. 16 * v->r.above), v->r.gap + (0 .. 64 * ((v->r.n + 63) / 64) - 1));
  //@ assert \separated(z, v->r.tree + (0 .. 16 * v->r.above)) && \separated(z, v->r.gap + (0 .. 64 * ((v->r.n + 63) / 64) - 1));
  //@ assert \separated(z->ref + (0 .. 1024 * z->u - 1), v->r.mark + (0 .. v->r.n - 1));
  //@ assert \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l0 + (0 .. W0(z->u) - 1)) && \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l1 + (0 .. W1(z->u) - 1)) && \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l2 + (0 .. W2(z->u) - 1)) && \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l3 + (0 .. W3(z->u) - 1));
  //@ assert \valid(v) && \valid(z) && \valid(v->page + (0 .. v->r.n - 1)) && \valid(pt + (0 .. v->r.n - 1)) && \valid(tlb + (0 .. v->r.n - 1)) && \separated(v, z);
  //@ assert \separated(v, v->page + (0 .. v->r.n - 1)) && \separated(z, v->page + (0 .. v->r.n - 1)) && \separated(pt + (0 .. v->r.n - 1), v) && \separated(pt + (0 .. v->r.n - 1), z);
}

/* An arena that has no areas has no pages. */
/*@ requires RangeInv(&v->r) && InvB(z, st, ord) && VmArrays(v, z, pt, tlb) && v->nr_dead == 0;
    requires \forall integer q; 0 <= q < v->r.n ==> v->r.mark[q] <= 0 && pt[q] == -1 && tlb[q] == 0;
    assigns v->page[0 .. v->r.n - 1];
    KEEPS_VM(KEEL_NONE) */
static inline void clear_arena(struct keel_vm *v) /*@ ghost (VM_STATE) */
{
  //@ assert \forall integer p, q; 0 <= p < v->r.n ==> !In(v->r.mark, p, q);
  clear_area(v, 0, (uint32_t)v->r.n) /*@ ghost (z, st, ord, pt, tlb) */;
}

/*@ requires InvB(z, st, ord) && (VM_SIZES ==> VM_NEW);
    assigns *v, tree[0 .. KEEL_RANGE_TREE(n) - 1], gap[0 .. KEEL_RANGE_GAPS(n) - 1], ends[0 .. KEEL_RANGE_ENDS(n) - 1], mark[0 .. n - 1], page[0 .. n - 1];
    behavior ok:
      assumes VM_SIZES;
      ensures done: \result == KEEL_OK;
      KEEPS_VM(KEEL_NONE)
      ensures shape: v->r.n == n && v->base == base && v->nr_dead == 0;
      ensures vacant: \forall integer q; 0 <= q < n ==> v->r.mark[q] <= 0;
    behavior bad:
      assumes !VM_SIZES;
      assigns \nothing;
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    complete behaviors; disjoint behaviors; */
enum keel_status keel_vm_init(struct keel_vm *v, struct keel_pages *z, uint32_t *tree, uint32_t *gap, uint64_t *ends, int32_t *mark,
                              uint32_t *page, int64_t base, uint32_t n) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */
{
  if (n == 0 || n > KEEL_RANGE_MAX || base < 0 || base > KEEL_PFN_MAX - (int64_t)KEEL_RANGE_MAX) return KEEL_BAD_ARGUMENT;
  begin_range(v, tree, gap, ends, mark, n) /*@ ghost (z, page, st, ord, pt, tlb) */;
  set_vm_fields(v, z, page, base) /*@ ghost (tree, gap, ends, mark, n, st, ord, pt, tlb) */;
  clear_arena(v) /*@ ghost (z, st, ord, pt, tlb) */;
  return KEEL_OK;
}

/*@ VMALLOCS */
int64_t keel_vmalloc(struct keel_vm *v, uint32_t pages, uint32_t flags) /*@ ghost (MAP_STATE) */
{
  if (pages == 0 || flags > (KEEL_NOWAIT | KEEL_ZERO)) return KEEL_BAD_ARGUMENT;
  int64_t x = make_area(v, pages) /*@ ghost (z, st, ord, pt, tlb, failed) */;
  if (x < 0) return x;
  if (flags & KEEL_ZERO) keel_zero((uint64_t)(v->base + x) * KEEL_PAGE_SIZE, (uint64_t)pages * KEEL_PAGE_SIZE);
  return v->base + x;
}

/*@ VMALLOCS */
int64_t keel_vzalloc(struct keel_vm *v, uint32_t pages, uint32_t flags) /*@ ghost (MAP_STATE) */
{
  if (pages == 0 || flags > (KEEL_NOWAIT | KEEL_ZERO)) return KEEL_BAD_ARGUMENT;
  return keel_vmalloc(v, pages, flags % KEEL_ZERO + KEEL_ZERO) /*@ ghost (z, st, ord, pt, tlb, failed) */;
}

/*@ requires VM(KEEL_NONE);
    assigns PURGED, pt[0 .. v->r.n - 1], tlb[0 .. v->r.n - 1], v->dead[0 .. KEEL_VM_BACKLOG - 1];
    KEEPS_VM(KEEL_NONE) SAME_SIZES
    behavior outside:
      assumes vpn < v->base || vpn >= v->base + v->r.n;
      assigns \nothing;
      ensures refused: \result == KEEL_OUT_OF_RANGE;
    behavior inner:
      assumes v->base <= vpn < v->base + v->r.n && v->r.mark[vpn - v->base] <= 0;
      assigns \nothing;
      ensures refused: \result == KEEL_NOT_HEAD;
    behavior twice:
      assumes v->base <= vpn < v->base + v->r.n && v->r.mark[vpn - v->base] > 0 && Dead(v, vpn - v->base);
      assigns \nothing;
      ensures refused: \result == KEEL_ALREADY_FREE;
    behavior ok:
      assumes v->base <= vpn < v->base + v->r.n && v->r.mark[vpn - v->base] > 0 && !Dead(v, vpn - v->base);
      PAGES_GO NO_AREA_COMES SPARES
      ensures back: \forall integer g; 0 <= g < NP && \old(OfDead(v, g)) && !OfDead(v, g) ==> LET_GO(Pre, g + 1);
      ensures wait: \forall integer g; 0 <= g < NP && OfDead(v, g) ==> (\old(OfDead(v, g)) || \old(OfArea(v, vpn - v->base, g))) && SPARED(Pre, g);
      ensures mine: \forall integer g; \old(OfArea(v, vpn - v->base, g)) ==> OfDead(v, g);
      ensures done: \result == KEEL_OK;
      ensures gone: Dead(v, vpn - v->base);
      ensures unmapped: \forall integer q; \old(In(v->r.mark, vpn - v->base, q)) ==> pt[q] == -1;
      ensures areas: \forall integer p; 0 <= p < v->r.n && p != vpn - v->base && \old(v->r.mark[p]) > 0 && !\old(Dead(v, p)) ==> v->r.mark[p] == \old(v->r.mark[p]) && !Dead(v, p);
      ensures backing: \forall integer p, q; 0 <= p < v->r.n && p != vpn - v->base && \old(In(v->r.mark, p, q)) && !\old(Dead(v, p)) ==> v->page[q] == \old(v->page[q]) && pt[q] == \old(pt[q]);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_vfree(struct keel_vm *v, int64_t vpn) /*@ ghost (VM_STATE) */
{
  if (vpn < v->base || vpn >= v->base + v->r.n) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(vpn - v->base);
  if (v->r.mark[p] <= 0) return KEEL_NOT_HEAD;
  if (is_dead(v, p)) return KEEL_ALREADY_FREE;
  //@ assert !Dead(v, p) && (v->nr_dead == KEEL_VM_BACKLOG || v->nr_dead < KEEL_VM_BACKLOG);
  //@ assert NoOverlap(v->r.mark, v->r.n) && \forall integer a, q; 0 <= a < v->r.n && In(v->r.mark, a, q) ==> 0 <= q < v->r.n && v->page[q] != 0;
  //@ assert \forall integer i; 0 <= i < v->nr_dead ==> v->dead[i] + v->r.mark[v->dead[i]] <= p || p + v->r.mark[p] <= v->dead[i];
  //@ assert \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> !In(v->r.mark, p, q);
  //@ assert \forall integer i, q, r; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) && In(v->r.mark, p, r) ==> v->page[q] != v->page[r];
  //@ assert \forall integer g; OfArea(v, vpn - v->base, g) ==> !OfDead(v, g);
  if (v->nr_dead == KEEL_VM_BACKLOG) keel_vm_purge(v) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert v->nr_dead < KEEL_VM_BACKLOG && !Dead(v, p) && v->r.mark[p] == \at(v->r.mark[vpn - v->base], Pre);
  //@ assert \forall integer q; In(v->r.mark, p, q) <==> \at(In(v->r.mark, vpn - v->base, q), Pre);
  //@ assert \forall integer q; \at(In(v->r.mark, vpn - v->base, q), Pre) ==> v->page[q] == \at(v->page[q], Pre);
  //@ assert \forall integer q; \at(In(v->r.mark, vpn - v->base, q), Pre) ==> In(v->r.mark, p, q) && OfArea(v, p, v->page[q] - 1);
  //@ assert \forall integer g; OfArea(v, p, g) <==> \at(OfArea(v, vpn - v->base, g), Pre);
  //@ assert \forall integer g; 0 <= g < NP && OfDead(v, g) ==> \at(OfDead(v, g), Pre) && SPARED(Pre, g);
  //@ assert \forall integer i; 0 <= i < v->r.n && v->r.mark[i] > 0 && i != p ==> i + v->r.mark[i] <= p || p + v->r.mark[p] <= i;
  //@ assert \forall integer i, q; 0 <= i < v->r.n && i != p && \at(In(v->r.mark, i, q), Pre) && !\at(Dead(v, i), Pre) ==> In(v->r.mark, i, q) && 0 <= q < v->r.n && !In(v->r.mark, p, q);
  bury_area(v, p) /*@ ghost (z, st, ord, pt, tlb) */;
  //@ assert Dead(v, p);
  return KEEL_OK;
}

/*@ requires VM(KEEL_NONE);
    assigns \nothing;
    ensures vpn < v->base || vpn >= v->base + v->r.n ==> \result == KEEL_OUT_OF_RANGE;
    ensures v->base <= vpn < v->base + v->r.n ==> \result == (pt[vpn - v->base] == -1 ? KEEL_NOT_MAPPED : pt[vpn - v->base]); */
keel_pfn_t keel_vmalloc_to_page(const struct keel_vm *v, int64_t vpn) /*@ ghost (VM_STATE) */
{
  if (vpn < v->base || vpn >= v->base + v->r.n) return KEEL_OUT_OF_RANGE;
  uint32_t q = (uint32_t)(vpn - v->base);
  if (v->page[q] == 0) return KEEL_NOT_MAPPED;
  //@ assert \exists integer p; 0 <= p < v->r.n && In(v->r.mark, p, q);
  if (is_dead(v, q)) return KEEL_NOT_MAPPED;
  return v->z->base + v->page[q] - 1;
}

/*@ requires VM(KEEL_NONE);
    assigns \nothing;
    ensures v->base <= vpn < v->base + v->r.n && v->r.mark[vpn - v->base] > 0 && !Dead(v, vpn - v->base) ==> \result == v->r.mark[vpn - v->base] - 1;
    ensures !(v->base <= vpn < v->base + v->r.n && v->r.mark[vpn - v->base] > 0 && !Dead(v, vpn - v->base)) ==> \result == 0; */
uint32_t keel_vsize(const struct keel_vm *v, int64_t vpn) /*@ ghost (VM_STATE) */
{
  if (vpn < v->base || vpn >= v->base + v->r.n) return 0;
  uint32_t p = (uint32_t)(vpn - v->base);
  return v->r.mark[p] > 0 && !is_dead(v, p) ? (uint32_t)v->r.mark[p] - 1u : 0;
}
