// SPDX-License-Identifier: MIT OR Apache-2.0
/* Fuzzer of kmalloc for several CPUs (libFuzzer): an input is an interleaving of calls for two to four of them.

   The model knows what is live, and of each 8 bytes whether they are: memory that is answered must not be live already,
   what is live has its size on any CPU, and is freed from any, once; what is not has none, and its free is refused.  The
   locks must be taken in order, be free after each call, and be held whenever pages come or go.  At the end everything is
   freed, and all pages must be back.
   An input is records of four bytes; the first says how many CPUs, pages and slabs there are.

   CPU_FUZZ_TRACE=1 in the environment prints the operations of an input. */
#include "harness.h"
#include "keel.h"

enum { CPUS = 4, PAGES = 512, LIVE = 4096, RECORD = 4, RECORDS = 400, CELL = 8, STEPS = 20000 };
#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define ADDR ((uint64_t)0x40000000)

struct record {
  uint8_t what, size;
  uint16_t n;
};

static struct keel_pages z;
static struct keel_cpus k;
static struct keel_cpu *cpu;
static uint32_t cpus, pages, steps, first; /* CPUs below the first are not there */
static struct room rooms[4 + 4 * CPUS] = {
    {0, KEEL_PAGES_WORDS(PAGES) * sizeof(uint64_t)}, {0, KEEL_PAGES_TAGS(PAGES)}, {0, KEEL_PAGES_REFS(PAGES) * sizeof(int32_t)}, {0, PAGES}};

static struct { uint64_t a; uint32_t size, by; } live[LIVE];
static uint32_t lives;
static uint8_t used[PAGES * KEEL_PAGE_SIZE / CELL];
static uint64_t last; /* what was freed last */
static int32_t missed[CPUS];

/* ---- the hooks ---- */

static int held[KEEL_LOCK_PAGES + 1];
static uint32_t holds;
static uint64_t taken;

void keel_lock(uint32_t lock)
{
  HOLDS((lock < cpus || lock == KEEL_LOCK_PAGES) && !held[lock]);
  HOLDS(holds == 0 || (holds == 1 && lock == KEEL_LOCK_PAGES));
  held[lock] = 1;
  holds++;
  taken++;
}

void keel_unlock(uint32_t lock)
{
  HOLDS((lock < cpus || lock == KEEL_LOCK_PAGES) && held[lock]);
  held[lock] = 0;
  holds--;
}

static uint64_t zeroed; /* bytes, in this call */

void keel_zero(uint64_t a, uint64_t bytes)
{
  HOLDS(a >= ADDR && bytes > 0 && a - ADDR + bytes <= pages * PAGE);
  for (uint64_t c = (a - ADDR) / CELL; c <= (a - ADDR + bytes - 1) / CELL; c++) HOLDS(!used[c]);
  zeroed += bytes;
}

void keel_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
  (void)to, (void)from, (void)bytes;
  HOLDS(!"nothing copies");
}

/* ---- the model ---- */

static int is_live(uint64_t a)
{
  for (uint32_t i = 0; i < lives; i++)
    if (live[i].a == a) return 1;
  return 0;
}

static void mark(uint64_t a, uint32_t size, uint8_t now)
{
  for (uint64_t c = (a - ADDR) / CELL; c <= (a - ADDR + size - 1) / CELL; c++) {
    HOLDS(used[c] != now);
    used[c] = now;
  }
}

static int64_t page_calls(void) { return z.allocs + z.frees + z.fails; }

static enum keel_status give(uint32_t on, uint64_t a)
{
  int64_t before = page_calls();
  uint64_t locks = taken;
  enum keel_status e = keel_cpu_free(&cpu[on], a);
  HOLDS(holds == 0);
  HOLDS(page_calls() == before || taken != locks);
  steps++;
  return e;
}

static uint64_t size_at(uint32_t on, uint64_t a)
{
  uint64_t n = keel_cpu_size(&cpu[on], a);
  HOLDS(holds == 0);
  return n;
}

