// SPDX-License-Identifier: MIT OR Apache-2.0
/* kmalloc for several CPUs.

   1. A CPU's slabs, caches and page map are written by that CPU alone, and but for free[] and live of slabs, and words of
      caches, under its lock.  So with that lock another CPU reads which slab an address is in, and where its objects are.
   2. Pages, their tags and counts are under the lock of the pages.
   3. What others freed and is not yet carried out is in use: its slab stays.  (Not so after two frees of one object that
      overlap in time.)
   4. owner[] says whose a slab is before the first of its objects is handed out. */
#include "core/cpu.h"

/* Reads what another CPU may be writing at this moment: either value will do. */
#ifdef __GNUC__
#define RACY __attribute__((no_sanitize("thread"))) static inline
#else
#define RACY static inline
#endif
RACY uint64_t peek_word(const uint64_t *p) { return *(const volatile uint64_t *)p; }
RACY uint32_t peek(const uint32_t *p) { return *(const volatile uint32_t *)p; }
RACY uint32_t peek_owner(const struct keel_cpus *k, uint64_t p) { return *(const volatile uint8_t *)&k->owner[p]; }

/* The slab of this CPU that a is in, 0 if it is in none. */
static inline uint32_t slab_of(const struct keel_slabs *s, uint64_t a)
{
  return a < s->addr || (a - s->addr) / KEEL_PAGE_SIZE >= s->pages ? 0 : s->map[(a - s->addr) / KEEL_PAGE_SIZE];
}

static void lock_both(const struct keel_cpus *k, uint32_t cpu)
{
  keel_lock(cpu);
  keel_lock(k->cpus);
}

static void unlock_both(const struct keel_cpus *k, uint32_t cpu)
{
  keel_unlock(k->cpus);
  keel_unlock(cpu);
}

/* Frees what others have noted down; under both locks. */
static void collect(struct keel_cpu *p)
{
  const struct keel_slabs *s = &p->m.s;
  while (p->waiting != 0) {
    /* No cache: all that others freed was free already, see cpu.h, and so the slab is gone. */
    uint32_t h = p->remote[--p->waiting].queue, c = s->slab[h].cache, size = c == 0 ? 0 : s->cache[c - 1u].size;
    uint64_t a = s->addr + (uint64_t)s->slab[h].page * KEEL_PAGE_SIZE;
    struct keel_remote *r = &p->remote[h];
    for (uint32_t v = 0; v < 4; v++) {
      uint64_t w = r->freed[v];
      r->freed[v] = 0;
      while (w != 0) {
        uint32_t i = w_ffs(w);
        w = w_clr(w, i);
        if (c == 0 || keel_kfree(&p->m, a + (uint64_t)(64u * v + i) * size) != KEEL_OK) p->missed++;
      }
    }
  }
}

/* The pages of the slab with object a are this CPU's; under both locks. */
static void own_slab(struct keel_cpus *k, uint32_t cpu, uint64_t a)
{
  const struct keel_slabs *s = &k->cpu[cpu].m.s;
  const struct keel_slab *b = &s->slab[s->map[(a - s->addr) / KEEL_PAGE_SIZE]];
  for (uint32_t q = b->page; q < b->page + b->pages; q++) {
    if (k->owner[q] != cpu) k->owner[q] = (uint8_t)cpu;
  }
}

/* Memory of a place without an object at hand: from a slab that this CPU has, else from what others freed, or pages. */
static uint64_t take_new(struct keel_cpus *k, uint32_t cpu, uint32_t to)
{
  struct keel_cpu *p = &k->cpu[cpu];
  if (to < BLOCKS && find_near(&p->m.s, to)) return take_any(&p->m, to);
  lock_both(k, cpu);
  collect(p);
  uint64_t a = take_any(&p->m, to);
  if (a != 0 && to < BLOCKS) own_slab(k, cpu, a);
  unlock_both(k, cpu);
  return a;
}

/* What is not a small size with an object at hand. */
KEEL_NOINLINE uint64_t take_other(struct keel_cpus *k, uint32_t cpu, uint64_t size, uint32_t flags)
{
  struct keel_heap *m = &k->cpu[cpu].m;
  if (size > KEEL_KMALLOC_MAX || flags > (KEEL_NOWAIT | KEEL_ZERO)) return 0;
  if (size == 0) return KEEL_ZERO_SIZE;
  uint32_t to = place_for(m, (uint32_t)size, 0);
  uint64_t a = to < BLOCKS && m->s.cache[to].word != 0 ? take_any(m, to) : take_new(k, cpu, to);
  if (a != 0 && (flags & KEEL_ZERO) != 0) keel_zero(a, bytes_of(&m->s, to));
  return a;
}

/* Notes down that a, in a page that was this CPU's, is free; KEEL_OUT_OF_RANGE if the page is not, or the CPU is not there.
   Under its lock. */
