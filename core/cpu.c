// SPDX-License-Identifier: MIT OR Apache-2.0
/* kmalloc for several CPUs.

   1. A CPU's slabs, caches and page map are written by that CPU alone, and but for free[] and live of slabs, and words of
      caches, under its lock.  So with that lock another CPU reads which slab an address is in, and where its objects are.
   2. Pages, their tags and counts are under the lock of the pages.
   3. What others freed and is not yet carried out is in use: its slab stays.  (Not so after two frees of one object that
      overlap in time.)
   4. owner[] says whose a slab is before the first of its objects is handed out. */
#include "core/cpu.h"

#include "specs/cpu.h"

/* Reads what another CPU may be writing at this moment: either value will do. */
#ifdef __GNUC__
#define RACY __attribute__((no_sanitize("thread"))) static inline
#else
#define RACY static inline
#endif
/*@ requires \valid_read(p); assigns \nothing; ensures \result == *p; */
RACY uint64_t peek_word(const uint64_t *p) { return *(const volatile uint64_t *)p; }
/*@ requires \valid_read(p); assigns \nothing; ensures \result == p->some; */
RACY int8_t peek_some(const struct keel_cpu *p) { return *(const volatile int8_t *)&p->some; }
/*@ requires \valid_read(owner + q); assigns \nothing; ensures \result == owner[q]; */
RACY uint8_t peek_owner(const uint8_t *owner, uint64_t q) { return *(const volatile uint8_t *)(owner + q); }

/* ---- numbers in bits and digits ---- */

/* Whether bit b of v, of four, is set. */
/*@ requires 0 <= v < 16 && b < 4;
    assigns \nothing;
    ensures \result == nibble(v, b); */
static inline int bit_of(int8_t v, uint32_t b)
{
  int half = b < 2 ? v % 4 : v / 4;
  return b % 2 == 0 ? half % 2 : half / 2;
}

/*@ requires \valid_read(b + (0 .. 4)) && Digits(b);
    assigns \nothing;
    ensures \result == num(b); */
static inline uint32_t get_number(const int8_t *b)
{
  return (uint32_t)b[0] + 128u * (uint32_t)b[1] + 16384u * (uint32_t)b[2] + 2097152u * (uint32_t)b[3] + 268435456u * (uint32_t)b[4];
}

/*@ requires \valid(b + (0 .. 4)) && w <= SLABS_MAX;
    assigns b[0 .. 4];
    ensures Digits(b) && num(b) == w; */
static inline void put_number(int8_t *b, uint32_t w)
{
  b[0] = (int8_t)(w % 128u);
  b[1] = (int8_t)(w / 128u % 128u);
  b[2] = (int8_t)(w / 16384u % 128u);
  b[3] = (int8_t)(w / 2097152u % 128u);
  b[4] = (int8_t)(w / 268435456u);
}

/* ---- what others freed ---- */

/* Object i of slab h is free, its word is w now. */
/*@ requires CPU_HEAP(p, s, z, st, ord) && InUse(s, h, i);
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns EVERYTHING;
    KEEPS_ITS_HEAP SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT ENDED(h, i) */
