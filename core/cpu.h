// SPDX-License-Identifier: MIT OR Apache-2.0
/* kmalloc for several CPUs: each has an instance of its own, over one page instance, and what it allocates and frees of
   its own takes no lock and no atomic.  Locks are taken where no slab with a free object of the size is at hand, where a slab
   becomes empty, for large blocks, and for an object that another CPU allocated: such a free is noted down for that CPU,
   which carries it out when it next runs out of objects, frees one of its own or takes a large block.
   A double free is refused whichever CPUs it comes from, with one exception: when two frees of one object, one of them by the
   CPU that allocated it, overlap in time, both may answer KEEL_OK, and the second counts as a free of what has the place
   then; if nothing has, keel_cpu_drain counts it.
   A call for one CPU must not be interrupted by another for the same: keep preemption off, and interrupts where their
   handlers allocate.  An interrupt context can be a "CPU" of its own.
   Memory: 4 bytes a page and CPU, 1 byte a page, and 134 bytes for each slab that a CPU can have. */
#ifndef KEEL_CORE_CPU_H
#define KEEL_CORE_CPU_H

#include "core/kmalloc.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KEEL_CPUS_MAX 255u

#define KEEL_LOCK_PAGES KEEL_CPUS_MAX

/* Take and give back lock number `lock`, which is that of the CPU of this number, or KEEL_LOCK_PAGES.  With KEEL_LOCKS = 1 you
   define them.  Locks are taken for short, never two of CPUs, and that of the pages last. */
#if KEEL_LOCKS
#define KEEL_LOCK_API
#else
#define KEEL_LOCK_API KEEL_API
#endif
/*@ requires lock <= KEEL_LOCK_PAGES && \valid(held + (0 .. KEEL_LOCK_PAGES)) && \forall integer l; 0 <= l <= KEEL_LOCK_PAGES && held[l] != 0 ==> l != lock && lock == KEEL_LOCK_PAGES;
    assigns held[lock];
    ensures held[lock] == 1; */
KEEL_LOCK_API void keel_lock(uint32_t lock) /*@ ghost (_Bool \ghost *held) */;
/*@ requires lock <= KEEL_LOCK_PAGES && \valid(held + (0 .. KEEL_LOCK_PAGES)) && held[lock] == 1;
    assigns held[lock];
    ensures held[lock] == 0; */
KEEL_LOCK_API void keel_unlock(uint32_t lock) /*@ ghost (_Bool \ghost *held) */;

/* What other CPUs have freed of a slab.  (In a type that slabs and pages use for nothing: so the proof's memory model keeps
   it apart from all that changes with them.  Numbers are kept in digits of 7 bits, the lowest first.) */
struct keel_remote {
  int8_t freed[KEEL_SLAB_OBJECTS / 4]; /* object i: bit i % 4 of freed[i / 4]                 */
  int8_t noted;                        /* 1: there is such                                    */
  int8_t queue[5];                     /* of element i < keel_cpu.waiting: the i-th such slab */
};

/* One CPU. The fields are the allocator's own. */
struct keel_cpus;
struct keel_cpu {
  struct keel_heap m;
  struct keel_cpus *k;
  struct keel_remote *remote; /* [slab]; 0: the CPU is not there              */
  uint8_t number;             /* which CPU it is                              */
  int8_t some;                /* 1: waiting is not 0                          */
  int8_t waiting[5];          /* slabs of which others freed objects          */
  int32_t missed;             /* objects that others freed and that were free */
};

/* All CPUs. */
struct keel_cpus {
  struct keel_pages *z;
  uint64_t addr; /* address of the page instance's first page         */
  struct keel_cpu *cpu;
  uint32_t cpus;
  uint8_t *owner; /* [page]: the CPU that last had a slab there, or KEEL_CPUS_MAX */
};

/* Makes k, without CPUs yet, over the page instance z, whose first page has the address addr.  The arrays belong to it from
   now on: cpu has cpus elements, owner z->n.
   KEEL_BAD_ARGUMENT iff cpus is not in 1 .. KEEL_CPUS_MAX (an addr that is no good is refused by keel_cpu_init).
   Time: O(z->n + cpus). */
KEEL_API enum keel_status keel_cpus_init(struct keel_cpus *k, struct keel_pages *z, uint64_t addr, struct keel_cpu *cpu,
                                         uint32_t cpus, uint8_t *owner);

/* Adds a CPU, from arrays that belong to it from now on: map has z->n elements, slab 1 + slabs + KEEL_KMALLOC_CLASSES,
   cache KEEL_KMALLOC_CLASSES, remote 1 + slabs.  Other CPUs may be at work.
   KEEL_BAD_ARGUMENT iff cpu is not below k->cpus; else KEEL_BUSY iff the CPU is there; else what keel_slabs_init answers.
   Time: O(z->n + slabs). */
KEEL_API enum keel_status keel_cpu_init(struct keel_cpus *k, uint32_t cpu, uint32_t *map, struct keel_slab *slab,
                                        uint32_t slabs, struct keel_cache *cache, struct keel_remote *remote)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, _Bool \ghost *held, struct keel_cpu *p, uint64_t addr, uint32_t caches) */;

/* keel_kmalloc on this CPU, which is there.  Time: as that; now and then, and that of the frees that others noted down. */
KEEL_API uint64_t keel_cpu_alloc(struct keel_cpu *p, uint64_t size, uint32_t flags)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, _Bool \ghost *held) */;

/* keel_kmalloc_aligned on this CPU, which is there.  Time: as keel_cpu_alloc. */
KEEL_API uint64_t keel_cpu_alloc_aligned(struct keel_cpu *p, uint64_t size, uint64_t align, uint32_t flags)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, _Bool \ghost *held) */;

/* On this CPU, which is there: keel_ksize of what any CPU allocated.  0 iff keel_cpu_free would free nothing.  Takes the lock of the
   CPU that has the object, or that of the pages.  (To change a size: compare, allocate, copy, free.)  Time: O(1). */
KEEL_API uint64_t keel_cpu_size(const struct keel_cpu *p, uint64_t a)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, _Bool \ghost *held, struct keel_cpu *q, struct keel_slabs *t) */;

/* On this CPU, which is there: keel_kfree of what any CPU allocated, with the same errors. */
KEEL_API enum keel_status keel_cpu_free(struct keel_cpu *p, uint64_t a)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, _Bool \ghost *held, struct keel_cpu *q, struct keel_slabs *t) */;

/* Carries out what others freed of this CPU's, and gives back all its empty slabs.  On this CPU, or on any while it stands
   still: a CPU that goes for good is drained, and again when objects of it have been freed.  Answers how many frees of
   others, so far, turned out to be of something that was free already (after 2^30 it begins with 1 again). */
KEEL_API int32_t keel_cpu_drain(struct keel_cpu *p)
    /*@ ghost (struct keel_slabs *s, struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, _Bool \ghost *held) */;

#ifdef __cplusplus
}
#endif

#endif
