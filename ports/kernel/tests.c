// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the kernel tries with the MMU on: every page, what must be refused, areas of vmalloc and touches that must fault, and
   all at once on two CPUs. */
#include "kernel.h"

#define FIRST ((int64_t)(WINDOW / PAGE)) /* virtual page of the window */
#define AREA 16u                         /* pages of an area; a guard page comes after each */
#define STEPS 60000u                     /* of the stress, on each CPU */
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

/* ---- areas of vmalloc ---- */

static uint64_t address(int64_t vpn) { return (uint64_t)vpn * PAGE; }

/* Where the page at a virtual page is without its mapping. */
static uint64_t physical(int64_t vpn) { return (uint64_t)keel_vmalloc_to_page(&vm, vpn) * PAGE; }

/* Pages of an area, or of where one was, of which a touch faults. */
static unsigned faults(int64_t vpn)
{
  unsigned n = 0;
  for (unsigned i = 0; i < AREA; i++) n += machine_touch(address(vpn + i)) != 0;
  return n;
}

/* Fails keel_map at each page of an area; answers whether every time all is as before. */
static int failed_maps_are_undone(int64_t place)
{
  static uint64_t was[WINDOW_PAGES];
  uint64_t free = nr_free();
  int good = 1;
  for (unsigned i = 0; i < WINDOW_PAGES; i++) was[i] = entry_at(WINDOW + i * PAGE);
  for (uint32_t k = 1; k <= AREA; k++) {
    map_fails = k;
    good &= keel_vmalloc(&vm, AREA, 0) == KEEL_NOT_MAPPED && map_fails == 0 && nr_free() == free && faults(place) == AREA;
    for (unsigned i = 0; i < WINDOW_PAGES; i++) good &= was[i] == entry_at(WINDOW + i * PAGE);
  }
  return good;
}

