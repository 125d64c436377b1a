/* Receives whose requests are freed while they are pending take their turn among those that are waited for: of two with one envelope the
 * first posted gets the first message, whichever of them was freed. */
#include "story.h"

enum { LAG = 3, SLOTS = LAG + 1, PER_STEP = 4, TAG = 7 };
static volatile uint64_t got[SLOTS][PER_STEP];
static MPI_Request kept[SLOTS][PER_STEP];

static uint64_t word(int from, int step, int k) {
  return story_word((uint64_t)from << 32 | (uint64_t)step, (size_t)k) | 1;
}

/* Which of a step's receives are freed changes from step to step. */
static int is_freed(int step, int k) {
  return (step + k) % 3 != 0;
}

static void post(int step, int from) {
  for (int k = 0; k < PER_STEP; k++) {
    MPI_Request *request = &kept[step % SLOTS][k];
    got[step % SLOTS][k] = 0;
    MPI_Irecv((void *)&got[step % SLOTS][k], 1, MPI_UINT64_T, from, TAG, MPI_COMM_WORLD, request);
    if (is_freed(step, k)) MPI_Request_free(request);
  }
}

static void send(int step, int to) {
  for (int k = 0; k < PER_STEP; k++) {
    uint64_t w = word(story_rank, step, k);
    MPI_Send(&w, 1, MPI_UINT64_T, to, TAG, MPI_COMM_WORLD);
  }
}

/* What was freed cannot be waited for: it is seen to have come. */
static void finish(int step, int from) {
  for (int k = 0; k < PER_STEP; k++) {
    int flag;
    if (!is_freed(step, k)) MPI_Wait(&kept[step % SLOTS][k], MPI_STATUS_IGNORE);
    while (!got[step % SLOTS][k]) MPI_Iprobe(from, TAG + 1, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
    uint64_t w = got[step % SLOTS][k];
    CHECK(w == word(from, step, k));
    story_add(&w, sizeof w);
  }
}

int main(int argc, char **argv) {
  story_begin("freed", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size;
  for (int step = 0; story_goes_on(step); step++) {
    post(step, from);
    if (step >= LAG) send(step - LAG, to), finish(step - LAG, from);
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++)
    send(step, to), finish(step, from);
  return story_end();
}
