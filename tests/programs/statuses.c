/* Statuses and completion: which slot a status goes to, what an empty one holds, what is left alone. MPI-3.1 section 3.7. */
#include "check.h"

#define PENDING 5
#define POISON 0x5a5a5a5a

static int is_empty(const MPI_Status *status) {
  int count = -1, cancelled = -1;
  MPI_Get_count(status, MPI_INT, &count);
  MPI_Test_cancelled(status, &cancelled);
  return status->MPI_SOURCE == MPI_ANY_SOURCE && status->MPI_TAG == MPI_ANY_TAG && count == 0 && cancelled == 0;
}
static void poison(MPI_Status *statuses, int count) {
  for (int i = 0; i < count; i++) statuses[i].MPI_SOURCE = statuses[i].MPI_TAG = statuses[i].MPI_ERROR = POISON;
}

/* Waitsome's statuses are in slots 0..outcount-1, in the order of the indices, not at the requests' own places. */
static void waitsome(void) {
  int values[PENDING], done[PENDING], out = 0, rank = check_rank(), sent = 73;
  MPI_Request requests[PENDING];
  MPI_Status statuses[PENDING];
  for (int i = 0; i < PENDING; i++) MPI_Irecv(&values[i], 1, MPI_INT, rank, 20 + i, MPI_COMM_WORLD, &requests[i]);
  poison(statuses, PENDING);
  MPI_Send(&sent, 1, MPI_INT, rank, 23, MPI_COMM_WORLD);
  MPI_Waitsome(PENDING, requests, &out, done, statuses);
  CHECK(out == 1 && done[0] == 3 && statuses[0].MPI_TAG == 23 && statuses[0].MPI_SOURCE == rank);
  CHECK(requests[3] == MPI_REQUEST_NULL && requests[2] != MPI_REQUEST_NULL && values[3] == 73);
  for (int i = 1; i < PENDING; i++) CHECK(statuses[i].MPI_TAG == POISON);

  poison(statuses, PENDING);
  MPI_Testsome(PENDING, requests, &out, done, statuses);
  CHECK(out == 0);
  for (int i = 0; i < PENDING; i++)
    if (i != 3) MPI_Send(&i, 1, MPI_INT, rank, 20 + i, MPI_COMM_WORLD);
  int left = 4;
  while (left > 0) {
    MPI_Waitsome(PENDING, requests, &out, done, statuses);
    for (int i = 0; i < out; i++) CHECK(statuses[i].MPI_TAG == 20 + done[i] && values[done[i]] == done[i]);
    left -= out;
  }
  CHECK(left == 0);
  MPI_Waitsome(PENDING, requests, &out, done, statuses);
  CHECK(out == MPI_UNDEFINED);
  MPI_Testsome(PENDING, requests, &out, done, MPI_STATUSES_IGNORE);
  CHECK(out == MPI_UNDEFINED);
}

/* With nothing active, Testany and Waitany say so and set an empty status. */
static void nothing_active(void) {
  MPI_Request requests[3] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL, MPI_REQUEST_NULL};
  MPI_Status status, statuses[3];
  int index = 7, flag = 0;
  poison(&status, 1);
  MPI_Testany(3, requests, &index, &flag, &status);
  CHECK(flag && index == MPI_UNDEFINED && is_empty(&status));
  poison(&status, 1);
  MPI_Waitany(3, requests, &index, &status);
  CHECK(index == MPI_UNDEFINED && is_empty(&status));
  poison(&status, 1);
  MPI_Wait(&requests[0], &status);
  CHECK(is_empty(&status));
  poison(&status, 1), flag = 0;
  MPI_Test(&requests[0], &flag, &status);
  CHECK(flag && is_empty(&status));
  poison(statuses, 3);
  MPI_Waitall(3, requests, statuses);
  for (int i = 0; i < 3; i++) CHECK(is_empty(&statuses[i]));
  flag = 0;
  MPI_Testall(3, requests, &flag, statuses);
  CHECK(flag);
  MPI_Testall(0, NULL, &flag, MPI_STATUSES_IGNORE);
  CHECK(flag);
}

/* Testall with something still pending touches no request; Waitall gives each status its own request's place. */
static void all(MPI_Comm comm) {
  int values[3] = {0, 0, 0}, sent[2] = {5, 6}, flag = 1;
  MPI_Request requests[3];
  MPI_Status statuses[3];
  MPI_Irecv(&values[0], 1, MPI_INT, 0, 41, comm, &requests[0]);
  requests[1] = MPI_REQUEST_NULL;
  MPI_Irecv(&values[2], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, comm, &requests[2]);
  MPI_Send(sent, 1, MPI_INT, 0, 41, comm);
  for (int i = 0; i < 100; i++) {
    MPI_Testall(3, requests, &flag, statuses);
    CHECK(!flag && requests[0] != MPI_REQUEST_NULL);
  }
  MPI_Send(sent, 1, MPI_INT, 0, 43, comm);
  poison(statuses, 3);
  MPI_Waitall(3, requests, statuses);
  CHECK(statuses[0].MPI_TAG == 41 && is_empty(&statuses[1]) && statuses[2].MPI_TAG == 43);
  CHECK(values[0] == 5 && values[2] == 5);
}

