/* MPI_Wtime without a crossing: the upper half's clock never runs backwards, not even across a restart (its vDSO sees to that). */
#include <time.h>

#include "core_auto.h"

double core_Wtime(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double core_Wtick(void) {
  struct timespec t;
  return clock_getres(CLOCK_MONOTONIC, &t) ? 1e-6 : (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
