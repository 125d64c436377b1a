#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "options.h"
#include "report.h"
#include "syscall_raw.h"

static uint64_t early_marks[SPLIT_FD_WORDS];
static uint64_t *descriptor_marks = early_marks;

static int base = SPLIT_FD_BASE; /* lower descriptors are moved here and above */

/* Enough for both halves; not the hard limit, which may be a billion: programs loop over all descriptors. */
enum { NOFILE_WANTED = 8192, NOFILE_NEEDED = 2 * SPLIT_FD_BASE };

void descriptors_start_above(uint32_t highest) {
  if (highest >= SPLIT_FD_BASE && highest < SPLIT_FD_MAX - SPLIT_FD_BASE) base = (int)highest + 1;
}

struct descriptor_limit descriptors_raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) report_fatal(EXIT_MANA, NULL, "getrlimit: %s", strerror(errno));
  struct descriptor_limit result = {options.nofile_soft ? options.nofile_soft : limit.rlim_cur, limit.rlim_cur};
  rlim_t enough = NOFILE_WANTED + (rlim_t)(base - SPLIT_FD_BASE);
  rlim_t wanted = limit.rlim_max < enough ? limit.rlim_max : enough;
  if (wanted > limit.rlim_cur) {
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) result.raised = wanted;
  }
  if (result.raised < NOFILE_NEEDED) {
    report_fatal(EXIT_MANA, "raise the hard limit (ulimit -Hn 4096)", "only %llu files may be open, mana needs %d",
                 (unsigned long long)result.raised, NOFILE_NEEDED);
  }
  return result;
}

void descriptor_mark(int fd, int lower) {
  if (fd < SPLIT_FD_BASE || fd >= SPLIT_FD_MAX) return;
  uint64_t bit = 1ull << (fd & 63);
  if (lower) {
    __atomic_fetch_or(&descriptor_marks[fd >> 6], bit, __ATOMIC_RELAXED);
  } else {
    __atomic_fetch_and(&descriptor_marks[fd >> 6], ~bit, __ATOMIC_RELAXED);
  }
}

/* Other threads may mark meanwhile: what they mark in the old place before the switch is copied after it. */
void descriptor_marks_move(uint64_t marks[SPLIT_FD_WORDS]) {
  memset(marks, 0, SPLIT_FD_WORDS * sizeof *marks);
  __atomic_store_n(&descriptor_marks, marks, __ATOMIC_SEQ_CST);
  for (int i = 0; i < SPLIT_FD_WORDS; i++) {
    __atomic_fetch_or(&marks[i], __atomic_load_n(&early_marks[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
  }
}

int descriptor_take(int fd) {
  if (fd < 0) return fd;
  if (fd < base) {
    long flags = RAW3(SYS_fcntl, fd, F_GETFD, 0);
    long moved = RAW3(SYS_fcntl, fd, flags & FD_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, base);
    if (raw_failed(moved)) return fd;
    RAW1(SYS_close, fd);
    fd = (int)moved;
  }
  descriptor_mark(fd, 1);
  return fd;
}

/* Variables that hold the number of a descriptor which the MPI library will use. */
static const char *const connection_variables[] = {"PMI_FD", "PMI_CONTROL_FD"};

static void take_connection(const char *variable) {
  const char *value = getenv(variable);
  char *end, number[16];
  if (!value || !*value) return;
  long fd = strtol(value, &end, 10);
  if (*end || fd < 0 || fd >= SPLIT_FD_MAX || fcntl((int)fd, F_GETFD) < 0) return;
  snprintf(number, sizeof number, "%d", descriptor_take((int)fd));
  if (setenv(variable, number, 1) != 0) report_fatal(EXIT_MANA, NULL, "out of memory at the start");
}

/* Launchers of MPIs leave descriptors of their own open in the ranks (Hydra about twelve): neither half wants them. What
 * a shell passes on deliberately comes without a launcher, or below a wrapper script, which enters again. */
static int comes_from_launcher(void) {
  return getenv("PMI_FD") || getenv("PMI_RANK") || getenv("OMPI_COMM_WORLD_RANK") || getenv("PMIX_RANK");
}

void descriptors_take_inherited(int reentered) {
  for (size_t i = 0; i < sizeof connection_variables / sizeof *connection_variables; i++) {
    take_connection(connection_variables[i]);
  }
  if (reentered || !comes_from_launcher()) return;
  for (int fd = STDERR_FILENO + 1; fd < SPLIT_FD_BASE; fd++) RAW1(SYS_close, fd);
}
