// SPDX-License-Identifier: MIT OR Apache-2.0
/* Behaviour of the slab caches, call by call, as core/slab.h promises it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keel.h"
#include "no_memory.h"

#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define BASE ((keel_pfn_t)5 * 1024)
#define ADDR 0xffff888000003000u /* the first page's; no multiple of anything larger than a page */
#define MOST 64u                 /* caches that the shadow follows */
#define ALL UINT32_MAX
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OK(call) assert_int_equal((call), KEEL_OK)

static uint64_t seed;
static uint32_t below(uint32_t n)
{ /* splitmix64 */
  uint64_t x = seed += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)((x ^ x >> 31) % n);
}

/* ---- an instance and its shadow ---- */

enum { WORDS, TAGS, REFS, MAP, SLAB, CACHE, PARTS };

/* What a cache was made with, and what a slab of it was seen to hold. */
struct sort {
  uint32_t size, align, objects, order;
};

/* Whose a slab is. */
struct owner {
  uint32_t cache, objects; /* 1 + its cache; how many of its objects are in use */
};

struct heap {
  struct keel_slabs s;
  struct keel_pages z;
  void *part[PARTS]; /* the arrays */
  size_t bytes[PARTS];
  uint64_t addr;
  uint32_t n, slabs, caches;
  uint8_t *used;       /* shadow, per 8 bytes: 1 + cache of the object there */
  struct owner *owner; /* per page that a slab starts with */
  uint32_t live[MOST];
  struct sort sort[MOST];
};

/* As large as the documentation says, so that the sanitizer sees more being touched. */
static void *room(struct heap *h, int part, size_t bytes)
{
  h->part[part] = malloc(bytes);
  h->bytes[part] = bytes;
  assert_non_null(h->part[part]);
  return memset(h->part[part], 0xa5, bytes);
}

/* All pages free, no cache in use. */
static void make(struct heap *h, uint64_t addr, uint32_t n, uint32_t slabs, uint32_t caches)
{
  memset(h, 0, sizeof *h);
  h->addr = addr, h->n = n, h->slabs = slabs, h->caches = caches;
  h->used = calloc(n, PAGE / 8);
  h->owner = calloc(n, sizeof *h->owner);
  assert_true(h->used && h->owner);
  uint64_t *words = room(h, WORDS, KEEL_PAGES_WORDS(n) * sizeof(uint64_t));
  uint8_t *tags = room(h, TAGS, KEEL_PAGES_TAGS(n));
  int32_t *refs = room(h, REFS, KEEL_PAGES_REFS(n) * sizeof(int32_t));
  OK(keel_pages_init(&h->z, words, tags, refs, BASE, n));
  OK(keel_pages_add(&h->z, BASE, n));
  uint32_t *map = room(h, MAP, n * sizeof(uint32_t));
  struct keel_slab *slab = room(h, SLAB, (1 + (size_t)slabs + caches) * sizeof(struct keel_slab));
  struct keel_cache *cache = room(h, CACHE, caches * sizeof(struct keel_cache));
  OK(keel_slabs_init(&h->s, &h->z, addr, map, slab, slabs, cache, caches));
}

static void drop(struct heap *h)
{
  for (int i = 0; i < PARTS; i++) free(h->part[i]);
  free(h->used);
  free(h->owner);
}

/* The instance alone: its shadow stays behind. */
static struct heap snapshot(const struct heap *h)
{
  struct heap t = *h;
  t.used = NULL;
  t.owner = NULL;
  for (int i = 0; i < PARTS; i++) memcpy(room(&t, i, h->bytes[i]), h->part[i], h->bytes[i]);
  return t;
}

static int same(const struct heap *a, const struct heap *b)
{
  for (int i = 0; i < PARTS; i++)
    if (memcmp(a->part[i], b->part[i], a->bytes[i]) != 0) return 0;
  return memcmp(&a->s, &b->s, sizeof a->s) == 0 && memcmp(&a->z, &b->z, sizeof a->z) == 0;
}

/* The call answers this and changes nothing, not a byte. */
#define REFUSED(h, call, answer)                    \
  do {                                              \
    struct heap before_ = snapshot(h);              \
    assert_int_equal((call), (answer));             \
    assert_true(same(h, &before_));                 \
    drop(&before_);                                 \
  } while (0)

static uint32_t nr_free(const struct heap *h)
{
  struct keel_page_stats s;
  keel_pages_stats(&h->z, &s);
  return (uint32_t)s.nr_free;
}

static keel_pfn_t pfn_of(const struct heap *h, uint64_t a)
{
  return BASE + (keel_pfn_t)((a - h->addr) / PAGE);
}

static struct keel_block block(const struct heap *h, uint64_t a)
{
  struct keel_block b;
  OK(keel_pages_block(&h->z, pfn_of(h, a), &b));
  return b;
}

static int is_slab(struct keel_block b)
{
  return b.state == KEEL_PAGE_LIVE && b.kind == KEEL_SLAB;
}

/* The shadow of size bytes at a goes from one value to the other. */
static void mark(struct heap *h, uint64_t a, uint32_t size, uint32_t from, uint32_t to)
{
  uint8_t *u = h->used + (a - h->addr) / 8;
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < (size + 7) / 8; i++) {
    wrong += u[i] != from;
    u[i] = (uint8_t)to;
  }
  assert_int_equal(wrong, 0);
}

