// SPDX-License-Identifier: MIT OR Apache-2.0
/* From the machine's memory map to Keel's instances, and page tables in pages of Keel's. */
#include "kernel.h"

struct keel_pages pages;
struct keel_cpu cpu[CPUS];
struct keel_vm vm;
uint64_t page_table;
uint32_t map_fails;

static struct keel_cpus all;

/* ---- hooks ---- */

void keel_zero(uint64_t a, uint64_t bytes)
{
  volatile uint8_t *p = (volatile uint8_t *)a;
  while (bytes--) *p++ = 0;
}

void keel_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
  memcpy((void *)to, (const void *)from, bytes);
}

static unsigned char locks[KEEL_LOCK_PAGES + 1u];

void keel_lock(uint32_t lock)
{
  while (__atomic_test_and_set(&locks[lock], __ATOMIC_ACQUIRE)) {}
}

void keel_unlock(uint32_t lock)
{
  __atomic_clear(&locks[lock], __ATOMIC_RELEASE);
}

/* ---- page tables ---- */

/* The entry of the page at this address; 0 if there is no table for it, or no memory for one. */
static uint64_t *entry(uint64_t address, int make)
{
  uint64_t *table = (uint64_t *)page_table;
  for (unsigned level = ARCH_LEVELS - 1; level > 0; level--) {
    uint64_t *e = &table[address >> (12 + 9 * level) & 511];
    if (!(*e & ARCH_VALID)) {
      if (!make) return 0;
      keel_pfn_t page = keel_pages_alloc(&pages, 0, KEEL_RAW);
      if (page < 0) return 0;
      keel_zero((uint64_t)page * PAGE, PAGE);
      *e = ARCH_TABLE((uint64_t)page * PAGE);
    }
    table = (uint64_t *)ARCH_ADDRESS(*e);
  }
  return &table[address >> 12 & 511];
}

int map(uint64_t address, uint64_t physical, enum access access)
{
  uint64_t *e = entry(address, 1);
  if (!e) return 0;
  *e = access == READ_EXECUTE ? ARCH_TEXT(physical) : access == READ_WRITE ? ARCH_DATA(physical) : ARCH_DEVICE(physical);
  ARCH_WRITTEN();
  return 1;
}

uint64_t entry_at(uint64_t address)
{
  const uint64_t *e = entry(address, 0);
  return e ? *e : 0;
}

/* ---- vmalloc's hooks: they are called with KEEL_LOCK_PAGES held, and need no page ---- */

int keel_map(const struct keel_vm *v, int64_t vpn, keel_pfn_t pfn)
{
  (void)v;
  if (map_fails > 0 && --map_fails == 0) return 0;
  *entry((uint64_t)vpn * PAGE, 0) = ARCH_DATA((uint64_t)pfn * PAGE);
#if FAULT_GUARD
  *entry((uint64_t)(vpn + 1) * PAGE, 0) = ARCH_DATA((uint64_t)pfn * PAGE);
#endif
  ARCH_WRITTEN();
  return 1;
}

void keel_unmap(const struct keel_vm *v, int64_t vpn, uint32_t n)
{
  (void)v;
#if FAULT_UNMAP
  n = 0;
#endif
  for (uint32_t i = 0; i < n; i++) *entry((uint64_t)(vpn + i) * PAGE, 0) = 0;
  ARCH_WRITTEN();
}

/* Everything goes, as this is for up to KEEL_VM_BACKLOG areas at once. */
void keel_flush(const struct keel_vm *v, int64_t vpn, uint32_t n)
{
  (void)v, (void)vpn, (void)n;
#if FAULT_REMOTE
  machine_flush_here();
#elif !FAULT_FLUSH
  machine_flush();
#endif
}

/* ---- the memory map ---- */

static uint64_t up(uint64_t x, uint64_t to) { return (x + to - 1) / to * to; }

/* The lowest place for this many bytes in RAM that nobody has; it is taken then. */
static void *place(const struct machine *m, struct ranges *taken, uint64_t bytes)
{
  for (unsigned i = 0; i < m->ram.n; i++) {
    uint64_t at = up(m->ram.at[i].first, PAGE);
    for (unsigned j = 0; j < taken->n; j++) {
      if (at < taken->at[j].end && taken->at[j].first < at + bytes) {
        at = up(taken->at[j].end, PAGE);
        j = ~0u; /* from the beginning */
      }
    }
    if (at + bytes <= m->ram.at[i].end) {
      ranges_add(taken, at, up(bytes, PAGE));
      return (void *)at;
    }
  }
  die("not enough memory for what Keel keeps about it", 0, bytes);
}

