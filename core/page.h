// SPDX-License-Identifier: MIT OR Apache-2.0
/* Page allocator: a buddy system over page frame numbers (pfn).
   It never touches the pages it manages; all of its state is in three arrays
   that the caller supplies.  Instances are independent of each other.  Calls on
   one instance must not overlap in time: the caller holds its own lock. */
#ifndef KEEL_CORE_PAGE_H
#define KEEL_CORE_PAGE_H

#include "core/config.h"
#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A page frame number, 0 .. 2^52 - 1; where a function says so, a negative
   value is an enum keel_status. */
typedef int64_t keel_pfn_t;

#define KEEL_MAX_ORDER 10u                /* largest block: 2^10 pages           */
#define KEEL_PAGES_GRANULE 1024u          /* 2^KEEL_MAX_ORDER: base is a multiple */
#define KEEL_PAGES_MAX 0x10000000u        /* pages in one instance: 2^28         */
#define KEEL_PFN_MAX 0x10000000000000     /* pfns are below 2^52                 */
#define KEEL_REFS_MAX 0x7fffffff          /* a reference count never passes this */

/* Owner of a block: a block is freed only under the kind it was allocated with.
   Kinds 5 to 7 are the caller's own. */
enum keel_kind { KEEL_RAW = 0, KEEL_SLAB = 1, KEEL_VMALLOC = 2, KEEL_PERCPU = 3, KEEL_LARGE = 4 };
#define KEEL_KINDS 8u

/* Lengths of the three arrays for an instance of n pages, n >= 1 (elements).
   In bytes: 5 a page (tags and counts) and 2.04 bits a page (words), with n
   rounded up to a multiple of 1024: 5.27 bytes a page. */
#define KEEL_PAGES_UNITS(n) (((n) - 1u) / KEEL_PAGES_GRANULE + 1u)
#define KEEL_PAGES_TAGS(n) (KEEL_PAGES_UNITS(n) * KEEL_PAGES_GRANULE)
#define KEEL_PAGES_REFS(n) (KEEL_PAGES_UNITS(n) * KEEL_PAGES_GRANULE)
#define KEEL_PAGES_WORDS(n)                                          \
  (KEEL_PAGES_UNITS(n) * 32u + KEEL_PAGES_UNITS(n) / 2u + 1u +       \
   KEEL_PAGES_UNITS(n) / 128u + 1u + KEEL_PAGES_UNITS(n) / 8192u + 1u)

/* An instance.  The fields are the allocator's own; read them through the calls
   below.  (Signed counters: a C type of their own keeps them apart from the
   arrays in the proof's memory model.) */
struct keel_pages {
  uint64_t *l0, *l1, *l2, *l3; /* set of free blocks, and its summaries      */
  uint8_t *tag;                /* per page: reserved, head of a live block... */
  int32_t *ref;                /* per head: references beyond the first      */
  uint32_t first[KEEL_MAX_ORDER + 2u]; /* first node of each order           */
  uint32_t u;                  /* size of the tree, in granules              */
  uint32_t n;                  /* pages                                      */
  int64_t base;                /* pfn of page 0                              */
  int64_t nr_free;             /* pages in free blocks                       */
  int64_t allocs, frees, fails, largest_fail;
};

/* A block of pages, as keel_pages_block() describes it. */
enum keel_state { KEEL_PAGE_RESERVED = 0, KEEL_PAGE_FREE = 2, KEEL_PAGE_LIVE = 3 };
struct keel_block {
  keel_pfn_t pfn;        /* first page                                        */
  uint32_t order;        /* 2^order pages                                     */
  enum keel_state state; /* a reserved page counts as a block of order 0      */
  uint32_t kind;         /* of a live block, else 0                           */
  int32_t refs;          /* references of a live block (>= 1), else 0         */
};

