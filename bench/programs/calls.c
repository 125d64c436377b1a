/* Nanoseconds of calls that the MPI library answers without communication. Prints "NAME VALUE" lines. */
#include <mpi.h>
#include <stdio.h>

#define ROUNDS 15
#define CALLS 200000

#define TIME(name, call)                                                                                               \
  do {                                                                                                                 \
    double best = 1e9;                                                                                                 \
    for (int round = 0; round < ROUNDS; round++) {                                                                     \
      double start = MPI_Wtime();                                                                                      \
      for (int i = 0; i < CALLS; i++) call;                                                                            \
      double nanoseconds = (MPI_Wtime() - start) * 1e9 / CALLS;                                                        \
      if (nanoseconds < best) best = nanoseconds;                                                                      \
    }                                                                                                                  \
    printf("%s %.2f\n", name, best);                                                                                   \
  } while (0)

int main(int argc, char **argv) {
  int value = 0, sent = 1;
  MPI_Status status;
  MPI_Init(&argc, &argv);
  MPI_Sendrecv(&sent, 1, MPI_INT, 0, 0, &value, 1, MPI_INT, 0, 0, MPI_COMM_SELF, &status);
  TIME("MPI_Comm_rank", MPI_Comm_rank(MPI_COMM_WORLD, &value));
  TIME("MPI_Comm_size", MPI_Comm_size(MPI_COMM_WORLD, &value));
  TIME("MPI_Type_size", MPI_Type_size(MPI_DOUBLE, &value));
  TIME("MPI_Get_count", MPI_Get_count(&status, MPI_INT, &value));
  MPI_Finalize();
  return 0;
}
