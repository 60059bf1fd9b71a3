// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of vmalloc (core/vmalloc.c).
   The page table is two ghost arrays over the arena's pages: pt[q] is the pfn that is mapped there, -1 if none is; tlb[q] is 0 if
   no CPU can have a translation for it. */
#ifndef KEEL_SPECS_VMALLOC_H
#define KEEL_SPECS_VMALLOC_H

/*@ predicate VmArrays{L}(struct keel_vm *v, struct keel_pages *z, int64_t *pt, int8_t *tlb) = \valid(v) && \valid(z) && v->z == z && 0 <= v->base <= 0x10000000000000 - 0x40000000 &&
      \valid(v->page + (0 .. v->r.n - 1)) && \valid(pt + (0 .. v->r.n - 1)) && \valid(tlb + (0 .. v->r.n - 1)) && \separated(v, z) &&
      \separated(v, v->page + (0 .. v->r.n - 1)) && \separated(z, v->page + (0 .. v->r.n - 1)) && \separated(pt + (0 .. v->r.n - 1), v) && \separated(pt + (0 .. v->r.n - 1), z) &&
      \separated(v->page + (0 .. v->r.n - 1), v->r.tree + (0 .. 16 * v->r.above), v->r.gap + (0 .. 64 * ((v->r.n + 63) / 64) - 1)) &&
      \separated(z, v->r.tree + (0 .. 16 * v->r.above)) && \separated(z, v->r.gap + (0 .. 64 * ((v->r.n + 63) / 64) - 1)) && \separated(z->ref + (0 .. 1024 * z->u - 1), v->r.mark + (0 .. v->r.n - 1)) &&
      \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l0 + (0 .. W0(z->u) - 1)) && \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l1 + (0 .. W1(z->u) - 1)) &&
      \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l2 + (0 .. W2(z->u) - 1)) && \separated(v->r.ends + (0 .. (v->r.n + 63) / 64 - 1), z->l3 + (0 .. W3(z->u) - 1));

    // page g - 1 is free
    predicate WasFree{L}(uint16_t *st, integer g) = st[g - 1] == FREE;
    // page q is in the area that begins at page p, and not its guard
    predicate In{L}(int32_t *m, integer p, integer q) = 0 <= p <= q && q + 1 < p + m[p];
    // the area that begins at p waits for a purge
    predicate Dead{L}(struct keel_vm *v, integer p) = \exists integer i; 0 <= i < v->nr_dead && v->dead[i] == p;
    // page g of the instance is at a page of area p, or of one of those
    predicate OfArea{L}(struct keel_vm *v, integer p, integer g) = \exists integer q; In(v->r.mark, p, q) && v->page[q] == g + 1;
    predicate OfDead{L}(struct keel_vm *v, integer g) = \exists integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) && v->page[q] == g + 1;
    predicate Backlog{L}(struct keel_vm *v) = 0 <= v->nr_dead <= KEEL_VM_BACKLOG &&
      (\forall integer i; 0 <= i < v->nr_dead ==> 0 <= v->dead[i] < v->r.n && v->r.mark[v->dead[i]] > 0) &&
      \forall integer i, j; 0 <= i < j < v->nr_dead ==> v->dead[i] != v->dead[j];
    // all pages of areas, but of area x, are there; and only these
    predicate Backed{L}(uint32_t *g, int32_t *m, integer n, integer x) = \forall integer p, q; 0 <= p < n && p != x && In(m, p, q) ==> g[q] != 0;
    predicate InAreas{L}(uint32_t *g, int32_t *m, integer n) = \forall integer q; 0 <= q < n && g[q] != 0 ==> \exists integer p; 0 <= p < n && In(m, p, q);
    // each is a block of this layer, of one page, and is there once
    predicate Single{L}(integer n, uint8_t *tag, uint16_t *st, int16_t *ord, integer q) = q < n && st[q] == LIVE && ord[q] == 0 && tag[q] / 32 == KEEL_VMALLOC;
    predicate Singles{L}(uint32_t *g, integer n, integer zn, uint8_t *tag, uint16_t *st, int16_t *ord) = \forall integer q; 0 <= q < n && g[q] != 0 ==> Single(zn, tag, st, ord, g[q] - 1);
    predicate Once{L}(uint32_t *g, integer n) = \forall integer q, r; 0 <= q < n && 0 <= r < n && q != r && g[q] != 0 ==> g[q] != g[r];
    // what is mapped is the page that is there; where none is, there is no translation
    predicate Translated{L}(uint32_t *g, integer n, integer base, int64_t *pt) = \forall integer q; 0 <= q < n && pt[q] != -1 ==> g[q] != 0 && pt[q] == base + g[q] - 1;
    predicate Flushed{L}(uint32_t *g, integer n, int8_t *tlb) = \forall integer q; 0 <= q < n && g[q] == 0 ==> tlb[q] == 0;
    // nothing of areas that wait for a purge is cached by a CPU
    predicate Clean{L}(struct keel_vm *v, int8_t *tlb) = \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> tlb[q] == 0;
    // of areas that wait for a purge nothing is mapped; of others, but of area x, all is
    predicate DeadUnmapped{L}(struct keel_vm *v, int64_t *pt) = \forall integer i, q; 0 <= i < v->nr_dead && In(v->r.mark, v->dead[i], q) ==> pt[q] == -1;
    predicate LiveMapped{L}(struct keel_vm *v, integer x, int64_t *pt) = \forall integer p, q; 0 <= p < v->r.n && p != x && In(v->r.mark, p, q) && pt[q] == -1 ==> Dead(v, p);
*/
/* Marks and lengths of gaps that are at B what they were at A. */
/*@ axiomatic Tilings {
    predicate SameTiling{A, B}(uint32_t *g, int32_t *m, integer n) = (\forall integer p; 0 <= p < n ==> \at(m[p], A) == \at(m[p], B)) &&
      \forall integer p; 0 <= p < n ==> \at(g[p], A) == \at(g[p], B);
    lemma same_marks{A, B}: \forall uint32_t *g, int32_t *m, integer n; SameTiling{A, B}(g, m, n) && Within{A}(m, n) && After{A}(m, n) && NoOverlap{A}(m, n) ==> Within{B}(m, n) && After{B}(m, n) && NoOverlap{B}(m, n);
    predicate SameEnds{A, B}(uint64_t *w, uint32_t *g, integer b) = (\forall integer c; 0 <= c < b ==> \at(w[c], A) == \at(w[c], B)) &&
      \forall integer q; 0 <= q < 64 * b ==> \at(g[q], A) == \at(g[q], B);
    lemma same_ends{A, B}: \forall uint64_t *w, uint32_t *g, integer b; SameEnds{A, B}(w, g, b) && Ends{A}(w, g, b) ==> Ends{B}(w, g, b);
    lemma same_gaps{A, B}: \forall uint32_t *g, int32_t *m, integer n; SameTiling{A, B}(g, m, n) && Within{A}(m, n) && Merged{A}(m, n) && EndSound{A}(g, m, n, n, n) && EndComplete{A}(g, m, n, n, n) ==>
      Merged{B}(m, n) && EndSound{B}(g, m, n, n, n) && EndComplete{B}(g, m, n, n, n);
    }
*/
/* Sizes that keel_vm_init takes. */
#define VM_SIZES (1 <= n <= KEEL_RANGE_MAX && 0 <= base <= 0x10000000000000 - 0x40000000)
/* The arrays of a new arena: large enough, apart from each other and from the page instance; nothing is mapped. */
#define VM_NEW \
  (\valid(v) && \valid(tree + (0 .. KEEL_RANGE_TREE(n) - 1)) && \valid(gap + (0 .. KEEL_RANGE_GAPS(n) - 1)) && \valid(ends + (0 .. KEEL_RANGE_ENDS(n) - 1)) && \
   \valid(mark + (0 .. n - 1)) && \valid(page + (0 .. n - 1)) && \valid(pt + (0 .. n - 1)) && \valid(tlb + (0 .. n - 1)) && \separated(v, z) && \
   \separated(v, tree + (0 .. KEEL_RANGE_TREE(n) - 1), gap + (0 .. KEEL_RANGE_GAPS(n) - 1), ends + (0 .. KEEL_RANGE_ENDS(n) - 1), mark + (0 .. n - 1)) && \
   \separated(v, page + (0 .. n - 1)) && \separated(pt + (0 .. n - 1), v) && \separated(pt + (0 .. n - 1), z) && \
   \separated(page + (0 .. n - 1), tree + (0 .. KEEL_RANGE_TREE(n) - 1), gap + (0 .. KEEL_RANGE_GAPS(n) - 1)) && \
   \separated(z, page + (0 .. n - 1)) && \separated(z, tree + (0 .. KEEL_RANGE_TREE(n) - 1)) && \separated(z, gap + (0 .. KEEL_RANGE_GAPS(n) - 1)) && \
   \separated(z->ref + (0 .. 1024 * z->u - 1), mark + (0 .. n - 1)) && NO_WORD(ends + (0 .. KEEL_RANGE_ENDS(n) - 1)) && \
   \forall integer q; 0 <= q < n ==> pt[q] == -1 && tlb[q] == 0)
