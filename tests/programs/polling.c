/* Polls: tests that fail, at once again, in three forms, few and many; a poll of other requests, or after a call, is not answered from the last one. */
#include "check.h"

enum { ROUNDS = 1000, MANY = 4, ROW = 100 };
static MPI_Request requests[MANY];
static int index_, flag;
static MPI_Status status;

static void poll_any(void) {
  for (int done = 0; done < MANY;) {
    MPI_Testany(MANY, requests, &index_, &flag, &status);
    if (flag) {
      CHECK(requests[index_] == MPI_REQUEST_NULL && status.MPI_TAG == index_);
      done++;
    } else {
      CHECK(index_ == MPI_UNDEFINED);
    }
  }
}
static void poll_all(void) {
  do MPI_Testall(MANY, requests, &flag, MPI_STATUSES_IGNORE);
  while (!flag);
}
static void poll_each(void) {
  for (int i = 0; i < MANY; i++) {
    do MPI_Test(&requests[i], &flag, &status);
    while (!flag);
  }
}

/* So many that fail that some need not be asked; each says what a failed test says. */
static void rows_of_failures(void) {
  for (int i = 0; i < ROW; i++) {
    flag = index_ = 77;
    MPI_Testany(1, requests, &index_, &flag, &status);
    CHECK(!flag && index_ == MPI_UNDEFINED);
  }
  for (int i = 0; i < ROW; i++) {
    flag = 77;
    MPI_Test(requests, &flag, &status);
    CHECK(!flag);
  }
  for (int i = 0; i < ROW; i++) {
    flag = 77;
    MPI_Testall(MANY, requests, &flag, MPI_STATUSES_IGNORE);
    CHECK(!flag);
  }
  for (int i = 0; i < ROW; i++) {
    flag = index_ = 77;
    MPI_Testany(MANY, requests, &index_, &flag, &status);
    CHECK(!flag && index_ == MPI_UNDEFINED);
  }
}

/* A failed test is followed by one of no active request, which is complete, and by one whose message was sent in between. */
static void other_questions(int rank, int rows) {
  int in = 0, out = 7;
  MPI_Irecv(&in, 1, MPI_INT, rank, MANY, MPI_COMM_WORLD, &requests[0]);
  if (rows) rows_of_failures();
  MPI_Testany(MANY, requests, &index_, &flag, &status);
  CHECK(!flag);
  MPI_Request pending = requests[0];
  requests[0] = MPI_REQUEST_NULL;
  MPI_Testany(MANY, requests, &index_, &flag, &status);
  CHECK(flag && index_ == MPI_UNDEFINED);
  requests[0] = pending;
  MPI_Send(&out, 1, MPI_INT, rank, MANY, MPI_COMM_WORLD);
  do MPI_Testany(MANY, requests, &index_, &flag, &status);
  while (!flag);
  CHECK(index_ == 0 && in == 7);
}

int main(int argc, char **argv) {
  void (*const polls[])(void) = {poll_any, poll_all, poll_each};
  MPI_Init(&argc, &argv);
  int rank = check_rank(), size = check_size(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  unsigned total = 0;
  for (int round = 0; round < ROUNDS; round++) {
    int in[MANY], out = round * 10 + rank;
    for (int i = 0; i < MANY; i++) MPI_Irecv(&in[i], 1, MPI_INT, previous, i, MPI_COMM_WORLD, &requests[i]);
    for (int i = 0; i < MANY; i++) MPI_Send(&out, 1, MPI_INT, next, i, MPI_COMM_WORLD);
    polls[round % 3]();
    for (int i = 0; i < MANY; i++) {
      CHECK(requests[i] == MPI_REQUEST_NULL && in[i] == round * 10 + previous);
      total = total * 31 + (unsigned)in[i];
    }
    other_questions(rank, round % 10 == 0);
  }
  check_record("total=%08x", total);
  return check_finish("polling");
}