/* An object of cache c, as the documentation wants it and clear of all others, or 0. */
static uint64_t take(struct heap *h, uint32_t c)
{
  const struct sort *k = &h->sort[c];
  uint64_t a = keel_cache_alloc(&h->s, c);
  if (a == 0) return 0;
  assert_true(a >= h->addr && a - h->addr <= h->n * PAGE - k->size);
  assert_int_equal(a % (k->align < 8 ? 8 : k->align), 0);
  struct keel_block b = block(h, a);
  assert_true(is_slab(b) && b.refs == 1 && block(h, a + k->size - 1).pfn == b.pfn);
  mark(h, a, k->size, 0, c + 1);
  struct owner *o = &h->owner[b.pfn - BASE];
  assert_true(o->objects == 0 || o->cache == c + 1);
  o->cache = c + 1;
  o->objects++;
  h->live[c]++;
  return a;
}

static void give(struct heap *h, uint32_t c, uint64_t a)
{
  struct owner *o = &h->owner[block(h, a).pfn - BASE];
  OK(keel_slab_free(&h->s, a));
  mark(h, a, h->sort[c].size, c + 1, 0);
  assert_true(o->cache == c + 1 && o->objects > 0);
  o->objects--;
  h->live[c]--;
}

/* The slabs of cache c, or of all, by a walk over the blocks. */
struct tally {
  uint32_t slabs, pages, empty; /* pages of those without an object in use */
  uint32_t objects;             /* in use */
};

static struct tally tally(const struct heap *h, uint32_t c)
{
  struct tally t = {0, 0, 0, 0};
  for (uint32_t p = 0; p < h->n;) {
    struct keel_block b = block(h, h->addr + p * PAGE);
    struct owner o = h->owner[p];
    if (is_slab(b) && (c == ALL || o.cache == c + 1)) {
      t.slabs++;
      t.pages += 1u << b.order;
      t.empty += o.objects == 0 ? 1u << b.order : 0;
      t.objects += o.objects;
    }
    p += 1u << b.order;
  }
  return t;
}

/* The pages are well formed; but for others' pages, each is free or of a slab; no slab with objects has gone, and
   a cache keeps two empty ones at most. */
static void assert_sound(const struct heap *h, uint32_t others)
{
  assert_int_equal(keel_pages_check(&h->z), 1);
  assert_int_equal(nr_free(h) + tally(h, ALL).pages + others, h->n);
  for (uint32_t c = 0; c < h->caches && c < MOST; c++) {
    struct tally t = tally(h, c);
    assert_int_equal(t.objects, h->live[c]);
    assert_true(t.empty <= 2u << h->sort[c].order);
  }
}

/* How a slab of such objects looks: the only one of an instance that has no more. */
static struct sort sort_of(uint32_t size, uint32_t align)
{
  struct heap h;
  make(&h, ADDR, 32, 1, 1);
  OK(keel_cache_create(&h.s, 0, size, align));
  h.sort[0] = (struct sort){size, align, 0, 0};
  while (take(&h, 0)) h.sort[0].objects++;
  assert_int_equal(tally(&h, ALL).slabs, 1);
  while (1u << h.sort[0].order < tally(&h, ALL).pages) h.sort[0].order++;
  drop(&h);
  return h.sort[0];
}

static void create(struct heap *h, uint32_t c, uint32_t size, uint32_t align)
{
  h->sort[c] = sort_of(size, align);
  h->live[c] = 0;
  OK(keel_cache_create(&h->s, c, size, align));
}

/* Whether the pages have a block for a slab of cache c. */
static int has_block(const struct heap *h, uint32_t c)
{
  struct keel_page_stats s;
  keel_pages_stats(&h->z, &s);
  for (uint32_t k = h->sort[c].order; k <= KEEL_MAX_ORDER; k++)
    if (s.free_blocks[k] != 0) return 1;
  return 0;
}

/* Cache c may answer 0, and has done what it could. */
static void assert_exhausted(const struct heap *h, uint32_t c)
{
  struct tally all = tally(h, ALL);
  assert_int_equal(h->live[c], tally(h, c).slabs * h->sort[c].objects);
  assert_int_equal(all.empty, 0);
  assert_true(all.slabs == h->slabs || !has_block(h, c));
}

/* ---- a list of objects ---- */

struct object {
  uint64_t a;
  uint32_t c;
};

struct list {
  struct object *at;
  uint32_t n, room;
};

static void push(struct list *l, uint64_t a, uint32_t c)
{
  if (l->n == l->room) {
    l->room = l->room * 2 + 64;
    l->at = realloc(l->at, l->room * sizeof *l->at);
    assert_non_null(l->at);
  }
  l->at[l->n++] = (struct object){a, c};
}

static struct object pull(struct list *l, uint32_t i)
{
  struct object o = l->at[i];
  l->at[i] = l->at[--l->n];
  return o;
}

static void take_all(struct heap *h, uint32_t c, struct list *l)
{
  for (uint64_t a; (a = take(h, c)) != 0;) push(l, a, c);
  assert_exhausted(h, c);
}

static void take_some(struct heap *h, uint32_t c, struct list *l, uint32_t n)
{
  while (n-- > 0) {
    push(l, take(h, c), c);
    assert_true(l->at[l->n - 1].a != 0);
  }
}

/* Gives all objects back, in random order. */
static void give_all(struct heap *h, struct list *l)
{
  while (l->n > 0) {
    struct object o = pull(l, below(l->n));
    give(h, o.c, o.a);
  }
  free(l->at);
  *l = (struct list){NULL, 0, 0};
}

/* Ends every cache; nothing is left of them. */
static void end(struct heap *h)
{
  assert_sound(h, 0);
  for (uint32_t c = 0; c < h->caches; c++) {
    enum keel_status s = keel_cache_destroy(&h->s, c);
    assert_true(s == KEEL_OK || s == KEEL_BAD_ARGUMENT);
  }
  assert_int_equal(nr_free(h), h->n);
  assert_int_equal(keel_pages_check(&h->z), 1);
  drop(h);
}

