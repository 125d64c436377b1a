/* Sets of requests that complete a few at a time: Waitany, Waitsome, Testany, Testsome, Testall over many steps, with nulls
 * between them, and one receive that stays pending from the first step to the last. */
#include "story.h"

enum { SET = 8, LARGEST = 20000 };
static uint64_t out[SET][LARGEST], in[SET][LARGEST];
static MPI_Request sends[SET], receives[SET];

static int length_of(int i) {
  return i % 3 == 2 ? LARGEST : i + 1;
}
static uint64_t seed_of(int sender, int step, int i) {
  return (uint64_t)sender << 40 | (uint64_t)step << 8 | (uint64_t)i;
}
static void arrived(int i, const MPI_Status *status, int step, int from) {
  int count;
  MPI_Get_count(status, MPI_UINT64_T, &count);
  CHECK(i >= 0 && i < SET && count == length_of(i) && status->MPI_TAG == i && status->MPI_SOURCE == from);
  CHECK(receives[i] == MPI_REQUEST_NULL && story_holds(in[i], (size_t)count, seed_of(from, step, i)));
  in[i][0] = 0; /* so that it cannot be taken for the next one's */
}

/* Takes all of the set's receives, each exactly once. */
static void take_all(int step, int from) {
  int indices[SET], found = 0, flag, i;
  MPI_Status statuses[SET];
  for (int taken = 0; taken < SET; taken += found) {
    switch (step % 5) {
      case 0:
        MPI_Waitany(SET, receives, &indices[0], &statuses[0]);
        found = 1;
        break;
      case 1: MPI_Waitsome(SET, receives, &found, indices, statuses); break;
      case 2: MPI_Testsome(SET, receives, &found, indices, statuses); break;
      case 3:
        MPI_Testany(SET, receives, &indices[0], &flag, &statuses[0]);
        CHECK(!flag || indices[0] != MPI_UNDEFINED);
        found = flag;
        break;
      default:
        MPI_Testall(SET, receives, &flag, statuses);
        for (i = 0; i < SET; i++) indices[i] = i;
        found = flag ? SET : 0;
    }
    CHECK(found >= 0 && found <= SET - taken);
    for (i = 0; i < found; i++) arrived(indices[i], &statuses[i], step, from);
    if (!found) usleep(200);
  }
  MPI_Waitany(SET, receives, &i, &statuses[0]);
  CHECK(i == MPI_UNDEFINED);
  MPI_Testsome(SET, receives, &found, indices, statuses);
  CHECK(found == MPI_UNDEFINED);
}

int main(int argc, char **argv) {
  story_begin("waitsets", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size;
  uint64_t last = 0;
  MPI_Request whole_story;
  MPI_Irecv(&last, 1, MPI_UINT64_T, from, 99, MPI_COMM_WORLD, &whole_story);
  for (int step = 0; story_goes_on(step); step++) {
    int flag;
    for (int i = 0; i < SET; i++)
      MPI_Irecv(in[i], LARGEST, MPI_UINT64_T, i % 2 ? from : MPI_ANY_SOURCE, i, MPI_COMM_WORLD, &receives[i]);
    for (int k = 0; k < SET; k++) { /* in another order than posted, with time between */
      int i = (k * 3 + step) % SET;
      story_fill(out[i], (size_t)length_of(i), seed_of(story_rank, step, i));
      MPI_Isend(out[i], length_of(i), MPI_UINT64_T, to, i, MPI_COMM_WORLD, &sends[i]);
      if (k % 3 == 0) usleep(500);
    }
    take_all(step, from);
    MPI_Waitall(SET, sends, MPI_STATUSES_IGNORE);
    MPI_Test(&whole_story, &flag, MPI_STATUS_IGNORE);
    CHECK(!flag);
    MPI_Barrier(MPI_COMM_WORLD); /* tags come again in the next step, and any source matches */
  }
  uint64_t done = 4711 + (uint64_t)story_rank;
  MPI_Send(&done, 1, MPI_UINT64_T, to, 99, MPI_COMM_WORLD);
  MPI_Wait(&whole_story, MPI_STATUS_IGNORE);
  CHECK(last == 4711 + (uint64_t)from);
  story_add(&last, sizeof last);
  return story_end();
}
