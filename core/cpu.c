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
RACY uint64_t peek_word(const uint64_t *p) { return *(const volatile uint64_t *)(p); }
RACY int8_t peek_some(const struct keel_cpu *p) { return *(const volatile int8_t *)(&p->some); }
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
    KEEPS_ITS_HEAP SAME_CACHES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT ENDED(h, i) */
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
    KEEPS_ITS_HEAP SAME_CACHES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT ENDED(h, i) */
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
    KEEPS_ITS_HEAP SAME_CACHES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
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
    KEEPS_ITS_HEAP SAME_CACHES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
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

/* The notes of slab h go to w; it has none left. */
/*@ requires Arrays(s) && Remote(p, s, z) && Waiting(p, s->slabs) && Notes(p->remote, s->slabs) && 1 <= h <= s->slabs && \valid(w + (0 .. KEEL_SLAB_OBJECTS / 4 - 1));
    requires \separated(w + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), p->remote + (0 .. s->slabs)) && \separated(w + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), p);
    assigns w[0 .. KEEL_SLAB_OBJECTS / 4 - 1], p->remote[h].freed[0 .. KEEL_SLAB_OBJECTS / 4 - 1];
    KEEPS_NOTES
    ensures num(&p->waiting[0]) == \old(num(&p->waiting[0])) && nnoted(p->remote, s->slabs) == \old(nnoted(p->remote, s->slabs));
    ensures \forall integer e; 0 <= e <= s->slabs ==> queue(p->remote, e) == \old(queue(p->remote, e)) && p->remote[e].noted == \old(p->remote[e].noted);
    ensures \forall integer g, x; 0 <= g <= s->slabs && g != h && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> p->remote[g].freed[x] == \old(p->remote[g].freed[x]);
    ensures \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> w[x] == \old(p->remote[h].freed[x]) && p->remote[h].freed[x] == 0; */
static inline void move_notes(struct keel_cpu *p, uint32_t h, int8_t *w) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  int8_t *f = p->remote[h].freed;
  /*@ loop invariant 0 <= x <= KEEL_SLAB_OBJECTS / 4;
      loop invariant \forall integer y; 0 <= y < x ==> w[y] == \at(p->remote[h].freed[y], Pre) && f[y] == 0;
      loop invariant \forall integer y; x <= y < KEEL_SLAB_OBJECTS / 4 ==> f[y] == \at(p->remote[h].freed[y], Pre);
      loop invariant \forall integer e; 0 <= e <= s->slabs ==> p->remote[e].noted == \at(p->remote[e].noted, Pre);
      loop invariant \forall integer e, y; 0 <= e <= s->slabs && 0 <= y < 5 ==> p->remote[e].queue[y] == \at(p->remote[e].queue[y], Pre);
      loop invariant \forall integer g, y; 0 <= g <= s->slabs && g != h && 0 <= y < KEEL_SLAB_OBJECTS / 4 ==> p->remote[g].freed[y] == \at(p->remote[g].freed[y], Pre);
      loop invariant p->some == \at(p->some, Pre) && \forall integer y; 0 <= y < 5 ==> p->waiting[y] == \at(p->waiting[y], Pre);
      loop assigns x, w[0 .. KEEL_SLAB_OBJECTS / 4 - 1], p->remote[h].freed[0 .. KEEL_SLAB_OBJECTS / 4 - 1];
      loop variant KEEL_SLAB_OBJECTS / 4 - x; */
  for (uint32_t x = 0; x < KEEL_SLAB_OBJECTS / 4u; x++) {
    //@ assert \forall integer e; 0 <= e <= s->slabs ==> &p->remote[e].noted != w + x && &p->remote[e].noted != f + x;
    //@ assert \forall integer e, y; 0 <= e <= s->slabs && 0 <= y < 5 ==> &p->remote[e].queue[y] != w + x && &p->remote[e].queue[y] != f + x;
    w[x] = f[x];
    f[x] = 0;
  }
  //@ assert \forall integer e; 0 <= e <= s->slabs ==> queue(p->remote, e) == \at(queue(p->remote, e), Pre) && (Digits(&p->remote[e].queue[0]) <==> \at(Digits(&p->remote[e].queue[0]), Pre));
  //@ assert num(&p->waiting[0]) == \at(num(&p->waiting[0]), Pre) && Digits(&p->waiting[0]);
  //@ assert Notes(p->remote, s->slabs);
  /*@ ghost
    /@ loop invariant 0 <= i <= s->slabs;
       loop invariant nnoted(p->remote, i) == nnoted{Pre}(p->remote, i);
       loop assigns i; loop variant s->slabs - i; @/
    for (uint32_t i = 0; i < s->slabs; i++) {
      /@ assert nnoted(p->remote, i + 1) == nnoted(p->remote, i) + (p->remote[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(p->remote, i + 1) == nnoted{Pre}(p->remote, i) + (\at(p->remote[\at(i, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
  //@ assert nnoted(p->remote, s->slabs) == num(&p->waiting[0]);
  //@ assert \forall integer i; 0 <= i < num(&p->waiting[0]) ==> Digits(&p->remote[i].queue[0]) && 1 <= queue(p->remote, i) <= s->slabs && p->remote[queue(p->remote, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < num(&p->waiting[0]) ==> queue(p->remote, i) != queue(p->remote, j);
  //@ assert Queue(p->remote, num(&p->waiting[0]), s->slabs);
}

/* n slabs are in the queue. */
/*@ requires Remote(p, s, z) && n <= SLABS_MAX;
    assigns p->some, p->waiting[0 .. 4];
    ensures Digits(&p->waiting[0]) && num(&p->waiting[0]) == n && p->some == (n == 0 ? 0 : 1);
    ensures \forall integer e; 0 <= e <= s->slabs ==> p->remote[e].noted == \old(p->remote[e].noted);
    ensures \forall integer e, x; 0 <= e <= s->slabs && 0 <= x < 5 ==> p->remote[e].queue[x] == \old(p->remote[e].queue[x]);
    ensures \forall integer e, x; 0 <= e <= s->slabs && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> p->remote[e].freed[x] == \old(p->remote[e].freed[x]); */
