/* Signals that wait for one thread (pthread_kill to a thread that blocks them): the kernel keeps them with the thread, so a parked thread
 * takes them out and sends them to itself again when it goes on, perhaps as another kernel thread. What waits for the process is taken when it
 * is saved (state_signals.c). The kernel believes only the thread that a signal is sent to who sent it: kill(2), a timer, a child (si_code). */
#include "pending.h"

#include "hooks.h"

#include <fcntl.h>

enum {
  KERNEL_MASK_SIZE = 8,
  TEXT_SIZE = 256,
  DIGITS = 16,
  FIRST_QUEUED = 32,
  BY_QUEUE = -1 /* SI_QUEUE */,
  BY_TIMER = -2 /* SI_TIMER */
};
/* Of siginfo_t, in words (man 2 sigaction, asm-generic/siginfo.h). */
enum { CODE = 8 / 4, TIMER = 16 / 4, VALUE = 24 / 4 };

/* The line "SigPnd:\t%016x" of /proc/thread-self/status (man 5 proc), which may stand far behind a user's many groups. False: it cannot be
 * read. */
static bool own_pending(uint64_t *mask) {
  static const char key[] = "SigPnd:\t";
  char text[TEXT_SIZE];
  int same = 0, digits = 0;
  long fd = RAW3(SYS_open, "/proc/thread-self/status", O_RDONLY | O_CLOEXEC, 0), length;
  if (raw_failed(fd)) return false;
  *mask = 0;
  while (digits < DIGITS && (length = RAW3(SYS_read, fd, text, sizeof text)) > 0) {
    for (long i = 0; i < length && digits < DIGITS; i++) {
      char c = text[i];
      if (key[same]) {
        same = c == key[same] ? same + 1 : c == key[0];
      } else {
        *mask = *mask << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
        digits++;
      }
    }
  }
  RAW1(SYS_close, fd);
  return digits == DIGITS;
}

static long take_one(uint64_t set, struct waiting_signal *to) {
  static const int64_t at_once[2] = {0, 0};
  return RAW4(SYS_rt_sigtimedwait, &set, to, at_once, KERNEL_MASK_SIZE);
}

/* The kernel keeps one of each standard signal, and one of each timer. */
static bool is_there(const struct pending_signals *pending, const struct waiting_signal *one) {
  const int32_t *words = (const int32_t *)one;
  for (int i = 0; i < pending->count; i++) {
    const int32_t *known = (const int32_t *)&pending->info[i];
    if (known[0] != words[0]) continue;
    if (words[0] < FIRST_QUEUED) return true;
    if (words[CODE] == BY_TIMER && known[CODE] == BY_TIMER && known[TIMER] == words[TIMER]) return true;
  }
  return false;
}

/* The kernel hands out what waits for the thread before what waits for the process (kernel/signal.c, dequeue_signal). */
const char *pending_take(struct pending_signals *pending) {
  const uint64_t park = 1ull << (SPLIT_PARK_SIGNAL - 1);
  for (uint64_t mask;;) {
    if (!own_pending(&mask)) return "the kernel does not say which signals wait for one of its threads";
    if (!(mask &= ~park)) return NULL;
    if (pending->count == PENDING_MAX) return "too many signals wait for one of its threads";
    uint64_t one = mask & -mask;
    if (raw_failed(take_one(one, &pending->info[pending->count]))) return NULL;
    if (!is_there(pending, &pending->info[pending->count])) pending->count++;
  }
}

/* The kernel keeps signals of one number in order, and appends: what has been left there (there were more than fit here) or has come since
 * is to stand behind these. So it goes round once, up to a mark, which is taken out again. */
static void give_back_in_order(const struct pending_signals *pending, int32_t number) {
  long pid = RAW0(SYS_getpid), tid = RAW0(SYS_gettid);
  struct waiting_signal mark = {.number = number}, one;
  const int32_t code = BY_QUEUE;
  const uint64_t own = (uint64_t)&mark; /* nobody else's value */
  __builtin_memcpy((int32_t *)&mark + CODE, &code, sizeof code);
  __builtin_memcpy((int32_t *)&mark + VALUE, &own, sizeof own);
  bool marked = !raw_failed(RAW4(SYS_rt_tgsigqueueinfo, pid, tid, number, &mark));
  for (int i = 0; i < pending->count; i++) {
    if (pending->info[i].number == number) RAW4(SYS_rt_tgsigqueueinfo, pid, tid, number, &pending->info[i]);
  }
  while (marked && !raw_failed(take_one(1ull << (number - 1), &one))) {
    uint64_t value;
    __builtin_memcpy(&value, (int32_t *)&one + VALUE, sizeof value);
    if (value == own) return;
    RAW4(SYS_rt_tgsigqueueinfo, pid, tid, number, &one);
  }
}

void pending_give_back(const struct pending_signals *pending) {
  long pid = RAW0(SYS_getpid), tid = RAW0(SYS_gettid);
  uint64_t given = 0;
  for (int i = 0; i < pending->count; i++) {
    int32_t number = pending->info[i].number;
    if (number < FIRST_QUEUED) {
      RAW4(SYS_rt_tgsigqueueinfo, pid, tid, number, &pending->info[i]);
    } else if (!(given >> (number - 1) & 1)) {
      give_back_in_order(pending, number);
    }
    given |= 1ull << (number - 1);
  }
}

/* What came since goes behind them. What waits for this thread alone would be taken first: then it is left where it is. */
void pending_give_back_process(void) {
  uint64_t set = 0, own = 0;
  for (int i = 0; i < STATE->waiting_count; i++) set |= 1ull << (STATE->waiting[i].number - 1);
  if (!set || !own_pending(&own)) own = ~0ull;
  set &= ~own;
  while (set && STATE->waiting_count < WAITING_SIGNALS &&
         !raw_failed(take_one(set, &STATE->waiting[STATE->waiting_count]))) {
    STATE->waiting_count++;
  }
  for (int i = 0; i < STATE->waiting_count; i++) {
    RAW3(SYS_rt_sigqueueinfo, RAW0(SYS_getpid), STATE->waiting[i].number, &STATE->waiting[i]);
  }
  STATE->waiting_count = 0;
}
