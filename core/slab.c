// SPDX-License-Identifier: MIT OR Apache-2.0
/* Slab caches.

   1. A slab is a block of pages cut into objects of one size.  One bit an object, "it is free", in up to four words of
      the slab's descriptor, is all there is to know about them: a second free finds its bit set, and a free of anything
      but an object's first byte has no index (core/index.h).  map[] says which slab a page is of.
   2. A cache hands out objects from one slab, its active one, a word at a time: `word` holds the bits of that slab's
      word `at` that were set when it was loaded and have not been handed out.  To allocate is to take the lowest of
      them, and to clear the same bit in the slab; objects freed meanwhile wait until the word is loaded again.
   3. The other slabs of a cache are in a ring whose edge is node slabs + 1 + c, so that a free touches no list.  When
      the active slab has nothing left it joins the end of the ring, and the first slab in it that is not nearly full
      becomes active; of those that are, 16 at most are sent to the end before a new slab is made.  The unused
      descriptors are a ring too, that of node 0.
   4. A counter in a slab that waits in the ring triggers a look at its words; only these decide that it is empty.  One
      empty slab is kept for each cache, a second gives its pages back.  Before an allocation fails, all slabs of the
      cache are searched, and the empty ones of all caches are given up.

   Slabs are Bonwick's (The slab allocator: an object-caching kernel memory allocator, USENIX Summer 1994). */
#include "core/slab.h"
#include "core/bits.h"
#include "core/index.h"

#define LOOK 16u /* slabs looked at before a new one is made */

#include "specs/slab.h"

/* ---- rings ---- */

/* Takes node h out of its ring; it is a ring of its own then. */
/*@ requires 0 < n <= INT32_MAX && \valid(t + (0 .. n - 1)) && Ring(t, n) && h < n && RESTS;
    assigns t[t[h].prev .. t[h].prev].next, t[t[h].next .. t[h].next].prev, t[h .. h].next, t[h .. h].prev;
    ensures Ring(t, n);
    ensures t[h].next == h && t[h].prev == h;
    ensures \forall integer x; 0 <= x < n && t[x].cache != t[h].cache ==> t[x].next == \old(t[x].next);
    LIVE_KEPT
    REST_KEPT */
static inline void r_out(struct keel_slab *t, uint32_t h) /*@ ghost (uint32_t n, REST) */
{
  int32_t b = t[h].next, a = t[h].prev, i = (int32_t)h;
  //@ assert i == h && 0 <= a < n && 0 <= b < n && t[a].next == i && t[b].prev == i;
  t[a].next = b;
  t[b].prev = a;
  t[h].next = i;
  t[h].prev = i;
}

/* Puts h, a ring of its own, before e. */
/*@ requires 0 < n <= INT32_MAX && \valid(t + (0 .. n - 1)) && Ring(t, n) && h < n && e < n && t[h].next == h && h != e && t[h].cache == t[e].cache && RESTS;
    assigns t[t[e].prev].next, t[e].prev, t[h].next, t[h].prev;
    ensures Ring(t, n);
    ensures \forall integer x; 0 <= x < n && t[x].cache != t[e].cache ==> t[x].next == \old(t[x].next);
    LIVE_KEPT
    REST_KEPT */
static inline void r_in(struct keel_slab *t, uint32_t h, uint32_t e) /*@ ghost (uint32_t n, REST) */
{
  int32_t a = t[e].prev;
  //@ assert 0 <= a < n && t[a].next == e && t[a].cache == t[e].cache && t[h].prev == h && a != h;
  t[a].next = (int32_t)h;
  t[h].prev = a;
  t[h].next = (int32_t)e;
  t[e].prev = (int32_t)h;
  //@ assert \forall integer x; 0 <= x < n && x != a && x != h ==> t[x].next == \at(t[x].next, Pre) && t[x].next != h;
  //@ assert \forall integer x; 0 <= x < n && x != e && x != h ==> t[x].prev == \at(t[x].prev, Pre) && t[x].prev != h;
}

/* Sets the count of slab h. */
/*@ requires 0 < n <= INT32_MAX && \valid(t + (0 .. n - 1)) && Ring(t, n) && h < n && v >= 0 && RESTS;
    assigns t[h].live;
    ensures Ring(t, n);
    ensures t[h].live == v;
    LINKS_KEPT
    ensures \forall integer x; 0 <= x < n && x != h ==> t[x].live == \old(t[x].live);
    REST_KEPT */
static inline void r_live(struct keel_slab *t, uint32_t h, int32_t v) /*@ ghost (uint32_t n, REST) */
{
  t[h].live = v;
}

/* Node h leaves its ring. */
/*@ requires SInv(s) && Apart(s, z) && h <= s->slabs + s->caches;
    assigns s->slab[s->slab[h].prev].next, s->slab[s->slab[h].next].prev, s->slab[h].next, s->slab[h].prev;
    SINV Z_KEPT
    ensures s->slab[h].next == h && s->slab[h].prev == h;
    ensures s->slab[h].cache != 0 ==> s->slab[0].next == \old(s->slab[0].next); */
static inline void q_out(struct keel_slabs *s, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert 0 <= s->slab[h].prev < NODES(s) && 0 <= s->slab[h].next < NODES(s);
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].live >= 1;
  r_out(s->slab, h) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
  //@ assert \forall integer g; 0 <= g <= s->slabs ==> s->slab[g].live == \at(s->slab[g].live, Pre);
  //@ assert Live(s);
}

/* Node h, alone, joins the end of the ring of e, an edge. */
/*@ requires SInv(s) && Apart(s, z) && 1 <= h <= s->slabs && s->slab[h].next == h && s->slab[h].cache == s->slab[e].cache;
    requires e == 0 || s->slabs < e <= s->slabs + s->caches;
    requires s->slab[h].cache == 0 || s->cache[s->slab[h].cache - 1].active != h;
    assigns s->slab[s->slab[e].prev].next, s->slab[e].prev, s->slab[h].next, s->slab[h].prev;
    SINV Z_KEPT
    ensures s->slab[e].cache != 0 ==> s->slab[0].next == \old(s->slab[0].next); */
static inline void q_in(struct keel_slabs *s, uint32_t h, uint32_t e) /*@ ghost (struct keel_pages *z) */
{
  //@ assert 0 <= s->slab[e].prev < NODES(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> s->cache[d].active != h && s->cache[d].active != s->slab[e].prev;
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].live >= 1;
  r_in(s->slab, h, e) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
  //@ assert \forall integer g; 0 <= g <= s->slabs ==> s->slab[g].live == \at(s->slab[g].live, Pre);
  //@ assert \forall integer g; Used(s, g) ==> \at(Used(s, g), Pre);
  //@ assert Live(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> s->slab[s->cache[d].active].next == \at(s->slab[s->cache[d].active].next, Pre);
}

/* ---- objects ---- */

/* Object i of the word that cache c hands out from is in use. */
/*@ requires Arrays(s) && Apart(s, z) && c < s->caches && i < 64 && 0 <= s->cache[c].at < 4 && 0 <= s->cache[c].active <= s->slabs;
    assigns s->cache[c .. c].word, s->slab[s->cache[c].active].free[s->cache[c].at .. s->cache[c].at];
    Z_KEPT
    ensures \forall integer j; 0 <= j < 64 ==> (bit(s->cache[c].word, j) <==> \old(bit(s->cache[c].word, j)) && j != i);
    ensures \let h = s->cache[c].active; \let a = s->cache[c].at; \forall integer j; 0 <= j < 64 ==> (bit(s->slab[h].free[a], j) <==> \old(bit(s->slab[h].free[a], j)) && j != i);
    ensures \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 && (g != s->cache[c].active || v != s->cache[c].at) ==> s->slab[g].free[v] == \old(s->slab[g].free[v]);
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].word == \old(s->cache[d].word);
    SAME_LAYOUT */
KEEL_INLINE void use(struct keel_slabs *s, uint32_t c, uint32_t i) /*@ ghost (struct keel_pages *z) */
{
  struct keel_cache *k = &s->cache[c];
  uint32_t h = (uint32_t)k->active, a = (uint32_t)k->at;
  k->word = w_clr(k->word, i);
  s->slab[h].free[a] = w_clr(s->slab[h].free[a], i);
}

/* Hands out the next object of cache c. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word != 0;
    assigns s->cache[c].word, s->slab[s->cache[c].active].free[s->cache[c].at];
    SINV Z_KEPT
    ensures \let h = s->cache[c].active; \exists integer i; 0 <= i < s->slab[h].nobj && \result == obj(s, h, i) && \old(FreeBit(s, h, i)) && !FreeBit(s, h, i) &&
      \forall integer j; 0 <= j < 256 && j != i ==> (FreeBit(s, h, j) <==> \old(FreeBit(s, h, j))); */
KEEL_INLINE uint64_t pop(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  struct keel_cache *k = &s->cache[c];
  uint32_t i = w_ffs(k->word);
  //@ ghost uint32_t h = (uint32_t)k->active; uint32_t a = (uint32_t)k->at; uint32_t x = 64 * a + i;
  //@ assert Used(s, h) && s->slab[h].cache == c + 1;
  //@ assert x / 64 == a && x % 64 == i;
  //@ assert bit(s->slab[h].free[a], i);
  //@ assert KOk(k) && FreeBit(s, h, x);
  //@ assert x < s->slab[h].nobj;
  //@ assert k->first == s->addr + s->slab[h].page * PAGE + lead(a, k->size);
  //@ ghost lem_obj(s, h, x); lem_mul(i, 64, k->size); lem_lead(a, i, k->size); lem_at(s, h, c, x);
  uint64_t r = k->first + (uint64_t)i * k->size;
  //@ assert r == obj(s, h, x);
  use(s, c, i) /*@ ghost (z) */;
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer g, j; obj(s, g, j) == \at(obj(s, g, j), Pre);
  //@ assert \forall integer j; 0 <= j < 256 && j / 64 == a ==> (j % 64 == i <==> j == x);
  //@ assert s->cache[c].active == h && s->cache[c].at == a;
  //@ assert \let g = s->cache[c].active; \let v = s->cache[c].at; \forall integer j; 0 <= j < 64 ==> (bit(s->slab[g].free[v], j) <==> \at(bit(s->slab[s->cache[c].active].free[s->cache[c].at], j), Pre) && j != i);
  //@ assert !FreeBit(s, h, x);
  //@ assert \forall integer j; 0 <= j < 256 && j / 64 != a ==> s->slab[h].free[j / 64] == \at(s->slab[\at(h, Here)].free[j / 64], Pre);
  //@ assert \forall integer j; 0 <= j < 256 && j / 64 == a ==> (FreeBit(s, h, j) <==> \at(FreeBit(s, \at(h, Here), j), Pre) && j != x);
  //@ assert \forall integer j; 0 <= j < 256 && j != x ==> (FreeBit(s, h, j) <==> \at(FreeBit(s, \at(h, Here), j), Pre));
  //@ assert \forall integer g, j; 0 <= g <= s->slabs && 0 <= j < 256 && FreeBit(s, g, j) ==> \at(FreeBit(s, g, j), Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].first == \at(s->cache[d].first, Pre) && (d != c ==> s->cache[d].word == \at(s->cache[d].word, Pre));
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].word != 0 ==> \at(HotAt(s, d), Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert \forall integer d; 0 <= d < s->caches && d != c && s->cache[d].word != 0 ==> s->cache[d].active != h;
  //@ assert \forall integer d; 0 <= d < s->caches && d != c && s->cache[d].word != 0 ==> s->slab[s->cache[d].active].free[s->cache[d].at] == \at(s->slab[s->cache[d].active].free[s->cache[d].at], Pre);
  //@ assert \forall integer j; 0 <= j < 64 && bit(s->cache[c].word, j) ==> bit(s->slab[h].free[a], j);
  //@ assert \forall integer d, j; 0 <= d < s->caches && d != c && s->cache[d].word != 0 && 0 <= j < 64 && bit(s->cache[d].word, j) ==> bit(s->slab[s->cache[d].active].free[s->cache[d].at], j);
  return r;
}

/* Object i of slab h is free again: its word is w now. */
/*@ requires SInv(s) && Apart(s, z) && InUse(s, h, i);
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns s->slab[h].free[i / 64];
    SINV Z_KEPT
    ensures FreeBit(s, h, i);
    ensures \forall integer j; 0 <= j < 256 && j != i ==> (FreeBit(s, h, j) <==> \old(FreeBit(s, h, j))); */
