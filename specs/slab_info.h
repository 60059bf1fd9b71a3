// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of what tells about the slab caches (core/slab_info.c). */
#ifndef KEEL_SPECS_SLAB_INFO_H
#define KEEL_SPECS_SLAB_INFO_H

/*@ // object i of slab h is in use, of cache c
    predicate Object{L}(struct keel_slabs *s, integer c, integer h, integer i) = InUse(s, h, i) && s->slab[h].cache == c + 1;
    // objects of slab h in use, among the first n
    logic integer nused{L}(struct keel_slabs *s, integer h, integer n) = n <= 0 ? 0 : nused(s, h, n - 1) +
      (((s->slab[h].free[(n - 1) / 64] >> ((n - 1) % 64)) & 1) == 1 ? 0 : 1);
    // slabs of cache c among the first n; those of them with an object in use; their objects in use
    logic integer nslabs{L}(struct keel_slabs *s, integer c, integer n) = n <= 0 ? 0 : nslabs(s, c, n - 1) +
      (s->slab[n].cache == c + 1 ? 1 : 0);
    logic integer nbusy{L}(struct keel_slabs *s, integer c, integer n) = n <= 0 ? 0 : nbusy(s, c, n - 1) +
      (s->slab[n].cache == c + 1 && nused(s, n, s->slab[n].nobj) > 0 ? 1 : 0);
    logic integer nobjects{L}(struct keel_slabs *s, integer c, integer n) = n <= 0 ? 0 : nobjects(s, c, n - 1) +
      (s->slab[n].cache == c + 1 ? nused(s, n, s->slab[n].nobj) : 0);

    // the pages of every slab are a live block of the slab layer's kind, as the tags say
    predicate Tagged{L}(struct keel_slabs *s) = \forall integer h; Used(s, h) ==> \let t = s->z->tag[s->slab[h].page];
      t / 32 == KEEL_SLAB && 1 <= t % 16 <= MAXO + 1 && P2(t % 16 - 1) == s->slab[h].pages;
    // the instance is over all pages of its page instance
    predicate Fits{L}(struct keel_slabs *s) = s->pages == s->z->n && s->z->n <= 1024 * s->z->u;
*/

/*@ ghost
  // the objects of slab h lie in its pages
  /@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Mapped(s) && Used(s, h);
     assigns \nothing;
     ensures \forall integer i; 0 <= i < s->slab[h].nobj ==> InArea(s, obj(s, h, i)) && slab_at(s, obj(s, h, i)) == h; @/
  void lem_inside(const struct keel_slabs *s, uint32_t h) {
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
      if (s->slab[h].cache != 0) lem_inside(s, h);
    }
  }
*/

#endif
