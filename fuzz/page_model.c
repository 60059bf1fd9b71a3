// SPDX-License-Identifier: MIT OR Apache-2.0
#include "page_model.h"

#include <string.h>

#define GRANULE KEEL_PAGES_GRANULE

/* ---- pages ---- */

uint32_t model_index(const struct model *m, uint32_t p)
{
  for (uint32_t g = 0; g < m->watched; g++)
    if (p / GRANULE == m->at[g]) return g * GRANULE + p % GRANULE;
  return MODEL_NONE;
}

uint32_t model_page(const struct model *m, uint32_t index)
{
  return m->at[index / GRANULE] * GRANULE + index % GRANULE;
}

uint32_t model_end(const struct model *m, uint32_t index)
{
  uint32_t i = index, end = (index / GRANULE + 1) * GRANULE;
  uint64_t eight;
  if (m->state[i] != KEEL_PAGE_RESERVED) return i + (1u << m->order[i]);
  for (; i + 8 <= end; i += 8) {
    memcpy(&eight, m->state + i, 8);
    if (eight != 0x0101010101010101u * KEEL_PAGE_RESERVED) break;
  }
  while (i < end && m->state[i] == KEEL_PAGE_RESERVED) i++;
  return i;
}

static int state_of(const struct model *m, uint32_t p)
{
  uint32_t i = model_index(m, p);
  return i == MODEL_NONE ? KEEL_PAGE_RESERVED : m->state[i];
}

static int inside(const struct model *m, keel_pfn_t pfn, uint32_t n)
{
  __int128 first = (__int128)pfn - m->base, end = first + n;
  return first >= 0 && end <= m->n;
}

/* ---- free blocks ---- */

static void add_free_block(struct model *m, uint32_t g, uint32_t at, uint32_t order)
{
  struct model_free *f = &m->free[g];
  f->block[f->n].at = (uint16_t)at;
  f->block[f->n].order = (uint16_t)order;
  f->n++;
  m->stats.free_blocks[order]++;
  memset(m->order + g * GRANULE + at, (int)order, 1u << order);
}

static uint32_t run_of(const uint8_t *state, uint32_t from)
{
  uint32_t to = from;
  while (to < GRANULE && state[to] == KEEL_PAGE_FREE) to++;
  return to;
}

static void recount(struct model *m, uint32_t g)
{
  const uint8_t *state = m->state + g * GRANULE;
  struct model_free *f = &m->free[g];
  for (uint32_t i = 0; i < f->n; i++) m->stats.free_blocks[f->block[i].order]--;
  f->n = 0;
  for (uint32_t p = 0; p < GRANULE; p++) {
    const uint8_t *first = memchr(state + p, KEEL_PAGE_FREE, GRANULE - p);
    if (!first) break;
    p = (uint32_t)(first - state);
    uint32_t end = run_of(state, p);
    while (p < end) {
      uint32_t order = 0;
      while (order < KEEL_MAX_ORDER && p % (2u << order) == 0 && p + (2u << order) <= end) order++;
      add_free_block(m, g, p, order);
      p += 1u << order;
    }
  }
}

/* Pages lo .. lo + n - 1 become that; the caller has seen to it that they are watched,
   or stay reserved. */
static void set_pages(struct model *m, uint32_t lo, uint32_t n, enum keel_state state, uint32_t order, uint32_t kind)
{
  for (uint32_t p = lo; p < lo + n;) {
    uint32_t i = model_index(m, p), len = GRANULE - p % GRANULE;
    if (len > lo + n - p) len = lo + n - p;
    p += len;
    if (i == MODEL_NONE) continue;
    for (uint32_t j = i; j < i + len; j++) m->stats.nr_free -= m->state[j] == KEEL_PAGE_FREE;
    if (state == KEEL_PAGE_FREE) m->stats.nr_free += len;
    memset(m->state + i, (int)state, len);
    memset(m->order + i, (int)order, len);
    memset(m->kind + i, (int)kind, len);
    for (uint32_t j = i; j < i + len; j++) m->refs[j] = state == KEEL_PAGE_LIVE;
    recount(m, i / GRANULE);
  }
}

static void count(int64_t *counter) { *counter += *counter != INT64_MAX; }

static keel_pfn_t no_pages(struct model *m, uint32_t n)
{
  count(&m->stats.fails);
  if (n > m->stats.largest_fail) m->stats.largest_fail = n;
  return KEEL_NO_PAGES;
}

/* First page of the best free block of at least 2^order pages (the lowest of equals; they
   are looked at in this order), or MODEL_NONE. */
