// SPDX-License-Identifier: MIT OR Apache-2.0
/* kmalloc.

   1. Every request has a place: a cache, or an order of blocks of pages.  The place follows from size and alignment alone,
      and that of live memory from its address (map[] and the slab, or the tag of the page), so that nothing is stored.
   2. Sizes of caches are multiples of 8, and above 1024 of 128; hence one table of the least cache for every 8 bytes up to 1024
      and one for every 128 bytes find it.
   3. Above 128 the sizes in 2^k + 1 .. 2^(k+1) are 2^k + j 2^k / m, j = 1 .. m, with m = 4 up to 512 and m = 8 above: n bytes
      waste at most 2^k / m - 1, and 2^k <= n - 1.  Blocks of pages: n > 2^(k-1) pages take 2^k pages.
   4. A slab begins at a page, and object i at i times its size: all powers of two up to the page size that divide the size
      divide the address. */
#include "core/kmalloc.h"
#include "core/slab.h"
#include "core/index.h"

#include "specs/kmalloc.h"

#define BLOCKS KEEL_KMALLOC_CLASSES /* a place: the number of a cache below this, or this + an order */

/* ---- what is at an address ---- */

/* What is wrong with the byte d of the instance, in no slab, as the first of a large block. */
/*@ requires BOTH(s, z, st, ord) && d < s->pages * PAGE;
    assigns \nothing;
    ensures \result == BlockErr(z, st, ord, d); */
static enum keel_status block_error(const struct keel_slabs *s, uint64_t d) /*@ ghost (PAIR) */
{
  uint32_t p = (uint32_t)(d / KEEL_PAGE_SIZE);
  if (d % KEEL_PAGE_SIZE == 0) return own_error(s->z, p, KEEL_LARGE) /*@ ghost (st, ord) */;
  enum keel_status e = head_error(s->z, p) /*@ ghost (st, ord) */;
  return e == KEEL_OK ? KEEL_NOT_HEAD : e;
}

/* What is answered at an address that is in no page of the instance. */
/*@ requires Arrays(s) && !InArea(s, a);
    assigns \nothing;
    ensures \result == (a == 0 || a == KEEL_ZERO_SIZE ? KEEL_OK : KEEL_OUT_OF_RANGE); */
KEEL_INLINE enum keel_status outside(uint64_t a) /*@ ghost (const struct keel_slabs *s) */
{
  return a == 0 || a == KEEL_ZERO_SIZE ? KEEL_OK : KEEL_OUT_OF_RANGE;
}

/* Whether the byte d of the instance, in no slab, is the first of a large block that can be freed. */
/*@ requires BOTH(s, z, st, ord) && d < s->pages * PAGE;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> BlockErr(z, st, ord, d) == KEEL_OK; */
KEEL_INLINE int is_block(const struct keel_slabs *s, uint64_t d) /*@ ghost (PAIR) */
{
  if (d % KEEL_PAGE_SIZE != 0) return 0;
  int64_t k = own_order(s->z, (uint32_t)(d / KEEL_PAGE_SIZE), KEEL_LARGE) /*@ ghost (st, ord) */;
  return 0 <= k && k <= (int64_t)MAXO;
}

/* What can be freed at an address. */
struct found {
  int live;                /* 0: nothing can be; 1: an object; 2: a large block */
  enum keel_status error;  /* of nothing: what a free answers */
  uint32_t slab, index;    /* of an object */
  uint64_t word;           /* of an object: its word in the slab, with its bit set */
};

/* What can be freed at a. */
/*@ requires BOTH(s, z, st, ord);
    assigns \nothing;
    ensures \result.live == 0 || \result.live == 1 || \result.live == 2;
    ensures \result.live == 0 <==> !Object(s, a) && !Block(s, z, st, ord, a);
    ensures \result.live == 0 ==> Refused(s, z, st, ord, a, \result.error);
    ensures \result.live == 1 ==> InClass(s, a, \result.index) && \result.slab == slab_at(s, a) && \result.slab != 0;
    ensures \result.live == 2 ==> Block(s, z, st, ord, a);
    ensures \result.live == 1 ==>
      \forall integer j; 0 <= j < 64 ==> (bit(\result.word, j) <==> bit(s->slab[\result.slab].free[\result.index / 64], j) || j == \result.index % 64); */
KEEL_INLINE struct found find_live(const struct keel_slabs *s, uint64_t a) /*@ ghost (PAIR) */
{
  struct found r = {0, KEEL_NOT_HEAD, 0, 0, 0};
  //@ assert PAGE <= s->addr;
  if (KEEL_UNLIKELY(a < s->addr || (a - s->addr) / KEEL_PAGE_SIZE >= s->pages)) {
    r.error = outside(a) /*@ ghost (s) */;
    //@ assert !Object(s, a) && !Block(s, z, st, ord, a) && Refused(s, z, st, ord, a, r.error);
    return r;
  }
  uint64_t d = a - s->addr;
  uint32_t h = s->map[d / KEEL_PAGE_SIZE];
  const struct keel_slab *b = &s->slab[h];
  //@ assert InArea(s, a) && h == slab_at(s, a) && (h == 0 <==> b->cache == 0);
  if (KEEL_UNLIKELY(b->cache == 0 || b->cache > KEEL_KMALLOC_CLASSES)) {
    //@ assert !Object(s, a);
    if (h != 0) r.error = KEEL_WRONG_KIND;
    else if (is_block(s, d) /*@ ghost (z, st, ord) */) r.live = 2;
    else r.error = block_error(s, d) /*@ ghost (z, st, ord) */;
    //@ assert r.live != 0 ==> Block(s, z, st, ord, a);
    //@ assert r.live == 0 ==> !Block(s, z, st, ord, a);
    //@ assert r.live == 0 ==> Refused(s, z, st, ord, a, r.error);
    return r;
  }
  //@ assert !Block(s, z, st, ord, a);
  uint32_t i = object_at(s, h, d) /*@ ghost (a) */;
  //@ assert i >= b->nobj ==> !Object(s, a) && Refused(s, z, st, ord, a, KEEL_NOT_HEAD);
  //@ assert i >= b->nobj ==> r.live == 0 && Refused(s, z, st, ord, a, r.error);
  if (KEEL_UNLIKELY(i >= b->nobj)) return r;
  //@ assert At(s, a, i) && Starts(s, a) && \forall integer j; At(s, a, j) ==> j == i;
  uint64_t f = b->free[i / 64];
  r.error = KEEL_ALREADY_FREE;
  //@ assert bit(f, i % 64) ==> !Object(s, a) && Refused(s, z, st, ord, a, KEEL_ALREADY_FREE);
  //@ assert bit(f, i % 64) ==> Refused(s, z, st, ord, a, r.error);
  if (KEEL_UNLIKELY(w_tst(f, i % 64) != 0)) return r;
  //@ assert InClass(s, a, i);
  r.live = 1;
  r.slab = h;
  r.index = i;
  r.word = w_set(f, i % 64);
  return r;
}

/* The place of what is live at a and can be freed, KEEL_NONE if that is nothing. */
/*@ requires BOTH(s, z, st, ord);
    assigns \nothing;
    ensures \result == KEEL_NONE <==> !Object(s, a) && !Block(s, z, st, ord, a);
    ensures \result != KEEL_NONE ==> Place(\result) && Placed(s, z, st, ord, a, \result); */
