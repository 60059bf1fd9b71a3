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
    // page q is of a large block that can be freed and begins at a
    predicate PageOf{L}(struct keel_slabs *s, struct keel_pages *z, uint16_t *st, int16_t *ord, integer a, integer q) =
      Block(s, z, st, ord, a) && \let p = (a - s->addr) / PAGE; p <= q < p + P2(ord[p]);
    // what is wrong with byte d of the instance, in no slab, as the first of a large block
    logic integer BlockErr{L}(struct keel_pages *z, uint16_t *st, int16_t *ord, integer d) =
      d % PAGE == 0 ? OwnErr(z, st, ord, d / PAGE, KEEL_LARGE) :
      HeadErr(z, st, ord, d / PAGE) == KEEL_OK ? KEEL_NOT_HEAD : HeadErr(z, st, ord, d / PAGE);

    // an object starts at a, in use or not
    predicate Starts{L}(struct keel_slabs *s, integer a) = \exists integer i; At(s, a, i);
    // e is what a free answers at a, where there is nothing to free
    predicate Refused{L}(struct keel_slabs *s, struct keel_pages *z, uint16_t *st, int16_t *ord, integer a, integer e) =
      (!InArea(s, a) ==> e == (a == 0 || a == KEEL_ZERO_SIZE ? KEEL_OK : KEEL_OUT_OF_RANGE)) &&
      (InArea(s, a) && slab_at(s, a) == 0 ==> e == BlockErr(z, st, ord, a - s->addr)) &&
      (InArea(s, a) && slab_at(s, a) != 0 && s->slab[slab_at(s, a)].cache > KEEL_KMALLOC_CLASSES ==> e == KEEL_WRONG_KIND) &&
      (InArea(s, a) && slab_at(s, a) != 0 && s->slab[slab_at(s, a)].cache <= KEEL_KMALLOC_CLASSES ==>
       (Starts(s, a) ==> e == KEEL_ALREADY_FREE) && (!Starts(s, a) ==> e == KEEL_NOT_HEAD));

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
     ensures 8 <= csize(c) <= KEEL_OBJECT_MAX && csize(c) % 8 == 0 && (c > 0 ==> csize(c - 1) < csize(c));
     ensures csize(c) > KEEL_KMALLOC_SMALL ==> csize(c) % 128 == 0; @/
  void lem_csize(uint32_t c) {
    /@ assert 9 <= c <= 16 ==> (c - 9) / 4 == 0 || (c - 9) / 4 == 1; @/
    /@ assert 9 <= c <= 16 ==> (c - 9) % 4 == 0 || (c - 9) % 4 == 1 || (c - 9) % 4 == 2 || (c - 9) % 4 == 3; @/
    /@ assert c >= 17 ==> (c - 17) / 8 == 0 || (c - 17) / 8 == 1 || (c - 17) / 8 == 2 || (c - 17) / 8 == 3; @/
    /@ assert c >= 17 ==> 0 <= (c - 17) % 8 <= 7; @/
  }

  // one element more of a table
  /@ requires Table(t, i, step) && Least(t[i], (i + 1) * step);
     assigns \nothing;
     ensures Table(t, i + 1, step); @/
  void lem_element(const uint8_t *t, uint32_t i, uint32_t step) { }

  // the one power of two up to the page size that divides n and whose double does not
  /@ requires Pow2(f) && 8 <= f <= PAGE && n % f == 0 && (f == PAGE || n % (2 * f) != 0);
     assigns \nothing;
     ensures divisor(n) == f; @/
  void lem_divisor(uint32_t n, uint32_t f) {
    /@ assert n % 4096 == 0 ==> n % 2048 == 0; @/
    /@ assert n % 2048 == 0 ==> n % 1024 == 0; @/
    /@ assert n % 1024 == 0 ==> n % 512 == 0; @/
    /@ assert n % 512 == 0 ==> n % 256 == 0; @/
    /@ assert n % 256 == 0 ==> n % 128 == 0; @/
    /@ assert n % 128 == 0 ==> n % 64 == 0; @/
    /@ assert n % 64 == 0 ==> n % 32 == 0; @/
    /@ assert n % 32 == 0 ==> n % 16 == 0; @/
    /@ assert n % 16 == 0 ==> n % 8 == 0; @/
  }

  // the least order of blocks of n bytes
  /@ requires 1 <= n <= KEEL_KMALLOC_MAX && k <= MAXO && (n + PAGE - 1) / PAGE <= P2(k) && (k > 0 ==> (n + PAGE - 1) / PAGE > P2(k - 1));
     assigns \nothing;
     ensures korder(n) == k && n <= PAGE * P2(k); @/
  void lem_korder(uint32_t n, uint32_t k) { }

  // powers of two divide each other
  /@ requires Pow2(align) && align <= PAGE * P2(k) && k <= MAXO;
     assigns \nothing;
     ensures PAGE * P2(k) % align == 0; @/
  void lem_multiple(uint32_t align, uint32_t k) {
    /@ assert align <= 4096 ==> 4096 % align == 0; @/
    /@ assert align <= 8192 ==> 8192 % align == 0; @/
    /@ assert align <= 16384 ==> 16384 % align == 0; @/
    /@ assert align <= 32768 ==> 32768 % align == 0; @/
    /@ assert align <= 65536 ==> 65536 % align == 0; @/
    /@ assert align <= 131072 ==> 131072 % align == 0; @/
    /@ assert align <= 262144 ==> 262144 % align == 0; @/
    /@ assert align <= 524288 ==> 524288 % align == 0; @/
    /@ assert align <= 1048576 ==> 1048576 % align == 0; @/
    /@ assert align <= 2097152 ==> 2097152 % align == 0; @/
    /@ assert align <= 4194304 ==> 4194304 % align == 0; @/
  }

  // the class whose size is not a multiple of align is not the last, and is passed over
  /@ requires Pow2(align) && align <= PAGE && c < KEEL_KMALLOC_CLASSES && csize(c) % align != 0;
     assigns \nothing;
     ensures c < KEEL_KMALLOC_CLASSES - 1 && upto(c, align) == upto(c + 1, align) && csize(c) < csize(c + 1); @/
  void lem_upto(uint32_t c, uint32_t align) {
    /@ assert c == KEEL_KMALLOC_CLASSES - 1 ==> csize(c) == KEEL_OBJECT_MAX && KEEL_OBJECT_MAX % align == 0; @/
    if (c < KEEL_KMALLOC_CLASSES - 1) lem_csize(c + 1);
  }

  // a multiple of align, a power of two, modulo a larger one
  /@ requires align <= KEEL_KMALLOC_MAX;
     assigns \nothing;
     ensures Pow2(align) && align > PAGE ==> (a % KEEL_KMALLOC_MAX % align == 0 <==> a % align == 0); @/
  void lem_modulo(uint64_t a, uint32_t align) {
    /@ assert a % KEEL_KMALLOC_MAX % 8192 == 0 <==> a % 8192 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 16384 == 0 <==> a % 16384 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 32768 == 0 <==> a % 32768 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 65536 == 0 <==> a % 65536 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 131072 == 0 <==> a % 131072 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 262144 == 0 <==> a % 262144 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 524288 == 0 <==> a % 524288 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 1048576 == 0 <==> a % 1048576 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 2097152 == 0 <==> a % 2097152 == 0; @/
    /@ assert a % KEEL_KMALLOC_MAX % 4194304 == 0 <==> a % 4194304 == 0; @/
  }