KEEL_INLINE void unuse(struct keel_slabs *s, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (struct keel_pages *z) */
{
  s->slab[h].free[i / 64] = w;
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \at(s->cache[d].full[v], Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 && (g != h || v != i / 64) ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer j; 0 <= j < 256 && j / 64 == i / 64 ==> (j % 64 == i % 64 <==> j == i);
  //@ assert FreeBit(s, h, i) && \forall integer j; 0 <= j < 256 && j != i ==> (FreeBit(s, h, j) <==> \at(FreeBit(s, h, j), Pre));
  //@ assert \forall integer g, j; 0 <= g <= s->slabs && 0 <= j < 256 && !FreeBit(s, g, j) ==> !\at(FreeBit(s, g, j), Pre);
  //@ assert \forall integer g, j, v; 0 <= g <= s->slabs && 0 <= j < 64 && 0 <= v < 4 && \at(bit(s->slab[g].free[v], j), Pre) ==> bit(s->slab[g].free[v], j);
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].first == \at(s->cache[d].first, Pre) && s->cache[d].word == \at(s->cache[d].word, Pre);
}

/* The same, and the page instance is as before. */
/*@ requires BOTH(s, z, st, ord) && InUse(s, h, i);
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns s->slab[h].free[i / 64];
    KEEPS_BOTH
    ensures FreeBit(s, h, i);
    ensures \forall integer j; 0 <= j < 256 && j != i ==> (FreeBit(s, h, j) <==> \old(FreeBit(s, h, j))); */
KEEL_INLINE void take_back(struct keel_slabs *s, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (PAIR) */
{
  unuse(s, h, i, w) /*@ ghost (z) */;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* Hands out the next object of cache c, and the page instance is as before. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].word != 0;
    assigns s->cache[c].word, s->slab[s->cache[c].active].free[s->cache[c].at];
    KEEPS_BOTH NEW_OBJECT
    ensures \result != 0; */
KEEL_INLINE uint64_t hand_one(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  //@ ghost uint32_t h = (uint32_t)s->cache[c].active;
  //@ assert HotAt(s, c) && Used(s, h) && s->slab[h].cache == c + 1 && 1 <= s->slab[h].nobj <= 256;
  uint64_t r = pop(s, c) /*@ ghost (z) */;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer g, j; obj(s, g, j) == \at(obj(s, g, j), Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 && g != h ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre);
  //@ assert \forall integer g, j; g != h ==> (InUse(s, g, j) <==> \at(InUse(s, g, j), Pre));
  //@ ghost lem_above(s, h);
  return r;
}

/* ---- what a cache hands out next ---- */

/* Address of the first object of word w of slab h. */
/*@ requires Arrays(s) && Caches(s) && Slabs(s) && Rings(s) && Used(s, h) && w < 4 && 64 * w < s->slab[h].nobj && s->slab[h].cache == c + 1;
    assigns \nothing;
    ensures \result == s->addr + s->slab[h].page * PAGE + lead(w, s->cache[c].size); */
static inline uint64_t first_of(struct keel_slabs *s, uint32_t h, uint32_t w) /*@ ghost (uint32_t c) */
{
  uint32_t i = 64u * w, size = s->cache[s->slab[h].cache - 1u].size;
  //@ ghost lem_obj(s, h, i); lem_lead(w, 0, size);
  //@ assert 0 <= i * size <= 131072 && i * size == lead(w, size);
  uint64_t o = (uint64_t)i * size;
  //@ assert o == lead(w, size) && s->addr + s->slab[h].page * PAGE + o < 0x10000000000000000;
  return s->addr + (uint64_t)s->slab[h].page * KEEL_PAGE_SIZE + o;
}

/* Cache c hands out from word w of slab h, whose first object is at address first. */
/*@ requires Arrays(s) && Apart(s, z) && Ring(s->slab, NODES(s)) && c < s->caches && 1 <= h <= s->slabs && w < 4;
    assigns s->cache[c .. c].word, s->cache[c .. c].first, s->cache[c .. c].at, s->cache[c .. c].active, s->slab[h .. h].live;
    Z_KEPT
    ensures s->cache[c].word == s->slab[h].free[w] && s->cache[c].first == first && s->cache[c].at == w && s->cache[c].active == h && s->slab[h].live == INT32_MAX;
    ensures s->addr == \old(s->addr);
    ensures \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> s->slab[g].free[v] == \old(s->slab[g].free[v]);
    ensures Ring(s->slab, NODES(s));
    ensures \forall integer g; 0 <= g <= s->slabs + s->caches ==> s->slab[g].next == \old(s->slab[g].next) && (g != h ==> s->slab[g].live == \old(s->slab[g].live));
    ensures \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \old(s->cache[d].full[v]);
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].first == \old(s->cache[d].first) && s->cache[d].word == \old(s->cache[d].word);
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].active == \old(s->cache[d].active) && s->cache[d].at == \old(s->cache[d].at);
    ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].kept == \old(s->cache[d].kept); */
static inline void point(struct keel_slabs *s, uint32_t c, uint32_t h, uint32_t w, uint64_t first) /*@ ghost (struct keel_pages *z) */
{
  struct keel_cache *k = &s->cache[c];
  k->word = s->slab[h].free[w];
  k->first = first;
  k->at = w;
  k->active = h;
  r_live(s->slab, h, INT32_MAX) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
}

/* Makes word w of slab h, alone, some objects of which are free, the one that cache c hands out from. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && 1 <= h <= s->slabs && s->slab[h].cache == c + 1 && s->slab[h].next == h;
    requires w < 4 && 64 * w < s->slab[h].nobj && s->slab[h].free[w] != 0;
    assigns s->cache[c].word, s->cache[c].first, s->cache[c].at, s->cache[c].active, s->slab[h].live;
    SINV Z_KEPT SAME_OBJECTS SAME_FREE
    ensures s->cache[c].word != 0 && s->cache[c].active == h; */
static inline void set_word(struct keel_slabs *s, uint32_t c, uint32_t h, uint32_t w) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer d; 0 <= d < s->caches && d != c && s->cache[d].active != 0 ==> s->cache[d].active != h;
  point(s, c, h, w, first_of(s, h, w) /*@ ghost (c) */) /*@ ghost (z) */;
  //@ assert \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].active == \at(s->cache[d].active, Pre) && s->cache[d].at == \at(s->cache[d].at, Pre) && s->cache[d].word == \at(s->cache[d].word, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && d != c && s->cache[d].active != 0 ==> s->slab[s->cache[d].active].next == s->cache[d].active;
  //@ assert \forall integer d; 0 <= d < s->caches && d != c && s->cache[d].word != 0 ==> \at(HotAt(s, d), Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && d != c && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert s->slab[h].next == h && s->cache[c].first == s->addr + s->slab[h].page * PAGE + lead(s->cache[c].at, s->cache[c].size);
  //@ assert \forall integer g, j; FreeBit(s, g, j) && 0 <= g <= s->slabs && 0 <= j < 256 ==> \at(FreeBit(s, g, j), Pre);
}

/* The same for the first word from w on with a free object; 0 if there is none. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && 1 <= h <= s->slabs && s->slab[h].cache == c + 1 && s->slab[h].next == h && w <= 4;
    assigns s->cache[c].word, s->cache[c].first, s->cache[c].at, s->cache[c].active, s->slab[h].live;
    SINV Z_KEPT SAME_OBJECTS SAME_FREE
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0 && s->cache[c].active == h;
    ensures \result == 0 ==> s->cache[c].word == \old(s->cache[c].word) && s->cache[c].active == \old(s->cache[c].active) && s->cache[c].at == \old(s->cache[c].at) &&
      \forall integer i; 64 * w <= i < s->slab[h].nobj ==> !FreeBit(s, h, i); */
static int load(struct keel_slabs *s, uint32_t c, uint32_t h, uint32_t w) /*@ ghost (struct keel_pages *z) */
{
  /*@ loop invariant \at(w, Pre) <= w <= 4;
      loop invariant \forall integer i; 64 * \at(w, Pre) <= i < 64 * w ==> !FreeBit(s, h, i);
      loop assigns w;
      loop variant 4 - w; */
  for (; w < 4 && 64u * w < s->slab[h].nobj; w++) {
    if (s->slab[h].free[w] != 0) {
      set_word(s, c, h, w) /*@ ghost (z) */;
      return 1;
    }
    //@ assert \forall integer i; 64 * w <= i < 64 * w + 64 ==> i / 64 == w && !bit(s->slab[h].free[w], i % 64);
  }
  return 0;
}

/* Cache k has no active slab. */
/*@ requires \valid(k + (0 .. n - 1)) && c < n;
    assigns k[c .. c].active;
    ensures k[c].active == 0;
    ensures \forall integer d; 0 <= d < n ==> k[d].at == \old(k[d].at) && k[d].kept == \old(k[d].kept) && (d != c ==> k[d].active == \old(k[d].active)); */
static inline void no_active(struct keel_cache *k, uint32_t c) /*@ ghost (uint32_t n) */
{
  k[c].active = 0;
}

/* The active slab of cache c, all of whose objects are in use, goes to the end of the ring. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active != 0;
    assigns s->cache[c].active, s->slab[s->cache[c].active].live, s->slab[s->slab[s->slabs + 1 + c].prev].next, s->slab[s->slabs + 1 + c].prev, s->slab[s->cache[c].active].next, s->slab[s->cache[c].active].prev;
    SINV Z_KEPT SAME_OBJECTS
    ensures s->slab[0].next == \old(s->slab[0].next);
    ensures s->cache[c].active == 0; */
static inline void rest(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  uint32_t h = (uint32_t)s->cache[c].active;
  r_live(s->slab, h, (int32_t)s->slab[h].nobj) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
  no_active(s->cache, c) /*@ ghost (s->caches) */;
  //@ assert Rings(s) && Live(s);
  //@ assert Actives(s);
  //@ assert \forall integer d; 0 <= d < s->caches && d != c && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert Hot(s) && Words(s);
  q_in(s, h, s->slabs + 1u + c) /*@ ghost (z) */;
}

/* Slab h, which waits in the ring of cache c, is the one to hand out from if that is wanted and an object of it is free;
   else it goes to the end of the ring. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active == 0;
    requires 1 <= h <= s->slabs && s->slab[h].cache == c + 1;
    assigns HOT(c), LINKS;
    SINV Z_KEPT SAME_FREE
    ensures s->slab[0].next == \old(s->slab[0].next);
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0;
    ensures \result == 0 && wanted != 0 ==> \forall integer i; 0 <= i < s->slab[h].nobj ==> !FreeBit(s, h, i); */
static int turn_to(struct keel_slabs *s, uint32_t c, uint32_t h, int wanted) /*@ ghost (struct keel_pages *z) */
{
  uint32_t e = s->slabs + 1u + c;
  //@ assert 0 <= s->slab[h].prev < NODES(s) && 0 <= s->slab[h].next < NODES(s);
  q_out(s, h) /*@ ghost (z) */;
  //@ assert SAME_REFS;
  //@ assert s->slab[0].next == \at(s->slab[0].next, Pre);
  if (wanted) wanted = load(s, c, h, 0) /*@ ghost (z) */;
  //@ assert SAME_REFS;
  //@ assert s->slab[0].next == \at(s->slab[0].next, Pre);
  if (wanted) return 1;
  //@ assert s->slab[e].cache == c + 1;
  //@ assert Ring(s->slab, NODES(s)) && 0 <= e < NODES(s);
  //@ assert 0 <= s->slab[e].prev < NODES(s);
  q_in(s, h, e) /*@ ghost (z) */;
  //@ assert SAME_REFS;
  return 0;
}

/* Takes the first slab in the ring of cache c if enough of its objects are free, else sends it to the end. 1: taken;
   0: not; -1: there is none. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns HOT(c), LINKS;
    SINV Z_KEPT SAME_FREE
    ensures s->slab[0].next == \old(s->slab[0].next);
    ensures \result == 0 || \result == 1 || \result == -1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result != 1 ==> s->cache[c].word == 0 && s->cache[c].active == 0; */
static int look(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  uint32_t e = s->slabs + 1u + c, h = (uint32_t)s->slab[e].next;
  if (h == e) return -1;
  //@ assert s->slab[e].cache == c + 1 && h <= s->slabs + s->caches;
  //@ assert s->slab[h].cache == c + 1;
  //@ assert 1 <= h <= s->slabs;
  return turn_to(s, c, h, s->slab[h].live <= (int32_t)(s->slab[h].nobj - (s->slab[h].nobj + 15u) / 16u)) /*@ ghost (z) */;
}

/* The next word with a free object of the active slab of cache c is the one to hand out from; 0 if there is none. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active != 0;
    assigns s->cache[c].word, s->cache[c].first, s->cache[c].at, s->cache[c].active, s->slab[0 .. s->slabs + s->caches].live;
    SINV Z_KEPT SAME_FREE
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == \old(s->cache[c].active);
    ensures \result == 0 ==> \forall integer i; 0 <= i < s->slab[s->cache[c].active].nobj ==> !FreeBit(s, s->cache[c].active, i); */
static int turn_word(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  uint32_t h = (uint32_t)s->cache[c].active;
  //@ assert 1 <= h <= s->slabs && s->slab[h].cache == c + 1 && s->slab[h].next == h;
  int more = load(s, c, h, (uint32_t)s->cache[c].at + 1u) /*@ ghost (z) */;
  if (!more) more = load(s, c, h, 0) /*@ ghost (z) */;
  return more;
}

/* Finds a free object in the active slab of cache c, or sends that to the end of the ring. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active != 0;
    assigns HOT(c), LINKS;
    SINV Z_KEPT SAME_FREE
    ensures s->slab[0].next == \old(s->slab[0].next);
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0; */
static int stay(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  int more = turn_word(s, c) /*@ ghost (z) */;
  //@ assert SAME_REFS;
  //@ assert s->slab[0].next == \at(s->slab[0].next, Pre);
  if (more) return 1;
  //@ ghost uint32_t e = s->slabs + 1 + c;
  //@ assert Ring(s->slab, NODES(s)) && 0 <= e < NODES(s);
  //@ assert 0 <= s->slab[e].prev < NODES(s);
  rest(s, c) /*@ ghost (z) */;
  //@ assert SAME_REFS;
  //@ assert s->slab[0].next == \at(s->slab[0].next, Pre);
  return 0;
}

/* Finds a free object in one of the first LOOK slabs in the ring of cache c. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns HOT(c), LINKS;
    SINV Z_KEPT SAME_FREE
    ensures s->slab[0].next == \old(s->slab[0].next);
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0; */
static int look_on(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  /*@ loop invariant 0 <= i <= LOOK;
      LOOP_SINV
      loop invariant s->cache[c].active == 0 && s->cache[c].word == 0;
      loop assigns i, HOT(c), LINKS;
      loop variant LOOK - i; */
  for (uint32_t i = 0; i < LOOK; i++) {
    int found = look(s, c) /*@ ghost (z) */;
    if (found != 0) return found > 0;
  }
  return 0;
}

/* Finds a slab of cache c with a free object: the active one, or among the first LOOK that wait. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0;
    assigns HOT(c), LINKS;
    SINV Z_KEPT SAME_OBJECTS SAME_FREE SAME_OWNERS SAME_CACHES
    ensures s->slab[0].next == \old(s->slab[0].next);
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0; */
static int reload(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].nobj <= 256;
  int found = s->cache[c].active != 0 ? stay(s, c) /*@ ghost (z) */ : 0;
  return found ? 1 : look_on(s, c) /*@ ghost (z) */;
}

/* Finds one among all slabs. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns HOT(c), LINKS;
    SINV Z_KEPT SAME_OBJECTS SAME_FREE SAME_OWNERS SAME_CACHES
    ensures s->slab[0].next == \old(s->slab[0].next);
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0 &&
      \forall integer h, i; Used(s, h) && s->slab[h].cache == c + 1 && 0 <= i < s->slab[h].nobj ==> !FreeBit(s, h, i); */
static int search(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].nobj <= 256;
  /*@ loop invariant 1 <= h <= s->slabs + 1;
      LOOP_SINV
      loop invariant s->cache[c].active == 0 && s->cache[c].word == 0;
      loop invariant \forall integer g, i; 1 <= g < h && s->slab[g].cache == c + 1 && 0 <= i < s->slab[g].nobj ==> !\at(FreeBit(s, g, i), Pre);
      loop assigns h, HOT(c), LINKS;
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    if (s->slab[h].cache != c + 1u) continue;
    int found = turn_to(s, c, h, 1) /*@ ghost (z) */;
    //@ assert SAME_BITS;
    if (found) return 1;
    //@ assert \forall integer i; 0 <= i < s->slab[h].nobj ==> 0 <= i / 64 < 4 && !FreeBit(s, h, i);
    //@ assert \forall integer i; 0 <= i < s->slab[h].nobj ==> !\at(FreeBit(s, \at(h, Here), i), Pre);
  }
  //@ assert \forall integer g, i; Used(s, g) && s->slab[g].cache == c + 1 && 0 <= i < s->slab[g].nobj ==> 0 <= i / 64 < 4 && !FreeBit(s, g, i);
  //@ assert SAME_BITS;
  return 0;
}

/* ---- slabs ---- */

/* The objects of word w of slab h that are in use. */
/*@ requires \valid_read(s) && \valid_read(s->slab + h) && \valid_read(s->cache + (s->slab[h].cache - 1)) && 1 <= s->slab[h].cache && w < 4;
    assigns \nothing;
    ensures \forall integer j; 0 <= j < 64 ==> (bit(\result, j) <==> bit(s->cache[s->slab[h].cache - 1].full[w], j) && !bit(s->slab[h].free[w], j)); */
static inline uint64_t used_word(const struct keel_slabs *s, uint32_t h, uint32_t w)
{
  return s->cache[s->slab[h].cache - 1u].full[w] & ~s->slab[h].free[w];
}

/* 1 if no object of slab h is in use. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Full(s) && Slabs(s) && Used(s, h);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Empty(s, h); */
static int is_empty(const struct keel_slabs *s, uint32_t h)
{
  //@ ghost uint32_t c = s->slab[h].cache - 1u;
  //@ assert KOk(s->cache + c) && s->slab[h].nobj == s->cache[c].nobj;
  /*@ loop invariant 0 <= w <= 4;
      loop invariant \forall integer i; 0 <= i < 64 * w && i < s->slab[h].nobj ==> FreeBit(s, h, i);
      loop assigns w;
      loop variant 4 - w; */
  for (uint32_t w = 0; w < 4; w++) {
    uint64_t d = used_word(s, h, w);
    if (d != 0) {
      //@ ghost uint32_t j = lem_some(d); uint32_t i = 64 * w + j;
      //@ assert i / 64 == w && i % 64 == j && i < s->slab[h].nobj && !FreeBit(s, h, i);
      return 0;
    }
    //@ assert \forall integer i; 64 * w <= i < 64 * w + 64 && i < s->slab[h].nobj ==> i / 64 == w && bit(s->cache[c].full[i / 64], i % 64) && !bit(d, i % 64);
  }
  return 1;
}

/* Gives the elements lo .. hi - 1 of map the value v. */
/*@ requires \valid(map + (lo .. hi - 1));
    assigns map[lo .. hi - 1];
    ensures \forall integer p; lo <= p < hi ==> map[p] == v; */
static void fill(uint32_t *map, uint32_t lo, uint32_t hi, uint32_t v)
{
  /*@ loop invariant \at(lo, Pre) <= lo && (lo <= hi || lo == \at(lo, Pre));
      loop invariant \forall integer p; \at(lo, Pre) <= p < lo ==> map[p] == v;
      loop assigns lo, map[\at(lo, Pre) .. hi - 1];
      loop variant hi - lo; */
  for (; lo < hi; lo++) map[lo] = v;
}

/* The pages p .. p + n - 1 are of slab h, or of none if h is 0. */
/*@ requires Arrays(s) && Apart(s, z) && Owned(s) && Caches(s) && Slabs(s) && p + n <= s->pages;
    assigns s->map[0 .. s->pages - 1];
    ensures Owned(s); ensures Caches(s); ensures Slabs(s);
    SAME_OBJECTS
    ensures \forall integer q; p <= q < p + n ==> s->map[q] == h;
    ensures \forall integer q; 0 <= q < s->pages && !(p <= q < p + n) ==> s->map[q] == \old(s->map[q]);
    SAME_NUMBERS OTHERS_STAY(-1) */
static inline void set_map(struct keel_slabs *s, uint32_t p, uint32_t n, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer g, i, d; 0 <= d < s->caches && 1 <= g <= s->slabs && s->slab[g].cache == d + 1 ==> obj(s, g, i) == place(s->addr, s->slab[g].page, i, s->cache[d].size);
  //@ assert \forall integer g, d; 1 <= g <= s->slabs && 0 <= d < s->caches && s->slab[g].cache == d + 1 ==> s->cache[d].size != 0 && s->slab[g].nobj == s->cache[d].nobj && s->slab[g].mult == s->cache[d].mult && s->slab[g].pages == s->cache[d].pages;
  fill(s->map, p, p + n, h);
  //@ assert Owned(s);
  //@ assert \forall integer g; 1 <= g <= s->slabs ==> s->slab[g].cache == \at(s->slab[g].cache, Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, Pre);
  //@ assert \forall integer g, d; 1 <= g <= s->slabs && 0 <= d < s->caches && s->slab[g].cache == d + 1 ==> s->cache[d].size != 0 && s->slab[g].nobj == s->cache[d].nobj && s->slab[g].mult == s->cache[d].mult && s->slab[g].pages == s->cache[d].pages;
  //@ assert Slabs(s);
  //@ assert \forall integer g, i, d; 0 <= d < s->caches && 1 <= g <= s->slabs && s->slab[g].cache == d + 1 ==> obj(s, g, i) == place(s->addr, s->slab[g].page, i, s->cache[d].size);
  //@ assert \forall integer g, i, d; 0 <= d < s->caches && 1 <= g <= s->slabs && s->slab[g].cache == d + 1 ==> \at(obj(s, g, i), Pre) == place(s->addr, s->slab[g].page, i, s->cache[d].size);
}

