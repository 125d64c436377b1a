/* Dispatch mode: a system call with SIGSYS blocked would kill the process, so it is taken out of every mask that a
 * handler might run under. (rt_sigprocmask itself: dispatch.c.) */
#include <signal.h>

#include "hooks.h"

#define SIGSYS_BIT (1ull << (SIGSYS - 1))

/* Passes the call on with the mask at *pointer replaced by a copy without SIGSYS. */
static long pass_without_sigsys(const struct hook_call *call, long *pointer, struct hook_call *changed) {
  uint64_t mask;
  if (!*pointer) return hook_pass(call);
  mask = *(const uint64_t *)*pointer & ~SIGSYS_BIT;
  *pointer = (long)&mask;
  return hook_pass(changed);
}

long hook_rt_sigsuspend(const struct hook_call *call) {
  struct hook_call changed = *call;
  return pass_without_sigsys(call, &changed.a, &changed);
}

long hook_ppoll(const struct hook_call *call) {
  struct hook_call changed = *call;
  return pass_without_sigsys(call, &changed.d, &changed);
}

long hook_epoll_pwait(const struct hook_call *call) {
  struct hook_call changed = *call;
  return pass_without_sigsys(call, &changed.e, &changed);
}

/* Its sixth argument points to {mask, size of mask}, man 2 pselect. */
long hook_pselect6(const struct hook_call *call) {
  struct hook_call changed = *call;
  long pair[2];
  if (!call->f) return hook_pass(call);
  pair[0] = ((const long *)call->f)[0];
  pair[1] = ((const long *)call->f)[1];
  changed.f = (long)pair;
  return pass_without_sigsys(call, &pair[0], &changed);
}