static void areas(void)
{
  uint64_t before = nr_free();
  int same = 1, zero = 1, scattered = 0, held = 1, unmapped = 1, fresh = 1, freed = 1;
  check(machine_touch(0) && machine_touch(WINDOW), "a touch of what is not mapped faults, and is caught");
  check(!machine_touch((uint64_t)kernel_first) && machine_write((uint64_t)kernel_first), "the kernel's text can be read, and a write to it faults");

  /* Of a block every second page is free: areas get pages that are not adjacent. */
  keel_pfn_t block = keel_pages_alloc(&pages, 6, KEEL_RAW);
  if (keel_pages_split(&pages, block, KEEL_RAW) != KEEL_OK) die("no block of 64 pages", 0, 0);
  for (unsigned i = 0; i < 64; i += 2) freed &= keel_pages_free(&pages, block + i, KEEL_RAW) == KEEL_OK;
  int64_t a = keel_vmalloc(&vm, AREA, 0), b = keel_vzalloc(&vm, AREA, 0);
  if (a < 0 || b < 0) die("no two areas", (uint64_t)-a, (uint64_t)-b);
  check(a == FIRST && b == a + AREA + 1, "areas are at the lowest places, with a guard page after each");
  check(keel_vsize(&vm, a) == AREA && keel_vsize(&vm, a + 1) == 0 && keel_vsize(&vm, a + AREA) == 0, "the size of an area is known at its first page");
  check(keel_vm_find(&vm, b + AREA - 1) == b && keel_vm_find(&vm, b + AREA) == KEEL_NOT_MAPPED && keel_vm_walk(&vm, a + 1) == b, "an area is found from any of its pages");
  for (unsigned i = 1; i < AREA; i++) scattered |= physical(a + i) != physical(a + i - 1) + PAGE;
  for (uint64_t i = 0; i < AREA * PAGE; i += 8) zero &= *word(address(b) + i) == 0;
  check(zero, "an area of keel_vzalloc is zeroed");
  for (uint64_t i = 0; i < AREA * PAGE; i += 8) *word(address(a) + i) = i, *word(address(b) + i) = ~i;
  for (uint64_t i = 0; i < AREA * PAGE; i += 8) {
    int64_t page = (int64_t)(i / PAGE);
    same &= *word(physical(a + page) + i % PAGE) == i && *word(physical(b + page) + i % PAGE) == ~i;
  }
  check(scattered && same, "areas of scattered pages are what was written through them");
  check(machine_touch(address(a + AREA)) && machine_touch(address(b + AREA)), "a touch of the guard page after an area faults");
  check(keel_vmalloc_to_page(&vm, a + AREA) == KEEL_NOT_MAPPED && keel_vmalloc_to_page(&vm, FIRST - 1) == KEEL_OUT_OF_RANGE, "a guard page has no page, nor has what is outside the window");
  check(keel_vfree(&vm, FIRST - 1) == KEEL_OUT_OF_RANGE && keel_vfree(&vm, FIRST + WINDOW_PAGES) == KEEL_OUT_OF_RANGE, "what is outside the window is not freed");
  check(keel_vfree(&vm, a + 1) == KEEL_NOT_HEAD && keel_vfree(&vm, a + AREA - 1) == KEEL_NOT_HEAD, "the inside of an area is not freed");
  check(keel_vfree(&vm, a + AREA) == KEEL_NOT_HEAD && keel_vfree(&vm, b + AREA + 1) == KEEL_NOT_HEAD, "nor is a guard page, nor where no area is");

  int64_t next = b + AREA + 1;
  check(failed_maps_are_undone(next), "when a page cannot be mapped the area is refused, and all is as before");
  int64_t c = keel_vmalloc(&vm, AREA, 0);
  check(c == next, "the next area gets the place of those that were refused");

  /* With a reference of ours the old pages stay: a new area has others. */
  keel_pfn_t old[AREA];
  for (unsigned i = 0; i < AREA; i++) {
    old[i] = keel_vmalloc_to_page(&vm, a + i);
    held &= keel_pages_get(&pages, old[i]) == KEEL_OK;
  }
  check(keel_vfree(&vm, a) == KEEL_OK && keel_vfree(&vm, a) == KEEL_ALREADY_FREE, "an area is freed once");
  for (unsigned i = 0; i < AREA; i++) unmapped &= entry_at(address(a + i)) == 0 && keel_vmalloc_to_page(&vm, a + i) == KEEL_NOT_MAPPED;
  check(unmapped && keel_vsize(&vm, a) == 0, "a freed area is unmapped at once");
  int64_t d = keel_vmalloc(&vm, AREA, 0);
  check(d == c + AREA + 1 && nr_free() == before - 32 - 4 * AREA, "before a purge its place and its pages are nobody else's");
  keel_vm_purge(&vm);
  check(faults(a) == AREA, "a touch of a freed area faults after the purge");
  check(keel_vfree(&vm, a) == KEEL_NOT_HEAD, "after the purge there is nothing to be freed");

  int64_t e = keel_vmalloc(&vm, AREA, 0);
  for (unsigned i = 0; i < AREA; i++) *word(physical(e + i)) = 1000 + i;
  for (unsigned i = 0; i < AREA; i++) fresh &= *word(address(e + i)) == 1000 + i && *word((uint64_t)old[i] * PAGE) == i * PAGE;
  check(e == a && fresh, "a new area at the same place is its own pages");

  for (unsigned i = 0; i < AREA; i++) held &= keel_pages_put(&pages, old[i], KEEL_VMALLOC) == KEEL_OK;
  freed &= keel_vfree(&vm, b) == KEEL_OK && keel_vfree(&vm, c) == KEEL_OK && keel_vfree(&vm, d) == KEEL_OK && keel_vfree(&vm, e) == KEEL_OK;
  keel_vm_purge(&vm);
  for (unsigned i = 1; i < 64; i += 2) freed &= keel_pages_free(&pages, block + i, KEEL_RAW) == KEEL_OK;
  check(held && freed && nr_free() == before && keel_pages_check(&pages), "all pages of the areas go back");
}

/* ---- everything at once ---- */

struct slot {
  uint64_t at, bytes;
};
static struct side {
  struct slot slot[SLOTS];
  uint64_t random, wrong, refused, got, areas;
  uint64_t box[64]; /* memory that the other CPU frees: single producer, single consumer */
  uint64_t put, taken;
} side[CPUS];
static unsigned arrived, cpus;
static int64_t shared; /* an area that both CPUs touch */
static unsigned faults_before, faults_after; /* of the second CPU, before the area is freed and after the purge */

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

/* The last word of memory, and one each page, say what it is. */
static void mark(uint64_t at, uint64_t bytes)
{
  for (uint64_t i = 0; i < bytes; i += PAGE) *word(at + i) = at ^ bytes;
  *word(at + bytes - 8) = at ^ bytes;
}

static int marked(uint64_t at, uint64_t bytes)
{
  for (uint64_t i = 0; i < bytes; i += PAGE) {
    if (*word(at + i) != (at ^ bytes)) return 0;
  }
  return *word(at + bytes - 8) == (at ^ bytes);
}

