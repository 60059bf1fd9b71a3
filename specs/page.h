// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of the page allocator (core/page.c).

   1. The abstract state of an instance is a status and an order for every page,
      in two ghost arrays st and ord that are handed along with the instance
      (their C types differ from those of all other arrays, so that the memory
      model keeps them apart).  A page's order is that of the block it is in.
   2. Blocks are nodes of a forest of u complete binary trees over 1024 leaves
      each, numbered from the leaves up: order k has the nodes base(k) .. base(k+1) - 1,
      so that page p is node p, the parent of node i is 1024u + i/2, and smaller
      numbers are smaller blocks.
   3. A block that is HELD is in the hands of the allocator: taken from the free
      set and not yet handed out, or the reverse.  With it, every single step
      keeps the whole invariant, in the middle of a split or a merge too. */
#ifndef KEEL_SPECS_PAGE_H
#define KEEL_SPECS_PAGE_H

/* ---- nodes and pages ----------------------------------------------------------- */
/*@ axiomatic Tree {
    // (a block without an axiom: it only keeps the lemmas out of goals that do not speak of trees)
    // 2^k
    logic integer P2(integer k) = k == 0 ? 1 : k == 1 ? 2 : k == 2 ? 4 : k == 3 ? 8 : k == 4 ? 16 :
      k == 5 ? 32 : k == 6 ? 64 : k == 7 ? 128 : k == 8 ? 256 : k == 9 ? 512 : 1024;
    // first node of order k; base(u, k + 1) is one past the last
    logic integer base(integer u, integer k) = k == 0 ? 0 : k == 1 ? 1024 * u : k == 2 ? 1536 * u :
      k == 3 ? 1792 * u : k == 4 ? 1920 * u : k == 5 ? 1984 * u : k == 6 ? 2016 * u : k == 7 ? 2032 * u :
      k == 8 ? 2040 * u : k == 9 ? 2044 * u : k == 10 ? 2046 * u : 2047 * u;
    // the node of order k above page p
    logic integer anc(integer u, integer p, integer k) = k <= 0 ? p : 1024 * u + anc(u, p, k - 1) / 2;
    // x * 2^k and x mod 2^k
    logic integer mul(integer x, integer k) = k == 0 ? x : k == 1 ? 2 * x : k == 2 ? 4 * x : k == 3 ? 8 * x :
      k == 4 ? 16 * x : k == 5 ? 32 * x : k == 6 ? 64 * x : k == 7 ? 128 * x : k == 8 ? 256 * x :
      k == 9 ? 512 * x : 1024 * x;
    logic integer mod2(integer x, integer k) = k == 0 ? 0 : k == 1 ? x % 2 : k == 2 ? x % 4 : k == 3 ? x % 8 :
      k == 4 ? x % 16 : k == 5 ? x % 32 : k == 6 ? x % 64 : k == 7 ? x % 128 : k == 8 ? x % 256 :
      k == 9 ? x % 512 : x % 1024;
    // first page of a node
    logic integer head(integer u, integer id, integer k) = mul(id - base(u, k), k);
    predicate node(integer u, integer id, integer k) = 0 <= k <= 10 && base(u, k) <= id < base(u, k + 1);
    // its parent, the first of its halves, the other half of its parent
    logic integer dad(integer u, integer id) = 1024 * u + id / 2;
    logic integer kid(integer u, integer id) = 2 * (id - 1024 * u);
    logic integer bud(integer id) = id % 2 == 0 ? id + 1 : id - 1;

    lemma anc_0: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 0) - base(u, 0)) * 1 <= p < (anc(u, p, 0) - base(u, 0)) * 1 + 1;
    lemma anc_1: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 1) - base(u, 1)) * 2 <= p < (anc(u, p, 1) - base(u, 1)) * 2 + 2;
    lemma anc_2: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 2) - base(u, 2)) * 4 <= p < (anc(u, p, 2) - base(u, 2)) * 4 + 4;
    lemma anc_3: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 3) - base(u, 3)) * 8 <= p < (anc(u, p, 3) - base(u, 3)) * 8 + 8;
    lemma anc_4: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 4) - base(u, 4)) * 16 <= p < (anc(u, p, 4) - base(u, 4)) * 16 + 16;
    lemma anc_5: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 5) - base(u, 5)) * 32 <= p < (anc(u, p, 5) - base(u, 5)) * 32 + 32;
    lemma anc_6: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 6) - base(u, 6)) * 64 <= p < (anc(u, p, 6) - base(u, 6)) * 64 + 64;
    lemma anc_7: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 7) - base(u, 7)) * 128 <= p < (anc(u, p, 7) - base(u, 7)) * 128 + 128;
    lemma anc_8: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 8) - base(u, 8)) * 256 <= p < (anc(u, p, 8) - base(u, 8)) * 256 + 256;
    lemma anc_9: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 9) - base(u, 9)) * 512 <= p < (anc(u, p, 9) - base(u, 9)) * 512 + 512;
    lemma anc_10: \forall integer u, p; 1 <= u && 0 <= p < 1024 * u ==> (anc(u, p, 10) - base(u, 10)) * 1024 <= p < (anc(u, p, 10) - base(u, 10)) * 1024 + 1024;
    lemma anc_mul: \forall integer u, p, k; 1 <= u && 0 <= p < 1024 * u && 0 <= k <= 10 ==>
      head(u, anc(u, p, k), k) <= p < head(u, anc(u, p, k), k) + P2(k);
    lemma anc_up: \forall integer u, p, k; 1 <= u && 0 <= p && 0 <= k ==> anc(u, p, k + 1) == 1024 * u + anc(u, p, k) / 2;
    lemma anc_range: \forall integer u, p, k; 1 <= u && 0 <= p < 1024 * u && 0 <= k <= 10 ==> node(u, anc(u, p, k), k);
    lemma base_up: \forall integer u, k; 1 <= u && 0 <= k <= 10 ==> 2 * base(u, k + 1) == 2048 * u + base(u, k);
    lemma base_mono: \forall integer u, j, k; 1 <= u && 0 <= j < k <= 11 ==> base(u, j + 1) <= base(u, k);
    lemma anc_inj: \forall integer u, p, j, id, k; 1 <= u && 0 <= p < 1024 * u && 0 <= j <= 10 && node(u, id, k) && anc(u, p, j) == id ==> j == k;
    lemma mul_up: \forall integer x, k; 0 <= k < 10 ==> mul(x, k + 1) == 2 * mul(x, k);
    lemma head_in: \forall integer u, id, k; 1 <= u && node(u, id, k) ==> 0 <= head(u, id, k) && head(u, id, k) + P2(k) <= 1024 * u;
    lemma head_al: \forall integer u, id, k; 1 <= u && node(u, id, k) ==> mod2(head(u, id, k), k) == 0;
    lemma anc_in: \forall integer u, q, id, k; 1 <= u && 0 <= q < 1024 * u && node(u, id, k) ==>
      (anc(u, q, k) == id <==> head(u, id, k) <= q < head(u, id, k) + P2(k));
    lemma head_anc: \forall integer u, id, k; 1 <= u && node(u, id, k) ==> anc(u, head(u, id, k), k) == id;
    lemma anc_base: \forall integer u, k; 1 <= u && 0 <= k <= 10 ==> anc(u, 0, k) == base(u, k);
    }
*/

