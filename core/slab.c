// SPDX-License-Identifier: MIT OR Apache-2.0
/* Slab caches. */
#include "core/slab.h"
#include "core/bits.h"
#include "core/index.h"

#define LOOK 16u /* slabs looked at before a new one is made */

#include "specs/slab.h"

/* ---- rings ---- */

/* Takes node h out of its ring; it is a ring of its own then. */
/*@ requires 0 < n <= INT32_MAX && \valid(t + (0 .. n - 1)) && Ring(t, n) && h < n && RESTS;
    assigns t[t[h].prev].next, t[t[h].next].prev, t[h].next, t[h].prev;
    ensures Ring(t, n);
    ensures t[h].next == h && t[h].prev == h;
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
    LIVE_KEPT
    REST_KEPT */
static inline void r_in(struct keel_slab *t, uint32_t h, uint32_t e) /*@ ghost (uint32_t n, REST) */
{
  int32_t a = t[e].prev;
  t[a].next = (int32_t)h;
  t[h].prev = a;
  t[h].next = (int32_t)e;
  t[e].prev = (int32_t)h;
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
    ensures s->slab[h].next == h && s->slab[h].prev == h; */
static inline void q_out(struct keel_slabs *s, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  //@ assert 0 <= s->slab[h].prev < NODES(s) && 0 <= s->slab[h].next < NODES(s);
  r_out(s->slab, h) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
}

/* Node h, alone, joins the end of the ring of e, an edge. */
/*@ requires SInv(s) && Apart(s, z) && 1 <= h <= s->slabs && s->slab[h].next == h && s->slab[h].cache == s->slab[e].cache;
    requires e == 0 || s->slabs < e <= s->slabs + s->caches;
    requires s->slab[h].cache == 0 || s->cache[s->slab[h].cache - 1].active != h;
    assigns s->slab[s->slab[e].prev].next, s->slab[e].prev, s->slab[h].next, s->slab[h].prev;
    SINV Z_KEPT */
static inline void q_in(struct keel_slabs *s, uint32_t h, uint32_t e) /*@ ghost (struct keel_pages *z) */
{
  //@ assert 0 <= s->slab[e].prev < NODES(s);
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> s->cache[d].active != h && s->cache[d].active != s->slab[e].prev;
  r_in(s->slab, h, e) /*@ ghost (s->slabs + 1u + s->caches, z->ref, 1024u * z->u) */;
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> s->slab[s->cache[d].active].next == \at(s->slab[s->cache[d].active].next, Pre);
}

/* ---- objects ---- */

/* Object i of the word that cache c hands out from is in use. */
/*@ requires Arrays(s) && Apart(s, z) && c < s->caches && i < 64 && 0 <= s->cache[c].at < 4 && 0 <= s->cache[c].active <= s->slabs;
    assigns s->cache[c .. c].word, s->cache[c .. c].allocs, s->slab[s->cache[c].active].free[s->cache[c].at .. s->cache[c].at];
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
  if (k->allocs != UINT64_MAX) k->allocs = k->allocs + 1u;
}

/* Hands out the next object of cache c. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word != 0;
    assigns s->cache[c].word, s->cache[c].allocs, s->slab[s->cache[c].active].free[s->cache[c].at];
    SINV Z_KEPT
    ensures \let h = s->cache[c].active; \exists integer i; 0 <= i < s->slab[h].nobj && \result == obj(s, h, i) && \old(FreeBit(s, h, i)) && !FreeBit(s, h, i) &&
      \forall integer j; 0 <= j < 256 && j != i ==> (FreeBit(s, h, j) <==> \old(FreeBit(s, h, j))); */
KEEL_INLINE uint64_t pop(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  struct keel_cache *k = &s->cache[c];
  uint32_t i = w_ffs(k->word);
  //@ ghost uint32_t h = (uint32_t)k->active; uint32_t a = (uint32_t)k->at; uint32_t x = 64 * a + i;
  //@ assert Used(s, h) && s->slab[h].cache == c + 1;
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
  //@ assert !FreeBit(s, h, x) && \forall integer j; 0 <= j < 256 && j != x ==> (FreeBit(s, h, j) <==> \at(FreeBit(s, \at(h, Here), j), Pre));
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

/* Object i of slab h is free again. */
/*@ requires SInv(s) && Apart(s, z) && InUse(s, h, i);
    assigns s->slab[h].free[i / 64];
    SINV Z_KEPT
    ensures FreeBit(s, h, i);
    ensures \forall integer j; 0 <= j < 256 && j != i ==> (FreeBit(s, h, j) <==> \old(FreeBit(s, h, j))); */
KEEL_INLINE void unuse(struct keel_slabs *s, uint32_t h, uint32_t i) /*@ ghost (struct keel_pages *z) */
{
  s->slab[h].free[i / 64] = w_set(s->slab[h].free[i / 64], i % 64);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \at(s->cache[d].full[v], Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 && (g != h || v != i / 64) ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer j; 0 <= j < 256 && j / 64 == i / 64 ==> (j % 64 == i % 64 <==> j == i);
  //@ assert FreeBit(s, h, i) && \forall integer j; 0 <= j < 256 && j != i ==> (FreeBit(s, h, j) <==> \at(FreeBit(s, h, j), Pre));
  //@ assert \forall integer g, j; 0 <= g <= s->slabs && 0 <= j < 256 && !FreeBit(s, g, j) ==> !\at(FreeBit(s, g, j), Pre);
  //@ assert \forall integer g, j, v; 0 <= g <= s->slabs && 0 <= j < 64 && 0 <= v < 4 && \at(bit(s->slab[g].free[v], j), Pre) ==> bit(s->slab[g].free[v], j);
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].first == \at(s->cache[d].first, Pre) && s->cache[d].word == \at(s->cache[d].word, Pre);
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
    SINV Z_KEPT SAME_OBJECTS
    ensures s->cache[c].word != 0; */
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
    SINV Z_KEPT SAME_OBJECTS
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
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

/* Finds a slab of cache c with a free object among its active one and the first LOOK that wait; those that are nearly
   full go to the end. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0;
    assigns s->cache[0 .. s->caches - 1], s->slab[0 .. s->slabs + s->caches];
    SINV Z_KEPT SAME_OBJECTS
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0; */
static int reload(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  struct keel_cache *k = &s->cache[c];
  uint32_t e = s->slabs + 1u + c;
  if (k->active != 0) {
    uint32_t h = (uint32_t)k->active;
    if (load(s, c, h, (uint32_t)k->at + 1u) /*@ ghost (z) */) return 1;
    if (load(s, c, h, 0) /*@ ghost (z) */) return 1;
    rest(s, c) /*@ ghost (z) */;
  }
  /*@ loop invariant 0 <= i <= LOOK;
      LOOP_SINV
      loop invariant s->cache[c].active == 0 && s->cache[c].word == 0;
      loop assigns i, s->cache[0 .. s->caches - 1], s->slab[0 .. s->slabs + s->caches];
      loop variant LOOK - i; */
  for (uint32_t i = 0; i < LOOK; i++) {
    uint32_t h = (uint32_t)s->slab[e].next;
    if (h == e) return 0;
    //@ assert 1 <= h <= s->slabs && s->slab[h].cache == c + 1;
    q_out(s, h) /*@ ghost (z) */;
    if (s->slab[h].live <= (int32_t)(s->slab[h].nobj - (s->slab[h].nobj + 15u) / 16u) && load(s, c, h, 0) /*@ ghost (z) */) return 1;
    q_in(s, h, e) /*@ ghost (z) */;
  }
  return 0;
}

/* The same among all slabs. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns s->cache[0 .. s->caches - 1], s->slab[0 .. s->slabs + s->caches];
    SINV Z_KEPT SAME_OBJECTS
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0 && \forall integer h, i; InUse(s, h, i) || !(Used(s, h) && s->slab[h].cache == c + 1 && 0 <= i < s->slab[h].nobj); */
static int search(struct keel_slabs *s, uint32_t c) /*@ ghost (struct keel_pages *z) */
{
  /*@ loop invariant 1 <= h <= s->slabs + 1;
      LOOP_SINV
      loop invariant s->cache[c].active == 0 && s->cache[c].word == 0;
      loop invariant \forall integer g, i; 1 <= g < h && s->slab[g].cache == c + 1 && 0 <= i < s->slab[g].nobj ==> !FreeBit(s, g, i);
      loop assigns h, s->cache[0 .. s->caches - 1], s->slab[0 .. s->slabs + s->caches];
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    if (s->slab[h].cache != c + 1u) continue;
    q_out(s, h) /*@ ghost (z) */;
    if (load(s, c, h, 0) /*@ ghost (z) */) return 1;
    q_in(s, h, s->slabs + 1u + c) /*@ ghost (z) */;
  }
  return 0;
}

/* ---- slabs ---- */

/* 1 if no object of slab h is in use. */
static int is_empty(const struct keel_slabs *s, uint32_t h)
{
  const uint64_t *full = s->cache[s->slab[h].cache - 1u].full;
  for (uint32_t w = 0; w < 4; w++) {
    if ((full[w] & ~s->slab[h].free[w]) != 0) return 0;
  }
  return 1;
}

static void fill(uint32_t *map, uint32_t lo, uint32_t hi, uint32_t v)
{
  for (; lo < hi; lo++) map[lo] = v;
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

/* Unused slab h, alone, becomes one of cache c, made of the block at page p. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size != 0 && 1 <= h <= s->slabs && s->slab[h].cache == 0 && s->slab[h].next == h;
    requires p + s->cache[c].pages <= s->pages && \forall integer q; p <= q < p + s->cache[c].pages ==> s->map[q] == 0;
    assigns s->slab[h], s->map[p .. p + s->cache[c].pages - 1];
    SINV Z_KEPT SAME_OBJECTS
    ensures s->slab[h].cache == c + 1 && s->slab[h].next == h && s->slab[h].page == p;
    ensures \forall integer i; 0 <= i < s->slab[h].nobj ==> FreeBit(s, h, i); */
static void adopt(struct keel_slabs *s, uint32_t c, uint32_t h, uint32_t p) /*@ ghost (struct keel_pages *z) */
{
  struct keel_cache *k = &s->cache[c];
  struct keel_slab *t = &s->slab[h];
  none_used(t, k);
  t->mult = k->mult;
  t->nobj = k->nobj;
  t->page = p;
  t->pages = k->pages;
  t->cache = c + 1u;
  t->live = 0;
  fill(s->map, p, p + k->pages, h);
}

/* An unused slab, the first of the ring if there is one, becomes one of cache c, made of the block at page p, and the one
   that objects are taken from. */
/*@ requires SInv(s) && Apart(s, z) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0 && s->slab[0].next != 0;
    requires p + s->cache[c].pages <= s->pages && \forall integer q; p <= q < p + s->cache[c].pages ==> s->map[q] == 0;
    assigns ALL_SLABS;
    SINV Z_KEPT SAME_OBJECTS
    ensures s->cache[c].word != 0;
    ensures \let h = \old(s->slab[0].next); s->slab[h].page == p && s->slab[h].cache == c + 1 && s->slab[h].pages == s->cache[c].pages &&
      \forall integer g; g != h && Used(s, g) ==> \old(Used(s, g)) && s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
    ensures \forall integer q; 0 <= q < s->pages && !(p <= q < p + s->cache[c].pages) ==> s->map[q] == \old(s->map[q]); */
static void install(struct keel_slabs *s, uint32_t c, uint32_t p) /*@ ghost (struct keel_pages *z) */
{
  uint32_t h = (uint32_t)s->slab[0].next;
  q_out(s, h) /*@ ghost (z) */;
  adopt(s, c, h, p) /*@ ghost (z) */;
  load(s, c, h, 0) /*@ ghost (z) */;
}

/* A block of 2^order pages; answers its first page, KEEL_NONE if there is none. */
/*@ requires BOTH(s, z, st, ord) && order <= MAXO;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    KEEPS_BOTH SAME_OBJECTS
    ensures \result == KEEL_NONE <==> !\old(SomeFree(st, ord, z->u, order));
    ensures \result == KEEL_NONE ==> !SomeFree(st, ord, z->u, order);
    ensures \result != KEEL_NONE ==> \result + P2(order) <= s->pages && HeadErr(z, st, ord, \result) == KEEL_OK && z->tag[\result] / 32 == KEEL_SLAB && ord[\result] == order &&
      \forall integer q; \result <= q < \result + P2(order) ==> s->map[q] == 0 && st[q] == LIVE; */
static uint32_t take_pages(struct keel_slabs *s, uint32_t order) /*@ ghost (PAIR) */
{
  keel_pfn_t f = keel_pages_alloc(s->z, order, KEEL_SLAB) /*@ ghost (st, ord) */;
  //@ assert s->addr == \at(s->addr, Pre);
  //@ assert \forall integer d, v; 0 <= d < s->caches && 0 <= v < 4 ==> s->cache[d].full[v] == \at(s->cache[d].full[v], Pre);
  //@ assert \forall integer g, v; 0 <= g <= s->slabs && 0 <= v < 4 ==> s->slab[g].free[v] == \at(s->slab[g].free[v], Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].word == \at(s->cache[d].word, Pre) && s->cache[d].first == \at(s->cache[d].first, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches ==> s->cache[d].active == \at(s->cache[d].active, Pre) && s->cache[d].at == \at(s->cache[d].at, Pre) && s->cache[d].kept == \at(s->cache[d].kept, Pre);
  //@ assert \forall integer d; 0 <= d < s->caches && \at(HotAt(s, d), Pre) ==> HotAt(s, d);
  //@ assert \forall integer g, i; 0 <= g <= s->slabs && 0 <= i < 256 ==> (FreeBit(s, g, i) <==> \at(FreeBit(s, g, i), Pre));
  return f < 0 ? KEEL_NONE : (uint32_t)(f - s->z->base);
}

/* A new slab for cache c, which takes objects from it; 0 if there is no block of pages, or no unused slab. */
/*@ requires BOTH(s, z, st, ord) && c < s->caches && s->cache[c].size != 0 && s->cache[c].word == 0 && s->cache[c].active == 0;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS, ALL_SLABS;
    KEEPS_BOTH SAME_OBJECTS
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> s->cache[c].word != 0;
    ensures \result == 0 ==> s->cache[c].word == 0 && s->cache[c].active == 0 && (s->slab[0].next == 0 || !SomeFree(st, ord, z->u, s->cache[c].order)); */
static int grow(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (s->slab[0].next == 0) return 0;
  uint32_t p = take_pages(s, s->cache[c].order) /*@ ghost (z, st, ord) */;
  if (p == KEEL_NONE) return 0;
  install(s, c, p) /*@ ghost (z) */;
  return 1;
}

/* Slab h, alone and empty, is unused from now on; its pages belong to no slab. */
/*@ requires SInv(s) && Apart(s, z) && Used(s, h) && s->slab[h].next == h && \forall integer i; 0 <= i < s->slab[h].nobj ==> FreeBit(s, h, i);
    requires s->cache[s->slab[h].cache - 1].active != h;
    assigns ALL_SLABS;
    SINV Z_KEPT SAME_OBJECTS
    ensures !Used(s, h);
    ensures \forall integer g; g != h && Used(s, g) ==> \old(Used(s, g)) && s->slab[g].page == \old(s->slab[g].page) && s->slab[g].pages == \old(s->slab[g].pages);
    ensures \forall integer q; 0 <= q < s->pages ==> s->map[q] == (\old(s->map[q]) == h ? 0 : \old(s->map[q])); */
static void retire_slab(struct keel_slabs *s, uint32_t h) /*@ ghost (struct keel_pages *z) */
{
  uint32_t p = s->slab[h].page;
  s->slab[h].cache = 0;
  fill(s->map, p, p + s->slab[h].pages, 0);
  q_in(s, h, 0) /*@ ghost (z) */;
}

/* Slab h, alone and empty, gives its pages back. */
static void disown(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  uint32_t p = s->slab[h].page;
  retire_slab(s, h) /*@ ghost (z) */;
  keel_pages_put(s->z, s->z->base + p, KEEL_SLAB) /*@ ghost (st, ord) */; /* somebody else may hold a reference */
}

/* Empty slab h, of cache c, gives its pages back. */
static void drop(struct keel_slabs *s, uint32_t c, uint32_t h) /*@ ghost (PAIR) */
{
  if (s->cache[c].active == h) {
    s->cache[c].active = 0;
    s->cache[c].word = 0;
  }
  q_out(s, h) /*@ ghost (z) */;
  disown(s, h) /*@ ghost (z, st, ord) */;
}

/* The empty slabs of cache c, or of all caches if c is not one, give their pages back; answers how many pages. */
static uint32_t sweep(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  uint32_t n = 0;
  for (uint32_t h = 1; h <= s->slabs; h++) {
    if (s->slab[h].cache == 0 || (c < s->caches && s->slab[h].cache != c + 1u) || !is_empty(s, h)) continue;
    n += s->slab[h].pages;
    drop(s, s->slab[h].cache - 1u, h) /*@ ghost (z, st, ord) */;
  }
  return n;
}

KEEL_NOINLINE uint64_t alloc_slow(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (s->cache[c].size == 0) return 0;
  int found = reload(s, c) /*@ ghost (z) */;
  if (!found) found = grow(s, c) /*@ ghost (z, st, ord) */;
  if (!found) found = search(s, c) /*@ ghost (z) */;
  if (!found) {
    sweep(s, s->caches) /*@ ghost (z, st, ord) */;
    found = grow(s, c) /*@ ghost (z, st, ord) */;
  }
  return found ? pop(s, c) /*@ ghost (z) */ : 0;
}

/* Slab h may be empty, says its counter: one empty slab is kept, a second one gives its pages back.  Answers KEEL_OK. */
KEEL_NOINLINE enum keel_status emptied(struct keel_slabs *s, uint32_t h) /*@ ghost (PAIR) */
{
  uint32_t c = s->slab[h].cache - 1u, r = (uint32_t)s->cache[c].kept;
  if (s->cache[c].active != h && is_empty(s, h)) {
    if (r == 0 || r == h || s->slab[r].cache != c + 1u || !is_empty(s, r)) {
      s->cache[c].kept = h;
    } else {
      drop(s, c, h) /*@ ghost (z, st, ord) */;
    }
  }
  return KEEL_OK;
}

/* ---- public ---- */

enum keel_status keel_slabs_init(struct keel_slabs *s, struct keel_pages *z, uint64_t addr, uint32_t *map, struct keel_slab *slab, uint32_t slabs, struct keel_cache *cache, uint32_t caches) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (slabs == 0 || slabs > SLABS_MAX || caches == 0 || caches > KEEL_CACHES_MAX || addr == 0 || addr % KEEL_PAGE_SIZE != 0 || addr > UINT64_MAX - (uint64_t)z->n * KEEL_PAGE_SIZE) return KEEL_BAD_ARGUMENT;
  s->z = z;
  s->map = map;
  s->slab = slab;
  s->cache = cache;
  s->addr = addr;
  s->pages = z->n;
  s->slabs = slabs;
  s->caches = caches;
  fill(map, 0, z->n, 0);
  for (uint32_t c = 0; c < caches; c++) {
    cache[c].size = 0;
    cache[c].word = 0;
    cache[c].allocs = 0;
    cache[c].active = 0;
    cache[c].at = 0;
    cache[c].kept = 0;
  }
  for (uint32_t h = 0; h <= slabs + caches; h++) {
    slab[h].cache = h > slabs ? h - slabs : 0;
    slab[h].next = (int32_t)(h < slabs ? h + 1u : h == slabs ? 0 : h);
    slab[h].prev = (int32_t)(h == 0 ? slabs : h <= slabs ? h - 1u : h);
  }
  return KEEL_OK;
}

enum keel_status keel_cache_create(struct keel_slabs *s, uint32_t c, uint32_t size, uint32_t align) /*@ ghost (PAIR) */
{
  if (c >= s->caches || size == 0 || size > KEEL_OBJECT_MAX || align > KEEL_PAGE_SIZE || (align & (align - 1u)) != 0) return KEEL_BAD_ARGUMENT;
  struct keel_cache *k = &s->cache[c];
  if (k->size != 0) return KEEL_BUSY;
  if (align < KEEL_OBJECT_MIN) align = KEEL_OBJECT_MIN;
  size = (size + align - 1u) / align * align;
  uint32_t order = 0, pages = 1, n = KEEL_PAGE_SIZE / size;
  while (order < KEEL_SLAB_ORDER && n < KEEL_SLAB_OBJECTS && (n < 128u || pages * KEEL_PAGE_SIZE - n * size > pages * KEEL_PAGE_SIZE / 16u)) {
    order++;
    pages *= 2u;
    n = pages * KEEL_PAGE_SIZE / size;
  }
  if (n > KEEL_SLAB_OBJECTS) n = KEEL_SLAB_OBJECTS;
  k->mult = inverse(size);
  k->nobj = n;
  k->order = order;
  k->pages = pages;
  for (uint32_t w = 0; w < 4; w++) k->full[w] = 0;
  for (uint32_t i = 0; i < n; i++) k->full[i / 64] = w_set(k->full[i / 64], i % 64);
  k->size = size;
  k->allocs = 0;
  return KEEL_OK;
}

uint64_t keel_cache_alloc(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (KEEL_UNLIKELY(c >= s->caches)) return 0;
  if (KEEL_UNLIKELY(s->cache[c].word == 0)) return alloc_slow(s, c) /*@ ghost (z, st, ord) */;
  return pop(s, c) /*@ ghost (z) */;
}

enum keel_status keel_slab_free(struct keel_slabs *s, uint64_t a) /*@ ghost (PAIR) */
{
  if (KEEL_UNLIKELY(a < s->addr)) return KEEL_OUT_OF_RANGE;
  uint64_t d = a - s->addr, p = d / KEEL_PAGE_SIZE;
  if (KEEL_UNLIKELY(p >= s->pages)) return KEEL_OUT_OF_RANGE;
  uint32_t h = s->map[p];
  if (KEEL_UNLIKELY(h == 0)) return KEEL_WRONG_KIND;
  struct keel_slab *t = &s->slab[h];
  uint32_t i = index_of(t->mult, (uint32_t)(d - (uint64_t)t->page * KEEL_PAGE_SIZE)) /*@ ghost (s->cache[t->cache - 1].size, t->nobj) */;
  if (KEEL_UNLIKELY(i >= t->nobj)) return KEEL_NOT_HEAD;
  if (KEEL_UNLIKELY(w_tst(t->free[i / 64], i % 64) != 0)) return KEEL_ALREADY_FREE;
  unuse(s, h, i) /*@ ghost (z) */;
  if (KEEL_UNLIKELY(t->live <= 1)) return emptied(s, h) /*@ ghost (z, st, ord) */;
  t->live--;
  return KEEL_OK;
}

uint32_t keel_cache_shrink(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  return c < s->caches ? sweep(s, c) /*@ ghost (z, st, ord) */ : 0;
}

enum keel_status keel_cache_destroy(struct keel_slabs *s, uint32_t c) /*@ ghost (PAIR) */
{
  if (c >= s->caches || s->cache[c].size == 0) return KEEL_BAD_ARGUMENT;
  sweep(s, c) /*@ ghost (z, st, ord) */;
  for (uint32_t h = 1; h <= s->slabs; h++) {
    if (s->slab[h].cache == c + 1u) return KEEL_BUSY;
  }
  s->cache[c].size = 0;
  return KEEL_OK;
}
