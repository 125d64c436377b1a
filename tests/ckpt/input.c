/* What rank 0 reads from its standard input, a line a step, most of which waits in a pipe; and more open files than the MPI expects, some
 * with numbers at which another MPI would like to have its own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "story.h"

enum { FILES = 1500, LIMIT = 4000 };
static int opened[FILES];

static void open_files(void) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max < LIMIT ? limit.rlim_max : LIMIT;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  for (int i = 0; i < FILES; i++) CHECK((opened[i] = open(i % 2 ? "/dev/null" : "/dev/zero", O_RDONLY)) >= 0);
}
static void check_files(int step) {
  char byte;
  for (int i = step % 7; i < FILES; i += 7) CHECK(read(opened[i], &byte, 1) == (i % 2 ? 0 : 1));
}

/* Byte by byte: what stdio reads ahead would be memory. */
static void read_line(int step) {
  char line[128], expected[16];
  size_t length = 0;
  while (length < sizeof line && read(STDIN_FILENO, &line[length], 1) == 1 && line[length] != '\n') length++;
  CHECK(length > 4 && length < sizeof line);
  snprintf(expected, sizeof expected, "%04d", step);
  CHECK(memcmp(line, expected, 4) == 0);
}

int main(int argc, char **argv) {
  char byte;
  story_begin("input", &argc, &argv);
  open_files();
  for (int step = 0; story_goes_on(step); step++) {
    if (story_rank == 0) read_line(step);
    check_files(step);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  if (story_rank == 0) CHECK(read(STDIN_FILENO, &byte, 1) == 0);
  return story_end();
}
