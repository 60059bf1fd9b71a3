// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of the slab caches (core/slab.c). */
#ifndef KEEL_SPECS_SLAB_H
#define KEEL_SPECS_SLAB_H

#define SLABS_MAX 0x10000000u
#define NODES(s) ((s)->slabs + 1 + (s)->caches) /* of the rings */
#define PAGE 4096

/*@ // every node is in one ring, alone or not, of nodes of the same cache
    predicate Ring{L}(struct keel_slab *t, integer n) = \forall integer x; 0 <= x < n ==>
      0 <= t[x].next < n && 0 <= t[x].prev < n && t[t[x].next].prev == x && t[t[x].prev].next == x &&
      t[t[x].next].cache == t[x].cache && t[t[x].prev].cache == t[x].cache;

    // a multiple of the page size
    predicate PageAligned(integer a) = a % PAGE == 0;
    // the arrays are there, and apart from each other and from those of the pages
    predicate Arrays{L}(struct keel_slabs *s) = \valid(s) &&
      1 <= s->slabs <= SLABS_MAX && s->caches <= KEEL_CACHES_MAX && 1 <= s->pages <= KEEL_PAGES_MAX && 0 < s->addr && PageAligned(s->addr) && s->addr + s->pages * PAGE < 0x10000000000000000 &&
      \valid(s->map + (0 .. s->pages - 1)) && \valid(s->slab + (0 .. s->slabs + s->caches)) && \valid(s->cache + (0 .. s->caches - 1)) &&
      \separated(s, s->map + (0 .. s->pages - 1)) && \separated(s, s->slab + (0 .. s->slabs + s->caches)) && \separated(s, s->cache + (0 .. s->caches - 1)) &&
      \separated(s->map + (0 .. s->pages - 1), s->slab + (0 .. s->slabs + s->caches)) && \separated(s->map + (0 .. s->pages - 1), s->cache + (0 .. s->caches - 1)) &&
      \separated(s->slab + (0 .. s->slabs + s->caches), s->cache + (0 .. s->caches - 1));
    predicate Apart{L}(struct keel_slabs *s, struct keel_pages *z) = \valid(z) && 1 <= z->u <= UMAX && s->z == z && s->pages == z->n &&
      \separated(s, z) && \separated(z, s->map + (0 .. s->pages - 1)) && \separated(z, s->slab + (0 .. s->slabs + s->caches)) && \separated(z, s->cache + (0 .. s->caches - 1)) &&
      \separated(s, z->l0 + (0 .. W0(z->u) - 1)) && \separated(s, z->l1 + (0 .. W1(z->u) - 1)) && \separated(s, z->l2 + (0 .. W2(z->u) - 1)) && \separated(s, z->l3 + (0 .. W3(z->u) - 1)) &&
      \separated(s->slab + (0 .. s->slabs + s->caches), z->l0 + (0 .. W0(z->u) - 1)) && \separated(s->slab + (0 .. s->slabs + s->caches), z->l1 + (0 .. W1(z->u) - 1)) &&
      \separated(s->slab + (0 .. s->slabs + s->caches), z->l2 + (0 .. W2(z->u) - 1)) && \separated(s->slab + (0 .. s->slabs + s->caches), z->l3 + (0 .. W3(z->u) - 1)) &&
      \separated(s->cache + (0 .. s->caches - 1), z->l0 + (0 .. W0(z->u) - 1)) && \separated(s->cache + (0 .. s->caches - 1), z->l1 + (0 .. W1(z->u) - 1)) &&
      \separated(s->cache + (0 .. s->caches - 1), z->l2 + (0 .. W2(z->u) - 1)) && \separated(s->cache + (0 .. s->caches - 1), z->l3 + (0 .. W3(z->u) - 1)) &&
      \separated(s->slab + (0 .. s->slabs + s->caches), z->ref + (0 .. 1024 * z->u - 1)) && \separated(s->cache + (0 .. s->caches - 1), z->ref + (0 .. 1024 * z->u - 1));

    predicate FreeBit{L}(struct keel_slabs *s, integer h, integer i) = bit(s->slab[h].free[i / 64], i % 64);
    // slab h is in use, by cache c; object i of slab h is in use
    predicate Used{L}(struct keel_slabs *s, integer h) = 1 <= h <= s->slabs && s->slab[h].cache > 0;
    predicate InUse{L}(struct keel_slabs *s, integer h, integer i) = Used(s, h) && 0 <= i < s->slab[h].nobj && !FreeBit(s, h, i);
    // none of its objects is in use
    predicate Empty{L}(struct keel_slabs *s, integer h) = \forall integer i; 0 <= i < s->slab[h].nobj ==> FreeBit(s, h, i);
    // it is one of cache c, or of any if there is no cache c
    predicate Mine{L}(struct keel_slabs *s, integer c, integer h) = Used(s, h) && (c < s->caches ==> s->slab[h].cache == c + 1);
    // objects of slab h in use, among the first n
    logic integer nused{L}(struct keel_slabs *s, integer h, integer n) = n <= 0 ? 0 : nused(s, h, n - 1) +
      (((s->slab[h].free[(n - 1) / 64] >> ((n - 1) % 64)) & 1) == 1 ? 0 : 1);
    // pages of the empty slabs among the first n, of cache c, or of any if there is no cache c
    logic integer nempty{L}(struct keel_slabs *s, integer c, integer n) = n <= 0 ? 0 : nempty(s, c, n - 1) +
      (s->slab[n].cache > 0 && (c >= s->caches || s->slab[n].cache == c + 1) && nused(s, n, s->slab[n].nobj) == 0 ? s->slab[n].pages : 0);
    // address of object i of slab h (the sum is a function of its own, so that provers need not multiply to see that it is what it was)
    logic integer place(integer addr, integer page, integer i, integer size) = addr + page * PAGE + i * size;
    logic integer obj{L}(struct keel_slabs *s, integer h, integer i) = place(s->addr, s->slab[h].page, i, s->cache[s->slab[h].cache - 1].size);
    // address a is in a page of the instance; its slab, 0 if none; object i of that slab starts there
    predicate InArea{L}(struct keel_slabs *s, integer a) = s->addr <= a < s->addr + s->pages * PAGE;
    logic integer slab_at{L}(struct keel_slabs *s, integer a) = s->map[(a - s->addr) / PAGE];
    predicate At{L}(struct keel_slabs *s, integer a, integer i) = \let h = slab_at(s, a); InArea(s, a) && h != 0 && 0 <= i < s->slab[h].nobj && a == obj(s, h, i);

    predicate Rings{L}(struct keel_slabs *s) = Ring(s->slab, NODES(s)) && s->slab[0].cache == 0 &&
      (\forall integer h; 1 <= h <= s->slabs ==> 0 <= s->slab[h].cache <= s->caches) &&
      (\forall integer x; s->slabs < x <= s->slabs + s->caches ==> s->slab[x].cache == x - s->slabs);
    // (a predicate of its own, so that provers need not multiply to see that it still holds)
    predicate Fits(integer n, integer size, integer pages) = n * size <= pages * PAGE;
    predicate KOk{L}(struct keel_cache *k) = Size(k->size) && Exact(k->mult, k->size) &&
      1 <= k->nobj <= KEEL_SLAB_OBJECTS && 0 <= k->order <= KEEL_SLAB_ORDER && k->pages == P2(k->order) && Fits(k->nobj, k->size, k->pages);
    predicate Caches{L}(struct keel_slabs *s) = \forall integer c; 0 <= c < s->caches && s->cache[c].size != 0 ==> KOk(s->cache + c);
    predicate Full{L}(struct keel_slabs *s) = \forall integer c, i; 0 <= c < s->caches && s->cache[c].size != 0 && 0 <= i < 256 ==> (bit(s->cache[c].full[i / 64], i % 64) <==> i < s->cache[c].nobj);
    predicate Slabs{L}(struct keel_slabs *s) = \forall integer h; Used(s, h) ==> \let k = s->slab[h].cache - 1;
      s->cache[k].size != 0 && s->slab[h].nobj == s->cache[k].nobj && s->slab[h].mult == s->cache[k].mult && s->slab[h].pages == s->cache[k].pages &&
      s->slab[h].page + s->slab[h].pages <= s->pages;
    predicate Bits{L}(struct keel_slabs *s) = \forall integer h, i; Used(s, h) && s->slab[h].nobj <= i < 256 ==> !FreeBit(s, h, i);
    // pages and slabs know each other
    predicate Map{L}(struct keel_slabs *s) = \forall integer p; 0 <= p < s->pages && s->map[p] != 0 ==> \let h = s->map[p]; Used(s, h) && s->slab[h].page <= p < s->slab[h].page + s->slab[h].pages;
    predicate Mapped{L}(struct keel_slabs *s) = \forall integer h, p; Used(s, h) && s->slab[h].page <= p < s->slab[h].page + s->slab[h].pages ==> s->map[p] == h;
    // 64 * a * size
    logic integer lead(integer a, integer size) = a == 0 ? 0 : a == 1 ? 64 * size : a == 2 ? 128 * size : 192 * size;
    // what a cache hands out next
    predicate HotAt{L}(struct keel_slabs *s, integer c) = s->cache[c].active != 0 &&
      s->cache[c].first == s->addr + s->slab[s->cache[c].active].page * PAGE + lead(s->cache[c].at, s->cache[c].size);
    predicate Hot{L}(struct keel_slabs *s) = \forall integer c; 0 <= c < s->caches && s->cache[c].word != 0 ==> HotAt(s, c);
    predicate Words{L}(struct keel_slabs *s) = \forall integer c, i; 0 <= c < s->caches && s->cache[c].word != 0 && 0 <= i < 64 && bit(s->cache[c].word, i) ==>
      bit(s->slab[s->cache[c].active].free[s->cache[c].at], i);
    predicate Actives{L}(struct keel_slabs *s) = \forall integer c; 0 <= c < s->caches ==> 0 <= s->cache[c].active <= s->slabs && 0 <= s->cache[c].at < 4 && 0 <= s->cache[c].kept <= s->slabs &&
      (s->cache[c].active != 0 ==> s->slab[s->cache[c].active].cache == c + 1 && s->slab[s->cache[c].active].next == s->cache[c].active);
    predicate Live{L}(struct keel_slabs *s) = \forall integer h; Used(s, h) ==> s->slab[h].live >= 1;
    // the same, but of slab h
    predicate LiveBut{L}(struct keel_slabs *s, integer h) = \forall integer g; Used(s, g) && g != h ==> s->slab[g].live >= 1;
    // its pages are a live block, of the slab layer's kind
    predicate Own{L}(struct keel_slabs *s, struct keel_pages *z, uint16_t *st, int16_t *ord) = \forall integer h; Used(s, h) ==>
      HeadErr(z, st, ord, s->slab[h].page) == KEEL_OK && z->tag[s->slab[h].page] / 32 == KEEL_SLAB && P2(ord[s->slab[h].page]) == s->slab[h].pages;
    predicate OwnPages{L}(struct keel_slabs *s, uint16_t *st) = \forall integer p; 0 <= p < s->pages && s->map[p] != 0 ==> st[p] == LIVE;
*/
/* (The invariant stands with the lemmas, so that only goals about it have them.) */
/*@ axiomatic Objects {
    predicate SInv{L}(struct keel_slabs *s) = Arrays(s) && Rings(s) && Caches(s) && Full(s) && Slabs(s) && Bits(s) && Map(s) && Mapped(s) && Hot(s) && Words(s) && Actives(s) && Live(s);
    lemma factor: \forall integer i, j, n; 0 < n && i * n == j * n ==> i == j;
    lemma obj_once{L}: \forall struct keel_slabs *s, integer h, i, j; 0 < s->cache[s->slab[h].cache - 1].size && obj(s, h, i) == obj(s, h, j) ==> i == j;
    lemma used_size{L}: \forall struct keel_slabs *s, integer h; Rings(s) && Caches(s) && Slabs(s) && Used(s, h) ==> 0 < s->cache[s->slab[h].cache - 1].size;
    lemma at_used{L}: \forall struct keel_slabs *s, integer a, i; Map(s) && At(s, a, i) ==> Used(s, slab_at(s, a)) && a == obj(s, slab_at(s, a), i);
    // one object at most starts at an address
    lemma at_once{L}: \forall struct keel_slabs *s, integer a, i, j; Caches(s) && Slabs(s) && Map(s) && Rings(s) && At(s, a, i) && At(s, a, j) ==> i == j;
    }
*/
/* The page instance and its ghost arrays are at B what they were at A. */
/*@ axiomatic Frames {
    predicate Kept{A, B}(struct keel_pages *z, uint16_t *st, int16_t *ord) =
      \at(z->l0, A) == \at(z->l0, B) && \at(z->l1, A) == \at(z->l1, B) && \at(z->l2, A) == \at(z->l2, B) && \at(z->l3, A) == \at(z->l3, B) &&
      \at(z->tag, A) == \at(z->tag, B) && \at(z->ref, A) == \at(z->ref, B) && \at(z->u, A) == \at(z->u, B) && \at(z->n, A) == \at(z->n, B) &&
      \at(z->base, A) == \at(z->base, B) && \at(z->nr_free, A) == \at(z->nr_free, B) && \at(z->allocs, A) == \at(z->allocs, B) &&
      \at(z->frees, A) == \at(z->frees, B) && \at(z->fails, A) == \at(z->fails, B) && \at(z->largest_fail, A) == \at(z->largest_fail, B) &&
      (\forall integer k; 0 <= k <= 11 ==> \at(z->first[k], A) == \at(z->first[k], B)) &&
      (\forall integer v; 0 <= v < W0(\at(z->u, A)) ==> \at(z->l0[v], A) == \at(z->l0[v], B)) &&
      (\forall integer v; 0 <= v < W1(\at(z->u, A)) ==> \at(z->l1[v], A) == \at(z->l1[v], B)) &&
      (\forall integer v; 0 <= v < W2(\at(z->u, A)) ==> \at(z->l2[v], A) == \at(z->l2[v], B)) &&
      (\forall integer v; 0 <= v < W3(\at(z->u, A)) ==> \at(z->l3[v], A) == \at(z->l3[v], B)) &&
      (\forall integer q; 0 <= q < 1024 * \at(z->u, A) ==> \at(z->ref[q], A) == \at(z->ref[q], B) && \at(z->tag[q], A) == \at(z->tag[q], B)) &&
      (\forall integer q; 0 <= q < 1024 * \at(z->u, A) ==> \at(st[q], A) == \at(st[q], B) && \at(ord[q], A) == \at(ord[q], B)) &&
      nfree{A}(st, 1024 * \at(z->u, A)) == nfree{B}(st, 1024 * \at(z->u, A));
    lemma kept_sum{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && Zone{A}(z) && Sum{A}(z) ==> Sum{B}(z);
    lemma kept_f{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && Zone{A}(z) && InvF{A}(\at(z->l0, A), st, ord, \at(z->u, A)) ==> InvF{B}(\at(z->l0, B), st, ord, \at(z->u, B));
    lemma kept_r{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && Zone{A}(z) && InvR{A}(\at(z->l0, A), \at(z->u, A)) ==> InvR{B}(\at(z->l0, B), \at(z->u, B));
    lemma kept_m{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && Zone{A}(z) && InvM{A}(\at(z->l0, A), \at(z->u, A)) ==> InvM{B}(\at(z->l0, B), \at(z->u, B));
    lemma kept_o{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && InvO{A}(st, ord, \at(z->u, A)) ==> InvO{B}(st, ord, \at(z->u, B));
    lemma kept_u{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && InvU{A}(st, ord, \at(z->u, A)) ==> InvU{B}(st, ord, \at(z->u, B));
    lemma kept_t{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && InvT{A}(\at(z->tag, A), st, ord, \at(z->u, A)) ==> InvT{B}(\at(z->tag, B), st, ord, \at(z->u, B));
    lemma kept_c{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && InvC{A}(\at(z->tag, A), \at(z->ref, A), \at(z->u, A)) ==> InvC{B}(\at(z->tag, B), \at(z->ref, B), \at(z->u, B));
    lemma kept_rest{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && Range{A}(z) && Rest{A}(st, \at(z->n, A), \at(z->u, A)) && Quiet{A}(st, \at(z->u, A)) ==> Range{B}(z) && Rest{B}(st, \at(z->n, B), \at(z->u, B)) && Quiet{B}(st, \at(z->u, B));
    lemma kept_bits{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && Pool{B}(z, st, ord) && Inv{A}(z, st, ord) ==> Inv{B}(z, st, ord);
    lemma kept_count{A, B}: \forall struct keel_pages *z, uint16_t *st, int16_t *ord; Kept{A, B}(z, st, ord) && Counters{A}(z) ==> Counters{B}(z);
    }
*/
/*@ ghost
  // the pages of a live block
  /@ requires Inv(z, st, ord) && LiveHead(st, ord, z->u, p);
     assigns \nothing;
     ensures p + P2(ord[p]) <= NP;
     ensures \forall integer q; p <= q < p + P2(ord[p]) ==> st[q] == LIVE && first(ord, z->u, q) == p;
     ensures \forall integer q; p < q < p + P2(ord[p]) ==> HeadErr(z, st, ord, q) != KEEL_OK; @/
  void lem_block(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t p) {
    uint32_t u = z->u; uint32_t k = (uint32_t)ord[p];
    uint32_t id = g_node_of(u, p, k);
    /@ assert node(u, id, k) && p == head(u, id, k) && Blk(st, ord, u, id, k, LIVE); @/
    /@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, k) == id <==> p <= q < p + P2(k)); @/
  }
*/
#define SINV_BUT_LIVE                                                                                            \
  ensures Arrays(s); ensures Rings(s); ensures Caches(s); ensures Full(s); ensures Slabs(s); ensures Bits(s);    \
  ensures Map(s); ensures Mapped(s); ensures Hot(s); ensures Words(s); ensures Actives(s);
