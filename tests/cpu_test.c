// SPDX-License-Identifier: MIT OR Apache-2.0
/* kmalloc for several CPUs, as core/cpu.h promises it: simulated ones, whose calls a seed interleaves, and threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keel.h"

#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define PAGES 2048u
#define CPUS 4u
#define CELL 8u /* bytes; the model knows of each whether it is allocated */
#define OK(call) assert_int_equal((call), KEEL_OK)

static struct keel_pages z;
static struct keel_cpus k;
static struct keel_cpu cpu[CPUS];
static uint64_t words[KEEL_PAGES_WORDS(PAGES)];
static uint8_t tags[KEEL_PAGES_TAGS(PAGES)], owner[PAGES];
static int32_t refs[KEEL_PAGES_REFS(PAGES)];
static uint32_t map[CPUS][PAGES];
static struct keel_slab slab[CPUS][1 + PAGES + KEEL_KMALLOC_CLASSES];
static struct keel_cache cache[CPUS][KEEL_KMALLOC_CLASSES];
static struct keel_remote remote[CPUS][1 + PAGES];
static _Alignas(4096) uint8_t arena[PAGES * PAGE];

#define FIRST ((uint64_t)(uintptr_t)arena)

void keel_zero(uint64_t a, uint64_t bytes) { memset((void *)(uintptr_t)a, 0, (size_t)bytes); }
void keel_copy(uint64_t to, uint64_t from, uint64_t bytes) { memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, (size_t)bytes); }

static pthread_mutex_t locks[CPUS + 1];
static _Thread_local uint32_t held;  /* how many locks */
static _Thread_local uint64_t taken; /* so far         */

static pthread_mutex_t *mutex_of(uint32_t lock)
{
  if (lock >= CPUS && lock != KEEL_LOCK_PAGES) abort();
  return &locks[lock == KEEL_LOCK_PAGES ? CPUS : lock];
}

void keel_lock(uint32_t lock)
{
  if (pthread_mutex_lock(mutex_of(lock)) != 0) abort();
  if (++held > (lock == KEEL_LOCK_PAGES ? 2u : 1u)) abort(); /* never two of CPUs, the pages' last */
  taken++;
}

void keel_unlock(uint32_t lock)
{
  held--;
  if (pthread_mutex_unlock(mutex_of(lock)) != 0) abort();
}

static uint64_t seed;
static uint32_t below(uint32_t n)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)((seed >> 32) * n >> 32);
}

static uint32_t draw_size(void)
{
  uint32_t r = below(64);
  return r < 48 ? 1 + below(256) : r < 60 ? 1 + below(KEEL_OBJECT_MAX) : 1 + below(8 * KEEL_PAGE_SIZE);
}

static int start(void **state)
{
  (void)state;
  for (uint32_t i = 0; i <= CPUS; i++) locks[i] = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  OK(keel_pages_init(&z, words, tags, refs, 0, PAGES));
  OK(keel_pages_add(&z, 0, PAGES));
  OK(keel_cpus_init(&k, &z, FIRST, cpu, CPUS, owner));
  for (uint32_t i = 0; i < CPUS; i++) OK(keel_cpu_init(&k, i, map[i], slab[i], PAGES, cache[i], remote[i]));
  return 0;
}

/* Everything has been freed: all pages come back, and nothing was freed twice. */
static void all_is_back(void)
{
  for (uint32_t i = 0; i < CPUS; i++) assert_int_equal(keel_cpu_drain(&cpu[i]), 0);
  for (uint32_t i = 0; i < CPUS; i++) assert_int_equal(keel_slabs_check(&cpu[i].m.s), 1);
  assert_int_equal(z.nr_free, PAGES);
}

