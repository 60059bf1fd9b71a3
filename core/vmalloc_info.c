// SPDX-License-Identifier: MIT OR Apache-2.0
/* What there is to know about an arena: of a virtual page, of its areas, of all; and whether all is well with it, or with a range
   instance.  Areas and gaps lie one after the other and their first pages have their lengths, so a walk needs no cursor. */
#include "core/vmalloc.h"

#include "specs/vmalloc_info.h"

/* ---- areas ---- */

/* Where the area or gap begins that page q is in. */
/*@ requires Marks(m, n) && q < n;
    assigns \nothing;
    ensures \result <= q && m[\result] != 0 && \forall integer x; \result < x <= q ==> m[x] == 0;
    ensures m[\result] > 0 ==> q < \result + m[\result]; */
static uint32_t tile_of(const int32_t *m, uint32_t q) /*@ ghost (uint32_t n) */
{
  uint32_t p = q;
  /*@ loop invariant p <= q && \forall integer x; p < x <= q ==> m[x] == 0;
      loop assigns p;
      loop variant p; */
  while (m[p] == 0) p--;
  //@ assert \forall integer x; x == p + m[p] && m[p] > 0 && x < n ==> m[x] != 0;
  return p;
}

/*@ requires VM_INFO;
    assigns \nothing;
    behavior outside:
      assumes vpn < v->base || vpn >= v->base + v->r.n;
      ensures \result == KEEL_OUT_OF_RANGE;
    behavior none:
      assumes v->base <= vpn < v->base + v->r.n && \forall integer p; !InUseAt(v, p, vpn - v->base);
      ensures \result == KEEL_NOT_MAPPED;
    behavior some:
      assumes v->base <= vpn < v->base + v->r.n && \exists integer p; InUseAt(v, p, vpn - v->base);
      ensures \forall integer p; InUseAt(v, p, vpn - v->base) ==> \result == v->base + p;
    complete behaviors; disjoint behaviors; */
int64_t keel_vm_find(const struct keel_vm *v, int64_t vpn)
{
  if (vpn < v->base || vpn >= v->base + v->r.n) return KEEL_OUT_OF_RANGE;
  uint32_t q = (uint32_t)(vpn - v->base), p = tile_of(v->r.mark, q) /*@ ghost ((uint32_t)v->r.n) */;
  //@ assert \forall integer x; 0 <= x < v->r.n && In(v->r.mark, x, q) ==> x == p;
  if (v->r.mark[p] <= 0 || q + 1u == p + (uint32_t)v->r.mark[p] || is_dead(v, p)) return KEEL_NOT_MAPPED;
  //@ assert !Dead(v, p);
  //@ assert InUseAt(v, p, vpn - v->base);
  return v->base + p;
}

/* Where the next area or gap begins after that at page p; the end if there is none. */
/*@ requires Marks(m, n) && p < n && m[p] != 0;
    assigns \nothing;
    ensures p < \result <= n && (\result < n ==> m[\result] != 0) && \forall integer q; p < q < \result ==> m[q] == 0;
    ensures \result == p + (m[p] > 0 ? m[p] : -m[p]); */
static inline uint32_t next_tile(const int32_t *m, uint32_t p) /*@ ghost (uint32_t n) */
{
  //@ assert p + m[p] <= n && p - m[p] <= n;
  return p + (uint32_t)(m[p] > 0 ? m[p] : -m[p]);
}

/*@ requires VM_INFO;
    assigns \nothing;
    behavior none:
      assumes \forall integer p; Begins(v, p) ==> v->base + p < from;
      ensures \result == KEEL_OUT_OF_RANGE;
    behavior some:
      assumes \exists integer p; Begins(v, p) && from <= v->base + p;
      ensures from <= \result && Begins(v, \result - v->base);
      ensures \forall integer p; Begins(v, p) && from <= v->base + p ==> \result <= v->base + p;
    complete behaviors; disjoint behaviors; */
int64_t keel_vm_walk(const struct keel_vm *v, int64_t from)
{
  if (from >= v->base + v->r.n) return KEEL_OUT_OF_RANGE;
  uint32_t p = from > v->base ? (uint32_t)(from - v->base) : 0;
  /*@ loop invariant p <= v->r.n && from <= v->base + p;
      loop invariant \forall integer q; Begins(v, q) && from <= v->base + q ==> p <= q;
      loop assigns p;
      loop variant v->r.n - p; */
  while (p < v->r.n) {
    if (v->r.mark[p] == 0) {
      p++;
      continue;
    }
    if (v->r.mark[p] > 0 && !is_dead(v, p)) {
      //@ assert Begins(v, p);
      return v->base + p;
    }
    //@ assert !Begins(v, p);
    p = next_tile(v->r.mark, p) /*@ ghost ((uint32_t)v->r.n) */;
  }
  return KEEL_OUT_OF_RANGE;
}