#define SINV SINV_BUT_LIVE ensures Live(s);
/* Slabs and pages: the invariant between two calls. */
#define BOTH(s, z, st, ord) (SInv(s) && InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st))
/* The same, but the counter of slab h may have come to 0. */
#define COUNTED(s, z, st, ord, h)                                                                                \
  (Arrays(s) && Rings(s) && Caches(s) && Full(s) && Slabs(s) && Bits(s) && Map(s) && Mapped(s) && Hot(s) && Words(s) && Actives(s) && \
   Used(s, h) && LiveBut(s, h) && InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st))
#define KEEPS_BOTH ensures SInv(s); ensures InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st);
/* The same, where its parts are easier to prove one by one. */
#define KEEPS_BOTH_EACH                                                                                          \
  SINV ensures InvB(z, st, ord); ensures Apart(s, z); ensures Own(s, z, st, ord); ensures OwnPages(s, st);
/* No object comes, goes or moves. */
#define SAME_OBJECTS                                                                                             \
  ensures \forall integer h, i; InUse(s, h, i) <==> \old(InUse(s, h, i));                                        \
  ensures \forall integer h, i; \old(InUse(s, h, i)) ==> obj(s, h, i) == \old(obj(s, h, i)) && s->slab[h].cache == \old(s->slab[h].cache);
