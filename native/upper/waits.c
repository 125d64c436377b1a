/* Waits that the kernel does not go on with after a handler, whatever SA_RESTART says (man 7 signal). When all that came was the park
 * signal, they are made again with the time that is left, so that the program sees no EINTR of ours; a handler of the program
 * makes the EINTR its own. (What the kernel does restart needs nothing: the park handler has SA_RESTART. Transfers: transfers.c. Futexes:
 * futex.c.)
 *
 * Times that are left outlive a restart: they are the kernel's, written into our frame, or differences of the program's own clock. Absolute
 * ones are made the kernel's anew in each round. */
#include <time.h>

#include "watch.h"

enum { MASK_SIZE = 8, NS = 1000000000 };
/* The call as it is: it has no time-out, or the kernel leaves in it what is left. */
long hook_wait(const struct hook_call *call) {
  struct watch watch = watch_start();
  long result;
  do result = wait_once(&watch, call);
  while (watch_again(&watch, result));
  return result;
}

/* --- Times that must be counted here -------------------------------------------------------------------------------- */

static bool is_time(const struct timespec *time) {
  return (uint64_t)time >= PAGE && time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < NS &&
         time->tv_sec < (1l << 32);
}
static int64_t nanoseconds(const struct timespec *time) {
  return time->tv_sec * NS + time->tv_nsec;
}
static struct timespec left_until(int64_t deadline) {
  int64_t left = deadline - clocks_monotonic();
  if (left < 0) left = 0;
  return (struct timespec){left / NS, left % NS};
}

long wait_relative(struct hook_call *call, long *time_argument) {
  const struct timespec *time = (const struct timespec *)*time_argument;
  struct watch watch = watch_start();
  struct timespec left;
  if (!is_time(time)) return hook_wait(call);
  int64_t deadline = nanoseconds(time) ? clocks_monotonic() + nanoseconds(time) : 0;
  long result;
  while (watch_again(&watch, result = wait_once(&watch, call))) {
    left = left_until(deadline);
    *time_argument = (long)&left;
  }
  return result;
}

/* The clock of a sleep, which may hold a number that a restart changes, as the kernel has it. */
static void name_clock(struct hook_call *call, int32_t clock) {
  if (call->nr == SYS_clock_nanosleep) call->a = identity_clock(clock);
}

long wait_absolute(struct hook_call *call, int32_t clock, long *time_argument) {
  const void *time = (const void *)*time_argument;
  struct watch watch = watch_start();
  int64_t copy[2];
  long result;
  do {
    name_clock(call, clock);
    *time_argument = (long)clocks_to_kernel(clock, time, copy);
    result = wait_once(&watch, call);
  } while (watch_again(&watch, result));
  return result;
}

long hook_semtimedop(const struct hook_call *call) {
  struct hook_call changed = *call;
  return wait_relative(&changed, &changed.d);
}
long hook_io_getevents(const struct hook_call *call) {
  struct hook_call changed = *call;
  return wait_relative(&changed, &changed.e);
}

/* --- Waits with a mask of their own --------------------------------------------------------------------------------- */

/* Replaces the mask at *argument by a copy that the program is allowed. */
static void allow_mask(long *argument, uint64_t *copy) {
  if ((uint64_t)*argument < PAGE) return;
  *copy = *(const uint64_t *)*argument & ~masks_never_blocked();
  *argument = (long)copy;
}

long hook_rt_sigsuspend(const struct hook_call *call) {
  struct hook_call changed = *call;
  uint64_t mask;
  allow_mask(&changed.a, &mask);
  return hook_wait(&changed);
}

/* The kernel writes what is left into the time (man 2 poll, C library/kernel differences), select and pselect6 likewise. */
long hook_ppoll(const struct hook_call *call) {
  struct hook_call changed = *call;
  uint64_t mask;
  allow_mask(&changed.d, &mask);
  return hook_wait(&changed);
}

/* poll as ppoll, which leaves the time that is left. */
long hook_poll(const struct hook_call *call) {
  int milliseconds = (int)call->c;
  if (milliseconds <= 0) return hook_wait(call);
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000l};
  struct hook_call timed = {.nr = SYS_ppoll, .a = call->a, .b = call->b, .c = (long)&time, .e = MASK_SIZE};
  return hook_wait(&timed);
}

/* Its sixth argument points to {mask, size of mask}, man 2 pselect. */
long hook_pselect6(const struct hook_call *call) {
  struct hook_call changed = *call;
  long pair[2];
  uint64_t mask;
  if ((uint64_t)call->f >= PAGE) {
    pair[0] = ((const long *)call->f)[0];
    pair[1] = ((const long *)call->f)[1];
    allow_mask(&pair[0], &mask);
    changed.f = (long)pair;
  }
  return hook_wait(&changed);
}

/* epoll_wait and epoll_pwait(epfd, events, count, milliseconds, mask, size). */
long hook_epoll_wait(const struct hook_call *call) {
  struct hook_call changed = *call;
  uint64_t mask;
  int milliseconds = (int)call->d;
  if (call->nr == SYS_epoll_pwait) allow_mask(&changed.e, &mask);
  if (milliseconds <= 0) return hook_wait(&changed);
  struct watch watch = watch_start();
  int64_t deadline = clocks_monotonic() + milliseconds * 1000000l;
  long result;
  while (watch_again(&watch, result = wait_once(&watch, &changed))) {
    struct timespec left = left_until(deadline);
    changed.d = (left.tv_sec * NS + left.tv_nsec + 999999) / 1000000;
  }
  return result;
}

long hook_epoll_pwait2(const struct hook_call *call) {
  struct hook_call changed = *call;
  uint64_t mask;
  allow_mask(&changed.e, &mask);
  return wait_relative(&changed, &changed.d);
}

/* rt_sigtimedwait(set, info, time, size) */
long hook_rt_sigtimedwait(const struct hook_call *call) {
  struct hook_call changed = *call;
  uint64_t set;
  allow_mask(&changed.a, &set);
  return wait_relative(&changed, &changed.c);
}

/* --- Sleeps --------------------------------------------------------------------------------------------------------- */

/* The kernel writes what is left to the pointer `left` (an argument after `time`), which may be the program's or null. */
static long sleep_relative(struct hook_call *call, int32_t clock, long *time, long *left_argument) {
  struct watch watch = watch_start();
  struct timespec left = {0}, *wanted = (struct timespec *)*left_argument;
  if ((uint64_t)*time >= PAGE) left = *(const struct timespec *)*time;
  *left_argument = (long)&left;
  long result;
  do {
    name_clock(call, clock);
    result = wait_once(&watch, call);
    *time = (long)&left;
  } while (watch_again(&watch, result));
  if (result == -EINTR && wanted) *wanted = left;
  return result;
}

long hook_nanosleep(const struct hook_call *call) {
  struct hook_call changed = *call;
  return sleep_relative(&changed, CLOCK_REALTIME, &changed.a, &changed.b);
}

/* clock_nanosleep(clock, flags, time, left) */
long hook_clock_nanosleep(const struct hook_call *call) {
  struct hook_call changed = *call;
  int32_t clock = (int32_t)call->a;
  if (!(call->b & TIMER_ABSTIME)) return sleep_relative(&changed, clock, &changed.c, &changed.d);
  return wait_absolute(&changed, clock, &changed.c);
}
