// SPDX-License-Identifier: MIT OR Apache-2.0
/* Allocation traces: what a program asked of malloc and free, in order.

   A file is a header of 64 bytes and then one number per record, each written
   as LEB128 (7 bits a byte, lowest first, top bit set on all but the last byte):

     header  0  "KEELTRC1"
             8  number of records, 64 bits, lowest byte first
            16  name of the program, NUL-padded to 48 bytes
     record  2 * size          an allocation of size bytes
             2 * distance + 1  a free: of the allocation made `distance`
                               allocations before the latest one

   Allocations have no explicit number: the first is 0, the next 1, and so on.
   A realloc is a free and an allocation, in this order if the block stayed where
   it was, else in the other.  An aligned request counts as its size rounded up to
   the alignment.  Addresses, times and threads are not recorded. */
#ifndef KEEL_TRACE_H
#define KEEL_TRACE_H

#include <stdint.h>

#define TRACE_MAGIC "KEELTRC1"
#define TRACE_HEADER 64
#define TRACE_COUNT_AT 8
#define TRACE_NAME_AT 16
#define TRACE_NAME_SIZE 48

/* Most bytes of one number. */
#define TRACE_NUMBER 10

static inline unsigned trace_put(unsigned char *to, uint64_t v)
{
  unsigned n = 0;
  for (; v >= 128; v >>= 7) to[n++] = (unsigned char)(v | 128);
  to[n++] = (unsigned char)v;
  return n;
}

/* Reads a number and moves *at behind it.  Answers 0 if it passes the end or 64 bits. */
static inline int trace_get(const unsigned char **at, const unsigned char *end, uint64_t *v)
{
  *v = 0;
  for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
    unsigned char c = *(*at)++;
    *v |= (uint64_t)(c & 127) << shift;
    if (c < 128) return 1;
  }
  return 0;
}

#endif
