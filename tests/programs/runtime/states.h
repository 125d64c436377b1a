/* What the programs share that look at the state of a process: states.c, states_refused.c, states_input.c. */
#ifndef STATES_H
#define STATES_H
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_state.h"
#include "report.h"
#include "say.h"
#include "state.h"

static char said[4096];
void report_warning(const char *next, const char *what, ...) {
  va_list arguments;
  va_start(arguments, what);
  vsnprintf(said, sizeof said, what, arguments);
  va_end(arguments);
  EXPECT(next && *next);
}

static void map(void) {
  const size_t size = MPI_TABLE_ADDR - TABLE_ADDR;
  MUST(mmap((void *)TABLE_ADDR, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
            0) == (void *)TABLE_ADDR);
  state_note_start();
}
static void at(int number, int fd) {
  if (fd == number) return;
  int flags = fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0;
  MUST(fd >= 0 && dup3(fd, number, flags) == number && close(fd) == 0);
}
static void put(int fd, const char *text) {
  MUST(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}
static void create(const char *name, const char *text) {
  int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  put(fd, text);
  close(fd);
}
/* What is left to read is this text. */
static inline int holds(int fd, const char *text) {
  char got[200];
  ssize_t n = read(fd, got, sizeof got);
  return n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0;
}

enum { FILES_AT_START = 300, FILES_RAISED = 600 };
static void limit_files(rlim_t soft) {
  struct rlimit limit;
  MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
  MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}
/* In an empty folder of its own, with as few descriptors as a program begins with. */
static void begin(const char *folder) {
  MUST(chdir(folder) == 0);
  close_range(3, ~0u, 0);
  limit_files(FILES_AT_START);
  map();
}
#endif
