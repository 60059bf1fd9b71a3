// SPDX-License-Identifier: MIT OR Apache-2.0
/* Fuzzer of ranges (libFuzzer): an input is records of four bytes, each a call on one instance; the first says how large it is.

   The model is a number for each page: of the area that has it, plus one.  The answer to every call must be the model's, the
   place of an area the lowest that has room, and after an error no byte of the instance has changed.  Arrays have exactly
   their documented sizes.

   RANGE_FUZZ_TRACE=1 in the environment prints the operations of an input. */
#include "no_memory.h"
#include "keel.h"

enum { PAGES = 5000, RECORD = 4, RECORDS = 600 };

struct record {
  uint8_t what, how;
  uint16_t n;
};
_Static_assert(sizeof(struct record) == RECORD, "records have a fixed width");

static struct room rooms[4] = {{0, KEEL_RANGE_TREE(PAGES) * sizeof(uint32_t)}, {0, KEEL_RANGE_GAPS(PAGES) * sizeof(uint32_t)}, {0, PAGES * sizeof(int32_t)}, {0, KEEL_RANGE_ENDS(PAGES) * sizeof(uint64_t)}};
static struct keel_range r, r_was;
static uint32_t *tree, *gap, n, owner[PAGES];
static int32_t *mark;
static uint64_t *ends, ends_was[KEEL_RANGE_ENDS(PAGES)];
static uint8_t was[(KEEL_RANGE_TREE(PAGES) + KEEL_RANGE_GAPS(PAGES) + PAGES) * 4];

static void begin(uint32_t pages)
{
  n = pages;
  tree = array_in(&rooms[0], KEEL_RANGE_TREE(n) * sizeof *tree);
  gap = array_in(&rooms[1], KEEL_RANGE_GAPS(n) * sizeof *gap);
  mark = array_in(&rooms[2], n * sizeof *mark);
  ends = array_in(&rooms[3], KEEL_RANGE_ENDS(n) * sizeof *ends);
  memset(tree, 0xa5, KEEL_RANGE_TREE(n) * sizeof *tree);
  memset(gap, 0xa5, KEEL_RANGE_GAPS(n) * sizeof *gap);
  memset(mark, 0xa5, n * sizeof *mark);
  memset(ends, 0xa5, KEEL_RANGE_ENDS(n) * sizeof *ends);
  memset(owner, 0, sizeof owner);
  TRACE("init %u\n", n);
  HOLDS(keel_range_init(&r, tree, gap, ends, mark, 0) == KEEL_BAD_ARGUMENT && keel_range_init(&r, tree, gap, ends, mark, KEEL_RANGE_MAX + n) == KEEL_BAD_ARGUMENT);
  HOLDS(keel_range_init(&r, tree, gap, ends, mark, n) == KEEL_OK);
}

static void remember(void)
{
  r_was = r;
  memcpy(ends_was, ends, KEEL_RANGE_ENDS(n) * sizeof *ends);
  memcpy(was, tree, KEEL_RANGE_TREE(n) * 4);
  memcpy(was + KEEL_RANGE_TREE(n) * 4, gap, KEEL_RANGE_GAPS(n) * 4);
  memcpy(was + (KEEL_RANGE_TREE(n) + KEEL_RANGE_GAPS(n)) * 4, mark, n * 4);
}

static void same(void)
{
  HOLDS(memcmp(&r_was, &r, sizeof r) == 0 && memcmp(ends_was, ends, KEEL_RANGE_ENDS(n) * sizeof *ends) == 0 && memcmp(was, tree, KEEL_RANGE_TREE(n) * 4) == 0);
  HOLDS(memcmp(was + KEEL_RANGE_TREE(n) * 4, gap, KEEL_RANGE_GAPS(n) * 4) == 0);
  HOLDS(memcmp(was + (KEEL_RANGE_TREE(n) + KEEL_RANGE_GAPS(n)) * 4, mark, n * 4) == 0);
}

/* Pages of the area that begins at p, 0 if none does. */
static uint32_t length(uint32_t p)
{
  uint32_t q = p;
  if (p >= n || owner[p] != p + 1) return 0;
  while (q < n && owner[q] == p + 1) q++;
  return q - p;
}

