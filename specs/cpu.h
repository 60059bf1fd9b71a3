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
    // nothing is noted
    predicate NoNote{L}(struct keel_remote *r, integer n) = \forall integer h, i; 1 <= h <= n && 0 <= i < 256 ==> !Note(r, h, i);
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
    // object i of some slab starts at a, and is live
    predicate LiveAt{L}(struct keel_cpu *p, struct keel_slabs *s, integer a) = \exists integer i; At(s, a, i) && LiveObject(p, s, slab_at(s, a), i);
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
#define KEEPS_HEAP_OF_CPU                                                                                        \
  ensures SInv(s); ensures InvB(z, st, ord) && Apart(s, z) && Own(s, z, st, ord) && OwnPages(s, st);             \
  ensures CLASSES(s) && Tables(&p->m) && Alone(&p->m, s, z); ensures Remote(p, s, z);
#define KEEPS_ITS_HEAP KEEPS_HEAP_OF_CPU ensures Owner(p, s);
#define KEEPS_NOTES ensures Notes(p->remote, s->slabs); ensures Waiting(p, s->slabs);
#define KEEPS_CPU ensures CPU(p, s, z, st, ord);
/* The same, where its parts are easier to prove one by one. */
#define KEEPS_CPU_EACH KEEPS_ITS_HEAP KEEPS_NOTES ensures Sound(p->remote, s);
/* What changes with the notes of p, and with the ownership of pages. */
#define NOTES_OF(p) p->missed, p->remote[0 .. s->slabs], p->some, p->waiting[0 .. 4]
#define OWNERS p->k->owner[0 .. s->pages - 1]
/* Pages that were allocated, and in no slab of p, have the owner that they had. */
#define OWNERS_STAY                                                                                              \
  ensures \forall integer q; 0 <= q < s->pages && \old(st[q]) != FREE && \old(s->map[q]) == 0 ==> p->k->owner[q] == \old(p->k->owner[q]);
#define STEP_OWNERS (\forall integer q; 0 <= q < s->pages && \at(st[q], Pre) != FREE && \at(s->map[q], Pre) == 0 ==> p->k->owner[q] == \at(p->k->owner[q], Pre))
/* All objects are live or not as before; live ones are where they were. */
#define SAME_LIVE                                                                                                \
  ensures \forall integer g, j; LiveObject(p, s, g, j) <==> \old(LiveObject(p, s, g, j));                        \
  LIVE_PLACES
#define LIVE_PLACES                                                                                              \
  ensures \forall integer g, j; LiveObject(p, s, g, j) && \old(LiveObject(p, s, g, j)) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
/* The result says whether cache c has a word with free objects; if not then all its objects are live, the pages have no block for a slab, or there is no slab, and no slab is empty. */
#define WORD(c)                                                                                                  \
  ensures \result == 0 || \result == 1;                                                                          \
  ensures \result == 1 ==> s->cache[c].word != 0;                                                                \
  ensures \result == 0 ==> ALL_TAKEN(c);                                                                         \
  ensures \result == 0 ==> (s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[c].order)) && \forall integer g; Used(s, g) ==> !Empty(s, g);
/* An object of cache c, at \result, that was not is live, and nothing else. */
#define NEW_LIVE(c)                                                                                              \
  ensures \let h = s->cache[c].active; Used(s, h) && s->slab[h].cache == c + 1 && \exists integer i; \result == obj(s, h, i) && LiveObject(p, s, h, i) && !\old(LiveObject(p, s, h, i)) && \
    \forall integer g, j; g != h || j != i ==> (LiveObject(p, s, g, j) <==> \old(LiveObject(p, s, g, j)));       \
  LIVE_PLACES                                                                                                    \
  ensures Placed(s, z, st, ord, \result, c);                                                                    \
  ensures \result % divisor(pbytes(c)) == 0;
