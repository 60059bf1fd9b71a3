// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the slab caches tell about themselves, as core/slab.h promises it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keel.h"
#include "no_memory.h"

#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define FIRST 0x7ffff000u /* address of the first page */
#define PAGES 400u
#define END (FIRST + PAGES * PAGE)
#define CACHES 5u /* the last is not in use */
#define MOST 40000u
#define OK(call) assert_int_equal((call), KEEL_OK)

static const uint32_t sizes[CACHES - 1] = {8, 104, 1368, 8192};

/* ---- an instance, and the objects of it that are in use ---- */

static struct keel_pages z;
static struct keel_slabs s;
static uint64_t words[KEEL_PAGES_WORDS(PAGES)];
static uint8_t tags[KEEL_PAGES_TAGS(PAGES)];
static int32_t refs[KEEL_PAGES_REFS(PAGES)];
static uint32_t map[PAGES];
static struct keel_slab slab[1 + PAGES + CACHES];
static struct keel_cache cache[CACHES + 1]; /* the last is not the instance's */

static struct object {
  uint64_t a;
  uint32_t c;
} live[MOST];
static uint32_t n;

static int start(void **state)
{
  (void)state;
  OK(keel_pages_init(&z, words, tags, refs, 0, PAGES));
  OK(keel_pages_add(&z, 0, PAGES));
  OK(keel_slabs_init(&s, &z, FIRST, map, slab, PAGES, cache, CACHES));
  for (uint32_t c = 0; c < CACHES - 1; c++) OK(keel_cache_create(&s, c, sizes[c], 0));
  memset(&cache[CACHES], 0xa5, sizeof *cache);
  srand(1);
  n = 0;
  return 0;
}

static uint32_t below(uint32_t limit)
{
  return (uint32_t)rand() % limit;
}

static int take(uint32_t c)
{
  uint64_t a = keel_cache_alloc(&s, c);
  assert_true(n < MOST);
  if (a != 0) live[n++] = (struct object){a, c};
  return a != 0;
}

static void give(uint32_t i)
{
  OK(keel_slab_free(&s, live[i].a));
  live[i] = live[--n];
}

/* Objects of all caches, some of which are free again, and pages of others between the slabs. */
static void mix(void)
{
  for (uint32_t i = 0; i < 6000; i++) {
    take(i % 50 == 0 ? 3 : i % 10 == 0 ? 2 : i % 2);
    if (i % 1000 == 0) assert_true(keel_pages_alloc(&z, 0, KEEL_RAW) >= 0);
  }
  for (uint32_t i = 0; i < 3500; i++) give(below(n));
}

static int by_address(const void *x, const void *y)
{
  uint64_t a = ((const struct object *)x)->a, b = ((const struct object *)y)->a;
  return (a > b) - (a < b);
}

static void sort(void)
{
  qsort(live, n, sizeof *live, by_address);
}

/* ---- objects ---- */

static void every_address_has_the_size_and_cache_of_its_object(void **state)
{
  (void)state;
  mix();
  sort();
  uint32_t i = 0, wrong = 0;
  for (uint64_t a = FIRST; a < END; a++) {
    uint32_t c = KEEL_NO_CACHE;
    if (i < n && live[i].a == a) c = live[i++].c;
    wrong += keel_slab_cache(&s, a) != c || keel_slab_size(&s, a) != (c == KEEL_NO_CACHE ? 0 : sizes[c]);
  }
  assert_int_equal(i, n);
  assert_int_equal(wrong, 0);
}

static void addresses_outside_have_neither(void **state)
{
  (void)state;
  const uint64_t out[] = {0, 1, PAGE, FIRST - 1, FIRST - 8, END, END + 8, UINT64_MAX, UINT64_MAX - 7};
  while (take(3)) {} /* every page is of a slab */
  for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
    assert_int_equal(keel_slab_cache(&s, out[i]), KEEL_NO_CACHE);
    assert_int_equal(keel_slab_size(&s, out[i]), 0);
  }
}

