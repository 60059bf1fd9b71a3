// SPDX-License-Identifier: MIT OR Apache-2.0
/* Behaviour of vmalloc, call by call, as core/vmalloc.h promises it, against a model of a page table and of what the CPUs may
   still have of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keel.h"

#define HOLDS(x) assert_true(x)
#define SAME(a, b) assert_int_equal(a, b)
#define PAGES_GOOD(instance) keel_pages_check(instance)
#include "fuzz/vmalloc_model.h"

static uint64_t seed;
static uint32_t below(uint32_t n)
{ /* splitmix64 */
  uint64_t x = seed += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)((x ^ x >> 31) % n);
}

static void begin(int64_t from, uint32_t n)
{
  begin_with(from, n, 400, 300);
}

/* ---- a picture of everything, to see that nothing has changed ---- */

struct picture {
  struct keel_vm vm;
  struct keel_page_stats t;
  struct keel_block block[PFNS];
  int64_t table[MOST], cached[MOST];
  keel_pfn_t to_page[MOST];
  uint32_t vsize[MOST];
  uint32_t tree[KEEL_RANGE_TREE(MOST)], gap[KEEL_RANGE_GAPS(MOST)], page[MOST];
  uint64_t ends[KEEL_RANGE_ENDS(MOST)];
  int32_t mark[MOST];
};

static void look(struct picture *p)
{
  memset(p, 0, sizeof *p);
  p->vm = vm;
  keel_pages_stats(&z, &p->t);
  for (uint32_t g = 0; g < PFNS; g++) OK(keel_pages_block(&z, PFN + g, &p->block[g]));
  memcpy(p->table, table, sizeof table);
  memcpy(p->cached, cached, sizeof cached);
  for (uint32_t q = 0; q < size; q++) {
    p->to_page[q] = keel_vmalloc_to_page(&vm, base + q);
    p->vsize[q] = keel_vsize(&vm, base + q);
  }
  memcpy(p->tree, tree, KEEL_RANGE_TREE(size) * sizeof *tree);
  memcpy(p->gap, gap, KEEL_RANGE_GAPS(size) * sizeof *gap);
  memcpy(p->page, page, size * sizeof *page);
  memcpy(p->ends, ends, KEEL_RANGE_ENDS(size) * sizeof *ends);
  memcpy(p->mark, mark, size * sizeof *mark);
}

/* Nothing that can be seen has changed since. */
static void looks_as(const struct picture *was)
{
  static struct picture now;
  look(&now);
  assert_int_equal(now.t.nr_free, was->t.nr_free);
  assert_memory_equal(now.t.free_blocks, was->t.free_blocks, sizeof now.t.free_blocks);
  assert_memory_equal(now.block, was->block, sizeof now.block);
  assert_memory_equal(now.table, was->table, sizeof now.table);
  assert_memory_equal(now.cached, was->cached, sizeof now.cached);
  assert_memory_equal(now.to_page, was->to_page, sizeof now.to_page);
  assert_memory_equal(now.vsize, was->vsize, sizeof now.vsize);
}

/* Nor has anything else, byte by byte. */
static void is_as(const struct picture *was)
{
  static struct picture now;
  looks_as(was);
  look(&now);
  now.t.fails = was->t.fails;
  now.t.largest_fail = was->t.largest_fail;
  assert_memory_equal(&now, was, sizeof now);
}

static struct picture before;

/* ---- tests ---- */

static void init_refuses(void **state)
{
  (void)state;
  static const struct {
    int64_t base;
    uint32_t n;
  } bad[] = {
      {VPN, 0},        {VPN, KEEL_RANGE_MAX + 1u}, {VPN, UINT32_MAX},  {-1, 10},        {-1, 0},
      {INT64_MIN, 10}, {HIGHEST + 1, 10},          {KEEL_PFN_MAX, 10}, {INT64_MAX, 10},
  };
  uint32_t few[KEEL_RANGE_TREE(10)], gaps[KEEL_RANGE_GAPS(10)], pages[10], was[10];
  uint64_t bits[KEEL_RANGE_ENDS(10)];
  int32_t marks[10];
  struct keel_vm v, v_was;
  memset(&v, 0x5a, sizeof v);
  memset(pages, 0x5a, sizeof pages);
  memcpy(&v_was, &v, sizeof v);
  memcpy(was, pages, sizeof pages);
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_int_equal(keel_vm_init(&v, &z, few, gaps, bits, marks, pages, bad[i].base, bad[i].n), KEEL_BAD_ARGUMENT);
    assert_memory_equal(&v, &v_was, sizeof v);
    assert_memory_equal(pages, was, sizeof pages);
  }
}

