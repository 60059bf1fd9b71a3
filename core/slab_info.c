// SPDX-License-Identifier: MIT OR Apache-2.0
/* What there is to know about slab caches: of an object, of a cache, of all; and whether all is well.
   Nothing here needs more than the invariant of core/slab.c.

   1. An address is that of an object if the page map and the index (core/index.h) say so, and the object is in use if
      its bit is not set.  So the objects in use can be walked in the order of their addresses without a cursor: the
      next one is the least at or after an address.
   2. What a slab of a cache looks like is the cache's layout; how many there are, and how many of their objects are in
      use, is counted when somebody asks. */
#include "core/slab.h"
#include "core/bits.h"

#include "specs/slab_info.h"

/* ---- objects ---- */

/* Where an object in use is, or why there is none. */
struct place {
  enum keel_status error; /* that of keel_slab_free */
  uint32_t slab, index;
};

/* The object that starts at address a. */
/*@ requires SInv(s);
    assigns \nothing;
    ensures \result.error == KEEL_OUT_OF_RANGE <==> !InArea(s, a);
    ensures \result.error == KEEL_WRONG_KIND <==> InArea(s, a) && slab_at(s, a) == 0;
    ensures \result.error == KEEL_NOT_HEAD ==> InArea(s, a) && slab_at(s, a) != 0 && \forall integer i; !At(s, a, i);
    ensures \result.error != KEEL_OUT_OF_RANGE && \result.error != KEEL_WRONG_KIND && \result.error != KEEL_NOT_HEAD ==>
      \result.slab == slab_at(s, a) && At(s, a, \result.index) && (\forall integer i; At(s, a, i) ==> i == \result.index) &&
      (\result.error == KEEL_ALREADY_FREE || \result.error == KEEL_OK) && (\result.error == KEEL_OK <==> !FreeBit(s, \result.slab, \result.index)); */
KEEL_INLINE struct place find(const struct keel_slabs *s, uint64_t a)
{
  struct place r = {KEEL_OUT_OF_RANGE, 0, 0};
  if (a < s->addr) return r;
  uint64_t d = a - s->addr, p = d / KEEL_PAGE_SIZE;
  if (p >= s->pages) return r;
  r.error = KEEL_WRONG_KIND;
  uint32_t h = s->map[p];
  if (h == 0) return r;
  const struct keel_slab *t = &s->slab[h];
  r.error = KEEL_NOT_HEAD;
  //@ assert InArea(s, a) && h == slab_at(s, a) && Used(s, h);
  uint32_t i = object_at(s, h, d) /*@ ghost (a) */;
  //@ assert \forall integer j; At(s, a, j) ==> 0 <= j < t->nobj && j == i;
  //@ assert i < t->nobj ? At(s, a, i) : \forall integer j; !At(s, a, j);
  if (i >= t->nobj) return r;
  r.slab = h;
  r.index = i;
  r.error = w_tst(t->free[i / 64], i % 64) != 0 ? KEEL_ALREADY_FREE : KEEL_OK;
  return r;
}

/*@ requires SInv(s);
    assigns \nothing;
    behavior none:
      assumes \forall integer h, i; InUse(s, h, i) ==> obj(s, h, i) != a;
      ensures \result == 0;
    behavior some:
      assumes \exists integer h, i; InUse(s, h, i) && obj(s, h, i) == a;
      ensures \result != 0;
      ensures \forall integer h, i; InUse(s, h, i) && obj(s, h, i) == a ==> \result == s->cache[s->slab[h].cache - 1].size;
    complete behaviors; disjoint behaviors; */
uint32_t keel_slab_size(const struct keel_slabs *s, uint64_t a)
{
  //@ ghost lem_home(s);
  struct place f = find(s, a);
  return f.error == KEEL_OK ? s->cache[s->slab[f.slab].cache - 1u].size : 0;
}

/*@ requires SInv(s);
    assigns \nothing;
    behavior none:
      assumes \forall integer h, i; InUse(s, h, i) ==> obj(s, h, i) != a;
      ensures \result == KEEL_NO_CACHE;
    behavior some:
      assumes \exists integer h, i; InUse(s, h, i) && obj(s, h, i) == a;
      ensures \result < s->caches;
      ensures \forall integer h, i; InUse(s, h, i) && obj(s, h, i) == a ==> Object(s, \result, h, i);
    complete behaviors; disjoint behaviors; */