/* Which slab is of which cache, where, and of how many objects is what it was, */
#define SAME_OWNERS                                                                                              \
  ensures s->slabs == \old(s->slabs) && s->caches == \old(s->caches);                                          \
  ensures \forall integer g; 0 <= g <= s->slabs ==> s->slab[g].cache == \old(s->slab[g].cache) && s->slab[g].nobj == \old(s->slab[g].nobj); \
  ensures \forall integer g; 0 <= g <= s->slabs ==> s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
/* but for slab h, which is not in use any more. */
#define ONLY_GONE(h)                                                                                             \
  ensures s->slabs == \old(s->slabs) && s->caches == \old(s->caches);                                          \
  ensures !Used(s, h);                                                                                           \
  ensures \forall integer g; 0 <= g <= s->slabs && g != h ==> s->slab[g].cache == \old(s->slab[g].cache) && s->slab[g].nobj == \old(s->slab[g].nobj); \
  ensures \forall integer g; 0 <= g <= s->slabs && g != h ==> s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
#define SAME_MAP ensures s->pages == \old(s->pages) && \forall integer p; 0 <= p < s->pages ==> s->map[p] == \old(s->map[p]);
/* How many pages, slabs and caches there are, the bounds of all frames, is what it was; and so is the address of the first page. */
#define SAME_BOUNDS                                                                                              \
  ensures s->pages == \old(s->pages) && s->slabs == \old(s->slabs) && s->caches == \old(s->caches) && z->u == \old(z->u); \
  ensures s->addr == \old(s->addr);
/* Pages that were a slab's are free, or still the slab layer's, because somebody else holds a reference. */
#define RELEASED(q) (HeadErr(z, st, ord, q) == KEEL_OK ==> z->tag[q] / 32 == KEEL_SLAB)
#define GONE ensures \forall integer q; 0 <= q < s->pages && \old(s->map[q]) != 0 && s->map[q] == 0 ==> RELEASED(q);
/* Pages that are not free and of no slab, those of others, are left alone. */
#define OTHERS_KEPT                                                                                              \
  ensures \forall integer q; 0 <= q < s->pages && \old(st[q]) != FREE && \old(s->map[q]) == 0 ==> KEEPS(Pre, q) && s->map[q] == 0 && z->ref[q] == \old(z->ref[q]);
/* No slab comes, and none moves; or only the one that cache c hands out from. */
#define NO_SLAB_COMES                                                                                            \
  ensures \forall integer g; Used(s, g) ==> \old(Used(s, g)) && s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
#define ONLY_ACTIVE_COMES(c)                                                                                     \
  ensures \forall integer g; Used(s, g) && g != s->cache[c].active ==>                                           \
    \old(Used(s, g)) && s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
