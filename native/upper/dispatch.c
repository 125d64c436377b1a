/* Syscall user dispatch (--syscalls=dispatch), man 2 prctl. The allowed range is this blob and all above it, where the
 * lower half lies, and the selector always says BLOCK: every system call of upper-half code raises SIGSYS, crossings
 * need no switch. Slow (2 us a call), but nothing escapes, however the program makes its calls. */
#include <errno.h>
#include <signal.h>
#include <ucontext.h>

#include "hooks.h"
#include "patch_text.h"

enum { SET_SYSCALL_USER_DISPATCH = 59, DISPATCH_ON = 1, SELECTOR_BLOCK = 1, SYS_USER_DISPATCH_CODE = 2 };
#define USER_END 0x7ffffffff000ull

/* dispatch_entry.S: gates that make the call below the handler, arm dispatch in the child and go on at the address kept
 * in the gate's slot. */
enum { GATES = 64 };
extern char dispatch_gates[] __attribute__((visibility("hidden")));
extern char dispatch_gate_end[] __attribute__((visibility("hidden"))); /* end of the first: gives their size */
HIDDEN uint64_t dispatch_return[GATES];

static long arm(void) {
  return RAW5(SYS_prctl, SET_SYSCALL_USER_DISPATCH, DISPATCH_ON, RESIDENT_ADDR, USER_END - RESIDENT_ADDR,
              &STATE->dispatch_selector);
}

void dispatch_arm_thread(void) {
  (void)!arm(); /* the first thread has shown that it works, or the restart has */
}

/* The gate that returns to `address`, 0 when there are none left (programs have a handful of clone sites). */
static uint64_t gate_for(uint64_t address) {
  for (int i = 0; i < GATES; i++) {
    uint64_t expected = 0;
    if (dispatch_return[i] == address ||
        __atomic_compare_exchange_n(&dispatch_return[i], &expected, address, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
        expected == address) {
      return (uint64_t)dispatch_gates + (uint64_t)i * (uint64_t)(dispatch_gate_end - dispatch_gates);
    }
  }
  return 0;
}

static bool makes_a_task(long nr) {
  return nr == SYS_clone || nr == SYS_clone3 || nr == SYS_fork || nr == SYS_vfork;
}

/* Mask and alternate stack are put back when this handler returns, so a change must go into what is put back. */
static long change_mask(ucontext_t *context, const greg_t *g) {
  uint64_t *current = (uint64_t *)&context->uc_sigmask, old = *current;
  const uint64_t *wanted = (const uint64_t *)g[REG_RSI];
  if (g[REG_R10] != sizeof *current) return -EINVAL;
  bool known = g[REG_RDI] == SIG_BLOCK || g[REG_RDI] == SIG_UNBLOCK || g[REG_RDI] == SIG_SETMASK;
  if (wanted && !known) return RAW4(SYS_rt_sigprocmask, g[REG_RDI], wanted, NULL, sizeof *current); /* masks.c */
  if (wanted) {
    const uint64_t never = masks_never_blocked() | 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);
    switch (g[REG_RDI]) {
      case SIG_BLOCK: *current = old | *wanted; break;
      case SIG_UNBLOCK: *current = old & ~*wanted; break;
      default: *current = *wanted; break;
    }
    *current &= ~never;
  }
  if (g[REG_RDX]) *(uint64_t *)g[REG_RDX] = old;
  return 0;
}
static long change_alternate_stack(ucontext_t *context, const greg_t *g) {
  long result = RAW2(SYS_sigaltstack, g[REG_RDI], g[REG_RSI]);
  if (result == 0) RAW2(SYS_sigaltstack, NULL, &context->uc_stack);
  return result;
}

static void on_sigsys(int sig, siginfo_t *info, void *context) {
  greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
  long nr = info->si_syscall;
  (void)sig;
  if (info->si_code != SYS_USER_DISPATCH_CODE) return;
  if (!split_is_upper((uint64_t)g[REG_RIP])) { /* a lower half below the arena: `ulimit -s unlimited` places it there */
    g[REG_RAX] = raw_syscall6(nr, g[REG_RDI], g[REG_RSI], g[REG_RDX], g[REG_R10], g[REG_R8], g[REG_R9]);
  } else if (makes_a_task(nr)) {
    /* Not inside this handler: the child would return into it on a new, empty stack. */
    uint64_t gate = gate_for((uint64_t)g[REG_RIP]);
    g[REG_RAX] = gate ? nr : -EAGAIN;
    if (gate) g[REG_RIP] = (greg_t)gate;
  } else if (nr == SYS_rt_sigprocmask) {
    g[REG_RAX] = change_mask(context, g);
  } else if (nr == SYS_sigaltstack) {
    g[REG_RAX] = change_alternate_stack(context, g);
  } else {
    g[REG_RAX] = mana_hook(nr, g[REG_RDI], g[REG_RSI], g[REG_RDX], g[REG_R10], g[REG_R8], g[REG_R9]);
  }
}

long dispatch_arm(void) {
  struct kernel_sigaction action = {.handler = (uint64_t)on_sigsys,
                                    .flags = SA_SIGINFO | SA_NODEFER | 0x04000000 /* SA_RESTORER */,
                                    .restorer = (uint64_t)signal_restorer};
  STATE->dispatch_selector = SELECTOR_BLOCK;
  long result = RAW4(SYS_rt_sigaction, SIGSYS, &action, NULL, 8);
  if (result < 0) return result;
  uint64_t mask = 1ull << (SIGSYS - 1);
  RAW4(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, 8);
  return arm();
}