static int take(uint32_t on, uint32_t size, uint64_t align, uint32_t flags)
{
  if (lives == LIVE) return 0;
  int64_t before = page_calls();
  uint64_t locks = taken;
  zeroed = 0;
  uint64_t a = align == 0 ? keel_cpu_alloc(&cpu[on], size, flags) : keel_cpu_alloc_aligned(&cpu[on], size, align, flags);
  HOLDS(holds == 0);
  HOLDS(page_calls() == before || taken != locks);
  steps++;
  int bad = flags > (KEEL_NOWAIT | KEEL_ZERO) || align > KEEL_KMALLOC_MAX || (align & (align - 1)) != 0;
  if (bad || size == 0 || size > KEEL_KMALLOC_MAX) {
    HOLDS(a == (size == 0 && !bad ? KEEL_ZERO_SIZE : 0));
    return 0;
  }
  HOLDS(zeroed == 0 || (a != 0 && (flags & KEEL_ZERO) != 0));
  if (a == 0) return 0;
  HOLDS(align == 0 || a % align == 0);
  HOLDS(size_at(on, a) >= size);
  size = (uint32_t)size_at(on, a); /* all of that is the caller's */
  HOLDS(a >= ADDR && a % CELL == 0 && a - ADDR + size <= pages * PAGE);
  HOLDS((flags & KEEL_ZERO) == 0 || zeroed == size);
  mark(a, size, 1);
  live[lives].a = a;
  live[lives].size = size;
  live[lives++].by = on;
  return 1;
}

static void drop(uint32_t on, uint32_t i)
{
  HOLDS(size_at(on, live[i].a) == live[i].size);
  HOLDS(give(on, live[i].a) == KEEL_OK);
  last = live[i].a;
  mark(live[i].a, live[i].size, 0);
  live[i] = live[--lives];
}

/* What is not live is not freed, whichever CPU is asked. */
static void refused(uint32_t on, uint64_t a)
{
  if (is_live(a) || a == 0 || a == KEEL_ZERO_SIZE) return;
  HOLDS(size_at(on, a) == 0);
  enum keel_status e = give(on, a);
  HOLDS(e != KEEL_OK);
  HOLDS((e == KEEL_OUT_OF_RANGE) == (a < ADDR || a - ADDR >= pages * PAGE));
}

static void drain(uint32_t on)
{
  HOLDS(keel_cpu_drain(&cpu[on]) == missed[on] && holds == 0);
}

/* Two frees at the same time, one by the CPU that has the object: each sees that it is in use.  Its slab may go, too. */
static void overlap(uint32_t other, uint32_t i, int shrink)
{
  uint32_t by = live[i].by;
  uint64_t a = live[i].a;
  if (cpu[by].m.s.map[(a - ADDR) / PAGE] == 0 || other == by) return; /* no object: a block */
  HOLDS(give(other, a) == KEEL_OK);
  HOLDS(keel_kfree(&cpu[by].m, a) == KEEL_OK);
  for (uint32_t c = 0; shrink && c < KEEL_KMALLOC_CLASSES; c++) keel_cache_shrink(&cpu[by].m.s, c);
  mark(a, live[i].size, 0);
  live[i] = live[--lives];
  missed[by]++;
  drain(by);
}

/* ---- operations ---- */

static uint32_t size_of(const struct record *r)
{
  switch (r->size % 8) {
  case 0: return r->n % 8193;
  case 1: return r->n * 8u;
  case 2: return 1024 + r->n % 3;
  case 3: return r->size < 16 ? KEEL_KMALLOC_MAX + r->n % 2 : 4096;
  default: return 1 + r->n % 300;
  }
}

static void operate(const struct record *r)
{
  uint32_t there = cpus - first, on = first + r->what / 16 % there, other = first + r->size % there, most = r->n % 300;
  TRACE("op %u on %u, size %u, n %u: %u live\n", r->what % 16, on, size_of(r), r->n, lives);
  switch (r->what % 16) {
  case 0:
  case 1:
  case 2: take(on, size_of(r), 0, 0); break;
  case 3: take(on, size_of(r), r->n % 5 < 2 ? 0 : ((uint64_t)1 << r->n / 5 % 24) + (r->n % 64 == 0), r->n % 6); break;
  case 4: while (most-- > 0 && take(on, 8u << r->size % 8, 0, 0)) {} break;
  case 5: while (steps < STEPS && take(on, size_of(r), 0, 0)) {} break;
  case 6:
  case 7: if (lives > 0) drop(on, r->n % lives); break;
  case 8: if (lives > 0) drop(on, lives - 1); break;
  case 9: /* all of one CPU's, on another */
    for (uint32_t i = lives; i-- > 0 && steps < STEPS;)
      if (live[i].by == on) drop(other, i);
    break;
  case 10: for (uint32_t i = lives; i-- > 0 && steps < STEPS;) if (i % (1 + r->n % 7) != 0) drop(on, i); break;
  case 11: refused(on, last); break;
  case 12: if (lives > 0) refused(on, live[r->n % lives].a + (r->size < 64 ? 1 + r->size % 7 : r->size < 128 ? 8u : live[r->n % lives].size)); break;
  case 13: refused(on, ADDR + (uint64_t)r->n * 64 + r->size % 64 - PAGE); break;
  case 14:
    if (r->size < 128 || lives == 0) drain(on);
    else overlap(on, r->n % lives, r->size % 2);
    break;
  default: /* the same one, on all */
    if (lives == 0) break;
    drop(on, r->n % lives);
    for (uint32_t i = first; i < cpus; i++) refused(i, last);
  }
}

