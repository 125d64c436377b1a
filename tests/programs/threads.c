/* MPI_THREAD_MULTIPLE: threads talk to their namesakes on the next rank, all at once, each on its own communicator; and
 * threads come and go. */
#include <pthread.h>

#include "check.h"

#define THREADS 3
#define ROUNDS 200
static MPI_Comm comms[THREADS];
static uint64_t sums[THREADS];
static int thread_failures[THREADS];

static void *talk(void *argument) {
  int me = (int)(intptr_t)argument, rank = check_rank(), size = check_size(), is_main = 1;
  uint64_t sum = (uint64_t)me;
  MPI_Is_thread_main(&is_main);
  thread_failures[me] += is_main;
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t out = sum * 31 + (uint64_t)round, in = 0, total = 0;
    MPI_Request request;
    MPI_Status status;
    MPI_Irecv(&in, 1, MPI_UINT64_T, (rank + size - 1) % size, me, comms[me], &request);
    MPI_Send(&out, 1, MPI_UINT64_T, (rank + 1) % size, me, comms[me]);
    MPI_Wait(&request, &status);
    thread_failures[me] += status.MPI_TAG != me;
    if (round % 20 == 0) MPI_Allreduce(&in, &total, 1, MPI_UINT64_T, MPI_SUM, comms[me]);
    if (round % 50 == 0) { /* objects of one's own, made while the others do the same */
      MPI_Datatype type;
      MPI_Type_vector(2, 1, 2, MPI_INT, &type);
      MPI_Type_commit(&type);
      MPI_Type_free(&type);
    }
    sum = in ^ total;
  }
  sums[me] = sum;
  return NULL;
}

static void *probe_only(void *argument) {
  int flag;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_SELF, &flag, MPI_STATUS_IGNORE);
  return argument;
}

int main(int argc, char **argv) {
  int provided, queried;
  pthread_t threads[THREADS];
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  MPI_Query_thread(&queried);
  CHECK(provided == MPI_THREAD_MULTIPLE && queried == provided);
  for (int i = 0; i < THREADS; i++) MPI_Comm_dup(MPI_COMM_WORLD, &comms[i]);
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, talk, (void *)(intptr_t)i);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < THREADS; i++) {
    CHECK(thread_failures[i] == 0);
    check_record("%016llx", (unsigned long long)sums[i]);
    MPI_Comm_free(&comms[i]);
  }
  for (int i = 0; i < 200; i++) { /* many short-lived threads: what a thread holds must come back */
    void *answer;
    pthread_create(&threads[0], NULL, probe_only, &provided);
    pthread_join(threads[0], &answer);
    CHECK(answer == &provided);
  }
  return check_finish("threads");
}