static void take(uint32_t k)
{
  uint32_t want = n, run = 0, got = n;
  for (uint32_t p = 0; p < n && k != 0; p++) {
    run = owner[p] ? 0 : run + 1;
    if (run == k) {
      want = p + 1 - k;
      break;
    }
  }
  doing = "alloc";
  enum keel_status e = keel_range_alloc(&r, k, &got);
  TRACE("alloc %u: %d at %u\n", k, (int)e, got);
  HOLDS(e == (k == 0 ? KEEL_BAD_ARGUMENT : want == n ? KEEL_NO_RANGE : KEEL_OK));
  HOLDS(got == want);
  if (e != KEEL_OK) same();
  for (uint32_t q = want; q < n && q - want < k; q++) owner[q] = want + 1;
}

static void give(uint32_t p)
{
  uint32_t k = length(p);
  doing = "free";
  HOLDS(keel_range_size(&r, p) == k);
  enum keel_status e = keel_range_free(&r, p);
  TRACE("free %u: %d\n", p, (int)e);
  HOLDS(e == (p >= n ? KEEL_OUT_OF_RANGE : k == 0 ? KEEL_NOT_HEAD : KEEL_OK));
  if (e != KEEL_OK) same();
  for (uint32_t q = p; q < p + k; q++) owner[q] = 0;
}

/* The i-th area that is live, counted from page p on. */
static uint32_t area(uint32_t p, uint32_t i)
{
  for (uint32_t q = 0; q < n; q++) {
    uint32_t at = (p + q) % n;
    if (length(at) && i-- == 0) return at;
  }
  return p;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  tracing = getenv("RANGE_FUZZ_TRACE") != NULL;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct record x = {0, 0, 0};
  if (size >= RECORD) memcpy(&x, data, RECORD);
  static const uint32_t edges[] = {1, 15, 16, 63, 64, 65, 1024, 1025};
  begin(x.how < 8 ? edges[x.how] : 1u + x.n % PAGES);
  for (size_t i = 1; i < size / RECORD && i <= RECORDS; i++) {
    memcpy(&x, data + i * RECORD, RECORD);
    if (i % 16 == 0) HOLDS(keel_range_check(&r)); /* not each time: it takes longer than the operations */
    remember();
    switch (x.what % 8) {
      case 0:
      case 1:
      case 2: take(x.how % 32 + 1); break;
      case 3: take(x.n % (n + 2)); break;
      case 4:
      case 5: give(area(x.n % n, x.how % 4)); break;
      case 6: give(x.how % 8 ? x.n % (n + 2) : (uint32_t)x.n << 16); break;
      default: /* all of every how-th area */
        for (uint32_t p = 0, k = x.how % 4 + 1, j = x.n; p < n; p++) {
          remember();
          if (length(p) && j++ % k == 0) give(p);
        }
    }
  }
  doing = "the end";
  HOLDS(keel_range_check(&r));
  for (uint32_t p = 0; p < n; p++) {
    uint32_t k = length(p);
    HOLDS(keel_range_size(&r, p) == k);
    if (k) HOLDS(keel_range_free(&r, p) == KEEL_OK);
    for (uint32_t q = p; q < p + k; q++) owner[q] = 0;
  }
  uint32_t all;
  HOLDS(keel_range_alloc(&r, n, &all) == KEEL_OK && all == 0);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed_given)
{
  uint32_t seed = seed_given;
  size_t records = size / RECORD;
  uint32_t way = random_below(&seed, 10);
  if (records == 0 || (way < 3 && (records + 1) * RECORD <= max_size && records <= RECORDS)) { /* one more */
    size_t at = records == 0 ? 0 : random_below(&seed, (uint32_t)records + 1);
    if (max_size < RECORD) return 0;
    memmove(data + (at + 1) * RECORD, data + at * RECORD, (records - at) * RECORD);
    for (unsigned i = 0; i < RECORD; i++) data[at * RECORD + i] = (uint8_t)random_below(&seed, 256);
    return (records + 1) * RECORD;
  }
  return mutate_record(data, records * RECORD, random_below(&seed, (uint32_t)records) * RECORD, RECORD, way, &seed);
}
