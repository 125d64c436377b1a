/* Processes and threads by number. After a restart the program goes on using the numbers that it has stored everywhere (libc keeps
 * a thread's in its mutexes): what goes to the kernel is translated there, what comes from it is translated back. Before a
 * restart this costs one comparison. Mutexes of priority inheritance: futex.c.
 * Not translated: numbers inside siginfo, struct flock and robust mutexes, whose owner the kernel looks for as it dies. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "hooks.h"

enum { IOPRIO_PROCESS = 1 }; /* man 2 ioprio_set */

static inline __attribute__((always_inline)) long to_kernel(long tid) {
  return (int32_t)tid > 0 ? tid_new((int32_t)tid) : tid;
}
static inline __attribute__((always_inline)) long to_program(long tid) {
  return raw_failed(tid) ? tid : tid_old((int32_t)tid);
}

/* CPU clocks of others hold a number: ~id << 3 | kind, linux/posix-timers.h. */
static inline __attribute__((always_inline)) int32_t clock_number(int32_t clock) {
  return !STATE->restarted || clock >= 0 || (clock & 7) == 3 /* a descriptor's */ ? 0 : ~(clock >> 3);
}
static inline __attribute__((always_inline)) int32_t clock_of(int32_t number, int32_t clock) {
  return (int32_t)(~(uint32_t)number << 3 | ((uint32_t)clock & 7));
}
NO_PARK int32_t identity_clock(int32_t clock) {
  int32_t number = clock_number(clock);
  return number > 0 ? clock_of(tid_new(number), clock) : clock;
}
NO_PARK int32_t identity_clock_of_program(int32_t clock) {
  int32_t number = clock_number(clock);
  return number > 0 ? clock_of(tid_old(number), clock) : clock;
}

/* Calls that send a signal and answer no number. It may be to this thread, whose handler then begins right behind the call: there it may park, and
 * need not come back. */
NO_PARK long hook_send(const struct hook_call *call) {
  struct hook_call changed = *call;
  bool names_two = call->nr == SYS_tgkill || call->nr == SYS_rt_tgsigqueueinfo;
  if (STATE->restarted) {
    changed.a = to_kernel(call->a);
    if (names_two) changed.b = to_kernel(call->b);
  }
  return send_call(&changed);
}

/* Between a number that is translated and the call, or the other way round, no thread parks: another kernel has other numbers. */
NO_PARK long hook_identity(const struct hook_call *call) {
  if (!STATE->restarted) return hook_pass(call);
  struct hook_call changed = *call;
  switch (call->nr) {
    case SYS_getpid:
    case SYS_gettid:
    case SYS_getppid:
    case SYS_getpgrp:
    case SYS_setsid:
    case SYS_set_tid_address: return to_program(hook_pass(call));
    case SYS_getpgid:
    case SYS_getsid: changed.a = to_kernel(call->a); return to_program(hook_pass(&changed));
    case SYS_setpgid:
      changed.a = to_kernel(call->a);
      changed.b = to_kernel(call->b);
      break;
    case SYS_getpriority:
    case SYS_setpriority:
      if ((int)call->a == PRIO_PROCESS) changed.b = to_kernel(call->b);
      break;
    case SYS_ioprio_get:
    case SYS_ioprio_set:
      if ((int)call->a == IOPRIO_PROCESS) changed.b = to_kernel(call->b);
      break;
    case SYS_clock_getres: changed.a = identity_clock((int32_t)call->a); break;
    default: changed.a = to_kernel(call->a); break;
  }
  return hook_pass(&changed);
}