static enum keel_status note_free(struct keel_cpu *p, uint64_t a)
{
  if (p->remote == 0) return KEEL_OUT_OF_RANGE;
  const struct keel_slabs *s = &p->m.s;
  uint64_t d = a - s->addr;
  uint32_t h = s->map[d / KEEL_PAGE_SIZE];
  if (h == 0) return KEEL_OUT_OF_RANGE;
  const struct keel_slab *b = &s->slab[h];
  uint32_t i = object_at(s, h, d);
  if (i >= b->nobj) return KEEL_NOT_HEAD;
  struct keel_remote *r = &p->remote[h];
  if (w_tst(peek_word(&b->free[i / 64]) | r->freed[i / 64], i % 64) != 0) return KEEL_ALREADY_FREE;
  if ((r->freed[0] | r->freed[1] | r->freed[2] | r->freed[3]) == 0) p->remote[p->waiting++].queue = h;
  r->freed[i / 64] = w_set(r->freed[i / 64], i % 64);
  return KEEL_OK;
}

/* What is not an object of this CPU's whose slab has others in use. */
KEEL_NOINLINE enum keel_status free_other(struct keel_cpus *k, uint32_t cpu, uint64_t a)
{
  struct keel_cpu *p = &k->cpu[cpu];
  const struct keel_slabs *s = &p->m.s;
  uint64_t page = (a - s->addr) / KEEL_PAGE_SIZE;
  if (a >= s->addr && page < s->pages && s->map[page] == 0) {
    uint32_t b = peek_owner(k, page);
    if (b != cpu) {
      keel_lock(b);
      enum keel_status e = note_free(&k->cpu[b], a);
      keel_unlock(b);
      if (e != KEEL_OUT_OF_RANGE) return e;
    }
  }
  lock_both(k, cpu);
  collect(p);
  enum keel_status e = keel_kfree(&p->m, a);
  unlock_both(k, cpu);
  return e;
}

/* keel_cpu_init of p; under its lock. */
static enum keel_status add_cpu(const struct keel_cpus *k, struct keel_cpu *p, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                                struct keel_cache *cache, struct keel_remote *remote)
{
  if (p->remote != 0) return KEEL_BUSY;
  enum keel_status e = keel_slabs_init(&p->m.s, k->z, k->addr, map, slab, slabs, cache, KEEL_KMALLOC_CLASSES);
  if (e != KEEL_OK) return e;
  (void)keel_kmalloc_init(&p->m); /* none of its caches is in use */
  for (uint32_t h = 0; h <= slabs; h++) remote[h] = (struct keel_remote){{0, 0, 0, 0}, 0};
  p->waiting = 0;
  p->missed = 0;
  p->remote = remote;
  return KEEL_OK;
}

/* ---- public ---- */

enum keel_status keel_cpus_init(struct keel_cpus *k, struct keel_pages *z, uint64_t addr, struct keel_cpu *cpu, uint32_t cpus,
                                uint8_t *owner)
{
  if (cpus == 0 || cpus > KEEL_CPUS_MAX) return KEEL_BAD_ARGUMENT;
  k->z = z;
  k->addr = addr;
  k->cpu = cpu;
  k->cpus = cpus;
  k->owner = owner;
  for (uint32_t i = 0; i < cpus; i++) cpu[i].remote = 0;
  for (uint32_t p = 0; p < z->n; p++) owner[p] = 0;
  return KEEL_OK;
}

enum keel_status keel_cpu_init(struct keel_cpus *k, uint32_t cpu, uint32_t *map, struct keel_slab *slab, uint32_t slabs,
                               struct keel_cache *cache, struct keel_remote *remote)
{
  if (cpu >= k->cpus) return KEEL_BAD_ARGUMENT;
  keel_lock(cpu);
  enum keel_status e = add_cpu(k, &k->cpu[cpu], map, slab, slabs, cache, remote);
  keel_unlock(cpu);
  return e;
}

uint64_t keel_cpu_alloc(struct keel_cpus *k, uint32_t cpu, uint64_t size, uint32_t flags)
{
  struct keel_heap *m = &k->cpu[cpu].m;
  if (KEEL_UNLIKELY(size == 0 || size > KEEL_KMALLOC_SMALL || flags > KEEL_NOWAIT)) return take_other(k, cpu, size, flags);
  uint32_t c = m->small[((uint32_t)size - 1u) / 8u];
  if (KEEL_UNLIKELY(m->s.cache[c].word == 0)) return take_new(k, cpu, c);
  return take_class(m, c);
}

enum keel_status keel_cpu_free(struct keel_cpus *k, uint32_t cpu, uint64_t a)
{
  struct keel_cpu *p = &k->cpu[cpu];
  if (KEEL_UNLIKELY(peek(&p->waiting) != 0 || slab_of(&p->m.s, a) == 0)) return free_other(k, cpu, a);
  struct found f = find_live(&p->m.s, a);
  if (KEEL_UNLIKELY(f.live != 1 || p->m.s.slab[f.slab].live == 1)) return free_other(k, cpu, a);
  return end_object(&p->m, f.slab, f.index, f.word);
}

uint32_t keel_cpu_drain(struct keel_cpus *k, uint32_t cpu)
{
  struct keel_cpu *p = &k->cpu[cpu];
  lock_both(k, cpu);
  collect(p);
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) (void)keel_cache_shrink(&p->m.s, c);
  uint32_t missed = p->missed;
  unlock_both(k, cpu);
  return missed;
}
