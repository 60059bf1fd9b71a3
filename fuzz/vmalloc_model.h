// SPDX-License-Identifier: MIT OR Apache-2.0
/* The model that vmalloc's test and its fuzzer share: a page table, what the CPUs may still have of it, who has which page, areas
   that are live and that wait for a flush.  Its hooks refuse what must not happen; its calls are vmalloc's and the page layer's,
   each with what core/vmalloc.h says of it.

   Who includes it has included keel.h, and defined HOLDS(condition), SAME(number, number) and PAGES_GOOD(instance). */
#ifndef KEEL_FUZZ_VMALLOC_MODEL_H
#define KEEL_FUZZ_VMALLOC_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define VPN ((int64_t)0x7ff001) /* first virtual page of most arenas */
#define HIGHEST (KEEL_PFN_MAX - (int64_t)KEEL_RANGE_MAX)
#define PFN ((keel_pfn_t)7 * 1024) /* first page of the page instance */
#define PFNS 1024u
#define MOST 1000u /* virtual pages */
#define FAR ((int64_t)0x100000000) /* off by this, a vpn is the same in 32 bits */
#define NONE ((int64_t)-1)
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OK(call) SAME((call), KEEL_OK)

/* ---- what is tested: an arena and its page instance ---- */

static struct keel_pages z;
static uint64_t words[KEEL_PAGES_WORDS(PFNS)];
static uint8_t tags[KEEL_PAGES_TAGS(PFNS)];
static int32_t refs[KEEL_PAGES_REFS(PFNS)];
static struct keel_vm vm;
static uint32_t *tree, *gap, *page;
static uint64_t *ends;
static int32_t *mark;

/* ---- the model ---- */

static uint32_t size;                      /* virtual pages of the arena                                    */
static int64_t base;                       /* the first of them                                             */
static int64_t table[MOST], cached[MOST];  /* pfn that is mapped there; that a CPU may take to be           */
static uint32_t user[PFNS];                /* 1 + page of the arena that is mapped, or cached, to this page */
static uint32_t area[MOST], length[MOST];  /* 1 + first page of the area, its guard included; its pages     */
static int64_t back[MOST];                 /* pfn that belongs to a page of an area                         */
static int dead[MOST];                     /* the area that begins there waits for a purge                  */
static uint32_t nr_dead;
static int64_t nr_free, added;             /* pages of the page instance: now, and in the beginning         */
static int32_t held[PFNS];                 /* references that the test has taken                            */
static int others[PFNS];                   /* the page is in a block of somebody else                       */
static struct block {
  keel_pfn_t pfn;
  uint32_t order, kind;
} block[PFNS];                             /* blocks of somebody else                                       */
static uint32_t nr_blocks;

static uint32_t map_from, map_to;          /* pages of the arena that the running call may map              */
static uint32_t fail_at;                   /* the keel_map that fails, counted from 1; 0: none              */
static uint32_t maps, unmaps, flushes;     /* calls: of keel_map those of the last allocation               */
static uint32_t zeroes;                    /* calls, and what the last was for                              */
static uint64_t zeroed, zeroed_bytes;

/* A page that can be reached, or is shared, is one of vmalloc's; answers its references. */
static int32_t ours(keel_pfn_t pfn)
{
  struct keel_block b;
  OK(keel_pages_block(&z, pfn, &b));
  SAME(b.pfn, pfn);
  SAME(b.order, 0);
  SAME(b.state, KEEL_PAGE_LIVE);
  SAME(b.kind, KEEL_VMALLOC);
  return b.refs;
}

static void all_ours(void)
{
  for (uint32_t q = 0; q < size; q++) {
    if (table[q] != NONE) SAME(cached[q], table[q]);
    if (cached[q] != NONE) ours(cached[q]);
  }
}

/* Nobody can reach this page. */
static void unreachable(keel_pfn_t pfn)
{
  HOLDS(pfn >= PFN && pfn < PFN + PFNS);
  SAME(user[pfn - PFN], 0);
  SAME(held[pfn - PFN], 0);
  SAME(others[pfn - PFN], 0);
}

