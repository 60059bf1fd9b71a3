// SPDX-License-Identifier: MIT OR Apache-2.0
/* Page allocator: a buddy system without lists.

   1. An instance of u granules is a forest of u complete binary trees over 1024
      pages each.  Nodes are numbered from the leaves up: page p is node p, order k
      has the nodes base(k) .. base(k+1) - 1, base(k) = 2048u - (2048u >> k), the
      parent of node i is 1024u + i/2 and its buddy i ^ 1.  Smaller numbers are
      smaller blocks and, within an order, lower addresses.
   2. The state is one bit a node, "this is a free block" (core/bits.h), and a tag
      byte a page: reserved, or 32 * kind + order + 1 at the first page of a live
      block (plus 16 while it is shared), or none of these.  No two free buddies
      exist, so a free block is as large as it can be.
   3. The best-fitting free block of 2^k pages or more is therefore the least
      element not below base(k): one search, no loop over orders, and "no such
      element" means that no free block is large enough.  Where base(k) starts a
      word of the second summary, three words answer it (fb_near in core/bits.h).
   4. Allocation takes that block and cuts it in halves, releasing the upper ones;
      freeing joins the block with its buddy while that is free.  Either takes at
      most 10 rounds.
   5. While a block is in the allocator's hands its pages are neither free nor
      live; every helper below then keeps the whole invariant (specs/page.h).

   The buddy system is Knowlton's (A fast storage allocator, CACM 8:10, 1965). */
#include "core/page.h"
#include "core/bits.h"

#define MAXO KEEL_MAX_ORDER
#define T_RSVD 0u     /* tag of a reserved page                                  */
#define T_NO 255u     /* not the head of a live block                            */
#define T_SHARED 16u  /* added to a head's tag, 32 * kind + order + 1, while it
                         has more than one reference                             */

#include "specs/page.h"

/* ---- coordinates -------------------------------------------------------------------- */

/* The first node of order k; of order k + 1, one past the last. */
/*@ requires 1 <= u <= UMAX && k <= MAXO + 1;
    assigns \nothing;
    ensures \result == base(u, k); */
static inline uint32_t base_of(uint32_t u, uint32_t k)
{
  uint32_t n = 2048u * u;
  /*@ ghost uint32_t t = n; uint32_t j = 0;
      /@ loop invariant j <= k && t == (n >> j) && t == n - base(u, j);
         loop assigns t, j; loop variant k - j; @/
      while (j < k) {
        uint32_t h = t >> 1;
        /@ assert h == t / 2; @/
        /@ assert h == (n >> (j + 1)); @/
        /@ assert h == n - base(u, j + 1); @/
        t = h; j++; } */
  return n - (n >> k);
}

/* The node of order k, whose first is b, above page p. */
/*@ requires 1 <= u <= UMAX && p < 1024 * u && k <= MAXO && b == base(u, k);
    assigns \nothing;
    ensures \result == anc(u, p, k); */
KEEL_INLINE uint32_t node_from(uint32_t b, uint32_t p, uint32_t k) /*@ ghost (uint32_t u) */
{
  /*@ ghost uint32_t t = p; uint32_t j = 0;
      /@ loop invariant j <= k && t == (p >> j) && t < 1024 * u;
         loop invariant base(u, j) + t == anc(u, p, j);
         loop assigns t, j; loop variant k - j; @/
      while (j < k) {
        uint32_t h = t >> 1;
        /@ assert h == t / 2; @/
        /@ assert h == (p >> (j + 1)); @/
        /@ assert anc(u, p, j + 1) == 1024 * u + anc(u, p, j) / 2; @/
        /@ assert 2 * base(u, j + 1) == 2048 * u + base(u, j); @/
        /@ assert base(u, j) % 2 == 0; @/
        /@ assert base(u, j + 1) + h == anc(u, p, j + 1); @/
        t = h; j++; } */
  return b + (p >> k);
}

/* The node of order k above page p. */
/*@ requires 1 <= u <= UMAX && p < 1024 * u && k <= MAXO;
    assigns \nothing;
    ensures \result == anc(u, p, k); */
static inline uint32_t node_of(uint32_t u, uint32_t p, uint32_t k)
{
  return node_from(base_of(u, k), p, k) /*@ ghost (u) */;
}

/* The first page of a node of order k, whose first is b. */
/*@ requires 1 <= u <= UMAX && node(u, id, k) && b == base(u, k);
    assigns \nothing;
    ensures \result == head(u, id, k) && \result < 1024 * u; */
KEEL_INLINE uint32_t head_from(uint32_t b, uint32_t id, uint32_t k) /*@ ghost (uint32_t u) */
{
  uint32_t x = id - b;
  /*@ ghost uint32_t t = x; uint32_t j = 0;
      /@ loop invariant j <= k && t == (x << j) && t == mul(x, j);
         loop assigns t, j; loop variant k - j; @/
      while (j < k) { /@ assert mul(x, j) < 1024 * u; @/ t = t << 1; j++; } */
  return x << k;
}

/* The first page of a node. */
/*@ requires 1 <= u <= UMAX && node(u, id, k);
    assigns \nothing;
    ensures \result == head(u, id, k) && \result < 1024 * u; */
static inline uint32_t head_of(uint32_t u, uint32_t id, uint32_t k)
{
  return head_from(base_of(u, k), id, k) /*@ ghost (u) */;
}

/*@ requires id < 0x80000000;
    assigns \nothing;
    ensures \result == bud(id); */
static inline uint32_t bud_of(uint32_t id)
{
  return id + 1u - 2u * (id % 2u);
}

/*@ requires k <= MAXO;
    assigns \nothing;
    ensures \result == P2(k); */
static inline uint32_t pages_of(uint32_t k)
{
  /*@ ghost uint32_t t = 1; uint32_t j = 0;
      /@ loop invariant j <= k && t == (1 << j) && t == P2(j);
         loop assigns t, j; loop variant k - j; @/
      while (j < k) { t = t << 1; j++; } */
  return 1u << k;
}

/* ---- the steps: each keeps the whole invariant ----------------------------------------- */

/* Takes a free block, which is bit id % 64 of word a, bit a % 64 of word b, out of the set. */
/*@ requires Inv(z, st, ord) && node(z->u, id, k) && Bit(z->l0, id) && a == id / 64 && b == a / 64;
    assigns KEEL_BITS, GHOSTS;
    INVS
    ensures Blk{Pre}(st, ord, z->u, id, k, FREE);
    ensures Blk(st, ord, z->u, id, k, HELD);
    ensures Only{Pre, Here}(st, ord, z->u, id, k);
    ensures cnt(st, NP) == \old(cnt(st, NP)); */
KEEL_INLINE void take_at(struct keel_pages *z, uint32_t id, uint32_t a, uint32_t b) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t k) */
{
  //@ assert \forall integer q; 0 <= q < NP && anc(z->u, q, k) == id ==> st[q] == FREE && z->tag[q] == T_NO;
  fb_clr_at(z, id, a, b);
  //@ ghost g_fill(st, ord, z->u, id, k, (int16_t)k, (uint16_t)HELD, 0);
  //@ assert \forall integer p, j; 0 <= p < NP && 0 <= j <= MAXO && anc(z->u, p, j) == id ==> j == k && st[p] == HELD;
  //@ assert \forall integer p, j; 0 <= p < NP && 0 <= j <= MAXO && anc(z->u, p, j) != id ==> (Bit(z->l0, anc(z->u, p, j)) <==> \at(Bit(z->l0, anc(z->u, p, j)), Pre));
}

/* Takes a free block out of the set. */
/*@ requires Inv(z, st, ord) && node(z->u, id, k) && Bit(z->l0, id);
    assigns KEEL_BITS, GHOSTS;
    ensures Inv(z, st, ord);
    ensures Blk{Pre}(st, ord, z->u, id, k, FREE);
    ensures Blk(st, ord, z->u, id, k, HELD);
    ensures Only{Pre, Here}(st, ord, z->u, id, k);
    ensures cnt(st, NP) == \old(cnt(st, NP)); */
KEEL_INLINE void take(struct keel_pages *z, uint32_t id) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t k) */
{
  take_at(z, id, id / 64, id / 4096) /*@ ghost (st, ord, k) */;
}

/* Puts a held block into the set. */
/*@ requires Inv(z, st, ord) && Blk(st, ord, z->u, id, k, HELD) && (k == MAXO || !Bit(z->l0, bud(id)));
    assigns KEEL_BITS, GHOSTS;
    INVS
    ensures Blk(st, ord, z->u, id, k, FREE);
    ensures Only{Pre, Here}(st, ord, z->u, id, k);
    ensures cnt(st, NP) == \old(cnt(st, NP)); */
KEEL_INLINE void release(struct keel_pages *z, uint32_t id) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t k) */
{
  fb_set(z, id);
  //@ ghost g_fill(st, ord, z->u, id, k, (int16_t)k, (uint16_t)FREE, 0);
  //@ assert \forall integer p, j; 0 <= p < NP && 0 <= j <= MAXO && anc(z->u, p, j) == id ==> j == k && st[p] == FREE && ord[p] == k;
  //@ assert \forall integer p, j; 0 <= p < NP && 0 <= j <= MAXO && anc(z->u, p, j) != id ==> (Bit(z->l0, anc(z->u, p, j)) <==> \at(Bit(z->l0, anc(z->u, p, j)), Pre));
}

/* Keeps the child `id` of a held block, of order k, and releases its buddy. */
/*@ requires Inv(z, st, ord) && k < MAXO && node(z->u, id, k) && Blk(st, ord, z->u, dad(z->u, id), k + 1, HELD);
    assigns KEEL_BITS, GHOSTS;
    ensures Inv(z, st, ord);
    ensures Blk(st, ord, z->u, id, k, HELD);
    ensures Blk(st, ord, z->u, bud(id), k, FREE);
    ensures Only{Pre, Here}(st, ord, z->u, dad(z->u, id), k + 1);
    ensures cnt(st, NP) == \old(cnt(st, NP)); */
KEEL_INLINE void cut(struct keel_pages *z, uint32_t id) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t k) */
{
  //@ ghost g_halve(z, st, ord, 1024u * z->u + id / 2u, k);
  //@ assert bud(bud(id)) == id && bud(id) / 2 == id / 2 && (kid(z->u, dad(z->u, id)) == id || kid(z->u, dad(z->u, id)) == bud(id));
  release(z, bud_of(id)) /*@ ghost (st, ord, k) */;
}

/* Joins a held block with its free buddy. */
/*@ requires Inv(z, st, ord) && Blk(st, ord, z->u, id, k, HELD) && k < MAXO && Bit(z->l0, bud(id));
    assigns KEEL_BITS, GHOSTS;
    ensures Inv(z, st, ord);
    ensures Blk{Pre}(st, ord, z->u, bud(id), k, FREE);
    ensures Blk(st, ord, z->u, dad(z->u, id), k + 1, HELD);
    ensures Only{Pre, Here}(st, ord, z->u, dad(z->u, id), k + 1);
    ensures cnt(st, NP) == \old(cnt(st, NP)); */
KEEL_INLINE void merge(struct keel_pages *z, uint32_t id) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t k) */
{
  take(z, bud_of(id)) /*@ ghost (st, ord, k) */;
  //@ ghost g_join(z, st, ord, id, k);
}

/* Makes a held block live. */
/*@ requires Inv(z, st, ord) && Blk(st, ord, z->u, id, k, HELD) && kind < KEEL_KINDS && Range(z);
    assigns TAGS, GHOSTS;
    INVS
    ensures \result == head(z->u, id, k) && \result < NP;
    ensures z->tag[\result] == 32 * kind + k + 1 && z->ref[\result] == 0;
    ensures \forall integer q; 0 <= q < NP && q != \result ==> z->tag[q] == \old(z->tag[q]);
    ensures Blk(st, ord, z->u, id, k, LIVE);
    ensures Only{Pre, Here}(st, ord, z->u, id, k);
    ensures 0 <= cnt(st, NP) == \old(cnt(st, NP)) - P2(k); */
KEEL_INLINE uint32_t commit(struct keel_pages *z, uint32_t id, uint32_t k, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t p = head_from(z->first[k], id, k) /*@ ghost (z->u) */;
  //@ assert z->tag[p] == T_NO && z->ref[p] == 0;
  z->tag[p] = (uint8_t)(32u * kind + k + 1u);
  //@ ghost g_fill(st, ord, z->u, id, k, (int16_t)k, (uint16_t)LIVE, -1);
  return p;
}

/* Takes a live block back. */
/*@ requires Inv(z, st, ord) && Blk(st, ord, z->u, id, k, LIVE) && p == head(z->u, id, k) && z->ref[p] == 0;
    assigns TAGS, GHOSTS;
    INVS
    ensures \forall integer q; 0 <= q < NP && q != p ==> z->tag[q] == \old(z->tag[q]);
    ensures Blk(st, ord, z->u, id, k, HELD);
    ensures Only{Pre, Here}(st, ord, z->u, id, k);
    ensures cnt(st, NP) == \old(cnt(st, NP)) + P2(k) <= NP; */
KEEL_INLINE void unhold(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t id, uint32_t k) */
{
  z->tag[p] = T_NO;
  //@ ghost g_fill(st, ord, z->u, id, k, (int16_t)k, (uint16_t)HELD, 1);
}

/* Takes hold of a reserved page. */
/*@ requires Inv(z, st, ord) && 0 <= p < NP && st[p] == RSVD;
    assigns TAGS, GHOSTS;
    INVS
    ensures \forall integer q; 0 <= q < NP && q != p ==> z->tag[q] == \old(z->tag[q]);
    ensures Blk(st, ord, z->u, p, 0, HELD);
    ensures Only{Pre, Here}(st, ord, z->u, p, 0);
    ensures cnt(st, NP) == \old(cnt(st, NP)) + 1 <= NP; */
