// SPDX-License-Identifier: MIT OR Apache-2.0
/* malloc on Keel, for the programs of a 64-bit Linux with glibc:

     LD_PRELOAD=/path/to/libkeel_malloc.so program ...

   KEEL_ARENA=BYTES  what the heaps take at most (default: 4 times the machine's memory; rounded up to 2^k, at least 16 MiB)
   KEEL_CHECK=1      at exit the heaps' own check runs: the last line on stderr is `keel: check good` or `keel: check bad`,
                     and bad makes the exit status 70
   KEEL_REPORT=1     at exit: figures of classes, pages and mappings on stderr
   KEEL_LOG=FILE     where both are appended instead
   KEEL_CPUS=N       how many threads allocate side by side (default: as many as the program has processors, at most 32)

   1. One range of addresses is reserved at the first call, and nothing of it is usable.  It is cut into heaps: heap 0 has
      16 MiB, heap k > 0 as much as all before it together, so that the heap of an address is a count of bits.  A heap is
      made (its part of the range usable, and metadata mapped) when no other one can serve a request: metadata, which is
      written when a heap is made, stays at 4 % of what the program needs, and 1 % for each further CPU that allocates in the
      heap; and there is no limit to choose.
   2. A heap is a page instance and the CPUs over it, which are made when first needed there.  A thread is on one CPU for life;
      the lock of a CPU is for threads that share one.  The CPU that made a heap can have a slab for each of its pages, others
      one for four: where those do not suffice, other heaps do.  Each CPU and size of request, by powers of two, remembers the
      heap that served it last: a full heap is not searched again by every call.
   3. Requests above KEEL_KMALLOC_MAX are mappings of their own.  As each is larger than a granule of that many bytes, at
      most one begins in a granule, and a table with an entry a granule knows them all: no memory is looked at to tell
      whether an address is one.
   4. Locks are taken in this order: that of one CPU; that for new heaps and the table; and those that Keel asks for, each of
      which is for a CPU, or the pages, of all heaps together.  fork takes those of all CPUs, so that the child finds the heaps
      whole.  Nothing here allocates by malloc.
   5. A free or realloc of anything else than live memory ends the program, with one line on stderr. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "keel.h"

#define API __attribute__((visibility("default")))
#define PAGE ((size_t)KEEL_PAGE_SIZE)
#define FIRST ((uint64_t)1 << 24)  /* bytes of heap 0: a small program needs no other, its metadata are 0.6 MiB */
#define HEAPS 17u                  /* 2^40 bytes in all: a heap has KEEL_PAGES_MAX pages at most                */
#define SIZES 24u                  /* bits in a size up to KEEL_KMALLOC_MAX, and one more                       */
#define CPUS 32u                   /* at most                                                                   */
#define LARGE_UNIT ((size_t)65536) /* mappings are multiples of this, as of any machine's pages                 */
#define GRANULE_SHIFT 22u          /* a granule has KEEL_KMALLOC_MAX bytes                                      */
#define LEAF ((size_t)1 << 13)     /* granules in a leaf of the table                                           */
#define LEAVES ((size_t)1 << 13)   /* leaves: 48 bits of address                                                */
#define EXIT_BAD 70                /* EX_SOFTWARE                                                               */

_Static_assert((uint64_t)KEEL_KMALLOC_MAX == (uint64_t)1 << GRANULE_SHIFT, "two mappings might begin in one granule");
_Static_assert(FIRST << (HEAPS - 2u) <= (uint64_t)KEEL_PAGES_MAX * KEEL_PAGE_SIZE, "the last heap has too many pages");

struct heap {
  struct keel_pages z;
  struct keel_cpus k;
  struct keel_cpu cpu[CPUS];
  _Atomic uint32_t there; /* bit c: CPU c is made */
  uint32_t maker;         /* the first of them    */
};

struct cpu {
  pthread_mutex_t lock;  /* of who is on it                                   */
  pthread_mutex_t notes; /* Keel's                                            */
  uint8_t served[SIZES]; /* by bits of the size: the heap that served it last */
  uint8_t apart[64];     /* from what the next one writes                     */
};

