/* Time that has passed and what the process has used: a program that was restarted reads them on from where they were. CPU clocks of single
 * threads belong to the threads (park.h). */
#include <sys/resource.h>
#include <time.h>

#include "process_state.h"
#include "state.h"
#include "syscall_raw.h"

/* Saved form:
 *   3 x u64 nanoseconds of CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, as the program sees them
 *   u64 nanoseconds of CLOCK_PROCESS_CPUTIME_ID, likewise
 *   u64 what times(2) returns, likewise
 *   2 x struct kernel_usage: of the process, and of its children that have ended, likewise */
static const clockid_t since_start[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME};
enum { CLOCKS_SAVED = sizeof since_start / sizeof *since_start, NS = 1000000000 };

/* Without the offset that a restart has put on it. */
static int64_t clock_here(clockid_t clock) {
  struct timespec now = {0};
  RAW2(SYS_clock_gettime, clock, &now);
  return (int64_t)now.tv_sec * NS + now.tv_nsec;
}

/* Its beginning depends on the kernel's configuration (man 2 times), so it has an offset of its own. */
static int64_t ticks_here(void) {
  return RAW1(SYS_times, 0);
}

static struct kernel_usage usage_here(int whose) {
  struct kernel_usage usage = {0};
  _Static_assert(sizeof usage == sizeof(struct rusage), "as the kernel writes it");
  RAW2(SYS_getrusage, whose, &usage);
  return usage;
}

struct cpu_time state_used_here(void) {
  struct kernel_usage usage = usage_here(RUSAGE_THREAD);
  return (struct cpu_time){clock_here(CLOCK_THREAD_CPUTIME_ID), usage_microseconds(usage.system)};
}

static void save_usage(struct save_stream *to, int whose, const struct usage *more) {
  struct kernel_usage usage = usage_here(whose);
  usage_add(&usage, more);
  save_bytes(to, &usage, sizeof usage);
}
static void restore_usage(struct save_stream *from, int whose, struct usage *more) {
  struct kernel_usage wanted, now = usage_here(whose);
  load_bytes(from, &wanted, sizeof wanted);
  if (!from->failed) *more = usage_difference(&wanted, &now);
}

void state_clocks_save(struct save_stream *to) {
  for (int i = 0; i < CLOCKS_SAVED; i++) save_u64(to, (uint64_t)(clock_here(since_start[i]) + STATE->monotonic_offset));
  save_u64(to, (uint64_t)(clock_here(CLOCK_PROCESS_CPUTIME_ID) + STATE->cpu_offset));
  save_u64(to, (uint64_t)(ticks_here() + STATE->ticks_offset));
  save_usage(to, RUSAGE_SELF, &STATE->used);
  save_usage(to, RUSAGE_CHILDREN, &STATE->used_by_children);
}

/* Never backwards on any of those that count from the start of the machine; one that was started longer ago lets them jump forward, as a
 * suspended one does. */
void state_clocks_restore(struct save_stream *from) {
  int64_t offset = 0;
  for (int i = 0; i < CLOCKS_SAVED; i++) {
    int64_t behind = (int64_t)load_u64(from) - clock_here(since_start[i]);
    if (behind > offset) offset = behind;
  }
  int64_t used = (int64_t)load_u64(from), ticks = (int64_t)load_u64(from) - ticks_here();
  restore_usage(from, RUSAGE_SELF, &STATE->used);
  restore_usage(from, RUSAGE_CHILDREN, &STATE->used_by_children);
  if (from->failed) return;
  STATE->monotonic_offset = offset;
  STATE->ticks_offset = ticks > 0 ? ticks : 0;
  STATE->cpu_offset = used - clock_here(CLOCK_PROCESS_CPUTIME_ID);
}
