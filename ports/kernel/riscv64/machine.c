// SPDX-License-Identifier: MIT OR Apache-2.0
/* QEMU's virt machine: a 16550 UART, the test finisher, harts by SBI (RISC-V Supervisor Binary Interface 1.0). */
#include "kernel.h"

#define UART 0x10000000u
#define FINISHER 0x100000u
#define HSM 0x48534du      /* SBI extension: hart state management */
#define RFENCE 0x52464e43u /* SBI extension: fences on other harts */

uint64_t machine_hart;
extern char start_other[];

void machine_trap(uint64_t cause, uint64_t at, uint64_t address);

/* Function number `function` of an extension; answers its error, 0 if there is none. */
static uint64_t sbi(uint64_t extension, uint64_t function, uint64_t x, uint64_t y, uint64_t z, uint64_t w)
{
  register uint64_t a0 __asm__("a0") = x;
  register uint64_t a1 __asm__("a1") = y;
  register uint64_t a2 __asm__("a2") = z;
  register uint64_t a3 __asm__("a3") = w;
  register uint64_t a6 __asm__("a6") = function;
  register uint64_t a7 __asm__("a7") = extension;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
  return a0;
}

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

void machine_flush_here(void)
{
  __asm__ volatile("sfence.vma" ::: "memory");
}

/* On all harts that run (hart mask base: -1), for all addresses (0, so many bytes: -1). */
void machine_flush(void)
{
  uint64_t error = sbi(RFENCE, 1, 0, ~(uint64_t)0, 0, ~(uint64_t)0);
  if (error != 0) die("no fence on the other hart", 0, error);
}

void machine_paging(uint64_t root)
{
  __asm__ volatile("csrw satp, %0" ::"r"(satp(root)) : "memory");
  machine_flush_here();
}

int machine_start(uint64_t number, uint64_t root)
{
  return sbi(HSM, 0, number, (uint64_t)start_other, satp(root), 0) == 0;
}

void machine_trap(uint64_t cause, uint64_t at, uint64_t address)
{
  say("# trap, scause %x\n", cause);
  die("no trap but those that are meant", at, address);
}