static uint32_t place_at(const struct keel_slabs *s, uint64_t a) /*@ ghost (PAIR) */
{
  struct found f = find_live(s, a) /*@ ghost (z, st, ord) */;
  if (!f.live) return KEEL_NONE;
  return f.live == 1 ? s->slab[f.slab].cache - 1u : BLOCKS + s->z->tag[(a - s->addr) / KEEL_PAGE_SIZE] % 16u - 1u;
}

/* ---- places ---- */

/* How many bytes a place has. */
/*@ requires Arrays(s) && CLASSES(s) && Place(place);
    assigns \nothing;
    ensures \result == pbytes(place) && 8 <= \result <= KEEL_KMALLOC_MAX; */
static uint32_t bytes_of(const struct keel_slabs *s, uint32_t place)
{
  //@ ghost if (place < BLOCKS) lem_csize(place);
  return place < BLOCKS ? s->cache[place].size : KEEL_PAGE_SIZE * pages_of(place - BLOCKS);
}

/* The largest power of two up to the page size that divides the addresses of a place. */
/*@ requires Arrays(s) && CLASSES(s) && Place(place);
    assigns \nothing;
    ensures \result == divisor(pbytes(place)) && Pow2(\result) && 8 <= \result <= PAGE; */
static uint32_t align_of(const struct keel_slabs *s, uint32_t place)
{
  uint32_t f = KEEL_OBJECT_MIN, n = bytes_of(s, place);
  //@ ghost if (place < BLOCKS) lem_csize(place);
  /*@ loop invariant Pow2(f) && 8 <= f <= PAGE && n % f == 0;
      loop assigns f;
      loop variant PAGE - f; */
  while (f < KEEL_PAGE_SIZE && n % (2u * f) == 0) f *= 2u;
  //@ ghost lem_divisor(n, f);
  return f;
}

/* The least cache for size bytes. */
/*@ requires \valid_read(m) && Tables(m) && 1 <= size <= KEEL_OBJECT_MAX;
    assigns \nothing;
    ensures \result == class_of(m, size);
    ensures Least(\result, size); */
static inline uint32_t cache_for(const struct keel_heap *m, uint32_t size)
{
  //@ ghost uint32_t c = size <= KEEL_KMALLOC_SMALL ? m->small[(size - 1u) / 8u] : m->wide[(size - 1u) / 128u];
  //@ ghost uint32_t i = size <= KEEL_KMALLOC_SMALL ? (size - 1u) / 8u : (size - 1u) / 128u;
  //@ assert size <= KEEL_KMALLOC_SMALL ==> Least(c, (i + 1) * 8) && 8 * i < size <= 8 * i + 8;
  //@ assert size > KEEL_KMALLOC_SMALL ==> Least(c, (i + 1) * 128) && 128 * i < size <= 128 * i + 128 && i >= 8;
  //@ ghost if (c > 0) lem_csize(c - 1);
  //@ assert size <= KEEL_KMALLOC_SMALL && c > 0 ==> csize(c - 1) % 8 == 0 && csize(c - 1) <= 8 * i;
  //@ assert size > KEEL_KMALLOC_SMALL && c > 0 ==> csize(c - 1) <= 128 * i;
  //@ assert Least(c, size);
  return size <= KEEL_KMALLOC_SMALL ? m->small[(size - 1u) / 8u] : m->wide[(size - 1u) / 128u];
}

/* The least place for size bytes at a multiple of align. */
/*@ requires \valid_read(m) && Arrays(&m->s) && CLASSES(&m->s) && Tables(m) && 1 <= size <= KEEL_KMALLOC_MAX && align <= KEEL_KMALLOC_MAX && (align == 0 || Pow2(align));
    assigns \nothing;
    ensures \result == place(m, size, align);
    ensures Place(\result) && size <= pbytes(\result);
    ensures align != 0 ==> pbytes(\result) % align == 0; */
static uint32_t place_for(const struct keel_heap *m, uint32_t size, uint32_t align)
{
  uint32_t n = size < align ? align : size;
  if (align > KEEL_PAGE_SIZE || n > KEEL_OBJECT_MAX) {
    uint32_t k = order_for((n + KEEL_PAGE_SIZE - 1u) / KEEL_PAGE_SIZE);
    //@ assert k > 0 ==> (n + PAGE - 1) / PAGE > P2(k - 1);
    //@ ghost lem_korder(n, k);
    //@ ghost if (align != 0) lem_multiple(align, k);
    return BLOCKS + k;
  }
  uint32_t c = cache_for(m, n);
  /*@ loop invariant c < KEEL_KMALLOC_CLASSES && n <= csize(c);
      loop invariant upto(c, align) == place(m, size, align);
      loop assigns c;
      loop variant KEEL_KMALLOC_CLASSES - c; */
  while (align != 0 && m->s.cache[c].size % align != 0) {
    //@ ghost lem_upto(c, align);
    c++;
  }
  //@ ghost lem_csize(c);
  return c;
}

/* Whether a place can be aligned like this. */
/*@ requires \valid_read(s) && align <= KEEL_KMALLOC_MAX;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Alignable(s, align); */
static int can_align(const struct keel_slabs *s, uint32_t align)
{
  if (align <= KEEL_PAGE_SIZE) return align == 0 || pow2_from(align) == align;
  uint32_t n = align / KEEL_PAGE_SIZE;
  //@ assert Pow2(align) <==> align % PAGE == 0 && Pow2(n);
  //@ ghost lem_modulo(s->addr, align);
  return align % KEEL_PAGE_SIZE == 0 && pow2_from(n) == n && (uint32_t)(s->addr % KEEL_KMALLOC_MAX) % align == 0;
}

/* ---- to take and to give back ---- */

/* A block of 2^order pages, 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && order <= MAXO;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    KEEPS_BOTH SAME_OBJECTS OTHERS_KEPT NO_SLAB_COMES
    ensures s->addr == \old(s->addr);
    ensures \result != 0 ==> Placed(s, z, st, ord, \result, KEEL_KMALLOC_CLASSES + order);
    ensures \result != 0 ==> \let p = (\result - s->addr) / PAGE; p + P2(order) <= s->pages && \forall integer q; p <= q < p + P2(order) ==> s->map[q] == 0 && \old(st[q]) == FREE;
    ensures \result == 0 ==> !SomeFree(st, ord, z->u, order); */
static uint64_t take_block(struct keel_slabs *s, uint32_t order) /*@ ghost (PAIR) */
{
  uint32_t p = take_pages(s, order, KEEL_LARGE) /*@ ghost (z, st, ord) */;
  if (p == KEEL_NONE) return 0;
  uint64_t a = s->addr + (uint64_t)p * KEEL_PAGE_SIZE;
  //@ assert (a - s->addr) % PAGE == 0 && (a - s->addr) / PAGE == p && s->map[p] == 0;
  return a;
}