/* ---- figures ---- */

/* Areas and gaps: how many, their pages (those of areas without guards), and the longest gap's. */
struct tiles {
  int64_t areas, backed, gaps, vacant, longest;
};

/*@ requires Marks(m, n);
    assigns \nothing;
    ensures \result.areas == nareas(m, n) && \result.backed == nbacked(m, n) && \result.gaps == ngaps(m, n) && \result.vacant == nvacant(m, n);
    ensures 0 <= \result.areas <= n && 0 <= \result.backed <= n && 0 <= \result.gaps <= n && 0 <= \result.vacant <= n;
    ensures \forall integer q; 0 <= q < n && m[q] < 0 ==> -m[q] <= \result.longest;
    ensures \result.longest == 0 || \exists integer q; 0 <= q < n && m[q] < 0 && -m[q] == \result.longest; */
static struct tiles count_tiles(const int32_t *m, uint32_t n)
{
  struct tiles t = {0, 0, 0, 0, 0};
  uint32_t p = 0;
  /*@ loop invariant p <= n && (p < n ==> m[p] != 0);
      loop invariant t.areas == nareas(m, p) && 0 <= t.areas <= p;
      loop invariant t.backed == nbacked(m, p) && 0 <= t.backed <= p;
      loop invariant t.gaps == ngaps(m, p) && 0 <= t.gaps <= p;
      loop invariant t.vacant == nvacant(m, p) && 0 <= t.vacant <= p;
      loop invariant \forall integer q; 0 <= q < p && m[q] < 0 ==> -m[q] <= t.longest;
      loop invariant t.longest == 0 || t.longest > 0 && \exists integer q; 0 <= q < p && m[q] < 0 && -m[q] == t.longest;
      loop assigns p, t;
      loop variant n - p; */
  while (p < n) {
    uint32_t end = next_tile(m, p) /*@ ghost (n) */;
    //@ ghost lem_within_area(m, p + 1u, end);
    if (m[p] > 0) {
      t.areas += 1;
      t.backed += m[p] - 1;
    } else {
      t.gaps += 1;
      t.vacant += -m[p];
      if (-m[p] > t.longest) t.longest = -m[p];
    }
    p = end;
  }
  return t;
}

/* Pages of areas that wait for a purge. */
/*@ requires VM_INFO;
    assigns \nothing;
    ensures \result == nwaiting(&v->dead[0], v->r.mark, v->nr_dead) && 0 <= \result <= KEEL_VM_BACKLOG * KEEL_RANGE_MAX; */
static int64_t count_waiting(const struct keel_vm *v)
{
  int64_t pages = 0;
  /*@ loop invariant 0 <= i <= v->nr_dead && pages == nwaiting(&v->dead[0], v->r.mark, i) && 0 <= pages <= i * KEEL_RANGE_MAX;
      loop assigns i, pages;
      loop variant v->nr_dead - i; */
  for (int64_t i = 0; i < v->nr_dead; i++) pages += v->r.mark[v->dead[i]] - 1;
  return pages;
}

/*@ requires VM_INFO && \valid(st) && \separated(st, v);
    assigns *st;
    ensures st->waiting == v->nr_dead && st->waiting_pages == \old(nwaiting(&v->dead[0], v->r.mark, v->nr_dead));
    ensures st->areas == nareas(v->r.mark, v->r.n) - st->waiting && st->pages == nbacked(v->r.mark, v->r.n) - st->waiting_pages;
    ensures st->gaps == ngaps(v->r.mark, v->r.n) && st->vacant == nvacant(v->r.mark, v->r.n);
    ensures \forall integer q; 0 <= q < v->r.n && v->r.mark[q] < 0 ==> -v->r.mark[q] <= st->largest;
    ensures st->largest == 0 || \exists integer q; 0 <= q < v->r.n && -v->r.mark[q] == st->largest; */
void keel_vm_stats(const struct keel_vm *v, struct keel_vmalloc_stats *st)
{
  struct tiles t = count_tiles(v->r.mark, (uint32_t)v->r.n);
  int64_t waiting = v->nr_dead, pages = count_waiting(v);
  st->areas = t.areas - waiting;
  st->pages = t.backed - pages;
  st->waiting = waiting;
  st->waiting_pages = pages;
  st->gaps = t.gaps;
  st->vacant = t.vacant;
  st->largest = t.longest;
}