/* A new slab for cache c, if the result is 1; which slab is of which cache, where, and of how many objects is what it was but for that one. */
#define GROWN(c) \
  ensures \result == 0 || \result == 1; \
  ensures \result == 1 ==> s->cache[c].word != 0 && s->cache[c].active == \old(s->slab[0].next); \
  SAME_BOUNDS \
  ensures \forall integer g; 0 <= g <= s->slabs && (\result == 0 || g != \old(s->slab[0].next)) ==> s->slab[g].cache == \old(s->slab[g].cache) && s->slab[g].nobj == \old(s->slab[g].nobj); \
  ensures \forall integer g; 0 <= g <= s->slabs && (\result == 0 || g != \old(s->slab[0].next)) ==> s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages); \
  ensures \result == 1 ==> 1 <= \old(s->slab[0].next) <= s->slabs && \old(s->slab[s->slab[0].next].cache) == 0 && s->slab[\old(s->slab[0].next)].cache == c + 1; \
  ensures \result == 0 ==> s->slab[0].next == \old(s->slab[0].next); \
  ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0 && (s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[c].order));
/* The layout of all caches is what it was; */
#define SAME_CACHES                                                                                              \
  ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \old(s->cache[d].size) && s->cache[d].order == \old(s->cache[d].order);
/* what had no word, or no slab, to hand out from has none now. */
#define NONE_STAYS                                                                                               \
  ensures \forall integer d; 0 <= d < s->caches ==> (\old(s->cache[d].word) == 0 ==> s->cache[d].word == 0) &&   \
    (\old(s->cache[d].active) == 0 ==> s->cache[d].active == 0);
/* What was in use is; if the result is not 0 then so is an object of cache c, at that address, that was not, and nothing else. */
#define NEW_OBJECT                                                                                               \
  ensures \result != 0 ==> \let h = s->cache[c].active; Used(s, h) && s->slab[h].cache == c + 1 && \exists integer i;              \
    \result == obj(s, h, i) && InUse(s, h, i) && !\old(InUse(s, h, i)) &&                                        \
    \forall integer g, j; g != h || j != i ==> (InUse(s, g, j) <==> \old(InUse(s, g, j)));                       \
  ensures \forall integer g, j; \old(InUse(s, g, j)) ==> InUse(s, g, j) && obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
/* All objects of cache c are in use. */
#define ALL_TAKEN(c) (\forall integer g, j; Used(s, g) && s->slab[g].cache == (c) + 1 && 0 <= j < s->slab[g].nobj ==> InUse(s, g, j))
/* The same; if it is 0 then no object is free, not even in a new slab, and all empty slabs have given their pages back. */
#define ALLOCATED_OBJECT                                                                                         \
  NEW_OBJECT                                                                                                     \
  ensures \result == 0 ==> \forall integer g, j; InUse(s, g, j) ==> \old(InUse(s, g, j));                        \
  ensures \result == 0 ==> ALL_TAKEN(c);                                                                         \
  ensures \result == 0 ==> (s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[c].order)) && \forall integer g; Used(s, g) ==> !Empty(s, g);
/* Where objects lie, and how many a slab has, are what they were. */
#define SAME_LAYOUT                                                                                              \
  ensures s->addr == \old(s->addr);                                                                              \
  ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].first == \old(s->cache[d].first);                \
  ensures \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \old(s->cache[d].full[v]);
/* The invariant in a loop, and that neither what is free nor the page instance changes. */
#define LOOP_SINV                                                                                                \
  loop invariant Arrays(s); loop invariant Rings(s); loop invariant Caches(s); loop invariant Full(s);          \
  loop invariant Slabs(s); loop invariant Bits(s); loop invariant Map(s); loop invariant Mapped(s);              \
  loop invariant Hot(s); loop invariant Words(s); loop invariant Actives(s); loop invariant Live(s);            \
  loop invariant \forall integer v; 0 <= v < W0(z->u) ==> z->l0[v] == \at(z->l0[v], Pre);                        \
  loop invariant \forall integer v; 0 <= v < W1(z->u) ==> z->l1[v] == \at(z->l1[v], Pre);                        \
  loop invariant \forall integer v; 0 <= v < W2(z->u) ==> z->l2[v] == \at(z->l2[v], Pre);                        \
  loop invariant \forall integer v; 0 <= v < W3(z->u) ==> z->l3[v] == \at(z->l3[v], Pre);                        \
  loop invariant \forall integer q; 0 <= q < NP ==> z->ref[q] == \at(z->ref[q], Pre);                            \
  loop invariant z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && \
    z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre); \
  loop invariant s->addr == \at(s->addr, Pre) && s->slab[0].next == \at(s->slab[0].next, Pre); loop invariant SAME_BITS;

/* The arrays of the page instance are what they were, so that its invariant still holds. */
#define Z_KEPT                                                                                                   \
  ensures \forall integer v; 0 <= v < W0(z->u) ==> z->l0[v] == \old(z->l0[v]);                                  \
  ensures \forall integer v; 0 <= v < W1(z->u) ==> z->l1[v] == \old(z->l1[v]);                                  \
  ensures \forall integer v; 0 <= v < W2(z->u) ==> z->l2[v] == \old(z->l2[v]);                                  \
  ensures \forall integer v; 0 <= v < W3(z->u) ==> z->l3[v] == \old(z->l3[v]);                                  \
  ensures \forall integer q; 0 <= q < NP ==> z->ref[q] == \old(z->ref[q]);                                      \
  ensures z->base == \old(z->base) && z->nr_free == \old(z->nr_free) && z->allocs == \old(z->allocs) &&           \
    z->frees == \old(z->frees) && z->fails == \old(z->fails) && z->largest_fail == \old(z->largest_fail);       \
  ensures z->u == \old(z->u) && z->n == \old(z->n) && \forall integer k; 0 <= k <= 11 ==> z->first[k] == \old(z->first[k]);
/* A cache of this number, size and alignment can be. */
#define CREATABLE (c < s->caches && 1 <= size <= KEEL_OBJECT_MAX && align <= PAGE && (align == 0 || Pow2(align)))
/* What a new instance is made of is there and apart, and can be one. */
#define GIVEN \
  (\valid(s) && \valid(map + (0 .. z->n - 1)) && \valid(slab + (0 .. slabs + caches)) && \valid(cache + (0 .. caches - 1)) && \
   \separated(s, map + (0 .. z->n - 1)) && \separated(s, slab + (0 .. slabs + caches)) && \separated(s, cache + (0 .. caches - 1)) && \separated(map + (0 .. z->n - 1), slab + (0 .. slabs + caches)) && \separated(map + (0 .. z->n - 1), cache + (0 .. caches - 1)) && \separated(slab + (0 .. slabs + caches), cache + (0 .. caches - 1)) && \
   \separated(s, z) && \separated(z, map + (0 .. z->n - 1)) && \separated(z, slab + (0 .. slabs + caches)) && \separated(z, cache + (0 .. caches - 1)) && \
   \separated(s, z->l0 + (0 .. W0(z->u) - 1)) && \separated(s, z->l1 + (0 .. W1(z->u) - 1)) && \separated(s, z->l2 + (0 .. W2(z->u) - 1)) && \separated(s, z->l3 + (0 .. W3(z->u) - 1)) && \
   \separated(slab + (0 .. slabs + caches), z->l0 + (0 .. W0(z->u) - 1)) && \separated(slab + (0 .. slabs + caches), z->l1 + (0 .. W1(z->u) - 1)) && \separated(slab + (0 .. slabs + caches), z->l2 + (0 .. W2(z->u) - 1)) && \separated(slab + (0 .. slabs + caches), z->l3 + (0 .. W3(z->u) - 1)) && \
   \separated(cache + (0 .. caches - 1), z->l0 + (0 .. W0(z->u) - 1)) && \separated(cache + (0 .. caches - 1), z->l1 + (0 .. W1(z->u) - 1)) && \separated(cache + (0 .. caches - 1), z->l2 + (0 .. W2(z->u) - 1)) && \separated(cache + (0 .. caches - 1), z->l3 + (0 .. W3(z->u) - 1)) && \
   \separated(slab + (0 .. slabs + caches), z->ref + (0 .. 1024 * z->u - 1)) && \separated(cache + (0 .. caches - 1), z->ref + (0 .. 1024 * z->u - 1)))
