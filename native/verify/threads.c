/* Threads of the application, each with a lower FS of its own, in MPI at the same time. */
#include <pthread.h>
#include <stdio.h>

#include "verify.h"

enum { THREADS = 2, ROUNDS = 50 };
static int wrong[THREADS];

/* Thread t of every rank passes numbers around the ring with tag t. */
static void *run(void *argument) {
  int t = (int)(intptr_t)argument, next = (verify_rank + 1) % verify_size,
      previous = (verify_rank + verify_size - 1) % verify_size;
  for (int i = 0; i < ROUNDS; i++) {
    int out = 1000 * t + i, in = -1;
    MPI_Request request;
    MPI_Irecv(&in, 1, MPI_INT, previous, 100 + t, MPI_COMM_WORLD, &request);
    MPI_Send(&out, 1, MPI_INT, next, 100 + t, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    wrong[t] += in != out;
  }
  return NULL;
}

void verify_threads(int provided) {
  if (provided < MPI_THREAD_MULTIPLE) {
    char detail[80];
    snprintf(detail, sizeof detail, "this MPI grants level %d, not MPI_THREAD_MULTIPLE: not tried", provided);
    verify_tell("threads", detail);
    return;
  }
  pthread_t threads[THREADS];
  int started = 0;
  for (; started < THREADS; started++)
    if (pthread_create(&threads[started], NULL, run, (void *)(intptr_t)started)) break;
  verify_expect(started == THREADS, "only %d threads started", started);
  for (int t = 0; t < started; t++) {
    pthread_join(threads[t], NULL);
    verify_expect(wrong[t] == 0, "thread %d received %d wrong messages", t, wrong[t]);
  }
  verify_tell("threads", "two threads a rank, MPI_THREAD_MULTIPLE, 50 rounds");
}
