/* A rank that comes late to a collective: it computes for seconds, without a call of MPI, while all others wait for it. */
#include "story.h"

int main(int argc, char **argv) {
  story_begin("late", &argc, &argv);
  MPI_Comm halves;
  MPI_Comm_split(MPI_COMM_WORLD, story_rank / 2, story_rank, &halves);
  for (int step = 0; story_goes_on(step); step++) {
    if (step == story_steps / 2 && story_rank == story_size - 1) {
      for (int tenth = 0; tenth < 120; tenth++, story_pace()) story_linger(100000); /* a restart may end it */
    }
    uint64_t mine = story_word((uint64_t)step, (size_t)story_rank) >> 16, sum;
    MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, step % 2 ? halves : MPI_COMM_WORLD);
    story_add(&sum, sizeof sum);
  }
  MPI_Comm_free(&halves);
  return story_end();
}