/* ---- the abstract state ---------------------------------------------------------- */
#define RSVD 0u /* reserved: not the allocator's                                    */
#define HELD 1u /* in the hands of the allocator; never between two calls           */
#define FREE 2u
#define LIVE 3u
#define NP (1024 * z->u)
#define GHOSTS st[0 .. 1024 * z->u - 1], ord[0 .. 1024 * z->u - 1]
#define TAGS z->tag[0 .. 1024 * z->u - 1]
#define SHARED(t) ((t) / 16 % 2 == 1 && (t) != T_NO)

/*@ predicate Pool{L}(struct keel_pages *z, uint16_t *st, int16_t *ord) = Zone(z) &&
      \valid(z->tag + (0 .. 1024 * z->u - 1)) && \valid(z->ref + (0 .. 1024 * z->u - 1)) &&
      \valid(st + (0 .. 1024 * z->u - 1)) && \valid(ord + (0 .. 1024 * z->u - 1));

    predicate InvO{L}(uint16_t *st, int16_t *ord, integer u) =
      \forall integer p; 0 <= p < 1024 * u ==> 0 <= ord[p] <= MAXO && st[p] <= LIVE && (st[p] == RSVD ==> ord[p] == 0);
    // the blocks are a partition of the pages
    predicate InvU{L}(uint16_t *st, int16_t *ord, integer u) =
      \forall integer p, q; 0 <= p < 1024 * u && 0 <= q < 1024 * u && anc(u, p, ord[p]) == anc(u, q, ord[p]) ==>
        ord[q] == ord[p] && st[q] == st[p];
    // the set of bits is exactly the set of free blocks
    predicate InvF{L}(uint64_t *l0, uint16_t *st, int16_t *ord, integer u) =
      \forall integer p, k; 0 <= p < 1024 * u && 0 <= k <= MAXO ==> (Bit(l0, anc(u, p, k)) <==> (st[p] == FREE && ord[p] == k));
    predicate InvR{L}(uint64_t *l0, integer u) = \forall integer id; 2047 * u <= id < 2048 * u ==> !Bit(l0, id);
    // tags
    predicate TagOk(integer u, integer p, integer s, integer o, integer t) =
      s == RSVD ? t == T_RSVD : (s == LIVE && head(u, anc(u, p, o), o) == p) ? t % 16 == o + 1 : t == T_NO;
    predicate InvT{L}(uint8_t *tag, uint16_t *st, int16_t *ord, integer u) =
      \forall integer p; 0 <= p < 1024 * u ==> TagOk(u, p, st[p], ord[p], tag[p]);
    // reference counts beyond the first: of shared blocks only
    predicate InvC{L}(uint8_t *tag, int32_t *ref, integer u) =
      \forall integer p; 0 <= p < 1024 * u ==> 0 <= ref[p] < KEEL_REFS_MAX && (ref[p] > 0 <==> SHARED(tag[p]));
    // maximal coalescing: no two free buddies
    predicate InvM{L}(uint64_t *l0, integer u) = \forall integer i; 0 <= i < 2046 * u && Bit(l0, i) ==> !Bit(l0, bud(i));
    predicate Inv{L}(struct keel_pages *z, uint16_t *st, int16_t *ord) = Pool(z, st, ord) && Sum(z) &&
      InvO(st, ord, z->u) && InvU(st, ord, z->u) && InvF(z->l0, st, ord, z->u) && InvR(z->l0, z->u) &&
      InvT(z->tag, st, ord, z->u) && InvC(z->tag, z->ref, z->u) && InvM(z->l0, z->u);
    predicate Quiet{L}(uint16_t *st, integer u) = \forall integer p; 0 <= p < 1024 * u ==> st[p] != HELD;

    // pages free or held, and free
    logic integer av(integer s) = (s == FREE || s == HELD) ? 1 : 0;
    logic integer cnt{L}(uint16_t *st, integer n) = n <= 0 ? 0 : cnt{L}(st, n - 1) + av(st[n - 1]);
    logic integer nfree{L}(uint16_t *st, integer n) = n <= 0 ? 0 : nfree{L}(st, n - 1) + (st[n - 1] == FREE ? 1 : 0);

    // (id, k) is a block of status s
    predicate Blk{L}(uint16_t *st, int16_t *ord, integer u, integer id, integer k, integer s) = node(u, id, k) &&
      \forall integer q; 0 <= q < 1024 * u && anc(u, q, k) == id ==> st[q] == s && ord[q] == k;
    predicate Same{L1, L2}(uint16_t *st, int16_t *ord, integer q) = \at(st[q], L1) == \at(st[q], L2) && \at(ord[q], L1) == \at(ord[q], L2);
    predicate Only{L1, L2}(uint16_t *st, int16_t *ord, integer u, integer id, integer k) =
      \forall integer q; 0 <= q < 1024 * u && anc(u, q, k) != id ==> Same{L1, L2}(st, ord, q);
*/
#define INVS                                                                                     \
  ensures Sum(z); ensures InvO(st, ord, z->u); ensures InvU(st, ord, z->u);                      \
  ensures InvF(z->l0, st, ord, z->u); ensures InvR(z->l0, z->u);                                 \
  ensures InvT(z->tag, st, ord, z->u); ensures InvC(z->tag, z->ref, z->u); ensures InvM(z->l0, z->u);

