/* What no checkpoint can have is open all the time, and ranks wait for each other in calls that know no gate: a window's fences, a
 * started persistent collective; or a port, the tool interface, a data representation, a file, a session or a partitioned request beside plain barriers. Whoever asks for
 * a checkpoint is refused, and nobody is held up.
 *
 *   PROGRAM STEPS MILLISECONDS window|barrier|port|tool|datarep|sequential|renamed|session|partitioned */
#include "story.h"

static uint64_t cell __attribute__((
    aligned(4096))); /* elsewhere Debian's MPICH loses what is put, natively too, by what lies beside it */
static MPI_Win win;

static void exchange(int step) {
  uint64_t word = story_word((uint64_t)step, (size_t)story_rank);
  MPI_Win_fence(0, win);
  MPI_Put(&word, 1, MPI_UINT64_T, (story_rank + 1) % story_size, 0, 1, MPI_UINT64_T, win);
  MPI_Win_fence(0, win);
  CHECK(cell == story_word((uint64_t)step, (size_t)((story_rank + story_size - 1) % story_size)));
  story_add(&cell, sizeof cell);
}

static int extent_of(MPI_Datatype type, MPI_Aint *extent, void *state) {
  (void)type, (void)state;
  *extent = 8;
  return MPI_SUCCESS;
}

/* What stays open while ranks meet in plain collectives. */
static char port[MPI_MAX_PORT_NAME];
static MPI_File file;
static const char *const file_names[] = {"unsavable-file", "unsavable-renamed"};

static void open_file(const char *what) {
  int sequential = strcmp(what, "sequential") == 0;
  if (!sequential && strcmp(what, "renamed") != 0) return;
  int mode = MPI_MODE_CREATE | MPI_MODE_WRONLY | (sequential ? MPI_MODE_SEQUENTIAL : 0);
  CHECK(MPI_File_open(MPI_COMM_WORLD, file_names[0], mode, MPI_INFO_NULL, &file) == MPI_SUCCESS);
  if (!sequential && story_rank == 0) CHECK(rename(file_names[0], file_names[1]) == 0);
}

#if MPI_VERSION >= 4
static MPI_Session session;
static MPI_Request partitioned;
static void open_of_mpi_4(const char *what) {
  if (strcmp(what, "session") == 0)
    CHECK(MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &session) == MPI_SUCCESS);
  if (strcmp(what, "partitioned") == 0)
    CHECK(MPI_Psend_init(&cell, 1, 1, MPI_UINT64_T, story_rank, 0, MPI_COMM_WORLD, MPI_INFO_NULL, &partitioned) ==
          MPI_SUCCESS);
}
static void close_of_mpi_4(const char *what) {
  if (strcmp(what, "session") == 0) CHECK(MPI_Session_finalize(&session) == MPI_SUCCESS);
  if (strcmp(what, "partitioned") == 0) CHECK(MPI_Request_free(&partitioned) == MPI_SUCCESS);
}
#else
static void open_of_mpi_4(const char *what) {
  CHECK(strcmp(what, "session") != 0 && strcmp(what, "partitioned") != 0);
}
static void close_of_mpi_4(const char *what) {
  (void)what;
}
#endif

static void open_something(const char *what) {
  int level;
  open_file(what);
  open_of_mpi_4(what);
  if (strcmp(what, "port") == 0) CHECK(MPI_Open_port(MPI_INFO_NULL, port) == MPI_SUCCESS);
  if (strcmp(what, "tool") == 0) CHECK(MPI_T_init_thread(MPI_THREAD_SINGLE, &level) == MPI_SUCCESS);
  if (strcmp(what, "datarep") == 0)
    CHECK(MPI_Register_datarep("ours", MPI_CONVERSION_FN_NULL, MPI_CONVERSION_FN_NULL, extent_of, NULL) == MPI_SUCCESS);
  if (strcmp(what, "window") == 0) MPI_Win_create(&cell, sizeof cell, sizeof cell, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
}
static void close_something(const char *what) {
  if (strcmp(what, "port") == 0) CHECK(MPI_Close_port(port) == MPI_SUCCESS);
  if (strcmp(what, "tool") == 0) CHECK(MPI_T_finalize() == MPI_SUCCESS);
  if (strcmp(what, "window") == 0) MPI_Win_free(&win);
  if (strcmp(what, "sequential") == 0 || strcmp(what, "renamed") == 0) CHECK(MPI_File_close(&file) == MPI_SUCCESS);
  close_of_mpi_4(what);
}

int main(int argc, char **argv) {
  story_begin("unsavable", &argc, &argv);
  const char *what = argc < 4 ? "window" : argv[3];
  open_something(what);
#if MPI_VERSION >= 4
  MPI_Request barrier = MPI_REQUEST_NULL;
  int with_barrier = strcmp(what, "barrier") == 0;
  if (with_barrier) MPI_Barrier_init(MPI_COMM_WORLD, MPI_INFO_NULL, &barrier);
#else
  CHECK(strcmp(what, "barrier") != 0);
#endif
  for (int step = 0; story_goes_on(step); step++) {
    if (step % 8 == story_rank) story_linger(15000);
    if (strcmp(what, "window") == 0) exchange(step);
    if (strcmp(what, "window") != 0 && strcmp(what, "barrier") != 0) MPI_Barrier(MPI_COMM_WORLD);
#if MPI_VERSION >= 4
    if (with_barrier) MPI_Start(&barrier);
    if (with_barrier) MPI_Wait(&barrier, MPI_STATUS_IGNORE);
#endif
  }
  close_something(what);
#if MPI_VERSION >= 4
  if (with_barrier) MPI_Request_free(&barrier);
#endif
  return story_end();
}
