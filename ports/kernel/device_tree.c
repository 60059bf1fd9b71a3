// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a flattened device tree (Devicetree Specification 0.4, chapter 5) says of memory and CPUs. */
#include "kernel.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4 };

void ranges_add(struct ranges *r, uint64_t first, uint64_t bytes)
{
  if (bytes == 0) return;
  if (r->n == sizeof r->at / sizeof r->at[0]) die("more memory ranges than this kernel has room for", first, bytes);
  r->at[r->n++] = (struct range){first, first + bytes};
}

static uint32_t be32(uint64_t a)
{
  const uint8_t *p = (const uint8_t *)a;
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t cells(uint64_t a, uint32_t n)
{
  uint64_t x = 0;
  for (uint32_t i = 0; i < n; i++) x = x << 32 | be32(a + 4 * i);
  return x;
}

static int begins(const char *s, const char *with)
{
  while (*with && *s == *with) s++, with++;
  return !*with;
}

static int is(const char *s, const char *name) { return begins(s, name) && begins(name, s); }

/* Pairs of address and length. */
static void reg(struct ranges *r, uint64_t a, uint32_t bytes, uint32_t ac, uint32_t sc)
{
  for (uint64_t end = a + bytes; a + 4 * (ac + sc) <= end; a += 4 * (ac + sc)) ranges_add(r, cells(a, ac), cells(a + 4 * ac, sc));
}

void device_tree(uint64_t tree, struct machine *m)
{
  if (be32(tree) != 0xd00dfeedu) die("the loader passed no device tree", tree, 0);
  uint64_t at = tree + be32(tree + 8), names = tree + be32(tree + 12);
  ranges_add(&m->taken, tree, be32(tree + 4));
  for (uint64_t a = tree + be32(tree + 16); cells(a, 2) | cells(a + 8, 2); a += 16) ranges_add(&m->taken, cells(a, 2), cells(a + 8, 2));

  const char *node[8] = {0}; /* from the root to where we are */
  uint32_t address[8] = {2}, size[8] = {1}; /* cells, for the children of each */
  int depth = 0;
  m->cpus = 0;
  for (uint32_t token;;) {
    token = be32(at);
    at += 4;
    if (token == BEGIN_NODE) {
      if (depth < 8) {
        node[depth] = (const char *)at;
        address[depth] = 2;
        size[depth] = 1;
      }
      depth++;
      while (*(const char *)at) at++;
      at = (at + 4) & ~(uint64_t)3;
    } else if (token == END_NODE) {
      depth--;
    } else if (token == PROP) {
      uint32_t bytes = be32(at);
      const char *name = (const char *)(names + be32(at + 4));
      at += 8;
      int d = depth - 1;
      if (d < 8 && is(name, "#address-cells")) address[d] = be32(at);
      if (d < 8 && is(name, "#size-cells")) size[d] = be32(at);
      if (d == 1 && is(name, "reg") && begins(node[1], "memory@")) reg(&m->ram, at, bytes, address[0], size[0]);
      if (d == 2 && is(name, "reg") && is(node[1], "reserved-memory")) reg(&m->taken, at, bytes, address[1], size[1]);
      if (d == 2 && is(name, "reg") && begins(node[2], "cpu@") && m->cpus < CPUS) m->cpu[m->cpus++] = cells(at, address[1]);
      at += (bytes + 3) & ~3u;
    } else if (token != NOP) {
      return;
    }
  }
}