uint32_t keel_slab_cache(const struct keel_slabs *s, uint64_t a)
{
  //@ ghost lem_home(s);
  struct place f = find(s, a);
  return f.error == KEEL_OK ? s->slab[f.slab].cache - 1u : KEEL_NO_CACHE;
}

/* ---- a walk ---- */

/* The least object of slab h from i on that is in use; the number of its objects if there is none. */
/*@ requires Arrays(s) && h <= s->slabs && s->slab[h].nobj <= 256 && i <= s->slab[h].nobj;
    assigns \nothing;
    ensures i <= \result <= s->slab[h].nobj;
    ensures \result < s->slab[h].nobj ==> !FreeBit(s, h, \result);
    ensures \forall integer j; i <= j < \result ==> FreeBit(s, h, j); */
static uint32_t used_from(const struct keel_slabs *s, uint32_t h, uint32_t i)
{
  const struct keel_slab *t = &s->slab[h];
  /*@ loop invariant \at(i, Pre) <= i <= t->nobj;
      loop invariant \forall integer j; \at(i, Pre) <= j < i ==> FreeBit(s, h, j);
      loop assigns i;
      loop variant t->nobj - i; */
  while (i < t->nobj && w_tst(t->free[i / 64], i % 64) != 0) i++;
  return i;
}

/* The least object of slab h that does not start below address from; the number of its objects if there is none. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Used(s, h);
    assigns \nothing;
    ensures \result <= s->slab[h].nobj;
    ensures \forall integer i; 0 <= i < s->slab[h].nobj ==> (\result <= i <==> from <= obj(s, h, i)); */
static uint32_t object_from(const struct keel_slabs *s, uint32_t h, uint64_t from)
{
  const struct keel_slab *t = &s->slab[h];
  uint32_t size = s->cache[t->cache - 1u].size;
  //@ ghost lem_layout(s, h);
  uint64_t a = s->addr + (uint64_t)t->page * KEEL_PAGE_SIZE;
  //@ ghost lem_steps(t->nobj, size);
  //@ assert \forall integer j; 0 <= j < t->nobj ==> 0 <= j * size && j * size + size <= t->nobj * size;
  //@ assert \forall integer j; obj(s, h, j) == a + j * size;
  if (from <= a) return 0;
  if (from - a > t->pages * KEEL_PAGE_SIZE) return t->nobj;
  uint32_t d = (uint32_t)(from - a), i = (d + size - 1u) / size;
  //@ assert i * size <= d + size - 1 < i * size + size;
  //@ assert i <= 0x8000;
  //@ ghost lem_ceil(i, t->nobj, d, size);
  //@ assert \forall integer j; 0 <= j < t->nobj ==> (i <= j <==> from <= obj(s, h, j));
  return i < t->nobj ? i : t->nobj;
}

/* The first object in use of slab h that does not start below address from; 0 if there is none. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Used(s, h);
    assigns \nothing;
    ensures \result == 0 ==> \forall integer i; InUse(s, h, i) ==> obj(s, h, i) < from;
    ensures \result != 0 ==> from <= \result < s->addr + (s->slab[h].page + s->slab[h].pages) * PAGE && (\exists integer i; InUse(s, h, i) && \result == obj(s, h, i)) &&
      \forall integer i; InUse(s, h, i) && from <= obj(s, h, i) ==> \result <= obj(s, h, i); */
static uint64_t in_slab(const struct keel_slabs *s, uint32_t h, uint64_t from)
{
  const struct keel_slab *t = &s->slab[h];
  uint32_t size = s->cache[t->cache - 1u].size;
  //@ ghost lem_layout(s, h);
  uint32_t i = used_from(s, h, object_from(s, h, from));
  if (i == t->nobj) return 0;
  //@ ghost lem_obj(s, h, i); lem_order(s, h, i);
  //@ assert 0 <= i * size <= 131072;
  return s->addr + (uint64_t)t->page * KEEL_PAGE_SIZE + (uint64_t)i * size;
}

/*@ requires SInv(s);
    assigns \nothing;
    behavior end:
      assumes \forall integer h, i; Object(s, c, h, i) ==> obj(s, h, i) < from;
      ensures \result == 0;
    behavior next:
      assumes \exists integer h, i; Object(s, c, h, i) && from <= obj(s, h, i);
      ensures from <= \result && \exists integer h, i; Object(s, c, h, i) && \result == obj(s, h, i);
      ensures \forall integer h, i; Object(s, c, h, i) && from <= obj(s, h, i) ==> \result <= obj(s, h, i);
    complete behaviors; disjoint behaviors; */