/* ---- init ---- */

static void init_makes_caches_that_are_not_in_use(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 3, 5);
  for (uint32_t c = 0; c < 7; c++) {
    REFUSED(&h, keel_cache_alloc(&h.s, c), 0);
    REFUSED(&h, keel_cache_shrink(&h.s, c), 0);
    REFUSED(&h, keel_cache_destroy(&h.s, c), KEEL_BAD_ARGUMENT);
  }
  for (uint32_t p = 0; p < 100; p++) REFUSED(&h, keel_slab_free(&h.s, ADDR + p * PAGE), KEEL_WRONG_KIND);
  end(&h);
}

static enum keel_status init_again(struct heap *h, uint64_t addr, uint32_t slabs, uint32_t caches)
{
  return keel_slabs_init(&h->s, &h->z, addr, h->part[MAP], h->part[SLAB], slabs, h->part[CACHE], caches);
}

static void init_refuses_bad_arguments(void **state)
{
  (void)state;
  const uint32_t slabs[] = {0, (1u << 28) + 1, 1u << 31, UINT32_MAX}, caches[] = {0, KEEL_CACHES_MAX + 1, UINT32_MAX};
  const uint64_t addrs[] = {0, 1, 8, PAGE - 1, PAGE + 1, ADDR + 8, ADDR + 2048, ADDR - 1, UINT64_MAX,
                            -PAGE, -PAGE * 99, -PAGE * 100, -PAGE * 101 + 1};
  struct heap h;
  make(&h, ADDR, 100, 20, 2);
  create(&h, 0, 40, 0);
  uint64_t a = take(&h, 0);
  for (size_t i = 0; i < COUNT(slabs); i++) REFUSED(&h, init_again(&h, ADDR, slabs[i], 2), KEEL_BAD_ARGUMENT);
  for (size_t i = 0; i < COUNT(caches); i++) REFUSED(&h, init_again(&h, ADDR, 20, caches[i]), KEEL_BAD_ARGUMENT);
  for (size_t i = 0; i < COUNT(addrs); i++) REFUSED(&h, init_again(&h, addrs[i], 20, 2), KEEL_BAD_ARGUMENT);
  give(&h, 0, a);
  end(&h);
}

static void init_makes_new_what_was_used(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 20, 2);
  create(&h, 0, 40, 0);
  create(&h, 1, 8000, 0);
  give(&h, 0, take(&h, 0));
  give(&h, 1, take(&h, 1));
  assert_true(keel_cache_shrink(&h.s, 0) > 0);
  assert_true(keel_cache_shrink(&h.s, 1) > 0);
  OK(init_again(&h, ADDR, 20, 2));
  REFUSED(&h, keel_cache_alloc(&h.s, 0), 0);
  create(&h, 0, 24, 0);
  give(&h, 0, take(&h, 0));
  end(&h);
}

static void instances_fit_the_lowest_and_highest_addresses(void **state)
{
  (void)state;
  const uint64_t addrs[] = {PAGE, 1u << 20, 0xfffff000u, 0x100000000u, -PAGE * 33};
  for (size_t i = 0; i < COUNT(addrs); i++) {
    struct heap h;
    struct list l = {NULL, 0, 0};
    make(&h, addrs[i], 32, 32, 1);
    create(&h, 0, 1000, 0);
    take_all(&h, 0, &l);
    REFUSED(&h, keel_slab_free(&h.s, addrs[i] - 8), KEEL_OUT_OF_RANGE);
    REFUSED(&h, keel_slab_free(&h.s, addrs[i] + 32 * PAGE), KEEL_OUT_OF_RANGE);
    REFUSED(&h, keel_slab_free(&h.s, UINT64_MAX), KEEL_OUT_OF_RANGE);
    give_all(&h, &l);
    end(&h);
  }
}

static void the_last_of_the_most_caches_works(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 100, KEEL_CACHES_MAX);
  OK(keel_cache_create(&h.s, KEEL_CACHES_MAX - 1, 100, 0));
  uint64_t a = keel_cache_alloc(&h.s, KEEL_CACHES_MAX - 1);
  assert_true(a >= ADDR && a < ADDR + 100 * PAGE);
  REFUSED(&h, keel_cache_alloc(&h.s, KEEL_CACHES_MAX - 2), 0);
  REFUSED(&h, keel_cache_create(&h.s, KEEL_CACHES_MAX, 100, 0), KEEL_BAD_ARGUMENT);
  OK(keel_slab_free(&h.s, a));
  OK(keel_cache_destroy(&h.s, KEEL_CACHES_MAX - 1));
  end(&h);
}

/* ---- create ---- */

static void create_refuses_bad_arguments(void **state)
{
  (void)state;
  const uint32_t sizes[] = {0, KEEL_OBJECT_MAX + 1, 1u << 31, UINT32_MAX};
  const uint32_t aligns[] = {3, 5, 6, 7, 9, 12, 48, 4095, 4097, 8192, 1u << 31, UINT32_MAX};
  struct heap h;
  make(&h, ADDR, 100, 20, 3);
  create(&h, 1, 40, 0);
  for (uint32_t c = 0; c < 2; c++) { /* whether it is in use or not */
    for (size_t i = 0; i < COUNT(sizes); i++) REFUSED(&h, keel_cache_create(&h.s, c, sizes[i], 0), KEEL_BAD_ARGUMENT);
    for (size_t i = 0; i < COUNT(aligns); i++) REFUSED(&h, keel_cache_create(&h.s, c, 40, aligns[i]), KEEL_BAD_ARGUMENT);
  }
  REFUSED(&h, keel_cache_create(&h.s, 3, 40, 0), KEEL_BAD_ARGUMENT);
  REFUSED(&h, keel_cache_create(&h.s, UINT32_MAX, 40, 0), KEEL_BAD_ARGUMENT);
  end(&h);
}

