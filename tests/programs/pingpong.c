/* Messages of 0 bytes to 1 MiB between neighbours in a ring, in every send mode; contents are checked at each hop. */
#include "check.h"

#define LARGEST (1 << 20)
static unsigned char out[LARGEST], in[LARGEST];

static void fill(unsigned char *buffer, int bytes, int sender, int round) {
  for (int i = 0; i < bytes; i++) buffer[i] = (unsigned char)(i * 7 + sender * 31 + round);
}

static void exchange(int bytes, int round, int to, int from) {
  MPI_Request request;
  MPI_Status status;
  int received, rank = check_rank();
  fill(out, bytes, rank, round);
  memset(in, 0xee, (size_t)bytes);
  MPI_Irecv(in, bytes, MPI_BYTE, from, round, MPI_COMM_WORLD, &request);
  switch (round % 4) {
    case 0: MPI_Send(out, bytes, MPI_BYTE, to, round, MPI_COMM_WORLD); break;
    case 1: {
      MPI_Request sent;
      MPI_Issend(out, bytes, MPI_BYTE, to, round, MPI_COMM_WORLD, &sent);
      MPI_Wait(&sent, MPI_STATUS_IGNORE);
      CHECK(sent == MPI_REQUEST_NULL);
      break;
    }
    case 2:
      MPI_Barrier(MPI_COMM_WORLD); /* a ready send needs its receive posted */
      MPI_Rsend(out, bytes, MPI_BYTE, to, round, MPI_COMM_WORLD);
      break;
    default: {
      MPI_Request sent;
      int flag = 0;
      MPI_Isend(out, bytes, MPI_BYTE, to, round, MPI_COMM_WORLD, &sent);
      while (!flag) MPI_Test(&sent, &flag, MPI_STATUS_IGNORE);
    }
  }
  MPI_Wait(&request, &status);
  CHECK(status.MPI_SOURCE == from && status.MPI_TAG == round);
  MPI_Get_count(&status, MPI_BYTE, &received);
  CHECK(received == bytes);
  fill(out, bytes, from, round);
  CHECK(memcmp(in, out, (size_t)bytes) == 0);
}

/* Rank 0 sends to itself and to MPI_PROC_NULL; both must complete at once. */
static void corner_cases(void) {
  int value = 41, got = 0, count;
  MPI_Status status;
  MPI_Sendrecv(&value, 1, MPI_INT, check_rank(), 5, &got, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD,
               &status);
  CHECK(got == 41 && status.MPI_SOURCE == check_rank() && status.MPI_TAG == 5);
  got = 7;
  MPI_Send(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
  MPI_Recv(&got, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(got == 7 && status.MPI_SOURCE == MPI_PROC_NULL && status.MPI_TAG == MPI_ANY_TAG && count == 0);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank = check_rank(), size = check_size(), round = 0;
  for (int bytes = 0; bytes <= LARGEST; bytes = bytes ? bytes * 4 : 1)
    for (int mode = 0; mode < 4; mode++) exchange(bytes, round++, (rank + 1) % size, (rank + size - 1) % size);
  corner_cases();
  check_record("rounds=%d hash=%016llx", round, (unsigned long long)check_hash(in, LARGEST));
  return check_finish("pingpong");
}
