// SPDX-License-Identifier: MIT OR Apache-2.0
/* A second, private copy of the code under test, built without sanitizers and
   without coverage, for the one call that the fuzzer makes after every
   operation: keel_pages_check() looks at every page.  It is a function of the
   instance (of the call counters, their signs) and its arrays alone, so states
   that have passed are remembered, by 64 bits of hash, and are not looked at
   again.  The hash has to be a good one: one that confuses a wrong state with a
   good one hides it. */
#include <string.h>

#define KEEL_API __attribute__((unused)) static
#include "keel.c"

#define SEEN 524288u /* pairs: of the states with one place the latest, and the latest that came again */

static uint64_t mix(uint64_t a, uint64_t b)
{
  unsigned __int128 product = (unsigned __int128)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd1b54a32d192ed03u);
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* In four lanes, or it would wait for the multiplications.  size is a multiple of 8. */
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
  const uint8_t *p = data, *end = p + size;
  uint64_t x[8], lane[4] = {h, mix(h, 1), mix(h, 2), mix(h, 3)};
  for (; end - p >= 64; p += 64) {
    memcpy(x, p, 64);
    for (int i = 0; i < 4; i++) lane[i] = mix(lane[i] ^ x[2 * i], lane[i] + x[2 * i + 1]);
  }
  for (; end - p >= 8; p += 8) {
    memcpy(x, p, 8);
    lane[0] = mix(lane[0] ^ x[0], size);
  }
  return mix(mix(lane[0], lane[1]), mix(lane[2], lane[3]));
}

int twin_check(const struct keel_pages *z);
int twin_check(const struct keel_pages *z)
{
  static uint64_t seen[SEEN][2];
  uint32_t n = KEEL_PAGES_GRANULE * z->u; /* z->n may be wrong */
  struct keel_pages fields = *z;
  fields.l0 = fields.l1 = fields.l2 = fields.l3 = NULL;
  fields.tag = NULL;
  fields.ref = NULL;
  fields.allocs = z->allocs < 0;
  fields.frees = z->frees < 0;
  fields.fails = z->fails < 0;
  fields.largest_fail = z->largest_fail < 0;
  uint64_t h = hash(1, &fields, sizeof fields);
  h = hash(h, z->l0, KEEL_PAGES_WORDS(n) * sizeof *z->l0);
  h = hash(h, z->tag, KEEL_PAGES_TAGS(n) * sizeof *z->tag);
  h = hash(h, z->ref, KEEL_PAGES_REFS(n) * sizeof *z->ref);
  uint64_t *at = seen[h % SEEN];
  if (at[0] == h) return 1;
  if (at[1] == h) {
    at[1] = at[0];
    at[0] = h;
    return 1;
  }
  int good = keel_pages_check(z);
  if (good) at[1] = h;
  return good;
}