/* ---- reporting ---- */

/* Writes 0x and the address of virtual page vpn in hexadecimal, in 16 digits, or 17 if it is 2^64. */
/*@ requires \valid(buf + (0 .. size - 1)) && len < 0x4000 && vpn <= 0x10000000000000;
    assigns buf[0 .. size - 1];
    ensures len < \result <= len + 40; */
static size_t put_vpn(char *buf, size_t size, size_t len, uint64_t vpn)
{
  uint64_t x = vpn << KEEL_PAGE_SHIFT % 4;
  size_t l = put_c(buf, size, put_c(buf, size, len, '0'), 'x');
  uint32_t digits = 16u - KEEL_PAGE_SHIFT / 4;
  if (x >> 4u * digits != 0) digits++;
  /*@ loop invariant 0 <= i <= digits <= 17 && l == len + 2 + (digits - i);
      loop assigns i, l, buf[0 .. size - 1];
      loop variant i; */
  for (uint32_t i = digits; i > 0; i--) {
    uint32_t d = (uint32_t)((x >> 4u * (i - 1u)) % 16u);
    l = put_c(buf, size, l, (char)(d < 10u ? '0' + d : 'a' + (d - 10u)));
  }
  /*@ loop invariant 0 <= i <= KEEL_PAGE_SHIFT / 4 && len < l <= len + 19 + i;
      loop assigns i, l, buf[0 .. size - 1];
      loop variant KEEL_PAGE_SHIFT / 4 - i; */
  for (uint32_t i = 0; i < KEEL_PAGE_SHIFT / 4; i++) l = put_c(buf, size, l, '0');
  return l;
}

/* The line of the area that begins at page p. */
/*@ requires VM_INFO && p < v->r.n && v->r.mark[p] > 0 && \valid(buf + (0 .. size - 1));
    assigns buf[0 .. size - 1];
    ensures 0 < \result < 256; */
static size_t put_area_line(const struct keel_vm *v, uint32_t p, char *buf, size_t size)
{
  //@ assert p + v->r.mark[p] <= v->r.n <= KEEL_RANGE_MAX;
  uint64_t vpn = (uint64_t)v->base + p, pages = (uint64_t)v->r.mark[p];
  size_t len = put_vpn(buf, size, 0, vpn);
  len = put_vpn(buf, size, put_c(buf, size, len, '-'), vpn + pages);
  len = put_n(buf, size, put_c(buf, size, len, ' '), pages * KEEL_PAGE_SIZE, 7);
  if (is_dead(v, p)) return put_s(buf, size, len, " unpurged vm_area\n") /*@ ghost ((uint32_t)18) */;
  len = put_s(buf, size, len, " pages=") /*@ ghost ((uint32_t)7) */;
  len = put_n(buf, size, len, pages - 1u, 0);
  return put_s(buf, size, len, " vmalloc\n") /*@ ghost ((uint32_t)9) */;
}

/*@ requires VM_INFO && \valid(buf + (0 .. size - 1));
    assigns buf[0 .. size - 1];
    ensures most: \result <= 256 * v->r.n;
    ensures end: size > 0 ==> buf[\min(\result, size - 1)] == 0; */
size_t keel_vm_report(const struct keel_vm *v, char *buf, size_t size)
{
  size_t len = 0;
  uint32_t p = 0;
  /*@ loop invariant p <= v->r.n && (p < v->r.n ==> v->r.mark[p] != 0) && 0 <= len <= 256 * p;
      loop assigns p, len, buf[0 .. size - 1];
      loop variant v->r.n - p; */
  while (p < v->r.n) {
    int more = len < size;
    if (v->r.mark[p] > 0) len += put_area_line(v, p, more ? buf + len : buf, more ? size - len : 0);
    p = next_tile(v->r.mark, p) /*@ ghost ((uint32_t)v->r.n) */;
  }
  if (size > 0) buf[len < size ? len : size - 1] = 0;
  return len;
}

/* ---- checking ranges ---- */

/* Whether pages 0 .. n - 1 are areas and gaps, one after another, and no two gaps meet. */
/*@ requires 1 <= n <= KEEL_RANGE_MAX && \valid(m + (0 .. n - 1));
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 ==> Marks(m, n);
    ensures \result == 1 ==> Merged(m, n);
    ensures \result == 0 ==> !(Marks(m, n) && Merged(m, n)); */
