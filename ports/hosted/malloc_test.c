// SPDX-License-Identifier: MIT OR Apache-2.0
/* What malloc and the others do on Keel, call by call.  The port is part of this program: everything in it, cmocka included,
   runs on it.  Under a sanitizer, which has a malloc of its own, the calls here are renamed (BUILD) and only they do. */
#include "ports/hosted/keel_malloc.c"

#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)
#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t next(uint64_t *seed)
{ /* splitmix64 */
  uint64_t x = *seed += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

/* A size: small ones often, up to 2^bits now and then. */
static size_t any_size(uint64_t *seed, unsigned bits)
{
  return (size_t)(next(seed) & (((uint64_t)1 << next(seed) % (bits + 1)) - 1));
}

/* The bytes of an allocation tell whose it is: all of a small one, ever fewer of a larger one, and the last. */
static unsigned char byte_of(size_t i, size_t owner)
{
  return (unsigned char)(i * 37 + owner * 101 + 1);
}

static size_t step(size_t i)
{
  return i < 256 ? 1 : i < 65536 ? 1009 : 65521;
}

static void mark(void *p, size_t size, size_t owner)
{
  unsigned char *b = p;
  for (size_t i = 0; i < size; i += step(i)) b[i] = byte_of(i, owner);
  if (size > 0) b[size - 1] = byte_of(size - 1, owner);
}

/* Whether the first `kept` bytes of an allocation that had size bytes are those of mark(). */
static int marked(const void *p, size_t size, size_t owner, size_t kept)
{
  const unsigned char *b = p;
  for (size_t i = 0; i < kept && i < size; i += step(i))
    if (b[i] != byte_of(i, owner)) return 0;
  return size == 0 || size > kept || b[size - 1] == byte_of(size - 1, owner);
}

static int all_zero(const void *p, size_t size)
{
  const unsigned char *b = p;
  for (size_t i = 0; i < size; i++)
    if (b[i] != 0) return 0;
  return 1;
}

static size_t known(void)
{ /* not a constant to the compiler, which would warn of what is tested here */
  static volatile size_t zero;
  return zero;
}

/* ---- sizes and addresses ---- */

static void sizes(void **state)
{
  (void)state;
  enum { N = 4000 };
  static void *p[N];
  for (size_t i = 0; i < N; i++) {
    p[i] = malloc(i * i / 16);
    assert_non_null(p[i]);
    assert_int_equal((uintptr_t)p[i] % (i * i / 16 > 8 ? 16 : 8), 0);
    assert_true(malloc_usable_size(p[i]) >= i * i / 16 && malloc_usable_size(p[i]) >= 8);
    mark(p[i], i * i / 16, i);
  }
  for (size_t i = 0; i < N; i++) {
    assert_true(marked(p[i], i * i / 16, i, SIZE_MAX));
    free(p[i]);
  }
}

static void of_no_bytes(void **state)
{
  (void)state;
  void *p = malloc(known()), *q = malloc(known()), *r = calloc(known(), 8), *s = aligned_alloc(64, known());
  assert_true(p && q && r && s && p != q && p != r && q != r && s != p);
  free(p);
  free(q);
  free(r);
  free(s);
  free(NULL);
}

static void usable_sizes(void **state)
{
  (void)state;
  static const size_t wanted[][2] = {{1, 8}, {100, 112}, {1000, 1024}, {8192, 8192}, {8193, 16384}, {3 * MIB, 4 * MIB}, {4 * MIB, 4 * MIB}};
  for (size_t i = 0; i < COUNT(wanted); i++) {
    void *p = malloc(wanted[i][0]);
    assert_int_equal(malloc_usable_size(p), wanted[i][1]);
    memset(p, 255, wanted[i][1]);
    free(p);
  }
  void *p = malloc(4 * MIB + 1);
  assert_true(malloc_usable_size(p) > 4 * MIB);
  memset(p, 255, malloc_usable_size(p));
  assert_int_equal(malloc_usable_size((char *)p + 4096), 0);
  free(p);
  assert_int_equal(malloc_usable_size(NULL), 0);
  assert_int_equal(malloc_usable_size(&p), 0);
}

static void calloc_is_zero(void **state)
{
  (void)state;
  static const size_t size[] = {1, 8, 100, 4096, 8193, 100000, MIB, 4 * MIB, 5 * MIB};
  for (size_t i = 0; i < COUNT(size); i++) {
    for (int again = 0; again < 3; again++) {
      unsigned char *p = calloc(size[i], 1);
      assert_true(all_zero(p, size[i]));
      memset(p, 255, size[i]);
      free(p);
    }
  }
}

static void too_much(void **state)
{
  (void)state;
  size_t huge = SIZE_MAX - known(), half = huge / 2 + 1;
  void *p = malloc(10), *q = NULL;
  mark(p, 10, 1);
#define NOTHING(call)           \
  errno = 0;                    \
  assert_null(call);            \
  assert_int_equal(errno, ENOMEM)
  NOTHING(malloc(huge));
  NOTHING(malloc(half));
  NOTHING(malloc(half / 2 - 1));
  NOTHING(calloc(half, 2));
  NOTHING(calloc(huge, 1));
  NOTHING(realloc(p, huge));
  NOTHING(reallocarray(p, half, 2));
  NOTHING(reallocarray(NULL, huge / 8, 16));
  NOTHING(aligned_alloc(half, 16));
  NOTHING(memalign(4096, huge));
  NOTHING(valloc(huge));
  NOTHING(pvalloc(huge));
#undef NOTHING
  errno = 7;
  assert_int_equal(posix_memalign(&q, 64, huge), ENOMEM);
  assert_null(q);
  assert_int_equal(errno, 7);
  assert_true(marked(p, 10, 1, SIZE_MAX));
  free(p);
}

/* ---- alignment ---- */

static void alignments(void **state)
{
  (void)state;
  static const size_t size[] = {0, 1, 100, 5000, MIB, 5 * MIB};
  for (size_t align = 1; align <= 64 * MIB; align *= 2) {
    void *p[3 * COUNT(size)];
    for (size_t i = 0; i < COUNT(p); i++) {
      size_t bytes = size[i / 3];
      if (i % 3 == 0) p[i] = memalign(align, bytes);
      if (i % 3 == 1) p[i] = aligned_alloc(align, bytes);
      if (i % 3 == 2) assert_int_equal(posix_memalign(&p[i], align < 8 ? 8 : align, bytes), 0);
      assert_non_null(p[i]);
      assert_int_equal((uintptr_t)p[i] % align, 0);
      assert_true(malloc_usable_size(p[i]) >= bytes);
      mark(p[i], bytes, i);
    }
    for (size_t i = 0; i < COUNT(p); i++) {
      assert_true(marked(p[i], size[i / 3], i, SIZE_MAX));
      free(p[i]);
    }
  }
}

static void alignments_refused(void **state)
{
  (void)state;
  void *p = NULL;
  static const size_t align[] = {0, 1, 2, 4, 24, 4097};
  for (size_t i = 0; i < COUNT(align); i++) assert_int_equal(posix_memalign(&p, align[i], 8), EINVAL);
  assert_null(p);
  errno = 0;
  assert_null(aligned_alloc(24 + known(), 8));
  assert_int_equal(errno, EINVAL);
  errno = 0;
  assert_null(memalign(known(), 8));
  assert_int_equal(errno, EINVAL);
}

static void whole_pages(void **state)
{
  (void)state;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  static const size_t size[] = {0, 1, 4096, 4097, 5 * MIB + 1};
  for (size_t i = 0; i < COUNT(size); i++) {
    void *p = valloc(size[i]), *q = pvalloc(size[i]);
    assert_true(p != NULL && q != NULL && p != q);
    assert_int_equal((uintptr_t)p % page, 0);
    assert_int_equal((uintptr_t)q % page, 0);
    assert_true(malloc_usable_size(q) >= (size[i] + page - 1) / page * page && malloc_usable_size(q) >= page);
    free(p);
    free(q);
  }
}

/* ---- realloc ---- */

static void realloc_keeps(void **state)
{
  (void)state;
  uint64_t seed = 1;
  for (int round = 0; round < 40; round++) {
    size_t old = any_size(&seed, 24);
    void *p = realloc(NULL, old);
    for (size_t i = 0; i < 12; i++) {
      size_t size = any_size(&seed, 25) + 1;
      mark(p, old, i);
      p = i % 2 == 0 ? realloc(p, size) : reallocarray(p, 1, size);
      assert_non_null(p);
      assert_true(malloc_usable_size(p) >= size);
      assert_true(marked(p, old, i, size));
      old = size;
    }
    assert_null(realloc(p, known()));
  }
}

static void realloc_of_mappings(void **state)
{
  (void)state;
  /* Two that may stand in each other's way grow in turn. */
  void *p = malloc(5 * MIB), *q = malloc(5 * MIB);
  for (size_t n = 5; n < 60; n += 5) {
    mark(p, n * MIB, 1);
    mark(q, n * MIB, 2);
    p = realloc(p, (n + 5) * MIB);
    q = realloc(q, (n + 5) * MIB);
    assert_true(marked(p, n * MIB, 1, SIZE_MAX) && marked(q, n * MIB, 2, SIZE_MAX));
  }
  mark(p, 60 * MIB, 1);
  p = realloc(p, 6 * MIB);
  assert_true(marked(p, 60 * MIB, 1, 6 * MIB));
  assert_true(malloc_usable_size(p) < 7 * MIB);
  p = realloc(p, 100);
  assert_true(marked(p, 60 * MIB, 1, 100));
  assert_int_equal(malloc_usable_size(p), 112);
  free(p);
  free(q);
}

static void many_mappings(void **state)
{
  (void)state;
  enum { N = 400 };
  static void *p[N];
  uint64_t seed = 2, before = port.mappings, bytes = port.mapped;
  for (int round = 0; round < 5 * N; round++) {
    size_t i = (size_t)(next(&seed) % N);
    if (p[i] != NULL) {
      assert_true(marked(p[i], 4 * MIB + 1, i, SIZE_MAX));
      free(p[i]);
      assert_int_equal(msync(p[i], 4096, MS_ASYNC), -1); /* unmapped */
    }
    p[i] = memalign((size_t)4096 << next(&seed) % 12, 4 * MIB + 1);
    assert_non_null(p[i]);
    mark(p[i], 4 * MIB + 1, i);
  }
  for (size_t i = 0; i < N; i++) free(p[i]);
  assert_int_equal(port.mappings, before);
  assert_int_equal(port.mapped, bytes);
}

static void free_keeps_errno(void **state)
{
  (void)state;
  void *p = malloc(5 * MIB), *q = malloc(2 * MIB), *r = malloc(10);
  errno = 7;
  free(p);
  free(q);
  free(r);
  assert_int_equal(errno, 7);
}

/* ---- heaps ---- */

static void heaps_are_made(void **state)
{
  (void)state;
  enum { N = 3000 };
  static void *p[N];
  for (size_t i = 0; i < N; i++) {
    p[i] = malloc(50000 + i);
    assert_non_null(p[i]);
    mark(p[i], 50000 + i, i);
  }
  assert_true(port.heaps >= 3);
  for (size_t i = 0; i < N; i++) {
    assert_true(marked(p[i], 50000 + i, i, SIZE_MAX));
    free(p[i]);
  }
  assert_true(check());
}

static void heaps_adjoin(void **state)
{
  (void)state;
  enter_all();
  for (uint32_t k = 0; k < port.heaps; k++) {
    uint64_t first = (uint64_t)port.heap[k].z.base * PAGE, last = first + (uint64_t)port.heap[k].z.n * PAGE - 1;
    assert_ptr_equal(heap_of(first), &port.heap[k]);
    assert_ptr_equal(heap_of(last), &port.heap[k]);
    assert_ptr_equal(heap_of(last + 1), k + 1 < port.heaps ? &port.heap[k + 1] : NULL);
  }
  assert_null(heap_of(port.from - 1));
  assert_null(heap_of(UINT64_MAX));
  assert_int_equal(heaps_for(0), 1);
  assert_int_equal(heaps_for(FIRST), 1);
  assert_int_equal(heaps_for(FIRST + 1), 2);
  assert_int_equal(heaps_for(2 * FIRST + 1), 3);
  assert_int_equal(heaps_for(UINT64_MAX), HEAPS);
  leave_all();
}

/* ---- programs that end ---- */

/* Runs a child; answers its wait status, and what it wrote to stderr in text. */
static int ends(void (*work)(void *), void *p, char *text, size_t size)
{
  int fd[2], status;
  assert_int_equal(pipe(fd), 0);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    dup2(fd[1], 2);
    close(fd[0]);
    close(fd[1]);
    work(p);
    _exit(0);
  }
  close(fd[1]);
  size_t n = 0;
  for (ssize_t got = 1; got > 0 && n < size - 1; n += (size_t)got) {
    got = read(fd[0], text + n, size - 1 - n);
    if (got < 0) got = 0;
  }
  text[n] = 0;
  close(fd[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void do_free(void *p)
{
  free(p);
}

static void do_realloc(void *p)
{
  free(realloc(p, 50 + known()));
}

static void free_twice(void *p)
{
  free(p);
  free(p);
}

static void assert_refused(void (*work)(void *), void *p, const char *call, const char *why)
{
  char text[4096], wanted[200];
  snprintf(wanted, sizeof wanted, "keel: %s(%p): %s", call, p, why);
  int status = ends(work, p, text, sizeof text);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  if (strncmp(text, wanted, strlen(wanted)) != 0) fail_msg("'%s' instead of '%s'", text, wanted);
  assert_non_null(strchr(text, '\n'));
}

static void bad_frees(void **state)
{
  (void)state;
  char local;
  char *small = malloc(100), *block = malloc(100000), *large = malloc(5 * MIB), *page = malloc(1);
  assert_refused(do_free, &local, "free", "KEEL_OUT_OF_RANGE, ");
  assert_refused(do_free, (void *)16, "free", "KEEL_OUT_OF_RANGE, ");
  assert_refused(do_free, small + 16, "free", "KEEL_NOT_HEAD, ");
  assert_refused(do_free, small + 1, "free", "KEEL_NOT_HEAD, ");
  assert_refused(do_free, block + 4096, "free", "KEEL_NOT_HEAD, ");
  assert_refused(do_free, block + 8, "free", "KEEL_NOT_HEAD, ");
  assert_refused(do_free, large + 4096, "free", "KEEL_OUT_OF_RANGE, ");
  assert_refused(do_free, large + 16, "free", "KEEL_OUT_OF_RANGE, ");
  assert_refused(free_twice, small, "free", "KEEL_ALREADY_FREE, ");
  assert_refused(free_twice, block, "free", "KEEL_ALREADY_FREE, ");
  assert_refused(free_twice, large, "free", "KEEL_OUT_OF_RANGE, ");
  assert_refused(do_realloc, &local, "realloc", "KEEL_OUT_OF_RANGE, ");
  assert_refused(do_realloc, small + 16, "realloc", "KEEL_NOT_HEAD, ");
  assert_refused(do_realloc, large + 4096, "realloc", "KEEL_OUT_OF_RANGE, ");
  /* All that was in children. */
  free(small);
  free(block);
  free(large);
  free(page);
}

/* What this program does when it is started again with an argument. */
static int started_again(const char *task)
{
  if (strcmp(task, "corrupt") == 0) {
    free(malloc(10));
    port.heap[0].z.nr_free++;
  }
  if (strcmp(task, "cpus") == 0) return (int)(cpu_of_thread() + port.cpus);
  if (strcmp(task, "exhaust") != 0) return 3;
  enum { SIZE = 100000, MOST = 4000 };
  static void *p[MOST];
  size_t n[2];
  for (int again = 0; again < 2; again++) {
    n[again] = 0;
    errno = 0;
    while (n[again] < MOST && (p[n[again]] = malloc(SIZE)) != NULL) n[again]++;
    if (errno != ENOMEM) return 4;
    for (size_t i = 0; i < n[again]; i++) free(p[i]);
  }
  /* Two heaps of 128 blocks of 128 KiB each: some of it is in use by others. */
  return n[0] > 256 - 8 && n[0] <= 256 && n[1] == n[0] && check() ? 0 : 5;
}

static void start_again(void *task)
{
  execl("/proc/self/exe", "malloc_test", (char *)task, (char *)NULL);
}

static void arena_is_a_limit(void **state)
{
  (void)state;
  char text[4096], task[] = "exhaust";
  setenv("KEEL_ARENA", "32000000", 1);
  int status = ends(start_again, task, text, sizeof text);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  assert_string_equal(text, "");
  setenv("KEEL_ARENA", "2G", 1);
  char other[] = "nothing";
  status = ends(start_again, other, text, sizeof text);
  assert_int_equal(WEXITSTATUS(status), 3);
  assert_string_equal(text, "keel: KEEL_ARENA is no number of bytes and is ignored; write e.g. KEEL_ARENA=1073741824\n");
  unsetenv("KEEL_ARENA");
}

static void cpus_are_chosen(void **state)
{
  (void)state;
  static const struct { const char *wanted; int are; } cases[] = {{"5", 5}, {"1", 1}, {"0", 1}, {"32", 32}, {"33", 32}};
  char text[4096], task[] = "cpus", before[16];
  snprintf(before, sizeof before, "%" PRIu32, port.cpus);
  for (size_t i = 0; i < COUNT(cases); i++) {
    setenv("KEEL_CPUS", cases[i].wanted, 1);
    int status = ends(start_again, task, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), cases[i].are);
    assert_string_equal(text, "");
  }
  cpu_set_t set;
  assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
  setenv("KEEL_CPUS", "all", 1);
  int processors = CPU_COUNT(&set), status = ends(start_again, task, text, sizeof text);
  assert_int_equal(WEXITSTATUS(status), processors < (int)CPUS ? processors : (int)CPUS);
  assert_string_equal(text, "keel: KEEL_CPUS is no number and is ignored; write e.g. KEEL_CPUS=4\n");
  setenv("KEEL_CPUS", before, 1);
}

static void checks_at_exit(void **state)
{
  (void)state;
  char text[16384], task[] = "nothing", corrupt[] = "corrupt";
  setenv("KEEL_CHECK", "1", 1);
  assert_int_equal(WEXITSTATUS(ends(start_again, task, text, sizeof text)), 3);
  assert_string_equal(text, "keel: check good\n");
  assert_int_equal(WEXITSTATUS(ends(start_again, corrupt, text, sizeof text)), 70);
  assert_string_equal(text, "keel: check bad\n");
  setenv("KEEL_REPORT", "1", 1);
  assert_int_equal(WEXITSTATUS(ends(start_again, task, text, sizeof text)), 3);
  assert_non_null(strstr(text, "objsize"));
  assert_non_null(strstr(text, "mappings"));
  assert_non_null(strstr(text, "\nkeel: check good\n"));
  unsetenv("KEEL_REPORT");
  /* Into a file: what is there stays. */
  char name[] = "/tmp/malloc_test.XXXXXX";
  int fd = mkstemp(name);
  setenv("KEEL_LOG", name, 1);
  for (int again = 0; again < 2; again++) {
    assert_int_equal(WEXITSTATUS(ends(start_again, task, text, sizeof text)), 3);
    assert_string_equal(text, "");
  }
  ssize_t n = read(fd, text, sizeof text);
  assert_true(n == 2 * (ssize_t)strlen("keel: check good\n") && memcmp(text, "keel: check good\nkeel: check good\n", (size_t)n) == 0);
  close(fd);
  unlink(name);
  setenv("KEEL_LOG", "/nowhere/file", 1);
  assert_int_equal(WEXITSTATUS(ends(start_again, task, text, sizeof text)), 3);
  assert_string_equal(text, "keel: check good\n");
  unsetenv("KEEL_LOG");
  unsetenv("KEEL_CHECK");
  assert_int_equal(WEXITSTATUS(ends(start_again, corrupt, text, sizeof text)), 3);
  assert_string_equal(text, "");
}

/* ---- threads ---- */

#define THREADS 4
#define SLOTS 1024

struct box {
  size_t size, owner;
  unsigned char byte[];
};

static struct {
  _Atomic(struct box *) slot[SLOTS];
  atomic_int rounds, bad;
} shared;

static struct box *new_box(uint64_t *seed)
{
  size_t size = any_size(seed, next(seed) % 64 == 0 ? 23 : 13), owner = (size_t)(next(seed) & 255), align = (size_t)16 << next(seed) % 10;
  struct box *b = next(seed) % 8 == 0 ? aligned_alloc(align, sizeof *b + size) : malloc(sizeof *b + size);
  if (b == NULL) return NULL;
  b->size = size;
  b->owner = owner;
  mark(b->byte, size, owner);
  return b;
}

/* Checks what another thread has made, and frees it or gives it another size. */
static void open_box(struct box *b, uint64_t *seed)
{
  size_t size = b->size, owner = b->owner;
  if (!marked(b->byte, size, owner, SIZE_MAX)) atomic_store(&shared.bad, 1);
  if (next(seed) % 4 == 0) {
    size_t now = any_size(seed, 14);
    b = realloc(b, sizeof *b + now);
    if (!marked(b->byte, size, owner, now)) atomic_store(&shared.bad, 1);
  }
  free(b);
}

static void *hammer(void *number)
{
  uint64_t seed = *(uint64_t *)number;
  for (int i = 0; i < atomic_load(&shared.rounds); i++) {
    struct box *b = atomic_exchange(&shared.slot[next(&seed) % SLOTS], new_box(&seed));
    if (b != NULL) open_box(b, &seed);
  }
  return NULL;
}

static void in_threads(void (*meanwhile)(void))
{
  pthread_t thread[THREADS];
  static uint64_t number[THREADS] = {1, 2, 3, 4};
  uint64_t seed = 9;
  atomic_store(&shared.rounds, meanwhile == NULL ? 20000 : INT_MAX);
  for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&thread[i], NULL, hammer, &number[i]), 0);
  if (meanwhile != NULL) meanwhile();
  for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
  for (size_t i = 0; i < SLOTS; i++) {
    struct box *b = atomic_exchange(&shared.slot[i], NULL);
    if (b != NULL) open_box(b, &seed);
  }
  assert_false(atomic_load(&shared.bad));
  enter_all();
  int good = drain() & check();
  leave_all();
  assert_true(good);
}

