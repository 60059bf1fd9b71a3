// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a call can answer.  Every error has one meaning, and a call that answers
   an error has changed nothing (but the failure counters where that is said). */
#ifndef KEEL_CORE_STATUS_H
#define KEEL_CORE_STATUS_H

enum keel_status {
  KEEL_OK = 0,
  KEEL_BAD_ARGUMENT = -1, /* an argument is outside its documented range      */
  KEEL_OUT_OF_RANGE = -2, /* a page is outside the instance                   */
  KEEL_NO_PAGES = -3,     /* no free block is large enough                    */
  KEEL_RESERVED = -4,     /* the page is reserved: it was never added         */
  KEEL_ALREADY_FREE = -5, /* the page is free                                 */
  KEEL_NOT_HEAD = -6,     /* no block, object or area begins there; a free
                             page or object answers KEEL_ALREADY_FREE         */
  KEEL_WRONG_KIND = -7,   /* the block belongs to another layer               */
  KEEL_BUSY = -8,         /* in use: shared, or part of the range is taken    */
  KEEL_SATURATED = -9,    /* the reference count is at its maximum            */
  KEEL_NO_RANGE = -10,    /* no vacant run of pages is long enough            */
  KEEL_NOT_MAPPED = -11   /* nothing is mapped there, or could not be mapped  */
};

#endif
