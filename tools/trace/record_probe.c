// SPDX-License-Identifier: MIT OR Apache-2.0
/* Allocates in every way that the recorder knows; the sizes are the test's marks. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREAD_SIZE 7777
#define ROUNDS 2000

static void *worker(void *unused)
{
  (void)unused;
  for (int i = 0; i < ROUNDS; i++) {
    char *p = malloc(THREAD_SIZE);
    if (!p) abort();
    p = realloc(p, THREAD_SIZE + 1);
    free(p);
  }
  return NULL;
}

static void threads(void)
{
  pthread_t t[4];
  for (int i = 0; i < 4; i++)
    if (pthread_create(&t[i], NULL, worker, NULL) != 0) abort();
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
}

static void children(char **argv)
{
  char *mark[] = {argv[0], (char *)"child", NULL};
  pid_t child = fork();
  if (child == 0) {
    free(malloc(9001)); /* not of this process: not recorded */
    exit(0);
  }
  waitpid(child, NULL, 0);
  child = fork();
  if (child == 0) {
    execv(argv[0], mark);
    _exit(1);
  }
  waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
  void *aligned = NULL;
  if (argc > 1 && !strcmp(argv[1], "child")) {
    free(malloc(9002)); /* only with %p in the name of the trace */
    return 0;
  }
  free(malloc(1001));
  free(calloc(2, 1002));
  if (posix_memalign(&aligned, 4096, 1003) != 0 || (uintptr_t)aligned % 4096 != 0) return 1;
  free(aligned);
  free(aligned_alloc(256, 1024));
  free(memalign(128, 1100));
  if (posix_memalign(&aligned, 24, 8) == 0) return 1;
  char *p = realloc(NULL, 3001);
  if (!p) return 1;
  p = realloc(p, 300100);
  p = reallocarray(p, 10, 400);
  if (realloc(p, SIZE_MAX / 2) != NULL || reallocarray(p, SIZE_MAX, 2) != NULL) return 1;
  free(p);
  threads();
  children(argv);
  return malloc(5005) == NULL; /* left for the end of the program */
}
