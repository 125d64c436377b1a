/* Files of MPI in their rarer forms: one with atomic accesses, one in the representation external32, one for every two
 * ranks with a part of an array as its view and collective accesses that stay under way. In the current folder. */
#include "story.h"

enum { ROWS = 4, SLOTS = 3 };
static MPI_File atomic, external, array;
static MPI_Request requests[SLOTS];
static double rows[SLOTS][ROWS];
static int pair_rank, pair_size;

static double value(int rank, int step, int row) {
  return rank + step / 16.0 + row * 1024.0;
}

/* Of the array, one column for each step and member. */
static void view_columns(void) {
  MPI_Datatype columns;
  int sizes[2] = {ROWS, story_steps * pair_size}, part[2] = {ROWS, story_steps},
      start[2] = {0, story_steps * pair_rank};
  MPI_Type_create_subarray(2, sizes, part, start, MPI_ORDER_C, MPI_DOUBLE, &columns);
  MPI_Type_commit(&columns);
  CHECK(MPI_File_set_view(array, 0, MPI_DOUBLE, columns, "native", MPI_INFO_NULL) == MPI_SUCCESS);
  MPI_Type_free(&columns);
}

static void open_all(void) {
  MPI_Comm pair;
  char path[64];
  CHECK(MPI_File_open(MPI_COMM_WORLD, "mpiviews-atomic", MPI_MODE_RDWR | MPI_MODE_CREATE, MPI_INFO_NULL, &atomic) ==
        MPI_SUCCESS);
  CHECK(MPI_File_set_atomicity(atomic, 1) == MPI_SUCCESS);
  snprintf(path, sizeof path, "mpiviews-external.%d", story_rank);
  CHECK(MPI_File_open(MPI_COMM_SELF, path, MPI_MODE_RDWR | MPI_MODE_CREATE, MPI_INFO_NULL, &external) == MPI_SUCCESS);
  CHECK(MPI_File_set_view(external, 0, MPI_INT32_T, MPI_INT32_T, "external32", MPI_INFO_NULL) == MPI_SUCCESS);
  MPI_Comm_split(MPI_COMM_WORLD, story_rank / 2, story_size - story_rank, &pair);
  MPI_Comm_rank(pair, &pair_rank);
  MPI_Comm_size(pair, &pair_size);
  snprintf(path, sizeof path, "mpiviews-array.%d", story_rank / 2);
  CHECK(MPI_File_open(pair, path, MPI_MODE_RDWR | MPI_MODE_CREATE, MPI_INFO_NULL, &array) == MPI_SUCCESS);
  MPI_Comm_free(&pair);
  view_columns();
}

int main(int argc, char **argv) {
  story_begin("mpiviews", &argc, &argv);
  open_all();
  for (int step = 0; story_goes_on(step); step++) {
    int flag = 0;
    MPI_Offset position;
    MPI_Status status;
    int32_t word = step * 65537 + story_rank, got = 0;
    CHECK(MPI_File_get_atomicity(atomic, &flag) == MPI_SUCCESS && flag);
    CHECK(MPI_File_write_at(atomic, 4 * (step * story_size + story_rank), &word, 1, MPI_INT32_T, &status) ==
          MPI_SUCCESS);
    CHECK(MPI_File_write(external, &word, 1, MPI_INT32_T, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(MPI_File_get_position(external, &position) == MPI_SUCCESS && position == step + 1);
    CHECK(MPI_File_read_at(external, step, &got, 1, MPI_INT32_T, MPI_STATUS_IGNORE) == MPI_SUCCESS && got == word);
    if (step >= SLOTS) MPI_Wait(&requests[step % SLOTS], &status);
    for (int i = 0; i < ROWS; i++) rows[step % SLOTS][i] = value(story_rank, step, i);
    CHECK(MPI_File_iwrite_at_all(array, (MPI_Offset)step * ROWS, rows[step % SLOTS], ROWS, MPI_DOUBLE,
                                 &requests[step % SLOTS]) == MPI_SUCCESS);
  }
  MPI_Waitall(story_steps < SLOTS ? story_steps : SLOTS, requests, MPI_STATUSES_IGNORE);
  CHECK(MPI_File_seek(array, 0, MPI_SEEK_SET) == MPI_SUCCESS);
  for (int step = 0; step < story_steps; step++) {
    CHECK(MPI_File_read(array, rows[0], ROWS, MPI_DOUBLE, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    for (int i = 0; i < ROWS; i++) CHECK(rows[0][i] == value(story_rank, step, i));
    story_add(rows[0], sizeof rows[0]);
  }
  CHECK(MPI_File_close(&atomic) == MPI_SUCCESS);
  CHECK(MPI_File_close(&external) == MPI_SUCCESS && MPI_File_close(&array) == MPI_SUCCESS);
  return story_end();
}
