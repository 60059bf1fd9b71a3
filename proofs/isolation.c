// SPDX-License-Identifier: MIT OR Apache-2.0
/* The isolation theorem: what is allocated, through whichever layer, overlaps nothing else that is.  It is about the invariants of
   page layer, slab caches (so of kmalloc) and vmalloc over the same pages.  The calls of each layer are proven to keep its own and the
   page layer's; what they do to the other one's is in docs/SOUNDNESS.md, Two instances.
   Run: ./keel test //proofs:isolation_proof */
#include "keel.c"

/*@ // page p is in the live block, of whatever kind, whose first page is q
    predicate InBlock{L}(struct keel_pages *z, uint16_t *st, int16_t *ord, integer q, integer p) = LiveHead(st, ord, z->u, q) && q <= p < q + P2(ord[q]);
    // byte x of the memory is in object i of slab h, which is in use
    predicate InObject{L}(struct keel_slabs *s, integer h, integer i, integer x) = InUse(s, h, i) && obj(s, h, i) <= x < obj(s, h, i) + s->cache[s->slab[h].cache - 1].size;
    // page p is the one at page q of the arena, in the area that begins at its page a and is in use, or waits for a purge
    predicate InArenaAt{L}(struct keel_vm *v, integer a, integer q, integer p) = 0 <= a < v->r.n && In(v->r.mark, a, q) && v->page[q] == p + 1;
*/