static void create_refuses_a_cache_in_use(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 20, 3);
  create(&h, 1, 40, 0);
  REFUSED(&h, keel_cache_create(&h.s, 1, 40, 0), KEEL_BUSY);
  uint64_t a = take(&h, 1);
  REFUSED(&h, keel_cache_create(&h.s, 1, 8192, 4096), KEEL_BUSY);
  give(&h, 1, a);
  REFUSED(&h, keel_cache_create(&h.s, 1, 1, 1), KEEL_BUSY);
  end(&h);
}

static void objects_have_every_size(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 128, 128, 1);
  for (uint32_t size = 1; size <= KEEL_OBJECT_MAX; size++) {
    create(&h, 0, size, 0); /* fills a slab */
    uint64_t a[4];
    for (uint32_t i = 0; i < 4; i++) assert_true((a[i] = take(&h, 0)) != 0);
    assert_true(h.sort[0].objects <= KEEL_SLAB_OBJECTS && h.sort[0].order <= KEEL_SLAB_ORDER);
    for (uint32_t i = 0; i < 4; i++) give(&h, 0, a[i]);
    OK(keel_cache_destroy(&h.s, 0));
    assert_int_equal(nr_free(&h), 128);
  }
  end(&h);
}

static void objects_have_every_alignment(void **state)
{
  (void)state;
  const uint32_t sizes[] = {1, 8, 24, 33, 100, 1000, 2049, 4096, 4097, 8191, 8192};
  for (size_t i = 0; i < COUNT(sizes); i++)
    for (uint32_t align = 0; align <= PAGE; align = align == 0 ? 1 : align * 2) {
      struct heap h;
      struct list l = {NULL, 0, 0};
      make(&h, ADDR, 128, 128, 1);
      create(&h, 0, sizes[i], align);
      take_some(&h, 0, &l, h.sort[0].objects + 1);
      give_all(&h, &l);
      end(&h);
    }
}

/* ---- alloc and free ---- */

static void caches_share_the_pages(void **state)
{
  (void)state;
  seed = 1;
  for (uint32_t round = 0; round < 5; round++) {
    struct heap h;
    struct list l = {NULL, 0, 0};
    make(&h, ADDR, 600, 600, 40);
    for (uint32_t c = 0; c < 40; c++) create(&h, c, 1 + below(round % 2 ? 300 : KEEL_OBJECT_MAX), 1u << below(13));
    for (uint32_t full = 0; full < 40;) { /* the first few to fail */
      uint32_t c = below(40);
      uint64_t a = take(&h, c);
      if (a != 0) push(&l, a, c);
      else full++;
    }
    for (uint32_t c = 0; c < 40; c++) take_all(&h, c, &l);
    assert_sound(&h, 0);
    give_all(&h, &l);
    end(&h);
  }
}

static void free_objects_are_found_wherever_they_are(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0};
  make(&h, ADDR, 300, 300, 1);
  create(&h, 0, 32, 0);
  take_all(&h, 0, &l);
  uint8_t looked_at[300] = {0};
  uint32_t slabs = 0;
  for (uint32_t i = 0; i < l.n; i++) { /* one of each slab, which is nearly full then */
    uint8_t *slab = &looked_at[block(&h, l.at[i].a).pfn - BASE];
    if (*slab) continue;
    *slab = 1;
    slabs++;
    give(&h, 0, l.at[i].a);
  }
  assert_true(slabs > 100 && slabs == tally(&h, ALL).slabs);
  for (uint32_t i = 0; i < slabs; i++) assert_true(take(&h, 0) != 0);
  assert_int_equal(take(&h, 0), 0);
  assert_exhausted(&h, 0);
  give_all(&h, &l);
  end(&h);
}

static void slabs_with_free_objects_come_before_new_ones(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0};
  seed = 1;
  make(&h, ADDR, 40, 40, 1);
  create(&h, 0, 160, 0);
  keel_pfn_t other = keel_pages_alloc(&h.z, 4, KEEL_RAW);
  take_all(&h, 0, &l); /* has looked at all slabs in vain */
  OK(keel_pages_free(&h.z, other, KEEL_RAW));
  for (uint32_t round = 0; round < 20; round++) {
    uint32_t n = l.n / 2;
    for (uint32_t i = 0; i < n; i++) give(&h, 0, pull(&l, below(l.n)).a);
    take_some(&h, 0, &l, n / 2);
    assert_int_equal(nr_free(&h), 16);
    take_some(&h, 0, &l, n - n / 2 - n / 8);
    assert_int_equal(nr_free(&h), 16);
  }
  give_all(&h, &l);
  end(&h);
}

/* Gives n objects back and takes as many, which must be the same; no page comes or goes. */
static void swap(struct heap *h, const struct object *o, uint32_t n)
{
  uint32_t left = nr_free(h);
  for (uint32_t i = 0; i < n; i++) give(h, o[i].c, o[i].a);
  assert_int_equal(nr_free(h), left);
  for (uint32_t i = 0; i < n; i++) assert_true(take(h, o[i].c) != 0);
  assert_int_equal(nr_free(h), left);
  for (uint32_t i = 0; i < n; i++) assert_int_equal(h->used[(o[i].a - h->addr) / 8], o[i].c + 1);
}

