// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/trace/demand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace/trace.h"

#define LARGE 2048u            /* larger requests get blocks of their own */
#define MAX_ORDER 10u          /* of one block                            */
#define SLAB_OBJECTS 16u       /* at least so many in a slab              */
#define NONE UINT32_MAX
#define MAX_RECORDS 0x20000000u

static const uint32_t class_size[] = {8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048};
#define CLASSES (sizeof class_size / sizeof *class_size)

/* A live slab; next and prev link those of its class that have room. */
struct slab {
  uint32_t block, used, next, prev, room;
  uint8_t class, order;
};

/* A live allocation: in a slab (blocks == 0), or blocks in a row. */
struct object {
  uint64_t size;
  uint32_t first, blocks;
};

struct model {
  struct demand *d;
  struct object *object;
  struct slab *slab;
  uint8_t *order; /* of each block */
  uint32_t partial[CLASSES], slabs, spare, ops_room;
  uint32_t when;
  uint64_t pages, bytes;
};

/* p, unless it is NULL. */
static void *or_die(void *p)
{
  if (p) return p;
  fprintf(stderr, "keel replay: not enough memory for this trace; record a shorter one (KEEL_TRACE_MAX)\n");
  exit(1);
}

static void *room(uint64_t n, size_t size) { return or_die(calloc(n ? n : 1, size)); }

static void page_op(struct model *m, uint32_t block, uint32_t order, int slab, int is_free)
{
  struct demand *d = m->d;
  if (d->ops == m->ops_room) {
    m->ops_room = m->ops_room ? 2 * m->ops_room : 1024;
    d->op = or_die(realloc(d->op, m->ops_room * sizeof *d->op));
  }
  d->op[d->ops] = (struct page_op){m->when, block, (uint8_t)order, (uint8_t)slab, (uint8_t)is_free};
  if (is_free) {
    m->pages -= 1u << order;
  } else {
    m->pages += 1u << order;
  }
  if (m->pages > d->peak_pages) {
    d->peak_pages = m->pages;
    d->peak_op = d->ops;
    d->peak_bytes = m->bytes;
  }
  d->ops++;
}

static uint32_t new_block(struct model *m, uint32_t order, int slab)
{
  uint32_t b = m->d->blocks++;
  if (b % 4096 == 0) m->order = or_die(realloc(m->order, b + 4096));
  m->order[b] = (uint8_t)order;
  page_op(m, b, order, slab, 0);
  return b;
}

/* ---- large ---- */

static uint32_t order_for(uint64_t bytes)
{
  uint32_t k = 0;
  while (k < MAX_ORDER && ((uint64_t)PAGE_BYTES << k) < bytes) k++;
  return k;
}

static void alloc_large(struct model *m, struct object *o)
{
  uint64_t left = o->size;
  o->first = m->d->blocks;
  while (left > 0) {
    uint32_t k = order_for(left);
    uint64_t got = (uint64_t)PAGE_BYTES << k;
    new_block(m, k, 0);
    o->blocks++;
    left -= got < left ? got : left;
  }
}

/* ---- small ---- */

static void unlink_slab(struct model *m, uint32_t i)
{
  struct slab *s = &m->slab[i];
  if (s->prev == NONE) {
    m->partial[s->class] = s->next;
  } else {
    m->slab[s->prev].next = s->next;
  }
  if (s->next != NONE) m->slab[s->next].prev = s->prev;
}

static void link_slab(struct model *m, uint32_t i)
{
  struct slab *s = &m->slab[i];
  s->prev = NONE;
  s->next = m->partial[s->class];
  if (s->next != NONE) m->slab[s->next].prev = i;
  m->partial[s->class] = i;
}

static uint32_t new_slab(struct model *m, uint32_t class)
{
  uint32_t i = m->spare, order = 0;
  if (i == NONE) {
    i = m->slabs++;
    if (i % 4096 == 0) m->slab = or_die(realloc(m->slab, (i + 4096) * sizeof *m->slab));
  } else {
    m->spare = m->slab[i].next;
  }
  while ((PAGE_BYTES << order) / class_size[class] < SLAB_OBJECTS) order++;
  struct slab *s = &m->slab[i];
  s->class = (uint8_t)class;
  s->order = (uint8_t)order;
  s->room = (PAGE_BYTES << order) / class_size[class];
  s->used = 0;
  s->block = new_block(m, order, 1);
  link_slab(m, i);
  return i;
}

