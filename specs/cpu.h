// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of kmalloc for several CPUs (core/cpu.c).

   What another CPU freed is noted, and carried out later.  An object is live if it is in use and not noted; in these terms
   the functions do what those of core/kmalloc.c do.  Which locks are held is in a ghost array, an element a lock: who changes
   pages or notes says that he holds theirs, and who says nothing of them takes none. */
#ifndef KEEL_SPECS_CPU_H
#define KEEL_SPECS_CPU_H

/*@ // bit b of v, which has four
    logic integer nibble(integer v, integer b) = b == 0 ? v % 2 : b == 1 ? v / 2 % 2 : b == 2 ? v / 4 % 2 : v / 8 % 2;
    // object i of slab h is noted
    predicate Note{L}(struct keel_remote *r, integer h, integer i) = nibble(r[h].freed[i / 4], i % 4) == 1;
    // how many slabs have noted objects, of the first n
    logic integer nnoted{L}(struct keel_remote *r, integer n) = n <= 0 ? 0 : nnoted(r, n - 1) + (r[n].noted == 0 ? 0 : 1);
    // the number whose digits are b, in base 128, the lowest first
    logic integer num{L}(int8_t *b) = b[0] + 128 * b[1] + 16384 * b[2] + 2097152 * b[3] + 268435456 * b[4];
    predicate Digits{L}(int8_t *b) = 0 <= b[0] && 0 <= b[1] && 0 <= b[2] && 0 <= b[3] && 0 <= b[4] <= 1;
    logic integer queue{L}(struct keel_remote *r, integer i) = num(&r[i].queue[0]);
    // w slabs of n have such, and are in the queue, each once
    predicate Queue{L}(struct keel_remote *r, integer w, integer n) = w == nnoted(r, n) &&
      (\forall integer i; 0 <= i < w ==> Digits(&r[i].queue[0]) && 1 <= queue(r, i) <= n && r[queue(r, i)].noted == 1) &&
      (\forall integer i, j; 0 <= i < j < w ==> queue(r, i) != queue(r, j));
    // and the others have none
    predicate Notes{L}(struct keel_remote *r, integer n) = \forall integer h; 1 <= h <= n ==> (r[h].noted == 0 || r[h].noted == 1) &&
      \forall integer x; 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> 0 <= r[h].freed[x] < 16 && (r[h].noted == 0 ==> r[h].freed[x] == 0);
    // what is noted is in use
    predicate Sound{L}(struct keel_remote *r, struct keel_slabs *s) = \forall integer h, i; 1 <= h <= s->slabs && 0 <= i < 256 && Note(r, h, i) ==> InUse(s, h, i);
    // all that is a CPU's own is there, and apart (what differs in type from all that others write is so anyway)
    predicate Remote{L}(struct keel_cpu *p, struct keel_slabs *s, struct keel_pages *z) = \valid(p) && s == &p->m.s && s->caches == KEEL_KMALLOC_CLASSES && \valid_read(p->k) &&
      \valid(p->remote + (0 .. s->slabs)) && \valid(p->k->owner + (0 .. s->pages - 1)) && p->number < KEEL_CPUS_MAX && \separated(p, p->remote + (0 .. s->slabs)) &&
      \separated(p->k->owner + (0 .. s->pages - 1), p) && \separated(p->k->owner + (0 .. s->pages - 1), z->tag + (0 .. 1024 * z->u - 1)) && \separated(p, z->tag + (0 .. 1024 * z->u - 1)) &&
      \separated(p, s->slab + (0 .. s->slabs + s->caches)) && \separated(p, z->ref + (0 .. 1024 * z->u - 1));
    // as many as p says, if any
    predicate Waiting{L}(struct keel_cpu *p, integer n) = Digits(&p->waiting[0]) && (p->some == 0 || p->some == 1) && (p->some == 0 <==> num(&p->waiting[0]) == 0) &&
      Queue(p->remote, num(&p->waiting[0]), n);
    // object i of slab h is in use, and nobody has freed it
    predicate LiveObject{L}(struct keel_cpu *p, struct keel_slabs *s, integer h, integer i) = InUse(s, h, i) && !Note(p->remote, h, i);
    // the pages of the slabs are marked as this CPU's
    predicate Owner{L}(struct keel_cpu *p, struct keel_slabs *s) = \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> p->k->owner[q] == p->number;
    predicate OwnerBut{L}(struct keel_cpu *p, struct keel_slabs *s, integer h) = \forall integer g, q; Used(s, g) && g != h && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> p->k->owner[q] == p->number;
    // locks held: none; that of CPU n; that and that of the pages
    predicate HeldNone{L}(_Bool *held) = \valid(held + (0 .. KEEL_CPUS_MAX)) && \forall integer l; 0 <= l <= KEEL_CPUS_MAX ==> held[l] == 0;
    predicate HeldOne{L}(_Bool *held, integer n) = \valid(held + (0 .. KEEL_CPUS_MAX)) && 0 <= n < KEEL_CPUS_MAX && held[n] == 1 && \forall integer l; 0 <= l <= KEEL_CPUS_MAX && l != n ==> held[l] == 0;
    predicate HeldBoth{L}(_Bool *held, integer n) = \valid(held + (0 .. KEEL_CPUS_MAX)) && 0 <= n < KEEL_CPUS_MAX && held[n] == 1 && held[KEEL_CPUS_MAX] == 1 && \forall integer l; 0 <= l < KEEL_CPUS_MAX && l != n ==> held[l] == 0;
*/
#define CPUS HEAPS, _Bool \ghost *held
/* The invariants of a CPU: its instance, and its notes; but for what is noted being in use. */
#define CPU_HEAP(p, s, z, st, ord) (HEAP(&(p)->m, s, z, st, ord) && Remote(p, s, z) && Owner(p, s))
#define CPU_ANY(p, s, z, st, ord) (CPU_HEAP(p, s, z, st, ord) && Notes((p)->remote, s->slabs) && Waiting(p, s->slabs))
#define CPU(p, s, z, st, ord) (CPU_ANY(p, s, z, st, ord) && Sound((p)->remote, s))
#define KEEPS_ITS_HEAP                                                                                           \
  ensures SInv(s); ensures InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st);             \
  ensures CLASSES(s) && Tables(&p->m) && Alone(&p->m, s, z); ensures Remote(p, s, z); ensures Owner(p, s);
