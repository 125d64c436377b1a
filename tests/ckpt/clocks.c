/* Ranks that read clocks without end, their handlers too: every moment is one inside the kernel's vDSO, which the next kernel has elsewhere. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "story.h"

enum { READINGS = 20, CLOCKS = 7 };
static volatile sig_atomic_t handled;

static double seconds(clockid_t clock) {
  struct timespec t;
  CHECK(clock_gettime(clock, &t) == 0);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
/* Clocks never run backwards, here or there: neither those of the machine nor those of what was used. */
static void read_clocks(double last[CLOCKS]) {
  struct timeval day;
  struct timespec resolution;
  for (int i = 0; i < READINGS; i++) {
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    double now[CLOCKS] = {seconds(CLOCK_MONOTONIC),
                          seconds(CLOCK_BOOTTIME),
                          MPI_Wtime(),
                          seconds(CLOCK_PROCESS_CPUTIME_ID),
                          seconds(CLOCK_THREAD_CPUTIME_ID),
                          (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6,
                          (double)times(NULL)};
    for (int k = 0; k < CLOCKS; k++) {
      CHECK(now[k] >= last[k]);
      last[k] = now[k];
    }
    CHECK(gettimeofday(&day, NULL) == 0 && time(NULL) >= day.tv_sec - 1 && sched_getcpu() >= 0);
    CHECK(clock_getres(CLOCK_MONOTONIC, &resolution) == 0);
  }
}
static void read_clocks_too(int number) {
  (void)number;
  double before = seconds(CLOCK_MONOTONIC);
  struct timeval day;
  for (int i = 0; i < READINGS; i++) CHECK(seconds(CLOCK_MONOTONIC) >= before && gettimeofday(&day, NULL) == 0);
  handled++;
}

int main(int argc, char **argv) {
  story_begin("clocks", &argc, &argv);
  struct sigaction action = {.sa_flags = SA_RESTART};
  struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
  double last[CLOCKS] = {0};
  action.sa_handler = read_clocks_too;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
  for (int step = 0; story_goes_on(step); step++) {
    for (double end = seconds(CLOCK_MONOTONIC) + story_milliseconds * 1e-3; seconds(CLOCK_MONOTONIC) < end;)
      read_clocks(last);
    uint64_t mine = story_word((uint64_t)step, (size_t)story_rank) >> 16, sum;
    if (step % 20 == 19) {
      MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
      story_add(&sum, sizeof sum);
    }
  }
  CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0 && handled > 0);
  return story_end();
}