static inline void set_waiting(struct keel_cpu *p, uint32_t n) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  //@ ghost lem_counter(p, s, z);
  put_number(p->waiting, n);
  p->some = n != 0;
}

/* Slab h, the last of n in the queue, has no notes. */
/*@ requires Arrays(s) && Remote(p, s, z) && Queue(p->remote, n, s->slabs) && 0 < n && h == queue(p->remote, n - 1) && Notes(p->remote, s->slabs);
    requires \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> p->remote[h].freed[x] == 0;
    assigns p->remote[h].noted;
    ensures Notes(p->remote, s->slabs);
    ensures Queue(p->remote, n - 1, s->slabs); */
static inline void no_notes(struct keel_cpu *p, uint32_t h) /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint32_t n) */
{
  //@ assert 1 <= h <= s->slabs && p->remote[h].noted == 1;
  p->remote[h].noted = 0;
  /*@ ghost
    /@ loop invariant 0 <= i <= s->slabs;
       loop invariant nnoted(p->remote, i) == nnoted{Pre}(p->remote, i) - (i >= h ? 1 : 0);
       loop assigns i; loop variant s->slabs - i; @/
    for (uint32_t i = 0; i < s->slabs; i++) {
      /@ assert nnoted(p->remote, i + 1) == nnoted(p->remote, i) + (p->remote[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{Pre}(p->remote, i + 1) == nnoted{Pre}(p->remote, i) + (\at(p->remote[\at(i, Here) + 1].noted, Pre) == 0 ? 0 : 1); @/
    } */
  //@ assert \forall integer i; 0 <= i <= s->slabs ==> queue(p->remote, i) == \at(queue(p->remote, i), Pre);
  //@ assert \forall integer i; 0 <= i < n - 1 ==> queue(p->remote, i) != h;
  //@ assert \forall integer i; 0 <= i < n - 1 ==> Digits(&p->remote[i].queue[0]);
  //@ assert \forall integer e; 1 <= e <= s->slabs && e != h ==> p->remote[e].noted == \at(p->remote[e].noted, Pre);
  //@ assert \forall integer e, x; 1 <= e <= s->slabs && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> p->remote[e].freed[x] == \at(p->remote[e].freed[x], Pre);
  //@ assert nnoted(p->remote, s->slabs) == n - 1;
  //@ assert \forall integer i; 0 <= i < n - 1 ==> 1 <= queue(p->remote, i) <= s->slabs && p->remote[queue(p->remote, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < n - 1 ==> queue(p->remote, i) != queue(p->remote, j);
}

