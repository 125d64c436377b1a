/* The hooks of the resident blob.
 *
 * Rules of every file of this folder: it runs under either FS, at any moment (before libc is up, in signal handlers,
 * between vfork and exec), so: no libc, no thread-local storage, no vector registers, raw system calls only, little
 * stack, and no lock that a signal handler of the same thread could wait for. */
#ifndef MANA_UPPER_HOOKS_H
#define MANA_UPPER_HOOKS_H
#include <stdbool.h>

#include "state.h"
#include "syscall_raw.h"

#define PAGE 4096ull
#define DOWN(x) ((uint64_t)(x) & ~(PAGE - 1))
#define UP(x) DOWN((uint64_t)(x) + PAGE - 1)
#define HIDDEN __attribute__((visibility("hidden")))
#define MUST_CHECK __attribute__((warn_unused_result))
/* No thread parks while it is in such a function, or in a handler of the program that interrupted one (park.c, signals.c): it holds what is of
 * this kernel or of this moment only, as the address of a function of the kernel's vDSO. What it calls at such a moment is inlined, or such a
 * function itself. */
#define NO_PARK __attribute__((section("no_park")))
extern char __start_no_park[] HIDDEN, __stop_no_park[] HIDDEN;
extern char send_made[] HIDDEN; /* the exception, send_entry.S */
static inline __attribute__((always_inline)) bool may_park_at(uint64_t instruction) {
  bool inside = instruction >= (uint64_t)__start_no_park && instruction < (uint64_t)__stop_no_park &&
                instruction != (uint64_t)send_made;
  return split_is_upper(instruction) && !inside;
}

/* The thread's state in the stub library; NULL as long as none is loaded. */
static inline __attribute__((always_inline)) struct upper_tls *tls_of(uint64_t upper_fs) {
  int64_t offset = SPLIT->upper_tls_offset;
  return offset && upper_fs ? (struct upper_tls *)(upper_fs + (uint64_t)offset) : NULL;
}

/* One system call of the program, as the kernel would have got it. */
struct hook_call {
  long nr, a, b, c, d, e, f;
};
typedef long hook_function(const struct hook_call *call);

static inline long hook_pass(const struct hook_call *call) {
  return raw_syscall6(call->nr, call->a, call->b, call->c, call->d, call->e, call->f);
}
/* Is `nr` steered when patching? (In dispatch mode everything is.) */
HIDDEN bool hook_wanted(int nr);

/* memory.c */
HIDDEN hook_function hook_mmap, hook_munmap, hook_mremap, hook_madvise, hook_shmat, hook_shmdt;
/* main_stack.c */
HIDDEN hook_function hook_mprotect;
/* The program has set its limit on stacks. */
HIDDEN void main_stack_follow_limit(uint64_t soft);
/* gs.c */
HIDDEN hook_function hook_arch_prctl;
/* say.c: a message to the user, once: `said` is 0 before. */
HIDDEN void say_once(int32_t *said, const char *text);
/* brk.c */
HIDDEN hook_function hook_brk;
/* paths.c */
HIDDEN hook_function hook_open, hook_openat, hook_readlink, hook_readlinkat;
/* /proc/self/exe, or with our pid: the kernel's answer is mana-lower. */
HIDDEN bool path_is_own_exe(const char *path);
/* proc_paths.c: calls that look at a path, (path, ...) and (folder, path, ...) */
HIDDEN hook_function hook_path, hook_path_at;
/* openat where the path can be read, and is none of the program's own. */
HIDDEN hook_function proc_openat;
/* descriptors.c */
HIDDEN hook_function hook_close, hook_close_range, hook_dup2, hook_dup3, hook_fcntl;
/* exit.c */
HIDDEN hook_function hook_exit_group;
/* Tells this rank's coordinator with which code its program leaves. EXIT_UNTOLD: as another program, of whose end nobody tells. */
enum { EXIT_UNTOLD = -1 };
HIDDEN void exit_say(int32_t code);
/* signals.c */
HIDDEN hook_function hook_rt_sigaction;
/* Is this thread, its stack pointer at `sp`, in a handler that interrupted what must not park (tls->kept_at)? */
HIDDEN bool signal_keeps_from_parking(const struct upper_tls *tls, uint64_t sp) MUST_CHECK;
/* limits.c */
HIDDEN hook_function hook_prlimit64, hook_getrlimit, hook_setrlimit;
/* Puts the program's own limit in force for what it executes natively, and back. */
HIDDEN void limits_before_exec(void);
HIDDEN void limits_after_failed_exec(void);
/* masks.c: the signals that no thread of the program may block */
HIDDEN uint64_t masks_never_blocked(void) MUST_CHECK;
HIDDEN hook_function hook_rt_sigprocmask, hook_signalfd4;
/* waits.c: calls that a signal ends early, whatever SA_RESTART says */
HIDDEN hook_function hook_wait, hook_poll, hook_ppoll, hook_pselect6, hook_epoll_wait, hook_epoll_pwait2,
    hook_rt_sigsuspend, hook_rt_sigtimedwait, hook_nanosleep, hook_clock_nanosleep, hook_semtimedop, hook_io_getevents;
