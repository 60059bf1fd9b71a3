// SPDX-License-Identifier: MIT OR Apache-2.0
/* The serial console, and the four functions that compilers call anywhere. */
#include <stdarg.h>

#include "kernel.h"

void *memset(void *to, int c, size_t n)
{
  unsigned char *p = to;
  while (n--) *p++ = (unsigned char)c;
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
  unsigned char *p = to;
  const unsigned char *q = from;
  while (n--) *p++ = *q++;
  return to;
}

void *memmove(void *to, const void *from, size_t n)
{
  unsigned char *p = to;
  const unsigned char *q = from;
  if ((uintptr_t)p <= (uintptr_t)q) return memcpy(to, from, n);
  while (n--) p[n] = q[n];
  return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
  const unsigned char *p = a, *q = b;
  for (; n--; p++, q++) {
    if (*p != *q) return *p < *q ? -1 : 1;
  }
  return 0;
}

static void put_s(const char *s)
{
  while (*s) machine_put(*s++);
}

static void put_u(uint64_t x, unsigned base)
{
  char text[21];
  unsigned n = sizeof text;
  text[--n] = 0;
  do text[--n] = "0123456789abcdef"[x % base];
  while ((x /= base) != 0);
  put_s(text + n);
}

void say(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  for (; *format; format++) {
    if (*format != '%') {
      machine_put(*format);
      continue;
    }
    switch (*++format) {
      case 's': put_s(va_arg(args, const char *)); break;
      case 'u': put_u(va_arg(args, uint64_t), 10); break;
      default: put_s("0x"); put_u(va_arg(args, uint64_t), 16);
    }
  }
  va_end(args);
}

static uint64_t checks, failures;

void check(int good, const char *what)
{
  checks++;
  failures += !good;
  say("%sok %u - %s\n", good ? "" : "not ", checks, what);
}

void finish(void)
{
  say("1..%u\n", checks);
  machine_exit(failures != 0 || checks == 0);
}

void die(const char *why, uint64_t where, uint64_t address)
{
  check(0, why);
  say("# at %x, address %x\n", where, address);
  finish();
}
