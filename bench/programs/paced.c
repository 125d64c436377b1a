/* Ranks that compute and communicate in turns, never longer than a millisecond away from MPI, until they are ended. */
#include <mpi.h>
#include <time.h>

#include "ready.h"

#define AWAY_SECONDS 0.0005
#define LONGEST_SECONDS 120

/* Not MPI_Wtime: that would be a call to MPI. */
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  int rank, size;
  double in = 1, out = 0;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  tell_ready(rank);
  double begun = MPI_Wtime();
  for (int go_on = 1; go_on;) {
    double since = now();
    while (now() - since < AWAY_SECONDS) in += 1e-9;
    MPI_Sendrecv(&in, 1, MPI_DOUBLE, (rank + 1) % size, 0, &out, 1, MPI_DOUBLE, (rank + size - 1) % size, 0,
                 MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Allreduce(&in, &out, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    go_on = MPI_Wtime() - begun < LONGEST_SECONDS;
    MPI_Bcast(&go_on, 1, MPI_INT, 0, MPI_COMM_WORLD);
  }
  MPI_Finalize();
  return 0;
}
