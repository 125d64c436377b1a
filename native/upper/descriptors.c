/* Descriptors of the lower half do not exist for the program: what would close or replace one answers EBADF, ranges step
 * over them. This holds in forked children too: what an exec passes on is decided there (exec.c). */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "hooks.h"

static bool is_lower(long fd) {
  return split_fd_is_lower(SPLIT, (int)fd);
}

long hook_close(const struct hook_call *call) {
  return is_lower(call->a) ? -EBADF : hook_pass(call);
}

long hook_dup2(const struct hook_call *call) {
  return is_lower(call->a) || is_lower(call->b) ? -EBADF : hook_pass(call);
}

long hook_dup3(const struct hook_call *call) {
  return hook_dup2(call);
}

long hook_fcntl(const struct hook_call *call) {
  return is_lower(call->a) ? -EBADF : hook_pass(call);
}

/* The first lower descriptor at or after fd; SPLIT_FD_MAX = none. */
static uint64_t next_lower(uint64_t fd) {
  for (uint64_t word = fd >> 6; word < SPLIT_FD_WORDS; word++, fd = word << 6) {
    uint64_t bits = __atomic_load_n(&SPLIT->lower_fds[word], __ATOMIC_RELAXED) >> (fd & 63);
    if (bits) return fd + (uint64_t)__builtin_ctzll(bits);
  }
  return SPLIT_FD_MAX;
}

long hook_close_range(const struct hook_call *call) {
  uint32_t first = (uint32_t)call->a, last = (uint32_t)call->b;
  if (first > last) return hook_pass(call);
  long result = 0;
  while (first <= last) {
    uint64_t lower = next_lower(first);
    uint32_t end = lower < SPLIT_FD_MAX && lower <= last ? (uint32_t)lower : last;
    if (lower == end && lower < SPLIT_FD_MAX) {
      if (first < end) result = RAW3(SYS_close_range, first, end - 1, call->c);
    } else {
      result = RAW3(SYS_close_range, first, last, call->c);
    }
    if (raw_failed(result) || end == UINT32_MAX) break;
    first = end + 1;
  }
  return result;
}
