// SPDX-License-Identifier: MIT OR Apache-2.0
/* A kernel that is nothing but Keel's client: what its parts, shared and of each machine, know of each other. */
#ifndef KEEL_PORTS_KERNEL_H
#define KEEL_PORTS_KERNEL_H

#include "arch.h"
#include "keel.h"

#define PAGE ((uint64_t)KEEL_PAGE_SIZE)
#define CPUS 2u
#define WINDOW ((uint64_t)1 << 37) /* vmalloc's addresses: nothing else is there */
#define WINDOW_PAGES 2048u

/* ---- what the machine says of itself, and the machine's own part (NAME/machine.c) ---- */

struct range {
  uint64_t first, end; /* addresses; end is the first one beyond */
};
struct ranges {
  struct range at[16];
  unsigned n;
};
struct machine {
  struct ranges ram;    /* as the firmware describes it                              */
  struct ranges taken;  /* parts of it that are somebody's: firmware, device tree    */
  struct ranges device; /* what the kernel reaches of devices                        */
  uint64_t cpu[CPUS];   /* what the machine calls them; [0] is the one that starts   */
  unsigned cpus;
};

void machine_describe(uint64_t boot, struct machine *m); /* boot: what the loader passed */
void machine_put(char c);
_Noreturn void machine_exit(int failed);
void machine_paging(uint64_t root); /* translate by these tables from now on, on this CPU */
void machine_flush(void);      /* forgets all translations, on all CPUs; one caller at a time */
void machine_flush_here(void); /* on this CPU                                                 */
int machine_start(uint64_t number, uint64_t root); /* starts m->cpu[1]: it calls cpu_main(1); 0 if it cannot */

/* In boot.S: reads a byte; 1 if that faults (then machine.c has come back to machine_touch_failed), else 0. */
int machine_touch(uint64_t address);
int machine_write(uint64_t address); /* the same for a write of what is there */
extern const char machine_touch_at[], machine_write_at[], machine_touch_failed[];

/* Of the linker's script. */
extern char kernel_first[], text_end[], kernel_end[];

/* ---- console.c ---- */

void *memset(void *to, int c, size_t n);
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void say(const char *format, ...); /* %s, %u (uint64_t), %x (uint64_t) */
_Noreturn void die(const char *why, uint64_t where, uint64_t address);
void check(int good, const char *what); /* a line of TAP */
_Noreturn void finish(void);

/* ---- device_tree.c ---- */

void device_tree(uint64_t address, struct machine *m);
void ranges_add(struct ranges *r, uint64_t first, uint64_t bytes);

/* ---- memory.c ---- */

extern struct keel_pages pages;
extern struct keel_cpu cpu[CPUS];
extern struct keel_vm vm;   /* the window; KEEL_LOCK_PAGES is its lock, too */
extern uint64_t page_table; /* address of the root */
extern uint32_t map_fails;  /* the call of keel_map that answers 0: 1 is the next; 0: none */

void memory_begin(const struct machine *m);

enum access { READ_EXECUTE, READ_WRITE, DEVICE };
int map(uint64_t address, uint64_t physical, enum access access); /* 0: no memory for a table */
uint64_t entry_at(uint64_t address);                              /* what the page tables have there; 0: nothing */

/* ---- tests.c ---- */

void tests(const struct machine *m);
void cpu_main(unsigned number);

#endif
