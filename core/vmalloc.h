// SPDX-License-Identifier: MIT OR Apache-2.0
/* vmalloc: areas of virtually contiguous pages, made of single pages that need not be adjacent.
   An arena is n virtual pages from virtual page number (vpn) `base` on: its areas lie in a range instance (core/range.h), each
   at the lowest place that has room, with one page after it that is never mapped (a guard).  Pages are blocks of order 0 and kind
   KEEL_VMALLOC of the page instance, which other layers may use too.  Page tables are the business of three hooks.
   Freed areas are unmapped at once, but their pages and their place are kept until translations have been flushed, once for
   many areas (a purge): no stale translation ever leads to a page, or lies at a place, that somebody else has got.
   Calls on one arena must not overlap in time, nor with calls on its page instance: the caller holds its own lock. */
#ifndef KEEL_CORE_VMALLOC_H
#define KEEL_CORE_VMALLOC_H

#include "core/page.h"
#include "core/port.h"
#include "core/range.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KEEL_VM_BACKLOG 32 /* freed areas that wait for a flush, at most */

/* An arena.  The fields are the allocator's own.  In bytes a virtual page: 4, and those of its range instance. */
struct keel_vm {
  struct keel_range r;
  struct keel_pages *z;
  uint32_t *page;                /* [page of the arena]: 1 + number in z of the page there, 0 if none  */
  int64_t base;                  /* vpn of page 0                                                      */
  int64_t nr_dead;               /* freed areas that are not flushed yet                               */
  int64_t dead[KEEL_VM_BACKLOG]; /* and their first pages                                              */
};

/* ---- hooks, which you define, with KEEL_MAPS = 1; they are called with whatever lock the caller of the core holds ---- */

#if KEEL_MAPS
#define KEEL_MAP_API
#else
#define KEEL_MAP_API KEEL_API
#endif

/* Maps page pfn at virtual page vpn, for reading and writing: answers 1.  Where that cannot be, for want of memory for a page
   table, say, it answers 0, and the page table is as before.  It must not allocate pages from the arena's page instance (page
   tables come from a reserve of your own), and, like the other hooks, not call the core on this arena or its page instance at all:
   the proof assumes that hooks leave them alone. */
/*@ requires 0 <= q < v->r.n && vpn == v->base + q && 0 <= pfn && \valid(pt + (0 .. v->r.n - 1)) && \valid(tlb + (0 .. v->r.n - 1));
    requires unmapped: pt[q] == -1 && tlb[q] == 0;
    requires \valid(failed);
    assigns pt[q .. q], tlb[q .. q], *failed;
    ensures \result == 1 && pt[q] == pfn && *failed == \old(*failed) || \result == 0 && pt[q] == -1 && tlb[q] == 0 && *failed == 1; */
KEEL_MAP_API int keel_map(const struct keel_vm *v, int64_t vpn, keel_pfn_t pfn) /*@ ghost (uint32_t q, int64_t \ghost *pt, int8_t \ghost *tlb, _Bool \ghost *failed) */;

/* Unmaps the virtual pages vpn .. vpn + pages - 1, all of them mapped (pages is at least 1).  Translations may stay in the CPUs until keel_flush.
   It cannot fail. */
/*@ requires 0 <= q && q + pages <= v->r.n && vpn == v->base + q && \valid(pt + (0 .. v->r.n - 1));
    requires mapped: \forall integer i; q <= i < q + pages ==> pt[i] != -1;
    assigns pt[q .. q + pages - 1];
    ensures \forall integer i; q <= i < q + pages ==> pt[i] == -1; */
KEEL_MAP_API void keel_unmap(const struct keel_vm *v, int64_t vpn, uint32_t pages) /*@ ghost (uint32_t q, int64_t \ghost *pt) */;

/* After it no CPU has a translation for one of the virtual pages vpn .. vpn + pages - 1 that is not mapped.  It cannot fail. */
/*@ requires 0 <= q && q + pages <= v->r.n && vpn == v->base + q && \valid(tlb + (0 .. v->r.n - 1));
    assigns tlb[q .. q + pages - 1];
    ensures \forall integer i; q <= i < q + pages && pt[i] == -1 ==> tlb[i] == 0; */
KEEL_MAP_API void keel_flush(const struct keel_vm *v, int64_t vpn, uint32_t pages) /*@ ghost (uint32_t q, int64_t \ghost *pt, int8_t \ghost *tlb) */;

/* ---- arenas ---- */

/* Makes an arena of n virtual pages from vpn base on, none of them mapped, with pages from z.  The arrays have KEEL_RANGE_TREE(n),
   KEEL_RANGE_GAPS(n), KEEL_RANGE_ENDS(n), n and n elements, overlap neither each other nor *v, and belong to the arena from now on.
   KEEL_BAD_ARGUMENT iff n is not in 1 .. KEEL_RANGE_MAX, or base is negative or above 2^52 - 2^30.  Time: O(n). */
KEEL_API enum keel_status keel_vm_init(struct keel_vm *v, struct keel_pages *z, uint32_t *tree, uint32_t *gap, uint64_t *ends,
                                       int32_t *mark, uint32_t *page, int64_t base, uint32_t n)
    /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */;