static void the_size_is_what_can_be_used(void **state)
{
  (void)state;
  OK(keel_cache_create(&s, CACHES - 1, 33, 64));
  uint64_t a = keel_cache_alloc(&s, CACHES - 1);
  assert_int_equal(keel_slab_size(&s, a), 64);
  assert_int_equal(keel_slab_cache(&s, a), CACHES - 1);
}

/* ---- walk ---- */

static void a_walk_meets_every_object_in_order(void **state)
{
  (void)state;
  for (uint32_t c = 0; c < CACHES; c++) assert_int_equal(keel_cache_walk(&s, c, 0), 0);
  mix();
  sort();
  for (uint32_t c = 0; c < CACHES; c++) {
    uint64_t a = 0;
    for (uint32_t i = 0; i < n; i++) {
      if (live[i].c != c) continue;
      a = keel_cache_walk(&s, c, a + 1);
      assert_int_equal(a, live[i].a);
    }
    assert_int_equal(keel_cache_walk(&s, c, a + 1), 0);
  }
  assert_int_equal(keel_cache_walk(&s, CACHES, 0), 0);
  assert_int_equal(keel_cache_walk(&s, KEEL_NO_CACHE, 0), 0); /* an unused slab's cache + 1 is 0, as this one's */
}

static void a_walk_can_begin_anywhere(void **state)
{
  (void)state;
  mix();
  sort();
  uint64_t next[CACHES] = {0};
  uint32_t i = n, wrong = 0;
  for (uint64_t a = END + 2 * PAGE; a >= FIRST - 2 * PAGE; a--) {
    if (i > 0 && live[i - 1].a == a) next[live[i - 1].c] = a, i--;
    for (uint32_t c = 0; c < CACHES; c++) wrong += a % 7 == c && keel_cache_walk(&s, c, a) != next[c];
  }
  assert_int_equal(i, 0);
  assert_int_equal(wrong, 0);
  for (uint32_t c = 0; c < CACHES; c++) {
    assert_int_equal(keel_cache_walk(&s, c, 0), next[c]);
    assert_int_equal(keel_cache_walk(&s, c, UINT64_MAX), 0);
  }
}

static void a_walk_survives_what_is_freed_and_allocated_meanwhile(void **state)
{
  (void)state;
  mix();
  uint32_t left = 0, met = 0;
  for (uint32_t i = 0; i < n; i++) left += live[i].c == 1;
  for (uint64_t a = 0; (a = keel_cache_walk(&s, 1, a + 1)) != 0; met++) OK(keel_slab_free(&s, a)); /* slabs go */
  assert_int_equal(met, left);
  assert_int_equal(keel_cache_walk(&s, 1, 0), 0);
  uint64_t b = keel_cache_alloc(&s, 1), steps = 0;
  for (uint64_t a = 0; (a = keel_cache_walk(&s, 1, a + 1)) != 0 && steps < 300; steps++) keel_cache_alloc(&s, 1);
  assert_true(b != 0 && steps > 100); /* and new objects above are met */
}

/* ---- what a cache has ---- */

static void assert_stats(void)
{
  for (uint32_t c = 0; c < CACHES - 1; c++) {
    struct keel_slab_stats t;
    OK(keel_cache_stats(&s, c, &t));
    uint32_t active = 0, busy = 0;
    int64_t pages = 0;
    uint8_t seen[PAGES] = {0};
    for (uint32_t i = 0; i < n; i++) {
      if (live[i].c != c) continue;
      struct keel_block b;
      OK(keel_pages_block(&z, (keel_pfn_t)((live[i].a - FIRST) / PAGE), &b));
      busy += !seen[b.pfn];
      seen[b.pfn] = 1;
      active++;
    }
    for (uint32_t h = 1; h <= PAGES; h++) pages += slab[h].cache == c + 1 ? (int64_t)slab[h].pages : 0;
    assert_int_equal(t.size, sizes[c]);
    assert_int_equal(t.active, active);
    assert_int_equal(t.active_slabs, busy);
    assert_true(t.slabs >= busy && t.slabs <= busy + 2);
    assert_int_equal(t.slabs * t.slab_pages, pages);
    assert_int_equal(t.slabs * t.slab_objects, t.objects);
    assert_int_equal(pages * (int64_t)PAGE, t.objects * t.size + t.waste);
  }
}

