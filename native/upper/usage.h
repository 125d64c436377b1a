/* What a process has used, man 2 getrusage, as a sum that restarts go on with. Shared by the blob, which adds it to the kernel's answers, and
 * native/state, which saves it. */
#ifndef MANA_UPPER_USAGE_H
#define MANA_UPPER_USAGE_H
#include <stdint.h>

/* Times in microseconds, memory in KiB; the counts are those of struct rusage from ru_ixrss on. */
enum { USAGE_COUNTS = 13 };
struct usage {
  int64_t user, system, most_memory;
  int64_t count[USAGE_COUNTS];
};
/* struct rusage as the kernel writes it. */
struct kernel_usage {
  int64_t user[2], system[2]; /* seconds, microseconds */
  int64_t most_memory;
  int64_t count[USAGE_COUNTS];
};

/* CPU time of one thread. */
struct cpu_time {
  int64_t clock;  /* nanoseconds, by its clock */
  int64_t system; /* microseconds, the part in the kernel */
};

static inline __attribute__((always_inline)) int64_t usage_microseconds(const int64_t time[2]) {
  return time[0] * 1000000 + time[1];
}
static inline __attribute__((always_inline)) void usage_add_time(int64_t time[2], int64_t microseconds) {
  int64_t sum = usage_microseconds(time) + microseconds;
  if (sum < 0) sum = 0;
  time[0] = sum / 1000000;
  time[1] = sum % 1000000;
}
/* What the program is to see, of what the kernel that runs now says and what is to be added. */
static inline __attribute__((always_inline)) void usage_add(struct kernel_usage *to, const struct usage *more) {
  usage_add_time(to->user, more->user);
  usage_add_time(to->system, more->system);
  if (to->most_memory < more->most_memory) to->most_memory = more->most_memory;
  for (int i = 0; i < USAGE_COUNTS; i++) to->count[i] += more->count[i];
}
/* What is to be added to `now`, so that the sum is `wanted`. */
static inline struct usage usage_difference(const struct kernel_usage *wanted, const struct kernel_usage *now) {
  struct usage more = {.user = usage_microseconds(wanted->user) - usage_microseconds(now->user),
                       .system = usage_microseconds(wanted->system) - usage_microseconds(now->system),
                       .most_memory = wanted->most_memory};
  for (int i = 0; i < USAGE_COUNTS; i++) more.count[i] = wanted->count[i] - now->count[i];
  return more;
}
#endif
