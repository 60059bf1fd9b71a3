// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the kernel tries with the MMU on: every page, what must be refused, mappings that must fault, and all at once on
   two CPUs. */
#include "kernel.h"

#define WINDOW ((uint64_t)1 << 37) /* virtual addresses where nothing is */
#define AREA 16u                   /* pages of an area; a guard page comes after each */
#define STEPS 60000u               /* of the stress, on each CPU */
#define SLOTS 512u

static uint64_t nr_free(void)
{
  struct keel_page_stats s;
  keel_lock(KEEL_LOCK_PAGES);
  keel_pages_stats(&pages, &s);
  keel_unlock(KEEL_LOCK_PAGES);
  return (uint64_t)s.nr_free;
}

static volatile uint64_t *word(uint64_t address) { return (volatile uint64_t *)address; }

static int inside(const struct ranges *r, uint64_t a)
{
  for (unsigned i = 0; i < r->n; i++) {
    if (r->at[i].first <= a && a + PAGE <= r->at[i].end) return 1;
  }
  return 0;
}

static int meets(const struct ranges *r, uint64_t a)
{
  for (unsigned i = 0; i < r->n; i++) {
    if (r->at[i].first < a + PAGE && a < r->at[i].end) return 1;
  }
  return 0;
}

/* ---- pages ---- */

/* Takes every page there is, writes to all of each, and reads it back when all are written. */
static void every_page(const struct machine *m)
{
  uint64_t before = nr_free(), last = 0, count = 0;
  int ram = 1, foreign = 0, kept = 1, freed = 1;
  for (keel_pfn_t p; (p = keel_pages_alloc(&pages, 0, KEEL_RAW)) >= 0; count++) {
    uint64_t a = (uint64_t)p * PAGE;
    ram &= inside(&m->ram, a);
    foreign |= meets(&m->taken, a) || (a < (uint64_t)kernel_end && (uint64_t)kernel_first < a + PAGE);
    if (!ram || foreign) break; /* better not write there */
    for (uint64_t i = 8; i < PAGE; i += 8) *word(a + i) = a ^ i;
    *word(a) = last;
    last = a;
  }
  check(ram && !foreign && count == before, "every free page is in RAM that is nobody's, and can be had");
  for (uint64_t a = last, next; a != 0; a = next) {
    next = *word(a);
    for (uint64_t i = 8; i < PAGE; i += 8) kept &= *word(a + i) == (a ^ i);
    freed &= keel_pages_free(&pages, (keel_pfn_t)(a / PAGE), KEEL_RAW) == KEEL_OK;
  }
  check(kept, "no page of them is another one, too");
  check(freed && nr_free() == before && keel_pages_check(&pages), "all of them go back");
}

static void bad_frees(const struct machine *m)
{
  keel_pfn_t kernel = (keel_pfn_t)((uint64_t)kernel_first / PAGE), p = keel_pages_alloc(&pages, 3, KEEL_RAW);
  enum keel_status of_kernel = kernel < pages.base ? KEEL_OUT_OF_RANGE : KEEL_RESERVED;
  check(p > 0 && keel_pages_free(&pages, p + 1, KEEL_RAW) == KEEL_NOT_HEAD, "the middle of a block is not freed");
  check(keel_pages_free(&pages, p, KEEL_SLAB) == KEEL_WRONG_KIND, "a block is not freed as another kind");
  check(keel_cpu_free(&cpu[0], (uint64_t)p * PAGE) == KEEL_WRONG_KIND, "a block of pages is not freed as an object");
  check(keel_pages_free(&pages, p, KEEL_RAW) == KEEL_OK && keel_pages_free(&pages, p, KEEL_RAW) == KEEL_ALREADY_FREE, "a block is freed once");
  check(keel_pages_free(&pages, kernel, KEEL_RAW) == of_kernel && keel_cpu_free(&cpu[0], (uint64_t)kernel_first) == of_kernel, "the kernel's own pages are not freed");
  check(keel_cpu_free(&cpu[0], m->device.at[0].first) == KEEL_OUT_OF_RANGE, "a device's address is not freed");

  uint64_t a = keel_cpu_alloc(&cpu[0], 100, KEEL_ZERO);
  check(a != 0 && keel_cpu_size(&cpu[0], a) == 112 && *word(a) == 0, "an object of 100 bytes has 112, zeroed");
  check(keel_cpu_free(&cpu[0], a + 8) == KEEL_NOT_HEAD && keel_cpu_free(&cpu[0], a + 111) == KEEL_NOT_HEAD, "the inside of an object is not freed");
  check(keel_pages_free(&pages, (keel_pfn_t)(a / PAGE), KEEL_RAW) != KEEL_OK, "a slab's page is not freed as a page");
  check(keel_cpu_free(&cpu[1], a) == KEEL_OK && keel_cpu_free(&cpu[0], a) == KEEL_ALREADY_FREE && keel_cpu_free(&cpu[1], a) == KEEL_ALREADY_FREE, "an object is freed once, on whatever CPU");
  check(keel_cpu_drain(&cpu[0]) == 0, "what another CPU freed is carried out");
}

