/* Tests that fail and are made again at once (core/poll.h): which of them are asked below. Nothing is crossed: what is below always fails. */
#include <time.h>

#include "poll.h"
#include "say.h"

__thread struct upper_tls mana_upper_tls __attribute__((tls_model("initial-exec")));
enum { TESTS = 30000 };

/* As a stub tests: whether it was asked below. */
static int test(enum core_poll_call call, const void *requests, size_t bytes) {
  if (core_poll_skip(call, requests, bytes)) return 0;
  mana_upper_tls.crossings++;
  core_poll_failed(call, requests, bytes);
  return 1;
}
static void pause_for(long nanoseconds) {
  (void)nanosleep(&(struct timespec){.tv_nsec = nanoseconds}, NULL);
}
/* Of `tests` in a row: how many were asked, and at most how many together were not. */
static int row(int tests, size_t bytes, long nanoseconds, int *together) {
  static unsigned char requests[2 * CORE_POLL_BYTES];
  int asked = 0, skipped = 0;
  *together = 0;
  for (int i = 0; i < tests; i++) {
    int was = test(CORE_POLL_TESTALL, requests, bytes);
    asked += was;
    skipped = was ? 0 : skipped + 1;
    if (skipped > *together) *together = skipped;
    if (nanoseconds) pause_for(nanoseconds);
  }
  core_poll_came();
  return asked;
}

static void what_is_quick(void) {
  int together, asked = row(TESTS, sizeof(long), 0, &together);
  EXPECT(asked >= TESTS / (1 + CORE_POLL_SKIPS) && together == CORE_POLL_SKIPS);
  EXPECT(asked < TESTS / 2); /* this machine's other work may stop a row, not every one */
  asked = row(TESTS, CORE_POLL_BYTES, 0, &together);
  EXPECT(asked < TESTS / 2 && together == CORE_POLL_SKIPS);
  EXPECT(row(TESTS, CORE_POLL_BYTES + 1, 0, &together) == TESTS);                   /* too many to be compared */
  EXPECT(row(200, sizeof(long), 20000, &together) == 200);                          /* rare tests are all asked */
  for (int i = 0; i < 1000; i++) EXPECT(row(20, sizeof(long), 0, &together) == 20); /* and those of short rows */
  core_poll_allowed = 0;
  EXPECT(row(TESTS, sizeof(long), 0, &together) == TESTS);
  core_poll_allowed = 1;
}

/* Until a test has just been asked, and the next like it would not be. */
static int skips_begin(const long *request) {
  for (int i = 0; i < TESTS; i++) {
    if (test(CORE_POLL_TEST, request, sizeof *request) && core_poll.skips_left == CORE_POLL_SKIPS) return 1;
  }
  return 0;
}
static void what_is_like_it(void) {
  long one = 1, two = 2;
  MUST(skips_begin(&one));
  EXPECT(test(CORE_POLL_TEST, &two, sizeof two));
  MUST(skips_begin(&one));
  EXPECT(test(CORE_POLL_TESTANY, &one, sizeof one));
  MUST(skips_begin(&one));
  mana_upper_tls.crossings++;
  EXPECT(test(CORE_POLL_TEST, &one, sizeof one));
  MUST(skips_begin(&one));
  core_poll_came();
  EXPECT(test(CORE_POLL_TEST, &one, sizeof one));
  MUST(skips_begin(&one));
  for (int i = 0; i < CORE_POLL_SKIPS; i++) EXPECT(!test(CORE_POLL_TEST, &one, sizeof one));
  EXPECT(test(CORE_POLL_TEST, &one, sizeof one));
  core_poll_came();
}

/* A row that turns slow in its midst: what comes late is asked, whether the one before was or not. */
static void what_turns_slow(void) {
  long one = 1;
  for (int unasked = 0; unasked <= CORE_POLL_SKIPS; unasked++) {
    MUST(skips_begin(&one));
    for (int i = 0; i < unasked; i++) (void)test(CORE_POLL_TEST, &one, sizeof one);
    for (int i = 0; i < 100; i++) {
      pause_for(20000);
      EXPECT(test(CORE_POLL_TEST, &one, sizeof one));
    }
    core_poll_came();
  }
}

int main(void) {
  core_poll_allowed = 1;
  what_is_quick();
  what_is_like_it();
  what_turns_slow();
  SAY("done");
  return 0;
}