static inline void unreserve(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  z->tag[p] = T_NO;
  //@ ghost g_fill(st, ord, z->u, p, 0, (int16_t)0, (uint16_t)HELD, 1);
}

/* Makes a held page reserved. */
/*@ requires Inv(z, st, ord) && 0 <= p < NP && Blk(st, ord, z->u, p, 0, HELD);
    assigns TAGS, GHOSTS;
    INVS
    ensures \forall integer q; 0 <= q < NP && q != p ==> z->tag[q] == \old(z->tag[q]);
    ensures Blk(st, ord, z->u, p, 0, RSVD);
    ensures Only{Pre, Here}(st, ord, z->u, p, 0);
    ensures 0 <= cnt(st, NP) == \old(cnt(st, NP)) - 1; */
static inline void retire(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ assert anc(z->u, p, 0) == p;
  //@ assert z->tag[p] == T_NO && z->ref[p] == 0;
  z->tag[p] = T_RSVD;
  //@ ghost g_fill(st, ord, z->u, p, 0, (int16_t)0, (uint16_t)RSVD, -1);
}

/* ---- blocks ----------------------------------------------------------------------------- */

/* A held block goes back to the set, with all the merging there is to do. */
/*@ GIVES_BACK */
KEEL_NOINLINE void coalesce(struct keel_pages *z, uint32_t id, uint32_t k) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant \at(k, Pre) <= k <= MAXO;
      loop invariant Inv(z, st, ord);
      loop invariant Blk(st, ord, z->u, id, k, HELD);
      loop invariant \forall integer q; 0 <= q < NP && anc(z->u, q, k) == id ==> anc(z->u, q, \at(k, Pre)) == \at(id, Pre) || \at(st[q], Pre) == FREE;
      loop invariant \forall integer q; 0 <= q < NP && anc(z->u, q, \at(k, Pre)) == \at(id, Pre) ==> anc(z->u, q, k) == id;
      loop invariant \forall integer q; 0 <= q < NP && anc(z->u, q, k) != id ==> Same{Pre, Here}(st, ord, q);
      loop invariant cnt(st, NP) == cnt{Pre}(st, NP);
      loop assigns k, id, KEEL_BITS, GHOSTS;
      loop variant MAXO - k; */
  while (k < MAXO && fb_tst(z, bud_of(id))) {
    merge(z, id) /*@ ghost (st, ord, k) */;
    id = 1024u * z->u + id / 2;
    k++;
  }
  release(z, id) /*@ ghost (st, ord, k) */;
}

/* The same; quick when there is nothing to merge. */
/*@ GIVES_BACK */
KEEL_INLINE void give(struct keel_pages *z, uint32_t id, uint32_t k) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (k < MAXO && fb_tst(z, bud_of(id))) {
    coalesce(z, id, k) /*@ ghost (st, ord) */;
  } else {
    release(z, id) /*@ ghost (st, ord, k) */;
  }
}

/* The order of the free block that holds page p, or NONE. */
/*@ requires Inv(z, st, ord) && p < NP;
    assigns \nothing;
    ensures st[p] == FREE ==> \result == ord[p];
    ensures st[p] != FREE ==> \result == KEEL_NONE; */
static inline uint32_t free_order(const struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant 0 <= k <= MAXO + 1;
      loop invariant st[p] == FREE ==> ord[p] >= k;
      loop assigns k;
      loop variant MAXO + 1 - k; */
  for (uint32_t k = 0; k <= MAXO; k++) {
    if (fb_tst(z, node_of(z->u, p, k))) return k;
  }
  return KEEL_NONE;
}

/* Takes the free page p out of its block; the rest of the block stays free. */
/*@ requires Inv(z, st, ord) && Quiet(st, z->u) && p < NP && st[p] == FREE;
    assigns KEEL_BITS, GHOSTS;
    ensures Inv(z, st, ord);
    ensures Blk(st, ord, z->u, p, 0, HELD);
    ensures \forall integer q; 0 <= q < NP && q != p ==> st[q] == \old(st[q]);
    ensures \forall integer q; 0 <= q < NP && q != p && st[q] != FREE ==> ord[q] == \old(ord[q]);
    ensures cnt(st, NP) == \old(cnt(st, NP)); */
static inline void carve(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t u = z->u, k = free_order(z, p) /*@ ghost (st, ord) */;
  take(z, node_of(u, p, k)) /*@ ghost (st, ord, k) */;
  /*@ loop invariant 0 <= k <= MAXO;
      loop invariant Inv(z, st, ord);
      loop invariant Blk(st, ord, u, anc(u, p, k), k, HELD);
      loop invariant \forall integer q; 0 <= q < NP && anc(u, q, k) == anc(u, p, k) ==> \at(st[q], Pre) == FREE;
      loop invariant \forall integer q; 0 <= q < NP && anc(u, q, k) != anc(u, p, k) ==> KEEPS(Pre, q);
      loop invariant cnt(st, NP) == cnt{Pre}(st, NP);
      loop assigns k, KEEL_BITS, GHOSTS;
      loop variant k; */
  while (k > 0) {
    k--;
    //@ assert \forall integer q; 0 <= q < NP ==> anc(u, q, k + 1) == dad(u, anc(u, q, k));
    //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k + 1) == anc(u, p, k + 1) ==> anc(u, q, k) == anc(u, p, k) || anc(u, q, k) == bud(anc(u, p, k));
    cut(z, node_of(u, p, k)) /*@ ghost (st, ord, k) */;
  }
  //@ assert \forall integer q; 0 <= q < NP ==> anc(u, q, 0) == q;
}

/* Makes the reserved page p free. */
/*@ requires InvB(z, st, ord) && p < z->n && st[p] == RSVD;
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures InvB(z, st, ord);
    ensures st[p] == FREE;
    ensures \forall integer q; 0 <= q < NP && q != p ==> KEEPS(Pre, q);
    ensures z->nr_free == \old(z->nr_free) + 1; */
static inline void donate(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost lem_quiet(st, z->u);
  unreserve(z, p) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP ==> anc(z->u, q, 0) == q;
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> Same{Pre, Here}(st, ord, q) && KEEPS(Pre, q);
  //@ ghost C: ;
  give(z, node_of(z->u, p, 0), 0) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> KEEPS(C, q);
  //@ ghost lem_quiet(st, z->u);
  z->nr_free += 1;
  //@ ghost g_fold(z, st, ord);
}

/* Makes the free page p reserved. */
/*@ requires InvB(z, st, ord) && p < z->n && st[p] == FREE;
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures InvB(z, st, ord);
    ensures st[p] == RSVD;
    ensures \forall integer q; 0 <= q < NP && q != p ==> KEEPS(Pre, q);
    ensures z->nr_free == \old(z->nr_free) - 1; */
static inline void withdraw(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost lem_quiet(st, z->u);
  carve(z, p) /*@ ghost (st, ord) */;
  //@ ghost C: ;
  retire(z, p) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP ==> anc(z->u, q, 0) == q;
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> st[q] == \at(st[q], C) && ord[q] == \at(ord[q], C);
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> st[q] == \at(st[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && q != p && st[q] != FREE ==> ord[q] == \at(ord[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> z->tag[q] == \at(z->tag[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> KEEPS(Pre, q);
  //@ assert Quiet(st, z->u);
  //@ ghost lem_quiet(st, z->u);
  z->nr_free -= 1;
  //@ ghost g_fold(z, st, ord);
}

/* Makes the free page p a live block of order 0. */
/*@ requires InvB(z, st, ord) && p < z->n && st[p] == FREE && kind < KEEL_KINDS;
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures InvB(z, st, ord);
    ensures st[p] == LIVE && ord[p] == 0 && z->tag[p] == 32 * kind + 1;
    ensures \forall integer q; 0 <= q < NP && q != p ==> KEEPS(Pre, q);
    ensures z->nr_free == \old(z->nr_free) - 1; */
static inline void claim(struct keel_pages *z, uint32_t p, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost lem_quiet(st, z->u);
  carve(z, p) /*@ ghost (st, ord) */;
  //@ ghost C: ;
  //@ assert anc(z->u, p, 0) == p;
  commit(z, node_of(z->u, p, 0), 0, kind) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP ==> anc(z->u, q, 0) == q;
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> Same{C, Here}(st, ord, q) && st[q] == \at(st[q], C) && ord[q] == \at(ord[q], C);
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> st[q] == \at(st[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && q != p && st[q] != FREE ==> ord[q] == \at(ord[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> z->tag[q] == \at(z->tag[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> KEEPS(Pre, q);
  //@ assert Quiet(st, z->u);
  //@ ghost lem_quiet(st, z->u);
  z->nr_free -= 1;
  //@ ghost g_fold(z, st, ord);
}

/* The best-fitting free block for 2^order pages, or NONE. */
/*@ requires Inv(z, st, ord) && Range(z) && order <= MAXO;
    assigns \nothing;
    ensures SomeFree(st, ord, z->u, order) ==> \result != KEEL_NONE;
    ensures \result != KEEL_NONE ==> SomeFree(st, ord, z->u, order) && base(z->u, order) <= \result < 2047 * z->u && Bit(z->l0, \result) &&
              \forall integer q; 0 <= q < NP && st[q] == FREE && ord[q] >= order ==> anc(z->u, q, ord[q]) >= \result; */
static inline uint32_t fit(const struct keel_pages *z, uint32_t order) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t id = fb_succ(z, z->first[order]);
  //@ assert \forall integer q; 0 <= q < NP && order <= ord[q] ==> node(z->u, anc(z->u, q, ord[q]), ord[q]);
  //@ assert \forall integer q; 0 <= q < NP && st[q] == FREE ==> Bit(z->l0, anc(z->u, q, ord[q]));
  //@ ghost if (id != KEEL_NONE) lem_best(z->l0, st, ord, z->u, id, order);
  return id;
}

/* The order of a node, which is at least `order`. */
/*@ requires \valid_read(z) && Range(z) && 1 <= z->u <= UMAX && order <= MAXO && base(z->u, order) <= id < 2047 * z->u;
    assigns \nothing;
    ensures order <= \result <= MAXO && node(z->u, id, \result); */
static inline uint32_t order_of(const struct keel_pages *z, uint32_t id, uint32_t order)
{
  uint32_t k = order;
  /*@ loop invariant order <= k <= MAXO;
      loop invariant base(z->u, k) <= id;
      loop assigns k;
      loop variant MAXO - k; */
  while (id >= z->first[k + 1]) k++;
  return k;
}

/* Of a held block, keeps the first 2^order pages and releases the rest. */
/*@ requires Inv(z, st, ord) && order <= k && Blk(st, ord, z->u, id, k, HELD);
    assigns KEEL_BITS, GHOSTS;
    ensures Inv(z, st, ord);
    ensures Blk(st, ord, z->u, \result, order, HELD);
    ensures head(z->u, \result, order) == head(z->u, id, k);
    ensures \forall integer q; 0 <= q < NP && anc(z->u, q, k) != id ==> Same{Pre, Here}(st, ord, q);
    ensures \forall integer q; 0 <= q < NP && anc(z->u, q, k) == id && anc(z->u, q, order) != \result ==> st[q] == FREE;
    ensures \forall integer q; 0 <= q < NP && anc(z->u, q, order) == \result ==> anc(z->u, q, k) == id;
    ensures cnt(st, NP) == \old(cnt(st, NP)); */
static inline uint32_t narrow(struct keel_pages *z, uint32_t id, uint32_t k, uint32_t order) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t u = z->u; uint32_t id0 = id; uint32_t k0 = k;
  /*@ loop invariant order <= k <= k0;
      loop invariant Inv(z, st, ord);
      loop invariant Blk(st, ord, u, id, k, HELD);
      loop invariant head(u, id, k) == head(u, id0, k0);
      loop invariant \forall integer q; 0 <= q < NP && anc(u, q, k) == id ==> anc(u, q, k0) == id0;
      loop invariant \forall integer q; 0 <= q < NP && anc(u, q, k0) == id0 && anc(u, q, k) != id ==> st[q] == FREE;
      loop invariant \forall integer q; 0 <= q < NP && anc(u, q, k0) != id0 ==> Same{Pre, Here}(st, ord, q);
      loop invariant cnt(st, NP) == cnt{Pre}(st, NP);
      loop assigns k, id, KEEL_BITS, GHOSTS;
      loop variant k; */
  while (k > order) {
    k--;
    //@ assert \forall integer q; 0 <= q < NP ==> anc(u, q, k + 1) == dad(u, anc(u, q, k));
    //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k + 1) == id ==> anc(u, q, k) == kid(u, id) || anc(u, q, k) == kid(u, id) + 1;
    //@ assert bud(kid(u, id)) == kid(u, id) + 1 && dad(u, kid(u, id)) == id;
    id = 2 * (id - 1024u * z->u);
    cut(z, id) /*@ ghost (st, ord, k) */;
  }
  return id;
}

/* Makes the one block that is held live. */
/*@ requires Inv(z, st, ord) && Blk(st, ord, z->u, id, order, HELD) && kind < KEEL_KINDS;
    requires \forall integer q; 0 <= q < NP && anc(z->u, q, order) != id ==> st[q] != HELD;
    requires Counters(z) && Range(z) && Rest(st, z->n, z->u) && z->nr_free == cnt(st, NP);
    assigns TAGS, z->nr_free, GHOSTS;
    ensures inv: InvB(z, st, ord);
    ensures at: \result == head(z->u, id, order) && \result + P2(order) <= z->n;
    ensures head: LiveHead(st, ord, z->u, \result) && z->tag[\result] == 32 * kind + order + 1 && z->ref[\result] == 0;
    ensures mine: Blk(st, ord, z->u, id, order, LIVE);
    ensures frame: \forall integer q; 0 <= q < NP && anc(z->u, q, order) != id ==>
                     st[q] == \old(st[q]) && ord[q] == \old(ord[q]) && z->tag[q] == \old(z->tag[q]);
    ensures count: z->nr_free == \old(z->nr_free) - P2(order); */
KEEL_INLINE uint32_t grant(struct keel_pages *z, uint32_t id, uint32_t order, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t u = z->u;
  uint32_t p = commit(z, id, order, kind) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, order) == id <==> p <= q < p + P2(order));
  //@ assert Quiet(st, u);
  //@ assert Rest(st, z->n, u);
  //@ ghost lem_quiet(st, u);
  z->nr_free -= pages_of(order);
  //@ ghost g_fold(z, st, ord);
  //@ assert p + P2(order) <= NP && st[p + P2(order) - 1] == LIVE;
  return p;
}

/* Allocates the first 2^order pages of the free block id. */
/*@ requires InvB(z, st, ord) && order <= MAXO && kind < KEEL_KINDS;
    requires base(z->u, order) <= id < 2047 * z->u && Bit(z->l0, id);
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures inv: InvB(z, st, ord);
    ensures of: \let r = \result; order <= \old(ord[r]) && node(z->u, id, \old(ord[r])) && head(z->u, id, \old(ord[r])) == r;
    HANDED_OUT(\result) */
static inline uint32_t hand_out(struct keel_pages *z, uint32_t id, uint32_t order, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t u = z->u;
  uint32_t k = order_of(z, id, order);
  //@ assert anc(u, head(u, id, k), k) == id;
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k) == id ==> st[q] == FREE && ord[q] == k;
  //@ ghost lem_quiet(st, u);
  take(z, id) /*@ ghost (st, ord, k) */;
  uint32_t a = narrow(z, id, k, order) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, order) != a ==> KEEPS(Pre, q);
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, order) == a ==> \at(st[q], Pre) == FREE;
  //@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, order) == a <==> head(u, a, order) <= q < head(u, a, order) + P2(order));
  //@ assert Rest(st, z->n, u);
  //@ ghost C: ;
  uint32_t p = grant(z, a, order, kind) /*@ ghost (st, ord) */;
  //@ assert p == head(u, id, k);
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, order) != a ==> st[q] == \at(st[q], C) && ord[q] == \at(ord[q], C) && z->tag[q] == \at(z->tag[q], C);
  //@ assert frame: \forall integer q; 0 <= q < NP && anc(u, q, order) != a ==> KEEPS(Pre, q);
  return p;
}

/* Frees the live block that starts at p, of order k. */
/*@ requires InvB(z, st, ord) && LiveHead(st, ord, z->u, p) && z->ref[p] == 0 && k == ord[p];
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures inv: InvB(z, st, ord);
    ensures mine: \forall integer q; p <= q < p + P2(k) ==> q < NP && \old(st[q]) == LIVE && \old(ord[q]) == k && st[q] == FREE && ord[q] >= k;
    ensures frame: \forall integer q; 0 <= q < NP && !(p <= q < p + P2(k)) ==> KEEPS(Pre, q);
    ensures count: z->nr_free == \old(z->nr_free) + P2(k); */
KEEL_INLINE void free_block(struct keel_pages *z, uint32_t p, uint32_t k) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t u = z->u;
  uint32_t id = node_from(z->first[k], p, k) /*@ ghost (u) */;
  //@ assert id == anc(u, p, k) && p == head(u, id, k) && Blk(st, ord, u, id, k, LIVE);
  //@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, k) == id <==> p <= q < p + P2(k));
  //@ ghost lem_quiet(st, u);
  unhold(z, p) /*@ ghost (st, ord, id, k) */;
  z->nr_free += pages_of(k);
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k) != id ==> KEEPS(Pre, q);
  give(z, id, k) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k) != id ==> KEEPS(Pre, q);
  //@ assert Rest(st, z->n, u);
  //@ ghost lem_quiet(st, u);
  //@ ghost g_fold(z, st, ord);
}

/* ---- ranges of pages ------------------------------------------------------------------------ */

/*@ requires InvB(z, st, ord) && lo < hi <= z->n;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer q; lo <= q < hi ==> st[q] == RSVD; */
static inline int all_reserved(const struct keel_pages *z, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant lo <= p <= hi && \forall integer q; lo <= q < p ==> st[q] == RSVD;
      loop assigns p;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    //@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]);
    if (z->tag[p] != T_RSVD) return 0;
  }
  return 1;
}

