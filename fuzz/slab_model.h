// SPDX-License-Identifier: MIT OR Apache-2.0
/* A model of the slab caches for the fuzzer: what core/slab.h promises, said again in
   the plainest way, with none of its ideas.

   It knows the live objects of each slab, one by one, and which pages the slab has.  It
   has no rings, words, or counters, and divides where core/index.h multiplies.  Which
   object an allocation answers is the allocator's choice, and so is which of a cache's
   empty slabs it keeps; the model says whether a choice is allowed.  Everything else
   follows: also the pages, for which it asks the model of the page allocator. */
#ifndef KEEL_FUZZ_SLAB_MODEL_H
#define KEEL_FUZZ_SLAB_MODEL_H

#include "page_model.h"

#define SLAB_MODEL_PAGES 2048u
#define SLAB_MODEL_SLABS 96u
#define SLAB_MODEL_CACHES 56u

struct model_cache {
  uint32_t size;   /* of an object, as requested; 0: not in use             */
  uint32_t align;  /* of an object, at least 8                              */
  uint32_t stride; /* from one object to the next                           */
  uint32_t objects, order; /* of a slab                                     */
};

struct model_slab {
  uint32_t cache; /* 1 + that of the slab; 0: not in use                    */
  uint32_t page;  /* its first                                              */
  uint32_t live;  /* objects in use                                         */
  uint8_t mark[KEEL_SLAB_OBJECTS]; /* of each object: 0 if it is not in use */
};

struct slab_model {
  struct model pages;
  uint64_t addr;
  uint32_t slabs, caches;
  int large; /* blocks of kind KEEL_LARGE are the allocator's, too: kmalloc's */
  struct model_cache cache[SLAB_MODEL_CACHES];
  struct model_slab slab[SLAB_MODEL_SLABS];
  uint8_t of[SLAB_MODEL_PAGES]; /* per page: 1 + its slab, or 0             */
  uint8_t next_mark;
};

/* Of caches over the pages of m->pages, all of which are its own. */
void slab_model_init(struct slab_model *m, uint64_t addr, uint32_t slabs, uint32_t caches);

/* What the call of the same name must answer. */
enum keel_status slab_model_create(struct slab_model *m, uint32_t c, uint32_t size, uint32_t align);
uint64_t slab_model_shrink(struct slab_model *m, uint32_t c);
enum keel_status slab_model_destroy(struct slab_model *m, uint32_t c);
/* keel_slab_free(); it changes nothing. */
enum keel_status slab_model_answer(const struct slab_model *m, uint64_t a);

/* keel_cache_alloc() has answered a, and the pages count so many fails now: why it must not; NULL if it may. */
const char *slab_model_alloc(struct slab_model *m, uint32_t c, uint64_t a, int64_t fails);
/* keel_slab_free() has freed the live object at a, and its slab has given its pages back (gone) or not: the same. */
const char *slab_model_free(struct slab_model *m, uint64_t a, int gone);

/* The slab that the page at an address is of (or NULL); and which object starts there (or MODEL_NONE). */
struct model_slab *slab_model_slab(struct slab_model *m, uint64_t a);
uint32_t slab_model_index(const struct slab_model *m, const struct model_slab *s, uint64_t a);
/* Where object i is. */
uint64_t slab_model_object(const struct slab_model *m, const struct model_slab *s, uint32_t i);
/* The cache of a slab in use. */
const struct model_cache *slab_model_cache(const struct slab_model *m, const struct model_slab *s);
/* All empty slabs give their pages back. */
void slab_model_sweep(struct slab_model *m);
/* Fills bytes from .. to - 1 at a place with what tells where they are and whose (never 0); whether they are filled with it;
   whether they are 0. (Here, without sanitizers, as they are most of the work.) */
void slab_model_fill(uint8_t *at, uint32_t from, uint32_t to, uint8_t mark);
int slab_model_is_filled(const uint8_t *at, uint32_t from, uint32_t to, uint8_t mark);
int slab_model_is_zero(const uint8_t *at, uint32_t from, uint32_t to);
/* Whether the block at pfn is the allocator's, and held by nobody else: who else frees it breaks the rules. */
int slab_model_owns(const struct slab_model *m, keel_pfn_t pfn);

#endif