/* (A function of its own, so that what is read afterwards is not read through a write.) */
/*@ requires \valid(t + h);
    assigns t[h .. h].cache;
    ensures t[h].cache == c; */
static inline void r_cache(struct keel_slab *t, uint32_t h, uint32_t c)
{
  t[h].cache = c;
}

/* Slab h is of the cache of this number, less 1, or unused if it is 0. */
/*@ requires Arrays(s) && Apart(s, z) && Owned(s) && Caches(s) && Slabs(s) && 1 <= h <= s->slabs && (c == 0 || Shaped(s, h, c - 1));
    assigns s->slab[h .. h].cache;
    ensures s->slab[h].cache == c;
    ensures Owned(s); ensures Caches(s); ensures Slabs(s);
    ensures \forall integer g, i; g != h ==> (InUse(s, g, i) <==> \old(InUse(s, g, i)));
    ensures \forall integer g, i; g != h && \old(InUse(s, g, i)) ==> obj(s, g, i) == \old(obj(s, g, i));
    ensures s->slab[h].nobj == \old(s->slab[h].nobj) && s->slab[h].mult == \old(s->slab[h].mult) && s->slab[h].page == \old(s->slab[h].page) && s->slab[h].pages == \old(s->slab[h].pages);
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == \old(s->map[q]);
    SAME_NUMBERS OTHERS_STAY(h) */
static inline void set_cache(struct keel_slabs *s, uint32_t h, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer g, i, d; 0 <= d < s->caches && 1 <= g <= s->slabs && s->slab[g].cache == d + 1 ==> obj(s, g, i) == place(s->addr, s->slab[g].page, i, s->cache[d].size);
  //@ assert \forall integer g, d; 1 <= g <= s->slabs && 0 <= d < s->caches && s->slab[g].cache == d + 1 ==> s->cache[d].size != 0 && s->slab[g].nobj == s->cache[d].nobj && s->slab[g].mult == s->cache[d].mult && s->slab[g].pages == s->cache[d].pages;
  //@ assert \forall integer d; 0 <= d < s->caches && c == d + 1 ==> s->cache[d].size != 0 && s->slab[h].nobj == s->cache[d].nobj && s->slab[h].mult == s->cache[d].mult && s->slab[h].pages == s->cache[d].pages;
  //@ assert \forall integer g; Used(s, g) || (g == h && c != 0) ==> s->slab[g].page + s->slab[g].pages <= s->pages;
  r_cache(s->slab, h, c);
  //@ assert Owned(s);
  //@ assert \forall integer g; 1 <= g <= s->slabs ==> (g != h ==> s->slab[g].cache == \at(s->slab[g].cache, Pre)) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, Pre);
  //@ assert \forall integer g; 1 <= g <= s->slabs ==> s->slab[g].nobj == \at(s->slab[g].nobj, Pre);
  //@ assert \forall integer g; 1 <= g <= s->slabs ==> s->slab[g].mult == \at(s->slab[g].mult, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].nobj == \at(s->cache[d].nobj, Pre) && s->cache[d].mult == \at(s->cache[d].mult, Pre) && s->cache[d].pages == \at(s->cache[d].pages, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && c == d + 1 ==> s->cache[d].size != 0 && s->slab[h].nobj == s->cache[d].nobj && s->slab[h].mult == s->cache[d].mult && s->slab[h].pages == s->cache[d].pages;
  //@ assert \forall integer g, d; 1 <= g <= s->slabs && 0 <= d < s->caches && g != h && s->slab[g].cache == d + 1 ==> s->cache[d].size != 0 && s->slab[g].nobj == s->cache[d].nobj && s->slab[g].mult == s->cache[d].mult && s->slab[g].pages == s->cache[d].pages;
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].page + s->slab[g].pages <= s->pages;
  //@ assert \forall integer g, d; 1 <= g <= s->slabs && 0 <= d < s->caches && s->slab[g].cache == d + 1 ==> s->cache[d].size != 0 && s->slab[g].nobj == s->cache[d].nobj && s->slab[g].mult == s->cache[d].mult && s->slab[g].pages == s->cache[d].pages;
  //@ assert Slabs(s);
  //@ assert \forall integer g, i, d; 0 <= d < s->caches && 1 <= g <= s->slabs && g != h && s->slab[g].cache == d + 1 ==> obj(s, g, i) == place(s->addr, s->slab[g].page, i, s->cache[d].size);
  //@ assert \forall integer g, i, d; 0 <= d < s->caches && 1 <= g <= s->slabs && g != h && s->slab[g].cache == d + 1 ==> \at(obj(s, g, i), Pre) == place(s->addr, s->slab[g].page, i, s->cache[d].size);
}

/* All objects of a slab of cache k are free. */
/*@ requires \valid(t) && \valid_read(k) && \separated(t, k);
    assigns t->free[0 .. 3];
    ensures \forall integer w; 0 <= w < 4 ==> t->free[w] == k->full[w]; */
static inline void none_used(struct keel_slab *t, const struct keel_cache *k)
{
  /*@ loop invariant 0 <= w <= 4 && \forall integer v; 0 <= v < w ==> t->free[v] == k->full[v];
      loop assigns w, t->free[0 .. 3];
      loop variant 4 - w; */
  for (uint32_t w = 0; w < 4; w++) t->free[w] = k->full[w];
}

/* All objects of slab h, which is unused, are free, as many as a slab of cache c has. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size != 0 && 1 <= h <= s->slabs && s->slab[h].cache == 0;
    assigns s->slab[h].free[0 .. 3];
    SINV Z_KEPT SAME_OBJECTS
    ensures Apart(s, z);
    ensures \forall integer i; 0 <= i < 256 ==> (FreeBit(s, h, i) <==> i < s->cache[c].nobj);
    ensures s->addr == \old(s->addr); */
static inline void make_free(struct keel_slabs *s, uint32_t c, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> s->cache[d].active != h;
  none_used(&s->slab[h], &s->cache[c]);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \at(s->cache[d].full[v], Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].first == \at(s->cache[d].first, Pre) && s->cache[d].word == \at(s->cache[d].word, Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 && g != h ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer i; 0 <= i < 256 ==> (FreeBit(s, h, i) <==> bit(s->cache[c].full[i / 64], i % 64));
  //@ assert Full(s);
  //@ assert \forall integer g, i; 0 <= g <= s->slabs && g != h && 0 <= i < 256 ==> (FreeBit(s, g, i) <==> \at(FreeBit(s, g, i), Pre));
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].nobj <= 256;
  //@ assert Bits(s);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert Hot(s);
  //@ assert Words(s);
}

/* The numbers of slab h, which is unused; nothing else changes. */
/*@ requires Arrays(s) && Apart(s, z) && 1 <= h <= s->slabs && s->slab[h].cache == 0;
    assigns s->slab[h .. h].mult, s->slab[h .. h].nobj, s->slab[h .. h].page, s->slab[h .. h].pages;
    ensures s->slab[h].mult == mult && s->slab[h].nobj == nobj && s->slab[h].page == page && s->slab[h].pages == pages;
    ensures Arrays(s); ensures Apart(s, z);
    ensures Renumbered{Pre, Post}(s, h);
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == \old(s->map[q]);
    SAME_NUMBERS OTHERS_STAY(h) */
static inline void set_numbers(struct keel_slabs *s, uint32_t h, uint32_t mult, uint32_t nobj, uint32_t page, uint32_t pages) /*@ ghost (struct keel_pages *z) */
{
  s->slab[h].mult = mult;
  s->slab[h].nobj = nobj;
  s->slab[h].page = page;
  s->slab[h].pages = pages;
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre) && z->ref == \at(z->ref, Pre);
  //@ assert z->l0 == \at(z->l0, Pre) && z->l1 == \at(z->l1, Pre) && z->l2 == \at(z->l2, Pre) && z->l3 == \at(z->l3, Pre);
  //@ assert SameFields{Pre, Here}(s);
  //@ assert SameMap{Pre, Here}(s);
  //@ assert SameSlabs{Pre, Here}(s, h);
  //@ assert Apart(s, z);
  //@ assert \forall integer d; 0 <= d < \at(s->caches, Pre) ==> \at(s->cache[d].size, Pre) == s->cache[d].size && \at(s->cache[d].order, Pre) == s->cache[d].order && \at(s->cache[d].mult, Pre) == s->cache[d].mult && \at(s->cache[d].nobj, Pre) == s->cache[d].nobj && \at(s->cache[d].pages, Pre) == s->cache[d].pages;
  //@ assert SameShapes{Pre, Here}(s);
  //@ assert SameState{Pre, Here}(s);
  //@ assert Renumbered{Pre, Here}(s, h);
}

/* Slab h, unused, has the shape of those of cache c, and the pages from p on. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size != 0 && 1 <= h <= s->slabs && s->slab[h].cache == 0 && p + s->cache[c].pages <= s->pages;
    assigns s->slab[h .. h].mult, s->slab[h .. h].nobj, s->slab[h .. h].page, s->slab[h .. h].pages;
    SINV Z_KEPT SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(h)
    ensures Apart(s, z);
    ensures Shaped(s, h, c) && s->slab[h].page == p && s->slab[h].cache == 0;
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == \old(s->map[q]); */
static inline void set_shape(struct keel_slabs *s, uint32_t c, uint32_t h, uint32_t p) /*@ ghost (struct keel_pages *z) */
{
  struct keel_cache *k = &s->cache[c];
  set_numbers(s, h, k->mult, k->nobj, p, k->pages) /*@ ghost (z) */;
  //@ assert Rings(s);
  //@ assert Caches(s);
  //@ assert Full(s);
  //@ assert Slabs(s);
  //@ assert Bits(s);
  //@ assert Map(s);
  //@ assert Mapped(s);
  //@ assert Hot(s);
  //@ assert Words(s);
  //@ assert Actives(s);
  //@ assert Live(s);
}

/* Slab h, unused and alone, with the shape of those of cache c and all objects free, is one of them; no page is of it yet. */
/*@ requires SInv(s) && Apart(s, z) && Shaped(s, h, c) && 1 <= h <= s->slabs && s->slab[h].cache == 0 && s->slab[h].next == h && s->slab[h].live >= 1;
    requires \forall integer i; 0 <= i < 256 ==> (FreeBit(s, h, i) <==> i < s->cache[c].nobj);
    assigns s->slab[h .. h].cache;
    BUT_MAP_OF(h) Z_KEPT SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(h)
    ensures Apart(s, z);
    ensures Shaped(s, h, c) && s->slab[h].page == \old(s->slab[h].page) && s->slab[h].cache == c + 1;
    ensures Empty(s, h);
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == \old(s->map[q]); */
static inline void to_cache(struct keel_slabs *s, uint32_t c, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> s->cache[d].active != h;
  //@ assert s->slab[h].prev == h;
  //@ assert \forall integer q; 0 <= q < s->pages ==> s->map[q] != h;
  //@ assert KOk(s->cache + c);
  //@ assert \forall integer i; 0 <= i < s->slab[h].nobj ==> FreeBit(s, h, i);
  //@ assert \forall integer i; s->slab[h].nobj <= i < 256 ==> !FreeBit(s, h, i);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> 0 <= s->slab[x].next < NODES(s) && 0 <= s->slab[x].prev < NODES(s);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].prev == x && s->slab[s->slab[x].prev].next == x;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> 1 <= s->cache[d].active <= s->slabs && s->slab[s->cache[d].active].cache == d + 1 && s->slab[s->cache[d].active].next == s->cache[d].active;
  //@ assert \forall integer x; 0 <= x < NODES(s) && x != h ==> s->slab[x].next != h && s->slab[x].prev != h;
  //@ assert \forall integer g; Used(s, g) ==> 0 <= s->slab[g].page && s->slab[g].page + s->slab[g].pages <= s->pages;
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> 0 <= q < s->pages && s->map[q] == g;
  //@ assert Owned(s);
  set_cache(s, h, c + 1u) /*@ ghost (z) */;
  //@ assert Arrays(s) && Apart(s, z);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert Ring(s->slab, NODES(s));
  //@ assert Rings(s);
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre) || g == h;
  //@ assert \forall integer g; g != h && Used(s, g) ==> s->slab[g].cache == \at(s->slab[g].cache, Pre) && 0 <= s->slab[g].cache - 1 < s->caches;
  //@ assert \forall integer i; 0 <= i < s->slab[h].nobj ==> FreeBit(s, h, i);
  //@ assert \forall integer i; !InUse(s, h, i) && !\at(InUse(s, \at(h, Here), i), Pre);
  //@ assert \forall integer g; g != h && Used(s, g) ==> \at(Used(s, g), Pre) && s->slab[g].nobj == \at(s->slab[g].nobj, Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert Bits(s);
  //@ assert Map(s);
  //@ assert \forall integer q; 0 <= q < s->pages ==> s->map[q] != h;
  //@ assert \forall integer g, q; g != h && Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> s->map[q] == g;
  //@ assert Unmapped(s, h);
  //@ assert Actives(s);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].word != 0 ==> HotAt(s, d);
  //@ assert Hot(s);
  //@ assert Words(s);
  //@ assert Live(s);
}

/* The pages of slab h, which are of none in the map, are its own. */
/*@ requires BUT_MAP(s, h) && Apart(s, z) && \forall integer q; s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages ==> s->map[q] == 0;
    assigns s->map[0 .. s->pages - 1];
    SINV Z_KEPT SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(-1)
    ensures Apart(s, z);
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == (s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages ? h : \old(s->map[q])); */
static inline void map_in(struct keel_slabs *s, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer g, q; Used(s, g) && g != h && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> s->map[q] == g && !(s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> 0 <= s->slab[x].next < NODES(s) && 0 <= s->slab[x].prev < NODES(s);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].prev == x && s->slab[s->slab[x].prev].next == x;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> 1 <= s->cache[d].active <= s->slabs && s->slab[s->cache[d].active].cache == d + 1 && s->slab[s->cache[d].active].next == s->cache[d].active;
  //@ assert Owned(s);
  set_map(s, s->slab[h].page, s->slab[h].pages, h) /*@ ghost (z) */;
  //@ assert Arrays(s) && Apart(s, z);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert Ring(s->slab, NODES(s));
  //@ assert Rings(s);
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre);
  //@ assert Map(s);
  //@ assert \forall integer q; s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages ==> s->map[q] == h;
  //@ assert \forall integer g, q; g != h && Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> s->map[q] == g;
  //@ assert \forall integer g, q; Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> s->map[q] == g;
  //@ assert Mapped(s);
  //@ assert Actives(s);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert Hot(s) && Words(s);
}

/* Unused slab h, alone, becomes one of cache c, made of the block at page p. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size != 0 && 1 <= h <= s->slabs && s->slab[h].cache == 0 && s->slab[h].next == h;
    requires p + s->cache[c].pages <= s->pages && \forall integer q; p <= q < p + s->cache[c].pages ==> s->map[q] == 0;
    assigns FRESH(h), s->slab[h .. h].live, s->map[0 .. s->pages - 1];
    SINV Z_KEPT SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(h)
    ensures s->slab[h].cache == c + 1 && s->slab[h].next == h && s->slab[h].page == p;
    ensures s->slab[h].nobj == s->cache[c].nobj && s->slab[h].pages == s->cache[c].pages && s->slab[h].mult == s->cache[c].mult;
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == (p <= q < p + s->cache[c].pages ? h : \old(s->map[q]));
    ensures Empty(s, h);
    ensures s->addr == \old(s->addr); */
static void adopt(struct keel_slabs *s, uint32_t c, uint32_t h, uint32_t p) /*@ ghost (struct keel_pages *z) */
{
  make_free(s, c, h) /*@ ghost (z) */;
  set_shape(s, c, h, p) /*@ ghost (z) */;
  r_live(s->slab, h, 1) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
  //@ assert Rings(s);
  //@ assert Live(s);
  //@ assert Actives(s);
  to_cache(s, c, h) /*@ ghost (z) */;
  //@ assert s->pages == \at(s->pages, Pre) && s->slab[h].page == p && s->slab[h].pages == s->cache[c].pages;
  //@ assert \forall integer q; 0 <= q < s->pages ==> s->map[q] == \at(s->map[q], Pre);
  //@ assert p + s->slab[h].pages <= s->pages && \forall integer q; p <= q < p + s->slab[h].pages ==> s->map[q] == 0;
  map_in(s, h) /*@ ghost (z) */;
  //@ assert s->pages == \at(s->pages, Pre) && s->slab[h].page == p && s->slab[h].pages == s->cache[c].pages;
  //@ assert \forall integer q; 0 <= q < s->pages && !(p <= q < p + s->slab[h].pages) ==> s->map[q] == \at(s->map[q], Pre);
  //@ assert \forall integer q; p <= q < p + s->slab[h].pages ==> s->map[q] == h;
}