static uint32_t best_fit(const struct model *m, uint32_t order)
{
  uint32_t best = MODEL_NONE, best_order = KEEL_MAX_ORDER + 1u;
  for (uint32_t g = 0; g < m->watched; g++)
    for (uint32_t i = 0; i < m->free[g].n; i++) {
      uint32_t k = m->free[g].block[i].order;
      if (k < order || k >= best_order) continue;
      best = m->at[g] * GRANULE + m->free[g].block[i].at;
      best_order = k;
    }
  return best;
}

/* ---- what a call answers ---- */

/* The error for a page that should be the first of a live block. */
static enum keel_status head_error(const struct model *m, uint32_t p)
{
  uint32_t i = model_index(m, p);
  switch (state_of(m, p)) {
  case KEEL_PAGE_RESERVED: return KEEL_RESERVED;
  case KEEL_PAGE_FREE: return KEEL_ALREADY_FREE;
  default: return p % (1u << m->order[i]) == 0 ? KEEL_OK : KEEL_NOT_HEAD;
  }
}

static enum keel_status own_error(const struct model *m, uint32_t p, uint32_t kind)
{
  enum keel_status e = head_error(m, p);
  uint32_t i = model_index(m, p);
  if (e != KEEL_OK) return e;
  if (m->kind[i] != kind) return KEEL_WRONG_KIND;
  return m->refs[i] > 1 ? KEEL_BUSY : KEEL_OK;
}

void model_watch(struct model *m, const uint32_t *at, uint32_t watched)
{
  m->watched = watched;
  for (uint32_t g = 0; g < watched; g++) m->at[g] = at[g];
}

enum keel_status model_init(struct model *m, keel_pfn_t base, uint32_t n)
{
  if (n < 1 || n > KEEL_PAGES_MAX) return KEEL_BAD_ARGUMENT;
  if (base < 0 || base % GRANULE != 0 || base > ((int64_t)1 << 52) - ((int64_t)1 << 28)) return KEEL_BAD_ARGUMENT;
  m->base = base;
  m->n = n;
  m->watched = 0;
  while (m->watched < MODEL_GRANULES && m->watched * GRANULE < n) {
    m->at[m->watched] = m->watched;
    m->watched++;
  }
  memset(m->state, KEEL_PAGE_RESERVED, sizeof m->state);
  memset(m->order, 0, sizeof m->order);
  memset(&m->stats, 0, sizeof m->stats);
  for (uint32_t g = 0; g < MODEL_GRANULES; g++) m->free[g].n = 0;
  m->stats.pages = n;
  return KEEL_OK;
}