/*@ requires InvB(z, st, ord) && lo < hi <= z->n;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer q; lo <= q < hi ==> st[q] != LIVE; */
static inline int none_live(const struct keel_pages *z, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant lo <= p <= hi && \forall integer q; lo <= q < p ==> st[q] != LIVE;
      loop assigns p;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    //@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]);
    if (z->tag[p] == T_RSVD) continue;
    uint32_t k = free_order(z, p) /*@ ghost (st, ord) */;
    if (k == KEEL_NONE) return 0;
  }
  return 1;
}

/*@ requires InvB(z, st, ord) && lo < hi <= z->n;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer q; lo <= q < hi ==> st[q] == FREE; */
static inline int all_free(const struct keel_pages *z, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant lo <= p <= hi && \forall integer q; lo <= q < p ==> st[q] == FREE;
      loop assigns p;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    uint32_t k = free_order(z, p) /*@ ghost (st, ord) */;
    if (k == KEEL_NONE) return 0;
  }
  return 1;
}

/*@ requires InvB(z, st, ord) && lo < hi <= z->n;
    requires \forall integer q; lo <= q < hi ==> st[q] == RSVD;
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \forall integer q; lo <= q < hi ==> st[q] == FREE;
    ensures \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
    ensures z->nr_free == \old(z->nr_free) + (hi - lo); */
static inline void donate_all(struct keel_pages *z, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant lo <= p <= hi;
      loop invariant InvB(z, st, ord);
      loop invariant \forall integer q; lo <= q < p ==> st[q] == FREE;
      loop invariant \forall integer q; p <= q < hi ==> st[q] == RSVD;
      loop invariant \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
      loop invariant z->nr_free == \at(z->nr_free, Pre) + (p - lo);
      loop assigns p, KEEL_BITS, TAGS, z->nr_free, GHOSTS;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    //@ ghost C: ;
    donate(z, p) /*@ ghost (st, ord) */;
    //@ assert \forall integer q; 0 <= q < NP && q != p ==> KEEPS(C, q);
  }
}

/*@ requires InvB(z, st, ord) && lo < hi <= z->n;
    requires \forall integer q; lo <= q < hi ==> st[q] != LIVE;
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \forall integer q; lo <= q < hi ==> st[q] == RSVD;
    ensures \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q); */
static inline void withdraw_all(struct keel_pages *z, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant lo <= p <= hi;
      loop invariant InvB(z, st, ord);
      loop invariant \forall integer q; lo <= q < p ==> st[q] == RSVD;
      loop invariant \forall integer q; p <= q < hi ==> st[q] != LIVE;
      loop invariant \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
      loop assigns p, KEEL_BITS, TAGS, z->nr_free, GHOSTS;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    //@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]);
    if (z->tag[p] == T_RSVD) continue;
    //@ ghost C: ;
    withdraw(z, p) /*@ ghost (st, ord) */;
    //@ assert \forall integer q; 0 <= q < NP && q != p ==> KEEPS(C, q);
  }
}

/*@ requires InvB(z, st, ord) && lo < hi <= z->n && kind < KEEL_KINDS;
    requires \forall integer q; lo <= q < hi ==> st[q] == FREE;
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \forall integer q; lo <= q < hi ==> st[q] == LIVE && ord[q] == 0 && z->tag[q] == 32 * kind + 1;
    ensures \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
    ensures z->nr_free == \old(z->nr_free) - (hi - lo); */
static inline void claim_all(struct keel_pages *z, uint32_t lo, uint32_t hi, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant lo <= p <= hi;
      loop invariant InvB(z, st, ord);
      loop invariant \forall integer q; lo <= q < p ==> st[q] == LIVE && ord[q] == 0 && z->tag[q] == 32 * kind + 1;
      loop invariant \forall integer q; p <= q < hi ==> st[q] == FREE;
      loop invariant \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
      loop invariant z->nr_free == \at(z->nr_free, Pre) - (p - lo);
      loop assigns p, KEEL_BITS, TAGS, z->nr_free, GHOSTS;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    //@ ghost C: ;
    claim(z, p, kind) /*@ ghost (st, ord) */;
    //@ assert \forall integer q; 0 <= q < NP && q != p ==> KEEPS(C, q);
  }
}

/* ---- references -------------------------------------------------------------------------------- */

/*@ requires InvB(z, st, ord) && LiveHead(st, ord, z->u, p) && z->ref[p] < KEEL_REFS_MAX - 1;
    assigns z->tag[p], z->ref[p];
    ensures InvB(z, st, ord);
    ensures z->ref[p] == \old(z->ref[p]) + 1 && z->tag[p] / 32 == \old(z->tag[p]) / 32 && z->tag[p] % 16 == \old(z->tag[p]) % 16; */
static inline void share(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t t = z->tag[p];
  //@ assert TagOk(z->u, p, st[p], ord[p], t);
  z->ref[p] += 1;
  if (t / 16u % 2u == 0) t += T_SHARED;
  //@ assert t % 16 == \at(z->tag[p], Pre) % 16 && t / 32 == \at(z->tag[p], Pre) / 32 && SHARED(t) && t < T_NO;
  z->tag[p] = (uint8_t)t;
  //@ assert InvT(z->tag, st, ord, z->u);
  //@ assert SHARED(z->tag[p]) && z->ref[p] > 0;
  //@ assert \forall integer q; 0 <= q < NP && q != p ==> z->tag[q] == \at(z->tag[q], Pre) && z->ref[q] == \at(z->ref[q], Pre);
  //@ assert InvC(z->tag, z->ref, z->u);
}

/*@ requires InvB(z, st, ord) && LiveHead(st, ord, z->u, p) && z->ref[p] > 0;
    assigns z->tag[p], z->ref[p];
    ensures InvB(z, st, ord);
    ensures z->ref[p] == \old(z->ref[p]) - 1 && z->tag[p] / 32 == \old(z->tag[p]) / 32 && z->tag[p] % 16 == \old(z->tag[p]) % 16; */
static inline void unshare(struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t t = z->tag[p];
  //@ assert TagOk(z->u, p, st[p], ord[p], t);
  z->ref[p] -= 1;
  if (z->ref[p] == 0) t -= T_SHARED;
  //@ assert t % 16 == \at(z->tag[p], Pre) % 16 && t / 32 == \at(z->tag[p], Pre) / 32 && t < T_NO && (SHARED(t) <==> z->ref[p] > 0);
  z->tag[p] = (uint8_t)t;
  //@ assert InvT(z->tag, st, ord, z->u);
  //@ assert InvC(z->tag, z->ref, z->u);
}

/* ---- set-up -------------------------------------------------------------------------------------- */

/*@ requires 1 <= u <= UMAX && \valid(z) && \valid(words + (0 .. W0(u) + W1(u) + W2(u) + W3(u) - 1));
    assigns z->l0 \from words; assigns z->l1 \from words, u; assigns z->l2 \from words, u; assigns z->l3 \from words, u;
    assigns z->tag \from tags; assigns z->ref \from refs; assigns z->u \from u; assigns z->first[0 .. MAXO + 1] \from u;
    ensures z->u == u && z->tag == tags && z->ref == refs && z->l0 == words;
    ensures z->l1 == words + W0(u) && z->l2 == words + (W0(u) + W1(u)) && z->l3 == words + (W0(u) + W1(u) + W2(u));
    ensures \forall integer k; 0 <= k <= MAXO + 1 ==> z->first[k] == base(u, k);
    ensures Zone(z); */
static inline void shape(struct keel_pages *z, uint64_t *words, uint8_t *tags, int32_t *refs, uint32_t u)
{
  z->l0 = words;
  z->l1 = words + 32u * u;
  z->l2 = words + (32u * u + (u / 2u + 1u));
  z->l3 = words + (32u * u + (u / 2u + 1u) + (u / 128u + 1u));
  z->tag = tags;
  z->ref = refs;
  z->u = u;
  /*@ loop invariant 0 <= k <= MAXO + 2 && \forall integer j; 0 <= j < k ==> z->first[j] == base(u, j);
      loop assigns k, z->first[0 .. MAXO + 1];
      loop variant MAXO + 2 - k; */
  for (uint32_t k = 0; k <= MAXO + 1u; k++) z->first[k] = base_of(u, k);
}

/*@ requires n <= 0x2000000 && \valid(l + (0 .. n - 1));
    assigns l[0 .. n - 1];
    ensures \forall integer v; 0 <= v < n ==> l[v] == 0; */
static inline void s_zero(uint64_t *l, uint32_t n)
{
  /*@ loop invariant 0 <= i <= n && \forall integer v; 0 <= v < i ==> l[v] == 0;
      loop assigns i, l[0 .. n - 1];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) l[i] = 0;
}

/*@ requires n <= 0x10000000 && \valid(tag + (0 .. n - 1)) && \valid(ref + (0 .. n - 1)) && \valid(st + (0 .. n - 1)) && \valid(ord + (0 .. n - 1));
    assigns tag[0 .. n - 1], ref[0 .. n - 1], st[0 .. n - 1], ord[0 .. n - 1];
    ensures \forall integer v; 0 <= v < n ==> tag[v] == T_RSVD && ref[v] == 0 && st[v] == RSVD && ord[v] == 0;
    ensures nfree(st, n) == 0; */
static inline void reserve_all(uint8_t *tag, int32_t *ref, uint32_t n) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant 0 <= i <= n && \forall integer v; 0 <= v < i ==> tag[v] == T_RSVD && ref[v] == 0;
      loop assigns i, tag[0 .. n - 1], ref[0 .. n - 1];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) {
    tag[i] = T_RSVD;
    ref[i] = 0;
  }
  /*@ ghost
      /@ loop invariant 0 <= i <= n && \forall integer v; 0 <= v < i ==> st[v] == RSVD && ord[v] == 0;
         loop assigns i, st[0 .. n - 1], ord[0 .. n - 1]; loop variant n - i; @/
      for (uint32_t i = 0; i < n; i++) { st[i] = (uint16_t)RSVD; ord[i] = (int16_t)0; }
      /@ loop invariant 0 <= i <= n && nfree(st, i) == 0; loop assigns i; loop variant n - i; @/
      for (uint32_t i = 0; i < n; i++) ; */
}

