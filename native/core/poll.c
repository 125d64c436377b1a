/* Tests that fail and are made again at once: programs poll so between two pieces of work (hpcc's RandomAccess for one message, before
 * each update of its table), and what they wait for takes many such tests to come. A test like one that has just failed may fail once
 * more without asking below, because
 *   - the standard lets a test fail as long as one of finitely many comes true (progress, MPI-4.1 section 3.7.4): at most CORE_POLL_SKIPS
 *     in a row are not asked, so every third test makes progress below and sees what there is;
 *   - the answer stays exact where the program could know better: the thread has not crossed in between, no other thread may call
 *     MPI (at most MPI_THREAD_FUNNELED), and the requests are the same, so only another process can have made a difference;
 *   - a program that tests rarely, or begins to, loses nothing: CORE_POLL_ROW_BEGINS + ROW asked tests in a row must have failed, the latter within TICKS
 *     of each other on average, and what is not asked comes within CORE_POLL_LATE of the last look at the clock (the test asked in between
 *     included): about a message's latency for the usual clock rates.
 * Until a row is quick the clock is looked at twice, for that may cost as much as half a test. Should it jump (a restart on another machine), the
 * limit in a row holds still. */
#include "poll.h"

enum { ROW = 24, TICKS = 512 };

__thread struct core_poll core_poll = {.left = CORE_POLL_ROW_BEGINS};

int core_poll_allowed;

void core_poll_clock(struct core_poll *poll) {
  uint64_t now = __builtin_ia32_rdtsc();
  poll->quick = core_poll_allowed && poll->timed && now - poll->when < (uint64_t)ROW * TICKS;
  poll->when = now;
  poll->timed = 1;
  poll->left = ROW;
}