uint64_t keel_cache_walk(const struct keel_slabs *s, uint32_t c, uint64_t from)
{
  uint64_t p = from < s->addr ? 0 : (from - s->addr) / KEEL_PAGE_SIZE;
  //@ ghost lem_home(s);
  /*@ loop invariant \forall integer h, i; Object(s, c, h, i) && from <= obj(s, h, i) ==> p <= (obj(s, h, i) - s->addr) / PAGE < s->pages;
      loop assigns p;
      loop variant s->pages - p; */
  while (p < s->pages) {
    uint32_t h = s->map[p];
    if (h == 0) {
      p++;
      continue;
    }
    const struct keel_slab *t = &s->slab[h];
    uint32_t end = t->page + t->pages;
    //@ assert Used(s, h) && t->page <= p < end <= s->pages;
    //@ assert \forall integer q; p <= q < end ==> s->map[q] == h;
    //@ assert \forall integer g, j; Object(s, c, g, j) && from <= obj(s, g, j) && (obj(s, g, j) - s->addr) / PAGE < end ==> g == h;
    if (t->cache - 1u == c) {
      uint64_t a = in_slab(s, h, from);
      //@ assert a != 0 ==> \forall integer g, j; Object(s, c, g, j) && from <= obj(s, g, j) && end <= (obj(s, g, j) - s->addr) / PAGE ==> a <= obj(s, g, j);
      //@ assert a != 0 ==> \forall integer j; Object(s, c, h, j) && from <= obj(s, h, j) ==> a <= obj(s, h, j);
      //@ assert a != 0 ==> \forall integer g, j; Object(s, c, g, j) && from <= obj(s, g, j) ==> a <= obj(s, g, j);
      if (a != 0) return a;
    }
    p = end;
  }
  return 0;
}

/* ---- what a cache has ---- */

/* Objects of slab h in use. */
/*@ requires Arrays(s) && h <= s->slabs && s->slab[h].nobj <= 256;
    assigns \nothing;
    ensures \result == nused(s, h, s->slab[h].nobj) && \result <= 256; */
static uint32_t count_used(const struct keel_slabs *s, uint32_t h)
{
  const struct keel_slab *t = &s->slab[h];
  uint32_t n = 0;
  /*@ loop invariant 0 <= i <= t->nobj && n == nused(s, h, i) && n <= i;
      loop assigns i, n;
      loop variant t->nobj - i; */
  for (uint32_t i = 0; i < t->nobj; i++) n += 1u - w_tst(t->free[i / 64], i % 64);
  return n;
}

/* Slabs of a cache, those with an object in use, and their objects in use. */
struct tally {
  int64_t slabs, active_slabs, active;
};

/*@ requires SInv(s) && c < s->caches;
    assigns \nothing;
    ensures \result.slabs == nslabs(s, c, s->slabs) && 0 <= \result.slabs <= SLABS_MAX;
    ensures \result.active_slabs == nbusy(s, c, s->slabs);
    ensures \result.active == nobjects(s, c, s->slabs); */