#define VM_STATE struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb
/* And whether a keel_map has failed: a caller that makes it 0 before a call sees there whether one has since. */
#define MAP_STATE VM_STATE, _Bool \ghost *failed
/* The invariant, but that pages of area x may be missing or unmapped. */
#define VM(x)                                                                                                                                      \
  (RangeInv(&v->r) && InvB(z, st, ord) && VmArrays(v, z, pt, tlb) && Backlog(v) && Backed(v->page, v->r.mark, v->r.n, x) &&                        \
   InAreas(v->page, v->r.mark, v->r.n) && Singles(v->page, v->r.n, z->n, z->tag, st, ord) && Once(v->page, v->r.n) &&                                         \
   Translated(v->page, v->r.n, z->base, pt) && Flushed(v->page, v->r.n, tlb) && DeadUnmapped(v, pt) && LiveMapped(v, x, pt))
#define KEEPS_VM(x)                                                                                                                                \
  ensures range: RangeInv(&v->r); ensures pages: InvB(z, st, ord); ensures VmArrays(v, z, pt, tlb); ensures Backlog(v);                            \
  ensures Backed(v->page, v->r.mark, v->r.n, x); ensures InAreas(v->page, v->r.mark, v->r.n);                                                      \
  ensures Singles(v->page, v->r.n, z->n, z->tag, st, ord); ensures Once(v->page, v->r.n); ensures Translated(v->page, v->r.n, z->base, pt);                    \
  ensures Flushed(v->page, v->r.n, tlb); ensures DeadUnmapped(v, pt); ensures LiveMapped(v, x, pt);
