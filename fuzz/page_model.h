// SPDX-License-Identifier: MIT OR Apache-2.0
/* A model of the page allocator for the fuzzer: what core/page.h promises, said
   again in the plainest way, with none of its ideas.

   It knows the state of every page and no tree.  The free blocks are not kept
   up to date by splitting and merging; they are computed from the pages each
   time: a maximal run of free pages is cut, from its start, into the largest
   aligned blocks that fit.  The best fit is found by looking at all of them.

   An instance may be far larger than what is used of it.  The model covers some
   of its granules ("watched"); every other page is reserved, always. */
#ifndef KEEL_FUZZ_PAGE_MODEL_H
#define KEEL_FUZZ_PAGE_MODEL_H

#include "keel.h"

#define MODEL_GRANULES 4u
#define MODEL_PAGES (MODEL_GRANULES * KEEL_PAGES_GRANULE)
#define MODEL_NONE 0xffffffffu

struct model_free { /* the free blocks of one granule, by page */
  uint32_t n;
  struct {
    uint16_t at;
    uint16_t order;
  } block[KEEL_PAGES_GRANULE];
};

struct model {
  int64_t base;
  uint32_t n;
  uint32_t watched;             /* granules that the model covers ...            */
  uint32_t at[MODEL_GRANULES];  /* ... and which of the instance they are        */
  uint8_t state[MODEL_PAGES];   /* enum keel_state                               */
  uint8_t order[MODEL_PAGES];   /* of the block that the page belongs to         */
  uint8_t kind[MODEL_PAGES];    /* of a live page                                */
  int32_t refs[MODEL_PAGES];    /* of a live head                                */
  struct model_free free[MODEL_GRANULES];
  struct keel_page_stats stats;
};

/* All of these answer what the call of the same name must answer. */
enum keel_status model_init(struct model *m, keel_pfn_t base, uint32_t n);
enum keel_status model_add(struct model *m, keel_pfn_t pfn, uint32_t n);
enum keel_status model_reserve(struct model *m, keel_pfn_t pfn, uint32_t n);
keel_pfn_t model_alloc(struct model *m, uint32_t order, uint32_t kind);
keel_pfn_t model_alloc_exact(struct model *m, uint32_t n, uint32_t kind);
enum keel_status model_alloc_range(struct model *m, keel_pfn_t pfn, uint32_t n, uint32_t kind);
enum keel_status model_free(struct model *m, keel_pfn_t pfn, uint32_t kind);
enum keel_status model_free_range(struct model *m, keel_pfn_t pfn, uint32_t n, uint32_t kind);
enum keel_status model_split(struct model *m, keel_pfn_t pfn, uint32_t kind);
enum keel_status model_get(struct model *m, keel_pfn_t pfn);
enum keel_status model_put(struct model *m, keel_pfn_t pfn, uint32_t kind);
enum keel_status model_block(const struct model *m, keel_pfn_t pfn, struct keel_block *b);
int32_t model_frag_index(const struct model *m, uint32_t order);
int32_t model_unusable_index(const struct model *m, uint32_t order);

/* Watches the granules at[0 .. watched-1], ascending, instead of the first ones. */
void model_watch(struct model *m, const uint32_t *at, uint32_t watched);
/* The model's index of page p of the instance, or MODEL_NONE if it is not watched. */
uint32_t model_index(const struct model *m, uint32_t p);
/* The page of the instance that has the index. */
uint32_t model_page(const struct model *m, uint32_t index);
/* The index after the block that starts there, or after the reserved pages from there on in its granule. */
uint32_t model_end(const struct model *m, uint32_t index);

#endif
