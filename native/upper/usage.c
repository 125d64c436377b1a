/* CPU time and what else a process has used: after a restart the program goes on counting where it was. A child that it forks there begins
 * at nothing, as children do. Of single threads the CPU time goes on, no counts. */
#include "usage.h"

#include <sys/resource.h>
#include <time.h>

#include "hooks.h"

enum { TICK = 10000, NS = 1000000000 }; /* microseconds: USER_HZ is 100, man 2 times */

/* Has this very process been restarted, and not a parent of it? */
NO_PARK static bool is_restarted(void) {
  return STATE->restarted && (int32_t)RAW0(SYS_getpid) == SPLIT->pid;
}

NO_PARK static void add_of_thread(struct kernel_usage *usage) {
  const struct tid_pair *pair = tid_pair((int32_t)RAW0(SYS_gettid));
  if (!pair) return;
  usage_add_time(usage->user, pair->more.clock / 1000 - pair->more.system);
  usage_add_time(usage->system, pair->more.system);
}

/* getrusage(who, usage) */
NO_PARK long hook_getrusage(const struct hook_call *call) {
  struct kernel_usage *usage = (struct kernel_usage *)call->b;
  long result = hook_pass(call);
  if (result != 0 || !is_restarted()) return result;
  if ((int)call->a == RUSAGE_SELF) usage_add(usage, &STATE->used);
  if ((int)call->a == RUSAGE_CHILDREN) usage_add(usage, &STATE->used_by_children);
  if ((int)call->a == RUSAGE_THREAD) add_of_thread(usage);
  return result;
}

void usage_of_thread(struct cpu_time *used) {
  struct kernel_usage usage = {0};
  int64_t time[2] = {0};
  (void)hook_clock_gettime(&(struct hook_call){.nr = SYS_clock_gettime, .a = CLOCK_THREAD_CPUTIME_ID, .b = (long)time});
  (void)hook_getrusage(&(struct hook_call){.nr = SYS_getrusage, .a = RUSAGE_THREAD, .b = (long)&usage});
  *used = (struct cpu_time){time[0] * NS + time[1], usage_microseconds(usage.system)};
}

/* {user, system} in ticks */
NO_PARK static void ticks_of(int who, int64_t ticks[2]) {
  struct kernel_usage usage = {0};
  (void)hook_getrusage(&(struct hook_call){.nr = SYS_getrusage, .a = who, .b = (long)&usage});
  ticks[0] = usage_microseconds(usage.user) / TICK;
  ticks[1] = usage_microseconds(usage.system) / TICK;
}

/* times(buffer): {user, system, both of children}. What it returns counts from a moment of the kernel's own choice. */
NO_PARK long hook_times(const struct hook_call *call) {
  int64_t *ticks = (int64_t *)call->a;
  long result = hook_pass(call);
  if (raw_failed(result) || !STATE->restarted) return result;
  if (ticks && is_restarted()) {
    ticks_of(RUSAGE_SELF, ticks);
    ticks_of(RUSAGE_CHILDREN, ticks + 2);
  }
  return result + STATE->ticks_offset;
}
