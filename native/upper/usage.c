/* CPU time and what else a process has used: after a restart the program goes on counting where it was. A child that it forks there begins
 * at nothing, as children do. */
#include "usage.h"

#include <sys/resource.h>
#include <time.h>

#include "hooks.h"

enum { TICK_US = 10000, TICK_NS = 10000000 }; /* USER_HZ is 100, man 2 times */

/* Has this very process been restarted, and not a parent of it? */
NO_PARK static bool is_restarted(void) {
  return STATE->restarted && (int32_t)RAW0(SYS_getpid) == SPLIT->pid;
}

/* getrusage(who, usage) */
NO_PARK long hook_getrusage(const struct hook_call *call) {
  struct kernel_usage *usage = (struct kernel_usage *)call->b;
  long result = hook_pass(call);
  if (result != 0 || !is_restarted()) return result;
  if ((int)call->a == RUSAGE_SELF) usage_add(usage, &STATE->used);
  if ((int)call->a == RUSAGE_CHILDREN) usage_add(usage, &STATE->used_by_children);
  if ((int)call->a == RUSAGE_THREAD) usage_add_time(usage->user, clocks_offset(CLOCK_THREAD_CPUTIME_ID) / 1000);
  return result;
}

/* times(buffer), which also says what time it is, by a clock that counts from the start of the machine */
NO_PARK long hook_times(const struct hook_call *call) {
  int64_t *ticks = (int64_t *)call->a; /* user, system, user and system of children */
  const struct usage *own = &STATE->used, *children = &STATE->used_by_children;
  long result = hook_pass(call);
  if (raw_failed(result) || !STATE->restarted) return result;
  if (ticks && is_restarted()) {
    const int64_t more[] = {own->user, own->system, children->user, children->system};
    for (int i = 0; i < 4; i++) ticks[i] += more[i] / TICK_US;
  }
  return result + STATE->monotonic_offset / TICK_NS;
}
