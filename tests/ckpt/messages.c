/* Message handles from Mprobe and Improbe, held over steps before Mrecv or Imrecv takes the message. */
#include "story.h"

#define LAG 4
enum { SLOTS = LAG + 1, LARGEST = 30000 };
static uint64_t out[SLOTS][LARGEST], in[LARGEST];
static MPI_Request sends[SLOTS];
static MPI_Message messages[SLOTS];
static MPI_Comm comm;

static int length_of(int step) {
  return step % 3 == 2 ? LARGEST : step % 7;
}
static uint64_t seed_of(int sender, int step) {
  return (uint64_t)sender << 32 | (uint64_t)step;
}

static void find(int step, int from) {
  MPI_Message *message = &messages[step % SLOTS];
  MPI_Status status;
  int flag = 0, count;
  if (step % 2)
    MPI_Mprobe(from, MPI_ANY_TAG, comm, message, &status);
  else
    while (!flag) MPI_Improbe(MPI_ANY_SOURCE, step, comm, &flag, message, &status);
  MPI_Get_count(&status, MPI_UINT64_T, &count);
  CHECK(status.MPI_SOURCE == from && status.MPI_TAG == step && count == length_of(step));
  MPI_Iprobe(MPI_ANY_SOURCE, step, comm, &flag, &status);
  CHECK(!flag); /* nobody else finds it any more */
}

static void take(int step, int from) {
  MPI_Message *message = &messages[step % SLOTS];
  MPI_Status status;
  MPI_Request request;
  int count;
  if (step % 4 < 2) {
    MPI_Mrecv(in, LARGEST, MPI_UINT64_T, message, &status);
  } else {
    MPI_Imrecv(in, LARGEST, MPI_UINT64_T, message, &request);
    MPI_Wait(&request, &status);
  }
  MPI_Get_count(&status, MPI_UINT64_T, &count);
  CHECK(*message == MPI_MESSAGE_NULL && count == length_of(step) && status.MPI_TAG == step);
  CHECK(story_holds(in, (size_t)count, seed_of(from, step)));
  story_add(in, count ? 8 : 0);
  MPI_Wait(&sends[step % SLOTS], MPI_STATUS_IGNORE);
}

int main(int argc, char **argv) {
  story_begin("messages", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size;
  MPI_Message none;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  for (int step = 0; story_goes_on(step); step++) {
    story_fill(out[step % SLOTS], (size_t)length_of(step), seed_of(story_rank, step));
    MPI_Isend(out[step % SLOTS], length_of(step), MPI_UINT64_T, to, step, comm, &sends[step % SLOTS]);
    find(step, from);
    if (step >= LAG) take(step - LAG, from);
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) take(step, from);
  MPI_Mprobe(MPI_PROC_NULL, 0, comm, &none, MPI_STATUS_IGNORE);
  CHECK(none == MPI_MESSAGE_NO_PROC);
  MPI_Mrecv(in, 0, MPI_UINT64_T, &none, MPI_STATUS_IGNORE);
  MPI_Comm_free(&comm);
  return story_end();
}