static void end_one_of(struct keel_cpu *p, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (HEAPS) */
{
  //@ ghost uint32_t c = s->slab[h].cache - 1u;
  //@ ghost lem_obj(s, h, i);
  //@ assert 0 <= i * s->cache[c].size <= 131072 && s->addr + s->slab[h].page * 4096 + i * s->cache[c].size < 0x10000000000000000;
  //@ ghost uint64_t a = s->addr + (uint64_t)s->slab[h].page * 4096u + i * s->cache[c].size;
  //@ ghost lem_placed(s, z, st, ord, h);
  //@ assert a == obj(s, h, i) && InClass(s, a, i) && slab_at(s, a) == h;
  //@ assert \forall integer j; At(s, a, j) ==> j == i;
  end_object(&p->m, h, i, w) /*@ ghost (s, z, st, ord, a) */;
  //@ assert \forall integer q; 0 <= q < s->pages ==> p->k->owner[q] == \at(p->k->owner[q], Pre);
  //@ assert p->number == \at(p->number, Pre);
  //@ assert \forall integer g; Used(s, g) ==> \at(Used(s, g), Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert \forall integer g; \at(Used(s, g), Pre) ==> 0 <= \at(s->slab[g].page + s->slab[g].pages, Pre) <= \at(s->pages, Pre);
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> \at(p->k->owner[q], Pre) == \at(p->number, Pre);
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> 0 <= q < s->pages;
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> p->k->owner[q] == p->number;
}

/* An object that others freed was free already. */
/*@ requires CPU_HEAP(p, s, z, st, ord);
    assigns p->missed;
    KEEPS_ITS_HEAP SAME_OBJECTS
    ensures p->missed == \old(p->missed) % 0x40000000 + 1; */
static inline void count_missed(struct keel_cpu *p) /*@ ghost (HEAPS) */
{
  //@ assert Rings(s) && Live(s);
  p->missed = p->missed % 0x40000000 + 1;
  //@ assert \forall integer x; 0 <= x <= s->slabs + s->caches ==> s->slab[x].next == \at(s->slab[x].next, Pre) && s->slab[x].prev == \at(s->slab[x].prev, Pre) && s->slab[x].live == \at(s->slab[x].live, Pre);
  //@ assert \forall integer q; 0 <= q < NP ==> z->ref[q] == \at(z->ref[q], Pre);
  //@ assert Rings(s);
  //@ assert Live(s);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* Object i of slab h, which another CPU freed, is free; if it was free already it is counted. */
/*@ requires CPU_HEAP(p, s, z, st, ord) && 1 <= h <= s->slabs && i < 256;
    assigns EVERYTHING, p->missed;
    KEEPS_ITS_HEAP SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT ENDED(h, i) */
static void carry_out(struct keel_cpu *p, uint32_t h, uint32_t i) /*@ ghost (HEAPS) */
{
  const struct keel_slab *b = &p->m.s.slab[h];
  if (b->cache != 0 && i < b->nobj && w_tst(b->free[i / 64], i % 64) == 0) {
    end_one_of(p, h, i, w_set(b->free[i / 64], i % 64)) /*@ ghost (s, z, st, ord) */;
  } else {
    count_missed(p) /*@ ghost (s, z, st, ord) */;
  }
}

/* Those of the next four objects from 4 * x on that w says are free. */
/*@ requires CPU_HEAP(p, s, z, st, ord) && 1 <= h <= s->slabs && x < KEEL_SLAB_OBJECTS / 4 && 0 <= w < 16;
    assigns EVERYTHING, p->missed;
    KEEPS_ITS_HEAP SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j)) && !(g == h && j / 4 == x && nibble(w, j % 4) == 1);
    SAME_PLACES */
static void carry_out_4(struct keel_cpu *p, uint32_t h, uint32_t x, int8_t w) /*@ ghost (HEAPS) */
{
  /*@ loop invariant 0 <= b <= 4;
      LOOP_ITS_HEAP
      loop invariant \forall integer g, j; InUse(s, g, j) <==> \at(InUse(s, g, j), Pre) && !(g == h && j / 4 == x && j % 4 < b && nibble(w, j % 4) == 1);
      loop assigns b, EVERYTHING_THEN, p->missed;
      loop variant 4 - b; */
  for (uint32_t b = 0; b < 4; b++) {
    //@ assert \forall integer j; j / 4 == x && j % 4 == b && 0 <= j ==> j == 4 * x + b;
    if (bit_of(w, b) != 0) carry_out(p, h, 4u * x + b) /*@ ghost (s, z, st, ord) */;
  }
}

/* Those of the objects of slab h that w says are free. */
/*@ requires CPU_HEAP(p, s, z, st, ord) && 1 <= h <= s->slabs && \valid_read(w + (0 .. KEEL_SLAB_OBJECTS / 4 - 1));
    requires \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> 0 <= w[x] < 16;
    assigns EVERYTHING, p->missed;
    KEEPS_ITS_HEAP SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j)) && !(g == h && nibble(w[j / 4], j % 4) == 1);
    SAME_PLACES */
static void carry_out_all(struct keel_cpu *p, uint32_t h, const int8_t *w) /*@ ghost (HEAPS) */
{
  /*@ loop invariant 0 <= x <= KEEL_SLAB_OBJECTS / 4;
      LOOP_ITS_HEAP
      loop invariant \forall integer g, j; InUse(s, g, j) <==> \at(InUse(s, g, j), Pre) && !(g == h && j / 4 < x && nibble(w[j / 4], j % 4) == 1);
      loop assigns x, EVERYTHING_THEN, p->missed;
      loop variant KEEL_SLAB_OBJECTS / 4 - x; */
  for (uint32_t x = 0; x < KEEL_SLAB_OBJECTS / 4u; x++) {
    //@ assert \forall integer b; 0 <= b < 4 ==> nibble(0, b) == 0;
    if (w[x] != 0) carry_out_4(p, h, x, w[x]) /*@ ghost (s, z, st, ord) */;
  }
}

/* ---- the queue ---- */

/* The notes of slab h, of n slabs of which w wait in the queue, go to to[]; it has none left. */
/*@ requires \valid(r + (0 .. n)) && Queue(r, w, n) && Notes(r, n) && 1 <= h <= n <= SLABS_MAX && \valid(to + (0 .. KEEL_SLAB_OBJECTS / 4 - 1));
    requires \separated(to + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), r + (0 .. n));
    assigns to[0 .. KEEL_SLAB_OBJECTS / 4 - 1], r[h].freed[0 .. KEEL_SLAB_OBJECTS / 4 - 1];
    ensures Queue(r, w, n);
    ensures Notes(r, n);
    ensures \forall integer e; 0 <= e <= n ==> queue(r, e) == \old(queue(r, e)) && r[e].noted == \old(r[e].noted);
    ensures \forall integer g, x; 0 <= g <= n && g != h && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[g].freed[x] == \old(r[g].freed[x]);
    ensures \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> to[x] == \old(r[h].freed[x]) && r[h].freed[x] == 0; */
static inline void move_notes(struct keel_remote *r, uint32_t h, int8_t *to) /*@ ghost (uint32_t n, uint32_t w) */
{
  int8_t *f = r[h].freed;
  //@ ghost lem_none_noted(r, n);
  /*@ loop invariant 0 <= x <= KEEL_SLAB_OBJECTS / 4;
      loop invariant \forall integer y; 0 <= y < x ==> to[y] == \at(r[h].freed[y], Pre) && f[y] == 0;
      loop invariant \forall integer y; x <= y < KEEL_SLAB_OBJECTS / 4 ==> f[y] == \at(r[h].freed[y], Pre);
      loop invariant \forall integer e; 0 <= e <= n ==> r[e].noted == \at(r[e].noted, Pre);
      loop invariant \forall integer e, y; 0 <= e <= n && 0 <= y < 5 ==> r[e].queue[y] == \at(r[e].queue[y], Pre);
      loop invariant \forall integer g, y; 0 <= g <= n && g != h && 0 <= y < KEEL_SLAB_OBJECTS / 4 ==> r[g].freed[y] == \at(r[g].freed[y], Pre);
      loop assigns x, to[0 .. KEEL_SLAB_OBJECTS / 4 - 1], r[h].freed[0 .. KEEL_SLAB_OBJECTS / 4 - 1];
      loop variant KEEL_SLAB_OBJECTS / 4 - x; */
  for (uint32_t x = 0; x < KEEL_SLAB_OBJECTS / 4u; x++) {
    //@ assert \forall integer e; 0 <= e <= n ==> &r[e].noted != to + x && &r[e].noted != f + x;
    //@ assert \forall integer e, y; 0 <= e <= n && 0 <= y < 5 ==> &r[e].queue[y] != to + x && &r[e].queue[y] != f + x;
    to[x] = f[x];
    f[x] = 0;
    //@ assert \forall integer e; 0 <= e <= n ==> r[e].noted == \at(r[e].noted, Pre);
    //@ assert \forall integer e, y; 0 <= e <= n && 0 <= y < 5 ==> r[e].queue[y] == \at(r[e].queue[y], Pre);
  }
  //@ assert \forall integer e; 0 <= e <= n ==> queue(r, e) == \at(queue(r, e), Pre);
  //@ assert \forall integer e; 0 <= e <= n ==> (Digits(&r[e].queue[0]) <==> \at(Digits(&r[e].queue[0]), Pre));
  /*@ ghost
    /@ loop invariant 0 <= i <= n;
       loop invariant nnoted(r, i) == nnoted{Pre}(r, i);
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(r, i + 1) == nnoted{Pre}(r, i) + (\at(r[\at(i, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
  //@ assert nnoted(r, n) == w;
  //@ assert 0 <= w <= n;
  //@ assert \forall integer i; 0 <= i < w ==> Digits(&r[i].queue[0]) && 1 <= queue(r, i) <= n;
  //@ assert \forall integer i; 0 <= i < w ==> r[queue(r, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < w ==> \at(queue(r, i), Pre) != \at(queue(r, j), Pre);
  //@ assert \forall integer i, j; 0 <= i < j < w ==> queue(r, i) != queue(r, j);
}

/* Slab h, of n, has notes if v is 1. */
/*@ requires \valid(r + (0 .. n)) && 1 <= h <= n <= SLABS_MAX && r[h].noted == 1 - v && 0 <= v <= 1;
    assigns r[h].noted;
    ensures r[h].noted == v;
    ensures nnoted(r, n) == \old(nnoted(r, n)) + (v == 1 ? 1 : -1);
    ensures \forall integer e; 0 <= e <= n && e != h ==> r[e].noted == \old(r[e].noted);
    ensures \forall integer e, x; 0 <= e <= n && 0 <= x < 5 ==> r[e].queue[x] == \old(r[e].queue[x]);
    ensures \forall integer e; 0 <= e <= n ==> queue(r, e) == \old(queue(r, e));
    ensures \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[e].freed[x] == \old(r[e].freed[x]); */
static inline void set_noted(struct keel_remote *r, uint32_t h, int8_t v) /*@ ghost (uint32_t n) */
{
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < 5 ==> &r[e].queue[x] != &r[h].noted;
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> &r[e].freed[x] != &r[h].noted;
  r[h].noted = v;
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < 5 ==> r[e].queue[x] == \at(r[e].queue[x], Pre);
  /*@ ghost
    /@ loop invariant 0 <= i <= n;
       loop invariant nnoted(r, i) == nnoted{Pre}(r, i) + (i >= h ? (v == 1 ? 1 : -1) : 0);
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(r, i + 1) == nnoted{Pre}(r, i) + (\at(r[\at(i, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
}

/* Slab h is element w of the queue, of n slabs. */
/*@ requires \valid(r + (0 .. n)) && w <= n <= SLABS_MAX && h <= SLABS_MAX;
    assigns r[w].queue[0 .. 4];
    ensures nnoted(r, n) == \old(nnoted(r, n));
    ensures queue(r, w) == h && Digits(&r[w].queue[0]);
    ensures \forall integer e; 0 <= e <= n ==> r[e].noted == \old(r[e].noted);
    ensures \forall integer e; 0 <= e <= n && e != w ==> queue(r, e) == \old(queue(r, e));
    ensures \forall integer e; 0 <= e <= n && e != w && \old(Digits(&r[e].queue[0])) ==> Digits(&r[e].queue[0]);
    ensures \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[e].freed[x] == \old(r[e].freed[x]); */
static inline void set_queue(struct keel_remote *r, uint32_t w, uint32_t h) /*@ ghost (uint32_t n) */
{
  //@ assert \forall integer e; 0 <= e <= n ==> \separated(&r[e].noted, r[w].queue + (0 .. 4));
  //@ assert \forall integer e, x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> (0 <= e <= w ==> \separated(&r[e].freed[x], r[w].queue + (0 .. 4))) && (w < e <= n ==> \separated(&r[e].freed[x], r[w].queue + (0 .. 4)));
  put_number(r[w].queue, h);
  //@ assert \forall integer e, x; 0 <= e <= n && e != w && 0 <= x < 5 ==> r[e].queue[x] == \at(r[e].queue[x], Pre);
  /*@ ghost
    /@ loop invariant 0 <= i <= n;
       loop invariant nnoted(r, i) == nnoted{Pre}(r, i);
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(r, i + 1) == nnoted{Pre}(r, i) + (\at(r[\at(i, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
}

/* Slab h, the last of w in the queue, leaves it; it has no notes. */
/*@ requires \valid(r + (0 .. n)) && Queue(r, w, n) && 0 < w && n <= SLABS_MAX && h == queue(r, w - 1) && Notes(r, n);
    requires \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[h].freed[x] == 0;
    assigns r[h].noted;
    ensures Notes(r, n);
    ensures Queue(r, w - 1, n);
    ensures \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[e].freed[x] == \old(r[e].freed[x]); */
static inline void no_notes(struct keel_remote *r, uint32_t h) /*@ ghost (uint32_t n, uint32_t w) */
{
  //@ assert 1 <= h <= n && r[h].noted == 1;
  set_noted(r, h, 0) /*@ ghost (n) */;
  //@ assert \forall integer i; 0 <= i < w - 1 ==> queue(r, i) != h;
  //@ assert \forall integer i; 0 <= i < w - 1 ==> Digits(&r[i].queue[0]);
  //@ assert nnoted(r, n) == w - 1;
  //@ assert \forall integer i; 0 <= i < w - 1 ==> 1 <= queue(r, i) <= n && r[queue(r, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < w - 1 ==> queue(r, i) != queue(r, j);
}

/* What others freed of slab h, the last of w in the queue, which leaves it, goes to to[]. */
/*@ requires \valid(r + (0 .. n)) && Queue(r, w, n) && 0 < w <= n <= SLABS_MAX && h == queue(r, w - 1) && Notes(r, n) && \valid(to + (0 .. KEEL_SLAB_OBJECTS / 4 - 1));
    requires \separated(to + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), r + (0 .. n));
    assigns to[0 .. KEEL_SLAB_OBJECTS / 4 - 1], r[0 .. n];
    ensures Queue(r, w - 1, n);
    ensures Notes(r, n);
    ensures 1 <= h <= n;
    ensures \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> 0 <= to[x] < 16;
    ensures \forall integer j; 0 <= j < 256 ==> (nibble(to[j / 4], j % 4) == 1 <==> \old(Note(r, h, j)));
    ensures \forall integer j; 0 <= j < 256 ==> !Note(r, h, j);
    ensures \forall integer g, j; 1 <= g <= n && g != h && 0 <= j < 256 ==> (Note(r, g, j) <==> \old(Note(r, g, j))); */
static inline void take_notes(struct keel_remote *r, uint32_t h, int8_t *to) /*@ ghost (uint32_t n, uint32_t w) */
{
  //@ assert 1 <= h <= n && r[h].noted == 1;
  move_notes(r, h, to) /*@ ghost (n, w) */;
  //@ assert \forall integer g, x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> (1 <= g < h ==> r[g].freed[x] == \at(r[g].freed[x], Pre) && &r[g].freed[x] != &r[h].noted) && (h < g <= n ==> r[g].freed[x] == \at(r[g].freed[x], Pre) && &r[g].freed[x] != &r[h].noted);
  no_notes(r, h) /*@ ghost (n, w) */;
  //@ assert \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> to[x] == \at(r[h].freed[x], Pre) && r[h].freed[x] == 0;
  //@ assert \forall integer g, x; 1 <= g <= n && g != h && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[g].freed[x] == \at(r[g].freed[x], Pre);
  //@ assert \forall integer j; 0 <= j < 256 ==> 0 <= j / 4 < KEEL_SLAB_OBJECTS / 4 && 0 <= j % 4 < 4;
  //@ assert \forall integer b; nibble(0, b) == 0;
}

/* w slabs are in the queue, of n: p says so. */
/*@ requires \valid(p) && r == p->remote && \valid(r + (0 .. n)) && \separated(p, r + (0 .. n)) && n <= SLABS_MAX;
    requires Queue(r, w, n) && Notes(r, n);
    assigns p->some, p->waiting[0 .. 4];
    ensures Waiting(p, n);
    ensures Notes(r, n);
    ensures num(&p->waiting[0]) == w;
    ensures \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[e].freed[x] == \old(r[e].freed[x]);
    ensures \forall integer e; 0 <= e <= n ==> r[e].noted == \old(r[e].noted); */
static inline void set_waiting(struct keel_cpu *p, uint32_t w) /*@ ghost (const struct keel_remote *r, uint32_t n) */
{
  //@ ghost lem_none_noted(r, n);
  put_number(p->waiting, w);
  p->some = w != 0;
  //@ assert \forall integer e; 0 <= e <= n ==> r[e].noted == \at(r[e].noted, Pre);
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < 5 ==> r[e].queue[x] == \at(r[e].queue[x], Pre);
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[e].freed[x] == \at(r[e].freed[x], Pre);
  //@ assert \forall integer i; 0 <= i <= n ==> queue(r, i) == \at(queue(r, i), Pre);
  /*@ ghost
    /@ loop invariant 0 <= i <= n;
       loop invariant nnoted(r, i) == nnoted{Pre}(r, i);
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(r, i + 1) == nnoted{Pre}(r, i) + (\at(r[\at(i, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
  //@ assert nnoted(r, n) == w;
  //@ assert 0 <= w <= n;
  //@ assert \forall integer i; 0 <= i < w ==> Digits(&r[i].queue[0]) && 1 <= queue(r, i) <= n;
  //@ assert \forall integer i; 0 <= i < w ==> r[queue(r, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < w ==> \at(queue(r, i), Pre) != \at(queue(r, j), Pre);
  //@ assert \forall integer i, j; 0 <= i < j < w ==> queue(r, i) != queue(r, j);
  //@ assert Queue(r, w, n);
  //@ assert num(&p->waiting[0]) == w && Digits(&p->waiting[0]) && p->some == (w == 0 ? 0 : 1);
  //@ assert Queue(r, num(&p->waiting[0]), n);
}

/* What others freed of the last slab in the queue, which leaves it, goes to to[]; answers which that is. */
/*@ requires Arrays(s) && Remote(p, s, z) && Waiting(p, s->slabs) && Notes(p->remote, s->slabs) && p->some != 0 && \valid(to + (0 .. KEEL_SLAB_OBJECTS / 4 - 1));
    requires \separated(to + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), p->remote + (0 .. s->slabs)) && \separated(to + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), p);
    assigns to[0 .. KEEL_SLAB_OBJECTS / 4 - 1], p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4];
    KEEPS_NOTES
    ensures 1 <= \result <= s->slabs;
    ensures 0 <= num(&p->waiting[0]) == \old(num(&p->waiting[0])) - 1;
    ensures \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> 0 <= to[x] < 16;
    ensures \forall integer j; 0 <= j < 256 ==> (nibble(to[j / 4], j % 4) == 1 <==> \old(Note(p->remote, \result, j)));
    ensures \forall integer j; 0 <= j < 256 ==> !Note(p->remote, \result, j);
    ensures \forall integer g, j; 1 <= g <= s->slabs && g != \result && 0 <= j < 256 ==> (Note(p->remote, g, j) <==> \old(Note(p->remote, g, j))); */
static inline uint32_t leave_queue(struct keel_cpu *p, int8_t *to) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  //@ ghost lem_none_noted(p->remote, s->slabs);
  uint32_t n = get_number(p->waiting), h = get_number(p->remote[n - 1u].queue);
  //@ assert 0 < n <= s->slabs && h == queue(p->remote, n - 1) && 1 <= h <= s->slabs;
  take_notes(p->remote, h, to) /*@ ghost (s->slabs, n) */;
  //@ ghost L: ;
  set_waiting(p, n - 1u) /*@ ghost (p->remote, s->slabs) */;
  //@ assert \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> &to[x] != &p->some && to[x] == \at(to[x], L);
  //@ assert \forall integer g, j; 1 <= g <= s->slabs && 0 <= j < 256 ==> (Note(p->remote, g, j) <==> \at(Note(p->remote, g, j), L));
  return h;
}

/* What others freed of the last slab in the queue is free. */
/*@ requires CPU_ANY(p, s, z, st, ord) && p->some != 0;
    assigns EVERYTHING, p->missed, p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4];
    KEEPS_ITS_HEAP KEEPS_NOTES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    ensures 0 <= num(&p->waiting[0]) == \old(num(&p->waiting[0])) - 1;
    ensures \forall integer g, j; LiveObject(p, s, g, j) <==> \old(LiveObject(p, s, g, j));
    ensures \forall integer g, j; InUse(s, g, j) ==> \old(InUse(s, g, j));
    SAME_PLACES */
static void collect_last(struct keel_cpu *p) /*@ ghost (HEAPS) */
{
  int8_t w[KEEL_SLAB_OBJECTS / 4u];
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
  uint32_t h = leave_queue(p, w) /*@ ghost (s, z) */;
  //@ assert \forall integer g, j; 1 <= g <= s->slabs && 0 <= j < 256 ==> (\at(Note(p->remote, g, j), Pre) <==> Note(p->remote, g, j) || (g == h && nibble(w[j / 4], j % 4) == 1));
  //@ ghost L: ;
  carry_out_all(p, h, w) /*@ ghost (s, z, st, ord) */;
  //@ assert \forall integer g, j; 1 <= g <= s->slabs && 0 <= j < 256 ==> (Note(p->remote, g, j) <==> \at(Note(p->remote, g, j), L)) && nibble(w[j / 4], j % 4) == \at(nibble(w[j / 4], j % 4), L);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
}

/* What others freed is free. */
/*@ requires CPU_ANY(p, s, z, st, ord) && HeldBoth(held, p->number);
    assigns EVERYTHING, p->missed, p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4];
    KEEPS_ITS_HEAP KEEPS_NOTES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    ensures NoNote(p->remote, s->slabs);
    ensures p->some == 0;
    ensures \forall integer g, j; InUse(s, g, j) <==> \old(LiveObject(p, s, g, j));
    SAME_PLACES */
static void collect(struct keel_cpu *p) /*@ ghost (CPUS) */
{
  //@ ghost lem_none_noted(p->remote, s->slabs);
  /*@ LOOP_ITS_HEAP
      loop invariant Notes(p->remote, s->slabs);
      loop invariant Waiting(p, s->slabs);
      loop invariant \forall integer g, j; LiveObject(p, s, g, j) <==> \at(LiveObject(p, s, g, j), Pre);
      loop invariant \forall integer g, j; InUse(s, g, j) ==> \at(InUse(s, g, j), Pre);
      loop invariant n == num(&p->waiting[0]);
      loop assigns n, EVERYTHING_THEN, p->missed, p->remote[0 .. \at(s->slabs, Pre)], p->some, p->waiting[0 .. 4];
      loop variant n; */
  for (uint32_t n = get_number(p->waiting); n != 0; n--) collect_last(p) /*@ ghost (s, z, st, ord) */;
  //@ assert nnoted(p->remote, s->slabs) == 0;
  //@ ghost lem_none_noted(p->remote, s->slabs);
  //@ ghost lem_no_note(p->remote, s->slabs);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
}

/* ---- locks ---- */

#if !KEEL_LOCKS
void keel_lock(uint32_t lock) /*@ ghost (_Bool \ghost *held) */
{
  (void)lock;
  //@ ghost held[lock] = 1;
}

void keel_unlock(uint32_t lock) /*@ ghost (_Bool \ghost *held) */
{
  (void)lock;
  //@ ghost held[lock] = 0;
}
#endif

/*@ requires HeldNone(held) && number < KEEL_CPUS_MAX;
    assigns held[0 .. KEEL_LOCK_PAGES];
    ensures HeldBoth(held, number); */
static void lock_both(uint32_t number) /*@ ghost (_Bool \ghost *held) */
{
  keel_lock(number) /*@ ghost (held) */;
  keel_lock(KEEL_LOCK_PAGES) /*@ ghost (held) */;
}

/*@ requires HeldBoth(held, number);
    assigns held[0 .. KEEL_LOCK_PAGES];
    ensures HeldNone(held); */
static void unlock_both(uint32_t number) /*@ ghost (_Bool \ghost *held) */
{
  keel_unlock(KEEL_LOCK_PAGES) /*@ ghost (held) */;
  keel_unlock(number) /*@ ghost (held) */;
}

/* ---- to take ---- */

/* Elements lo .. hi - 1 become v. */
/*@ requires lo <= hi && \valid(owner + (lo .. hi - 1));
    assigns owner[lo .. hi - 1];
    ensures \forall integer q; lo <= q < hi ==> owner[q] == v; */
static inline void mark_pages(uint8_t *owner, uint32_t lo, uint32_t hi, uint8_t v)
{
  /*@ loop invariant lo <= q <= hi && \forall integer r; lo <= r < q ==> owner[r] == v;
      loop assigns q, owner[lo .. hi - 1];
      loop variant hi - q; */
  for (uint32_t q = lo; q < hi; q++) {
    if (owner[q] != v) owner[q] = v;
  }
}

/* The pages of slab h are marked as this CPU's; under both locks. */
/*@ requires HEAP(&p->m, s, z, st, ord) && Remote(p, s, z) && OwnerBut(p, s, h) && Used(s, h) && HeldBoth(held, p->number);
    assigns p->k->owner[0 .. s->pages - 1];
    KEEPS_ITS_HEAP SAME_OBJECTS
    ensures \forall integer q; 0 <= q < 1024 * z->u ==> z->tag[q] == \old(z->tag[q]);
    ensures \forall integer q; 0 <= q < s->pages && !(s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages) ==> p->k->owner[q] == \old(p->k->owner[q]); */
static inline void own_slab(const struct keel_cpu *p, uint32_t h) /*@ ghost (CPUS) */
{
  const struct keel_slab *b = &p->m.s.slab[h];
  //@ assert b->page + b->pages <= s->pages;
  mark_pages(p->k->owner, b->page, b->page + b->pages, p->number);
  //@ assert p->number == \at(p->number, Pre);
  //@ assert \forall integer q; 0 <= q < 1024 * z->u ==> z->tag[q] == \at(z->tag[q], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&p->m.small[0])[j] == \at((&p->m.small[0])[j], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_OBJECT_MAX / 128 ==> (&p->m.wide[0])[j] == \at((&p->m.wide[0])[j], Pre);
  //@ assert \at(Table(&p->m.small[0], KEEL_KMALLOC_SMALL / 8, 8) && Table(&p->m.wide[0], KEEL_OBJECT_MAX / 128, 128), Pre);
  //@ assert Table(&p->m.small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&p->m.wide[0], KEEL_OBJECT_MAX / 128, 128);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* A word with free objects for cache c, which hands out from none; 0 if there is none.  A new slab's pages are not marked. */
/*@ requires CPU_HEAP(p, s, z, st, ord) && HeldBoth(held, p->number) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word == 0;
    assigns EVERYTHING;
    KEEPS_HEAP_OF_CPU SAME_OBJECTS SAME_BOUNDS OTHERS_KEPT
    ensures OwnerBut(p, s, s->cache[c].active);
    ensures \result == 0 ==> Owner(p, s);
    WORD(c) */
static inline int find_slab(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  //@ assert s == &p->m.s;
  //@ ghost lem_csize(c);
  int found = find_any(&p->m.s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert CLASSES(s);
  //@ assert Alone(&p->m, s, z);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&p->m.small[0])[j] == \at((&p->m.small[0])[j], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_OBJECT_MAX / 128 ==> (&p->m.wide[0])[j] == \at((&p->m.wide[0])[j], Pre);
  //@ assert Table(&p->m.small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&p->m.wide[0], KEEL_OBJECT_MAX / 128, 128);
  //@ assert \forall integer q; 0 <= q < s->pages ==> p->k->owner[q] == \at(p->k->owner[q], Pre);
  //@ assert p->number == \at(p->number, Pre);
  //@ assert \forall integer g; \at(Used(s, g), Pre) ==> 0 <= \at(s->slab[g].page + s->slab[g].pages, Pre) <= \at(s->pages, Pre);
  //@ assert \forall integer g, q; Used(s, g) && g != s->cache[c].active && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> \at(p->k->owner[q], Pre) == \at(p->number, Pre) && 0 <= q < s->pages;
  //@ assert OwnerBut(p, s, s->cache[c].active);
  return found;
}

/* The same, and they are marked. */
/*@ requires CPU_HEAP(p, s, z, st, ord) && HeldBoth(held, p->number) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word == 0;
    assigns EVERYTHING, OWNERS;
    KEEPS_ITS_HEAP SAME_OBJECTS SAME_BOUNDS OTHERS_KEPT OWNERS_STAY WORD(c) */
static int find_own(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  int found = find_slab(p, c) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert \forall integer q; 0 <= q < s->pages ==> p->k->owner[q] == \at(p->k->owner[q], Pre);
  //@ assert STEP_OWNERS;
  if (!found) return 0;
  //@ assert HotAt(s, c) && Used(s, s->cache[c].active);
  //@ ghost uint32_t h = (uint32_t)s->cache[c].active;
  //@ assert Mapped(s) && Used(s, h);
  //@ assert \forall integer q; s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages ==> s->map[q] != 0;
  //@ ghost M: ;
  own_slab(p, (uint32_t)p->m.s.cache[c].active) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_OTHERS;
  //@ assert \forall integer q; 0 <= q < s->pages && \at(s->map[q], M) == 0 ==> p->k->owner[q] == \at(p->k->owner[q], M);
  //@ assert STEP_OWNERS;
  return 1;
}

/* The same, from what others freed first. */
/*@ requires CPU_ANY(p, s, z, st, ord) && HeldBoth(held, p->number) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word == 0;
    assigns EVERYTHING, NOTES_OF(p), OWNERS;
    KEEPS_ITS_HEAP KEEPS_NOTES SAME_BOUNDS OTHERS_KEPT OWNERS_STAY WORD(c)
    ensures NoNote(p->remote, s->slabs);
    ensures \forall integer g, j; InUse(s, g, j) <==> \old(LiveObject(p, s, g, j));
    SAME_PLACES */
static int refill(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert \forall integer q; 0 <= q < s->pages ==> p->k->owner[q] == \at(p->k->owner[q], Pre);
  if (p->m.s.cache[c].word != 0) return 1;
  int found = find_own(p, c) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert STEP_OWNERS;
  return found;
}

/* The same, after which no lock is held. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word == 0;
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS OTHERS_KEPT OWNERS_STAY WORD(c) SAME_LIVE
    ensures HeldNone(held);
    ensures NoNote(p->remote, s->slabs); */
static int find_locked(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  int found = refill(p, c) /*@ ghost (s, z, st, ord, held) */;
  unlock_both(number) /*@ ghost (held) */;
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
  return found;
}

/* A word with free objects for cache c, which hands out from none, from a slab near at hand; 0 if there is none. */
/*@ requires CPU(p, s, z, st, ord) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word == 0;
    assigns HOT(c), LINKS;
    KEEPS_CPU_EACH SAME_OBJECTS SAME_BOUNDS OTHERS_KEPT SAME_LIVE
    ensures \result == 0 || \result == 1;
    ensures \result == 0 ==> s->cache[c].word == 0;
    ensures \result == 1 ==> s->cache[c].word != 0; */
static inline int find_close(struct keel_cpu *p, uint32_t c) /*@ ghost (HEAPS) */
{
  //@ assert s == &p->m.s;
  int found = find_near(&p->m.s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert CLASSES(s);
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre);
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert Owner(p, s);
  return found;
}

/* The same, or with locks. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word == 0;
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS OTHERS_KEPT OWNERS_STAY WORD(c) SAME_LIVE
    ensures HeldNone(held);
    ensures \result == 0 ==> NoNote(p->remote, s->slabs); */
static inline int find_word(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  if (find_close(p, c) /*@ ghost (s, z, st, ord) */) return 1;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  int found = find_locked(p, c) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert STEP_OWNERS;
  return found;
}

/* An object of cache c, which hands out from a word. */
/*@ requires CPU(p, s, z, st, ord) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word != 0;
    assigns s->slab[0 .. s->slabs + s->caches], s->cache[0 .. s->caches - 1].word;
    KEEPS_CPU_EACH SAME_BOUNDS OTHERS_KEPT NEW_LIVE(c)
    ensures \result != 0; */
KEEL_INLINE uint64_t take_near(struct keel_cpu *p, uint32_t c) /*@ ghost (HEAPS) */
{
  //@ assert s == &p->m.s;
  //@ ghost struct keel_cache *k = s->cache + c;
  //@ assert \valid(k);
  uint64_t a = hand_any(&p->m.s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert CLASSES(s);
  //@ assert Alone(&p->m, s, z);
  //@ assert c < s->caches && k == s->cache + c && Used(s, k->active);
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre);
  //@ assert \forall integer g; Used(s, g) ==> \at(Used(s, g), Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert Owner(p, s);
  //@ ghost uint32_t h = (uint32_t)k->active;
  //@ assert \exists integer i; a == obj(s, h, i) && InUse(s, h, i) && !\at(InUse(s, \at(h, Here), i), Pre) && \forall integer g, j; g != h || j != i ==> (InUse(s, g, j) <==> \at(InUse(s, g, j), Pre));
  //@ assert \forall integer g, j; \at(Note(p->remote, g, j), Pre) <==> Note(p->remote, g, j);
  //@ assert \exists integer i; a == obj(s, h, i) && LiveObject(p, s, h, i) && !\at(LiveObject(p, s, \at(h, Here), i), Pre) && \forall integer g, j; g != h || j != i ==> (LiveObject(p, s, g, j) <==> \at(LiveObject(p, s, g, j), Pre));
  //@ ghost lem_placed(s, z, st, ord, h);
  //@ ghost lem_place_at(s, z, st, ord, a, c, 0);
  return a;
}

/* An object of cache c, which hands out from no word; 0 if there is none. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && c < KEEL_KMALLOC_CLASSES && s->cache[c].word == 0;
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS CPU_TOOK(c)
    ensures HeldNone(held); */
KEEL_NOINLINE uint64_t take_slow(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  int found = find_word(p, c) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert STEP_OWNERS;
  //@ assert \forall integer g, j; LiveObject(p, s, g, j) <==> \at(LiveObject(p, s, g, j), Pre);
  if (!found) return 0;
  uint64_t a = take_near(p, c) /*@ ghost (s, z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert STEP_OWNERS;
  return a;
}

/* An object of cache c; 0 if there is none. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && c < KEEL_KMALLOC_CLASSES;
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS CPU_TOOK(c)
    ensures HeldNone(held); */
KEEL_INLINE uint64_t take_fast(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  if (KEEL_UNLIKELY(p->m.s.cache[c].word == 0)) return take_slow(p, c) /*@ ghost (s, z, st, ord, held) */;
  return take_near(p, c) /*@ ghost (s, z, st, ord) */;
}

/* An object for so many bytes; 0 if there is none. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && 1 <= size <= KEEL_KMALLOC_SMALL;
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS CPU_TOOK(\old(place(&p->m, size, 0)))
    ensures HeldNone(held); */
KEEL_INLINE uint64_t take_sized(struct keel_cpu *p, uint32_t size) /*@ ghost (CPUS) */
{
  uint32_t c = p->m.small[(size - 1u) / 8u];
  //@ assert c == place(&p->m, size, 0) && c < KEEL_KMALLOC_CLASSES;
  return take_fast(p, c) /*@ ghost (s, z, st, ord, held) */;
}

/* A block of 2^order pages, 0 if there is none; nothing is noted. */
/*@ requires CPU_ANY(p, s, z, st, ord) && HeldBoth(held, p->number) && order <= MAXO && NoNote(p->remote, s->slabs);
    assigns EVERYTHING;
    KEEPS_CPU_EACH SAME_BOUNDS CPU_TOOK(KEEL_KMALLOC_CLASSES + order)
    ensures NoNote(p->remote, s->slabs); */
static inline uint64_t take_own_block(struct keel_cpu *p, uint32_t order) /*@ ghost (CPUS) */
{
  //@ assert s == &p->m.s;
  //@ assert \forall integer g; Used(s, g) ==> 0 <= s->slab[g].page + s->slab[g].pages <= s->pages;
  uint64_t a = take_large(&p->m.s, order) /*@ ghost (z, st, ord) */;
  //@ assert Caches(s) && Slabs(s) && Rings(s);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert CLASSES(s);
  //@ assert Alone(&p->m, s, z);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&p->m.small[0])[j] == \at((&p->m.small[0])[j], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_OBJECT_MAX / 128 ==> (&p->m.wide[0])[j] == \at((&p->m.wide[0])[j], Pre);
  //@ assert Table(&p->m.small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&p->m.wide[0], KEEL_OBJECT_MAX / 128, 128);
  //@ assert \forall integer q; 0 <= q < s->pages ==> p->k->owner[q] == \at(p->k->owner[q], Pre);
  //@ assert p->number == \at(p->number, Pre);
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> \at(p->k->owner[q], Pre) == \at(p->number, Pre) && 0 <= q < s->pages;
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> p->k->owner[q] == p->number;
  //@ ghost if (a != 0) lem_place_at(s, z, st, ord, a, 49u + order, 0);
  return a;
}

/* The same, after what others freed is carried out. */
/*@ requires CPU_ANY(p, s, z, st, ord) && HeldBoth(held, p->number) && order <= MAXO;
    assigns EVERYTHING, NOTES_OF(p);
    KEEPS_CPU_EACH SAME_BOUNDS CPU_TOOK(KEEL_KMALLOC_CLASSES + order) */
static uint64_t take_collected(struct keel_cpu *p, uint32_t order) /*@ ghost (CPUS) */
{
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
  //@ assert \forall integer q; 0 <= q < s->pages && (st[q] == FREE || s->map[q] != 0) ==> \at(st[q], Pre) == FREE || \at(s->map[q], Pre) != 0;
  uint64_t a = take_own_block(p, order) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  return a;
}

/* The same, after which no lock is held. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && order <= MAXO;
    assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS CPU_TOOK(KEEL_KMALLOC_CLASSES + order)
    ensures HeldNone(held); */
static uint64_t take_locked(struct keel_cpu *p, uint32_t order) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  uint64_t a = take_collected(p, order) /*@ ghost (s, z, st, ord, held) */;
  unlock_both(number) /*@ ghost (held) */;
  return a;
}

/* Memory of this place, 0 if there is none. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && Place(to);
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS CPU_TOOK(to)
    ensures HeldNone(held); */
static uint64_t take_memory(struct keel_cpu *p, uint32_t to) /*@ ghost (CPUS) */
{
  return to < BLOCKS ? take_fast(p, to) /*@ ghost (s, z, st, ord, held) */ : take_locked(p, to - BLOCKS) /*@ ghost (s, z, st, ord, held) */;
}

/* Memory for so many bytes, at a multiple of align; 0 if there is none. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && 1 <= size <= KEEL_KMALLOC_MAX && flags <= KMALLOC_FLAGS && Alignable(s, align);
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS CPU_TOOK(\old(place(&p->m, size, align)))
    ensures \result != 0 && align != 0 ==> \result % align == 0;
    ensures HeldNone(held); */
KEEL_NOINLINE uint64_t take_request(struct keel_cpu *p, uint32_t size, uint32_t flags, uint32_t align) /*@ ghost (CPUS) */
{
  uint32_t to = place_for(&p->m, size, align);
  //@ assert align <= PAGE || to >= KEEL_KMALLOC_CLASSES;
  uint64_t a = take_memory(p, to) /*@ ghost (s, z, st, ord, held) */;
  //@ assert Alignable(s, align);
  //@ ghost if (a != 0) lem_place_at(s, z, st, ord, a, to, align);
  if (a != 0 && (flags & KEEL_ZERO) != 0) keel_zero(a, bytes_of(&p->m.s, to));
  return a;
}

/* ---- to give back ---- */

/* Slab h, which has no notes, is the last of w + 1 in the queue. */
/*@ requires \valid(r + (0 .. n)) && Queue(r, w, n) && Notes(r, n) && 1 <= h <= n <= SLABS_MAX && r[h].noted == 0 && 0 <= w < n;
    assigns r[0 .. n];
    ensures Queue(r, w + 1, n);
    ensures Notes(r, n);
    ensures r[h].noted == 1;
    ensures \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[e].freed[x] == \old(r[e].freed[x]); */
static inline void join_queue(struct keel_remote *r, uint32_t h, uint32_t w) /*@ ghost (uint32_t n) */
{
  //@ assert \forall integer i; 0 <= i < w ==> queue(r, i) != h;
  set_queue(r, w, h) /*@ ghost (n) */;
  set_noted(r, h, 1) /*@ ghost (n) */;
  //@ assert \forall integer i; 0 <= i < w ==> queue(r, i) == \at(queue(r, i), Pre) && Digits(&r[i].queue[0]);
  //@ assert queue(r, w) == h && Digits(&r[w].queue[0]);
  //@ assert \forall integer i; 0 <= i < w + 1 ==> Digits(&r[i].queue[0]) && 1 <= queue(r, i) <= n;
  //@ assert \forall integer i; 0 <= i < w + 1 ==> r[queue(r, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < w ==> \at(queue(r, i), Pre) != \at(queue(r, j), Pre);
  //@ assert \forall integer i, j; 0 <= i < j < w ==> queue(r, i) != queue(r, j);
  //@ assert \forall integer i; 0 <= i < w ==> queue(r, i) != queue(r, w);
  //@ assert \forall integer i, j; 0 <= i < j < w + 1 ==> queue(r, i) != queue(r, j);
  //@ assert nnoted(r, n) == w + 1;
  //@ assert Queue(r, w + 1, n);
}

/* Slab h has notes from now on. */
/*@ requires \valid(p) && \valid(p->remote + (0 .. n)) && \separated(p, p->remote + (0 .. n)) && Waiting(p, n) && Notes(p->remote, n);
    requires 1 <= h <= n <= SLABS_MAX && p->remote[h].noted == 0;
    assigns p->remote[0 .. n], p->some, p->waiting[0 .. 4];
    ensures Waiting(p, n);
    ensures Notes(p->remote, n);
    ensures p->remote[h].noted == 1;
    ensures \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> p->remote[e].freed[x] == \old(p->remote[e].freed[x]); */
static inline void enter_queue(struct keel_cpu *p, uint32_t h) /*@ ghost (uint32_t n) */
{
  //@ ghost lem_not_all(p->remote, n, h);
  uint32_t w = get_number(p->waiting);
  join_queue(p->remote, h, w) /*@ ghost (n) */;
  set_waiting(p, w + 1u) /*@ ghost (p->remote, n) */;
}

/* Object i of slab h, which has notes, is noted too. */
/*@ requires \valid(r + (0 .. n)) && Queue(r, nnoted(r, n), n) && Notes(r, n) && 1 <= h <= n <= SLABS_MAX && r[h].noted == 1 && i < KEEL_SLAB_OBJECTS && !Note(r, h, i);
    assigns r[h].freed[i / 4];
    ensures Queue(r, nnoted(r, n), n);
    ensures Notes(r, n);
    ensures nnoted(r, n) == \old(nnoted(r, n));
    ensures \forall integer g, j; 1 <= g <= n && 0 <= j < 256 ==> (Note(r, g, j) <==> \old(Note(r, g, j)) || (g == h && j == i)); */
static inline void set_note(struct keel_remote *r, uint32_t h, uint32_t i) /*@ ghost (uint32_t n) */
{
  //@ ghost lem_none_noted(r, n);
  //@ ghost lem_nibble(r[h].freed[i / 4], i % 4u);
  r[h].freed[i / 4u] = (int8_t)(r[h].freed[i / 4u] + (int8_t)pages_of(i % 4u));
  //@ assert \forall integer g, x; 1 <= g <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 && (g != h || x != i / 4) ==> r[g].freed[x] == \at(r[g].freed[x], Pre);
  //@ assert \forall integer j; 0 <= j < 256 && j / 4 == i / 4 ==> (j % 4 == i % 4 <==> j == i);
  //@ assert r[h].freed[i / 4] == \at(r[h].freed[i / 4], Pre) + P2(i % 4);
  //@ assert \forall integer j; 0 <= j < 256 && j / 4 == i / 4 ==> (Note(r, h, j) <==> \at(Note(r, h, j), Pre) || j == i);
  //@ assert \forall integer g, j; 1 <= g <= n && 0 <= j < 256 && (g != h || j / 4 != i / 4) ==> (Note(r, g, j) <==> \at(Note(r, g, j), Pre));
  //@ assert \forall integer e; (0 <= e < h ==> r[e].noted == \at(r[e].noted, Pre)) && (h <= e <= n ==> r[e].noted == \at(r[e].noted, Pre));
  //@ assert \forall integer e, x; 0 <= x < 5 ==> (0 <= e < h ==> r[e].queue[x] == \at(r[e].queue[x], Pre)) && (h <= e <= n ==> r[e].queue[x] == \at(r[e].queue[x], Pre));
  //@ assert \forall integer e; 0 <= e <= n ==> queue(r, e) == \at(queue(r, e), Pre);
  //@ assert \forall integer e; 0 <= e <= n ==> (Digits(&r[e].queue[0]) <==> \at(Digits(&r[e].queue[0]), Pre));
  /*@ ghost
    /@ loop invariant 0 <= e <= n;
       loop invariant nnoted(r, e) == nnoted{Pre}(r, e);
       loop assigns e; loop variant n - e; @/
    for (uint32_t e = 0; e < n; e++) {
      /@ assert nnoted(r, e + 1) == nnoted(r, e) + (r[e + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(r, e + 1) == nnoted{Pre}(r, e) + (\at(r[\at(e, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
  //@ assert nnoted(r, n) == \at(nnoted(r, n), Pre);
  //@ assert 0 <= nnoted(r, n) <= n;
  //@ assert \forall integer e; 0 <= e < nnoted(r, n) ==> Digits(&r[e].queue[0]) && 1 <= queue(r, e) <= n;
  //@ assert \forall integer e; 0 <= e < nnoted(r, n) ==> r[queue(r, e)].noted == 1;
  //@ assert \forall integer e, j; 0 <= e < j < nnoted(r, n) ==> \at(queue(r, e), Pre) != \at(queue(r, j), Pre);
  //@ assert \forall integer e, j; 0 <= e < j < nnoted(r, n) ==> queue(r, e) != queue(r, j);
}

/* Notes down that object i of slab h is free. */
/*@ requires \valid(p) && \valid(p->remote + (0 .. n)) && \separated(p, p->remote + (0 .. n)) && Waiting(p, n) && Notes(p->remote, n);
    requires 1 <= h <= n <= SLABS_MAX && i < KEEL_SLAB_OBJECTS && !Note(p->remote, h, i);
    assigns p->remote[0 .. n], p->some, p->waiting[0 .. 4];
    ensures Waiting(p, n);
    ensures Notes(p->remote, n);
    ensures \forall integer g, j; 1 <= g <= n && 0 <= j < 256 ==> (Note(p->remote, g, j) <==> \old(Note(p->remote, g, j)) || (g == h && j == i)); */
static void note_object(struct keel_cpu *p, uint32_t h, uint32_t i) /*@ ghost (uint32_t n) */
{
  //@ assert 0 <= p->remote[h].freed[i / 4] < 16;
  if (p->remote[h].noted == 0) enter_queue(p, h) /*@ ghost (n) */;
  //@ assert num(&p->waiting[0]) == nnoted(p->remote, n);
  //@ ghost N: ;
  set_note(p->remote, h, i) /*@ ghost (n) */;
  //@ assert num(&p->waiting[0]) == \at(num(&p->waiting[0]), N) && Digits(&p->waiting[0]);
  //@ assert Waiting(p, n);
}

/* Whether object i of slab h is noted. */
/*@ requires Remote(p, s, z) && Notes(p->remote, s->slabs) && 1 <= h <= s->slabs && i < KEEL_SLAB_OBJECTS;
    assigns \nothing;
    ensures \result != 0 <==> Note(p->remote, h, i); */
static inline int is_noted(const struct keel_cpu *p, uint32_t h, uint32_t i) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  //@ assert 0 <= p->remote[h].freed[i / 4] < 16;
  return bit_of(p->remote[h].freed[i / 4u], i % 4u) != 0;
}

/* What is live at a, in a page of the instance, of this CPU's: an object, or nothing, and then the error says why: KEEL_OUT_OF_RANGE if
   a is in no slab of this CPU.  Under its lock. */
/*@ requires NOTABLE(p, s, z) && InArea(s, a);
    assigns \nothing;
    ensures \result.live == 0 || \result.live == 1;
    ensures \result.live == 1 <==> LiveAt(p, s, a);
    ensures \result.live == 1 ==> \result.slab == slab_at(s, a) && At(s, a, \result.index) && LiveObject(p, s, \result.slab, \result.index);
    ensures \result.live == 1 ==> \forall integer j; At(s, a, j) ==> j == \result.index;
    ensures \result.live == 0 ==> (\result.error == KEEL_OUT_OF_RANGE <==> slab_at(s, a) == 0);
    ensures \result.live == 0 && slab_at(s, a) != 0 && Starts(s, a) ==> \result.error == KEEL_ALREADY_FREE;
    ensures \result.live == 0 && slab_at(s, a) != 0 && !Starts(s, a) ==> \result.error == KEEL_NOT_HEAD; */
static struct found live_in(const struct keel_cpu *p, uint64_t a) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  struct found f = {0, KEEL_OUT_OF_RANGE, 0, 0, 0};
  const struct keel_slabs *t = &p->m.s;
  //@ assert s == t;
  uint64_t d = a - t->addr;
  uint32_t h = t->map[d / KEEL_PAGE_SIZE];
  if (h == 0) return f;
  //@ assert h == slab_at(s, a) && 1 <= h <= s->slabs;
  f.error = KEEL_NOT_HEAD;
  uint32_t i = object_at(t, h, d) /*@ ghost (a) */;
  if (i >= t->slab[h].nobj) return f;
  //@ ghost lem_once(s, a, i);
  //@ assert i < 256 && Starts(s, a);
  f.error = KEEL_ALREADY_FREE;
  if (w_tst(peek_word(&t->slab[h].free[i / 64u]), i % 64u) != 0) return f;
  //@ assert InUse(s, h, i);
  if (is_noted(p, h, i) /*@ ghost (s, z) */) return f;
  f.live = 1;
  f.slab = h;
  f.index = i;
  return f;
}

/* Notes down that a, in a page of the instance, is free; KEEL_OUT_OF_RANGE if it is in no slab of this CPU.  Under its lock. */
/*@ requires NOTABLE(p, s, z) && InArea(s, a);
    assigns p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4];
    NOTED(p, s, a) */
static enum keel_status note_free(struct keel_cpu *p, uint64_t a) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  struct found f = live_in(p, a) /*@ ghost (s, z) */;
  if (!f.live) return f.error;
  //@ ghost uint32_t h = f.slab, i = f.index;
  //@ assert i < 256 && 1 <= h <= s->slabs && InUse(s, h, i);
  note_object(p, f.slab, f.index) /*@ ghost (s->slabs) */;
  //@ assert \forall integer g, j; LiveObject(p, s, g, j) <==> \at(LiveObject(p, s, g, j), Pre) && !(g == h && j == i);
  return KEEL_OK;
}

/* The same; the notes of another CPU, p, of n slabs, stay. */
/*@ requires NOTABLE(q, t, z) && InArea(t, a);
    requires \valid(p) && r == p->remote && \valid(r + (0 .. n)) && n <= SLABS_MAX && Waiting(p, n) && Notes(r, n) && BESIDE(p, r, n, q, t);
    assigns q->remote[0 .. t->slabs], q->some, q->waiting[0 .. 4];
    NOTED(q, t, a)
    ensures Notes(r, n);
    ensures Waiting(p, n);
    ensures \forall integer g, j; 1 <= g <= n && 0 <= j < 256 ==> (Note(r, g, j) <==> \old(Note(r, g, j))); */
static inline enum keel_status note_beside(struct keel_cpu *q, uint64_t a) /*@ ghost (struct keel_slabs *t, struct keel_pages *z, const struct keel_cpu *p, const struct keel_remote *r, uint32_t n) */
{
  //@ ghost lem_none_noted(r, n);
  //@ assert \forall integer x; 0 <= x < 5 ==> &p->waiting[x] != &q->some && \separated(&p->waiting[x], q->waiting + (0 .. 4)) && \separated(&p->waiting[x], q->remote + (0 .. t->slabs));
  //@ assert \separated(&p->some, q) && \separated(&p->some, q->remote + (0 .. t->slabs));
  //@ assert \forall integer e; 0 <= e <= n ==> &r[e].noted != &q->some && \separated(&r[e].noted, q->waiting + (0 .. 4)) && \separated(&r[e].noted, q->remote + (0 .. t->slabs));
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < 5 ==> &r[e].queue[x] != &q->some && \separated(&r[e].queue[x], q->waiting + (0 .. 4)) && \separated(&r[e].queue[x], q->remote + (0 .. t->slabs));
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> &r[e].freed[x] != &q->some && \separated(&r[e].freed[x], q->waiting + (0 .. 4)) && \separated(&r[e].freed[x], q->remote + (0 .. t->slabs));
  enum keel_status s = note_free(q, a) /*@ ghost (t, z) */;
  //@ assert p->some == \at(p->some, Pre);
  //@ assert \forall integer x; 0 <= x < 5 ==> p->waiting[x] == \at(p->waiting[x], Pre);
  //@ assert num(&p->waiting[0]) == \at(num(&p->waiting[0]), Pre);
  //@ assert \forall integer e; 0 <= e <= n ==> r[e].noted == \at(r[e].noted, Pre);
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < 5 ==> r[e].queue[x] == \at(r[e].queue[x], Pre);
  //@ assert \forall integer e, x; 0 <= e <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[e].freed[x] == \at(r[e].freed[x], Pre);
  //@ assert \forall integer i; 0 <= i <= n ==> queue(r, i) == \at(queue(r, i), Pre);
  //@ assert \forall integer i; 0 <= i <= n ==> (Digits(&r[i].queue[0]) <==> \at(Digits(&r[i].queue[0]), Pre));
  /*@ ghost
    /@ loop invariant 0 <= i <= n;
       loop invariant nnoted(r, i) == nnoted{Pre}(r, i);
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(r, i + 1) == nnoted{Pre}(r, i) + (\at(r[\at(i, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
  //@ assert nnoted(r, n) == num(&p->waiting[0]);
  //@ assert 0 <= num(&p->waiting[0]) <= n;
  //@ assert \forall integer i; 0 <= i < num(&p->waiting[0]) ==> \at(Digits(&r[i].queue[0]) && 1 <= queue(r, i) <= n && r[queue(r, i)].noted == 1, Pre);
  //@ assert \forall integer i; 0 <= i < num(&p->waiting[0]) ==> Digits(&r[i].queue[0]) && 1 <= queue(r, i) <= n;
  //@ assert \forall integer i; 0 <= i < num(&p->waiting[0]) ==> r[queue(r, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < num(&p->waiting[0]) ==> \at(queue(r, i), Pre) != \at(queue(r, j), Pre);
  //@ assert \forall integer i, j; 0 <= i < j < num(&p->waiting[0]) ==> queue(r, i) != queue(r, j);
  //@ assert Queue(r, num(&p->waiting[0]), n);
  return s;
}

/* The same for CPU b, which is q, with its lock. */
/*@ requires HeldNone(held) && b < KEEL_CPUS_MAX && q == k->cpu + b && \valid_read(k) && NOTABLE(q, t, z) && InArea(t, a);
    requires \valid(p) && r == p->remote && \valid(r + (0 .. n)) && n <= SLABS_MAX && Waiting(p, n) && Notes(r, n) && BESIDE(p, r, n, q, t);
    assigns q->remote[0 .. t->slabs], q->some, q->waiting[0 .. 4], held[0 .. KEEL_LOCK_PAGES];
    NOTED(q, t, a)
    ensures Notes(r, n);
    ensures Waiting(p, n);
    ensures \forall integer g, j; 1 <= g <= n && 0 <= j < 256 ==> (Note(r, g, j) <==> \old(Note(r, g, j)));
    ensures HeldNone(held); */
static enum keel_status note_for(const struct keel_cpus *k, uint32_t b, uint64_t a) /*@ ghost (struct keel_cpu *q, struct keel_slabs *t, struct keel_pages *z, _Bool \ghost *held, const struct keel_cpu *p, const struct keel_remote *r, uint32_t n) */
{
  keel_lock(b) /*@ ghost (held) */;
  enum keel_status e = note_beside(&k->cpu[b], a) /*@ ghost (t, z, p, r, n) */;
  keel_unlock(b) /*@ ghost (held) */;
  return e;
}

/* The same for the CPU that owns the page of a, if that is another; else KEEL_OUT_OF_RANGE. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && OTHER(p, s, q, t, z, a);
    assigns q->remote[0 .. t->slabs], q->some, q->waiting[0 .. 4], held[0 .. KEEL_LOCK_PAGES];
    ensures \result == KEEL_OUT_OF_RANGE <==> !IN_OTHER(p, s, q, t, a);
    NOTED_THERE
    KEEPS_CPU_EACH SAME_LIVE
    ensures HeldNone(held); */
static enum keel_status note_elsewhere(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS, struct keel_cpu *q, struct keel_slabs *t) */
{
  if (a < p->m.s.addr || (a - p->m.s.addr) / KEEL_PAGE_SIZE >= p->m.s.pages) return KEEL_OUT_OF_RANGE;
  //@ assert InArea(s, a) && s == &p->m.s;
  uint8_t b = peek_owner(p->k->owner, (a - p->m.s.addr) / KEEL_PAGE_SIZE);
  if (b == p->number || b == KEEL_CPUS_MAX) return KEEL_OUT_OF_RANGE;
  //@ assert OWNED_BY_OTHER(p, s, a) && q == p->k->cpu + b;
  //@ assert t->addr == s->addr && t->pages == s->pages;
  //@ assert InArea(t, a);
  enum keel_status e = note_for(p->k, b, a) /*@ ghost (q, t, z, held, p, p->remote, s->slabs) */;
  //@ assert OWNED_BY_OTHER(p, s, a);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
  return e;
}

/* keel_kfree of what is in no slab of this CPU, nor of another. */
/*@ requires CPU(p, s, z, st, ord) && HeldBoth(held, p->number) && !IN_SLAB(s, a);
    assigns EVERYTHING;
    KEEPS_CPU_EACH SAME_BOUNDS SAME_LIVE
    FREED_OUTSIDE(a) */
static enum keel_status end_outside(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  //@ assert s == &p->m.s;
  struct found f = find_live(&p->m.s, a) /*@ ghost (z, st, ord) */;
  //@ assert !Object(s, a);
  if (f.live != 2) return f.error;
  //@ ghost uint32_t b = (uint32_t)((a - s->addr) / 4096);
  //@ assert \forall integer g; Used(s, g) ==> 0 <= s->slab[g].page + s->slab[g].pages <= s->pages;
  enum keel_status e = end_block(&p->m, (uint32_t)((a - p->m.s.addr) / KEEL_PAGE_SIZE)) /*@ ghost (s, z, st, ord, a) */;
  //@ assert \forall integer q; 0 <= q < s->pages && !(b <= q < b + P2(\at(ord[\at(b, Here)], Pre))) ==> KEEPS(Pre, q) && s->map[q] == \at(s->map[q], Pre) && z->ref[q] == \at(z->ref[q], Pre);
  //@ assert \forall integer q; 0 <= q < s->pages && !\at(PageOf(s, z, st, ord, a, q), Pre) ==> KEEPS(Pre, q) && s->map[q] == \at(s->map[q], Pre) && z->ref[q] == \at(z->ref[q], Pre);
  //@ assert \forall integer q; 0 <= q < s->pages ==> p->k->owner[q] == \at(p->k->owner[q], Pre);
  //@ assert p->number == \at(p->number, Pre);
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> \at(p->k->owner[q], Pre) == \at(p->number, Pre) && 0 <= q < s->pages;
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> p->k->owner[q] == p->number;
  return e;
}

/* The same, after which no lock is held. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && !IN_SLAB(s, a);
    assigns EVERYTHING, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS SAME_LIVE
    FREED_OUTSIDE(a)
    ensures HeldNone(held); */
static enum keel_status free_outside(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  enum keel_status e = end_outside(p, a) /*@ ghost (s, z, st, ord, held) */;
  unlock_both(number) /*@ ghost (held) */;
  return e;
}

/* keel_cpu_free of what is in no slab of this CPU. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && OTHER(p, s, q, t, z, a) && !IN_SLAB(s, a);
    assigns EVERYTHING, held[0 .. KEEL_LOCK_PAGES], q->remote[0 .. t->slabs], q->some, q->waiting[0 .. 4];
    KEEPS_CPU SAME_BOUNDS SAME_LIVE OTHERS_LEFT
    ensures HeldNone(held);
    behavior other:
      assumes IN_OTHER(p, s, q, t, a);
      assigns q->remote[0 .. t->slabs], q->some, q->waiting[0 .. 4], held[0 .. KEEL_LOCK_PAGES];
      NOTED_THERE PAGES_STAY
    behavior pages:
      assumes !IN_OTHER(p, s, q, t, a);
      FREED_OUTSIDE(a)
    complete behaviors; disjoint behaviors; */
KEEL_NOINLINE enum keel_status free_elsewhere(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS, struct keel_cpu *q, struct keel_slabs *t) */
{
  enum keel_status e = note_elsewhere(p, a) /*@ ghost (s, z, st, ord, held, q, t) */;
  if (e != KEEL_OUT_OF_RANGE) return e;
  return free_outside(p, a) /*@ ghost (s, z, st, ord, held) */;
}

/* Object i of slab h, at address a, is free, its word is w now; KEEL_ALREADY_FREE if that is noted.  With both locks. */
/*@ requires CPU(p, s, z, st, ord) && HeldBoth(held, p->number) && IN_SLAB(s, a) && h == slab_at(s, a) && InUse(s, h, i) && At(s, a, i);
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns EVERYTHING;
    KEEPS_CPU_EACH SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    FREED_LIVE(a) */
static inline enum keel_status end_found(struct keel_cpu *p, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (CPUS, uint64_t a) */
{
  //@ ghost lem_once(s, a, i);
  //@ assert Starts(s, a) && 1 <= h <= s->slabs && i < 256;
  //@ assert LiveAt(p, s, a) <==> !Note(p->remote, h, i);
  if (is_noted(p, h, i) /*@ ghost (s, z) */) return KEEL_ALREADY_FREE;
  end_one_of(p, h, i, w) /*@ ghost (s, z, st, ord) */;
  //@ assert \forall integer g, j; \at(g == slab_at(s, a) && At(s, a, j), Pre) <==> g == h && j == i;
  return KEEL_OK;
}

/* What is in a slab of this CPU is free, with both locks. */
/*@ requires CPU(p, s, z, st, ord) && HeldBoth(held, p->number) && IN_SLAB(s, a);
    assigns EVERYTHING;
    KEEPS_CPU SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    FREED_LIVE(a) */
static enum keel_status end_inside(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  //@ assert s == &p->m.s;
  //@ assert s->slab[slab_at(s, a)].cache <= KEEL_KMALLOC_CLASSES;
  struct found f = find_live(&p->m.s, a) /*@ ghost (z, st, ord) */;
  //@ assert !Block(s, z, st, ord, a) && f.live != 2;
  //@ assert f.live == 0 ==> !LiveAt(p, s, a) && (Starts(s, a) ==> f.error == KEEL_ALREADY_FREE) && (!Starts(s, a) ==> f.error == KEEL_NOT_HEAD);
  if (!f.live) return f.error;
  //@ assert At(s, a, f.index) && InUse(s, f.slab, f.index) && f.slab == slab_at(s, a);
  return end_found(p, f.slab, f.index, f.word) /*@ ghost (s, z, st, ord, held, a) */;
}

/* The same; what others freed is carried out. */
/*@ requires CPU(p, s, z, st, ord) && HeldBoth(held, p->number) && IN_SLAB(s, a);
    assigns EVERYTHING, NOTES_OF(p);
    KEEPS_CPU_EACH SAME_BOUNDS OTHERS_KEPT
    FREED_LIVE(a) */
static enum keel_status end_collected(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  enum keel_status e = end_inside(p, a) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
  return e;
}

/* The same, after which no lock is held. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && IN_SLAB(s, a);
    assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS OTHERS_KEPT
    FREED_LIVE(a)
    ensures HeldNone(held); */
KEEL_NOINLINE enum keel_status free_locked(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  enum keel_status e = end_collected(p, a) /*@ ghost (s, z, st, ord, held) */;
  unlock_both(number) /*@ ghost (held) */;
  return e;
}

/* Object i of slab h, which has others in use, is free, its word is w now.  Answers KEEL_OK. */
/*@ requires CPU(p, s, z, st, ord) && NoNote(p->remote, s->slabs) && InUse(s, h, i) && s->slab[h].live > 1;
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns s->slab[h].free[i / 64], s->slab[h].live;
    KEEPS_CPU_EACH SAME_BOUNDS OTHERS_KEPT NO_SLAB_COMES ENDED(h, i)
    ensures \result == KEEL_OK; */
KEEL_INLINE enum keel_status end_near(struct keel_cpu *p, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (HEAPS) */
{
  //@ assert s == &p->m.s;
  //@ assert 1 <= h <= s->slabs && i < 256;
  take_back(&p->m.s, h, i, w) /*@ ghost (z, st, ord) */;
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer g, j; obj(s, g, j) == \at(obj(s, g, j), Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 && g != h ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer g, j; Used(s, g) <==> \at(Used(s, g), Pre);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> j < 256;
  //@ assert \forall integer g, j; InUse(s, g, j) <==> \at(InUse(s, g, j), Pre) && !(g == h && j == i);
  (void)count_down(&p->m.s, h) /*@ ghost (z, st, ord) */;
  //@ assert Live(s);
  return KEEL_OK;
}

/* Object i of slab h, at address a, is free, its word is w now; nothing is noted. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && NoNote(p->remote, s->slabs) && IN_SLAB(s, a) && h == slab_at(s, a) && InUse(s, h, i) && At(s, a, i);
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS OTHERS_KEPT
    FREED_LIVE(a)
    ensures HeldNone(held); */
KEEL_INLINE enum keel_status free_found(struct keel_cpu *p, uint64_t a, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (CPUS) */
{
  //@ ghost lem_once(s, a, i);
  //@ assert 1 <= h <= s->slabs && i < 256 && s->slab[h].live >= 1;
  //@ assert LiveAt(p, s, a);
  if (KEEL_UNLIKELY(p->m.s.slab[h].live == 1)) return free_locked(p, a) /*@ ghost (s, z, st, ord, held) */;
  enum keel_status e = end_near(p, h, i, w) /*@ ghost (s, z, st, ord) */;
  //@ assert \forall integer g, j; \at(g == slab_at(s, a) && At(s, a, j), Pre) <==> g == h && j == i;
  return e;
}

/* The same of whatever a is, in a slab of this CPU. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && NoNote(p->remote, s->slabs) && IN_SLAB(s, a);
    assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS OTHERS_KEPT
    FREED_LIVE(a)
    ensures HeldNone(held); */
KEEL_INLINE enum keel_status free_quiet(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  //@ assert s == &p->m.s;
  //@ assert s->slab[slab_at(s, a)].cache <= KEEL_KMALLOC_CLASSES;
  struct found f = find_live(&p->m.s, a) /*@ ghost (z, st, ord) */;
  //@ assert !Block(s, z, st, ord, a) && f.live != 2;
  //@ assert f.live == 0 ==> !LiveAt(p, s, a) && (Starts(s, a) ==> f.error == KEEL_ALREADY_FREE) && (!Starts(s, a) ==> f.error == KEEL_NOT_HEAD);
  if (KEEL_UNLIKELY(!f.live)) return f.error;
  //@ assert At(s, a, f.index) && InUse(s, f.slab, f.index) && f.slab == slab_at(s, a);
  return free_found(p, a, f.slab, f.index, f.word) /*@ ghost (s, z, st, ord, held) */;
}

/* The same, whatever is noted. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && IN_SLAB(s, a);
    assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS OTHERS_LEFT
    FREED_LIVE(a)
    ensures HeldNone(held); */
KEEL_INLINE enum keel_status free_inside(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  if (KEEL_UNLIKELY(peek_some(p) != 0)) return free_locked(p, a) /*@ ghost (s, z, st, ord, held) */;
  //@ ghost lem_none_noted(p->remote, s->slabs); lem_no_note(p->remote, s->slabs);
  return free_quiet(p, a) /*@ ghost (s, z, st, ord, held) */;
}

/* ---- sizes ---- */

/* Bytes of the live object at a, in a page of the instance: 0 if there is none, KEEL_NONE if a is in no slab of this CPU.  Under its lock. */
/*@ requires NOTABLE(p, s, z) && InArea(s, a);
    assigns \nothing;
    ensures \result == KEEL_NONE <==> slab_at(s, a) == 0;
    ensures slab_at(s, a) != 0 ==> LIVE_SIZE(p, s, a, \result); */
static uint32_t size_in(const struct keel_cpu *p, uint64_t a) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  struct found f = live_in(p, a) /*@ ghost (s, z) */;
  if (!f.live) return f.error == KEEL_OUT_OF_RANGE ? KEEL_NONE : 0;
  //@ ghost uint32_t c = s->slab[f.slab].cache - 1u;
  //@ assert KOk(s->cache + c);
  return p->m.s.cache[p->m.s.slab[f.slab].cache - 1u].size;
}

/* The same, with the lock of the CPU, number b. */
/*@ requires HeldNone(held) && b < KEEL_CPUS_MAX && NOTABLE(q, t, z) && InArea(t, a);
    assigns held[0 .. KEEL_LOCK_PAGES];
    ensures \result == KEEL_NONE <==> slab_at(t, a) == 0;
    ensures slab_at(t, a) != 0 ==> LIVE_SIZE(q, t, a, \result);
    ensures HeldNone(held); */
static uint32_t size_for(const struct keel_cpu *q, uint32_t b, uint64_t a) /*@ ghost (struct keel_slabs *t, struct keel_pages *z, _Bool \ghost *held) */
{
  keel_lock(b) /*@ ghost (held) */;
  uint32_t n = size_in(q, a) /*@ ghost (t, z) */;
  keel_unlock(b) /*@ ghost (held) */;
  return n;
}

/* Bytes of the live object at a, of the CPU that owns the page of a, if that is another; KEEL_NONE if it is in no slab of such. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && OTHER(p, s, q, t, z, a);
    assigns held[0 .. KEEL_LOCK_PAGES];
    ensures \result == KEEL_NONE <==> !IN_OTHER(p, s, q, t, a);
    ensures IN_OTHER(p, s, q, t, a) ==> LIVE_SIZE(q, t, a, \result);
    ensures HeldNone(held); */
static uint32_t size_elsewhere(const struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS, struct keel_cpu *q, struct keel_slabs *t) */
{
  if (a < p->m.s.addr || (a - p->m.s.addr) / KEEL_PAGE_SIZE >= p->m.s.pages) return KEEL_NONE;
  //@ assert InArea(s, a) && s == &p->m.s;
  uint8_t b = peek_owner(p->k->owner, (a - p->m.s.addr) / KEEL_PAGE_SIZE);
  if (b == p->number || b == KEEL_CPUS_MAX) return KEEL_NONE;
  //@ assert OWNED_BY_OTHER(p, s, a) && q == p->k->cpu + b;
  //@ assert InArea(t, a);
  return size_for(&p->k->cpu[b], b, a) /*@ ghost (t, z, held) */;
}

/* Bytes of the large block at a, which is in no slab of this CPU; 0 if there is none. */
/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && !IN_SLAB(s, a);
    assigns held[0 .. KEEL_LOCK_PAGES];
    BLOCK_SIZE(a)
    ensures HeldNone(held); */
static uint32_t size_outside(const struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  keel_lock(KEEL_LOCK_PAGES) /*@ ghost (held) */;
  //@ assert s == &p->m.s;
  uint32_t at = place_at(&p->m.s, a) /*@ ghost (z, st, ord) */;
  //@ assert !Object(s, a);
  //@ assert at != KEEL_NONE ==> Block(s, z, st, ord, a) && pbytes(at) == PAGE * P2(ord[(a - s->addr) / PAGE]);
  keel_unlock(KEEL_LOCK_PAGES) /*@ ghost (held) */;
  return at == KEEL_NONE ? 0 : bytes_of(&p->m.s, at);
}

/* The slab of this CPU that a is in, 0 if it is in none. */
/*@ requires Arrays(s);
    assigns \nothing;
    ensures \result != 0 <==> IN_SLAB(s, a); */
static inline uint32_t slab_of(const struct keel_slabs *s, uint64_t a)
{
  return a < s->addr || (a - s->addr) / KEEL_PAGE_SIZE >= s->pages ? 0 : s->map[(a - s->addr) / KEEL_PAGE_SIZE];
}

/* Empty slabs give their pages back. */
/*@ requires CPU_HEAP(p, s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_ITS_HEAP SAME_BOUNDS OTHERS_KEPT SAME_OBJECTS
    ensures \forall integer g; Used(s, g) ==> !Empty(s, g); */
static void sweep_own(struct keel_cpu *p) /*@ ghost (HEAPS) */
{
  //@ assert s == &p->m.s;
  (void)sweep(&p->m.s, KEEL_KMALLOC_CLASSES) /*@ ghost (z, st, ord) */; /* of all caches */
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert CLASSES(s);
  //@ assert Alone(&p->m, s, z);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&p->m.small[0])[j] == \at((&p->m.small[0])[j], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_OBJECT_MAX / 128 ==> (&p->m.wide[0])[j] == \at((&p->m.wide[0])[j], Pre);
  //@ assert Table(&p->m.small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&p->m.wide[0], KEEL_OBJECT_MAX / 128, 128);
  //@ assert \forall integer q; 0 <= q < s->pages ==> p->k->owner[q] == \at(p->k->owner[q], Pre);
  //@ assert p->number == \at(p->number, Pre);
  //@ assert \forall integer g; \at(Used(s, g), Pre) ==> 0 <= \at(s->slab[g].page + s->slab[g].pages, Pre) <= \at(s->pages, Pre);
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> \at(p->k->owner[q], Pre) == \at(p->number, Pre) && 0 <= q < s->pages;
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> p->k->owner[q] == p->number;
}

/* What others freed is carried out, and empty slabs give their pages back. */
/*@ requires CPU(p, s, z, st, ord) && HeldBoth(held, p->number);
    assigns EVERYTHING, NOTES_OF(p);
    KEEPS_CPU SAME_BOUNDS OTHERS_KEPT SAME_LIVE
    ensures NoNote(p->remote, s->slabs);
    ensures \forall integer g; Used(s, g) ==> !Empty(s, g); */
static void drain(struct keel_cpu *p) /*@ ghost (CPUS) */
{
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  sweep_own(p) /*@ ghost (s, z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_OTHERS;
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
}

/* ---- a new CPU ---- */

/* The caches and tables of a new CPU's instance. */
/*@ requires BOTH(s, z, st, ord) && \valid(&p->m) && Alone(&p->m, s, z) && s->caches == KEEL_KMALLOC_CLASSES && (\forall integer c; 0 <= c < s->caches ==> s->cache[c].size == 0) && \forall integer h; !Used(s, h);
    assigns p->m.small[0 .. KEEL_KMALLOC_SMALL / 8 - 1], p->m.wide[0 .. KEEL_OBJECT_MAX / 128 - 1], FIELDS_OF(s->cache);
    ensures HEAP(&p->m, s, z, st, ord);
    ensures s->slabs == \old(s->slabs) && s->caches == \old(s->caches) && s->addr == \old(s->addr) && s->map == \old(s->map) && s->slab == \old(s->slab) && s->cache == \old(s->cache);
    ensures z->n == \old(z->n) && z->u == \old(z->u) && z->tag == \old(z->tag) && z->ref == \old(z->ref);
    ensures \forall integer h; !Used(s, h); */
static inline void begin_caches(struct keel_cpu *p) /*@ ghost (HEAPS) */
{
  //@ assert s == &p->m.s;
  (void)keel_kmalloc_init(&p->m) /*@ ghost (s, z, st, ord) */; /* none of its caches is in use */
}

/* The instance of a new CPU, without objects. */
/*@ requires FREE_PLACE && caches == KEEL_KMALLOC_CLASSES;
    assigns *s, map[0 .. z->n - 1], slab[0 .. slabs + caches], cache[0 .. caches - 1], FIELDS_OF(cache), p->m.small[0 .. KEEL_KMALLOC_SMALL / 8 - 1], p->m.wide[0 .. KEEL_OBJECT_MAX / 128 - 1];
    ensures InvB(z, st, ord);
    ensures z->n == \old(z->n) && z->u == \old(z->u) && z->tag == \old(z->tag) && z->ref == \old(z->ref);
    ensures \result == KEEL_OK || \result == KEEL_BAD_ARGUMENT;
    ensures \result == KEEL_OK <==> \old(INITIABLE);
    ensures \result == KEEL_OK ==> HEAP(&p->m, s, z, st, ord);
    ensures \result == KEEL_OK ==> s->slabs == slabs && s->caches == caches && s->addr == addr && s->map == map && s->slab == slab && s->cache == cache;
    ensures \result == KEEL_OK ==> \forall integer h; !Used(s, h); */
static enum keel_status begin_heap(struct keel_cpu *p, struct keel_pages *z, uint64_t addr, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                                          struct keel_cache *cache) /*@ ghost (struct keel_slabs *s, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t caches) */
{
  //@ assert \separated(&p->m, z) && \separated(&p->m, z->tag + (0 .. 1024 * z->u - 1)) && \valid(&p->m);
  //@ assert \separated(&p->m, map + (0 .. z->n - 1)) && \separated(&p->m, slab + (0 .. slabs + caches)) && \separated(&p->m, cache + (0 .. caches - 1));
  //@ assert \separated(&z->u, s) && \separated(&z->u, map + (0 .. z->n - 1)) && \separated(&z->u, slab + (0 .. slabs + caches)) && \separated(&z->u, cache + (0 .. caches - 1));
  //@ assert \separated(&z->n, s) && \separated(&z->n, map + (0 .. z->n - 1)) && \separated(&z->n, slab + (0 .. slabs + caches)) && \separated(&z->n, cache + (0 .. caches - 1));
  //@ assert \separated(&z->tag, s);
  enum keel_status e = keel_slabs_init(&p->m.s, z, addr, map, slab, slabs, cache, KEEL_KMALLOC_CLASSES) /*@ ghost (st, ord) */;
  //@ assert z->tag == \at(z->tag, Pre) && z->ref == \at(z->ref, Pre);
  //@ assert z->u == \at(z->u, Pre);
  //@ assert z->n == \at(z->n, Pre);
  if (e != KEEL_OK) return e;
  //@ assert s->map == map && s->slab == slab && s->cache == cache && s->slabs == slabs && s->caches == caches && s->pages == z->n;
  //@ assert Alone(&p->m, s, z);
  begin_caches(p) /*@ ghost (s, z, st, ord) */;
  return KEEL_OK;
}

/* Nothing is noted of slab h. */
/*@ requires \valid(r + h);
    assigns r[h].noted, r[h].freed[0 .. KEEL_SLAB_OBJECTS / 4 - 1];
    ensures r[h].noted == 0;
    ensures \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[h].freed[x] == 0; */
static inline void no_note_of(struct keel_remote *r, uint32_t h)
{
  r[h].noted = 0;
  /*@ loop invariant 0 <= x <= KEEL_SLAB_OBJECTS / 4 && \forall integer y; 0 <= y < x ==> r[h].freed[y] == 0;
      loop invariant r[h].noted == 0;
      loop assigns x, r[h].freed[0 .. KEEL_SLAB_OBJECTS / 4 - 1];
      loop variant KEEL_SLAB_OBJECTS / 4 - x; */
  for (uint32_t x = 0; x < KEEL_SLAB_OBJECTS / 4u; x++) r[h].freed[x] = 0;
}

/* Nothing is noted of n slabs. */
/*@ requires \valid(r + (0 .. n)) && n <= SLABS_MAX;
    assigns r[0 .. n];
    ensures Notes(r, n);
    ensures Queue(r, 0, n);
    ensures NoNote(r, n); */
static inline void begin_notes(struct keel_remote *r, uint32_t n)
{
  /*@ loop invariant 0 <= h <= n + 1;
      loop invariant \forall integer g, x; 0 <= g < h && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[g].freed[x] == 0;
      loop invariant \forall integer g; 0 <= g < h ==> r[g].noted == 0;
      loop assigns h, r[0 .. n];
      loop variant n + 1 - h; */
  for (uint32_t h = 0; h <= n; h++) no_note_of(r, h);
  //@ ghost lem_no_note(r, n);
  /*@ ghost
    /@ loop invariant 0 <= i <= n && nnoted(r, i) == 0;
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
    } */
}

/* What a new CPU points to ... */
/*@ requires HEAP(&p->m, s, z, st, ord) && \valid(p) && s == &p->m.s && (\forall integer h; !Used(s, h)) && CPU_PLACE(p, k, remote);
    assigns p->k \from k; assigns p->remote \from remote;
    ensures SInv(s); ensures InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st);
    ensures CLASSES(s) && Tables(&p->m) && Alone(&p->m, s, z);
    ensures s->slabs == \old(s->slabs) && s->caches == \old(s->caches) && s->addr == \old(s->addr) && s->map == \old(s->map) && s->slab == \old(s->slab) && s->cache == \old(s->cache);
    ensures \forall integer h; !Used(s, h);
    ensures p->k == k && p->remote == remote && CPU_PLACE(p, k, remote); */
static inline void begin_pointers(struct keel_cpu *p, struct keel_cpus *k, struct keel_remote *remote) /*@ ghost (HEAPS) */
{
  p->k = k;
  p->remote = remote;
  //@ assert z->l0 == \at(z->l0, Pre) && z->l1 == \at(z->l1, Pre) && z->l2 == \at(z->l2, Pre) && z->l3 == \at(z->l3, Pre) && z->tag == \at(z->tag, Pre) && z->ref == \at(z->ref, Pre);
  //@ assert s->map == \at(s->map, Pre) && s->slab == \at(s->slab, Pre) && s->cache == \at(s->cache, Pre) && s->z == \at(s->z, Pre);
  //@ assert k->owner == \at(k->owner, Pre);
  //@ assert Arrays(s) && Apart(s, z);
  //@ assert \forall integer h; !Used(s, h);
  //@ assert Rings(s);
  //@ assert Caches(s) && Full(s);
  //@ assert Slabs(s) && Bits(s);
  //@ assert Map(s) && Mapped(s);
  //@ assert Hot(s);
  //@ assert Words(s);
  //@ assert Actives(s) && Live(s);
  //@ assert SInv(s);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* ... and which it is. */
/*@ requires HEAP(&p->m, s, z, st, ord) && \valid(p) && s == &p->m.s && (\forall integer h; !Used(s, h)) && number < KEEL_CPUS_MAX && CPU_PLACE(p, p->k, p->remote);
    assigns p->number, p->missed;
    ensures SInv(s); ensures InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st);
    ensures CLASSES(s) && Tables(&p->m) && Alone(&p->m, s, z); ensures Remote(p, s, z);
    ensures s->slabs == \old(s->slabs) && s->caches == \old(s->caches) && s->addr == \old(s->addr) && s->map == \old(s->map) && s->slab == \old(s->slab) && s->cache == \old(s->cache);
    ensures \forall integer h; !Used(s, h);
    ensures p->number == number; */
static inline void begin_numbers(struct keel_cpu *p, uint32_t number) /*@ ghost (HEAPS) */
{
  //@ assert Rings(s) && Live(s);
  p->number = (uint8_t)number;
  p->missed = 0;
  //@ assert \forall integer q; 0 <= q < 1024 * z->u ==> z->tag[q] == \at(z->tag[q], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_KMALLOC_SMALL / 8 ==> (&p->m.small[0])[j] == \at((&p->m.small[0])[j], Pre);
  //@ assert \forall integer j; 0 <= j < KEEL_OBJECT_MAX / 128 ==> (&p->m.wide[0])[j] == \at((&p->m.wide[0])[j], Pre);
  //@ assert Table(&p->m.small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&p->m.wide[0], KEEL_OBJECT_MAX / 128, 128);
  //@ assert \forall integer x; 0 <= x <= s->slabs + s->caches ==> s->slab[x].next == \at(s->slab[x].next, Pre) && s->slab[x].prev == \at(s->slab[x].prev, Pre) && s->slab[x].live == \at(s->slab[x].live, Pre);
  //@ assert \forall integer q; 0 <= q < NP ==> z->ref[q] == \at(z->ref[q], Pre);
  //@ assert Rings(s);
  //@ assert Live(s);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* The rest of a new CPU. */
/*@ requires HEAP(&p->m, s, z, st, ord) && \valid(p) && s == &p->m.s && (\forall integer h; !Used(s, h)) && number < KEEL_CPUS_MAX && n == s->slabs && CPU_PLACE(p, k, remote);
    assigns p->k \from k; assigns p->remote \from remote; assigns p->number, p->missed, p->some, p->waiting[0 .. 4], remote[0 .. n];
    ensures SInv(s); ensures InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st);
    ensures CLASSES(s) && Tables(&p->m) && Alone(&p->m, s, z); ensures Remote(p, s, z); ensures Owner(p, s);
    ensures Notes(p->remote, s->slabs); ensures Waiting(p, s->slabs); ensures NoNote(p->remote, s->slabs);
    ensures p->k == k && p->remote == remote && s->slabs == n && s->addr == \old(s->addr) && s->map == \old(s->map) && s->slab == \old(s->slab) && s->cache == \old(s->cache);
    ensures \forall integer h; !Used(s, h); */
static inline void begin_cpu(struct keel_cpu *p, struct keel_cpus *k, uint32_t number, struct keel_remote *remote, uint32_t n) /*@ ghost (HEAPS) */
{
  begin_notes(remote, n);
  begin_pointers(p, k, remote) /*@ ghost (s, z, st, ord) */;
  begin_numbers(p, number) /*@ ghost (s, z, st, ord) */;
  //@ ghost L: ;
  set_waiting(p, 0) /*@ ghost (remote, n) */;
  //@ assert \forall integer h, i; 1 <= h <= n && 0 <= i < 256 ==> (Note(remote, h, i) <==> \at(Note(remote, h, i), L));
}

/* keel_cpu_init where the CPU is not there. */
/*@ requires number < KEEL_CPUS_MAX && \valid_read(k) && caches == KEEL_KMALLOC_CLASSES && PLACE(p, k) && addr == k->addr;
    assigns p->k \from k; assigns p->remote \from remote; assigns NEW_CPU;
    ensures InvB(z, st, ord);
    ensures \result == KEEL_OK || \result == KEEL_BAD_ARGUMENT;
    ensures \result == KEEL_OK <==> \old(INITIABLE);
    ensures \result == KEEL_OK ==> CPU(p, s, z, st, ord);
    ensures \result == KEEL_OK ==> p->k == k && p->remote == remote && s->slabs == slabs && s->addr == addr && s->map == map && s->slab == slab && s->cache == cache;
    ensures \result == KEEL_OK ==> \forall integer h, i; !LiveObject(p, s, h, i);
    ensures \result != KEEL_OK ==> p->remote == \old(p->remote); */
static inline enum keel_status begin_all(struct keel_cpu *p, struct keel_cpus *k, uint32_t number, uint64_t addr, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                                         struct keel_cache *cache, struct keel_remote *remote) /*@ ghost (HEAPS, uint32_t caches) */
{
  enum keel_status e = begin_heap(p, k->z, addr, map, slab, slabs, cache) /*@ ghost (s, st, ord, caches) */;
  if (e != KEEL_OK) return e;
  //@ assert k->owner == \at(k->owner, Pre);
  //@ assert s->pages == z->n;
  begin_cpu(p, k, number, remote, slabs) /*@ ghost (s, z, st, ord) */;
  return KEEL_OK;
}

/* The same, wherever; under the lock of CPU number, which is p. */
/*@ requires number < KEEL_CPUS_MAX && \valid_read(k) && caches == KEEL_KMALLOC_CLASSES && PLACE(p, k) && addr == k->addr;
    assigns p->k \from k; assigns p->remote \from remote; assigns NEW_CPU;
    ensures InvB(z, st, ord);
    NEW_OR_NOT */
static enum keel_status add_cpu(struct keel_cpu *p, struct keel_cpus *k, uint32_t number, uint64_t addr, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                                struct keel_cache *cache, struct keel_remote *remote) /*@ ghost (HEAPS, uint32_t caches) */
{
  if (p->remote != 0) return KEEL_BUSY;
  return begin_all(p, k, number, addr, map, slab, slabs, cache, remote) /*@ ghost (s, z, st, ord, caches) */;
}

/* ---- public ---- */

/*@ requires \valid(k) && \valid_read(z) && \valid(cpu + (0 .. cpus - 1)) && \valid(owner + (0 .. z->n - 1));
    requires \separated(k, z) && \separated(k, cpu + (0 .. cpus - 1)) && \separated(k, owner + (0 .. z->n - 1)) && \separated(z, cpu + (0 .. cpus - 1)) && \separated(cpu + (0 .. cpus - 1), owner + (0 .. z->n - 1));
    assigns *k \from z, addr, cpu, cpus, owner; assigns cpu[0 .. cpus - 1].remote \from \nothing; assigns owner[0 .. z->n - 1];
    behavior bad:
      assumes cpus == 0 || cpus > KEEL_CPUS_MAX;
      assigns \nothing;
      ensures \result == KEEL_BAD_ARGUMENT;
    behavior ok:
      assumes 1 <= cpus <= KEEL_CPUS_MAX;
      ensures \result == KEEL_OK;
      ensures k->z == z && k->addr == addr && k->cpu == cpu && k->cpus == cpus && k->owner == owner;
      ensures \forall integer i; 0 <= i < cpus ==> cpu[i].remote == 0;
      ensures \forall integer q; 0 <= q < z->n ==> owner[q] == KEEL_CPUS_MAX;
    complete behaviors; disjoint behaviors; */
enum keel_status keel_cpus_init(struct keel_cpus *k, struct keel_pages *z, uint64_t addr, struct keel_cpu *cpu, uint32_t cpus,
                                uint8_t *owner)
{
  if (cpus == 0 || cpus > KEEL_CPUS_MAX) return KEEL_BAD_ARGUMENT;
  k->z = z;
  k->addr = addr;
  k->cpu = cpu;
  k->cpus = cpus;
  k->owner = owner;
  /*@ loop invariant 0 <= i <= cpus && \forall integer j; 0 <= j < i ==> cpu[j].remote == 0;
      loop assigns i, cpu[0 .. cpus - 1].remote;
      loop variant cpus - i; */
  for (uint32_t i = 0; i < cpus; i++) cpu[i].remote = 0;
  mark_pages(owner, 0, z->n, KEEL_CPUS_MAX);
  return KEEL_OK;
}

/*@ requires HeldNone(held) && \valid_read(k) && k->cpus <= KEEL_CPUS_MAX && caches == KEEL_KMALLOC_CLASSES;
    requires cpu < k->cpus ==> p == k->cpu + cpu && PLACE(p, k) && addr == k->addr;
    assigns p->k \from k; assigns p->remote \from remote; assigns NEW_CPU, held[0 .. KEEL_LOCK_PAGES];
    ensures HeldNone(held);
    behavior none:
      assumes cpu >= k->cpus;
      assigns \nothing;
      ensures \result == KEEL_BAD_ARGUMENT;
    behavior there:
      assumes cpu < k->cpus;
      ensures InvB(z, st, ord);
      NEW_OR_NOT
    complete behaviors; disjoint behaviors; */
enum keel_status keel_cpu_init(struct keel_cpus *k, uint32_t cpu, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                               struct keel_cache *cache, struct keel_remote *remote) /*@ ghost (CPUS, struct keel_cpu *p, uint64_t addr, uint32_t caches) */
{
  if (cpu >= k->cpus) return KEEL_BAD_ARGUMENT;
  keel_lock(cpu) /*@ ghost (held) */;
  //@ assert p == k->cpu + cpu;
  enum keel_status e = add_cpu(&k->cpu[cpu], k, cpu, k->addr, map, slab, slabs, cache, remote) /*@ ghost (s, z, st, ord, caches) */;
  keel_unlock(cpu) /*@ ghost (held) */;
  return e;
}

/*@ requires CPU(p, s, z, st, ord) && HeldNone(held);
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS
    ensures HeldNone(held);
    behavior bad:
      assumes flags > KMALLOC_FLAGS || size > KEEL_KMALLOC_MAX;
      assigns \nothing;
      ensures \result == 0;
      SAME_LIVE
    behavior nothing:
      assumes flags <= KMALLOC_FLAGS && size == 0;
      assigns \nothing;
      ensures \result == KEEL_ZERO_SIZE;
      SAME_LIVE
    behavior ok:
      assumes flags <= KMALLOC_FLAGS && size != 0 && size <= KEEL_KMALLOC_MAX;
      CPU_TOOK(\old(place(&p->m, size, 0)))
    complete behaviors; disjoint behaviors; */
uint64_t keel_cpu_alloc(struct keel_cpu *p, uint64_t size, uint32_t flags) /*@ ghost (CPUS) */
{
  if (KEEL_UNLIKELY(size == 0 || size > KEEL_KMALLOC_SMALL || flags > KEEL_NOWAIT)) {
    if (size > KEEL_KMALLOC_MAX || flags > (KEEL_NOWAIT | KEEL_ZERO)) return 0;
    return size == 0 ? KEEL_ZERO_SIZE : take_request(p, (uint32_t)size, flags, 0) /*@ ghost (s, z, st, ord, held) */;
  }
  return take_sized(p, (uint32_t)size) /*@ ghost (s, z, st, ord, held) */;
}

/*@ requires CPU(p, s, z, st, ord) && HeldNone(held);
    assigns EVERYTHING, NOTES_OF(p), OWNERS, held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS
    ensures HeldNone(held);
    behavior bad:
      assumes flags > KMALLOC_FLAGS || size > KEEL_KMALLOC_MAX || !Alignable(s, align);
      assigns \nothing;
      ensures \result == 0;
      SAME_LIVE
    behavior nothing:
      assumes flags <= KMALLOC_FLAGS && size == 0 && Alignable(s, align);
      assigns \nothing;
      ensures \result == KEEL_ZERO_SIZE;
      SAME_LIVE
    behavior ok:
      assumes flags <= KMALLOC_FLAGS && size != 0 && size <= KEEL_KMALLOC_MAX && Alignable(s, align);
      CPU_TOOK(\old(place(&p->m, size, align)))
      ensures \result != 0 && align != 0 ==> \result % align == 0;
    complete behaviors; disjoint behaviors; */
uint64_t keel_cpu_alloc_aligned(struct keel_cpu *p, uint64_t size, uint64_t align, uint32_t flags) /*@ ghost (CPUS) */
{
  //@ assert s == &p->m.s;
  if (flags > (KEEL_NOWAIT | KEEL_ZERO) || size > KEEL_KMALLOC_MAX) return 0;
  if (align > KEEL_KMALLOC_MAX || !can_align(&p->m.s, (uint32_t)align)) return 0;
  return size == 0 ? KEEL_ZERO_SIZE : take_request(p, (uint32_t)size, flags, (uint32_t)align) /*@ ghost (s, z, st, ord, held) */;
}

/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && OTHER(p, s, q, t, z, a);
    assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES], q->remote[0 .. t->slabs], q->some, q->waiting[0 .. 4];
    KEEPS_CPU SAME_BOUNDS OTHERS_LEFT
    ensures HeldNone(held);
    behavior own:
      assumes IN_SLAB(s, a);
      assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES];
      FREED_LIVE(a)
    behavior other:
      assumes !IN_SLAB(s, a) && IN_OTHER(p, s, q, t, a);
      NOTED_THERE PAGES_STAY SAME_LIVE
    behavior pages:
      assumes !IN_SLAB(s, a) && !IN_OTHER(p, s, q, t, a);
      FREED_OUTSIDE(a) SAME_LIVE
    complete behaviors; disjoint behaviors; */
enum keel_status keel_cpu_free(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS, struct keel_cpu *q, struct keel_slabs *t) */
{
  if (KEEL_UNLIKELY(slab_of(&p->m.s, a) == 0)) return free_elsewhere(p, a) /*@ ghost (s, z, st, ord, held, q, t) */;
  return free_inside(p, a) /*@ ghost (s, z, st, ord, held) */;
}

/*@ requires CPU(p, s, z, st, ord) && HeldNone(held) && OTHER(p, s, q, t, z, a);
    assigns held[0 .. KEEL_LOCK_PAGES];
    ensures HeldNone(held);
    behavior own:
      assumes IN_SLAB(s, a);
      ensures LIVE_SIZE(p, s, a, \result);
    behavior other:
      assumes !IN_SLAB(s, a) && IN_OTHER(p, s, q, t, a);
      ensures LIVE_SIZE(q, t, a, \result);
    behavior pages:
      assumes !IN_SLAB(s, a) && !IN_OTHER(p, s, q, t, a);
      BLOCK_SIZE(a)
    complete behaviors; disjoint behaviors; */
uint64_t keel_cpu_size(const struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS, struct keel_cpu *q, struct keel_slabs *t) */
{
  if (slab_of(&p->m.s, a) != 0) return size_for(p, p->number, a) /*@ ghost (s, z, held) */;
  uint32_t n = size_elsewhere(p, a) /*@ ghost (s, z, st, ord, held, q, t) */;
  return n != KEEL_NONE ? n : size_outside(p, a) /*@ ghost (s, z, st, ord, held) */;
}

/*@ requires CPU(p, s, z, st, ord) && HeldNone(held);
    assigns EVERYTHING, NOTES_OF(p), held[0 .. KEEL_LOCK_PAGES];
    KEEPS_CPU SAME_BOUNDS OTHERS_KEPT SAME_LIVE
    ensures HeldNone(held);
    ensures NoNote(p->remote, s->slabs);
    ensures \forall integer g; Used(s, g) ==> !Empty(s, g);
    ensures \result == p->missed; */
int32_t keel_cpu_drain(struct keel_cpu *p) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  drain(p) /*@ ghost (s, z, st, ord, held) */;
  int32_t missed = p->missed;
  unlock_both(number) /*@ ghost (held) */;
  return missed;
}
