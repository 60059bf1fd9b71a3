// SPDX-License-Identifier: MIT OR Apache-2.0
/* Page tables of x86-64, four levels (Intel SDM, volume 3, 4.5). */
#define ARCH_NAME "x86_64"
#define ARCH_LEVELS 4u
#define ARCH_VALID 1u
#define ARCH_TABLE(a) ((a) | 3u)
#define ARCH_ADDRESS(e) ((e) & 0x000ffffffffff000u)
#define ARCH_NO_EXECUTE ((uint64_t)1 << 63)
#define ARCH_TEXT(a) ((a) | 1u)
#define ARCH_DATA(a) ((a) | 3u | ARCH_NO_EXECUTE)
#define ARCH_DEVICE(a) ((a) | 0x1bu | ARCH_NO_EXECUTE)
#define ARCH_WRITTEN() __asm__ volatile("" ::: "memory")
