// SPDX-License-Identifier: MIT OR Apache-2.0
/* Measures one allocator under one workload; bench/run calls it for all of them.

   Every allocator gets the same steps, made beforehand from a fixed seed, so the
   timed loop is a few instructions beside the two calls.  Keel runs in this
   process from its own object file; the others stand behind malloc (LD_PRELOAD).
   No workload touches the memory it allocates, except D, which writes a word. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "keel.h"

static const char help[] =
    "usage: page_bench ALLOCATOR WORKLOAD [PAIRS [ROUNDS [PAGES]]]\n"
    "\n"
    "ALLOCATOR: keel; malloc (preload another one); null (the loop and empty functions)\n"
    "WORKLOAD:  d  order 0, a random one of 100,000 live is freed and one allocated\n"
    "           D  the same, and a word of the new page is written\n"
    "           B  order 0, 50,000 allocated, then freed in random order\n"
    "           e  orders 0..10, each half as likely as the one below, 256 MiB live\n"
    "Prints ns a pair (alloc + free), one line a round; 50 rounds of 100,000 PAIRS unless\n"
    "told otherwise: short, so that some of them run undisturbed.  After three rounds and\n"
    "0.4 s it stops.  PAGES: size of Keel's\n"
    "arena (default 262144: 1 GiB); the live set of d and e grows with it, and 4096 blocks\n"
    "of it are replaced; e has fewer orders in arenas below 2^18 pages.\n"
    "\n"
    "       page_bench occupancy PAGES HIGHEST_ORDER\n"
    "\n"
    "Highest share of an arena that Keel can keep in use, by bisection (201 seeds, one\n"
    "line each).  Held: blocks of orders drawn as for e (up to HIGHEST_ORDER) are\n"
    "allocated; before each, random blocks are freed until the new one fits under that\n"
    "share; none of 20 lifetimes of the live set may fail.\n";

enum { KEEL, MALLOC, NONE };

#define STEPS (1u << 20)
#define PAGE 4096u
#define ARENA (1u << 18)

static struct keel_pages pool;
static uint64_t *live; /* address or pfn of each live block      */
static uint32_t lives; /* so many                                */
static uint32_t replaced, chosen; /* of these are replaced; 1: PAGES was given */
static uint32_t *step; /* index of a live block * 16 + new order */
static uint32_t arena = ARENA;

/* kmalloc's hooks: nothing here calls kmalloc. */
void keel_zero(uint64_t a, uint64_t bytes)
{
  (void)a, (void)bytes;
  abort();
}

void keel_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
  (void)to, (void)from, (void)bytes;
  abort();
}

/* xorshift64: Marsaglia, "Xorshift RNGs", 2003. */
static uint64_t seed = 88172645463325252u;
static uint32_t draw(void)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)(seed >> 32);
}
static uint32_t below(uint32_t n) { return (uint32_t)((uint64_t)draw() * n >> 32); }

/* 0 .. highest, each with half the chance of the one before (the last that of its neighbour). */
static uint32_t draw_order(uint32_t highest) { return (uint32_t)__builtin_ctz(draw() | 1u << highest); }

static void die(const char *what)
{
  fprintf(stderr, "page_bench: %s\n", what);
  exit(1);
}

static void *room(size_t n, size_t size)
{
  void *p = calloc(n, size);
  if (!p) die("not enough memory; close other programs, or give fewer PAGES");
  return p;
}

/* ---- the allocators ---- */

#define INLINE static inline __attribute__((always_inline))

/* What the loop and the calls alone cost: functions that do nothing, called like Keel's. */
static __attribute__((noinline)) uint64_t null_alloc(struct keel_pages *z, uint32_t order, uint32_t kind)
{
  __asm__ volatile("" : : "r"(z), "r"(kind) : "memory");
  return order + 1u;
}
static __attribute__((noinline)) void null_free(struct keel_pages *z, uint64_t block, uint32_t kind)
{
  __asm__ volatile("" : : "r"(z), "r"(block), "r"(kind) : "memory");
}

INLINE uint64_t take(int who, uint32_t order)
{
  if (who == KEEL) return (uint64_t)keel_pages_alloc(&pool, order, KEEL_RAW);
  if (who == MALLOC) return (uint64_t)(uintptr_t)malloc((size_t)PAGE << order);
  return null_alloc(&pool, order, KEEL_RAW);
}

