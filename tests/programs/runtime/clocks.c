/* The clock costs what it costs natively: it is read without a system call, in the split process too. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { ROUNDS = 200000 };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double by_libc(void) {
  struct timespec now;
  double start = seconds();
  for (int i = 0; i < ROUNDS; i++) clock_gettime(CLOCK_MONOTONIC, &now);
  return seconds() - start;
}
static double by_call(void) {
  double start = seconds();
  for (int i = 0; i < ROUNDS; i++) (void)!syscall(SYS_getppid);
  return seconds() - start;
}

int main(void) {
  double best_libc = 1e9, best_call = 1e9, t;
  for (int i = 0; i < 5; i++) {
    if ((t = by_libc()) < best_libc) best_libc = t;
    if ((t = by_call()) < best_call) best_call = t;
  }
  SAY("%s", best_libc < 0.7 * best_call ? "fast clock" : "slow clock");
  if (getenv("SAY_TIMES"))
    fprintf(stderr, "clock %.1f ns, call %.1f ns\n", best_libc * 1e9 / ROUNDS, best_call * 1e9 / ROUNDS);
  struct timespec a, b;
  struct timeval tv;
  clock_gettime(CLOCK_REALTIME, &a);
  gettimeofday(&tv, NULL);
  EXPECT(tv.tv_sec - a.tv_sec <= 1 && time(NULL) - a.tv_sec <= 1);
  EXPECT(clock_getres(CLOCK_MONOTONIC, &b) == 0 && b.tv_nsec == 1);
  unsigned cpu, node;
  EXPECT(getcpu(&cpu, &node) == 0);
  SAY("done");
  return 0;
}
