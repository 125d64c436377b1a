/* Split collectives on two files: in the first half of the steps one of them has always begun and not ended, in the second none. In the
 * current folder. */
#include "story.h"

enum { FILES = 2, WORDS = 1000 };
static MPI_File files[FILES];
static uint64_t words[FILES][WORDS];

static MPI_Offset place(int step) {
  return (MPI_Offset)8 * WORDS * (step / FILES * story_size + story_rank);
}
static void begin(int step) {
  uint64_t *mine = words[step % FILES];
  story_fill(mine, WORDS, (uint64_t)step << 16 | (uint64_t)story_rank);
  CHECK(MPI_File_write_at_all_begin(files[step % FILES], place(step), mine, WORDS, MPI_UINT64_T) == MPI_SUCCESS);
}
static void end(int step) {
  MPI_Status status;
  int count;
  CHECK(MPI_File_write_at_all_end(files[step % FILES], words[step % FILES], &status) == MPI_SUCCESS);
  MPI_Get_count(&status, MPI_UINT64_T, &count);
  CHECK(count == WORDS);
}
static void look(int step) {
  uint64_t got[WORDS];
  CHECK(MPI_File_read_at(files[step % FILES], place(step), got, WORDS, MPI_UINT64_T, MPI_STATUS_IGNORE) == MPI_SUCCESS);
  CHECK(story_holds(got, WORDS, (uint64_t)step << 16 | (uint64_t)story_rank));
  story_add(got, sizeof got);
}

int main(int argc, char **argv) {
  story_begin("mpisplit", &argc, &argv);
  int half = story_steps / 2;
  for (int i = 0; i < FILES; i++) {
    const char *path = i ? "mpisplit-odd" : "mpisplit-even";
    int amode = MPI_MODE_RDWR | MPI_MODE_CREATE;
    CHECK(MPI_File_open(MPI_COMM_WORLD, path, amode, MPI_INFO_NULL, &files[i]) == MPI_SUCCESS);
  }
  begin(0);
  for (int step = 0; story_goes_on(step); step++) {
    if (step < half) begin(step + 1);
    if (step <= half) end(step);
    if (step > half) look(step - half);
  }
  for (int i = 0; i < FILES; i++) CHECK(MPI_File_close(&files[i]) == MPI_SUCCESS);
  return story_end();
}
