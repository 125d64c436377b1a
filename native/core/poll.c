/* Tests that fail and are made again at once: programs poll so between two pieces of work, and most of what a poll costs is its
 * crossing, where one writes FS; where it does not (SPLIT_CROSSING_GS) to look at the clock costs more than to ask. A test that
 * failed a moment ago may fail once more without asking below, because
 *   - the standard lets a test fail as long as one of finitely many comes true (progress, MPI-4.1 section 3.7.4): at most CORE_POLL_SKIPS
 *     in a row are not asked, so every third test makes progress below and sees what there is;
 *   - the answer stays exact where the program could know better: the thread has not crossed in between, no other thread may call
 *     MPI (at most MPI_THREAD_FUNNELED), and the requests are the same, so only another process can have made a difference;
 *   - a program that tests rarely loses nothing: only within CORE_POLL_TICKS of the last asked test's end, well below a message's latency
 *     for the usual clock rates. Should the counter jump (a restart on another machine), the limit in a row holds still. */
#include "poll.h"

#include <string.h>

enum { CORE_POLL_SKIPS = 2, CORE_POLL_TICKS = 512, CORE_POLL_BYTES = 256 };

/* The last test of this thread that failed. */
static __thread struct core_poll {
  uint64_t when; /* time stamp counter at its end */
  uint32_t crossings;
  uint16_t skips_left;
  uint8_t call; /* enum core_poll_call; 0 = none */
  size_t bytes;
  unsigned char requests[CORE_POLL_BYTES];
} last __attribute__((tls_model("initial-exec")));

int core_poll_allowed;

int core_poll_ask(enum core_poll_call call, const void *requests, size_t bytes) {
  if (last.call != call || last.crossings != mana_upper_tls.crossings || last.skips_left == 0) return 0;
  if (last.bytes != bytes || memcmp(last.requests, requests, bytes) != 0) return 0;
  if (__builtin_ia32_rdtsc() - last.when >= CORE_POLL_TICKS) return 0;
  last.skips_left--;
  return 1;
}

void core_poll_note(enum core_poll_call call, const void *requests, size_t bytes) {
  if (bytes > CORE_POLL_BYTES) return;
  last.call = (uint8_t)call;
  last.crossings = mana_upper_tls.crossings;
  last.skips_left = CORE_POLL_SKIPS;
  last.bytes = bytes;
  memcpy(last.requests, requests, bytes);
  last.when = __builtin_ia32_rdtsc();
}
