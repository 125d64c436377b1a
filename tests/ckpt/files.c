/* Open files: a log that is appended to, one read in pieces, one written here and there, an unlinked temporary, a
 * duplicated descriptor, a pipe with bytes in it, text that stdio has not written yet. In the current folder. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "story.h"

enum { RECORDS = 64, PIECE = 13 };
static int log_file, records, unlinked, twin, pipes[2];
static FILE *pieces, *unwritten;

static const char *path_of(const char *what) {
  static char path[64];
  snprintf(path, sizeof path, "files-%s.%d", what, story_rank);
  return path;
}
static void open_all(void) {
  uint64_t zeros[RECORDS] = {0};
  FILE *made = fopen(path_of("input"), "w");
  CHECK(made);
  for (int i = 0; i < story_steps * 4; i++) CHECK(fprintf(made, "%d\n", i * i) > 0);
  CHECK(fclose(made) == 0);
  CHECK((pieces = fopen(path_of("input"), "r")) != NULL);
  CHECK((unwritten = fopen(path_of("stdio"), "w")) != NULL);
  CHECK((log_file = open(path_of("log"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640)) >= 0);
  CHECK((records = open(path_of("records"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)) >= 0);
  CHECK((twin = dup(records)) >= 0);
  CHECK((unlinked = open(path_of("gone"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) >= 0);
  CHECK(unlink(path_of("gone")) == 0 && pipe2(pipes, O_CLOEXEC) == 0);
  CHECK(write(records, zeros, sizeof zeros) == (ssize_t)sizeof zeros);
  CHECK(write(unlinked, zeros, sizeof zeros) == (ssize_t)sizeof zeros);
}

/* Record i of a file of records holds how often it was written: steps i, i + RECORDS, ... */
static void update(int step) {
  off_t at = (off_t)(step % RECORDS) * 8;
  uint64_t value, times = (uint64_t)(step / RECORDS);
  CHECK(lseek(records, at, SEEK_SET) == at && read(twin, &value, 8) == 8 && value == times);
  CHECK(lseek(twin, 0, SEEK_CUR) == at + 8); /* one offset for both */
  value = times + 1;
  CHECK(pwrite(records, &value, 8, at) == 8);
  CHECK(pread(unlinked, &value, 8, at) == 8 && value == times * 3);
  value = (times + 1) * 3;
  CHECK(lseek(unlinked, at, SEEK_SET) == at && write(unlinked, &value, 8) == 8);
}
static void still_as_opened(int step) {
  struct stat status;
  CHECK((fcntl(log_file, F_GETFL) & (O_APPEND | O_ACCMODE)) == (O_APPEND | O_WRONLY));
  CHECK(fcntl(log_file, F_GETFD) == FD_CLOEXEC && fcntl(twin, F_GETFD) == 0);
  CHECK(fstat(unlinked, &status) == 0 && status.st_nlink == 0 && status.st_size == RECORDS * 8);
  CHECK(fstat(log_file, &status) == 0 && status.st_size == (off_t)step * 16);
  CHECK(lseek(records, 0, SEEK_CUR) == (step ? (step - 1) % RECORDS * 8 + 8 : RECORDS * 8));
}
static void check_lines(const char *path, const char *format, int width) {
  char expected[64], got[64];
  FILE *file = fopen(path, "r");
  CHECK(file);
  for (int step = 0; step < story_steps; step++) {
    snprintf(expected, sizeof expected, format, step, story_rank);
    CHECK((int)strlen(expected) == width && fgets(got, sizeof got, file) && strcmp(got, expected) == 0);
    story_add(got, (size_t)width);
  }
  CHECK(!fgets(got, sizeof got, file)); /* and nothing after them */
  fclose(file);
}

int main(int argc, char **argv) {
  story_begin("files", &argc, &argv);
  open_all();
  for (int step = 0; story_goes_on(step); step++) {
    char line[32], in_pipe[PIECE];
    int number;
    still_as_opened(step);
    snprintf(line, sizeof line, "step %6d %3d\n", step, story_rank);
    CHECK(write(log_file, line, 16) == 16);
    CHECK(fprintf(unwritten, "text %6d %3d\n", step, story_rank) == 16);
    for (int i = 0; i < 4; i++) CHECK(fscanf(pieces, "%d", &number) == 1 && number == (step * 4 + i) * (step * 4 + i));
    update(step);
    memset(in_pipe, step, PIECE); /* up to 5 pieces stay in the pipe between steps */
    CHECK(write(pipes[1], in_pipe, PIECE) == PIECE);
    if (step >= 5) CHECK(read(pipes[0], in_pipe, PIECE) == PIECE && in_pipe[PIECE - 1] == (char)(step - 5));
    if (step % 5 == 0) MPI_Barrier(MPI_COMM_WORLD);
  }
  CHECK(fclose(unwritten) == 0 && fclose(pieces) == 0 && close(log_file) == 0);
  check_lines(path_of("log"), "step %6d %3d\n", 16);
  check_lines(path_of("stdio"), "text %6d %3d\n", 16);
  return story_end();
}
