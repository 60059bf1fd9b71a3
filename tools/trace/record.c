// SPDX-License-Identifier: MIT OR Apache-2.0
/* Records the allocations of a program (trace.h is the format):

     KEEL_TRACE=out.trace LD_PRELOAD=/path/to/librecord.so program ...

   KEEL_TRACE      file to write.  With %p in it every process writes a file of
                   its own (%p becomes its pid); else only the first process does.
   KEEL_TRACE_MAX  stop after so many records (default: never).

   Needs glibc: the real functions are called by their glibc names, so there is no
   dlsym, which allocates before it can tell where the allocator is.  A process
   that leaves by _exit or a signal loses the records of its last 64 KiB.
   Memory that a program maps by itself (mmap) is not recorded. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/trace/trace.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *p);

/* Number of each live allocation, by address: a hash table with linear probing. */
struct entry {
  uintptr_t key; /* 0: unused */
  uint64_t number;
};

static struct {
  pthread_mutex_t lock;
  volatile int on;
  int fd;
  char path[4096];
  struct entry *table;
  size_t slots, used;
  uint64_t allocs, records, max;
  size_t len;
  unsigned char buf[65536];
} r = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* ---- the file ---- */

static void stop(const char *why)
{
  r.on = 0;
  if (why) dprintf(2, "keel record: %s %s: %s; recording stops\n", why, r.path, strerror(errno));
}

