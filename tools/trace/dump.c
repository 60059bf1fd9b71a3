// SPDX-License-Identifier: MIT OR Apache-2.0
/* Prints a trace as text, for tests and for looking: "a NUMBER SIZE" and "f NUMBER". */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/trace/trace.h"

static unsigned char data[1 << 24];

int main(int argc, char **argv)
{
  FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!f) {
    fprintf(stderr, "usage: dump TRACE (of at most 16 MiB)\n");
    return 2;
  }
  const unsigned char *at = data + TRACE_HEADER, *end = data + fread(data, 1, sizeof data, f);
  fclose(f);
  if (at > end || memcmp(data, TRACE_MAGIC, 8) != 0) return 1;
  uint64_t v, allocs = 0;
  printf("%s\n", (const char *)data + TRACE_NAME_AT);
  while (trace_get(&at, end, &v)) {
    if (v % 2 == 0) {
      printf("a %" PRIu64 " %" PRIu64 "\n", allocs++, v / 2);
    } else {
      printf("f %" PRIu64 "\n", allocs - 1 - v / 2);
    }
  }
  return 0;
}