static void lowest_and_highest_base(void **state)
{
  (void)state;
  const int64_t from[] = {0, 1, HIGHEST - 1, HIGHEST};
  for (size_t i = 0; i < COUNT(from); i++) {
    begin(from[i], 10);
    assert_int_equal(allocate(3, KEEL_ZERO), from[i]);
    assert_int_equal(zeroed, (uint64_t)from[i] * PAGE);
    assert_int_equal(allocate(5, KEEL_ZERO), from[i] + 4);
    check();
    OK(release(from[i] + 4));
    OK(release(from[i]));
    end();
  }
}

/* Areas of all sizes, one after the other, each with a guard behind it. */
static void areas_and_guards(void **state)
{
  (void)state;
  begin(VPN, MOST);
  int64_t at = VPN;
  for (uint32_t pages = 1; pages <= 36; pages++) {
    assert_int_equal(allocate(pages, pages % 2 ? KEEL_NOWAIT : 0), at);
    assert_int_equal(keel_vsize(&vm, at), pages);
    for (uint32_t q = 0; q < pages; q++) assert_int_equal(keel_vmalloc_to_page(&vm, at + q), table[at - VPN + q]);
    assert_int_equal(keel_vmalloc_to_page(&vm, at + pages), KEEL_NOT_MAPPED);
    assert_int_equal(keel_vsize(&vm, at + pages), 0);
    if (pages > 1) assert_int_equal(keel_vsize(&vm, at + 1), 0);
    at += pages + 1;
  }
  assert_int_equal(flushes, 0);
  end();
}

static void as_long_as_the_arena(void **state)
{
  (void)state;
  const uint32_t n[] = {1, 2, 3, 64, 65, 300};
  for (size_t i = 0; i < COUNT(n); i++) {
    begin(VPN, n[i]);
    look(&before);
    assert_int_equal(allocate(n[i], 0), KEEL_NO_RANGE);
    assert_int_equal(allocate(n[i] + 1, KEEL_ZERO), KEEL_NO_RANGE);
    assert_int_equal(allocate(700, 0), KEEL_NO_RANGE);
    assert_int_equal(allocate(701, 0), KEEL_NO_PAGES);
    assert_int_equal(allocate(0x80000000, 0), KEEL_NO_PAGES);
    assert_int_equal(allocate(UINT32_MAX, 0), KEEL_NO_PAGES);
    is_as(&before);
    if (n[i] > 1) {
      assert_int_equal(allocate(n[i] - 1, 0), VPN);
      assert_int_equal(allocate(1, 0), KEEL_NO_RANGE);
    }
    end();
  }
}

static void lowest_place(void **state)
{
  (void)state;
  begin(VPN, 100);
  for (uint32_t i = 0; i < 10; i++) assert_int_equal(allocate(9, 0), VPN + 10 * i);
  OK(release(VPN + 50));
  OK(release(VPN + 20));
  OK(release(VPN + 30));
  purge();
  assert_int_equal(allocate(3, 0), VPN + 20);
  assert_int_equal(allocate(15, 0), VPN + 24);
  assert_int_equal(allocate(1, 0), VPN + 50);
  assert_int_equal(allocate(8, 0), KEEL_NO_RANGE);
  assert_int_equal(allocate(7, 0), VPN + 52);
  assert_int_equal(allocate(1, 0), KEEL_NO_RANGE);
  end();
}