static void a_cache_keeps_one_slab_that_empties(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0};
  make(&h, ADDR, 100, 100, 1);
  create(&h, 0, 160, 0);
  uint32_t n = h.sort[0].objects;
  take_some(&h, 0, &l, 3 * n);
  for (uint32_t i = 0; i < 20; i++) {
    swap(&h, l.at + i % 3 * n, n);           /* a whole slab */
    swap(&h, l.at + (i + 1) % 3 * n, n / 2); /* half of another */
    swap(&h, l.at + i % 3 * n, n);
  }
  give_all(&h, &l);
  for (uint32_t i = 0; i < 20; i++) give(&h, 0, take(&h, 0));
  end(&h);
}

/* ---- frees that are refused ---- */

static void free_refuses_addresses_outside(void **state)
{
  (void)state;
  const uint64_t outside[] = {0, 1, 8, ADDR - 1, ADDR - 8, ADDR - PAGE,
                              ADDR + 100 * PAGE, ADDR + 100 * PAGE + 1, ADDR + 101 * PAGE, ADDR + 1024 * PAGE,
                              ADDR + ((uint64_t)1 << 32), ADDR - ((uint64_t)1 << 32), ADDR % ((uint64_t)1 << 32),
                              ADDR + ((uint64_t)1 << 44), ADDR - ((uint64_t)1 << 44), (uint64_t)1 << 63, UINT64_MAX, UINT64_MAX - 7};
  struct heap h;
  struct list l = {NULL, 0, 0};
  make(&h, ADDR, 100, 100, 1);
  create(&h, 0, 64, 0);
  take_all(&h, 0, &l);
  for (size_t i = 0; i < COUNT(outside); i++) REFUSED(&h, keel_slab_free(&h.s, outside[i]), KEEL_OUT_OF_RANGE);
  give_all(&h, &l);
  end(&h);
}

static void free_refuses_pages_of_no_slab(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 100, 1);
  OK(keel_pages_reserve(&h.z, BASE + 90, 10));
  create(&h, 0, 64, 0);
  uint64_t a = take(&h, 0);
  for (uint32_t kind = 0; kind < KEEL_KINDS; kind++) assert_true(keel_pages_alloc(&h.z, 2, kind) >= BASE); /* a slab's kind, too */
  for (uint32_t p = 0; p < 100; p++) {
    if (block(&h, ADDR + p * PAGE).pfn == block(&h, a).pfn) continue;
    const uint64_t d[] = {0, 1, 8, 64, PAGE - 64, PAGE - 1};
    for (size_t i = 0; i < COUNT(d); i++) REFUSED(&h, keel_slab_free(&h.s, ADDR + p * PAGE + d[i]), KEEL_WRONG_KIND);
  }
  give(&h, 0, a);
  drop(&h);
}

/* What keel_slab_free must answer at a; heads has, per address, whether an object starts there. */
static enum keel_status answer(const struct heap *h, const uint8_t *heads, uint64_t a)
{
  if (!is_slab(block(h, a))) return KEEL_WRONG_KIND;
  if (!heads[a - h->addr]) return KEEL_NOT_HEAD;
  return h->used[(a - h->addr) / 8] ? KEEL_OK : KEEL_ALREADY_FREE;
}

static void assert_answers(struct heap *h, const uint8_t *heads)
{
  struct heap before = snapshot(h);
  uint32_t wrong = 0, seen[16] = {0};
  for (uint64_t a = h->addr; a < h->addr + h->n * PAGE; a++) {
    enum keel_status want = answer(h, heads, a);
    seen[-(int)want]++;
    if (want != KEEL_OK) wrong += keel_slab_free(&h->s, a) != want;
  }
  assert_int_equal(wrong, 0);
  assert_true(seen[-KEEL_WRONG_KIND] && seen[-KEEL_NOT_HEAD] && seen[-KEEL_ALREADY_FREE] && seen[-KEEL_OK]);
  assert_true(same(h, &before));
  drop(&before);
}

static void free_tells_every_address_apart(void **state)
{
  (void)state;
  const uint32_t sizes[] = {8, 24, 40, 72, 136, 1000, 1368, 2056, 3000, 4104, 7000, 8192};
  seed = 1;
  for (size_t i = 0; i < COUNT(sizes); i++) {
    struct heap h;
    struct list l = {NULL, 0, 0};
    uint8_t *heads = calloc(80, PAGE);
    assert_non_null(heads);
    make(&h, ADDR, 80, 80, 1);
    create(&h, 0, sizes[i], 0);
    assert_true(keel_pages_alloc(&h.z, 3, KEEL_RAW) >= BASE);
    take_all(&h, 0, &l); /* every object there is */
    for (uint32_t j = 0; j < l.n; j++) heads[l.at[j].a - ADDR] = 1;
    for (uint32_t j = l.n / 2; j > 0; j--) give(&h, 0, pull(&l, below(l.n)).a);
    assert_answers(&h, heads);
    give_all(&h, &l);
    free(heads);
    drop(&h);
  }
}

static void free_refuses_objects_never_allocated(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 100, 1);
  create(&h, 0, 64, 0);
  uint64_t a = take(&h, 0), first = ADDR + (uint64_t)(block(&h, a).pfn - BASE) * PAGE;
  for (uint32_t i = 0; i < h.sort[0].objects; i++)
    if (first + i * 64 != a) REFUSED(&h, keel_slab_free(&h.s, first + i * 64), KEEL_ALREADY_FREE);
  give(&h, 0, a);
  end(&h);
}