#define LOOP_VM(x)                                                                                                                                 \
  loop invariant range: RangeInv(&v->r); loop invariant pages: InvB(z, st, ord); loop invariant VmArrays(v, z, pt, tlb); loop invariant Backlog(v); \
  loop invariant Backed(v->page, v->r.mark, v->r.n, x); loop invariant InAreas(v->page, v->r.mark, v->r.n);                                        \
  loop invariant Singles(v->page, v->r.n, z->n, z->tag, st, ord); loop invariant Once(v->page, v->r.n);                                            \
  loop invariant Translated(v->page, v->r.n, z->base, pt); loop invariant Flushed(v->page, v->r.n, tlb);                                           \
  loop invariant DeadUnmapped(v, pt); loop invariant LiveMapped(v, x, pt);
/* Page g of the instance is as it was, and its references. */
#define SPARED(L, g) (KEEPS(L, g) && z->ref[g] == \at(z->ref[g], L))
/* One reference to page x - 1 of the instance, which was of this layer's, is dropped since L. */
#define LET_GO(L, x)                                                                                                                               \
  ((\at(z->ref[(x) - 1], L) == 0 ==> st[(x) - 1] == FREE) &&                                                                                       \
   (\at(z->ref[(x) - 1], L) != 0 ==> Single(z->n, z->tag, st, ord, (x) - 1) && z->ref[(x) - 1] == \at(z->ref[(x) - 1], L) - 1))
/* The pages of area p, as it was, are let go, and all others are as they were. */
#define PAGES_BACK(p)                                                                                                                              \
  ensures bare: \forall integer q; \old(In(v->r.mark, p, q)) ==> v->page[q] == 0;                                                                  \
  ensures back: \forall integer g; 0 <= g < NP && \old(OfArea(v, p, g)) ==> LET_GO(Pre, g + 1);                                                     \
  ensures spared: \forall integer g; 0 <= g < NP && !\old(OfArea(v, p, g)) ==> SPARED(Pre, g);
#define NO_FEWER(p)                                                                                                                                \
  ensures more: z->nr_free >= \old(z->nr_free);                                                                                                   \
  ensures all: \old(\forall integer q; In(v->r.mark, p, q) ==> z->ref[v->page[q] - 1] == 0) ==> z->nr_free == \old(z->nr_free) + \old(v->r.mark[p]) - 1;
