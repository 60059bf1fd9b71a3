// SPDX-License-Identifier: MIT OR Apache-2.0
/* Ranges of virtual pages: areas of any length, each at the lowest place that has room.
   It knows pages by number only; all of its state is in four arrays that the caller
   supplies.  Calls on one instance must not overlap in time. */
#ifndef KEEL_CORE_RANGE_H
#define KEEL_CORE_RANGE_H

#include "core/config.h"
#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KEEL_RANGE_MAX 0x40000000u /* pages in one instance: 2^30 */

/* Lengths of the arrays for an instance of n pages, 1 .. KEEL_RANGE_MAX (elements); mark[] has n.
   In bytes: 8.1 a page, and 0.07 (n 64 times a power of 16) to 1.1 a page for the tree. */
#define KEEL_RANGE_TREE(n) (16u * KEEL_RANGE_ABOVE(n) + 1u)
#define KEEL_RANGE_GAPS(n) (((n) + 63u) / 64u * 64u)
#define KEEL_RANGE_ENDS(n) (((n) + 63u) / 64u)
#define KEEL_RANGE_ABOVE(n)                                                                                      \
  ((n) <= 64u ? 0u : (n) <= 1024u ? 1u : (n) <= 16384u ? 17u : (n) <= 262144u ? 273u : (n) <= 4194304u ? 4369u : \
   (n) <= 67108864u ? 69905u : 1118481u)

/* An instance.  The fields are the allocator's own.  (Signed sizes: a C type of their own keeps
   them apart from the arrays in the proof's memory model.) */
struct keel_range {
  uint32_t *tree; /* [node]: the longest gap below it; the children of i are 16i + 1 .. 16i + 16 */
  uint32_t *gap;  /* [page]: pages of the gap that ends there, or 0                              */
  uint64_t *ends; /* [64 pages]: a bit for each page that may end a gap                          */
  int32_t *mark;  /* [page]: pages of the area that begins there, minus those of the gap, or 0   */
  int64_t n;      /* pages                                                                       */
  int64_t above;  /* nodes above those that are over pages                                       */
  int64_t depth;  /* steps from the root to these                                                */
};

/* Makes an instance of n pages, all vacant.  The arrays have KEEL_RANGE_TREE(n), KEEL_RANGE_GAPS(n),
   KEEL_RANGE_ENDS(n) and n elements, overlap neither each other nor *r, and belong to the instance from now on.
   KEEL_BAD_ARGUMENT iff n is not in 1 .. KEEL_RANGE_MAX.  Time: O(n). */
KEEL_API enum keel_status keel_range_init(struct keel_range *r, uint32_t *tree, uint32_t *gap, uint64_t *ends, int32_t *mark, uint32_t n);

/* Makes an area of so many pages at the lowest place that has room; *first is its first page.
   KEEL_BAD_ARGUMENT iff pages is 0; else KEEL_NO_RANGE iff no run of so many pages is vacant.
   Time: O(log n). */
KEEL_API enum keel_status keel_range_alloc(struct keel_range *r, uint32_t pages, uint32_t *first);

/* The pages of the area that begins at page first are vacant again.
   KEEL_OUT_OF_RANGE iff there is no such page; else KEEL_NOT_HEAD iff no area begins there.  Time: O(log n). */
KEEL_API enum keel_status keel_range_free(struct keel_range *r, uint32_t first);

/* Pages of the area that begins at page p; 0 iff none does.  Time: O(1). */
KEEL_API uint32_t keel_range_size(const struct keel_range *r, uint32_t p);

/* Executable twin of the invariant: 1 iff areas and gaps lie one after another, no two gaps meet, and the three arrays of gaps agree
   with that; else 0.  The arrays have to be there, and n, above and depth must be those of keel_range_init.  Time: O(n). */
KEEL_API int keel_range_check(const struct keel_range *r);

#ifdef __cplusplus
}
#endif

#endif