static uint32_t inside(const struct keel_vm *v, int64_t vpn, uint32_t pages)
{
  HOLDS(v == &vm);
  HOLDS(vpn >= base && vpn <= base + size && pages <= base + size - vpn);
  return (uint32_t)(vpn - base);
}

int keel_map(const struct keel_vm *v, int64_t vpn, keel_pfn_t pfn)
{
  uint32_t q = inside(v, vpn, 1);
  maps++;
  HOLDS(map_from <= q && q < map_to); /* so no guard */
  SAME(table[q], NONE);
  SAME(cached[q], NONE);
  unreachable(pfn);
  ours(pfn);
  if (maps == fail_at) return 0;
  table[q] = cached[q] = back[q] = pfn;
  user[pfn - PFN] = q + 1;
  return 1;
}

void keel_unmap(const struct keel_vm *v, int64_t vpn, uint32_t pages)
{
  uint32_t from = inside(v, vpn, pages);
  unmaps++;
  for (uint32_t q = from; q < from + pages; q++) {
    HOLDS(table[q] != NONE);
    ours(table[q]);
    table[q] = NONE;
  }
}

void keel_flush(const struct keel_vm *v, int64_t vpn, uint32_t pages)
{
  uint32_t from = inside(v, vpn, pages);
  flushes++;
  all_ours(); /* not even those that are about to go are free yet */
  for (uint32_t q = from; q < from + pages; q++) {
    if (table[q] != NONE || cached[q] == NONE) continue;
    user[cached[q] - PFN] = 0;
    cached[q] = NONE;
  }
}

void keel_zero(uint64_t a, uint64_t bytes)
{
  zeroes++;
  zeroed = a;
  zeroed_bytes = bytes;
  SAME(a % PAGE, 0);
  SAME(bytes % PAGE, 0);
  uint32_t from = inside(&vm, (int64_t)(a / PAGE), (uint32_t)(bytes / PAGE));
  for (uint32_t q = from; q < from + (uint32_t)(bytes / PAGE); q++) HOLDS(table[q] != NONE);
}

void keel_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
  (void)to, (void)from, (void)bytes;
  HOLDS(0 && "nothing is copied");
}

/* The lowest place for k pages; size if there is none. */
static uint32_t place(uint32_t k)
{
  for (uint32_t q = 0, run = 0; q < size; q++) {
    run = area[q] ? 0 : run + 1;
    if (run == k) return q + 1 - k;
  }
  return size;
}

enum why { ASKED, BACKLOG, FOR_PAGES, FOR_A_PLACE, REASONS };
static uint32_t purges[REASONS];

/* What a purge does to the model; answers how many flushes that takes. */
static uint32_t model_purge(enum why why)
{
  if (nr_dead == 0) return 0;
  purges[why]++;
  for (uint32_t p = 0; p < size; p++) {
    if (!dead[p]) continue;
    for (uint32_t q = p; q < p + length[p]; q++) {
      if (held[back[q] - PFN] == 0) nr_free++;
      back[q] = NONE;
    }
    for (uint32_t q = p; q <= p + length[p]; q++) area[q] = 0;
    length[p] = 0;
    dead[p] = 0;
  }
  nr_dead = 0;
  return 1;
}

static int begins(uint32_t q)
{
  return area[q] == q + 1;
}

/* What is told of virtual pages, of areas and gaps in their order, and of all. */
static void check_info(void)
{
  struct keel_vmalloc_stats t, want = {0, 0, 0, 0, 0, 0, 0};
  int64_t at = keel_vm_walk(&vm, INT64_MIN);
  for (uint32_t q = 0, run = 0; q < size; q++) {
    run = area[q] ? 0 : run + 1;
    if (run == 1) want.gaps++;
    if (run != 0) want.vacant++;
    if (run > want.largest) want.largest = run;
    if (run == 1 || (run != 0 && (q + 1 == size || area[q + 1]))) SAME(keel_vm_find(&vm, base + q), KEEL_NOT_MAPPED);
    if (!begins(q)) continue;
    int live = !dead[q];
    SAME(keel_vm_find(&vm, base + q), live ? base + q : KEEL_NOT_MAPPED);
    SAME(keel_vm_find(&vm, base + q + length[q] - 1), live ? base + q : KEEL_NOT_MAPPED);
    SAME(keel_vm_find(&vm, base + q + length[q]), KEEL_NOT_MAPPED);
    if (live) {
      SAME(at, base + q);
      at = keel_vm_walk(&vm, at + 1);
    }
    *(live ? &want.areas : &want.waiting) += 1;
    *(live ? &want.pages : &want.waiting_pages) += length[q];
  }
  SAME(at, KEEL_OUT_OF_RANGE);
  memset(&t, 0x5a, sizeof t);
  keel_vm_stats(&vm, &t);
  HOLDS(memcmp(&t, &want, sizeof t) == 0);
}