/* Slab h, the last of n in the queue, leaves it. */
/*@ requires Arrays(s) && Remote(p, s, z) && Waiting(p, s->slabs) && n == num(&p->waiting[0]) && 0 < n <= s->slabs && h == queue(p->remote, n - 1) && Notes(p->remote, s->slabs);
    requires \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> p->remote[h].freed[x] == 0;
    assigns p->remote[h].noted, p->waiting[0 .. 4], p->some;
    KEEPS_NOTES
    ensures num(&p->waiting[0]) == n - 1; */
static inline void leave_queue(struct keel_cpu *p, uint32_t h, uint32_t n) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  no_notes(p, h) /*@ ghost (s, z, n) */;
  //@ ghost L: ;
  set_waiting(p, n - 1u) /*@ ghost (s, z) */;
  //@ assert \forall integer i; 0 <= i <= s->slabs ==> queue(p->remote, i) == \at(queue(p->remote, i), L) && (Digits(&p->remote[i].queue[0]) <==> \at(Digits(&p->remote[i].queue[0]), L));
  /*@ ghost
    /@ loop invariant 0 <= i <= s->slabs;
       loop invariant nnoted(p->remote, i) == nnoted{L}(p->remote, i);
       loop assigns i; loop variant s->slabs - i; @/
    for (uint32_t i = 0; i < s->slabs; i++) {
      /@ assert nnoted(p->remote, i + 1) == nnoted(p->remote, i) + (p->remote[i + 1].noted == 0 ? 0 : 1); @/
      /@ assert nnoted{L}(p->remote, i + 1) == nnoted{L}(p->remote, i) + (\at(p->remote[\at(i, Here) + 1].noted, L) == 0 ? 0 : 1); @/
    } */
  //@ assert \forall integer i; 0 <= i < n - 1 ==> Digits(&p->remote[i].queue[0]) && 1 <= queue(p->remote, i) <= s->slabs && p->remote[queue(p->remote, i)].noted == 1;
  //@ assert \forall integer i, j; 0 <= i < j < n - 1 ==> queue(p->remote, i) != queue(p->remote, j);
  //@ assert Queue(p->remote, n - 1, s->slabs);
  //@ assert num(&p->waiting[0]) == n - 1 && Digits(&p->waiting[0]) && p->some == (n == 1 ? 0 : 1);
  //@ assert p->some == 0 <==> num(&p->waiting[0]) == 0;
  //@ assert p->some == 0 || p->some == 1;
  //@ assert Queue(p->remote, num(&p->waiting[0]), s->slabs);
}

/* What others freed of the last slab in the queue, which leaves it, goes to w; answers which that is. */
/*@ requires Arrays(s) && Remote(p, s, z) && Waiting(p, s->slabs) && Notes(p->remote, s->slabs) && p->some != 0 && \valid(w + (0 .. KEEL_SLAB_OBJECTS / 4 - 1));
    requires \separated(w + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), p->remote + (0 .. s->slabs)) && \separated(w + (0 .. KEEL_SLAB_OBJECTS / 4 - 1), p);
    assigns w[0 .. KEEL_SLAB_OBJECTS / 4 - 1], p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4];
    KEEPS_NOTES
    ensures 1 <= \result <= s->slabs;
    ensures 0 <= num(&p->waiting[0]) == \old(num(&p->waiting[0])) - 1;
    ensures \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> 0 <= w[x] < 16;
    ensures \forall integer j; 0 <= j < 256 ==> nibble(w[j / 4], j % 4) == \old(nibble(p->remote[\result].freed[j / 4], j % 4)) && !Note(p->remote, \result, j);
    ensures \forall integer g, j; 1 <= g <= s->slabs && g != \result && 0 <= j < 256 ==> (Note(p->remote, g, j) <==> \old(Note(p->remote, g, j))); */
static uint32_t take_notes(struct keel_cpu *p, int8_t *w) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  //@ ghost lem_none_noted(p->remote, s->slabs);
  uint32_t n = get_number(p->waiting), h = get_number(p->remote[n - 1u].queue);
  //@ assert 0 < n <= s->slabs && h == queue(p->remote, n - 1) && 1 <= h <= s->slabs && p->remote[h].noted == 1;
  move_notes(p, h, w) /*@ ghost (s, z) */;
  leave_queue(p, h, n) /*@ ghost (s, z) */;
  return h;
}

