/* Signals that wait for one thread (pthread_kill to a thread that blocks them): the kernel keeps them with the thread, so a parked thread
 * takes them out and sends them to itself again when it goes on, perhaps as another kernel thread. What waits for the process is taken when it
 * is saved (state_signals.c). The kernel believes only the thread that a signal is sent to who sent it: kill(2), a timer, a child (si_code). */
#include "pending.h"

#include "hooks.h"

#include <fcntl.h>

enum { KERNEL_MASK_SIZE = 8, TEXT_SIZE = 2048 };

/* The line "SigPnd:\t%016x" of /proc/thread-self/status, man 5 proc; 0 when it cannot be read. */
static uint64_t own_pending(void) {
  static const char key[] = "SigPnd:\t";
  char text[TEXT_SIZE];
  long fd = RAW3(SYS_open, "/proc/thread-self/status", O_RDONLY | O_CLOEXEC, 0), length;
  if (raw_failed(fd)) return 0;
  length = RAW3(SYS_read, fd, text, sizeof text - 1);
  RAW1(SYS_close, fd);
  for (long i = 0; i + (long)sizeof key + 16 < length; i++) {
    int same = 0;
    while (key[same] && text[i + same] == key[same]) same++;
    if (key[same]) continue;
    uint64_t mask = 0;
    for (int d = 0; d < 16; d++) {
      char c = text[i + same + d];
      mask = mask << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return mask;
  }
  return 0;
}

/* The kernel hands out what waits for the thread before what waits for the process (kernel/signal.c, dequeue_signal). */
bool pending_take(struct pending_signals *pending) {
  static const int64_t at_once[2] = {0, 0};
  const uint64_t park = 1ull << (SPLIT_PARK_SIGNAL - 1);
  pending->count = 0;
  for (uint64_t mask; (mask = own_pending() & ~park);) {
    if (pending->count == PENDING_MAX) return false;
    uint64_t one = mask & -mask;
    long got = RAW4(SYS_rt_sigtimedwait, &one, &pending->info[pending->count], at_once, KERNEL_MASK_SIZE);
    if (raw_failed(got)) break;
    pending->count++;
  }
  return true;
}

void pending_give_back(const struct pending_signals *pending) {
  long pid = RAW0(SYS_getpid), tid = RAW0(SYS_gettid);
  for (int i = 0; i < pending->count; i++) {
    RAW4(SYS_rt_tgsigqueueinfo, pid, tid, pending->info[i].number, &pending->info[i]);
  }
}

void pending_give_back_process(void) {
  for (int i = 0; i < STATE->waiting_count; i++) {
    RAW3(SYS_rt_sigqueueinfo, RAW0(SYS_getpid), STATE->waiting[i].number, &STATE->waiting[i]);
  }
  STATE->waiting_count = 0;
}