/* futex.c */
HIDDEN hook_function hook_futex;
/* transfers.c */
HIDDEN hook_function hook_socket, hook_write, hook_writev, hook_recvfrom, hook_sendmsg;
/* wait_entry.S, and the addresses between which a thread is about to make such a call */
HIDDEN long wait_call(const struct hook_call *call, const struct thread_marks *marks,
                      struct thread_marks before) MUST_CHECK;
extern char wait_window[] HIDDEN, wait_window_end[] HIDDEN;
/* For a signal handler that has changed the marks: a thread that is about to wait must look again, or it would sleep through what they say.
 * `instruction` is where it was interrupted. */
static inline void wait_look_again(long long *instruction) {
  if (*instruction >= (long long)wait_window && *instruction < (long long)wait_window_end)
    *instruction = (long long)wait_window;
}
/* identity.c: calls that name a process or thread, or answer one */
HIDDEN hook_function hook_identity, hook_send;
HIDDEN long send_call(const struct hook_call *call) MUST_CHECK; /* send_entry.S */
/* The number of a CPU clock as the kernel has it; and as the program has it. */
HIDDEN int32_t identity_clock(int32_t clock) MUST_CHECK;
HIDDEN int32_t identity_clock_of_program(int32_t clock) MUST_CHECK;
/* clocks.c. Clocks are named as the program names them. */
HIDDEN hook_function hook_clock_gettime;
/* The program's CLOCK_MONOTONIC, nanoseconds. */
HIDDEN int64_t clocks_monotonic(void) MUST_CHECK;
/* The CPU clock of a thread, by the kernel's number of it. */
HIDDEN int32_t clocks_of_thread(int32_t tid) MUST_CHECK;
/* What is to be added to `clock`, nanoseconds. */
HIDDEN int64_t clocks_offset(int32_t clock) MUST_CHECK;
/* What the kernel has written into a struct timespec, as the program is to read it. */
HIDDEN void clocks_to_program(int32_t clock, void *time);
/* An absolute time of the program as the kernel has it: the offset is taken from *time, which is copied into `copy`. Returns what to
 * pass to the kernel: `time` itself where there is nothing to do. */
HIDDEN const void *clocks_to_kernel(int32_t clock, const void *time, int64_t copy[2]) MUST_CHECK;
/* timers.c */
HIDDEN hook_function hook_timer_create, hook_timer_settime, hook_timerfd_settime;
/* usage.c */
HIDDEN hook_function hook_getrusage, hook_times;
/* What the calling thread has used, as the program sees it. */
HIDDEN void usage_of_thread(struct cpu_time *used);
/* exec.c */
HIDDEN hook_function hook_execve, hook_execveat;

/* arena.c: places a mapping of `length` bytes in the arena (or in the low range), aligned; address or negated errno. */
struct arena_request {
  uint64_t length, alignment;
  int prot, flags, fd;
  long offset;
  bool low;
};
HIDDEN long arena_map(const struct arena_request *request) MUST_CHECK;
/* Notes that a range of the arena is free again. */
HIDDEN void arena_unmapped(uint64_t start, uint64_t length);

/* forward.c: a call that takes memory away, through the lower libc, where an MPI may watch it. False: nothing was done, nobody watches. */
HIDDEN bool forward_call(enum split_service nr, const struct hook_call *call, long *result) MUST_CHECK;

/* process.c: is the memory we run in our own process's, and not that of a parent which waits for us to exec? */
HIDDEN bool process_owns_memory(void) MUST_CHECK;
/* Whose memory it is, by the kernel's number. */
HIDDEN int32_t process_of_memory(void) MUST_CHECK;

/* Syscall user dispatch, dispatch.c and dispatch_entry.S. */
HIDDEN long dispatch_arm(void) MUST_CHECK;
/* In a new kernel thread, where it is off: a clone, or a thread of before a restart. The handler stands. */
HIDDEN void dispatch_arm_thread(void);
HIDDEN void signal_entry(void);      /* signal_entry.S */
HIDDEN void signal_restorer(void);   /* rt_sigreturn from the allowed range */
HIDDEN void park_signal_entry(void); /* park_entry.S */
HIDDEN void park_take(struct parked_thread *self);
HIDDEN void park(void); /* park.c, split_table.park */
#endif
