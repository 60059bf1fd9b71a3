// SPDX-License-Identifier: MIT OR Apache-2.0
/* Page tables of RISC-V, Sv39 (The RISC-V Instruction Set Manual, volume II, 10.4). */
#define ARCH_NAME "riscv64"
#define ARCH_LEVELS 3u
#define ARCH_VALID 1u
#define ARCH_TABLE(a) ((a) >> 2 | 1u)
#define ARCH_ADDRESS(e) ((e) << 2 & 0x00fffffffffff000u)
#define ARCH_TEXT(a) ((a) >> 2 | 0xcbu)   /* dirty, accessed, execute, read, valid */
#define ARCH_DATA(a) ((a) >> 2 | 0xc7u)   /* dirty, accessed, write, read, valid   */
#define ARCH_DEVICE(a) ARCH_DATA(a)
#define ARCH_WRITTEN() __asm__ volatile("fence rw, rw" ::: "memory")
