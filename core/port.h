// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the core asks of the kernel around it.  It knows memory by address only; these
   two functions, which you define, are all that ever touches what it hands out.  Where
   managed memory can be reached at its address they are
       void keel_zero(uint64_t a, uint64_t bytes) { memset((void *)(uintptr_t)a, 0, (size_t)bytes); }
       void keel_copy(uint64_t to, uint64_t from, uint64_t bytes) { memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, (size_t)bytes); }
   They are called with whatever lock the caller of the core holds. */
#ifndef KEEL_CORE_PORT_H
#define KEEL_CORE_PORT_H

#include "core/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes the bytes a .. a + bytes - 1 zero, in a way that the compiler does not leave out
   when nothing reads them: keel_kfree_sensitive relies on it.  bytes > 0. */
/*@ assigns \nothing; */
void keel_zero(uint64_t a, uint64_t bytes);

/* Copies the bytes from .. from + bytes - 1 to `to`; the two do not overlap.  bytes > 0. */
/*@ assigns \nothing; */
void keel_copy(uint64_t to, uint64_t from, uint64_t bytes);

#ifdef __cplusplus
}
#endif

#endif
