/* Persistent requests: started again and again, inactive in between, freed at the end. */
#include "check.h"

#define ROUNDS 50

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank = check_rank(), size = check_size(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  int out[3], in[3], flag, index;
  static char buffer[3 * (64 + MPI_BSEND_OVERHEAD)];
  MPI_Request requests[6];
  MPI_Status statuses[6], status;
  MPI_Buffer_attach(buffer, sizeof buffer);
  for (int i = 0; i < 3; i++) MPI_Recv_init(&in[i], 1, MPI_INT, previous, i, MPI_COMM_WORLD, &requests[i]);
  MPI_Send_init(&out[0], 1, MPI_INT, next, 0, MPI_COMM_WORLD, &requests[3]);
  MPI_Ssend_init(&out[1], 1, MPI_INT, next, 1, MPI_COMM_WORLD, &requests[4]);
  MPI_Bsend_init(&out[2], 1, MPI_INT, next, 2, MPI_COMM_WORLD, &requests[5]);
  MPI_Test(&requests[0], &flag, &status); /* an inactive request is complete, with an empty status */
  CHECK(flag && status.MPI_TAG == MPI_ANY_TAG && requests[0] != MPI_REQUEST_NULL);
  MPI_Waitany(6, requests, &index, &status);
  CHECK(index == MPI_UNDEFINED);
  unsigned total = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < 3; i++) out[i] = rank * 1000 + round * 3 + i, in[i] = -1;
    MPI_Startall(3, requests);
    for (int i = 3; i < 6; i++) MPI_Start(&requests[i]);
    MPI_Waitall(6, requests, statuses);
    for (int i = 0; i < 3; i++) {
      CHECK(in[i] == previous * 1000 + round * 3 + i);
      CHECK(statuses[i].MPI_SOURCE == previous && statuses[i].MPI_TAG == i);
      total = total * 31 + (unsigned)in[i];
    }
    for (int i = 0; i < 6; i++) CHECK(requests[i] != MPI_REQUEST_NULL);
  }
  for (int i = 0; i < 6; i++) {
    MPI_Request_free(&requests[i]);
    CHECK(requests[i] == MPI_REQUEST_NULL);
  }
  void *detached;
  int bytes;
  MPI_Buffer_detach(&detached, &bytes);
  CHECK(detached == buffer && bytes == (int)sizeof buffer);

  MPI_Request ready[2]; /* a ready send, its receive started before by a barrier */
  MPI_Recv_init(&in[0], 1, MPI_INT, previous, 9, MPI_COMM_WORLD, &ready[0]);
  MPI_Rsend_init(&out[0], 1, MPI_INT, next, 9, MPI_COMM_WORLD, &ready[1]);
  MPI_Start(&ready[0]);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Start(&ready[1]);
  MPI_Waitall(2, ready, MPI_STATUSES_IGNORE);
  for (int i = 0; i < 2; i++) MPI_Request_free(&ready[i]);
  check_record("total=%08x", total);
  return check_finish("persistent");
}