/* In terms of live objects what TOOK says in those of objects in use: memory of this place at \result, or 0. */
#define CPU_TOOK(place)                                                                                          \
  LIVE_PLACES OTHERS_KEPT OWNERS_STAY                                                                            \
  ensures \forall integer g, j; \old(LiveObject(p, s, g, j)) ==> LiveObject(p, s, g, j);                         \
  ensures \result != 0 ==> Placed(s, z, st, ord, \result, place);                                                \
  ensures \result != 0 ==> \result % divisor(pbytes(place)) == 0;                                                \
  ensures \result != 0 && place < KEEL_KMALLOC_CLASSES ==> \exists integer h, i; \result == obj(s, h, i) && LiveObject(p, s, h, i) && !\old(LiveObject(p, s, h, i)) && \
    \forall integer g, j; g != h || j != i ==> (LiveObject(p, s, g, j) <==> \old(LiveObject(p, s, g, j)));       \
  ensures \result != 0 && place >= KEEL_KMALLOC_CLASSES ==> \let q0 = (\result - s->addr) / PAGE; q0 + P2(place - KEEL_KMALLOC_CLASSES) <= s->pages && \forall integer q; \
    q0 <= q < q0 + P2(place - KEEL_KMALLOC_CLASSES) ==> s->map[q] == 0 && (\old(st[q]) == FREE || \old(s->map[q]) != 0); \
  ensures \result == 0 || place >= KEEL_KMALLOC_CLASSES ==> \forall integer g, j; LiveObject(p, s, g, j) ==> \old(LiveObject(p, s, g, j)); \
  ensures \result == 0 ==> NoNote(p->remote, s->slabs) && \forall integer g; Used(s, g) ==> !Empty(s, g);      \
  ensures \result == 0 && place >= KEEL_KMALLOC_CLASSES ==> !SomeFree(st, ord, z->u, place - KEEL_KMALLOC_CLASSES); \
  ensures \result == 0 && place < KEEL_KMALLOC_CLASSES ==> s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[place].order); \
  ensures \result == 0 && place < KEEL_KMALLOC_CLASSES ==> ALL_TAKEN(place);
/* What is in use is where it was. */
#define SAME_PLACES                                                                                              \
  ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
/* Object i of slab h is not in use; all others in use stay, and none comes. */
#define ENDED(h, i)                                                                                              \
  ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j)) && !(g == h && j == i);                 \
  SAME_PLACES
/* a is in a slab of s. */
#define IN_SLAB(s, a) (InArea(s, a) && slab_at(s, a) != 0)
/* p's slabs and notes can be read, and notes added. */
#define NOTABLE(p, sl, z) (sl == &p->m.s && Arrays(sl) && Rings(sl) && Caches(sl) && Slabs(sl) && Map(sl) && Remote(p, sl, z) && Notes(p->remote, sl->slabs) && Waiting(p, sl->slabs) && Sound(p->remote, sl))
/* If a is live then it is noted from now on; else the result says what is wrong. */
#define NOTED(p, s, a)                                                                                           \
  ensures \result == KEEL_OUT_OF_RANGE <==> slab_at(s, a) == 0;                                                  \
  ensures Notes(p->remote, s->slabs); ensures Waiting(p, s->slabs); ensures Sound(p->remote, s);                 \
  ensures slab_at(s, a) != 0 ==> (\result == KEEL_OK <==> \old(LiveAt(p, s, a)));                                \
  ensures slab_at(s, a) != 0 && !\old(LiveAt(p, s, a)) ==> (Starts(s, a) ==> \result == KEEL_ALREADY_FREE) && (!Starts(s, a) ==> \result == KEEL_NOT_HEAD); \
  ensures \forall integer g, j; LiveObject(p, s, g, j) <==> \old(LiveObject(p, s, g, j)) && !(slab_at(s, a) != 0 && g == slab_at(s, a) && At(s, a, j));
/* What is q's is apart from the notes of p, r of n slabs. */
#define BESIDE(p, r, n, q, t) (\separated(q, p) && \separated(q->remote + (0 .. t->slabs), r + (0 .. n)) && \separated(q->remote + (0 .. t->slabs), p) && \separated(q, r + (0 .. n)))
/* q is the CPU that owns the page of a, if that is another than p. */
#define OWNED_BY_OTHER(p, s, a) (InArea(s, a) && p->k->owner[(a - s->addr) / PAGE] != p->number && p->k->owner[(a - s->addr) / PAGE] != KEEL_CPUS_MAX)
#define OTHER(p, s, q, t, z, a) (BESIDE(p, p->remote, s->slabs, q, t) && (OWNED_BY_OTHER(p, s, a) ==> q == p->k->cpu + p->k->owner[(a - s->addr) / PAGE] && \
  NOTABLE(q, t, z) && t->addr == s->addr && t->pages == s->pages))
