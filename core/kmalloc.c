// SPDX-License-Identifier: MIT OR Apache-2.0
/* kmalloc.

   1. Every request has a place: a cache, or an order of blocks of pages.  The place follows from size and alignment alone,
      and that of live memory from its address (map[] and the slab, or the tag of the page), so that nothing is stored.
   2. Sizes of caches are multiples of 8, and above 1024 of 256; hence one table of the least cache for every 8 bytes up to 1024
      and one for every 256 bytes find it.
   3. Above 128 the sizes in 2^k + 1 .. 2^(k+1) are 2^k + j 2^(k-2), j = 1 .. 4: n bytes waste at most 2^(k-2) - 1, and
      2^k <= n - 1.  Blocks of pages: n > 2^(k-1) pages take 2^k pages.
   4. A slab begins at a page, and object i at i times its size: all powers of two up to the page size that divide the size
      divide the address. */
#include "core/kmalloc.h"
#include "core/slab.h"
#include "core/index.h"

#define BLOCKS KEEL_KMALLOC_CLASSES /* a place: the number of a cache below this, or this + an order */

/* ---- what is at an address ---- */

/* The number of the object of slab h that begins at byte d of the instance, in a page of it; not below its nobj if none does. */
KEEL_INLINE uint32_t object_at(const struct keel_slabs *s, uint32_t h, uint64_t d)
{
  const struct keel_slab *t = &s->slab[h];
  return index_of(t->mult, (uint32_t)(d - (uint64_t)t->page * KEEL_PAGE_SIZE));
}

/* What is wrong with the byte d of the instance as the first of an object in use, of slab h, one of whose pages it is in. */
KEEL_INLINE enum keel_status object_error(const struct keel_slabs *s, uint32_t h, uint64_t d)
{
  const struct keel_slab *t = &s->slab[h];
  if (KEEL_UNLIKELY(t->cache > KEEL_KMALLOC_CLASSES)) return KEEL_WRONG_KIND;
  uint32_t i = object_at(s, h, d);
  if (KEEL_UNLIKELY(i >= t->nobj)) return KEEL_NOT_HEAD;
  return KEEL_UNLIKELY(w_tst(t->free[i / 64], i % 64) != 0) ? KEEL_ALREADY_FREE : KEEL_OK;
}

/* What is wrong with the byte d of the instance, in no slab, as the first of a large block. */
static enum keel_status block_error(const struct keel_slabs *s, uint64_t d)
{
  uint32_t p = (uint32_t)(d / KEEL_PAGE_SIZE);
  if (d % KEEL_PAGE_SIZE == 0) return own_error(s->z, p, KEEL_LARGE);
  enum keel_status e = head_error(s->z, p);
  return e == KEEL_OK ? KEEL_NOT_HEAD : e;
}

/* The place of what is live at a and can be freed, KEEL_NONE if that is nothing. */
static uint32_t place_at(const struct keel_slabs *s, uint64_t a)
{
  if (a < s->addr) return KEEL_NONE;
  uint64_t d = a - s->addr, p = d / KEEL_PAGE_SIZE;
  if (p >= s->pages) return KEEL_NONE;
  uint32_t h = s->map[p];
  if (h != 0) return object_error(s, h, d) == KEEL_OK ? s->slab[h].cache - 1u : KEEL_NONE;
  return block_error(s, d) == KEEL_OK ? BLOCKS + s->z->tag[p] % 16u - 1u : KEEL_NONE;
}

/* ---- places ---- */

/* How many bytes a place has. */
static uint32_t bytes_of(const struct keel_slabs *s, uint32_t place)
{
  return place < BLOCKS ? s->cache[place].size : KEEL_PAGE_SIZE << (place - BLOCKS);
}

/* The largest power of two up to the page size that divides the addresses of a place. */
static uint32_t align_of(const struct keel_slabs *s, uint32_t place)
{
  uint32_t f = KEEL_OBJECT_MIN, n = bytes_of(s, place);
  while (f < KEEL_PAGE_SIZE && n % (2u * f) == 0) f *= 2u;
  return f;
}

/* The least cache for size bytes. */
static inline uint32_t cache_for(const struct keel_heap *m, uint32_t size)
{
  return size <= KEEL_KMALLOC_SMALL ? m->small[(size - 1u) / 8u] : m->wide[(size - 1u) / 256u];
}