*/
/*@ ghost
  // memory of a place lies in the pages of the instance
  /@ requires Arrays(s) && Caches(s) && Slabs(s) && Rings(s) && Used(s, h);
     assigns \nothing;
     ensures \forall integer i; 0 <= i < s->slab[h].nobj ==> obj(s, h, i) + s->cache[s->slab[h].cache - 1].size <= s->addr + s->pages * PAGE; @/
  void lem_objects_end(struct keel_slabs *s, uint32_t h) {
    /@ loop invariant 0 <= i <= s->slab[h].nobj;
       loop invariant \forall integer j; 0 <= j < i ==> obj(s, h, j) + s->cache[s->slab[h].cache - 1].size <= s->addr + s->pages * PAGE;
       loop assigns i; loop variant s->slab[h].nobj - i; @/
    for (uint32_t i = 0; i < s->slab[h].nobj; i++) lem_obj(s, h, i);
  }

  // two large blocks have no page in common
  /@ requires InvB(z, st, ord) && Arrays(s) && Apart(s, z) && Block(s, z, st, ord, a) && Block(s, z, st, ord, b) && a != b;
     assigns \nothing;
     ensures !PageOf(s, z, st, ord, a, (b - s->addr) / PAGE); @/
  void lem_blocks(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint64_t a, uint64_t b) {
    lem_block(z, st, ord, (uint32_t)((a - s->addr) / 4096));
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
/*@ ghost
  // the objects in use of slab h, of one of the classes, are at their addresses
  /@ requires SInv(s) && Used(s, h) && s->slab[h].cache <= KEEL_KMALLOC_CLASSES;
     assigns \nothing;
     ensures \forall integer i; InUse(s, h, i) ==> InClass(s, obj(s, h, i), i) && slab_at(s, obj(s, h, i)) == h;
     ensures \forall integer i; InUse(s, h, i) ==> Placed(s, z, st, ord, obj(s, h, i), s->slab[h].cache - 1); @/
  void lem_placed(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t h) { lem_places(s); }
*/
/*@ // a is a multiple of all powers of two up to the smallest page size that n is a multiple of
    predicate As(integer n, integer a) = (n % 2 == 0 ==> a % 2 == 0) && (n % 4 == 0 ==> a % 4 == 0) && (n % 8 == 0 ==> a % 8 == 0) &&
      (n % 16 == 0 ==> a % 16 == 0) && (n % 32 == 0 ==> a % 32 == 0) && (n % 64 == 0 ==> a % 64 == 0) && (n % 128 == 0 ==> a % 128 == 0) &&
      (n % 256 == 0 ==> a % 256 == 0) && (n % 512 == 0 ==> a % 512 == 0) && (n % 1024 == 0 ==> a % 1024 == 0) && (n % 2048 == 0 ==> a % 2048 == 0) &&
      (n % 4096 == 0 ==> a % 4096 == 0); */