static int tiles_ok(const int32_t *m, uint32_t n)
{
  uint32_t p = 0;
  int after_gap = 0;
  //@ ghost uint32_t last = 0;
  /*@ loop invariant p <= n && (p > 0 ? m[0] != 0 : after_gap == 0) && (after_gap == 0 || after_gap == 1);
      loop invariant p > 0 ==> last < p && (after_gap == 1 ? m[last] < 0 && last - m[last] == p : m[last] > 0 && last + m[last] == p);
      loop invariant \forall integer a; 0 <= a < p && m[a] != 0 ==> a + m[a] <= p && a - m[a] <= p && (a + m[a] == p || a - m[a] == p ==> a == last);
      loop invariant \forall integer a, b; 0 <= a < b < p && m[a] != 0 && m[b] != 0 ==> a + m[a] <= b && a - m[a] <= b;
      loop invariant \forall integer a, b; 0 <= a < p && 0 <= b < p && (m[a] > 0 && b == a + m[a] || m[a] < 0 && b == a - m[a]) ==> m[b] != 0;
      loop invariant \forall integer a, b; 0 <= a < p && 0 <= b < p && m[a] < 0 && b == a - m[a] ==> m[b] > 0;
      loop assigns p, after_gap, last;
      loop variant n - p; */
  while (p < n) {
    int32_t x = m[p];
    //@ assert x == 0 ==> m[0] == 0 || !After(m, n);
    //@ assert x < -0x40000000 ==> !Within(m, n);
    //@ assert x == 0 || x < -0x40000000 ==> !Marks(m, n);
    if (x == 0 || x < -(int32_t)KEEL_RANGE_MAX) return 0;
    uint32_t l = (uint32_t)(x > 0 ? x : -x);
    //@ assert l > n - p ==> !Marks(m, n);
    if (l > n - p) return 0;
    //@ assert x < 0 && after_gap == 1 ==> !Merged(m, n);
    if (x < 0 && after_gap) return 0;
    uint32_t end = p + l;
    /*@ loop invariant p < q <= end && \forall integer b; p < b < q ==> m[b] == 0;
        loop assigns q;
        loop variant end - q; */
    for (uint32_t q = p + 1u; q < end; q++) {
      //@ assert m[q] != 0 ==> !Marks(m, n);
      if (m[q] != 0) return 0;
    }
    after_gap = x < 0;
    //@ ghost last = p;
    p = end;
  }
  //@ assert m[0] != 0 && Within(m, n) && After(m, n) && NoOverlap(m, n) && Merged(m, n);
  //@ assert Marks(m, n);
  return 1;
}

/* Whether the last page of each gap, and no other, has its length. */
/*@ requires Marks(m, n) && Merged(m, n) && \valid_read(g + (0 .. n - 1));
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> EndSound(g, m, n, n, n) && EndComplete(g, m, n, n, n); */
static int gaps_ok(const uint32_t *g, const int32_t *m, uint32_t n)
{
  uint32_t p = 0;
  /*@ loop invariant p <= n && (p < n ==> m[p] != 0);
      loop invariant \forall integer e, a; 0 <= e < p && g[e] > 0 && a == e + 1 - g[e] ==> 0 <= a && m[a] == -g[e];
      loop invariant \forall integer a, e; 0 <= a < p && m[a] < 0 && e == a - m[a] - 1 ==> e < p && g[e] == -m[a];
      loop assigns p;
      loop variant n - p; */
  while (p < n) {
    uint32_t end = next_tile(m, p) /*@ ghost (n) */;
    //@ ghost uint32_t l = end - p;
    //@ assert \forall integer e, a; p <= e < end && g[e] > 0 && a == e + 1 - g[e] && 0 <= a && m[a] == -g[e] ==> a == p;
    /*@ loop invariant p <= e <= end;
        loop invariant \forall integer d; p <= d < e ==> g[d] == (m[p] < 0 && d == end - 1 ? l : 0);
        loop assigns e;
        loop variant end - e; */
    for (uint32_t e = p; e < end; e++) {
      uint32_t want = m[p] < 0 && e == end - 1u ? (uint32_t)-m[p] : 0;
      //@ assert EndSound(g, m, n, n, n) && g[e] > 0 ==> \forall integer a; a == e + 1 - g[e] ==> 0 <= a && m[a] == -g[e] && a == p;
      //@ assert EndComplete(g, m, n, n, n) && m[p] < 0 && e == end - 1 ==> g[e] == -m[p];
      if (g[e] != want) return 0;
    }
    //@ assert \forall integer a; p < a < end ==> m[a] == 0;
    p = end;
  }
  return 1;
}

