/* Processes and threads by number. After a restart the program goes on using the numbers that it has stored everywhere (libc keeps
 * a thread's in its mutexes): what goes to the kernel is translated there, what comes from it is translated back. Before a
 * restart this costs one comparison. Not translated: numbers inside siginfo, struct flock and PI futexes. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "hooks.h"

enum { IOPRIO_PROCESS = 1 }; /* man 2 ioprio_set */

static long to_kernel(long tid) {
  return tid > 0 ? tid_new((int32_t)tid) : tid;
}
static long to_program(long tid) {
  return raw_failed(tid) ? tid : tid_old((int32_t)tid);
}

/* CPU clocks of others hold a number: ~id << 3 | kind, linux/posix-timers.h. */
static int32_t clock_with(int32_t clock, int32_t (*translate)(int32_t)) {
  if (!STATE->restarted || clock >= 0 || (clock & 7) == 3 /* a descriptor's */) return clock;
  int32_t id = ~(clock >> 3);
  return id > 0 ? (int32_t)(~(uint32_t)translate(id) << 3 | ((uint32_t)clock & 7)) : clock;
}
int32_t identity_clock(int32_t clock) {
  return clock_with(clock, tid_new);
}
int32_t identity_clock_of_program(int32_t clock) {
  return clock_with(clock, tid_old);
}

long hook_identity(const struct hook_call *call) {
  if (!STATE->restarted) return hook_pass(call);
  struct hook_call changed = *call;
  switch (call->nr) {
    case SYS_getpid:
    case SYS_gettid:
    case SYS_getppid:
    case SYS_set_tid_address: return to_program(hook_pass(call));
    case SYS_getpgid:
    case SYS_getsid: changed.a = to_kernel(call->a); return to_program(hook_pass(&changed));
    case SYS_setpgid:
    case SYS_tgkill:
    case SYS_rt_tgsigqueueinfo:
      changed.a = to_kernel(call->a);
      changed.b = to_kernel(call->b);
      break;
    case SYS_getpriority:
    case SYS_setpriority:
      if (call->a == PRIO_PROCESS) changed.b = to_kernel(call->b);
      break;
    case SYS_ioprio_get:
    case SYS_ioprio_set:
      if (call->a == IOPRIO_PROCESS) changed.b = to_kernel(call->b);
      break;
    case SYS_clock_getres: changed.a = identity_clock((int32_t)call->a); break;
    default: changed.a = to_kernel(call->a); break;
  }
  return hook_pass(&changed);
}
