/* What no checkpoint can have is open all the time, and ranks wait for each other in calls that know no gate: a window's fences, a
 * started persistent collective. Whoever asks for a checkpoint is refused, and nobody is held up.
 *
 *   PROGRAM STEPS MILLISECONDS window|barrier */
#include "story.h"

static uint64_t cell;
static MPI_Win win;

static void exchange(int step) {
  uint64_t word = story_word((uint64_t)step, (size_t)story_rank);
  MPI_Win_fence(0, win);
  MPI_Put(&word, 1, MPI_UINT64_T, (story_rank + 1) % story_size, 0, 1, MPI_UINT64_T, win);
  MPI_Win_fence(0, win);
  CHECK(cell == story_word((uint64_t)step, (size_t)((story_rank + story_size - 1) % story_size)));
  story_add(&cell, sizeof cell);
}

int main(int argc, char **argv) {
  story_begin("unsavable", &argc, &argv);
  int with_window = argc < 4 || strcmp(argv[3], "window") == 0;
  if (with_window) MPI_Win_create(&cell, sizeof cell, sizeof cell, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
#if MPI_VERSION >= 4
  MPI_Request barrier = MPI_REQUEST_NULL;
  if (!with_window) MPI_Barrier_init(MPI_COMM_WORLD, MPI_INFO_NULL, &barrier);
#else
  CHECK(with_window);
#endif
  for (int step = 0; story_goes_on(step); step++) {
    if (step % 8 == story_rank) usleep(15000);
    if (with_window) exchange(step);
#if MPI_VERSION >= 4
    if (!with_window) MPI_Start(&barrier);
    if (!with_window) MPI_Wait(&barrier, MPI_STATUS_IGNORE);
#endif
  }
  if (with_window) MPI_Win_free(&win);
#if MPI_VERSION >= 4
  if (!with_window) MPI_Request_free(&barrier);
#endif
  return story_end();
}