/* The report, all of it and cut short after so many bytes. */
static void check_report(size_t bytes)
{
  static char want[80 * MOST], got[sizeof want];
  size_t n = 0;
  for (uint32_t q = 0; q < size; q++) {
    if (!begins(q)) continue;
    unsigned long long from = ((unsigned long long)base + q) * PAGE, whole = (length[q] + 1) * PAGE, end = from + whole;
    const char *carry = end == 0 ? "0x1" : "0x"; /* it may be 2^64 */
    n += (size_t)snprintf(want + n, sizeof want - n, "0x%016llx-%s%016llx %7llu", from, carry, end, whole);
    n += (size_t)(dead[q] ? snprintf(want + n, sizeof want - n, " unpurged vm_area\n") : snprintf(want + n, sizeof want - n, " pages=%u vmalloc\n", length[q]));
  }
  HOLDS(n < sizeof want);
  if (n == 0) want[0] = 0;
  memset(got, 0x5a, sizeof got);
  SAME(keel_vm_report(&vm, got, sizeof got), n);
  HOLDS(strcmp(got, want) == 0);
  SAME(keel_vm_report(&vm, NULL, 0), n);
  bytes %= n + 2;
  memset(got, 0x5a, sizeof got);
  SAME(keel_vm_report(&vm, got, bytes), n);
  HOLDS(got[bytes] == 0x5a);
  if (bytes == 0) return;
  SAME(strlen(got), bytes <= n ? bytes - 1 : n);
  HOLDS(strncmp(got, want, bytes - 1) == 0);
}

/* Everything, as callers can see it and as the hooks have been told. */
static void check(void)
{
  struct keel_page_stats t;
  struct keel_block b;
  int32_t refs_of[PFNS];
  keel_pages_stats(&z, &t);
  SAME(t.nr_free, nr_free);
  HOLDS(PAGES_GOOD(&z) && keel_vm_check(&vm));
  all_ours();
  memcpy(refs_of, held, sizeof held);
  for (uint32_t q = 0; q < size; q++) {
    uint32_t p = area[q] - 1;
    int backed = area[q] != 0 && q < p + length[p], live = backed && !dead[p];
    SAME(table[q], live ? back[q] : NONE);
    if (!backed) SAME(cached[q], NONE);
    SAME(keel_vmalloc_to_page(&vm, base + q), live ? back[q] : KEEL_NOT_MAPPED);
    SAME(keel_vsize(&vm, base + q), begins(q) && live ? length[q] : 0);
    if (backed) refs_of[back[q] - PFN]++;
  }
  for (uint32_t g = 0; g < PFNS; g++) {
    if (refs_of[g] != 0) SAME(ours(PFN + g), refs_of[g]);
  }
  check_info();
  const int64_t outside[] = {base - 1, base + size, base + size + 1, base + FAR, base - FAR, INT64_MIN, INT64_MAX};
  for (size_t i = 0; i < COUNT(outside); i++) {
    SAME(keel_vm_find(&vm, outside[i]), KEEL_OUT_OF_RANGE);
    if (outside[i] > base) SAME(keel_vm_walk(&vm, outside[i]), KEEL_OUT_OF_RANGE);
    SAME(keel_vmalloc_to_page(&vm, outside[i]), KEEL_OUT_OF_RANGE);
    SAME(keel_vsize(&vm, outside[i]), 0);
  }
  for (uint32_t i = 0; i < nr_blocks; i++) {
    OK(keel_pages_block(&z, block[i].pfn, &b));
    SAME(b.pfn, block[i].pfn);
    SAME(b.order, block[i].order);
    SAME(b.state, KEEL_PAGE_LIVE);
    SAME(b.kind, block[i].kind);
    SAME(b.refs, 1);
  }
}

