/* Clocks that count from the start of the machine, on a machine that was started later, and CPU clocks, in a process that has used none yet: an
 * offset, set at a restart, keeps them from running backwards. It is added to what the program reads and taken from the absolute times that it
 * gives; between the kernel and the sum no thread parks, for the offset changes with the kernel. */
#include <time.h>

#include "hooks.h"

enum { NS = 1000000000 };

/* CPU clocks that name a process or thread: ~id << 3 | kind, linux/posix-timers.h. Id 0 is whoever asks; so /proc/self/timers tells the clock of a
 * timer that was made on CLOCK_PROCESS_CPUTIME_ID. */
enum { OF_PROCESS = 2, OF_THREAD = 6, KIND = 7 };
enum { MY_PROCESS = (int32_t)(~0u << 3 | OF_PROCESS), MY_THREAD = (int32_t)(~0u << 3 | OF_THREAD) };

NO_PARK int32_t clocks_of_thread(int32_t tid) {
  return (int32_t)(~(uint32_t)tid << 3 | OF_THREAD);
}

NO_PARK static int64_t offset_of_named(int32_t clock) {
  int32_t id = ~(clock >> 3), kind = clock & KIND;
  for (int32_t i = 0; i < STATE->tid_count; i++) {
    const struct tid_pair *pair = &STATE->tid[i];
    if (pair->old != id) continue;
    if (kind == OF_THREAD) return pair->more.clock;
    return kind == OF_PROCESS && pair->now == SPLIT->pid ? STATE->cpu_offset : 0;
  }
  return 0;
}

NO_PARK int64_t clocks_offset(int32_t clock) {
  if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE ||
      clock == CLOCK_BOOTTIME || clock == CLOCK_BOOTTIME_ALARM)
    return STATE->monotonic_offset;
  if (!STATE->restarted) return 0;
  if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == MY_PROCESS)
    return (int32_t)RAW0(SYS_getpid) == SPLIT->pid ? STATE->cpu_offset : 0;
  if (clock == CLOCK_THREAD_CPUTIME_ID || clock == MY_THREAD) {
    const struct tid_pair *pair = tid_pair((int32_t)RAW0(SYS_gettid));
    return pair ? pair->more.clock : 0;
  }
  return clock < 0 ? offset_of_named(clock) : 0;
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

NO_PARK const void *clocks_to_kernel(int32_t clock, const void *time, int64_t copy[2]) {
  int64_t offset = clocks_offset(clock);
  if (!offset || (uint64_t)time < PAGE) return time;
  return shift(time, -offset, copy) ? copy : time;
}

NO_PARK int64_t clocks_monotonic(void) {
  struct timespec now = {0};
  int (*current)(clockid_t, struct timespec *) = SPLIT->vdso[VDSO_CLOCK_GETTIME];
  if (!current || current(CLOCK_MONOTONIC, &now) != 0) RAW2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return now.tv_sec * NS + now.tv_nsec + STATE->monotonic_offset;
}

NO_PARK void clocks_to_program(int32_t clock, void *time) {
  int64_t offset = clocks_offset(clock);
  if (offset) (void)shift(time, offset, time);
}

NO_PARK long hook_clock_gettime(const struct hook_call *call) {
  struct hook_call changed = *call;
  changed.a = identity_clock((int32_t)call->a);
  long result = hook_pass(&changed);
  if (result == 0) clocks_to_program((int32_t)call->a, (void *)call->b);
  return result;
}
