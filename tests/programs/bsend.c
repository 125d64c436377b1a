/* Buffered sends: the buffer is sized as the program's own mpi.h says, to the last byte, attached and detached. */
#include "check.h"

#define MESSAGES 8
#define INTS 100

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank = check_rank(), size = check_size(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  int one, bytes, value[INTS], got[INTS];
  MPI_Pack_size(INTS, MPI_INT, MPI_COMM_WORLD, &one);
  bytes = MESSAGES * (one + MPI_BSEND_OVERHEAD);
  char *buffer = malloc((size_t)bytes), *detached;
  for (int round = 0; round < 20; round++) {
    MPI_Buffer_attach(buffer, bytes);
    for (int m = 0; m < MESSAGES; m++) { /* all of them fit before the first is received */
      for (int i = 0; i < INTS; i++) value[i] = rank * 10000 + m * 100 + i;
      if (m % 2) {
        MPI_Bsend(value, INTS, MPI_INT, next, m, MPI_COMM_WORLD);
      } else {
        MPI_Request request;
        MPI_Ibsend(value, INTS, MPI_INT, next, m, MPI_COMM_WORLD, &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
      }
    }
    for (int m = MESSAGES - 1; m >= 0; m--) {
      MPI_Recv(got, INTS, MPI_INT, previous, m, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      CHECK(got[0] == previous * 10000 + m * 100 && got[INTS - 1] == got[0] + INTS - 1);
    }
    int detached_bytes = 0;
    MPI_Buffer_detach(&detached, &detached_bytes); /* waits until everything has left */
    CHECK(detached == buffer && detached_bytes == bytes);
  }
  memset(buffer, 0xff, (size_t)bytes); /* it is ours again */
  free(buffer);
  check_record("last=%d", got[0]);
  return check_finish("bsend");
}