INLINE void drop(int who, uint64_t block)
{
  if (who == KEEL) keel_pages_free(&pool, (keel_pfn_t)block, KEEL_RAW);
  if (who == MALLOC) free((void *)(uintptr_t)block);
  if (who == NONE) null_free(&pool, block, KEEL_RAW);
}

/* Where a block's first word is, for D: Keel's pages are then mapped at `memory`. */
static unsigned char *memory;
INLINE volatile uint64_t *word_of(int who, uint64_t block)
{
  return (volatile uint64_t *)(who == KEEL ? memory + block * PAGE : (unsigned char *)(uintptr_t)block);
}

/* An instance of run-time size over n pages, all usable. */
static void make_pool(uint32_t n)
{
  uint64_t *words = room(KEEL_PAGES_WORDS(n), sizeof *words);
  uint8_t *tags = room(KEEL_PAGES_TAGS(n), 1);
  int32_t *refs = room(KEEL_PAGES_REFS(n), sizeof *refs);
  if (keel_pages_init(&pool, words, tags, refs, 0, n) != KEEL_OK || keel_pages_add(&pool, 0, n) != KEEL_OK) die("keel refuses the arena");
}

/* ---- the timed loops ---- */

INLINE void replace(int who, int touch, uint32_t pairs)
{
  static uint32_t at; /* rounds go on where the one before ended */
  for (uint32_t i = at, end = at += pairs; i != end; i++) {
    uint32_t s = step[i % STEPS], j = s / 16;
    drop(who, live[j]);
    uint64_t b = take(who, s % 16);
    if (touch) *word_of(who, b) = b;
    live[j] = b;
  }
}

INLINE void batch(int who, uint32_t pairs)
{
  for (uint32_t done = 0; done < pairs; done += lives) {
    for (uint32_t i = 0; i < lives; i++) live[i] = take(who, 0);
    for (uint32_t i = 0; i < lives; i++) drop(who, live[step[i]]);
  }
}

/* The compiler may see through the null allocator; this is where it must not. */
static void settle(void) { __asm__ volatile("" : : "r"(live) : "memory"); }

static void run(int who, char load, uint32_t pairs)
{
  settle();
  if (load == 'B') {
    if (who == KEEL) batch(KEEL, pairs);
    if (who == MALLOC) batch(MALLOC, pairs);
    if (who == NONE) batch(NONE, pairs);
  } else if (load == 'D') {
    if (who == KEEL) replace(KEEL, 1, pairs);
    if (who == MALLOC) replace(MALLOC, 1, pairs);
  } else {
    if (who == KEEL) replace(KEEL, 0, pairs);
    if (who == MALLOC) replace(MALLOC, 0, pairs);
    if (who == NONE) replace(NONE, 0, pairs);
  }
  settle();
}

/* ---- preparing them ---- */

static uint64_t take_some(int who, uint32_t order)
{
  return who == KEEL ? take(KEEL, order) : who == MALLOC ? take(MALLOC, order) : take(NONE, order);
}

static void shuffle(uint32_t *a, uint32_t n)
{
  for (uint32_t i = n; i > 1; i--) {
    uint32_t j = below(i), x = a[i - 1];
    a[i - 1] = a[j];
    a[j] = x;
  }
}

static void prepare_batch(void)
{
  lives = 50000;
  live = room(lives, sizeof *live);
  step = room(lives, sizeof *step);
  for (uint32_t i = 0; i < lives; i++) step[i] = i;
  shuffle(step, lives);
}

/* Brings `replaced` random live blocks to the front: all, or with PAGES 4096 of them, so
   that what grows with the arena is the allocator's work and not the misses of caches. */
static void choose(void)
{
  replaced = chosen && lives > 4096 ? 4096 : lives;
  for (uint32_t i = 0; i < replaced; i++) {
    uint32_t j = i + below(lives - i);
    uint64_t b = live[i];
    live[i] = live[j];
    live[j] = b;
  }
}

/* e's highest order: 10, and less where such blocks are more than 1/256 of the arena. */
static uint32_t highest_order(void)
{
  uint32_t k = 0;
  while (k < KEEL_MAX_ORDER && 512u << k <= arena) k++;
  return k;
}

/* With PAGES: lets every block be replaced about twice, for as many holes as a long run has. */
static void age(int who, uint32_t highest)
{
  for (uint32_t i = 0; chosen && who == KEEL && i < 2 * lives; i++) {
    uint32_t j = below(lives);
    drop(KEEL, live[j]);
    live[j] = take(KEEL, draw_order(highest));
  }
}