static void figures_are_exact(void **state)
{
  (void)state;
  assert_stats();
  mix();
  assert_stats();
  while (n > 100) give(below(n));
  assert_stats();
  while (take(2)) {}
  assert_stats();
  while (n > 0) give(0);
  assert_stats();
}

static void figures_of_no_cache_are_refused(void **state)
{
  (void)state;
  struct keel_slab_stats t, was;
  memset(&t, 0xa5, sizeof t);
  was = t;
  const uint32_t none[] = {CACHES - 1, CACHES, KEEL_NO_CACHE};
  for (size_t i = 0; i < 3; i++) assert_int_equal(keel_cache_stats(&s, none[i], &t), KEEL_BAD_ARGUMENT);
  assert_memory_equal(&t, &was, sizeof t);
}

/* ---- report ---- */

#define HEAD "slabinfo - version: 2.1\n" \
  "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount>" \
  " <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
#define LONG64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void the_report_is_slabinfo(void **state)
{
  (void)state;
  const char *const names[CACHES] = {"dentry", NULL, "a-name-of-more-than-17", LONG64 "more", "unused"};
  char text[2048];
  for (uint32_t i = 0; i < 600; i++) take(0);
  for (uint32_t i = 0; i < 256; i++) give(0); /* an empty slab */
  take(1);
  take(3);
  size_t len = keel_slabs_report(&s, names, text, sizeof text);
  assert_string_equal(text, HEAD
    "dentry               344    768      8  256    1 : tunables    0    0    0 : slabdata      2      3      0\n"
    "cache-1                1    157    104  157    4 : tunables    0    0    0 : slabdata      1      1      0\n"
    "a-name-of-more-than-17      0      0   1368   95   32 : tunables    0    0    0 : slabdata      0      0      0\n"
    LONG64 "      1     16   8192   16   32 : tunables    0    0    0 : slabdata      1      1      0\n");
  assert_int_equal(len, strlen(text));
}

/* As slabtop reads it. */
static void the_report_agrees_with_the_figures(void **state)
{
  (void)state;
  char text[2048];
  mix();
  keel_slabs_report(&s, NULL, text, sizeof text);
  char *line = text + strlen(HEAD);
  for (uint32_t c = 0; c < CACHES - 1; c++) {
    struct keel_slab_stats t;
    char name[65], want[65];
    long long active, objects, active_slabs, slabs;
    unsigned size, per_slab, pages;
    OK(keel_cache_stats(&s, c, &t));
    assert_int_equal(sscanf(line, "%64s %lld %lld %u %u %u : tunables %*d %*d %*d : slabdata %lld %lld %*d\n", name, &active,
                            &objects, &size, &per_slab, &pages, &active_slabs, &slabs), 8);
    snprintf(want, sizeof want, "cache-%u", c);
    assert_string_equal(name, want);
    assert_true(active == t.active && objects == t.objects && active_slabs == t.active_slabs && slabs == t.slabs);
    assert_true(size == t.size && per_slab == t.slab_objects && pages == t.slab_pages);
    line = strchr(line, '\n') + 1;
  }
  assert_string_equal(line, "");
}

