// SPDX-License-Identifier: MIT OR Apache-2.0
/* Replays an allocation trace on Keel's pages and tells what happened. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keel.h"
#include "tools/trace/demand.h"
#include "tools/trace/picture.h"

static const char help[] =
    "usage: replay [--memory MIB] [--svg FILE] [--no-timing] TRACE\n"
    "\n"
    "Replays TRACE (see tools/trace/trace.h) on Keel's pages, as a kernel would serve the\n"
    "same allocations (tools/trace/demand.h says how), and reports.\n"
    "\n"
    "  --memory MIB  usable memory; default: 5/4 of what the trace needs at its peak, and\n"
    "                more if an allocation fails then\n"
    "  --svg FILE    draw the page map over time\n"
    "  --no-timing   do not measure\n"
    "\n"
    "Fails if the allocator refuses an operation, keel_pages_check() finds a flaw, or\n"
    "pages are missing at the end.\n";

#define HOLE 256u /* most pages of a reserved range: one at the start, and one in the middle */
#define FAILED UINT32_MAX

struct machine {
  struct keel_pages z;
  uint64_t *words;
  uint8_t *tags;
  int32_t *refs;
  uint32_t usable, pages, hole[2][2];
};

struct run {
  struct life *life;
  char before[512], peak[512], after[512];
  struct keel_page_stats at_peak, at_end;
  uint32_t failed, refused, checks;
};

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

static void die(const char *what, const char *why)
{
  fprintf(stderr, "keel replay: %s%s\n", what, why);
  exit(1);
}

/* A number with its thousands apart; good for the next seven calls. */
static const char *num(uint64_t v)
{
  static char buf[8][32];
  static unsigned turn;
  char *s = buf[turn++ % 8] + 31;
  *s = 0;
  for (int digits = 1;; digits++) {
    *--s = (char)('0' + v % 10);
    v /= 10;
    if (v == 0) return s;
    if (digits % 3 == 0) *--s = ',';
  }
}

/* ---- the machine ---- */

static int add(struct machine *m, uint32_t from, uint32_t to)
{
  return from == to || keel_pages_add(&m->z, from, to - from) == KEEL_OK;
}

static void machine_make(struct machine *m, uint32_t usable)
{
  uint32_t gap = usable / 16 < HOLE ? usable / 16 : HOLE, n = usable + 2 * gap, mid = gap + usable / 2;
  *m = (struct machine){.usable = usable, .pages = n, .hole = {{0, gap}, {mid, mid + gap}}};
  m->words = malloc(KEEL_PAGES_WORDS(n) * sizeof *m->words);
  m->tags = malloc(KEEL_PAGES_TAGS(n));
  m->refs = malloc(KEEL_PAGES_REFS(n) * sizeof *m->refs);
  if (!m->words || !m->tags || !m->refs) die("no memory for the page tables", "; give a smaller --memory");
  if (keel_pages_init(&m->z, m->words, m->tags, m->refs, 0, n) != KEEL_OK || !add(m, gap, mid) || !add(m, mid + gap, n))
    die("the allocator refuses the memory map", "; give another --memory");
}

static void machine_drop(struct machine *m)
{
  free(m->words);
  free(m->tags);
  free(m->refs);
}

/* ---- replaying ---- */

static void step(struct machine *m, const struct page_op *o, struct run *r)
{
  struct life *l = &r->life[o->block];
  uint32_t kind = o->slab ? KEEL_SLAB : KEEL_RAW;
  if (!o->free) {
    keel_pfn_t p = keel_pages_alloc(&m->z, o->order, kind);
    *l = (struct life){p < 0 ? 0 : (uint32_t)p, p < 0 ? FAILED : o->when, o->when, o->order};
    r->failed += p == KEEL_NO_PAGES;
    r->refused += p < 0 && p != KEEL_NO_PAGES;
  } else if (l->from != FAILED) {
    l->to = o->when;
    r->refused += keel_pages_free(&m->z, l->page, kind) != KEEL_OK;
  }
}