/* Makes an area of so many pages, mapped for reading and writing, and a guard page after it.  Answers its first vpn, else
   KEEL_BAD_ARGUMENT iff pages is 0 or flags has others than KEEL_NOWAIT and KEEL_ZERO; else
   KEEL_NO_PAGES iff there are not so many free pages, even after a purge; else
   KEEL_NO_RANGE iff no run of pages + 1 virtual pages is vacant, even after a purge; else
   KEEL_NOT_MAPPED iff keel_map answered 0: all is as before, but that a purge may have been, and for the page instance's
   counters of calls.
   Time: O(log n), and a page allocation and a keel_map for each page; that of a purge when one is needed. */
KEEL_API int64_t keel_vmalloc(struct keel_vm *v, uint32_t pages, uint32_t flags)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb, _Bool \ghost *failed) */;

/* keel_vmalloc with KEEL_ZERO. */
KEEL_API int64_t keel_vzalloc(struct keel_vm *v, uint32_t pages, uint32_t flags)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb, _Bool \ghost *failed) */;

/* Unmaps the area that begins at virtual page vpn.  Its pages and its place can be had again after the next purge; with
   KEEL_VM_BACKLOG areas waiting for one there is one first.
   KEEL_OUT_OF_RANGE iff vpn is outside the arena; else KEEL_NOT_HEAD iff no area begins there; else KEEL_ALREADY_FREE iff that area
   has been freed and waits for a purge.  Time: one keel_unmap; that of a purge when one is needed. */
KEEL_API enum keel_status keel_vfree(struct keel_vm *v, int64_t vpn)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */;

/* One keel_flush for all freed areas; then one reference to each of their pages is dropped (where nobody else has taken one, the
   page is free), and their places are vacant.  Time: O(pages of them), and O(log n) for each. */
KEEL_API void keel_vm_purge(struct keel_vm *v)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */;

/* The pfn of the page that is mapped at virtual page vpn.
   KEEL_OUT_OF_RANGE iff vpn is outside the arena; else KEEL_NOT_MAPPED iff none is.  Time: O(KEEL_VM_BACKLOG). */
KEEL_API keel_pfn_t keel_vmalloc_to_page(const struct keel_vm *v, int64_t vpn)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */;

/* Pages of the area that begins at virtual page vpn, without its guard; 0 iff keel_vfree would refuse it.
   Time: O(KEEL_VM_BACKLOG). */
KEEL_API uint32_t keel_vsize(const struct keel_vm *v, int64_t vpn)
    /*@ ghost (struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, int64_t \ghost *pt, int8_t \ghost *tlb) */;

/* ---- what there is to know (core/vmalloc_info.c) ---- */

/* The first vpn of the area in use that has virtual page vpn; its guard is not in it.
   KEEL_OUT_OF_RANGE iff vpn is outside the arena; else KEEL_NOT_MAPPED iff it is in no area, or in one that has been freed.
   Time: O(pages between the answer and vpn) and O(KEEL_VM_BACKLOG). */
KEEL_API int64_t keel_vm_find(const struct keel_vm *v, int64_t vpn);

/* The lowest first vpn, at or above from, of an area in use; KEEL_OUT_OF_RANGE iff there is none.  To walk over all begin with 0 and
   go on at the answer + 1 (+ keel_vsize(v, answer) is faster); the arena may change meanwhile: an area is seen iff it is in use when
   the walk comes to its place.  Time: O(KEEL_VM_BACKLOG) for each area or gap in between, and O(pages) of one that from is within. */
KEEL_API int64_t keel_vm_walk(const struct keel_vm *v, int64_t from);

/* What an arena has. */
struct keel_vmalloc_stats {
  int64_t areas;         /* areas in use                                       */
  int64_t pages;         /* pages mapped in them, so without guards            */
  int64_t waiting;       /* areas that are freed, and wait for a purge         */
  int64_t waiting_pages; /* pages that these keep till then                    */
  int64_t gaps;          /* runs of virtual pages that are vacant              */
  int64_t vacant;        /* virtual pages in them                              */
  int64_t largest;       /* in the longest; an area and its guard must fit one */
};

/* Counts what an arena has.  Time: O(areas). */
KEEL_API void keel_vm_stats(const struct keel_vm *v, struct keel_vmalloc_stats *st);

/* Writes a line for each area, as in Linux's /proc/vmallocinfo and by address, into buf[0 .. size - 1], NUL-terminated when size > 0:
   where it begins, where its guard ends, its bytes with the guard, and its pages without, or that it waits for a purge
   ("unpurged vm_area").  Answers the length of the whole report, as snprintf does, which is less than 256 for each area.
   Time: O(areas * KEEL_VM_BACKLOG). */
KEEL_API size_t keel_vm_report(const struct keel_vm *v, char *buf, size_t size);

/* Executable twin of the invariant, as far as arrays show it: 1 iff the range instance is well formed, every page of an area (guards
   are none) and no other has a page, which is a block of order 0 and kind KEEL_VMALLOC, and the areas that wait for a purge are areas,
   each waiting once; else 0.  That no page is there twice it does not look for.  The arrays have to be there, and those of the page instance;
   whether that is well formed too says keel_pages_check.  Time: O(n). */
KEEL_API int keel_vm_check(const struct keel_vm *v);

#ifdef __cplusplus
}
#endif

#endif
