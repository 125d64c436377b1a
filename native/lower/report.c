#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

/* The rank, as the launchers of the supported MPIs tell it. */
static const char *rank_of_environment(void) {
  static const char *const names[] = {"PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PALS_RANKID", "SLURM_PROCID"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    if (value && *value) return value;
  }
  return NULL;
}

/* One write, so that the blocks of many ranks do not mix. */
static void write_block(const char *next, const char *what, va_list arguments) {
  char text[8192];
  const char *rank = rank_of_environment();
  int at = rank ? snprintf(text, sizeof text, "mana: rank %s: ", rank) : snprintf(text, sizeof text, "mana: ");
  int got = vsnprintf(text + at, sizeof text - (size_t)at, what, arguments);
  if (got > 0) at += got;
  if (at > (int)sizeof text - 1) at = (int)sizeof text - 1;
  if (next && at < (int)sizeof text - 1) {
    got = snprintf(text + at, sizeof text - (size_t)at, "\n  next: %s", next);
    if (got > 0) at += got;
  }
  if (at > (int)sizeof text - 2) at = (int)sizeof text - 2;
  text[at++] = '\n';
  ssize_t written = write(STDERR_FILENO, text, (size_t)at);
  (void)written; /* nowhere left to complain */
}

void report_fatal(int code, const char *next, const char *what, ...) {
  va_list arguments;
  va_start(arguments, what);
  write_block(next, what, arguments);
  va_end(arguments);
  _exit(code);
}

void report_warning(const char *next, const char *what, ...) {
  va_list arguments;
  va_start(arguments, what);
  write_block(next, what, arguments);
  va_end(arguments);
}

void report_verbose(const char *what, ...) {
  if (options.verbose < 1) return;
  va_list arguments;
  va_start(arguments, what);
  write_block(NULL, what, arguments);
  va_end(arguments);
}
