// SPDX-License-Identifier: MIT OR Apache-2.0
/* A false lemma, apart from broken.c because everything can be proved with it. */
//@ lemma wrong: \forall integer x; x * x > 0;
int main(void) { return 0; }
