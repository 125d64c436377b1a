/* What mana costs at a site: the same source natively (with the site's mpi.h) and split (with the MPICH ABI, without any MPI installed).
 * Rank 0 prints lines of "mana-bench", name, value and unit, separated by tabs. Wants two ranks. */
#include <stdio.h>
#include <stdlib.h>

#include "monotonic.h"
#ifdef MANA_BENCH_SITE
#include <mpi.h>
#else
#include "mpi_abi.h"
#endif

enum { SMALL = 8, LARGE = 64 << 10, ROUNDS = 20 };
static int rank;
static char *buffer;

static double now(void) {
  return (double)monotonic_ns();
}

static void query(void) {
  int r;
  MPI_Comm_rank(MPI_COMM_WORLD, &r);
}
static void ping_pong(int bytes) {
  if (rank == 0) {
    MPI_Send(buffer, bytes, MPI_CHAR, 1, 0, MPI_COMM_WORLD);
    MPI_Recv(buffer, bytes, MPI_CHAR, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  } else if (rank == 1) {
    MPI_Recv(buffer, bytes, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(buffer, bytes, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
  }
}
static void ping_pong_small(void) {
  ping_pong(SMALL);
}
static void ping_pong_large(void) {
  ping_pong(LARGE);
}
static void allreduce(void) {
  double in = 1, out;
  MPI_Allreduce(&in, &out, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

/* Best of several rounds: what another process takes from the core is no cost of ours. */
static void measure(const char *name, void (*step)(void), int repeats) {
  double best = 1e18;
  for (int round = 0; round < ROUNDS; round++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = now();
    for (int i = 0; i < repeats; i++) step();
    double each = (now() - start) / repeats;
    if (each < best) best = each;
  }
  if (rank == 0) printf("mana-bench\t%s\t%.2f\tns\n", name, best);
}

int main(int argc, char **argv) {
  if (MPI_Init(&argc, &argv)) return 1;
  int size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  buffer = calloc(1, LARGE);
  if (!buffer || size < 2) {
    fprintf(stderr, "mana-bench: needs two ranks and %d bytes\n", LARGE);
    return 1;
  }
  measure("MPI_Comm_rank", query, 20000);
  measure("ping-pong 8 B", ping_pong_small, 1000);
  measure("ping-pong 64 KiB", ping_pong_large, 100);
  measure("MPI_Allreduce 8 B", allreduce, 500);
  free(buffer);
  return MPI_Finalize();
}
