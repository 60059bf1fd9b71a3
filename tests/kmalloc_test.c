// SPDX-License-Identifier: MIT OR Apache-2.0
/* Behaviour of kmalloc, call by call, as core/kmalloc.h promises it, on real memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keel.h"

#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define BASE ((keel_pfn_t)5 * 1024)
#define MIB ((uint64_t)1 << 20)
#define CACHES (KEEL_KMALLOC_CLASSES + 2u) /* two are the caller's own */
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

/* ---- memory ---- */

static uint8_t *at(uint64_t a)
{
  return (uint8_t *)(uintptr_t)a;
}

static uint64_t arena_from, arena_to; /* of the instance under test: the hooks stay inside */

static void assert_inside(uint64_t a, uint64_t bytes)
{
  assert_true(bytes > 0 && a >= arena_from && a <= arena_to && bytes <= arena_to - a);
}

void keel_zero(uint64_t a, uint64_t bytes)
{
  assert_inside(a, bytes);
  memset(at(a), 0, (size_t)bytes);
}

void keel_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
  assert_inside(to, bytes);
  assert_inside(from, bytes);
  assert_true(to + bytes <= from || from + bytes <= to);
  memcpy(at(to), at(from), (size_t)bytes);
}

/* Bytes that tell their place and whose they are. */
static uint8_t byte(uint64_t i, uint32_t owner)
{
  return (uint8_t)((i * 166 + i / 256 * 58 + owner * 102) | 1); /* never 0 */
}

static void paint(uint64_t a, uint64_t bytes, uint32_t owner)
{
  for (uint64_t i = 0; i < bytes; i++) at(a)[i] = byte(i, owner);
}

static void assert_painted(uint64_t a, uint64_t bytes, uint32_t owner)
{
  uint64_t wrong = 0;
  for (uint64_t i = 0; i < bytes; i++) wrong += at(a)[i] != byte(i, owner);
  assert_int_equal(wrong, 0);
}

static void assert_zero(uint64_t a, uint64_t bytes)
{
  uint64_t wrong = 0;
  for (uint64_t i = 0; i < bytes; i++) wrong += at(a)[i] != 0;
  assert_int_equal(wrong, 0);
}

/* ---- an instance ---- */

enum { WORDS, TAGS, REFS, MAP, SLAB, CACHE, PARTS };

struct heap {
  struct keel_heap m;
  struct keel_pages z;
  void *part[PARTS]; /* the arrays */
  size_t bytes[PARTS];
  void *arena;
  uint64_t addr;
  uint32_t n;
};

/* As large as the documentation says, so that the sanitizer sees more being touched. */
static void *room(struct heap *h, int part, size_t bytes)
{
  h->part[part] = malloc(bytes);
  h->bytes[part] = bytes;
  assert_non_null(h->part[part]);
  return memset(h->part[part], 0xa5, bytes);
}

/* n pages, all free, from `skew` bytes behind a multiple of 4 MiB on; kmalloc's caches are not created yet. */
static void lay_out(struct heap *h, uint32_t n, uint64_t skew, uint32_t caches)
{
  memset(h, 0, sizeof *h);
  h->n = n;
  h->arena = aligned_alloc(4 * MIB, (size_t)((skew + n * PAGE + 4 * MIB - 1) / (4 * MIB) * (4 * MIB)));
  assert_non_null(h->arena);
  arena_from = h->addr = (uint64_t)(uintptr_t)h->arena + skew;
  arena_to = h->addr + n * PAGE;
  uint64_t *words = room(h, WORDS, KEEL_PAGES_WORDS(n) * sizeof(uint64_t));
  uint8_t *tags = room(h, TAGS, KEEL_PAGES_TAGS(n));
  int32_t *refs = room(h, REFS, KEEL_PAGES_REFS(n) * sizeof(int32_t));
  OK(keel_pages_init(&h->z, words, tags, refs, BASE, n));
  OK(keel_pages_add(&h->z, BASE, n));
  uint32_t *map = room(h, MAP, n * sizeof(uint32_t));
  struct keel_slab *slab = room(h, SLAB, (1 + (size_t)n + caches) * sizeof(struct keel_slab));
  struct keel_cache *cache = room(h, CACHE, caches * sizeof(struct keel_cache));
  OK(keel_slabs_init(&h->m.s, &h->z, h->addr, map, slab, n, cache, caches));
}

static void make(struct heap *h, uint32_t n)
{
  lay_out(h, n, PAGE, CACHES);
  OK(keel_kmalloc_init(&h->m));
}

static void drop(struct heap *h)
{
  for (int i = 0; i < PARTS; i++) free(h->part[i]);
  free(h->arena);
}

static uint32_t nr_free(const struct heap *h)
{
  struct keel_page_stats s;
  keel_pages_stats(&h->z, &s);
  return (uint32_t)s.nr_free;
}

/* Ends every cache; nothing is left of them. */
static void end(struct heap *h)
{
  for (uint32_t c = 0; c < h->m.s.caches; c++) {
    enum keel_status s = keel_cache_destroy(&h->m.s, c);
    assert_true(s == KEEL_OK || s == KEEL_BAD_ARGUMENT);
  }
  assert_int_equal(nr_free(h), h->n);
  assert_int_equal(keel_pages_check(&h->z), 1);
  drop(h);
}

/* All state but the memory itself. */
static struct heap snapshot(const struct heap *h)
{
  struct heap t = *h;
  t.arena = NULL;
  for (int i = 0; i < PARTS; i++) memcpy(room(&t, i, h->bytes[i]), h->part[i], h->bytes[i]);
  return t;
}

static int same(const struct heap *a, const struct heap *b)
{
  for (int i = 0; i < PARTS; i++)
    if (memcmp(a->part[i], b->part[i], a->bytes[i]) != 0) return 0;
  return memcmp(&a->m, &b->m, sizeof a->m) == 0 && memcmp(&a->z, &b->z, sizeof a->z) == 0;
}

/* The call answers this and changes nothing, not a byte. */
#define UNCHANGED(h, call, answer)      \
  do {                                  \
    struct heap before_ = snapshot(h);  \
    assert_true((call) == (answer));    \
    assert_true(same(h, &before_));     \
    drop(&before_);                     \
  } while (0)

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

static int is_live(struct keel_block b, uint32_t kind)
{
  return b.state == KEEL_PAGE_LIVE && b.kind == kind;
}

