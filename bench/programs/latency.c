/* Microseconds of a ping-pong (half a round trip) and of a reduction, between the ranks of one machine. Prints "NAME VALUE" lines. */
#include <mpi.h>
#include <stdio.h>
#include <string.h>

/* Short, since the job is run in many turns; the best round counts. */
#define ROUNDS 9
static char buffer[1 << 16];

static double ping_pong(int bytes, int times) {
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int i = 0; i < times; i++) {
    if (rank == 0) {
      MPI_Send(buffer, bytes, MPI_CHAR, 1, 0, MPI_COMM_WORLD);
      MPI_Recv(buffer, bytes, MPI_CHAR, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else if (rank == 1) {
      MPI_Recv(buffer, bytes, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(buffer, bytes, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
    }
  }
  return (MPI_Wtime() - start) * 1e6 / (2.0 * times);
}

static double reduction(int bytes, int times) {
  (void)bytes;
  double in = 1, out;
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int i = 0; i < times; i++) MPI_Allreduce(&in, &out, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return (MPI_Wtime() - start) * 1e6 / times;
}

static void report(const char *name, double (*measure)(int, int), int bytes, int times) {
  int rank;
  double best = 1e9;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  measure(bytes, times / 10);
  for (int round = 0; round < ROUNDS; round++) {
    double microseconds = measure(bytes, times);
    if (microseconds < best) best = microseconds;
  }
  if (rank == 0) printf("%s %.4f\n", name, best);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  memset(buffer, 1, sizeof buffer);
  report("ping-pong-8", ping_pong, 8, 10000);
  report("ping-pong-65536", ping_pong, 1 << 16, 1000);
  report("allreduce-8", reduction, 8, 10000);
  MPI_Finalize();
  return 0;
}