static void look(struct machine *m, const char *name, char report[512], struct run *r)
{
  keel_pages_report(&m->z, name, report, 512);
  r->checks += keel_pages_check(&m->z) != 0;
}

static void replay(struct machine *m, const struct demand *d, struct run *r)
{
  struct life *life = r->life;
  *r = (struct run){.life = life};
  look(m, "before", r->before, r);
  for (uint32_t i = 0; i < d->ops; i++) {
    step(m, &d->op[i], r);
    if (i != d->peak_op) continue;
    look(m, "peak  ", r->peak, r);
    keel_pages_stats(&m->z, &r->at_peak);
  }
  look(m, "after ", r->after, r);
  keel_pages_stats(&m->z, &r->at_end);
}

/* Replays on machines of `usable` pages and more, in steps of 1/32 of the peak, until no
   allocation fails. */
static void replay_growing(struct machine *m, const struct demand *d, struct run *r, uint64_t usable)
{
  for (;; usable += d->peak_pages / 32 + 1) {
    if (usable > KEEL_PAGES_MAX / 2) die("the trace needs more than 512 GiB", "; give --memory");
    machine_make(m, (uint32_t)usable);
    replay(m, d, r);
    if (r->failed == 0) return;
    machine_drop(m);
  }
}

static void replay_given(struct machine *m, const struct demand *d, struct run *r, uint64_t usable)
{
  if (usable > KEEL_PAGES_MAX / 2) die("too much memory", "; give a --memory of at most 524288");
  machine_make(m, (uint32_t)usable);
  replay(m, d, r);
}

/* ---- timing ---- */

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void pass(struct keel_pages *z, const struct demand *d, keel_pfn_t *pfn)
{
  for (const struct page_op *o = d->op, *end = o + d->ops; o < end; o++) {
    if (o->free) {
      keel_pages_free(z, pfn[o->block], o->slab);
    } else {
      pfn[o->block] = keel_pages_alloc(z, o->order, o->slab);
    }
  }
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The page operations of the trace, again and again, for about half a second. */
static void timing(struct machine *m, const struct demand *d)
{
  enum { MOST = 999 };
  static double ns[MOST];
  int n = 0;
  keel_pfn_t *pfn = malloc((d->blocks + 1) * sizeof *pfn);
  if (!pfn) die("no memory for the timing", "; give --no-timing");
  for (double start = now(); n < MOST && (n < 5 || now() - start < 5e8);) {
    double t = now();
    pass(&m->z, d, pfn);
    ns[n++] = (now() - t) / d->ops;
  }
  free(pfn);
  qsort(ns, (size_t)n, sizeof *ns, by_value);
  printf("\ntime       %.1f ns a page operation (least of %d replays; median %.1f)\n", ns[0], n, ns[n / 2]);
}

/* ---- the report ---- */

static void print_demand(const struct demand *d)
{
  uint32_t slabs = 0;
  for (uint32_t i = 0; i < d->ops; i++) slabs += d->op[i].slab && !d->op[i].free;
  printf("trace      %s: %s operations replayed: %s allocations, %s frees", d->name, num(d->records), num(d->allocs), num(d->records - d->allocs));
  printf("; %s KiB asked for at the peak\n", num(d->peak_bytes / 1024));
  printf("demand     %s page operations: %s blocks (%s slabs, %s large); %s KiB at the peak\n", num(d->ops), num(d->blocks), num(slabs),
         num(d->blocks - slabs), num(d->peak_pages * 4));
}

static void print_machine(const char *what, const struct machine *m, const struct demand *d, const char *more)
{
  printf("%-10s %s KiB usable, %.3f times the peak%s\n", what, num(m->usable * 4ull), (double)m->usable / (double)(d->peak_pages ? d->peak_pages : 1), more);
}

static void print_pools(const struct run *r)
{
  printf("\nfree blocks of 2^0 .. 2^%u pages, as in /proc/buddyinfo\n", KEEL_MAX_ORDER);
  printf("%s%s%s", r->before, r->peak, r->after);
}

static void print_orders(const struct keel_page_stats *s)
{
  printf("\nfragmentation at the peak, for each order (in thousandths; see core/page.h)\n");
  printf("  order        ");
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) printf(" %6" PRIu32, k);
  printf("\n  index        ");
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) printf(" %6" PRId32, keel_pages_frag_index(s, k));
  printf("   -1000: would succeed; else 0: too little memory .. 1000: too fragmented\n  unusable free");
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) printf(" %6" PRId32, keel_pages_unusable_index(s, k));
  printf("   share of the free pages in smaller blocks\n");
}