static struct {
  pthread_once_t once;
  pthread_mutex_t lock, pages;
  uint32_t cpus;
  _Atomic uint32_t threads; /* that there have been                                      */
  uint64_t from;            /* first address of the heaps, a multiple of KEEL_KMALLOC_MAX */
  uint32_t most;            /* heaps that there may be                                   */
  _Atomic uint32_t heaps;   /* and that are made                                         */
  struct cpu cpu[CPUS];
  struct heap heap[HEAPS];
  uint64_t *leaf[LEAVES]; /* [granule]: pages from its begin to the mapping's | its bytes */
  uint64_t mappings, mapped;
} port = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, .pages = PTHREAD_MUTEX_INITIALIZER};

/* 1 + the CPU of this thread, 0 before its first call. */
static _Thread_local uint32_t mine __attribute__((tls_model("initial-exec")));

/* ---- what Keel asks for ---- */

static void *at(uint64_t a)
{
  return (void *)(uintptr_t)a;
}

void keel_zero(uint64_t a, uint64_t bytes)
{
  memset(at(a), 0, (size_t)bytes);
}

void keel_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
  memcpy(at(to), at(from), (size_t)bytes);
}

static pthread_mutex_t *keels(uint32_t lock)
{
  return lock == KEEL_LOCK_PAGES ? &port.pages : &port.cpu[lock].notes;
}

void keel_lock(uint32_t lock)
{
  pthread_mutex_lock(keels(lock));
}

void keel_unlock(uint32_t lock)
{
  pthread_mutex_unlock(keels(lock));
}

/* ---- to refuse ---- */

static void say(int fd, const char *line)
{
  if (write(fd, line, strlen(line)) < 0) return;
}

static const char *name_of(enum keel_status e)
{
  switch (e) {
  case KEEL_OUT_OF_RANGE: return "KEEL_OUT_OF_RANGE, never allocated";
  case KEEL_RESERVED: return "KEEL_RESERVED, never allocated";
  case KEEL_ALREADY_FREE: return "KEEL_ALREADY_FREE, freed before";
  case KEEL_NOT_HEAD: return "KEEL_NOT_HEAD, not the first byte of an allocation";
  case KEEL_WRONG_KIND: return "KEEL_WRONG_KIND, memory of the allocator itself";
  default: return "KEEL_BUSY, shared";
  }
}

/* One line on stderr, and the end. No lock is held: whoever catches the signal may still allocate. */
__attribute__((noreturn)) static void refuse(const char *call, const void *p, enum keel_status e)
{
  char line[160], hex[17];
  size_t i = sizeof hex - 1;
  uintptr_t a = (uintptr_t)p;
  hex[i] = 0;
  do hex[--i] = "0123456789abcdef"[a % 16];
  while ((a /= 16) != 0);
  strcpy(line, "keel: ");
  strcat(strcat(strcat(line, call), "(0x"), hex + i);
  strcat(strcat(strcat(line, "): "), name_of(e)), "; a debugger shows who called\n");
  say(2, line);
  abort();
}

/* ---- heaps ---- */

