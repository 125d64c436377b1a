/* What a crossing costs, against two bare writes of FS: the code is the stubs' own. Compiled with -fno-stack-protector. */
#include <stdio.h>
#include <time.h>

#include "crossing.h"
#include "monotonic.h"
#include "mpi_table.h"
#include "syscall_raw.h"
#include "verify.h"

/* A round of some 10 us fits between two interruptions, however busy the machine is. */
enum { LOOPS = 400, ROUNDS = 200, TRIES = 8 };
/* Beyond this it is worth a remark; the promise is 1.15. */
static const double remarkable = 1.5;
__thread struct upper_tls mana_upper_tls;

/* This program has an upper_tls of its own; the stub's, of the same thread, has the lower FS already. */
void mana_crossing_attach(void) {
  uint64_t fs;
  __asm__("mov %%fs:0,%0" : "=r"(fs));
  const struct upper_tls *stub = (const struct upper_tls *)(fs + (uint64_t)SPLIT->upper_tls_offset);
  split_attach(&mana_upper_tls, fs, stub->lower_fs);
}

static double now(void) {
  return (double)monotonic_ns();
}

/* ns for one pair of bare writes; the value written is the thread's own. */
static double bare_writes(void) {
  uint64_t fs;
  __asm__("mov %%fs:0,%0" : "=r"(fs));
  double start = now();
  for (int i = 0; i < LOOPS; i++) {
    raw_set_fs(SPLIT->have_fsgsbase, fs);
    raw_set_fs(SPLIT->have_fsgsbase, fs);
  }
  return (now() - start) / LOOPS;
}
static double crossings(void) {
  double start = now();
  for (int i = 0; i < LOOPS; i++) {
    struct upper_tls *tls = mana_cross_enter();
    mana_cross_leave(tls);
  }
  return (now() - start) / LOOPS;
}

/* Alternated, best of many: what other processes take is no cost of a crossing. */
static void measure(double *bare, double *full) {
  for (int i = 0; i < ROUNDS; i++) {
    double b = bare_writes(), c = crossings();
    if (b < *bare) *bare = b;
    if (c < *full) *full = c;
  }
}

/* Time is no proof that a bundle is wrong: a crossing that takes long is a warning, never a failure. */
void verify_crossing(void) {
  static const char *const swapped[] = {
      [SPLIT_CROSSING_GS] = "",
      [SPLIT_CROSSING_FS] = "; FS is swapped at each (mana launch -v tells why)",
      [SPLIT_CROSSING_ARCH_PRCTL] = "; FS is swapped at each (mana launch -v tells why), by system calls"};
  const struct timespec pause = {.tv_nsec = 50000000};
  double bare = 1e9, full = 1e9;
  measure(&bare, &full);
  for (int i = 1; i < TRIES && full > remarkable * bare; i++) {
    nanosleep(&pause, NULL); /* the clock rate, or what else runs here, may change meanwhile */
    measure(&bare, &full);
  }
  char detail[224];
  snprintf(detail, sizeof detail, "%.1f ns, %.2f times two bare writes of FS (%.1f ns)%s%s", full, full / bare, bare,
           swapped[SPLIT->crossing], full > remarkable * bare ? "; more than expected: was the machine busy?" : "");
  verify_warn_if(full > remarkable * bare);
  verify_tell("crossing", detail);
}
