/* What every checkpoint story shares: a paced loop, checks that end the job at once, and one result line.
 *
 *   PROGRAM [STEPS [MILLISECONDS]]      150 steps of at least 10 ms unless told otherwise; $STORY_MILLISECONDS, which a
 *                                       restart may change, overrules. 2 is the highest pace, of a run that nothing is to
 *                                       interrupt: then nobody sleeps or lingers
 *
 * A checkpoint comes at a random moment, so a story keeps its state in flight over several steps, and every step checks
 * what it got: a message lost or doubled is noticed where it happens. The number of steps is fixed, never a time, so the
 * last line ("OK name hash") is the same for every run with as many ranks, whichever MPI it ran on and however often
 * it was stopped. */
#ifndef STORY_H
#define STORY_H
#include <errno.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *story_name;
static int story_rank, story_size, story_steps = 150, story_milliseconds = 10, story_step = -1;
static uint64_t story_hash = 0xcbf29ce484222325ull;
static double story_orbit = 0.31; /* goes on from step to step, through registers and the FPU */

/* Not MPI_Abort: any thread may find a mistake, and the launcher ends the job of a rank that leaves early. */
__attribute__((noreturn, cold, noinline)) static void story_wrong(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: rank %d, step %d: check failed: %s\n", file, line, story_rank, story_step, what);
  fflush(stderr);
  _exit(99);
}
#define CHECK(condition) ((condition) ? (void)0 : story_wrong(__FILE__, __LINE__, #condition))

/* FNV-1a, 64 bits: adds bytes to this rank's part of the result. */
static inline void story_add(const void *data, size_t bytes) {
  const unsigned char *byte = data;
  for (size_t i = 0; i < bytes; i++) story_hash = (story_hash ^ byte[i]) * 0x100000001b3ull;
}

/* The words of a message whose sender, step and kind are told by seed. */
static inline uint64_t story_word(uint64_t seed, size_t i) {
  uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15ull + i * 0xd1342543de82ef95ull;
  return x ^ x >> 29;
}
static inline void story_fill(uint64_t *words, size_t count, uint64_t seed) {
  for (size_t i = 0; i < count; i++) words[i] = story_word(seed, i);
}
static inline int story_holds(const uint64_t *words, size_t count, uint64_t seed) {
  for (size_t i = 0; i < count; i++)
    if (words[i] != story_word(seed, i)) return 0;
  return 1;
}

static inline void story_compute(int thousands) {
  double x = story_orbit;
  for (int i = 0; i < thousands * 1000; i++) x = 3.9 * x * (1.0 - x);
  story_orbit = x;
}

/* So many milliseconds from now. */
static inline struct timespec story_later(clockid_t clock, int milliseconds) {
  struct timespec t;
  clock_gettime(clock, &t);
  t.tv_nsec += (long)milliseconds * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}

/* The pace from here on: it may have been changed by a restart. */
static inline void story_pace(void) {
  const char *told = getenv("STORY_MILLISECONDS");
  if (told) story_milliseconds = atoi(told);
  CHECK(story_milliseconds >= 2 && story_milliseconds < 900);
}

static inline int story_is_hurried(void) {
  return story_milliseconds == 2;
}

/* A rank comes late, so that a checkpoint may find the others waiting for it. */
static inline void story_linger(int microseconds) {
  if (!story_is_hurried()) usleep((useconds_t)microseconds);
}

/* Initializes MPI at a thread level and reads the arguments. */
static inline void story_begin_threads(const char *name, int *argc, char ***argv, int level) {
  int provided;
  MPI_Init_thread(argc, argv, level, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &story_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &story_size);
  CHECK(provided >= level);
  story_name = name;
  if (*argc > 1) story_steps = atoi((*argv)[1]);
  if (*argc > 2) story_milliseconds = atoi((*argv)[2]);
  CHECK(story_steps > 0);
  story_pace();
}
static inline void story_begin(const char *name, int *argc, char ***argv) {
  story_begin_threads(name, argc, argv, MPI_THREAD_SINGLE);
}

/* for (int step = 0; story_goes_on(step); step++) ...: each step computes, then sleeps, ranks out of step with each other. A story's own
 * signals do not shorten it. */
static inline int story_goes_on(int step) {
  story_pace();
  struct timespec rest = {0, (long)(story_milliseconds - 1 + (step * 7 + story_rank * 3) % 5) * 1000000};
  story_step = step;
  if (step >= story_steps) return 0;
  story_compute(250);
  while (!story_is_hurried() && nanosleep(&rest, &rest) != 0) CHECK(errno == EINTR);
  return 1;
}

/* Collective over MPI_COMM_WORLD: prints the result line from rank 0, finalizes, and returns main's exit status. */
static inline int story_end(void) {
  uint64_t *all = malloc((size_t)story_size * sizeof *all);
  CHECK(all);
  story_add(&story_orbit, sizeof story_orbit);
  MPI_Gather(&story_hash, 1, MPI_UINT64_T, all, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  if (story_rank == 0) {
    story_add(all, (size_t)story_size * sizeof *all);
    printf("OK %s %016llx\n", story_name, (unsigned long long)story_hash);
    fflush(stdout);
  }
  free(all);
  MPI_Finalize();
  return 0;
}
#endif
