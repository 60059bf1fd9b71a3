// SPDX-License-Identifier: MIT OR Apache-2.0
/* What proofs/lint must let pass, and what it must not: checked as text by proofs/self_test. */
RACY int peek_good(const int *a) { return *(const volatile int *)(a); }
RACY int peek_twice(const int *a) { return *(const volatile int *)(a) - *(const volatile int *)(a); }
int hidden(const int *a) { return *(const volatile int *)(a); }
