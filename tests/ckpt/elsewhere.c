/* MPI is initialized and finalized by another thread than the main one: no checkpoint can be taken, and everything else is as ever.
 *
 *   PROGRAM [MILLISECONDS]     how long it lives */
#include <pthread.h>

#include "story.h"

static void *rank(void *argument) {
  int provided, sum = 0;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &story_rank);
  usleep((useconds_t)(*(int *)argument * 1000));
  MPI_Allreduce(&story_rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  MPI_Finalize();
  if (story_rank == 0) printf("OK elsewhere %d\n", sum);
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t thread;
  int milliseconds = argc > 1 ? atoi(argv[1]) : 0;
  CHECK(pthread_create(&thread, NULL, rank, &milliseconds) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  return 0;
}