static void the_report_stays_in_its_buffer(void **state)
{
  (void)state;
  char text[2048];
  mix();
  size_t len = keel_slabs_report(&s, NULL, text, sizeof text);
  assert_int_equal(keel_slabs_report(&s, NULL, NULL, 0), len);
  for (size_t size = 0; size <= len + 2; size++) {
    char *buf = malloc(size + 1);
    assert_non_null(buf);
    memset(buf, '#', size + 1);
    assert_int_equal(keel_slabs_report(&s, NULL, buf, size), len);
    assert_int_equal(buf[size], '#');
    size_t shown = size == 0 ? 0 : len < size ? len : size - 1;
    assert_memory_equal(buf, text, shown);
    if (size > 0) assert_int_equal(buf[shown], 0);
    free(buf);
  }
}

/* ---- check ---- */

static void an_instance_is_well_formed_after_every_call(void **state)
{
  (void)state;
  assert_int_equal(keel_slabs_check(&s), 1);
  for (uint32_t i = 0; i < 8000; i++) {
    uint32_t r = below(100);
    if (r < (i / 2000 % 2 ? 40u : 60u)) take(below(CACHES));
    else if (n > 0) give(below(n));
    if (r == 99) keel_cache_shrink(&s, below(CACHES));
    if (i % 5 == 0) assert_int_equal(keel_slabs_check(&s), 1);
  }
  while (n > 0) give(below(n));
  for (uint32_t c = 0; c < CACHES - 1; c++) OK(keel_cache_destroy(&s, c));
  assert_int_equal(keel_slabs_check(&s), 1);
}

/* With this value there the instance is not well formed; it is again when the old value is back. */
#define DETECTED(field, value)               \
  do {                                       \
    __typeof__(field) was_ = (field);        \
    (field) = (value);                       \
    assert_int_equal(keel_slabs_check(&s), 0); \
    (field) = was_;                          \
    assert_int_equal(keel_slabs_check(&s), 1); \
  } while (0)

static void damage_is_seen(void **state)
{
  (void)state;
  mix();
  for (uint32_t c = 0; c < CACHES - 1; c++) {
    struct keel_cache *k = &cache[c];
    uint32_t e = PAGES + 1 + c;
    while (k->word == 0 || slab[e].next == (int32_t)e) assert_true(take(c));
    uint32_t h = (uint32_t)k->active;
    struct keel_slab *t = &slab[h];
    /* slabs */
    DETECTED(t->nobj, t->nobj - 1);
    DETECTED(t->nobj, t->nobj + 1);
    DETECTED(t->mult, t->mult ^ 1u << 31);
    DETECTED(t->page, t->page + 1);
    DETECTED(t->page, UINT32_MAX);
    DETECTED(t->page, PAGES);
    DETECTED(t->pages, t->pages * 2);
    DETECTED(t->cache, 0);
    DETECTED(t->cache, c == 0 ? 2 : 1);
    DETECTED(t->cache, CACHES + 1);
    DETECTED(t->cache, UINT32_MAX);
    DETECTED(t->live, 0);
    DETECTED(t->live, -1);
    DETECTED(t->next, 0);
    DETECTED(t->prev, slab[e].next);
    if (t->nobj < 256) DETECTED(t->free[t->nobj / 64], t->free[t->nobj / 64] | (uint64_t)1 << t->nobj % 64);
    /* rings */
    const int32_t bad[] = {-1, INT32_MIN, INT32_MAX, PAGES + CACHES + 1};
    for (size_t i = 0; i < 4; i++) {
      DETECTED(slab[e].next, bad[i]);
      DETECTED(slab[e].prev, bad[i]);
      DETECTED(slab[slab[e].next].next, bad[i]);
    }
    DETECTED(slab[e].next, (int32_t)h);
    DETECTED(slab[e].cache, c + 2);
    /* map */
    DETECTED(map[t->page], 0);
    DETECTED(map[t->page], (uint32_t)slab[e].next);
    DETECTED(map[t->page + t->pages - 1], 0);
    DETECTED(map[t->page], PAGES + 1);
    DETECTED(map[t->page], UINT32_MAX);
    /* caches */
    DETECTED(k->size, 0);
    DETECTED(k->size, k->size + 8);
    DETECTED(k->size, k->size + 4);
    DETECTED(k->size, k->size * 64);
    DETECTED(k->mult, k->mult + 1);
    DETECTED(k->nobj, 0);
    DETECTED(k->nobj, 257);
    DETECTED(k->order, k->order + 1);
    DETECTED(k->order, UINT32_MAX);
    DETECTED(k->pages, 33);
    DETECTED(k->full[0], k->full[0] ^ 1);
    DETECTED(k->full[3], k->full[3] ^ (uint64_t)1 << 63);
    DETECTED(k->active, 0);
    DETECTED(k->active, slab[e].next);
    DETECTED(k->active, -1);
    DETECTED(k->active, PAGES + 1);
    DETECTED(k->at, 4);
    DETECTED(k->at, -1);
    DETECTED(k->at, k->at ^ 1);
    DETECTED(k->kept, -1);
    DETECTED(k->kept, PAGES + 1);
    DETECTED(k->first, k->first + k->size);
    DETECTED(k->first, 0);
    DETECTED(t->free[k->at], 0);
    /* pages */
    DETECTED(tags[t->page], 0);
    DETECTED(tags[t->page], 255);
    DETECTED(tags[t->page], (uint8_t)(tags[t->page] + 1));
    DETECTED(tags[t->page], (uint8_t)(tags[t->page] ^ 32 * KEEL_SLAB ^ 32 * KEEL_VMALLOC));
    DETECTED(tags[t->page], 32 * KEEL_SLAB);
    DETECTED(tags[t->page], 32 * KEEL_SLAB + 15);
  }
  DETECTED(map[PAGES - 1], 1);
  DETECTED(slab[0].cache, 1);
  DETECTED(slab[0].next, 0);
  DETECTED(slab[PAGES + CACHES].cache, 1);
  DETECTED(slab[PAGES + CACHES].cache, 0);
  DETECTED(cache[CACHES - 1].active, 1);
  DETECTED(cache[CACHES - 1].word, 1);
  DETECTED(z.n, PAGES - 1);
}