/* Nothing is freed at a, by any function, and the error is this. */
static void assert_refused(struct heap *h, uint64_t a, enum keel_status error)
{
  UNCHANGED(h, keel_kfree(&h->m, a), error);
  UNCHANGED(h, keel_kfree_sensitive(&h->m, a), error);
  UNCHANGED(h, keel_ksize(&h->m, a), 0);
  if (a == 0 || a == KEEL_ZERO_SIZE) return;
  const uint64_t sizes[] = {0, 1, 64, 100000};
  for (size_t i = 0; i < COUNT(sizes); i++) UNCHANGED(h, keel_krealloc(&h->m, a, sizes[i], KEEL_ZERO), 0);
}

/* ---- what the documentation says of sizes ---- */

static uint32_t least_of(uint32_t n)
{
  static const uint32_t low[] = {8, 16, 32, 48, 64, 80, 96, 112, 128};
  for (size_t i = 0; i < COUNT(low); i++)
    if (n <= low[i]) return low[i];
  uint32_t size = 128;
  while (size < KEEL_OBJECT_MAX)
    for (uint32_t steps = size < 512 ? 4 : 8, step = size / steps; steps > 0; steps--)
      if (n <= (size += step)) return size;
  for (size = 4 * KEEL_PAGE_SIZE; size < n;) size *= 2;
  return size;
}

/* The largest power of two up to the page size that divides n. */
static uint32_t divisor(uint32_t n)
{
  uint32_t f = 1;
  while (f < PAGE && n % (2 * f) == 0) f *= 2;
  return f;
}

/* What a request of n bytes at a multiple of align takes. */
static uint32_t room_for(uint32_t n, uint32_t align)
{
  uint32_t size = least_of(n);
  while (align > 1 && size % align != 0) size = least_of(size + 1);
  return size;
}

static uint32_t waste_bound(uint32_t n)
{
  return n <= 16 ? 7 : n <= 128 ? 15 : n <= 512 ? (n - 1) / 4 - 1 : n <= 8192 ? (n - 1) / 8 - 1 : n - 2;
}

/* The memory at a is live, as large and as aligned as it should be. */
static void assert_good(struct heap *h, uint64_t a, uint32_t bytes, uint32_t align)
{
  assert_true(a != 0 && a != KEEL_ZERO_SIZE);
  assert_int_equal(keel_ksize(&h->m, a), bytes);
  assert_inside(a, bytes);
  assert_int_equal(a % divisor(bytes), 0);
  if (align > 1) assert_int_equal(a % align, 0);
  struct keel_block b = block(h, a);
  if (bytes <= KEEL_OBJECT_MAX && align <= PAGE) assert_true(is_live(b, KEEL_SLAB) && block(h, a + bytes - 1).pfn == b.pfn);
  else assert_true(is_live(b, KEEL_LARGE) && b.refs == 1 && b.pfn == pfn_of(h, a) && PAGE << b.order == bytes);
}

static const uint32_t some_sizes[] = {1,    7,    8,    9,    24,   33,    64,    96,    100,    128,    129,     192,
                                      300,  512,  640,  1000, 1024, 1025,  1280,  2048,  3000,   4096,   4097,    5000,
                                      7168, 8191, 8192, 8193, 9000, 16384, 16385, 65536, 100000, 262145, 1048577};

/* ---- init ---- */

static void init_takes_unused_caches(void **state)
{
  (void)state;
  struct heap h;
  lay_out(&h, 64, PAGE, KEEL_KMALLOC_CLASSES - 1);
  UNCHANGED(&h, keel_kmalloc_init(&h.m), KEEL_BAD_ARGUMENT);
  end(&h);
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) {
    lay_out(&h, 64, PAGE, CACHES);
    OK(keel_cache_create(&h.m.s, c, 64, 0));
    UNCHANGED(&h, keel_kmalloc_init(&h.m), KEEL_BUSY);
    end(&h);
  }
  lay_out(&h, 64, PAGE, KEEL_KMALLOC_CLASSES);
  OK(keel_kmalloc_init(&h.m));
  UNCHANGED(&h, keel_kmalloc_init(&h.m), KEEL_BUSY);
  end(&h);
}

static void an_instance_can_be_made_again(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 64);
  OK(keel_kfree(&h.m, keel_kmalloc(&h.m, 100, 0)));
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) OK(keel_cache_destroy(&h.m.s, c));
  assert_int_equal(keel_kmalloc(&h.m, 100, 0), 0);
  OK(keel_kmalloc_init(&h.m));
  OK(keel_kfree(&h.m, keel_kmalloc(&h.m, 100, 0)));
  end(&h);
}

/* ---- sizes ---- */

static void every_size_takes_the_least_object(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 2048);
  for (uint32_t n = 1; n <= KEEL_OBJECT_MAX; n++) {
    uint64_t a = keel_kmalloc(&h.m, n, n % 2 ? KEEL_NOWAIT : 0);
    assert_good(&h, a, least_of(n), 1);
    assert_true(keel_ksize(&h.m, a) - n <= waste_bound(n));
    OK(keel_kfree(&h.m, a));
  }
  end(&h);
}

static void larger_sizes_take_the_least_block(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 2048);
  for (uint32_t n = KEEL_OBJECT_MAX + 1; n <= KEEL_KMALLOC_MAX; n += 1 + below(3000)) {
    uint64_t a = keel_kmalloc(&h.m, n, 0);
    assert_good(&h, a, least_of(n), 1);
    assert_true(keel_ksize(&h.m, a) - n <= waste_bound(n));
    OK(keel_kfree(&h.m, a));
  }
  for (uint32_t size = 16384; size <= KEEL_KMALLOC_MAX; size *= 2)
    for (uint32_t n = size - 1; n <= size + 1 && n <= KEEL_KMALLOC_MAX; n++) {
      uint64_t a = keel_kmalloc(&h.m, n, 0);
      assert_good(&h, a, n > size ? 2 * size : size, 1);
      OK(keel_kfree(&h.m, a));
    }
  end(&h);
}

static void the_bound_on_waste_is_reached(void **state)
{
  (void)state;
  const uint32_t worst[] = {1, 9, 17, 113, 129, 4097, 8193, KEEL_KMALLOC_MAX / 2 + 1};
  for (size_t i = 0; i < COUNT(worst); i++) assert_int_equal(least_of(worst[i]) - worst[i], waste_bound(worst[i]));
}