/*@ ghost
  // blocks: no page is in two
  /@ requires InvB(z, st, ord);
     assigns \nothing;
     ensures pages: \forall integer q, p; InBlock(z, st, ord, q, p) ==> 0 <= p < NP && st[p] == LIVE && first(ord, z->u, p) == q;
     ensures apart: \forall integer q, r, p; InBlock(z, st, ord, q, p) && InBlock(z, st, ord, r, p) ==> q == r; @/
  void blocks_apart(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) {
    /@ loop invariant 0 <= q <= NP;
       loop invariant \forall integer r, p; 0 <= r < q && InBlock(z, st, ord, r, p) ==> 0 <= p < NP && st[p] == LIVE && first(ord, z->u, p) == r;
       loop assigns q; loop variant NP - q; @/
    for (uint32_t q = 0; q < 1024u * z->u; q++) {
      uint32_t k = (uint32_t)ord[q];
      uint32_t a = g_node_of(z->u, q, k);
      /@ assert LiveHead(st, ord, z->u, q) ==> head(z->u, a, k) == q && node(z->u, a, k) && q + P2(k) <= NP; @/
      /@ assert LiveHead(st, ord, z->u, q) ==> \forall integer p; q <= p < q + P2(k) ==> 0 <= p < NP && anc(z->u, q, ord[q]) == anc(z->u, p, ord[q]); @/
      /@ assert InvU(st, ord, z->u) && 0 <= q < NP; @/
      /@ assert \forall integer p; 0 <= p < NP && anc(z->u, q, ord[q]) == anc(z->u, p, ord[q]) ==> ord[p] == ord[q] && st[p] == st[q]; @/
      /@ assert LiveHead(st, ord, z->u, q) ==> \forall integer p; q <= p < q + P2(k) ==> ord[p] == ord[q] && st[p] == st[q]; @/
    }
    /@ assert \forall integer q, p; InBlock(z, st, ord, q, p) ==> 0 <= q < NP; @/
  }

  // the objects of a slab are in its pages, one after the other
  /@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Used(s, h);
     assigns \nothing;
     ensures within: \forall integer i, x; InObject(s, h, i, x) ==> s->slab[h].page <= (x - s->addr) / PAGE < s->slab[h].page + s->slab[h].pages;
     ensures apart: \forall integer i, j, x; InObject(s, h, i, x) && InObject(s, h, j, x) ==> i == j; @/
  void objects_of(const struct keel_slabs *s, uint32_t h) {
    uint32_t size = s->cache[s->slab[h].cache - 1].size;
    lem_layout(s, h);
    lem_steps(s->slab[h].nobj, size);
    /@ assert \forall integer i; 0 <= i < s->slab[h].nobj ==> 0 <= i * size && i * size + size <= s->slab[h].nobj * size; @/
    /@ assert \forall integer i; 0 <= i < s->slab[h].nobj ==> obj(s, h, i) == s->addr + s->slab[h].page * PAGE + i * size; @/
    /@ assert \forall integer i, x; InObject(s, h, i, x) ==> s->slab[h].page * PAGE <= x - s->addr < (s->slab[h].page + s->slab[h].pages) * PAGE; @/
    /@ assert \forall integer i, j; 0 <= i < j < s->slab[h].nobj ==> i * size + size <= j * size; @/
    /@ assert \forall integer i, j; 0 <= i < j < s->slab[h].nobj ==> obj(s, h, i) + size <= obj(s, h, j); @/
  }

  // objects: no byte is in two, whatever their caches; and they are in blocks of their layer's kind
  /@ requires BOTH(s, z, st, ord);
     assigns \nothing;
     ensures within: \forall integer h, i, x; InObject(s, h, i, x) ==> InBlock(z, st, ord, s->slab[h].page, (x - s->addr) / PAGE) && z->tag[s->slab[h].page] / 32 == KEEL_SLAB;
     ensures apart: \forall integer g, i, h, j, x; InObject(s, g, i, x) && InObject(s, h, j, x) ==> g == h && i == j; @/
  void objects_apart(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) {
    /@ loop invariant 1 <= h <= s->slabs + 1;
       loop invariant \forall integer g, i, x; 1 <= g < h && InObject(s, g, i, x) ==> s->slab[g].page <= (x - s->addr) / PAGE < s->slab[g].page + s->slab[g].pages;
       loop invariant \forall integer g, i, j, x; 1 <= g < h && InObject(s, g, i, x) && InObject(s, g, j, x) ==> i == j;
       loop assigns h; loop variant s->slabs + 1 - h; @/
    for (uint32_t h = 1; h <= s->slabs; h++) {
      if (s->slab[h].cache != 0) objects_of(s, h);
    }
    /@ assert \forall integer h; Used(s, h) ==> LiveHead(st, ord, z->u, s->slab[h].page) && P2(ord[s->slab[h].page]) == s->slab[h].pages && z->tag[s->slab[h].page] / 32 == KEEL_SLAB; @/
    /@ assert \forall integer h, i, x; InObject(s, h, i, x) ==> Used(s, h) && 1 <= h <= s->slabs; @/
    /@ assert \forall integer h, i, x; InObject(s, h, i, x) ==> s->map[(x - s->addr) / PAGE] == h; @/
  }

  // areas: with their guards they do not overlap, no page is at two places, and they are blocks of one page of their layer's kind
  /@ requires VM(KEEL_NONE);
     assigns \nothing;
     ensures within: \forall integer a, q, p; InArenaAt(v, a, q, p) ==> InBlock(z, st, ord, p, p) && P2(ord[p]) == 1 && z->tag[p] / 32 == KEEL_VMALLOC;
     ensures apart: \forall integer a, q, b, r, p; InArenaAt(v, a, q, p) && InArenaAt(v, b, r, p) ==> a == b && q == r;
     ensures places: \forall integer a, b; 0 <= a < b < v->r.n && v->r.mark[a] > 0 && v->r.mark[b] > 0 ==> a + v->r.mark[a] <= b; @/
  void areas_apart(struct keel_vm *v, VM_STATE) {
    /@ assert \forall integer a, q; 0 <= a < v->r.n && In(v->r.mark, a, q) ==> 0 <= q < v->r.n; @/
    /@ assert \forall integer a, q, p; InArenaAt(v, a, q, p) ==> Single(z->n, z->tag, st, ord, p) && 0 <= p; @/
    /@ assert Range(z) && \forall integer p; 0 <= p < z->n ==> 0 <= p < NP && TagOk(z->u, p, st[p], ord[p], z->tag[p]); @/
    /@ assert \forall integer p; 0 <= p && Single(z->n, z->tag, st, ord, p) ==> z->tag[p] != T_NO && LiveHead(st, ord, z->u, p); @/
  }

  // all together
  /@ requires BOTH(s, z, st, ord) && VM(KEEL_NONE);
     assigns \nothing;
     // two blocks share no page
     ensures blocks: \forall integer q, r, p; InBlock(z, st, ord, q, p) && InBlock(z, st, ord, r, p) ==> q == r;
     // two objects share no byte, and an object shares no page with a block other than its slab, nor with an area
     ensures objects: \forall integer g, i, h, j, x; InObject(s, g, i, x) && InObject(s, h, j, x) ==> g == h && i == j;
     ensures object_block: \forall integer h, i, x, q; InObject(s, h, i, x) && InBlock(z, st, ord, q, (x - s->addr) / PAGE) ==> q == s->slab[h].page && z->tag[q] / 32 == KEEL_SLAB;
     ensures object_area: \forall integer h, i, x, a, q; InObject(s, h, i, x) ==> !InArenaAt(v, a, q, (x - s->addr) / PAGE);
     // two areas share no page, nor an area's page its place; and an area shares no page with a block other than its own
     ensures areas: \forall integer a, q, b, r, p; InArenaAt(v, a, q, p) && InArenaAt(v, b, r, p) ==> a == b && q == r;
     ensures area_block: \forall integer a, q, p, r; InArenaAt(v, a, q, p) && InBlock(z, st, ord, r, p) ==> r == p && z->tag[r] / 32 == KEEL_VMALLOC;
     ensures places: \forall integer a, b; 0 <= a < b < v->r.n && v->r.mark[a] > 0 && v->r.mark[b] > 0 ==> a + v->r.mark[a] <= b;
     // so a page that is mapped in the arena can be reached through no object, no other block and no other virtual page
     ensures mapped: \forall integer q, r; 0 <= q < v->r.n && 0 <= r < v->r.n && pt[q] != -1 && pt[q] == pt[r] ==> q == r; @/
  void isolation(struct keel_slabs *s, struct keel_vm *v, VM_STATE) {
    blocks_apart(z, st, ord);
    objects_apart(s, z, st, ord);
    areas_apart(v, z, st, ord, pt, tlb);
    /@ assert \forall integer q; 0 <= q < v->r.n && pt[q] != -1 ==> v->page[q] != 0 && pt[q] == z->base + v->page[q] - 1; @/
  }
*/
