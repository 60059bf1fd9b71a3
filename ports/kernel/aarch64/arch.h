// SPDX-License-Identifier: MIT OR Apache-2.0
/* Page tables of AArch64, 4 KiB granule, 39 bits of address (Arm Architecture Reference Manual, D8.3).
   Attributes (MAIR_EL1, see machine.c): 0 is device memory, 1 normal memory. */
#define ARCH_NAME "aarch64"
#define ARCH_LEVELS 3u
#define ARCH_VALID 1u
#define ARCH_TABLE(a) ((a) | 3u)
#define ARCH_ADDRESS(e) ((e) & 0x0000fffffffff000u)
#define ARCH_NO_EXECUTE ((uint64_t)3 << 53)
#define ARCH_TEXT(a) ((a) | 0x787u) /* accessed, inner shareable, read-only, normal, page */
#define ARCH_DATA(a) ((a) | 0x707u | ARCH_NO_EXECUTE)
#define ARCH_DEVICE(a) ((a) | 0x403u | ARCH_NO_EXECUTE)
#define ARCH_WRITTEN() __asm__ volatile("dsb ishst\n isb" ::: "memory")
