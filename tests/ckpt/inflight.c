/* Messages that are under way over many steps: eager and rendezvous, expected and unexpected, on a world, a duplicate and
 * a split communicator whose ranks are reversed; some are found by probing only long after they came. */
#include "story.h"

#define LAG 6 /* steps between a send and its receive */
enum { SLOTS = LAG + 2, LARGEST = 1 << 17 };
static const int lengths[] = {1, 16, 1, 8192, 1, 128, 2, LARGEST};
static uint64_t out[SLOTS][LARGEST], in[SLOTS][LARGEST];
static MPI_Request sends[SLOTS], receives[SLOTS];
static MPI_Comm comms[3];

static int length_of(int step) {
  return lengths[step * 5 % 8];
}
static uint64_t seed_of(int sender, int step) {
  return (uint64_t)sender << 32 | (uint64_t)step;
}
/* Rank in communicator which of a rank of the world. */
static int rank_in(int which, int rank) {
  return which == 2 ? story_size - 1 - rank : rank;
}
/* Every third message is posted at once; the others stay unexpected for LAG steps. */
static int posted_early(int step) {
  return step % 3 == 0;
}

static void receive_late(int step, int from) {
  MPI_Comm comm = comms[step % 3 == 1 ? 1 : 2];
  int which = step % 3 == 1 ? 1 : 2, source = rank_in(which, from), words = length_of(step), count, flag = 0;
  uint64_t *buffer = in[step % SLOTS];
  MPI_Status status;
  MPI_Message message;
  switch (step / 3 % 5) {
    case 0: MPI_Recv(buffer, words, MPI_UINT64_T, source, step, comm, &status); break;
    case 1: MPI_Recv(buffer, LARGEST, MPI_UINT64_T, MPI_ANY_SOURCE, step, comm, &status); break;
    case 2:
      MPI_Probe(MPI_ANY_SOURCE, step, comm, &status);
      MPI_Get_count(&status, MPI_UINT64_T, &count);
      CHECK(count == words && status.MPI_SOURCE == source);
      MPI_Recv(buffer, count, MPI_UINT64_T, status.MPI_SOURCE, status.MPI_TAG, comm, &status);
      break;
    case 3:
      while (!flag) MPI_Iprobe(source, step, comm, &flag, &status);
      MPI_Recv(buffer, words, MPI_UINT64_T, source, step, comm, &status);
      break;
    default:
      MPI_Mprobe(source, step, comm, &message, &status);
      MPI_Mrecv(buffer, words, MPI_UINT64_T, &message, &status);
  }
  MPI_Get_count(&status, MPI_UINT64_T, &count);
  CHECK(status.MPI_SOURCE == source && status.MPI_TAG == step && count == words);
}

/* Takes what was sent LAG steps ago, and lets go of our own send of then. */
static void finish(int step, int from) {
  MPI_Status status;
  if (posted_early(step)) {
    int count;
    MPI_Wait(&receives[step % SLOTS], &status);
    MPI_Get_count(&status, MPI_UINT64_T, &count);
    CHECK(count == length_of(step) && status.MPI_SOURCE == from && status.MPI_TAG == step);
  } else {
    receive_late(step, from);
  }
  CHECK(story_holds(in[step % SLOTS], (size_t)length_of(step), seed_of(from, step)));
  story_add(in[step % SLOTS], 8);
  MPI_Wait(&sends[step % SLOTS], MPI_STATUS_IGNORE);
}

int main(int argc, char **argv) {
  story_begin("inflight", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size;
  comms[0] = MPI_COMM_WORLD;
  MPI_Comm_dup(MPI_COMM_WORLD, &comms[1]);
  MPI_Comm_split(MPI_COMM_WORLD, 0, -story_rank, &comms[2]);
  for (int step = 0; story_goes_on(step); step++) {
    int which = step % 3, slot = step % SLOTS, any = step % 2 ? MPI_ANY_SOURCE : from;
    memset(in[slot], 0xee, (size_t)length_of(step) * 8);
    if (posted_early(step)) MPI_Irecv(in[slot], LARGEST, MPI_UINT64_T, any, step, comms[0], &receives[slot]);
    story_fill(out[slot], (size_t)length_of(step), seed_of(story_rank, step));
    MPI_Isend(out[slot], length_of(step), MPI_UINT64_T, rank_in(which, to), step, comms[which], &sends[slot]);
    if (step >= LAG) finish(step - LAG, from);
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) finish(step, from);
  MPI_Comm_free(&comms[1]);
  MPI_Comm_free(&comms[2]);
  return story_end();
}