static void *map(uint64_t bytes, int protection)
{
  void *p = mmap(NULL, (size_t)bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

/* A mapping of bytes at a multiple of align (0: of a page), 0 if there is none. */
static uint64_t map_aligned(uint64_t bytes, uint64_t align, int protection)
{
  if (align <= PAGE) align = 0;
  uint64_t p = (uint64_t)(uintptr_t)map(bytes + align, protection);
  if (p == 0 || align == 0) return p;
  uint64_t a = (p + align - 1) / align * align;
  if (a > p) munmap(at(p), (size_t)(a - p));
  munmap(at(a + bytes), (size_t)(p + align - a));
  return a;
}

static uint64_t heap_bytes(uint32_t k)
{
  return FIRST << (k == 0 ? 0 : k - 1);
}

/* How many heaps make up this many bytes, rounded up; HEAPS at most. */
static uint32_t heaps_for(uint64_t bytes)
{
  uint32_t n = 1;
  while (n < HEAPS && FIRST << (n - 1) < bytes) n++;
  return n;
}

/* The number that an environment variable is, `otherwise` if there is none; warns if it is something else. */
static uint64_t number_in(const char *name, uint64_t otherwise, const char *warning)
{
  const char *text = getenv(name);
  if (text == NULL) return otherwise;
  char *end;
  unsigned long long n = strtoull(text, &end, 10);
  if (end != text && *end == 0) return n;
  say(2, warning);
  return otherwise;
}

static uint64_t arena_wanted(void)
{
  struct sysinfo s;
  uint64_t memory = sysinfo(&s) == 0 ? (uint64_t)s.totalram * s.mem_unit : (uint64_t)1 << 32;
  return number_in("KEEL_ARENA", 4 * memory, "keel: KEEL_ARENA is no number of bytes and is ignored; write e.g. KEEL_ARENA=1073741824\n");
}

static uint32_t cpus_wanted(void)
{
  cpu_set_t set;
  uint64_t processors = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint64_t)CPU_COUNT(&set) : CPUS;
  uint64_t n = number_in("KEEL_CPUS", processors, "keel: KEEL_CPUS is no number and is ignored; write e.g. KEEL_CPUS=4\n");
  return n == 0 ? 1 : n < CPUS ? (uint32_t)n : CPUS;
}

static void begin(void)
{
  int saved = errno;
  port.cpus = cpus_wanted();
  for (uint32_t c = 0; c < port.cpus; c++) {
    pthread_mutex_init(&port.cpu[c].lock, NULL);
    pthread_mutex_init(&port.cpu[c].notes, NULL);
  }
  /* Under a limit of addresses (ulimit -v) there may be less. */
  for (uint32_t n = heaps_for(arena_wanted()); n > 0 && port.from == 0; n--) {
    port.most = n;
    port.from = map_aligned(FIRST << (n - 1), KEEL_KMALLOC_MAX, PROT_NONE);
  }
  if (port.from == 0) port.most = 0;
  errno = saved;
}

/* Cuts bytes off the metadata at *from; each array has cache lines of its own. */
static void *cut(uint64_t *from, uint64_t bytes)
{
  void *p = at(*from);
  *from += (bytes + 63) / 64 * 64;
  return p;
}

/* Makes CPU c of a heap, with so many slabs at most. */
static int add_cpu(struct heap *h, uint32_t c, uint32_t slabs)
{
  uint32_t caches = KEEL_KMALLOC_CLASSES;
  uint64_t links = 4 * (uint64_t)h->z.n, nodes = sizeof(struct keel_slab) * ((uint64_t)1 + slabs + caches);
  uint64_t kinds = sizeof(struct keel_cache) * caches, notes = sizeof(struct keel_remote) * ((uint64_t)1 + slabs), bytes = links + nodes + kinds + notes + 4 * 64;
  uint64_t from = (uint64_t)(uintptr_t)map(bytes, PROT_READ | PROT_WRITE), all = from;
  if (from == 0) return 0;
  void *l = cut(&from, links), *s = cut(&from, nodes), *k = cut(&from, kinds), *r = cut(&from, notes);
  if (keel_cpu_init(&h->k, c, l, s, slabs, k, r) == KEEL_OK) {
    atomic_fetch_or(&h->there, 1u << c);
    return 1;
  }
  munmap(at(all), (size_t)bytes);
  return 0;
}

/* Makes heap k, with CPU c, who has a slab for each page: slabs never run out before pages do. */
static int make(uint32_t k, uint32_t c)
{
  struct heap *h = &port.heap[k];
  uint32_t n = (uint32_t)(heap_bytes(k) / PAGE);
  uint64_t a = port.from + (k == 0 ? 0 : heap_bytes(k));
  uint64_t words = 8 * (uint64_t)KEEL_PAGES_WORDS(n), tags = KEEL_PAGES_TAGS(n), refs = 4 * (uint64_t)KEEL_PAGES_REFS(n), bytes = words + tags + refs + n + 4 * 64;
  uint64_t from = (uint64_t)(uintptr_t)map(bytes, PROT_READ | PROT_WRITE), all = from;
  if (from == 0) return 0;
  void *w = cut(&from, words), *t = cut(&from, tags), *r = cut(&from, refs), *o = cut(&from, n);
  keel_pfn_t pfn = (keel_pfn_t)(a / PAGE);
  h->maker = c;
  if (mprotect(at(a), (size_t)heap_bytes(k), PROT_READ | PROT_WRITE) == 0 && keel_pages_init(&h->z, w, t, r, pfn, n) == KEEL_OK &&
      keel_pages_add(&h->z, pfn, n) == KEEL_OK && keel_cpus_init(&h->k, &h->z, a, h->cpu, port.cpus, o) == KEEL_OK && add_cpu(h, c, n))
    return 1;
  munmap(at(all), (size_t)bytes);
  return 0;
}

static uint32_t cpu_of_thread(void)
{
  if (mine == 0) {
    pthread_once(&port.once, begin);
    mine = 1 + atomic_fetch_add(&port.threads, 1) % port.cpus;
  }
  return mine - 1;
}

/* To and from the CPU of this thread, */
static uint32_t enter(void)
{
  uint32_t c = cpu_of_thread();
  pthread_mutex_lock(&port.cpu[c].lock);
  return c;
}

static void leave(uint32_t c)
{
  pthread_mutex_unlock(&port.cpu[c].lock);
}

/* or, in a heap where that is not there, the one that made the heap, */
static uint32_t enter_heap(struct heap *h)
{
  uint32_t c = cpu_of_thread();
  if ((atomic_load(&h->there) >> c & 1) == 0) c = h->maker;
  pthread_mutex_lock(&port.cpu[c].lock);
  return c;
}

/* or all. */
static void enter_all(void)
{
  pthread_once(&port.once, begin);
  for (uint32_t c = 0; c < port.cpus; c++) pthread_mutex_lock(&port.cpu[c].lock);
  pthread_mutex_lock(&port.lock);
}

static void leave_all(void)
{
  pthread_mutex_unlock(&port.lock);
  for (uint32_t c = port.cpus; c-- > 0;) pthread_mutex_unlock(&port.cpu[c].lock);
}

/* The heap that an address is in, NULL if none. */
static struct heap *heap_of(uint64_t a)
{
  (void)cpu_of_thread();
  uint32_t heaps = atomic_load(&port.heaps);
  if (a < port.from || heaps == 0) return NULL;
  uint64_t d = (a - port.from) / FIRST;
  uint32_t k = d == 0 ? 0 : 64u - (uint32_t)__builtin_clzll(d);
  return k < heaps ? &port.heap[k] : NULL;
}

/* Heap k is made, by CPU c if nobody else has. */
static int there_is(uint32_t k, uint32_t c)
{
  if (k < atomic_load(&port.heaps)) return 1;
  pthread_mutex_lock(&port.lock);
  int there = k < atomic_load(&port.heaps);
  if (!there && make(k, c)) {
    atomic_store(&port.heaps, k + 1);
    there = 1;
  }
  pthread_mutex_unlock(&port.lock);
  return there;
}

static uint64_t from_heap(uint32_t k, uint32_t c, uint64_t size, uint64_t align)
{
  struct heap *h = &port.heap[k];
  if ((atomic_load(&h->there) >> c & 1) == 0 && !add_cpu(h, c, h->z.n / 4)) return 0;
  return align == 0 ? keel_cpu_alloc(&h->cpu[c], size, 0) : keel_cpu_alloc_aligned(&h->cpu[c], size, align, 0);
}

/* Memory of any heap, the one that served this size last before all others; 0 if there is none. */
static uint64_t from_heaps(uint32_t c, uint64_t size, uint64_t align)
{
  uint8_t *served = &port.cpu[c].served[64 - __builtin_clzll(size < align ? align : size)];
  uint64_t a = atomic_load(&port.heaps) == 0 ? 0 : from_heap(*served, c, size, align);
  for (uint32_t k = 0; a == 0 && k < port.most; k++) {
    if (!there_is(k, c)) return 0;
    a = from_heap(k, c, size, align);
    *served = (uint8_t)k;
  }
  return a;
}

/* ---- large ones ---- */

/* The table's entry for the granule of an address; NULL if there is none (yet). */
static uint64_t *entry_of(uint64_t a)
{
  uint64_t g = a >> GRANULE_SHIFT;
  uint64_t *leaf = g / LEAF < LEAVES ? port.leaf[g / LEAF] : NULL;
  return leaf == NULL ? NULL : &leaf[g % LEAF];
}

/* How many bytes the mapping that begins at a has, 0 if none does. */
static uint64_t large_size(uint64_t a)
{
  uint64_t *e = entry_of(a);
  if (e == NULL || a % PAGE != 0 || *e % PAGE != a / PAGE % (KEEL_KMALLOC_MAX / PAGE)) return 0;
  return *e / PAGE * PAGE;
}

static int remember(uint64_t a, uint64_t bytes)
{
  uint64_t i = (a >> GRANULE_SHIFT) / LEAF;
  if (i >= LEAVES) return 0;
  if (port.leaf[i] == NULL) port.leaf[i] = map(LEAF * sizeof **port.leaf, PROT_READ | PROT_WRITE);
  uint64_t *e = entry_of(a);
  if (e == NULL) return 0;
  *e = bytes | a / PAGE % (KEEL_KMALLOC_MAX / PAGE);
  port.mappings++;
  port.mapped += bytes;
  return 1;
}

/* Takes the mapping at a out of the table and answers its bytes, 0 if there is none: unmap it then, not before. */
static uint64_t forget(uint64_t a)
{
  uint64_t bytes = large_size(a);
  if (bytes == 0) return 0;
  *entry_of(a) = 0;
  port.mappings--;
  port.mapped -= bytes;
  return bytes;
}

/* The bytes of a mapping for a request of size: always more than a granule. */
static uint64_t large_for(uint64_t size)
{
  uint64_t n = size > KEEL_KMALLOC_MAX ? size : (uint64_t)KEEL_KMALLOC_MAX + 1;
  return (n + LARGE_UNIT - 1) / LARGE_UNIT * LARGE_UNIT;
}

static uint64_t take_large(uint64_t size, uint64_t align)
{
  if (size > PTRDIFF_MAX / 2 || align > PTRDIFF_MAX / 2) return 0;
  uint64_t bytes = large_for(size);
  uint64_t a = map_aligned(bytes, align, PROT_READ | PROT_WRITE);
  if (a == 0) return 0;
  pthread_mutex_lock(&port.lock);
  int known = remember(a, bytes);
  pthread_mutex_unlock(&port.lock);
  if (known) return a;
  munmap(at(a), (size_t)bytes);
  return 0;
}

/* Makes the mapping at a large enough for size bytes, where it is; 0 if there is no room. */
static uint64_t resize_large(uint64_t a, uint64_t size)
{
  uint64_t bytes = large_for(size);
  if (mremap(at(a), (size_t)large_size(a), (size_t)bytes, 0) == MAP_FAILED) return 0;
  forget(a);
  remember(a, bytes);
  return a;
}

/* Frees the mapping at p, whose bytes become the first of the larger one at q: moved, not copied, if the kernel can. */
static void move_large(void *p, void *q)
{
  pthread_mutex_lock(&port.lock);
  size_t bytes = (size_t)forget((uint64_t)(uintptr_t)p);
  pthread_mutex_unlock(&port.lock);
  if (mremap(p, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, q) != MAP_FAILED) return;
  memcpy(q, p, bytes);
  munmap(p, bytes);
}

/* ---- any ---- */

/* Memory for size bytes at a multiple of align, a power of two or 0; NULL and ENOMEM if there is none. */
static void *take(size_t size, size_t align)
{
  uint64_t a;
  if (size == 0) size = 1; /* an address of its own */
  if (size > KEEL_KMALLOC_MAX || align > KEEL_KMALLOC_MAX) {
    a = take_large(size, align);
  } else {
    uint32_t c = enter();
    a = from_heaps(c, size, align);
    leave(c);
  }
  if (a == 0) errno = ENOMEM;
  return at(a);
}

static void give(const char *call, void *p)
{
  uint64_t a = (uint64_t)(uintptr_t)p, bytes = 0;
  struct heap *h = heap_of(a);
  enum keel_status e = KEEL_OUT_OF_RANGE;
  if (h != NULL) {
    uint32_t c = enter_heap(h);
    e = keel_cpu_free(&h->cpu[c], a);
    leave(c);
  } else {
    pthread_mutex_lock(&port.lock);
    bytes = forget(a);
    pthread_mutex_unlock(&port.lock);
  }
  if (bytes != 0) {
    int saved = errno;
    munmap(p, (size_t)bytes);
    errno = saved;
  } else if (e != KEEL_OK) {
    refuse(call, p, e);
  }
}

static uint64_t size_in_heap(struct heap *h, uint64_t a)
{
  uint32_t c = enter_heap(h);
  uint64_t bytes = keel_cpu_size(&h->cpu[c], a);
  leave(c);
  return bytes;
}

/* What realloc does where it stays in place; 0 if it has to move. *old becomes how many bytes were at p. */
static uint64_t resize(void *p, size_t size, uint64_t *old)
{
  uint64_t a = (uint64_t)(uintptr_t)p, b = 0;
  struct heap *h = heap_of(a);
  if (h != NULL) {
    *old = size_in_heap(h, a);
    return size <= *old && (size > *old / 2 || *old == 8) ? a : 0; /* elsewhere it would need half of that, or less */
  }
  pthread_mutex_lock(&port.lock);
  *old = large_size(a);
  if (*old != 0 && size > KEEL_KMALLOC_MAX && size <= PTRDIFF_MAX / 2) b = resize_large(a, size);
  pthread_mutex_unlock(&port.lock);
  return b;
}

static int is_power(size_t n)
{
  return n != 0 && (n & (n - 1)) == 0;
}

static void *take_aligned(size_t align, size_t size)
{
  if (is_power(align)) return take(size, align);
  errno = EINVAL;
  return NULL;
}

/* ---- what programs call ---- */

API void *malloc(size_t size)
{
  return take(size, 0);
}

API void free(void *p)
{
  if (p != NULL) give("free", p);
}

API void *calloc(size_t n, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  void *p = take(bytes, 0);
  if (p != NULL && bytes <= KEEL_KMALLOC_MAX) memset(p, 0, bytes); /* mappings are zero */
  return p;
}

API void *realloc(void *p, size_t size)
{
  uint64_t old;
  if (p == NULL) return take(size, 0);
  if (size == 0) {
    give("realloc", p);
    return NULL;
  }
  uint64_t b = resize(p, size, &old);
  if (b != 0) return at(b);
  if (old == 0) give("realloc", p); /* names the error and ends */
  void *q = take(size, 0);
  if (q == NULL) return size <= old ? p : NULL;
  if (old > KEEL_KMALLOC_MAX && size > old) {
    move_large(p, q);
  } else {
    memcpy(q, p, size < old ? size : (size_t)old);
    give("realloc", p);
  }
  return q;
}

API void *reallocarray(void *p, size_t n, size_t size)
{
  size_t bytes;
  if (!__builtin_mul_overflow(n, size, &bytes)) return realloc(p, bytes);
  errno = ENOMEM;
  return NULL;
}

API int posix_memalign(void **p, size_t align, size_t size)
{
  int saved = errno;
  if (!is_power(align) || align % sizeof(void *) != 0) return EINVAL;
  void *q = take(size, align);
  errno = saved;
  if (q == NULL) return ENOMEM;
  *p = q;
  return 0;
}

API void *aligned_alloc(size_t align, size_t size)
{
  return take_aligned(align, size);
}

API void *memalign(size_t align, size_t size)
{
  return take_aligned(align, size);
}

API void *valloc(size_t size)
{
  return take(size, (size_t)sysconf(_SC_PAGESIZE));
}

API void *pvalloc(size_t size)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE), n = size / page + (size % page != 0);
  return take(n == 0 ? page : n > PTRDIFF_MAX / page ? SIZE_MAX : n * page, page);
}

