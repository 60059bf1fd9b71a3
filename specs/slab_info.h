// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of what tells about the slab caches (core/slab_info.c). */
#ifndef KEEL_SPECS_SLAB_INFO_H
#define KEEL_SPECS_SLAB_INFO_H

/*@ // object i of slab h is in use, of cache c
    predicate Object{L}(struct keel_slabs *s, integer c, integer h, integer i) = InUse(s, h, i) && s->slab[h].cache == c + 1;
    // slabs of cache c among the first n; those of them with an object in use; their objects in use
    logic integer nslabs{L}(struct keel_slabs *s, integer c, integer n) = n <= 0 ? 0 : nslabs(s, c, n - 1) +
      (s->slab[n].cache == c + 1 ? 1 : 0);
    logic integer nbusy{L}(struct keel_slabs *s, integer c, integer n) = n <= 0 ? 0 : nbusy(s, c, n - 1) +
      (s->slab[n].cache == c + 1 && nused(s, n, s->slab[n].nobj) > 0 ? 1 : 0);
    logic integer nobjects{L}(struct keel_slabs *s, integer c, integer n) = n <= 0 ? 0 : nobjects(s, c, n - 1) +
      (s->slab[n].cache == c + 1 ? nused(s, n, s->slab[n].nobj) : 0);

    // what is right about node x of the rings, slab h, and cache c
    predicate LinkOk{L}(struct keel_slab *t, integer n, integer x) =
      0 <= t[x].next < n && 0 <= t[x].prev < n && t[t[x].next].prev == x && t[t[x].prev].next == x &&
      t[t[x].next].cache == t[x].cache && t[t[x].prev].cache == t[x].cache;
    predicate SlabOk{L}(struct keel_slabs *s, integer h) = \let k = s->slab[h].cache - 1;
      s->cache[k].size != 0 && s->slab[h].nobj == s->cache[k].nobj && s->slab[h].mult == s->cache[k].mult && s->slab[h].pages == s->cache[k].pages &&
      s->slab[h].page + s->slab[h].pages <= s->pages;
    predicate ActiveOk{L}(struct keel_slabs *s, integer c) = 0 <= s->cache[c].active <= s->slabs && 0 <= s->cache[c].at < 4 && 0 <= s->cache[c].kept <= s->slabs &&
      (s->cache[c].active != 0 ==> s->slab[s->cache[c].active].cache == c + 1 && s->slab[s->cache[c].active].next == s->cache[c].active);
    predicate WordOk{L}(struct keel_slabs *s, integer c) = s->cache[c].word != 0 ==> HotAt(s, c) &&
      \forall integer i; 0 <= i < 64 && bit(s->cache[c].word, i) ==> bit(s->slab[s->cache[c].active].free[s->cache[c].at], i);
    // the pages of slab h are a live block of the slab layer's kind, as the tags say; those of every slab
    predicate TagOf{L}(struct keel_slabs *s, integer h) = \let t = s->z->tag[s->slab[h].page];
      t / 32 == KEEL_SLAB && 1 <= t % 16 <= MAXO + 1 && P2(t % 16 - 1) == s->slab[h].pages;
    predicate Tagged{L}(struct keel_slabs *s) = \forall integer h; Used(s, h) ==> TagOf(s, h);
    // the instance is over all pages of its page instance
    predicate Fits{L}(struct keel_slabs *s) = s->pages == s->z->n && s->z->n <= 1024 * s->z->u;
*/

