/* Collectives that some members have left before others come: on a communicator that was just made, and on two of the same members in another
 * order on each rank. What the early ones sent must be there for the late ones, before a checkpoint and after. */
#include "story.h"

enum { WORDS = 40, LINGER = 4000 /* microseconds */ };

/* The root has sent and goes on; the others come to their first collective on this communicator later. */
static void first_on(MPI_Comm comm, int root, uint64_t seed) {
  uint64_t words[WORDS];
  int rank;
  MPI_Comm_rank(comm, &rank);
  if (rank == root) {
    story_fill(words, WORDS, seed);
  } else {
    story_linger(LINGER);
  }
  MPI_Bcast(words, WORDS, MPI_UINT64_T, root, comm);
  CHECK(story_holds(words, WORDS, seed));
  story_add(words, sizeof words);
}

static void made_now(int step) {
  MPI_Comm half, copy;
  int size;
  MPI_Comm_split(MPI_COMM_WORLD, story_rank / 2, story_rank, &half);
  MPI_Comm_size(half, &size);
  first_on(half, step % size, (uint64_t)step);
  MPI_Comm_dup(half, &copy);
  first_on(copy, (step + 1) % size, (uint64_t)step + 1);
  MPI_Comm_free(&half);
  MPI_Comm_free(&copy);
}

/* Two equal communicators; each rank begins with another one, of which it is the root. */
static void in_other_order(MPI_Comm pair[2], int step) {
  uint64_t words[2][WORDS];
  MPI_Request request[2];
  for (int i = 0; i < 2; i++) {
    int one = (story_rank + i) % 2;
    if (story_rank == one) story_fill(words[one], WORDS, (uint64_t)(2 * step + one));
    MPI_Ibcast(words[one], WORDS, MPI_UINT64_T, one, pair[one], &request[one]);
    if (i == 0) story_linger(LINGER);
  }
  MPI_Waitall(2, request, MPI_STATUSES_IGNORE);
  for (int one = 0; one < 2; one++) CHECK(story_holds(words[one], WORDS, (uint64_t)(2 * step + one)));
  story_add(words, sizeof words);
}

int main(int argc, char **argv) {
  MPI_Comm pair[2];
  story_begin("fresh", &argc, &argv);
  for (int i = 0; i < 2; i++) MPI_Comm_dup(MPI_COMM_WORLD, &pair[i]);
  for (int step = 0; story_goes_on(step); step++) {
    made_now(step);
    in_other_order(pair, step);
  }
  for (int i = 0; i < 2; i++) MPI_Comm_free(&pair[i]);
  return story_end();
}