/* Arguments that are refused, wherever they come. */
static void bad_arguments(void **state)
{
  (void)state;
  begin(VPN, 40);
  for (uint32_t i = 0; i < 4; i++) allocate(3, 0);
  OK(release(VPN + 8));
  leave(5);
  look(&before);
  const uint32_t flags[] = {4, 5, 6, 7, 8, 0x80000000, UINT32_MAX};
  for (size_t i = 0; i < COUNT(flags); i++) {
    assert_int_equal(keel_vmalloc(&vm, 1, flags[i]), KEEL_BAD_ARGUMENT);
    assert_int_equal(keel_vzalloc(&vm, 1, flags[i]), KEEL_BAD_ARGUMENT);
    assert_int_equal(keel_vmalloc(&vm, 0, flags[i]), KEEL_BAD_ARGUMENT);
    assert_int_equal(keel_vmalloc(&vm, 10000, flags[i]), KEEL_BAD_ARGUMENT);
  }
  for (uint32_t f = 0; f < 4; f++) {
    assert_int_equal(keel_vmalloc(&vm, 0, f), KEEL_BAD_ARGUMENT);
    assert_int_equal(keel_vzalloc(&vm, 0, f), KEEL_BAD_ARGUMENT);
  }
  is_as(&before);
  assert_int_equal(maps, 3); /* those of the last area */
  assert_int_equal(flushes, 0);
  assert_int_equal(zeroes, 0);
  end();
}

static void bad_frees(void **state)
{
  (void)state;
  begin(VPN, 40);
  for (uint32_t i = 0; i < 5; i++) allocate(4, 0);
  OK(release(VPN + 5));
  OK(release(VPN + 15));
  purge();
  OK(release(VPN + 10));
  look(&before);
  for (int64_t vpn = VPN - 3; vpn < VPN + 44; vpn++) {
    if (vpn != VPN && vpn != VPN + 20) assert_int_not_equal(release(vpn), KEEL_OK);
  }
  const int64_t outside[] = {INT64_MIN, -1, 0, VPN - 1, VPN + 40, VPN + FAR, VPN + FAR + 20, VPN - FAR, INT64_MAX};
  for (size_t i = 0; i < COUNT(outside); i++) assert_int_equal(release(outside[i]), KEEL_OUT_OF_RANGE);
  assert_int_equal(release(VPN + 5), KEEL_NOT_HEAD);      /* vacant */
  assert_int_equal(release(VPN + 1), KEEL_NOT_HEAD);      /* inside an area */
  assert_int_equal(release(VPN + 4), KEEL_NOT_HEAD);      /* a guard */
  assert_int_equal(release(VPN + 11), KEEL_NOT_HEAD);     /* inside one that has been freed */
  assert_int_equal(release(VPN + 10), KEEL_ALREADY_FREE); /* which begins there */
  is_as(&before);
  end();
}

static void double_free(void **state)
{
  (void)state;
  begin(VPN, 30);
  allocate(6, 0);
  allocate(6, 0);
  OK(release(VPN));
  look(&before);
  assert_int_equal(release(VPN), KEEL_ALREADY_FREE);
  assert_int_equal(keel_vsize(&vm, VPN), 0);
  assert_int_equal(keel_vmalloc_to_page(&vm, VPN), KEEL_NOT_MAPPED);
  is_as(&before);
  purge();
  look(&before);
  assert_int_equal(release(VPN), KEEL_NOT_HEAD);
  is_as(&before);
  assert_int_equal(allocate(2, 0), VPN);
  OK(release(VPN));
  assert_int_equal(release(VPN), KEEL_ALREADY_FREE);
  end();
}