#define INITIABLE \
  (1 <= slabs <= SLABS_MAX && 1 <= caches <= KEEL_CACHES_MAX && addr != 0 && addr % PAGE == 0 && addr + z->n * PAGE < 0x10000000000000000)
/* Slabs are of caches that there are; slab h has the shape of those of cache c. */
/*@ predicate Owned{L}(struct keel_slabs *s) = \forall integer g; 1 <= g <= s->slabs ==> 0 <= s->slab[g].cache <= s->caches;
    predicate Shaped{L}(struct keel_slabs *s, integer h, integer c) = 0 <= c < s->caches && s->cache[c].size != 0 &&
      s->slab[h].nobj == s->cache[c].nobj && s->slab[h].mult == s->cache[c].mult && s->slab[h].pages == s->cache[c].pages && s->slab[h].page + s->slab[h].pages <= s->pages; */
/* No page is of slab h in the map; those of the others are theirs. */
/*@ predicate Unmapped{L}(struct keel_slabs *s, integer h) = (\forall integer p; 0 <= p < s->pages ==> s->map[p] != h) &&
      (\forall integer g, p; g != h && Used(s, g) && s->slab[g].page <= p < s->slab[g].page + s->slab[g].pages ==> s->map[p] == g); */
/* Slab h, not in use, has other numbers at B than at A; the rest is what it was. */
/*@ axiomatic Numbers {
    predicate SameFields{A, B}(struct keel_slabs *s) = \at(s->slabs, A) == \at(s->slabs, B) && \at(s->caches, A) == \at(s->caches, B) && \at(s->pages, A) == \at(s->pages, B) && \at(s->addr, A) == \at(s->addr, B) &&
      \at(s->map, A) == \at(s->map, B) && \at(s->slab, A) == \at(s->slab, B) && \at(s->cache, A) == \at(s->cache, B);
    predicate SameMap{A, B}(struct keel_slabs *s) = \forall integer q; 0 <= q < \at(s->pages, A) ==> \at(s->map[q], A) == \at(s->map[q], B);
    predicate SameSlabs{A, B}(struct keel_slabs *s, integer h) = \forall integer g; 0 <= g <= \at(s->slabs + s->caches, A) && g != h ==> \at(s->slab[g].cache, A) == \at(s->slab[g].cache, B) && \at(s->slab[g].nobj, A) == \at(s->slab[g].nobj, B) && \at(s->slab[g].page, A) == \at(s->slab[g].page, B) && \at(s->slab[g].pages, A) == \at(s->slab[g].pages, B) && \at(s->slab[g].mult, A) == \at(s->slab[g].mult, B);
    predicate SameShapes{A, B}(struct keel_slabs *s) = \forall integer d; 0 <= d < \at(s->caches, A) ==> \at(s->cache[d].size, A) == \at(s->cache[d].size, B) && \at(s->cache[d].order, A) == \at(s->cache[d].order, B) && \at(s->cache[d].mult, A) == \at(s->cache[d].mult, B) && \at(s->cache[d].nobj, A) == \at(s->cache[d].nobj, B) && \at(s->cache[d].pages, A) == \at(s->cache[d].pages, B);
    predicate SameState{A, B}(struct keel_slabs *s) = (\forall integer x; 0 <= x <= \at(s->slabs + s->caches, A) ==> \at(s->slab[x].next, A) == \at(s->slab[x].next, B) && \at(s->slab[x].prev, A) == \at(s->slab[x].prev, B) && \at(s->slab[x].live, A) == \at(s->slab[x].live, B)) &&
      (\forall integer d; 0 <= d < \at(s->caches, A) ==> \at(s->cache[d].word, A) == \at(s->cache[d].word, B) && \at(s->cache[d].first, A) == \at(s->cache[d].first, B) && \at(s->cache[d].active, A) == \at(s->cache[d].active, B) && \at(s->cache[d].at, A) == \at(s->cache[d].at, B) && \at(s->cache[d].kept, A) == \at(s->cache[d].kept, B)) &&
      (\forall integer d, v; 0 <= d < \at(s->caches, A) && 0 <= v < 4 ==> \at(s->cache[d].full[v], A) == \at(s->cache[d].full[v], B)) &&
      (\forall integer g, v; 0 <= g <= \at(s->slabs, A) && 0 <= v < 4 ==> \at(s->slab[g].free[v], A) == \at(s->slab[g].free[v], B));
    predicate Renumbered{A, B}(struct keel_slabs *s, integer h) = 1 <= h <= \at(s->slabs, A) && \at(s->slab[h].cache, A) == 0 && \at(s->slab[h].cache, B) == 0 &&
      SameFields{A, B}(s) && SameMap{A, B}(s) && SameSlabs{A, B}(s, h) && SameShapes{A, B}(s) && SameState{A, B}(s);
    lemma num_rings{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Rings{A}(s) ==> Rings{B}(s);
    lemma num_caches{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Caches{A}(s) ==> Caches{B}(s);
    lemma num_full{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Full{A}(s) ==> Full{B}(s);
    lemma num_slabs{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Rings{A}(s) && Slabs{A}(s) ==> Slabs{B}(s);
    lemma num_bits{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Rings{A}(s) && Caches{A}(s) && Slabs{A}(s) && Bits{A}(s) ==> Bits{B}(s);
    lemma num_map{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Map{A}(s) ==> Map{B}(s);
    lemma num_mapped{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Slabs{A}(s) && Mapped{A}(s) ==> Mapped{B}(s);
    lemma num_hot{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Actives{A}(s) && Hot{A}(s) ==> Hot{B}(s);
    lemma num_words{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Actives{A}(s) && Words{A}(s) ==> Words{B}(s);
    lemma num_actives{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Actives{A}(s) ==> Actives{B}(s);
    lemma num_inuse{A, B}: \forall struct keel_slabs *s, integer h, g, i; Renumbered{A, B}(s, h) && Rings{A}(s) && Caches{A}(s) && Slabs{A}(s) ==> (InUse{A}(s, g, i) <==> InUse{B}(s, g, i));
    lemma num_obj{A, B}: \forall struct keel_slabs *s, integer h, g, i; Renumbered{A, B}(s, h) && Rings{A}(s) && InUse{A}(s, g, i) ==> obj{A}(s, g, i) == obj{B}(s, g, i) && \at(s->slab[g].cache, A) == \at(s->slab[g].cache, B);
    lemma num_live{A, B}: \forall struct keel_slabs *s, integer h; Renumbered{A, B}(s, h) && Live{A}(s) ==> Live{B}(s);
    }
*/
/* The invariant of the slabs, but slab h, in use, has no page in the map. */
#define BUT_MAP(s, h) (Arrays(s) && Rings(s) && Caches(s) && Full(s) && Slabs(s) && Bits(s) && Map(s) && Hot(s) && Words(s) && Actives(s) && Live(s) && Used(s, h) && Unmapped(s, h))
#define BUT_MAP_OF(h)                                                                                            \
  ensures Arrays(s); ensures Rings(s); ensures Caches(s); ensures Full(s); ensures Slabs(s); ensures Bits(s);    \
  ensures Map(s); ensures Hot(s); ensures Words(s); ensures Actives(s); ensures Live(s); ensures Used(s, h); ensures Unmapped(s, h);