static void bad_arguments(void **state)
{
  (void)state;
  struct keel_cpus other;
  assert_int_equal(keel_cpus_init(&other, &z, FIRST, cpu, 0, owner), KEEL_BAD_ARGUMENT);
  assert_int_equal(keel_cpus_init(&other, &z, FIRST, cpu, KEEL_CPUS_MAX + 1, owner), KEEL_BAD_ARGUMENT);
  assert_int_equal(keel_cpu_init(&k, CPUS, map[0], slab[0], PAGES, cache[0], remote[0]), KEEL_BAD_ARGUMENT);
  assert_int_equal(keel_cpu_init(&k, 0, map[0], slab[0], PAGES, cache[0], remote[0]), KEEL_BUSY);
  assert_int_equal(keel_cpu_init(&k, 0, map[0], slab[0], 0, cache[0], remote[0]), KEEL_BUSY);
  OK(keel_cpus_init(&k, &z, FIRST, cpu, CPUS, owner));
  assert_int_equal(keel_cpu_init(&k, 1, map[1], slab[1], 0, cache[1], remote[1]), KEEL_BAD_ARGUMENT);
  OK(keel_cpu_init(&k, 1, map[1], slab[1], PAGES, cache[1], remote[1]));
  assert_int_equal(keel_cpu_alloc(&cpu[1], KEEL_KMALLOC_MAX + 1, 0), 0);
  assert_int_equal(keel_cpu_alloc(&cpu[1], 8, 4), 0);
  assert_int_equal(keel_cpu_alloc(&cpu[1], 0, 0), KEEL_ZERO_SIZE);
}

/* Pages come and go under their lock only. */
static enum keel_status freed(uint32_t on, uint64_t a)
{
  int64_t frees = z.frees;
  uint64_t locks_taken = taken;
  enum keel_status e = keel_cpu_free(&cpu[on], a);
  assert_true(z.frees == frees || taken != locks_taken);
  return e;
}

static uint64_t allocated(uint32_t on, uint64_t size, uint64_t align, uint32_t flags)
{
  int64_t allocs = z.allocs + z.fails + z.frees;
  uint64_t locks_taken = taken, a = align == 0 ? keel_cpu_alloc(&cpu[on], size, flags) : keel_cpu_alloc_aligned(&cpu[on], size, align, flags);
  assert_true(z.allocs + z.fails + z.frees == allocs || taken != locks_taken);
  return a;
}

/* One seed is one interleaving of calls, the bad ones among them; the model knows what is allocated. */
struct piece {
  uint64_t a;
  uint32_t size, on;
};

static void interleaved(void **state)
{
  (void)state;
  enum { MOST = 3000, STEPS = 60000 };
  static uint8_t used[PAGES * PAGE / CELL];
  static struct piece live[MOST];
  for (uint32_t run = 1; run <= 3; run++) {
    start(NULL);
    seed = run * 88172645463325252u;
    memset(used, 0, sizeof used);
    uint32_t n = 0;
    for (uint32_t t = 0; t < STEPS; t++) {
      uint32_t on = below(CPUS), what = below(20), most = 1 + (t / 5000 % 2 == 0 ? MOST - 1 : MOST / 8);
      if (n < most && what < 11) {
        uint32_t asked = draw_size(), flags = below(2) * KEEL_ZERO;
        uint64_t align = below(4) == 0 ? (uint64_t)1 << below(13) : 0, a = allocated(on, asked, align, flags);
        if (a == 0) continue; /* there are not enough pages for all */
        assert_true(align == 0 || a % align == 0);
        uint32_t size = (uint32_t)keel_cpu_size(&cpu[below(CPUS)], a); /* all of that is the caller's */
        assert_true(size >= asked && a >= FIRST && a + size <= FIRST + PAGES * PAGE && a % CELL == 0);
        for (uint64_t c = (a - FIRST) / CELL; c <= (a - FIRST + size - 1) / CELL; c++) {
          assert_int_equal(used[c], 0);
          used[c] = 1;
        }
        if (flags != 0) assert_true(arena[a - FIRST] == 0 && arena[a - FIRST + size - 1] == 0);
        arena[a - FIRST] = arena[a - FIRST + size - 1] = (uint8_t)(1 + on);
        live[n++] = (struct piece){a, size, on};
      } else if (n > 0) {
        uint32_t i = below(n);
        struct piece x = live[i];
        if (what == 19) assert_int_not_equal(freed(on, x.a + 4), KEEL_OK);
        assert_int_equal(arena[x.a - FIRST], 1 + x.on);
        assert_int_equal(keel_cpu_size(&cpu[below(CPUS)], x.a), x.size);
        OK(freed(on, x.a));
        assert_int_not_equal(freed(below(CPUS), x.a), KEEL_OK); /* at once, on whichever */
        assert_int_equal(keel_cpu_size(&cpu[below(CPUS)], x.a), 0);
        for (uint64_t c = (x.a - FIRST) / CELL; c <= (x.a - FIRST + x.size - 1) / CELL; c++) used[c] = 0;
        live[i] = live[--n];
      }
      if (below(2000) == 0) assert_int_equal(keel_cpu_drain(&cpu[below(CPUS)]), 0);
    }
    while (n > 0) OK(freed(below(CPUS), live[--n].a));
    all_is_back();
  }
}