static int verdict(const struct machine *m, const struct run *r)
{
  const struct keel_page_stats *s = &r->at_end;
  int back = s->nr_free == m->usable, good = r->checks == 3 && r->refused == 0 && back;
  printf("\nallocator  %s allocations, %s frees, %s failed (no block large enough), %s refused\n", num((uint64_t)s->allocs), num((uint64_t)s->frees),
         num((uint64_t)s->fails), num(r->refused));
  printf("check      keel_pages_check() true at %u of 3 looks; %s of %s pages free at the end: %s\n", r->checks, num((uint64_t)s->nr_free),
         num(m->usable), good ? "good" : "BAD");
  if (!good) fprintf(stderr, "keel replay: this is a bug in Keel; keep the trace, and report it\n");
  return good;
}

struct options {
  const char *trace, *svg;
  uint64_t memory; /* pages; 0: not given */
  int timed;
};

static struct options parse(int argc, char **argv)
{
  struct options o = {.timed = 1};
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) exit(fputs(help, stdout) < 0);
    if (!strcmp(argv[i], "--no-timing")) {
      o.timed = 0;
    } else if (!strcmp(argv[i], "--svg") && i + 1 < argc) {
      o.svg = argv[++i];
    } else if (!strcmp(argv[i], "--memory") && i + 1 < argc) {
      o.memory = strtoull(argv[++i], NULL, 10) * (1048576 / PAGE_BYTES);
      if (o.memory == 0) die("--memory wants a number of MiB", ", at least 1");
    } else if (!o.trace && argv[i][0] != '-') {
      o.trace = argv[i];
    } else {
      die("unknown argument, try --help: ", argv[i]);
    }
  }
  if (!o.trace) {
    fputs(help, stderr);
    exit(2);
  }
  return o;
}

static int run_and_report(const struct demand *d, const struct options *o)
{
  struct machine m;
  struct run r = {.life = malloc((d->blocks + 1) * sizeof *r.life)};
  if (!r.life) die("no memory for the replay", "; record a shorter trace (KEEL_TRACE_MAX)");
  if (o->memory) {
    replay_given(&m, d, &r, o->memory);
  } else {
    replay_growing(&m, d, &r, d->peak_pages);
    print_machine("least", &m, d, "; with this nothing fails");
    machine_drop(&m);
    replay_growing(&m, d, &r, d->peak_pages + d->peak_pages / 4);
  }
  print_machine("machine", &m, d, " (and two reserved ranges)");
  print_pools(&r);
  print_orders(&r.at_peak);
  int good = verdict(&m, &r);
  if (o->timed && d->ops > 0) timing(&m, d);
  struct picture p = {d, r.life, m.pages, {{m.hole[0][0], m.hole[0][1]}, {m.hole[1][0], m.hole[1][1]}}};
  if (o->svg && picture_write(&p, o->svg) != 0) die("cannot write the picture to ", o->svg);
  if (o->svg) printf("picture    %s\n", o->svg);
  machine_drop(&m);
  free(r.life);
  return good;
}

int main(int argc, char **argv)
{
  struct options o = parse(argc, argv);
  struct demand d;
  const char *error = demand_read(&d, o.trace);
  if (error) {
    fprintf(stderr, "keel replay: %s %s\n", o.trace, error);
    return 1;
  }
  print_demand(&d);
  int good = run_and_report(&d, &o);
  demand_release(&d);
  return !good;
}
