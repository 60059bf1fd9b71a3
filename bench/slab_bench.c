// SPDX-License-Identifier: MIT OR Apache-2.0
/* Measures one allocator with small objects; bench/run calls it for all of them.

   As page_bench.c, but each allocation writes the first byte of its object, whoever made it, so Keel has an arena here.
   Like the others' memory it is made of small pages, unless the system gives everybody large ones.  Keel is called
   through kmalloc, as the others are through malloc.  What a free answers is looked at. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#if defined __x86_64__
#include <x86intrin.h>
#endif

#include "keel.h"

static const char help[] =
    "usage: slab_bench ALLOCATOR WORKLOAD [PAIRS [ROUNDS]]\n"
    "\n"
    "ALLOCATOR: keel; malloc (preload another one); null (the loop and empty functions)\n"
    "WORKLOAD:  a  64 B, allocated and freed at once\n"
    "           b  64 B, 10,000 allocated, then freed in random order\n"
    "           c  16 .. 1024 B, a random one of 10,000 live is freed and one allocated\n"
    "           C  the same with 100,000 live\n"
    "Prints ns a pair (alloc + free), one line a round; 50 rounds of 100,000 PAIRS unless\n"
    "told otherwise.  After three rounds and 0.4 s it stops.\n"
    "\n"
    "       slab_bench latency ALLOCATOR WORKLOAD [PAIRS]\n"
    "\n"
    "Times every single call (1,000,000 PAIRS, after as many that are not timed) and prints\n"
    "four lines: of allocations, of frees, and of nothing at all (the clock's own time, which\n"
    "is part of the others) the least time in ns that 50, 99.9 and 99.99 % of them kept to;\n"
    "and the step by which the clock moves on.\n"
    "\n"
    "       slab_bench memory ALLOCATOR b|c|C\n"
    "\n"
    "Prints the bytes of live objects as requested, and those that the allocator holds for\n"
    "them after 20 lifetimes, with all objects of b live.  Keel: pages of slabs, then these\n"
    "with the tables for them.  Others: growth of the resident memory that is not of files.\n"
    "\n"
    "       slab_bench occupancy SEEDS\n"
    "\n"
    "Highest share of 64 MiB that live objects of c can have, as requested, by bisection; one\n"
    "line a seed.  Held: objects are allocated; before each, random ones are freed until the\n"
    "new one fits under that share; none of 20 lifetimes of the live set may fail.\n";

enum { KEEL, MALLOC, NONE };

#define STEPS (1u << 20)
#define PAGE 4096u
#define ARENA (1u << 18) /* pages */
#define LEAST 16u        /* bytes of the objects of c */
#define MOST 1024u
#define TICKS (1u << 16) /* longer calls count as this long */

static struct keel_pages pages;
static struct keel_heap heap;
static uint64_t *live;  /* address of each live object           */
static uint32_t lives;  /* so many                               */
static uint32_t *step;  /* index of a live object * 1024 + size - LEAST */
static uint64_t asked;  /* bytes of the live objects (memory)    */
static uint64_t wrong;  /* frees that Keel refused               */

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
static uint32_t draw_size(void) { return LEAST + below(MOST - LEAST + 1); }

static void die(const char *what)
{
  fprintf(stderr, "slab_bench: %s\n", what);
  exit(1);
}

static void *map(size_t size, int flags)
{
  void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (p == MAP_FAILED) die("not enough memory; close other programs");
  return p;
}

/* Of the harness, and so not from the allocator that is measured; resident from the start. */
static void *room(size_t n, size_t size) { return map(n * size, MAP_POPULATE); }

#define INLINE static inline __attribute__((always_inline))

/* ---- the allocators ---- */

/* Keel's hooks: here memory can be reached at its address. */
void keel_zero(uint64_t a, uint64_t bytes) { memset((void *)(uintptr_t)a, 0, (size_t)bytes); }
void keel_copy(uint64_t to, uint64_t from, uint64_t bytes) { memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, (size_t)bytes); }