/* An unused slab, the first of the ring if there is one, becomes one of cache c, made of the block at page p, and the one
   that objects are taken from. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0 && s->slab[0].next != 0;
    requires p + s->cache[c].pages <= s->pages && \forall integer q; p <= q < p + s->cache[c].pages ==> s->map[q] == 0;
    assigns HOT(c), LINKS, FRESH(s->slab[0].next), s->map[0 .. s->pages - 1];
    SINV Z_KEPT SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(\old(s->slab[0].next))
    ensures Apart(s, z);
    ensures s->cache[c].word != 0 && s->cache[c].active == \old(s->slab[0].next);
    ensures 1 <= \old(s->slab[0].next) <= s->slabs && \old(s->slab[s->slab[0].next].cache) == 0;
    ensures \let h = \old(s->slab[0].next); s->slab[h].page == p && s->slab[h].cache == c + 1 && s->slab[h].pages == s->cache[c].pages && s->slab[h].nobj == s->cache[c].nobj;
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == (p <= q < p + s->cache[c].pages ? \old(s->slab[0].next) : \old(s->map[q]));
    ensures s->addr == \old(s->addr); */
static void install(struct keel_slabs *s, uint32_t c, uint32_t p) /*@ ghost (struct keel_pages *z) */
{
  uint32_t h = (uint32_t)s->slab[0].next;
  q_out(s, h) /*@ ghost (z) */;
  adopt(s, c, h, p) /*@ ghost (z) */;
  //@ assert KOk(s->cache + c);
  //@ ghost uint32_t x = s->slab[h].nobj - 1;
  //@ assert 0 <= x < s->slab[h].nobj <= 256 && FreeBit(s, h, x);
  load(s, c, h, 0) /*@ ghost (z) */;
  //@ assert 0 <= x < s->slab[h].nobj && FreeBit(s, h, x);
}

/* A block of pages of this kind, as keel_pages_alloc; the slabs are left alone. */
/*@ requires InvB(z, st, ord) && Arrays(s) && Apart(s, z) && order <= MAXO && kind < KEEL_KINDS;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    SAME_SLABS
    behavior none:
      assumes !SomeFree(st, ord, z->u, order);
      FAILED(P2(order))
    behavior ok:
      assumes SomeFree(st, ord, z->u, order);
      ensures inv: InvB(z, st, ord);
      ensures low: z->base <= \result;
      ensures in: \result - z->base + P2(order) <= z->n;
      ensures head: LiveHead(st, ord, z->u, \result - z->base);
      ensures tag: z->tag[\result - z->base] == 32 * kind + order + 1 && z->ref[\result - z->base] == 0;
      ensures mine: \let r = \result - z->base; \forall integer q; r <= q < r + P2(order) ==> \old(st[q]) == FREE && st[q] == LIVE && ord[q] == order;
      ensures frame: \let r = \result - z->base; \forall integer q; 0 <= q < NP && !(r <= q < r + P2(order)) ==> KEEPS(Pre, q);
    complete behaviors; disjoint behaviors; */
static keel_pfn_t get_block(struct keel_pages *z, uint32_t order, uint32_t kind) /*@ ghost (struct keel_slabs *s, uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ assert NO_WORD(&s->addr);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> NO_WORD(&s->slab[g].free[v]);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> NO_WORD(&s->cache[d].full[v]);
  //@ assert \forall integer d; 0 <= d < s->caches ==> NO_WORD(&s->cache[d].word) && NO_WORD(&s->cache[d].first);
  return keel_pages_alloc(z, order, kind) /*@ ghost (st, ord) */;
}

/* A block of 2^order pages of this kind; answers its first page, KEEL_NONE if there is none. */
/*@ requires BOTH(s, z, st, ord) && order <= MAXO && kind < KEEL_KINDS;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    KEEPS_BOTH_EACH SAME_OBJECTS SAME_SLABS OTHERS_KEPT
    ensures \result == KEEL_NONE <==> !\old(SomeFree(st, ord, z->u, order));
    ensures \result == KEEL_NONE ==> !SomeFree(st, ord, z->u, order);
    ensures \result != KEEL_NONE ==> \result + P2(order) <= s->pages && HeadErr(z, st, ord, \result) == KEEL_OK && z->tag[\result] / 32 == kind && z->ref[\result] == 0 && ord[\result] == order &&
      \forall integer q; \result <= q < \result + P2(order) ==> s->map[q] == 0 && st[q] == LIVE && \old(st[q]) == FREE; */
static uint32_t take_pages(struct keel_slabs *s, uint32_t order, uint32_t kind) /*@ ghost (PAIR) */
{
  //@ assert s->z == z;
  keel_pfn_t f = get_block(s->z, order, kind) /*@ ghost (s, st, ord) */;
  //@ assert InvB(z, st, ord);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert \forall integer g, i; 0 <= g <= s->slabs && 0 <= i < 256 ==> (FreeBit(s, g, i) <==> \at(FreeBit(s, g, i), Pre));
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].nobj <= 256;
  //@ assert \forall integer q; 0 <= q < NP && \at(st[q], Pre) != FREE ==> st[q] == \at(st[q], Pre) && ord[q] == \at(ord[q], Pre) && z->tag[q] == \at(z->tag[q], Pre);
  return f < 0 ? KEEL_NONE : (uint32_t)(f - s->z->base);
}

/* install, and the page instance is as before; the block at page p is a live one of the slab layer's. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0 && s->slab[0].next != 0;
    requires p + s->cache[c].pages <= s->pages && \forall integer q; p <= q < p + s->cache[c].pages ==> s->map[q] == 0 && st[q] == LIVE;
    requires HeadErr(z, st, ord, p) == KEEL_OK && z->tag[p] / 32 == KEEL_SLAB && P2(ord[p]) == s->cache[c].pages;
    assigns HOT(c), LINKS, FRESH(s->slab[0].next), s->map[0 .. s->pages - 1];
    KEEPS_BOTH SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(\old(s->slab[0].next))
    ensures s->cache[c].word != 0 && s->cache[c].active == \old(s->slab[0].next);
    ensures 1 <= \old(s->slab[0].next) <= s->slabs && \old(s->slab[s->slab[0].next].cache) == 0 && s->slab[\old(s->slab[0].next)].cache == c + 1;
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == (p <= q < p + s->cache[c].pages ? \old(s->slab[0].next) : \old(s->map[q]));
    ensures \forall integer q; 0 <= q < NP ==> z->ref[q] == \old(z->ref[q]);
    ensures s->addr == \old(s->addr); */
static inline void settle(struct keel_slabs *s, uint32_t c, uint32_t p) /*@ ghost (PAIR) */
{
  //@ ghost uint32_t h = (uint32_t)s->slab[0].next;
  //@ assert i0: Pool(z, st, ord) && Inv(z, st, ord) && Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u) && Counters(z);
  //@ assert i1: z->nr_free == nfree(st, 1024 * z->u);
  install(s, c, p) /*@ ghost (z) */;
  //@ assert wo: SAME_WORDS;
  //@ assert re: SAME_REFS;
  //@ assert un: z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert w0: \forall integer v; 0 <= v < W0(\at(z->u, Pre)) ==> \at(z->l0[v], Pre) == z->l0[v];
  //@ assert w1: \forall integer v; 0 <= v < W1(\at(z->u, Pre)) ==> \at(z->l1[v], Pre) == z->l1[v];
  //@ assert w2: \forall integer v; 0 <= v < W2(\at(z->u, Pre)) ==> \at(z->l2[v], Pre) == z->l2[v];
  //@ assert w3: \forall integer v; 0 <= v < W3(\at(z->u, Pre)) ==> \at(z->l3[v], Pre) == z->l3[v];
  //@ assert rf: \forall integer q; 0 <= q < 1024 * \at(z->u, Pre) ==> \at(z->ref[q], Pre) == z->ref[q] && \at(z->tag[q], Pre) == z->tag[q];
  //@ assert fi: \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert ct: z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert nf: \at(nfree(st, 1024 * z->u), Pre) == nfree(st, 1024 * \at(z->u, Pre));
  //@ assert ke: Kept{Pre, Here}(z, st, ord);
  //@ assert he: \forall integer x; HeadErr(z, st, ord, x) == \at(HeadErr(z, st, ord, x), Pre);
  //@ assert ow: \forall integer g; Used(s, g) && g != h ==> \at(Used(s, g), Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert oh: HeadErr(z, st, ord, s->slab[h].page) == KEEL_OK && z->tag[s->slab[h].page] / 32 == KEEL_SLAB && P2(ord[s->slab[h].page]) == s->slab[h].pages;
  //@ assert op: OwnPages(s, st);
  //@ assert on: Own(s, z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z);
  //@ assert z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* A new slab for cache c, which takes objects from it; 0 if there is no block of pages, or no unused slab. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS, HOT(c), LINKS, FRESH(s->slab[0].next), s->map[0 .. s->pages - 1];
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT GROWN(c) */
static int grow(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (s->slab[0].next == 0) return 0;
  uint32_t p = take_pages(s, s->cache[c].order, KEEL_SLAB) /*@ ghost (z, st, ord) */;
  if (p == KEEL_NONE) return 0;
  //@ assert ord[p] == s->cache[c].order && s->cache[c].pages == P2(s->cache[c].order);
  settle(s, c, p) /*@ ghost (z, st, ord) */;
  return 1;
}

/* grow, with the frame that its callers have. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT GROWN(c) */
static inline int grow_any(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  //@ assert 0 <= s->slab[0].next <= s->slabs + s->caches;
  return grow(s, c) /*@ ghost (z, st, ord) */;
}

/* No page is of slab h any more. */
/*@ requires SInv(s) && Apart(s, z) && Used(s, h);
    assigns s->map[0 .. s->pages - 1];
    BUT_MAP_OF(h) Z_KEPT SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(-1)
    ensures Apart(s, z);
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == (\old(s->map[q]) == h ? 0 : \old(s->map[q])); */
static inline void map_out(struct keel_slabs *s, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer g, q; Used(s, g) && g != h && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> s->map[q] == g && !(s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages);
  //@ assert \forall integer q; 0 <= q < s->pages && s->map[q] == h ==> s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> 0 <= s->slab[x].next < NODES(s) && 0 <= s->slab[x].prev < NODES(s);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].prev == x && s->slab[s->slab[x].prev].next == x;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> 1 <= s->cache[d].active <= s->slabs && s->slab[s->cache[d].active].cache == d + 1 && s->slab[s->cache[d].active].next == s->cache[d].active;
  //@ assert Owned(s);
  set_map(s, s->slab[h].page, s->slab[h].pages, 0) /*@ ghost (z) */;
  //@ assert Arrays(s) && Apart(s, z);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert Ring(s->slab, NODES(s));
  //@ assert Rings(s);
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre);
  //@ assert Map(s);
  //@ assert \forall integer q; 0 <= q < s->pages ==> s->map[q] != h;
  //@ assert \forall integer g, q; g != h && Used(s, g) && s->slab[g].page <= q < s->slab[g].page + s->slab[g].pages ==> s->map[q] == g;
  //@ assert Actives(s);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert Hot(s) && Words(s);
}

/* Slab h, alone and empty, no page of which is in the map, belongs to no cache from now on. */
/*@ requires BUT_MAP(s, h) && Apart(s, z) && s->slab[h].next == h && Empty(s, h) && s->cache[s->slab[h].cache - 1].active != h;
    assigns s->slab[h .. h].cache;
    SINV Z_KEPT SAME_OBJECTS SAME_NUMBERS OTHERS_STAY(h)
    ensures Apart(s, z);
    ensures s->slab[h].cache == 0;
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == \old(s->map[q]); */
static inline void let_go(struct keel_slabs *s, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> s->cache[d].active != h;
  //@ assert s->slab[h].prev == h;
  //@ assert \forall integer i; !InUse(s, h, i);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> 0 <= s->slab[x].next < NODES(s) && 0 <= s->slab[x].prev < NODES(s);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].prev == x && s->slab[s->slab[x].prev].next == x;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> 1 <= s->cache[d].active <= s->slabs && s->slab[s->cache[d].active].cache == d + 1 && s->slab[s->cache[d].active].next == s->cache[d].active;
  //@ assert \forall integer x; 0 <= x < NODES(s) && x != h ==> s->slab[x].next != h && s->slab[x].prev != h;
  //@ assert Owned(s);
  set_cache(s, h, 0) /*@ ghost (z) */;
  //@ assert Arrays(s) && Apart(s, z);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert Ring(s->slab, NODES(s));
  //@ assert Rings(s);
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre) && g != h;
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].cache == \at(s->slab[g].cache, Pre) && 0 <= s->slab[g].cache - 1 < s->caches;
  //@ assert Map(s);
  //@ assert Mapped(s);
  //@ assert Actives(s);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert Hot(s) && Words(s);
}

/* Slab h, alone and empty, is unused from now on; its pages belong to no slab. */
/*@ requires SInv(s) && Apart(s, z) && Used(s, h) && s->slab[h].next == h && Empty(s, h);
    requires s->cache[s->slab[h].cache - 1].active != h;
    assigns LINKS, s->slab[h .. h].cache, s->map[0 .. s->pages - 1];
    SINV Z_KEPT SAME_OBJECTS SAME_CACHES NONE_STAYS ONLY_GONE(h)
    ensures s->pages == \old(s->pages) && \forall integer q; 0 <= q < s->pages ==> s->map[q] == (\old(s->map[q]) == h ? 0 : \old(s->map[q])); */
static void retire_slab(struct keel_slabs *s, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  map_out(s, h) /*@ ghost (z) */;
  let_go(s, h) /*@ ghost (z) */;
  q_in(s, h, 0) /*@ ghost (z) */;
}

/* keel_pages_put for a block of the slab layer's own; the slabs are left alone. */
/*@ requires InvB(z, st, ord) && Arrays(s) && Apart(s, z) && p < z->n && HeadErr(z, st, ord, p) == KEEL_OK && z->tag[p] / 32 == KEEL_SLAB;
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS;
    SAME_SLABS
    ensures \forall integer x; 0 <= x <= s->slabs + s->caches ==> s->slab[x].next == \old(s->slab[x].next) && s->slab[x].prev == \old(s->slab[x].prev) && s->slab[x].live == \old(s->slab[x].live);
    ensures InvB(z, st, ord);
    ensures \forall integer q; 0 <= q < NP && !(p <= q < p + P2(\old(ord[p]))) ==> KEEPS(Pre, q);
    ensures \forall integer q; 0 <= q < NP && !(p <= q < p + P2(\old(ord[p]))) ==> z->ref[q] == \old(z->ref[q]);
    ensures \old(z->ref[p]) <= 0 ==> \forall integer q; p <= q < p + P2(\old(ord[p])) ==> st[q] == FREE;
    ensures \old(z->ref[p]) > 0 ==> z->tag[p] / 32 == KEEL_SLAB;
    ensures \old(z->ref[p]) > 0 ==> \forall integer q; 0 <= q < NP ==> st[q] == \old(st[q]) && ord[q] == \old(ord[q]);
    ensures \result == KEEL_OK; */
static enum keel_status give_block(struct keel_pages *z, uint32_t p) /*@ ghost (struct keel_slabs *s, uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ assert Range(z) && z->n <= KEEL_PAGES_MAX;
  //@ assert NO_WORD(&s->addr);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> NO_WORD(&s->slab[g].free[v]);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> NO_WORD(&s->cache[d].full[v]);
  //@ assert \forall integer d; 0 <= d < s->caches ==> NO_WORD(&s->cache[d].word) && NO_WORD(&s->cache[d].first);
  //@ assert \forall integer x; 0 <= x <= s->slabs + s->caches ==> NO_REF(&s->slab[x].next) && NO_REF(&s->slab[x].prev) && NO_REF(&s->slab[x].live);
  //@ assert z->base + p - z->base == p && (z->ref[p] > 0 ==> OwnErr(z, st, ord, p, KEEL_SLAB) == KEEL_BUSY);
  enum keel_status e = keel_pages_put(z, z->base + p, KEEL_SLAB) /*@ ghost (st, ord) */; /* somebody else may hold a reference */
  //@ assert \at(z->ref[p], Pre) > 0 ==> \forall integer q; 0 <= q < NP ==> Same{Pre, Here}(st, ord, q) && st[q] == \at(st[q], Pre) && ord[q] == \at(ord[q], Pre);
  return e;
}

/* keel_pages_put for the block at page p, which no slab has any more; the slabs are left alone. */
/*@ requires BOTH(s, z, st, ord) && p < s->pages && HeadErr(z, st, ord, p) == KEEL_OK && z->tag[p] / 32 == KEEL_SLAB;
    requires \forall integer q; p <= q < p + P2(ord[p]) ==> s->map[q] == 0;
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS;
    KEEPS_BOTH_EACH SAME_OBJECTS SAME_OWNERS SAME_FREE SAME_CACHES NONE_STAYS SAME_MAP
    ensures z->u == \old(z->u);
    ensures \forall integer q; 0 <= q < s->pages && !(p <= q < p + P2(\old(ord[p]))) ==> KEEPS(Pre, q) && z->ref[q] == \old(z->ref[q]);
    ensures \forall integer q; p <= q < p + P2(\old(ord[p])) ==> RELEASED(q);
    ensures \result == KEEL_OK; */
