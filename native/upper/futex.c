/* futex(word, operation, value, time, ...).
 *
 * A mutex of priority inheritance holds its owner's number, which libc compares with its own without asking, and the kernel with those that it has
 * given out. A restart keeps libc's, so from then on the kernel is not asked: the four calls that look at the owner are made here, on the word, as plain
 * locks; nobody inherits a priority. */
#include <time.h>

#include "watch.h"

/* man 2 futex, linux/futex.h */
enum {
  OPERATION = 127,
  PRIVATE = 128,
  ON_REALTIME = 256,
  LOCK_PI = 6,
  UNLOCK_PI = 7,
  TRYLOCK_PI = 8,
  WAIT_BITSET = 9,
  WAIT_REQUEUE_PI = 11,
  LOCK_PI2 = 13
};
static const uint32_t NUMBER = 0x3fffffff, WAITERS = 0x80000000;

static bool is_by_owner(int plain) {
  return plain == LOCK_PI || plain == LOCK_PI2 || plain == UNLOCK_PI || plain == TRYLOCK_PI;
}
/* The clock of the absolute time of all but FUTEX_WAIT. */
static int32_t clock_of(int operation) {
  bool realtime = (operation & ON_REALTIME) || (operation & OPERATION) == LOCK_PI;
  return realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

/* *now is what the word holds where the result is not 0. That an owner died, and that others wait, stays in it. */
static long try_lock(uint32_t *word, uint32_t me, uint32_t waiters, uint32_t *now) {
  *now = __atomic_load_n(word, __ATOMIC_RELAXED);
  while (!(*now & NUMBER)) {
    if (__atomic_compare_exchange_n(word, now, *now | me | waiters, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return 0;
  }
  return (*now & NUMBER) == me ? -EDEADLK : -EAGAIN;
}

/* Who has waited cannot know whether others still do. */
static long lock(const struct hook_call *call, uint32_t me) {
  uint32_t *word = (uint32_t *)call->a, waiters = 0, now;
  int32_t clock = clock_of((int)call->b);
  long flags = (call->b & PRIVATE) | (clock == CLOCK_REALTIME ? ON_REALTIME : 0), result;
  while ((result = try_lock(word, me, waiters, &now)) == -EAGAIN) {
    if (!(now & WAITERS) &&
        !__atomic_compare_exchange_n(word, &now, now | WAITERS, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      continue;
    struct hook_call wait = {
        SYS_futex, call->a, WAIT_BITSET | flags, (long)(now | WAITERS), call->d, 0, UINT32_MAX,
    };
    result = wait_absolute(&wait, clock, &wait.d);
    if (result != 0 && result != -EAGAIN && result != -EINTR) break; /* no time is left */
    waiters = WAITERS;
  }
  return result;
}

static long unlock(const struct hook_call *call, uint32_t me) {
  uint32_t *word = (uint32_t *)call->a;
  if ((__atomic_load_n(word, __ATOMIC_RELAXED) & NUMBER) != me) return -EPERM;
  if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) & WAITERS)
    RAW3(SYS_futex, word, RAW_FUTEX_WAKE | (call->b & PRIVATE), 1);
  return 0;
}

static long on_the_word(const struct hook_call *call) {
  uint32_t me = (uint32_t)hook_identity(&(struct hook_call){.nr = SYS_gettid}), now;
  int plain = (int)call->b & OPERATION;
  if (plain == UNLOCK_PI) return unlock(call, me);
  return plain == TRYLOCK_PI ? try_lock((uint32_t *)call->a, me, 0, &now) : lock(call, me);
}

/* The kernel's, until a restart, which may come at any moment of it: so every signal ends the call, which the kernel would restart by itself. */
static long by_owner(const struct hook_call *call) {
  long result;
  do {
    struct watch watch = watch_start();
    if (STATE->restarted) return on_the_word(call);
    result = wait_once(&watch, call);
  } while (result == -EINTR);
  return result;
}

long hook_futex(const struct hook_call *call) {
  int operation = (int)call->b, plain = operation & OPERATION;
  if (is_by_owner(plain)) return by_owner(call);
  if (!call->d) return hook_pass(call); /* wakes, or what the kernel restarts */
  struct hook_call changed = *call;
  if (plain == RAW_FUTEX_WAIT) return wait_relative(&changed, &changed.d);
  if (plain == WAIT_BITSET) return wait_absolute(&changed, clock_of(operation), &changed.d);
  int64_t copy[2];
  if (plain == WAIT_REQUEUE_PI) changed.d = (long)clocks_to_kernel(clock_of(operation), (const void *)call->d, copy);
  return hook_pass(&changed);
}