/* take_block, after all empty slabs have given their pages back. */
/*@ requires BOTH(s, z, st, ord) && order <= MAXO;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT SAME_BOUNDS NO_SLAB_COMES
    ensures \result != 0 ==> Placed(s, z, st, ord, \result, KEEL_KMALLOC_CLASSES + order);
    ensures \result != 0 ==> \let p = (\result - s->addr) / PAGE; p + P2(order) <= s->pages && \forall integer q; p <= q < p + P2(order) ==>
      s->map[q] == 0 && (\old(st[q]) == FREE || \old(s->map[q]) != 0);
    ensures \forall integer g; Used(s, g) ==> !Empty(s, g);
    ensures \result == 0 ==> !SomeFree(st, ord, z->u, order); */
static uint64_t take_last(struct keel_slabs *s, uint32_t order) /*@ ghost (PAIR) */
{
  //@ assert NO_WORD(&s->addr);
  sweep(s, s->caches) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  //@ assert \forall integer g; Used(s, g) ==> !Empty(s, g);
  //@ ghost lem_taken(s);
  //@ assert \forall integer g; Used(s, g) ==> \exists integer i; InUse(s, g, i);
  //@ ghost S: ;
  uint64_t a = take_block(s, order) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert \forall integer g; Used(s, g) ==> \at(Used(s, g), S);
  //@ assert \forall integer g; Used(s, g) ==> \exists integer i; InUse(s, g, i);
  //@ ghost lem_taken(s);
  return a;
}

/* A block of 2^order pages, 0 if there is none even when all empty slabs have gone. */
/*@ requires BOTH(s, z, st, ord) && order <= MAXO;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS NO_SLAB_COMES
    TOOK(KEEL_KMALLOC_CLASSES + order) */
static uint64_t take_large(struct keel_slabs *s, uint32_t order) /*@ ghost (PAIR) */
{
  uint64_t a = take_block(s, order) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  if (a != 0) return a;
  //@ assert \forall integer q; 0 <= q < s->pages && (st[q] == FREE || s->map[q] != 0) ==> \at(st[q], Pre) == FREE || \at(s->map[q], Pre) != 0;
  //@ ghost F: ;
  a = take_last(s, order) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert SINCE_CACHES(F);
  //@ assert STEP_CACHES;
  //@ assert a != 0 ==> 0 <= (a - s->addr) / PAGE && (a - s->addr) / PAGE + P2(order) <= s->pages;
  //@ assert STEP_OTHERS;
  return a;
}

/* An object of class c, 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && CLASSES(s) && c < KEEL_KMALLOC_CLASSES;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS
    TOOK(c) */
KEEL_INLINE uint64_t take_object(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  //@ ghost lem_csize(c);
  //@ ghost struct keel_cache *k = s->cache + c;
  //@ assert \valid(k);
  uint64_t a;
  if (KEEL_UNLIKELY(s->cache[c].word == 0)) {
    a = keel_cache_alloc(s, c) /*@ ghost (z, st, ord) */;
    //@ assert s->caches == \at(s->caches, Pre);
    //@ assert c < s->caches && k == s->cache + c;
    //@ ghost if (a != 0) lem_placed(s, z, st, ord, (uint32_t)k->active);
  } else {
    //@ assert HotAt(s, c) && 1 <= s->cache[c].active <= s->slabs && 0 <= s->cache[c].at < 4;
    a = hand_any(s, c) /*@ ghost (z, st, ord) */;
    //@ assert c < s->caches;
    //@ ghost lem_placed(s, z, st, ord, (uint32_t)s->cache[c].active);
  }
  return a;
}

/* Memory of this place, 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && CLASSES(s) && Place(place);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS
    TOOK(place) */
static uint64_t take_place(struct keel_slabs *s, uint32_t place) /*@ ghost (PAIR) */
{
  return place < BLOCKS ? take_object(s, place) /*@ ghost (z, st, ord) */ : take_large(s, place - BLOCKS) /*@ ghost (z, st, ord) */;
}

/* take_place for an instance. */
/*@ requires HEAP(m, s, z, st, ord) && Place(to);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    TOOK(to) */
static inline uint64_t take_any(struct keel_heap *m, uint32_t to) /*@ ghost (HEAPS) */
{
  //@ assert s == &m->s;
  uint64_t a = take_place(&m->s, to) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert CLASSES(s);
  //@ assert Alone(m, s, z);
  //@ assert \forall integer i; 0 <= i < KEEL_KMALLOC_SMALL / 8 ==> (&m->small[0])[i] == \at((&m->small[0])[i], Pre);
  //@ assert \forall integer i; 0 <= i < KEEL_OBJECT_MAX / 128 ==> (&m->wide[0])[i] == \at((&m->wide[0])[i], Pre);
  //@ assert Table(&m->small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&m->wide[0], KEEL_OBJECT_MAX / 128, 128);
  return a;
}

/* The same: an address of this alignment, if the place can be aligned so. */
/*@ requires HEAP(m, s, z, st, ord) && Place(to);
    requires align == 0 || (Alignable(s, align) && pbytes(to) % align == 0 && (align <= PAGE || to >= KEEL_KMALLOC_CLASSES));
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    TOOK(to)
    ensures \result != 0 && align != 0 ==> \result % align == 0;
    ensures \result != 0 ==> \result % divisor(pbytes(to)) == 0; */
static uint64_t take_aligned(struct keel_heap *m, uint32_t to) /*@ ghost (HEAPS, uint32_t align) */
{
  uint64_t a = take_any(m, to) /*@ ghost (s, z, st, ord) */;
  //@ assert align > PAGE ==> s->addr == \at(s->addr, Pre);
  //@ assert align == 0 || Alignable(s, align);
  //@ ghost if (a != 0) lem_place_at(s, z, st, ord, a, to, align);
  return a;
}

/* take_object for an instance. */
/*@ requires HEAP(m, s, z, st, ord) && c < KEEL_KMALLOC_CLASSES;
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    TOOK(c)
    ensures \result != 0 ==> \result % divisor(pbytes(c)) == 0; */
