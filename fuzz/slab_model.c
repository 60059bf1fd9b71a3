// SPDX-License-Identifier: MIT OR Apache-2.0
#include <string.h>

#include "slab_model.h"

#define PAGE ((uint64_t)4096)
#define ALL UINT32_MAX

/* ---- where things are ---- */

static int in_use(const struct slab_model *m, uint32_t c) { return c < m->caches && m->cache[c].size != 0; }

static int inside(const struct slab_model *m, uint64_t a)
{
  return a >= m->addr && (a - m->addr) / PAGE < m->pages.n;
}

struct model_slab *slab_model_slab(struct slab_model *m, uint64_t a)
{
  uint32_t of = inside(m, a) ? m->of[(a - m->addr) / PAGE] : 0;
  return of == 0 ? NULL : &m->slab[of - 1];
}

const struct model_cache *slab_model_cache(const struct slab_model *m, const struct model_slab *s)
{
  return &m->cache[s->cache - 1];
}

uint64_t slab_model_object(const struct slab_model *m, const struct model_slab *s, uint32_t i)
{
  return m->addr + s->page * PAGE + (uint64_t)i * slab_model_cache(m, s)->stride;
}

uint32_t slab_model_index(const struct slab_model *m, const struct model_slab *s, uint64_t a)
{
  const struct model_cache *k = slab_model_cache(m, s);
  uint32_t past = (uint32_t)(a - m->addr - s->page * PAGE);
  return past % k->stride == 0 && past / k->stride < k->objects ? past / k->stride : MODEL_NONE;
}

int slab_model_owns(const struct slab_model *m, keel_pfn_t pfn)
{
  struct keel_block b;
  if (model_block(&m->pages, pfn, &b) != KEEL_OK) return 0;
  return b.refs == 1 && (m->of[b.pfn - m->pages.base] != 0 || (m->large && b.kind == KEEL_LARGE));
}

/* ---- what is in objects ---- */

static uint8_t content(uint32_t i, uint8_t mark) { return (uint8_t)(mark + i - (i >> 7)) | 1; }

void slab_model_fill(uint8_t *at, uint32_t from, uint32_t to, uint8_t mark)
{
  for (uint32_t i = from; i < to; i++) at[i] = content(i, mark);
}

int slab_model_is_filled(const uint8_t *at, uint32_t from, uint32_t to, uint8_t mark)
{
  uint8_t differ = 0;
  for (uint32_t i = from; i < to; i++) differ |= at[i] ^ content(i, mark);
  return differ == 0;
}

int slab_model_is_zero(const uint8_t *at, uint32_t from, uint32_t to)
{
  uint8_t any = 0;
  for (uint32_t i = from; i < to; i++) any |= at[i];
  return any == 0;
}

/* ---- counting ---- */

/* How many slabs there are of cache c (ALL: of any). */
static uint32_t count(const struct slab_model *m, uint32_t c)
{
  uint32_t n = 0;
  for (uint32_t h = 0; h < m->slabs; h++) n += m->slab[h].cache != 0 && (c == ALL || m->slab[h].cache == c + 1);
  return n;
}

static uint32_t count_empty(const struct slab_model *m, uint32_t c)
{
  uint32_t n = 0;
  for (uint32_t h = 0; h < m->slabs; h++) n += m->slab[h].cache != 0 && m->slab[h].live == 0 && (c == ALL || m->slab[h].cache == c + 1);
  return n;
}

static int all_in_use(const struct slab_model *m, uint32_t c)
{
  uint64_t live = 0;
  for (uint32_t h = 0; h < m->slabs; h++)
    if (m->slab[h].cache == c + 1) live += m->slab[h].live;
  return live == (uint64_t)count(m, c) * m->cache[c].objects;
}

/* ---- slabs ---- */

static void begin(struct slab_model *m, uint32_t c, uint32_t page)
{
  uint32_t h = 0;
  while (m->slab[h].cache != 0) h++;
  memset(&m->slab[h], 0, sizeof m->slab[h]);
  m->slab[h].cache = c + 1;
  m->slab[h].page = page;
  memset(m->of + page, (int)h + 1, 1u << m->cache[c].order);
}

static void end(struct slab_model *m, struct model_slab *s)
{
  uint32_t order = slab_model_cache(m, s)->order;
  memset(m->of + s->page, 0, 1u << order);
  model_put(&m->pages, m->pages.base + s->page, KEEL_SLAB);
  s->cache = 0;
}

static uint64_t end_empty(struct slab_model *m, uint32_t c)
{
  uint64_t pages = 0;
  for (uint32_t h = 0; h < m->slabs; h++) {
    struct model_slab *s = &m->slab[h];
    if (s->cache == 0 || s->live != 0 || (c != ALL && s->cache != c + 1)) continue;
    pages += 1u << slab_model_cache(m, s)->order;
    end(m, s);
  }
  return pages;
}

void slab_model_sweep(struct slab_model *m) { end_empty(m, ALL); }

/* A new slab for cache c, if there is a block of pages and a slab is left. */
static int grow(struct slab_model *m, uint32_t c)
{
  if (count(m, ALL) == m->slabs) return 0;
  keel_pfn_t pfn = model_alloc(&m->pages, m->cache[c].order, KEEL_SLAB);
  if (pfn < 0) return 0;
  begin(m, c, (uint32_t)(pfn - m->pages.base));
  return 1;
}