static void threads_share(void **state)
{
  (void)state;
  in_threads(NULL);
  assert_int_equal(port.heap[0].there, ((uint64_t)1 << port.cpus) - 1u); /* threads have been on all CPUs */
}

static void *allocate_two(void *p)
{
  ((void **)p)[0] = malloc(100);
  ((void **)p)[1] = malloc(100); /* so that their slab stays */
  return NULL;
}

/* What is another thread's has its size here, and is freed once; on whichever CPU that thread was. */
static void of_other_threads(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < 2 * CPUS; i++) {
    pthread_t thread;
    void *p[2];
    assert_int_equal(pthread_create(&thread, NULL, allocate_two, p), 0);
    pthread_join(thread, NULL);
    assert_int_equal(malloc_usable_size(p[0]), malloc_usable_size(p[1]));
    assert_true(malloc_usable_size(p[0]) >= 100);
    free(p[0]);
    assert_refused(do_free, p[0], "free", "KEEL_ALREADY_FREE");
    assert_refused(do_free, (char *)p[1] + 8, "free", "KEEL_NOT_HEAD");
    uintptr_t was = (uintptr_t)p[1];
    p[1] = realloc(p[1], 101);
    assert_true((uintptr_t)p[1] == was);
    free(p[1]);
  }
}