KEEL_INLINE uint64_t take_class(struct keel_heap *m, uint32_t c) /*@ ghost (HEAPS) */
{
  //@ assert s == &m->s;
  uint64_t a = take_object(&m->s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert CLASSES(s);
  //@ assert Alone(m, s, z);
  //@ assert \forall integer i; 0 <= i < KEEL_KMALLOC_SMALL / 8 ==> (&m->small[0])[i] == \at((&m->small[0])[i], Pre);
  //@ assert \forall integer i; 0 <= i < KEEL_OBJECT_MAX / 128 ==> (&m->wide[0])[i] == \at((&m->wide[0])[i], Pre);
  //@ assert Table(&m->small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&m->wide[0], KEEL_OBJECT_MAX / 128, 128);
  //@ ghost if (a != 0) lem_place_at(s, z, st, ord, a, c, 0);
  return a;
}

/* An object for so many bytes. */
/*@ requires HEAP(m, s, z, st, ord) && 1 <= size <= KEEL_KMALLOC_SMALL;
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    GOT(size, 0) */
KEEL_INLINE uint64_t take_small(struct keel_heap *m, uint32_t size) /*@ ghost (HEAPS) */
{
  uint32_t c = m->small[(size - 1u) / 8u];
  //@ assert c == place(m, size, 0) && c < KEEL_KMALLOC_CLASSES;
  uint64_t a = take_class(m, c) /*@ ghost (s, z, st, ord) */;
  //@ assert class_of(m, size) == \at(class_of(m, size), Pre);
  //@ assert place(m, size, 0) == \at(place(m, size, 0), Pre);
  //@ assert c == place(m, size, 0);
  return a;
}

/* What keel_kmalloc_aligned answers where nothing is wrong, and for a byte at least. */
/*@ requires HEAP(m, s, z, st, ord) && flags <= KMALLOC_FLAGS && 1 <= size <= KEEL_KMALLOC_MAX && Alignable(s, align);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    GOT(size, align) */
KEEL_NOINLINE uint64_t request(struct keel_heap *m, uint32_t size, uint32_t flags, uint32_t align) /*@ ghost (HEAPS) */
{
  //@ assert s == &m->s;
  uint32_t to = place_for(m, size, align);
  //@ assert to == place(m, size, align) && (align <= PAGE || to >= KEEL_KMALLOC_CLASSES);
  //@ ghost uint32_t n = size < align ? align : size;
  //@ assert 1 <= n && (n <= KEEL_KMALLOC_SMALL ==> 0 <= (n - 1) / 8 < KEEL_KMALLOC_SMALL / 8) && (n <= KEEL_OBJECT_MAX ==> 0 <= (n - 1) / 128 < KEEL_OBJECT_MAX / 128);
  uint64_t a = take_aligned(m, to) /*@ ghost (s, z, st, ord, align) */;
  //@ assert n <= KEEL_OBJECT_MAX ==> class_of(m, n) == \at(class_of(m, \at(n, Here)), Pre);
  //@ assert place(m, size, align) == \at(place(m, size, align), Pre);
  //@ assert to == place(m, size, align);
  if (a != 0 && (flags & KEEL_ZERO) != 0) keel_zero(a, bytes_of(&m->s, to));
  return a;
}

/* Frees the large block at page p; the slabs are left alone. */
/*@ requires InvB(z, st, ord) && Arrays(s) && Apart(s, z) && p < z->n && Large(z, st, ord, p);
    assigns KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
    SAME_SLABS
    ensures InvB(z, st, ord);
    ensures \result == KEEL_OK;
    ensures \forall integer q; p <= q < p + P2(\old(ord[p])) ==> st[q] == FREE;
    ensures \forall integer q; 0 <= q < NP && !(p <= q < p + P2(\old(ord[p]))) ==> KEEPS(Pre, q); */
static inline enum keel_status free_large(struct keel_pages *z, uint32_t p) /*@ ghost (struct keel_slabs *s, uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ assert Range(z) && z->n <= KEEL_PAGES_MAX;
  //@ assert NO_WORD(&s->addr);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> NO_WORD(&s->slab[g].free[v]);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> NO_WORD(&s->cache[d].full[v]);
  //@ assert \forall integer d; 0 <= d < s->caches ==> NO_WORD(&s->cache[d].word) && NO_WORD(&s->cache[d].first);
  return keel_pages_free(z, z->base + (keel_pfn_t)p, KEEL_LARGE) /*@ ghost (st, ord) */;
}

/* The same; slabs and pages. */
/*@ requires BOTH(s, z, st, ord) && p < s->pages && Large(z, st, ord, p);
    assigns KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
    KEEPS_BOTH_EACH SAME_OBJECTS SAME_BOUNDS
    ensures s->addr == \old(s->addr);
    ensures \result == KEEL_OK;
    ensures \forall integer q; p <= q < p + P2(\old(ord[p])) ==> st[q] == FREE && s->map[q] == 0;
    ensures \forall integer q; 0 <= q < NP && !(p <= q < p + P2(\old(ord[p]))) ==> KEEPS(Pre, q); */
KEEL_NOINLINE enum keel_status give_large(struct keel_slabs *s, uint32_t p) /*@ ghost (PAIR) */
{
  //@ ghost lem_large(s, z, st, ord, p);
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].nobj <= 256 && s->slab[g].page < NP;
  enum keel_status e = free_large(s->z, p) /*@ ghost (s, st, ord) */;
  //@ assert InvB(z, st, ord);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert \forall integer g, i; 0 <= g <= s->slabs && 0 <= i < 256 ==> (FreeBit(s, g, i) <==> \at(FreeBit(s, g, i), Pre));
  //@ assert \forall integer g; Used(s, g) ==> st[s->slab[g].page] == LIVE && ord[s->slab[g].page] == \at(ord[s->slab[g].page], Pre) && z->tag[s->slab[g].page] == \at(z->tag[s->slab[g].page], Pre);
  return e;
}

/* The large block at page p, address a, is free; for an instance. */
/*@ requires HEAP(m, s, z, st, ord) && Block(s, z, st, ord, a) && p == (a - s->addr) / PAGE;
    assigns KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    ensures \result == KEEL_OK;
    FREED_BLOCK(a) NOTHING_AT(a) NO_SLAB_COMES */
KEEL_INLINE enum keel_status end_block(struct keel_heap *m, uint32_t p) /*@ ghost (HEAPS, uint64_t a) */
{
  //@ assert \separated(&m->small[0 .. KEEL_KMALLOC_SMALL / 8 - 1], z->tag + (0 .. NP - 1)) && \separated(&m->wide[0 .. KEEL_OBJECT_MAX / 128 - 1], z->tag + (0 .. NP - 1));
  //@ assert p < s->pages && 0 <= ord[p] <= MAXO && Large(z, st, ord, p) && s->map[p] == 0;
  //@ assert Table(&m->small[0], KEEL_KMALLOC_SMALL / 8, 8) && Table(&m->wide[0], KEEL_OBJECT_MAX / 128, 128);
  enum keel_status e = give_large(&m->s, p) /*@ ghost (z, st, ord) */;
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert p == (a - s->addr) / PAGE && slab_at(s, a) == 0;
  //@ assert st[p] == FREE;
  //@ assert !Object(s, a);
  //@ assert !Block(s, z, st, ord, a);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&m->small[0])[j] == \at((&m->small[0])[j], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_OBJECT_MAX / 128 ==> (&m->wide[0])[j] == \at((&m->wide[0])[j], Pre);
  //@ assert Table(&m->small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&m->wide[0], KEEL_OBJECT_MAX / 128, 128);
  return e;
}

/* Object i of slab h, at address a, is free, its word is w now; for an instance. */
/*@ requires HEAP(m, s, z, st, ord) && InClass(s, a, i) && h == slab_at(s, a);
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    ensures \result == KEEL_OK;
    FREED_OBJECT(a) OTHERS_KEPT NOTHING_AT(a) NO_SLAB_COMES */