/* ---- what the callers see --------------------------------------------------------- */
/*@ predicate Counters{L}(struct keel_pages *z) =
      0 <= z->allocs && 0 <= z->frees && 0 <= z->fails && 0 <= z->largest_fail;
    predicate Range{L}(struct keel_pages *z) = 1 <= z->n <= 1024 * z->u && 0 <= z->base <= KEEL_PFN_MAX - KEEL_PAGES_MAX && z->base % 1024 == 0 &&
      (\forall integer k; 0 <= k <= 11 ==> z->first[k] == base(z->u, k));
    // pages beyond the instance's last are reserved
    predicate Rest{L}(uint16_t *st, integer n, integer u) = \forall integer p; n <= p < 1024 * u ==> st[p] == RSVD;
    // the invariant of an instance between two calls
    predicate InvB{L}(struct keel_pages *z, uint16_t *st, int16_t *ord) =
      Inv(z, st, ord) && Quiet(st, z->u) && z->nr_free == nfree(st, 1024 * z->u) &&
      Counters(z) && Range(z) && Rest(st, z->n, z->u);

    predicate SomeFree{L}(uint16_t *st, int16_t *ord, integer u, integer order) =
      \exists integer q; 0 <= q < 1024 * u && st[q] == FREE && ord[q] >= order;
    // p is the first page of a live block
    predicate LiveHead{L}(uint16_t *st, int16_t *ord, integer u, integer p) =
      0 <= p < 1024 * u && st[p] == LIVE && head(u, anc(u, p, ord[p]), ord[p]) == p;
    // what is wrong with p as the first page of a live block, KEEL_OK if nothing is
    logic integer HeadErr{L}(struct keel_pages *z, uint16_t *st, int16_t *ord, integer p) =
      (p < 0 || p >= z->n) ? KEEL_OUT_OF_RANGE :
      st[p] == RSVD ? KEEL_RESERVED :
      st[p] == FREE ? KEEL_ALREADY_FREE :
      head(z->u, anc(z->u, p, ord[p]), ord[p]) != p ? KEEL_NOT_HEAD : KEEL_OK;
    // ... of this kind, with one reference
    logic integer OwnErr{L}(struct keel_pages *z, uint16_t *st, int16_t *ord, integer p, integer kind) =
      HeadErr(z, st, ord, p) != KEEL_OK ? HeadErr(z, st, ord, p) :
      z->tag[p] / 32 != kind ? KEEL_WRONG_KIND :
      z->ref[p] > 0 ? KEEL_BUSY : KEEL_OK;
    // first page of q's block
    logic integer first{L}(int16_t *ord, integer u, integer q) = head(u, anc(u, q, ord[q]), ord[q]);
    // first pages of live blocks among lo .. hi - 1, all live
    logic integer heads{L}(uint8_t *tag, integer lo, integer hi) = hi <= lo ? 0 : heads(tag, lo, hi - 1) + (tag[hi - 1] == T_NO ? 0 : 1);
    // elements lo .. hi - 1 of a set
    logic integer nbits{L}(uint64_t *l, integer lo, integer hi) =
      hi <= lo ? 0 : nbits(l, lo, hi - 1) + (((l[(hi - 1) / 64] >> ((hi - 1) % 64)) & 1) == 1 ? 1 : 0);
    // blocks, and pages in them, of orders a .. b - 1 in a snapshot
    logic integer SumN{L}(struct keel_page_stats *s, integer a, integer b) =
      b <= a ? 0 : SumN(s, a, b - 1) + s->free_blocks[b - 1];
    logic integer SumF{L}(struct keel_page_stats *s, integer a, integer b) =
      b <= a ? 0 : SumF(s, a, b - 1) + mul(s->free_blocks[b - 1], b - 1);
    logic integer div2(integer x, integer k) = k == 0 ? x : k == 1 ? x / 2 : k == 2 ? x / 4 : k == 3 ? x / 8 :
      k == 4 ? x / 16 : k == 5 ? x / 32 : k == 6 ? x / 64 : k == 7 ? x / 128 : k == 8 ? x / 256 :
      k == 9 ? x / 512 : x / 1024;
    // what the executable check looks at: the arrays are there ...
    predicate Tables{L}(struct keel_pages *z) = Zone(z) &&
      \valid_read(z->tag + (0 .. 1024 * z->u - 1)) && \valid_read(z->ref + (0 .. 1024 * z->u - 1));
    // ... how many free, and live, blocks of the orders below k hold page p ...
    logic integer frees_on{L}(struct keel_pages *z, integer p, integer k) = k <= 0 ? 0 : frees_on(z, p, k - 1) +
      (((z->l0[anc(z->u, p, k - 1) / 64] >> (anc(z->u, p, k - 1) % 64)) & 1) == 1 ? 1 : 0);
    logic integer lives_on{L}(struct keel_pages *z, integer p, integer k) = k <= 0 ? 0 : lives_on(z, p, k - 1) +
      (z->tag[head(z->u, anc(z->u, p, k - 1), k - 1)] % 16 == k ? 1 : 0);
    // ... none does a reserved page, exactly one any other, a head is where its order puts it
    predicate PageWf{L}(struct keel_pages *z, integer p) =
      0 <= z->ref[p] < KEEL_REFS_MAX && (z->ref[p] > 0 <==> SHARED(z->tag[p])) &&
      (p >= z->n ==> z->tag[p] == T_RSVD) &&
      frees_on(z, p, 11) + lives_on(z, p, 11) == (z->tag[p] == T_RSVD ? 0 : 1) &&
      (z->tag[p] == T_RSVD || z->tag[p] == T_NO ||
       (1 <= z->tag[p] % 16 <= 11 && head(z->u, anc(z->u, p, z->tag[p] % 16 - 1), z->tag[p] % 16 - 1) == p));
    // ... and the pages below n in free blocks
    logic integer pages_free{L}(struct keel_pages *z, integer n) = n <= 0 ? 0 : pages_free(z, n - 1) + frees_on(z, n - 1, 11);
    predicate Wf{L}(struct keel_pages *z) = Range(z) && Counters(z) && Sum(z) && InvR(z->l0, z->u) && InvM(z->l0, z->u) &&
      (\forall integer p; 0 <= p < 1024 * z->u ==> PageWf(z, p)) && z->nr_free == pages_free(z, 1024 * z->u);
    logic integer Inc(integer c) = c == INT64_MAX ? c : c + 1;
*/