/* Makes all pages reserved. */
/*@ requires Pool(z, st, ord);
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], GHOSTS;
    ensures Inv(z, st, ord);
    ensures \forall integer q; 0 <= q < NP ==> st[q] == RSVD;
    ensures nfree(st, NP) == 0; */
static inline void wipe(struct keel_pages *z) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t u = z->u;
  s_zero(z->l0, 32u * u);
  s_zero(z->l1, u / 2u + 1u);
  s_zero(z->l2, u / 128u + 1u);
  s_zero(z->l3, u / 8192u + 1u);
  reserve_all(z->tag, z->ref, 1024u * u) /*@ ghost (st, ord) */;
  //@ assert \forall integer v; 0 <= v < W0(u) ==> z->l0[v] == 0;
  //@ assert \forall integer v; 0 <= v < W1(u) ==> z->l1[v] == 0;
  //@ assert \forall integer v; 0 <= v < W2(u) ==> z->l2[v] == 0;
  //@ assert \forall integer i; 0 <= i < 2048 * u ==> !Bit(z->l0, i);
  //@ assert \forall integer i; 0 <= i < 64 * W1(u) ==> !Bit(z->l1, i);
  //@ assert \forall integer i; 0 <= i < 64 * W2(u) ==> !Bit(z->l2, i);
  //@ assert \forall integer i; 0 <= i < 64 * W3(u) ==> !Bit(z->l3, i);
  //@ assert Sum(z);
  //@ assert InvO(st, ord, u);
  //@ assert InvU(st, ord, u);
  //@ assert \forall integer p, k; 0 <= p < 1024 * u && 0 <= k <= MAXO ==> 0 <= anc(u, p, k) < 2048 * u;
  //@ assert InvF(z->l0, st, ord, u);
  //@ assert InvR(z->l0, u);
  //@ assert InvT(z->tag, st, ord, u);
  //@ assert InvC(z->tag, z->ref, u);
  //@ assert InvM(z->l0, u);
}

/* ---- single pages of a block -------------------------------------------------------------------- */

/*@ requires \valid(tag + (p .. p + n - 1)) && p + n <= 0x10000000 && t <= 255;
    assigns tag[p .. p + n - 1];
    ensures \forall integer q; p <= q < p + n ==> tag[q] == t; */
static inline void tag_fill(uint8_t *tag, uint32_t p, uint32_t n, uint32_t t)
{
  /*@ loop invariant 0 <= i <= n && \forall integer q; p <= q < p + i ==> tag[q] == t;
      loop assigns i, tag[p .. p + n - 1];
      loop variant n - i; */
  for (uint32_t i = 0; i < n; i++) tag[p + i] = (uint8_t)t;
}

/* Makes of the live block at p, of order k, live blocks of order 0. */
/*@ requires InvB(z, st, ord) && LiveHead(st, ord, z->u, p) && z->ref[p] == 0 && k == ord[p];
    assigns TAGS, GHOSTS;
    ensures inv: InvB(z, st, ord);
    ensures mine: \forall integer q; p <= q < p + P2(k) ==> q < z->n && \old(st[q]) == LIVE && \old(ord[q]) == k &&
                    st[q] == LIVE && ord[q] == 0 && z->ref[q] == 0 && z->tag[q] == 32 * (\old(z->tag[p]) / 32) + 1;
    ensures frame: \forall integer q; 0 <= q < NP && !(p <= q < p + P2(k)) ==> KEEPS(Pre, q); */
static inline void dissolve(struct keel_pages *z, uint32_t p, uint32_t k) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t u = z->u; uint32_t id = g_node_of(u, p, k);
  uint32_t t = 32u * (z->tag[p] / 32u) + 1u;
  //@ assert TagOk(u, p, st[p], ord[p], z->tag[p]) && t < T_NO && t / 16 % 2 == 0 && t % 16 == 1;
  //@ assert p == head(u, id, k) && Blk(st, ord, u, id, k, LIVE);
  //@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, k) == id <==> p <= q < p + P2(k));
  //@ assert refs: \forall integer q; 0 <= q < NP && anc(u, q, k) == id ==> z->ref[q] == 0;
  //@ assert Rest(st, z->n, u);
  //@ ghost lem_quiet(st, u);
  //@ ghost C: ;
  tag_fill(z->tag, p, pages_of(k), t);
  //@ ghost g_fill(st, ord, u, id, k, (int16_t)0, (uint16_t)LIVE, 0);
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k) != id ==> st[q] == \at(st[q], C) && ord[q] == \at(ord[q], C) && z->tag[q] == \at(z->tag[q], C);
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k) == id ==> st[q] == LIVE && ord[q] == 0 && z->tag[q] == t;
  //@ assert \forall integer q; 0 <= q < NP ==> anc(u, q, 0) == q && head(u, q, 0) == q;
  //@ assert InvO(st, ord, u);
  //@ assert InvU(st, ord, u);
  //@ assert InvF(z->l0, st, ord, u);
  //@ assert InvT(z->tag, st, ord, u);
  //@ assert InvC(z->tag, z->ref, u);
  //@ assert Quiet(st, u);
  //@ assert Rest(st, z->n, u);
  //@ ghost lem_quiet(st, u);
  //@ ghost g_fold(z, st, ord);
}

/* Frees the live blocks of order 0 in lo .. hi - 1. */
/*@ requires InvB(z, st, ord) && lo <= hi <= z->n;
    requires \forall integer q; lo <= q < hi ==> st[q] == LIVE && ord[q] == 0 && z->ref[q] == 0;
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \forall integer q; lo <= q < hi ==> st[q] == FREE;
    ensures \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
    ensures z->nr_free == \old(z->nr_free) + (hi - lo); */
static inline void free_all(struct keel_pages *z, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant lo <= p <= hi;
      loop invariant InvB(z, st, ord);
      loop invariant \forall integer q; lo <= q < p ==> st[q] == FREE;
      loop invariant \forall integer q; p <= q < hi ==> st[q] == LIVE && ord[q] == 0 && z->ref[q] == 0;
      loop invariant \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
      loop invariant z->nr_free == \at(z->nr_free, Pre) + (p - lo);
      loop assigns p, KEEL_BITS, TAGS, z->nr_free, GHOSTS;
      loop variant hi - p; */
  for (uint32_t p = lo; p < hi; p++) {
    //@ ghost C: ;
    //@ assert anc(z->u, p, 0) == p && head(z->u, p, 0) == p && LiveHead(st, ord, z->u, p);
    free_block(z, p, 0) /*@ ghost (st, ord) */;
    //@ assert \forall integer q; 0 <= q < NP && q != p ==> KEEPS(C, q);
  }
}

/* The least order whose blocks hold n pages. */
/*@ requires 1 <= n <= 1024;
    assigns \nothing;
    ensures \result <= MAXO && n <= P2(\result);
    ensures \forall integer k; 0 <= k <= MAXO ==> (n <= P2(k) <==> \result <= k); */
static inline uint32_t order_for(uint32_t n)
{
  uint32_t k = 0;
  /*@ loop invariant 0 <= k <= MAXO && \forall integer j; 0 <= j < k ==> P2(j) < n;
      loop assigns k;
      loop variant MAXO - k; */
  while (pages_of(k) < n) k++;
  return k;
}

/* Fills in the live block that holds page p. */
/*@ requires InvB(z, st, ord) && p < z->n && st[p] == LIVE && \valid(b) && \separated(b, z) && \separated(b, z->ref + (0 .. 1024 * z->u - 1));
    assigns *b;
    ensures b->pfn == z->base + head(z->u, anc(z->u, p, ord[p]), ord[p]) && b->order == ord[p] && b->state == KEEL_PAGE_LIVE;
    ensures \let h = b->pfn - z->base; b->kind == z->tag[h] / 32 && b->refs == z->ref[h] + 1; */
static inline void describe_live(const struct keel_pages *z, uint32_t p, struct keel_block *b) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t u = z->u, k = 0, h = p;
  /*@ loop invariant 0 <= k <= ord[p] && h == head(u, anc(u, p, k), k) && h < NP;
      loop assigns k, h;
      loop variant MAXO - k; */
  while (z->tag[h] % 16u != k + 1u) {
    //@ assert anc(u, h, k) == anc(u, p, k);
    //@ assert k == ord[p] ==> ord[h] == k && st[h] == LIVE && TagOk(u, h, st[h], ord[h], z->tag[h]);
    k++;
    h = head_of(u, node_of(u, p, k), k);
  }
  //@ assert anc(u, h, k) == anc(u, p, k);
  //@ assert k <= MAXO;
  //@ assert 1 <= z->tag[h] % 16 <= MAXO + 1;
  //@ assert z->tag[h] != T_RSVD;
  //@ assert z->tag[h] != T_NO;
  //@ assert TagOk(u, h, st[h], ord[h], z->tag[h]);
  //@ assert st[h] == LIVE && ord[h] == k;
  //@ assert ord[p] == k;
  b->pfn = z->base + h;
  b->order = k;
  b->state = KEEL_PAGE_LIVE;
  b->kind = z->tag[h] / 32u;
  b->refs = z->ref[h] + 1;
  //@ assert b->pfn - z->base == h;
  //@ assert b->kind == z->tag[h] / 32;
  //@ assert b->refs == z->ref[h] + 1;
}

/* Fills in the free block of order k, or the reserved page, that holds page p. */
/*@ requires InvB(z, st, ord) && p < z->n && st[p] != LIVE && k == ord[p] && \valid(b) && \separated(b, z) && \separated(b, z->ref + (0 .. 1024 * z->u - 1));
    assigns *b;
    ensures b->pfn == z->base + head(z->u, anc(z->u, p, ord[p]), ord[p]) && b->order == ord[p] && b->state == st[p];
    ensures b->kind == 0 && b->refs == 0; */
static inline void describe_idle(const struct keel_pages *z, uint32_t p, uint32_t k, struct keel_block *b) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]);
  uint32_t h = head_of(z->u, node_of(z->u, p, k), k);
  b->pfn = z->base + h;
  b->order = k;
  b->state = z->tag[p] == T_RSVD ? KEEL_PAGE_RESERVED : KEEL_PAGE_FREE;
  b->kind = 0;
  b->refs = 0;
}


/* ---- arguments ---------------------------------------------------------------------------- */

/* Whether the n pages from pfn on are all in the instance. */
/*@ requires \valid_read(z) && Range(z) && z->u <= UMAX && n > 0;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> z->base <= pfn && pfn + n <= z->base + z->n; */
KEEL_INLINE int in_range(const struct keel_pages *z, keel_pfn_t pfn, uint32_t n)
{
  return pfn >= z->base && pfn - z->base < z->n && n <= z->n - (pfn - z->base);
}

/* What is wrong with page p as the first of a live block. */
/*@ requires Inv(z, st, ord) && Quiet(st, z->u) && Range(z) && p < z->n;
    assigns \nothing;
    ensures \result == HeadErr(z, st, ord, p); */
static inline enum keel_status head_error(const struct keel_pages *z, uint32_t p) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t t = z->tag[p];
  //@ assert TagOk(z->u, p, st[p], ord[p], t);
  if (t == T_RSVD) return KEEL_RESERVED;
  if (t != T_NO) return KEEL_OK;
  uint32_t k = free_order(z, p) /*@ ghost (st, ord) */;
  return k != KEEL_NONE ? KEEL_ALREADY_FREE : KEEL_NOT_HEAD;
}

/* What is wrong with page p as the first of a live block of this kind, with one
   reference. */
/*@ requires Inv(z, st, ord) && Quiet(st, z->u) && Range(z) && p < z->n;
    assigns \nothing;
    ensures \result == OwnErr(z, st, ord, p, kind); */
KEEL_NOINLINE enum keel_status own_error(const struct keel_pages *z, uint32_t p, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  enum keel_status e = head_error(z, p) /*@ ghost (st, ord) */;
  if (e != KEEL_OK) return e;
  if (z->tag[p] / 32u != kind) return KEEL_WRONG_KIND;
  return z->tag[p] / 16u % 2u != 0 ? KEEL_BUSY : KEEL_OK;
}

/* The order of the live block of this kind, with one reference, that starts at
   page p; out of 0 .. MAXO if there is none. */
/*@ requires Inv(z, st, ord) && Quiet(st, z->u) && Range(z) && p < z->n;
    assigns \nothing;
    ensures 0 <= \result <= MAXO <==> OwnErr(z, st, ord, p, kind) == KEEL_OK;
    ensures 0 <= \result <= MAXO ==> \result == ord[p] && LiveHead(st, ord, z->u, p) && z->ref[p] == 0; */
KEEL_INLINE int64_t own_order(const struct keel_pages *z, uint32_t p, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t t = z->tag[p];
  //@ assert TagOk(z->u, p, st[p], ord[p], t) && 0 <= z->ref[p] && (z->ref[p] > 0 <==> SHARED(t)) && 0 <= ord[p] <= MAXO && t <= 255;
  //@ assert t == 32 * (t / 32) + 16 * (t / 16 % 2) + t % 16;
  return (int64_t)z->tag[p] - 32 * (int64_t)kind - 1;
}