/*@ ghost
  // so is that and n, and every multiple of n
  /@ requires As(n, b); assigns \nothing; ensures As(n, b + n); @/
  void lem_as_more(uint32_t n, uint32_t b) { }
  /@ requires i < 256 && n <= KEEL_OBJECT_MAX; assigns \nothing; ensures As(n, i * n); @/
  void lem_times(uint32_t i, uint32_t n) {
    uint32_t b = 0;
    /@ loop invariant t <= i && b == t * n && b <= t * KEEL_OBJECT_MAX;
       loop invariant As(n, b);
       loop assigns t, b; loop variant i - t; @/
    for (uint32_t t = 0; t < i; t++) {
      lem_as_more(n, b);
      /@ assert (t + 1) * n == t * n + n; @/
      b = b + n;
    }
    /@ assert b == i * n; @/
  }

  // and a multiple of a page more
  /@ requires As(n, b); assigns \nothing; ensures As(n, b + q * PAGE); @/
  void lem_page_more(uint32_t n, uint32_t b, uint64_t q) {
    /@ assert (n % 2 == 0 ==> (b + q * PAGE) % 2 == 0) && (n % 4 == 0 ==> (b + q * PAGE) % 4 == 0); @/
    /@ assert (n % 8 == 0 ==> (b + q * PAGE) % 8 == 0) && (n % 16 == 0 ==> (b + q * PAGE) % 16 == 0); @/
    /@ assert (n % 32 == 0 ==> (b + q * PAGE) % 32 == 0) && (n % 64 == 0 ==> (b + q * PAGE) % 64 == 0); @/
    /@ assert (n % 128 == 0 ==> (b + q * PAGE) % 128 == 0) && (n % 256 == 0 ==> (b + q * PAGE) % 256 == 0); @/
    /@ assert (n % 512 == 0 ==> (b + q * PAGE) % 512 == 0) && (n % 1024 == 0 ==> (b + q * PAGE) % 1024 == 0); @/
    /@ assert (n % 2048 == 0 ==> (b + q * PAGE) % 2048 == 0) && (n % 4096 == 0 ==> (b + q * PAGE) % 4096 == 0); @/
  }

  // so much for alignment up to a page
  /@ requires As(n, a) && n > 0 && n % 8 == 0;
     assigns \nothing; ensures a % divisor(n) == 0; @/
  void lem_divides(uint32_t n, uint64_t a) { }
  /@ requires As(n, a);
     assigns \nothing; ensures Pow2(align) && align <= PAGE && n % align == 0 ==> a % align == 0; @/
  void lem_upto_page(uint32_t n, uint64_t a, uint32_t align) { }

  // blocks of pages, aligned to a page, and above
  /@ requires addr % PAGE == 0;
     assigns \nothing; ensures (addr + p * PAGE) % PAGE == 0 && (align <= PAGE && Pow2(align) ==> (addr + p * PAGE) % align == 0); @/
  void lem_paged(uint64_t addr, uint32_t p, uint32_t align) {
    /@ assert align <= PAGE && Pow2(align) ==> As(PAGE, addr + p * PAGE); @/
  }
  /@ requires k <= MAXO; assigns \nothing; ensures divisor(PAGE * P2(k)) == PAGE; @/
  void lem_block_bytes(uint32_t k) { }
  /@ requires k <= MAXO && mod2(p, k) == 0;
     assigns \nothing;
     ensures PAGE < align <= KEEL_KMALLOC_MAX && Pow2(align) && addr % align == 0 && PAGE * P2(k) % align == 0 ==> (addr + p * PAGE) % align == 0; @/
  void lem_wide(uint64_t addr, uint32_t p, uint32_t k, uint32_t align) {
    /@ assert align == 8192 && addr % 8192 == 0 && PAGE * P2(k) % 8192 == 0 ==> p % 2 == 0 && (addr + p * PAGE) % 8192 == 0; @/
    /@ assert align == 16384 && addr % 16384 == 0 && PAGE * P2(k) % 16384 == 0 ==> p % 4 == 0 && (addr + p * PAGE) % 16384 == 0; @/
    /@ assert align == 32768 && addr % 32768 == 0 && PAGE * P2(k) % 32768 == 0 ==> p % 8 == 0 && (addr + p * PAGE) % 32768 == 0; @/
    /@ assert align == 65536 && addr % 65536 == 0 && PAGE * P2(k) % 65536 == 0 ==> p % 16 == 0 && (addr + p * PAGE) % 65536 == 0; @/
    /@ assert align == 131072 && addr % 131072 == 0 && PAGE * P2(k) % 131072 == 0 ==> p % 32 == 0 && (addr + p * PAGE) % 131072 == 0; @/
    /@ assert align == 262144 && addr % 262144 == 0 && PAGE * P2(k) % 262144 == 0 ==> p % 64 == 0 && (addr + p * PAGE) % 262144 == 0; @/
    /@ assert align == 524288 && addr % 524288 == 0 && PAGE * P2(k) % 524288 == 0 ==> p % 128 == 0 && (addr + p * PAGE) % 524288 == 0; @/
    /@ assert align == 1048576 && addr % 1048576 == 0 && PAGE * P2(k) % 1048576 == 0 ==> p % 256 == 0 && (addr + p * PAGE) % 1048576 == 0; @/
    /@ assert align == 2097152 && addr % 2097152 == 0 && PAGE * P2(k) % 2097152 == 0 ==> p % 512 == 0 && (addr + p * PAGE) % 2097152 == 0; @/
    /@ assert align == 4194304 && addr % 4194304 == 0 && PAGE * P2(k) % 4194304 == 0 ==> p % 1024 == 0 && (addr + p * PAGE) % 4194304 == 0; @/
  }

  // products of two sizes that are not 0 are not less than either
  /@ assigns \nothing;
     ensures n == 0 || size == 0 <==> n * size == 0;
     ensures n > 0 && size > 0 ==> n <= n * size && size <= n * size;
     ensures n <= KEEL_KMALLOC_MAX && size <= KEEL_KMALLOC_MAX ==> n * size <= 0x100000000000; @/
  void lem_no_less(uint64_t n, uint64_t size) { }

  // so objects of class c, in slab h, are aligned as their size, ...
  /@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && CLASSES(s) && Used(s, h) && s->slab[h].cache == c + 1 && c < KEEL_KMALLOC_CLASSES;
     assigns \nothing;
     ensures \forall integer i; 0 <= i < s->slab[h].nobj ==> As(csize(c), obj(s, h, i)); @/
  void lem_objects_at(struct keel_slabs *s, uint32_t h, uint32_t c) {
    lem_csize(c);
    uint32_t n = s->cache[c].size;
    uint64_t q = s->addr / 4096 + s->slab[h].page;
    /@ assert KOk(s->cache + c); @/
    /@ assert s->slab[h].nobj <= 256 && n == csize(c); @/
    /@ loop invariant 0 <= i <= s->slab[h].nobj;
       loop invariant \forall integer j; 0 <= j < i ==> As(n, obj(s, h, j));
       loop assigns i; loop variant s->slab[h].nobj - i; @/
    for (uint32_t i = 0; i < s->slab[h].nobj; i++) {
      lem_times(i, n);
      lem_mul(i, 256, n);
      lem_page_more(n, i * n, q);
      lem_at(s, h, c, i);
      /@ assert obj(s, h, i) == i * n + q * PAGE; @/
    }
  }

  // and blocks, too
  /@ requires InvB(z, st, ord) && Arrays(s) && Apart(s, z) && Block(s, z, st, ord, a) && ord[(a - s->addr) / PAGE] == k;
     assigns \nothing;
     ensures a % divisor(PAGE * P2(k)) == 0;
     ensures align != 0 && Alignable(s, align) && PAGE * P2(k) % align == 0 ==> a % align == 0; @/
  void lem_block_at(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint64_t a, uint32_t k, uint32_t align) {
    uint32_t p = (a - s->addr) / 4096;
    /@ assert p < s->pages && a == s->addr + p * PAGE && 0 <= k <= MAXO; @/
    /@ assert HeadErr(z, st, ord, p) == KEEL_OK && ord[p] == k; @/
    /@ assert head(z->u, anc(z->u, p, k), k) == p; @/
    /@ assert 1 <= z->u && p < 1024 * z->u; @/
    /@ assert node(z->u, anc(z->u, p, k), k); @/
    /@ assert mod2(p, k) == 0; @/
    lem_paged(s->addr, p, align);
    lem_block_bytes(k);
    lem_wide(s->addr, p, k, align);
  }

  // memory of a place is aligned as its size
  /@ requires BOTH(s, z, st, ord) && CLASSES(s) && Place(p) && Placed(s, z, st, ord, a, p);
     assigns \nothing;
     ensures a % divisor(pbytes(p)) == 0;
     ensures align != 0 && Alignable(s, align) && pbytes(p) % align == 0 && (align <= PAGE || p >= KEEL_KMALLOC_CLASSES) ==> a % align == 0; @/
  void lem_place_at(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint64_t a, uint32_t p, uint32_t align) {
    if (p < 49) {
      lem_csize(p);
      uint32_t h = s->map[(a - s->addr) / 4096];
      /@ assert Object(s, a) && h == slab_at(s, a) && s->slab[h].cache == p + 1; @/
      /@ assert \exists integer i; 0 <= i < s->slab[h].nobj && a == obj(s, h, i); @/
      /@ assert Used(s, h); @/
      lem_objects_at(s, h, p);
      /@ assert As(csize(p), a); @/
      uint32_t n = s->cache[p].size;
      /@ assert n == csize(p) == pbytes(p); @/
      lem_divides(n, a);
      lem_upto_page(n, a, align);
      /@ assert align <= PAGE && Pow2(align) && pbytes(p) % align == 0 ==> a % align == 0; @/
    } else {
      lem_block_at(s, z, st, ord, a, p - 49, align);
      /@ assert pbytes(p) == PAGE * P2(p - 49); @/
      /@ assert align != 0 && Alignable(s, align) && pbytes(p) % align == 0 ==> a % align == 0; @/
    }
  }
*/
/*@ ghost
  /@ requires BOTH(s, z, st, ord) && CLASSES(s) && Place(p) && Placed(s, z, st, ord, a, p);
     assigns \nothing;
     ensures a + pbytes(p) <= s->addr + s->pages * PAGE; @/
  void lem_end(struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint64_t a, uint32_t p) {
    if (p < 49) {
      uint32_t h = s->map[(a - s->addr) / 4096];
      /@ assert Used(s, h) && s->slab[h].cache == p + 1 && \exists integer i; 0 <= i < s->slab[h].nobj && a == obj(s, h, i); @/
      lem_objects_end(s, h);
      /@ assert s->cache[s->slab[h].cache - 1].size == pbytes(p); @/
    } else {
      uint32_t q = (uint32_t)((a - s->addr) / 4096);
      /@ assert q < s->pages && a == s->addr + q * PAGE; @/
      lem_large(s, z, st, ord, q);
      /@ assert ord[q] == p - 49 && pbytes(p) == PAGE * P2(p - 49); @/
      /@ assert q * PAGE + PAGE * P2(p - 49) <= s->pages * PAGE; @/
    }
  }
*/
/* The invariant between two calls. */
#define HEAP(m, s, z, st, ord) (Alone(m, s, z) && BOTH(s, z, st, ord) && CLASSES(s) && Tables(m))
#define KEEPS_HEAP                                                                                               \
  ensures SInv(s); ensures InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st);             \
  ensures CLASSES(s) && Tables(m) && Alone(m, s, z);
