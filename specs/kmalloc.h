// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of kmalloc (core/kmalloc.c). */
#ifndef KEEL_SPECS_KMALLOC_H
#define KEEL_SPECS_KMALLOC_H

/*@ // the size of class c
    logic integer csize(integer c) = c == 0 ? 8 : c <= 8 ? 16 * c : c <= 16 ? 32 * P2((c - 9) / 4) * (5 + (c - 9) % 4) : 64 * P2((c - 17) / 8) * (9 + (c - 17) % 8);

    // the first n caches are the classes
    predicate Made{L}(struct keel_slabs *s, integer n) = n <= s->caches && \forall integer c; 0 <= c < n ==> s->cache[c].size == csize(c);
    // element i of a table with this step is the least class for (i + 1) * step bytes
    predicate Least(integer c, integer bytes) = 0 <= c < KEEL_KMALLOC_CLASSES && bytes <= csize(c) && (c > 0 ==> csize(c - 1) < bytes);
    predicate Table{L}(uint8_t *t, integer n, integer step) = \forall integer i; 0 <= i < n ==> Least(t[i], (i + 1) * step);
    predicate Tables{L}(struct keel_heap *m) = Table(&m->small[0], KEEL_KMALLOC_SMALL / 8, 8) && Table(&m->wide[0], KEEL_OBJECT_MAX / 128, 128);
    // the tables are not among the tags of the pages, nor is the instance among the arrays
    predicate Alone{L}(struct keel_heap *m, struct keel_slabs *s, struct keel_pages *z) = \valid(m) && s == &m->s &&
      \separated(m, z) && \separated(m, z->tag + (0 .. 1024 * z->u - 1)) && \separated(m, s->map + (0 .. s->pages - 1)) &&
      \separated(m, s->slab + (0 .. s->slabs + s->caches)) && \separated(m, s->cache + (0 .. s->caches - 1));

    // a large block that can be freed begins at page p
    predicate Large{L}(struct keel_pages *z, uint16_t *st, int16_t *ord, integer p) = OwnErr(z, st, ord, p, KEEL_LARGE) == KEEL_OK;
    // object i of one of the classes is in use, and begins at a
    predicate InClass{L}(struct keel_slabs *s, integer a, integer i) =
      At(s, a, i) && !FreeBit(s, slab_at(s, a), i) && s->slab[slab_at(s, a)].cache <= KEEL_KMALLOC_CLASSES;
    predicate Object{L}(struct keel_slabs *s, integer a) = \exists integer i; InClass(s, a, i);
    // a large block that can be freed begins at a
    predicate Block{L}(struct keel_slabs *s, struct keel_pages *z, uint16_t *st, int16_t *ord, integer a) =
      InArea(s, a) && slab_at(s, a) == 0 && (a - s->addr) % PAGE == 0 && Large(z, st, ord, (a - s->addr) / PAGE);
    // what is wrong with byte d of the instance, in no slab, as the first of a large block
    logic integer BlockErr{L}(struct keel_pages *z, uint16_t *st, int16_t *ord, integer d) =
      d % PAGE == 0 ? OwnErr(z, st, ord, d / PAGE, KEEL_LARGE) :
      HeadErr(z, st, ord, d / PAGE) == KEEL_OK ? KEEL_NOT_HEAD : HeadErr(z, st, ord, d / PAGE);

    // a class, or that and an order more
    predicate Place(integer p) = 0 <= p <= KEEL_KMALLOC_CLASSES + MAXO;
    logic integer pbytes(integer p) = p < KEEL_KMALLOC_CLASSES ? csize(p) : PAGE * P2(p - KEEL_KMALLOC_CLASSES);
    // the least order of blocks of n bytes; the least class from c on whose size is a multiple of align; the place of a request
    logic integer korder(integer n) = n <= PAGE ? 0 : n <= 2 * PAGE ? 1 : n <= 4 * PAGE ? 2 : n <= 8 * PAGE ? 3 : n <= 16 * PAGE ? 4 : n <= 32 * PAGE ? 5 :
      n <= 64 * PAGE ? 6 : n <= 128 * PAGE ? 7 : n <= 256 * PAGE ? 8 : n <= 512 * PAGE ? 9 : 10;
    logic integer upto(integer c, integer align) = align == 0 || c >= KEEL_KMALLOC_CLASSES - 1 || csize(c) % align == 0 ? c : upto(c + 1, align);
    logic integer class_of{L}(struct keel_heap *m, integer n) = n <= KEEL_KMALLOC_SMALL ? m->small[(n - 1) / 8] : m->wide[(n - 1) / 128];
    logic integer place{L}(struct keel_heap *m, integer size, integer align) = align > PAGE || size > KEEL_OBJECT_MAX ?
      KEEL_KMALLOC_CLASSES + korder(size < align ? align : size) : upto(class_of(m, size < align ? align : size), align);
    // addresses can be of this alignment
    predicate Alignable{L}(struct keel_slabs *s, integer align) =
      align == 0 || (align <= KEEL_KMALLOC_MAX && Pow2(align) && (align <= PAGE || s->addr % align == 0));
    // the largest power of two up to the page size that divides n > 0, a multiple of 8
    logic integer divisor(integer n) = n % 4096 == 0 ? 4096 : n % 2048 == 0 ? 2048 : n % 1024 == 0 ? 1024 : n % 512 == 0 ? 512 : n % 256 == 0 ? 256 :
      n % 128 == 0 ? 128 : n % 64 == 0 ? 64 : n % 32 == 0 ? 32 : n % 16 == 0 ? 16 : 8;
    // what is live at a is of this place
    predicate Placed{L}(struct keel_slabs *s, struct keel_pages *z, uint16_t *st, int16_t *ord, integer a, integer p) =
      p < KEEL_KMALLOC_CLASSES ? Object(s, a) && s->slab[slab_at(s, a)].cache == p + 1
                               : Block(s, z, st, ord, a) && ord[(a - s->addr) / PAGE] == p - KEEL_KMALLOC_CLASSES;
*/
/*@ ghost
  // sizes of classes, one by one
  /@ requires c < KEEL_KMALLOC_CLASSES;
     assigns \nothing;
     ensures 8 <= csize(c) <= KEEL_OBJECT_MAX && csize(c) % 8 == 0 && (c > 0 ==> csize(c - 1) < csize(c)); @/
  void lem_csize(uint32_t c) {
    /@ assert 9 <= c <= 16 ==> (c - 9) / 4 == 0 || (c - 9) / 4 == 1; @/
    /@ assert 9 <= c <= 16 ==> (c - 9) % 4 == 0 || (c - 9) % 4 == 1 || (c - 9) % 4 == 2 || (c - 9) % 4 == 3; @/
    /@ assert c >= 17 ==> (c - 17) / 8 == 0 || (c - 17) / 8 == 1 || (c - 17) / 8 == 2 || (c - 17) / 8 == 3; @/
    /@ assert c >= 17 ==> 0 <= (c - 17) % 8 <= 7; @/
  }
*/
/*@ ghost
  // the pages of a live block
  /@ requires Inv(z, st, ord) && LiveHead(st, ord, z->u, p);
     assigns \nothing;
     ensures p + P2(ord[p]) <= NP;
     ensures \forall integer q; p <= q < p + P2(ord[p]) ==> st[q] == LIVE && first(ord, z->u, q) == p; @/
  void lem_block(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t p) {
    uint32_t u = z->u; uint32_t k = (uint32_t)ord[p];
    uint32_t id = g_node_of(u, p, k);
    /@ assert node(u, id, k) && p == head(u, id, k) && Blk(st, ord, u, id, k, LIVE); @/
    /@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, k) == id <==> p <= q < p + P2(k)); @/
  }

  // a large block has no page of a slab
  /@ requires BOTH(s, z, st, ord) && p < s->pages && Large(z, st, ord, p);
     assigns \nothing;
     ensures p + P2(ord[p]) <= s->pages;
     ensures \forall integer g; Used(s, g) ==> !(p <= s->slab[g].page < p + P2(ord[p]));
     ensures \forall integer q; p <= q < p + P2(ord[p]) ==> s->map[q] == 0; @/
  void lem_large(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t p) {
    lem_block(z, st, ord, p);
    /@ assert st[p + P2(ord[p]) - 1] == LIVE && p + P2(ord[p]) <= z->n; @/
    /@ assert \forall integer g; Used(s, g) ==> first(ord, z->u, s->slab[g].page) == s->slab[g].page; @/
    /@ assert \forall integer g; Used(s, g) && p <= s->slab[g].page < p + P2(ord[p]) ==> s->slab[g].page == p; @/
    /@ loop invariant 0 <= i <= s->pages && \forall integer q; p <= q < p + P2(ord[p]) && q < i ==> s->map[q] == 0;
       loop assigns i; loop variant s->pages - i; @/
    for (uint32_t i = 0; i < s->pages; i++) {
      uint32_t g = s->map[i];
      if (g != 0) {
        uint32_t f = s->slab[g].page;
        /@ assert Used(s, g) && f <= i < f + s->slab[g].pages; @/
        /@ assert HeadErr(z, st, ord, f) == KEEL_OK && z->tag[f] / 32 == KEEL_SLAB && P2(ord[f]) == s->slab[g].pages; @/
        /@ assert f <= i < f + P2(ord[f]) && f != p; @/
        /@ assert LiveHead(st, ord, z->u, f); @/
        lem_block(z, st, ord, f);
        /@ assert first(ord, z->u, i) == f; @/
      }
    }
  }
*/
#define CLASSES(s) Made(s, KEEL_KMALLOC_CLASSES)
/* The invariant between two calls. */
#define HEAP(m, s, z, st, ord) (Alone(m, s, z) && BOTH(s, z, st, ord) && CLASSES(s) && Tables(m))
#define KEEPS_HEAP KEEPS_BOTH ensures CLASSES(s); ensures Tables(m); ensures Alone(m, s, z);
#define KMALLOC_FLAGS (KEEL_NOWAIT + KEEL_ZERO)
#define HEAPS struct keel_slabs *s, PAIR
/* All objects in use stay, where they are and of the cache they are of. */
#define OBJECTS_STAY                                                                                             \
  ensures \forall integer g, j; \old(InUse(s, g, j)) ==> InUse(s, g, j) && obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