API size_t malloc_usable_size(void *p)
{
  if (p == NULL) return 0;
  uint64_t a = (uint64_t)(uintptr_t)p;
  struct heap *h = heap_of(a);
  if (h != NULL) return (size_t)size_in_heap(h, a);
  pthread_mutex_lock(&port.lock);
  uint64_t bytes = large_size(a);
  pthread_mutex_unlock(&port.lock);
  return (size_t)bytes;
}

/* ---- begin and end of the program ---- */

/* Linked with -z initfirst: of all fork handlers these take the locks last and free them first, so others may allocate. */
__attribute__((constructor)) static void prepare_fork(void)
{
  if (pthread_atfork(enter_all, leave_all, leave_all) != 0) say(2, "keel: no memory for the fork handler\n");
}

/* Columns as in Linux's slabinfo; waste: bytes of slabs that are in no object. */
static void report_class(int fd, uint32_t c)
{
  char line[160], name[32];
  struct keel_slab_stats all = {0}, one;
  for (uint32_t i = 0; i < port.heaps * port.cpus; i++) {
    const struct heap *h = &port.heap[i / port.cpus];
    if ((h->there >> i % port.cpus & 1) == 0 || keel_cache_stats(&h->cpu[i % port.cpus].m.s, c, &one) != KEEL_OK) continue;
    all.size = one.size;
    all.slabs += one.slabs;
    all.objects += one.objects;
    all.active += one.active;
    all.waste += one.waste;
  }
  if (all.slabs == 0) return;
  snprintf(name, sizeof name, "kmalloc-%" PRIu32, all.size);
  snprintf(line, sizeof line, "keel: %-14s %13" PRId64 " %10" PRId64 " %9" PRIu32 " %7" PRId64 " %11" PRId64 "\n", name, all.active, all.objects, all.size,
           all.slabs, all.waste);
  say(fd, line);
}