#define IN_OTHER(p, s, q, t, a) (OWNED_BY_OTHER(p, s, a) && slab_at(t, a) != 0)
/* The same for a, which is in a slab of q. */
#define NOTED_THERE                                                                                              \
  ensures OWNED_BY_OTHER(p, s, a) ==> NOTABLE(q, t, z);                                                          \
  ensures IN_OTHER(p, s, q, t, a) ==> (\result == KEEL_OK <==> \old(LiveAt(q, t, a)));                           \
  ensures IN_OTHER(p, s, q, t, a) && !\old(LiveAt(q, t, a)) ==> (Starts(t, a) ==> \result == KEEL_ALREADY_FREE) && (!Starts(t, a) ==> \result == KEEL_NOT_HEAD); \
  ensures OWNED_BY_OTHER(p, s, a) ==> \forall integer g, j; LiveObject(q, t, g, j) <==> \old(LiveObject(q, t, g, j)) && !(slab_at(t, a) != 0 && g == slab_at(t, a) && At(t, a, j));
/* n is the size of the live object at a, in a slab of s, or 0 if none is live there. */
#define LIVE_SIZE(p, s, a, n) ((n == 0 <==> !LiveAt(p, s, a)) && (LiveAt(p, s, a) ==> n == s->cache[s->slab[slab_at(s, a)].cache - 1].size))
/* The result is that of the large block at a, or 0 if there is none. */
#define BLOCK_SIZE(a)                                                                                            \
  ensures \result == 0 <==> !Block(s, z, st, ord, a);                                                            \
  ensures Block(s, z, st, ord, a) ==> \result == PAGE * P2(ord[(a - s->addr) / PAGE]);
/* No page changes. */
#define PAGES_STAY                                                                                               \
  ensures \forall integer q0; 0 <= q0 < s->pages ==> KEEPS(Pre, q0) && s->map[q0] == \old(s->map[q0]) && z->ref[q0] == \old(z->ref[q0]);
/* What a free answers at a, which is in a slab of p's: if a is live then it is not from now on; else the result says what is wrong. */
#define FREED_LIVE(a)                                                                                            \
  ensures \result == KEEL_OK <==> \old(LiveAt(p, s, a));                                                         \
  ensures !\old(LiveAt(p, s, a)) ==> (\old(Starts(s, a)) ==> \result == KEEL_ALREADY_FREE) && (!\old(Starts(s, a)) ==> \result == KEEL_NOT_HEAD); \
  ensures \forall integer g, j; LiveObject(p, s, g, j) <==> \old(LiveObject(p, s, g, j) && !(g == slab_at(s, a) && At(s, a, j))); \
  LIVE_PLACES
/* And where a is in no slab: a large block is free and no other page changes, or nothing does. */
#define FREED_OUTSIDE(a)                                                                                         \
  ensures \old(Block(s, z, st, ord, a)) ==> \result == KEEL_OK && !Block(s, z, st, ord, a) && \let p0 = (a - s->addr) / PAGE; \forall integer q0; p0 <= q0 < p0 + P2(\old(ord[(a - s->addr) / PAGE])) ==> st[q0] == FREE; \
  ensures !\old(Block(s, z, st, ord, a)) ==> Refused(s, z, st, ord, a, \result);                                 \
  ensures \forall integer q0; 0 <= q0 < s->pages && !\old(PageOf(s, z, st, ord, a, q0)) ==> KEEPS(Pre, q0) && s->map[q0] == \old(s->map[q0]) && z->ref[q0] == \old(z->ref[q0]);
/* All pages of others but those of a large block at a stay. */
#define OTHERS_LEFT                                                                                              \
  ensures \forall integer q0; 0 <= q0 < s->pages && \old(st[q0] != FREE && s->map[q0] == 0 && !PageOf(s, z, st, ord, a, q0)) ==> \
    KEEPS(Pre, q0) && s->map[q0] == 0 && z->ref[q0] == \old(z->ref[q0]);
/* What a new CPU is made of is there and apart. */
#define FIELDS_OF(c) c[0 .. KEEL_KMALLOC_CLASSES - 1], c[0 .. KEEL_KMALLOC_CLASSES - 1].size, c[0 .. KEEL_KMALLOC_CLASSES - 1].mult, \
  c[0 .. KEEL_KMALLOC_CLASSES - 1].nobj, c[0 .. KEEL_KMALLOC_CLASSES - 1].order, c[0 .. KEEL_KMALLOC_CLASSES - 1].pages
