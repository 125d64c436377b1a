/* An attached buffer in use at all times: buffered sends that are received only some steps later; now and then it is
 * detached, which waits for them, and attached again. */
#include "story.h"

#define LAG 4
enum { WORDS = 3000, BYTES = 4 * LAG * (WORDS * 8 + MPI_BSEND_OVERHEAD) };
static char spaces[2][BYTES];
static uint64_t out[WORDS], in[WORDS];

static int length_of(int step, int k) {
  return (step + k) % 4 == 3 ? WORDS : 5 + k;
}
static uint64_t seed_of(int sender, int step, int k) {
  return (uint64_t)sender << 32 | (uint64_t)step << 4 | (uint64_t)k;
}
static void take(int step, int from) {
  for (int k = 0; k < 2; k++) {
    MPI_Status status;
    int count;
    MPI_Recv(in, WORDS, MPI_UINT64_T, from, step * 2 + k, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_UINT64_T, &count);
    CHECK(count == length_of(step, k) && story_holds(in, (size_t)count, seed_of(from, step, k)));
    story_add(in, 16);
  }
}

int main(int argc, char **argv) {
  story_begin("bsend", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size, turn = 0, bytes, taken = 0;
  MPI_Buffer_attach(spaces[0], BYTES);
  for (int step = 0; story_goes_on(step); step++) {
    for (int k = 0; k < 2; k++) {
      MPI_Request request = MPI_REQUEST_NULL;
      story_fill(out, (size_t)length_of(step, k), seed_of(story_rank, step, k));
      if (k == 0)
        MPI_Bsend(out, length_of(step, k), MPI_UINT64_T, to, step * 2 + k, MPI_COMM_WORLD);
      else
        MPI_Ibsend(out, length_of(step, k), MPI_UINT64_T, to, step * 2 + k, MPI_COMM_WORLD, &request);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
      memset(out, 0xee, sizeof out); /* it is ours again, whatever has become of the message */
    }
    if (step % 25 == 24) { /* everybody takes all there is, so that nobody's detach waits for a message never taken */
      void *space;
      while (taken <= step) take(taken++, from);
      MPI_Buffer_detach(&space, &bytes);
      CHECK(space == spaces[turn] && bytes == (int)BYTES);
      turn = !turn;
      MPI_Buffer_attach(spaces[turn], BYTES);
    } else if (step >= taken + LAG - 1) {
      take(taken++, from);
    }
    if (step % 5 == 0) MPI_Barrier(MPI_COMM_WORLD);
  }
  while (taken < story_steps) take(taken++, from);
  return story_end();
}