KEEL_INLINE enum keel_status end_object(struct keel_heap *m, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (HEAPS, uint64_t a) */
{
  //@ assert s == &m->s;
  //@ ghost lem_places(s);
  //@ assert \forall integer g, j; (g == slab_at(s, a) && At(s, a, j)) <==> (g == h && j == i);
  //@ assert \forall integer g, j; InUse(s, g, j) && obj(s, g, j) == a ==> g == h && j == i;
  //@ ghost uint32_t p = (uint32_t)((a - s->addr) / 4096);
  //@ assert p == (a - s->addr) / PAGE && p < s->pages && s->map[p] == h && h != 0;
  enum keel_status e = give_back(&m->s, h, i, w) /*@ ghost (z, st, ord) */;
  //@ assert s->addr == \at(s->addr, Pre) && s->pages == \at(s->pages, Pre);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) != a;
  //@ assert \forall integer j; InClass(s, a, j) ==> InUse(s, slab_at(s, a), j) && obj(s, slab_at(s, a), j) == a;
  //@ assert !Object(s, a);
  //@ assert s->map[p] == 0 ==> RELEASED(p);
  //@ assert s->map[p] == 0 ==> !Large(z, st, ord, p);
  //@ assert InArea(s, a) && (a - s->addr) / PAGE == p;
  //@ assert !Block(s, z, st, ord, a);
  //@ assert CLASSES(s);
  //@ assert Alone(m, s, z);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&m->small[0])[j] == \at((&m->small[0])[j], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_OBJECT_MAX / 128 ==> (&m->wide[0])[j] == \at((&m->wide[0])[j], Pre);
  //@ assert Table(&m->small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&m->wide[0], KEEL_OBJECT_MAX / 128, 128);
  return e;
}

/* Frees what is live at a, of place `from`; what is live at b, of place `to`, stays. */
/*@ requires HEAP(m, s, z, st, ord) && Place(from) && Place(to) && Placed(s, z, st, ord, a, from) && Placed(s, z, st, ord, b, to) && a != b;
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    BUT(a) NOTHING_AT(a)
    ensures Placed(s, z, st, ord, b, to); */
static inline void end_any(struct keel_heap *m, uint64_t a) /*@ ghost (HEAPS, uint64_t b, uint32_t from, uint32_t to) */
{
  //@ assert InArea(s, a) && InArea(s, b);
  //@ ghost uint32_t p = (uint32_t)((a - s->addr) / 4096), q = (uint32_t)((b - s->addr) / 4096);
  //@ assert p == (a - s->addr) / PAGE && q == (b - s->addr) / PAGE && q < s->pages;
  //@ ghost if (from >= 49 && to >= 49) lem_blocks(s, z, st, ord, a, b);
  //@ assert from < KEEL_KMALLOC_CLASSES ==> Object(s, a);
  //@ assert from >= KEEL_KMALLOC_CLASSES ==> Block(s, z, st, ord, a);
  //@ assert from >= KEEL_KMALLOC_CLASSES && to >= KEEL_KMALLOC_CLASSES ==> !(p <= q < p + P2(ord[p]));
  //@ assert to >= KEEL_KMALLOC_CLASSES ==> st[q] == LIVE && s->map[q] == 0 && Large(z, st, ord, q) && (b - s->addr) % PAGE == 0 && ord[q] == to - KEEL_KMALLOC_CLASSES;
  //@ assert to < KEEL_KMALLOC_CLASSES ==> \forall integer i; InClass(s, b, i) ==> InUse(s, slab_at(s, b), i) && obj(s, slab_at(s, b), i) == b && !(slab_at(s, b) == slab_at(s, a) && At(s, a, i));
  //@ assert to < KEEL_KMALLOC_CLASSES ==> \exists integer g, i; InUse(s, g, i) && obj(s, g, i) == b && s->slab[g].cache == to + 1 && !(g == slab_at(s, a) && At(s, a, i));
  //@ ghost L: ;
  keel_kfree(m, a) /*@ ghost (s, z, st, ord) */;
  //@ assert s->addr == \at(s->addr, Pre) && s->pages == \at(s->pages, Pre);
  //@ ghost lem_places(s);
  //@ assert to < KEEL_KMALLOC_CLASSES ==> \exists integer g, i; InUse(s, g, i) && obj(s, g, i) == b && s->slab[g].cache == to + 1;
  //@ assert to < KEEL_KMALLOC_CLASSES ==> Object(s, b) && s->slab[slab_at(s, b)].cache == to + 1;
  //@ assert to >= KEEL_KMALLOC_CLASSES ==> KEEPS(L, q) && s->map[q] == 0 && z->ref[q] == \at(z->ref[q], L);
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert to >= KEEL_KMALLOC_CLASSES ==> HeadErr(z, st, ord, q) == KEEL_OK && ord[q] == to - KEEL_KMALLOC_CLASSES;
  //@ assert to >= KEEL_KMALLOC_CLASSES ==> Large(z, st, ord, q);
  //@ assert q == (b - s->addr) / PAGE;
  //@ assert to >= KEEL_KMALLOC_CLASSES ==> Block(s, z, st, ord, b);
}

/* take_any, elsewhere than at a, where memory of place `from` is and stays live. */
/*@ requires HEAP(m, s, z, st, ord) && Place(to) && Place(from) && Placed(s, z, st, ord, a, from);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS OBJECTS_STAY OTHERS_KEPT
    ensures Placed(s, z, st, ord, a, from);
    ensures \result != 0 ==> Placed(s, z, st, ord, \result, to) && \result != a; */
static inline uint64_t take_beside(struct keel_heap *m, uint32_t to) /*@ ghost (HEAPS, uint64_t a, uint32_t from) */
{
  //@ assert InArea(s, a);
  //@ ghost uint32_t p = (uint32_t)((a - s->addr) / 4096);
  //@ assert p == (a - s->addr) / PAGE && p < s->pages;
  //@ ghost uint32_t h = s->map[p];
  //@ assert from < KEEL_KMALLOC_CLASSES ==> Object(s, a) && h == slab_at(s, a) && s->slab[h].cache == from + 1;
  //@ assert from < KEEL_KMALLOC_CLASSES ==> Used(s, h) && \exists integer i; InClass(s, a, i) && InUse(s, h, i) && obj(s, h, i) == a;
  //@ assert from < KEEL_KMALLOC_CLASSES ==> \exists integer g, i; InUse(s, g, i) && obj(s, g, i) == a && s->slab[g].cache == from + 1;
  //@ assert from >= KEEL_KMALLOC_CLASSES ==> st[p] == LIVE && s->map[p] == 0 && Large(z, st, ord, p) && (a - s->addr) % PAGE == 0 && ord[p] == from - KEEL_KMALLOC_CLASSES;
  //@ ghost L: ;
  uint64_t b = take_any(m, to) /*@ ghost (s, z, st, ord) */;
  //@ assert s->addr == \at(s->addr, Pre) && s->pages == \at(s->pages, Pre);
  //@ ghost lem_places(s);
  //@ assert from < KEEL_KMALLOC_CLASSES ==> \exists integer g, i; \at(InUse(s, g, i), Pre) && InUse(s, g, i) && obj(s, g, i) == a && s->slab[g].cache == from + 1;
  //@ assert from < KEEL_KMALLOC_CLASSES ==> Object(s, a) && s->slab[slab_at(s, a)].cache == from + 1;
  //@ assert from >= KEEL_KMALLOC_CLASSES ==> KEEPS(L, p) && s->map[p] == 0 && z->ref[p] == \at(z->ref[p], L);
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert from >= KEEL_KMALLOC_CLASSES ==> HeadErr(z, st, ord, p) == KEEL_OK && ord[p] == from - KEEL_KMALLOC_CLASSES;
  //@ assert from >= KEEL_KMALLOC_CLASSES ==> Large(z, st, ord, p);
  //@ assert p == (a - s->addr) / PAGE;
  //@ assert from >= KEEL_KMALLOC_CLASSES ==> Block(s, z, st, ord, a);
  //@ assert Placed(s, z, st, ord, a, from);
  //@ assert b != 0 && to < KEEL_KMALLOC_CLASSES ==> \exists integer g, i; !\at(InUse(s, g, i), Pre) && InUse(s, g, i) && obj(s, g, i) == b;
  //@ assert b != 0 && to < KEEL_KMALLOC_CLASSES && from < KEEL_KMALLOC_CLASSES ==> b != a;
  //@ assert b != 0 && to < KEEL_KMALLOC_CLASSES && from >= KEEL_KMALLOC_CLASSES ==> b != a;
  //@ assert b != 0 && to >= KEEL_KMALLOC_CLASSES && from < KEEL_KMALLOC_CLASSES ==> b != a;
  //@ assert to >= KEEL_KMALLOC_CLASSES ==> 1 <= P2(to - KEEL_KMALLOC_CLASSES);
  //@ assert b != 0 && to >= KEEL_KMALLOC_CLASSES && from >= KEEL_KMALLOC_CLASSES ==> b != a;
  return b;
}

/* Moves the memory at a, of place `from`, to a new one of place `to`; 0 if there is none. */
/*@ requires HEAP(m, s, z, st, ord) && Place(to) && Place(from) && Placed(s, z, st, ord, a, from);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    MOVED(from, to) */
static uint64_t move(struct keel_heap *m, uint64_t a, uint32_t from, uint32_t to, uint32_t flags) /*@ ghost (HEAPS) */
{
  uint32_t old = bytes_of(&m->s, from), now = bytes_of(&m->s, to);
  uint64_t b = take_beside(m, to) /*@ ghost (s, z, st, ord, a, from) */;
  if (b == 0) return 0;
  //@ ghost lem_end(s, z, st, ord, b, to);
  //@ assert \forall integer q; PageOf(s, z, st, ord, a, q) ==> \at(PageOf(s, z, st, ord, a, q), Pre);
  keel_copy(b, a, old < now ? old : now);
  if (old < now && (flags & KEEL_ZERO) != 0) keel_zero(b + old, now - old);
  end_any(m, a) /*@ ghost (s, z, st, ord, b, from, to) */;
  return b;
}

/* Frees what is live at a. */
/*@ requires HEAP(m, s, z, st, ord) && (Object(s, a) || Block(s, z, st, ord, a));
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    BUT(a) NOTHING_AT(a) */
static inline void end_one(struct keel_heap *m, uint64_t a) /*@ ghost (HEAPS) */
{
  keel_kfree(m, a) /*@ ghost (s, z, st, ord) */;
}

/* Gives what is live at a, of place `from`, room for size bytes, as keel_krealloc. */
/*@ requires HEAP(m, s, z, st, ord) && Place(from) && Placed(s, z, st, ord, a, from) && 1 <= size <= KEEL_KMALLOC_MAX;
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    BUT(a)
    ensures (\result == a && size <= pbytes(from) && Placed(s, z, st, ord, a, from)) || (\result == 0 && size > pbytes(from) && Placed(s, z, st, ord, a, from)) ||
      (\result != 0 && \result != a && Placed(s, z, st, ord, \result, \old(place(m, size, divisor(pbytes(from))))));
    ensures \result != 0 && \result != a ==> !Object(s, a) && !Block(s, z, st, ord, a);
    ensures \result != 0 ==> \result % divisor(pbytes(from)) == 0; */
static uint64_t resize(struct keel_heap *m, uint64_t a, uint32_t size, uint32_t flags, uint32_t from) /*@ ghost (HEAPS) */
{
  //@ assert InArea(s, a);
  //@ assert a != 0;
  uint32_t align = align_of(&m->s, from), to = place_for(m, size, align), old = bytes_of(&m->s, from);
  //@ ghost lem_place_at(s, z, st, ord, a, from, 0);
  //@ assert to == \at(place(m, size, divisor(pbytes(from))), Pre);
  if (size <= old && 2u * bytes_of(&m->s, to) > old) return a;
  uint64_t b = move(m, a, from, to, flags) /*@ ghost (s, z, st, ord) */;
  //@ ghost if (b != 0) lem_place_at(s, z, st, ord, b, to, align);
  return b == 0 && size <= old ? a : b;
}

/* ---- a new instance ---- */

/* Whether none of the caches that an instance takes is in use. */
/*@ requires Arrays(s) && KEEL_KMALLOC_CLASSES <= s->caches;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer c; 0 <= c < KEEL_KMALLOC_CLASSES ==> s->cache[c].size == 0; */
static int all_unused(const struct keel_slabs *s)
{
  /*@ loop invariant 0 <= c <= KEEL_KMALLOC_CLASSES && \forall integer d; 0 <= d < c ==> s->cache[d].size == 0;
      loop assigns c;
      loop variant KEEL_KMALLOC_CLASSES - c; */
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) {
    if (s->cache[c].size != 0) return 0;
  }
  return 1;
}

