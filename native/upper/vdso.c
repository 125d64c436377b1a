/* The upper half's vDSO: AT_SYSINFO_EHDR points at this object. It forwards to the functions of the kernel that runs now,
 * through a table that each new lower half fills. Names and versions are the kernel's, man 7 vdso. A thread inside the kernel's functions does
 * not park, for the next kernel has them elsewhere; the agent asks it again a moment later. */
#include <sys/time.h>
#include <time.h>

#include "hooks.h"

#define EXPORT __attribute__((visibility("default"))) NO_PARK

EXPORT int __vdso_clock_gettime(clockid_t clock, struct timespec *now);
EXPORT int __vdso_gettimeofday(struct timeval *now, void *zone);
EXPORT time_t __vdso_time(time_t *now);
EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);
EXPORT int __vdso_clock_getres(clockid_t clock, struct timespec *resolution);

int __vdso_clock_gettime(clockid_t clock, struct timespec *now) {
  int (*current)(clockid_t, struct timespec *) = SPLIT->vdso[VDSO_CLOCK_GETTIME];
  if (clock < 0) return (int)hook_clock_gettime(&(struct hook_call){SYS_clock_gettime, clock, (long)now, 0, 0, 0, 0});
  int result = current ? current(clock, now) : (int)RAW2(SYS_clock_gettime, clock, now);
  if (__builtin_expect(STATE->restarted, 0) && result == 0) clocks_to_program(clock, now);
  return result;
}
int __vdso_gettimeofday(struct timeval *now, void *zone) {
  int (*current)(struct timeval *, void *) = SPLIT->vdso[VDSO_GETTIMEOFDAY];
  return current ? current(now, zone) : (int)RAW2(SYS_gettimeofday, now, zone);
}
time_t __vdso_time(time_t *now) {
  time_t (*current)(time_t *) = SPLIT->vdso[VDSO_TIME];
  return current ? current(now) : RAW1(SYS_time, now);
}
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused) {
  long (*current)(unsigned *, unsigned *, void *) = SPLIT->vdso[VDSO_GETCPU];
  return current ? current(cpu, node, unused) : RAW3(SYS_getcpu, cpu, node, unused);
}
int __vdso_clock_getres(clockid_t clock, struct timespec *resolution) {
  int (*current)(clockid_t, struct timespec *) = SPLIT->vdso[VDSO_CLOCK_GETRES];
  return current ? current(clock, resolution) : (int)RAW2(SYS_clock_getres, clock, resolution);
}
