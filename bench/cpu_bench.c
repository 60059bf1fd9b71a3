// SPDX-License-Identifier: MIT OR Apache-2.0
/* Measures one allocator with threads on two CPUs; bench/run calls it for all of them.

   Each allocation writes the first byte of its object, as in slab_bench.c.  With Keel a thread is a CPU of core/cpu.h, and
   locks are spin locks. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "keel.h"

static const char help[] =
    "usage: cpu_bench ALLOCATOR WORKLOAD [PAIRS [ROUNDS]]\n"
    "\n"
    "ALLOCATOR: keel; malloc (preload another one)\n"
    "WORKLOAD:  one  16 .. 1024 B, a random one of 10,000 live is freed and one allocated\n"
    "           par  the same on two CPUs at the same time, each with objects of its own\n"
    "           pc   16 .. 1024 B, allocated on one CPU and freed on another, 512 on the way\n"
    "Prints ns a pair (alloc + free; of par: on each CPU), one line a round; 50 rounds of\n"
    "100,000 PAIRS unless told otherwise.\n";

#define STEPS (1u << 18)
#define ARENA (1u << 18) /* pages */
#define LIVE 10000u
#define LEAST 16u /* bytes */
#define MOST 1024u
#define RING 512u
#define CPUS 2u

static void die(const char *what)
{
  fprintf(stderr, "cpu_bench: %s\n", what);
  exit(1);
}

static void *room(size_t n, size_t size, int flags)
{
  void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (p == MAP_FAILED) die("not enough memory; close other programs");
  return p;
}

/* ---- the allocators ---- */

static struct keel_pages pages;
static struct keel_cpus cpus;
static struct keel_cpu cpu[CPUS];
static struct { _Alignas(128) atomic_flag taken; } locks[CPUS + 1];

static void pause_a_bit(void)
{
#if defined __x86_64__
  __builtin_ia32_pause();
#endif
}

static atomic_flag *flag_of(uint32_t lock) { return &locks[lock == KEEL_LOCK_PAGES ? CPUS : lock].taken; }

void keel_lock(uint32_t lock)
{
  while (atomic_flag_test_and_set_explicit(flag_of(lock), memory_order_acquire)) pause_a_bit();
}
void keel_unlock(uint32_t lock) { atomic_flag_clear_explicit(flag_of(lock), memory_order_release); }
void keel_zero(uint64_t a, uint64_t bytes) { memset((void *)(uintptr_t)a, 0, (size_t)bytes); }
void keel_copy(uint64_t to, uint64_t from, uint64_t bytes) { memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, (size_t)bytes); }

static void make_heaps(void)
{
  uint64_t *words = room(KEEL_PAGES_WORDS(ARENA), sizeof *words, MAP_POPULATE);
  uint8_t *tags = room(KEEL_PAGES_TAGS(ARENA), 1, MAP_POPULATE), *owner = room(ARENA, 1, MAP_POPULATE);
  int32_t *refs = room(KEEL_PAGES_REFS(ARENA), sizeof *refs, MAP_POPULATE);
  uint64_t addr = (uint64_t)(uintptr_t)room(ARENA, 4096, MAP_NORESERVE);
  if (keel_pages_init(&pages, words, tags, refs, 0, ARENA) != KEEL_OK || keel_pages_add(&pages, 0, ARENA) != KEEL_OK) die("keel refuses the pages");
  if (keel_cpus_init(&cpus, &pages, addr, cpu, CPUS, owner) != KEEL_OK) die("keel refuses the CPUs");
  for (uint32_t i = 0; i < CPUS; i++) {
    uint32_t *map = room(ARENA, sizeof *map, MAP_POPULATE);
    struct keel_slab *slab = room(1u + ARENA + KEEL_KMALLOC_CLASSES, sizeof *slab, MAP_POPULATE);
    struct keel_cache *cache = room(KEEL_KMALLOC_CLASSES, sizeof *cache, MAP_POPULATE);
    struct keel_remote *remote = room(1u + ARENA, sizeof *remote, MAP_POPULATE);
    if (keel_cpu_init(&cpus, i, map, slab, ARENA, cache, remote) != KEEL_OK) die("keel refuses a CPU");
  }
}

static int keel;

static inline uint64_t take(uint32_t on, uint32_t size)
{
  uint64_t a = keel ? keel_cpu_alloc(&cpu[on], size, 0) : (uint64_t)(uintptr_t)malloc(size);
  if (__builtin_expect(a == 0, 0)) die("an allocation failed");
  *(volatile unsigned char *)(uintptr_t)a = 1;
  return a;
}

