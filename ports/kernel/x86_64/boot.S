// SPDX-License-Identifier: MIT OR Apache-2.0
// From a Multiboot loader (Multiboot Specification 0.6.96): 32 bits, no paging, ebx is the information.
.section .text.boot, "ax"
.code32
multiboot:
  .long 0x1badb002, 0x10003, -(0x1badb002 + 0x10003) // pages aligned, memory map, addresses follow
  .long multiboot, kernel_first, 0, kernel_end, start

.globl start
start:
  cli
  movl $boot_next + 3, boot_root // the first GiB, in pages of 2 MiB, until memory.c has better tables
  movl $boot_last + 3, boot_next
  xorl %ecx, %ecx
1:
  movl %ecx, %eax
  shll $21, %eax
  orl $0x83, %eax
  movl %eax, boot_last(, %ecx, 8)
  incl %ecx
  cmpl $512, %ecx
  jne 1b
  movl $boot_root, %eax
  lgdt gdt_pointer
  movl $long_first, %edi
  jmp enter_long

// To 64 bits, with the page tables at eax, and on at edi.
enter_long:
  movl %eax, %cr3
  movl %cr4, %eax
  orl $0x20, %eax // PAE
  movl %eax, %cr4
  movl $0xc0000080, %ecx // EFER: long mode, no-execute
  rdmsr
  orl $0x900, %eax
  wrmsr
  movl %cr0, %eax
  orl $0x80010001, %eax // paging, write protection also for the kernel
  movl %eax, %cr0
  ljmp $8, $1f
.code64
1:
  movw $16, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movw %ax, %fs
  movw %ax, %gs
  movl %edi, %edi
  jmpq *%rdi

long_first:
  movq $stack_0_end, %rsp
  movl %ebx, %edi
  call kernel_main
1:
  hlt
  jmp 1b

long_other:
  movq $stack_1_end, %rsp
  call machine_load_traps
  movl $1, %edi
  call cpu_main

// Where a CPU starts: in 16 bits, at the page that machine.c copies this to, which is TRAMPOLINE.
.set TRAMPOLINE, 0x8000
.globl trampoline, trampoline_root, trampoline_end
.code16
trampoline:
  cli
  xorw %ax, %ax
  movw %ax, %ds
  lgdtl TRAMPOLINE + trampoline_gdt - trampoline
  movl %cr0, %eax
  orb $1, %al
  movl %eax, %cr0
  ljmpl $24, $TRAMPOLINE + trampoline_32 - trampoline
.code32
trampoline_32:
  movw $16, %ax
  movw %ax, %ds
  movl TRAMPOLINE + trampoline_root - trampoline, %eax
  movl $long_other, %edi
  movl $enter_long, %ecx
  jmp *%ecx
.balign 8
trampoline_gdt:
  .word 31
  .long gdt
.balign 4
trampoline_root:
  .long 0
trampoline_end:

.code64
.balign 8
gdt:
  .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff, 0x00cf9a000000ffff // 64-bit code, data, 32-bit code
gdt_pointer:
  .word 31
  .quad gdt

// One entry of 16 bytes for each exception; where the CPU pushes no error code, 0.
.globl traps
.balign 16
traps:
.set number, 0
.rept 32
  .balign 16
  .if !(number == 8 || (number >= 10 && number <= 14) || number == 17 || number == 21 || number == 29 || number == 30)
  pushq $0
  .endif
  pushq $number
  jmp trap
  .set number, number + 1
.endr

trap: // number, error code, rip, cs, rflags, rsp, ss
  cmpq $2, (%rsp)
  je nmi
  movq 16(%rsp), %rsi
  cmpq $machine_touch_at, %rsi
  je 1f
  cmpq $machine_write_at, %rsi
  je 1f
  movq (%rsp), %rdi
  movq %cr2, %rdx
  andq $-16, %rsp
  call machine_trap
1:
  movq $machine_touch_failed, 16(%rsp)
  addq $16, %rsp
  iretq

nmi: // machine_flush of the other CPU, at any place
  pushq %rax
  movq %cr3, %rax
  movq %rax, %cr3
  lock incq machine_flushes
  popq %rax
  addq $16, %rsp
  iretq

.globl machine_touch, machine_write, machine_touch_at, machine_write_at, machine_touch_failed
machine_touch:
machine_touch_at:
  movb (%rdi), %al
  xorl %eax, %eax
  ret
machine_write:
  movb (%rdi), %al
machine_write_at:
  movb %al, (%rdi)
  xorl %eax, %eax
  ret
machine_touch_failed:
  movl $1, %eax
  ret

.section .bss
.balign 4096
boot_root:
  .space 4096
boot_next:
  .space 4096
boot_last:
  .space 4096
  .space 16384
stack_0_end:
  .space 16384
stack_1_end:
