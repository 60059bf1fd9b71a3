// SPDX-License-Identifier: MIT OR Apache-2.0
// OpenSBI comes here in supervisor mode: a0 is the hart, a1 the device tree.
.section .text.boot, "ax"
.globl start
start:
  la sp, stack_0_end
  la t0, bss_first
  la t1, kernel_end
1: bgeu t0, t1, 2f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 1b
2: la t0, machine_hart
  sd a0, 0(t0)
  la t0, trap
  csrw stvec, t0
  mv a0, a1
  call kernel_main
3: wfi
  j 3b

// The other hart: a0 is the hart, a1 what satp shall be.
.globl start_other
start_other:
  la sp, stack_1_end
  la t0, trap
  csrw stvec, t0
  csrw satp, a1
  sfence.vma
  li a0, 1
  call cpu_main

.balign 4
trap:
  csrr t0, sepc
  la t1, machine_touch_at
  beq t0, t1, 1f
  la t1, machine_write_at
  beq t0, t1, 1f
  csrr a0, scause
  csrr a1, sepc
  csrr a2, stval
  call machine_trap
1: la t0, machine_touch_failed
  csrw sepc, t0
  sret

.globl machine_touch, machine_write, machine_touch_at, machine_write_at, machine_touch_failed
machine_touch:
machine_touch_at:
  lbu a0, 0(a0)
  li a0, 0
  ret
machine_write:
  lbu t2, 0(a0)
machine_write_at:
  sb t2, 0(a0)
  li a0, 0
  ret
machine_touch_failed:
  li a0, 1
  ret

.section .bss
.balign 16
  .space 16384
stack_0_end:
  .space 16384
stack_1_end:
