/* Generalized requests: the program's own operations, completed by the program and waited for by MPI. */
#include "check.h"

struct job {
  int queried, freed, cancelled;
};

static int query(void *state, MPI_Status *status) {
  struct job *job = state;
  job->queried++;
  MPI_Status_set_elements(status, MPI_INT, 7);
  MPI_Status_set_cancelled(status, job->cancelled);
  status->MPI_SOURCE = 3;
  status->MPI_TAG = 14;
  return MPI_SUCCESS;
}
static int release(void *state) {
  ((struct job *)state)->freed++;
  return MPI_SUCCESS;
}
static int cancel(void *state, int complete) {
  ((struct job *)state)->cancelled = !complete;
  return MPI_SUCCESS;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  struct job job = {0, 0, 0}, second = {0, 0, 0};
  MPI_Request request, both[2];
  MPI_Status status, statuses[2];
  int flag = 1, count, cancelled, value = 5, got = 0;
  MPI_Grequest_start(query, release, cancel, &job, &request);
  MPI_Test(&request, &flag, &status);
  CHECK(!flag && job.freed == 0);
  MPI_Grequest_complete(request);
  MPI_Wait(&request, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  MPI_Test_cancelled(&status, &cancelled);
  CHECK(request == MPI_REQUEST_NULL && job.queried == 1 && job.freed == 1);
  CHECK(status.MPI_SOURCE == 3 && status.MPI_TAG == 14 && count == 7 && !cancelled);

  /* among ordinary requests */
  MPI_Grequest_start(query, release, cancel, &second, &both[0]);
  MPI_Irecv(&got, 1, MPI_INT, check_rank(), 1, MPI_COMM_WORLD, &both[1]);
  MPI_Send(&value, 1, MPI_INT, check_rank(), 1, MPI_COMM_WORLD);
  MPI_Cancel(&both[0]);
  MPI_Grequest_complete(both[0]);
  MPI_Waitall(2, both, statuses);
  MPI_Test_cancelled(&statuses[0], &cancelled);
  CHECK(cancelled && second.freed == 1 && got == 5 && statuses[1].MPI_TAG == 1);

  /* Freed first: it may still be completed. (MPICH calls the free function at once, MPI says only then.) */
  struct job freed = {0, 0, 0}, late = {0, 0, 0};
  MPI_Grequest_start(query, release, cancel, &freed, &request);
  MPI_Request known = request;
  MPI_Request_free(&request);
  CHECK(request == MPI_REQUEST_NULL);
  CHECK(MPI_Grequest_complete(known) == MPI_SUCCESS && freed.freed == 1);
  MPI_Grequest_start(query, release, cancel, &late, &request);
  MPI_Grequest_complete(request);
  MPI_Request_free(&request);
  CHECK(request == MPI_REQUEST_NULL && late.freed == 1);
  return check_finish("grequest");
}
