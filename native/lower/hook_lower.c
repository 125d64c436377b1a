/* The system calls of the lower libc and ld.so that are steered: those that make descriptors, which are moved up, and
 * rt_sigaction. Steering them in libc's text, not by names, catches fopen, getaddrinfo and all else inside libc.
 *
 * Rules: runs wherever the lower libc makes the call, also between vfork and exec and before any thread-local storage;
 * raw system calls only, no vector registers. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "descriptors.h"
#include "lower_signals.h"
#include "lower_tls.h"
#include "patch_text.h"
#include "split_abi.h"
#include "syscall_raw.h"

struct call {
  long nr, a, b, c, d, e, f;
};
static long pass(const struct call *call) {
  return raw_syscall6(call->nr, call->a, call->b, call->c, call->d, call->e, call->f);
}

/* A child between fork and exec arranges descriptors for a native program: leave it alone. */
int32_t hook_lower_pid;
static bool in_child(void) {
  return RAW0(SYS_getpid) != hook_lower_pid;
}

/* A child that runs in its parent's memory has actions of its own in the kernel, but not in our tables. */
static bool in_shared_memory(void) {
  return in_child() && SPLIT_OWNER->pid == hook_lower_pid;
}

static long new_descriptor(const struct call *call) {
  long fd = pass(call);
  return raw_failed(fd) || in_child() ? fd : descriptor_take((int)fd);
}

static long new_pair(const struct call *call, int *pair) {
  long result = pass(call);
  if (result == 0 && !in_child()) {
    pair[0] = descriptor_take(pair[0]);
    pair[1] = descriptor_take(pair[1]);
  }
  return result;
}

static long duplicate(const struct call *call) {
  if (call->b != F_DUPFD && call->b != F_DUPFD_CLOEXEC) return pass(call);
  return new_descriptor(call);
}

/* dup2 names its target. High ones become the lower half's; a low one replaces what the program knows (stdout of a
 * redirected MPI), as natively. */
static long duplicate_onto(const struct call *call) {
  long fd = pass(call);
  if (!raw_failed(fd) && fd >= SPLIT_FD_BASE && !in_child()) descriptor_mark((int)fd, 1);
  return fd;
}

static long close_one(const struct call *call) {
  /* Unmark first: once closed, the number may at once be the program's. */
  bool marked = call->a >= SPLIT_FD_BASE && !in_child();
  if (marked) descriptor_mark((int)call->a, 0);
  return pass(call);
}

static void take_received(struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int *fd = (int *)CMSG_DATA(part);
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof *fd;
    for (size_t i = 0; i < count; i++) fd[i] = descriptor_take(fd[i]);
  }
}

static long receive(const struct call *call) {
  long result = pass(call);
  struct msghdr *message = (struct msghdr *)call->b;
  if (!raw_failed(result) && message->msg_controllen && !in_child()) take_received(message);
  return result;
}

static bool wanted(int nr) {
  switch (nr) {
    case SYS_clone:
    case SYS_clone3: return lower_tls_by_gs();
    case SYS_open:
    case SYS_openat:
    case SYS_socket:
    case SYS_socketpair:
    case SYS_accept:
    case SYS_accept4:
    case SYS_dup:
    case SYS_dup2:
    case SYS_dup3:
    case SYS_fcntl:
    case SYS_pipe:
    case SYS_pipe2:
    case SYS_creat:
    case SYS_eventfd:
    case SYS_eventfd2:
    case SYS_epoll_create: /* what glibc's epoll_create makes, and UCX calls */
    case SYS_epoll_create1:
    case SYS_inotify_init:
    case SYS_inotify_init1:
    case SYS_timerfd_create:
    case SYS_signalfd:
    case SYS_signalfd4:
    case SYS_userfaultfd:
    case SYS_perf_event_open:
    case SYS_memfd_create:
    case SYS_pidfd_open:
    case SYS_recvmsg:
    case SYS_close:
    case SYS_rt_sigaction: return true;
    default: return false;
  }
}

long mana_hook(long nr, long a, long b, long c, long d, long e, long f) {
  struct call call = {nr, a, b, c, d, e, f};
  if (!wanted((int)nr)) return pass(&call);
  switch (nr) {
    case SYS_rt_sigaction: return in_shared_memory() ? pass(&call) : lower_sigaction(a, (const void *)b, (void *)c, d);
    case SYS_clone: /* fork: threads are made where the number stands beside the call (lower_tls.c sees to that) */
    case SYS_clone3: return pass(&call);
    case SYS_fcntl: return duplicate(&call);
    case SYS_dup2:
    case SYS_dup3: return duplicate_onto(&call);
    case SYS_close: return close_one(&call);
    case SYS_recvmsg: return receive(&call);
    case SYS_pipe:
    case SYS_pipe2: return new_pair(&call, (int *)a);
    case SYS_socketpair: return new_pair(&call, (int *)d);
    default: return new_descriptor(&call);
  }
}

long hook_lower_patch(uint64_t start, uint64_t length, int prot) {
  return patch_text(start, length, prot, start + length, wanted, (uint64_t)child_entry);
}
