/* Files of MPI stay open: one with a derived view that is written collectively, a log that is appended to in order, one that all write
 * to through the shared pointer, one of each rank's own that is gone when it is closed. Accesses stay under way between the steps. The
 * communicators and types they were made with are freed. In the current folder. */
#include <fcntl.h>
#include <sys/stat.h>

#include "story.h"

enum { PER_STEP = 5, LINE = 24, RECORDS = 16, SLOTS = 4, OWN_AMODE = MPI_MODE_RDWR | MPI_MODE_CREATE };
static MPI_File grid, written_in_order, shared, own, late;
static MPI_Request requests[SLOTS];
static uint64_t words[SLOTS][PER_STEP], again[SLOTS];
static int errors_seen;

static void on_error(MPI_File *file, int *code, ...) {
  (void)file, (void)code;
  errors_seen++;
}

static const char *own_path(void) {
  static char path[64];
  snprintf(path, sizeof path, "mpifiles-own.%d", story_rank);
  return path;
}

/* Every rank sees its own words alone: one of story_size in turn. */
static void view_grid(void) {
  MPI_Datatype word, stride;
  MPI_Type_contiguous(2, MPI_UINT32_T, &word);
  MPI_Type_create_resized(word, 0, 8 * story_size, &stride);
  MPI_Type_commit(&word);
  MPI_Type_commit(&stride);
  CHECK(MPI_File_set_view(grid, 64 + 8 * story_rank, word, stride, "native", MPI_INFO_NULL) == MPI_SUCCESS);
  MPI_Type_free(&word);
  MPI_Type_free(&stride);
}

static void open_all(void) {
  MPI_Comm comm;
  MPI_Info hints;
  MPI_Errhandler handler;
  MPI_Info_create(&hints);
  MPI_Info_set(hints, "access_style", "write_mostly");
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  CHECK(MPI_File_open(comm, "mpifiles-grid", MPI_MODE_RDWR | MPI_MODE_CREATE, hints, &grid) == MPI_SUCCESS);
  CHECK(MPI_File_open(MPI_COMM_WORLD, "./mpifiles-order",
                      MPI_MODE_WRONLY | MPI_MODE_CREATE | MPI_MODE_EXCL | MPI_MODE_APPEND, MPI_INFO_NULL,
                      &written_in_order) == MPI_SUCCESS);
  CHECK(MPI_File_open(comm, "mpifiles-shared", MPI_MODE_WRONLY | MPI_MODE_CREATE, MPI_INFO_NULL, &shared) ==
        MPI_SUCCESS);
  CHECK(MPI_File_open(MPI_COMM_SELF, own_path(), OWN_AMODE | MPI_MODE_DELETE_ON_CLOSE, hints, &own) == MPI_SUCCESS);
  CHECK(MPI_File_open(comm, "mpifiles-late", OWN_AMODE, MPI_INFO_NULL, &late) == MPI_SUCCESS);
  view_grid();
  CHECK(MPI_File_set_view(own, 0, MPI_UINT64_T, MPI_UINT64_T, "native", MPI_INFO_NULL) == MPI_SUCCESS);
  MPI_File_create_errhandler(on_error, &handler);
  MPI_File_set_errhandler(written_in_order, handler);
  MPI_Errhandler_free(&handler);
  MPI_Info_free(&hints);
  MPI_Comm_free(&comm);
}

static void write_grid(int step) {
  MPI_Offset position;
  MPI_Status status;
  int count;
  uint64_t *mine = words[step % SLOTS];
  CHECK(MPI_File_get_position(grid, &position) == MPI_SUCCESS && position == (MPI_Offset)step * PER_STEP);
  story_fill(mine, PER_STEP, (uint64_t)step << 16 | (uint64_t)story_rank);
  CHECK(MPI_File_write_all(grid, mine, PER_STEP * 2, MPI_UINT32_T, &status) == MPI_SUCCESS);
  MPI_Get_count(&status, MPI_UINT32_T, &count);
  CHECK(count == PER_STEP * 2);
}

static const char *line_of(int step, int rank) {
  static char line[64];
  CHECK(snprintf(line, sizeof line, "step %8d rank %4d\n", step, rank) == LINE);
  return line;
}
static void write_lines(int step) {
  const char *line = line_of(step, story_rank);
  CHECK(MPI_File_write_ordered(written_in_order, line, LINE, MPI_CHAR, MPI_STATUS_IGNORE) == MPI_SUCCESS);
  CHECK(MPI_File_write_shared(shared, line, LINE, MPI_CHAR, MPI_STATUS_IGNORE) == MPI_SUCCESS);
}

