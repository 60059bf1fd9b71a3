// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the fuzzers have in common: checks, traces, and arrays between bytes that nobody may touch. */
#ifndef KEEL_FUZZ_HARNESS_H
#define KEEL_FUZZ_HARNESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined __has_feature
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

static int tracing; /* print the operations of an input */
static const char *doing = "nothing";

static void fail(const char *file, int line, const char *what)
{
  fprintf(stderr, "%s:%d: after %s: does not hold: %s\n", file, line, doing, what);
  abort();
}
#define HOLDS(x) \
  do \
    if (!(x)) fail(__FILE__, __LINE__, #x); \
  while (0)

#define TRACE(...) \
  do \
    if (tracing) fprintf(stderr, __VA_ARGS__); \
  while (0)

#define FENCE 64u /* bytes before and after an array */

/* Room for an array of up to max bytes; the same memory serves all inputs. */
struct room {
  uint8_t *all;
  size_t max;
};

/* An array of the size, and nothing around it. */
static inline void *array_in(struct room *room, size_t size)
{
  if (!room->all) {
    room->all = aligned_alloc(FENCE, 2 * FENCE + (room->max + FENCE - 1) / FENCE * FENCE);
    HOLDS(room->all);
  }
  HOLDS(size <= room->max);
  ASAN_POISON_MEMORY_REGION(room->all, 2 * FENCE + room->max);
  ASAN_UNPOISON_MEMORY_REGION(room->all + FENCE, size);
  return room->all + FENCE;
}

/* The arrays are not allocated anew; what libFuzzer allocates may be reused at once. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "quarantine_size_mb=1:malloc_context_size=1:detect_stack_use_after_return=0"; }

/* libFuzzer's. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static uint32_t random_below(uint32_t *seed, uint32_t n)
{
  *seed = *seed * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)*seed * n >> 32);
}

/* A mutation within the input: way 3 drops the record of so many bytes at `where`, if it is not the only one, ways up to 5 make
   one byte of it new, others do to it as libFuzzer likes. */
static size_t mutate_record(uint8_t *data, size_t size, size_t where, size_t record, uint32_t way, uint32_t *seed)
{
  if (way == 3 && size > record) {
    memmove(data + where, data + where + record, size - where - record);
    return size - record;
  }
  if (way < 6) {
    data[where + random_below(seed, (uint32_t)record)] = (uint8_t)random_below(seed, 256);
    return size;
  }
  LLVMFuzzerMutate(data + where, record, record);
  return size;
}

/* Of an input of records of so many bytes, by whole records: one more, random or a copy, or as mutate_record. */
static inline size_t mutate_records(uint8_t *data, size_t size, size_t max_size, size_t record, uint32_t seed)
{
  size -= size % record;
  uint32_t way = random_below(&seed, 8), records = (uint32_t)(size / record);
  if (records == 0) return LLVMFuzzerMutate(data, size, max_size);
  size_t where = random_below(&seed, records + (way < 3)) * record;
  if (way >= 3 || size + record > max_size) return mutate_record(data, size, where % size, record, way, &seed);
  size_t from = random_below(&seed, records) * record;
  memmove(data + where + record, data + where, size - where);
  if (way == 2) memmove(data + where, data + from + (from >= where ? record : 0), record);
  else
    for (size_t i = 0; i < record; i++) data[where + i] = (uint8_t)random_below(&seed, 256);
  return size + record;
}

#endif