/* So many areas wait, and with one more those before it go, after one flush. */
static void backlog(void **state)
{
  (void)state;
  begin(VPN, MOST);
  for (uint32_t i = 0; i < 100; i++) assert_int_equal(allocate(2, 0), VPN + 3 * i);
  int64_t was = nr_free;
  for (uint32_t i = 0; i < KEEL_VM_BACKLOG; i++) OK(release(VPN + 3 * (99 - 2 * i)));
  check();
  assert_int_equal(flushes, 0);
  assert_int_equal(unmaps, KEEL_VM_BACKLOG);
  assert_int_equal(nr_free, was);
  assert_int_equal(release(VPN + 3 * 99), KEEL_ALREADY_FREE); /* which is no reason for a purge */
  assert_int_equal(release(VPN + 3 * 99 + 1), KEEL_NOT_HEAD);
  assert_int_equal(release(VPN - 1), KEEL_OUT_OF_RANGE);
  assert_int_equal(flushes, 0);
  OK(release(VPN));
  check();
  assert_int_equal(flushes, 1);
  assert_int_equal(nr_free, was + 2 * KEEL_VM_BACKLOG);
  assert_int_equal(release(VPN), KEEL_ALREADY_FREE);
  assert_int_equal(release(VPN + 3 * 99), KEEL_NOT_HEAD);
  assert_int_equal(allocate(1, 0), VPN + 3 * 37); /* the lowest of them */
  for (uint32_t i = 0; i < KEEL_VM_BACKLOG - 1; i++) OK(release(VPN + 3 * (98 - 2 * i)));
  assert_int_equal(flushes, 1);
  OK(release(VPN + 3 * 36));
  assert_int_equal(flushes, 2);
  end();
}

/* Three areas, one of them freed, and what is told of every virtual page. */
static void find_and_walk(void **state)
{
  (void)state;
  begin(VPN, 40);
  assert_int_equal(keel_vm_walk(&vm, 0), KEEL_OUT_OF_RANGE);
  assert_int_equal(keel_vm_find(&vm, VPN), KEEL_NOT_MAPPED);
  assert_int_equal(allocate(4, 0), VPN);
  assert_int_equal(allocate(7, 0), VPN + 5);
  assert_int_equal(allocate(1, 0), VPN + 13);
  OK(release(VPN + 5));
  look(&before);
  for (int64_t q = -3; q < 44; q++) {
    int64_t find = q < 0 || q >= 40 ? KEEL_OUT_OF_RANGE : q < 4 ? VPN : q == 13 ? VPN + 13 : KEEL_NOT_MAPPED;
    assert_int_equal(keel_vm_find(&vm, VPN + q), find);
    assert_int_equal(keel_vm_walk(&vm, VPN + q), q <= 0 ? VPN : q <= 13 ? VPN + 13 : KEEL_OUT_OF_RANGE);
  }
  for (int64_t i = 1; i < 5; i++) {
    assert_int_equal(keel_vm_find(&vm, VPN + i * FAR), KEEL_OUT_OF_RANGE);
    assert_int_equal(keel_vm_find(&vm, VPN - i * FAR), KEEL_OUT_OF_RANGE);
    assert_int_equal(keel_vm_walk(&vm, VPN + i * FAR), KEEL_OUT_OF_RANGE);
    assert_int_equal(keel_vm_walk(&vm, VPN - i * FAR), VPN);
  }
  is_as(&before);
  end();
}

static void figures(void **state)
{
  (void)state;
  struct keel_vmalloc_stats t;
  begin(VPN, 100);
  for (uint32_t i = 0; i < 9; i++) assert_int_equal(allocate(9, 0), VPN + 10 * i);
  OK(release(VPN + 10));
  OK(release(VPN + 20));
  OK(release(VPN + 40));
  purge();
  OK(release(VPN + 70));
  OK(release(VPN + 60));
  look(&before);
  keel_vm_stats(&vm, &t);
  assert_int_equal(t.areas, 4);
  assert_int_equal(t.pages, 36);
  assert_int_equal(t.waiting, 2);
  assert_int_equal(t.waiting_pages, 18);
  assert_int_equal(t.gaps, 3);
  assert_int_equal(t.vacant, 40);
  assert_int_equal(t.largest, 20);
  is_as(&before);
  end();
}