static void sizes_that_are_too_large_are_refused(void **state)
{
  (void)state;
  const uint64_t sizes[] = {KEEL_KMALLOC_MAX + 1, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 8, (uint64_t)1 << 63, UINT64_MAX - 6, UINT64_MAX};
  struct heap h;
  make(&h, 2048);
  uint64_t a = keel_kmalloc(&h.m, 100, 0);
  for (size_t i = 0; i < COUNT(sizes); i++) {
    UNCHANGED(&h, keel_kmalloc(&h.m, sizes[i], 0), 0);
    UNCHANGED(&h, keel_kzalloc(&h.m, sizes[i], 0), 0);
    UNCHANGED(&h, keel_kcalloc(&h.m, 1, sizes[i], 0), 0);
    UNCHANGED(&h, keel_kcalloc(&h.m, sizes[i], 1, 0), 0);
    UNCHANGED(&h, keel_kmalloc_aligned(&h.m, sizes[i], 8, 0), 0);
    UNCHANGED(&h, keel_krealloc(&h.m, 0, sizes[i], 0), 0);
    UNCHANGED(&h, keel_krealloc(&h.m, a, sizes[i], 0), 0);
  }
  OK(keel_kfree(&h.m, a));
  end(&h);
}

static void unknown_flags_are_refused(void **state)
{
  (void)state;
  const uint64_t sizes[] = {0, 1, 1024, 1025, 8192, 100000};
  struct heap h;
  make(&h, 64);
  uint64_t a = keel_kmalloc(&h.m, 100, 0);
  for (uint32_t bit = 2; bit < 32; bit++)
    for (size_t i = 0; i < COUNT(sizes); i++) {
      uint32_t flags = 1u << bit | below(4);
      UNCHANGED(&h, keel_kmalloc(&h.m, sizes[i], flags), 0);
      UNCHANGED(&h, keel_kzalloc(&h.m, sizes[i], flags), 0);
      UNCHANGED(&h, keel_kcalloc(&h.m, 1, sizes[i], flags), 0);
      UNCHANGED(&h, keel_kmalloc_aligned(&h.m, sizes[i], 64, flags), 0);
      UNCHANGED(&h, keel_krealloc(&h.m, 0, sizes[i], flags), 0);
      UNCHANGED(&h, keel_krealloc(&h.m, a, sizes[i], flags), 0);
    }
  OK(keel_kfree(&h.m, a));
  end(&h);
}

static void no_bytes_have_an_address_of_their_own(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 64);
  for (uint32_t flags = 0; flags < 4; flags++) {
    UNCHANGED(&h, keel_kmalloc(&h.m, 0, flags), KEEL_ZERO_SIZE);
    UNCHANGED(&h, keel_kzalloc(&h.m, 0, flags), KEEL_ZERO_SIZE);
    UNCHANGED(&h, keel_kcalloc(&h.m, 0, 10, flags), KEEL_ZERO_SIZE);
    UNCHANGED(&h, keel_kcalloc(&h.m, UINT64_MAX, 0, flags), KEEL_ZERO_SIZE);
    UNCHANGED(&h, keel_kcalloc(&h.m, 0, UINT64_MAX, flags), KEEL_ZERO_SIZE);
    UNCHANGED(&h, keel_kmalloc_aligned(&h.m, 0, 4096, flags), KEEL_ZERO_SIZE);
    UNCHANGED(&h, keel_krealloc(&h.m, 0, 0, flags), KEEL_ZERO_SIZE);
    UNCHANGED(&h, keel_krealloc(&h.m, KEEL_ZERO_SIZE, 0, flags), KEEL_ZERO_SIZE);
  }
  assert_refused(&h, KEEL_ZERO_SIZE, KEEL_OK);
  assert_refused(&h, 0, KEEL_OK);
  uint64_t a = keel_krealloc(&h.m, KEEL_ZERO_SIZE, 40, 0);
  assert_good(&h, a, 48, 1);
  assert_int_equal(keel_krealloc(&h.m, KEEL_ZERO_SIZE, 1000000, 0), 0); /* more than there is */
  OK(keel_kfree(&h.m, a));
  end(&h);
}

/* ---- alignment ---- */

static void every_object_is_aligned_as_its_size_is(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 128);
  for (uint32_t size = 8; size <= KEEL_OBJECT_MAX; size = least_of(size + 1)) {
    static uint64_t a[600];
    uint32_t n = 0;
    while (n < COUNT(a) && (a[n] = keel_kmalloc(&h.m, size, 0)) != 0) assert_good(&h, a[n++], size, 1);
    assert_true(n >= 15);
    while (n > 0) OK(keel_kfree(&h.m, a[--n]));
  }
  end(&h);
}

static void every_size_has_every_alignment(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 512);
  for (uint32_t n = 1; n <= 20000; n += n < KEEL_OBJECT_MAX ? 1 : 1999)
    for (uint32_t align = 0; align <= PAGE; align = align == 0 ? 1 : 2 * align) {
      uint64_t a = keel_kmalloc_aligned(&h.m, n, align, 0);
      uint32_t most = n > align ? n : align;
      assert_good(&h, a, room_for(n, align), align);
      assert_true(keel_ksize(&h.m, a) < 2 * (most > 8 ? most : 8));
      OK(keel_kfree(&h.m, a));
    }
  end(&h);
}

static void pages_are_aligned_as_far_as_the_first_is(void **state)
{
  (void)state;
  const uint64_t skews[] = {0, PAGE, 2 * PAGE, 4 * PAGE, MIB};
  const uint32_t sizes[] = {1, 4096, 8192, 8193, 300000, 3000000};
  for (size_t i = 0; i < COUNT(skews); i++) {
    struct heap h;
    lay_out(&h, 2048, skews[i], CACHES);
    OK(keel_kmalloc_init(&h.m));
    for (size_t j = 0; j < COUNT(sizes); j++)
      for (uint32_t align = 8192; align <= KEEL_KMALLOC_MAX; align *= 2) {
        if (skews[i] % align != 0) {
          UNCHANGED(&h, keel_kmalloc_aligned(&h.m, sizes[j], align, 0), 0);
          continue;
        }
        uint32_t bytes = align;
        while (bytes < sizes[j]) bytes *= 2;
        uint64_t a = keel_kmalloc_aligned(&h.m, sizes[j], align, 0);
        assert_good(&h, a, bytes, align);
        OK(keel_kfree(&h.m, a));
      }
    end(&h);
  }
}