/* ---- calls ---- */

void slab_model_init(struct slab_model *m, uint64_t addr, uint32_t slabs, uint32_t caches)
{
  m->addr = addr;
  m->slabs = slabs;
  m->caches = caches;
  m->large = 0;
  m->next_mark = 0;
  memset(m->cache, 0, sizeof m->cache);
  for (uint32_t h = 0; h < SLAB_MODEL_SLABS; h++) m->slab[h].cache = 0;
  memset(m->of, 0, sizeof m->of);
}

/* 128 objects a slab, or more, and at most 1/16 of it wasted; or 256 objects; in the smallest block, up to order 5. */
static void lay_out(struct model_cache *k)
{
  for (k->order = 0;; k->order++) {
    uint32_t bytes = 4096u << k->order;
    k->objects = bytes / k->stride;
    if (k->objects > 256) k->objects = 256;
    if (k->order == 5 || k->objects == 256) return;
    if (k->objects >= 128 && (bytes - k->objects * k->stride) * 16 <= bytes) return;
  }
}

enum keel_status slab_model_create(struct slab_model *m, uint32_t c, uint32_t size, uint32_t align)
{
  if (c >= m->caches || size < 1 || size > 8192 || align > 4096 || (align & (align - 1)) != 0) return KEEL_BAD_ARGUMENT;
  struct model_cache *k = &m->cache[c];
  if (k->size != 0) return KEEL_BUSY;
  k->size = size;
  k->align = align < 8 ? 8 : align;
  k->stride = (size + k->align - 1) & ~(k->align - 1);
  lay_out(k);
  return KEEL_OK;
}

uint64_t slab_model_shrink(struct slab_model *m, uint32_t c)
{
  return in_use(m, c) ? end_empty(m, c) : 0;
}

enum keel_status slab_model_destroy(struct slab_model *m, uint32_t c)
{
  if (!in_use(m, c)) return KEEL_BAD_ARGUMENT;
  end_empty(m, c);
  if (count(m, c) > 0) return KEEL_BUSY;
  m->cache[c].size = 0;
  return KEEL_OK;
}

enum keel_status slab_model_answer(const struct slab_model *m, uint64_t a)
{
  if (!inside(m, a)) return KEEL_OUT_OF_RANGE;
  uint32_t of = m->of[(a - m->addr) / PAGE];
  if (of == 0) return KEEL_WRONG_KIND;
  const struct model_slab *s = &m->slab[of - 1];
  uint32_t i = slab_model_index(m, s, a);
  if (i == MODEL_NONE) return KEEL_NOT_HEAD;
  return s->mark[i] == 0 ? KEEL_ALREADY_FREE : KEEL_OK;
}

static const char *take(struct slab_model *m, struct model_slab *s, uint64_t a)
{
  uint32_t i = slab_model_index(m, s, a);
  if (i == MODEL_NONE) return "an object starts at the address";
  if (s->mark[i] != 0) return "the object was free";
  if (a % slab_model_cache(m, s)->align != 0) return "the object is aligned";
  m->next_mark = m->next_mark == 255 ? 1 : (uint8_t)(m->next_mark + 1);
  s->mark[i] = m->next_mark;
  s->live++;
  return NULL;
}

static const char *none(struct slab_model *m, uint32_t c)
{
  if (!all_in_use(m, c)) return "0 only when no object is free";
  if (grow(m, c)) return "0 only when there is no block of pages or no slab";
  end_empty(m, ALL);
  if (grow(m, c)) return "0 only when the empty slabs do not help";
  return NULL;
}

const char *slab_model_alloc(struct slab_model *m, uint32_t c, uint64_t a, int64_t fails)
{
  if (!in_use(m, c)) return a == 0 ? NULL : "0 without a cache";
  if (a == 0) return none(m, c);
  struct model_slab *s = slab_model_slab(m, a);
  if (s && s->cache == c + 1) { /* perhaps a new slab has been wanted first */
    if (fails > m->pages.stats.fails && grow(m, c)) return "pages fail only when there is no block";
    return take(m, s, a);
  }
  if (!grow(m, c)) {
    if (!all_in_use(m, c)) return "its own free objects come before others' empty slabs";
    end_empty(m, ALL);
    if (!grow(m, c)) return "a new slab has pages of its own";
  }
  s = slab_model_slab(m, a);
  if (!s || s->cache != c + 1) return "the object is in a slab of its cache, made of the block that the pages give";
  return take(m, s, a);
}

const char *slab_model_free(struct slab_model *m, uint64_t a, int gone)
{
  struct model_slab *s = slab_model_slab(m, a);
  uint32_t c = s->cache - 1;
  s->mark[slab_model_index(m, s, a)] = 0;
  s->live--;
  if (s->live > 0) return NULL; /* that its pages have not gone, the model of the pages says */
  if (gone && count_empty(m, c) < 2) return "the first empty slab keeps its pages";
  if (gone) end(m, s);
  return count_empty(m, c) <= 2 ? NULL : "a third empty slab gives its pages back";
}
