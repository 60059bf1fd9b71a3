// SPDX-License-Identifier: MIT OR Apache-2.0
/* Several objects of slab caches at a time. */
#ifndef KEEL_CORE_SLAB_BULK_H
#define KEEL_CORE_SLAB_BULK_H

#include "core/slab.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Allocates n objects of cache c and writes their addresses to a[0 .. n - 1]; answers n, or 0 when one of them cannot be
   had: then those that could are free again, and a holds nothing of use.  Errors and time as n calls of keel_cache_alloc;
   with the first failure the rest is not tried. */
KEEL_API uint32_t keel_cache_alloc_bulk(struct keel_slabs *s, uint32_t c, uint32_t n, uint64_t *a)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

/* Frees the objects at a[0], a[1], .. in this order, of whatever caches, until one is refused; answers how many were freed:
   n, or the index of the one that keel_slab_free refuses.  Time: as that many calls of it. */
KEEL_API uint32_t keel_slab_free_bulk(struct keel_slabs *s, uint32_t n, const uint64_t *a)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) */;

#ifdef __cplusplus
}
#endif

#endif