static void alignments_that_are_none_are_refused(void **state)
{
  (void)state;
  const uint64_t aligns[] = {3, 5, 6, 7, 12, 24, 48, 4095, 4097, 4096 + 8, 3 * 4096, 8192 + 2048, 5 * 4096, MIB + PAGE,
                             3 * MIB, 8 * MIB, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 8, (uint64_t)1 << 63, UINT64_MAX};
  struct heap h;
  lay_out(&h, 2048, 0, CACHES);
  OK(keel_kmalloc_init(&h.m));
  for (size_t i = 0; i < COUNT(aligns); i++) {
    UNCHANGED(&h, keel_kmalloc_aligned(&h.m, 0, aligns[i], 0), 0);
    UNCHANGED(&h, keel_kmalloc_aligned(&h.m, 64, aligns[i], 0), 0);
    UNCHANGED(&h, keel_kmalloc_aligned(&h.m, 10000, aligns[i], 0), 0);
  }
  end(&h);
}

/* ---- contents ---- */

/* Memory of n bytes that was somebody's: all of it is painted when it is free. */
static void dirty(struct heap *h, uint32_t n, uint32_t align)
{
  uint64_t a = keel_kmalloc_aligned(&h->m, n, align, 0);
  paint(a, keel_ksize(&h->m, a), n);
  OK(keel_kfree(&h->m, a));
}

static void zeroed_memory_is_zero_to_its_end(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 2048);
  for (size_t i = 0; i < COUNT(some_sizes); i++) {
    uint32_t n = some_sizes[i];
    for (uint32_t how = 0; how < 6; how++) {
      memset(h.arena, 0x5a, (size_t)(PAGE + h.n * PAGE));
      dirty(&h, n, 1);
      uint64_t a = how == 0   ? keel_kmalloc(&h.m, n, KEEL_ZERO)
                   : how == 1 ? keel_kmalloc(&h.m, n, KEEL_ZERO | KEEL_NOWAIT)
                   : how == 2 ? keel_kzalloc(&h.m, n, 0)
                   : how == 3 ? keel_kcalloc(&h.m, n, 1, KEEL_NOWAIT)
                   : how == 4 ? keel_kmalloc_aligned(&h.m, n, 64, KEEL_ZERO)
                              : keel_krealloc(&h.m, 0, n, KEEL_ZERO);
      assert_good(&h, a, room_for(n, how == 4 ? 64 : 1), 1);
      assert_zero(a, keel_ksize(&h.m, a));
      OK(keel_kfree(&h.m, a));
    }
    memset(h.arena, 0x5a, (size_t)(PAGE + h.n * PAGE));
    uint64_t a = keel_kmalloc(&h.m, n, 0);
    uint32_t touched = 0; /* unasked */
    for (uint32_t j = 0; j < n; j++) touched += at(a)[j] != 0x5a;
    assert_int_equal(touched, 0);
    OK(keel_kfree(&h.m, a));
  }
  end(&h);
}

static void arrays_do_not_overflow(void **state)
{
  (void)state;
  const uint64_t pairs[][2] = {{2049, 2048}, {KEEL_KMALLOC_MAX, 2}, {(uint64_t)1 << 32, (uint64_t)1 << 32}, {(uint64_t)1 << 63, 2},
                               {3, 0x5555555555555556}, {UINT64_MAX, 1}, {UINT64_MAX, 2}, {UINT64_MAX, UINT64_MAX}, {1, KEEL_KMALLOC_MAX + 1},
                               {0x100000001, 0xffffffff}, {(uint64_t)1 << 22, (uint64_t)1 << 42}, {65536, 65536}};
  struct heap h;
  make(&h, 2048);
  for (size_t i = 0; i < COUNT(pairs); i++) {
    UNCHANGED(&h, keel_kcalloc(&h.m, pairs[i][0], pairs[i][1], 0), 0);
    UNCHANGED(&h, keel_kcalloc(&h.m, pairs[i][1], pairs[i][0], 0), 0);
  }
  uint64_t a = keel_kcalloc(&h.m, 2048, 2048, 0), b = keel_kcalloc(&h.m, 3, 33, 0);
  assert_good(&h, a, KEEL_KMALLOC_MAX, 1);
  assert_good(&h, b, 112, 1);
  assert_zero(a, KEEL_KMALLOC_MAX);
  OK(keel_kfree(&h.m, a));
  OK(keel_kfree(&h.m, b));
  end(&h);
}

static void a_sensitive_free_leaves_nothing_behind(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 2048);
  for (size_t i = 0; i < COUNT(some_sizes); i++) {
    uint64_t a = keel_kmalloc(&h.m, some_sizes[i], 0), bytes = keel_ksize(&h.m, a);
    uint64_t next = keel_kmalloc(&h.m, some_sizes[i], 0);
    paint(a, bytes, 1);
    paint(next, bytes, 2);
    OK(keel_kfree_sensitive(&h.m, a));
    assert_zero(a, bytes);
    assert_painted(next, bytes, 2);
    OK(keel_kfree(&h.m, next));
  }
  end(&h);
}

/* ---- realloc ---- */

/* From n bytes at a multiple of align to k bytes. */
static void change(struct heap *h, uint32_t n, uint32_t align, uint32_t k, uint32_t flags)
{
  uint64_t a = keel_kmalloc_aligned(&h->m, n, align, 0);
  uint32_t old = (uint32_t)keel_ksize(&h->m, a), kept = divisor(old), want = room_for(k, kept);
  assert_true(kept >= align);
  paint(a, old, n);
  uint64_t b = keel_krealloc(&h->m, a, k, flags);
  uint32_t now = (uint32_t)keel_ksize(&h->m, b);
  int stays = k <= old && 2 * want > old;
  assert_int_equal(b == a, stays);
  assert_good(h, b, stays ? old : want, kept);
  assert_painted(b, old < now ? old : now, n);
  if (flags == KEEL_ZERO && now > old) assert_zero(b + old, now - old);
  if (b != a) assert_int_not_equal(keel_kfree(&h->m, a), KEEL_OK);
  OK(keel_kfree(&h->m, b));
}

static void realloc_keeps_contents_and_alignment(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 2048);
  memset(h.arena, 0x5a, (size_t)(PAGE + h.n * PAGE));
  for (size_t i = 0; i < COUNT(some_sizes); i++)
    for (size_t j = 0; j < COUNT(some_sizes); j++) {
      change(&h, some_sizes[i], 1, some_sizes[j], 0);
      change(&h, some_sizes[i], 1, some_sizes[j], KEEL_ZERO);
    }
  for (size_t i = 0; i < COUNT(some_sizes) - 5; i++)
    for (size_t j = 0; j < COUNT(some_sizes) - 5; j++)
      for (uint32_t align = 16; align <= PAGE; align *= 2) change(&h, some_sizes[i], align, some_sizes[j], KEEL_ZERO);
  end(&h);
}