/* The least place for size bytes at a multiple of align. */
static uint32_t place_for(const struct keel_heap *m, uint32_t size, uint32_t align)
{
  uint32_t n = size < align ? align : size;
  if (align > KEEL_PAGE_SIZE || n > KEEL_OBJECT_MAX) return BLOCKS + order_for((n + KEEL_PAGE_SIZE - 1u) / KEEL_PAGE_SIZE);
  uint32_t c = cache_for(m, n);
  while (align != 0 && m->s.cache[c].size % align != 0) c++;
  return c;
}

/* Whether a place can be aligned like this. */
static int can_align(const struct keel_slabs *s, uint32_t align)
{
  if (align <= KEEL_PAGE_SIZE) return align == 0 || pow2_from(align) == align;
  uint32_t n = align / KEEL_PAGE_SIZE;
  return align % KEEL_PAGE_SIZE == 0 && pow2_from(n) == n && (uint32_t)(s->addr % KEEL_KMALLOC_MAX) % align == 0;
}

/* ---- to take and to give back ---- */

/* A block of 2^order pages, 0 if there is none even when all empty slabs have gone. */
static uint64_t take_block(struct keel_slabs *s, uint32_t order)
{
  keel_pfn_t f = keel_pages_alloc(s->z, order, KEEL_LARGE);
  if (f < 0) {
    sweep(s, s->caches);
    f = keel_pages_alloc(s->z, order, KEEL_LARGE);
  }
  return f < 0 ? 0 : s->addr + (uint64_t)(f - s->z->base) * KEEL_PAGE_SIZE;
}

/* Memory of this place, 0 if there is none. */
static uint64_t take_place(struct keel_slabs *s, uint32_t place)
{
  return place < BLOCKS ? keel_cache_alloc(s, place) : take_block(s, place - BLOCKS);
}

/* What keel_kmalloc_aligned answers. */
KEEL_NOINLINE uint64_t request(struct keel_heap *m, uint64_t size, uint32_t flags, uint64_t align)
{
  if (flags > (KEEL_NOWAIT | KEEL_ZERO) || size > KEEL_KMALLOC_MAX) return 0;
  if (align > KEEL_KMALLOC_MAX || !can_align(&m->s, (uint32_t)align)) return 0;
  if (size == 0) return KEEL_ZERO_SIZE;
  uint32_t place = place_for(m, (uint32_t)size, (uint32_t)align);
  uint64_t a = take_place(&m->s, place);
  if (a != 0 && (flags & KEEL_ZERO) != 0) keel_zero(a, bytes_of(&m->s, place));
  return a;
}

/* Moves the memory at a, of place `from`, to a new one of place `to`; 0 if there is none. */
static uint64_t move(struct keel_heap *m, uint64_t a, uint32_t from, uint32_t to, uint32_t flags)
{
  uint32_t old = bytes_of(&m->s, from), now = bytes_of(&m->s, to);
  uint64_t b = take_place(&m->s, to);
  if (b == 0) return 0;
  keel_copy(b, a, old < now ? old : now);
  if (old < now && (flags & KEEL_ZERO) != 0) keel_zero(b + old, now - old);
  keel_kfree(m, a);
  return b;
}

/* Frees what is at a, in no slab. */
KEEL_NOINLINE enum keel_status give_block(struct keel_slabs *s, uint64_t a)
{
  if (a == 0 || a == KEEL_ZERO_SIZE) return KEEL_OK;
  if (a < s->addr || (a - s->addr) / KEEL_PAGE_SIZE >= s->pages) return KEEL_OUT_OF_RANGE;
  uint64_t d = a - s->addr;
  if (d % KEEL_PAGE_SIZE != 0) return block_error(s, d);
  return keel_pages_free(s->z, s->z->base + (keel_pfn_t)(d / KEEL_PAGE_SIZE), KEEL_LARGE);
}

/* ---- a new instance ---- */

/* Whether none of the caches that an instance takes is in use. */
static int all_unused(const struct keel_slabs *s)
{
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) {
    if (s->cache[c].size != 0) return 0;
  }
  return 1;
}

/* The size that comes after this one. */
static uint32_t next_size(uint32_t size)
{
  uint32_t step = size < 16u ? 8u : 16u;
  while (8u * step <= size) step *= 2u;
  return size + step;
}

/* Creates the caches. */
static void create_all(struct keel_slabs *s)
{
  uint32_t size = KEEL_OBJECT_MIN;
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) {
    keel_cache_create(s, c, size, 0);
    size = next_size(size);
  }
}