/* Counts a request of n pages that failed. */
/*@ requires \valid(z) && Counters(z);
    assigns z->fails, z->largest_fail;
    ensures z->fails == Inc(\old(z->fails));
    ensures z->largest_fail == \max(\old(z->largest_fail), n); */
static inline void count_fail(struct keel_pages *z, uint32_t n)
{
  if (z->fails != INT64_MAX) z->fails += 1;
  if (n > z->largest_fail) z->largest_fail = n;
}


/* ---- counting -------------------------------------------------------------------------------------- */

/* Free blocks of order k. */
/*@ requires Zone(z) && Sum(z) && k <= MAXO;
    assigns \nothing;
    ensures \result == nbits(z->l0, base(z->u, k), base(z->u, k + 1)) && 0 <= \result <= KEEL_PAGES_MAX; */
static inline int64_t count_order(const struct keel_pages *z, uint32_t k)
{
  uint32_t c = 0, b = base_of(z->u, k), e = base_of(z->u, k + 1), id = fb_succ(z, b);
  //@ ghost uint32_t t = b;
  /*@ loop invariant b <= t <= e && c <= t - b && c == nbits(z->l0, b, t);
      loop invariant Succ(z->l0, t, 64 * W0(z->u), id);
      loop assigns c, t, id;
      loop variant e - t; */
  while (id != KEEL_NONE && id < e) {
    //@ ghost lem_nbits(z->l0, b, t, id);
    c++;
    //@ ghost t = id + 1;
    id = fb_succ(z, id + 1);
  }
  //@ ghost lem_nbits(z->l0, b, t, e);
  return c;
}

/* x * 2^k and x / 2^k. */
/*@ requires k <= MAXO && x <= 0x20000000000000;
    assigns \nothing;
    ensures \result == mul(x, k); */
static inline uint64_t times_pow2(uint64_t x, uint32_t k)
{
  /*@ ghost uint64_t t = x; uint32_t j = 0;
      /@ loop invariant j <= k && t == (x << j) && t == mul(x, j);
         loop assigns t, j; loop variant k - j; @/
      while (j < k) { /@ assert mul(x, j) <= 512 * x; @/ t = t << 1; j++; } */
  return x << k;
}

/*@ requires k <= MAXO;
    assigns \nothing;
    ensures \result == div2(x, k); */
static inline uint64_t over_pow2(uint64_t x, uint32_t k)
{
  /*@ ghost uint64_t t = x; uint32_t j = 0;
      /@ loop invariant j <= k && t == (x >> j) && t == div2(x, j);
         loop assigns t, j; loop variant k - j; @/
      while (j < k) {
        uint64_t h = t >> 1;
        /@ assert h == t / 2; @/
        /@ assert h == (x >> (j + 1)); @/
        t = h; j++; } */
  return x >> k;
}

/* x / n, which is at most q; without a division, for 32-bit machines that have
   none of 64 bits.  Time: q steps. */
/*@ requires n > 0 && q <= 2000 && x < (q + 1) * n && n <= 0x4000000000000;
    assigns \nothing;
    ensures \result <= q && \result * n <= x < (\result + 1) * n; */
static inline uint32_t quotient(uint64_t x, uint64_t n, uint32_t q)
{
  uint64_t y = x;
  uint32_t r = 0;
  /*@ loop invariant r <= q && y <= x && x == y + r * n;
      loop assigns r, y;
      loop variant q - r; */
  while (r < q && y >= n) {
    y -= n;
    r++;
  }
  return r;
}

/* Whether lo .. hi - 1 is made of whole live blocks of this kind, with one
   reference each: KEEL_OK, else what is wrong. */
/*@ requires InvB(z, st, ord) && lo < hi <= z->n;
    assigns \nothing;
    ensures iff: \result == KEEL_OK <==> \forall integer q; lo <= q < hi ==> OWNED(lo, hi, q);
    ensures which: \result != KEEL_OK ==> \exists integer p; WRONG_AT(lo, hi, p, \result); */
static inline enum keel_status range_error(const struct keel_pages *z, uint32_t lo, uint32_t hi, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t u = z->u;
  uint32_t p = lo;
  /*@ loop invariant lo <= p <= hi;
      loop invariant \forall integer q; lo <= q < p ==> OWNED(lo, p, q);
      loop assigns p;
      loop variant hi - p; */
  while (p < hi) {
    enum keel_status e = own_error(z, p, kind) /*@ ghost (st, ord) */;
    //@ assert TagOk(u, p, st[p], ord[p], z->tag[p]);
    //@ ghost uint32_t a = g_node_of(u, p, (uint32_t)ord[p]);
    if (e != KEEL_OK) {
      //@ assert \let h = head(u, a, ord[p]); st[p] == LIVE && h != p ==> h < p && st[h] == LIVE && ord[h] == ord[p] && anc(u, h, ord[p]) == a;
      //@ assert !OWNED(lo, hi, p);
      //@ assert WRONG_AT(lo, hi, p, e);
      return e;
    }
    uint32_t k = z->tag[p] % 16u - 1u;
    //@ assert k == ord[p] && p == head(u, a, k) && node(u, a, k);
    //@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, k) == a <==> p <= q < p + P2(k));
    //@ assert \forall integer q; p <= q < p + P2(k) ==> st[q] == LIVE && ord[q] == k && head(u, anc(u, q, k), k) == p;
    if (pages_of(k) > hi - p) {
      //@ assert !OWNED(lo, hi, p);
      //@ assert WRONG_AT(lo, hi, p, KEEL_BUSY);
      return KEEL_BUSY;
    }
    p += pages_of(k);
  }
  return KEEL_OK;
}

/* Frees the live blocks of which lo .. hi - 1 is made. */
/*@ requires InvB(z, st, ord) && lo < hi <= z->n;
    requires \forall integer q; lo <= q < hi ==> OWNED(lo, hi, q);
    assigns KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \forall integer q; lo <= q < hi ==> st[q] == FREE;
    ensures \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
    ensures z->nr_free == \old(z->nr_free) + (hi - lo);
    ensures z->frees == \min(\old(z->frees) + heads{Pre}(\old(z->tag), lo, hi), INT64_MAX); */
static inline void free_owned(struct keel_pages *z, uint32_t lo, uint32_t hi) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t kind) */
{
  //@ ghost uint32_t u = z->u;
  uint32_t p = lo;
  /*@ loop invariant lo <= p <= hi;
      loop invariant InvB(z, st, ord);
      loop invariant \forall integer q; lo <= q < p ==> st[q] == FREE;
      loop invariant \forall integer q; p <= q < hi ==> OWNED(p, hi, q);
      loop invariant \forall integer q; 0 <= q < NP && !(lo <= q < hi) ==> KEEPS(Pre, q);
      loop invariant z->nr_free == \at(z->nr_free, Pre) + (p - lo);
      loop invariant \forall integer q; p <= q < hi ==> z->tag[q] == \at(z->tag[q], Pre);
      loop invariant z->frees == \min(\at(z->frees, Pre) + heads{Pre}(\at(z->tag, Pre), lo, p), INT64_MAX);
      loop assigns p, KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
      loop variant hi - p; */
  while (p < hi) {
    //@ assert u == z->u && InvU(st, ord, u) && InvO(st, ord, u);
    //@ assert \forall integer q; 0 <= q < NP && anc(u, q, ord[p]) == anc(u, p, ord[p]) ==> st[q] == st[p] && ord[q] == ord[p];
    //@ assert OWNED(p, hi, p) && TagOk(u, p, st[p], ord[p], z->tag[p]);
    //@ assert anc(u, p, ord[p]) == anc(u, first(ord, u, p), ord[p]);
    //@ assert first(ord, u, p) == p && LiveHead(st, ord, u, p);
    uint32_t k = z->tag[p] % 16u - 1u, n = pages_of(k);
    //@ assert k == ord[p] && z->ref[p] == 0;
    //@ ghost uint32_t a = g_node_of(u, p, k);
    //@ assert a == anc(u, p, ord[p]) && node(u, a, k) && p == head(u, a, k);
    //@ assert \forall integer q; 0 <= q < NP && anc(u, q, k) == a ==> st[q] == LIVE && ord[q] == k;
    //@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, k) == a <==> p <= q < p + P2(k));
    //@ ghost lem_next(z, st, ord, kind, p, a, k, hi);
    //@ assert \forall integer q; p < q < p + n ==> TagOk(u, q, st[q], ord[q], z->tag[q]) && z->tag[q] == T_NO;
    /*@ ghost
        /@ loop invariant p < i <= p + n && heads{Pre}(\at(z->tag, Pre), lo, i) == heads{Pre}(\at(z->tag, Pre), lo, p) + 1;
           loop assigns i; loop variant p + n - i; @/
        for (uint32_t i = p + 1; i < p + n; i++) ; */
    //@ ghost C: ;
    free_block(z, p, k) /*@ ghost (st, ord) */;
    if (z->frees != INT64_MAX) z->frees += 1;
    //@ assert \forall integer q; 0 <= q < NP && !(p <= q < p + P2(k)) ==> KEEPS(C, q);
    p += n;
  }
}


/* ---- checking ---------------------------------------------------------------------------------------- */

/* Whether hi is the summary of the n words of lo; m is the number of its bits. */
/*@ requires n <= m <= 0x4000000 && \valid_read(lo + (0 .. n - 1)) && \valid_read(hi + (0 .. m / 64 - 1)) && m % 64 == 0;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> SumL(lo, hi, n, m); */
static inline int sum_ok(const uint64_t *lo, const uint64_t *hi, uint32_t n, uint32_t m)
{
  /*@ loop invariant 0 <= v <= m && \forall integer j; 0 <= j < v ==> (Bit(hi, j) <==> (j < n && lo[j] != 0));
      loop assigns v;
      loop variant m - v; */
  for (uint32_t v = 0; v < m; v++) {
    uint32_t full = v < n && lo[v] != 0;
    if (w_tst(hi[v / 64], v % 64) != full) return 0;
  }
  return 1;
}

/* Whether the first nodes of the orders are noted right. */
/*@ requires \valid_read(z) && 1 <= z->u <= UMAX;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer k; 0 <= k <= 11 ==> z->first[k] == base(z->u, k); */
static inline int first_ok(const struct keel_pages *z)
{
  /*@ loop invariant 0 <= k <= MAXO + 2 && \forall integer j; 0 <= j < k ==> z->first[j] == base(z->u, j);
      loop assigns k;
      loop variant MAXO + 2 - k; */
  for (uint32_t k = 0; k <= MAXO + 1u; k++) {
    if (z->first[k] != base_of(z->u, k)) return 0;
  }
  return 1;
}

/* Whether no free block is beyond the last node or beside a free buddy. */
/*@ requires Zone(z);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> InvR(z->l0, z->u) && InvM(z->l0, z->u); */
static inline int nodes_ok(const struct keel_pages *z)
{
  uint32_t u = z->u;
  /*@ loop invariant 2047 * u <= i <= 2048 * u && \forall integer j; 2047 * u <= j < i ==> !Bit(z->l0, j);
      loop assigns i;
      loop variant 2048 * u - i; */
  for (uint32_t i = 2047u * u; i < 2048u * u; i++) {
    if (fb_tst(z, i)) return 0;
  }
  /*@ loop invariant 0 <= i <= 2046 * u && \forall integer j; 0 <= j < i && Bit(z->l0, j) ==> !Bit(z->l0, bud(j));
      loop assigns i;
      loop variant 2046 * u - i; */
  for (uint32_t i = 0; i < 2046u * u; i++) {
    if (fb_tst(z, i) && fb_tst(z, bud_of(i))) return 0;
  }
  return 1;
}

/* How many free blocks hold page p. */
/*@ requires Tables(z) && p < 1024 * z->u;
    assigns \nothing;
    ensures \result == frees_on(z, p, 11) && \result <= 11; */
static inline uint32_t free_claims(const struct keel_pages *z, uint32_t p)
{
  uint32_t c = 0;
  /*@ loop invariant 0 <= k <= 11 && c == frees_on(z, p, k) && c <= k;
      loop assigns k, c;
      loop variant 11 - k; */
  for (uint32_t k = 0; k <= MAXO; k++) {
    if (fb_tst(z, node_of(z->u, p, k))) c++;
  }
  return c;
}

/* How many live blocks hold page p. */
/*@ requires Tables(z) && p < 1024 * z->u;
    assigns \nothing;
    ensures \result == lives_on(z, p, 11) && \result <= 11; */
static inline uint32_t live_claims(const struct keel_pages *z, uint32_t p)
{
  uint32_t c = 0;
  /*@ loop invariant 0 <= k <= 11 && c == lives_on(z, p, k) && c <= k;
      loop assigns k, c;
      loop variant 11 - k; */
  for (uint32_t k = 0; k <= MAXO; k++) {
    if (z->tag[head_of(z->u, node_of(z->u, p, k), k)] % 16u == k + 1u) c++;
  }
  return c;
}

/* Whether page p is well described. */
/*@ requires Tables(z) && p < 1024 * z->u;
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> PageWf(z, p); */
static inline int page_ok(const struct keel_pages *z, uint32_t p)
{
  uint32_t t = z->tag[p], k = t % 16u;
  int shared = t / 16u % 2u != 0 && t != T_NO, more = z->ref[p] > 0;
  if (z->ref[p] < 0 || z->ref[p] >= KEEL_REFS_MAX || more != shared) return 0;
  if (p >= z->n && t != T_RSVD) return 0;
  uint32_t c = free_claims(z, p) + live_claims(z, p);
  if (t == T_RSVD) return c == 0;
  if (c != 1) return 0;
  if (t == T_NO) return 1;
  if (k == 0 || k > MAXO + 1u) return 0;
  return head_of(z->u, node_of(z->u, p, k - 1u), k - 1u) == p;
}