/* ---- calls, each with what the model says of it ---- */

static void *room(size_t n, size_t bytes)
{
  void *p = malloc(n * bytes);
  HOLDS(p != NULL);
  memset(p, 0x5a, n * bytes);
  return p;
}

/* An arena of n pages, and a page instance of as many as low and high, in two pieces. */
static void begin_with(int64_t from, uint32_t n, uint32_t low, uint32_t high)
{
  size = n;
  base = from;
  nr_dead = nr_blocks = fail_at = maps = unmaps = flushes = zeroes = map_from = map_to = 0;
  memset(user, 0, sizeof user);
  memset(held, 0, sizeof held);
  memset(others, 0, sizeof others);
  memset(area, 0, sizeof area);
  memset(length, 0, sizeof length);
  memset(dead, 0, sizeof dead);
  for (uint32_t q = 0; q < MOST; q++) table[q] = cached[q] = back[q] = NONE;
  OK(keel_pages_init(&z, words, tags, refs, PFN, PFNS));
  OK(keel_pages_add(&z, PFN + 5, low));
  OK(keel_pages_add(&z, PFN + 512, high));
  added = nr_free = low + high;
  tree = room(KEEL_RANGE_TREE(n), sizeof *tree);
  gap = room(KEEL_RANGE_GAPS(n), sizeof *gap);
  ends = room(KEEL_RANGE_ENDS(n), sizeof *ends);
  mark = room(n, sizeof *mark);
  page = room(n, sizeof *page);
  memset(&vm, 0x5a, sizeof vm);
  OK(keel_vm_init(&vm, &z, tree, gap, ends, mark, page, base, n));
  check();
}

static int64_t (*entry)(struct keel_vm *, uint32_t, uint32_t) = keel_vmalloc; /* or keel_vzalloc */

static int64_t allocate(uint32_t pages, uint32_t flags)
{
  int64_t want = KEEL_BAD_ARGUMENT;
  uint32_t p = size, flushed = flushes, zeroed_before = zeroes, unmapped = unmaps;
  int zero = entry == keel_vzalloc || (flags & KEEL_ZERO) != 0;
  maps = map_from = map_to = 0;
  if (pages != 0 && flags <= (KEEL_NOWAIT | KEEL_ZERO)) {
    if (nr_free < pages) flushed += model_purge(FOR_PAGES);
    if (nr_free < pages) {
      want = KEEL_NO_PAGES;
    } else {
      if (pages < size && place(pages + 1) == size) flushed += model_purge(FOR_A_PLACE);
      p = pages < size ? place(pages + 1) : size;
      want = p == size ? KEEL_NO_RANGE : fail_at != 0 && fail_at <= pages ? KEEL_NOT_MAPPED : base + p;
    }
  }
  if (p < size) map_from = p, map_to = p + pages;
  int64_t got = entry(&vm, pages, flags);
  map_from = map_to = 0;
  SAME(got, want);
  if (got < 0) {
    SAME(maps, got == KEEL_NOT_MAPPED ? fail_at : 0);
    for (uint32_t q = p; q < p + pages && p < size; q++) {
      SAME(table[q], NONE);
      SAME(cached[q], NONE);
      back[q] = NONE;
    }
    SAME(zeroes, zeroed_before);
    if (got != KEEL_NOT_MAPPED) SAME(flushes, flushed);
    return got;
  }
  SAME(maps, pages);
  SAME(unmaps, unmapped);
  SAME(flushes, flushed);
  SAME(zeroes, zeroed_before + (zero ? 1 : 0));
  if (zero) {
    SAME(zeroed, (uint64_t)got * PAGE);
    SAME(zeroed_bytes, pages * PAGE);
  }
  for (uint32_t q = p; q < p + pages; q++) HOLDS(table[q] != NONE);
  for (uint32_t q = p; q <= p + pages; q++) area[q] = p + 1;
  length[p] = pages;
  nr_free -= pages;
  return got;
}

