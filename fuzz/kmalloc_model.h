// SPDX-License-Identifier: MIT OR Apache-2.0
/* A model of kmalloc for the fuzzer: what core/kmalloc.h promises, said again in the
   plainest way, on top of the model of the slab caches.

   It keeps nothing of its own: objects are those of the model's first caches, blocks of
   pages those of kind KEEL_LARGE.  It has a list of all sizes, which it goes through. */
#ifndef KEEL_FUZZ_KMALLOC_MODEL_H
#define KEEL_FUZZ_KMALLOC_MODEL_H

#include "slab_model.h"

/* What keel_kmalloc_init() must answer. */
enum keel_status kmalloc_model_init(struct slab_model *m);

/* Whether a request is one that memory may be answered to. */
int kmalloc_model_allows(const struct slab_model *m, uint64_t size, uint64_t align, uint32_t flags);
/* Where memory for a request that is allowed, of one byte or more, comes from: a cache, or KEEL_KMALLOC_CLASSES + the order
   of a block; and how many bytes that has. */
uint32_t kmalloc_model_place(uint32_t size, uint32_t align);
uint32_t kmalloc_model_bytes(uint32_t place);
/* The largest power of two up to a page that divides a number of bytes. */
uint32_t kmalloc_model_align(uint32_t bytes);
/* A call has taken memory of this place at a (0: none), and the pages count so many fails now: why it must not; NULL if it may. */
const char *kmalloc_model_take(struct slab_model *m, uint32_t place, uint64_t a, int64_t fails);

/* keel_kfree(); it changes nothing. */
enum keel_status kmalloc_model_answer(struct slab_model *m, uint64_t a);
/* keel_ksize(). */
uint64_t kmalloc_model_size(struct slab_model *m, uint64_t a);
/* The memory at a has been freed, and its slab has given its pages back (gone) or not: why it must not; NULL if it may. */
const char *kmalloc_model_free(struct slab_model *m, uint64_t a, int gone);

/* How many blocks of kmalloc's there are, and the first page of the n-th. */
uint32_t kmalloc_model_blocks(const struct slab_model *m);
uint32_t kmalloc_model_block(const struct slab_model *m, uint32_t n);

#endif