/* Element i of a table becomes the least cache for (i + 1) * step bytes. */
static void fill_table(const struct keel_slabs *s, uint8_t *table, uint32_t n, uint32_t step)
{
  uint32_t c = 0;
  for (uint32_t i = 0; i < n; i++) {
    while (s->cache[c].size < (i + 1u) * step) c++;
    table[i] = (uint8_t)c;
  }
}

/* ---- public ---- */

enum keel_status keel_kmalloc_init(struct keel_heap *m)
{
  if (m->s.caches < KEEL_KMALLOC_CLASSES) return KEEL_BAD_ARGUMENT;
  if (!all_unused(&m->s)) return KEEL_BUSY;
  create_all(&m->s);
  fill_table(&m->s, m->small, KEEL_KMALLOC_SMALL / 8u, 8);
  fill_table(&m->s, m->wide, KEEL_OBJECT_MAX / 256u, 256);
  return KEEL_OK;
}

uint64_t keel_kmalloc(struct keel_heap *m, uint64_t size, uint32_t flags)
{
  if (KEEL_UNLIKELY(size == 0 || size > KEEL_KMALLOC_SMALL || flags > KEEL_NOWAIT)) return request(m, size, flags, 0);
  uint32_t c = m->small[(size - 1u) / 8u];
  if (KEEL_UNLIKELY(m->s.cache[c].word == 0)) return alloc_slow(&m->s, c);
  return hand_one(&m->s, c);
}

uint64_t keel_kzalloc(struct keel_heap *m, uint64_t size, uint32_t flags)
{
  return request(m, size, flags | KEEL_ZERO, 0);
}

uint64_t keel_kcalloc(struct keel_heap *m, uint64_t n, uint64_t size, uint32_t flags)
{
  if (n == 0 || size == 0) return keel_kzalloc(m, 0, flags);
  if (n > KEEL_KMALLOC_MAX || size > KEEL_KMALLOC_MAX) return 0;
  return keel_kzalloc(m, n * size, flags);
}

uint64_t keel_kmalloc_aligned(struct keel_heap *m, uint64_t size, uint64_t align, uint32_t flags)
{
  return request(m, size, flags, align);
}

uint64_t keel_krealloc(struct keel_heap *m, uint64_t a, uint64_t size, uint32_t flags)
{
  if (a == 0 || a == KEEL_ZERO_SIZE) return keel_kmalloc(m, size, flags);
  uint32_t from = place_at(&m->s, a);
  if (flags > (KEEL_NOWAIT | KEEL_ZERO) || size > KEEL_KMALLOC_MAX || from == KEEL_NONE) return 0;
  if (size == 0) {
    keel_kfree(m, a);
    return KEEL_ZERO_SIZE;
  }
  uint32_t to = place_for(m, (uint32_t)size, align_of(&m->s, from)), old = bytes_of(&m->s, from);
  if (size <= old && 2u * bytes_of(&m->s, to) > old) return a;
  uint64_t b = move(m, a, from, to, flags);
  return b == 0 && size <= old ? a : b;
}

uint64_t keel_ksize(const struct keel_heap *m, uint64_t a)
{
  uint32_t place = place_at(&m->s, a);
  return place == KEEL_NONE ? 0 : bytes_of(&m->s, place);
}

enum keel_status keel_kfree(struct keel_heap *m, uint64_t a)
{
  struct keel_slabs *s = &m->s;
  if (KEEL_UNLIKELY(a < s->addr)) return give_block(s, a);
  uint64_t d = a - s->addr, p = d / KEEL_PAGE_SIZE;
  if (KEEL_UNLIKELY(p >= s->pages)) return give_block(s, a);
  uint32_t h = s->map[p];
  if (KEEL_UNLIKELY(h == 0)) return give_block(s, a);
  enum keel_status e = object_error(s, h, d);
  if (KEEL_UNLIKELY(e != KEEL_OK)) return e;
  take_back(s, h, object_at(s, h, d));
  if (KEEL_UNLIKELY(s->slab[h].live <= 1)) return emptied(s, h);
  count_down(s, h);
  return KEEL_OK;
}

enum keel_status keel_kfree_sensitive(struct keel_heap *m, uint64_t a)
{
  uint64_t n = keel_ksize(m, a);
  if (n != 0) keel_zero(a, n);
  return keel_kfree(m, a);
}
