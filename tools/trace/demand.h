// SPDX-License-Identifier: MIT OR Apache-2.0
/* From a program's allocations to its demand for pages, as a kernel would serve it.

   - A request of more than 2048 bytes gets a block of its own: the smallest 2^k
     pages that hold it (as kmalloc does).  Above 2^10 pages it gets several: whole
     blocks of 2^10 pages, then one for the rest.
   - A smaller one is rounded up to a size class: 8 to 2048 bytes in powers of two,
     and 96 and 192 (Linux's kmalloc classes).  Each class fills slabs: blocks with
     room for at least 16 objects (1 page, but 2, 4, 8 for the classes 512, 1024,
     2048).  An object goes to the slab of its class that had room most recently; a
     slab gives its block back when its last object is freed.
   - When the program ends, everything that is left is freed, oldest first.

   What this does not show: the program's stack, code and mapped files, the time
   between operations, and threads (a trace has one order of operations). */
#ifndef KEEL_DEMAND_H
#define KEEL_DEMAND_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 4096u

/* One allocation or free of a block of pages. */
struct page_op {
  uint32_t when;  /* number of the record that caused it         */
  uint32_t block; /* blocks are numbered in order of allocation  */
  uint8_t order;  /* 2^order pages                               */
  uint8_t slab;   /* 1: a slab, 0: the block of one large object */
  uint8_t free;   /* 1: free, 0: allocation                      */
};

struct demand {
  char name[48];                 /* the program                                 */
  uint32_t records, allocs;      /* replayed                                    */
  uint32_t ops, blocks;          /* page operations; and those that allocate    */
  struct page_op *op;            /* in order                                    */
  uint32_t peak_op;              /* the most pages are in use after op[peak_op] */
  uint64_t peak_pages;           /* so many                                     */
  uint64_t peak_bytes;           /* and then the program had asked for so much  */
  uint64_t *bytes;               /* asked for, after each record                */
};

/* Reads the trace in `path`.  Answers NULL, or what is wrong and what to do. */
const char *demand_read(struct demand *d, const char *path);
void demand_release(struct demand *d);

#endif