/* What others freed of the last slab in the queue is free. */
/*@ requires CPU_ANY(p, s, z, st, ord) && p->some != 0;
    assigns EVERYTHING, p->missed, p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4];
    KEEPS_ITS_HEAP KEEPS_NOTES SAME_CACHES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    ensures 0 <= num(&p->waiting[0]) == \old(num(&p->waiting[0])) - 1;
    ensures \forall integer g, j; LiveObject(p, s, g, j) <==> \old(LiveObject(p, s, g, j));
    SAME_PLACES */
static void collect_last(struct keel_cpu *p) /*@ ghost (HEAPS) */
{
  int8_t w[KEEL_SLAB_OBJECTS / 4u];
  //@ assert \forall integer g, j; InUse(s, g, j) ==> 1 <= g <= s->slabs && 0 <= j < 256;
  uint32_t h = take_notes(p, w) /*@ ghost (s, z) */;
  carry_out_all(p, h, w) /*@ ghost (s, z, st, ord) */;
}

/* What others freed is free. */
/*@ requires CPU_ANY(p, s, z, st, ord) && HeldBoth(held, p->number);
    assigns EVERYTHING, p->missed, p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4];
    KEEPS_ITS_HEAP KEEPS_NOTES SAME_CACHES SAME_BOUNDS NO_SLAB_COMES OTHERS_KEPT
    ensures \forall integer h; 1 <= h <= s->slabs ==> p->remote[h].noted == 0;
    ensures \forall integer g, j; InUse(s, g, j) <==> \old(LiveObject(p, s, g, j));
    SAME_PLACES */
static void collect(struct keel_cpu *p) /*@ ghost (CPUS) */
{
  //@ ghost lem_none_noted(p->remote, s->slabs);
  /*@ LOOP_ITS_HEAP
      loop invariant Notes(p->remote, s->slabs);
      loop invariant Waiting(p, s->slabs);
      loop invariant \forall integer g, j; LiveObject(p, s, g, j) <==> \at(LiveObject(p, s, g, j), Pre);
      loop invariant 0 <= num(&p->waiting[0]);
      loop assigns EVERYTHING_THEN, p->missed, p->remote[0 .. \at(s->slabs, Pre)], p->some, p->waiting[0 .. 4];
      loop variant num(&p->waiting[0]); */
  while (p->some != 0) {
    collect_last(p) /*@ ghost (s, z, st, ord) */;
  }
  //@ ghost lem_none_noted(p->remote, s->slabs);
}

/* ---- locks ---- */

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
  //@ assert Table(&p->m.small[0], KEEL_KMALLOC_SMALL / 8, 8);
  //@ assert Table(&p->m.wide[0], KEEL_OBJECT_MAX / 128, 128);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* A word with free objects for cache c, which hands out from none, from what others freed or from a new slab; 0 if there is
   none.  Under both locks. */
static int refill(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  struct keel_slabs *t = &p->m.s;
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  if (t->cache[c].word == 0 && !find_any(t, c) /*@ ghost (z, st, ord) */) return 0;
  own_slab(p, (uint32_t)t->cache[c].active) /*@ ghost (s, z, st, ord, held) */;
  return 1;
}

/* The same, from a slab near at hand first, which takes no lock. */
static int find_word(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  if (find_near(&p->m.s, c) /*@ ghost (z, st, ord) */) return 1;
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  int found = refill(p, c) /*@ ghost (s, z, st, ord, held) */;
  unlock_both(number) /*@ ghost (held) */;
  return found;
}

/* An object of cache c, which hands out from no word; 0 if there is none. */
KEEL_NOINLINE uint64_t take_slow(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  if (!find_word(p, c) /*@ ghost (s, z, st, ord, held) */) return 0;
  return take_class(&p->m, c) /*@ ghost (s, z, st, ord) */;
}

/* An object of cache c; 0 if there is none. */
KEEL_INLINE uint64_t take_fast(struct keel_cpu *p, uint32_t c) /*@ ghost (CPUS) */
{
  if (KEEL_UNLIKELY(p->m.s.cache[c].word == 0)) return take_slow(p, c) /*@ ghost (s, z, st, ord, held) */;
  return take_class(&p->m, c) /*@ ghost (s, z, st, ord) */;
}

/* A block of pages, 0 if there is none. */
static uint64_t take_blocks(struct keel_cpu *p, uint32_t to) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  uint64_t a = take_any(&p->m, to) /*@ ghost (s, z, st, ord) */;
  unlock_both(number) /*@ ghost (held) */;
  return a;
}

