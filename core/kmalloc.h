// SPDX-License-Identifier: MIT OR Apache-2.0
/* kmalloc: memory of any size up to 4 MiB, as an address, and one free for all of it.
   Up to 8192 bytes it is an object of a slab cache of one of 49 sizes,
       8  16  32  48  64  80  96  112  128, then four to each doubling
       160  192  224  256  320  384  448  512, and from there on eight
       576  640  704  768  832  896  960  1024  1152 ... 7168  7680  8192;
   above, a block of pages of kind KEEL_LARGE.  What a request of n bytes takes beyond
   those n is at most
       7 bytes for n <= 16, 15 for n <= 128, (n - 1) / 4 - 1 for n <= 512, (n - 1) / 8 - 1
   for n <= 8192 (less than a fifth, then a ninth, of what it takes, above 128), and n - 2
   above that, where sizes are powers of two.
   Alignment: an object is aligned to the largest power of two, up to the page size, that
   divides its size; so a size that is a power of two is aligned to itself, up to a page.
   Blocks of pages are aligned to a page.
   Contents are the business of keel_zero and keel_copy (core/port.h): nothing here
   touches memory.  Calls on one instance must not overlap in time, nor with calls on its
   slab and page instances: the caller holds its own lock. */
#ifndef KEEL_CORE_KMALLOC_H
#define KEEL_CORE_KMALLOC_H

#include "core/port.h"
#include "core/slab.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KEEL_KMALLOC_CLASSES 49u                            /* caches that an instance takes   */
#define KEEL_KMALLOC_MAX (KEEL_PAGE_SIZE << KEEL_MAX_ORDER) /* largest request: 4 MiB          */
#define KEEL_KMALLOC_SMALL 1024u                            /* sizes up to this: table `small` */

/* What a request of no bytes gets: an address that no instance can have.  All functions accept it. */
#define KEEL_ZERO_SIZE ((uint64_t)16)

/* Flags of a request. */
#define KEEL_NOWAIT 1u /* do not block. (Nothing blocks yet, so this has no effect.) */
#define KEEL_ZERO 2u   /* with zeroed memory, up to keel_ksize                       */

/* An instance. The fields are the allocator's own. */
struct keel_heap {
  struct keel_slabs s;
  uint8_t small[KEEL_KMALLOC_SMALL / 8u]; /* [(n - 1) / 8]: cache for n bytes, up to 1024   */
  uint8_t wide[KEEL_OBJECT_MAX / 128u];   /* [(n - 1) / 128]: cache for n bytes, above that */
};

/* Makes an instance of m whose slab instance m->s has been made (keel_slabs_init).  Its objects come from caches 0 ..
   KEEL_KMALLOC_CLASSES - 1, which are kmalloc's from now on, its blocks from the page instance; other caches of m->s stay
   yours.  (To end it, destroy its caches.)
   KEEL_BAD_ARGUMENT iff m->s has fewer caches than these; else KEEL_BUSY iff one of them is in use.  Time: O(1). */
KEEL_API enum keel_status keel_kmalloc_init(struct keel_heap *m)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Allocates size bytes and answers their address; KEEL_ZERO_SIZE for 0 bytes.
   0 iff flags has others than KEEL_NOWAIT and KEEL_ZERO, or size > KEEL_KMALLOC_MAX, or there is no object of the size's cache
   (as in keel_cache_alloc) or no block of pages, even after all empty slabs of the slab instance have given theirs back.
   Time: O(1), but O(slabs) where pages run out; and that of keel_zero. */
KEEL_API uint64_t keel_kmalloc(struct keel_heap *m, uint64_t size, uint32_t flags)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* keel_kmalloc with KEEL_ZERO. */
KEEL_API uint64_t keel_kzalloc(struct keel_heap *m, uint64_t size, uint32_t flags)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* keel_kzalloc of n * size bytes; 0 if that is above KEEL_KMALLOC_MAX, however large n and size are. */
KEEL_API uint64_t keel_kcalloc(struct keel_heap *m, uint64_t n, uint64_t size, uint32_t flags)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* keel_kmalloc at a multiple of align, a power of two (or 0: any address that keel_kmalloc may answer).  A request of 0 bytes
   gets KEEL_ZERO_SIZE, any other the least object or block that has size bytes and whose size is a multiple of align: less than
   twice the largest of size, align and 8.
   0 also iff align is not a power of two up to KEEL_KMALLOC_MAX, or it is above the page size and the address of the
   instance's first page is not a multiple of it: no block would be. */
KEEL_API uint64_t keel_kmalloc_aligned(struct keel_heap *m, uint64_t size, uint64_t align, uint32_t flags)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Makes the memory at a, from any function here, size bytes large, and answers its address, which may be another one then.
   Kept are its bytes as far as both keel_ksize reach, and its alignment: the new address is a multiple of the largest power
   of two, up to the page size, that divides the old keel_ksize.  With KEEL_ZERO the bytes beyond the old keel_ksize are zero.
   It stays where it is if there is room for size bytes, unless a move saves half of that room or more; if then there is no
   memory to move to, it stays, too.  a == 0 or KEEL_ZERO_SIZE: as keel_kmalloc.  size == 0: frees and answers KEEL_ZERO_SIZE.
   0 iff flags or size are refused as in keel_kmalloc, or keel_kfree would not free a, or there is no memory to grow: the
   memory at a is as before.  Time: that of keel_kmalloc, keel_kfree and keel_copy. */
KEEL_API uint64_t keel_krealloc(struct keel_heap *m, uint64_t a, uint64_t size, uint32_t flags)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* How many bytes there are at a: what was asked for or more, all of them the caller's. 0 iff keel_kfree would free nothing. */
KEEL_API uint64_t keel_ksize(const struct keel_heap *m, uint64_t a)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Frees what keel_kmalloc and the others answered.  KEEL_OK, and nothing to free, if a is 0 (as C's free) or KEEL_ZERO_SIZE.
   KEEL_OUT_OF_RANGE iff a is not in a page of the instance.
   In a page of a slab: KEEL_WRONG_KIND iff the slab is not one of this instance's caches; else KEEL_NOT_HEAD iff no object starts
   at a; else KEEL_ALREADY_FREE iff the object is not in use.
   In another page: KEEL_RESERVED or KEEL_ALREADY_FREE iff the page is that (where a slab was, too); else KEEL_NOT_HEAD iff a
   is not the first byte of an allocated block; else KEEL_WRONG_KIND iff the block is not of kind KEEL_LARGE; else KEEL_BUSY
   iff it has more than one reference.
   Empty slabs are kept or given back as in keel_slab_free.
   Time: O(1), and that of a page free when a slab becomes empty. */
KEEL_API enum keel_status keel_kfree(struct keel_heap *m, uint64_t a)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* keel_kfree that makes all bytes zero first, up to keel_ksize; unless it answers an error. */
KEEL_API enum keel_status keel_kfree_sensitive(struct keel_heap *m, uint64_t a)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

#ifdef __cplusplus
}
#endif

#endif