static enum keel_status put_block(struct keel_slabs *s, uint32_t p) /*@ ghost (PAIR) */
{
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].nobj <= 256 && s->slab[g].pages >= 1 && s->map[s->slab[g].page] == g;
  //@ assert \forall integer g; Used(s, g) ==> s->slab[g].page < NP && !(p <= s->slab[g].page < p + P2(ord[p])) && st[s->slab[g].page] == LIVE;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> 0 <= s->slab[x].next < NODES(s) && 0 <= s->slab[x].prev < NODES(s);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].prev == x && s->slab[s->slab[x].prev].next == x;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ ghost lem_block(z, st, ord, p);
  enum keel_status e = give_block(s->z, p) /*@ ghost (s, st, ord) */;
  //@ assert \at(z->ref[p], Pre) > 0 ==> \forall integer q; p < q < p + P2(\at(ord[p], Pre)) ==> HeadErr(z, st, ord, q) == \at(HeadErr(z, st, ord, q), Pre) && HeadErr(z, st, ord, q) != KEEL_OK;
  //@ assert InvB(z, st, ord);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert \forall integer g, i; 0 <= g <= s->slabs && 0 <= i < 256 ==> (FreeBit(s, g, i) <==> \at(FreeBit(s, g, i), Pre));
  //@ assert \forall integer g; Used(s, g) ==> st[s->slab[g].page] == LIVE && ord[s->slab[g].page] == \at(ord[s->slab[g].page], Pre) && z->tag[s->slab[g].page] == \at(z->tag[s->slab[g].page], Pre);
  //@ assert s->slabs == \at(s->slabs, Pre) && s->caches == \at(s->caches, Pre);
  //@ assert \forall integer x; 0 <= x <= s->slabs + s->caches ==> s->slab[x].cache == \at(s->slab[x].cache, Pre);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[x].next == \at(s->slab[x].next, Pre) && s->slab[x].prev == \at(s->slab[x].prev, Pre);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> 0 <= s->slab[x].next < NODES(s) && 0 <= s->slab[x].prev < NODES(s);
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].prev == x && s->slab[s->slab[x].prev].next == x;
  //@ assert \forall integer x; 0 <= x < NODES(s) ==> s->slab[s->slab[x].next].cache == s->slab[x].cache && s->slab[s->slab[x].prev].cache == s->slab[x].cache;
  //@ assert Ring(s->slab, NODES(s));
  //@ assert Rings(s);
  //@ assert Live(s);
  //@ assert Actives(s);
  return e;
}

/* Slab h, alone and empty, gives its pages back. */
/*@ requires BOTH(s, z, st, ord) && Used(s, h) && s->slab[h].next == h && Empty(s, h) && s->cache[s->slab[h].cache - 1].active != h;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES NONE_STAYS ONLY_GONE(h) OTHERS_KEPT GONE SAME_BOUNDS
    ensures \result == KEEL_OK; */
static enum keel_status disown(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  uint32_t p = s->slab[h].page;
  //@ assert Zone(z);
  //@ ghost uint32_t n = s->slab[h].pages;
  //@ assert HeadErr(z, st, ord, p) == KEEL_OK && z->tag[p] / 32 == KEEL_SLAB && P2(ord[p]) == n && p + n <= s->pages;
  //@ assert \forall integer q; p <= q < p + n ==> s->map[q] == h;
  //@ assert \separated(&s->pages, s->map + (0 .. s->pages - 1)) && \separated(&s->pages, s->slab + (0 .. s->slabs + s->caches));
  retire_slab(s, h) /*@ ghost (z) */;
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert s->pages == \at(s->pages, Pre);
  //@ assert Zone(z);
  //@ assert nfree(st, 1024 * z->u) == \at(nfree(st, 1024 * z->u), Pre);
  //@ assert \forall integer q; 0 <= q < 1024 * \at(z->u, Pre) ==> z->ref[q] == \at(z->ref[q], Pre);
  //@ assert (\forall integer v; 0 <= v < W0(\at(z->u, Pre)) ==> z->l0[v] == \at(z->l0[v], Pre)) && (\forall integer v; 0 <= v < W1(\at(z->u, Pre)) ==> z->l1[v] == \at(z->l1[v], Pre));
  //@ assert (\forall integer v; 0 <= v < W2(\at(z->u, Pre)) ==> z->l2[v] == \at(z->l2[v], Pre)) && (\forall integer v; 0 <= v < W3(\at(z->u, Pre)) ==> z->l3[v] == \at(z->l3[v], Pre));
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
  //@ assert Apart(s, z);
  //@ assert \forall integer g; Used(s, g) ==> g != h && \at(Used(s, g), Pre) && s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
  //@ assert Own(s, z, st, ord);
  //@ assert OwnPages(s, st);
  //@ assert \forall integer q; p <= q < p + P2(ord[p]) ==> s->map[q] == 0;
  return put_block(s, p) /*@ ghost (z, st, ord) */;
}

/* Cache c hands out from no word. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches;
    assigns s->cache[c .. c].word;
    SINV Z_KEPT SAME_FREE
    ensures s->cache[c].word == 0;
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].word == \old(s->cache[d].word); */
static inline void no_word(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  s->cache[c].word = 0;
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \at(s->cache[d].full[v], Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].first == \at(s->cache[d].first, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].word == \at(s->cache[d].word, Pre);
}

/* Slab h of cache c is not the one that objects are taken from. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && Used(s, h) && s->slab[h].cache == c + 1;
    assigns HOT(c);
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS SAME_FREE NONE_STAYS
    ensures s->cache[c].active != h; */
static inline void leave(struct keel_slabs *s, uint32_t c, uint32_t h) /*@ ghost (PAIR) */
{
  if (s->cache[c].active == h) {
    no_word(s, c) /*@ ghost (z) */;
    no_active(s->cache, c) /*@ ghost (s->caches) */;
    //@ assert \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].active == \at(s->cache[d].active, Pre) && s->cache[d].at == \at(s->cache[d].at, Pre);
    //@ assert Actives(s);
    //@ assert Hot(s) && Words(s);
    //@ assert Kept{Pre, Here}(z, st, ord);
    //@ assert Pool(z, st, ord);
    //@ assert Inv(z, st, ord);
    //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
    //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
    //@ ghost g_fold(z, st, ord);
  }
}

/* Slab h leaves its ring, and the page instance is as before. */
/*@ requires BOTH(s, z, st, ord) && Used(s, h);
    assigns LINKS;
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS SAME_FREE SAME_CACHES NONE_STAYS OTHERS_KEPT
    ensures s->slab[h].next == h;
    ensures s->pages == \old(s->pages) && z->u == \old(z->u); */
static inline void take_out(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  //@ assert h <= s->slabs && 0 <= s->slab[h].next <= s->slabs + s->caches && 0 <= s->slab[h].prev <= s->slabs + s->caches;
  q_out(s, h) /*@ ghost (z) */;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* Empty slab h, of cache c, gives its pages back. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && Used(s, h) && s->slab[h].cache == c + 1 && Empty(s, h);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES NONE_STAYS ONLY_GONE(h) OTHERS_KEPT GONE SAME_BOUNDS NO_SLAB_COMES
    ensures \result == KEEL_OK; */
static enum keel_status drop(struct keel_slabs *s, uint32_t c, uint32_t h) /*@ ghost (PAIR) */
{
  //@ assert s->slab[h].nobj <= 256;
  leave(s, c, h) /*@ ghost (z, st, ord) */;
  //@ assert \forall integer i; 0 <= i < 256 ==> (FreeBit(s, h, i) <==> \at(FreeBit(s, \at(h, Here), i), Pre));
  //@ assert Empty(s, h);
  take_out(s, h) /*@ ghost (z, st, ord) */;
  //@ assert \forall integer i; 0 <= i < 256 ==> (FreeBit(s, h, i) <==> \at(FreeBit(s, \at(h, Here), i), Pre));
  //@ assert Empty(s, h);
  return disown(s, h) /*@ ghost (z, st, ord) */;
}

/* Slab h, if it is an empty one of cache c, or of any if c is not one, gives its pages back; answers how many pages. */
/*@ requires BOTH(s, z, st, ord) && 1 <= h <= s->slabs;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES NONE_STAYS OTHERS_KEPT SAME_BOUNDS
    ensures \forall integer g; Used(s, g) <==> \old(Used(s, g)) && !(g == h && \old(Mine(s, c, h) && Empty(s, h)));
    ensures \forall integer g; Used(s, g) ==> s->slab[g].cache == \old(s->slab[g].cache) && s->slab[g].nobj == \old(s->slab[g].nobj);
    ensures \forall integer g; Used(s, g) ==> s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
    ensures \old(Mine(s, c, h) && Empty(s, h)) ==> \result == \old(s->slab[h].pages);
    ensures !\old(Mine(s, c, h) && Empty(s, h)) ==> \result == 0;
    ensures \result <= 32; */
static uint32_t sweep_one(struct keel_slabs *s, uint32_t c, uint32_t h) /*@ ghost (PAIR) */
{
  uint32_t k = s->slab[h].cache;
  if (k == 0 || (c < s->caches && k != c + 1u) || !is_empty(s, h)) return 0;
  uint32_t n = s->slab[h].pages;
  //@ assert Mine(s, c, h) && Empty(s, h);
  //@ assert KOk(s->cache + (k - 1)) && n <= 32;
  drop(s, k - 1u, h) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre) && g != h;
  return n;
}

/* The empty slabs of cache c, or of all caches if c is not one, give their pages back; answers how many pages. */
/*@ requires BOTH(s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES NONE_STAYS OTHERS_KEPT SAME_BOUNDS
    ensures \forall integer g; Used(s, g) <==> \old(Used(s, g)) && !\old(Mine(s, c, g) && Empty(s, g));
    ensures \forall integer g; Used(s, g) ==> s->slab[g].cache == \old(s->slab[g].cache) && s->slab[g].nobj == \old(s->slab[g].nobj) && s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
    ensures \forall integer g; Mine(s, c, g) ==> !Empty(s, g);
    ensures \result == \old(nempty(s, c, s->slabs)); */
static uint64_t sweep(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  uint64_t n = 0;
  //@ ghost lem_taken(s); lem_empty(s, c);
  /*@ loop invariant 1 <= h <= s->slabs + 1 && 0 <= n <= 32 * (h - 1) && n == nempty{Pre}(s, c, h - 1);
      loop invariant s->pages == \at(s->pages, Pre) && s->slabs == \at(s->slabs, Pre) && s->caches == \at(s->caches, Pre) && z->u == \at(z->u, Pre);
      loop invariant s->addr == \at(s->addr, Pre);
      loop invariant Arrays(s); loop invariant Rings(s); loop invariant Caches(s); loop invariant Full(s);
      loop invariant Slabs(s); loop invariant Bits(s); loop invariant Map(s); loop invariant Mapped(s);
      loop invariant Hot(s); loop invariant Words(s); loop invariant Actives(s); loop invariant Live(s);
      loop invariant InvB(z, st, ord); loop invariant Apart(s, z); loop invariant Own(s, z, st, ord); loop invariant OwnPages(s, st);
      loop invariant \forall integer g, i; InUse(s, g, i) <==> \at(InUse(s, g, i), Pre);
      loop invariant \forall integer g, i; \at(InUse(s, g, i), Pre) ==> obj(s, g, i) == \at(obj(s, g, i), Pre) && s->slab[g].cache == \at(s->slab[g].cache, Pre);
      loop invariant \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, Pre) && s->cache[d].order == \at(s->cache[d].order, Pre);
      loop invariant \forall integer d; 0 <= d < s->caches ==> (\at(s->cache[d].word, Pre) == 0 ==> s->cache[d].word == 0) && (\at(s->cache[d].active, Pre) == 0 ==> s->cache[d].active == 0);
      loop invariant \forall integer q; 0 <= q < s->pages && \at(st[q], Pre) != FREE && \at(s->map[q], Pre) == 0 ==> KEEPS(Pre, q) && s->map[q] == 0 && z->ref[q] == \at(z->ref[q], Pre);
      loop invariant h == \at(s->slabs, Pre) + 1 ==> n == nempty{Pre}(s, c, \at(s->slabs, Pre));
      loop invariant \forall integer g; Used(s, g) <==> \at(Used(s, g), Pre) && !(g < h && \at(Mine(s, c, g) && Empty(s, g), Pre));
      loop invariant \forall integer g; Used(s, g) ==> s->slab[g].cache == \at(s->slab[g].cache, Pre) && s->slab[g].nobj == \at(s->slab[g].nobj, Pre);
      loop invariant \forall integer g; Used(s, g) ==> s->slab[g].page == \at(s->slab[g].page, Pre) && s->slab[g].pages == \at(s->slab[g].pages, Pre);
      loop assigns n, h, EVERYTHING_THEN;
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    //@ ghost lem_taken(s);
    //@ assert Used(s, h) <==> \at(Used(s, \at(h, Here)), Pre);
    //@ assert Mine(s, c, h) <==> \at(Mine(s, c, \at(h, Here)), Pre);
    //@ assert Used(s, h) && Empty(s, h) ==> \forall integer i; !\at(InUse(s, \at(h, Here), i), Pre);
    //@ assert Used(s, h) && Empty(s, h) ==> \at(Empty(s, \at(h, Here)), Pre);
    //@ assert Used(s, h) && \at(Empty(s, \at(h, Here)), Pre) ==> \forall integer i; !InUse(s, h, i);
    //@ assert Used(s, h) ==> (Empty(s, h) <==> \at(Empty(s, \at(h, Here)), Pre));
    //@ assert Used(s, h) ==> s->slab[h].pages == \at(s->slab[\at(h, Here)].pages, Pre);
    n += sweep_one(s, c, h) /*@ ghost (z, st, ord) */;
    //@ assert n == nempty{Pre}(s, c, h);
  }
  //@ ghost lem_taken(s);
  //@ assert \forall integer g; Used(s, g) ==> \at(Used(s, g), Pre) && (Mine(s, c, g) <==> \at(Mine(s, c, g), Pre));
  //@ assert \forall integer g, i; Used(s, g) && Empty(s, g) ==> !\at(InUse(s, g, i), Pre);
  //@ assert \forall integer g; Used(s, g) && Empty(s, g) ==> \at(Empty(s, g), Pre);
  return n;
}

/* reload, and the page instance is as before. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].word == 0;
    assigns HOT(c), LINKS;
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS SAME_CACHES OTHERS_KEPT
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0; */
static inline int find_near(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  //@ assert i0: Pool(z, st, ord) && Inv(z, st, ord) && Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u) && Counters(z);
  //@ assert i1: z->nr_free == nfree(st, 1024 * z->u);
  int found = reload(s, c) /*@ ghost (z) */;
  //@ assert wo: SAME_WORDS;
  //@ assert re: SAME_REFS;
  //@ assert un: z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert w0: \forall integer v; 0 <= v < W0(\at(z->u, Pre)) ==> \at(z->l0[v], Pre) == z->l0[v];
  //@ assert w1: \forall integer v; 0 <= v < W1(\at(z->u, Pre)) ==> \at(z->l1[v], Pre) == z->l1[v];
  //@ assert w2: \forall integer v; 0 <= v < W2(\at(z->u, Pre)) ==> \at(z->l2[v], Pre) == z->l2[v];
  //@ assert w3: \forall integer v; 0 <= v < W3(\at(z->u, Pre)) ==> \at(z->l3[v], Pre) == z->l3[v];
  //@ assert rf: \forall integer q; 0 <= q < 1024 * \at(z->u, Pre) ==> \at(z->ref[q], Pre) == z->ref[q] && \at(z->tag[q], Pre) == z->tag[q];
  //@ assert fi: \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert ct: z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert nf: \at(nfree(st, 1024 * z->u), Pre) == nfree(st, 1024 * \at(z->u, Pre));
  //@ assert ke: Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
  return found;
}

/* search, and the page instance is as before. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns HOT(c), LINKS;
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS SAME_CACHES OTHERS_KEPT
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0 && ALL_TAKEN(c); */
static inline int find_far(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  //@ assert i0: Pool(z, st, ord) && Inv(z, st, ord) && Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u) && Counters(z);
  //@ assert i1: z->nr_free == nfree(st, 1024 * z->u);
  int found = search(s, c) /*@ ghost (z) */;
  //@ assert wo: SAME_WORDS;
  //@ assert re: SAME_REFS;
  //@ assert un: z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert w0: \forall integer v; 0 <= v < W0(\at(z->u, Pre)) ==> \at(z->l0[v], Pre) == z->l0[v];
  //@ assert w1: \forall integer v; 0 <= v < W1(\at(z->u, Pre)) ==> \at(z->l1[v], Pre) == z->l1[v];
  //@ assert w2: \forall integer v; 0 <= v < W2(\at(z->u, Pre)) ==> \at(z->l2[v], Pre) == z->l2[v];
  //@ assert w3: \forall integer v; 0 <= v < W3(\at(z->u, Pre)) ==> \at(z->l3[v], Pre) == z->l3[v];
  //@ assert rf: \forall integer q; 0 <= q < 1024 * \at(z->u, Pre) ==> \at(z->ref[q], Pre) == z->ref[q] && \at(z->tag[q], Pre) == z->tag[q];
  //@ assert fi: \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert ct: z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert nf: \at(nfree(st, 1024 * z->u), Pre) == nfree(st, 1024 * \at(z->u, Pre));
  //@ assert ke: Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
  return found;
}

