// SPDX-License-Identifier: MIT OR Apache-2.0
/* Draws the page map over time as an SVG file. */
#ifndef KEEL_PICTURE_H
#define KEEL_PICTURE_H

#include <stdint.h>

#include "tools/trace/demand.h"

/* A block of 2^order pages that was live from one record to another. */
struct life {
  uint32_t page, from, to;
  uint8_t order;
};

struct picture {
  const struct demand *demand;
  const struct life *life; /* demand->blocks of them; from == UINT32_MAX: never lived */
  uint32_t pages;          /* height of the map */
  uint32_t hole[2][2];     /* reserved pages: first, and one past the last */
};

/* Answers 0, or -1 if the file cannot be written. */
int picture_write(const struct picture *p, const char *path);

#endif