/* Memory for so many bytes, 0 if there is none. */
KEEL_NOINLINE uint64_t take_request(struct keel_cpu *p, uint32_t size, uint32_t flags) /*@ ghost (CPUS) */
{
  uint32_t to = place_for(&p->m, size, 0);
  uint64_t a = to < BLOCKS ? take_fast(p, to) /*@ ghost (s, z, st, ord, held) */ : take_blocks(p, to) /*@ ghost (s, z, st, ord, held) */;
  if (a != 0 && (flags & KEEL_ZERO) != 0) keel_zero(a, bytes_of(&p->m.s, to));
  return a;
}

/* ---- to give back ---- */

/* Slab h has notes from now on. */
static void enter_queue(struct keel_cpu *p, uint32_t h) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  uint32_t n = get_number(p->waiting);
  put_number(p->remote[n].queue, h);
  p->remote[h].noted = 1;
  set_waiting(p, n + 1u) /*@ ghost (s, z) */;
}

/* Notes down that object i of slab h, which is in use, is free; KEEL_ALREADY_FREE if that was done before. */
static enum keel_status note_object(struct keel_cpu *p, uint32_t h, uint32_t i) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  int8_t *f = &p->remote[h].freed[i / 4u];
  if (bit_of(*f, i % 4u) != 0) return KEEL_ALREADY_FREE;
  if (p->remote[h].noted == 0) enter_queue(p, h) /*@ ghost (s, z) */;
  *f = (int8_t)(*f + (int8_t)pages_of(i % 4u));
  return KEEL_OK;
}

/* Notes down that a, in a page that was this CPU's, is free; KEEL_OUT_OF_RANGE if the page is not, or the CPU is not there.
   Under its lock. */
static enum keel_status note_free(struct keel_cpu *p, uint64_t a) /*@ ghost (struct keel_slabs *s, struct keel_pages *z) */
{
  if (p->remote == 0) return KEEL_OUT_OF_RANGE;
  const struct keel_slabs *t = &p->m.s;
  uint64_t d = a - t->addr;
  uint32_t h = t->map[d / KEEL_PAGE_SIZE];
  if (h == 0) return KEEL_OUT_OF_RANGE;
  uint32_t i = object_at(t, h, d) /*@ ghost (a) */;
  if (i >= t->slab[h].nobj) return KEEL_NOT_HEAD;
  if (w_tst(peek_word(&t->slab[h].free[i / 64u]), i % 64u) != 0) return KEEL_ALREADY_FREE;
  return note_object(p, h, i) /*@ ghost (s, z) */;
}

/* The same for CPU b, under its lock. */
static enum keel_status note_for(const struct keel_cpus *k, uint32_t b, uint64_t a) /*@ ghost (struct keel_slabs *s, struct keel_pages *z, _Bool \ghost *held) */
{
  keel_lock(b) /*@ ghost (held) */;
  enum keel_status e = note_free(&k->cpu[b], a) /*@ ghost (s, z) */;
  keel_unlock(b) /*@ ghost (held) */;
  return e;
}

/* keel_kfree of what is no object of another CPU's. */
static enum keel_status free_own(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  enum keel_status e = keel_kfree(&p->m, a) /*@ ghost (s, z, st, ord) */;
  unlock_both(number) /*@ ghost (held) */;
  return e;
}

/* What is not an object of this CPU's whose slab has others in use. */
KEEL_NOINLINE enum keel_status free_other(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  const struct keel_slabs *t = &p->m.s;
  uint64_t page = (a - t->addr) / KEEL_PAGE_SIZE;
  if (a >= t->addr && page < t->pages && t->map[page] == 0) {
    uint8_t b = peek_owner(p->k->owner, page);
    if (b != p->number) {
      enum keel_status e = note_for(p->k, b, a) /*@ ghost (s, z, held) */;
      if (e != KEEL_OUT_OF_RANGE) return e;
    }
  }
  return free_own(p, a) /*@ ghost (s, z, st, ord, held) */;
}

/* The slab of this CPU that a is in, 0 if it is in none. */
static inline uint32_t slab_of(const struct keel_slabs *s, uint64_t a)
{
  return a < s->addr || (a - s->addr) / KEEL_PAGE_SIZE >= s->pages ? 0 : s->map[(a - s->addr) / KEEL_PAGE_SIZE];
}

/* ---- a new CPU ---- */

