// SPDX-License-Identifier: MIT OR Apache-2.0
/* QEMU's virt machine: a PL011 UART, semihosting for the status, CPUs by PSCI (Arm DEN 0022). */
#include "kernel.h"

#define UART 0x09000000u
#define CPU_ON 0xc4000003u /* PSCI */
#define SYS_EXIT 0x18u     /* semihosting */

extern char start_other[];

void machine_trap(uint64_t syndrome, uint64_t at, uint64_t address);

void machine_put(char c)
{
  while (*(volatile uint32_t *)(UART + 0x18) & 0x20) {}
  *(volatile uint32_t *)UART = (uint8_t)c;
}

void machine_exit(int failed)
{
  static uint64_t why[2];
  why[0] = 0x20026; /* ADP_Stopped_ApplicationExit */
  why[1] = failed != 0;
  register uint64_t w0 __asm__("x0") = SYS_EXIT;
  register uint64_t *x1 __asm__("x1") = why;
  __asm__ volatile("hlt #0xf000" : "+r"(w0) : "r"(x1) : "memory");
  for (;;) {}
}

void machine_describe(uint64_t boot, struct machine *m)
{
  device_tree(boot, m);
  ranges_add(&m->device, UART, PAGE);
}

void machine_flush_here(void)
{
  __asm__ volatile("tlbi vmalle1\n dsb nsh\n isb" ::: "memory");
}

/* The hardware tells the other CPUs, and the barrier waits for them. */
void machine_flush(void)
{
  __asm__ volatile("tlbi vmalle1is\n dsb ish\n isb" ::: "memory");
}

void machine_paging(uint64_t root)
{
  uint64_t control;
  __asm__ volatile("msr mair_el1, %0" ::"r"((uint64_t)0xff00)); /* 1: write-back; 0: nGnRnE */
  /* 39 bits below, none above; walks write-back and inner shareable; 40 bits of physical address */
  __asm__ volatile("msr tcr_el1, %0" ::"r"((uint64_t)25 | (uint64_t)1 << 8 | (uint64_t)1 << 10 | (uint64_t)3 << 12 | (uint64_t)1 << 23 | (uint64_t)2 << 32));
  __asm__ volatile("msr ttbr0_el1, %0\n isb" ::"r"(root));
  machine_flush_here();
  __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
  __asm__ volatile("msr sctlr_el1, %0\n isb" ::"r"(control | 1u | 1u << 2 | 1u << 12) : "memory"); /* MMU and caches on */
}

int machine_start(uint64_t number, uint64_t root)
{
  register uint64_t x0 __asm__("x0") = CPU_ON;
  register uint64_t x1 __asm__("x1") = number;
  register uint64_t x2 __asm__("x2") = (uint64_t)start_other;
  register uint64_t x3 __asm__("x3") = root;
  __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
  return x0 == 0;
}

void machine_trap(uint64_t syndrome, uint64_t at, uint64_t address)
{
  say("# trap, ESR_EL1 %x\n", syndrome);
  die("no trap but those that are meant", at, address);
}