/* What the 32-bit numbers of the instance, its pages and its caches are is what it was; and those of all slabs but h. */
#define SAME_NUMBERS                                                                                             \
  ensures s->pages == \old(s->pages) && s->slabs == \old(s->slabs) && s->caches == \old(s->caches);               \
  ensures z->u == \old(z->u) && z->n == \old(z->n) && \forall integer k; 0 <= k <= 11 ==> z->first[k] == \old(z->first[k]); \
  ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \old(s->cache[d].size) && s->cache[d].order == \old(s->cache[d].order); \
  ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].mult == \old(s->cache[d].mult) && s->cache[d].nobj == \old(s->cache[d].nobj) && s->cache[d].pages == \old(s->cache[d].pages);
#define OTHERS_STAY(h)                                                                                           \
  ensures \forall integer g; 0 <= g <= s->slabs + s->caches && g != h ==> s->slab[g].cache == \old(s->slab[g].cache) && s->slab[g].nobj == \old(s->slab[g].nobj); \
  ensures \forall integer g; 0 <= g <= s->slabs + s->caches && g != h ==> s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages); \
  ensures \forall integer g; 0 <= g <= s->slabs + s->caches && g != h ==> s->slab[g].mult == \old(s->slab[g].mult);
/* What changes when a cache turns to another word or slab. */
#define HOT(c) s->cache[c .. c].word, s->cache[c .. c].first, s->cache[c .. c].at, s->cache[c .. c].active
#define LINKS s->slab[0 .. s->slabs + s->caches].next, s->slab[0 .. s->slabs + s->caches].prev, s->slab[0 .. s->slabs + s->caches].live
/* What is written when slab h comes into use. */
#define FRESH(h) s->slab[h .. h].free[0 .. 3], s->slab[h .. h].mult, s->slab[h .. h].nobj, s->slab[h .. h].page, s->slab[h .. h].pages, s->slab[h .. h].cache
#define SAME_FREE                                                                                                \
  ensures s->addr == \old(s->addr);                                                                              \
  ensures \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> s->slab[g].free[v] == \old(s->slab[g].free[v]);
#define SAME_BITS (\forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre))
/* What the slabs have in words and in caches is what it was. */
#define SAME_SLABS                                                                                               \
  ensures s->addr == \old(s->addr);                                                                              \
  ensures \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> s->slab[g].free[v] == \old(s->slab[g].free[v]); \
  ensures \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \old(s->cache[d].full[v]); \
  ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].word == \old(s->cache[d].word) && s->cache[d].first == \old(s->cache[d].first); \
  ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].active == \old(s->cache[d].active) && s->cache[d].at == \old(s->cache[d].at) && s->cache[d].kept == \old(s->cache[d].kept);
/* p is none of the words of the page instance. */
#define NO_WORD(p) (\separated(p, z->l0 + (0 .. W0(z->u) - 1)) && \separated(p, z->l1 + (0 .. W1(z->u) - 1)) &&     \
                    \separated(p, z->l2 + (0 .. W2(z->u) - 1)) && \separated(p, z->l3 + (0 .. W3(z->u) - 1)))
/* p is none of the reference counts of the pages. */
#define NO_REF(p) \separated(p, z->ref + (0 .. 1024 * z->u - 1))
/* SAME_BOUNDS, SAME_CACHES and OTHERS_KEPT, between two steps. */
#define STEP_BOUNDS (s->pages == \at(s->pages, Pre) && s->slabs == \at(s->slabs, Pre) && s->caches == \at(s->caches, Pre) && z->u == \at(z->u, Pre))
#define SINCE_CACHES(L) (\forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, L) && s->cache[d].order == \at(s->cache[d].order, L))
#define STEP_CACHES SINCE_CACHES(Pre)
#define STEP_OTHERS (\forall integer q; 0 <= q < s->pages && \at(st[q], Pre) != FREE && \at(s->map[q], Pre) == 0 ==> KEEPS(Pre, q) && s->map[q] == 0 && z->ref[q] == \at(z->ref[q], Pre))
#define PAIR struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord
/* All that may change, of pages z->u == u, and of so many pages, slabs and caches.  (A loop that changes it gives these as
   they were: what they are now is known to WP only after it has shown what the loop may change.  Fields are named besides
   slab[], which has them: that they lie in it is beyond the provers.) */
#define CHANGES(u, np, ns, nc)                                                                         \
  z->l0[0 .. W0(u) - 1], z->l1[0 .. W1(u) - 1], z->l2[0 .. W2(u) - 1], z->l3[0 .. W3(u) - 1], z->tag[0 .. 1024 * u - 1], z->ref[0 .. 1024 * u - 1], \
  z->nr_free, z->allocs, z->frees, z->fails, z->largest_fail, st[0 .. 1024 * u - 1], ord[0 .. 1024 * u - 1], s->slab[0 .. ns + nc], \
  s->slab[0 .. ns + nc].next, s->slab[0 .. ns + nc].prev, s->slab[0 .. ns + nc].live, s->slab[0 .. ns + nc].cache, \
  s->slab[0 .. ns + nc].mult, s->slab[0 .. ns + nc].nobj, s->slab[0 .. ns + nc].page, s->slab[0 .. ns + nc].pages, \
  s->map[0 .. np - 1], s->cache[0 .. nc - 1].word, s->cache[0 .. nc - 1].first, s->cache[0 .. nc - 1].at, \
  s->cache[0 .. nc - 1].active, s->cache[0 .. nc - 1].kept
#define EVERYTHING CHANGES(z->u, s->pages, s->slabs, s->caches)
#define EVERYTHING_THEN CHANGES(\at(z->u, Pre), \at(s->pages, Pre), \at(s->slabs, Pre), \at(s->caches, Pre))