/* Whether the page at address a lies in RAM that nobody has. */
static int usable(const struct machine *m, const struct ranges *taken, uint64_t a)
{
  int ram = 0;
  for (unsigned i = 0; i < m->ram.n; i++) ram |= m->ram.at[i].first <= a && a + PAGE <= m->ram.at[i].end;
  for (unsigned j = 0; j < taken->n; j++) ram &= a + PAGE <= taken->at[j].first || taken->at[j].end <= a;
  return ram;
}

static void need(enum keel_status e, const char *what)
{
  if (e != KEEL_OK) die(what, 0, (uint64_t)-(int64_t)e);
}

void memory_begin(const struct machine *m)
{
  uint64_t first = ~(uint64_t)0, end = 0;
  for (unsigned i = 0; i < m->ram.n; i++) {
    say("# RAM      %x .. %x\n", m->ram.at[i].first, m->ram.at[i].end);
    if (m->ram.at[i].first < first) first = m->ram.at[i].first;
    if (m->ram.at[i].end > end) end = m->ram.at[i].end;
  }
  struct ranges taken = m->taken;
  ranges_add(&taken, (uint64_t)kernel_first, (uint64_t)(kernel_end - kernel_first));
  for (unsigned i = 0; i < taken.n; i++) say("# taken    %x .. %x\n", taken.at[i].first, taken.at[i].end);

  /* The instance begins at a multiple of 1024 pages: what lies between that and RAM is reserved, as all holes are.  It does
     not begin at address 0, which is no memory's. */
  uint64_t base = first / PAGE / KEEL_PAGES_GRANULE * KEEL_PAGES_GRANULE;
  if (base == 0) base = KEEL_PAGES_GRANULE;
  uint32_t n = (uint32_t)(end / PAGE - base);
  uint64_t *words = place(m, &taken, KEEL_PAGES_WORDS(n) * sizeof *words);
  uint8_t *tags = place(m, &taken, KEEL_PAGES_TAGS(n));
  int32_t *refs = place(m, &taken, KEEL_PAGES_REFS(n) * sizeof *refs);
  uint8_t *owner = place(m, &taken, n);
  need(keel_pages_init(&pages, words, tags, refs, (keel_pfn_t)base, n), "keel_pages_init");
  need(keel_cpus_init(&all, &pages, base * PAGE, cpu, CPUS, owner), "keel_cpus_init");
  uint32_t slabs = n / 4u;
  for (unsigned i = 0; i < CPUS; i++) {
    uint32_t *of = place(m, &taken, n * sizeof *of);
    struct keel_slab *slab = place(m, &taken, (1u + slabs + KEEL_KMALLOC_CLASSES) * sizeof *slab);
    struct keel_cache *cache = place(m, &taken, KEEL_KMALLOC_CLASSES * sizeof *cache);
    struct keel_remote *remote = place(m, &taken, (1u + slabs) * sizeof *remote);
    need(keel_cpu_init(&all, i, of, slab, slabs, cache, remote), "keel_cpu_init");
  }
  for (uint64_t p = base, q; p < base + n; p = q + 1) {
    for (q = p; q < base + n && usable(m, &taken, q * PAGE); q++) {}
    if (q > p) need(keel_pages_add(&pages, (keel_pfn_t)p, (uint32_t)(q - p)), "keel_pages_add");
  }

  if (!(page_table = (uint64_t)keel_pages_alloc(&pages, 0, KEEL_RAW) * PAGE)) die("no page", 0, 0);
  keel_zero(page_table, PAGE);
  int good = 1;
  for (unsigned i = 0; i < m->ram.n; i++) {
    for (uint64_t a = up(m->ram.at[i].first, PAGE); a + PAGE <= m->ram.at[i].end; a += PAGE)
      good &= map(a, a, (uint64_t)kernel_first <= a && a < (uint64_t)text_end ? READ_EXECUTE : READ_WRITE);
  }
  for (unsigned i = 0; i < m->device.n; i++) {
    for (uint64_t a = m->device.at[i].first; a < m->device.at[i].end; a += PAGE) good &= map(a, a, DEVICE);
  }
  /* All of the window's tables, so that keel_map wants no page. */
  for (uint64_t i = 0; i < WINDOW_PAGES; i++) good &= entry(WINDOW + i * PAGE, 1) != 0;
  if (!good) die("no page for a page table", 0, 0);
  machine_paging(page_table);

  static uint32_t tree[KEEL_RANGE_TREE(WINDOW_PAGES)], gap[KEEL_RANGE_GAPS(WINDOW_PAGES)], page[WINDOW_PAGES];
  static uint64_t ends[KEEL_RANGE_ENDS(WINDOW_PAGES)];
  static int32_t marks[WINDOW_PAGES];
  need(keel_vm_init(&vm, &pages, tree, gap, ends, marks, page, (int64_t)(WINDOW / PAGE), WINDOW_PAGES), "keel_vm_init");
}