/* The size that comes after this one. */
/*@ requires c < KEEL_KMALLOC_CLASSES && size == csize(c);
    assigns \nothing;
    ensures \result == (c == KEEL_KMALLOC_CLASSES - 1 ? 9216 : csize(c + 1)); */
static uint32_t next_size(uint32_t size) /*@ ghost (uint32_t c) */
{
  uint32_t step = size < 16u ? 8u : 16u, per = size < 512u ? 8u : 16u; /* twice as many steps as in a doubling */
  /*@ loop invariant size < 16 ==> step == 8;
      loop invariant size >= 16 ==> Pow2(step) && 16 <= step <= 1024 && (step == 16 || per * step <= 2 * size);
      loop assigns step;
      loop variant 2048 - step; */
  while (per * step <= size) step *= 2u;
  return size + step;
}

/* Creates cache c, of size csize(c). */
/*@ requires BOTH(s, z, st, ord) && c < KEEL_KMALLOC_CLASSES && c < s->caches && s->cache[c].size == 0 && size == csize(c);
    assigns CREATED;
    KEEPS_BOTH_EACH SAME_OBJECTS NO_SLAB_COMES
    SAME_BOUNDS
    ensures s->addr == \old(s->addr);
    ensures s->cache[c].size == csize(c);
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \old(s->cache[d].size); */
static inline void create_one(struct keel_slabs *s, uint32_t c, uint32_t size) /*@ ghost (PAIR) */
{
  //@ ghost lem_csize(c);
  keel_cache_create(s, c, size, 0) /*@ ghost (z, st, ord) */;
  //@ assert s->cache[c].size % 8 == 0;
}

/* Creates the caches. */
/*@ requires BOTH(s, z, st, ord) && KEEL_KMALLOC_CLASSES <= s->caches;
    requires \forall integer c; 0 <= c < KEEL_KMALLOC_CLASSES ==> s->cache[c].size == 0;
    assigns CREATED;
    KEEPS_BOTH_EACH SAME_OBJECTS SAME_BOUNDS NO_SLAB_COMES
    ensures s->addr == \old(s->addr);
    ensures CLASSES(s); */