static void free_refuses_a_second_time(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0};
  make(&h, ADDR, 100, 100, 2);
  create(&h, 0, 200, 0);
  take_some(&h, 0, &l, 3 * h.sort[0].objects);
  int kept = 0, gone = 0;
  for (uint32_t i = 0; i < l.n; i++) { /* slabs empty and go */
    give(&h, 0, l.at[i].a);
    int still = is_slab(block(&h, l.at[i].a));
    REFUSED(&h, keel_slab_free(&h.s, l.at[i].a), still ? KEEL_ALREADY_FREE : KEEL_WRONG_KIND);
  }
  for (uint32_t i = 0; i < l.n; i++) {
    int still = is_slab(block(&h, l.at[i].a));
    kept += still, gone += !still;
    REFUSED(&h, keel_slab_free(&h.s, l.at[i].a), still ? KEEL_ALREADY_FREE : KEEL_WRONG_KIND);
  }
  assert_true(kept > 0 && gone > 0);
  OK(keel_cache_destroy(&h.s, 0));
  for (uint32_t i = 0; i < l.n; i++) REFUSED(&h, keel_slab_free(&h.s, l.at[i].a), KEEL_WRONG_KIND);
  while (keel_pages_alloc(&h.z, 0, KEEL_RAW) >= BASE) {} /* somebody else has the pages now */
  for (uint32_t i = 0; i < l.n; i++) REFUSED(&h, keel_slab_free(&h.s, l.at[i].a), KEEL_WRONG_KIND);
  free(l.at);
  drop(&h);
}

static void pages_of_a_slab_are_not_freed_as_pages(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 100, 1);
  create(&h, 0, 3000, 0);
  uint64_t a = take(&h, 0);
  struct keel_block b = block(&h, a);
  for (uint32_t kind = 0; kind < KEEL_KINDS; kind++) {
    if (kind == KEEL_SLAB) continue;
    REFUSED(&h, keel_pages_free(&h.z, b.pfn, kind), KEEL_WRONG_KIND);
    REFUSED(&h, keel_pages_put(&h.z, b.pfn, kind), KEEL_WRONG_KIND);
    REFUSED(&h, keel_pages_split(&h.z, b.pfn, kind), KEEL_WRONG_KIND);
    REFUSED(&h, keel_pages_free_range(&h.z, b.pfn, 1u << b.order, kind), KEEL_WRONG_KIND);
  }
  give(&h, 0, a);
  end(&h);
}

static void pages_that_somebody_holds_outlive_their_slab(void **state)
{
  (void)state;
  struct heap h;
  make(&h, ADDR, 100, 100, 1);
  create(&h, 0, 3000, 0);
  uint64_t a = take(&h, 0);
  struct keel_block b = block(&h, a);
  OK(keel_pages_get(&h.z, b.pfn));
  give(&h, 0, a);
  OK(keel_cache_destroy(&h.s, 0));
  REFUSED(&h, keel_slab_free(&h.s, a), KEEL_WRONG_KIND);
  assert_int_equal(nr_free(&h), 100 - (1u << b.order));
  OK(keel_pages_put(&h.z, b.pfn, KEEL_SLAB));
  assert_int_equal(nr_free(&h), 100);
  drop(&h);
}

/* ---- out of memory ---- */

static void alloc_serves_until_pages_run_out(void **state)
{
  (void)state;
  const uint32_t sizes[] = {8, 24, 200, 1000, 3000, 8192};
  seed = 1;
  for (size_t i = 0; i < COUNT(sizes); i++) {
    struct heap h;
    struct list l = {NULL, 0, 0};
    make(&h, ADDR, 128, 128, 1);
    create(&h, 0, sizes[i], 0);
    take_all(&h, 0, &l);
    assert_int_equal(nr_free(&h), 0);
    for (uint32_t j = 0; j < 50; j++) {
      uint64_t a = pull(&l, below(l.n)).a;
      assert_int_equal(take(&h, 0), 0);
      give(&h, 0, a);
      assert_int_equal(take(&h, 0), a); /* the only one there is */
      push(&l, a, 0);
    }
    give_all(&h, &l);
    end(&h);
  }
}

static void alloc_takes_the_empty_slabs_of_others(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0}, m = {NULL, 0, 0};
  make(&h, ADDR, 128, 128, 3);
  create(&h, 0, 8192, 0);
  create(&h, 1, 16, 0);
  create(&h, 2, 500, 0);
  take_some(&h, 1, &l, 3 * h.sort[1].objects);
  take_some(&h, 2, &l, 3 * h.sort[2].objects);
  give_all(&h, &l);
  assert_true(tally(&h, 1).empty > 0 && tally(&h, 2).empty > 0);
  take_all(&h, 0, &m);
  assert_int_equal(tally(&h, 0).pages, 128);
  assert_int_equal(take(&h, 1), 0);
  give_all(&h, &m);
  assert_true(take(&h, 2) != 0); /* and the other way */
  assert_sound(&h, 0);
  drop(&h);
}

static void alloc_leaves_slabs_in_use_to_others(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0};
  make(&h, ADDR, 128, 128, 2);
  create(&h, 0, 8192, 0);
  create(&h, 1, 16, 0);
  uint64_t a = take(&h, 1);
  take_all(&h, 0, &l);
  assert_int_equal(tally(&h, 1).slabs, 1);
  assert_true(tally(&h, 0).pages < 128);
  for (uint32_t i = 1; i < h.sort[1].objects; i++) push(&l, take(&h, 1), 1); /* its own objects are left, too */
  give(&h, 1, a);
  give_all(&h, &l);
  end(&h);
}