/* A new slab for cache c, all of whose objects are in use, after all empty slabs have given their pages back; 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0 && ALL_TAKEN(c);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT SAME_BOUNDS ONLY_ACTIVE_COMES(c)
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].active == 0 && ALL_TAKEN(c);
    ensures \result == 0 ==> (s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[c].order)) && \forall integer g; Used(s, g) ==> !Empty(s, g); */
static int grow_last(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  sweep(s, s->caches) /*@ ghost (z, st, ord) */;
  //@ assert s->slabs == \at(s->slabs, Pre) && s->caches == \at(s->caches, Pre) && c < s->caches && s->cache[c].size != 0;
  //@ assert z->u == \at(z->u, Pre) && s->pages == \at(s->pages, Pre);
  //@ assert ALL_TAKEN(c);
  //@ assert \forall integer g; Used(s, g) ==> !Empty(s, g);
  //@ ghost lem_taken(s);
  //@ assert \forall integer g; Used(s, g) ==> \exists integer i; InUse(s, g, i);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, Pre) && s->cache[d].order == \at(s->cache[d].order, Pre);
  //@ ghost S: ;
  int found = grow_any(s, c) /*@ ghost (z, st, ord) */;
  //@ assert s->slabs == \at(s->slabs, S) && s->caches == \at(s->caches, S);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, Pre) && s->cache[d].order == \at(s->cache[d].order, Pre);
  //@ assert found == 0 ==> \forall integer g; Used(s, g) ==> \at(Used(s, g), S);
  //@ assert found == 0 ==> \forall integer g; Used(s, g) ==> \exists integer i; InUse(s, g, i);
  //@ ghost lem_taken(s);
  //@ assert found == 0 ==> \forall integer g; Used(s, g) ==> !Empty(s, g);
  return found;
}

/* A word with free objects for cache c, which has no active slab: of any slab, or of a new one after all empty slabs have
   given their pages back; 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT SAME_BOUNDS ONLY_ACTIVE_COMES(c)
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].active == 0 && ALL_TAKEN(c);
    ensures \result == 0 ==> (s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[c].order)) && \forall integer g; Used(s, g) ==> !Empty(s, g); */