/* What one wrong field beside it would give away. */
static void damage_in_several_places_is_seen(void **state)
{
  (void)state;
  mix();
  uint32_t p = 0;
  while (map[p] != 0) p++;
  for (uint32_t h = 1; h <= PAGES + 2; h++) DETECTED(map[p], h); /* a page of no slab */
  struct keel_cache *k = &cache[0], *idle = &cache[CACHES - 1];
  uint32_t e = PAGES + 1;
  while (k->word == 0 || slab[e].next == (int32_t)e) assert_true(take(0));
  k->word = 0; /* that is allowed */
  assert_int_equal(keel_slabs_check(&s), 1);
  DETECTED(k->active, slab[e].next);
  OK(start(NULL)); /* one slab only, */
  assert_true(take(0));
  uint32_t h = (uint32_t)k->active, first = slab[h].page;
  const uint32_t far[] = {PAGES, PAGES + 1, UINT32_MAX};
  map[first] = 0; /* with pages that there are not */
  for (size_t i = 0; i < 3; i++) slab[h].page = far[i], assert_int_equal(keel_slabs_check(&s), 0);
  map[first] = h;
  slab[h].page = first;
  give(0);
  assert_int_equal(keel_cache_shrink(&s, 0), 1);
  DETECTED(map[first], h); /* that was its page once */
  assert_true(take(0));
  k->order++, k->pages *= 2;
  assert_int_equal(keel_slabs_check(&s), 0);
  k->order--, k->pages /= 2;
  assert_int_equal(keel_slabs_check(&s), 1);
  DETECTED(idle->at, -1);
  DETECTED(idle->at, 4);
  idle->first = FIRST;
  slab[0].free[0] = 1;
  slab[0].page = 0;
  DETECTED(idle->word, 1);
}