static void alloc_without_descriptors_loses_nothing(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0};
  make(&h, ADDR, 600, 2, 3);
  for (uint32_t c = 0; c < 3; c++) create(&h, c, 100 + 50 * c, 0);
  uint64_t a = take(&h, 0), b = take(&h, 1);
  uint32_t left = nr_free(&h);
  for (int i = 0; i < 5; i++) assert_int_equal(take(&h, 2), 0);
  assert_exhausted(&h, 2);
  assert_int_equal(nr_free(&h), left);
  assert_sound(&h, 0);
  give(&h, 0, a); /* its slab can go */
  take_all(&h, 2, &l);
  assert_int_equal(l.n, h.sort[2].objects);
  assert_int_equal(take(&h, 0), 0);
  give(&h, 1, b);
  give_all(&h, &l);
  end(&h);
}

/* ---- shrink, destroy ---- */

/* Shrinks cache c: its empty slabs go, all of them and nothing else. */
static void shrink(struct heap *h, uint32_t c)
{
  struct tally was = tally(h, c), all = tally(h, ALL);
  uint32_t free_before = nr_free(h);
  assert_int_equal(keel_cache_shrink(&h->s, c), was.empty);
  assert_int_equal(nr_free(h), free_before + was.empty);
  struct tally now = tally(h, c);
  assert_true(now.empty == 0 && now.objects == was.objects && now.pages == was.pages - was.empty);
  assert_int_equal(tally(h, ALL).pages, all.pages - was.empty);
  REFUSED(h, keel_cache_shrink(&h->s, c), 0);
}

static void shrink_gives_back_the_empty_slabs(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0}, m = {NULL, 0, 0};
  make(&h, ADDR, 600, 600, 3);
  for (uint32_t c = 0; c < 2; c++) create(&h, c, 300 + c, 0);
  for (uint32_t c = 0; c < 2; c++) take_some(&h, c, &l, 5 * h.sort[c].objects);
  shrink(&h, 0); /* no empty slab */
  take_some(&h, 0, &m, 1);
  give_all(&h, &l);
  assert_true(tally(&h, 0).empty > 0 && tally(&h, 1).empty > 0);
  for (uint32_t c = 2; c < 6; c++) REFUSED(&h, keel_cache_shrink(&h.s, c), 0); /* not in use, or no cache */
  REFUSED(&h, keel_cache_shrink(&h.s, UINT32_MAX), 0);
  shrink(&h, 0);
  assert_int_equal(tally(&h, 0).slabs, 1);
  assert_true(tally(&h, 1).empty > 0);
  take_some(&h, 0, &m, 2 * h.sort[0].objects);
  give_all(&h, &m);
  shrink(&h, 0);
  shrink(&h, 1);
  assert_int_equal(nr_free(&h), 600);
  give(&h, 0, take(&h, 0));
  end(&h);
}

static void destroy_refuses(void **state)
{
  (void)state;
  struct heap h;
  struct list l = {NULL, 0, 0};
  make(&h, ADDR, 100, 100, 3);
  create(&h, 1, 100, 0);
  REFUSED(&h, keel_cache_destroy(&h.s, 0), KEEL_BAD_ARGUMENT);
  REFUSED(&h, keel_cache_destroy(&h.s, 3), KEEL_BAD_ARGUMENT);
  REFUSED(&h, keel_cache_destroy(&h.s, UINT32_MAX), KEEL_BAD_ARGUMENT);
  uint64_t a = take(&h, 1);
  take_some(&h, 1, &l, 3 * h.sort[1].objects);
  REFUSED(&h, keel_cache_destroy(&h.s, 1), KEEL_BUSY);
  give_all(&h, &l);
  assert_true(tally(&h, 1).empty > 0);
  assert_int_equal(keel_cache_destroy(&h.s, 1), KEEL_BUSY);
  assert_true(tally(&h, 1).empty == 0 && tally(&h, 1).slabs == 1); /* as after shrink */
  REFUSED(&h, keel_cache_destroy(&h.s, 1), KEEL_BUSY);
  take_some(&h, 1, &l, 1); /* it is in use still */
  give_all(&h, &l);
  give(&h, 1, a);
  OK(keel_cache_destroy(&h.s, 1));
  REFUSED(&h, keel_cache_destroy(&h.s, 1), KEEL_BAD_ARGUMENT);
  end(&h);
}

static void a_destroyed_cache_can_be_created_anew(void **state)
{
  (void)state;
  const uint32_t sizes[] = {8, 8192, 100, 4096, 24};
  struct heap h;
  make(&h, ADDR, 200, 200, 2);
  create(&h, 1, 64, 0); /* whose object nothing of this moves */
  uint64_t a = take(&h, 1);
  uint32_t left = nr_free(&h);
  for (size_t i = 0; i < COUNT(sizes); i++) {
    struct list l = {NULL, 0, 0};
    create(&h, 0, sizes[i], 0);
    take_all(&h, 0, &l);
    give_all(&h, &l);
    OK(keel_cache_destroy(&h.s, 0));
    REFUSED(&h, keel_cache_alloc(&h.s, 0), 0);
    assert_int_equal(nr_free(&h), left);
    assert_sound(&h, 0);
  }
  give(&h, 1, a);
  end(&h);
}

/* ---- at random ---- */

struct play {
  struct heap h;
  struct list objects, raw; /* raw: pages of others, as addresses and orders */
  uint32_t others, zeros;   /* pages of raw; allocations that were answered 0 */
};