static int open_file(void)
{
  unsigned char header[TRACE_HEADER] = TRACE_MAGIC;
  r.fd = open(r.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (r.fd < 0) return 0;
  memset(header + TRACE_COUNT_AT, 255, 8); /* until it is known */
  strncpy((char *)header + TRACE_NAME_AT, program_invocation_short_name, TRACE_NAME_SIZE - 1);
  return write(r.fd, header, sizeof header) == (ssize_t)sizeof header;
}

/* The file is opened late, so that a shell that only execs the program leaves none. */
static void flush(void)
{
  if (r.fd < 0 && !open_file()) {
    stop("cannot write");
    return;
  }
  for (size_t done = 0; done < r.len;) {
    ssize_t n = write(r.fd, r.buf + done, r.len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      stop("cannot write");
      return;
    }
    done += (size_t)n;
  }
  r.len = 0;
}

static void finish(void)
{
  unsigned char count[8];
  flush();
  for (int i = 0; i < 8; i++) count[i] = (unsigned char)(r.records >> (8 * i));
  if (r.on && pwrite(r.fd, count, 8, TRACE_COUNT_AT) != 8) stop("cannot write");
  r.on = 0;
}

static void emit(uint64_t v)
{
  if (r.len + TRACE_NUMBER > sizeof r.buf) flush();
  if (!r.on) return;
  r.len += trace_put(r.buf + r.len, v);
  r.records++;
  if (r.records == r.max) finish();
}

/* ---- the table ---- */

static size_t slot_of(uintptr_t key, size_t slots)
{
  return (size_t)((key >> 4) * 0x9E3779B97F4A7C15u >> 20) & (slots - 1);
}

static void insert(struct entry *table, size_t slots, struct entry e)
{
  size_t i = slot_of(e.key, slots);
  while (table[i].key) i = (i + 1) & (slots - 1);
  table[i] = e;
}

static int grow(void)
{
  size_t slots = r.slots ? 2 * r.slots : 1 << 16;
  struct entry *t = mmap(NULL, slots * sizeof *t, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (t == MAP_FAILED) return 0;
  for (size_t i = 0; i < r.slots; i++)
    if (r.table[i].key) insert(t, slots, r.table[i]);
  if (r.table) munmap(r.table, r.slots * sizeof *t);
  r.table = t;
  r.slots = slots;
  return 1;
}

/* Takes the entry of p out: 1 and its number, or 0 if p is unknown. */
static int take(void *p, uint64_t *number)
{
  size_t mask = r.slots - 1, i = slot_of((uintptr_t)p, r.slots);
  while (r.table[i].key != (uintptr_t)p) {
    if (!r.table[i].key) return 0;
    i = (i + 1) & mask;
  }
  *number = r.table[i].number;
  /* Close the gap: whoever probed across it moves into it. */
  for (size_t j = (i + 1) & mask; r.table[j].key; j = (j + 1) & mask) {
    size_t home = slot_of(r.table[j].key, r.slots);
    if (((j - home) & mask) < ((j - i) & mask)) continue;
    r.table[i] = r.table[j];
    i = j;
  }
  r.table[i].key = 0;
  r.used--;
  return 1;
}

/* ---- the events (with the lock held) ---- */

static void note_alloc(void *p, size_t size)
{
  if (2 * (r.used + 1) > r.slots && !grow()) {
    stop("no memory to trace into");
    return;
  }
  insert(r.table, r.slots, (struct entry){(uintptr_t)p, r.allocs});
  r.used++;
  r.allocs++;
  emit(2 * (uint64_t)size);
}

static void note_free(uint64_t number) { emit(2 * (r.allocs - 1 - number) + 1); }

static int enter(void)
{
  if (!r.on) return 0;
  int e = errno;
  pthread_mutex_lock(&r.lock);
  errno = e;
  if (r.on) return 1;
  pthread_mutex_unlock(&r.lock);
  return 0;
}

static void leave(void) { pthread_mutex_unlock(&r.lock); }

static void *allocated(void *p, size_t size)
{
  if (p && enter()) {
    note_alloc(p, size);
    leave();
  }
  return p;
}

/* ---- what the program calls ---- */

void *malloc(size_t size) { return allocated(__libc_malloc(size), size); }

void *calloc(size_t n, size_t size) { return allocated(__libc_calloc(n, size), n * size); }

void free(void *p)
{
  uint64_t number;
  /* Before the real free: another thread may get the address right after it. */
  if (p && enter()) {
    if (take(p, &number)) note_free(number);
    leave();
  }
  __libc_free(p);
}

static void moved(void *old, void *p, size_t size, uint64_t number)
{
  if (!p && size != 0) { /* failed: the old block is still there */
    insert(r.table, r.slots, (struct entry){(uintptr_t)old, number});
    r.used++;
    return;
  }
  if (p == old || !p) note_free(number);
  if (p && r.on) note_alloc(p, size);
  if (p && p != old && r.on) emit(2 * (r.allocs - 1 - number) + 1);
}

void *realloc(void *old, size_t size)
{
  uint64_t number = 0;
  int known = 0;
  if (!old) return malloc(size);
  if (enter()) {
    known = take(old, &number);
    leave();
  }
  void *p = __libc_realloc(old, size);
  if (!known) return p != old ? allocated(p, size) : p;
  if (enter()) {
    moved(old, p, size, number);
    leave();
  }
  return p;
}

void *reallocarray(void *old, size_t n, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc(old, bytes);
}

static void *aligned(size_t align, size_t size)
{
  size_t rounded = align == 0 ? size : (size + align - 1) / align * align;
  return allocated(__libc_memalign(align, size), rounded);
}

void *memalign(size_t align, size_t size) { return aligned(align, size); }
void *aligned_alloc(size_t align, size_t size) { return aligned(align, size); }
void *valloc(size_t size) { return aligned(4096, size); }

int posix_memalign(void **out, size_t align, size_t size)
{
  if (align % sizeof(void *) != 0 || align == 0 || (align & (align - 1)) != 0) return EINVAL;
  void *p = aligned(align, size);
  if (!p) return ENOMEM;
  *out = p;
  return 0;
}

/* ---- start and end ---- */

static void in_child(void) { r.on = 0; }

/* 1 if this process is to be traced: the first one, or each with a %p in the name. */
static int set_path(const char *name)
{
  char pid[16];
  const char *mark = strstr(name, "%p"), *first = getenv("KEEL_TRACE_PID");
  snprintf(pid, sizeof pid, "%d", (int)getpid());
  if (mark)
    snprintf(r.path, sizeof r.path, "%.*s%s%s", (int)(mark - name), name, pid, mark + 2);
  else
    snprintf(r.path, sizeof r.path, "%s", name);
  if (mark) return 1;
  if (first) return strcmp(first, pid) == 0;
  return setenv("KEEL_TRACE_PID", pid, 1) == 0;
}

__attribute__((constructor)) static void start(void)
{
  const char *name = getenv("KEEL_TRACE"), *max = getenv("KEEL_TRACE_MAX");
  if (!name || !*name || !set_path(name)) return;
  r.max = max ? strtoull(max, NULL, 10) : 0;
  pthread_atfork(NULL, NULL, in_child);
  if (grow()) r.on = 1;
}

__attribute__((destructor)) static void end(void)
{
  if (!enter()) return;
  finish();
  leave();
}
