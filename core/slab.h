// SPDX-License-Identifier: MIT OR Apache-2.0
/* Slab caches: objects of one size each, cut from blocks of pages that come from and
   go back to the page allocator (as blocks of kind KEEL_SLAB).  Objects are integer
   addresses: nothing here touches them.  All state is in arrays that the caller
   supplies.  Who takes a reference to the block of a slab (keel_pages_get) holds its
   pages when the slab is gone, and drops it under KEEL_SLAB.  Calls on one instance
   must not overlap in time, nor with calls on its page instance: the caller holds its
   own lock. */
#ifndef KEEL_CORE_SLAB_H
#define KEEL_CORE_SLAB_H

#include "core/page.h"

#ifdef __cplusplus
extern "C" {
#endif

#if KEEL_PAGE_SHIFT < 12 || KEEL_PAGE_SHIFT > 16
#error "The slab caches are for pages of 4 to 64 KiB: a slab has 2^17 bytes at most, and an object 2^13."
#endif
#define KEEL_PAGE_SIZE ((uint32_t)1 << KEEL_PAGE_SHIFT)
#define KEEL_OBJECT_MIN 8u     /* sizes are multiples of this, in bytes        */
#define KEEL_OBJECT_MAX 8192u  /* largest object, in bytes                     */
#define KEEL_ALIGN_MAX 4096u   /* largest alignment, in bytes: the smallest page */
#define KEEL_SLAB_OBJECTS 256u /* objects in a slab, at most                   */
#define KEEL_SLAB_ORDER (17u - KEEL_PAGE_SHIFT) /* log2 of a slab's pages, at most: 2^17 bytes */
#define KEEL_CACHES_MAX 65535u /* caches in one instance                       */

/* A slab: one cache line. The fields are the allocator's own. (What changes often is
   signed: a C type of its own keeps it apart from the rest in the proof's memory model.) */
struct keel_slab {
  uint64_t free[4];    /* bit set: the object is free                           */
  uint32_t mult;       /* finds the index of an object (core/index.h)           */
  uint32_t nobj;       /* objects, 1 .. 256                                     */
  uint32_t page;       /* its first page, counted from the instance's first     */
  uint32_t pages;      /* how many it has                                       */
  uint32_t cache;      /* that of cache c: c + 1; not in use: 0                 */
  int32_t next, prev;  /* in its ring                                           */
  int32_t live;        /* objects in use, while it waits in the ring: a trigger */
};

/* A cache. The fields are the allocator's own. */
struct keel_cache {
  uint64_t word;   /* objects to hand out next: bits of free[at] of `active`    */
  uint64_t first;  /* address of the object that bit 0 of word stands for       */
  uint64_t full[4]; /* free[] of a slab none of whose objects is in use         */
  uint32_t size;   /* of an object, in bytes; 0: the cache is not in use        */
  int64_t active;  /* the slab that objects are taken from, 0 if none           */
  int64_t at;      /* its word                                                  */
  int64_t kept;    /* a slab that was empty when last seen, 0 if none           */
  uint32_t mult, nobj, order, pages; /* of a slab                               */
};

/* An instance. */
struct keel_slabs {
  struct keel_pages *z;
  uint32_t *map;            /* per page: its slab, 0 if none                    */
  struct keel_slab *slab;   /* 0: edge of the ring of unused; 1 .. slabs; one a cache */
  struct keel_cache *cache;
  uint64_t addr;            /* address of the page instance's first page        */
  uint32_t pages;           /* pages of the page instance                       */
  uint32_t slabs, caches;
};

/* Makes an instance, without caches, over the page instance z, whose first page has the address addr, from arrays that
   belong to it from now on: map has z->n elements, slab 1 + slabs + caches, cache caches.  With slabs == z->n slabs
   never run out before pages do.
   KEEL_BAD_ARGUMENT iff slabs is not in 1 .. 2^28, caches not in 1 .. KEEL_CACHES_MAX, or addr is 0, not a multiple of
   the page size, or so high that addr + z->n pages is above 2^64 - 1.  Time: O(z->n + slabs + caches). */
KEEL_API enum keel_status keel_slabs_init(struct keel_slabs *s, struct keel_pages *z, uint64_t addr, uint32_t *map,
                                          struct keel_slab *slab, uint32_t slabs, struct keel_cache *cache, uint32_t caches)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Makes cache c, of objects of size bytes, aligned to align (a power of two, or 0: 8 bytes).
   KEEL_BAD_ARGUMENT iff c is not below the number of caches, size not in 1 .. KEEL_OBJECT_MAX, or align neither 0 nor a
   power of two up to KEEL_ALIGN_MAX; else KEEL_BUSY iff cache c is in use.  Time: O(1). */
KEEL_API enum keel_status keel_cache_create(struct keel_slabs *s, uint32_t c, uint32_t size, uint32_t align)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Allocates an object of cache c and answers its address; 0 iff c is not a cache in use, or no object of it is free and
   there is no block of pages for a slab (or no unused slab) after all empty slabs have given theirs back.  (The page
   instance counts each block that was wanted in vain in its fails.)
   Time: O(1), but O(slabs) where pages run out. */
KEEL_API uint64_t keel_cache_alloc(struct keel_slabs *s, uint32_t c)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Frees the object at address a, of whatever cache.
   KEEL_OUT_OF_RANGE iff a is not in a page of the instance; else KEEL_WRONG_KIND iff its page is not of a slab; else
   KEEL_NOT_HEAD iff no object starts at a; else KEEL_ALREADY_FREE iff the object is not in use.
   A cache keeps two empty slabs at most; a third gives its pages back.
   Time: O(1), and that of a page free when a slab becomes empty. */
KEEL_API enum keel_status keel_slab_free(struct keel_slabs *s, uint64_t a)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* All empty slabs of cache c give their pages back; answers how many pages. 0 if c is not a cache.  Time: O(slabs). */
KEEL_API uint64_t keel_cache_shrink(struct keel_slabs *s, uint32_t c)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Ends cache c.
   KEEL_BAD_ARGUMENT iff it is not in use; else KEEL_BUSY iff an object of it is in use (its empty slabs have given their
   pages back then, as in shrink).  Time: O(slabs). */
KEEL_API enum keel_status keel_cache_destroy(struct keel_slabs *s, uint32_t c)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* ---- what there is to know (core/slab_info.c) ---- */

#define KEEL_NO_CACHE 0xffffffffu

/* Usable size, in bytes, of the object in use that starts at address a, whatever was asked for; 0 iff there is none.
   Time: O(1). */
KEEL_API uint32_t keel_slab_size(const struct keel_slabs *s, uint64_t a);

/* The cache of the object in use that starts at address a; KEEL_NO_CACHE iff there is none.  Time: O(1). */
KEEL_API uint32_t keel_slab_cache(const struct keel_slabs *s, uint64_t a);

/* The object of cache c in use with the lowest address at or above from; 0 iff there is none.  To walk over all begin with
   0 and go on at the answer + 1; the cache may change meanwhile: an object is seen iff it is in use when the walk comes to
   its address.  Time: O(pages between from and the answer). */
KEEL_API uint64_t keel_cache_walk(const struct keel_slabs *s, uint32_t c, uint64_t from);

/* What a cache has. */
struct keel_slab_stats {
  uint32_t size;         /* of an object, in bytes                            */
  uint32_t slab_objects; /* objects in a slab                                 */
  uint32_t slab_pages;   /* pages in a slab                                   */
  int64_t slabs;         /* slabs                                             */
  int64_t active_slabs;  /* those with an object in use                       */
  int64_t objects;       /* objects in its slabs                              */
  int64_t active;        /* those in use                                      */
  int64_t waste;         /* bytes of its slabs that belong to no object       */
};

/* Counts what cache c has.  KEEL_BAD_ARGUMENT iff it is not in use.  Time: O(slabs). */
KEEL_API enum keel_status keel_cache_stats(const struct keel_slabs *s, uint32_t c, struct keel_slab_stats *st);

/* Writes a report in the format of Linux's /proc/slabinfo (version 2.1), a line for each cache in use, into
   buf[0 .. size - 1], NUL-terminated when size > 0.  names has a name for each cache, of which it takes the first 64
   characters at most; cache c without one (names is 0, or names[c]) is called cache-c.  Answers the length of the whole
   report, as snprintf does, which is at most 512 for each cache and 512.  Time: O(caches in use * slabs). */
KEEL_API size_t keel_slabs_report(const struct keel_slabs *s, const char *const *names, char *buf, size_t size)
    /*@ ghost (uint8_t \ghost *n) */;

/* Executable twin of the invariant: 1 iff the instance is well formed, else 0: rings, page map, layouts, active slabs and
   the words they hand out agree with each other, and every slab's pages are a block of kind KEEL_SLAB and of its order.
   The arrays have to be there, and those of the page instance; whether that is well formed too says keel_pages_check.
   Time: O(pages + slabs + caches). */
KEEL_API int keel_slabs_check(const struct keel_slabs *s);

#ifdef __cplusplus
}
#endif

#endif