static void memory_that_only_realloc_grew_is_zero_where_unwritten(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 2048);
  memset(h.arena, 0x5a, (size_t)(PAGE + h.n * PAGE));
  uint64_t a = keel_kzalloc(&h.m, 1, 0);
  for (uint32_t n = 1; n < MIB; n += n / 3 + 1) {
    a = keel_krealloc(&h.m, a, n, KEEL_ZERO);
    assert_zero(a, keel_ksize(&h.m, a));
  }
  OK(keel_kfree(&h.m, a));
  end(&h);
}

static void realloc_to_nothing_frees(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 2048);
  for (size_t i = 0; i < COUNT(some_sizes); i++) {
    uint64_t a = keel_kmalloc(&h.m, some_sizes[i], 0);
    assert_true(keel_krealloc(&h.m, a, 0, 0) == KEEL_ZERO_SIZE);
    assert_refused(&h, a, KEEL_ALREADY_FREE);
  }
  end(&h);
}

/* Allocates all pages there are, for nobody; answers how many blocks. */
static uint32_t hoard(struct heap *h, keel_pfn_t *p, uint32_t most)
{
  uint32_t n = 0;
  for (uint32_t order = KEEL_MAX_ORDER + 1; order-- > 0;) {
    while (n < most && (p[n] = keel_pages_alloc(&h->z, order, KEEL_RAW)) >= 0) n++;
  }
  assert_int_equal(nr_free(h), 0);
  return n;
}

static void realloc_without_memory_changes_nothing(void **state)
{
  (void)state;
  static keel_pfn_t p[2048];
  const uint32_t sizes[] = {24, 1000, 5000, 40000};
  for (size_t i = 0; i < COUNT(sizes); i++) {
    struct heap h;
    make(&h, 300);
    uint64_t a = keel_kmalloc(&h.m, sizes[i], 0), bytes = keel_ksize(&h.m, a);
    paint(a, bytes, 3);
    uint32_t n = hoard(&h, p, COUNT(p));
    for (uint64_t k = bytes + 1; k <= KEEL_KMALLOC_MAX; k += k / 2) {
      assert_int_equal(keel_krealloc(&h.m, a, k, KEEL_ZERO), 0);
      assert_int_equal(keel_ksize(&h.m, a), bytes);
    }
    for (uint64_t k = bytes; k > 0; k /= 2) assert_true(keel_krealloc(&h.m, a, k, 0) == a); /* less is always there */
    assert_painted(a, bytes, 3);
    while (n > 0) OK(keel_pages_free(&h.z, p[--n], KEEL_RAW));
    OK(keel_kfree(&h.m, a));
    end(&h);
  }
}

/* ---- out of memory ---- */

struct list {
  uint64_t a[4096];
  uint32_t bytes[4096], n;
};

static void push(struct list *l, struct heap *h, uint64_t a)
{
  assert_true(l->n < COUNT(l->a));
  l->bytes[l->n] = (uint32_t)keel_ksize(&h->m, a);
  l->a[l->n] = a;
  paint(a, l->bytes[l->n], (uint32_t)(a / 8));
  l->n++;
}

static void give_all(struct heap *h, struct list *l)
{
  while (l->n > 0) {
    uint32_t i = below(l->n--);
    assert_painted(l->a[i], l->bytes[i], (uint32_t)(l->a[i] / 8));
    OK(keel_kfree(&h->m, l->a[i]));
    l->a[i] = l->a[l->n], l->bytes[i] = l->bytes[l->n];
  }
}

static void memory_serves_to_the_last_page(void **state)
{
  (void)state;
  static struct list l;
  seed = 1;
  for (size_t i = 12; i < COUNT(some_sizes) - 2; i++) {
    struct heap h;
    make(&h, 256);
    for (uint64_t a; (a = keel_kmalloc(&h.m, some_sizes[i], 0)) != 0;) push(&l, &h, a);
    assert_int_equal(nr_free(&h), 0);
    assert_int_equal(keel_kmalloc(&h.m, some_sizes[i], KEEL_ZERO), 0);
    uint64_t a = l.a[l.n / 2];
    OK(keel_kfree(&h.m, a));
    assert_true(keel_kmalloc(&h.m, some_sizes[i], 0) == a); /* the only one there is */
    paint(a, l.bytes[l.n / 2], (uint32_t)(a / 8));
    give_all(&h, &l);
    end(&h);
  }
}

static void blocks_are_made_of_empty_slabs(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 256);
  for (uint32_t size = 8; size <= KEEL_OBJECT_MAX; size = least_of(size + 1)) { /* empty slabs of many caches */
    uint64_t a = keel_kmalloc(&h.m, size, 0);
    if (a != 0) OK(keel_kfree(&h.m, a));
  }
  assert_true(nr_free(&h) < 256);
  uint64_t a = keel_kmalloc(&h.m, 256 * PAGE, 0);
  assert_good(&h, a, 256 * KEEL_PAGE_SIZE, 1);
  OK(keel_kfree(&h.m, a));
  end(&h);
}

static void free_gives_the_pages_back(void **state)
{
  (void)state;
  static struct list l;
  for (uint32_t size = 512; size <= KEEL_OBJECT_MAX; size = least_of(size + 1)) {
    struct heap h;
    make(&h, 512);
    for (uint64_t a; l.n < COUNT(l.a) && (a = keel_kmalloc(&h.m, size, 0)) != 0;) push(&l, &h, a);
    uint32_t pages = 1u << block(&h, l.a[0]).order;
    assert_true(512 - nr_free(&h) > 4 * pages);
    give_all(&h, &l);
    assert_true(512 - nr_free(&h) <= 2 * pages); /* of two empty slabs, as keel_slab_free says */
    end(&h);
  }
}

/* Forty calls of all sorts; that of number `fails` finds no pages. Answers how many have been. */
static uint32_t script(struct heap *h, struct list *l, uint32_t fails)
{
  static keel_pfn_t p[2048];
  uint32_t i = 0;
  for (; i < 40; i++) {
    uint32_t n = 0, size = some_sizes[i * 7 % (COUNT(some_sizes) - 4)];
    if (i == fails) n = hoard(h, p, COUNT(p));
    int grows = i % 3 == 2 && l->n > 0;
    uint64_t old = grows ? l->a[l->n - 1] : 0, bytes = grows ? l->bytes[l->n - 1] : 0;
    uint64_t a = grows ? keel_krealloc(&h->m, old, size, 0) : i % 2 ? keel_kcalloc(&h->m, size, 1, 0) : keel_kmalloc_aligned(&h->m, size, 32, 0);
    while (n > 0) OK(keel_pages_free(&h->z, p[--n], KEEL_RAW));
    assert_int_equal(keel_pages_check(&h->z), 1);
    if (a == 0) {
      assert_int_equal(i, fails);
      if (grows) assert_painted(old, bytes, (uint32_t)(old / 8));
      continue;
    }
    if (grows) l->n--;
    push(l, h, a);
  }
  return i;
}