/* What a new instance changes: its caches (fields are named as in CHANGES), ... */
#define CREATED                                                                                                  \
  s->cache[0 .. KEEL_KMALLOC_CLASSES - 1], s->cache[0 .. KEEL_KMALLOC_CLASSES - 1].size, s->cache[0 .. KEEL_KMALLOC_CLASSES - 1].mult, \
  s->cache[0 .. KEEL_KMALLOC_CLASSES - 1].nobj, s->cache[0 .. KEEL_KMALLOC_CLASSES - 1].order, s->cache[0 .. KEEL_KMALLOC_CLASSES - 1].pages
/* ... and its tables. */
#define TABLES m->small[0 .. KEEL_KMALLOC_SMALL / 8 - 1], m->wide[0 .. KEEL_OBJECT_MAX / 128 - 1]
#define SAME_TABLES                                                                                              \
  ensures \forall integer i; 0 <= i < KEEL_KMALLOC_SMALL / 8 ==> m->small[i] == \old(m->small[i]);               \
  ensures \forall integer i; 0 <= i < KEEL_OBJECT_MAX / 128 ==> m->wide[i] == \old(m->wide[i]);
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
  ensures \result != 0 && place >= KEEL_KMALLOC_CLASSES ==> \let p = (\result - s->addr) / PAGE; p + P2(place - KEEL_KMALLOC_CLASSES) <= s->pages && \forall integer q; \
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
/* What a request that is not refused gets. */
#define GOT(size, align)                                                                                         \
    TOOK(place(m, size, align))                                                                                  \
    ensures \result != 0 && align != 0 ==> \result % align == 0;                                                 \
    ensures \result != 0 ==> \result % divisor(pbytes(place(m, size, align))) == 0;
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
    assumes flags <= KMALLOC_FLAGS && size != 0 && size <= KEEL_KMALLOC_MAX && Alignable(s, align);              \
    GOT(size, align)                                                                                             \
  complete behaviors; disjoint behaviors;
