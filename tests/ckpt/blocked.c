/* Most ranks blocked for a long time in one MPI call, while one computes or sleeps and then sets them free. Each kind of
 * blocking call has its turn. */
#include "story.h"

enum { LARGE = 200000, KINDS = 12 };
static uint64_t out[LARGE], in[LARGE];

/* The late rank's part: what the waiting ones wait for. */
static void set_free(int kind, int waiting, int step) {
  uint64_t got;
  int words = kind == 7 ? LARGE : 2;
  story_fill(out, (size_t)words, (uint64_t)(step * 64 + waiting));
  if (kind == 5 || kind == 6) {
    MPI_Recv(&got, 1, MPI_UINT64_T, waiting, step, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    CHECK(got == story_word((uint64_t)waiting, (size_t)step));
  }
  if (kind == 8) MPI_Recv(in, LARGE, MPI_UINT64_T, waiting, step, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Send(out, words, MPI_UINT64_T, waiting, step, MPI_COMM_WORLD);
  if (kind == 3) MPI_Send(out, words, MPI_UINT64_T, waiting, step + 1, MPI_COMM_WORLD);
}

static void wait_for(int kind, int late, int step) {
  MPI_Comm world = MPI_COMM_WORLD;
  MPI_Request requests[3] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL, MPI_REQUEST_NULL};
  MPI_Status status;
  MPI_Message message;
  int words = kind == 7 ? LARGE : 2, index, indices[3];
  uint64_t mine = story_word((uint64_t)story_rank, (size_t)step);
  memset(in, 0, sizeof in);
  switch (kind) {
    case 1:
      MPI_Probe(late, step, world, &status);
      CHECK(status.MPI_SOURCE == late && status.MPI_TAG == step);
      MPI_Recv(in, words, MPI_UINT64_T, late, step, world, MPI_STATUS_IGNORE);
      break;
    case 2:
      MPI_Irecv(in, words, MPI_UINT64_T, MPI_ANY_SOURCE, step, world, &requests[1]);
      MPI_Wait(&requests[1], &status);
      break;
    case 3:
      MPI_Irecv(in + 100, words, MPI_UINT64_T, late, step + 1, world, &requests[0]);
      MPI_Irecv(in, words, MPI_UINT64_T, late, step, world, &requests[2]);
      MPI_Waitall(3, requests, MPI_STATUSES_IGNORE);
      CHECK(story_holds(in + 100, 2, (uint64_t)(step * 64 + story_rank)));
      break;
    case 4:
      MPI_Irecv(in, words, MPI_UINT64_T, late, step, world, &requests[1]);
      MPI_Waitany(3, requests, &index, &status);
      CHECK(index == 1);
      break;
    case 5:
      MPI_Sendrecv(&mine, 1, MPI_UINT64_T, late, step, in, words, MPI_UINT64_T, late, step, world, &status);
      break;
    case 6:
      MPI_Ssend(&mine, 1, MPI_UINT64_T, late, step, world);
      MPI_Recv(in, words, MPI_UINT64_T, late, step, world, &status);
      break;
    case 8: /* a large standard send, which waits for its receive */
      story_fill(out, LARGE, (uint64_t)step);
      MPI_Send(out, LARGE, MPI_UINT64_T, late, step, world);
      MPI_Recv(in, words, MPI_UINT64_T, late, step, world, &status);
      break;
    case 9:
      MPI_Mprobe(MPI_ANY_SOURCE, step, world, &message, &status);
      MPI_Mrecv(in, words, MPI_UINT64_T, &message, &status);
      break;
    case 10:
      MPI_Irecv(in, words, MPI_UINT64_T, late, MPI_ANY_TAG, world, &requests[2]);
      MPI_Waitsome(3, requests, &index, indices, MPI_STATUSES_IGNORE);
      CHECK(index == 1 && indices[0] == 2);
      break;
    default: MPI_Recv(in, words, MPI_UINT64_T, MPI_ANY_SOURCE, step, world, &status); /* 0, and 7: a large one */
  }
  CHECK(story_holds(in, (size_t)words, (uint64_t)(step * 64 + story_rank)));
  story_add(in, 16);
}

int main(int argc, char **argv) {
  story_begin("blocked", &argc, &argv);
  story_steps = (story_steps + 11) / 12; /* each takes as long as a dozen of others' */
  for (int step = 0; story_goes_on(step); step++) {
    int kind = step % KINDS, late = step % story_size;
    if (story_rank == late) {
      if (step % 2) usleep((useconds_t)story_milliseconds * 15000);
      story_compute(step % 2 ? 1000 : 30000);
      for (int rank = 0; rank < story_size && kind != 11; rank++)
        if (rank != late) set_free(kind, rank, step * 2);
    } else if (kind != 11) {
      wait_for(kind, late, step * 2);
    }
    if (kind == 11) MPI_Barrier(MPI_COMM_WORLD); /* the collective one */
  }
  return story_end();
}
