/* What every program here shares: checks that are counted, values that are recorded, and one report in rank order.
 *
 * A program prints nothing itself: ranks write to one stream in any order, and a story compares stdout byte for byte.
 * check_record() keeps a rank's values; check_finish() prints them all from rank 0. A failed check goes to stderr at
 * once, because the program may not live to the report. */
#ifndef CHECK_H
#define CHECK_H
#include <mpi.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_TEXT 2048
static int check_failures;
static char check_text[CHECK_TEXT];

static inline void check_failed(const char *file, int line, const char *what) {
  check_failures++;
  fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
}
#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

/* Appends " text" to this rank's line of the report. */
__attribute__((format(printf, 1, 2))) static inline void check_record(const char *format, ...) {
  size_t used = strlen(check_text);
  va_list arguments;
  va_start(arguments, format);
  if (used + 1 < CHECK_TEXT) check_text[used++] = ' ';
  vsnprintf(check_text + used, CHECK_TEXT - used, format, arguments);
  va_end(arguments);
}

/* FNV-1a, 64 bits: a value for a whole buffer. */
static inline uint64_t check_hash(const void *data, size_t bytes) {
  const unsigned char *byte = (const unsigned char *)data;
  uint64_t hash = 0xcbf29ce484222325ull;
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * 0x100000001b3ull;
  return hash;
}

static inline int check_rank(void) {
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}
static inline int check_size(void) {
  int size;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

/* Collective over MPI_COMM_WORLD: prints the report from rank 0, finalizes MPI, returns main's exit status (the same on
 * every rank: 0, or 1 if a check failed on any). */
static inline int check_finish(const char *program) {
  int size = check_size(), rank = check_rank(), failures = 0;
  char *all = rank == 0 ? (char *)malloc((size_t)size * CHECK_TEXT) : NULL;
  MPI_Allreduce(&check_failures, &failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  MPI_Gather(check_text, CHECK_TEXT, MPI_CHAR, all, CHECK_TEXT, MPI_CHAR, 0, MPI_COMM_WORLD);
  if (rank == 0) {
    for (int i = 0; i < size; i++)
      if (all[(size_t)i * CHECK_TEXT]) printf("RESULT %s %d/%d:%s\n", program, i, size, all + (size_t)i * CHECK_TEXT);
    if (failures)
      printf("FAILED %s: %d checks\n", program, failures);
    else
      printf("RESULT %s ok on %d ranks\n", program, size);
    fflush(stdout);
  }
  free(all);
  MPI_Finalize();
  return failures != 0;
}
#endif
