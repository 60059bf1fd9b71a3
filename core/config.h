// SPDX-License-Identifier: MIT OR Apache-2.0
/* Configuration.  To change a knob, define KEEL_CONFIG_FILE as the quoted name
   of a header of your own; it is included first and what it defines wins. */
#ifndef KEEL_CORE_CONFIG_H
#define KEEL_CORE_CONFIG_H

#ifdef KEEL_CONFIG_FILE
#include KEEL_CONFIG_FILE
#endif

#include <stddef.h>
#include <stdint.h>

/* KEEL_PAGE_SHIFT: log2 of the page size in bytes.  Only reports use it: the
   page layer counts in pages. */
#ifndef KEEL_PAGE_SHIFT
#define KEEL_PAGE_SHIFT 12
#endif

/* KEEL_BUILTINS: 1 uses the compiler's count-trailing-zeros, 0 the portable
   function that is proven (and tested against the builtin).  Where the machine
   has no instruction for it gcc calls libgcc, which a kernel does not have. */
#ifndef KEEL_BUILTINS
#if defined(__GNUC__) && !defined(__FRAMAC__)
#if defined(__clang__) || defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv_zbb) && __riscv_xlen == 64)
#define KEEL_BUILTINS 1
#else
#define KEEL_BUILTINS 0
#endif
#else
#define KEEL_BUILTINS 0
#endif
#endif

/* How the hot paths are compiled: what KEEL_INLINE marks must be part of its caller,
   what KEEL_NOINLINE marks must not; KEEL_UNLIKELY(c) is c. */
#ifdef __GNUC__
#define KEEL_INLINE static inline __attribute__((always_inline))
#define KEEL_NOINLINE static __attribute__((noinline))
#else
#define KEEL_INLINE static inline
#define KEEL_NOINLINE static
#endif
#if KEEL_BUILTINS
#define KEEL_UNLIKELY(c) __builtin_expect(c, 0)
#else
#define KEEL_UNLIKELY(c) (c)
#endif

/* KEEL_LOCKS: 1 where you define keel_lock and keel_unlock yourself, as you must if keel_cpu_* run on more than one CPU at
   a time; with 0 keel.c defines them, and they do nothing. */
#ifndef KEEL_LOCKS
#define KEEL_LOCKS 0
#endif

/* KEEL_MAPS: 1 where you define keel_map, keel_unmap and keel_flush yourself, as you must for vmalloc; with 0 keel.c defines
   them, and nothing can be mapped. */
#ifndef KEEL_MAPS
#define KEEL_MAPS 0
#endif

/* KEEL_API: linkage of the public functions, for example `static` when keel.c
   is included into one source file, or a visibility attribute. */
#ifndef KEEL_API
#define KEEL_API
#endif

#endif
