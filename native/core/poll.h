/* Tests that fail and are made again at once (poll.c): whether one may fail without a crossing. */
#ifndef MANA_CORE_POLL_H
#define MANA_CORE_POLL_H
#include "core.h"

enum core_poll_call { CORE_POLL_TEST = 1, CORE_POLL_TESTANY, CORE_POLL_TESTALL };

/* At most one thread of this process calls MPI, and its crossings cost something. Set by MPI_Init. */
extern int core_poll_allowed __attribute__((visibility("hidden")));

int core_poll_ask(enum core_poll_call call, const void *requests, size_t bytes) __attribute__((visibility("hidden")));
void core_poll_note(enum core_poll_call call, const void *requests, size_t bytes) __attribute__((visibility("hidden")));

/* Whether this test may fail without being asked. `requests` is what the caller compares: in its own form, whichever that is. */
static inline int core_poll_skip(enum core_poll_call call, const void *requests, size_t bytes) {
  return __builtin_expect(core_poll_allowed, 0) && core_poll_ask(call, requests, bytes);
}
/* This test was asked, and failed. */
static inline void core_poll_failed(enum core_poll_call call, const void *requests, size_t bytes) {
  if (__builtin_expect(core_poll_allowed, 0)) core_poll_note(call, requests, bytes);
}
#endif