/*@ ghost
  /@ requires i < n <= 256;
     assigns \nothing; ensures 0 <= i * size && i * size + size <= n * size; @/
  void lem_mul(uint32_t i, uint32_t n, uint32_t size) {
    uint32_t t = i + 1;
    /@ loop invariant i < t <= n && i * size + size <= t * size;
       loop assigns t; loop variant n - t; @/
    while (t < n) { /@ assert (t + 1) * size == t * size + size; @/ t++; }
  }

  /@ requires a < 4 && i < 64;
     assigns \nothing; ensures (64 * a + i) * size == lead(a, size) + i * size; @/
  void lem_lead(uint32_t a, uint32_t i, uint32_t size) { }

  /@ requires s->slab[h].cache == c + 1;
     assigns \nothing; ensures obj(s, h, i) == s->addr + s->slab[h].page * PAGE + i * s->cache[c].size; @/
  void lem_at(struct keel_slabs *s, uint32_t h, uint32_t c, uint32_t i) { }

  /@ requires s->slab[h].cache == c + 1;
     requires a == s->addr + s->slab[h].page * PAGE + o;
     assigns \nothing; ensures \forall integer j; a == obj(s, h, j) <==> o == j * s->cache[c].size; @/
  void lem_starts(const struct keel_slabs *s, uint32_t h, uint32_t c, uint32_t o, uint64_t a) {
    /@ assert \forall integer j; obj(s, h, j) == s->addr + s->slab[h].page * PAGE + j * s->cache[c].size; @/
  }

  /@ requires 0 < s->addr;
     assigns \nothing; ensures \forall integer i; 0 <= i ==> 0 < obj(s, h, i); @/
  void lem_above(struct keel_slabs *s, uint32_t h) {
    /@ assert \forall integer i; 0 <= i ==> 0 <= i * s->cache[s->slab[h].cache - 1].size; @/
  }

  // a bit of a word that is not zero
  /@ requires w != 0;
     assigns \nothing; ensures \result < 64 && bit(w, \result); @/
  uint32_t lem_some(uint64_t w) {
    uint32_t r = 0; uint32_t n = 32; uint64_t x = w;
    /@ loop invariant n == 32 || n == 16 || n == 8 || n == 4 || n == 2 || n == 1 || n == 0;
       loop invariant r <= 64 - (n == 0 ? 1 : 2 * n);
       loop invariant 0 < x < Pow(n);
       loop invariant \forall integer j; 0 <= j < 64 - r ==> (bit(x, j) <==> bit(w, r + j));
       loop assigns r, n, x; loop variant n; @/
    while (n > 0) {
      uint64_t y = x >> n;
      lem_shr2(x); lem_shr4(x); lem_shr8(x); lem_shr16(x); lem_shr32(x);
      /@ assert y < Pow(n / 2) && (y == 0 ==> x < Pow(n / 2)); @/
      /@ assert \forall integer j; 0 <= j < 64 - n ==> (bit(y, j) <==> bit(x, j + n)); @/
      if (y != 0) { x = y; r += n; }
      n = n / 2;
    }
    /@ assert x == 1 && bit(x, 0) && bit(w, r); @/
    return r;
  }

  // an object lies inside its slab
  /@ requires Arrays(s) && Caches(s) && Slabs(s) && Rings(s) && Used(s, h) && i < s->slab[h].nobj;
     assigns \nothing;
     ensures \let k = s->slab[h].cache - 1; 0 <= i * s->cache[k].size && i * s->cache[k].size + s->cache[k].size <= s->slab[h].pages * PAGE;
     ensures \let k = s->slab[h].cache - 1; s->addr + s->slab[h].page * PAGE <= obj(s, h, i) && obj(s, h, i) + s->cache[k].size <= s->addr + (s->slab[h].page + s->slab[h].pages) * PAGE < 0x10000000000000000; @/
  void lem_obj(const struct keel_slabs *s, uint32_t h, uint32_t i) {
    uint32_t k = s->slab[h].cache - 1;
    /@ assert KOk(s->cache + k); @/
    /@ assert Fits(s->slab[h].nobj, s->cache[k].size, s->slab[h].pages) && s->slab[h].page + s->slab[h].pages <= s->pages; @/
    lem_mul(i, s->slab[h].nobj, s->cache[k].size);
    /@ assert 0 <= i * s->cache[k].size && i * s->cache[k].size + s->cache[k].size <= s->slab[h].pages * PAGE; @/
  }

  // the pages of an object's address are its slab's, and the address gives its index
  /@ requires Arrays(s) && Caches(s) && Slabs(s) && Rings(s) && Mapped(s) && Used(s, h) && i < s->slab[h].nobj;
     assigns \nothing;
     ensures slab_at(s, obj(s, h, i)) == h;
     ensures At(s, obj(s, h, i), i); @/
  void lem_place(struct keel_slabs *s, uint32_t h, uint32_t i) {
    lem_obj(s, h, i);
    uint32_t k = s->slab[h].cache - 1;
    /@ assert KOk(s->cache + k); @/
    /@ assert s->slab[h].page <= (obj(s, h, i) - s->addr) / PAGE < s->slab[h].page + s->slab[h].pages; @/
  }

  // the address of an object in use says which it is
  /@ requires SInv(s);
     assigns \nothing;
     ensures \forall integer g, j; InUse(s, g, j) ==> slab_at(s, obj(s, g, j)) == g && At(s, obj(s, g, j), j); @/
  void lem_places(struct keel_slabs *s) {
    /@ loop invariant 1 <= h <= s->slabs + 1;
       loop invariant \forall integer g, j; g < h && InUse(s, g, j) ==> slab_at(s, obj(s, g, j)) == g && At(s, obj(s, g, j), j);
       loop assigns h; loop variant s->slabs + 1 - h; @/
    for (uint32_t h = 1; h <= s->slabs; h++) {
      if (s->slab[h].cache != 0) {
        /@ assert Used(s, h); @/
        /@ loop invariant 0 <= i <= s->slab[h].nobj;
           loop invariant \forall integer j; 0 <= j < i ==> slab_at(s, obj(s, h, j)) == h && At(s, obj(s, h, j), j);
           loop assigns i; loop variant s->slab[h].nobj - i; @/
        for (uint32_t i = 0; i < s->slab[h].nobj; i++) lem_place(s, h, i);
      }
    }
  }

  // objects are isolated: no page of another slab is met, ...
  /@ requires Arrays(s) && Caches(s) && Slabs(s) && Rings(s) && Mapped(s) && Used(s, h) && i < s->slab[h].nobj;
     assigns \nothing;
     ensures \let k = s->slab[h].cache - 1; \forall integer p; 0 <= p < s->pages && s->map[p] != h ==>
       s->addr + p * PAGE + PAGE <= obj(s, h, i) || obj(s, h, i) + s->cache[k].size <= s->addr + p * PAGE; @/
  void lem_inside(struct keel_slabs *s, uint32_t h, uint32_t i) {
    lem_obj(s, h, i);
    /@ assert \forall integer p; 0 <= p < s->pages && s->map[p] != h ==> p < s->slab[h].page || s->slab[h].page + s->slab[h].pages <= p; @/
  }

  // ... nor another object
  /@ requires Arrays(s) && Caches(s) && Slabs(s) && Rings(s) && Mapped(s) && (h != g || i != j);
     requires InUse(s, h, i) && InUse(s, g, j);
     assigns \nothing;
     ensures obj(s, h, i) + s->cache[s->slab[h].cache - 1].size <= obj(s, g, j) || obj(s, g, j) + s->cache[s->slab[g].cache - 1].size <= obj(s, h, i); @/
  void lem_apart(struct keel_slabs *s, uint32_t h, uint32_t i, uint32_t g, uint32_t j) {
    uint32_t k = s->slab[h].cache - 1; uint32_t m = s->slab[g].cache - 1;
    /@ assert KOk(s->cache + k) && KOk(s->cache + m); @/
    if (h == g) {
      lem_at(s, h, k, i); lem_at(s, h, k, j);
      if (i < j) lem_mul(i, j, s->cache[k].size); else lem_mul(j, i, s->cache[k].size);
    } else {
      lem_obj(s, h, i); lem_obj(s, g, j);
      /@ assert s->slab[h].pages >= 1 && s->slab[g].pages >= 1; @/
      /@ assert s->map[s->slab[h].page] == h && s->map[s->slab[g].page] == g; @/
      /@ assert s->slab[h].page + s->slab[h].pages <= s->slab[g].page || s->slab[g].page + s->slab[g].pages <= s->slab[h].page; @/
    }
  }

  // a slab in use that is not empty has an object in use
  /@ assigns \nothing;
     ensures \forall integer g; Used(s, g) ==> (Empty(s, g) <==> \forall integer i; !InUse(s, g, i)); @/
  void lem_taken(struct keel_slabs *s) { }

  // a slab is empty if it has no object in use
  /@ requires \valid_read(s) && \valid_read(s->slab + h) && s->slab[h].nobj <= 256;
     assigns \nothing;
     ensures Empty(s, h) <==> nused(s, h, s->slab[h].nobj) == 0; @/
  void lem_none(const struct keel_slabs *s, uint32_t h) {
    /@ loop invariant 0 <= i <= s->slab[h].nobj && 0 <= nused(s, h, i);
       loop invariant nused(s, h, i) == 0 <==> \forall integer j; 0 <= j < i ==> FreeBit(s, h, j);
       loop assigns i; loop variant s->slab[h].nobj - i; @/
    for (uint32_t i = 0; i < s->slab[h].nobj; i++) {
      /@ assert nused(s, h, i + 1) == nused(s, h, i) + (((s->slab[h].free[i / 64] >> (i % 64)) & 1) == 1 ? 0 : 1); @/
    }
  }
  // so the sum of the pages of empty slabs goes on like this
  /@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s);
     assigns \nothing;
     ensures \forall integer h; 1 <= h <= s->slabs && Mine(s, c, h) && Empty(s, h) ==> nempty(s, c, h) == nempty(s, c, h - 1) + s->slab[h].pages;
     ensures \forall integer h; 1 <= h <= s->slabs && !(Mine(s, c, h) && Empty(s, h)) ==> nempty(s, c, h) == nempty(s, c, h - 1); @/
  void lem_empty(const struct keel_slabs *s, uint32_t c) {
    /@ loop invariant 1 <= h <= s->slabs + 1;
       loop invariant \forall integer g; 1 <= g < h && Used(s, g) ==> (Empty(s, g) <==> nused(s, g, s->slab[g].nobj) == 0);
       loop assigns h; loop variant s->slabs + 1 - h; @/
    for (uint32_t h = 1; h <= s->slabs; h++) {
      if (s->slab[h].cache != 0) {
        /@ assert KOk(s->cache + (s->slab[h].cache - 1)); @/
        lem_none(s, h);
      }
    }
  }
*/