static void a_failure_at_any_call_loses_nothing(void **state)
{
  (void)state;
  static struct list l;
  for (uint32_t fails = 0;; fails++) {
    struct heap h;
    make(&h, 2048);
    uint32_t calls = script(&h, &l, fails);
    give_all(&h, &l);
    end(&h);
    if (fails == calls) break; /* that was the run without a failure */
  }
}

/* ---- frees that are refused ---- */

static void free_refuses_what_is_outside(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 64);
  uint64_t a = keel_kmalloc(&h.m, 64, 0);
  const uint64_t outside[] = {1, 8, 15, 17, 24, PAGE, h.addr - 1, h.addr - 8, h.addr - PAGE, h.addr + 64 * PAGE, h.addr + 64 * PAGE + 8,
                              h.addr + 1024 * PAGE, a + ((uint64_t)1 << 32), a - ((uint64_t)1 << 32), a % ((uint64_t)1 << 32),
                              a + ((uint64_t)1 << 44), (uint64_t)1 << 63, UINT64_MAX - 7, UINT64_MAX};
  for (size_t i = 0; i < COUNT(outside); i++) assert_refused(&h, outside[i], KEEL_OUT_OF_RANGE);
  OK(keel_kfree(&h.m, a));
  end(&h);
}

static void free_refuses_the_inside_of_objects_and_blocks(void **state)
{
  (void)state;
  const uint32_t sizes[] = {8, 24, 96, 1000, 5000, 8192, 9000, 60000};
  struct heap h;
  make(&h, 128);
  for (size_t i = 0; i < COUNT(sizes); i++) {
    uint64_t a = keel_kmalloc(&h.m, sizes[i], 0), bytes = keel_ksize(&h.m, a);
    paint(a, bytes, 4);
    for (uint64_t d = 1; d < bytes; d += d < 64 || bytes - d < 64 ? 1 : 61) assert_refused(&h, a + d, KEEL_NOT_HEAD);
    for (uint64_t d = PAGE; d < bytes; d += PAGE) assert_refused(&h, a + d, KEEL_NOT_HEAD);
    assert_painted(a, bytes, 4);
    OK(keel_kfree(&h.m, a));
  }
  end(&h);
}

static void free_refuses_what_lies_one_past(void **state)
{
  (void)state;
  const uint32_t sizes[] = {8, 96, 1024, 5120, 7168, 8192};
  for (size_t i = 0; i < COUNT(sizes); i++) {
    struct heap h;
    make(&h, 128);
    uint64_t a = keel_kmalloc(&h.m, sizes[i], 0);
    assert_refused(&h, a + sizes[i], KEEL_ALREADY_FREE); /* the next object, which nobody has */
    struct keel_block b = block(&h, a);
    uint64_t tail = h.addr + (uint64_t)(b.pfn - BASE) * PAGE;
    while (tail + sizes[i] <= h.addr + (uint64_t)(b.pfn - BASE + (1 << b.order)) * PAGE) tail += sizes[i];
    if (block(&h, tail).pfn == b.pfn) assert_refused(&h, tail, KEEL_NOT_HEAD); /* too little for an object */
    else assert_refused(&h, tail, KEEL_ALREADY_FREE);                          /* a page that nobody has */
    OK(keel_kfree(&h.m, a));
    end(&h);
  }
  struct heap h;
  make(&h, 128);
  uint64_t a = keel_kmalloc(&h.m, 20000, 0);
  assert_refused(&h, a + keel_ksize(&h.m, a), KEEL_ALREADY_FREE);
  assert_refused(&h, a + keel_ksize(&h.m, a) + 8, KEEL_ALREADY_FREE);
  OK(keel_kfree(&h.m, a));
  end(&h);
}

static void free_refuses_a_second_time(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 256);
  for (size_t i = 0; i < COUNT(some_sizes) - 2; i++) {
    static struct list l;
    uint64_t all[20], last = keel_kmalloc(&h.m, some_sizes[i], 0);
    for (uint32_t j = 0; j < 20; j++) { /* some slabs empty, and go */
      all[j] = keel_kmalloc(&h.m, some_sizes[i], 0);
      if (all[j] == 0) all[j] = last;
      else push(&l, &h, all[j]);
    }
    while (l.n > 0) {
      uint64_t a = l.a[--l.n];
      OK(keel_kfree(&h.m, a));
      assert_refused(&h, a, KEEL_ALREADY_FREE);
    }
    OK(keel_kfree(&h.m, last));
    for (uint32_t j = 0; j < 20; j++) assert_refused(&h, all[j], KEEL_ALREADY_FREE);
  }
  end(&h);
}

/* Frees the n objects at a, and lets no slab of theirs stay. */
static void vacate(struct heap *h, const uint64_t *a, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) OK(keel_kfree(&h->m, a[i]));
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) keel_cache_shrink(&h->m.s, c);
  assert_int_equal(nr_free(h), h->n);
}

static void free_refuses_a_second_time_when_others_have_the_memory(void **state)
{
  (void)state;
  struct heap h;
  uint64_t a[100];
  make(&h, 64);
  for (uint32_t i = 0; i < 100; i++) a[i] = keel_kmalloc(&h.m, 112, 0);
  vacate(&h, a, 100);
  uint64_t b[8]; /* objects of another cache */
  for (uint32_t i = 0; i < 8; i++) assert_true((b[i] = keel_kmalloc(&h.m, 8192, 0)) != 0);
  uint32_t inside = 0;
  for (uint32_t i = 0; i < 100; i++) {
    if (a[i] % 8192 == b[0] % 8192) continue; /* where one of the new starts nobody can know whose the free is */
    inside++;
    assert_refused(&h, a[i], KEEL_NOT_HEAD);
  }
  assert_true(inside > 90);
  vacate(&h, b, 8);
  uint64_t c = keel_kmalloc(&h.m, 64 * PAGE, 0); /* a large block */
  for (uint32_t i = 0; i < 100; i++)
    if (a[i] != c) assert_refused(&h, a[i], KEEL_NOT_HEAD);
  OK(keel_kfree(&h.m, c));
  keel_pfn_t p = keel_pages_alloc(&h.z, 6, KEEL_RAW); /* somebody else's */
  assert_true(p >= 0);
  for (uint32_t i = 0; i < 100; i++) assert_refused(&h, a[i], pfn_of(&h, a[i]) == p && a[i] % PAGE == 0 ? KEEL_WRONG_KIND : KEEL_NOT_HEAD);
  OK(keel_pages_free(&h.z, p, KEEL_RAW));
  end(&h);
}