#define KEEPS_NOTES ensures Notes(p->remote, s->slabs); ensures Waiting(p, s->slabs);
/* What is in use is where it was. */
#define SAME_PLACES                                                                                              \
  ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
/* Object i of slab h is not in use; all others in use stay, and none comes. */
#define ENDED(h, i)                                                                                              \
  ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j)) && !(g == h && j == i);                 \
  SAME_PLACES
/* In a loop: KEEPS_ITS_HEAP, SAME_BOUNDS, SAME_CACHES, OTHERS_KEPT, NO_SLAB_COMES and SAME_PLACES. */
#define LOOP_ITS_HEAP \
  loop invariant STEP_BOUNDS; \
  loop invariant STEP_CACHES; \
  loop invariant STEP_OTHERS; \
  loop invariant SInv(s); \
  loop invariant InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st); \
  loop invariant CLASSES(s) && Tables(&p->m) && Alone(&p->m, s, z); \
  loop invariant Remote(p, s, z); \
  loop invariant Owner(p, s); \
  loop invariant s->addr == \at(s->addr, Pre); \
  loop invariant \forall integer g; Used(s, g) ==> \at(Used(s, g), Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre); \
  loop invariant \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \at(obj(s, g, j), Pre) && s->slab[g].cache == \at(s->slab[g].cache, Pre);

/*@ ghost
  // what counts the slabs is none of the notes
  /@ requires Remote(p, s, z);
     assigns \nothing;
     ensures \forall integer e, i; 0 <= e <= s->slabs && 0 <= i < 5 ==> &p->remote[e].noted != &p->waiting[i] && &p->remote[e].noted != &p->some;
     ensures \forall integer e, x, i; 0 <= e <= s->slabs && 0 <= i < 5 && 0 <= x < 5 ==> &p->remote[e].queue[x] != &p->waiting[i] && &p->remote[e].queue[x] != &p->some;
     ensures \forall integer e, x, i; 0 <= e <= s->slabs && 0 <= i < 5 && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> &p->remote[e].freed[x] != &p->waiting[i] && &p->remote[e].freed[x] != &p->some; @/
  void lem_counter(struct keel_cpu *p, struct keel_slabs *s, struct keel_pages *z) { }

  // fewer slabs than there are have notes if one has none
  /@ requires \valid_read(r + (0 .. n)) && 1 <= h <= n && n < 0xffffffff && r[h].noted == 0;
     assigns \nothing;
     ensures 0 <= nnoted(r, n) < n; @/
  void lem_not_all(const struct keel_remote *r, uint32_t n, uint32_t h) {
    /@ loop invariant 0 <= i <= n && 0 <= nnoted(r, i) <= i - (i >= h ? 1 : 0);
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
    }
  }

  // none has if none counts
  /@ requires \valid_read(r + (0 .. n)) && n < 0xffffffff;
     assigns \nothing;
     ensures 0 <= nnoted(r, n) <= n;
     ensures nnoted(r, n) == 0 ==> \forall integer h; 1 <= h <= n ==> r[h].noted == 0; @/
  void lem_none_noted(const struct keel_remote *r, uint32_t n) {
    /@ loop invariant 0 <= i <= n && 0 <= nnoted(r, i) <= i;
       loop invariant nnoted(r, i) == 0 ==> \forall integer h; 1 <= h <= i ==> r[h].noted == 0;
       loop assigns i; loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      /@ assert nnoted(r, i + 1) == nnoted(r, i) + (r[i + 1].noted == 0 ? 0 : 1); @/
    }
  }

  // a nibble with one bit more
  /@ requires 0 <= v < 16 && b < 4 && nibble(v, b) == 0;
     assigns \nothing;
     ensures v + P2(b) < 16;
     ensures \forall integer c; 0 <= c < 4 ==> nibble(v + P2(b), c) == (c == b ? 1 : nibble(v, c)); @/
  void lem_nibble(int8_t v, uint32_t b) { }
*/
#endif