/* Nothing can be freed at a. */
#define NOTHING_AT(a) ensures !Object(s, a); ensures !Block(s, z, st, ord, a);
/* The large block at a is free; slabs and other pages are left alone. */
#define FREED_BLOCK(a)                                                                                           \
  ensures \let p = (a - s->addr) / PAGE; \forall integer q; p <= q < p + P2(\old(ord[(a - s->addr) / PAGE])) ==> st[q] == FREE; \
  ensures \let p = (a - s->addr) / PAGE; \forall integer q; 0 <= q < s->pages && !(p <= q < p + P2(\old(ord[(a - s->addr) / PAGE]))) ==> \
    KEEPS(Pre, q) && s->map[q] == \old(s->map[q]) && z->ref[q] == \old(z->ref[q]);                               \
  SAME_OBJECTS
/* Objects in use other than one at a stay, and so do blocks of pages, of others too, other than a large one at a. */
#define BUT(a)                                                                                                   \
  ensures \forall integer g, j; \old(InUse(s, g, j) && obj(s, g, j) != a) ==>                                     \
    InUse(s, g, j) && obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);          \
  ensures \forall integer q; 0 <= q < s->pages && \old(st[q] != FREE && s->map[q] == 0 && !PageOf(s, z, st, ord, a, q)) ==> \
    KEEPS(Pre, q) && s->map[q] == 0 && z->ref[q] == \old(z->ref[q]);
