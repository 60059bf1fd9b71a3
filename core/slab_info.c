// SPDX-License-Identifier: MIT OR Apache-2.0
/* What there is to know about slab caches: of an object, of a cache, of all; whether all is well; and several objects at
   a time.  Nothing here needs more than the invariant of core/slab.c.

   1. An address is that of an object if the page map and the index (core/index.h) say so, and the object is in use if
      its bit is not set.  So the objects in use can be walked in the order of their addresses without a cursor: the
      next one is the least at or after an address.
   2. What a slab of a cache looks like is the cache's layout; how many there are, and how many of their objects are in
      use, is counted when somebody asks. */
#include "core/slab.h"
#include "core/bits.h"
#include "core/index.h"

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
    ensures \result.error == KEEL_NOT_HEAD <==> InArea(s, a) && slab_at(s, a) != 0 && \forall integer i; !At(s, a, i);
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
  //@ ghost uint32_t k = t->cache - 1u;
  //@ assert h == slab_at(s, a) && Used(s, h) && t->page <= p < t->page + t->pages;
  //@ assert k < s->caches && s->cache[k].size != 0;
  //@ assert KOk(s->cache + k);
  //@ assert t->nobj == s->cache[k].nobj && t->mult == s->cache[k].mult && t->pages == s->cache[k].pages <= 32;
  uint32_t o = (uint32_t)(d - (uint64_t)t->page * KEEL_PAGE_SIZE), i = index_of(t->mult, o) /*@ ghost (s->cache[k].size, t->nobj) */;
  //@ assert \forall integer j; 0 <= j < t->nobj ==> (j == i <==> o == j * s->cache[k].size);
  //@ assert \forall integer j; obj(s, h, j) == s->addr + t->page * PAGE + j * s->cache[k].size;
  //@ assert \forall integer j; 0 <= j < t->nobj ==> (j == i <==> a == obj(s, h, j));
  //@ assert \forall integer j; At(s, a, j) ==> 0 <= j < t->nobj && j == i;
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
  uint64_t a = s->addr + (uint64_t)t->page * KEEL_PAGE_SIZE;
  if (from <= a) return 0;
  if (from - a > t->pages * KEEL_PAGE_SIZE) return t->nobj;
  uint32_t i = ((uint32_t)(from - a) + size - 1u) / size;
  return i < t->nobj ? i : t->nobj;
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
  /*@ loop invariant \forall integer h, i; Object(s, c, h, i) && from <= obj(s, h, i) ==> p <= (obj(s, h, i) - s->addr) / PAGE;
      loop assigns p;
      loop variant s->pages - p; */
  while (p < s->pages) {
    uint32_t h = s->map[p];
    if (h == 0) {
      p++;
      continue;
    }
    const struct keel_slab *t = &s->slab[h];
    if (t->cache == c + 1u) {
      uint32_t i = used_from(s, h, object_from(s, h, from));
      if (i < t->nobj) return s->addr + (uint64_t)t->page * KEEL_PAGE_SIZE + (uint64_t)i * s->cache[c].size;
    }
    p = t->page + t->pages;
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
enum keel_status keel_cache_stats(const struct keel_slabs *s, uint32_t c, struct keel_cache_stats *st)
{
  if (c >= s->caches || s->cache[c].size == 0) return KEEL_BAD_ARGUMENT;
  const struct keel_cache *k = &s->cache[c];
  uint32_t size = k->size, nobj = k->nobj, pages = k->pages, rest = pages * KEEL_PAGE_SIZE - nobj * size;
  struct tally t = count_slabs(s, c);
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
  return put_s(buf, size, len, " <num_slabs> <sharedavail>\n") /*@ ghost ((uint32_t)27) */;
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
    ensures 17 <= \result <= 64; */
static size_t put_name(char *buf, size_t size, uint32_t c, const char *name) /*@ ghost (uint32_t n) */
{
  size_t len;
  if (name != NULL) {
    len = put_s(buf, size, 0, name) /*@ ghost (n) */;
  } else {
    len = put_s(buf, size, 0, "cache-") /*@ ghost ((uint32_t)6) */;
    len = put_n(buf, size, len, c, 0);
  }
  /*@ loop invariant 0 <= len <= 64;
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
  struct keel_cache_stats t;
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