static void create_all(struct keel_slabs *s) /*@ ghost (PAIR) */
{
  uint32_t size = KEEL_OBJECT_MIN;
  /*@ loop invariant 0 <= c <= KEEL_KMALLOC_CLASSES && Made(s, c) && size == (c == KEEL_KMALLOC_CLASSES ? 9216 : csize(c));
      loop invariant \forall integer d; c <= d < KEEL_KMALLOC_CLASSES ==> s->cache[d].size == 0;
      loop invariant STEP_BOUNDS;
      loop invariant s->addr == \at(s->addr, Pre);
      loop invariant \forall integer g; Used(s, g) ==> \at(Used(s, g), Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
      loop invariant SInv(s);
      loop invariant InvB(z, st, ord);
      loop invariant Apart(s, z);
      loop invariant Own(s, z, st, ord);
      loop invariant OwnPages(s, st);
      loop invariant \forall integer g, i; InUse(s, g, i) <==> \at(InUse(s, g, i), Pre);
      loop invariant \forall integer g, i; \at(InUse(s, g, i), Pre) ==> obj(s, g, i) == \at(obj(s, g, i), Pre) && s->slab[g].cache == \at(s->slab[g].cache, Pre);
      loop assigns c, size, CREATED;
      loop variant KEEL_KMALLOC_CLASSES - c; */
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) {
    create_one(s, c, size) /*@ ghost (z, st, ord) */;
    size = next_size(size) /*@ ghost (c) */;
  }
}

/* The least cache for size bytes, which is c or after it. */
/*@ requires Arrays(s) && CLASSES(s) && c < KEEL_KMALLOC_CLASSES && size <= KEEL_OBJECT_MAX && (c > 0 ==> csize(c - 1) < size);
    assigns \nothing;
    ensures \result < KEEL_KMALLOC_CLASSES && Least(\result, size); */
static uint32_t class_from(const struct keel_slabs *s, uint32_t c, uint32_t size)
{
  //@ assert KEEL_OBJECT_MAX == csize(KEEL_KMALLOC_CLASSES - 1);
  /*@ loop invariant c < KEEL_KMALLOC_CLASSES && (c > 0 ==> csize(c - 1) < size);
      loop assigns c;
      loop variant KEEL_KMALLOC_CLASSES - c; */
  while (s->cache[c].size < size) c++;
  return c;
}

/* Element i of a table becomes the least cache for (i + 1) * step bytes. */
/*@ requires Arrays(s) && CLASSES(s) && 1 <= n <= 128 && step <= 128 && n * step <= KEEL_OBJECT_MAX && step > 0;
    requires \valid(table + (0 .. n - 1));
    assigns table[0 .. n - 1];
    ensures Table(table, n, step); */