/* What the loop and the calls alone cost: functions that do nothing. */
static unsigned char nothing[MOST];
static __attribute__((noinline)) void *null_alloc(size_t size)
{
  __asm__ volatile("" : : "r"(size) : "memory");
  return nothing;
}
static __attribute__((noinline)) void null_free(void *p)
{
  __asm__ volatile("" : : "r"(p) : "memory");
}

INLINE uint64_t take(int who, uint32_t size)
{
  uint64_t a = who == KEEL ? keel_kmalloc(&heap, size, 0) : (uint64_t)(uintptr_t)(who == MALLOC ? malloc(size) : null_alloc(size));
  *(volatile unsigned char *)(uintptr_t)a = 1;
  return a;
}

INLINE void drop(int who, uint64_t a)
{
  if (who == KEEL && __builtin_expect(keel_kfree(&heap, a) != KEEL_OK, 0)) wrong++;
  if (who == MALLOC) free((void *)(uintptr_t)a);
  if (who == NONE) null_free((void *)(uintptr_t)a);
}

/* kmalloc over n pages, all usable, and as many descriptors of slabs. */
static void make_heap(uint32_t n)
{
  uint64_t *words = room(KEEL_PAGES_WORDS(n), sizeof *words);
  uint8_t *tags = room(KEEL_PAGES_TAGS(n), 1);
  int32_t *refs = room(KEEL_PAGES_REFS(n), sizeof *refs);
  if (keel_pages_init(&pages, words, tags, refs, 0, n) != KEEL_OK || keel_pages_add(&pages, 0, n) != KEEL_OK) die("keel refuses the pages");
  uint32_t *of = room(n, sizeof *of);
  struct keel_slab *slab = room(1u + n + KEEL_KMALLOC_CLASSES, sizeof *slab);
  struct keel_cache *cache = room(KEEL_KMALLOC_CLASSES, sizeof *cache);
  uint64_t addr = (uint64_t)(uintptr_t)map((size_t)n * PAGE, MAP_NORESERVE);
  if (keel_slabs_init(&heap.s, &pages, addr, of, slab, n, cache, KEEL_KMALLOC_CLASSES) != KEEL_OK) die("keel refuses the arena");
  if (keel_kmalloc_init(&heap) != KEEL_OK) die("keel refuses the heap");
}

static void check_keel(void)
{
  if (pages.fails > 0) die("an allocation failed: the arena is too small");
  if (wrong > 0) die("keel refused a free");
}

/* ---- the timed loops ---- */

static uint32_t at; /* the next step; rounds go on where the one before ended */

INLINE void at_once(int who, uint32_t pairs)
{
  for (uint32_t i = 0; i < pairs; i++) drop(who, take(who, 64));
}

INLINE void batch(int who, uint32_t pairs)
{
  for (uint32_t done = 0; done < pairs; done += lives) {
    for (uint32_t i = 0; i < lives; i++) live[i] = take(who, 64);
    for (uint32_t i = 0; i < lives; i++) drop(who, live[step[i]]);
  }
}

INLINE void replace(int who, uint32_t pairs)
{
  for (uint32_t i = at, end = at += pairs; i != end; i++) {
    uint32_t s = step[i % STEPS], j = s / 1024;
    drop(who, live[j]);
    live[j] = take(who, LEAST + s % 1024);
  }
}

INLINE void pairs_of(int who, char load, uint32_t pairs)
{
  if (load == 'a') at_once(who, pairs);
  if (load == 'b') batch(who, pairs);
  if (load == 'c') replace(who, pairs);
}

/* The compiler may see through the null allocator; this is where it must not. */
static void settle(void) { __asm__ volatile("" : : "r"(live) : "memory"); }

