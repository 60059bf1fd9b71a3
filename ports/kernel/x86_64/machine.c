// SPDX-License-Identifier: MIT OR Apache-2.0
/* QEMU's PC: a 16550 UART, isa-debug-exit for the status, the other CPU by its local APIC. */
#include "kernel.h"

#define UART 0x3f8u
#define APIC 0xfee00000u
#define TRAMPOLINE 0x8000u /* as in boot.S */

extern char trampoline[], trampoline_root[], trampoline_end[], traps[];
uint64_t machine_flushes;   /* NMIs that came: boot.S counts them */
static unsigned cpus_ready; /* CPUs that take traps */

void machine_trap(uint64_t number, uint64_t at, uint64_t address);
void machine_load_traps(void);

static void out8(uint16_t port, uint8_t x) { __asm__ volatile("outb %0, %1" ::"a"(x), "Nd"(port)); }

static uint8_t in8(uint16_t port)
{
  uint8_t x;
  __asm__ volatile("inb %1, %0" : "=a"(x) : "Nd"(port));
  return x;
}

void machine_put(char c)
{
  while (!(in8(UART + 5) & 0x20)) {}
  out8(UART, (uint8_t)c);
}

void machine_exit(int failed)
{
  __asm__ volatile("outl %0, %1" ::"a"((uint32_t)(failed != 0)), "Nd"((uint16_t)0xf4)); /* QEMU ends with 2 * that + 1 */
  for (;;) {}
}

/* Exceptions come to traps, 16 bytes each (Intel SDM, volume 3, 6.14). */
void machine_load_traps(void)
{
  static uint64_t table[32][2];
  struct __attribute__((packed)) {
    uint16_t limit;
    uint64_t base;
  } pointer = {sizeof table - 1, (uint64_t)table};
  for (unsigned i = 0; i < 32; i++) {
    uint64_t a = (uint64_t)traps + 16u * i;
    table[i][0] = (a & 0xffff) | (uint64_t)8 << 16 | (uint64_t)0x8e00 << 32 | (a >> 16 & 0xffff) << 48;
    table[i][1] = a >> 32;
  }
  __asm__ volatile("lidt %0" ::"m"(pointer));
  __atomic_fetch_add(&cpus_ready, 1, __ATOMIC_RELEASE);
}

/* QEMU's fw_cfg: how many CPUs there are. */
static unsigned cpus(void)
{
  __asm__ volatile("outw %0, %1" ::"a"((uint16_t)5), "Nd"((uint16_t)0x510));
  unsigned low = in8(0x511);
  return low | (unsigned)in8(0x511) << 8;
}

void machine_describe(uint64_t boot, struct machine *m)
{
  const uint32_t *info = (const uint32_t *)boot;
  machine_load_traps();
  if (!(info[0] & 1u << 6)) die("the loader passed no memory map", boot, info[0]);
  for (uint64_t a = info[12], end = a + info[11]; a < end;) {
    const uint32_t *e = (const uint32_t *)a; /* bytes that follow; address and length, 64 bits each; type: 1 is RAM */
    uint64_t first = e[1] | (uint64_t)e[2] << 32, bytes = e[3] | (uint64_t)e[4] << 32;
    if (e[5] == 1 && first >= 0x100000) ranges_add(&m->ram, first, bytes); /* the first MiB is the firmware's, and TRAMPOLINE */
    a += e[0] + 4;
  }
  m->cpu[0] = 0;
  m->cpu[1] = 1;
  m->cpus = cpus() < CPUS ? cpus() : CPUS;
  ranges_add(&m->device, APIC, PAGE);
}

void machine_paging(uint64_t root)
{
  __asm__ volatile("movq %0, %%cr3" ::"r"(root) : "memory");
}

static void interrupt(uint64_t number, uint32_t what)
{
  *(volatile uint32_t *)(APIC + 0x310) = (uint32_t)number << 24;
  *(volatile uint32_t *)(APIC + 0x300) = what;
}

static void wait_10_ms(void)
{
  for (unsigned i = 0; i < 10000; i++) out8(0x80, 0);
}

void machine_flush_here(void)
{
  uint64_t root;
  __asm__ volatile("movq %%cr3, %0\n movq %0, %%cr3" : "=r"(root)::"memory");
}

/* The other CPU, if it has come so far, flushes on an NMI, in boot.S: interrupts are off, and it may be waiting for our lock. */
void machine_flush(void)
{
  machine_flush_here();
  if (__atomic_load_n(&cpus_ready, __ATOMIC_ACQUIRE) < 2) return;
  uint64_t before = __atomic_load_n(&machine_flushes, __ATOMIC_RELAXED), me = *(volatile uint32_t *)(APIC + 0x20) >> 24;
  interrupt(1 - me, 0x4400); /* NMI */
  while (__atomic_load_n(&machine_flushes, __ATOMIC_ACQUIRE) == before) {}
}

int machine_start(uint64_t number, uint64_t root)
{
  if (!map(TRAMPOLINE, TRAMPOLINE, READ_WRITE)) return 0;
  memcpy((void *)(uint64_t)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
  *(uint32_t *)(TRAMPOLINE + (uint64_t)(trampoline_root - trampoline)) = (uint32_t)root;
  map(TRAMPOLINE, TRAMPOLINE, READ_EXECUTE);
  machine_flush_here();
  interrupt(number, 0x4500); /* INIT */
  wait_10_ms();
  interrupt(number, 0x4600 | TRAMPOLINE / (uint32_t)PAGE); /* start there */
  return 1;
}

void machine_trap(uint64_t number, uint64_t at, uint64_t address)
{
  say("# trap %u\n", number);
  die("no trap but those that are meant", at, address);
}