static void prepare_replace(int who, char load)
{
  uint32_t highest = load == 'e' ? highest_order() : 0;
  uint32_t pages = 0, most = load == 'e' ? arena / 4 : (uint32_t)((uint64_t)arena * 100000 / ARENA);
  live = room(most, sizeof *live);
  for (lives = 0; pages < most; lives++) {
    uint32_t k = draw_order(highest);
    live[lives] = take_some(who, k);
    if ((int64_t)live[lives] <= 0 && who == KEEL && live[lives] != 0) die("the arena is too small");
    pages += 1u << k;
  }
  age(who, highest);
  choose();
  step = room(STEPS, sizeof *step);
  for (uint32_t i = 0; i < STEPS; i++) step[i] = below(replaced) * 16 + draw_order(highest);
}

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(int who, char load, uint32_t pairs, uint32_t rounds)
{
  if (who == KEEL) make_pool(arena);
  if (who == KEEL && load == 'D') {
    memory = mmap(NULL, (size_t)arena * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) die("not enough memory to touch; give fewer PAGES");
  }
  if (load == 'B') {
    prepare_batch();
  } else {
    prepare_replace(who, load);
  }
  double start = now();
  for (uint32_t i = 0; i < rounds && (i < 3 || now() - start < 4e8); i++) {
    double t = now();
    run(who, load, pairs);
    printf("%.2f\n", (now() - t) / (load == 'B' ? (pairs + lives - 1) / lives * lives : pairs));
  }
  if (who == KEEL && pool.fails > 0) die("an allocation failed: the arena is too small");
}

/* ---- occupancy ---- */

static uint8_t *order; /* of each live block */
static uint32_t used;  /* pages in use       */

static void free_one(uint32_t j)
{
  drop(KEEL, live[j]);
  used -= 1u << order[j];
  lives--;
  live[j] = live[lives];
  order[j] = order[lives];
}

/* 1 if `limit` pages can be held through `blocks` allocations. */
static int hold(uint32_t limit, uint32_t highest, uint64_t blocks)
{
  int held = 1;
  while (held && blocks-- > 0) {
    uint32_t k = draw_order(highest);
    while (used > 0 && used + (1u << k) > limit) free_one(below(lives));
    live[lives] = take(KEEL, k);
    held = (int64_t)live[lives] >= 0;
    if (!held) break;
    order[lives++] = (uint8_t)k;
    used += 1u << k;
  }
  while (lives > 0) free_one(lives - 1);
  return held;
}

static void occupancy(uint32_t highest)
{
  uint32_t mean2 = highest + 2; /* twice the mean size of a block, in pages */
  make_pool(arena);
  live = room(arena, sizeof *live);
  order = room(arena, 1);
  for (uint64_t trial = 1; trial <= 201; trial++) {
    uint32_t low = arena / 4, high = arena;
    while (high - low > arena / 1024) {
      uint32_t mid = low + (high - low) / 2;
      seed = 88172645463325252u * trial;
      /* One lifetime fills the arena, 20 follow. */
      if (hold(mid, highest, 21ull * mid * 2 / mean2)) {
        low = mid;
      } else {
        high = mid;
      }
    }
    printf("%.1f\n", 100.0 * low / arena);
  }
}

static uint32_t number(const char *s, uint32_t least, uint32_t most)
{
  char *end;
  unsigned long v = strtoul(s, &end, 10);
  if (*end || v < least || v > most) die("a number is out of range; try --help");
  return (uint32_t)v;
}

int main(int argc, char **argv)
{
  static const char *const name[] = {"keel", "malloc", "null"};
  if (argc == 4 && !strcmp(argv[1], "occupancy")) {
    arena = number(argv[2], 1024, KEEL_PAGES_MAX);
    occupancy(number(argv[3], 0, KEEL_MAX_ORDER));
    return 0;
  }
  int who = KEEL;
  while (argc > 1 && who <= NONE && strcmp(argv[1], name[who])) who++;
  if (argc < 3 || argc > 6 || who > NONE || strlen(argv[2]) != 1 || !strchr("dDBe", argv[2][0]) || (argv[2][0] == 'D' && who == NONE)) {
    fputs(help, argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
    return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
  }
  uint32_t pairs = argc > 3 ? number(argv[3], 1, 1u << 30) : 100000;
  uint32_t rounds = argc > 4 ? number(argv[4], 1, 100000) : 50;
  chosen = argc > 5;
  if (chosen) arena = number(argv[5], 1024, KEEL_PAGES_MAX);
  measure(who, argv[2][0], pairs, rounds);
  return 0;
}