static void run(int who, char load, uint32_t pairs)
{
  settle();
  if (who == KEEL) pairs_of(KEEL, load, pairs);
  if (who == MALLOC) pairs_of(MALLOC, load, pairs);
  if (who == NONE) pairs_of(NONE, load, pairs);
  settle();
}

static uint64_t take_some(int who, uint32_t size)
{
  return who == KEEL ? take(KEEL, size) : who == MALLOC ? take(MALLOC, size) : take(NONE, size);
}

/* ---- preparing them ---- */

static void shuffle(uint32_t *a, uint32_t n)
{
  for (uint32_t i = n; i > 1; i--) {
    uint32_t j = below(i), x = a[i - 1];
    a[i - 1] = a[j];
    a[j] = x;
  }
}

static void prepare(int who, char load)
{
  if (who == KEEL) make_heap(ARENA);
  lives = load == 'C' ? 100000 : 10000;
  live = room(lives, sizeof *live);
  step = room(STEPS, sizeof *step);
  for (uint32_t i = 0; i < STEPS; i++) step[i] = load == 'a' || load == 'b' ? i : below(lives) * 1024 + draw_size() - LEAST;
  if (load == 'b') shuffle(step, lives);
}

/* c and C: the live objects, each of them replaced twice, for as many holes as a long run has. */
static char fill(int who, char load)
{
  if (load == 'a' || load == 'b') return load;
  for (uint32_t i = 0; i < lives; i++) live[i] = take_some(who, draw_size());
  run(who, 'c', 2 * lives);
  return 'c';
}

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(int who, char load, uint32_t pairs, uint32_t rounds)
{
  prepare(who, load);
  load = fill(who, load);
  double start = now();
  for (uint32_t i = 0; i < rounds && (i < 3 || now() - start < 4e8); i++) {
    double t = now();
    run(who, load, pairs);
    printf("%.2f\n", (now() - t) / (load == 'b' ? (pairs + lives - 1) / lives * lives : pairs));
  }
  check_keel();
}

/* ---- latency ---- */