/* Memory at `\result` of this place, which nobody had, is live; or there is none: nothing free of that cache or order, and all
   empty slabs have given their pages back. */
#define TOOK(place)                                                                                              \
  OBJECTS_STAY OTHERS_KEPT                                                                                       \
  ensures \result != 0 ==> Placed(s, z, st, ord, \result, place);                                                \
  ensures \result != 0 && place < KEEL_KMALLOC_CLASSES ==> \exists integer h, i; \result == obj(s, h, i) && InUse(s, h, i) && !\old(InUse(s, h, i)) && \
    \forall integer g, j; g != h || j != i ==> (InUse(s, g, j) <==> \old(InUse(s, g, j)));                       \
  ensures \result != 0 && place >= KEEL_KMALLOC_CLASSES ==> \let p = (\result - s->addr) / PAGE; \forall integer q;  \
    p <= q < p + P2(place - KEEL_KMALLOC_CLASSES) ==> s->map[q] == 0 && (\old(st[q]) == FREE || \old(s->map[q]) != 0); \
  ensures \result == 0 || place >= KEEL_KMALLOC_CLASSES ==> \forall integer g, j; InUse(s, g, j) ==> \old(InUse(s, g, j)); \
  ensures \result == 0 ==> \forall integer g; Used(s, g) ==> !Empty(s, g);                                       \
  ensures \result == 0 && place >= KEEL_KMALLOC_CLASSES ==> !SomeFree(st, ord, z->u, place - KEEL_KMALLOC_CLASSES); \
  ensures \result == 0 && place < KEEL_KMALLOC_CLASSES ==> s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[place].order); \
  ensures \result == 0 && place < KEEL_KMALLOC_CLASSES ==> \forall integer g, j; Used(s, g) && s->slab[g].cache == place + 1 && 0 <= j < s->slab[g].nobj ==> InUse(s, g, j);