/* The memory at a is of place `to` now, at \result; or it is where it was, and \result is 0. */
#define MOVED(from, to)                                                                                          \
  BUT(a)                                                                                                         \
  ensures \result == 0 ==> Placed(s, z, st, ord, a, from);                                                       \
  ensures \result != 0 ==> Placed(s, z, st, ord, \result, to);                                                   \
  ensures \result != 0 ==> !Object(s, a);                                                                        \
  ensures \result != 0 ==> !Block(s, z, st, ord, a);                                                             \
  ensures \result != 0 ==> \result != a;
/* What a free answers at a. */
#define FREES(a)                                                                                                 \
  behavior none:                                                                                                 \
    assumes !Object(s, a) && !Block(s, z, st, ord, a);                                                           \
    assigns \nothing;                                                                                            \
    ensures Refused(s, z, st, ord, a, \result);                                                                  \
    SAME_OBJECTS                                                                                                 \
  behavior block:                                                                                                \
    assumes Block(s, z, st, ord, a);                                                                             \
    ensures \result == KEEL_OK;                                                                                  \
    FREED_BLOCK(a) NOTHING_AT(a)                                                                                 \
  behavior object:                                                                                               \
    assumes Object(s, a);                                                                                        \
    ensures \result == KEEL_OK;                                                                                  \
    FREED_OBJECT(a) OTHERS_KEPT NOTHING_AT(a)                                                                    \
  complete behaviors; disjoint behaviors;

#endif
