/* Ranks that have come to MPI_Finalize long before the others: these go on for all their steps, and may be stopped as before. The last two
 * still send each other messages; where there are only two, the last talks to itself. */
#include "story.h"

enum { TOGETHER = 20, BALL = 5 };

/* A ball between two ranks, or from one to itself. */
static void play(int step, int partner) {
  uint64_t out = story_word((uint64_t)step, (size_t)story_rank), in;
  MPI_Sendrecv(&out, 1, MPI_UINT64_T, partner, BALL, &in, 1, MPI_UINT64_T, partner, BALL, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
  CHECK(in == story_word((uint64_t)step, (size_t)partner));
  story_add(&in, sizeof in);
}

int main(int argc, char **argv) {
  story_begin("finishing", &argc, &argv);
  int last = story_size - 1, players = story_size > 2 ? 2 : 1;
  for (int step = 0; story_goes_on(step); step++) {
    if (step < TOGETHER) MPI_Barrier(MPI_COMM_WORLD);
    if (step == TOGETHER && story_rank < story_size - players) break;
    if (step >= TOGETHER) play(step, players == 2 ? 2 * last - 1 - story_rank : last);
  }
  story_add(&story_orbit, sizeof story_orbit);
  if (story_rank == last) printf("OK finishing %016llx\n", (unsigned long long)story_hash);
  fflush(stdout);
  MPI_Finalize();
  return 0;
}
