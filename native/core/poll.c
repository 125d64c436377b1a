/* Tests that fail and are made again at once: programs poll so between two pieces of work (hpcc's RandomAccess for one message, before
 * each update of its table), and what they wait for takes many such tests to come. A test like one that has just failed may fail once
 * more without asking below, because
 *   - the standard lets a test fail as long as one of finitely many comes true (progress, MPI-4.1 section 3.7.4): at most CORE_POLL_SKIPS
 *     in a row are not asked, so every third test makes progress below and sees what there is;
 *   - the answer stays exact where the program could know better: the thread has not crossed in between, no other thread may call
 *     MPI (at most MPI_THREAD_FUNNELED), and the requests are the same, so only another process can have made a difference;
 *   - a program that tests rarely loses nothing: a row of failures must have gone on for ROW_BEGINS + ROW asked tests, and these must come
 *     within TICKS of each other on average, well below a message's latency for the usual clock rates. What comes ends the row, so that a
 *     program whose work grows longer in the midst of one hears of one message two tests late, once.
 * The clock is looked at once for every ROW asked tests, for it may cost as much as the test. Should it jump (a restart on another
 * machine), the limit in a row holds still. */
#include "poll.h"

enum { ROW_BEGINS = 8, ROW = 24, TICKS = 512 };

__thread struct core_poll core_poll = {.left = ROW_BEGINS};

int core_poll_allowed;

void core_poll_clock(struct core_poll *poll) {
  uint64_t now = __builtin_ia32_rdtsc();
  uint64_t tests = poll->quick ? ROW * (1 + CORE_POLL_SKIPS) : ROW;
  poll->quick = core_poll_allowed && poll->timed && now - poll->since < tests * TICKS;
  poll->since = now;
  poll->timed = 1;
  poll->left = ROW;
}

void core_poll_ends(struct core_poll *poll) {
  poll->timed = 0;
  poll->quick = 0;
  poll->skips_left = 0;
  poll->left = ROW_BEGINS;
}