/*@ requires Tables(z);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> \forall integer p; 0 <= p < 1024 * z->u ==> PageWf(z, p); */
static inline int all_pages_ok(const struct keel_pages *z)
{
  /*@ loop invariant 0 <= p <= 1024 * z->u && \forall integer q; 0 <= q < p ==> PageWf(z, q);
      loop assigns p;
      loop variant 1024 * z->u - p; */
  for (uint32_t p = 0; p < 1024u * z->u; p++) {
    if (!page_ok(z, p)) return 0;
  }
  return 1;
}

/* Pages in free blocks. */
/*@ requires Tables(z);
    assigns \nothing;
    ensures \result == pages_free(z, 1024 * z->u); */
static inline int64_t count_free(const struct keel_pages *z)
{
  int64_t f = 0;
  /*@ loop invariant 0 <= p <= 1024 * z->u && f == pages_free(z, p) && 0 <= f <= p * 11;
      loop assigns p, f;
      loop variant 1024 * z->u - p; */
  for (uint32_t p = 0; p < 1024u * z->u; p++) f += free_claims(z, p);
  return f;
}

/* ---- reporting ------------------------------------------------------------------------------------------ */

/* Writes c at place len of a text of which buf holds the first size - 1. */
/*@ requires \valid(buf + (0 .. size - 1)) && len < 0x10000;
    assigns buf[0 .. size - 1];
    ensures \result == len + 1; */
static inline size_t put_c(char *buf, size_t size, size_t len, char c)
{
  if (size > 0 && len < size - 1) buf[len] = c;
  return len + 1;
}

/* Writes at most 64 characters of a string. */
/*@ requires \valid(buf + (0 .. size - 1)) && len < 0x8000;
    requires n <= 64 && \valid_read(s + (0 .. n)) && (n == 64 || s[n] == 0);
    requires \separated(buf + (0 .. size - 1), s + (0 .. n));
    assigns buf[0 .. size - 1];
    ensures len <= \result <= len + 64; */
static inline size_t put_s(char *buf, size_t size, size_t len, const char *s) /*@ ghost (uint32_t n) */
{
  uint32_t i = 0;
  /*@ loop invariant 0 <= i <= n;
      loop assigns i, buf[0 .. size - 1];
      loop variant 64 - i; */
  while (i < 64 && s[i] != 0) {
    put_c(buf, size, len + i, s[i]);
    i++;
  }
  return len + i;
}

/* Writes v in decimal, right-aligned to width.  The digits are made by doubling,
   for 32-bit machines that cannot divide 64 bits. */
/*@ requires \valid(buf + (0 .. size - 1)) && len < 0x8000 && width <= 20;
    assigns buf[0 .. size - 1];
    ensures len < \result <= len + 20; */
static inline size_t put_n(char *buf, size_t size, size_t len, uint64_t v, uint32_t width)
{
  uint32_t d[20];
  /*@ loop invariant 0 <= i <= 20 && \forall integer j; 0 <= j < i ==> d[j] == 0;
      loop assigns i, d[0 .. 19];
      loop variant 20 - i; */
  for (uint32_t i = 0; i < 20; i++) d[i] = 0;
  /*@ loop invariant 0 <= b <= 64 && \forall integer j; 0 <= j < 20 ==> d[j] <= 9;
      loop assigns b, d[0 .. 19];
      loop variant b; */
  for (uint32_t b = 64; b > 0; b--) {
    uint32_t carry = w_tst(v, b - 1);
    /*@ loop invariant 0 <= i <= 20 && carry <= 1 && \forall integer j; 0 <= j < 20 ==> d[j] <= 9;
        loop assigns i, carry, d[0 .. 19];
        loop variant 20 - i; */
    for (uint32_t i = 0; i < 20; i++) {
      uint32_t x = 2u * d[i] + carry;
      carry = x >= 10u;
      d[i] = carry ? x - 10u : x;
    }
  }
  uint32_t n = 20;
  size_t l = len;
  /*@ loop invariant 1 <= n <= 20;
      loop assigns n;
      loop variant n; */
  while (n > 1 && d[n - 1] == 0) n--;
  /*@ loop invariant n <= w <= 20 && l == len + (w - n);
      loop assigns w, l, buf[0 .. size - 1];
      loop variant 20 - w; */
  for (uint32_t w = n; w < width; w++) l = put_c(buf, size, l, ' ');
  /*@ loop invariant 0 <= i <= n && l + i <= len + 20 && l + i > len;
      loop assigns i, l, buf[0 .. size - 1];
      loop variant i; */
  for (uint32_t i = n; i > 0; i--) l = put_c(buf, size, l, (char)('0' + d[i - 1]));
  return l;
}

/* Writes " name value" and answers the new length. */
/*@ requires \valid(buf + (0 .. size - 1)) && len < 0x4000;
    requires n <= 64 && \valid_read(s + (0 .. n)) && (n == 64 || s[n] == 0);
    requires \separated(buf + (0 .. size - 1), s + (0 .. n));
    assigns buf[0 .. size - 1];
    ensures len < \result <= len + 84; */
static inline size_t put_field(char *buf, size_t size, size_t len, const char *s, int64_t v) /*@ ghost (uint32_t n) */
{
  size_t l = put_s(buf, size, len, s) /*@ ghost (n) */;
  return put_n(buf, size, l, v > 0 ? (uint64_t)v : 0u, 0);
}

/* ---- the interface --------------------------------------------------------------------------- */

/*@ requires \valid(z) && \separated(z, words + (0 .. KEEL_PAGES_WORDS(n) - 1)) && \separated(z, tags + (0 .. KEEL_PAGES_TAGS(n) - 1)) && \separated(z, refs + (0 .. KEEL_PAGES_REFS(n) - 1));
    requires \valid(words + (0 .. KEEL_PAGES_WORDS(n) - 1)) && \valid(tags + (0 .. KEEL_PAGES_TAGS(n) - 1)) && \valid(refs + (0 .. KEEL_PAGES_REFS(n) - 1));
    requires \valid(st + (0 .. KEEL_PAGES_TAGS(n) - 1)) && \valid(ord + (0 .. KEEL_PAGES_TAGS(n) - 1));
    assigns *z, words[0 .. KEEL_PAGES_WORDS(n) - 1], tags[0 .. KEEL_PAGES_TAGS(n) - 1], refs[0 .. KEEL_PAGES_REFS(n) - 1],
            st[0 .. KEEL_PAGES_TAGS(n) - 1], ord[0 .. KEEL_PAGES_TAGS(n) - 1];
    behavior ok:
      assumes 1 <= n <= KEEL_PAGES_MAX && 0 <= base <= KEEL_PFN_MAX - KEEL_PAGES_MAX && base % KEEL_PAGES_GRANULE == 0;
      ensures done: \result == KEEL_OK;
      ensures inv: InvB(z, st, ord);
      ensures shape: z->base == base && z->n == n;
      ensures all: \forall integer q; 0 <= q < NP ==> st[q] == RSVD;
      ensures count: z->nr_free == 0 && z->allocs == 0 && z->frees == 0 && z->fails == 0 && z->largest_fail == 0;
    behavior bad:
      assumes !(1 <= n <= KEEL_PAGES_MAX && 0 <= base <= KEEL_PFN_MAX - KEEL_PAGES_MAX && base % KEEL_PAGES_GRANULE == 0);
      assigns \nothing;
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_init(struct keel_pages *z, uint64_t *words, uint8_t *tags, int32_t *refs, keel_pfn_t base, uint32_t n) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (n == 0 || n > KEEL_PAGES_MAX) return KEEL_BAD_ARGUMENT;
  if (base < 0 || base > KEEL_PFN_MAX - (int64_t)KEEL_PAGES_MAX || base % (int64_t)KEEL_PAGES_GRANULE != 0) return KEEL_BAD_ARGUMENT;
  uint32_t u = KEEL_PAGES_UNITS(n);
  shape(z, words, tags, refs, u);
  z->n = n;
  z->base = base;
  z->nr_free = 0;
  z->allocs = 0;
  z->frees = 0;
  z->fails = 0;
  z->largest_fail = 0;
  wipe(z) /*@ ghost (st, ord) */;
  //@ assert Counters(z) && Range(z) && Rest(st, z->n, z->u) && Quiet(st, z->u);
  //@ assert z->nr_free == nfree(st, 1024 * z->u);
  //@ ghost g_fold(z, st, ord);
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures inv: InvB(z, st, ord);
    behavior none:
      assumes n == 0;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    behavior outside:
      assumes n > 0 && !(z->base <= pfn && pfn + n <= z->base + z->n);
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_OUT_OF_RANGE;
    behavior busy:
      assumes n > 0 && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes \exists integer q; pfn - z->base <= q < pfn - z->base + n && st[q] != RSVD;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BUSY;
    behavior ok:
      assumes n > 0 && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> st[q] == RSVD;
      ensures done: \result == KEEL_OK;
      ensures mine: \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> st[q] == FREE;
      ensures frame: \forall integer q; 0 <= q < NP && !(pfn - z->base <= q < pfn - z->base + n) ==> KEEPS(Pre, q);
      ensures count: z->nr_free == \old(z->nr_free) + n;
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_add(struct keel_pages *z, keel_pfn_t pfn, uint32_t n) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (n == 0) return KEEL_BAD_ARGUMENT;
  if (!in_range(z, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - z->base), hi = lo + n;
  if (!all_reserved(z, lo, hi) /*@ ghost (st, ord) */) return KEEL_BUSY;
  donate_all(z, lo, hi) /*@ ghost (st, ord) */;
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->nr_free, GHOSTS;
    ensures inv: InvB(z, st, ord);
    behavior none:
      assumes n == 0;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    behavior outside:
      assumes n > 0 && !(z->base <= pfn && pfn + n <= z->base + z->n);
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_OUT_OF_RANGE;
    behavior busy:
      assumes n > 0 && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes \exists integer q; pfn - z->base <= q < pfn - z->base + n && st[q] == LIVE;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BUSY;
    behavior ok:
      assumes n > 0 && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> st[q] != LIVE;
      ensures done: \result == KEEL_OK;
      ensures mine: \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> st[q] == RSVD;
      ensures frame: \forall integer q; 0 <= q < NP && !(pfn - z->base <= q < pfn - z->base + n) ==> KEEPS(Pre, q);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_reserve(struct keel_pages *z, keel_pfn_t pfn, uint32_t n) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (n == 0) return KEEL_BAD_ARGUMENT;
  if (!in_range(z, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - z->base), hi = lo + n;
  if (!none_live(z, lo, hi) /*@ ghost (st, ord) */) return KEEL_BUSY;
  withdraw_all(z, lo, hi) /*@ ghost (st, ord) */;
  return KEEL_OK;
}

/* Allocates from the free block id, the best fit, and counts. */
/*@ requires InvB(z, st, ord) && order <= MAXO && kind < KEEL_KINDS;
    requires base(z->u, order) <= id < 2047 * z->u && Bit(z->l0, id);
    requires \forall integer q; 0 <= q < NP && st[q] == FREE && ord[q] >= order ==> anc(z->u, q, ord[q]) >= id;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, GHOSTS;
    ALLOCATED */
KEEL_NOINLINE keel_pfn_t alloc_from(struct keel_pages *z, uint32_t id, uint32_t order, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost F: ;
  //@ assert \valid(z);
  uint32_t p = hand_out(z, id, order, kind) /*@ ghost (st, ord) */;
  //@ assert \let k = \at(ord[\at(p, Here)], F); node(z->u, id, k) && head(z->u, id, k) == p && order <= k;
  //@ assert best: \let k = \at(ord[\at(p, Here)], F); \forall integer q; 0 <= q < NP && \at(st[q], F) == FREE && \at(ord[q], F) >= order ==> \at(ord[q], F) >= k;
  //@ assert best: \let k = \at(ord[\at(p, Here)], F); \forall integer q; 0 <= q < NP && \at(st[q], F) == FREE && \at(ord[q], F) == k ==> head(z->u, anc(z->u, q, k), k) >= p && q >= p;
  if (z->allocs != INT64_MAX) z->allocs += 1;
  return z->base + p;
}

/* Allocates after a search through all levels. */
/*@ requires InvB(z, st, ord) && order <= MAXO && kind < KEEL_KINDS;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    behavior none:
      assumes !SomeFree(st, ord, z->u, order);
      FAILED(P2(order))
    behavior ok:
      assumes SomeFree(st, ord, z->u, order);
      ALLOCATED
    complete behaviors; disjoint behaviors; */
KEEL_NOINLINE keel_pfn_t alloc_far(struct keel_pages *z, uint32_t order, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  uint32_t id = fit(z, order) /*@ ghost (st, ord) */;
  if (id != KEEL_NONE) return alloc_from(z, id, order, kind) /*@ ghost (st, ord) */;
  count_fail(z, pages_of(order));
  return KEEL_NO_PAGES;
}

/* Allocates the free block id, the best fit, which has the right order and is in
   word a of the set, in the reach of word b of the first summary. */
/*@ requires InvB(z, st, ord) && order <= MAXO && kind < KEEL_KINDS && a == id / 64 && b == a / 64;
    requires node(z->u, id, order) && Bit(z->l0, id);
    requires \forall integer q; 0 <= q < NP && st[q] == FREE && ord[q] >= order ==> anc(z->u, q, ord[q]) >= id;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, GHOSTS;
    ALLOCATED */
KEEL_INLINE keel_pfn_t alloc_whole(struct keel_pages *z, uint32_t id, uint32_t a, uint32_t b, uint32_t order, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  //@ ghost uint32_t u = z->u;
  //@ assert anc(u, head(u, id, order), order) == id;
  //@ assert \forall integer q; 0 <= q < NP ==> (anc(u, q, order) == id <==> head(u, id, order) <= q < head(u, id, order) + P2(order));
  //@ assert free: \forall integer q; 0 <= q < NP && anc(u, q, order) == id ==> st[q] == FREE && ord[q] == order;
  //@ assert best: \forall integer q; 0 <= q < NP && st[q] == FREE && ord[q] == order ==> head(u, anc(u, q, order), order) >= head(u, id, order) && q >= head(u, id, order);
  //@ ghost lem_quiet(st, u);
  take_at(z, id, a, b) /*@ ghost (st, ord, order) */;
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, order) != id ==> st[q] == \at(st[q], Pre) && ord[q] == \at(ord[q], Pre) && z->tag[q] == \at(z->tag[q], Pre);
  //@ ghost C: ;
  uint32_t p = grant(z, id, order, kind) /*@ ghost (st, ord) */;
  //@ assert p == head(u, id, order) && mod2(p, order) == 0;
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, order) != id ==> st[q] == \at(st[q], C) && ord[q] == \at(ord[q], C) && z->tag[q] == \at(z->tag[q], C);
  //@ assert \forall integer q; 0 <= q < NP && anc(u, q, order) != id ==> KEEPS(Pre, q);
  if (z->allocs != INT64_MAX) z->allocs += 1;
  //@ ghost g_fold(z, st, ord);
  return z->base + p;
}