/* Pages that are not of areas that wait for a purge are as they were; or those of them that were not free. */
#define SPARES ensures spared: \forall integer g; 0 <= g < NP && !\old(OfDead(v, g)) ==> SPARED(Pre, g);
#define OTHER_BLOCKS ensures blocks: \forall integer g; 0 <= g < NP && \old(st[g]) != FREE && !\old(OfDead(v, g)) ==> SPARED(Pre, g);
/* Area x has pages that were free, and all others are as they were. */
#define BACKS(x)                                                                                                                                   \
  ensures fresh: \forall integer q; (x) <= q < (x) + pages ==> v->page[q] != 0 && WasFree{Pre}(st, v->page[q]) && z->ref[v->page[q] - 1] == 0;        \
  ensures spared: \forall integer g; 0 <= g < NP && (\forall integer q; (x) <= q < (x) + pages ==> v->page[q] != g + 1) ==> SPARED(Pre, g);           \
  ensures count: z->nr_free == \old(z->nr_free) - pages;
#define SAME_SIZES ensures sizes: v->r.n == \old(v->r.n) && v->r.above == \old(v->r.above) && v->base == \old(v->base) && z->u == \old(z->u) && z->n == \old(z->n) && z->base == \old(z->base);
#define LOOP_SIZES loop invariant v->r.n == \at(v->r.n, Pre) && v->r.above == \at(v->r.above, Pre) && v->base == \at(v->base, Pre) && z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre) && z->base == \at(z->base, Pre);
#define SAME_MARKS ensures marks: \forall integer q; 0 <= q < v->r.n ==> v->r.mark[q] == \old(v->r.mark[q]);
#define SAME_DEAD ensures dead: v->nr_dead == \old(v->nr_dead) && \forall integer i; 0 <= i < KEEL_VM_BACKLOG ==> v->dead[i] == \old(v->dead[i]);
#define LOOP_DEAD loop invariant v->nr_dead == \at(v->nr_dead, Pre) && \forall integer i; 0 <= i < KEEL_VM_BACKLOG ==> v->dead[i] == \at(v->dead[i], Pre);
#define SAME_TABLE ensures table: \forall integer q; 0 <= q < v->r.n ==> pt[q] == \old(pt[q]);
/* No area comes or grows; those that do not wait for a purge stay, with their pages. */
#define NO_AREA_COMES ensures none: \forall integer p; 0 <= p < v->r.n && v->r.mark[p] > 0 ==> v->r.mark[p] == \old(v->r.mark[p]);
#define AREAS_STAY                                                                                                                                 \
  ensures areas: \forall integer p; 0 <= p < v->r.n && \old(v->r.mark[p]) > 0 && !\old(Dead(v, p)) ==> v->r.mark[p] == \old(v->r.mark[p]) && !Dead(v, p); \
  ensures backing: \forall integer p, q; 0 <= p < v->r.n && \old(In(v->r.mark, p, q)) && !\old(Dead(v, p)) ==> v->page[q] == \old(v->page[q]) && pt[q] == \old(pt[q]);
/* Pages go; none comes, or only pages that were free, or only these and some of areas that waited for a purge, which nobody else had a reference to. */
#define PAGES_GO ensures pages: \forall integer q; 0 <= q < v->r.n ==> v->page[q] == 0 || v->page[q] == \old(v->page[q]);
#define FREE_COME ensures fresh: \forall integer q; 0 <= q < v->r.n ==> v->page[q] == 0 || v->page[q] == \old(v->page[q]) || WasFree{Pre}(st, v->page[q]);
#define OWN_COME                                                                                                                                   \
  ensures fresh: \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 && v->page[q] != \old(v->page[q]) ==>                                         \
    WasFree{Pre}(st, v->page[q]) || \old(OfDead(v, \at(v->page[q], Post) - 1)) && \old(z->ref[\at(v->page[q], Post) - 1]) == 0;
/* There has been a purge, and areas that waited for it have let go all their pages, but for what has become of them then (but); or there has been
   none, and they wait still. */
#define PURGE_OR_NOT(but)                                                                                                                          \
  ensures back: \forall integer g; 0 <= g < NP && \old(OfDead(v, g)) && !OfDead(v, g) && (but) ==> LET_GO(Pre, g + 1);                               \
  ensures wait: \forall integer g; 0 <= g < NP && OfDead(v, g) ==> \old(OfDead(v, g)) && SPARED(Pre, g);                                            \
  ensures once: v->nr_dead == 0 || v->nr_dead == \old(v->nr_dead) && \forall integer i; 0 <= i < KEEL_VM_BACKLOG ==> v->dead[i] == \old(v->dead[i]);
