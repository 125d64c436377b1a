/* Writes, and transfers of sockets. The kernel goes on with them after our signal, with two exceptions (man 7 signal): where a socket has a
 * time-out of its own, and where some bytes have been written already: then it says how many, and the program, which has seen no signal, would take
 * that for the end of the disk or of a connection. So the rest is written, too. A handler of the program makes a short write its own. */
#include <sys/socket.h>
#include <sys/uio.h>

#include "watch.h"

enum { NS = 1000000000 };

/* The time-out that a socket has of its own, nanoseconds; 0 = none. */
static int64_t socket_timeout(long fd, long option) {
  int64_t time[2] = {0}; /* struct timeval */
  uint32_t size = sizeof time;
  if (RAW5(SYS_getsockopt, fd, SOL_SOCKET, option, time, &size) != 0) return 0;
  return time[0] * NS + time[1] * 1000;
}

static bool sends(long nr) {
  return nr == SYS_sendto || nr == SYS_sendmsg || nr == SYS_sendmmsg || nr == SYS_write || nr == SYS_writev ||
         nr == SYS_connect;
}

/* Its time-out begins anew once, so it is at most doubled: to know what is left, each call would have to read the clock. */
static long transfer(const struct hook_call *call, struct watch *watch) {
  int64_t deadline = 0;
  long result;
  while (watch_again(watch, result = hook_pass(call))) {
    int64_t timeout = socket_timeout(call->a, sends(call->nr) ? SO_SNDTIMEO : SO_RCVTIMEO);
    if (!deadline) {
      deadline = clocks_monotonic() + timeout;
    } else if (timeout && clocks_monotonic() >= deadline) {
      return -EAGAIN;
    }
  }
  return result;
}
long hook_socket(const struct hook_call *call) {
  struct watch watch = watch_start();
  return transfer(call, &watch);
}

static bool was_cut(struct watch *watch, long sum, long wanted) {
  return sum > 0 && sum < wanted && watch_only_parked(watch);
}
/* The rest of (fd, data, length, ...). What comes of it, an error or the end, the program hears of at its next call. */
static long complete(const struct hook_call *call, long sum, struct watch *watch) {
  do {
    struct hook_call rest = *call;
    rest.b += sum;
    rest.c -= sum;
    long more = transfer(&rest, watch);
    if (more <= 0) break;
    sum += more;
  } while (was_cut(watch, sum, call->c));
  return sum;
}
static long whole(const struct hook_call *call, struct watch *watch) {
  long sum = transfer(call, watch);
  return was_cut(watch, sum, call->c) ? complete(call, sum, watch) : sum;
}

long hook_write(const struct hook_call *call) {
  struct watch watch = watch_start();
  return whole(call, &watch);
}

/* Of others a message ends what is received, and what comes next is another one. */
static bool is_stream(long fd) {
  int type = 0;
  uint32_t size = sizeof type;
  return RAW5(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}
long hook_recvfrom(const struct hook_call *call) {
  bool all = (call->d & MSG_WAITALL) && !(call->d & MSG_PEEK);
  struct watch watch = watch_start();
  long sum = transfer(call, &watch);
  return all && was_cut(&watch, sum, call->c) && is_stream(call->a) ? complete(call, sum, &watch) : sum;
}

/* The parts behind the first `sum` bytes, one by one, by `one`. */
static long write_rest(struct hook_call one, const struct iovec *part, uint64_t count, long sum, struct watch *watch) {
  uint64_t skip = (uint64_t)sum;
  for (const struct iovec *end = part + count; part < end; part++) {
    if (skip >= part->iov_len) {
      skip -= part->iov_len;
      continue;
    }
    one.b = (long)part->iov_base + (long)skip;
    one.c = (long)(part->iov_len - skip);
    skip = 0;
    long more = whole(&one, watch);
    if (more <= 0) break;
    sum += more;
    if (more < one.c) break;
  }
  return sum;
}

/* writev(fd, parts, count) */
long hook_writev(const struct hook_call *call) {
  struct watch watch = watch_start();
  long sum = transfer(call, &watch);
  if (sum <= 0 || !watch_only_parked(&watch)) return sum;
  return write_rest((struct hook_call){.nr = SYS_write, .a = call->a}, (const struct iovec *)call->b, (uint64_t)call->c,
                    sum, &watch);
}

/* sendmsg(fd, message, flags). Control data goes with the first byte; only a stream, which needs no address, takes a part. */
long hook_sendmsg(const struct hook_call *call) {
  const struct msghdr *message = (const struct msghdr *)call->b;
  struct watch watch = watch_start();
  long sum = transfer(call, &watch);
  if (sum <= 0 || !watch_only_parked(&watch)) return sum;
  return write_rest((struct hook_call){.nr = SYS_sendto, .a = call->a, .d = call->c}, message->msg_iov,
                    message->msg_iovlen, sum, &watch);
}
