/* Signals that wait for delivery, while the calling thread is parked. All signals are blocked. */
#ifndef MANA_UPPER_PENDING_H
#define MANA_UPPER_PENDING_H
#include "park.h"

enum { PENDING_MAX = 16 }; /* on the stack of the thread; more than a few are not seen in real programs */
struct pending_signals {
  int32_t count;
  struct waiting_signal info[PENDING_MAX];
};
/* Adds what waits for this thread alone. NULL; or why not all of it was taken. */
const char *pending_take(struct pending_signals *pending) __attribute__((visibility("hidden"), warn_unused_result));
void pending_give_back(const struct pending_signals *pending) __attribute__((visibility("hidden")));
/* What waited for the process (upper_state.waiting). The main thread alone may call it. */
void pending_give_back_process(void) __attribute__((visibility("hidden")));
#endif
