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
    [SYS_shmdt] = hook_shmdt,
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
    [SYS_rt_sigprocmask] = hook_rt_sigprocmask,
    [SYS_signalfd] = hook_signalfd4,
    [SYS_signalfd4] = hook_signalfd4,
    [SYS_poll] = hook_poll,
    [SYS_ppoll] = hook_ppoll,
    [SYS_select] = hook_wait,
    [SYS_pselect6] = hook_pselect6,
    [SYS_epoll_wait] = hook_epoll_wait,
    [SYS_epoll_pwait] = hook_epoll_wait,
    [SYS_epoll_pwait2] = hook_epoll_pwait2,
    [SYS_pause] = hook_wait,
    [SYS_rt_sigsuspend] = hook_rt_sigsuspend,
    [SYS_rt_sigtimedwait] = hook_rt_sigtimedwait,
    [SYS_nanosleep] = hook_nanosleep,
    [SYS_clock_nanosleep] = hook_clock_nanosleep,
    [SYS_futex] = hook_futex,
    [SYS_semop] = hook_wait,
    [SYS_semtimedop] = hook_semtimedop,
    [SYS_msgsnd] = hook_wait,
    [SYS_msgrcv] = hook_wait,
    [SYS_io_getevents] = hook_io_getevents,
    [SYS_accept] = hook_socket,
    [SYS_accept4] = hook_socket,
    [SYS_connect] = hook_socket,
    [SYS_write] = hook_write,
    [SYS_writev] = hook_writev,
    [SYS_recvfrom] = hook_recvfrom,
    [SYS_recvmsg] = hook_socket,
    [SYS_recvmmsg] = hook_socket,
    [SYS_sendto] = hook_write,
    [SYS_sendmsg] = hook_sendmsg,
    [SYS_sendmmsg] = hook_socket,
    [SYS_getpid] = hook_identity,
    [SYS_gettid] = hook_identity,
    [SYS_getppid] = hook_identity,
    [SYS_getpgrp] = hook_identity,
    [SYS_setsid] = hook_identity,
    [SYS_set_tid_address] = hook_identity,
    [SYS_kill] = hook_send,
    [SYS_tkill] = hook_send,
    [SYS_tgkill] = hook_send,
    [SYS_rt_sigqueueinfo] = hook_send,
    [SYS_rt_tgsigqueueinfo] = hook_send,
    [SYS_getpriority] = hook_identity,
    [SYS_setpriority] = hook_identity,
    [SYS_sched_setparam] = hook_identity,
    [SYS_sched_getparam] = hook_identity,
    [SYS_sched_setscheduler] = hook_identity,
    [SYS_sched_getscheduler] = hook_identity,
    [SYS_sched_rr_get_interval] = hook_identity,
    [SYS_sched_setaffinity] = hook_identity,
    [SYS_sched_getaffinity] = hook_identity,
    [SYS_sched_setattr] = hook_identity,
    [SYS_sched_getattr] = hook_identity,
    [SYS_ioprio_set] = hook_identity,
    [SYS_ioprio_get] = hook_identity,
    [SYS_getpgid] = hook_identity,
    [SYS_setpgid] = hook_identity,
    [SYS_getsid] = hook_identity,
    [SYS_get_robust_list] = hook_identity,
    [SYS_process_vm_readv] = hook_identity,
    [SYS_process_vm_writev] = hook_identity,
    [SYS_pidfd_open] = hook_identity,
    [SYS_clock_getres] = hook_identity,
    [SYS_stat] = hook_path,
    [SYS_lstat] = hook_path,
    [SYS_access] = hook_path,
    [SYS_newfstatat] = hook_path_at,
    [SYS_statx] = hook_path_at,
    [SYS_faccessat] = hook_path_at,
    [SYS_faccessat2] = hook_path_at,
    [SYS_clock_gettime] = hook_clock_gettime,
    [SYS_arch_prctl] = hook_arch_prctl,
    [SYS_getrusage] = hook_getrusage,
    [SYS_times] = hook_times,
    [SYS_timer_create] = hook_timer_create,
    [SYS_timer_settime] = hook_timer_settime,
    [SYS_timerfd_settime] = hook_timerfd_settime,
    [SYS_exit_group] = hook_exit_group,
};

bool hook_wanted(int nr) {
  return nr >= 0 && nr < HOOK_NR_END && hooks[nr];
}

long mana_hook(long nr, long a, long b, long c, long d, long e, long f) {
  struct hook_call call = {nr, a, b, c, d, e, f};
  if ((unsigned long)nr < HOOK_NR_END) {
    if (hooks[nr]) return hooks[nr](&call);
  }
  return hook_pass(&call);
}

static long patch_upper_text(uint64_t start, uint64_t length, int prot, uint64_t pool_from) {
  return SPLIT->dispatch ? 0 : patch_text(start, length, prot, pool_from, hook_wanted, 0);
}

__attribute__((visibility("default"))) const struct resident mana_resident = {
    .version = RESIDENT_VERSION,
    .patch_text = patch_upper_text,
    .dispatch_arm = dispatch_arm,
    .signal_entry = signal_entry,
    .park_signal_entry = park_signal_entry,
    .park = park,
    .signal_restorer = signal_restorer,
    .park_take = park_take,
};