/* Why there is no area of so many pages and a guard, if a says so. */
#define NO_PLACE(a)                                                                                                                                \
  ensures many: (a) != KEEL_NO_PAGES && (a) < 0 ==> z->nr_free >= pages; \
  ensures few: (a) == KEEL_NO_PAGES ==> v->nr_dead == 0 && z->nr_free < pages;                                                                     \
  ensures enough: \old(z->nr_free) >= pages ==> (a) != KEEL_NO_PAGES;                                                                              \
  ensures full: (a) == KEEL_NO_RANGE ==> \forall integer s; 0 <= s && s + pages + 1 <= v->r.n ==> !Vacant(v->r.mark, v->r.n, s, pages + 1);            \
  ensures full: (a) == KEEL_NO_RANGE && pages < v->r.n ==> v->nr_dead == 0;                                                                        \
  ensures room: (\exists integer s; 0 <= s && s + pages + 1 <= v->r.n && \old(Vacant(v->r.mark, v->r.n, s, pages + 1))) ==> (a) != KEEL_NO_RANGE;
/* a is the first page of a new area of so many pages, or why there is none. */
#define MADE(a)                                                                                                                                    \
  OTHER_BLOCKS                                                                                                                                     \
  ensures free: \forall integer g; 0 <= g < NP && \old(st[g]) == FREE && ((a) >= 0 ==> \forall integer r; (a) <= r < (a) + pages ==> v->page[r] != g + 1) ==> st[g] == FREE; \
  PURGE_OR_NOT((a) >= 0 ==> \forall integer r; (a) <= r < (a) + pages ==> v->page[r] != g + 1)                                                     \
  ensures why: *failed == ((a) == KEEL_NOT_MAPPED ? 1 : \old(*failed));                                                                              \
  ensures results: 0 <= (a) < v->r.n || (a) == KEEL_NO_PAGES || (a) == KEEL_NO_RANGE || (a) == KEEL_NOT_MAPPED;                                     \
  NO_PLACE(a) \
  ensures others: \forall integer p; 0 <= p < v->r.n && p != (a) && v->r.mark[p] > 0 ==> v->r.mark[p] == \old(v->r.mark[p]);                         \
  ensures live: (a) >= 0 ==> v->r.mark[a] == pages + 1 && !Dead(v, a) && (\old(v->r.mark[\at(a, Post)]) <= 0 || \old(Dead(v, \at(a, Post))));            \
  ensures mapped: (a) >= 0 ==> \forall integer q; (a) <= q < (a) + pages ==> v->page[q] != 0 && pt[q] == z->base + v->page[q] - 1;                     \
  ensures guard: (a) >= 0 ==> pt[(a) + pages] == -1;
#define VMALLOC_FLAGS 3
#define RANGE_ARRAYS v->r.tree[0 .. 16 * v->r.above], v->r.gap[0 .. v->r.n - 1], v->r.ends[0 .. (v->r.n + 63) / 64 - 1], v->r.mark[0 .. v->r.n - 1]
#define PAGE_ARRAYS KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->allocs, z->frees, z->fails, z->largest_fail, GHOSTS
#define PURGED RANGE_ARRAYS, PAGE_ARRAYS, v->page[0 .. v->r.n - 1], v->nr_dead
#define ROOM_FOUND(yes) \
  ensures others: \forall integer p; 0 <= p < v->r.n && p != \result && v->r.mark[p] > 0 ==> v->r.mark[p] == \old(v->r.mark[p]); \
  ensures new: yes ==> \result + pages + 1 <= v->r.n && v->r.mark[\result] == pages + 1 && !Dead(v, \result) && \
  (\old(v->r.mark[\at(\result, Post)]) <= 0 || \old(Dead(v, \at(\result, Post)))); \
  ensures bare: yes ==> \forall integer q; \result <= q <= \result + pages ==> v->page[q] == 0 && pt[q] == -1; \
  ensures more: z->nr_free >= \old(z->nr_free);