/* Whether the pages that end gaps are in the words, and none is after the last page. */
/*@ requires 1 <= n <= KEEL_RANGE_MAX && b == (n + 63) / 64 && \valid_read(g + (0 .. 64 * b - 1)) && \valid_read(w + (0 .. b - 1));
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Ends(w, g, b) && \forall integer q; n <= q < 64 * b ==> g[q] == 0; */
static int ends_ok(const uint64_t *w, const uint32_t *g, uint32_t b, uint32_t n)
{
  /*@ loop invariant 0 <= q <= 64 * b;
      loop invariant \forall integer c, x; 0 <= c < b && 64 * c <= x < 64 * c + 64 && x < q && !bit(w[c], x - 64 * c) ==> g[x] == 0;
      loop invariant \forall integer x; n <= x < q ==> g[x] == 0;
      loop assigns q;
      loop variant 64 * b - q; */
  for (uint32_t q = 0; q < 64u * b; q++) {
    if (g[q] != 0 && (q >= n || w_tst(w[q / 64u], q % 64u) == 0)) return 0;
  }
  return 1;
}

/* Whether m is the largest of `count` elements from t[c] on. */
/*@ requires (count == 16 || count == 64) && c <= 0x40000000 && \valid_read(t + (c .. c + count - 1));
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures count == 16 ==> (\result == 1 <==> Most(t, c, m));
    ensures count == 64 ==> (\result == 1 <==> Top(t, c, m)); */
static int largest_ok(const uint32_t *t, uint32_t c, uint32_t count, uint32_t m)
{
  int some = 0;
  /*@ loop invariant c <= j <= c + count && (some == 0 || some == 1) && \forall integer i; c <= i < j ==> t[i] <= m;
      loop invariant some == 1 <==> \exists integer i; c <= i < j && t[i] == m;
      loop assigns j, some;
      loop variant c + count - j; */
  for (uint32_t j = c; j < c + count; j++) {
    if (t[j] > m) return 0;
    if (t[j] == m) some = 1;
  }
  return some;
}

/* Whether each node of the tree has the longest gap below it. */
/*@ requires a <= 1118481 && 1 <= b <= 15 * a + 1 && b <= 0x1000000 && \valid_read(t + (0 .. 16 * a)) && \valid_read(g + (0 .. 64 * b - 1));
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Inner(t, a) && OverPages(t, g, a, b); */
static int tree_ok(const uint32_t *t, const uint32_t *g, uint32_t a, uint32_t b)
{
  /*@ loop invariant 0 <= i <= a && \forall integer j; 0 <= j < i ==> Most(t, 16 * j + 1, t[j]);
      loop assigns i;
      loop variant a - i; */
  for (uint32_t i = 0; i < a; i++) {
    //@ assert Inner(t, a) ==> Most(t, 16 * i + 1, t[i]);
    if (!largest_ok(t, 16u * i + 1u, 16, t[i])) return 0;
  }
  /*@ loop invariant a <= c <= a + b && \forall integer j; a <= j < c ==> Top(g, 64 * (j - a), t[j]);
      loop assigns c;
      loop variant a + b - c; */
  for (uint32_t c = a; c < a + b; c++) {
    //@ assert OverPages(t, g, a, b) ==> Top(g, 64 * (c - a), t[c]);
    if (!largest_ok(g, 64u * (c - a), 64, t[c])) return 0;
  }
  /*@ loop invariant a + b <= c <= 16 * a + 1 && \forall integer j; a + b <= j < c ==> t[j] == 0;
      loop assigns c;
      loop variant 16 * a + 1 - c; */
  for (uint32_t c = a + b; c <= 16u * a; c++) {
    if (t[c] != 0) return 0;
  }
  return 1;
}

/*@ requires RangeArrays(r);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> RangeInv(r); */
int keel_range_check(const struct keel_range *r)
{
  uint32_t n = (uint32_t)r->n, b = (n + 63u) / 64u;
  return tiles_ok(r->mark, n) && gaps_ok(r->gap, r->mark, n) && ends_ok(r->ends, r->gap, b, n) && tree_ok(r->tree, r->gap, (uint32_t)r->above, b);
}

/* ---- checking arenas ---- */

