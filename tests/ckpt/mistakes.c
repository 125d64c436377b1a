/* Collectives that one rank calls wrongly first, and then rightly: the site finds the mistake before it speaks to anybody, so the others wait, and all
 * have made as many of them in the end. */
#include "story.h"

#define FAILS(call) CHECK((call) != MPI_SUCCESS)
static MPI_Comm comm;

static void one_rank_errs(int step) {
  int zero = 0, one = 1, sum = 0, none[4] = {0};
  if (story_rank != 1 || step % 2) return;
  FAILS(MPI_Bcast(&one, -1, MPI_INT, 0, comm));
  FAILS(MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_OP_NULL, comm));
  FAILS(MPI_Gather(&one, 1, MPI_DATATYPE_NULL, none, 1, MPI_INT, 0, comm));
  FAILS(MPI_Scatter(none, 1, MPI_INT, &zero, 1, MPI_INT, story_size, comm));
}

int main(int argc, char **argv) {
  story_begin("mistakes", &argc, &argv);
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  for (int step = 0; story_goes_on(step); step++) {
    uint64_t word = story_word((uint64_t)step, (size_t)story_rank), sum = 0;
    MPI_Comm part;
    one_rank_errs(step);
    MPI_Allreduce(&word, &sum, 1, MPI_UINT64_T, MPI_BXOR, comm);
    story_add(&sum, sizeof sum);
    MPI_Comm_split(comm, story_rank % 2, 0, &part);
    MPI_Allreduce(&word, &sum, 1, MPI_UINT64_T, MPI_SUM, part);
    story_add(&sum, sizeof sum);
    MPI_Comm_free(&part);
  }
  MPI_Comm_free(&comm);
  return story_end();
}