/* Page q is in a live block of this kind, with one reference, inside lo .. hi - 1. */
#define OWNED(lo, hi, q)                                                                  \
  (st[q] == LIVE && (lo) <= first(ord, z->u, q) && first(ord, z->u, q) + P2(ord[q]) <= (hi) && \
   z->tag[first(ord, z->u, q)] / 32 == kind && z->ref[first(ord, z->u, q)] == 0)

/* The one held block, id of order k, becomes free, alone or as part of a larger block. */
#define GIVES_BACK                                                                        \
  requires Inv(z, st, ord) && Blk(st, ord, z->u, id, k, HELD);                            \
  requires \forall integer q; 0 <= q < NP && anc(z->u, q, k) != id ==> st[q] != HELD;     \
  assigns KEEL_BITS, GHOSTS;                                                              \
  ensures Inv(z, st, ord); ensures Quiet(st, z->u);                                       \
  ensures \forall integer q; 0 <= q < NP && anc(z->u, q, k) == id ==>                     \
    st[q] == FREE && ord[q] >= k;                                                         \
  ensures \forall integer q; 0 <= q < NP && anc(z->u, q, k) != id ==> KEEPS(Pre, q);      \
  ensures cnt(st, NP) == \old(cnt(st, NP));

/* Page p is the first in lo .. hi - 1 at which a block of this kind should start, and
   e is what is wrong with it; KEEL_BUSY too if its block passes the end. */
