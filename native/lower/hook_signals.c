/* Rules: as in hook_lower.c; and the handlers here start under either FS. */
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "lower_signals.h"
#include "lower_threads.h"
#include "syscall_raw.h"

#define SIG_FUNCTION(h) ((h) > 1) /* neither SIG_DFL nor SIG_IGN */
enum { KERNEL_MASK_SIZE = 8, FLAG_SIGINFO = 4 };

uint64_t lower_signals_upper_entry;
static uint64_t lower_handler[SPLIT_NSIG];
/* The program's action that a lower sigaction has replaced: what "the old one" stands for when it is put back. */
static struct kernel_sigaction replaced[SPLIT_NSIG];

static int fsgsbase(void) {
  return SPLIT->have_fsgsbase;
}

typedef void handler_function(int sig, void *info, void *context);

/* Stands for the program's handler in the eyes of the lower half, which may chain to it. */
static void upper_bridge(int sig, void *info, void *context) {
  uint64_t fs = raw_get_fs(fsgsbase());
  handler_function *entry = (handler_function *)lower_signals_upper_entry;
  raw_set_fs(fsgsbase(), (uint64_t)__builtin_thread_pointer()); /* so the entry knows by whom it is called */
  if (SIG_FUNCTION(replaced[sig].handler)) entry(sig, info, context);
  raw_set_fs(fsgsbase(), fs);
}

/* A fault or signal on a thread that never came down here: the lower half has no business with it. */
static void default_action(int sig) {
  struct kernel_sigaction action = {0};
  RAW4(SYS_rt_sigaction, sig, &action, NULL, KERNEL_MASK_SIZE);
  RAW3(SYS_tgkill, RAW0(SYS_getpid), RAW0(SYS_gettid), sig); /* blocked until the handler returns */
}

/* The lower FS this thread may run under; 0 = none. */
static uint64_t own_lower_fs(uint64_t upper_fs) {
  if (upper_fs && SPLIT->upper_tls_offset) {
    struct upper_tls *tls = (struct upper_tls *)(upper_fs + (uint64_t)SPLIT->upper_tls_offset);
    if (tls->generation == SPLIT->generation && tls->lower_fs) return tls->lower_fs;
  }
  /* The initial thread, not that of a forked child, which may be a copy of another one. */
  return RAW0(SYS_gettid) == SPLIT->pid ? SPLIT->lower_fs_main : 0;
}

void lower_signal_entry(int sig, void *info, void *context) {
  handler_function *handler = (handler_function *)lower_handler[sig];
  uint64_t fs = raw_get_fs(fsgsbase());
  if (!split_is_upper(fs)) {
    handler(sig, info, context);
    return;
  }
  uint64_t lower_fs = own_lower_fs(fs);
  if (!lower_fs) {
    default_action(sig);
    return;
  }
  if (SPLIT->crossing == SPLIT_CROSSING_GS) { /* it may leave by siglongjmp, and nobody would put FS back */
    handler(sig, info, context);
    return;
  }
  raw_set_fs(fsgsbase(), lower_fs);
  handler(sig, info, context);
  raw_set_fs(fsgsbase(), fs);
}

/* What the lower half is told: its own handler, or the bridge in place of the program's. */
static void disguise(long sig, struct kernel_sigaction *action, uint64_t own_handler) {
  if (action->handler == (uint64_t)lower_signal_entry) {
    action->handler = own_handler;
  } else if (lower_signals_upper_entry && action->handler == lower_signals_upper_entry) {
    replaced[sig] = *action;
    action->handler = (uint64_t)upper_bridge;
    action->flags |= FLAG_SIGINFO;
  }
}

long lower_sigaction(long sig, const struct kernel_sigaction *wanted, struct kernel_sigaction *old, long size) {
  struct kernel_sigaction action, was;
  if (sig < 1 || sig >= SPLIT_NSIG || size != KERNEL_MASK_SIZE) {
    return RAW4(SYS_rt_sigaction, sig, wanted, old, size);
  }
  uint64_t own = lower_handler[sig];
  if (wanted) {
    action = *wanted;
    if (action.handler == (uint64_t)upper_bridge) {
      action = replaced[sig];
    } else if (SIG_FUNCTION(action.handler)) {
      lower_handler[sig] = action.handler;
      action.handler = (uint64_t)lower_signal_entry;
    }
  }
  long result = RAW4(SYS_rt_sigaction, sig, wanted ? &action : NULL, &was, size);
  if (result < 0) {
    lower_handler[sig] = own;
  } else if (old) {
    disguise(sig, &was, own);
    *old = was;
  }
  return result;
}