static struct tally count_slabs(const struct keel_slabs *s, uint32_t c)
{
  struct tally r = {0, 0, 0};
  /*@ loop invariant 1 <= h <= s->slabs + 1;
      loop invariant r.slabs == nslabs(s, c, h - 1) && 0 <= r.slabs < h;
      loop invariant r.active_slabs == nbusy(s, c, h - 1) && 0 <= r.active_slabs < h;
      loop invariant r.active == nobjects(s, c, h - 1) && 0 <= r.active <= 256 * (h - 1);
      loop assigns h, r;
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    if (s->slab[h].cache != c + 1u) continue;
    uint32_t n = count_used(s, h);
    r.slabs += 1;
    r.active_slabs += n > 0;
    r.active += n;
  }
  return r;
}

/*@ requires SInv(s) && \valid(st) && \separated(st, s) && \separated(st, s->slab + (0 .. s->slabs + s->caches)) && \separated(st, s->cache + (0 .. s->caches - 1));
    assigns *st;
    behavior bad:
      assumes c >= s->caches || s->cache[c].size == 0;
      assigns \nothing;
      ensures \result == KEEL_BAD_ARGUMENT;
    behavior ok:
      assumes c < s->caches && s->cache[c].size != 0;
      ensures \result == KEEL_OK;
      ensures st->size == \old(s->cache[c].size) && st->slab_objects == \old(s->cache[c].nobj) && st->slab_pages == \old(s->cache[c].pages);
      ensures st->slabs == \old(nslabs(s, c, s->slabs)) && st->active_slabs == \old(nbusy(s, c, s->slabs)) && st->active == \old(nobjects(s, c, s->slabs));
      ensures st->objects == \old(nslabs(s, c, s->slabs) * s->cache[c].nobj);
      ensures st->waste == \old(nslabs(s, c, s->slabs) * (s->cache[c].pages * PAGE - s->cache[c].nobj * s->cache[c].size));
    complete behaviors; disjoint behaviors; */
enum keel_status keel_cache_stats(const struct keel_slabs *s, uint32_t c, struct keel_slab_stats *st)
{
  if (c >= s->caches || s->cache[c].size == 0) return KEEL_BAD_ARGUMENT;
  const struct keel_cache *k = &s->cache[c];
  //@ assert KOk(s->cache + c) && k->nobj * k->size <= k->pages * PAGE;
  //@ ghost lem_product(k->nobj, k->size);
  uint32_t size = k->size, nobj = k->nobj, pages = k->pages, rest = pages * KEEL_PAGE_SIZE - nobj * size;
  struct tally t = count_slabs(s, c);
  //@ ghost lem_product(t.slabs, nobj); lem_product(t.slabs, rest);
  int64_t objects = t.slabs * nobj, waste = t.slabs * rest;
  st->size = size;
  st->slab_objects = nobj;
  st->slab_pages = pages;
  st->slabs = t.slabs;
  st->active_slabs = t.active_slabs;
  st->active = t.active;
  st->objects = objects;
  st->waste = waste;
  return KEEL_OK;
}

/* ---- reporting ---- */

/* The two lines above the caches'. */
/*@ requires \valid(buf + (0 .. size - 1));
    assigns buf[0 .. size - 1];
    ensures 0 < \result < 512; */
static size_t put_head(char *buf, size_t size)
{
  size_t len = put_s(buf, size, 0, "slabinfo - version: 2.1\n") /*@ ghost ((uint32_t)24) */;
  len = put_s(buf, size, len, "# name            <active_objs> <num_objs> <objsize>") /*@ ghost ((uint32_t)52) */;
  len = put_s(buf, size, len, " <objperslab> <pagesperslab> : tunables <limit>") /*@ ghost ((uint32_t)47) */;
  len = put_s(buf, size, len, " <batchcount> <sharedfactor> : slabdata <active_slabs>") /*@ ghost ((uint32_t)54) */;
  len = put_s(buf, size, len, " <num_slabs> <sharedavail>") /*@ ghost ((uint32_t)26) */;
  return put_c(buf, size, len, '\n');
}

/* A space and v, right-aligned to width. */
/*@ requires \valid(buf + (0 .. size - 1)) && len < 0x4000 && width <= 20;
    assigns buf[0 .. size - 1];
    ensures len < \result <= len + 21; */
static size_t put_column(char *buf, size_t size, size_t len, int64_t v, uint32_t width)
{
  return put_n(buf, size, put_c(buf, size, len, ' '), v > 0 ? (uint64_t)v : 0u, width);
}

/* The name of cache c, or its number if it has none, left-aligned to 17 characters. */
/*@ requires \valid(buf + (0 .. size - 1));
    requires name == \null || (n <= 64 && \valid_read(name + (0 .. n)) && (n == 64 || name[n] == 0) && \separated(buf + (0 .. size - 1), name + (0 .. n)));
    assigns buf[0 .. size - 1];
    ensures 17 <= \result <= 84; */
static size_t put_name(char *buf, size_t size, uint32_t c, const char *name) /*@ ghost (uint32_t n) */
{
  size_t len;
  if (name != NULL) {
    len = put_s(buf, size, 0, name) /*@ ghost (n) */;
  } else {
    len = put_s(buf, size, 0, "cache-") /*@ ghost ((uint32_t)6) */;
    len = put_n(buf, size, len, c, 0);
  }
  /*@ loop invariant 0 <= len <= 84;
      loop assigns len, buf[0 .. size - 1];
      loop variant 17 - len; */
  while (len < 17) len = put_c(buf, size, len, ' ');
  return len;
}

/* The line of cache c, which is in use. */
/*@ requires SInv(s) && c < s->caches && s->cache[c].size != 0 && \valid(buf + (0 .. size - 1));
    requires name == \null || (n <= 64 && \valid_read(name + (0 .. n)) && (n == 64 || name[n] == 0) && \separated(buf + (0 .. size - 1), name + (0 .. n)));
    assigns buf[0 .. size - 1];
    ensures 0 < \result < 512; */
static size_t put_cache(const struct keel_slabs *s, uint32_t c, const char *name, char *buf, size_t size) /*@ ghost (uint32_t n) */
{
  struct keel_slab_stats t;
  keel_cache_stats(s, c, &t);
  size_t len = put_name(buf, size, c, name) /*@ ghost (n) */;
  len = put_column(buf, size, len, t.active, 6);
  len = put_column(buf, size, len, t.objects, 6);
  len = put_column(buf, size, len, t.size, 6);
  len = put_column(buf, size, len, t.slab_objects, 4);
  len = put_column(buf, size, len, t.slab_pages, 4);
  len = put_s(buf, size, len, " : tunables    0    0    0 : slabdata") /*@ ghost ((uint32_t)37) */;
  len = put_column(buf, size, len, t.active_slabs, 6);
  len = put_column(buf, size, len, t.slabs, 6);
  return put_s(buf, size, len, "      0\n") /*@ ghost ((uint32_t)8) */;
}

/*@ requires SInv(s) && \valid(buf + (0 .. size - 1));
    requires \valid_read(n + (0 .. s->caches - 1)); // n: lengths of the names, 64 at most
    requires names == \null || \valid_read(names + (0 .. s->caches - 1)) && \forall integer c; 0 <= c < s->caches && names[c] != \null ==>
      n[c] <= 64 && \valid_read(names[c] + (0 .. n[c])) && (n[c] == 64 || names[c][n[c]] == 0) && \separated(buf + (0 .. size - 1), names[c] + (0 .. n[c]));
    assigns buf[0 .. size - 1];
    ensures some: 0 < \result <= 512 + 512 * s->caches;
    ensures end: size > 0 ==> buf[\min(\result, size - 1)] == 0; */
size_t keel_slabs_report(const struct keel_slabs *s, const char *const *names, char *buf, size_t size) /*@ ghost (uint8_t \ghost *n) */
{
  size_t len = put_head(buf, size);
  /*@ loop invariant 0 <= c <= s->caches && 0 < len <= 512 + 512 * c;
      loop assigns c, len, buf[0 .. size - 1];
      loop variant s->caches - c; */
  for (uint32_t c = 0; c < s->caches; c++) {
    if (s->cache[c].size == 0) continue;
    const char *name = names != NULL ? names[c] : NULL;
    int more = len < size;
    len += put_cache(s, c, name, more ? buf + len : buf, more ? size - len : 0) /*@ ghost ((uint32_t)n[c]) */;
  }
  if (size > 0) buf[len < size ? len : size - 1] = 0;
  return len;
}

/* ---- checking ---- */

/* Whether the links of node x of the n in rings are right. */
/*@ requires 0 < n <= INT32_MAX && \valid_read(t + (0 .. n - 1)) && x < n;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> LinkOk(t, n, x); */
static int link_ok(const struct keel_slab *t, int64_t n, uint32_t x)
{
  int32_t b = t[x].next, a = t[x].prev;
  if (b < 0 || b >= n || a < 0 || a >= n) return 0;
  return t[b].prev == (int64_t)x && t[a].next == (int64_t)x && t[b].cache == t[x].cache && t[a].cache == t[x].cache;
}

/* Whether all are. */
/*@ requires Arrays(s);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Ring(s->slab, NODES(s)); */
static int links_ok(const struct keel_slabs *s)
{
  int64_t n = (int64_t)s->slabs + 1 + s->caches;
  /*@ loop invariant 0 <= x <= n;
      loop invariant \forall integer y; 0 <= y < x ==> 0 <= s->slab[y].next < n && 0 <= s->slab[y].prev < n && s->slab[s->slab[y].next].prev == y && s->slab[s->slab[y].prev].next == y &&
        s->slab[s->slab[y].next].cache == s->slab[y].cache && s->slab[s->slab[y].prev].cache == s->slab[y].cache;
      loop assigns x;
      loop variant n - x; */
  for (uint32_t x = 0; x < n; x++) {
    int ok = link_ok(s->slab, n, x);
    //@ assert Ring(s->slab, NODES(s)) ==> LinkOk(s->slab, n, x);
    if (!ok) return 0;
  }
  return 1;
}

/* Whether every ring has the edge it should have, and every slab a cache that there is, or none. */
/*@ requires Arrays(s) && Ring(s->slab, NODES(s));
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Rings(s); */
static int rings_ok(const struct keel_slabs *s)
{
  if (s->slab[0].cache != 0) return 0;
  /*@ loop invariant 1 <= h <= s->slabs + 1 && \forall integer g; 1 <= g < h ==> 0 <= s->slab[g].cache <= s->caches;
      loop assigns h;
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    if (s->slab[h].cache > s->caches) return 0;
  }
  /*@ loop invariant 0 <= c <= s->caches && \forall integer x; s->slabs < x <= s->slabs + c ==> s->slab[x].cache == x - s->slabs;
      loop assigns c;
      loop variant s->caches - c; */
  for (uint32_t c = 0; c < s->caches; c++) {
    if (s->slab[s->slabs + 1u + c].cache != c + 1u) return 0;
  }
  return 1;
}

/* Whether a cache in use has a layout that can be. */
/*@ requires \valid_read(k);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> KOk(k); */
static int layout_ok(const struct keel_cache *k)
{
  if (k->size < KEEL_OBJECT_MIN || k->size > KEEL_OBJECT_MAX || k->size % 8u != 0) return 0;
  if ((uint64_t)k->mult * k->size % 0x800000000u != 65536u) return 0;
  if (k->nobj == 0 || k->nobj > KEEL_SLAB_OBJECTS || k->order > KEEL_SLAB_ORDER) return 0;
  return k->pages == pages_of(k->order) && (uint64_t)k->nobj * k->size <= k->pages * KEEL_PAGE_SIZE;
}

/* Whether the bits of full are those of n objects. */
/*@ requires \valid_read(full + (0 .. 3)) && n <= 256;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer i; 0 <= i < 256 ==> (bit(full[i / 64], i % 64) <==> i < n); */
static int full_ok(const uint64_t *full, uint32_t n)
{
  /*@ loop invariant 0 <= i <= 256 && \forall integer j; 0 <= j < i ==> (bit(full[j / 64], j % 64) <==> j < n);
      loop assigns i;
      loop variant 256 - i; */
  for (uint32_t i = 0; i < KEEL_SLAB_OBJECTS; i++) {
    uint32_t in = i < n;
    if (w_tst(full[i / 64], i % 64) != in) return 0;
  }
  return 1;
}

/* Whether the caches in use have such layouts. */
/*@ requires Arrays(s);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Caches(s) && Full(s); */
static int caches_ok(const struct keel_slabs *s)
{
  /*@ loop invariant 0 <= c <= s->caches;
      loop invariant \forall integer d; 0 <= d < c && s->cache[d].size != 0 ==> KOk(s->cache + d);
      loop invariant \forall integer d, i; 0 <= d < c && s->cache[d].size != 0 && 0 <= i < 256 ==> (bit(s->cache[d].full[i / 64], i % 64) <==> i < s->cache[d].nobj);
      loop assigns c;
      loop variant s->caches - c; */
  for (uint32_t c = 0; c < s->caches; c++) {
    const struct keel_cache *k = &s->cache[c];
    if (k->size != 0 && (!layout_ok(k) || !full_ok(k->full, k->nobj))) return 0;
  }
  return 1;
}

/* Whether no bit stands for an object that slab h does not have. */
/*@ requires Arrays(s) && h <= s->slabs && s->slab[h].nobj <= 256;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer i; s->slab[h].nobj <= i < 256 ==> !FreeBit(s, h, i); */
static int bits_ok(const struct keel_slabs *s, uint32_t h)
{
  const struct keel_slab *t = &s->slab[h];
  /*@ loop invariant s->slab[h].nobj <= i <= 256 && \forall integer j; s->slab[h].nobj <= j < i ==> !FreeBit(s, h, j);
      loop assigns i;
      loop variant 256 - i; */
  for (uint32_t i = t->nobj; i < KEEL_SLAB_OBJECTS; i++) {
    if (w_tst(t->free[i / 64], i % 64) != 0) return 0;
  }
  return 1;
}

/* Whether the slabs in use are as their caches say. */
/*@ requires Arrays(s) && Rings(s) && Caches(s);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Slabs(s) && Bits(s) && Live(s); */
static int slabs_ok(const struct keel_slabs *s)
{
  /*@ loop invariant 1 <= h <= s->slabs + 1;
      loop invariant \forall integer g; 1 <= g < h && Used(s, g) ==> SlabOk(s, g);
      loop invariant \forall integer g, i; 1 <= g < h && Used(s, g) && s->slab[g].nobj <= i < 256 ==> !FreeBit(s, g, i);
      loop invariant \forall integer g; 1 <= g < h && Used(s, g) ==> s->slab[g].live >= 1;
      loop assigns h;
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    const struct keel_slab *t = &s->slab[h];
    //@ assert Slabs(s) && Bits(s) && Live(s) && Used(s, h) ==> SlabOk(s, h) && s->slab[h].live >= 1 && \forall integer i; s->slab[h].nobj <= i < 256 ==> !FreeBit(s, h, i);
    if (t->cache == 0) continue;
    const struct keel_cache *k = &s->cache[t->cache - 1u];
    if (k->size == 0 || t->nobj != k->nobj || t->mult != k->mult || t->pages != k->pages || t->live < 1) return 0;
    if (t->page > s->pages || t->pages > s->pages - t->page || !bits_ok(s, h)) return 0;
  }
  //@ assert Slabs(s) && Bits(s) && Live(s);
  return 1;
}

/* Whether a page that is of a slab is one of that slab's pages. */
/*@ requires Arrays(s);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Map(s); */
static int map_ok(const struct keel_slabs *s)
{
  /*@ loop invariant 0 <= p <= s->pages;
      loop invariant \forall integer q; 0 <= q < p && s->map[q] != 0 ==> \let h = s->map[q]; Used(s, h) && s->slab[h].page <= q < s->slab[h].page + s->slab[h].pages;
      loop assigns p;
      loop variant s->pages - p; */
  for (uint32_t p = 0; p < s->pages; p++) {
    uint32_t h = s->map[p];
    if (h == 0) continue;
    if (h > s->slabs || s->slab[h].cache == 0 || p < s->slab[h].page || p - s->slab[h].page >= s->slab[h].pages) return 0;
  }
  return 1;
}

/* Whether the pages of slab h are of it. */
/*@ requires Arrays(s) && h <= s->slabs && s->slab[h].page + s->slab[h].pages <= s->pages;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer p; s->slab[h].page <= p < s->slab[h].page + s->slab[h].pages ==> s->map[p] == h; */
static int mapped_ok(const struct keel_slabs *s, uint32_t h)
{
  uint32_t lo = s->slab[h].page, hi = lo + s->slab[h].pages;
  /*@ loop invariant lo <= p <= hi && \forall integer q; lo <= q < p ==> s->map[q] == h;
      loop assigns p;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    if (s->map[p] != h) return 0;
  }
  return 1;
}

/* Whether the pages of slab h are a live block of the slab layer's kind. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Tables(s->z) && Fits(s) && Used(s, h);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> TagOf(s, h); */
static int tag_ok(const struct keel_slabs *s, uint32_t h)
{
  uint32_t t = s->z->tag[s->slab[h].page], k = t % 16u;
  return t / 32u == KEEL_SLAB && k > 0 && k <= MAXO + 1u && pages_of(k - 1u) == s->slab[h].pages;
}

/* Whether the slabs in use have their pages. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && Tables(s->z) && Fits(s);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Mapped(s) && Tagged(s); */
static int pages_ok(const struct keel_slabs *s)
{
  /*@ loop invariant 1 <= h <= s->slabs + 1;
      loop invariant \forall integer g, p; 1 <= g < h && Used(s, g) && s->slab[g].page <= p < s->slab[g].page + s->slab[g].pages ==> s->map[p] == g;
      loop invariant \forall integer g; 1 <= g < h && Used(s, g) ==> TagOf(s, g);
      loop assigns h;
      loop variant s->slabs + 1 - h; */
  for (uint32_t h = 1; h <= s->slabs; h++) {
    //@ assert Mapped(s) && Tagged(s) && Used(s, h) ==> TagOf(s, h) && \forall integer p; s->slab[h].page <= p < s->slab[h].page + s->slab[h].pages ==> s->map[p] == h;
    if (s->slab[h].cache != 0 && (!mapped_ok(s, h) || !tag_ok(s, h))) return 0;
  }
  //@ assert Mapped(s) && Tagged(s);
  return 1;
}

/* Whether cache c's active slab is one of its own, and in no ring. */
/*@ requires Arrays(s) && c < s->caches;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> ActiveOk(s, c); */
static int active_ok(const struct keel_slabs *s, uint32_t c)
{
  const struct keel_cache *k = &s->cache[c];
  if (k->active < 0 || k->active > s->slabs || k->at < 0 || k->at >= 4 || k->kept < 0 || k->kept > s->slabs) return 0;
  return k->active == 0 || (s->slab[k->active].cache == c + 1u && s->slab[k->active].next == k->active);
}

/* Whether the objects that cache c hands out next are where it says, and free. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s) && c < s->caches && ActiveOk(s, c);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> WordOk(s, c); */
static int word_ok(const struct keel_slabs *s, uint32_t c)
{
  const struct keel_cache *k = &s->cache[c];
  if (k->word == 0) return 1;
  if (k->active == 0) return 0;
  uint32_t h = (uint32_t)k->active, w = (uint32_t)k->at;
  //@ ghost lem_layout(s, h); lem_lead(w, 0, k->size);
  //@ assert s->slab[h].cache == c + 1 && Size(k->size);
  //@ assert (uint32_t)(64 * w) == 64 * w && 64 * w * k->size == lead(w, k->size) && 0 <= lead(w, k->size) <= 192 * KEEL_OBJECT_MAX;
  uint64_t a = s->addr + (uint64_t)s->slab[h].page * KEEL_PAGE_SIZE;
  uint32_t o = 64u * w * k->size;
  //@ assert o == lead(w, k->size);
  if (k->first < a || k->first - a != o) return 0;
  //@ assert HotAt(s, c);
  uint64_t d = k->word & ~s->slab[h].free[w];
  //@ assert \forall integer i; 0 <= i < 64 ==> (bit(d, i) <==> bit(k->word, i) && !bit(s->slab[h].free[w], i));
  if (d != 0) {
    //@ ghost uint32_t i = lem_some(d);
    //@ assert bit(k->word, i) && !bit(s->slab[h].free[w], i);
    return 0;
  }
  return 1;
}

/* Whether all caches can hand out what they will. */
/*@ requires Arrays(s) && Rings(s) && Caches(s) && Slabs(s);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Actives(s) && Hot(s) && Words(s); */
static int words_ok(const struct keel_slabs *s)
{
  /*@ loop invariant 0 <= c <= s->caches;
      loop invariant \forall integer d; 0 <= d < c ==> ActiveOk(s, d) && WordOk(s, d);
      loop assigns c;
      loop variant s->caches - c; */
  for (uint32_t c = 0; c < s->caches; c++) {
    //@ assert Actives(s) && Hot(s) && Words(s) ==> ActiveOk(s, c) && WordOk(s, c);
    if (!active_ok(s, c) || !word_ok(s, c)) return 0;
  }
  //@ assert \forall integer d; 0 <= d < s->caches ==> ActiveOk(s, d) && 0 <= s->cache[d].active <= s->slabs && 0 <= s->cache[d].at < 4 && 0 <= s->cache[d].kept <= s->slabs;
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].active != 0 ==> ActiveOk(s, d) && s->slab[s->cache[d].active].cache == d + 1 && s->slab[s->cache[d].active].next == s->cache[d].active;
  //@ assert \forall integer d; 0 <= d < s->caches && s->cache[d].word != 0 ==> WordOk(s, d) && HotAt(s, d);
  //@ assert \forall integer d, i; 0 <= d < s->caches && s->cache[d].word != 0 && 0 <= i < 64 && bit(s->cache[d].word, i) ==> WordOk(s, d) && bit(s->slab[s->cache[d].active].free[s->cache[d].at], i);
  return 1;
}

/*@ requires Arrays(s) && Tables(s->z);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> SInv(s) && Fits(s) && Tagged(s); */
int keel_slabs_check(const struct keel_slabs *s)
{
  if (s->pages != s->z->n || s->z->n > 1024u * s->z->u) return 0;
  if (!links_ok(s) || !rings_ok(s) || !caches_ok(s) || !slabs_ok(s)) return 0;
  return map_ok(s) && pages_ok(s) && words_ok(s);
}
