/* Persistent requests, idle for some steps and active over others, started alone and together. */
#include "story.h"

enum { PAIRS = 6, LARGEST = 40000 };
static uint64_t out[PAIRS][LARGEST], in[PAIRS][LARGEST];
static MPI_Request requests[2 * PAIRS]; /* receives, then sends */

static int length_of(int i) {
  return i % 2 ? LARGEST : 4;
}

int main(int argc, char **argv) {
  story_begin("persistent", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size, flag;
  MPI_Datatype words;
  MPI_Comm comm;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Type_contiguous(LARGEST / 10, MPI_UINT64_T, &words);
  MPI_Type_commit(&words);
  for (int i = 0; i < PAIRS; i++) {
    MPI_Recv_init(in[i], LARGEST, MPI_UINT64_T, i == 2 ? MPI_ANY_SOURCE : from, i, comm, &requests[i]);
    if (i == 1)
      MPI_Send_init(out[i], 10, words, to, i, comm, &requests[PAIRS + i]);
    else if (i == 4)
      MPI_Ssend_init(out[i], length_of(i), MPI_UINT64_T, to, i, comm, &requests[PAIRS + i]);
    else
      MPI_Send_init(out[i], length_of(i), MPI_UINT64_T, to, i, comm, &requests[PAIRS + i]);
  }
  MPI_Type_free(&words); /* a persistent send goes on needing it */
  for (int step = 0; story_goes_on(step); step++) {
    switch (step % 6) {
      case 0: MPI_Startall(PAIRS, requests); break; /* receives wait for a step without their messages */
      case 1:
        for (int i = 0; i < PAIRS; i++) story_fill(out[i], (size_t)length_of(i), (uint64_t)(step * 8 + i + story_rank));
        for (int i = 0; i < PAIRS; i += 2) MPI_Start(&requests[PAIRS + i]);
        break;
      case 2:
        for (int i = 1; i < PAIRS; i += 2) MPI_Start(&requests[PAIRS + i]);
        break;
      case 4: /* taken one by one, from the last; each stays, idle */
        for (int i = 2 * PAIRS; i-- > 0;) {
          MPI_Status status;
          int count;
          MPI_Wait(&requests[i], &status);
          CHECK(requests[i] != MPI_REQUEST_NULL);
          if (i >= PAIRS) continue;
          MPI_Get_count(&status, MPI_UINT64_T, &count);
          CHECK(count == length_of(i) && status.MPI_TAG == i && status.MPI_SOURCE == from);
          CHECK(story_holds(in[i], (size_t)count, (uint64_t)((step - 3) * 8 + i + from)));
          story_add(in[i], 32);
        }
        break;
      case 5: /* all idle: complete at once, and empty */
        MPI_Testall(2 * PAIRS, requests, &flag, MPI_STATUSES_IGNORE);
        CHECK(flag);
        break;
      default: break;
    }
  }
  /* A round that the end has cut off: receives without messages are cancelled, what was sent is taken. */
  int phase = story_steps % 6;
  if (phase == 1) {
    for (int i = 0; i < PAIRS; i++) MPI_Cancel(&requests[i]);
    for (int i = 0; i < PAIRS; i++) MPI_Wait(&requests[i], MPI_STATUS_IGNORE);
  }
  if (phase == 2)
    for (int i = 1; i < PAIRS; i += 2) MPI_Start(&requests[PAIRS + i]);
  if (phase >= 2) MPI_Waitall(2 * PAIRS, requests, MPI_STATUSES_IGNORE);
  for (int i = 0; i < 2 * PAIRS; i++) MPI_Request_free(&requests[i]);
  MPI_Comm_free(&comm);
  return story_end();
}