/* A snapshot of the counters.  The four call counters stop at INT64_MAX. */
struct keel_page_stats {
  int64_t free_blocks[KEEL_MAX_ORDER + 1u]; /* free blocks of each order     */
  int64_t pages;                            /* pages in the instance         */
  int64_t nr_free;                          /* pages in free blocks          */
  int64_t allocs;                           /* successful allocation calls   */
  int64_t frees;                            /* blocks freed                  */
  int64_t fails;                            /* allocations without a block   */
  int64_t largest_fail;                     /* largest of these, in pages    */
};

/* Makes an instance over the pages base .. base + n - 1, all reserved.
   words, tags and refs have KEEL_PAGES_WORDS(n), _TAGS(n) and _REFS(n) elements,
   do not overlap each other or *z, and belong to the instance from now on.
   KEEL_BAD_ARGUMENT iff n is not in 1 .. KEEL_PAGES_MAX, or base is negative, not
   a multiple of KEEL_PAGES_GRANULE or above 2^52 - 2^28.  Time: O(n). */
KEEL_API enum keel_status keel_pages_init(struct keel_pages *z, uint64_t *words,
                                          uint8_t *tags, int32_t *refs,
                                          keel_pfn_t base, uint32_t n)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Makes the reserved pages pfn .. pfn + n - 1 usable.
   KEEL_BAD_ARGUMENT iff n == 0; else KEEL_OUT_OF_RANGE iff one of them is outside
   the instance; else KEEL_BUSY iff one of them is not reserved.  Time: O(n). */
KEEL_API enum keel_status keel_pages_add(struct keel_pages *z, keel_pfn_t pfn, uint32_t n)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Makes the pages pfn .. pfn + n - 1, each free or reserved, reserved: they are
   not allocated until they are added again.
   KEEL_BAD_ARGUMENT iff n == 0; else KEEL_OUT_OF_RANGE iff one of them is outside
   the instance; else KEEL_BUSY iff one of them is allocated.  Time: O(n). */
KEEL_API enum keel_status keel_pages_reserve(struct keel_pages *z, keel_pfn_t pfn, uint32_t n)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Allocates 2^order pages, aligned to 2^order, with one reference, for kind.
   Best fit: from a free block of the smallest order that serves, and of those
   the one with the lowest pfn, whose first pages it hands out.  Answers the first
   pfn, else
   KEEL_BAD_ARGUMENT iff order > KEEL_MAX_ORDER or kind >= KEEL_KINDS; else
   KEEL_NO_PAGES iff no free block has 2^order pages or more (counted in fails).
   Time: one search of at most 4 levels (in instances of more than 2^19 pages of at
   most 33 words besides) and at most 10 splits. */
KEEL_API keel_pfn_t keel_pages_alloc(struct keel_pages *z, uint32_t order, uint32_t kind)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Allocates n adjacent pages as n live blocks of order 0 (free them one by one,
   or with keel_pages_free_range), from a block of the smallest order that holds
   n; its tail goes back at once.  Answers the first pfn, else
   KEEL_BAD_ARGUMENT iff n is not in 1 .. 1024 or kind >= KEEL_KINDS; else
   KEEL_NO_PAGES iff no free block has n pages or more (counted in fails).
   Time: O(n). */
KEEL_API keel_pfn_t keel_pages_alloc_exact(struct keel_pages *z, uint32_t n, uint32_t kind)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Allocates the pages pfn .. pfn + n - 1 as n live blocks of order 0.
   KEEL_BAD_ARGUMENT iff n == 0 or kind >= KEEL_KINDS; else KEEL_OUT_OF_RANGE iff
   one of them is outside the instance; else KEEL_BUSY iff one of them is not free
   (no failure is counted).  Time: O(n). */
KEEL_API enum keel_status keel_pages_alloc_range(struct keel_pages *z, keel_pfn_t pfn,
                                                 uint32_t n, uint32_t kind)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Frees the live block that starts at pfn.
   KEEL_OUT_OF_RANGE iff pfn is outside the instance; else KEEL_RESERVED,
   KEEL_ALREADY_FREE or KEEL_NOT_HEAD iff the page is that; else KEEL_WRONG_KIND
   iff the block is of another kind; else KEEL_BUSY iff it has more than one
   reference.  Time: at most 10 merges. */