static void fill_table(const struct keel_slabs *s, uint8_t *table, uint32_t n, uint32_t step)
{
  uint32_t c = 0, size = 0;
  /*@ loop invariant 0 <= i <= n && c < KEEL_KMALLOC_CLASSES && size == i * step;
      loop invariant Table(table, i, step);
      loop invariant c > 0 ==> csize(c - 1) < size;
      loop assigns i, c, size, table[0 .. n - 1];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) {
    //@ ghost lem_mul(i, n, step);
    //@ assert (i + 1) * step == size + step && size + step <= KEEL_OBJECT_MAX;
    size += step;
    c = class_from(s, c, size);
    //@ assert Least(c, (i + 1) * step);
    //@ assert \forall integer j; 0 <= j < i ==> Least(table[j], (j + 1) * step);
    table[i] = (uint8_t)c;
    //@ assert \forall integer j; 0 <= j < i ==> Least(table[j], (j + 1) * step);
    //@ assert Table(table, i, step);
    //@ ghost lem_element(table, i, step);
  }
}

/* Fills in the tables. */
/*@ requires Alone(m, s, z) && BOTH(s, z, st, ord) && CLASSES(s);
    assigns TABLES;
    KEEPS_HEAP SAME_OBJECTS */
static inline void fill_tables(struct keel_heap *m) /*@ ghost (HEAPS) */
{
  fill_table(&m->s, m->small, KEEL_KMALLOC_SMALL / 8u, 8);
  //@ ghost F: ;
  fill_table(&m->s, m->wide, KEEL_OBJECT_MAX / 128u, 128);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&m->small[0])[j] == \at((&m->small[0])[j], F);
  //@ assert Table(&m->small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert CLASSES(s);
  //@ assert \forall integer q; 0 <= q < 1024 * z->u ==> z->tag[q] == \at(z->tag[q], Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* ---- public ---- */

/*@ requires \valid(m) && BOTH(s, z, st, ord) && Alone(m, s, z);
    assigns TABLES, CREATED;
    KEEPS_BOTH SAME_OBJECTS SAME_BOUNDS NO_SLAB_COMES
    ensures s->addr == \old(s->addr);
    behavior few:
      assumes s->caches < KEEL_KMALLOC_CLASSES;
      assigns \nothing;
      ensures \result == KEEL_BAD_ARGUMENT;
    behavior busy:
      assumes KEEL_KMALLOC_CLASSES <= s->caches && \exists integer c; 0 <= c < KEEL_KMALLOC_CLASSES && s->cache[c].size != 0;
      assigns \nothing;
      ensures \result == KEEL_BUSY;
    behavior ok:
      assumes KEEL_KMALLOC_CLASSES <= s->caches && \forall integer c; 0 <= c < KEEL_KMALLOC_CLASSES ==> s->cache[c].size == 0;
      ensures \result == KEEL_OK;
      ensures CLASSES(s); ensures Tables(m); ensures Alone(m, s, z);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_kmalloc_init(struct keel_heap *m) /*@ ghost (HEAPS) */
{
  //@ assert s == &m->s;
  if (m->s.caches < KEEL_KMALLOC_CLASSES) return KEEL_BAD_ARGUMENT;
  if (!all_unused(&m->s)) return KEEL_BUSY;
  create_all(&m->s) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert Alone(m, s, z);
  fill_tables(m) /*@ ghost (s, z, st, ord) */;
  return KEEL_OK;
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    REQUESTED(flags, size, 0) */
uint64_t keel_kmalloc(struct keel_heap *m, uint64_t size, uint32_t flags) /*@ ghost (HEAPS) */
{
  if (KEEL_UNLIKELY(size == 0 || size > KEEL_KMALLOC_SMALL || flags > KEEL_NOWAIT)) {
    if (size > KEEL_KMALLOC_MAX || flags > (KEEL_NOWAIT | KEEL_ZERO)) return 0;
    return size == 0 ? KEEL_ZERO_SIZE : request(m, (uint32_t)size, flags, 0) /*@ ghost (s, z, st, ord) */;
  }
  return take_small(m, (uint32_t)size) /*@ ghost (s, z, st, ord) */;
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    REQUESTED(flags, size, 0) */
uint64_t keel_kzalloc(struct keel_heap *m, uint64_t size, uint32_t flags) /*@ ghost (HEAPS) */
{
  if (size > KEEL_KMALLOC_MAX || flags > (KEEL_NOWAIT | KEEL_ZERO)) return 0;
  return size == 0 ? KEEL_ZERO_SIZE : request(m, (uint32_t)size, flags % KEEL_ZERO + KEEL_ZERO, 0) /*@ ghost (s, z, st, ord) */;
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    REQUESTED(flags, n * size, 0) */
uint64_t keel_kcalloc(struct keel_heap *m, uint64_t n, uint64_t size, uint32_t flags) /*@ ghost (HEAPS) */
{
  //@ ghost lem_no_less(n, size);
  if (flags > (KEEL_NOWAIT | KEEL_ZERO)) return 0;
  if (n == 0 || size == 0) return KEEL_ZERO_SIZE;
  if (n > KEEL_KMALLOC_MAX || size > KEEL_KMALLOC_MAX || n * size > KEEL_KMALLOC_MAX) return 0;
  return request(m, (uint32_t)(n * size), flags % KEEL_ZERO + KEEL_ZERO, 0) /*@ ghost (s, z, st, ord) */;
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS SAME_TABLES
    REQUESTED(flags, size, align) */
uint64_t keel_kmalloc_aligned(struct keel_heap *m, uint64_t size, uint64_t align, uint32_t flags) /*@ ghost (HEAPS) */
{
  //@ assert s == &m->s;
  if (flags > (KEEL_NOWAIT | KEEL_ZERO) || size > KEEL_KMALLOC_MAX) return 0;
  if (align > KEEL_KMALLOC_MAX || !can_align(&m->s, (uint32_t)align)) return 0;
  return size == 0 ? KEEL_ZERO_SIZE : request(m, (uint32_t)size, flags, (uint32_t)align) /*@ ghost (s, z, st, ord) */;
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    behavior bad:
      assumes flags > KMALLOC_FLAGS || size > KEEL_KMALLOC_MAX || (a != 0 && a != KEEL_ZERO_SIZE && !Object(s, a) && !Block(s, z, st, ord, a));
      assigns \nothing;
      ensures \result == 0;
      SAME_OBJECTS
    behavior nothing:
      assumes flags <= KMALLOC_FLAGS && size == 0 && (a == 0 || a == KEEL_ZERO_SIZE);
      assigns \nothing;
      ensures \result == KEEL_ZERO_SIZE;
      SAME_OBJECTS
    behavior new:
      assumes flags <= KMALLOC_FLAGS && size != 0 && size <= KEEL_KMALLOC_MAX && (a == 0 || a == KEEL_ZERO_SIZE);
      GOT(size, 0)
    behavior end:
      assumes flags <= KMALLOC_FLAGS && size == 0 && (Object(s, a) || Block(s, z, st, ord, a));
      ensures \result == KEEL_ZERO_SIZE;
      BUT(a) NOTHING_AT(a)
    behavior change:
      assumes flags <= KMALLOC_FLAGS && size != 0 && size <= KEEL_KMALLOC_MAX && (Object(s, a) || Block(s, z, st, ord, a));
      BUT(a)
      ensures \forall integer p; Place(p) && \old(Placed(s, z, st, ord, a, p)) ==>
        (\result == a && size <= pbytes(p) && Placed(s, z, st, ord, a, p)) || (\result == 0 && size > pbytes(p) && Placed(s, z, st, ord, a, p)) ||
        (\result != 0 && \result != a && Placed(s, z, st, ord, \result, \old(place(m, size, divisor(pbytes(p))))));
      ensures \result != 0 && \result != a ==> !Object(s, a) && !Block(s, z, st, ord, a);
      ensures \result != 0 ==> \forall integer p; Place(p) && \old(Placed(s, z, st, ord, a, p)) ==> \result % divisor(pbytes(p)) == 0;
    complete behaviors; disjoint behaviors; */
uint64_t keel_krealloc(struct keel_heap *m, uint64_t a, uint64_t size, uint32_t flags) /*@ ghost (HEAPS) */
{
  if (flags > (KEEL_NOWAIT | KEEL_ZERO) || size > KEEL_KMALLOC_MAX) return 0;
  //@ assert PAGE <= s->addr;
  //@ assert a == 0 || a == KEEL_ZERO_SIZE ==> !InArea(s, a);
  //@ assert a == 0 || a == KEEL_ZERO_SIZE ==> !Object(s, a) && !Block(s, z, st, ord, a);
  if (a == 0 || a == KEEL_ZERO_SIZE) return size == 0 ? KEEL_ZERO_SIZE : request(m, (uint32_t)size, flags, 0) /*@ ghost (s, z, st, ord) */;
  uint32_t from = place_at(&m->s, a) /*@ ghost (z, st, ord) */;
  if (from == KEEL_NONE) return 0;
  //@ assert Object(s, a) || Block(s, z, st, ord, a);
  //@ assert \forall integer p; Place(p) && Placed(s, z, st, ord, a, p) ==> p == from;
  if (size != 0) return resize(m, a, (uint32_t)size, flags, from) /*@ ghost (s, z, st, ord) */;
  end_one(m, a) /*@ ghost (s, z, st, ord) */;
  return KEEL_ZERO_SIZE;
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns \nothing;
    ensures \result == 0 <==> !Object(s, a) && !Block(s, z, st, ord, a);
    ensures \result != 0 ==> \exists integer p; Place(p) && Placed(s, z, st, ord, a, p) && \result == pbytes(p); */
uint64_t keel_ksize(const struct keel_heap *m, uint64_t a) /*@ ghost (HEAPS) */
{
  uint32_t place = place_at(&m->s, a) /*@ ghost (z, st, ord) */;
  return place == KEEL_NONE ? 0 : bytes_of(&m->s, place);
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS NO_SLAB_COMES
    FREES(a) */
enum keel_status keel_kfree(struct keel_heap *m, uint64_t a) /*@ ghost (HEAPS) */
{
  //@ assert s == &m->s;
  struct found f = find_live(&m->s, a) /*@ ghost (z, st, ord) */;
  if (KEEL_UNLIKELY(!f.live)) return f.error;
  //@ assert f.live == 1 ==> Object(s, a) && !Block(s, z, st, ord, a);
  if (KEEL_UNLIKELY(f.live == 2)) return end_block(m, (uint32_t)((a - m->s.addr) / KEEL_PAGE_SIZE)) /*@ ghost (s, z, st, ord, a) */;
  return end_object(m, f.slab, f.index, f.word) /*@ ghost (s, z, st, ord, a) */;
}

/*@ requires HEAP(m, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_HEAP SAME_CACHES SAME_BOUNDS
    FREES(a) */
enum keel_status keel_kfree_sensitive(struct keel_heap *m, uint64_t a) /*@ ghost (HEAPS) */
{
  uint64_t n = keel_ksize(m, a) /*@ ghost (s, z, st, ord) */;
  if (n == 0) {
    struct found f = find_live(&m->s, a) /*@ ghost (z, st, ord) */;
    return f.error;
  }
  keel_zero(a, n);
  return keel_kfree(m, a) /*@ ghost (s, z, st, ord) */;
}