static void report(void **state)
{
  (void)state;
  char text[400];
  begin(0xffffc90000000, 1000);
  assert_int_equal(keel_vm_report(&vm, text, sizeof text), 0);
  assert_string_equal(text, "");
  assert_int_equal(allocate(4, 0), 0xffffc90000000);
  assert_int_equal(allocate(1, 0), 0xffffc90000005);
  assert_int_equal(allocate(300, 0), 0xffffc90000007);
  OK(release(0xffffc90000005));
  const char *lines = "0xffffc90000000000-0xffffc90000005000   20480 pages=4 vmalloc\n"
                      "0xffffc90000005000-0xffffc90000007000    8192 unpurged vm_area\n"
                      "0xffffc90000007000-0xffffc90000134000 1232896 pages=300 vmalloc\n";
  assert_int_equal(keel_vm_report(&vm, text, sizeof text), strlen(lines));
  assert_string_equal(text, lines);
  for (size_t bytes = 0; bytes < strlen(lines) + 3; bytes++) check_report(bytes);
  OK(release(0xffffc90000000));
  OK(release(0xffffc90000007));
  purge();
  assert_int_equal(keel_vm_report(&vm, text, sizeof text), 0);
  end();
  const int64_t from[] = {0, 9, HIGHEST}; /* addresses that begin with zeros */
  for (size_t i = 0; i < COUNT(from); i++) {
    begin(from[i], 500);
    assert_int_equal(allocate(200, 0), from[i]);
    assert_int_equal(allocate(298, 0), from[i] + 201);
    check_report(SIZE_MAX);
    end();
  }
}

/* keel_vm_check sees whatever is not as it should be with an area's pages or with the areas that wait. */
static void check_sees(void **state)
{
  (void)state;
  begin(VPN, 200);
  for (uint32_t i = 0; i < 20; i++) assert_int_equal(allocate(i % 5 + 1, 0), VPN + i / 5 * 20 + i % 5 * (i % 5 + 3) / 2);
  for (uint32_t i = 0; i < 3; i++) OK(release(VPN + 20 * i));
  assert_int_equal(keel_vm_check(&vm), 1);
  uint32_t other = PFNS;
  assert_true(take_block(0, KEEL_RAW) && take_block(1, KEEL_VMALLOC));
  for (uint32_t q = 0; q < size; q++) {
    uint32_t was = page[q], mine = (uint32_t)(back[0] - PFN) + 1;
    const uint32_t wrong[] = {(uint32_t)(block[0].pfn - PFN) + 1, (uint32_t)(block[1].pfn - PFN) + 1, 1, other + 1, UINT32_MAX, was ? 0 : mine};
    for (size_t i = 0; i < COUNT(wrong); i++) {
      page[q] = wrong[i];
      assert_int_equal(keel_vm_check(&vm), 0);
    }
    page[q] = was;
  }
  const int64_t waits[] = {INT64_MIN, -1, 1, 20, 200, 201, INT64_MAX};
  for (size_t i = 0; i < COUNT(waits); i++) {
    vm.dead[0] = waits[i];
    assert_int_equal(keel_vm_check(&vm), 0);
  }
  vm.dead[0] = 2; /* an area in use might as well wait */
  assert_int_equal(keel_vm_check(&vm), 1);
  vm.dead[0] = 0;
  const int64_t many[] = {INT64_MIN, -1, KEEL_VM_BACKLOG + 1, INT64_MAX};
  for (size_t i = 0; i < COUNT(many); i++) {
    vm.nr_dead = many[i];
    assert_int_equal(keel_vm_check(&vm), 0);
  }
  vm.nr_dead = 3;
  mark[0] += 1; /* of the range instance tests/range_test.c tells more */
  assert_int_equal(keel_vm_check(&vm), 0);
  mark[0] -= 1;
  assert_int_equal(keel_vm_check(&vm), 1);
  end();
}