/* Every bad free has the error that keel_kfree gives it, whichever CPU it comes from. */
static void errors_across_cpus(void **state)
{
  (void)state;
  uint64_t a = keel_cpu_alloc(&cpu[0], 96, 0), keep = keel_cpu_alloc(&cpu[0], 96, 0), big = keel_cpu_alloc(&cpu[1], 3 * PAGE, 0);
  assert_true(a != 0 && keep != 0 && big != 0);
  for (uint32_t i = 0; i < CPUS; i++) {
    OK(keel_cpu_free(&cpu[i], 0));
    OK(keel_cpu_free(&cpu[i], KEEL_ZERO_SIZE));
    assert_int_equal(keel_cpu_free(&cpu[i], FIRST - 8), KEEL_OUT_OF_RANGE);
    assert_int_equal(keel_cpu_free(&cpu[i], FIRST + PAGES * PAGE), KEEL_OUT_OF_RANGE);
    assert_int_equal(keel_cpu_free(&cpu[i], a + 8), KEEL_NOT_HEAD);
    assert_int_equal(keel_cpu_free(&cpu[i], big + PAGE), KEEL_NOT_HEAD);
    assert_int_equal(keel_cpu_free(&cpu[i], big + 8), KEEL_NOT_HEAD);
    assert_int_equal(keel_pages_free(&z, (keel_pfn_t)((a - FIRST) / PAGE), KEEL_LARGE), KEEL_WRONG_KIND);
  }
  for (uint32_t i = 0; i < CPUS; i++) {
    for (uint32_t j = 0; j < CPUS; j++) {
      uint64_t x = keel_cpu_alloc(&cpu[0], 96, 0);
      OK(keel_cpu_free(&cpu[i], x));
      assert_int_equal(keel_cpu_free(&cpu[j], x), KEEL_ALREADY_FREE);
      assert_int_equal(keel_cpu_free(&cpu[i], x), KEEL_ALREADY_FREE);
    }
  }
  keel_pfn_t raw = keel_pages_alloc(&z, 0, KEEL_SLAB); /* a page of the slab layer's kind, of no slab */
  assert_true(raw >= 0);
  for (uint32_t i = 0; i < CPUS; i++) {
    assert_int_equal(keel_cpu_free(&cpu[i], FIRST + (uint64_t)raw * PAGE), KEEL_WRONG_KIND);
    assert_int_equal(keel_cpu_size(&cpu[i], FIRST + (uint64_t)raw * PAGE), 0);
  }
  OK(keel_pages_free(&z, raw, KEEL_SLAB));
  OK(keel_cpu_free(&cpu[2], big));
  assert_int_equal(keel_cpu_free(&cpu[1], big), KEEL_ALREADY_FREE);
  OK(keel_cpu_free(&cpu[3], a));
  OK(keel_cpu_free(&cpu[1], keep));
  all_is_back();
  assert_int_equal(keel_cpu_free(&cpu[0], a), KEEL_ALREADY_FREE);
}

