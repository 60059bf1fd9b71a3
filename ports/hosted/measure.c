// SPDX-License-Identifier: MIT OR Apache-2.0
/* Runs a command and tells what it took:

     measure RESULT LIBRARY COMMAND [ARGUMENTS]

   LIBRARY is preloaded into it ("": none).  RESULT becomes one line: its exit status (128 + n: signal n), wall
   seconds, and the largest resident set of it and of any process it waited for, in KiB.  That includes what this program
   had before the exec, so this is not a script. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
  struct rusage used;
  int status;
  if (argc < 4) {
    fprintf(stderr, "usage: measure RESULT LIBRARY COMMAND [ARGUMENTS]\n");
    return 2;
  }
  double from = seconds();
  pid_t child = fork();
  if (child == 0) {
    if (*argv[2]) setenv("LD_PRELOAD", argv[2], 1);
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &used) < 0) {
    perror("measure");
    return 2;
  }
  double took = seconds() - from;
  FILE *f = fopen(argv[1], "w");
  if (f == NULL) {
    perror(argv[1]);
    return 2;
  }
  fprintf(f, "%d %.3f %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), took, used.ru_maxrss);
  return fclose(f) == 0 ? 0 : 2;
}
