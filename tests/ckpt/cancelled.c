/* Receives that are posted, kept for some steps, and cancelled, between receives that are not. */
#include "story.h"

#define LAG 3
enum { SLOTS = LAG + 1, NEVER_SENT = 5000 };
static uint64_t out[SLOTS], in[SLOTS], nothing[SLOTS];
static MPI_Request sends[SLOTS], receives[SLOTS], doomed[SLOTS];

static void finish(int step, int from) {
  int slot = step % SLOTS, flag;
  MPI_Status status;
  MPI_Cancel(&doomed[slot]);
  if (step % 2)
    MPI_Wait(&doomed[slot], &status);
  else
    do MPI_Test(&doomed[slot], &flag, &status);
    while (!flag);
  MPI_Test_cancelled(&status, &flag);
  CHECK(flag && doomed[slot] == MPI_REQUEST_NULL && nothing[slot] == 17);
  /* Cancelled too late: it has, or will have, its message, or it goes and the message is taken by another. */
  if (step % 4 == 3) MPI_Cancel(&receives[slot]);
  MPI_Wait(&receives[slot], &status);
  MPI_Test_cancelled(&status, &flag);
  CHECK(!flag || step % 4 == 3);
  if (flag) MPI_Recv(&in[slot], 1, MPI_UINT64_T, from, step, MPI_COMM_WORLD, &status);
  CHECK(status.MPI_SOURCE == from && status.MPI_TAG == step && in[slot] == story_word((uint64_t)from, (size_t)step));
  story_add(&in[slot], 8);
  MPI_Wait(&sends[slot], MPI_STATUS_IGNORE);
}

int main(int argc, char **argv) {
  story_begin("cancelled", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size;
  MPI_Request forgotten;
  uint64_t never = 0;
  for (int step = 0; story_goes_on(step); step++) {
    int slot = step % SLOTS;
    nothing[slot] = 17;
    in[slot] = 0;
    out[slot] = story_word((uint64_t)story_rank, (size_t)step);
    MPI_Irecv(&nothing[slot], 1, MPI_UINT64_T, MPI_ANY_SOURCE, NEVER_SENT + step, MPI_COMM_WORLD, &doomed[slot]);
    MPI_Irecv(&in[slot], 1, MPI_UINT64_T, from, step, MPI_COMM_WORLD, &receives[slot]);
    MPI_Isend(&out[slot], 1, MPI_UINT64_T, to, step, MPI_COMM_WORLD, &sends[slot]);
    if (step >= LAG) finish(step - LAG, from);
    if (step % 10 == 9) { /* cancelled and let go of, never waited for */
      MPI_Irecv(&never, 1, MPI_UINT64_T, from, NEVER_SENT - 1, MPI_COMM_WORLD, &forgotten);
      MPI_Cancel(&forgotten);
      MPI_Request_free(&forgotten);
    }
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) finish(step, from);
  CHECK(never == 0);
  return story_end();
}