static void purge_gives_back(void **state)
{
  (void)state;
  begin(VPN, 64);
  purge(); /* of nothing, so without a flush */
  assert_int_equal(flushes, 0);
  int64_t was = nr_free;
  assert_int_equal(allocate(10, 0), VPN);
  assert_int_equal(allocate(10, 0), VPN + 11);
  assert_int_equal(allocate(10, 0), VPN + 22);
  OK(release(VPN));
  OK(release(VPN + 22));
  assert_int_equal(allocate(2, 0), VPN + 33); /* behind them all */
  assert_int_equal(nr_free, was - 32);
  check();
  purge();
  check();
  assert_int_equal(flushes, 1);
  assert_int_equal(nr_free, was - 12);
  assert_int_equal(allocate(10, 0), VPN);
  assert_int_equal(allocate(10, 0), VPN + 22);
  purge();
  assert_int_equal(flushes, 1);
  end();
}

static void purges_for_pages(void **state)
{
  (void)state;
  begin(VPN, 64);
  leave(8);
  assert_int_equal(allocate(4, 0), VPN);
  assert_int_equal(allocate(4, 0), VPN + 5);
  OK(release(VPN));
  assert_int_equal(nr_free, 0);
  assert_int_equal(allocate(3, 0), VPN);
  assert_int_equal(flushes, 1);
  check();
  OK(release(VPN));
  OK(release(VPN + 5));
  assert_int_equal(allocate(9, 0), KEEL_NO_PAGES); /* not even after a purge, which has been */
  assert_int_equal(flushes, 2);
  assert_int_equal(nr_free, 8);
  look(&before);
  assert_int_equal(allocate(9, 0), KEEL_NO_PAGES);
  is_as(&before);
  assert_int_equal(flushes, 2);
  assert_int_equal(allocate(8, KEEL_ZERO), VPN);
  look(&before);
  assert_int_equal(allocate(1, KEEL_ZERO), KEEL_NO_PAGES);
  is_as(&before);
  end();
}

static void purges_for_a_place(void **state)
{
  (void)state;
  begin(VPN, 15);
  for (uint32_t i = 0; i < 3; i++) assert_int_equal(allocate(4, 0), VPN + 5 * i);
  look(&before);
  assert_int_equal(allocate(1, 0), KEEL_NO_RANGE);
  is_as(&before);
  OK(release(VPN + 5));
  assert_int_equal(allocate(4, 0), VPN + 5);
  assert_int_equal(flushes, 1);
  check();
  OK(release(VPN));
  OK(release(VPN + 10));
  assert_int_equal(allocate(5, 0), KEEL_NO_RANGE); /* not even after a purge, which has been */
  assert_int_equal(flushes, 2);
  look(&before);
  assert_int_equal(allocate(5, 0), KEEL_NO_RANGE);
  is_as(&before);
  assert_int_equal(allocate(4, 0), VPN);
  assert_int_equal(allocate(3, 0), VPN + 10);
  OK(release(VPN));
  OK(release(VPN + 5)); /* two that only together are long enough */
  assert_int_equal(allocate(9, 0), VPN);
  assert_int_equal(flushes, 3);
  end();
}

/* Where both lack, pages are what is missing. */
static void pages_before_places(void **state)
{
  (void)state;
  begin(VPN, 6);
  leave(6);
  assert_int_equal(allocate(5, 0), VPN);
  look(&before);
  assert_int_equal(allocate(2, 0), KEEL_NO_PAGES);
  assert_int_equal(allocate(1, 0), KEEL_NO_RANGE);
  assert_int_equal(allocate(6, 0), KEEL_NO_PAGES);
  is_as(&before);
  end();
}

static void mapping_fails(void **state)
{
  (void)state;
  const uint32_t sizes[] = {1, 2, 3, 7, 33};
  for (size_t i = 0; i < COUNT(sizes); i++) {
    uint32_t pages = sizes[i];
    begin(VPN, 200);
    for (uint32_t j = 0; j < 5; j++) allocate(5, 0);
    OK(release(VPN + 6)); /* waits all the time */
    take_block(3, KEEL_RAW);
    hold(0);
    for (uint32_t k = 1; k <= pages; k++) {
      look(&before);
      fail_at = k;
      assert_int_equal(allocate(pages, k % 2 ? KEEL_ZERO : 0), KEEL_NOT_MAPPED);
      looks_as(&before);
      assert_int_equal(vm.nr_dead, 1);
      check();
      fail_at = 0;
      assert_int_equal(release(VPN + 30), KEEL_NOT_HEAD);
      assert_int_equal(allocate(pages, 0), VPN + 30);
      check();
      OK(release(VPN + 30));
      purge();
      allocate(5, 0);
      OK(release(VPN + 6));
    }
    end();
  }
}