/* Record i of the file holds the last step that wrote it. */
static void update_own(int step) {
  uint64_t record = (uint64_t)(step % RECORDS), value = 0;
  MPI_Offset position;
  CHECK(MPI_File_seek(own, (MPI_Offset)record, MPI_SEEK_SET) == MPI_SUCCESS);
  if (step >= RECORDS) {
    CHECK(MPI_File_read(own, &value, 1, MPI_UINT64_T, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(value == (uint64_t)step - RECORDS);
    CHECK(MPI_File_seek(own, -1, MPI_SEEK_CUR) == MPI_SUCCESS);
  }
  value = (uint64_t)step;
  CHECK(MPI_File_write(own, &value, 1, MPI_UINT64_T, MPI_STATUS_IGNORE) == MPI_SUCCESS);
  CHECK(MPI_File_get_position(own, &position) == MPI_SUCCESS && position == (MPI_Offset)record + 1);
}

static MPI_Offset late_offset(int step) {
  return 8 * ((MPI_Offset)step * story_size + story_rank);
}
/* An access is waited for some steps after it began. */
static void finish_late(int step) {
  int slot = step % SLOTS, count;
  MPI_Status status;
  MPI_Wait(&requests[slot], &status);
  MPI_Get_count(&status, MPI_UINT64_T, &count);
  CHECK(count == 1 && (step % 2 == 0 || again[slot] == words[slot][0]));
}
static void begin_late(int step) {
  int slot = step % SLOTS;
  MPI_Offset at = late_offset(step);
  if (step % 2 == 0) {
    CHECK(MPI_File_iwrite_at(late, at, &words[slot][0], 1, MPI_UINT64_T, &requests[slot]) == MPI_SUCCESS);
  } else {
    CHECK(MPI_File_write_at(late, at, &words[slot][0], 1, MPI_UINT64_T, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(MPI_File_iread_at(late, at, &again[slot], 1, MPI_UINT64_T, &requests[slot]) == MPI_SUCCESS);
  }
}

static void still_as_opened(int step) {
  MPI_Group group, world;
  struct stat status;
  int amode, same;
  CHECK(MPI_File_get_amode(own, &amode) == MPI_SUCCESS && amode == (OWN_AMODE | MPI_MODE_DELETE_ON_CLOSE));
  CHECK(MPI_File_get_amode(written_in_order, &amode) == MPI_SUCCESS);
  CHECK(amode == (MPI_MODE_WRONLY | MPI_MODE_CREATE | MPI_MODE_EXCL | MPI_MODE_APPEND));
  MPI_File_get_group(grid, &group);
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_compare(group, world, &same);
  CHECK(same == MPI_IDENT);
  MPI_Group_free(&group);
  MPI_Group_free(&world);
  if (step > RECORDS) CHECK(stat(own_path(), &status) == 0 && status.st_size == RECORDS * 8);
}

/* --- what is in the files at the end ------------------------------------------------------------------------------------- */
static void check_grid(void) {
  uint64_t got[PER_STEP];
  CHECK(MPI_File_seek(grid, 0, MPI_SEEK_SET) == MPI_SUCCESS);
  for (int step = 0; step < story_steps; step++) {
    CHECK(MPI_File_read_all(grid, got, PER_STEP * 2, MPI_UINT32_T, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(story_holds(got, PER_STEP, (uint64_t)step << 16 | (uint64_t)story_rank));
  }
}
static int by_text(const void *a, const void *b) {
  return memcmp(a, b, LINE);
}
static void add_file(const char *path, size_t size, int sorted) {
  char *all = malloc(size + 1);
  int file = open(path, O_RDONLY);
  CHECK(all && file >= 0 && read(file, all, size + 1) == (ssize_t)size);
  if (sorted) qsort(all, size / LINE, LINE, by_text);
  for (int i = 0; sorted && i < story_steps * story_size; i++) {
    CHECK(memcmp(all + i * LINE, line_of(i / story_size, i % story_size), LINE) == 0);
  }
  story_add(all, size);
  close(file);
  free(all);
}

int main(int argc, char **argv) {
  story_begin("mpifiles", &argc, &argv);
  open_all();
  for (int step = 0; story_goes_on(step); step++) {
    still_as_opened(step);
    if (step >= SLOTS) finish_late(step - SLOTS);
    write_grid(step);
    write_lines(step);
    update_own(step);
    begin_late(step);
  }
  for (int step = story_steps > SLOTS ? story_steps - SLOTS : 0; step < story_steps; step++) finish_late(step);
  check_grid();
  CHECK(MPI_File_read_at(written_in_order, 0, again, 1, MPI_CHAR, MPI_STATUS_IGNORE) != MPI_SUCCESS &&
        errors_seen == 1);
  CHECK(access(own_path(), F_OK) == 0 && MPI_File_close(&own) == MPI_SUCCESS && access(own_path(), F_OK) != 0);
  CHECK(MPI_File_close(&grid) == MPI_SUCCESS && MPI_File_close(&written_in_order) == MPI_SUCCESS);
  CHECK(MPI_File_close(&shared) == MPI_SUCCESS && MPI_File_close(&late) == MPI_SUCCESS);
  MPI_Barrier(MPI_COMM_WORLD);
  size_t count = (size_t)story_steps * (size_t)story_size;
  add_file("mpifiles-grid", 64 + count * PER_STEP * 8, 0);
  add_file("mpifiles-order", count * LINE, 0);
  add_file("mpifiles-shared", count * LINE, 1);
  add_file("mpifiles-late", count * 8, 0);
  return story_end();
}