static inline void drop(uint32_t on, uint64_t a)
{
  if (!keel) free((void *)(uintptr_t)a);
  if (keel && __builtin_expect(keel_cpu_free(&cpu[on], a) != KEEL_OK, 0)) die("keel refused a free");
}

/* ---- the loops ---- */

static uint32_t *step[CPUS]; /* index of a live object * 1024 + size - LEAST */
static uint64_t live[CPUS][LIVE];
static _Alignas(128) _Atomic uint32_t pushed;
static _Alignas(128) _Atomic uint32_t popped;
static _Alignas(128) uint64_t ring[RING];

static void replace(uint32_t on, uint32_t pairs)
{
  static _Alignas(128) struct { _Alignas(128) uint32_t next; } at[CPUS];
  for (uint32_t i = at[on].next, end = at[on].next += pairs; i != end; i++) {
    uint32_t s = step[on][i % STEPS], j = s / 1024;
    drop(on, live[on][j]);
    live[on][j] = take(on, LEAST + s % 1024);
  }
}

static void produce(uint32_t pairs)
{
  uint32_t n = atomic_load(&pushed);
  for (uint32_t end = n + pairs; n != end; n++) {
    uint64_t a = take(0, LEAST + step[0][n % STEPS] % 1024);
    while (n - atomic_load_explicit(&popped, memory_order_acquire) == RING) pause_a_bit();
    ring[n % RING] = a;
    atomic_store_explicit(&pushed, n + 1, memory_order_release);
  }
}

static void consume(uint32_t pairs)
{
  uint32_t n = atomic_load(&popped);
  for (uint32_t end = n + pairs; n != end; n++) {
    while (atomic_load_explicit(&pushed, memory_order_acquire) == n) pause_a_bit();
    uint64_t a = ring[n % RING];
    atomic_store_explicit(&popped, n + 1, memory_order_release);
    drop(1, a);
  }
}

/* ---- running them ---- */

static char load; /* 'o'ne, 'p'ar, or 'c': pc */
static uint32_t pairs_each = 100000, rounds = 50;
static pthread_barrier_t together;

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void prepare(uint32_t on)
{
  uint64_t seed = 88172645463325252u + on; /* xorshift64, as in slab_bench.c */
  step[on] = room(STEPS, sizeof **step, MAP_POPULATE);
  for (uint32_t i = 0; i < STEPS; i++) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    step[on][i] = (uint32_t)((seed >> 32) * LIVE >> 32) * 1024 + (uint32_t)(seed & 0xffffffff) % (MOST - LEAST + 1);
  }
  if (load == 'c') return;
  for (uint32_t i = 0; i < LIVE; i++) live[on][i] = take(on, LEAST + step[on][i] % 1024);
  replace(on, 2 * LIVE);
}

static void *work(void *arg)
{
  uint32_t on = (uint32_t)(uintptr_t)arg;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(on, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) die("this needs CPUs 0 and 1");
  prepare(on);
  for (uint32_t i = 0; i < rounds; i++) {
    pthread_barrier_wait(&together);
    double t = now();
    if (load != 'c') replace(on, pairs_each);
    else if (on == 0) produce(pairs_each);
    else consume(pairs_each);
    pthread_barrier_wait(&together);
    if (on == 0) printf("%.2f\n", (now() - t) / pairs_each);
  }
  return NULL;
}

static uint32_t number(const char *s, uint32_t most)
{
  char *end;
  unsigned long v = strtoul(s, &end, 10);
  if (*end || v < 1 || v > most) die("a number is out of range; try --help");
  return (uint32_t)v;
}

int main(int argc, char **argv)
{
  if (argc < 3 || argc > 5 || (strcmp(argv[1], "keel") && strcmp(argv[1], "malloc")) || (strcmp(argv[2], "one") && strcmp(argv[2], "par") && strcmp(argv[2], "pc"))) {
    fputs(help, argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
    return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
  }
  keel = argv[1][0] == 'k';
  load = argv[2][strlen(argv[2]) == 2]; /* o, p, c */
  if (argc > 3) pairs_each = number(argv[3], 1u << 28);
  if (argc > 4) rounds = number(argv[4], 100000);
  if (keel) make_heaps();
  uint32_t threads = load == 'o' ? 1 : CPUS;
  pthread_t thread[CPUS];
  if (pthread_barrier_init(&together, NULL, threads) != 0) die("no barrier");
  for (uint32_t i = 0; i < threads; i++)
    if (pthread_create(&thread[i], NULL, work, (void *)(uintptr_t)i) != 0) die("no thread");
  for (uint32_t i = 0; i < threads; i++) pthread_join(thread[i], NULL);
  return 0;
}
