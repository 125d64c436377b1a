/* Probing and matched probing, cancelling, messages of unknown size. */
#include "check.h"

static void probing(int next, int previous) {
  int out[5] = {1, 2, 3, 4, check_rank()}, count, flag = 0;
  MPI_Request request;
  MPI_Status status;
  MPI_Isend(out, 5, MPI_INT, next, 11, MPI_COMM_WORLD, &request);
  MPI_Probe(MPI_ANY_SOURCE, 11, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(status.MPI_SOURCE == previous && status.MPI_TAG == 11 && count == 5);
  int *in = malloc((size_t)count * sizeof *in);
  MPI_Recv(in, count, MPI_INT, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD, &status);
  CHECK(in[4] == previous);
  free(in);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Iprobe(MPI_ANY_SOURCE, 12345, MPI_COMM_WORLD, &flag, &status);
  CHECK(!flag);
  MPI_Probe(MPI_PROC_NULL, 3, MPI_COMM_WORLD, &status);
  CHECK(status.MPI_SOURCE == MPI_PROC_NULL && status.MPI_TAG == MPI_ANY_TAG);
}

static void matched(int next, int previous) {
  int out[2] = {check_rank(), 3}, in[2] = {-1, -1}, flag = 0, count;
  MPI_Message message;
  MPI_Request request;
  MPI_Status status;
  MPI_Isend(out, 2, MPI_INT, next, 21, MPI_COMM_WORLD, &request);
  MPI_Mprobe(previous, 21, MPI_COMM_WORLD, &message, &status);
  CHECK(message != MPI_MESSAGE_NULL && message != MPI_MESSAGE_NO_PROC);
  MPI_Iprobe(previous, 21, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
  CHECK(!flag); /* a matched message is out of everybody else's sight */
  MPI_Mrecv(in, 2, MPI_INT, &message, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(message == MPI_MESSAGE_NULL && in[0] == previous && count == 2 && status.MPI_TAG == 21);
  MPI_Wait(&request, MPI_STATUS_IGNORE);

  MPI_Isend(out, 2, MPI_INT, next, 22, MPI_COMM_WORLD, &request);
  for (flag = 0; !flag;) MPI_Improbe(MPI_ANY_SOURCE, 22, MPI_COMM_WORLD, &flag, &message, &status);
  MPI_Request receive;
  in[0] = -1;
  MPI_Imrecv(in, 2, MPI_INT, &message, &receive);
  CHECK(message == MPI_MESSAGE_NULL);
  MPI_Wait(&receive, &status);
  CHECK(in[0] == previous && status.MPI_SOURCE == previous);
  MPI_Wait(&request, MPI_STATUS_IGNORE);

  MPI_Mprobe(MPI_PROC_NULL, 1, MPI_COMM_WORLD, &message, &status);
  CHECK(message == MPI_MESSAGE_NO_PROC);
  MPI_Mrecv(in, 2, MPI_INT, &message, &status);
  CHECK(message == MPI_MESSAGE_NULL && status.MPI_SOURCE == MPI_PROC_NULL);
}

static void cancelling(void) {
  int value = 0, cancelled = 0;
  MPI_Request request;
  MPI_Status status;
  MPI_Irecv(&value, 1, MPI_INT, check_rank(), 31, MPI_COMM_WORLD, &request);
  MPI_Cancel(&request);
  MPI_Wait(&request, &status);
  MPI_Test_cancelled(&status, &cancelled);
  CHECK(cancelled && request == MPI_REQUEST_NULL);
  int sent = 99; /* and the message goes to the next receive */
  MPI_Irecv(&value, 1, MPI_INT, check_rank(), 31, MPI_COMM_WORLD, &request);
  MPI_Send(&sent, 1, MPI_INT, check_rank(), 31, MPI_COMM_WORLD);
  MPI_Wait(&request, &status);
  MPI_Test_cancelled(&status, &cancelled);
  CHECK(!cancelled && value == 99);
  MPI_Status_set_cancelled(&status, 1);
  MPI_Test_cancelled(&status, &cancelled);
  CHECK(cancelled);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank = check_rank(), size = check_size();
  probing((rank + 1) % size, (rank + size - 1) % size);
  MPI_Barrier(MPI_COMM_WORLD);
  matched((rank + 1) % size, (rank + size - 1) % size);
  cancelling();
  return check_finish("probes");
}