/* A size is that of the class or block, on all CPUs; nothing is live where nothing can be freed. */
static void sizes(void **state)
{
  (void)state;
  static const struct { uint32_t asked, align; uint64_t size; } cases[] = {
      {1, 0, 8}, {97, 0, 112}, {192, 0, 192}, {8192, 0, 8192}, {8193, 0, 4 * PAGE}, {3, 64, 64}, {200, 128, 256}, {100, 4096, 4096}, {1, 1, 8},
  };
  for (uint32_t t = 0; t < sizeof cases / sizeof *cases; t++) {
    uint64_t a = keel_cpu_alloc_aligned(&cpu[t % CPUS], cases[t].asked, cases[t].align, 0);
    for (uint32_t i = 0; i < CPUS; i++) {
      assert_int_equal(keel_cpu_size(&cpu[i], a), cases[t].size);
      assert_int_equal(keel_cpu_size(&cpu[i], a + 4), 0);
    }
    OK(keel_cpu_free(&cpu[(t + t / CPUS) % CPUS], a));
    for (uint32_t i = 0; i < CPUS; i++) assert_int_equal(keel_cpu_size(&cpu[i], a), 0);
  }
  for (uint32_t i = 0; i < CPUS; i++) {
    assert_int_equal(keel_cpu_size(&cpu[i], 0), 0);
    assert_int_equal(keel_cpu_size(&cpu[i], KEEL_ZERO_SIZE), 0);
    assert_int_equal(keel_cpu_size(&cpu[i], FIRST - 8), 0);
    assert_int_equal(keel_cpu_size(&cpu[i], FIRST + PAGES * PAGE), 0);
  }
  all_is_back();
}

/* Every alignment that there is, and those there are not. */
static void alignments(void **state)
{
  (void)state;
  for (uint64_t align = 1; align <= PAGE; align *= 2) {
    for (uint32_t size = 1; size < 3 * PAGE; size += 1 + size / 2) {
      uint64_t a = keel_cpu_alloc_aligned(&cpu[size % CPUS], size, align, KEEL_ZERO);
      assert_true(a != 0 && a % align == 0 && keel_cpu_size(&cpu[0], a) >= size);
      OK(keel_cpu_free(&cpu[0], a));
    }
  }
  assert_int_equal(keel_cpu_alloc_aligned(&cpu[0], 0, 64, 0), KEEL_ZERO_SIZE);
  assert_int_equal(keel_cpu_alloc_aligned(&cpu[0], 8, 24, 0), 0);
  assert_int_equal(keel_cpu_alloc_aligned(&cpu[0], 8, 2 * (uint64_t)KEEL_KMALLOC_MAX, 0), 0);
  assert_int_equal(keel_cpu_alloc_aligned(&cpu[0], 8, (uint64_t)1 << 32, 0), 0);
  assert_int_equal(keel_cpu_alloc_aligned(&cpu[0], 8, 64, 4), 0);
  assert_int_equal(keel_cpu_alloc_aligned(&cpu[0], KEEL_KMALLOC_MAX + 1, 64, 0), 0);
  uint64_t most = PAGE; /* above it, only what the first address is a multiple of */
  while (FIRST % (2 * most) == 0 && most < PAGES * PAGE / 4) most *= 2;
  uint64_t a = keel_cpu_alloc_aligned(&cpu[1], 8, most, 0);
  assert_true(a != 0 && a % most == 0);
  OK(keel_cpu_free(&cpu[2], a));
  if (FIRST % (2 * most) != 0) assert_int_equal(keel_cpu_alloc_aligned(&cpu[1], 8, 2 * most, 0), 0);
  all_is_back();
}

/* What a CPU allocates and frees of its own takes locks for its slabs, not for its objects. */
static void local_is_without_locks(void **state)
{
  (void)state;
  enum { PAIRS = 64000, TOGETHER = 10 };
  uint64_t a[TOGETHER], before = taken;
  for (uint32_t t = 0; t < PAIRS; t += TOGETHER) {
    for (uint32_t i = 0; i < TOGETHER; i++) a[i] = keel_cpu_alloc(&cpu[1], 64, 0);
    for (uint32_t i = 0; i < TOGETHER; i++) OK(keel_cpu_free(&cpu[1], a[i]));
  }
  assert_true(taken - before <= 2 * 4);
  all_is_back();
}

/* Two frees of one object that overlap in time, one by its own CPU: what each of them has done is known when the other's is
   carried out, also if the slab is gone by then. */
static void overlapping_frees(void **state)
{
  (void)state;
  for (uint32_t gone = 0; gone < 2; gone++) {
    uint64_t a = keel_cpu_alloc(&cpu[0], 2048, 0), b = gone ? a : keel_cpu_alloc(&cpu[0], 2048, 0);
    OK(keel_cpu_free(&cpu[1], a));
    OK(keel_kfree(&cpu[0].m, a));
    for (uint32_t c = 0; gone && c < KEEL_KMALLOC_CLASSES; c++) keel_cache_shrink(&cpu[0].m.s, c);
    assert_int_equal(keel_cpu_drain(&cpu[0]), 1 + gone);
    if (!gone) OK(keel_cpu_free(&cpu[2], b));
    assert_int_equal(keel_cpu_drain(&cpu[0]), 1 + gone);
  }
  assert_int_equal(keel_slabs_check(&cpu[0].m.s), 1);
  assert_int_equal(z.nr_free, PAGES);
}