static void child_allocates(void *p)
{
  uint64_t seed = 5;
  free(p); /* of the parent */
  for (int i = 0; i < 500; i++) {
    struct box *b = new_box(&seed);
    if (b == NULL || !marked(b->byte, b->size, b->owner, SIZE_MAX)) _exit(1);
    free(b);
  }
  if (!check()) _exit(2);
}

static void fork_often(void)
{
  for (int i = 0; i < 25; i++) {
    char text[1000];
    void *p = malloc(77);
    int status = ends(child_allocates, p, text, sizeof text);
    free(p);
    assert_string_equal(text, "");
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
  atomic_store(&shared.rounds, 0);
}

static void fork_among_threads(void **state)
{
  (void)state;
  in_threads(fork_often);
}

static atomic_int held;

static void *hold_the_lock(void *unused)
{
  uint32_t c = enter();
  atomic_store(&held, 1);
  usleep(200000);
  leave(c);
  return unused;
}

static void allocate(void *unused)
{
  (void)unused;
  alarm(60);
  free(malloc(10));
}

static void fork_waits_for_the_lock(void **state)
{
  (void)state;
  char text[1000];
  pthread_t thread;
  atomic_store(&held, 0);
  assert_int_equal(pthread_create(&thread, NULL, hold_the_lock, NULL), 0);
  while (!atomic_load(&held)) sched_yield();
  int status = ends(allocate, NULL, text, sizeof text);
  assert_int_equal(status, 0);
  pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
  if (argc > 1) return started_again(argv[1]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes),
      cmocka_unit_test(of_no_bytes),
      cmocka_unit_test(usable_sizes),
      cmocka_unit_test(calloc_is_zero),
      cmocka_unit_test(too_much),
      cmocka_unit_test(alignments),
      cmocka_unit_test(alignments_refused),
      cmocka_unit_test(whole_pages),
      cmocka_unit_test(realloc_keeps),
      cmocka_unit_test(realloc_of_mappings),
      cmocka_unit_test(many_mappings),
      cmocka_unit_test(free_keeps_errno),
      cmocka_unit_test(heaps_are_made),
      cmocka_unit_test(heaps_adjoin),
      cmocka_unit_test(bad_frees),
      cmocka_unit_test(arena_is_a_limit),
      cmocka_unit_test(cpus_are_chosen),
      cmocka_unit_test(checks_at_exit),
      cmocka_unit_test(threads_share),
      cmocka_unit_test(of_other_threads),
      cmocka_unit_test(fork_waits_for_the_lock),
      cmocka_unit_test(fork_among_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
