// SPDX-License-Identifier: MIT OR Apache-2.0
/* Measures ranges, and what the allocators behind malloc do for blocks as large; bench/run calls it for all of them.

   Every allocator gets the same steps, made beforehand from a fixed seed: a random live area is freed, one allocated.
   No memory is touched. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keel.h"

static const char help[] =
    "usage: range_bench ALLOCATOR WORKLOAD [PAIRS [ROUNDS [PAGES]]]\n"
    "\n"
    "ALLOCATOR: keel; malloc (preload another one); null (the loop and empty functions)\n"
    "WORKLOAD:  f  1,000 live areas of 16 .. 256 pages (64 KiB to 1 MiB), in 2^18 pages\n"
    "           F  100,000 live areas of 2 .. 33 pages, in 2^22 pages; with PAGES given,\n"
    "              so many live as fill five twelfths of these\n"
    "Prints ns a pair (free + alloc), one line a round; 50 rounds of 20,000 PAIRS unless\n"
    "told otherwise.  After three rounds and 0.4 s it stops.\n";

enum { KEEL, MALLOC, NONE };

#define STEPS (1u << 20)
#define PAGE 4096u

static struct keel_range range;
static uint64_t *live; /* first page, or address, of each live area */
static uint32_t lives, arena;
static struct {
  uint32_t which, pages;
} *step;

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
static uint32_t below(uint32_t n)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)((seed >> 32) * n >> 32);
}

static void die(const char *what)
{
  fprintf(stderr, "range_bench: %s\n", what);
  exit(1);
}

static void *room(size_t n, size_t size)
{
  void *p = calloc(n, size);
  if (!p) die("not enough memory; close other programs, or give fewer PAGES");
  return p;
}

#define INLINE static inline __attribute__((always_inline))

static __attribute__((noinline)) uint64_t null_alloc(struct keel_range *r, uint32_t pages)
{
  __asm__ volatile("" : : "r"(r) : "memory");
  return pages;
}
static __attribute__((noinline)) void null_free(struct keel_range *r, uint64_t area)
{
  __asm__ volatile("" : : "r"(r), "r"(area) : "memory");
}

INLINE uint64_t take(int who, uint32_t pages)
{
  uint32_t first = 0;
  if (who == MALLOC) return (uint64_t)(uintptr_t)malloc((size_t)pages * PAGE);
  if (who == NONE) return null_alloc(&range, pages);
  if (keel_range_alloc(&range, pages, &first) != KEEL_OK) die("the arena is full");
  return first;
}

INLINE void drop(int who, uint64_t area)
{
  if (who == KEEL) keel_range_free(&range, (uint32_t)area);
  if (who == MALLOC) free((void *)(uintptr_t)area);
  if (who == NONE) null_free(&range, area);
}

INLINE void replace(int who, uint32_t pairs)
{
  static uint32_t at; /* rounds go on where the one before ended */
  for (uint32_t i = at, end = at += pairs; i != end; i++) {
    uint32_t j = step[i % STEPS].which;
    drop(who, live[j]);
    live[j] = take(who, step[i % STEPS].pages);
  }
}

static void run(int who, uint32_t pairs)
{
  __asm__ volatile("" : : "r"(live) : "memory");
  if (who == KEEL) replace(KEEL, pairs);
  if (who == MALLOC) replace(MALLOC, pairs);
  if (who == NONE) replace(NONE, pairs);
  __asm__ volatile("" : : "r"(live) : "memory");
}

static void prepare(int who, uint32_t least, uint32_t most)
{
  uint32_t *tree = room(KEEL_RANGE_TREE(arena), sizeof *tree), *gap = room(KEEL_RANGE_GAPS(arena), sizeof *gap);
  uint64_t *ends = room(KEEL_RANGE_ENDS(arena), sizeof *ends);
  int32_t *mark = room(arena, sizeof *mark);
  if (keel_range_init(&range, tree, gap, ends, mark, arena) != KEEL_OK) die("keel refuses the arena");
  live = room(lives, sizeof *live);
  step = room(STEPS, sizeof *step);
  for (uint32_t i = 0; i < STEPS; i++) {
    step[i].which = below(lives);
    step[i].pages = least + below(most - least + 1);
  }
  for (uint32_t i = 0; i < lives; i++) {
    uint32_t pages = least + below(most - least + 1);
    live[i] = who == KEEL ? take(KEEL, pages) : who == MALLOC ? take(MALLOC, pages) : take(NONE, pages);
  }
  run(who, 2 * lives > 200000 ? 200000 : 2 * lives); /* until it looks like after long use */
}

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
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
  int who = KEEL;
  while (argc > 1 && who <= NONE && strcmp(argv[1], name[who])) who++;
  if (argc < 3 || argc > 6 || who > NONE || (strcmp(argv[2], "f") && strcmp(argv[2], "F"))) {
    fputs(help, argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
    return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
  }
  uint32_t pairs = argc > 3 ? number(argv[3], 1, 1u << 30) : 20000;
  uint32_t rounds = argc > 4 ? number(argv[4], 1, 100000) : 50;
  if (argv[2][0] == 'f') {
    lives = 1000;
    arena = 1u << 18;
    prepare(who, 16, 256);
  } else {
    arena = argc > 5 ? number(argv[5], 1024, 1u << 26) : 1u << 22;
    lives = argc > 5 ? arena / 42 : 100000;
    prepare(who, 2, 33);
  }
  double begin = now();
  for (uint32_t i = 0; i < rounds && (i < 3 || now() - begin < 0.4e9); i++) {
    double t = now();
    run(who, pairs);
    printf("%.2f\n", (now() - t) / pairs);
  }
  return 0;
}