enum keel_status model_add(struct model *m, keel_pfn_t pfn, uint32_t n)
{
  if (n == 0) return KEEL_BAD_ARGUMENT;
  if (!inside(m, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - m->base);
  for (uint32_t p = lo; p < lo + n; p++)
    if (state_of(m, p) != KEEL_PAGE_RESERVED) return KEEL_BUSY;
  set_pages(m, lo, n, KEEL_PAGE_FREE, 0, 0);
  return KEEL_OK;
}

enum keel_status model_reserve(struct model *m, keel_pfn_t pfn, uint32_t n)
{
  if (n == 0) return KEEL_BAD_ARGUMENT;
  if (!inside(m, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - m->base);
  for (uint32_t p = lo; p < lo + n; p++)
    if (state_of(m, p) == KEEL_PAGE_LIVE) return KEEL_BUSY;
  set_pages(m, lo, n, KEEL_PAGE_RESERVED, 0, 0);
  return KEEL_OK;
}

keel_pfn_t model_alloc(struct model *m, uint32_t order, uint32_t kind)
{
  if (order > 10 || kind > 7) return KEEL_BAD_ARGUMENT;
  uint32_t p = best_fit(m, order);
  if (p == MODEL_NONE) return no_pages(m, 1u << order);
  set_pages(m, p, 1u << order, KEEL_PAGE_LIVE, order, kind);
  count(&m->stats.allocs);
  return m->base + p;
}

keel_pfn_t model_alloc_exact(struct model *m, uint32_t n, uint32_t kind)
{
  uint32_t order = 0;
  if (n < 1 || n > 1024 || kind > 7) return KEEL_BAD_ARGUMENT;
  while (1u << order < n) order++;
  uint32_t p = best_fit(m, order);
  if (p == MODEL_NONE) return no_pages(m, n);
  set_pages(m, p, n, KEEL_PAGE_LIVE, 0, kind);
  count(&m->stats.allocs);
  return m->base + p;
}

enum keel_status model_alloc_range(struct model *m, keel_pfn_t pfn, uint32_t n, uint32_t kind)
{
  if (n == 0 || kind > 7) return KEEL_BAD_ARGUMENT;
  if (!inside(m, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - m->base);
  for (uint32_t p = lo; p < lo + n; p++)
    if (state_of(m, p) != KEEL_PAGE_FREE) return KEEL_BUSY;
  set_pages(m, lo, n, KEEL_PAGE_LIVE, 0, kind);
  count(&m->stats.allocs);
  return KEEL_OK;
}

/* The error of an operation on the live block at pfn, of that kind, not shared. */
static enum keel_status owned(const struct model *m, keel_pfn_t pfn, uint32_t kind, uint32_t *p, uint32_t *order)
{
  if (!inside(m, pfn, 1)) return KEEL_OUT_OF_RANGE;
  *p = (uint32_t)(pfn - m->base);
  enum keel_status e = own_error(m, *p, kind);
  if (e == KEEL_OK) *order = m->order[model_index(m, *p)];
  return e;
}

enum keel_status model_free(struct model *m, keel_pfn_t pfn, uint32_t kind)
{
  uint32_t p, order;
  enum keel_status e = owned(m, pfn, kind, &p, &order);
  if (e != KEEL_OK) return e;
  set_pages(m, p, 1u << order, KEEL_PAGE_FREE, 0, 0);
  count(&m->stats.frees);
  return KEEL_OK;
}

enum keel_status model_free_range(struct model *m, keel_pfn_t pfn, uint32_t n, uint32_t kind)
{
  if (n == 0) return KEEL_BAD_ARGUMENT;
  if (!inside(m, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - m->base), blocks = 0, p = lo;
  for (; p < lo + n; blocks++) {
    enum keel_status e = own_error(m, p, kind);
    if (e != KEEL_OK) return e;
    p += 1u << m->order[model_index(m, p)];
  }
  if (p != lo + n) return KEEL_BUSY;
  set_pages(m, lo, n, KEEL_PAGE_FREE, 0, 0);
  while (blocks-- > 0) count(&m->stats.frees);
  return KEEL_OK;
}

enum keel_status model_split(struct model *m, keel_pfn_t pfn, uint32_t kind)
{
  uint32_t p, order;
  enum keel_status e = owned(m, pfn, kind, &p, &order);
  if (e == KEEL_OK) set_pages(m, p, 1u << order, KEEL_PAGE_LIVE, 0, kind);
  return e;
}

enum keel_status model_get(struct model *m, keel_pfn_t pfn)
{
  if (!inside(m, pfn, 1)) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(pfn - m->base), i = model_index(m, p);
  enum keel_status e = head_error(m, p);
  if (e != KEEL_OK) return e;
  if (m->refs[i] == KEEL_REFS_MAX) return KEEL_SATURATED;
  m->refs[i]++;
  return KEEL_OK;
}

enum keel_status model_put(struct model *m, keel_pfn_t pfn, uint32_t kind)
{
  enum keel_status e = model_free(m, pfn, kind);
  if (e != KEEL_BUSY) return e;
  m->refs[model_index(m, (uint32_t)(pfn - m->base))]--;
  return KEEL_OK;
}

enum keel_status model_block(const struct model *m, keel_pfn_t pfn, struct keel_block *b)
{
  if (!inside(m, pfn, 1)) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(pfn - m->base), i = model_index(m, p), state = (uint32_t)state_of(m, p);
  *b = (struct keel_block){pfn, 0, (enum keel_state)state, 0, 0};
  if (state == KEEL_PAGE_RESERVED) return KEEL_OK;
  uint32_t past = p % (1u << m->order[i]);
  b->order = m->order[i];
  b->pfn -= past;
  if (state == KEEL_PAGE_LIVE) {
    b->kind = m->kind[i];
    b->refs = m->refs[i - past];
  }
  return KEEL_OK;
}

/* ---- indices (the formulas of Linux, with F, N and S as there) ---- */

static void sums(const struct model *m, uint32_t order, int64_t *pages, int64_t *blocks, int64_t *fit)
{
  *pages = *blocks = *fit = 0;
  for (uint32_t k = 0; k <= KEEL_MAX_ORDER; k++) {
    *blocks += m->stats.free_blocks[k];
    *pages += m->stats.free_blocks[k] << k;
    if (k >= order) *fit += m->stats.free_blocks[k] << (k - order);
  }
}

int32_t model_frag_index(const struct model *m, uint32_t order)
{
  int64_t pages, blocks, fit;
  if (order > 10) return 0;
  sums(m, order, &pages, &blocks, &fit);
  if (blocks == 0) return 0;
  if (fit > 0) return -1000;
  return (int32_t)(1000 - (1000 + (1000 * pages >> order)) / blocks);
}

int32_t model_unusable_index(const struct model *m, uint32_t order)
{
  int64_t pages, blocks, fit;
  if (order > 10) return 0;
  sums(m, order, &pages, &blocks, &fit);
  return pages == 0 ? 0 : (int32_t)(1000 * (pages - (fit << order)) / pages);
}