/* Before it, everything before it is done; and nothing after it has begun. */
INLINE uint64_t ticks(void)
{
#if defined __x86_64__
  _mm_lfence();
  uint64_t t = __rdtsc();
  _mm_lfence();
  return t;
#else
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

enum { TAKES, DROPS, EMPTY, KINDS };
static uint32_t *spent[KINDS]; /* how many calls took so many ticks */

INLINE void note(int kind, uint64_t from, uint64_t to)
{
  spent[kind][to - from < TICKS ? to - from : TICKS - 1]++;
}

INLINE uint64_t timed_take(int who, uint32_t size)
{
  uint64_t t = ticks(), a = take(who, size);
  note(TAKES, t, ticks());
  return a;
}

INLINE void timed_drop(int who, uint64_t a)
{
  uint64_t t = ticks();
  drop(who, a);
  note(DROPS, t, ticks());
}

INLINE void timed_pairs_of(int who, char load, uint32_t pairs)
{
  for (uint32_t i = 0; load == 'a' && i < pairs; i++) timed_drop(who, timed_take(who, 64));
  for (uint32_t done = 0; load == 'b' && done < pairs; done += lives) {
    for (uint32_t i = 0; i < lives; i++) live[i] = timed_take(who, 64);
    for (uint32_t i = 0; i < lives; i++) timed_drop(who, live[step[i]]);
  }
  for (uint32_t i = 0; load == 'c' && i < pairs; i++) {
    uint32_t s = step[at++ % STEPS], j = s / 1024;
    timed_drop(who, live[j]);
    live[j] = timed_take(who, LEAST + s % 1024);
  }
}

static void print_shares(int kind, const char *name, double ns)
{
  static const double share[] = {0.5, 0.999, 0.9999};
  uint64_t all = 0, so_far = 0;
  uint32_t t = 0;
  for (uint32_t i = 0; i < TICKS; i++) all += spent[kind][i];
  printf("%s", name);
  for (uint32_t i = 0; i < 3; i++) {
    while (t < TICKS - 1 && (double)(so_far + spent[kind][t]) < share[i] * (double)all) so_far += spent[kind][t++];
    printf(" %.1f", t * ns);
  }
  printf("\n");
}

/* The clock moves on by so many ticks at a time: every time that was seen is a multiple of it. */
static uint32_t clock_step(void)
{
  uint32_t all = 0;
  for (uint32_t t = 1; t < TICKS - 1; t++)
    for (uint32_t a = t; (spent[TAKES][t] | spent[DROPS][t] | spent[EMPTY][t]) != 0 && a != 0;) {
      uint32_t b = all % a;
      all = a;
      a = b;
    }
  return all;
}

static void latency(int who, char load, uint32_t pairs)
{
  for (int i = 0; i < KINDS; i++) spent[i] = room(TICKS, sizeof **spent);
  prepare(who, load);
  load = fill(who, load);
  run(who, load, pairs); /* first uses of memory are not what is measured */
  double start = now();
  uint64_t first = ticks();
  if (who == KEEL) timed_pairs_of(KEEL, load, pairs);
  if (who == MALLOC) timed_pairs_of(MALLOC, load, pairs);
  if (who == NONE) timed_pairs_of(NONE, load, pairs);
  for (uint32_t i = 0; i < pairs; i++) {
    uint64_t t = ticks();
    note(EMPTY, t, ticks());
  }
  double ns = (now() - start) / (double)(ticks() - first);
  print_shares(TAKES, "alloc", ns);
  print_shares(DROPS, "free", ns);
  print_shares(EMPTY, "clock", ns);
  printf("step %.1f\n", clock_step() * ns);
  check_keel();
}

/* ---- memory ---- */

/* Bytes of memory, but for that of files, that this process has now. (statm, which is easier to read, lags behind by
   some dozen pages.) */
static uint64_t resident(void)
{
  char text[2048] = "";
  int f = open("/proc/self/smaps_rollup", O_RDONLY);
  if (f < 0 || read(f, text, sizeof text - 1) <= 0) die("/proc/self/smaps_rollup cannot be read; mount /proc");
  close(f);
  const char *line = strstr(text, "Anonymous:");
  if (!line) die("/proc/self/smaps_rollup has no line 'Anonymous'; this needs Linux 4.14 or newer");
  return strtoull(line + 10, NULL, 10) * 1024;
}

/* Makes of live object j one of so many bytes, all of them written. */
static void renew(int who, uint32_t *size, uint32_t j, uint32_t bytes)
{
  if (live[j] != 0) drop(who, live[j]);
  live[j] = take_some(who, bytes);
  memset((void *)(uintptr_t)live[j], 1, bytes);
  asked += (uint64_t)bytes - size[j];
  size[j] = bytes;
}

static uint64_t bytes_of_slabs(uint32_t *count)
{
  struct keel_block b;
  uint64_t held = 0;
  for (keel_pfn_t p = 0; p < pages.n; p += (keel_pfn_t)1 << b.order) {
    if (keel_pages_block(&pages, p, &b) != KEEL_OK) die("keel has lost a page");
    if (b.state != KEEL_PAGE_LIVE) continue;
    held += (uint64_t)PAGE << b.order;
    ++*count;
  }
  return held;
}

static void memory(int who, char load)
{
  prepare(who, load);
  uint32_t *size = room(lives, sizeof *size), count = 0;
  drop(who, take_some(who, 64)); /* whatever the allocator does at first */
  uint64_t before = resident();
  for (uint32_t i = 0; i < lives; i++) renew(who, size, i, load == 'b' ? 64 : draw_size());
  for (uint32_t i = 0; i < 20 * lives && load != 'b'; i++) {
    uint32_t s = step[i % STEPS];
    renew(who, size, s / 1024, LEAST + s % 1024);
  }
  printf("%llu", (unsigned long long)asked);
  if (who == KEEL) {
    uint64_t held = bytes_of_slabs(&count), tables = count * sizeof(struct keel_slab) + held / PAGE * (sizeof(uint32_t) + 5) + held / PAGE * 65 / 256;
    printf(" %llu %llu\n", (unsigned long long)held, (unsigned long long)(held + tables));
  } else {
    printf(" %llu\n", (unsigned long long)(resident() - before));
  }
  check_keel();
}

/* ---- occupancy ---- */

static uint16_t *size_of; /* of each live object */

static void free_one(uint32_t j)
{
  drop(KEEL, live[j]);
  asked -= size_of[j];
  lives--;
  live[j] = live[lives];
  size_of[j] = size_of[lives];
}

/* 1 if `limit` bytes can be held through `objects` allocations. */
static int hold(uint64_t limit, uint64_t objects)
{
  int held = 1;
  while (held && objects-- > 0) {
    uint32_t size = draw_size();
    while (asked + size > limit) free_one(below(lives));
    live[lives] = keel_kmalloc(&heap, size, 0);
    held = live[lives] != 0;
    if (!held) break;
    size_of[lives++] = (uint16_t)size;
    asked += size;
  }
  while (lives > 0) free_one(lives - 1);
  return held;
}

static void occupancy(uint32_t seeds)
{
  const uint32_t n = 1u << 14, unit = n * PAGE / 1024;
  make_heap(n);
  live = room(n * PAGE / LEAST, sizeof *live);
  size_of = room(n * PAGE / LEAST, sizeof *size_of);
  for (uint64_t trial = 1; trial <= seeds; trial++) {
    uint32_t low = 512, high = 1024; /* in 1/1024 of the arena */
    while (high - low > 1) {
      uint32_t mid = low + (high - low) / 2;
      seed = 88172645463325252u * trial;
      /* One lifetime fills the arena, 20 follow. */
      if (hold((uint64_t)mid * unit, 21ull * mid * unit / ((LEAST + MOST) / 2))) {
        low = mid;
      } else {
        high = mid;
      }
    }
    printf("%.1f\n", low / 10.24);
    fflush(stdout);
  }
  if (wrong > 0) die("keel refused a free");
}

static uint32_t number(const char *s, uint32_t least, uint32_t most)
{
  char *end;
  unsigned long v = strtoul(s, &end, 10);
  if (*end || v < least || v > most) die("a number is out of range; try --help");
  return (uint32_t)v;
}

static int is_one_of(const char *word, const char *letters)
{
  return strlen(word) == 1 && strchr(letters, word[0]);
}

int main(int argc, char **argv)
{
  static const char *const name[] = {"keel", "malloc", "null"};
  int first = argc > 1 && (!strcmp(argv[1], "latency") || !strcmp(argv[1], "memory")) ? 2 : 1, who = KEEL;
  if (argc == 3 && !strcmp(argv[1], "occupancy")) {
    occupancy(number(argv[2], 1, 1000));
    return 0;
  }
  while (first < argc && who <= NONE && strcmp(argv[first], name[who])) who++;
  if (argc < first + 2 || argc > 5 || who > NONE || !is_one_of(argv[first + 1], "abcC")) {
    fputs(help, argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
    return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
  }
  char load = argv[first + 1][0];
  uint32_t pairs = argc > first + 2 ? number(argv[first + 2], 1, 1u << 30) : first == 2 ? 1000000 : 100000;
  if (first == 1) {
    measure(who, load, pairs, argc > 4 ? number(argv[4], 1, 100000) : 50);
  } else if (argv[1][0] == 'l') {
    latency(who, load, pairs);
  } else if (load == 'a' || who == NONE) {
    die("memory of one object, or of none, says nothing; try --help");
  } else {
    memory(who, load);
  }
  return 0;
}