/* Areas are what lies in the window; all else is kmalloc's. */
static uint64_t size_of(unsigned me, uint64_t at)
{
  if (at < WINDOW) return keel_cpu_size(&cpu[me], at);
  keel_lock(KEEL_LOCK_PAGES);
  uint64_t n = keel_vsize(&vm, (int64_t)(at / PAGE));
  keel_unlock(KEEL_LOCK_PAGES);
  return n * PAGE;
}

static uint64_t get_area(uint32_t n)
{
  keel_lock(KEEL_LOCK_PAGES);
  int64_t vpn = keel_vmalloc(&vm, n, 0);
  keel_unlock(KEEL_LOCK_PAGES);
  return vpn < 0 ? 0 : address(vpn);
}

static enum keel_status let_free(unsigned me, uint64_t at)
{
  if (at < WINDOW) return keel_cpu_free(&cpu[me], at);
  keel_lock(KEEL_LOCK_PAGES);
  enum keel_status e = keel_vfree(&vm, (int64_t)(at / PAGE));
  keel_unlock(KEEL_LOCK_PAGES);
  return e;
}

static void give_up(unsigned me, uint64_t at)
{
  uint64_t bytes = size_of(me, at);
  side[me].wrong += bytes == 0 || !marked(at, bytes) || let_free(me, at) != KEEL_OK;
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
      if (random_below(s, 16) == 0) {
        bytes = (1 + random_below(s, 8)) * PAGE;
        x->at = get_area((uint32_t)(bytes / PAGE));
        s->areas += x->at != 0;
      } else {
        x->at = random_below(s, 8) ? keel_cpu_alloc(&cpu[me], bytes, 0) : keel_cpu_alloc_aligned(&cpu[me], bytes, 64, 0);
      }
      if (x->at == 0) {
        s->refused++;
        continue;
      }
      x->bytes = size_of(me, x->at);
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
  faults_before = faults(shared);
  meet(2); /* CPU 0 frees it */
  meet(3);
  faults_after = faults(shared);
  meet(4);
  stress(me);
  meet(5); /* CPU 0 reports */
  meet(6);
  let_go(me);
  meet(7);
  for (;;) {}
}

static char text[512 * (KEEL_KMALLOC_CLASSES + 1)];

/* /proc/buddyinfo, /proc/slabinfo and /proc/vmallocinfo, with Linux's names. */
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
  keel_vm_report(&vm, text, sizeof text);
  say("%s", text);
}

static void both(const struct machine *m)
{
  uint64_t before = nr_free();
  shared = keel_vmalloc(&vm, AREA, 0);
  cpus = 1;
  if (m->cpus > 1) {
    cpus = 2;
    if (!machine_start(m->cpu[1], page_table)) die("the second CPU does not start", m->cpu[1], 0);
  }
  meet(1);
  meet(2);
  int freed = keel_vfree(&vm, shared) == KEEL_OK;
  keel_vm_purge(&vm);
  meet(3);
  meet(4);
  if (cpus > 1) check(freed && faults_before == 0 && faults_after == AREA, "an area that one CPU freed faults on the other after the purge");
  stress(0);
  meet(5);
  report();
  meet(6);
  let_go(0);
  meet(7);
  keel_vm_purge(&vm);
  for (unsigned i = 0; i < cpus; i++) say("# CPU %u: %u allocated, %u of them areas, %u refused, %u wrong\n", (uint64_t)i, side[i].got, side[i].areas, side[i].refused, side[i].wrong);
  check(side[0].got > STEPS / 4 && side[0].areas > STEPS / 64 && side[0].wrong == 0 && side[0].refused == 0, "the first CPU found all its memory as it left it");
  if (cpus > 1) check(side[1].got > STEPS / 4 && side[1].areas > STEPS / 64 && side[1].wrong == 0 && side[1].refused == 0, "so did the second");
  int missed = 0, good = 1;
  for (unsigned i = 0; i < CPUS; i++) {
    missed |= keel_cpu_drain(&cpu[i]) != 0;
    good &= keel_slabs_check(&cpu[i].m.s);
  }
  check(!missed, "nothing was freed twice");
  check(good && keel_vm_check(&vm) && keel_pages_check(&pages), "slabs, areas and pages are well formed");
  check(nr_free() == before, "every page is free again");
}

void tests(const struct machine *m)
{
  every_page(m);
  bad_frees(m);
  areas();
  both(m);
}
