/* Clocks that count from the start of the machine, on a machine that was started later: an offset, set at a restart, keeps them from
 * running backwards. It is added to what the program reads and taken from the absolute times that it gives; between the kernel and the sum no
 * thread parks, for the offset changes with the kernel. */
#include <errno.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>

#include "hooks.h"

enum { NS = 1000000000 };
enum { SIGEV_TO_THREAD = 4 }; /* SIGEV_THREAD_ID, man 2 timer_create */

NO_PARK bool clocks_is_shifted(int32_t clock) {
  return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE ||
         clock == CLOCK_BOOTTIME || clock == CLOCK_BOOTTIME_ALARM;
}

/* Shifts a struct timespec; times that the kernel would refuse, or that lie beyond 2^33 seconds, are left as they are. */
static inline __attribute__((always_inline)) bool shift(const int64_t *time, int64_t by, int64_t out[2]) {
  if (time[0] < 0 || time[0] >= 1ll << 33 || time[1] < 0 || time[1] >= NS) return false;
  int64_t shifted = time[0] * NS + time[1] + by;
  if (shifted < 0) shifted = 0;
  out[0] = shifted / NS;
  out[1] = shifted % NS;
  return true;
}

const void *clocks_to_kernel(const void *time, int64_t copy[2]) {
  if (!STATE->monotonic_offset || (uint64_t)time < PAGE) return time;
  return shift(time, -STATE->monotonic_offset, copy) ? copy : time;
}

NO_PARK int64_t clocks_monotonic(void) {
  struct timespec now = {0};
  int (*current)(clockid_t, struct timespec *) = SPLIT->vdso[VDSO_CLOCK_GETTIME];
  if (!current || current(CLOCK_MONOTONIC, &now) != 0) RAW2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return now.tv_sec * NS + now.tv_nsec + STATE->monotonic_offset;
}

NO_PARK long hook_clock_gettime(const struct hook_call *call) {
  struct hook_call changed = *call;
  changed.a = identity_clock((int32_t)call->a);
  long result = hook_pass(&changed);
  if (STATE->monotonic_offset && result == 0 && clocks_is_shifted((int32_t)call->a)) {
    (void)shift((const int64_t *)call->b, STATE->monotonic_offset, (int64_t *)call->b);
  }
  return result;
}

/* timer_create(clock, event, id): the clock is noted, since timer_settime does not say it. */
long hook_timer_create(const struct hook_call *call) {
  struct hook_call changed = *call;
  struct {
    uint64_t value;
    int32_t signal, notify, thread, rest[11];
  } event; /* struct sigevent of the kernel, 64 bytes */
  _Static_assert(sizeof event == 64, "as the kernel reads it");
  changed.a = identity_clock((int32_t)call->a);
  if (STATE->restarted && (uint64_t)call->b >= PAGE) {
    __builtin_memcpy(&event, (const void *)call->b, sizeof event);
    if (event.notify & SIGEV_TO_THREAD) event.thread = tid_new(event.thread);
    changed.b = (long)&event;
  }
  long result = hook_pass(&changed);
  if (result == 0 && process_owns_memory()) {
    int32_t id = *(const int32_t *)call->c;
    if (id >= 0 && id < TIMER_CLOCKS) STATE->timer_clock[id] = call->a >= 0 && call->a < 255 ? (uint8_t)call->a : 255;
  }
  return result;
}

/* A struct itimerspec with an absolute first time, {interval, value}, as the kernel shall have it. */
NO_PARK static long settime_absolute(const struct hook_call *call) {
  const int64_t *wanted = (const int64_t *)call->c;
  struct hook_call changed = *call;
  int64_t times[4];
  if ((uint64_t)wanted < PAGE || (wanted[2] == 0 && wanted[3] == 0)) return hook_pass(call); /* disarms */
  times[0] = wanted[0];
  times[1] = wanted[1];
  if (!shift(wanted + 2, -STATE->monotonic_offset, times + 2)) return hook_pass(call);
  if (times[2] == 0 && times[3] == 0) times[3] = 1; /* long past, and not "never" */
  changed.c = (long)times;
  return hook_pass(&changed);
}

/* timer_settime(id, flags, new, old) */
NO_PARK long hook_timer_settime(const struct hook_call *call) {
  if (!STATE->monotonic_offset || !(call->b & TIMER_ABSTIME)) return hook_pass(call);
  bool shifted = call->a >= 0 && call->a < TIMER_CLOCKS && clocks_is_shifted(STATE->timer_clock[call->a]);
  return shifted ? settime_absolute(call) : hook_pass(call);
}

/* The number behind "clockid: " in /proc/self/fdinfo/FD, -1 = none. */
static int32_t clock_of_descriptor(uint32_t fd) {
  char path[40] = "/proc/self/fdinfo/", digits[12], text[256];
  static const char key[] = "clockid: ";
  int n = 0, at = 18;
  for (uint32_t rest = fd; n == 0 || rest; rest /= 10) digits[n++] = (char)('0' + rest % 10);
  while (n) path[at++] = digits[--n];
  path[at] = 0;
  long file = RAW4(SYS_openat, -100 /* AT_FDCWD */, path, 0x80000 /* O_CLOEXEC */, 0);
  if (raw_failed(file)) return -1;
  long got = RAW3(SYS_read, file, text, sizeof text - 1);
  RAW1(SYS_close, file);
  text[raw_failed(got) ? 0 : got] = 0;
  for (const char *p = text; *p; p++) {
    unsigned i = 0;
    while (key[i] && p[i] == key[i]) i++;
    if (key[i]) continue;
    int32_t clock = 0;
    for (p += i; *p >= '0' && *p <= '9'; p++) clock = clock * 10 + *p - '0';
    return clock;
  }
  return -1;
}

/* timerfd_settime(fd, flags, new, old) */
NO_PARK long hook_timerfd_settime(const struct hook_call *call) {
  if (!STATE->monotonic_offset || !(call->b & TFD_TIMER_ABSTIME)) return hook_pass(call);
  return clocks_is_shifted(clock_of_descriptor((uint32_t)call->a)) ? settime_absolute(call) : hook_pass(call);
}
