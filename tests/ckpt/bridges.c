/* Calls in which a rank meets others from a communicator of itself alone, as libraries begin that make communicators without the ranks that are
 * not in them; and others between messages: nobody may be stopped in one that somebody waits in.
 *
 * Pairs of ranks (0 and 1, 2 and 3) make an intercommunicator from MPI_COMM_SELF, use it, merge it and free both. */
#include "story.h"

enum { TAG = 9 };

static void meet(int step, int peer) {
  uint64_t out = story_word((uint64_t)step, (size_t)story_rank), in = 0, sum = 0;
  MPI_Comm between, both;
  MPI_Intercomm_create(MPI_COMM_SELF, 0, MPI_COMM_WORLD, peer, TAG, &between);
  MPI_Sendrecv(&out, 1, MPI_UINT64_T, 0, TAG, &in, 1, MPI_UINT64_T, 0, TAG, between, MPI_STATUS_IGNORE);
  CHECK(in == story_word((uint64_t)step, (size_t)peer));
  MPI_Intercomm_merge(between, story_rank > peer, &both);
  MPI_Allreduce(&out, &sum, 1, MPI_UINT64_T, MPI_SUM, both);
  CHECK(sum == out + in);
  story_add(&sum, sizeof sum);
  MPI_Comm_free(&both);
  MPI_Comm_free(&between);
}

int main(int argc, char **argv) {
  story_begin("bridges", &argc, &argv);
  int peer = story_rank ^ 1;
  for (int step = 0; story_goes_on(step); step++) {
    if ((step + story_rank) % 2) story_linger(4000); /* the other one waits in the call */
    if (peer < story_size) meet(step, peer);
  }
  return story_end();
}
