// SPDX-License-Identifier: MIT OR Apache-2.0
#include "kmalloc_model.h"

#define PAGE ((uint64_t)4096)
#define CLASSES 49u
#define LARGEST ((uint64_t)4 << 20)

static const uint32_t size_of[CLASSES] = {
    8,    16,   32,   48,   64,   80,   96,   112,  128,  160,  192,  224,  256,  320,  384,  448,  512,
    576,  640,  704,  768,  832,  896,  960,  1024, 1152, 1280, 1408, 1536, 1664, 1792, 1920, 2048, 2304,
    2560, 2816, 3072, 3328, 3584, 3840, 4096, 4608, 5120, 5632, 6144, 6656, 7168, 7680, 8192};

enum keel_status kmalloc_model_init(struct slab_model *m)
{
  if (m->caches < CLASSES) return KEEL_BAD_ARGUMENT;
  for (uint32_t c = 0; c < CLASSES; c++)
    if (m->cache[c].size != 0) return KEEL_BUSY;
  for (uint32_t c = 0; c < CLASSES; c++) slab_model_create(m, c, size_of[c], 0);
  m->large = 1;
  return KEEL_OK;
}

/* ---- requests ---- */

int kmalloc_model_allows(const struct slab_model *m, uint64_t size, uint64_t align, uint32_t flags)
{
  if (flags > 3 || size > LARGEST || align > LARGEST || (align & (align - 1)) != 0) return 0;
  return align <= PAGE || m->addr % align == 0;
}

uint32_t kmalloc_model_place(uint32_t size, uint32_t align)
{
  uint32_t order = 0;
  if (align == 0) align = 1;
  for (uint32_t c = 0; c < CLASSES && align <= PAGE; c++)
    if (size <= size_of[c] && size_of[c] % align == 0) return c;
  while (PAGE << order < size || (PAGE << order) % align != 0) order++;
  return CLASSES + order;
}

uint32_t kmalloc_model_bytes(uint32_t place)
{
  return place < CLASSES ? size_of[place] : (uint32_t)PAGE << (place - CLASSES);
}

uint32_t kmalloc_model_align(uint32_t bytes)
{
  uint32_t align = 1;
  while (align < PAGE && bytes % (2 * align) == 0) align *= 2;
  return align;
}

const char *kmalloc_model_take(struct slab_model *m, uint32_t place, uint64_t a, int64_t fails)
{
  if (place < CLASSES) return slab_model_alloc(m, place, a, fails);
  keel_pfn_t f = model_alloc(&m->pages, place - CLASSES, KEEL_LARGE);
  if (f < 0) {
    slab_model_sweep(m);
    f = model_alloc(&m->pages, place - CLASSES, KEEL_LARGE);
  }
  return a == (f < 0 ? 0 : m->addr + (uint64_t)(f - m->pages.base) * PAGE) ? NULL : "a block is the one that the pages give, 0 if they have none";
}

/* ---- what is at an address ---- */

/* The block that an address inside is in. */
static struct keel_block block_at(const struct slab_model *m, uint64_t a)
{
  struct keel_block b = {0};
  model_block(&m->pages, m->pages.base + (int64_t)((a - m->addr) / PAGE), &b);
  return b;
}

enum keel_status kmalloc_model_answer(struct slab_model *m, uint64_t a)
{
  if (a == 0 || a == 16) return KEEL_OK;
  enum keel_status e = slab_model_answer(m, a);
  const struct model_slab *s = slab_model_slab(m, a);
  if (s) return s->cache > CLASSES ? KEEL_WRONG_KIND : e;
  if (e == KEEL_OUT_OF_RANGE) return e;
  struct keel_block b = block_at(m, a);
  if (b.state == KEEL_PAGE_RESERVED) return KEEL_RESERVED;
  if (b.state == KEEL_PAGE_FREE) return KEEL_ALREADY_FREE;
  if (a != m->addr + (uint64_t)(b.pfn - m->pages.base) * PAGE) return KEEL_NOT_HEAD;
  if (b.kind != KEEL_LARGE) return KEEL_WRONG_KIND;
  return b.refs > 1 ? KEEL_BUSY : KEEL_OK;
}

uint64_t kmalloc_model_size(struct slab_model *m, uint64_t a)
{
  if (a == 0 || a == 16 || kmalloc_model_answer(m, a) != KEEL_OK) return 0;
  const struct model_slab *s = slab_model_slab(m, a);
  return s ? slab_model_cache(m, s)->stride : PAGE << block_at(m, a).order;
}

const char *kmalloc_model_free(struct slab_model *m, uint64_t a, int gone)
{
  if (slab_model_slab(m, a)) return slab_model_free(m, a, gone);
  return model_free(&m->pages, m->pages.base + (int64_t)((a - m->addr) / PAGE), KEEL_LARGE) == KEEL_OK ? NULL : "a block of kmalloc's is freed";
}

/* ---- blocks ---- */

static uint32_t find(const struct slab_model *m, uint32_t n, uint32_t *page)
{
  uint32_t seen = 0;
  for (*page = 0; *page < m->pages.n; *page = model_end(&m->pages, *page))
    if (m->pages.state[*page] == KEEL_PAGE_LIVE && m->pages.kind[*page] == KEEL_LARGE && seen++ == n) break;
  return seen;
}

uint32_t kmalloc_model_blocks(const struct slab_model *m)
{
  uint32_t end;
  return find(m, MODEL_NONE, &end);
}

uint32_t kmalloc_model_block(const struct slab_model *m, uint32_t n)
{
  uint32_t page;
  find(m, n, &page);
  return page;
}
