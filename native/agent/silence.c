/* A coordinator that is there and says nothing, as one that was stopped, or whose host is gone: ranks do not stand still for it for ever. */
#include <stdlib.h>

#include "agent.h"
#include "monotonic.h"

/* Pulses come every five seconds. MANA_SILENCE in the environment of mana-lower says another patience, in seconds; for tests. */
static int64_t patience_ms(void) {
  enum { SECONDS = 60 };
  const char *asked = getenv("MANA_SILENCE");
  return (asked ? atoi(asked) : SECONDS) * 1000;
}

/* What stops all of a job (SIGSTOP to its group) stops this thread, too: such a time does not count. */
bool agent_hears_nothing(bool heard) {
  enum { STEP_MAX = 1000 };
  static int64_t looked, silent, patience;
  int64_t now = monotonic_ms(), passed = now - looked;
  looked = now;
  if (!patience) patience = patience_ms();
  silent = heard || agent.stage == AGENT_RUN ? 0 : silent + (passed < STEP_MAX ? passed : STEP_MAX);
  return silent > patience;
}