/*@ ghost
  // what is known of the layout of slab h
  /@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Used(s, h);
     assigns \nothing;
     ensures \let k = s->slab[h].cache - 1; 0 <= k < s->caches && Size(s->cache[k].size) && Exact(s->slab[h].mult, s->cache[k].size) &&
       s->slab[h].nobj * s->cache[k].size <= s->slab[h].pages * PAGE;
     ensures 1 <= s->slab[h].nobj <= 256 && 1 <= s->slab[h].pages <= 32 && s->slab[h].page + s->slab[h].pages <= s->pages; @/
  void lem_layout(const struct keel_slabs *s, uint32_t h) {
    uint32_t k = s->slab[h].cache - 1;
    /@ assert s->cache[k].size != 0 && s->slab[h].nobj == s->cache[k].nobj && s->slab[h].mult == s->cache[k].mult && s->slab[h].pages == s->cache[k].pages; @/
    /@ assert KOk(s->cache + k); @/
  }
  // the objects of slab h lie in its pages
  /@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Mapped(s) && Used(s, h);
     assigns \nothing;
     ensures \forall integer i; 0 <= i < s->slab[h].nobj ==> InArea(s, obj(s, h, i)) && slab_at(s, obj(s, h, i)) == h; @/
  void lem_within(const struct keel_slabs *s, uint32_t h) {
    /@ loop invariant 0 <= i <= s->slab[h].nobj;
       loop invariant \forall integer j; 0 <= j < i ==> InArea(s, obj(s, h, j)) && slab_at(s, obj(s, h, j)) == h;
       loop assigns i; loop variant s->slab[h].nobj - i; @/
    for (uint32_t i = 0; i < s->slab[h].nobj; i++) {
      lem_obj(s, h, i);
      /@ assert s->slab[h].page <= (obj(s, h, i) - s->addr) / PAGE < s->slab[h].page + s->slab[h].pages; @/
    }
  }
  /@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Mapped(s);
     assigns \nothing;
     ensures \forall integer h, i; Used(s, h) && 0 <= i < s->slab[h].nobj ==> InArea(s, obj(s, h, i)) && slab_at(s, obj(s, h, i)) == h; @/
  void lem_home(const struct keel_slabs *s) {
    /@ loop invariant 1 <= h <= s->slabs + 1;
       loop invariant \forall integer g, i; 1 <= g < h && Used(s, g) && 0 <= i < s->slab[g].nobj ==> InArea(s, obj(s, g, i)) && slab_at(s, obj(s, g, i)) == g;
       loop assigns h; loop variant s->slabs + 1 - h; @/
    for (uint32_t h = 1; h <= s->slabs; h++) {
      if (s->slab[h].cache != 0) lem_within(s, h);
    }
  }

  // multiples of size, in order
  /@ requires n <= 0x10000 && size <= KEEL_OBJECT_MAX;
     assigns \nothing; ensures \forall integer j, k; 0 <= j < k <= n ==> j * size + size <= k * size; @/
  void lem_steps(uint32_t n, uint32_t size) {
    /@ loop invariant 0 <= t <= n && \forall integer j, k; 0 <= j < k <= t ==> j * size + size <= k * size;
       loop assigns t; loop variant n - t; @/
    for (uint32_t t = 0; t < n; t++) {
      /@ assert (t + 1) * size == t * size + size; @/
      /@ assert \forall integer j; 0 <= j <= t ==> j * size + size <= (t + 1) * size; @/
    }
  }
  /@ requires 0 <= n <= SLABS_MAX && m <= 131072;
     assigns \nothing; ensures 0 <= n * m <= SLABS_MAX * 131072; @/
  void lem_product(int64_t n, uint32_t m) {
    /@ loop invariant 0 <= t <= m && 0 <= n * t <= SLABS_MAX * t;
       loop assigns t; loop variant m - t; @/
    for (uint32_t t = 0; t < m; t++) { /@ assert n * (t + 1) == n * t + n; @/ }
  }
  // i is d / size, rounded up
  /@ requires 1 <= size <= KEEL_OBJECT_MAX && i <= 0x8000 && n <= 256 && d <= i * size < d + size;
     assigns \nothing; ensures \forall integer k; 0 <= k < n ==> (i <= k <==> d <= k * size); @/
  void lem_ceil(uint32_t i, uint32_t n, uint32_t d, uint32_t size) {
    lem_steps(i < n ? n : i, size);
    /@ assert \forall integer k; 0 <= k < n && i <= k ==> i * size <= k * size; @/
    /@ assert \forall integer k; 0 <= k < n && k < i ==> k * size + size <= i * size; @/
  }
  // objects are in order
  /@ requires Used(s, h) && i < s->slab[h].nobj <= 256 && s->cache[s->slab[h].cache - 1].size <= KEEL_OBJECT_MAX;
     requires \valid_read(s) && \valid_read(s->slab + h) && \valid_read(s->cache + (s->slab[h].cache - 1));
     assigns \nothing; ensures \forall integer j; i <= j < s->slab[h].nobj ==> obj(s, h, i) <= obj(s, h, j); @/
  void lem_order(const struct keel_slabs *s, uint32_t h, uint32_t i) {
    uint32_t size = s->cache[s->slab[h].cache - 1].size;
    lem_steps(s->slab[h].nobj, size);
    /@ assert \forall integer j; i < j < s->slab[h].nobj ==> i * size + size <= j * size; @/
  }

  // slabs and pages that satisfy the invariant pass the executable check
  /@ requires BOTH(s, z, st, ord);
     assigns \nothing; ensures Tables(s->z) && Fits(s); ensures Tagged(s); @/
  void lem_check(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) {
    /@ assert \forall integer h; Used(s, h) ==> LiveHead(st, ord, z->u, s->slab[h].page) && 0 <= ord[s->slab[h].page] <= MAXO; @/
    /@ assert \forall integer h; Used(s, h) ==> TagOk(z->u, s->slab[h].page, st[s->slab[h].page], ord[s->slab[h].page], z->tag[s->slab[h].page]); @/
    /@ assert \forall integer h; Used(s, h) ==> z->tag[s->slab[h].page] / 32 == KEEL_SLAB && z->tag[s->slab[h].page] % 16 == ord[s->slab[h].page] + 1 && P2(ord[s->slab[h].page]) == s->slab[h].pages; @/
  }
  // the pages of a live block
  /@ requires InvB(z, st, ord) && LiveHead(st, ord, z->u, q) && q <= p < q + P2(ord[q]) && p < 1024 * z->u;
     assigns \nothing; ensures st[p] == LIVE; @/
  void lem_live(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t q, uint32_t p) {
    uint32_t k = (uint32_t)ord[q];
    uint32_t a = g_node_of(z->u, q, k);
    /@ assert head(z->u, a, k) == q && node(z->u, a, k); @/
    /@ assert anc(z->u, p, k) == a; @/
  }
  // page p is the first of a live block
  /@ requires InvB(z, st, ord) && p < z->n && z->tag[p] / 32 == KEEL_SLAB && 1 <= z->tag[p] % 16 <= MAXO + 1;
     assigns \nothing; ensures HeadErr(z, st, ord, p) == KEEL_OK && ord[p] == z->tag[p] % 16 - 1; @/
  void lem_head(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t p) {
    /@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]); @/
  }
  // and slabs that pass it own their pages
  /@ requires SInv(s) && InvB(z, st, ord) && Apart(s, z) && Tagged(s);
     assigns \nothing; ensures Own(s, z, st, ord); ensures OwnPages(s, st); @/
  void lem_checked(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) {
    /@ loop invariant 1 <= h <= s->slabs + 1;
       loop invariant \forall integer g; 1 <= g < h && Used(s, g) ==> HeadErr(z, st, ord, s->slab[g].page) == KEEL_OK && z->tag[s->slab[g].page] / 32 == KEEL_SLAB && P2(ord[s->slab[g].page]) == s->slab[g].pages;
       loop assigns h; loop variant s->slabs + 1 - h; @/
    for (uint32_t h = 1; h <= s->slabs; h++) {
      if (s->slab[h].cache != 0) {
        lem_layout(s, h);
        /@ assert TagOf(s, h); @/
        lem_head(z, st, ord, s->slab[h].page);
      }
    }
    /@ loop invariant 0 <= p <= s->pages && \forall integer q; 0 <= q < p && s->map[q] != 0 ==> st[q] == LIVE;
       loop assigns p; loop variant s->pages - p; @/
    for (uint32_t p = 0; p < s->pages; p++) {
      uint32_t h = s->map[p];
      if (h != 0) {
        /@ assert Used(s, h) && s->slab[h].page <= p < s->slab[h].page + s->slab[h].pages; @/
        /@ assert HeadErr(z, st, ord, s->slab[h].page) == KEEL_OK && P2(ord[s->slab[h].page]) == s->slab[h].pages; @/
        lem_live(z, st, ord, s->slab[h].page, p);
      }
    }
  }
*/

#endif
