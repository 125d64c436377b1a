/* Main threads that stay away from MPI until the folder holds a file `go`: rank 0's computes, the others' wait for a thread of theirs that does what
 * is to be done with MPI. A file `away-RANK` says that it has begun. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>

#include "story.h"

static void wait_for_go(void) {
  char name[32];
  snprintf(name, sizeof name, "away-%d", story_rank);
  close(open(name, O_CREAT | O_WRONLY, 0600));
  while (access("go", F_OK) != 0) {
    story_compute(100);
    usleep(10000);
  }
}
static void *add_up(void *unused) {
  uint64_t mine = story_word(1, (size_t)story_rank) >> 16, sum;
  if (story_rank > 0) wait_for_go();
  MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
  story_add(&sum, sizeof sum);
  return unused;
}

int main(int argc, char **argv) {
  pthread_t thread;
  story_begin_threads("away", &argc, &argv, MPI_THREAD_MULTIPLE);
  if (story_rank == 0) wait_for_go();
  CHECK(pthread_create(&thread, NULL, add_up, NULL) == 0 && pthread_join(thread, NULL) == 0);
  story_orbit = 0.31; /* how long it computed is not in the result */
  return story_end();
}