static void free_refuses_pages_of_others(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 64);
  OK(keel_pages_reserve(&h.z, BASE + 60, 4));
  for (uint32_t kind = 0; kind < KEEL_KINDS; kind++) {
    keel_pfn_t p = keel_pages_alloc(&h.z, 2, kind);
    uint64_t a = h.addr + (uint64_t)(p - BASE) * PAGE;
    if (kind != KEEL_LARGE) assert_refused(&h, a, KEEL_WRONG_KIND);
    const uint64_t d[] = {1, 8, PAGE - 8, PAGE, PAGE + 8, 4 * PAGE - 1};
    for (size_t i = 0; i < COUNT(d); i++) assert_refused(&h, a + d[i], KEEL_NOT_HEAD);
    OK(keel_pages_free(&h.z, p, kind));
    assert_refused(&h, a, KEEL_ALREADY_FREE);
    assert_refused(&h, a + 8, KEEL_ALREADY_FREE);
  }
  for (uint64_t d = 60 * PAGE; d < 64 * PAGE; d += 512) assert_refused(&h, h.addr + d, KEEL_RESERVED);
  OK(keel_pages_add(&h.z, BASE + 60, 4));
  end(&h);
}

static void free_refuses_objects_of_other_caches(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 64);
  for (uint32_t c = KEEL_KMALLOC_CLASSES; c < CACHES; c++) {
    OK(keel_cache_create(&h.m.s, c, 64, 0));
    uint64_t a = keel_cache_alloc(&h.m.s, c);
    assert_refused(&h, a, KEEL_WRONG_KIND);
    assert_refused(&h, a + 8, KEEL_WRONG_KIND);
    OK(keel_slab_free(&h.m.s, a));
    assert_refused(&h, a, KEEL_WRONG_KIND);
  }
  end(&h);
}

static void pages_of_kmalloc_are_not_freed_as_pages(void **state)
{
  (void)state;
  const uint32_t sizes[] = {64, 5000, 9000};
  struct heap h;
  make(&h, 64);
  for (size_t i = 0; i < COUNT(sizes); i++) {
    uint64_t a = keel_kmalloc(&h.m, sizes[i], 0);
    struct keel_block b = block(&h, a);
    for (uint32_t kind = 0; kind < KEEL_KINDS; kind++)
      if (kind != b.kind) UNCHANGED(&h, keel_pages_free(&h.z, b.pfn, kind), KEEL_WRONG_KIND);
    if (b.kind == KEEL_LARGE) UNCHANGED(&h, keel_slab_free(&h.m.s, a), KEEL_WRONG_KIND);
    OK(keel_kfree(&h.m, a));
  }
  end(&h);
}

static void free_refuses_a_block_that_others_hold(void **state)
{
  (void)state;
  struct heap h;
  make(&h, 64);
  uint64_t a = keel_kmalloc(&h.m, 20000, 0), bytes = keel_ksize(&h.m, a);
  paint(a, bytes, 5);
  OK(keel_pages_get(&h.z, pfn_of(&h, a)));
  assert_refused(&h, a, KEEL_BUSY);
  assert_painted(a, bytes, 5);
  OK(keel_pages_put(&h.z, pfn_of(&h, a), KEEL_LARGE));
  OK(keel_kfree(&h.m, a));
  end(&h);
}

/* ---- every address, and random calls, against a shadow ---- */

struct play {
  struct heap h;
  uint32_t *size;  /* per 8 bytes: what keel_ksize must say if memory starts there, else 0 */
  uint64_t *list;
  uint32_t n, zeros; /* live; requests that were answered 0 */
};

static uint64_t slot(const struct play *p, uint64_t a)
{
  return (a - p->h.addr) / 8;
}

static void begin(struct play *p, uint32_t pages)
{
  memset(p, 0, sizeof *p);
  make(&p->h, pages);
  p->size = calloc(pages * PAGE / 8, sizeof *p->size);
  p->list = calloc(pages * PAGE / 8, sizeof *p->list);
  assert_true(p->size && p->list);
}

static void note(struct play *p, uint64_t a, uint32_t asked)
{
  uint32_t bytes = (uint32_t)keel_ksize(&p->h.m, a);
  assert_true(bytes >= asked && p->size[slot(p, a)] == 0);
  assert_inside(a, bytes);
  p->size[slot(p, a)] = bytes;
  p->list[p->n++] = a;
  paint(a, bytes, (uint32_t)slot(p, a));
}

/* Live memory number i is no longer; it was nobody else's. */
static uint64_t forget(struct play *p, uint32_t i)
{
  uint64_t a = p->list[i];
  assert_painted(a, p->size[slot(p, a)], (uint32_t)slot(p, a));
  p->size[slot(p, a)] = 0;
  p->list[i] = p->list[--p->n];
  return a;
}

static void play_take(struct play *p, uint32_t n)
{
  uint32_t align = below(4) == 0 ? 1u << below(13) : 0, flags = below(4);
  uint64_t a = align != 0 ? keel_kmalloc_aligned(&p->h.m, n, align, flags) : keel_kmalloc(&p->h.m, n, flags);
  if (a == 0) {
    p->zeros++;
    return;
  }
  assert_good(&p->h, a, room_for(n, align), align);
  if ((flags & KEEL_ZERO) != 0) assert_zero(a, keel_ksize(&p->h.m, a));
  note(p, a, n);
}

static void play_give(struct play *p)
{
  if (p->n == 0) return;
  uint32_t i = below(p->n);
  uint64_t a = p->list[i];
  if (below(16) == 0) assert_refused(&p->h, a + 1 + below(p->size[slot(p, a)] - 1), KEEL_NOT_HEAD);
  forget(p, i);
  OK(below(4) == 0 ? keel_kfree_sensitive(&p->h.m, a) : keel_kfree(&p->h.m, a));
  if (below(16) == 0) assert_refused(&p->h, a, KEEL_ALREADY_FREE);
}

