/* Tests that fail and are made again at once (poll.c): whether one may fail without a crossing. */
#ifndef MANA_CORE_POLL_H
#define MANA_CORE_POLL_H
#include <string.h>

#include "crossing.h"

enum core_poll_call { CORE_POLL_TEST = 1, CORE_POLL_TESTANY, CORE_POLL_TESTALL };
enum { CORE_POLL_SKIPS = 2, CORE_POLL_LATE = 4096, CORE_POLL_ROW_BEGINS = 8, CORE_POLL_BYTES = 256 };

/* The last test of this thread that was asked below and failed, and the row of failures that it belongs to. */
struct core_poll {
  uint16_t skips_left; /* so many like it may fail unasked: 0 unless `quick` */
  uint16_t left;       /* of a row: asked tests that will fail before the clock is looked at */
  uint8_t timed;       /* `when` is set */
  uint8_t quick;       /* they come so fast that some need not be asked */
  uint8_t call;        /* enum core_poll_call */
  uint32_t crossings;
  uint64_t when; /* time stamp counter, when it was looked at last */
  size_t bytes;
  unsigned char requests[CORE_POLL_BYTES]; /* in the caller's form, whichever that is */
};
extern __thread struct core_poll core_poll __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* At most one thread of this process calls MPI. Set by MPI_Init. */
extern int core_poll_allowed __attribute__((visibility("hidden")));

void core_poll_clock(struct core_poll *poll) __attribute__((visibility("hidden"), cold));

/* A new row begins. */
static inline void core_poll_restart(struct core_poll *poll) {
  poll->skips_left = 0;
  poll->left = CORE_POLL_ROW_BEGINS;
  poll->timed = poll->quick = 0;
}

/* Whether this test may fail without being asked. */
static inline __attribute__((always_inline)) int core_poll_skip(enum core_poll_call call, const void *requests,
                                                                size_t bytes) {
  struct core_poll *poll = &core_poll;
  if (__builtin_expect(poll->skips_left == 0, 1)) return 0;
  if (poll->call != call || poll->crossings != mana_upper_tls.crossings || poll->bytes != bytes) return 0;
  if (memcmp(poll->requests, requests, bytes) != 0) return 0;
  uint64_t now = __builtin_ia32_rdtsc();
  if (__builtin_expect(now - poll->when >= CORE_POLL_LATE, 0)) {
    core_poll_restart(poll);
    return 0;
  }
  poll->when = now;
  poll->skips_left--;
  return 1;
}

/* This test was asked, and failed. */
static inline __attribute__((always_inline)) void core_poll_failed(enum core_poll_call call, const void *requests,
                                                                   size_t bytes) {
  struct core_poll *poll = &core_poll;
  if (__builtin_expect(!poll->quick, 1)) {
    if (__builtin_expect(--poll->left == 0, 0)) core_poll_clock(poll);
    return;
  }
  if (!core_poll_allowed || bytes > CORE_POLL_BYTES) return;
  poll->call = (uint8_t)call;
  poll->crossings = mana_upper_tls.crossings;
  poll->bytes = bytes;
  memcpy(poll->requests, requests, bytes);
  poll->skips_left = CORE_POLL_SKIPS;
}

/* This test was asked, and did not fail. */
static inline void core_poll_came(void) {
  core_poll_restart(&core_poll);
}
#endif
