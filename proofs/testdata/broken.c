// SPDX-License-Identifier: MIT OR Apache-2.0
/* One defect per function: proofs/self_test checks that each is reported. */
#include <stdint.h>

/*@ requires x < 100; assigns \nothing; ensures \result == x + 1; */
uint32_t good(uint32_t x) { return x + 1; }

/*@ requires x < 100; assigns \nothing; ensures \result == x; */
uint32_t wrong_result(uint32_t x) { return x + 1; }

/*@ assigns \nothing; ensures \result >= 0; */
uint32_t wraps(uint32_t x) { return x + 1; }

/*@ assigns \nothing; ensures \result >= 0; */
uint8_t truncates(uint32_t x) { return (uint8_t)x; }

/*@ requires \valid(p); assigns *p; ensures *p == 1; */
void out_of_bounds(uint32_t *p)
{
  *p = 1;
  p[1] = 1;
}

/*@ requires \valid(p + (0 .. 1)); assigns *p; ensures *p == 1; */
void assigns_more(uint32_t *p)
{
  *p = 1;
  p[1] = 1;
}

/*@ requires x < 10 && x > 20; assigns \nothing; ensures \result == 7; */
uint32_t never_called(uint32_t x) { return x; }

/*@ requires \valid(p); assigns *p; ensures *p == 1; */
void casts(uint64_t *p)
{
  *p = 1;
  *(uint8_t *)p = 1;
}

/*@ ghost /@ assigns \nothing; ensures \result == 1; @/ int ghost_wrong(int x) { return x; } */

/*@ assigns \nothing; ensures \result <= 8; */
uint32_t no_variant(void)
{
  uint32_t i = 0;
  /*@ loop invariant i <= 8; loop assigns i; */
  while (i < 8) {
    if (i == 3) continue;
    i++;
  }
  return i;
}

/*@ requires x < 100; assigns \nothing; ensures \result == 0; */
uint32_t recursive(uint32_t x) { return x == 0 ? 0 : recursive(x - 1); }

uint32_t no_contract(uint32_t x) { return x; }

/*@ assigns \nothing; ensures \result == 1; */
uint32_t hook(void);

/*@ assigns \nothing; ensures \result == 1; */
uint32_t calls_hook(void) { return hook(); }

/*@ assigns \nothing; ensures \result == 1; */
uint32_t admits(uint32_t x)
{
  //@ admit x == 1;
  return x;
}

/*@ requires x < 10; assigns \nothing;
    behavior never: assumes x > 20; ensures \result == 1; */
uint32_t vacuous(uint32_t x) { return x; }

/*@ requires x < 10; assigns \nothing; ensures \result == 7; */
uint32_t dead_branch(uint32_t x)
{
  if (x > 20) return 1;
  return 7;
}

/*@ assigns \nothing; ensures \result == 1 && \result == 2; */
uint32_t never_returns(void);

/*@ assigns \nothing; ensures \result == 7; */
uint32_t calls_never_returns(void) { return never_returns(); }
