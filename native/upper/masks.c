/* Signal masks of the program. Two signals are never blocked: the one that parks its threads, and in dispatch mode SIGSYS, since a
 * system call with it blocked would kill the process. (rt_sigprocmask in dispatch mode: dispatch.c.)
 *
 * libc has a few rt_sigprocmask sites that are not steered: they block all signals for a moment, while it makes a thread, and
 * set the mask that a steered call had shown. */
#include <errno.h>
#include <signal.h>

#include "hooks.h"

enum { MASK_SIZE = 8 };

uint64_t masks_never_blocked(void) {
  return 1ull << (SPLIT_PARK_SIGNAL - 1) | (SPLIT->dispatch ? 1ull << (SIGSYS - 1) : 0);
}

long hook_rt_sigprocmask(const struct hook_call *call) {
  uint64_t mask;
  /* With none of the three it is asked whether an address can be read, as profilers and unwinders do, so it is not read here. */
  bool blocks = (int)call->a == SIG_BLOCK || (int)call->a == SIG_SETMASK;
  if (!call->b || !blocks || call->d != MASK_SIZE) return hook_pass(call);
  if ((uint64_t)call->b < PAGE) return -EFAULT;
  mask = *(const uint64_t *)call->b & ~masks_never_blocked();
  return RAW4(SYS_rt_sigprocmask, call->a, &mask, call->c, MASK_SIZE);
}

/* signalfd4(fd, mask, size, flags): what it takes would never reach its handler. */
long hook_signalfd4(const struct hook_call *call) {
  struct hook_call changed = *call;
  uint64_t mask;
  if (call->c != MASK_SIZE || (uint64_t)call->b < PAGE) return hook_pass(call);
  mask = *(const uint64_t *)call->b & ~masks_never_blocked();
  changed.b = (long)&mask;
  return hook_pass(&changed);
}
