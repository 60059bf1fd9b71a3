// SPDX-License-Identifier: MIT OR Apache-2.0
/* QEMU's virt machine: a 16550 UART, the test finisher, harts by SBI (RISC-V Supervisor Binary Interface 1.0). */
#include "kernel.h"

#define UART 0x10000000u
#define FINISHER 0x100000u
#define HSM 0x48534du /* SBI extension: hart state management */

uint64_t machine_hart;
extern char start_other[];

void machine_trap(uint64_t cause, uint64_t at, uint64_t address);

static uint64_t satp(uint64_t root) { return (uint64_t)8 << 60 | root / PAGE; }

void machine_put(char c)
{
  while (!(*(volatile uint8_t *)(UART + 5) & 0x20)) {}
  *(volatile uint8_t *)UART = (uint8_t)c;
}

void machine_exit(int failed)
{
  *(volatile uint32_t *)FINISHER = failed ? 1u << 16 | 0x3333u : 0x5555u;
  for (;;) {}
}

void machine_describe(uint64_t boot, struct machine *m)
{
  device_tree(boot, m);
  if (m->cpus > 1 && m->cpu[0] != machine_hart) m->cpu[1] = m->cpu[0];
  m->cpu[0] = machine_hart;
  ranges_add(&m->device, UART, PAGE);
  ranges_add(&m->device, FINISHER, PAGE);
}

void machine_paging(uint64_t root)
{
  __asm__ volatile("csrw satp, %0\n sfence.vma" ::"r"(satp(root)) : "memory");
}

void machine_flush(uint64_t address)
{
  __asm__ volatile("sfence.vma %0, zero" ::"r"(address) : "memory");
}

int machine_start(uint64_t number, uint64_t root)
{
  register uint64_t a0 __asm__("a0") = number;
  register uint64_t a1 __asm__("a1") = (uint64_t)start_other;
  register uint64_t a2 __asm__("a2") = satp(root);
  register uint64_t a6 __asm__("a6") = 0;
  register uint64_t a7 __asm__("a7") = HSM;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
  return a0 == 0;
}

void machine_trap(uint64_t cause, uint64_t at, uint64_t address)
{
  say("# trap, scause %x\n", cause);
  die("no trap but those that are meant", at, address);
}