/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    ensures inv: InvB(z, st, ord);
    behavior bad:
      assumes order > MAXO || kind >= KEEL_KINDS;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    behavior none:
      assumes order <= MAXO && kind < KEEL_KINDS && !SomeFree(st, ord, z->u, order);
      FAILED(P2(order))
    behavior ok:
      assumes order <= MAXO && kind < KEEL_KINDS && SomeFree(st, ord, z->u, order);
      ALLOCATED
    complete behaviors; disjoint behaviors; */
keel_pfn_t keel_pages_alloc(struct keel_pages *z, uint32_t order, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (KEEL_UNLIKELY(order > MAXO || kind >= KEEL_KINDS)) return KEEL_BAD_ARGUMENT;
  if (KEEL_UNLIKELY(!fb_near(z, z->first[order]))) return alloc_far(z, order, kind) /*@ ghost (st, ord) */;
  uint32_t b = fb_near1(z, z->first[order]), a = fb_near0(z, b), id = s_min(z->l0, a);
  //@ ghost lem_best(z->l0, st, ord, z->u, id, order);
  if (id >= z->first[order + 1]) return alloc_from(z, id, order, kind) /*@ ghost (st, ord) */;
  return alloc_whole(z, id, a, b, order, kind) /*@ ghost (st, ord) */;
}

/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
    ensures inv: InvB(z, st, ord);
    ensures status: \result == \old(OwnErr(z, st, ord, pfn - z->base, kind));
    behavior ok:
      assumes OwnErr(z, st, ord, pfn - z->base, kind) == KEEL_OK;
      ensures mine: \let p = pfn - z->base; \forall integer q; p <= q < p + P2(\old(ord[pfn - z->base])) ==> \old(st[q]) == LIVE && st[q] == FREE;
      ensures large: \let p = pfn - z->base; \forall integer q; p <= q < p + P2(\old(ord[pfn - z->base])) ==> ord[q] >= \old(ord[pfn - z->base]);
      ensures frame: \let p = pfn - z->base; \forall integer q; 0 <= q < NP && !(p <= q < p + P2(\old(ord[pfn - z->base]))) ==> KEEPS(Pre, q);
      ensures count: z->nr_free == \old(z->nr_free) + P2(\old(ord[pfn - z->base])) && z->frees == Inc(\old(z->frees));
    behavior bad:
      assumes OwnErr(z, st, ord, pfn - z->base, kind) != KEEL_OK;
      assigns \nothing;
      UNCHANGED
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_free(struct keel_pages *z, keel_pfn_t pfn, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (!in_range(z, pfn, 1)) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(pfn - z->base);
  int64_t k = own_order(z, p, kind) /*@ ghost (st, ord) */;
  if (KEEL_UNLIKELY(k < 0 || k > (int64_t)MAXO)) return own_error(z, p, kind) /*@ ghost (st, ord) */;
  uint32_t order = (uint32_t)k;
  //@ assert LiveHead(st, ord, z->u, p) && z->ref[p] == 0;
  //@ assert order == ord[p] && order == \at(ord[pfn - z->base], Pre);
  if (z->frees != INT64_MAX) z->frees += 1;
  //@ ghost g_fold(z, st, ord);
  free_block(z, p, order) /*@ ghost (st, ord) */;
  //@ assert z->nr_free == \at(z->nr_free, Pre) + P2(order);
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord);
    assigns TAGS, z->ref[0 .. 1024 * z->u - 1];
    ensures inv: InvB(z, st, ord);
    ensures frame: \forall integer q; 0 <= q < NP && q != pfn - z->base ==> z->tag[q] == \old(z->tag[q]) && z->ref[q] == \old(z->ref[q]);
    behavior ok:
      assumes HeadErr(z, st, ord, pfn - z->base) == KEEL_OK && z->ref[pfn - z->base] < KEEL_REFS_MAX - 1;
      ensures done: \result == KEEL_OK;
      ensures more: z->ref[pfn - z->base] == \old(z->ref[pfn - z->base]) + 1;
      ensures same: z->tag[pfn - z->base] / 32 == \old(z->tag[pfn - z->base]) / 32 && z->tag[pfn - z->base] % 16 == \old(z->tag[pfn - z->base]) % 16;
    behavior full:
      assumes HeadErr(z, st, ord, pfn - z->base) == KEEL_OK && z->ref[pfn - z->base] >= KEEL_REFS_MAX - 1;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_SATURATED;
    behavior bad:
      assumes HeadErr(z, st, ord, pfn - z->base) != KEEL_OK;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == HeadErr(z, st, ord, pfn - z->base);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_get(struct keel_pages *z, keel_pfn_t pfn) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (!in_range(z, pfn, 1)) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(pfn - z->base);
  enum keel_status e = head_error(z, p) /*@ ghost (st, ord) */;
  if (e != KEEL_OK) return e;
  if (z->ref[p] >= KEEL_REFS_MAX - 1) return KEEL_SATURATED;
  share(z, p) /*@ ghost (st, ord) */;
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->frees, GHOSTS;
    ensures inv: InvB(z, st, ord);
    behavior drop:
      assumes OwnErr(z, st, ord, pfn - z->base, kind) == KEEL_BUSY;
      assigns TAGS, z->ref[0 .. 1024 * z->u - 1];
      ensures done: \result == KEEL_OK;
      ensures blocks: \forall integer q; 0 <= q < NP ==> Same{Pre, Here}(st, ord, q);
      ensures count: z->nr_free == \old(z->nr_free) && z->frees == \old(z->frees);
      ensures less: z->ref[pfn - z->base] == \old(z->ref[pfn - z->base]) - 1;
      ensures same: z->tag[pfn - z->base] / 32 == \old(z->tag[pfn - z->base]) / 32 && z->tag[pfn - z->base] % 16 == \old(z->tag[pfn - z->base]) % 16;
      ensures frame: \forall integer q; 0 <= q < NP && q != pfn - z->base ==> z->tag[q] == \old(z->tag[q]) && z->ref[q] == \old(z->ref[q]);
    behavior last:
      assumes OwnErr(z, st, ord, pfn - z->base, kind) == KEEL_OK;
      assigns KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
      ensures done: \result == KEEL_OK;
      ensures mine: \let p = pfn - z->base; \forall integer q; p <= q < p + P2(\old(ord[pfn - z->base])) ==> \old(st[q]) == LIVE && st[q] == FREE;
      ensures large: \let p = pfn - z->base; \forall integer q; p <= q < p + P2(\old(ord[pfn - z->base])) ==> ord[q] >= \old(ord[pfn - z->base]);
      ensures frame: \let p = pfn - z->base; \forall integer q; 0 <= q < NP && !(p <= q < p + P2(\old(ord[pfn - z->base]))) ==> KEEPS(Pre, q);
      ensures count: z->nr_free == \old(z->nr_free) + P2(\old(ord[pfn - z->base])) && z->frees == Inc(\old(z->frees));
      ensures refs: \forall integer q; 0 <= q < NP ==> z->ref[q] == \old(z->ref[q]);
    behavior bad:
      assumes OwnErr(z, st, ord, pfn - z->base, kind) != KEEL_BUSY && OwnErr(z, st, ord, pfn - z->base, kind) != KEEL_OK;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == OwnErr(z, st, ord, pfn - z->base, kind);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_put(struct keel_pages *z, keel_pfn_t pfn, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (!in_range(z, pfn, 1)) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(pfn - z->base);
  enum keel_status e = own_error(z, p, kind) /*@ ghost (st, ord) */;
  if (e == KEEL_BUSY) {
    unshare(z, p) /*@ ghost (st, ord) */;
    return KEEL_OK;
  }
  if (e != KEEL_OK) return e;
  return keel_pages_free(z, pfn, kind) /*@ ghost (st, ord) */;
}
/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->fails, z->largest_fail, GHOSTS;
    ensures inv: InvB(z, st, ord);
    behavior bad:
      assumes n == 0 || n > 1024 || kind >= KEEL_KINDS;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    behavior none:
      assumes 1 <= n <= 1024 && kind < KEEL_KINDS && !(\exists integer q; 0 <= q < NP && st[q] == FREE && n <= P2(ord[q]));
      assigns z->fails, z->largest_fail;
      FAILED(n)
    behavior ok:
      assumes 1 <= n <= 1024 && kind < KEEL_KINDS && \exists integer q; 0 <= q < NP && st[q] == FREE && n <= P2(ord[q]);
      assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, GHOSTS;
      ensures in: z->base <= \result && \result + n <= z->base + z->n;
      ensures mine: \forall integer q; \result - z->base <= q < \result - z->base + n ==>
                      \old(st[q]) == FREE && st[q] == LIVE && ord[q] == 0 && z->tag[q] == 32 * kind + 1 && z->ref[q] == 0;
      ensures frame: \forall integer q; 0 <= q < NP && !(\result - z->base <= q < \result - z->base + n) ==> KEEPS(Pre, q);
      ensures count: z->nr_free == \old(z->nr_free) - n && z->allocs == Inc(\old(z->allocs));
    complete behaviors; disjoint behaviors; */
keel_pfn_t keel_pages_alloc_exact(struct keel_pages *z, uint32_t n, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (n == 0 || n > KEEL_PAGES_GRANULE || kind >= KEEL_KINDS) return KEEL_BAD_ARGUMENT;
  uint32_t order = order_for(n), id = fit(z, order) /*@ ghost (st, ord) */;
  if (id == KEEL_NONE) {
    count_fail(z, n);
    return KEEL_NO_PAGES;
  }
  uint32_t p = hand_out(z, id, order, kind) /*@ ghost (st, ord) */;
  //@ ghost A: ;
  dissolve(z, p, order) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; 0 <= q < NP && !(p <= q < p + P2(order)) ==> st[q] == \at(st[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && !(p <= q < p + P2(order)) && st[q] != FREE ==> ord[q] == \at(ord[q], Pre) && z->tag[q] == \at(z->tag[q], Pre);
  //@ ghost B: ;
  free_all(z, p + n, p + pages_of(order)) /*@ ghost (st, ord) */;
  //@ assert \forall integer q; p <= q < p + n ==> st[q] == LIVE && ord[q] == 0 && z->tag[q] == 32 * kind + 1 && z->ref[q] == 0;
  //@ assert \forall integer q; 0 <= q < NP && !(p <= q < p + n) ==> st[q] == \at(st[q], Pre);
  //@ assert \forall integer q; 0 <= q < NP && !(p <= q < p + n) && st[q] != FREE ==> ord[q] == \at(ord[q], Pre) && z->tag[q] == \at(z->tag[q], Pre);
  if (z->allocs != INT64_MAX) z->allocs += 1;
  return z->base + p;
}

/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, GHOSTS;
    ensures inv: InvB(z, st, ord);
    behavior bad:
      assumes n == 0 || kind >= KEEL_KINDS;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    behavior outside:
      assumes n > 0 && kind < KEEL_KINDS && !(z->base <= pfn && pfn + n <= z->base + z->n);
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_OUT_OF_RANGE;
    behavior busy:
      assumes n > 0 && kind < KEEL_KINDS && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes \exists integer q; pfn - z->base <= q < pfn - z->base + n && st[q] != FREE;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BUSY;
    behavior ok:
      assumes n > 0 && kind < KEEL_KINDS && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> st[q] == FREE;
      ensures done: \result == KEEL_OK;
      ensures mine: \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> st[q] == LIVE && ord[q] == 0 && z->tag[q] == 32 * kind + 1;
      ensures frame: \forall integer q; 0 <= q < NP && !(pfn - z->base <= q < pfn - z->base + n) ==> KEEPS(Pre, q);
      ensures count: z->nr_free == \old(z->nr_free) - n && z->allocs == Inc(\old(z->allocs));
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_alloc_range(struct keel_pages *z, keel_pfn_t pfn, uint32_t n, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (n == 0 || kind >= KEEL_KINDS) return KEEL_BAD_ARGUMENT;
  if (!in_range(z, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - z->base), hi = lo + n;
  if (!all_free(z, lo, hi) /*@ ghost (st, ord) */) return KEEL_BUSY;
  claim_all(z, lo, hi, kind) /*@ ghost (st, ord) */;
  if (z->allocs != INT64_MAX) z->allocs += 1;
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord);
    assigns TAGS, GHOSTS;
    ensures inv: InvB(z, st, ord);
    ensures status: \result == \old(OwnErr(z, st, ord, pfn - z->base, kind));
    behavior ok:
      assumes OwnErr(z, st, ord, pfn - z->base, kind) == KEEL_OK;
      ensures mine: \let p = pfn - z->base; \forall integer q; p <= q < p + P2(\old(ord[pfn - z->base])) ==>
                      \old(st[q]) == LIVE && st[q] == LIVE && ord[q] == 0 && z->tag[q] == 32 * kind + 1;
      ensures frame: \let p = pfn - z->base; \forall integer q; 0 <= q < NP && !(p <= q < p + P2(\old(ord[pfn - z->base]))) ==> KEEPS(Pre, q);
    behavior bad:
      assumes OwnErr(z, st, ord, pfn - z->base, kind) != KEEL_OK;
      assigns \nothing;
      UNCHANGED
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_split(struct keel_pages *z, keel_pfn_t pfn, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (!in_range(z, pfn, 1)) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(pfn - z->base);
  enum keel_status e = own_error(z, p, kind) /*@ ghost (st, ord) */;
  if (e != KEEL_OK) return e;
  //@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]) && z->tag[p] / 16 % 2 == 0 && z->tag[p] / 32 == kind;
  dissolve(z, p, z->tag[p] % 16u - 1u) /*@ ghost (st, ord) */;
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord) && \valid(b) && \separated(b, z) && \separated(b, z->ref + (0 .. 1024 * z->u - 1));
    assigns *b;
    behavior outside:
      assumes pfn < z->base || pfn >= z->base + z->n;
      assigns \nothing;
      ensures refused: \result == KEEL_OUT_OF_RANGE;
    behavior ok:
      assumes z->base <= pfn < z->base + z->n;
      ensures done: \result == KEEL_OK;
      ensures state: b->state == st[pfn - z->base] && b->order == ord[pfn - z->base];
      ensures first: \let p = pfn - z->base; b->pfn == z->base + head(z->u, anc(z->u, p, ord[p]), ord[p]);
      ensures live: \let h = b->pfn - z->base; st[pfn - z->base] == LIVE ==> b->kind == z->tag[h] / 32 && b->refs == z->ref[h] + 1;
      ensures idle: st[pfn - z->base] != LIVE ==> b->kind == 0 && b->refs == 0;
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_block(const struct keel_pages *z, keel_pfn_t pfn, struct keel_block *b) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (!in_range(z, pfn, 1)) return KEEL_OUT_OF_RANGE;
  uint32_t p = (uint32_t)(pfn - z->base), k = free_order(z, p) /*@ ghost (st, ord) */;
  //@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]);
  if (z->tag[p] == T_RSVD) k = 0;
  if (k == KEEL_NONE) {
    describe_live(z, p, b) /*@ ghost (st, ord) */;
    //@ assert z->base == \at(z->base, Pre) && p == pfn - z->base;
    //@ assert b->state == st[pfn - z->base] && b->order == ord[pfn - z->base];
    //@ assert b->pfn == z->base + head(z->u, anc(z->u, pfn - z->base, ord[pfn - z->base]), ord[pfn - z->base]);
    //@ assert \let h = b->pfn - z->base; b->kind == z->tag[h] / 32 && b->refs == z->ref[h] + 1;
  } else {
    describe_idle(z, p, k, b) /*@ ghost (st, ord) */;
    //@ assert z->base == \at(z->base, Pre) && p == pfn - z->base;
    //@ assert b->state == st[pfn - z->base] && b->order == ord[pfn - z->base];
    //@ assert b->pfn == z->base + head(z->u, anc(z->u, pfn - z->base, ord[pfn - z->base]), ord[pfn - z->base]);
  }
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord);
    assigns KEEL_BITS, TAGS, z->nr_free, z->frees, GHOSTS;
    ensures inv: InvB(z, st, ord);
    behavior none:
      assumes n == 0;
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_BAD_ARGUMENT;
    behavior outside:
      assumes n > 0 && !(z->base <= pfn && pfn + n <= z->base + z->n);
      assigns \nothing;
      UNCHANGED
      ensures refused: \result == KEEL_OUT_OF_RANGE;
    behavior bad:
      assumes n > 0 && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes !(\forall integer q; pfn - z->base <= q < pfn - z->base + n ==> OWNED(pfn - z->base, pfn - z->base + n, q));
      assigns \nothing;
      UNCHANGED
      ensures refused: \result != KEEL_OK && \exists integer p; WRONG_AT(pfn - z->base, pfn - z->base + n, p, \result);
    behavior ok:
      assumes n > 0 && z->base <= pfn && pfn + n <= z->base + z->n;
      assumes \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> OWNED(pfn - z->base, pfn - z->base + n, q);
      ensures done: \result == KEEL_OK;
      ensures mine: \forall integer q; pfn - z->base <= q < pfn - z->base + n ==> st[q] == FREE;
      ensures frame: \forall integer q; 0 <= q < NP && !(pfn - z->base <= q < pfn - z->base + n) ==> KEEPS(Pre, q);
      ensures count: z->nr_free == \old(z->nr_free) + n;
      ensures blocks: z->frees == \min(\old(z->frees) + heads{Pre}(\old(z->tag), pfn - z->base, pfn - z->base + n), INT64_MAX);
    complete behaviors; disjoint behaviors; */
enum keel_status keel_pages_free_range(struct keel_pages *z, keel_pfn_t pfn, uint32_t n, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  if (n == 0) return KEEL_BAD_ARGUMENT;
  if (!in_range(z, pfn, n)) return KEEL_OUT_OF_RANGE;
  uint32_t lo = (uint32_t)(pfn - z->base), hi = lo + n;
  enum keel_status e = range_error(z, lo, hi, kind) /*@ ghost (st, ord) */;
  if (e != KEEL_OK) return e;
  free_owned(z, lo, hi) /*@ ghost (st, ord, kind) */;
  return KEEL_OK;
}

/*@ requires InvB(z, st, ord) && \valid(s) && \separated(s, z);
    assigns *s;
    ensures blocks: \forall integer k; 0 <= k <= MAXO ==> s->free_blocks[k] == nbits(z->l0, base(z->u, k), base(z->u, k + 1)) && 0 <= s->free_blocks[k] <= KEEL_PAGES_MAX;
    ensures pages: s->pages == z->n && s->nr_free == z->nr_free;
    ensures calls: s->allocs == z->allocs && s->frees == z->frees && s->fails == z->fails && s->largest_fail == z->largest_fail; */
void keel_pages_stats(const struct keel_pages *z, struct keel_page_stats *s) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  /*@ loop invariant 0 <= k <= MAXO + 1;
      loop invariant \forall integer j; 0 <= j < k ==> s->free_blocks[j] == nbits(z->l0, base(z->u, j), base(z->u, j + 1)) && 0 <= s->free_blocks[j] <= KEEL_PAGES_MAX;
      loop assigns k, s->free_blocks[0 .. MAXO];
      loop variant MAXO + 1 - k; */
  for (uint32_t k = 0; k <= MAXO; k++) s->free_blocks[k] = count_order(z, k);
  s->pages = z->n;
  s->nr_free = z->nr_free;
  s->allocs = z->allocs;
  s->frees = z->frees;
  s->fails = z->fails;
  s->largest_fail = z->largest_fail;
}

/*@ requires \valid_read(s) && \forall integer k; 0 <= k <= MAXO ==> 0 <= s->free_blocks[k] <= KEEL_PAGES_MAX;
    assigns \nothing;
    behavior order:
      assumes order > MAXO;
      ensures \result == 0;
    behavior empty:
      assumes order <= MAXO && SumN(s, 0, 11) == 0;
      ensures \result == 0;
    behavior fits:
      assumes order <= MAXO && SumN(s, 0, 11) > 0 && SumN(s, order, 11) > 0;
      ensures \result == -1000;
    behavior lacks:
      assumes order <= MAXO && SumN(s, 0, 11) > 0 && SumN(s, order, 11) <= 0;
      ensures \let x = 1000 + div2(1000 * SumF(s, 0, 11), order); \let n = SumN(s, 0, 11);
              (1000 - \result) * n <= x < (1001 - \result) * n;
    complete behaviors; disjoint behaviors; */
int32_t keel_pages_frag_index(const struct keel_page_stats *s, uint32_t order)
{
  uint64_t f = 0, n = 0, fit = 0;
  if (order > MAXO) return 0;
  /*@ loop invariant 0 <= k <= MAXO + 1;
      loop invariant f == SumF(s, 0, k) && f <= k * 0x4000000000;
      loop invariant n == SumN(s, 0, k) && n <= k * 0x10000000;
      loop invariant fit == (k <= order ? 0 : SumN(s, order, k)) && fit <= n;
      loop invariant fit == 0 ==> f <= mul(n, order);
      loop assigns k, f, n, fit;
      loop variant MAXO + 1 - k; */
  for (uint32_t k = 0; k <= MAXO; k++) {
    uint64_t c = (uint64_t)s->free_blocks[k];
    //@ assert mul(c, k) <= 0x4000000000;
    //@ assert k <= order ==> mul(c, k) <= mul(c, order);
    //@ assert mul(n + c, order) == mul(n, order) + mul(c, order);
    f += times_pow2(c, k);
    n += c;
    if (k >= order) fit += c;
  }
  if (n == 0) return 0;
  if (fit > 0) return -1000;
  uint64_t x = over_pow2(1000u * f, order);
  //@ assert x <= 1000 * n;
  uint32_t q = quotient(1000u + x, n, 2000);
  return 1000 - (int32_t)q;
}

/*@ requires \valid_read(s) && \forall integer k; 0 <= k <= MAXO ==> 0 <= s->free_blocks[k] <= KEEL_PAGES_MAX;
    assigns \nothing;
    behavior order:
      assumes order > MAXO;
      ensures \result == 0;
    behavior empty:
      assumes order <= MAXO && SumF(s, 0, 11) == 0;
      ensures \result == 0;
    behavior some:
      assumes order <= MAXO && SumF(s, 0, 11) > 0;
      ensures \let x = 1000 * (SumF(s, 0, 11) - SumF(s, order, 11)); \let f = SumF(s, 0, 11);
              \result * f <= x < (\result + 1) * f;
    complete behaviors; disjoint behaviors; */
int32_t keel_pages_unusable_index(const struct keel_page_stats *s, uint32_t order)
{
  uint64_t f = 0, fit = 0;
  if (order > MAXO) return 0;
  /*@ loop invariant 0 <= k <= MAXO + 1;
      loop invariant f == SumF(s, 0, k) && f <= k * 0x4000000000;
      loop invariant fit == (k <= order ? 0 : SumF(s, order, k)) && fit <= f;
      loop assigns k, f, fit;
      loop variant MAXO + 1 - k; */
  for (uint32_t k = 0; k <= MAXO; k++) {
    //@ assert mul(s->free_blocks[k], k) <= 0x4000000000;
    uint64_t c = times_pow2((uint64_t)s->free_blocks[k], k);
    f += c;
    if (k >= order) fit += c;
  }
  return f == 0 ? 0 : (int32_t)quotient(1000u * (f - fit), f, 1000);
}

/*@ requires Tables(z);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Wf(z); */
int keel_pages_check(const struct keel_pages *z)
{
  uint32_t u = z->u;
  if (z->n == 0 || z->n > 1024u * u || z->base < 0 || z->base > KEEL_PFN_MAX - (int64_t)KEEL_PAGES_MAX || z->base % (int64_t)KEEL_PAGES_GRANULE != 0) return 0;
  if (!first_ok(z)) return 0;
  if (z->allocs < 0 || z->frees < 0 || z->fails < 0 || z->largest_fail < 0) return 0;
  if (!sum_ok(z->l0, z->l1, 32u * u, 64u * (u / 2u + 1u))) return 0;
  if (!sum_ok(z->l1, z->l2, u / 2u + 1u, 64u * (u / 128u + 1u))) return 0;
  if (!sum_ok(z->l2, z->l3, u / 128u + 1u, 64u * (u / 8192u + 1u))) return 0;
  if (!nodes_ok(z) || !all_pages_ok(z)) return 0;
  return count_free(z) == z->nr_free;
}

/*@ requires InvB(z, st, ord) && \valid(buf + (0 .. size - 1));
    requires n <= 64 && \valid_read(name + (0 .. n)) && (n == 64 || name[n] == 0); // n: length of the name, 64 at most
    requires \separated(buf + (0 .. size - 1), name + (0 .. n));
    assigns buf[0 .. size - 1];
    ensures some: 0 < \result < 1024;
    ensures end: size > 0 ==> buf[\min(\result, size - 1)] == 0; */
size_t keel_pages_report(const struct keel_pages *z, const char *name, char *buf, size_t size) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord, uint32_t n) */
{
  struct keel_page_stats t;
  keel_pages_stats(z, &t) /*@ ghost (st, ord) */;
  size_t len = put_s(buf, size, 0, name) /*@ ghost (n) */;
  /*@ loop invariant 0 <= k <= MAXO + 1 && len <= 64 + 21 * k;
      loop assigns k, len, buf[0 .. size - 1];
      loop variant MAXO + 1 - k; */
  for (uint32_t k = 0; k <= MAXO; k++) {
    len = put_c(buf, size, len, ' ');
    len = put_n(buf, size, len, (uint64_t)t.free_blocks[k], 6);
  }
  len = put_field(buf, size, len, "\n  pages ", t.pages) /*@ ghost ((uint32_t)9) */;
  len = put_field(buf, size, len, " free ", t.nr_free) /*@ ghost ((uint32_t)6) */;
  len = put_field(buf, size, len, " allocs ", t.allocs) /*@ ghost ((uint32_t)8) */;
  len = put_field(buf, size, len, " frees ", t.frees) /*@ ghost ((uint32_t)7) */;
  len = put_field(buf, size, len, " fails ", t.fails) /*@ ghost ((uint32_t)7) */;
  len = put_field(buf, size, len, " largest_fail ", t.largest_fail) /*@ ghost ((uint32_t)14) */;
  len = put_c(buf, size, len, '\n');
  if (size > 0) buf[len < size ? len : size - 1] = 0;
  return len;
}
