// SPDX-License-Identifier: MIT OR Apache-2.0
/* Code as a user of Keel would write it, proven from the contracts alone: that they
   say enough to build upon.  Run: ./keel test //proofs:clients_proof */
#include "keel.c"

/* What is freed can be allocated again. */
/*@ requires InvB(z, st, ord) && order <= MAXO && kind < KEEL_KINDS;
    assigns KEEL_BITS, TAGS, z->nr_free, z->allocs, z->frees, z->fails, z->largest_fail, GHOSTS;
    ensures InvB(z, st, ord);
    ensures \result == 1 <==> \old(SomeFree(st, ord, z->u, order));
    ensures z->nr_free == \old(z->nr_free) - (\result == 1 ? P2(order) : 0); */
int reuse(struct keel_pages *z, uint32_t order, uint32_t kind) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  keel_pfn_t p = keel_pages_alloc(z, order, kind) /*@ ghost (st, ord) */;
  if (p < 0) return 0;
  //@ assert z->tag[p - z->base] / 32 == kind && OwnErr(z, st, ord, p - z->base, kind) == KEEL_OK && ord[p - z->base] == order;
  enum keel_status e = keel_pages_free(z, p, kind) /*@ ghost (st, ord) */;
  //@ assert e == KEEL_OK && st[p - z->base] == FREE && ord[p - z->base] >= order;
  keel_pfn_t q = keel_pages_alloc(z, order, kind) /*@ ghost (st, ord) */;
  //@ assert q >= 0;
  return q >= 0;
}

/* A second reference keeps a block; a free under another kind is refused. */
/*@ requires InvB(z, st, ord) && kind < KEEL_KINDS && other != kind;
    assigns KEEL_BITS, TAGS, z->ref[0 .. 1024 * z->u - 1], z->nr_free, z->allocs, z->frees, z->fails, z->largest_fail, GHOSTS;
    ensures InvB(z, st, ord) && z->nr_free == \old(z->nr_free); */
void share_and_drop(struct keel_pages *z, uint32_t kind, uint32_t other) /*@ ghost (uint16_t \ghost *st, int16_t \ghost *ord) */
{
  keel_pfn_t p = keel_pages_alloc(z, 0, kind) /*@ ghost (st, ord) */;
  if (p < 0) return;
  //@ assert OwnErr(z, st, ord, p - z->base, kind) == KEEL_OK && OwnErr(z, st, ord, p - z->base, other) == KEEL_WRONG_KIND;
  enum keel_status wrong = keel_pages_free(z, p, other) /*@ ghost (st, ord) */;
  //@ assert wrong == KEEL_WRONG_KIND;
  enum keel_status more = keel_pages_get(z, p) /*@ ghost (st, ord) */;
  //@ assert more == KEEL_OK && z->ref[p - z->base] == 1;
  //@ assert OwnErr(z, st, ord, p - z->base, kind) == KEEL_BUSY;
  enum keel_status busy = keel_pages_free(z, p, kind) /*@ ghost (st, ord) */;
  //@ assert busy == KEEL_BUSY;
  enum keel_status first = keel_pages_put(z, p, kind) /*@ ghost (st, ord) */;
  //@ assert first == KEEL_OK && z->ref[p - z->base] == 0 && z->tag[p - z->base] / 32 == kind;
  //@ assert LiveHead(st, ord, z->u, p - z->base) && ord[p - z->base] == 0;
  //@ assert OwnErr(z, st, ord, p - z->base, kind) == KEEL_OK;
  enum keel_status last = keel_pages_put(z, p, kind) /*@ ghost (st, ord) */;
  //@ assert last == KEEL_OK;
}
