// SPDX-License-Identifier: MIT OR Apache-2.0
// As Linux's boot protocol for AArch64 images: at EL1, MMU off, x0 is the device tree.
.section .text.boot, "ax"
.globl start
start:
  b 1f
  .long 0
  .quad 0x80000                     // from the beginning of RAM
  .quad kernel_bytes
  .quad 0xa                         // little endian, 4 KiB pages, anywhere
  .quad 0, 0, 0
  .ascii "ARM\x64"
  .long 0
1: adrp x1, stack_0_end
  add x1, x1, :lo12:stack_0_end
  mov sp, x1
  adrp x1, bss_first
  add x1, x1, :lo12:bss_first
  adrp x2, kernel_end
  add x2, x2, :lo12:kernel_end
2: cmp x1, x2
  b.hs 3f
  str xzr, [x1], #8
  b 2b
3: adrp x1, vectors
  add x1, x1, :lo12:vectors
  msr vbar_el1, x1
  isb
  bl kernel_main
4: wfi
  b 4b

// The other CPU, from PSCI: x0 is the root of the page tables.
.globl start_other
start_other:
  adrp x1, stack_1_end
  add x1, x1, :lo12:stack_1_end
  mov sp, x1
  adrp x1, vectors
  add x1, x1, :lo12:vectors
  msr vbar_el1, x1
  bl machine_paging
  mov w0, #1
  bl cpu_main

trap:
  mrs x16, elr_el1
  adrp x17, machine_touch_at
  add x17, x17, :lo12:machine_touch_at
  cmp x16, x17
  b.eq 1f
  adrp x17, machine_write_at
  add x17, x17, :lo12:machine_write_at
  cmp x16, x17
  b.eq 1f
  mrs x0, esr_el1
  mov x1, x16
  mrs x2, far_el1
  bl machine_trap
1: adrp x17, machine_touch_failed
  add x17, x17, :lo12:machine_touch_failed
  msr elr_el1, x17
  eret

.macro vector
  .balign 128
  b trap
.endm
.balign 2048
vectors:
.rept 16
  vector
.endr

.globl machine_touch, machine_write, machine_touch_at, machine_write_at, machine_touch_failed
machine_touch:
machine_touch_at:
  ldrb w0, [x0]
  mov w0, #0
  ret
machine_write:
  ldrb w1, [x0]
machine_write_at:
  strb w1, [x0]
  mov w0, #0
  ret
machine_touch_failed:
  mov w0, #1
  ret

.section .bss
.balign 16
  .space 16384
stack_0_end:
  .space 16384
stack_1_end:
