/* The program's signal handlers. One may fire while its thread is inside the lower half; the entry then gives it the
 * upper FS and takes it back. The kernel keeps everything about an action but the address of the handler, so flags, masks
 * and one-shot actions behave exactly as the kernel defines them. */
#include <errno.h>
#include <signal.h>
#include <ucontext.h>

#include "hooks.h"

enum { KERNEL_MASK_SIZE = 8 };
#define SIG_FUNCTION(h) ((h) > 1) /* neither SIG_DFL nor SIG_IGN */

static bool is_signal_entry(uint64_t handler) {
  return handler == (uint64_t)signal_entry;
}

/* Under syscall user dispatch rt_sigreturn must come from the allowed range. */
static void adjust(struct kernel_sigaction *action) {
  action->mask &= ~masks_never_blocked();
  if (!SPLIT->dispatch) return;
  action->restorer = (uint64_t)signal_restorer;
  action->flags |= 0x04000000; /* SA_RESTORER */
}

/* What the program is told about an action. What the lower half installed is hidden: its address is of no use here. */
static void disguise(struct kernel_sigaction *action, uint64_t own_handler) {
  if (is_signal_entry(action->handler)) {
    action->handler = own_handler;
  } else if (action->handler == SPLIT->lower_signal_entry && action->handler) {
    *action = (struct kernel_sigaction){0};
  }
}

/* A child that shares its parent's memory (vfork, posix_spawn) has actions of its own in the kernel, but not here. */
static long sigaction_in_shared_memory(const struct hook_call *call) {
  struct kernel_sigaction old, *out = (struct kernel_sigaction *)call->c;
  struct hook_call direct = *call;
  direct.c = out ? (long)&old : 0;
  long result = hook_pass(&direct);
  if (result == 0 && out) {
    disguise(&old, STATE->handler[call->a]);
    *out = old;
  }
  return result;
}

/* The program may ask for the park signal and be told what it asked for; the kernel's action stays the agent's. */
static long park_sigaction(const struct kernel_sigaction *wanted, struct kernel_sigaction *out) {
  struct kernel_sigaction old = STATE->park_wish;
  if (wanted && process_owns_memory()) {
    if (SIG_FUNCTION(wanted->handler))
      say_once(&STATE->park_said,
               "the program handles signal 62, which mana keeps to itself: its handler will not be called\n"
               "  next: let the program use another real-time signal");
    STATE->park_wish = *wanted;
  }
  if (out) *out = old;
  return 0;
}

long hook_rt_sigaction(const struct hook_call *call) {
  long sig = call->a;
  const struct kernel_sigaction *wanted = (const struct kernel_sigaction *)call->b;
  struct kernel_sigaction action, old, *out = (struct kernel_sigaction *)call->c;
  if (sig < 1 || sig >= SPLIT_NSIG || call->d != KERNEL_MASK_SIZE) return hook_pass(call);
  if (SPLIT->dispatch && sig == SIGSYS) { /* taken; the program's own wish cannot be met */
    if (out) *out = (struct kernel_sigaction){0};
    return 0;
  }
  if (sig == SPLIT_PARK_SIGNAL) return park_sigaction(wanted, out);
  if (!process_owns_memory()) return sigaction_in_shared_memory(call);

  uint64_t own = STATE->handler[sig];
  if (wanted) {
    action = *wanted;
    if (SIG_FUNCTION(action.handler)) {
      STATE->handler[sig] = action.handler;
      action.handler = (uint64_t)signal_entry;
    }
    adjust(&action);
  }
  long result = RAW4(SYS_rt_sigaction, sig, wanted ? &action : NULL, &old, KERNEL_MASK_SIZE);
  if (result < 0) {
    STATE->handler[sig] = own;
  } else if (out) {
    disguise(&old, own);
    *out = old;
  }
  return result;
}

static void ignore(int sig) {
  (void)sig;
}

static void mark_handled(uint64_t upper_fs, ucontext_t *context) {
  __atomic_fetch_add(&state_marks(upper_fs)->handled, 1, __ATOMIC_RELAXED);
  wait_look_again(&context->uc_mcontext.gregs[REG_RIP]);
}

