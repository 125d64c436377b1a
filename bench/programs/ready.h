/* How a program that is measured while it runs says that it has come so far: a file in its folder. */
#ifndef BENCH_READY_H
#define BENCH_READY_H
#include <mpi.h>
#include <stdio.h>

static void tell_ready(int rank) {
  MPI_Barrier(MPI_COMM_WORLD);
  FILE *file = rank == 0 ? fopen("ready", "w") : NULL;
  if (file) fclose(file);
}
#endif
