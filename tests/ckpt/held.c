/* All ranks but the last wait for it in one call after the other, for as long as somebody who looks on wants them to: with a third argument the
 * last one makes its part of call N only when there is a file go-N in the working directory. */
#include "story.h"

enum { PATIENCE_SECONDS = 300 };
static int last, looked_at;

/* In the program's own code. */
static void wait_for_file(int number) {
  char name[32];
  snprintf(name, sizeof name, "go-%d", number);
  for (int tries = 0; looked_at && access(name, F_OK) != 0; tries++) {
    CHECK(tries < PATIENCE_SECONDS * 100);
    usleep(10000);
  }
}

static void set_free(int number, MPI_Comm comm) {
  uint64_t word = story_word((uint64_t)number, 0), got;
  for (int rank = 0; rank < last; rank++) {
    if (number == 3)
      MPI_Recv(&got, 1, MPI_UINT64_T, rank, number, comm, MPI_STATUS_IGNORE);
    else
      MPI_Send(&word, 1, MPI_UINT64_T, rank, number, comm);
  }
}

static void wait_in(int number, MPI_Comm comm) {
  uint64_t word = 0;
  MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
  switch (number) {
    case 0: MPI_Recv(&word, 1, MPI_UINT64_T, last, number, comm, MPI_STATUS_IGNORE); break;
    case 1:
      MPI_Irecv(&word, 1, MPI_UINT64_T, last, number, comm, &requests[1]);
      MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
      break;
    case 2:
      MPI_Probe(last, number, comm, MPI_STATUS_IGNORE);
      MPI_Recv(&word, 1, MPI_UINT64_T, last, number, comm, MPI_STATUS_IGNORE);
      break;
    default: MPI_Ssend(&word, 1, MPI_UINT64_T, last, number, comm);
  }
  story_add(&word, sizeof word);
}

int main(int argc, char **argv) {
  story_begin("held", &argc, &argv);
  looked_at = argc > 3;
  last = story_size - 1;
  MPI_Comm named, nameless;
  MPI_Comm_dup(MPI_COMM_WORLD, &named);
  MPI_Comm_dup(MPI_COMM_WORLD, &nameless);
  MPI_Comm_set_name(named, "halo");
  for (int number = 0; number < 7; number++) {
    MPI_Comm comm = number % 2 ? MPI_COMM_WORLD : named;
    uint64_t mine = story_word((uint64_t)number, (size_t)story_rank) >> 16, sum = 0;
    if (story_rank == last) wait_for_file(number);
    if (number == 4) {
      MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, comm);
    } else if (number == 5) {
      MPI_Barrier(nameless);
    } else if (number == 6) {
      MPI_Request request;
      MPI_Ibarrier(comm, &request);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
    } else if (story_rank == last) {
      set_free(number, comm);
    } else {
      wait_in(number, comm);
    }
    story_add(&sum, sizeof sum);
  }
  MPI_Comm_free(&named);
  MPI_Comm_free(&nameless);
  return story_end();
}