/* All objects in use but the one at a stay, and none comes. */
#define FREED_OBJECT(a)                                                                                          \
  ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j) && !(g == slab_at(s, a) && At(s, a, j))); \
  ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
/* What a request answers: flags, size and align are good, or it is refused. */
#define REQUESTED(flags, size, align)                                                                            \
  behavior bad:                                                                                                  \
    assumes flags > KMALLOC_FLAGS || size > KEEL_KMALLOC_MAX || !Alignable(s, align);                            \
    assigns \nothing;                                                                                            \
    ensures \result == 0;                                                                                        \
    SAME_OBJECTS                                                                                                 \
  behavior nothing:                                                                                              \
    assumes flags <= KMALLOC_FLAGS && size == 0 && Alignable(s, align);                                          \
    assigns \nothing;                                                                                            \
    ensures \result == KEEL_ZERO_SIZE;                                                                           \
    SAME_OBJECTS                                                                                                 \
  behavior ok:                                                                                                   \
    assumes flags <= KMALLOC_FLAGS && 1 <= size <= KEEL_KMALLOC_MAX && Alignable(s, align);                      \
    TOOK(place(m, size, align))                                                                                  \
    ensures \result != 0 && align != 0 ==> \result % align == 0;                                                 \
    ensures \result != 0 ==> \result % divisor(pbytes(place(m, size, align))) == 0;                              \
  complete behaviors; disjoint behaviors;