/* ---- mappings ---- */

static uint64_t physical[3][AREA]; /* of each area, its pages */

static int map_area(uint64_t at, unsigned which)
{
  for (unsigned i = 0; i < AREA; i++) {
    keel_pfn_t p = keel_pages_alloc(&pages, 0, KEEL_VMALLOC);
    if (p < 0 || !map(at + i * PAGE, (uint64_t)p * PAGE, READ_WRITE)) return 0;
    physical[which][i] = (uint64_t)p * PAGE;
  }
#if FAULT_GUARD
  map(at + AREA * PAGE, physical[which][0], READ_WRITE);
#endif
  return 1;
}

static void unmap_area(uint64_t at)
{
  for (unsigned i = 0; i < AREA; i++) unmap(at + i * PAGE);
  for (unsigned i = 0; i < AREA; i++) flush(at + i * PAGE);
}

static int free_area(unsigned which)
{
  int good = 1;
  for (unsigned i = 0; i < AREA; i++) good &= keel_pages_free(&pages, (keel_pfn_t)(physical[which][i] / PAGE), KEEL_VMALLOC) == KEEL_OK;
  return good;
}

static void mappings(void)
{
  const uint64_t a = WINDOW, b = WINDOW + (AREA + 1) * PAGE;
  int same = 1, faults = 1, fresh = 1;
  check(machine_touch(0) && machine_touch(WINDOW), "a touch of what is not mapped faults, and is caught");
  check(!machine_touch((uint64_t)kernel_first) && machine_write((uint64_t)kernel_first), "the kernel's text can be read, and a write to it faults");
  if (!map_area(a, 0) || !map_area(b, 1)) die("no memory for two areas", a, b);
  for (uint64_t i = 0; i < AREA * PAGE; i += 8) *word(a + i) = i, *word(b + i) = ~i;
  for (uint64_t i = 0; i < AREA * PAGE; i += 8) same &= *word(physical[0][i / PAGE] + i % PAGE) == i && *word(physical[1][i / PAGE] + i % PAGE) == ~i;
  check(same, "areas of scattered pages are what was written through them");
  check(machine_touch(a + AREA * PAGE) && machine_touch(b + AREA * PAGE), "a touch of the guard page after an area faults");
  unmap_area(a);
  for (unsigned i = 0; i < AREA; i++) faults &= machine_touch(a + i * PAGE);
  check(faults, "a touch of a freed area faults");
  /* Other pages, at the same addresses: what a stale translation would not show. */
  if (!map_area(a, 2)) die("no memory for an area", a, 0);
  for (unsigned i = 0; i < AREA; i++) *word(physical[2][i]) = 1000 + i;
  for (unsigned i = 0; i < AREA; i++) fresh &= *word(a + i * PAGE) == 1000 + i;
  check(fresh, "a new area at the same place is its own pages");
  unmap_area(a);
  unmap_area(b);
  check(free_area(0) && free_area(1) && free_area(2) && keel_pages_check(&pages), "all pages of the areas go back");
}

/* ---- everything at once ---- */

struct slot {
  uint64_t at, bytes;
};
static struct side {
  struct slot slot[SLOTS];
  uint64_t random, wrong, refused, got;
  uint64_t box[64]; /* memory that the other CPU frees: single producer, single consumer */
  uint64_t put, taken;
} side[CPUS];
static unsigned arrived, cpus;

/* All CPUs come here before any goes on. */
static void meet(unsigned times)
{
  __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
  while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < times * cpus) {}
}

static uint64_t random_below(struct side *me, uint64_t n)
{
  me->random ^= me->random << 13; /* Marsaglia, Xorshift RNGs, 2003 */
  me->random ^= me->random >> 7;
  me->random ^= me->random << 17;
  return me->random % n;
}

/* The first and the last word of memory say what it is. */
static void mark(uint64_t at, uint64_t bytes)
{
  *word(at) = at ^ bytes;
  *word(at + bytes - 8) = at ^ bytes;
}

static int marked(uint64_t at, uint64_t bytes) { return *word(at) == (at ^ bytes) && *word(at + bytes - 8) == (at ^ bytes); }

static void give_up(unsigned me, uint64_t at)
{
  uint64_t bytes = keel_cpu_size(&cpu[me], at);
  side[me].wrong += bytes == 0 || !marked(at, bytes) || keel_cpu_free(&cpu[me], at) != KEEL_OK;
}