KEEL_API enum keel_status keel_pages_free(struct keel_pages *z, keel_pfn_t pfn, uint32_t kind)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Frees every live block in pfn .. pfn + n - 1.
   KEEL_BAD_ARGUMENT iff n == 0; else KEEL_OUT_OF_RANGE iff a page is outside the
   instance; else, unless the range is made of whole live blocks of this kind with
   one reference each, the error of keel_pages_free for the first page at which a
   block should start and does not, or KEEL_BUSY if the last block passes the end.
   Time: O(n). */
KEEL_API enum keel_status keel_pages_free_range(struct keel_pages *z, keel_pfn_t pfn,
                                                uint32_t n, uint32_t kind)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Makes of the live block at pfn, of 2^k pages, 2^k live blocks of order 0.
   Errors as keel_pages_free.  Time: O(2^k). */
KEEL_API enum keel_status keel_pages_split(struct keel_pages *z, keel_pfn_t pfn, uint32_t kind)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Takes one more reference to the live block at pfn, whatever its kind.
   KEEL_OUT_OF_RANGE, KEEL_RESERVED, KEEL_ALREADY_FREE, KEEL_NOT_HEAD as
   keel_pages_free; else KEEL_SATURATED iff it has KEEL_REFS_MAX already.  O(1). */
KEEL_API enum keel_status keel_pages_get(struct keel_pages *z, keel_pfn_t pfn)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Drops one reference to the live block at pfn, and frees it with the last.
   Errors as keel_pages_free, but never KEEL_BUSY. */
KEEL_API enum keel_status keel_pages_put(struct keel_pages *z, keel_pfn_t pfn, uint32_t kind)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Describes the block that holds pfn.  To walk over all blocks start at the
   base and go on at pfn + 2^order.
   KEEL_OUT_OF_RANGE iff pfn is outside the instance.  Time: 11 steps. */
KEEL_API enum keel_status keel_pages_block(const struct keel_pages *z, keel_pfn_t pfn,
                                           struct keel_block *b)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Fills in the counters.  Time: O(free blocks). */
KEEL_API void keel_pages_stats(const struct keel_pages *z, struct keel_page_stats *s)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Fragmentation index of a request of 2^order pages, -1000 .. 1000, as in Linux
   (mm/vmstat.c): -1000 when it can be served; else towards 0 for lack of memory
   and towards 1000 for fragmentation; 0 without any free block.
   0 if order > KEEL_MAX_ORDER. */
KEEL_API int32_t keel_pages_frag_index(const struct keel_page_stats *s, uint32_t order);

/* Share of the free pages that is of no use for requests of 2^order pages, in
   thousandths, as in Linux; 0 when nothing is free or order > KEEL_MAX_ORDER. */
KEEL_API int32_t keel_pages_unusable_index(const struct keel_page_stats *s, uint32_t order);

/* Executable twin of the invariant: 1 iff the instance is well formed, else 0:
   n and base are in range and no counter is negative; the summaries are exact; no
   two free blocks are buddies; every page is claimed by exactly one free or live
   block, a reserved one by none; heads, reference counts and nr_free agree.
   Time: O(n). */
KEEL_API int keel_pages_check(const struct keel_pages *z);

/* Writes a report like Linux's /proc/buddyinfo (name, then the free blocks of each
   order, then the counters) into buf[0 .. size - 1], NUL-terminated when size > 0.
   Of name it takes the first 64 characters at most.  Answers the length of the
   whole report, as snprintf does, which is below 1024. */
KEEL_API size_t keel_pages_report(const struct keel_pages *z, const char *name,
                                  char *buf, size_t size)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t n) */;

#ifdef __cplusplus
}
#endif

#endif