/* Two ints arrive where one fits: an error, in that request's status alone. */
static void error_in_status(MPI_Comm comm) {
  int values[2] = {0, 0}, sent[2] = {5, 6}, class = -1;
  MPI_Request requests[2], sends[2];
  MPI_Status statuses[2];
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN); /* whose handler a Waitall of many takes is the MPI's choice */
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  MPI_Isend(sent, 1, MPI_INT, 0, 44, comm, &sends[0]);
  MPI_Isend(sent, 2, MPI_INT, 0, 45, comm, &sends[1]);
  MPI_Irecv(&values[0], 1, MPI_INT, 0, 44, comm, &requests[0]);
  MPI_Irecv(&values[1], 1, MPI_INT, 0, 45, comm, &requests[1]);
  MPI_Error_class(MPI_Waitall(2, requests, statuses), &class);
  CHECK(class == MPI_ERR_IN_STATUS);
  CHECK(statuses[0].MPI_ERROR == MPI_SUCCESS && statuses[0].MPI_TAG == 44 && values[0] == 5);
  MPI_Error_class(statuses[1].MPI_ERROR, &class);
  CHECK(class == MPI_ERR_TRUNCATE);
  MPI_Waitall(2, sends, MPI_STATUSES_IGNORE);
}

/* Calls that return one status leave its MPI_ERROR alone (MPI-3.1 section 3.2.5). */
static void error_field_kept(void) {
  MPI_Status status;
  int value = 3, got = 0, rank = check_rank();
  MPI_Request request;
  status.MPI_ERROR = POISON;
  MPI_Isend(&value, 1, MPI_INT, rank, 50, MPI_COMM_WORLD, &request);
  MPI_Recv(&got, 1, MPI_INT, rank, 50, MPI_COMM_WORLD, &status);
  CHECK(status.MPI_ERROR == POISON && got == 3);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Request_get_status(MPI_REQUEST_NULL, &value, &status);
  CHECK(value && is_empty(&status));
}

/* Request_get_status looks without completing. */
static void looking_only(void) {
  int value = 8, got = 0, flag = 0, rank = check_rank(), count;
  MPI_Request request;
  MPI_Status status;
  MPI_Irecv(&got, 1, MPI_INT, rank, 60, MPI_COMM_WORLD, &request);
  MPI_Send(&value, 1, MPI_INT, rank, 60, MPI_COMM_WORLD);
  while (!flag) MPI_Request_get_status(request, &flag, &status);
  CHECK(request != MPI_REQUEST_NULL && status.MPI_TAG == 60 && got == 8);
  MPI_Wait(&request, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(request == MPI_REQUEST_NULL && status.MPI_TAG == 60 && count == 1);
}

/* More requests than any table on a stack holds; a freed request completes by itself. */
static void many(void) {
  enum { MANY = 1000 };
  static int out[MANY], in[MANY];
  static MPI_Request requests[2 * MANY];
  static MPI_Status statuses[2 * MANY];
  int rank = check_rank(), size = check_size();
  for (int i = 0; i < MANY; i++) {
    out[i] = rank * MANY + i;
    MPI_Irecv(&in[i], 1, MPI_INT, (rank + 1) % size, 1000 + i, MPI_COMM_WORLD, &requests[i]);
    MPI_Isend(&out[i], 1, MPI_INT, (rank + size - 1) % size, 1000 + i, MPI_COMM_WORLD, &requests[2 * MANY - 1 - i]);
  }
  MPI_Waitall(2 * MANY, requests, statuses);
  for (int i = 0; i < MANY; i++) CHECK(in[i] == (rank + 1) % size * MANY + i && statuses[i].MPI_TAG == 1000 + i);
  MPI_Request request;
  MPI_Isend(out, 1, MPI_INT, rank, 61, MPI_COMM_WORLD, &request);
  MPI_Request_free(&request);
  CHECK(request == MPI_REQUEST_NULL);
  MPI_Recv(in, 1, MPI_INT, rank, 61, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  waitsome();
  nothing_active();
  MPI_Comm alone; /* receives from anybody: no other rank's messages must match */
  MPI_Comm_dup(MPI_COMM_SELF, &alone);
  all(alone);
  error_in_status(alone);
  MPI_Comm_free(&alone);
  error_field_kept();
  looking_only();
  many();
  return check_finish("statuses");
}