#define FREE_PLACE (s == &p->m.s && \valid(p) && GIVEN && InvB(z, st, ord) && \separated(p, z) && \separated(p, z->tag + (0 .. 1024 * z->u - 1)) && \separated(p, map + (0 .. z->n - 1)) && \
  \separated(p, slab + (0 .. slabs + caches)) && \separated(p, cache + (0 .. caches - 1)))
#define PLACE(p, k) (k->z == z && FREE_PLACE && \valid(remote + (0 .. slabs)) && \separated(p, remote + (0 .. slabs)) && \separated(p, k) && \valid(k->owner + (0 .. z->n - 1)) && \
  \separated(k->owner + (0 .. z->n - 1), p) && \separated(k->owner + (0 .. z->n - 1), z->tag + (0 .. 1024 * z->u - 1)) && \separated(p, z->ref + (0 .. 1024 * z->u - 1)) && \
  \separated(k, map + (0 .. z->n - 1)) && \separated(k, slab + (0 .. slabs + caches)) && \separated(k, cache + (0 .. caches - 1)))
#define CPU_PLACE(p, k, remote) (s->caches == KEEL_KMALLOC_CLASSES && \valid_read(k) && \valid(remote + (0 .. s->slabs)) && \valid(k->owner + (0 .. s->pages - 1)) && \separated(p, remote + (0 .. s->slabs)) && \
  \separated(k->owner + (0 .. s->pages - 1), p) && \separated(k->owner + (0 .. s->pages - 1), z->tag + (0 .. 1024 * z->u - 1)) && \separated(p, z->tag + (0 .. 1024 * z->u - 1)) && \
  \separated(p, s->slab + (0 .. s->slabs + s->caches)) && \separated(p, z->ref + (0 .. 1024 * z->u - 1)) && \separated(p, k) && \separated(p, z))
#define NEW_CPU *p, map[0 .. z->n - 1], slab[0 .. slabs + caches], cache[0 .. caches - 1], FIELDS_OF(cache), remote[0 .. slabs]
#define NEW_OR_NOT                                                                                               \
  ensures \result == KEEL_BUSY <==> \old(p->remote) != 0;                                                        \
  ensures \result == KEEL_BAD_ARGUMENT <==> \old(p->remote == 0 && !INITIABLE);                                  \
  ensures \result == KEEL_OK <==> \old(p->remote == 0 && INITIABLE);                                             \
  ensures \result == KEEL_OK ==> CPU(p, s, z, st, ord);                                                          \
  ensures \result == KEEL_OK ==> p->k == k && p->remote == remote && s->slabs == slabs && s->addr == addr && s->map == map && s->slab == slab && s->cache == cache; \
  ensures \result == KEEL_OK ==> \forall integer h, i; !LiveObject(p, s, h, i);                                  \
  ensures \result != KEEL_OK ==> p->remote == \old(p->remote);
/* In a loop: KEEPS_ITS_HEAP, SAME_BOUNDS, OTHERS_KEPT, NO_SLAB_COMES and SAME_PLACES. */
#define LOOP_ITS_HEAP \
  loop invariant STEP_BOUNDS; \
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

  // no other object starts where one does
  /@ requires Caches(s) && Slabs(s) && Map(s) && Rings(s) && At(s, a, i);
     assigns \nothing;
     ensures At(s, a, i) && \forall integer j; At(s, a, j) ==> j == i; @/
  void lem_once(const struct keel_slabs *s, uint64_t a, uint32_t i) {
    /@ assert SInv(s) ==> Arrays(s); @/
  }

  // nor is anything noted then
  /@ requires Notes(r, n) && \forall integer h; 1 <= h <= n ==> r[h].noted == 0;
     assigns \nothing;
     ensures NoNote(r, n); @/
  void lem_no_note(const struct keel_remote *r, uint32_t n) {
    /@ assert \forall integer h, x; 1 <= h <= n && 0 <= x < KEEL_SLAB_OBJECTS / 4 ==> r[h].freed[x] == 0; @/
    /@ assert \forall integer b; nibble(0, b) == 0; @/
  }

  // a nibble with one bit more
  /@ requires 0 <= v < 16 && b < 4 && nibble(v, b) == 0;
     assigns \nothing;
     ensures v + P2(b) < 16;
     ensures \forall integer c; 0 <= c < 4 ==> nibble(v + P2(b), c) == (c == b ? 1 : nibble(v, c)); @/
  void lem_nibble(int8_t v, uint32_t b) { }
*/
#endif