/* Called by signal_entry. `leave_fs` is 0 when the kernel may take the thread back from the handler, else what signal_leave wants. */
struct signal_route {
  uint64_t handler, leave_fs;
};
/* The sender in a siginfo (man 2 sigaction, <asm-generic/siginfo.h>), as the program numbers itself after a restart. */
static void name_sender(uint8_t *info) {
  enum { CODE = 8, PID = 16 };
  int32_t code = *(int32_t *)(info + CODE), *pid = (int32_t *)(info + PID);
  bool by_process = code == SI_USER || code == SI_TKILL || code == SI_QUEUE;
  if (by_process && *pid == (int32_t)RAW0(SYS_getpid)) *pid = tid_old(*pid);
}

/* A handler that was left by siglongjmp shows by the stack pointer, which is above it or on another stack, or by what was written over its mark since: by
 * then its stack may be gone. */
NO_PARK bool signal_keeps_from_parking(const struct upper_tls *tls, uint64_t sp) {
  uint64_t at = tls->kept_at, alternate[3] = {0}; /* stack_t */
  if (!at) return false;
  RAW2(SYS_sigaltstack, NULL, alternate);
  bool began_there = at - alternate[0] < alternate[2], is_there = sp - alternate[0] < alternate[2];
  bool left = began_there == is_there ? sp >= at : began_there;
  if (left || RAW4(SYS_rt_sigprocmask, ~0, at, NULL, KERNEL_MASK_SIZE) == -EFAULT) return false;
  return *(const uint64_t *)at == at;
}

/* First of all, before anything that may be interrupted: where the thread must not park now, it must not in the handler either. The mark is the word
 * below the kernel's frame (signal_entry.S). */
static inline __attribute__((always_inline)) bool keep_from_parking(uint64_t upper_fs, const ucontext_t *context) {
  const greg_t *registers = context->uc_mcontext.gregs;
  struct upper_tls *tls = tls_of(upper_fs);
  if (!tls || may_park_at((uint64_t)registers[REG_RIP])) return false;
  if (signal_keeps_from_parking(tls, (uint64_t)registers[REG_RSP])) return false;
  uint64_t at = (uint64_t)context - 16;
  *(volatile uint64_t *)at = at;
  __atomic_store_n(&tls->kept_at, at, __ATOMIC_RELEASE);
  return true;
}

/* `info` is there for every handler, filled or not (arch/x86/kernel/signal_64.c). */
HIDDEN NO_PARK struct signal_route signal_enter(int sig, uint8_t *info, ucontext_t *context);
struct signal_route signal_enter(int sig, uint8_t *info, ucontext_t *context) {
  const struct split_table *table = SPLIT;
  struct signal_route route = {STATE->handler[sig], 0};
  uint64_t fs = raw_get_fs(table->have_fsgsbase);
  bool upper = split_is_upper(fs);
  if (upper && keep_from_parking(fs, context)) route.leave_fs = fs;
  if (STATE->restarted) name_sender(info);
  if (upper) {
    mark_handled(fs, context);
    return route;
  }
  uint64_t upper_fs = *(uint64_t *)(fs + (uint64_t)table->lower_upper_fs_off);
  if (!upper_fs) { /* a thread of the lower half: libc leaves it two signals unblocked, which are not meant for it */
    route.handler = (uint64_t)ignore;
    return route;
  }
  mark_handled(upper_fs, context);
  raw_set_fs(table->have_fsgsbase, upper_fs);
  route.leave_fs = fs;
  return route;
}

/* Whether that was in the upper half. */
HIDDEN NO_PARK bool signal_leave(uint64_t fs);
bool signal_leave(uint64_t fs) {
  bool upper = split_is_upper(fs);
  if (upper) {
    tls_of(fs)->kept_at = 0;
  } else {
    raw_set_fs(SPLIT->have_fsgsbase, fs);
  }
  return upper;
}