/* A page that was one CPU's slab, and is another's: objects are found where they are now. */
static void pages_change_hands(void **state)
{
  (void)state;
  for (uint32_t t = 0; t < 3 * CPUS; t++) {
    static uint64_t a[PAGES * 4];
    uint32_t n = 0, on = t % CPUS;
    while (n < PAGES * 4 && (a[n] = keel_cpu_alloc(&cpu[on], 1024, 0)) != 0) n++;
    assert_true(n > PAGES * 3);
    for (uint32_t i = 0; i < n; i++) OK(keel_cpu_free(&cpu[(on + 1) % CPUS], a[i]));
    assert_int_equal(keel_cpu_free(&cpu[(on + 2) % CPUS], a[n / 2]), KEEL_ALREADY_FREE);
    all_is_back();
  }
}

/* What others have freed is there again when the CPU runs dry, without a call for it. */
static void runs_dry(void **state)
{
  (void)state;
  static uint64_t a[PAGES * 4 + 1];
  uint32_t n = 0;
  while ((a[n] = keel_cpu_alloc(&cpu[0], 1024, 0)) != 0) n++;
  for (uint32_t t = 0; t < 5; t++) {
    for (uint32_t i = 0; i < n; i++) OK(keel_cpu_free(&cpu[1 + i % (CPUS - 1)], a[i]));
    for (uint32_t i = 0; i < n; i++) assert_true((a[i] = keel_cpu_alloc(&cpu[0], 1024, 0)) != 0);
  }
  for (uint32_t i = 0; i < n; i++) OK(keel_cpu_free(&cpu[0], a[i]));
  all_is_back();
}

/* Threads that pass each other what they allocate. */
enum { SLOTS = 64, ROUNDS = 20000 };
static _Atomic uint64_t slot[SLOTS];
static atomic_uint wrong;

static void *work(void *arg)
{
  uint32_t on = (uint32_t)(uintptr_t)arg;
  uint64_t r = 88172645463325252u * (on + 1);
  for (uint32_t t = 0; t < ROUNDS; t++) {
    r ^= r << 13;
    r ^= r >> 7;
    r ^= r << 17;
    uint64_t size = 8 + (r >> 20) % ((r >> 50) % 16 == 0 ? 3 * PAGE : 300), a = keel_cpu_alloc(&cpu[on], size, 0);
    if (a != 0) *(uint64_t *)(uintptr_t)a = ~a;
    uint64_t b = atomic_exchange(&slot[(r >> 33) % SLOTS], a);
    if (b == 0) continue;
    if (*(uint64_t *)(uintptr_t)b != ~b || keel_cpu_size(&cpu[on], b) < 8 || keel_cpu_free(&cpu[on], b) != KEEL_OK) atomic_fetch_add(&wrong, 1);
  }
  return NULL;
}

static void threads(void **state)
{
  (void)state;
  pthread_t thread[CPUS];
  for (uint32_t i = 0; i < CPUS; i++) assert_int_equal(pthread_create(&thread[i], NULL, work, (void *)(uintptr_t)i), 0);
  for (uint32_t i = 0; i < CPUS; i++) assert_int_equal(pthread_join(thread[i], NULL), 0);
  assert_int_equal(wrong, 0);
  for (uint32_t i = 0; i < SLOTS; i++) OK(keel_cpu_free(&cpu[i % CPUS], slot[i]));
  all_is_back();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(bad_arguments, start),      cmocka_unit_test_setup(interleaved, start),
      cmocka_unit_test_setup(errors_across_cpus, start), cmocka_unit_test_setup(pages_change_hands, start),
      cmocka_unit_test_setup(runs_dry, start),           cmocka_unit_test_setup(local_is_without_locks, start),
      cmocka_unit_test_setup(overlapping_frees, start),  cmocka_unit_test_setup(threads, start),
      cmocka_unit_test_setup(sizes, start),              cmocka_unit_test_setup(alignments, start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