/* keel_cpu_init of CPU cpu; under its lock. */
static enum keel_status add_cpu(struct keel_cpus *k, uint32_t cpu, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                                struct keel_cache *cache, struct keel_remote *remote) /*@ ghost (HEAPS) */
{
  struct keel_cpu *p = &k->cpu[cpu];
  if (p->remote != 0) return KEEL_BUSY;
  enum keel_status e = keel_slabs_init(&p->m.s, k->z, k->addr, map, slab, slabs, cache, KEEL_KMALLOC_CLASSES) /*@ ghost (st, ord) */;
  if (e != KEEL_OK) return e;
  (void)keel_kmalloc_init(&p->m) /*@ ghost (s, z, st, ord) */; /* none of its caches is in use */
  for (uint32_t h = 0; h <= slabs; h++) {
    remote[h].noted = 0;
    for (uint32_t x = 0; x < KEEL_SLAB_OBJECTS / 4u; x++) remote[h].freed[x] = 0;
  }
  p->k = k;
  p->remote = remote;
  p->number = (uint8_t)cpu;
  p->missed = 0;
  set_waiting(p, 0) /*@ ghost (s, z) */;
  return KEEL_OK;
}

/* ---- public ---- */

enum keel_status keel_cpus_init(struct keel_cpus *k, struct keel_pages *z, uint64_t addr, struct keel_cpu *cpu, uint32_t cpus,
                                uint8_t *owner)
{
  if (cpus == 0 || cpus > KEEL_CPUS_MAX) return KEEL_BAD_ARGUMENT;
  k->z = z;
  k->addr = addr;
  k->cpu = cpu;
  k->cpus = cpus;
  k->owner = owner;
  for (uint32_t i = 0; i < cpus; i++) cpu[i].remote = 0;
  for (uint32_t p = 0; p < z->n; p++) owner[p] = 0;
  return KEEL_OK;
}

enum keel_status keel_cpu_init(struct keel_cpus *k, uint32_t cpu, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                               struct keel_cache *cache, struct keel_remote *remote) /*@ ghost (CPUS) */
{
  if (cpu >= k->cpus) return KEEL_BAD_ARGUMENT;
  keel_lock(cpu) /*@ ghost (held) */;
  enum keel_status e = add_cpu(k, cpu, map, slab, slabs, cache, remote) /*@ ghost (s, z, st, ord) */;
  keel_unlock(cpu) /*@ ghost (held) */;
  return e;
}

uint64_t keel_cpu_alloc(struct keel_cpu *p, uint64_t size, uint32_t flags) /*@ ghost (CPUS) */
{
  if (KEEL_UNLIKELY(size == 0 || size > KEEL_KMALLOC_SMALL || flags > KEEL_NOWAIT)) {
    if (size > KEEL_KMALLOC_MAX || flags > (KEEL_NOWAIT | KEEL_ZERO)) return 0;
    return size == 0 ? KEEL_ZERO_SIZE : take_request(p, (uint32_t)size, flags) /*@ ghost (s, z, st, ord, held) */;
  }
  return take_fast(p, p->m.small[((uint32_t)size - 1u) / 8u]) /*@ ghost (s, z, st, ord, held) */;
}

enum keel_status keel_cpu_free(struct keel_cpu *p, uint64_t a) /*@ ghost (CPUS) */
{
  if (KEEL_UNLIKELY(peek_some(p) != 0 || slab_of(&p->m.s, a) == 0)) return free_other(p, a) /*@ ghost (s, z, st, ord, held) */;
  struct found f = find_live(&p->m.s, a) /*@ ghost (z, st, ord) */;
  if (KEEL_UNLIKELY(f.live != 1 || p->m.s.slab[f.slab].live == 1)) return free_other(p, a) /*@ ghost (s, z, st, ord, held) */;
  return end_object(&p->m, f.slab, f.index, f.word) /*@ ghost (s, z, st, ord, a) */;
}

uint32_t keel_cpu_drain(struct keel_cpu *p) /*@ ghost (CPUS) */
{
  uint32_t number = p->number;
  lock_both(number) /*@ ghost (held) */;
  collect(p) /*@ ghost (s, z, st, ord, held) */;
  (void)sweep(&p->m.s, KEEL_KMALLOC_CLASSES) /*@ ghost (z, st, ord) */; /* of all caches */
  uint32_t missed = (uint32_t)p->missed;
  unlock_both(number) /*@ ghost (held) */;
  return missed;
}