/* The reference counts of the pages, which are of the links' C type. */
#define REST int32_t *ref, uint32_t nr
#define RESTS \separated(t + (0 .. n - 1), ref + (0 .. nr - 1))
#define REST_KEPT ensures \forall integer q; 0 <= q < nr ==> ref[q] == \old(ref[q]);
#define LIVE_KEPT ensures \forall integer x; 0 <= x < n ==> t[x].live == \old(t[x].live);
#define LINKS_KEPT ensures \forall integer x; 0 <= x < n ==> t[x].next == \old(t[x].next) && t[x].prev == \old(t[x].prev);

/*@ ghost
  // the invariant of an instance without slabs and caches
  /@ requires Arrays(s) && Rings(s);
     requires \forall integer p; 0 <= p < s->pages ==> s->map[p] == 0;
     requires \forall integer h; 0 <= h <= s->slabs ==> s->slab[h].cache == 0;
     requires \forall integer c; 0 <= c < s->caches ==> s->cache[c].size == 0 && s->cache[c].word == 0;
     requires \forall integer c; 0 <= c < s->caches ==> s->cache[c].active == 0 && s->cache[c].at == 0 && s->cache[c].kept == 0;
     assigns \nothing;
     SINV
     ensures \forall integer h; !Used(s, h); @/
  void lem_fresh(struct keel_slabs *s) { }
*/


/* Objects, slabs and the other caches are what they were when the layout of cache c, which has no slabs, changes. */
#define NO_SLABS(c) (\forall integer h; Used(s, h) ==> s->slab[h].cache <= s->caches && s->slab[h].cache != c + 1)
#define OTHERS                                                                                                   \
  SAME_OBJECTS                                                                                                   \
  ensures \forall integer h; Used(s, h) ==> 0 <= s->slab[h].cache - 1 < s->caches && s->slab[h].cache - 1 != c; \
  ensures \old(Slabs(s)) ==> Slabs(s);                                                                          \
  ensures \forall integer d; 0 <= d < s->caches && d != c && \old(KOk(s->cache + d)) ==> KOk(s->cache + d);
/* Slabs of cache k are as objects of this size need it. */
#define LAID_OUT(k, size) (Exact((k)->mult, size) && 1 <= (k)->nobj <= KEEL_SLAB_OBJECTS && 0 <= (k)->order <= KEEL_SLAB_ORDER && \
  (k)->pages == P2((k)->order) && Fits((k)->nobj, size, (k)->pages))
/* Only the layout of cache c, or only what its empty slabs look like, is new. */
#define FRAME32 \
    ensures s->pages == \old(s->pages) && s->slabs == \old(s->slabs) && s->caches == \old(s->caches); \
    ensures \forall integer p; 0 <= p < s->pages ==> s->map[p] == \old(s->map[p]); \
    ensures \forall integer h; 0 <= h <= s->slabs + s->caches ==> s->slab[h].cache == \old(s->slab[h].cache) && s->slab[h].nobj == \old(s->slab[h].nobj); \
    ensures \forall integer h; 0 <= h <= s->slabs + s->caches ==> s->slab[h].mult == \old(s->slab[h].mult) && s->slab[h].page == \old(s->slab[h].page) && s->slab[h].pages == \old(s->slab[h].pages); \
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \old(s->cache[d].size); \
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].mult == \old(s->cache[d].mult) && s->cache[d].nobj == \old(s->cache[d].nobj); \
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].order == \old(s->cache[d].order) && s->cache[d].pages == \old(s->cache[d].pages); \
    ensures z->u == \old(z->u) && z->n == \old(z->n) && \forall integer k; 0 <= k <= 11 ==> z->first[k] == \old(z->first[k]);
#define FRAME64 \
    ensures \forall integer i; 0 <= i < 256 ==> (bit(s->cache[c].full[i / 64], i % 64) <==> i < s->cache[c].nobj); \
    ensures s->addr == \old(s->addr); \
    ensures \forall integer h, v; 0 <= h <= s->slabs + s->caches && 0 <= v < 4 ==> s->slab[h].free[v] == \old(s->slab[h].free[v]); \
    ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].word == \old(s->cache[d].word) && s->cache[d].first == \old(s->cache[d].first); \
    ensures \forall integer d, v; 0 <= d < s->caches && d != c && 0 <= v < 4 ==> s->cache[d].full[v] == \old(s->cache[d].full[v]);

/* The words, and the reference counts, of the page instance are what they were. */
#define SAME_REFS (\forall integer q; 0 <= q < NP ==> z->ref[q] == \at(z->ref[q], Pre))
#define SAME_WORDS \
  (\forall integer v; 0 <= v < W0(z->u) ==> z->l0[v] == \at(z->l0[v], Pre)) && (\forall integer v; 0 <= v < W1(z->u) ==> z->l1[v] == \at(z->l1[v], Pre)) && \
  (\forall integer v; 0 <= v < W2(z->u) ==> z->l2[v] == \at(z->l2[v], Pre)) && (\forall integer v; 0 <= v < W3(z->u) ==> z->l3[v] == \at(z->l3[v], Pre))
#endif