/* In caches without slabs, which nothing else gives away. */
static void impossible_layouts_are_seen(void **state)
{
  (void)state;
  struct layout {
    uint32_t size, mult, nobj, order, pages;
    int good;
  };
  const struct layout l[] = {{64, 1024, 64, 0, 1, 1},  {64, 1024, 256, 2, 4, 1},  {4, 16384, 64, 0, 1, 0},  {12, 2863316992u, 10, 0, 1, 0},
                             {8200, 4286586880u, 10, 5, 32, 0}, {64, 1024, 65, 0, 1, 0},   {64, 1024, 257, 3, 8, 0}, {64, 1024, 0, 0, 1, 0},
                             {64, 1024, 64, 6, 64, 0}, {64, 1024, 64, 0, 2, 0},   {64, 1025, 64, 0, 1, 0},  {64, 1024, 1, 5, 32, 1}};
  struct keel_cache *k = &cache[CACHES - 1];
  for (size_t i = 0; i < sizeof l / sizeof *l; i++) {
    k->size = l[i].size, k->mult = l[i].mult, k->nobj = l[i].nobj, k->order = l[i].order, k->pages = l[i].pages;
    memset(k->full, 0, sizeof k->full);
    for (uint32_t j = 0; j < k->nobj && j < 256; j++) k->full[j / 64] |= (uint64_t)1 << j % 64;
    assert_int_equal(keel_slabs_check(&s), l[i].good);
  }
}

static void the_edge_of_the_unused_belongs_to_no_cache(void **state)
{
  (void)state;
  OK(keel_slabs_init(&s, &z, FIRST, map, slab, 1, cache, CACHES));
  OK(keel_cache_create(&s, 0, 8, 0));
  assert_true(take(0)); /* no slab is unused */
  DETECTED(slab[0].cache, 1);
}

static void pages_freed_under_a_slab_are_seen(void **state)
{
  (void)state;
  take(2);
  assert_int_equal(keel_slabs_check(&s), 1);
  OK(keel_pages_free(&z, slab[cache[2].active].page, KEEL_SLAB));
  assert_int_equal(keel_slabs_check(&s), 0);
}

/* Whatever is damaged, the check answers, and touches nothing else. */
static void any_bit_may_be_wrong(void **state)
{
  (void)state;
  struct { void *at; size_t bytes; } part[] = {{map, sizeof map}, {slab, sizeof slab}, {cache, sizeof cache}, {tags, sizeof tags}};
  mix();
  uint32_t seen = 0;
  for (uint32_t i = 0; i < 20000; i++) {
    uint32_t p = below(4), bit = below(8), at = below((uint32_t)part[p].bytes);
    uint8_t *b = (uint8_t *)part[p].at + at;
    *b = (uint8_t)(*b ^ 1u << bit);
    seen += keel_slabs_check(&s) == 0;
    *b = (uint8_t)(*b ^ 1u << bit);
  }
  assert_int_equal(keel_slabs_check(&s), 1);
  assert_true(seen > 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
  const struct CMUnitTest tests[] = {
      TEST(every_address_has_the_size_and_cache_of_its_object),
      TEST(addresses_outside_have_neither),
      TEST(the_size_is_what_can_be_used),
      TEST(a_walk_meets_every_object_in_order),
      TEST(a_walk_can_begin_anywhere),
      TEST(a_walk_survives_what_is_freed_and_allocated_meanwhile),
      TEST(figures_are_exact),
      TEST(figures_of_no_cache_are_refused),
      TEST(the_report_is_slabinfo),
      TEST(the_report_agrees_with_the_figures),
      TEST(the_report_stays_in_its_buffer),
      TEST(an_instance_is_well_formed_after_every_call),
      TEST(damage_is_seen),
      TEST(damage_in_several_places_is_seen),
      TEST(impossible_layouts_are_seen),
      TEST(the_edge_of_the_unused_belongs_to_no_cache),
      TEST(pages_freed_under_a_slab_are_seen),
      TEST(any_bit_may_be_wrong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