#define WRONG_AT(lo, hi, p, e)                                                            \
  ((lo) <= (p) < (hi) && (\forall integer q; (lo) <= q < (p) ==> OWNED(lo, p, q)) &&      \
   (OwnErr(z, st, ord, p, kind) != KEEL_OK ? (e) == OwnErr(z, st, ord, p, kind)           \
                                           : (p) + P2(ord[p]) > (hi) && (e) == KEEL_BUSY))

/* 2^order pages from page r on, all free before, are a live block of this kind; the
   rest is as before. */
#define HANDED_OUT(r)                                                                     \
  ensures in: (r) + P2(order) <= z->n && mod2(r, order) == 0;                             \
  ensures head: LiveHead(st, ord, z->u, r);                                               \
  ensures tag: z->tag[r] == 32 * kind + order + 1 && z->ref[r] == 0;                      \
  ensures mine: \forall integer q; (r) <= q < (r) + P2(order) ==>                         \
    \old(st[q]) == FREE && st[q] == LIVE && ord[q] == order;                              \
  ensures frame: \forall integer q;                                                       \
    0 <= q < NP && !((r) <= q < (r) + P2(order)) ==> KEEPS(Pre, q);                       \
  ensures count: z->nr_free == \old(z->nr_free) - P2(order);

/* What a successful allocation of a block promises. */
#define ALLOCATED                                                                         \
  ensures inv: InvB(z, st, ord);                                                          \
  HANDED_OUT(\result - z->base)                                                           \
  ensures low: z->base <= \result;                                                        \
  ensures best: \let r = \result - z->base; \forall integer q;                            \
    0 <= q < NP && \old(st[q]) == FREE && \old(ord[q]) >= order ==>                       \
    \old(ord[q]) > \old(ord[r]) || (\old(ord[q]) == \old(ord[r]) && q >= r);              \
  ensures calls: z->allocs == Inc(\old(z->allocs)) && z->fails == \old(z->fails) &&          \
                 z->largest_fail == \old(z->largest_fail);

/* Nothing has changed.  (Said as a postcondition too, since WP shows callers only the
   assigns clause of the function as a whole.) */
#define UNCHANGED                                                                         \
  ensures same: \forall integer q; 0 <= q < NP ==> Same{Pre, Here}(st, ord, q) &&         \
    z->tag[q] == \old(z->tag[q]) && z->ref[q] == \old(z->ref[q]);                         \
  ensures same: z->nr_free == \old(z->nr_free) && z->allocs == \old(z->allocs) &&         \
    z->frees == \old(z->frees) && z->fails == \old(z->fails) &&                           \
    z->largest_fail == \old(z->largest_fail);

/* What one that finds no block for n pages promises. */
#define FAILED(n)                                                                         \
  ensures inv: InvB(z, st, ord);                                                          \
  ensures refused: \result == KEEL_NO_PAGES;                                              \
  ensures same: \forall integer q; 0 <= q < NP ==> Same{Pre, Here}(st, ord, q) &&         \
    z->tag[q] == \old(z->tag[q]);                                                         \
  ensures same: z->nr_free == \old(z->nr_free) && z->allocs == \old(z->allocs);           \
  ensures count: z->fails == Inc(\old(z->fails)) &&                                       \
    z->largest_fail == \max(\old(z->largest_fail), n);

/* Page q has the status it had at L; if it is not free, it is in the same block,
   under the same tag.  (A macro, since a quantified predicate gives the provers no
   trigger to use it by.) */
#define KEEPS(L, q)                                                                       \
  (st[q] == \at(st[q], L) &&                                                              \
   (st[q] != FREE ==> ord[q] == \at(ord[q], L) && z->tag[q] == \at(z->tag[q], L)))

