#include "hooks.h"

#include <errno.h>

#include "patch_text.h"

/* One rseq area a kernel thread, and the lower libc has it: this is the answer of a kernel without rseq, which libc
 * takes at start and at each thread. So no GLIBC_TUNABLES is needed, and none is to be hidden from the program. */
static long hook_rseq(const struct hook_call *call) {
  (void)call;
  return -ENOSYS;
}

enum { HOOK_NR_END = 512 };
static hook_function *const hooks[HOOK_NR_END] = {
    [SYS_open] = hook_open,
    [SYS_close] = hook_close,
    [SYS_mmap] = hook_mmap,
    [SYS_mprotect] = hook_mprotect,
    [SYS_munmap] = hook_munmap,
    [SYS_brk] = hook_brk,
    [SYS_rt_sigaction] = hook_rt_sigaction,
    [SYS_mremap] = hook_mremap,
    [SYS_madvise] = hook_madvise,
    [SYS_shmat] = hook_shmat,
    [SYS_dup2] = hook_dup2,
    [SYS_execve] = hook_execve,
    [SYS_fcntl] = hook_fcntl,
    [SYS_readlink] = hook_readlink,
    [SYS_getrlimit] = hook_getrlimit,
    [SYS_setrlimit] = hook_setrlimit,
    [SYS_openat] = hook_openat,
    [SYS_readlinkat] = hook_readlinkat,
    [SYS_dup3] = hook_dup3,
    [SYS_prlimit64] = hook_prlimit64,
    [SYS_execveat] = hook_execveat,
    [SYS_rseq] = hook_rseq,
    [SYS_close_range] = hook_close_range,
};
/* What only matters when every system call of the upper half raises a signal. */
static hook_function *const dispatch_hooks[HOOK_NR_END] = {
    [SYS_rt_sigsuspend] = hook_rt_sigsuspend,
    [SYS_ppoll] = hook_ppoll,
    [SYS_pselect6] = hook_pselect6,
    [SYS_epoll_pwait] = hook_epoll_pwait,
};

bool hook_wanted(int nr) {
  return nr >= 0 && nr < HOOK_NR_END && hooks[nr];
}

long mana_hook(long nr, long a, long b, long c, long d, long e, long f) {
  struct hook_call call = {nr, a, b, c, d, e, f};
  if ((unsigned long)nr < HOOK_NR_END) {
    if (hooks[nr]) return hooks[nr](&call);
    if (SPLIT->dispatch && dispatch_hooks[nr]) return dispatch_hooks[nr](&call);
  }
  return hook_pass(&call);
}

static long patch_upper_text(uint64_t start, uint64_t length, int prot, uint64_t pool_from) {
  return SPLIT->dispatch ? 0 : patch_text(start, length, prot, pool_from, hook_wanted);
}

__attribute__((visibility("default"))) const struct resident mana_resident = {
    .version = RESIDENT_VERSION,
    .patch_text = patch_upper_text,
    .dispatch_arm = dispatch_arm,
    .signal_entry = signal_entry,
    .park_signal_entry = park_signal_entry,
    .park = park,
    .signal_restorer = signal_restorer,
};