/* A place for an area of so many pages and its guard: the result is its first page, without pages yet, or KEEL_NONE. */
#define FINDS_ROOM \
  requires VM(KEEL_NONE) && 1 <= pages < v->r.n; \
  assigns PURGED, tlb[0 .. v->r.n - 1]; \
  KEEPS_VM(\result) SAME_SIZES SPARES PURGE_OR_NOT(0 == 0) PAGES_GO AREAS_STAY SAME_TABLE \
  ensures full: \result == KEEL_NONE ==> v->nr_dead == 0 && \forall integer s; 0 <= s && s + pages + 1 <= v->r.n ==> !Vacant(v->r.mark, v->r.n, s, pages + 1); \
  ensures room: (\exists integer s; 0 <= s && s + pages + 1 <= v->r.n && \old(Vacant(v->r.mark, v->r.n, s, pages + 1))) ==> \result != KEEL_NONE; \
  ROOM_FOUND(\result != KEEL_NONE)
/* An area of so many pages: keel_vmalloc and keel_vzalloc. */
#define VMALLOCS \
  requires VM(KEEL_NONE) && \valid(failed); \
  assigns PURGED, pt[0 .. v->r.n - 1], tlb[0 .. v->r.n - 1], *failed; \
  KEEPS_VM(KEEL_NONE) SAME_SIZES AREAS_STAY OWN_COME \
  behavior bad: \
  assumes pages == 0 || flags > VMALLOC_FLAGS; \
  assigns \nothing; \
  ensures refused: \result == KEEL_BAD_ARGUMENT; \
  behavior made: \
  assumes pages != 0 && flags <= VMALLOC_FLAGS; \
  MADE(\result < 0 ? \result : \result - v->base) \
  complete behaviors; disjoint behaviors;
/* Area x, without pages, gets them all, and is mapped: 1.  If keel_map fails the area goes: 0. */
#define FILLS(x) \
  requires VM(x) && x < v->r.n && v->r.mark[x] == pages + 1 && 1 <= pages <= z->nr_free && pages <= KEEL_RANGE_MAX && !Dead(v, x) && \valid(failed); \
  requires \forall integer q; x <= q <= x + pages ==> v->page[q] == 0 && pt[q] == -1; \
  assigns RANGE_ARRAYS, PAGE_ARRAYS, v->page[0 .. v->r.n - 1], pt[0 .. v->r.n - 1], tlb[0 .. v->r.n - 1], *failed; \
  KEEPS_VM(KEEL_NONE) SAME_SIZES SAME_DEAD FREE_COME \
  ensures why: *failed == (\result == 0 ? 1 : \old(*failed)); \
  ensures blocks: \forall integer g; 0 <= g < NP && \old(st[g]) != FREE ==> SPARED(Pre, g); \
  ensures free: \forall integer g; 0 <= g < NP && \old(st[g]) == FREE && (\result == 1 ==> \forall integer q; x <= q < x + pages ==> v->page[q] != g + 1) ==> st[g] == FREE; \
  ensures undone: \result == 0 ==> z->nr_free == \old(z->nr_free); \
  ensures \result == 0 || \result == 1; \
  ensures done: \result == 1 ==> v->r.mark[x] == pages + 1 && \forall integer q; x <= q < x + pages ==> v->page[q] != 0 && pt[q] == z->base + v->page[q] - 1; \
  ensures guard: \result == 1 ==> pt[x + pages] == -1; \
  ensures waiting: \forall integer p; Dead(v, p) <==> \old(Dead(v, p)); \
  ensures gone: \result == 0 ==> v->r.mark[x] <= 0; \
  ensures others: \forall integer q; 0 <= q < v->r.n && q != x && (v->r.mark[q] > 0 || \old(v->r.mark[q]) > 0) ==> v->r.mark[q] == \old(v->r.mark[q]); \
  ensures backing: \forall integer p, q; 0 <= p < v->r.n && p != x && \old(In(v->r.mark, p, q)) ==> v->page[q] == \old(v->page[q]) && pt[q] == \old(pt[q]);

/*@ ghost
  // where pages are counted as free, one is
  /@ requires InvO(st, ord, u) && nfree(st, 1024 * u) > 0 && 1 <= u <= UMAX && \valid(st + (0 .. 1024 * u - 1));
     assigns \nothing; ensures SomeFree(st, ord, u, 0); @/
  void lem_some_free(uint16_t \ghost *st, int16_t \ghost *ord, uint32_t u) {
    uint32_t n = 1024u * u;
    /@ loop invariant 0 <= i <= n && (nfree(st, i) > 0 ==> \exists integer q; 0 <= q < i && st[q] == FREE);
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) ;
  }
*/

#endif