/* In the middle of the arena, and with the last pages. */
static void mapping_fails_in_a_gap(void **state)
{
  (void)state;
  begin(VPN, 30);
  for (uint32_t i = 0; i < 3; i++) allocate(9, 0);
  OK(release(VPN + 10));
  purge();
  leave(9);
  look(&before);
  for (fail_at = 1; fail_at <= 9; fail_at++) {
    assert_int_equal(allocate(9, 0), KEEL_NOT_MAPPED);
    looks_as(&before);
  }
  assert_int_equal(allocate(9, 0), VPN + 10); /* it is the tenth that would fail */
  fail_at = 0;
  end();
}

/* After a purge that was needed, only this has been. */
static void mapping_fails_after_a_purge(void **state)
{
  (void)state;
  for (uint32_t k = 1; k <= 4; k++) {
    for (uint32_t pages = 0; pages < 2; pages++) { /* are what the purge is for */
      begin(VPN, pages ? 100 : 10);
      leave(pages ? 8 : 20);
      assert_int_equal(allocate(4, 0), VPN);
      assert_int_equal(allocate(4, 0), VPN + 5);
      OK(release(VPN));
      fail_at = k;
      assert_int_equal(allocate(4, KEEL_ZERO), KEEL_NOT_MAPPED);
      fail_at = 0;
      check();
      assert_int_equal(vm.nr_dead, 0);
      assert_int_equal(nr_free, pages ? 4 : 16);
      assert_int_equal(release(VPN), KEEL_NOT_HEAD);
      assert_int_equal(allocate(4, 0), VPN);
      end();
    }
  }
}

static void zeroed_memory(void **state)
{
  (void)state;
  int64_t at = VPN;
  begin(VPN, 100);
  for (uint32_t flags = 0; flags <= (KEEL_NOWAIT | KEEL_ZERO); flags++) {
    for (uint32_t pages = 1; pages < 16; pages += 6) {
      uint32_t was = zeroes, zero = flags & KEEL_ZERO ? 1 : 0;
      assert_int_equal(allocate(1, flags), at);
      assert_int_equal(zeroes, was + zero);
      entry = keel_vzalloc;
      assert_int_equal(allocate(pages, flags), at + 2);
      entry = keel_vmalloc;
      assert_int_equal(zeroes, was + zero + 1);
      assert_int_equal(zeroed, (uint64_t)(at + 2) * PAGE);
      assert_int_equal(zeroed_bytes, pages * PAGE);
      OK(release(at));
      OK(release(at + 2));
      if (at > VPN + 50) purge();
      at = base + place(1);
    }
  }
  end();
}

/* A page that somebody else has a reference to stays, for him alone, until he drops it. */
static void shared_pages(void **state)
{
  (void)state;
  struct keel_block b;
  begin(VPN, 50);
  leave(6);
  assert_int_equal(allocate(6, 0), VPN);
  keel_pfn_t one = hold(2), two = hold(5);
  hold(5);
  check();
  OK(release(VPN));
  purge();
  check();
  assert_int_equal(nr_free, 4);
  OK(keel_pages_block(&z, one, &b));
  assert_int_equal(b.state, KEEL_PAGE_LIVE);
  assert_int_equal(b.kind, KEEL_VMALLOC);
  assert_int_equal(b.refs, 1);
  OK(keel_pages_block(&z, two, &b));
  assert_int_equal(b.refs, 2);
  assert_int_equal(allocate(5, 0), KEEL_NO_PAGES);
  assert_int_equal(allocate(4, 0), VPN);
  drop(one);
  assert_int_equal(nr_free, 1);
  drop(two);
  assert_int_equal(nr_free, 1);
  drop(two);
  assert_int_equal(nr_free, 2);
  assert_int_equal(allocate(2, 0), VPN + 5);
  check();
  two = hold(5);
  drop(two); /* before the area goes: then it has no part in it */
  OK(release(VPN + 5));
  purge();
  assert_int_equal(nr_free, 2);
  end();
}