static void alloc_small(struct model *m, struct object *o)
{
  uint32_t class = 0;
  while (class_size[class] < o->size) class++;
  uint32_t i = m->partial[class];
  if (i == NONE) i = new_slab(m, class);
  o->first = i;
  if (++m->slab[i].used == m->slab[i].room) unlink_slab(m, i);
}

static void free_small(struct model *m, struct object *o)
{
  uint32_t i = o->first;
  struct slab *s = &m->slab[i];
  if (s->used == s->room) link_slab(m, i);
  if (--s->used > 0) return;
  unlink_slab(m, i);
  page_op(m, s->block, s->order, 1, 1);
  s->next = m->spare;
  m->spare = i;
}

/* ---- records ---- */

#define DEAD UINT64_MAX

static void do_alloc(struct model *m, uint64_t size)
{
  struct object *o = &m->object[m->d->allocs++];
  o->size = size;
  m->bytes += size;
  if (size > LARGE) {
    alloc_large(m, o);
  } else {
    alloc_small(m, o);
  }
}

static int do_free(struct model *m, uint32_t number)
{
  struct object *o = &m->object[number];
  if (o->size == DEAD) return 0;
  m->bytes -= o->size;
  o->size = DEAD;
  if (o->blocks == 0) free_small(m, o);
  for (uint32_t i = 0; i < o->blocks; i++) page_op(m, o->first + i, m->order[o->first + i], 0, 1);
  return 1;
}

static const char *do_record(struct model *m, uint64_t v)
{
  if (v % 2 == 0) {
    if (v / 2 > (uint64_t)1 << 40) return "has an allocation above 1 TiB; record it again";
    do_alloc(m, v / 2);
  } else if (v / 2 >= m->d->allocs || !do_free(m, m->d->allocs - 1 - (uint32_t)(v / 2))) {
    return "frees what is not live; record it again";
  }
  return NULL;
}

static const char *do_all(struct model *m, const unsigned char *at, const unsigned char *end)
{
  uint64_t v;
  for (uint32_t i = 0; i < m->d->records; i++) {
    m->when = i;
    const char *error = trace_get(&at, end, &v) ? do_record(m, v) : "ends inside a record; record it again";
    if (error) return error;
    m->d->bytes[i] = m->bytes;
  }
  m->when = m->d->records;
  for (uint32_t i = 0; i < m->d->allocs; i++) do_free(m, i);
  return at == end ? NULL : "goes on after its last record; record it again";
}

/* ---- the file ---- */

static unsigned char *load(const char *path, size_t *size)
{
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  long end = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
  unsigned char *data = end >= 0 ? room((uint64_t)end, 1) : NULL;
  rewind(f);
  if (data && fread(data, 1, (size_t)end, f) != (size_t)end) {
    free(data);
    data = NULL;
  }
  fclose(f);
  *size = (size_t)end;
  return data;
}

static uint64_t record_count(const unsigned char *data)
{
  uint64_t n = 0;
  for (int i = 7; i >= 0; i--) n = n << 8 | data[TRACE_COUNT_AT + i];
  return n;
}

static const char *check_header(const unsigned char *data, size_t size)
{
  if (size < TRACE_HEADER || memcmp(data, TRACE_MAGIC, 8) != 0)
    return "is not a trace; make one with tools/trace/librecord.so (see tools/trace/record.c)";
  uint64_t n = record_count(data);
  if (n == UINT64_MAX) return "has no record count: its program was killed or left by _exit; record it again, with KEEL_TRACE_MAX";
  if (n == 0) return "has no records; was the program traced (LD_PRELOAD), and dynamically linked?";
  if (n > MAX_RECORDS) return "is too long; record it again with KEEL_TRACE_MAX";
  return NULL;
}

const char *demand_read(struct demand *d, const char *path)
{
  size_t size = 0;
  unsigned char *data = load(path, &size);
  memset(d, 0, sizeof *d);
  if (!data) return "cannot be read; is the path right?";
  const char *error = check_header(data, size);
  if (!error) {
    d->records = (uint32_t)record_count(data);
    memcpy(d->name, data + TRACE_NAME_AT, TRACE_NAME_SIZE - 1);
    d->bytes = room(d->records, sizeof *d->bytes);
    struct model m = {.d = d, .spare = NONE};
    m.object = room(d->records, sizeof *m.object);
    for (size_t i = 0; i < CLASSES; i++) m.partial[i] = NONE;
    error = do_all(&m, data + TRACE_HEADER, data + size);
    free(m.object);
    free(m.slab);
    free(m.order);
  }
  free(data);
  return error;
}

void demand_release(struct demand *d)
{
  free(d->op);
  free(d->bytes);
  memset(d, 0, sizeof *d);
}
