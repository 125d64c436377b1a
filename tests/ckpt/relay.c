/* What one rank does behind a synchronous send is what another waits for before it can come to a collective that a third is in already: such a send
 * comes to its end until all ranks can stop.
 *
 * Rank 0 sends two messages to rank 1, the first one synchronously; rank 1 computes, receives both, and only then meets the last rank in a barrier of
 * the two. With two ranks both are on rank 1's side of that, and the barrier is of rank 1 alone. */
#include "story.h"

enum { FIRST = 3, SECOND, TOKEN };

int main(int argc, char **argv) {
  story_begin("relay", &argc, &argv);
  MPI_Comm pair;
  int last = story_size - 1;
  MPI_Comm_split(MPI_COMM_WORLD, story_rank == 1 || story_rank == last, 0, &pair);
  for (int step = 0; story_goes_on(step); step++) {
    uint64_t words[2] = {story_word((uint64_t)step, 0), story_word((uint64_t)step, 1)}, token = 0;
    if (story_rank == 0) {
      MPI_Ssend(&words[0], 1, MPI_UINT64_T, 1, FIRST, MPI_COMM_WORLD);
      MPI_Send(&words[1], 1, MPI_UINT64_T, 1, SECOND, MPI_COMM_WORLD);
      MPI_Recv(&token, 1, MPI_UINT64_T, last, TOKEN, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      CHECK(token == (uint64_t)step);
    }
    if (story_rank == 1) {
      uint64_t in[2];
      story_linger(15000);
      MPI_Recv(&in[0], 1, MPI_UINT64_T, 0, FIRST, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Recv(&in[1], 1, MPI_UINT64_T, 0, SECOND, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      CHECK(in[0] == words[0] && in[1] == words[1]);
      story_add(in, sizeof in);
    }
    if (story_rank == 1 || story_rank == last) MPI_Barrier(pair);
    token = (uint64_t)step;
    if (story_rank == last) MPI_Send(&token, 1, MPI_UINT64_T, 0, TOKEN, MPI_COMM_WORLD);
  }
  MPI_Comm_free(&pair);
  return story_end();
}