static inline int find_last(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  int found = find_far(s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  //@ assert s->addr == \at(s->addr, Pre);
  if (found) return 1;
  //@ ghost F: ;
  found = grow_last(s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert SINCE_CACHES(F);
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  return found;
}

/* A word with free objects for cache c, which hands out from none: of a slab near at hand, or of a new one; 0 if there is
   none, and cache c has no active slab then. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT SAME_BOUNDS ONLY_ACTIVE_COMES(c)
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0; */
static inline int find_first(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  int found = find_near(s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  //@ assert s->addr == \at(s->addr, Pre);
  if (found) return 1;
  //@ ghost F: ;
  found = grow_any(s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert SINCE_CACHES(F);
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  return found;
}

/* A word with free objects for cache c, which hands out from none; 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT SAME_BOUNDS ONLY_ACTIVE_COMES(c)
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].active == 0 && ALL_TAKEN(c);
    ensures \result == 0 ==> (s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[c].order)) && \forall integer g; Used(s, g) ==> !Empty(s, g); */
static inline int find_any(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  int found = find_first(s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  //@ assert s->addr == \at(s->addr, Pre);
  if (found) return 1;
  //@ ghost F: ;
  found = find_last(s, c) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, F) && \at(s->cache[d].size, F) == \at(s->cache[d].size, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].order == \at(s->cache[d].order, F) && \at(s->cache[d].order, F) == \at(s->cache[d].order, Pre);
  //@ assert STEP_OTHERS;
  return found;
}

/* hand_one, with a frame that is one of those that its callers have. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].word != 0;
    assigns s->slab[0 .. s->slabs + s->caches], s->cache[0 .. s->caches - 1].word;
    KEEPS_BOTH SAME_CACHES NEW_OBJECT OTHERS_KEPT SAME_BOUNDS SAME_OWNERS
    ensures \result != 0; */
KEEL_INLINE uint64_t hand_any(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  //@ assert HotAt(s, c) && 1 <= s->cache[c].active <= s->slabs && 0 <= s->cache[c].at < 4;
  return hand_one(s, c) /*@ ghost (z, st, ord) */;
}

/* An object of cache c, which hands out from no word; 0 if there is none. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0;
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES ALLOCATED_OBJECT OTHERS_KEPT SAME_BOUNDS */
KEEL_NOINLINE uint64_t alloc_slow(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (!find_any(s, c) /*@ ghost (z, st, ord) */) return 0;
  //@ assert STEP_BOUNDS;
  //@ ghost F: ;
  uint64_t a = hand_any(s, c) /*@ ghost (z, st, ord) */;
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, F) && \at(s->cache[d].size, F) == \at(s->cache[d].size, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].order == \at(s->cache[d].order, F) && \at(s->cache[d].order, F) == \at(s->cache[d].order, Pre);
  return a;
}

/* Slab h is the empty one that cache c keeps. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && Used(s, h);
    assigns s->cache[c .. c].kept;
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS SAME_FREE */
static inline void keep(struct keel_slabs *s, uint32_t c, uint32_t h) /*@ ghost (PAIR) */
{
  //@ assert Rings(s) && Slabs(s) && Hot(s) && Words(s) && Actives(s);
  s->cache[c].kept = h;
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].active == \at(s->cache[d].active, Pre) && s->cache[d].at == \at(s->cache[d].at, Pre);
  //@ assert Actives(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].word != 0 ==> \at(HotAt(s, d), Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert Hot(s);
  //@ assert Words(s);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* Slab h may be empty: one empty slab is kept, a second one gives its pages back.  Answers KEEL_OK. */
/*@ requires BOTH(s, z, st, ord) && Used(s, h);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT GONE SAME_BOUNDS NO_SLAB_COMES
    ensures \result == KEEL_OK; */
static enum keel_status keep_or_drop(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  uint32_t c = s->slab[h].cache - 1u, r = (uint32_t)s->cache[c].kept;
  if (s->cache[c].active == h || !is_empty(s, h)) return KEEL_OK;
  if (r == 0 || r == h || s->slab[r].cache != c + 1u || !is_empty(s, r)) {
    keep(s, c, h) /*@ ghost (z, st, ord) */;
  } else {
    return drop(s, c, h) /*@ ghost (z, st, ord) */;
  }
  return KEEL_OK;
}

/* The counter of slab h, which fell to 0, is 1 again ... */
/*@ requires COUNTED(s, z, st, ord, h);
    assigns s->slab[h].live;
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS SAME_FREE SAME_CACHES OTHERS_KEPT SAME_BOUNDS */
static inline void recount(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  //@ assert Ring(s->slab, NODES(s));
  r_live(s->slab, h, 1) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* ... and the slab is looked at.  Answers KEEL_OK. */
/*@ requires COUNTED(s, z, st, ord, h);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES OTHERS_KEPT GONE SAME_BOUNDS NO_SLAB_COMES
    ensures \result == KEEL_OK; */
KEEL_NOINLINE enum keel_status emptied(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  //@ assert 1 <= h <= s->slabs;
  recount(s, h) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert STEP_CACHES;
  //@ assert STEP_OTHERS;
  return keep_or_drop(s, h) /*@ ghost (z, st, ord) */;
}

/* One object less of slab h is in use; answers how many, says its counter. */
/*@ requires BOTH(s, z, st, ord) && Used(s, h);
    assigns s->slab[h].live;
    SINV_BUT_LIVE SAME_OBJECTS SAME_OWNERS SAME_FREE SAME_CACHES OTHERS_KEPT SAME_BOUNDS
    ensures InvB(z, st, ord); ensures Apart(s, z); ensures Own(s, z, st, ord); ensures OwnPages(s, st);
    ensures \result == s->slab[h].live == \old(s->slab[h].live) - 1 && 0 <= \result; ensures LiveBut(s, h); */
KEEL_INLINE int32_t count_down(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  //@ assert Ring(s->slab, NODES(s));
  int32_t n = s->slab[h].live - 1;
  r_live(s->slab, h, n) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
  return n;
}

/* The object of slab h that starts at byte d of the instance, address a, in one of its pages; not below the slab's number of
   objects: there is none. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Map(s) && InArea(s, a) && h == slab_at(s, a) && h != 0 && d == a - s->addr;
    assigns \nothing;
    ensures \result < s->slab[h].nobj ==> At(s, a, \result);
    ensures \result >= s->slab[h].nobj ==> \forall integer i; !At(s, a, i); */
KEEL_INLINE uint32_t object_at(const struct keel_slabs *s, uint32_t h, uint64_t d) /*@ ghost (uint64_t a) */
{
  const struct keel_slab *t = &s->slab[h];
  //@ assert 0 <= d / PAGE < s->pages && s->map[d / PAGE] == h;
  //@ assert Used(s, h) && s->slab[h].page <= d / PAGE < s->slab[h].page + s->slab[h].pages;
  //@ ghost uint32_t c = t->cache - 1u;
  //@ assert KOk(s->cache + c) && t->mult == s->cache[c].mult && t->nobj == s->cache[c].nobj && t->pages == s->cache[c].pages;
  //@ assert t->pages == P2(s->cache[c].order) && 0 <= s->cache[c].order <= 5;
  //@ assert 1 <= t->pages <= 32;
  //@ assert s->cache[c].nobj * s->cache[c].size <= 131072;
  uint64_t o = d - (uint64_t)t->page * KEEL_PAGE_SIZE;
  //@ assert o < 131072;
  uint32_t i = index_of(t->mult, (uint32_t)o) /*@ ghost (s->cache[c].size, s->cache[c].nobj) */;
  //@ ghost lem_starts(s, h, c, (uint32_t)o, a);
  //@ assert i >= s->slab[h].nobj ==> \forall integer j; 0 <= j < s->slab[h].nobj ==> o != j * s->cache[c].size;
  //@ assert i >= s->slab[h].nobj ==> \forall integer j; 0 <= j < s->slab[h].nobj ==> a != obj(s, h, j);
  return i;
}

/* Object i of slab h is free again, its word is w now; the slab's counter says one less, and if it has come to 0, the slab is
   looked at.  Answers KEEL_OK. */
/*@ requires BOTH(s, z, st, ord) && InUse(s, h, i);
    requires \forall integer j; 0 <= j < 64 ==> (bit(w, j) <==> bit(s->slab[h].free[i / 64], j) || j == i % 64);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES OTHERS_KEPT GONE SAME_BOUNDS NO_SLAB_COMES
    ensures \result == KEEL_OK;
    ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j)) && !(g == h && j == i);
    ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache); */
KEEL_INLINE enum keel_status give_back(struct keel_slabs *s, uint32_t h, uint32_t i, uint64_t w) /*@ ghost (PAIR) */
{
  //@ assert 1 <= h <= s->slabs && i < 256;
  take_back(s, h, i, w) /*@ ghost (z, st, ord) */;
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer g, j; obj(s, g, j) == \at(obj(s, g, j), Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 && g != h ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer g, j; Used(s, g) <==> \at(Used(s, g), Pre);
  //@ assert \forall integer g, j; InUse(s, g, j) ==> j < 256;
  //@ assert \forall integer g, j; g != h ==> (InUse(s, g, j) <==> \at(InUse(s, g, j), Pre));
  //@ assert \forall integer g, j; InUse(s, g, j) <==> \at(InUse(s, g, j), Pre) && !(g == h && j == i);
  int32_t left = count_down(s, h) /*@ ghost (z, st, ord) */;
  //@ assert \forall integer g, j; InUse(s, g, j) <==> \at(InUse(s, g, j), Pre) && !(g == h && j == i);
  if (KEEL_UNLIKELY(left == 0)) return emptied(s, h) /*@ ghost (z, st, ord) */;
  return KEEL_OK;
}

/* ---- caches ---- */

/* The least power of two not below n. */
/*@ requires n <= PAGE;
    assigns \nothing;
    ensures Pow2(\result) && n <= \result <= PAGE;
    ensures Pow2(n) ==> \result == n;
    ensures n == 0 ==> \result == 1; */
static uint32_t pow2_from(uint32_t n)
{
  uint32_t f = 1;
  /*@ loop invariant Pow2(f) && f <= PAGE;
      loop invariant f == 1 || f < 2 * n;
      loop invariant Pow2(n) ==> f <= n;
      loop assigns f;
      loop variant PAGE - f; */
  while (f < n) f *= 2u;
  return f;
}

/* The least multiple of f not below size. */
/*@ requires 1 <= size <= KEEL_OBJECT_MAX && Pow2(f) && KEEL_OBJECT_MIN <= f <= PAGE;
    assigns \nothing;
    ensures Size(\result);
    ensures size <= \result < size + f;
    ensures \result % f == 0; */
static uint32_t round_up(uint32_t size, uint32_t f)
{
  uint32_t r = (size + f - 1u) / f * f;
  //@ assert f == 8 ==> r % 8 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 16 ==> r % 16 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 32 ==> r % 32 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 64 ==> r % 64 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 128 ==> r % 128 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 256 ==> r % 256 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 512 ==> r % 512 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 1024 ==> r % 1024 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 2048 ==> r % 2048 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  //@ assert f == 4096 ==> r % 4096 == 0 && r % 8 == 0 && r <= KEEL_OBJECT_MAX;
  return r;
}

/* How many objects fit into so many pages. */
/*@ requires Size(size) && 1 <= pages <= 32;
    assigns \nothing;
    ensures \result * size <= pages * PAGE < \result * size + size;
    ensures 8 * \result <= pages * PAGE; */
static inline uint32_t fit_in(uint32_t pages, uint32_t size)
{
  return pages * KEEL_PAGE_SIZE / size;
}

/* All of n objects are free, in the words that stand for them. */
/*@ requires \valid(full + (0 .. 3)) && n <= 256;
    assigns full[0 .. 3];
    ensures \forall integer i; 0 <= i < 256 ==> (bit(full[i / 64], i % 64) <==> i < n); */
static void set_full(uint64_t *full, uint32_t n)
{
  /*@ loop invariant 0 <= w <= 4;
      loop invariant \forall integer v; 0 <= v < w ==> full[v] == 0;
      loop assigns w, full[0 .. 3];
      loop variant 4 - w; */
  for (uint32_t w = 0; w < 4; w++) full[w] = 0;
  //@ assert \forall integer j; 0 <= j < 256 ==> full[j / 64] == 0 && !bit(full[j / 64], j % 64);
  /*@ loop invariant 0 <= i <= n;
      loop invariant \forall integer j; 0 <= j < 256 ==> (bit(full[j / 64], j % 64) <==> j < i);
      loop assigns i, full[0 .. 3];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) {
    //@ assert \forall integer j; 0 <= j < 256 && j / 64 == i / 64 && j % 64 == i % 64 ==> j == i;
    full[i / 64] = w_set(full[i / 64], i % 64);
  }
}

/* One number of the layout of cache c, which has no slabs, is v. */
/*@ requires Arrays(s) && Apart(s, z) && c < s->caches && NO_SLABS(c);
    requires p == &s->cache[c].mult || p == &s->cache[c].nobj || p == &s->cache[c].order || p == &s->cache[c].pages;
    assigns *p;
    ensures *p == v && s->cache[c].size == \old(s->cache[c].size);
    ensures p != &s->cache[c].mult ==> s->cache[c].mult == \old(s->cache[c].mult);
    ensures p != &s->cache[c].nobj ==> s->cache[c].nobj == \old(s->cache[c].nobj);
    ensures p != &s->cache[c].order ==> s->cache[c].order == \old(s->cache[c].order);
    ensures p != &s->cache[c].pages ==> s->cache[c].pages == \old(s->cache[c].pages);
    ensures \forall integer h; Used(s, h) <==> \old(Used(s, h));
    OTHERS FRAME32 */
static inline void set_one(uint32_t *p, uint32_t v) /*@ ghost (struct keel_slabs *s, uint32_t c, struct keel_pages *z) */
{
  *p = v;
  //@ assert \forall integer h; 1 <= h <= s->slabs ==> s->slab[h].cache == \at(s->slab[h].cache, Pre) && s->slab[h].page == \at(s->slab[h].page, Pre) && s->slab[h].nobj == \at(s->slab[h].nobj, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, Pre);
  //@ assert \forall integer h, i; Used(s, h) ==> obj(s, h, i) == \at(obj(s, h, i), Pre);
}

/* Slabs of cache c, which has none yet, will be as objects of this size need it: 128 of them at least, and little waste, if
   the largest slab allows it. */
/*@ requires Arrays(s) && Apart(s, z) && c < s->caches && NO_SLABS(c) && Size(size);
    assigns s->cache[c .. c].mult, s->cache[c .. c].nobj, s->cache[c .. c].order, s->cache[c .. c].pages;
    ensures LAID_OUT(s->cache + c, size) && s->cache[c].size == \old(s->cache[c].size);
    OTHERS FRAME32 */
static void lay_out(struct keel_slabs *s, uint32_t c, uint32_t size) /*@ ghost (struct keel_pages *z) */
{
  uint32_t order = 0, pages = 1, n = fit_in(1, size);
  /*@ loop invariant 0 <= order <= KEEL_SLAB_ORDER && pages == P2(order);
      loop invariant n * size <= pages * PAGE < n * size + size;
      loop assigns order, pages, n;
      loop variant KEEL_SLAB_ORDER - order; */
  while (order < KEEL_SLAB_ORDER && n < KEEL_SLAB_OBJECTS && (n < 128u || pages * KEEL_PAGE_SIZE - n * size > pages * KEEL_PAGE_SIZE / 16u)) {
    order++;
    pages *= 2u;
    n = fit_in(pages, size);
  }
  //@ assert n >= 1;
  //@ assert n > 256 ==> 0 <= (n - 256) * size;
  if (n > KEEL_SLAB_OBJECTS) n = KEEL_SLAB_OBJECTS;
  //@ assert 1 <= n <= 256 && n * size <= pages * PAGE;
  //@ assert Fits(n, size, pages);
  uint32_t mult = inverse(size);
  struct keel_cache *k = &s->cache[c];
  set_one(&k->mult, mult) /*@ ghost (s, c, z) */;
  set_one(&k->nobj, n) /*@ ghost (s, c, z) */;
  set_one(&k->order, order) /*@ ghost (s, c, z) */;
  set_one(&k->pages, pages) /*@ ghost (s, c, z) */;
}

/* All objects of an empty slab of cache c are free. */
/*@ requires Arrays(s) && Apart(s, z) && c < s->caches && s->cache[c].nobj <= 256;
    assigns s->cache[c].full[0 .. 3];
    ensures \forall integer v; 0 <= v < W0(z->u) ==> z->l0[v] == \old(z->l0[v]);
    ensures \forall integer v; 0 <= v < W1(z->u) ==> z->l1[v] == \old(z->l1[v]);
    ensures \forall integer v; 0 <= v < W2(z->u) ==> z->l2[v] == \old(z->l2[v]);
    ensures \forall integer v; 0 <= v < W3(z->u) ==> z->l3[v] == \old(z->l3[v]);
    FRAME64 */
static inline void set_free(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  set_full(s->cache[c].full, s->cache[c].nobj);
}

/* Cache c, without slabs, has objects of this size; 0: it is not in use. */
/*@ requires Arrays(s) && Apart(s, z) && c < s->caches && NO_SLABS(c);
    assigns s->cache[c .. c].size;
    ensures s->cache[c].size == size;
    ensures Size(size) && \old(LAID_OUT(s->cache + c, size)) ==> KOk(s->cache + c);
    ensures s->cache[c].mult == \old(s->cache[c].mult) && s->cache[c].nobj == \old(s->cache[c].nobj);
    ensures s->cache[c].order == \old(s->cache[c].order) && s->cache[c].pages == \old(s->cache[c].pages);
    OTHERS FRAME32 */
static inline void set_size(struct keel_slabs *s, uint32_t c, uint32_t size) /*@ ghost (struct keel_pages *z) */
{
  s->cache[c].size = size;
  //@ assert \forall integer h; 1 <= h <= s->slabs ==> s->slab[h].cache == \at(s->slab[h].cache, Pre) && s->slab[h].page == \at(s->slab[h].page, Pre) && s->slab[h].nobj == \at(s->slab[h].nobj, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \at(s->cache[d].size, Pre);
  //@ assert \forall integer h, i; Used(s, h) ==> obj(s, h, i) == \at(obj(s, h, i), Pre);
}

/* Cache c, not in use, has the layout for objects of this size ... */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size == 0 && Size(size);
    assigns s->cache[c .. c].mult, s->cache[c .. c].nobj, s->cache[c .. c].order, s->cache[c .. c].pages;
    SINV Z_KEPT SAME_OBJECTS SAME_OWNERS SAME_MAP
    ensures Apart(s, z);
    ensures LAID_OUT(s->cache + c, size);
    ensures \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \old(s->cache[d].size); */
static inline void begin_32(struct keel_slabs *s, uint32_t c, uint32_t size) /*@ ghost (struct keel_pages *z) */
{
  //@ assert NO_SLABS(c);
  lay_out(s, c, size) /*@ ghost (z) */;
  //@ assert Arrays(s) && Rings(s) && Slabs(s);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].size == \at(s->cache[d].size, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].size != 0 ==> d != c && \at(KOk(s->cache + d), Pre);
  //@ assert Caches(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].size != 0 ==> s->cache[d].nobj == \at(s->cache[d].nobj, Pre);
  //@ assert Full(s);
  //@ assert \forall integer h; Used(s, h) <==> \at(Used(s, h), Pre);
  //@ assert Bits(s);
  //@ assert Map(s);
  //@ assert \forall integer h; Used(s, h) ==> s->slab[h].page == \at(s->slab[h].page, Pre) && s->slab[h].pages == \at(s->slab[h].pages, Pre) && s->slab[h].page + s->slab[h].pages <= s->pages;
  //@ assert \forall integer h, p; Used(s, h) && s->slab[h].page <= p < s->slab[h].page + s->slab[h].pages ==> \at(s->map[p], Pre) == h && 0 <= p < s->pages;
  //@ assert Mapped(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].word != 0 ==> Used(s, s->cache[d].active) && \at(HotAt(s, d), Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].word != 0 ==> s->slab[s->cache[d].active].page == \at(s->slab[s->cache[d].active].page, Pre);
  //@ assert Hot(s);
}

/* ... and the words of its empty slabs ... */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size == 0 && s->cache[c].nobj <= 256;
    assigns s->cache[c].full[0 .. 3];
    SINV Z_KEPT SAME_OBJECTS
    ensures \forall integer i; 0 <= i < 256 ==> (bit(s->cache[c].full[i / 64], i % 64) <==> i < s->cache[c].nobj); */
static inline void begin_64(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  set_free(s, c) /*@ ghost (z) */;
  //@ assert \forall integer h, i; 0 <= h <= s->slabs && 0 <= i < 256 ==> (FreeBit(s, h, i) <==> \at(FreeBit(s, h, i), Pre));
  //@ assert \forall integer d, i; 0 <= d < s->caches && d != c && s->cache[d].size != 0 && 0 <= i < 256 ==> (bit(s->cache[d].full[i / 64], i % 64) <==> i < s->cache[d].nobj);
  //@ assert Full(s);
}

/* ... and is in use: for the slabs ... */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size == 0 && Size(size) && LAID_OUT(s->cache + c, size);
    requires \forall integer i; 0 <= i < 256 ==> (bit(s->cache[c].full[i / 64], i % 64) <==> i < s->cache[c].nobj);
    assigns s->cache[c .. c].size;
    SINV Z_KEPT SAME_OBJECTS SAME_OWNERS SAME_MAP
    ensures Apart(s, z);
    ensures s->cache[c].size == size && KOk(s->cache + c);
    ensures s->cache[c].word == 0 && s->cache[c].active == 0;
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \old(s->cache[d].size); */
static inline void begin_s(struct keel_slabs *s, uint32_t c, uint32_t size) /*@ ghost (struct keel_pages *z) */
{
  //@ assert NO_SLABS(c);
  //@ assert s->cache[c].active == 0 && s->cache[c].word == 0;
  set_size(s, c, size) /*@ ghost (z) */;
  //@ assert Arrays(s) && Rings(s) && Slabs(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].size != 0 && d != c ==> \at(KOk(s->cache + d), Pre);
  //@ assert Caches(s);
  //@ assert \forall integer d, i; 0 <= d < s->caches && d != c && s->cache[d].size != 0 && 0 <= i < 256 ==> (bit(s->cache[d].full[i / 64], i % 64) <==> i < s->cache[d].nobj);
  //@ assert Full(s);
  //@ assert \forall integer h; Used(s, h) <==> \at(Used(s, h), Pre);
  //@ assert Bits(s);
  //@ assert Map(s);
  //@ assert \forall integer h; Used(s, h) ==> s->slab[h].page == \at(s->slab[h].page, Pre) && s->slab[h].pages == \at(s->slab[h].pages, Pre) && s->slab[h].page + s->slab[h].pages <= s->pages;
  //@ assert \forall integer h, p; Used(s, h) && s->slab[h].page <= p < s->slab[h].page + s->slab[h].pages ==> \at(s->map[p], Pre) == h && 0 <= p < s->pages;
  //@ assert Mapped(s);
  //@ assert Hot(s);
}

/* ... and the pages. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size == 0 && Size(size);
    assigns s->cache[c .. c].full[0 .. 3], s->cache[c .. c].size, s->cache[c .. c].mult, s->cache[c .. c].nobj, s->cache[c .. c].order, s->cache[c .. c].pages;
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS SAME_BOUNDS
    ensures s->cache[c].size == size && KOk(s->cache + c);
    ensures s->cache[c].word == 0 && s->cache[c].active == 0;
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \old(s->cache[d].size); */
static inline void begin(struct keel_slabs *s, uint32_t c, uint32_t size) /*@ ghost (PAIR) */
{
  begin_32(s, c, size) /*@ ghost (z) */;
  begin_64(s, c) /*@ ghost (z) */;
  begin_s(s, c, size) /*@ ghost (z) */;
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert \forall integer v; 0 <= v < W0(\at(z->u, Pre)) ==> \at(z->l0[v], Pre) == \at(z->l0[v], Here);
  //@ assert \forall integer v; 0 <= v < W1(\at(z->u, Pre)) ==> \at(z->l1[v], Pre) == \at(z->l1[v], Here);
  //@ assert \forall integer v; 0 <= v < W2(\at(z->u, Pre)) ==> \at(z->l2[v], Pre) == \at(z->l2[v], Here);
  //@ assert \forall integer v; 0 <= v < W3(\at(z->u, Pre)) ==> \at(z->l3[v], Pre) == \at(z->l3[v], Here);
  //@ assert \forall integer q; 0 <= q < 1024 * \at(z->u, Pre) ==> \at(z->ref[q], Pre) == \at(z->ref[q], Here) && \at(z->tag[q], Pre) == \at(z->tag[q], Here);
  //@ assert \forall integer q; 0 <= q < 1024 * \at(z->u, Pre) ==> \at(st[q], Pre) == \at(st[q], Here) && \at(ord[q], Pre) == \at(ord[q], Here);
  //@ assert nfree{Pre}(st, 1024 * \at(z->u, Pre)) == nfree{Here}(st, 1024 * \at(z->u, Pre));
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Zone(z);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ assert Apart(s, z);
  //@ assert \forall integer h; Used(s, h) ==> \at(Used(s, h), Pre) && s->slab[h].page == \at(s->slab[h].page, Pre) && s->slab[h].pages == \at(s->slab[h].pages, Pre);
  //@ assert Own(s, z, st, ord);
  //@ assert OwnPages(s, st);
  //@ ghost g_fold(z, st, ord);
}

/* Cache c, without slabs, is not in use from now on: for the slabs ... */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && \forall integer h; 1 <= h <= s->slabs ==> s->slab[h].cache != c + 1;
    assigns s->cache[c .. c].size;
    SINV Z_KEPT SAME_OBJECTS SAME_OWNERS SAME_MAP
    ensures s->cache[c].size == 0;
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \old(s->cache[d].size); */
static inline void end_s(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  //@ assert Rings(s) && Caches(s) && Full(s) && Slabs(s) && Bits(s) && Map(s) && Mapped(s) && Hot(s) && Words(s) && Actives(s);
  //@ assert s->cache[c].active == 0 && s->cache[c].word == 0;
  set_size(s, c, 0) /*@ ghost (z) */;
  //@ assert Arrays(s) && Rings(s) && Slabs(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].size != 0 ==> d != c && \at(KOk(s->cache + d), Pre);
  //@ assert Caches(s) && Full(s);
  //@ assert \forall integer h; Used(s, h) <==> \at(Used(s, h), Pre);
  //@ assert Bits(s);
  //@ assert Map(s);
  //@ assert Mapped(s);
  //@ assert Hot(s);
}

/* ... and the pages. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && \forall integer h; 1 <= h <= s->slabs ==> s->slab[h].cache != c + 1;
    assigns s->cache[c .. c].size;
    KEEPS_BOTH SAME_OBJECTS SAME_OWNERS
    ensures s->cache[c].size == 0;
    ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \old(s->cache[d].size); */
static inline void end(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  end_s(s, c) /*@ ghost (z) */;
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* ---- a new instance ---- */

/* Nodes 0 .. slabs are the ring of the unused slabs, each of the others is that of a cache. */
/*@ requires \valid(t + (0 .. slabs + caches)) && 1 <= slabs <= SLABS_MAX && caches <= KEEL_CACHES_MAX;
    assigns t[0 .. slabs + caches];
    ensures Ring(t, slabs + 1 + caches);
    ensures \forall integer h; 0 <= h <= slabs ==> t[h].cache == 0;
    ensures \forall integer x; slabs < x <= slabs + caches ==> t[x].cache == x - slabs; */
static void link_all(struct keel_slab *t, uint32_t slabs, uint32_t caches)
{
  /*@ loop invariant 0 <= h <= slabs + caches + 1;
      loop invariant \forall integer x; 0 <= x < h ==> t[x].cache == (x > slabs ? x - slabs : 0);
      loop invariant \forall integer x; 0 <= x < h ==> t[x].next == (x < slabs ? x + 1 : x == slabs ? 0 : x);
      loop invariant \forall integer x; 0 <= x < h ==> t[x].prev == (x == 0 ? slabs : x <= slabs ? x - 1 : x);
      loop assigns h, t[0 .. slabs + caches];
      loop variant slabs + caches + 1 - h; */
  for (uint32_t h = 0; h <= slabs + caches; h++) {
    t[h].cache = h > slabs ? h - slabs : 0;
    t[h].next = (int32_t)(h < slabs ? h + 1u : h == slabs ? 0 : h);
    t[h].prev = (int32_t)(h == 0 ? slabs : h <= slabs ? h - 1u : h);
  }
}

/* None of n caches is in use. */
/*@ requires \valid(k + (0 .. n - 1));
    assigns k[0 .. n - 1];
    ensures \forall integer c; 0 <= c < n ==> k[c].size == 0 && k[c].word == 0;
    ensures \forall integer c; 0 <= c < n ==> k[c].active == 0 && k[c].at == 0 && k[c].kept == 0; */
static void clear_caches(struct keel_cache *k, uint32_t n)
{
  /*@ loop invariant 0 <= c <= n;
      loop invariant \forall integer d; 0 <= d < c ==> k[d].size == 0;
      loop invariant \forall integer d; 0 <= d < c ==> k[d].word == 0;
      loop invariant \forall integer d; 0 <= d < c ==> k[d].active == 0 && k[d].at == 0 && k[d].kept == 0;
      loop assigns c, k[0 .. n - 1];
      loop variant n - c; */
  for (uint32_t c = 0; c < n; c++) {
    k[c].size = 0;
    k[c].word = 0;
    k[c].active = 0;
    k[c].at = 0;
    k[c].kept = 0;
  }
}

/* The instance's own fields. */
/*@ requires GIVEN && InvB(z, st, ord) && INITIABLE;
    assigns *s;
    ensures s->slabs == slabs && s->caches == caches && s->addr == addr && s->map == map && s->slab == slab && s->cache == cache && s->pages == z->n;
    ensures InvB(z, st, ord); ensures Arrays(s); ensures Apart(s, z); */
static inline void set_fields(struct keel_slabs *s, struct keel_pages *z, uint64_t addr, uint32_t *map, struct keel_slab *slab, uint32_t slabs, struct keel_cache *cache, uint32_t caches) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ assert Zone(z) && Sum(z) && Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u) && Counters(z);
  //@ assert z->nr_free == nfree(st, 1024 * z->u);
  s->z = z;
  s->map = map;
  s->slab = slab;
  s->cache = cache;
  s->addr = addr;
  s->pages = z->n;
  s->slabs = slabs;
  s->caches = caches;
  //@ assert z->l0 == \at(z->l0, Pre) && z->l1 == \at(z->l1, Pre) && z->l2 == \at(z->l2, Pre) && z->l3 == \at(z->l3, Pre);
  //@ assert z->tag == \at(z->tag, Pre) && z->ref == \at(z->ref, Pre);
  //@ assert (\forall integer v; 0 <= v < W0(\at(z->u, Pre)) ==> z->l0[v] == \at(z->l0[v], Pre)) && (\forall integer v; 0 <= v < W1(\at(z->u, Pre)) ==> z->l1[v] == \at(z->l1[v], Pre));
  //@ assert (\forall integer v; 0 <= v < W2(\at(z->u, Pre)) ==> z->l2[v] == \at(z->l2[v], Pre)) && (\forall integer v; 0 <= v < W3(\at(z->u, Pre)) ==> z->l3[v] == \at(z->l3[v], Pre));
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* No page is of a slab. */
/*@ requires Arrays(s) && Apart(s, z) && InvB(z, st, ord);
    assigns s->map[0 .. s->pages - 1];
    ensures s->pages == \old(s->pages) && s->slabs == \old(s->slabs) && s->caches == \old(s->caches) && s->addr == \old(s->addr);
    ensures InvB(z, st, ord); ensures Arrays(s); ensures Apart(s, z);
    ensures \forall integer p; 0 <= p < s->pages ==> s->map[p] == 0; */
static inline void init_map(struct keel_slabs *s) /*@ ghost (PAIR) */
{
  //@ assert Zone(z) && Sum(z) && Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u) && Counters(z);
  //@ assert z->nr_free == nfree(st, 1024 * z->u);
  fill(s->map, 0, s->pages, 0);
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert Zone(z);
  //@ assert Pool(z, st, ord);
  //@ assert Sum1(z) && Sum2(z) && Sum3(z);
  //@ assert Range(z);
  //@ assert Rest(st, z->n, z->u);
  //@ assert Inv(z, st, ord);
  //@ assert Quiet(st, z->u) && Counters(z);
  //@ assert z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* No slab is in use. */
/*@ requires Arrays(s) && Apart(s, z) && InvB(z, st, ord) && \forall integer p; 0 <= p < s->pages ==> s->map[p] == 0;
    assigns s->slab[0 .. s->slabs + s->caches];
    ensures s->pages == \old(s->pages) && s->slabs == \old(s->slabs) && s->caches == \old(s->caches) && s->addr == \old(s->addr);
    ensures InvB(z, st, ord); ensures Arrays(s); ensures Apart(s, z);
    ensures \forall integer p; 0 <= p < s->pages ==> s->map[p] == 0;
    ensures Rings(s);
    ensures \forall integer h; 0 <= h <= s->slabs ==> s->slab[h].cache == 0; */
static inline void init_slabs(struct keel_slabs *s) /*@ ghost (PAIR) */
{
  //@ assert Zone(z) && Sum(z) && Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u) && Counters(z);
  //@ assert z->nr_free == nfree(st, 1024 * z->u);
  link_all(s->slab, s->slabs, s->caches);
  //@ assert s->slabs == \at(s->slabs, Pre) && s->caches == \at(s->caches, Pre);
  //@ assert Ring(s->slab, NODES(s));
  //@ assert \forall integer x; s->slabs < x <= s->slabs + s->caches ==> s->slab[x].cache == x - s->slabs;
  //@ assert Rings(s);
  //@ assert (\forall integer v; 0 <= v < W0(\at(z->u, Pre)) ==> z->l0[v] == \at(z->l0[v], Pre)) && (\forall integer v; 0 <= v < W1(\at(z->u, Pre)) ==> z->l1[v] == \at(z->l1[v], Pre));
  //@ assert (\forall integer v; 0 <= v < W2(\at(z->u, Pre)) ==> z->l2[v] == \at(z->l2[v], Pre)) && (\forall integer v; 0 <= v < W3(\at(z->u, Pre)) ==> z->l3[v] == \at(z->l3[v], Pre));
  //@ assert \forall integer q; 0 <= q < 1024 * \at(z->u, Pre) ==> z->ref[q] == \at(z->ref[q], Pre);
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* No cache is in use. */
/*@ requires Arrays(s) && Apart(s, z) && InvB(z, st, ord) && Rings(s);
    requires \forall integer p; 0 <= p < s->pages ==> s->map[p] == 0;
    requires \forall integer h; 0 <= h <= s->slabs ==> s->slab[h].cache == 0;
    assigns s->cache[0 .. s->caches - 1];
    ensures s->pages == \old(s->pages) && s->slabs == \old(s->slabs) && s->caches == \old(s->caches) && s->addr == \old(s->addr);
    ensures InvB(z, st, ord); ensures Arrays(s); ensures Apart(s, z);
    ensures Rings(s);
    ensures \forall integer p; 0 <= p < s->pages ==> s->map[p] == 0;
    ensures \forall integer h; 0 <= h <= s->slabs ==> s->slab[h].cache == 0;
    ensures \forall integer c; 0 <= c < s->caches ==> s->cache[c].size == 0 && s->cache[c].word == 0;
    ensures \forall integer c; 0 <= c < s->caches ==> s->cache[c].active == 0 && s->cache[c].at == 0 && s->cache[c].kept == 0; */
static inline void init_caches(struct keel_slabs *s) /*@ ghost (PAIR) */
{
  //@ assert Ring(s->slab, NODES(s));
  //@ assert \forall integer x; s->slabs < x <= s->slabs + s->caches ==> s->slab[x].cache == x - s->slabs;
  clear_caches(s->cache, s->caches);
  //@ assert s->slabs == \at(s->slabs, Pre) && s->caches == \at(s->caches, Pre);
  //@ assert \forall integer h; 0 <= h < NODES(s) ==> s->slab[h].cache == \at(s->slab[h].cache, Pre);
  //@ assert \forall integer h; 0 <= h < NODES(s) ==> s->slab[h].next == \at(s->slab[h].next, Pre) && s->slab[h].prev == \at(s->slab[h].prev, Pre);
  //@ assert Ring(s->slab, NODES(s));
  //@ assert s->slab[0].cache == 0;
  //@ assert \forall integer h; 1 <= h <= s->slabs ==> 0 <= s->slab[h].cache <= s->caches;
  //@ assert Rings(s);
  //@ assert SAME_WORDS;
  //@ assert SAME_REFS;
  //@ assert z->u == \at(z->u, Pre) && z->n == \at(z->n, Pre);
  //@ assert \forall integer k; 0 <= k <= 11 ==> z->first[k] == \at(z->first[k], Pre);
  //@ assert z->base == \at(z->base, Pre) && z->nr_free == \at(z->nr_free, Pre) && z->allocs == \at(z->allocs, Pre) && z->frees == \at(z->frees, Pre) && z->fails == \at(z->fails, Pre) && z->largest_fail == \at(z->largest_fail, Pre);
  //@ assert Kept{Pre, Here}(z, st, ord);
  //@ assert Pool(z, st, ord);
  //@ assert Inv(z, st, ord);
  //@ assert Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert Counters(z) && z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
}

/* ---- public ---- */

/*@ requires GIVEN && InvB(z, st, ord);
    assigns *s, map[0 .. z->n - 1], slab[0 .. slabs + caches], cache[0 .. caches - 1];
    ensures InvB(z, st, ord);
    behavior bad:
      assumes !INITIABLE;
      assigns \nothing;
      ensures \result == KEEL_BAD_ARGUMENT;
    behavior ok:
      assumes INITIABLE;
      ensures \result == KEEL_OK;
      SINV
      ensures Apart(s, z); ensures Own(s, z, st, ord); ensures OwnPages(s, st);
      ensures s->slabs == slabs && s->caches == caches && s->addr == addr && s->map == map && s->slab == slab && s->cache == cache;
      ensures \forall integer h; !Used(s, h);
      ensures \forall integer h, i; !InUse(s, h, i);
      ensures \forall integer c; 0 <= c < caches ==> s->cache[c].size == 0;
    complete behaviors; disjoint behaviors; */
enum keel_status keel_slabs_init(struct keel_slabs *s, struct keel_pages *z, uint64_t addr, uint32_t *map, struct keel_slab *slab, uint32_t slabs, struct keel_cache *cache, uint32_t caches) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (slabs == 0 || slabs > SLABS_MAX || caches == 0 || caches > KEEL_CACHES_MAX || addr == 0 || addr % KEEL_PAGE_SIZE != 0 || addr > UINT64_MAX - (uint64_t)z->n * KEEL_PAGE_SIZE) return KEEL_BAD_ARGUMENT;
  set_fields(s, z, addr, map, slab, slabs, cache, caches) /*@ ghost (st, ord) */;
  init_map(s) /*@ ghost (z, st, ord) */;
  init_slabs(s) /*@ ghost (z, st, ord) */;
  init_caches(s) /*@ ghost (z, st, ord) */;
  //@ ghost lem_fresh(s);
  return KEEL_OK;
}

/*@ requires BOTH(s, z, st, ord);
    assigns s->cache[c].full[0 .. 3], s->cache[c].size, s->cache[c].mult, s->cache[c].nobj, s->cache[c].order, s->cache[c].pages;
    KEEPS_BOTH SAME_OBJECTS NO_SLAB_COMES
    ensures s->addr == \old(s->addr);
    ensures \result == KEEL_OK || \result == KEEL_BUSY || \result == KEEL_BAD_ARGUMENT;
    ensures \result == KEEL_BAD_ARGUMENT <==> !CREATABLE;
    ensures \result == KEEL_BUSY <==> CREATABLE && \old(s->cache[c].size) != 0;
    ensures \result == KEEL_OK ==> size <= s->cache[c].size < size + \max(align, KEEL_OBJECT_MIN) && (align != 0 ==> s->cache[c].size % align == 0);
    ensures \result == KEEL_OK ==> KOk(s->cache + c) && s->cache[c].word == 0 && s->cache[c].active == 0;
    SAME_BOUNDS
    ensures \forall integer d; 0 <= d < s->caches && (d != c || \result != KEEL_OK) ==> s->cache[d].size == \old(s->cache[d].size); */
enum keel_status keel_cache_create(struct keel_slabs *s, uint32_t c, uint32_t size, uint32_t align) /*@ ghost (PAIR) */
{
  if (c >= s->caches || size == 0 || size > KEEL_OBJECT_MAX || align > KEEL_ALIGN_MAX) return KEEL_BAD_ARGUMENT;
  uint32_t f = pow2_from(align);
  if (align != 0 && f != align) return KEEL_BAD_ARGUMENT;
  //@ assert CREATABLE;
  if (s->cache[c].size != 0) return KEEL_BUSY;
  uint32_t r = round_up(size, f < KEEL_OBJECT_MIN ? KEEL_OBJECT_MIN : f);
  //@ assert align == 1 ==> r % align == 0;
  //@ assert align == 2 ==> r % 2 == 0;
  //@ assert align == 4 ==> r % 4 == 0;
  //@ assert align != 0 ==> r % align == 0;
  begin(s, c, r) /*@ ghost (z, st, ord) */;
  //@ assert STEP_BOUNDS;
  //@ assert \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \at(s->cache[d].size, Pre);
  return KEEL_OK;
}

/*@ requires BOTH(s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS OTHERS_KEPT
    behavior bad:
      assumes c >= s->caches || s->cache[c].size == 0;
      assigns \nothing;
      ensures \result == 0;
      SAME_OBJECTS
    behavior ok:
      assumes c < s->caches && s->cache[c].size != 0;
      ALLOCATED_OBJECT
    complete behaviors; disjoint behaviors; */
uint64_t keel_cache_alloc(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (KEEL_UNLIKELY(c >= s->caches)) return 0;
  if (KEEL_UNLIKELY(s->cache[c].word == 0)) return s->cache[c].size == 0 ? 0 : alloc_slow(s, c) /*@ ghost (z, st, ord) */;
  //@ assert HotAt(s, c) && s->slab[s->cache[c].active].cache == c + 1 && s->cache[c].size != 0;
  //@ assert 1 <= s->cache[c].active <= s->slabs && 0 <= s->cache[c].at < 4;
  return hand_one(s, c) /*@ ghost (z, st, ord) */;
}

/*@ requires BOTH(s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_CACHES SAME_BOUNDS OTHERS_KEPT
    behavior out:
      assumes !InArea(s, a);
      assigns \nothing;
      ensures \result == KEEL_OUT_OF_RANGE;
      SAME_OBJECTS
    behavior other:
      assumes InArea(s, a) && slab_at(s, a) == 0;
      assigns \nothing;
      ensures \result == KEEL_WRONG_KIND;
      SAME_OBJECTS
    behavior inside:
      assumes InArea(s, a) && slab_at(s, a) != 0 && \forall integer i; !At(s, a, i);
      assigns \nothing;
      ensures \result == KEEL_NOT_HEAD;
      SAME_OBJECTS
    behavior again:
      assumes \exists integer i; At(s, a, i) && FreeBit(s, slab_at(s, a), i);
      assigns \nothing;
      ensures \result == KEEL_ALREADY_FREE;
      SAME_OBJECTS
    behavior ok:
      assumes \exists integer i; At(s, a, i) && !FreeBit(s, slab_at(s, a), i);
      ensures \result == KEEL_OK;
      ensures \forall integer g, j; InUse(s, g, j) <==> \old(InUse(s, g, j) && !(g == slab_at(s, a) && At(s, a, j)));
      ensures \forall integer g, j; InUse(s, g, j) ==> obj(s, g, j) == \old(obj(s, g, j)) && s->slab[g].cache == \old(s->slab[g].cache);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_slab_free(struct keel_slabs *s, uint64_t a) /*@ ghost (PAIR) */
{
  if (KEEL_UNLIKELY(a < s->addr)) return KEEL_OUT_OF_RANGE;
  uint64_t d = a - s->addr, p = d / KEEL_PAGE_SIZE;
  if (KEEL_UNLIKELY(p >= s->pages)) return KEEL_OUT_OF_RANGE;
  uint32_t h = s->map[p];
  //@ assert InArea(s, a) && h == slab_at(s, a);
  if (KEEL_UNLIKELY(h == 0)) return KEEL_WRONG_KIND;
  uint32_t i = object_at(s, h, d) /*@ ghost (a) */;
  if (KEEL_UNLIKELY(i >= s->slab[h].nobj)) return KEEL_NOT_HEAD;
  //@ assert At(s, a, i) && \forall integer j; At(s, a, j) ==> j == i;
  uint64_t f = s->slab[h].free[i / 64];
  if (KEEL_UNLIKELY(w_tst(f, i % 64) != 0)) return KEEL_ALREADY_FREE;
  //@ assert InUse(s, h, i) && \forall integer j; At(s, a, j) ==> !FreeBit(s, slab_at(s, a), j);
  //@ for again: assert FreeBit(s, h, i);
  return give_back(s, h, i, w_set(f, i % 64)) /*@ ghost (z, st, ord) */;
}

/*@ requires BOTH(s, z, st, ord);
    assigns EVERYTHING;
    KEEPS_BOTH SAME_OBJECTS SAME_CACHES SAME_BOUNDS
    behavior none:
      assumes c >= s->caches;
      assigns \nothing;
      ensures \result == 0;
    behavior some:
      assumes c < s->caches;
      ensures \forall integer h; Used(s, h) <==> \old(Used(s, h)) && !\old(s->slab[h].cache == c + 1 && Empty(s, h));
      ensures \result == \old(nempty(s, c, s->slabs));
    complete behaviors; disjoint behaviors; */
uint64_t keel_cache_shrink(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  return c < s->caches ? sweep(s, c) /*@ ghost (z, st, ord) */ : 0;
}

/*@ requires BOTH(s, z, st, ord);
    assigns EVERYTHING, s->cache[c .. c].size;
    KEEPS_BOTH SAME_OBJECTS
    behavior bad:
      assumes c >= s->caches || s->cache[c].size == 0;
      assigns \nothing;
      ensures \result == KEEL_BAD_ARGUMENT;
    behavior busy:
      assumes c < s->caches && s->cache[c].size != 0 && \exists integer h, i; InUse(s, h, i) && s->slab[h].cache == c + 1;
      assigns EVERYTHING;
      ensures \result == KEEL_BUSY;
      SAME_CACHES
      ensures \forall integer h; Used(s, h) <==> \old(Used(s, h)) && !\old(s->slab[h].cache == c + 1 && Empty(s, h));
    behavior ok:
      assumes c < s->caches && s->cache[c].size != 0 && \forall integer h, i; InUse(s, h, i) ==> s->slab[h].cache != c + 1;
      ensures \result == KEEL_OK;
      ensures s->cache[c].size == 0;
      ensures \forall integer d; 0 <= d < s->caches && d != c ==> s->cache[d].size == \old(s->cache[d].size);
      ensures \forall integer h; Used(s, h) <==> \old(Used(s, h) && s->slab[h].cache != c + 1);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_cache_destroy(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (c >= s->caches || s->cache[c].size == 0) return KEEL_BAD_ARGUMENT;
  sweep(s, c) /*@ ghost (z, st, ord) */;
  //@ assert \forall integer g; Used(s, g) && s->slab[g].cache == c + 1 ==> !Empty(s, g);
  //@ ghost lem_taken(s);
  //@ assert \forall integer g; Used(s, g) && s->slab[g].cache == c + 1 ==> \exists integer i; \at(InUse(s, g, i) && s->slab[g].cache == c + 1, Pre);
  //@ assert \forall integer g; Used(s, g) ==> \at(Used(s, g), Pre) && s->slab[g].cache == \at(s->slab[g].cache, Pre);
  //@ assert \forall integer g; \at(Used(s, g) && s->slab[g].cache != c + 1, Pre) ==> Used(s, g);
  /*@ loop invariant 1 <= h <= s->slabs + 1;
      loop invariant \forall integer g; 1 <= g < h ==> s->slab[g].cache != c + 1;
      loop assigns h;
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    if (s->slab[h].cache == c + 1u) return KEEL_BUSY;
  }
  //@ assert \forall integer g; 1 <= g <= s->slabs ==> s->slab[g].cache != c + 1;
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g) && s->slab[g].cache != c + 1, Pre);
  //@ assert SInv(s);
  //@ assert BOTH(s, z, st, ord);
  //@ ghost B: ;
  end(s, c) /*@ ghost (z, st, ord) */;
  //@ assert \forall integer g; Used(s, g) <==> \at(Used(s, g), B);
  return KEEL_OK;
}