/* Whether so many areas wait for a purge, each once. */
/*@ requires \valid_read(v) && RangeInv(&v->r);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Backlog(v); */
static int backlog_ok(const struct keel_vm *v)
{
  if (v->nr_dead < 0 || v->nr_dead > KEEL_VM_BACKLOG) return 0;
  /*@ loop invariant 0 <= i <= v->nr_dead;
      loop invariant \forall integer j; 0 <= j < i ==> 0 <= v->dead[j] < v->r.n && v->r.mark[v->dead[j]] > 0;
      loop invariant \forall integer j, k; 0 <= j < k < i ==> v->dead[j] != v->dead[k];
      loop assigns i;
      loop variant v->nr_dead - i; */
  for (int64_t i = 0; i < v->nr_dead; i++) {
    int64_t p = v->dead[i];
    if (p < 0 || p >= v->r.n || v->r.mark[p] <= 0) return 0;
    /*@ loop invariant 0 <= j <= i && \forall integer k; 0 <= k < j ==> v->dead[k] != p;
        loop assigns j;
        loop variant i - j; */
    for (int64_t j = 0; j < i; j++) {
      if (v->dead[j] == p) return 0;
    }
  }
  return 1;
}

/* Whether the pages of areas, and no others, have a page. */
/*@ requires Marks(m, n) && n < KEEL_NONE && \valid_read(page + (0 .. n - 1));
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> Backed(page, m, n, KEEL_NONE) && InAreas(page, m, n); */
static int backed_ok(const uint32_t *page, const int32_t *m, uint32_t n)
{
  uint32_t p = 0;
  /*@ loop invariant p <= n && (p < n ==> m[p] != 0);
      loop invariant \forall integer x; 0 <= x < p && m[x] > 0 ==> x + m[x] <= p;
      loop invariant \forall integer x, q; 0 <= x < p && In(m, x, q) ==> page[q] != 0;
      loop invariant \forall integer q; 0 <= q < p && page[q] != 0 ==> \exists integer x; 0 <= x < n && In(m, x, q);
      loop assigns p;
      loop variant n - p; */
  while (p < n) {
    uint32_t end = next_tile(m, p) /*@ ghost (n) */;
    //@ assert \forall integer x, q; 0 <= x < n && In(m, x, q) && p <= q < end ==> x == p;
    /*@ loop invariant p <= q <= end;
        loop invariant \forall integer x; p <= x < q ==> (page[x] != 0 <==> m[p] > 0 && x < end - 1);
        loop assigns q;
        loop variant end - q; */
    for (uint32_t q = p; q < end; q++) {
      //@ assert m[p] > 0 && q < end - 1 <==> In(m, p, q);
      //@ assert Backed(page, m, n, KEEL_NONE) && In(m, p, q) ==> page[q] != 0;
      //@ assert InAreas(page, m, n) && page[q] != 0 ==> In(m, p, q);
      if ((page[q] != 0) != (m[p] > 0 && q < end - 1u)) return 0;
    }
    //@ assert \forall integer q; p <= q < end && page[q] != 0 ==> In(m, p, q);
    p = end;
  }
  return 1;
}

/* Whether the pages of the arena are blocks of one page of the page instance, of this layer's kind. */
/*@ requires VmTables(v);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> VmTagged(v); */
static int kinds_ok(const struct keel_vm *v)
{
  /*@ loop invariant 0 <= q <= v->r.n && \forall integer x; 0 <= x < q && v->page[x] != 0 ==> v->page[x] <= v->z->n && OneOfVm(v->z->tag[v->page[x] - 1]);
      loop assigns q;
      loop variant v->r.n - q; */
  for (uint32_t q = 0; q < v->r.n; q++) {
    uint32_t x = v->page[q];
    if (x == 0) continue;
    if (x > v->z->n) return 0;
    uint32_t t = v->z->tag[x - 1u];
    if (t / 32u != KEEL_VMALLOC || t % 16u != 1u) return 0;
  }
  return 1;
}

/*@ requires RangeArrays(&v->r) && VmTables(v);
    assigns \nothing;
    ensures \result == 0 || \result == 1;
    ensures \result == 1 <==> RangeInv(&v->r) && Backlog(v) && Backed(v->page, v->r.mark, v->r.n, KEEL_NONE) && InAreas(v->page, v->r.mark, v->r.n) && VmTagged(v); */
int keel_vm_check(const struct keel_vm *v)
{
  if (!keel_range_check(&v->r)) return 0;
  return backlog_ok(v) && backed_ok(v->page, v->r.mark, (uint32_t)v->r.n) && kinds_ok(v);
}