/* ---- proof steps -------------------------------------------------------------------- */
/*@ ghost
  /@ requires 1 <= u <= UMAX && p < 1024 * u && k <= MAXO;
     assigns \nothing; ensures \result == anc(u, p, k); @/
  uint32_t g_node_of(uint32_t u, uint32_t p, uint32_t k) {
    uint32_t t = p; uint32_t j = 0;
    /@ loop invariant j <= k && t == anc(u, p, j) && t < 2048 * u;
       loop assigns t, j; loop variant k - j; @/
    while (j < k) { t = 1024u * u + t / 2; j++; }
    return t;
  }

  /@ requires 1 <= u <= UMAX && order <= MAXO && base(u, order) <= id < 2047 * u;
     assigns \nothing; ensures order <= \result <= MAXO && node(u, id, \result); @/
  uint32_t g_order_of(uint32_t u, uint32_t id, uint32_t order) {
    uint32_t k = order;
    /@ loop invariant order <= k <= MAXO && base(u, k) <= id;
       loop assigns k; loop variant MAXO - k; @/
    while (id >= 1024u * u + g_node_of(u, 0, k) / 2) k++;
    return k;
  }

  // gives all pages of node id the status s and the order o; d is what each adds to cnt
  /@ requires 1 <= u <= UMAX && node(u, id, k) && 0 <= o <= MAXO && s <= LIVE && -1 <= d <= 1;
     requires \valid(st + (0 .. 1024 * u - 1)) && \valid(ord + (0 .. 1024 * u - 1));
     requires \forall integer q; 0 <= q < 1024 * u && anc(u, q, k) == id ==> av(st[q]) + d == av(s);
     assigns st[0 .. 1024 * u - 1], ord[0 .. 1024 * u - 1];
     ensures \forall integer q; 0 <= q < 1024 * u ==> st[q] == (anc(u, q, k) == id ? s : \old(st[q]));
     ensures \forall integer q; 0 <= q < 1024 * u ==> ord[q] == (anc(u, q, k) == id ? o : \old(ord[q]));
     ensures d == 0 ==> cnt(st, 1024 * u) == \old(cnt(st, 1024 * u));
     ensures d == 1 ==> cnt(st, 1024 * u) == \old(cnt(st, 1024 * u)) + P2(k);
     ensures d == -1 ==> cnt(st, 1024 * u) == \old(cnt(st, 1024 * u)) - P2(k);
     ensures 0 <= cnt(st, 1024 * u) <= 1024 * u; @/
  void g_fill(uint16_t \ghost *st, int16_t \ghost *ord, uint32_t u, uint32_t id, uint32_t k, int16_t o, uint16_t s, int d) {
    uint32_t n = 1024u * u;
    /@ loop invariant 0 <= i <= n;
       loop invariant \forall integer q; 0 <= q < i ==> st[q] == (anc(u, q, k) == id ? s : \at(st[q], Pre));
       loop invariant \forall integer q; 0 <= q < i ==> ord[q] == (anc(u, q, k) == id ? o : \at(ord[q], Pre));
       loop invariant \forall integer q; i <= q < n ==> st[q] == \at(st[q], Pre) && ord[q] == \at(ord[q], Pre);
       loop assigns i, st[0 .. 1024 * u - 1], ord[0 .. 1024 * u - 1];
       loop variant n - i; @/
    for (uint32_t i = 0; i < n; i++) {
      uint32_t a = g_node_of(u, i, k);
      if (a == id) { st[i] = s; ord[i] = o; }
    }
    uint32_t c = 0;
    /@ loop invariant 0 <= m <= n;
       loop invariant c == (m <= head(u, id, k) ? 0 : m >= head(u, id, k) + P2(k) ? P2(k) : m - head(u, id, k));
       loop invariant d == 0 ==> cnt(st, m) == cnt{Pre}(st, m);
       loop invariant d == 1 ==> cnt(st, m) == cnt{Pre}(st, m) + c;
       loop invariant d == -1 ==> cnt(st, m) == cnt{Pre}(st, m) - c;
       loop invariant 0 <= cnt(st, m) <= m;
       loop assigns m, c;
       loop variant n - m; @/
    for (uint32_t m = 0; m < n; m++) {
      uint32_t a = g_node_of(u, m, k);
      /@ assert a == id <==> head(u, id, k) <= m < head(u, id, k) + P2(k); @/
      /@ assert cnt(st, m + 1) == cnt(st, m) + av(st[m]); @/
      /@ assert cnt{Pre}(st, m + 1) == cnt{Pre}(st, m) + av(\at(st[\at(m, Here)], Pre)); @/
      /@ assert st[m] == (a == id ? s : \at(st[\at(m, Here)], Pre)); @/
      if (a == id) { c++; }
    }
  }

  /@ requires 1 <= u <= UMAX && Quiet(st, u);
     assigns \nothing; ensures nfree(st, 1024 * u) == cnt(st, 1024 * u); @/
  void lem_quiet(uint16_t \ghost *st, uint32_t u) {
    /@ loop invariant 0 <= n <= 1024 * u && nfree(st, n) == cnt(st, n);
       loop assigns n; loop variant 1024 * u - n; @/
    for (uint32_t n = 0; n < 1024u * u; n++) ;
  }

  /@ requires 1 <= u <= UMAX && InvF(l0, st, ord, u) && node(u, id, k) && st[head(u, id, k)] != FREE;
     assigns \nothing; ensures !Bit(l0, id); @/
  void lem_notfree(uint64_t *l0, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t u, uint32_t id, uint32_t k) {
    /@ assert anc(u, head(u, id, k), k) == id; @/
  }

  // a held block is two held blocks, and the reverse: nothing to do in the machine
  /@ requires Inv(z, st, ord) && k < MAXO && Blk(st, ord, z->u, id, k + 1, HELD); // k: order of the halves
     assigns GHOSTS;
     INVS
     ensures Blk(st, ord, z->u, kid(z->u, id), k, HELD);
     ensures Blk(st, ord, z->u, kid(z->u, id) + 1, k, HELD);
     ensures !Bit(z->l0, kid(z->u, id));
     ensures !Bit(z->l0, kid(z->u, id) + 1);
     ensures Only{Pre, Here}(st, ord, z->u, id, k + 1);
     ensures cnt(st, NP) == \old(cnt(st, NP)); @/
  void g_halve(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t id, uint32_t k) {
    g_fill(st, ord, z->u, id, k + 1, (int16_t)k, (uint16_t)HELD, 0);
    uint32_t a = 2u * (id - 1024u * z->u);
    /@ assert a == kid(z->u, id) && node(z->u, a, k) && node(z->u, a + 1, k); @/
    /@ assert \forall integer q; 0 <= q < NP && (anc(z->u, q, k) == a || anc(z->u, q, k) == a + 1) ==> anc(z->u, q, k + 1) == id; @/
    lem_notfree(z->l0, st, ord, z->u, a, k);
    lem_notfree(z->l0, st, ord, z->u, a + 1, k);
  }
  /@ requires Inv(z, st, ord) && k < MAXO && Blk(st, ord, z->u, id, k, HELD) && Blk(st, ord, z->u, bud(id), k, HELD);
     assigns GHOSTS;
     INVS
     ensures Blk(st, ord, z->u, dad(z->u, id), k + 1, HELD);
     ensures Only{Pre, Here}(st, ord, z->u, dad(z->u, id), k + 1);
     ensures cnt(st, NP) == \old(cnt(st, NP)); @/
  void g_join(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t id, uint32_t k) {
    /@ assert \forall integer q; 0 <= q < NP && anc(z->u, q, k + 1) == dad(z->u, id) ==> anc(z->u, q, k) == id || anc(z->u, q, k) == bud(id); @/
    /@ assert \forall integer q; 0 <= q < NP && st[q] == HELD ==> z->tag[q] == T_NO; @/
    /@ assert \forall integer p, q; 0 <= p < NP && 0 <= q < NP && anc(z->u, p, k + 1) != dad(z->u, id) && anc(z->u, p, ord[p]) == anc(z->u, q, ord[p]) ==>
       anc(z->u, q, k + 1) != dad(z->u, id) && ord[q] == ord[p] && st[q] == st[p]; @/
    g_fill(st, ord, z->u, 1024u * z->u + id / 2, k + 1, (int16_t)(k + 1), (uint16_t)HELD, 0);
    /@ assert Blk(st, ord, z->u, dad(z->u, id), k + 1, HELD); @/
    /@ assert \forall integer q; 0 <= q < NP ==> st[q] == \at(st[q], Pre) && (st[q] != HELD ==> ord[q] == \at(ord[q], Pre)); @/
  }

  // absent elements do not count
  /@ requires b <= t <= x <= 0x80000000 && \forall integer j; t <= j < x ==> !Bit(l, j);
     assigns \nothing; ensures nbits(l, b, x) == nbits(l, b, t); @/
  void lem_nbits(uint64_t *l, uint32_t b, uint32_t t, uint32_t x) {
    /@ loop invariant t <= j <= x && nbits(l, b, j) == nbits(l, b, t);
       loop assigns j; loop variant x - j; @/
    for (uint32_t j = t; j < x; j++) {
      /@ assert !Bit(l, j); @/
    }
  }

  // what is made of whole blocks from p on is so after the block at p
  /@ requires Inv(z, st, ord) && node(z->u, a, k) && p == head(z->u, a, k) && Blk(st, ord, z->u, a, k, LIVE) && hi <= 1024 * z->u;
     requires \forall integer q; p <= q < hi ==> OWNED(p, hi, q);
     assigns \nothing;
     ensures \forall integer q; p + P2(k) <= q < hi ==> OWNED(p + P2(k), hi, q); @/
  void lem_next(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t kind, uint32_t p, uint32_t a, uint32_t k, uint32_t hi) {
    uint32_t u = z->u;
    /@ loop invariant p <= i && (i <= hi || i == p) && \forall integer q; p + P2(k) <= q < i ==> OWNED(p + P2(k), hi, q);
       loop assigns i; loop variant hi - i; @/
    for (uint32_t i = p; i < hi; i++) {
      uint32_t o = (uint32_t)ord[i];
      uint32_t b = g_node_of(u, i, o);
      /@ assert OWNED(p, hi, i) && first(ord, u, i) == head(u, b, o) && node(u, b, o); @/
      /@ assert anc(u, head(u, b, o), o) == b; @/
      /@ assert ord[head(u, b, o)] == o && st[head(u, b, o)] == LIVE; @/
      /@ assert head(u, b, o) < p + P2(k) ==> anc(u, head(u, b, o), k) == a; @/
      /@ assert head(u, b, o) < p + P2(k) ==> o == k && b == a; @/
      /@ assert head(u, b, o) < p + P2(k) ==> i < p + P2(k); @/
      /@ assert i >= p + P2(k) ==> OWNED(p + P2(k), hi, i); @/
    }
  }

  // the least element of the set from order's first node on is the best fit
  /@ requires 1 <= u <= UMAX && order <= MAXO && id != KEEL_NONE && Succ(l0, base(u, order), 2048 * u, id);
     requires InvO(st, ord, u) && InvF(l0, st, ord, u) && InvR(l0, u);
     assigns \nothing;
     ensures SomeFree(st, ord, u, order) && id < 2047 * u;
     ensures \forall integer q; 0 <= q < 1024 * u && st[q] == FREE && ord[q] >= order ==> anc(u, q, ord[q]) >= id; @/
  void lem_best(uint64_t *l0, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t u, uint32_t id, uint32_t order) {
    /@ assert \forall integer q; 0 <= q < 1024 * u && order <= ord[q] ==> node(u, anc(u, q, ord[q]), ord[q]); @/
    /@ assert \forall integer q; 0 <= q < 1024 * u && st[q] == FREE ==> Bit(l0, anc(u, q, ord[q])); @/
    /@ assert id < 2047 * u; @/
    uint32_t k = g_order_of(u, id, order);
    /@ assert anc(u, head(u, id, k), k) == id; @/
    /@ assert st[head(u, id, k)] == FREE && ord[head(u, id, k)] == k; @/
  }

  // the invariant, put together from its parts
  /@ requires Inv(z, st, ord);
     requires Quiet(st, z->u);
     requires z->nr_free == nfree(st, 1024 * z->u);
     requires Counters(z); requires Range(z); requires Rest(st, z->n, z->u);
     assigns \nothing; ensures InvB(z, st, ord); @/
  void g_fold(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) { }

  // an instance that satisfies the invariant passes the executable check
  /@ requires InvB(z, st, ord) && p < 1024 * z->u;
     assigns \nothing;
     ensures frees_on(z, p, 11) == (st[p] == FREE ? 1 : 0);
     ensures lives_on(z, p, 11) == (st[p] == LIVE ? 1 : 0); @/
  void lem_claims(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord, uint32_t p) {
    uint32_t u = z->u;
    /@ loop invariant 0 <= k <= 11;
       loop invariant frees_on(z, p, k) == (st[p] == FREE && ord[p] < k ? 1 : 0);
       loop invariant lives_on(z, p, k) == (st[p] == LIVE && ord[p] < k ? 1 : 0);
       loop assigns k; loop variant 11 - k; @/
    for (uint32_t k = 0; k < 11; k++) {
      uint32_t a = g_node_of(u, p, k);
      /@ assert Bit(z->l0, a) <==> st[p] == FREE && ord[p] == k; @/
      /@ assert 0 <= head(u, a, k) < 1024 * u && anc(u, head(u, a, k), k) == a; @/
      /@ assert TagOk(u, head(u, a, k), st[head(u, a, k)], ord[head(u, a, k)], z->tag[head(u, a, k)]); @/
      /@ assert z->tag[head(u, a, k)] % 16 == k + 1 ==> st[head(u, a, k)] == LIVE && ord[head(u, a, k)] == k; @/
      /@ assert z->tag[head(u, a, k)] % 16 == k + 1 ==> st[p] == LIVE && ord[p] == k; @/
      /@ assert st[p] == LIVE && ord[p] == k ==> st[head(u, a, k)] == LIVE && ord[head(u, a, k)] == k; @/
      /@ assert st[p] == LIVE && ord[p] == k ==> z->tag[head(u, a, k)] % 16 == k + 1; @/
    }
  }
  /@ requires InvB(z, st, ord);
     assigns \nothing; ensures Wf(z); @/
  void lem_wf(struct keel_pages *z, uint16_t \ghost *st, int16_t \ghost *ord) {
    /@ loop invariant 0 <= p <= 1024 * z->u;
       loop invariant \forall integer q; 0 <= q < p ==> PageWf(z, q);
       loop invariant pages_free(z, p) == nfree(st, p);
       loop assigns p; loop variant 1024 * z->u - p; @/
    for (uint32_t p = 0; p < 1024u * z->u; p++) {
      lem_claims(z, st, ord, p);
      /@ assert TagOk(z->u, p, st[p], ord[p], z->tag[p]); @/
      /@ assert PageWf(z, p); @/
    }
  }
*/

#endif