static uint32_t how_many[12]; /* allocations that answered minus so much; 0: an area */

static uint32_t some_head(void)
{
  uint32_t q = below(size);
  return area[q] ? area[q] - 1 : q;
}

static void random_step(int blocks_grow)
{
  uint32_t what = below(100), q;
  if (below(200) == 0) { /* many at once, small ones mostly */
    for (q = below(size); q < size; q++) {
      if (begins(q) && length[q] < 8) release(base + q);
    }
  } else if (what < 35) {
    uint32_t pages = below(16) ? 1 + below(below(8) ? 6 : size) : below(size + 3), flags = below(20) ? below(4) : below(9);
    fail_at = below(6) ? 0 : 1 + below(pages + 1);
    entry = below(4) ? keel_vmalloc : keel_vzalloc;
    int64_t got = allocate(pages, flags);
    entry = keel_vmalloc;
    how_many[got < 0 ? -got : 0]++;
    fail_at = 0;
  } else if (what < 65) {
    release(below(10) ? base + some_head() : base - 2 + below(size + 4));
  } else if (what < 66) {
    purge();
  } else if (what < 85) {
    if (nr_blocks && (int)below(10) >= (blocks_grow ? 8 : 2)) give_block(below(nr_blocks));
    else if (nr_blocks < PFNS) take_block(below(3) ? 0 : below(7), KEEL_RAW);
    if (!blocks_grow && nr_blocks) give_block(below(nr_blocks));
  } else if (what < 92) {
    q = below(size);
    if (table[q] != NONE) hold(q);
  } else {
    q = below(PFNS);
    for (uint32_t i = 0; i < PFNS; i++) {
      keel_pfn_t pfn = PFN + (q + i) % PFNS;
      if (held[pfn - PFN] == 0) continue;
      drop(pfn);
      break;
    }
  }
}

static void random_calls(void **state)
{
  (void)state;
  const uint32_t n[] = {1, 2, 3, 64, 65, MOST};
  memset(how_many, 0, sizeof how_many);
  memset(purges, 0, sizeof purges);
  for (size_t i = 0; i < COUNT(n); i++) {
    begin(below(2) ? VPN : 0, n[i]);
    for (uint32_t step = 0; step < 20000; step++) {
      random_step(step / 2500 % 2 == 0);
      if (step % 100 == 0) check();
    }
    end();
  }
  const int results[] = {0, KEEL_BAD_ARGUMENT, KEEL_NO_PAGES, KEEL_NO_RANGE, KEEL_NOT_MAPPED};
  for (size_t i = 0; i < COUNT(results); i++) assert_true(how_many[-results[i]] > 500);
  for (size_t i = 0; i < REASONS; i++) assert_true(purges[i] > 30);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(init_refuses),
      cmocka_unit_test(lowest_and_highest_base),
      cmocka_unit_test(areas_and_guards),
      cmocka_unit_test(as_long_as_the_arena),
      cmocka_unit_test(lowest_place),
      cmocka_unit_test(bad_arguments),
      cmocka_unit_test(bad_frees),
      cmocka_unit_test(double_free),
      cmocka_unit_test(backlog),
      cmocka_unit_test(find_and_walk),
      cmocka_unit_test(figures),
      cmocka_unit_test(report),
      cmocka_unit_test(check_sees),
      cmocka_unit_test(purge_gives_back),
      cmocka_unit_test(purges_for_pages),
      cmocka_unit_test(purges_for_a_place),
      cmocka_unit_test(pages_before_places),
      cmocka_unit_test(mapping_fails),
      cmocka_unit_test(mapping_fails_in_a_gap),
      cmocka_unit_test(mapping_fails_after_a_purge),
      cmocka_unit_test(zeroed_memory),
      cmocka_unit_test(shared_pages),
      cmocka_unit_test(random_calls),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