static void play_take(struct play *p)
{
  uint32_t c = below(p->h.caches);
  uint64_t a = take(&p->h, c);
  if (a != 0) {
    push(&p->objects, a, c);
  } else {
    p->zeros++;
    assert_exhausted(&p->h, c);
  }
}

static void play_give(struct play *p)
{
  if (p->objects.n == 0) return;
  struct object o = pull(&p->objects, below(p->objects.n));
  uint32_t size = p->h.sort[o.c].size;
  if (size > 1 && below(16) == 0) REFUSED(&p->h, keel_slab_free(&p->h.s, o.a + 1 + below(size - 1)), KEEL_NOT_HEAD);
  give(&p->h, o.c, o.a);
  if (below(16) == 0)
    REFUSED(&p->h, keel_slab_free(&p->h.s, o.a), is_slab(block(&p->h, o.a)) ? KEEL_ALREADY_FREE : KEEL_WRONG_KIND);
}

static void play_raw(struct play *p)
{
  uint32_t order = below(4);
  if (below(2) == 0 && p->raw.n > 0) {
    struct object o = pull(&p->raw, below(p->raw.n));
    REFUSED(&p->h, keel_slab_free(&p->h.s, o.a), KEEL_WRONG_KIND);
    OK(keel_pages_free(&p->h.z, pfn_of(&p->h, o.a), KEEL_RAW));
    p->others -= 1u << o.c;
  } else if (p->others < p->h.n / 4) {
    keel_pfn_t pfn = keel_pages_alloc(&p->h.z, order, KEEL_RAW);
    if (pfn < 0) return;
    push(&p->raw, p->h.addr + (uint64_t)(pfn - BASE) * PAGE, order);
    p->others += 1u << order;
  }
}

static void play_destroy(struct play *p)
{
  uint32_t c = below(p->h.caches);
  uint32_t live = p->h.live[c];
  assert_int_equal(keel_cache_destroy(&p->h.s, c), live ? KEEL_BUSY : KEEL_OK);
  assert_int_equal(tally(&p->h, c).empty, 0);
  if (live == 0) create(&p->h, c, 1 + below(1 + below(KEEL_OBJECT_MAX)), 1u << below(10));
}

/* Of 1000 steps, `takes` are allocations. */
static void play_step(struct play *p, uint32_t takes)
{
  uint32_t r = below(1000);
  if (r < takes) play_take(p);
  else if (r < 970) play_give(p);
  else if (r < 990) play_raw(p);
  else if (r < 995) shrink(&p->h, below(p->h.caches));
  else play_destroy(p);
}

static void play(uint32_t pages, uint32_t slabs, uint32_t caches, uint32_t steps)
{
  struct play p = {.others = 0};
  make(&p.h, ADDR, pages, slabs, caches);
  for (uint32_t c = 0; c < caches; c++) create(&p.h, c, 1 + below(1 + below(KEEL_OBJECT_MAX)), 0);
  for (uint32_t i = 0; i < steps; i++) { /* fills and empties in turns */
    play_step(&p, i / 4000 % 2 ? 150 : 800);
    if (i % 250 == 0) assert_sound(&p.h, p.others);
  }
  assert_true(p.zeros > 0);
  while (p.raw.n > 0) OK(keel_pages_free(&p.h.z, pfn_of(&p.h, pull(&p.raw, 0).a), KEEL_RAW));
  free(p.raw.at);
  give_all(&p.h, &p.objects);
  end(&p.h);
}

static void random_calls_do_what_the_shadow_does(void **state)
{
  (void)state;
  for (uint32_t round = 1; round < 4; round++) {
    seed = round;
    play(200, 200, 6, 40000);
    play(1100, 9, 12, 40000); /* few slabs */
    play(40, 40, 3, 40000);   /* few pages */
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(init_makes_caches_that_are_not_in_use),
      cmocka_unit_test(init_refuses_bad_arguments),
      cmocka_unit_test(init_makes_new_what_was_used),
      cmocka_unit_test(instances_fit_the_lowest_and_highest_addresses),
      cmocka_unit_test(the_last_of_the_most_caches_works),
      cmocka_unit_test(create_refuses_bad_arguments),
      cmocka_unit_test(create_refuses_a_cache_in_use),
      cmocka_unit_test(objects_have_every_size),
      cmocka_unit_test(objects_have_every_alignment),
      cmocka_unit_test(caches_share_the_pages),
      cmocka_unit_test(free_objects_are_found_wherever_they_are),
      cmocka_unit_test(slabs_with_free_objects_come_before_new_ones),
      cmocka_unit_test(a_cache_keeps_one_slab_that_empties),
      cmocka_unit_test(free_refuses_addresses_outside),
      cmocka_unit_test(free_refuses_pages_of_no_slab),
      cmocka_unit_test(free_tells_every_address_apart),
      cmocka_unit_test(free_refuses_objects_never_allocated),
      cmocka_unit_test(free_refuses_a_second_time),
      cmocka_unit_test(pages_of_a_slab_are_not_freed_as_pages),
      cmocka_unit_test(pages_that_somebody_holds_outlive_their_slab),
      cmocka_unit_test(alloc_serves_until_pages_run_out),
      cmocka_unit_test(alloc_takes_the_empty_slabs_of_others),
      cmocka_unit_test(alloc_leaves_slabs_in_use_to_others),
      cmocka_unit_test(alloc_without_descriptors_loses_nothing),
      cmocka_unit_test(shrink_gives_back_the_empty_slabs),
      cmocka_unit_test(destroy_refuses),
      cmocka_unit_test(a_destroyed_cache_can_be_created_anew),
      cmocka_unit_test(random_calls_do_what_the_shadow_does),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