static void bring_up(const struct record *r)
{
  cpus = 2 + r->what % (CPUS - 1);
  first = r->what >= 192;
  pages = 16 + r->n % (PAGES - 15);
  uint32_t slabs = r->size < 200 ? pages : 1 + r->size % 16;
  memset(used, 0, sizeof used);
  memset(held, 0, sizeof held);
  memset(missed, 0, sizeof missed);
  lives = steps = holds = 0;
  last = ADDR;
  HOLDS(keel_pages_init(&z, array_in(&rooms[0], KEEL_PAGES_WORDS(pages) * sizeof(uint64_t)), array_in(&rooms[1], KEEL_PAGES_TAGS(pages)),
                        array_in(&rooms[2], KEEL_PAGES_REFS(pages) * sizeof(int32_t)), 0, pages) == KEEL_OK);
  HOLDS(keel_pages_add(&z, 0, pages) == KEEL_OK);
  if (!cpu) cpu = malloc(CPUS * sizeof *cpu);
  HOLDS(cpu);
  uint8_t *owner = array_in(&rooms[3], pages);
  HOLDS(keel_cpus_init(&k, &z, ADDR, cpu, 0, owner) == KEEL_BAD_ARGUMENT && keel_cpus_init(&k, &z, ADDR, cpu, KEEL_CPUS_MAX + 1, owner) == KEEL_BAD_ARGUMENT);
  HOLDS(keel_cpus_init(&k, &z, ADDR, cpu, cpus, owner) == KEEL_OK);
  HOLDS(keel_cpu_init(&k, cpus, 0, 0, slabs, 0, 0) == KEEL_BAD_ARGUMENT && keel_cpu_init(&k, first, 0, 0, 0, 0, 0) == KEEL_BAD_ARGUMENT);
  for (uint32_t i = first; i < cpus; i++) {
    struct room *room = &rooms[4 + 4 * i];
    room[0].max = PAGES * sizeof(uint32_t);
    room[1].max = (1 + PAGES + KEEL_KMALLOC_CLASSES) * sizeof(struct keel_slab);
    room[2].max = KEEL_KMALLOC_CLASSES * sizeof(struct keel_cache);
    room[3].max = (1 + PAGES) * sizeof(struct keel_remote);
    HOLDS(keel_cpu_init(&k, i, array_in(&room[0], pages * sizeof(uint32_t)), array_in(&room[1], (1 + slabs + KEEL_KMALLOC_CLASSES) * sizeof(struct keel_slab)), slabs,
                        array_in(&room[2], KEEL_KMALLOC_CLASSES * sizeof(struct keel_cache)), array_in(&room[3], (1 + slabs) * sizeof(struct keel_remote))) == KEEL_OK);
    HOLDS(keel_cpu_init(&k, i, 0, 0, slabs, 0, 0) == KEEL_BUSY);
  }
}

static void finish(void)
{
  while (lives > 0) drop(first + lives % (cpus - first), lives - 1);
  for (uint32_t i = first; i < cpus; i++) drain(i);
  for (uint32_t i = first; i < cpus; i++) HOLDS(keel_slabs_check(&cpu[i].m.s));
  HOLDS(z.nr_free == pages);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  tracing = getenv("CPU_FUZZ_TRACE") != NULL;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct record r;
  if (size < RECORD || size > RECORDS * RECORD) return -1;
  memcpy(&r, data, sizeof r);
  bring_up(&r);
  for (size_t i = RECORD; i + RECORD <= size && steps < STEPS; i += RECORD) {
    memcpy(&r, data + i, sizeof r);
    operate(&r);
    if (i / RECORD % 16 == 0)
      for (uint32_t c = first; c < cpus; c++) HOLDS(keel_slabs_check(&cpu[c].m.s));
  }
  doing = "all operations";
  finish();
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
  return mutate_records(data, size, max_size, RECORD, seed);
}