/* The memory at a is of place `to` now, at \result; or it is where it was, and \result is 0. */
#define MOVED(from, to)                                                                                          \
  ensures \result == 0 ==> Placed(s, z, st, ord, a, from);                                                       \
  ensures \result != 0 ==> Placed(s, z, st, ord, \result, to) && !Object(s, a) && !Block(s, z, st, ord, a);
/* What a free answers at a. */
#define FREES(a)                                                                                                 \
  behavior null:                                                                                                 \
    assumes a == 0 || a == KEEL_ZERO_SIZE;                                                                       \
    assigns \nothing;                                                                                            \
    ensures \result == KEEL_OK;                                                                                  \
    SAME_OBJECTS                                                                                                 \
  behavior out:                                                                                                  \
    assumes a != 0 && a != KEEL_ZERO_SIZE && !InArea(s, a);                                                      \
    assigns \nothing;                                                                                            \
    ensures \result == KEEL_OUT_OF_RANGE;                                                                        \
    SAME_OBJECTS                                                                                                 \
  behavior bad_block:                                                                                            \
    assumes InArea(s, a) && slab_at(s, a) == 0 && !Block(s, z, st, ord, a);                                      \
    assigns \nothing;                                                                                            \
    ensures \result == BlockErr(z, st, ord, a - s->addr);                                                        \
    SAME_OBJECTS                                                                                                 \
  behavior block:                                                                                                \
    assumes Block(s, z, st, ord, a);                                                                             \
    ensures \result == KEEL_OK;                                                                                  \
    ensures \let p = (a - s->addr) / PAGE; \forall integer q; p <= q < p + P2(\old(ord[(a - s->addr) / PAGE])) ==> st[q] == FREE; \
    ensures \let p = (a - s->addr) / PAGE; \forall integer q; 0 <= q < s->pages && !(p <= q < p + P2(\old(ord[(a - s->addr) / PAGE]))) ==> \
      KEEPS(Pre, q) && s->map[q] == \old(s->map[q]) && z->ref[q] == \old(z->ref[q]);                           \
    SAME_OBJECTS                                                                                                 \
  behavior other:                                                                                                \
    assumes InArea(s, a) && slab_at(s, a) != 0 && s->slab[slab_at(s, a)].cache > KEEL_KMALLOC_CLASSES;           \
    assigns \nothing;                                                                                            \
    ensures \result == KEEL_WRONG_KIND;                                                                          \
    SAME_OBJECTS                                                                                                 \
  behavior inside:                                                                                               \
    assumes InArea(s, a) && slab_at(s, a) != 0 && s->slab[slab_at(s, a)].cache <= KEEL_KMALLOC_CLASSES && \forall integer i; !At(s, a, i); \
    assigns \nothing;                                                                                            \
    ensures \result == KEEL_NOT_HEAD;                                                                            \
    SAME_OBJECTS                                                                                                 \
  behavior again:                                                                                                \
    assumes InArea(s, a) && slab_at(s, a) != 0 && s->slab[slab_at(s, a)].cache <= KEEL_KMALLOC_CLASSES &&         \
      \exists integer i; At(s, a, i) && FreeBit(s, slab_at(s, a), i);                                            \
    assigns \nothing;                                                                                            \
    ensures \result == KEEL_ALREADY_FREE;                                                                        \
    SAME_OBJECTS                                                                                                 \
  behavior object:                                                                                               \
    assumes Object(s, a);                                                                                        \
    ensures \result == KEEL_OK;                                                                                  \
    FREED_OBJECT(a) OTHERS_KEPT                                                                                  \
  complete behaviors; disjoint behaviors;

#endif