/* (Not by dprintf: it allocates when fd is a file.) */
static void report(int fd)
{
  char text[1088], name[64];
  snprintf(text, sizeof text, "keel: %-14s %13s %10s %9s %7s %11s\n", "class", "active_objs", "num_objs", "objsize", "slabs", "waste");
  say(fd, text);
  for (uint32_t c = 0; c < KEEL_KMALLOC_CLASSES; c++) report_class(fd, c);
  for (uint32_t i = 0; i < port.heaps; i++) {
    snprintf(name, sizeof name, "keel: heap %" PRIu32 ", %" PRIu64 " MiB", i, heap_bytes(i) >> 20);
    keel_pages_report(&port.heap[i].z, name, text, sizeof text);
    say(fd, text);
  }
  snprintf(text, sizeof text, "keel: %" PRIu64 " mappings, %" PRIu64 " bytes\n", port.mappings, port.mapped);
  say(fd, text);
}

/* Frees that threads have noted for others are carried out; answers whether all were of live objects. */
static int drain(void)
{
  int good = 1;
  for (uint32_t i = 0; i < port.heaps * port.cpus; i++) {
    struct heap *h = &port.heap[i / port.cpus];
    if (h->there >> i % port.cpus & 1) good &= keel_cpu_drain(&h->cpu[i % port.cpus]) == 0;
  }
  return good;
}

static int check(void)
{
  int good = 1;
  for (uint32_t k = 0; k < port.heaps; k++) {
    good &= keel_pages_check(&port.heap[k].z);
    for (uint32_t c = 0; c < port.cpus; c++)
      if (port.heap[k].there >> c & 1) good &= keel_slabs_check(&port.heap[k].cpu[c].m.s);
  }
  return good;
}

static int is_on(const char *name)
{
  const char *value = getenv(name);
  return value != NULL && strcmp(value, "1") == 0;
}

/* Where to say it. */
static int log_fd(void)
{
  const char *name = getenv("KEEL_LOG");
  int fd = name == NULL ? -1 : open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  return fd < 0 ? 2 : fd;
}

__attribute__((destructor)) static void finish(void)
{
  int good = 1, reports = is_on("KEEL_REPORT"), checks = is_on("KEEL_CHECK"), fd = reports || checks ? log_fd() : 2;
  enter_all();
  if (reports || checks) good = drain();
  if (reports) report(fd);
  if (checks) {
    good &= check();
    say(fd, good ? "keel: check good\n" : "keel: check bad\n");
  }
  leave_all();
  if (fd != 2) close(fd);
  if (good || !checks) return;
  fflush(NULL);
  _exit(EXIT_BAD);
}
