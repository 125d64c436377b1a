/* Messages of a type made of MPI_LOGICAL1, which Open MPI has and MPICH has not, so that the job cannot go on there. */
#include "story.h"

#ifndef MPI_LOGICAL1
#define MPI_LOGICAL1 MPI_BYTE
#endif
enum { CELLS = 5 };

int main(int argc, char **argv) {
  MPI_Datatype type;
  MPI_Request request;
  uint8_t out[CELLS], in[CELLS];
  story_begin("lacking", &argc, &argv);
  MPI_Type_contiguous(CELLS, MPI_LOGICAL1, &type);
  MPI_Type_commit(&type);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size;
  for (int step = 0; story_goes_on(step); step++) {
    for (int i = 0; i < CELLS; i++) out[i] = story_word((uint64_t)step, (size_t)(story_rank * CELLS + i)) % 2;
    MPI_Isend(out, 1, type, to, step, MPI_COMM_WORLD, &request);
    MPI_Recv(in, 1, type, from, step, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    for (int i = 0; i < CELLS; i++) CHECK(in[i] == story_word((uint64_t)step, (size_t)(from * CELLS + i)) % 2);
    story_add(in, sizeof in);
  }
  MPI_Type_free(&type);
  return story_end();
}