static void empty_box(unsigned me)
{
  struct side *other = &side[1 - me];
  for (uint64_t put = __atomic_load_n(&other->put, __ATOMIC_ACQUIRE); other->taken != put;) {
    give_up(me, other->box[other->taken % 64]);
    __atomic_store_n(&other->taken, other->taken + 1, __ATOMIC_RELEASE);
  }
}

static void stress(unsigned me)
{
  struct side *s = &side[me];
  s->random = 88172645463325252u + me;
  for (unsigned step = 0; step < STEPS; step++) {
    struct slot *x = &s->slot[random_below(s, SLOTS)];
    if (x->at == 0) {
      uint64_t bytes = random_below(s, 100) < 98 ? 1 + random_below(s, 2048) : 1 + random_below(s, 65536);
      x->at = random_below(s, 8) ? keel_cpu_alloc(&cpu[me], bytes, 0) : keel_cpu_alloc_aligned(&cpu[me], bytes, 64, 0);
      if (x->at == 0) {
        s->refused++;
        continue;
      }
      x->bytes = keel_cpu_size(&cpu[me], x->at);
      s->wrong += x->bytes < bytes;
      s->got++;
      mark(x->at, x->bytes);
    } else if (cpus > 1 && random_below(s, 4) == 0 && s->put - __atomic_load_n(&s->taken, __ATOMIC_ACQUIRE) < 64) {
      s->box[s->put % 64] = x->at;
      __atomic_store_n(&s->put, s->put + 1, __ATOMIC_RELEASE);
      x->at = 0;
    } else {
      s->wrong += !marked(x->at, x->bytes);
      give_up(me, x->at);
      x->at = 0;
    }
    if (cpus > 1 && step % 16 == 0) empty_box(me);
  }
}

static void let_go(unsigned me)
{
  for (unsigned i = 0; i < SLOTS; i++) {
    if (side[me].slot[i].at != 0) give_up(me, side[me].slot[i].at);
    side[me].slot[i].at = 0;
  }
  if (cpus > 1) empty_box(me);
}

void cpu_main(unsigned me)
{
  meet(1);
  stress(me);
  meet(2); /* CPU 0 reports */
  meet(3);
  let_go(me);
  meet(4);
  for (;;) {}
}

static char text[512 * (KEEL_KMALLOC_CLASSES + 1)];

/* /proc/buddyinfo and /proc/slabinfo, with Linux's names. */
static void report(void)
{
  static char name[KEEL_KMALLOC_CLASSES][16];
  const char *names[KEEL_KMALLOC_CLASSES];
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) {
    struct keel_slab_stats s;
    keel_cache_stats(&cpu[0].m.s, c, &s);
    memcpy(name[c], "kmalloc-", 8);
    unsigned n = 8;
    for (uint32_t ten = 1000; ten > 0; ten /= 10) {
      if (s.size >= ten) name[c][n++] = (char)('0' + s.size / ten % 10);
    }
    name[c][n] = 0;
    names[c] = name[c];
  }
  keel_pages_report(&pages, "pages", text, sizeof text);
  say("%s", text);
  keel_slabs_report(&cpu[0].m.s, names, text, sizeof text);
  say("%s", text);
}

static void both(const struct machine *m)
{
  uint64_t before = nr_free();
  cpus = 1;
  if (m->cpus > 1) {
    cpus = 2;
    if (!machine_start(m->cpu[1], page_table)) die("the second CPU does not start", m->cpu[1], 0);
  }
  meet(1);
  stress(0);
  meet(2);
  report();
  meet(3);
  let_go(0);
  meet(4);
  for (unsigned i = 0; i < cpus; i++) say("# CPU %u: %u allocated, %u refused, %u wrong\n", (uint64_t)i, side[i].got, side[i].refused, side[i].wrong);
  check(side[0].got > STEPS / 4 && side[0].wrong == 0 && side[0].refused == 0, "the first CPU found all its memory as it left it");
  if (cpus > 1) check(side[1].got > STEPS / 4 && side[1].wrong == 0 && side[1].refused == 0, "so did the second");
  int missed = 0, good = 1;
  for (unsigned i = 0; i < CPUS; i++) {
    missed |= keel_cpu_drain(&cpu[i]) != 0;
    good &= keel_slabs_check(&cpu[i].m.s);
  }
  check(!missed, "nothing was freed twice");
  check(good && keel_pages_check(&pages), "slabs and pages are well formed");
  check(nr_free() == before, "every page is free again");
}

void tests(const struct machine *m)
{
  every_page(m);
  bad_frees(m);
  mappings();
  both(m);
}
