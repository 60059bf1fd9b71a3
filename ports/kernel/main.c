// SPDX-License-Identifier: MIT OR Apache-2.0
/* From boot.S, with a stack: takes the machine's memory, turns the MMU on, tries it all, and ends with a status. */
#include "kernel.h"

static struct machine machine;

void kernel_main(uint64_t boot);

void kernel_main(uint64_t boot)
{
  machine_describe(boot, &machine);
  say("# Keel %u.%u.%u on %s\n", (uint64_t)KEEL_VERSION_MAJOR, (uint64_t)KEEL_VERSION_MINOR, (uint64_t)KEEL_VERSION_PATCH, ARCH_NAME);
  memory_begin(&machine);
  tests(&machine);
  finish();
}