static enum keel_status release(int64_t vpn)
{
  enum keel_status want = KEEL_OUT_OF_RANGE;
  uint32_t q = size, flushed = flushes, unmapped = unmaps;
  if (vpn >= base && vpn < base + size) {
    q = (uint32_t)(vpn - base);
    want = !begins(q) ? KEEL_NOT_HEAD : dead[q] ? KEEL_ALREADY_FREE : KEEL_OK;
  }
  if (want == KEEL_OK && nr_dead == KEEL_VM_BACKLOG) flushed += model_purge(BACKLOG);
  enum keel_status got = keel_vfree(&vm, vpn);
  SAME(got, want);
  SAME(flushes, flushed);
  SAME(unmaps, unmapped + (want == KEEL_OK ? 1 : 0));
  if (want != KEEL_OK) return got;
  for (uint32_t i = q; i < q + length[q]; i++) SAME(table[i], NONE);
  dead[q] = 1;
  nr_dead++;
  return got;
}

static void purge(void)
{
  uint32_t flushed = flushes + model_purge(ASKED), unmapped = unmaps;
  keel_vm_purge(&vm);
  SAME(flushes, flushed);
  SAME(unmaps, unmapped);
}

/* A block for somebody else: 1, or 0 if there is none. */
static int take_block(uint32_t order, uint32_t kind)
{
  keel_pfn_t pfn = keel_pages_alloc(&z, order, kind);
  if (pfn == KEEL_NO_PAGES) return 0;
  for (keel_pfn_t g = pfn; g < pfn + (1 << order); g++) {
    unreachable(g);
    others[g - PFN] = 1;
  }
  block[nr_blocks].pfn = pfn;
  block[nr_blocks].order = order;
  block[nr_blocks++].kind = kind;
  nr_free -= 1 << order;
  return 1;
}

static void give_block(uint32_t i)
{
  OK(keel_pages_free(&z, block[i].pfn, block[i].kind));
  for (keel_pfn_t g = block[i].pfn; g < block[i].pfn + (1 << block[i].order); g++) others[g - PFN] = 0;
  nr_free += 1 << block[i].order;
  block[i] = block[--nr_blocks];
}

/* Somebody else takes all pages but so many. */
static void leave(int64_t pages)
{
  while (nr_free > pages) HOLDS(take_block(0, KEEL_RAW));
}

/* One more reference to the page at q. */
static keel_pfn_t hold(uint32_t q)
{
  keel_pfn_t pfn = keel_vmalloc_to_page(&vm, base + q);
  SAME(pfn, table[q]);
  OK(keel_pages_get(&z, pfn));
  held[pfn - PFN]++;
  return pfn;
}

static void drop(keel_pfn_t pfn)
{
  int in_area = 0;
  for (uint32_t q = 0; q < size; q++) in_area |= back[q] == pfn;
  OK(keel_pages_put(&z, pfn, KEEL_VMALLOC));
  held[pfn - PFN]--;
  if (!in_area && held[pfn - PFN] == 0) nr_free++;
}

/* All goes back where it came from. */
static void end(void)
{
  struct keel_page_stats t;
  check();
  check_report((size_t)nr_free * 61);
  while (nr_blocks) give_block(nr_blocks - 1);
  for (uint32_t q = 0; q < size; q++) {
    if (begins(q) && !dead[q]) OK(release(base + q));
  }
  for (uint32_t g = 0; g < PFNS; g++) {
    while (held[g]) drop(PFN + g);
  }
  purge();
  check();
  keel_pages_stats(&z, &t);
  SAME(t.nr_free, added);
  for (uint32_t q = 0; q < size; q++) {
    SAME(area[q], 0);
    SAME(cached[q], NONE);
    SAME(table[q], NONE);
  }
  if (size > 1) { /* it is one gap again */
    uint32_t pages = size - 1 < nr_free ? size - 1 : (uint32_t)nr_free;
    SAME(allocate(pages, 0), base);
    OK(release(base));
    purge();
    check();
  }
  free(tree);
  free(gap);
  free(ends);
  free(mark);
  free(page);
}

#endif