static void play_realloc(struct play *p, uint32_t n)
{
  if (p->n == 0) return;
  uint32_t i = below(p->n);
  uint64_t a = p->list[i];
  uint32_t old = p->size[slot(p, a)], flags = below(4), want = room_for(n, divisor(old));
  uint64_t b = keel_krealloc(&p->h.m, a, n, flags);
  if (b == 0) {
    p->zeros++;
    assert_true(n > old);
    assert_int_equal(keel_ksize(&p->h.m, a), old);
    return;
  }
  uint32_t now = (uint32_t)keel_ksize(&p->h.m, b), owner = (uint32_t)slot(p, a);
  if (b == a && n <= old) assert_int_equal(now, old);
  else assert_good(&p->h, b, want, divisor(old));
  assert_painted(b, old < now ? old : now, owner);
  if (now > old && (flags & KEEL_ZERO) != 0) assert_zero(b + old, now - old);
  p->size[slot(p, a)] = 0;
  p->list[i] = p->list[--p->n];
  note(p, b, n);
}

static void play(uint32_t pages, uint32_t steps)
{
  static struct play p;
  begin(&p, pages);
  for (uint32_t i = 0; i < steps; i++) { /* fills and empties in turns */
    uint32_t n = 1 + below(1 + below(1 + below(pages * KEEL_PAGE_SIZE / 4))), r = below(100);
    if (r < (i / 2000 % 2 ? 20u : 60u)) play_take(&p, n);
    else if (r < 80) play_give(&p);
    else play_realloc(&p, n);
    if (i % 250 == 0) assert_int_equal(keel_pages_check(&p.h.z), 1);
  }
  assert_true(p.zeros > 0);
  while (p.n > 0) OK(keel_kfree(&p.h.m, forget(&p, 0)));
  free(p.size);
  free(p.list);
  end(&p.h);
}

static void random_calls_do_what_the_shadow_does(void **state)
{
  (void)state;
  for (uint32_t round = 1; round < 4; round++) {
    seed = round;
    play(40, 8000);
    play(300, 8000);
    play(1500, 8000);
  }
}

static void free_tells_every_address_apart(void **state)
{
  (void)state;
  static struct play p;
  seed = 1;
  begin(&p, 100);
  for (uint32_t i = 0; i < 3000; i++) {
    if (below(3) != 0) play_take(&p, 1 + below(1 + below(12000)));
    else play_give(&p);
  }
  keel_pfn_t raw = -1;
  for (uint32_t order = KEEL_MAX_ORDER; raw < 0 && order > 0; order--) raw = keel_pages_alloc(&p.h.z, order - 1, KEEL_RAW);
  struct heap before = snapshot(&p.h);
  uint32_t wrong = 0, seen[16] = {0};
  for (uint64_t a = p.h.addr; a < arena_to; a++) {
    if (a % 8 == 0 && p.size[slot(&p, a)] != 0) continue;
    enum keel_status e = keel_kfree(&p.h.m, a);
    seen[-(int)e]++;
    struct keel_block b = block(&p.h, a);
    int head = b.pfn == pfn_of(&p.h, a) && a % PAGE == 0;
    if (b.state == KEEL_PAGE_FREE) wrong += e != KEEL_ALREADY_FREE;
    else if (b.kind == KEEL_RAW) wrong += e != (head ? KEEL_WRONG_KIND : KEEL_NOT_HEAD);
    else if (b.kind == KEEL_LARGE) wrong += e != KEEL_NOT_HEAD;
    else wrong += e != KEEL_NOT_HEAD && e != KEEL_ALREADY_FREE;
    if (a % 8 != 0) wrong += e == KEEL_OK;
  }
  assert_int_equal(wrong, 0);
  assert_true(seen[-KEEL_WRONG_KIND] && seen[-KEEL_NOT_HEAD] && seen[-KEEL_ALREADY_FREE]);
  assert_true(same(&p.h, &before));
  drop(&before);
  while (p.n > 0) OK(keel_kfree(&p.h.m, forget(&p, 0)));
  OK(keel_pages_free(&p.h.z, raw, KEEL_RAW));
  free(p.size);
  free(p.list);
  end(&p.h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(init_takes_unused_caches),
      cmocka_unit_test(an_instance_can_be_made_again),
      cmocka_unit_test(every_size_takes_the_least_object),
      cmocka_unit_test(larger_sizes_take_the_least_block),
      cmocka_unit_test(the_bound_on_waste_is_reached),
      cmocka_unit_test(sizes_that_are_too_large_are_refused),
      cmocka_unit_test(unknown_flags_are_refused),
      cmocka_unit_test(no_bytes_have_an_address_of_their_own),
      cmocka_unit_test(every_object_is_aligned_as_its_size_is),
      cmocka_unit_test(every_size_has_every_alignment),
      cmocka_unit_test(pages_are_aligned_as_far_as_the_first_is),
      cmocka_unit_test(alignments_that_are_none_are_refused),
      cmocka_unit_test(zeroed_memory_is_zero_to_its_end),
      cmocka_unit_test(arrays_do_not_overflow),
      cmocka_unit_test(a_sensitive_free_leaves_nothing_behind),
      cmocka_unit_test(realloc_keeps_contents_and_alignment),
      cmocka_unit_test(memory_that_only_realloc_grew_is_zero_where_unwritten),
      cmocka_unit_test(realloc_to_nothing_frees),
      cmocka_unit_test(realloc_without_memory_changes_nothing),
      cmocka_unit_test(memory_serves_to_the_last_page),
      cmocka_unit_test(blocks_are_made_of_empty_slabs),
      cmocka_unit_test(free_gives_the_pages_back),
      cmocka_unit_test(a_failure_at_any_call_loses_nothing),
      cmocka_unit_test(free_refuses_what_is_outside),
      cmocka_unit_test(free_refuses_the_inside_of_objects_and_blocks),
      cmocka_unit_test(free_refuses_what_lies_one_past),
      cmocka_unit_test(free_refuses_a_second_time),
      cmocka_unit_test(free_refuses_a_second_time_when_others_have_the_memory),
      cmocka_unit_test(free_refuses_pages_of_others),
      cmocka_unit_test(free_refuses_objects_of_other_caches),
      cmocka_unit_test(pages_of_kmalloc_are_not_freed_as_pages),
      cmocka_unit_test(free_refuses_a_block_that_others_hold),
      cmocka_unit_test(random_calls_do_what_the_shadow_does),
      cmocka_unit_test(free_tells_every_address_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
