/* Actions, interval timers and POSIX timers of the process, and the signals that wait for it. Masks, alternate stacks and signals of single
 * threads belong to the threads. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>

#include "descriptor_kinds.h"
#include "state.h"
#include "syscall_raw.h"

/* Saved form:
 *   u32 form
 *   u32 count, count x { u32 signal, action of the kernel (32 bytes) }       the lower half's actions are left out
 *   3 x itimerval of the kernel (32 bytes)                                   real, virtual, profiling
 *   u32 count, count x { u32 id, u32 clock, u32 notify (or'ed with IS_DATE), u32 signal, u32 thread, u64 value, itimerspec (32 bytes) }
 * Signals that wait go into upper_state.waiting, which is saved with the upper half's memory, so they are taken before that is written. */
enum {
  FORM = 3,
  INTERVAL_TIMERS = 3,
  TAKE_TRIES = 100,
  TIMERS_MAX = 1 << 20,
  KERNEL_MASK_SIZE = 8,
  TEXT_SIZE = 1 << 16
};
enum { RESTORE_IDS = 77 /* PR_TIMER_CREATE_RESTORE_IDS, Linux 6.15 */, NOTIFY_NONE = 1, NOTIFY_THREAD = 4 };
enum { IS_DATE = 1 << 16 /* the first time is absolute, by CLOCK_REALTIME */, SECOND = 1000000000 };

struct kernel_itimerspec {
  int64_t interval[2], value[2];
};
/* struct sigevent of the kernel, 64 bytes. */
struct kernel_sigevent {
  uint64_t value;
  int32_t signal, notify, thread, rest[11];
};

static bool read_text(const char *path, char *out, size_t size) {
  FILE *file = fopen(path, "re");
  size_t got = file ? fread(out, 1, size - 1, file) : 0;
  out[got] = 0;
  if (file) fclose(file);
  return file != NULL;
}

/* --- Actions --------------------------------------------------------------------------------------------------------------- */

static bool is_of_program(long sig, const struct kernel_sigaction *action) {
  if (sig == SIGKILL || sig == SIGSTOP || sig == SPLIT_PARK_SIGNAL) return false;
  return !action->handler || action->handler != SPLIT->lower_signal_entry;
}

static void save_actions(struct save_stream *to) {
  struct kernel_sigaction action[SPLIT_NSIG];
  uint32_t count = 0;
  for (long sig = 1; sig < SPLIT_NSIG; sig++) {
    RAW4(SYS_rt_sigaction, sig, NULL, &action[sig], KERNEL_MASK_SIZE);
    count += is_of_program(sig, &action[sig]);
  }
  save_u32(to, count);
  for (uint32_t sig = 1; sig < SPLIT_NSIG; sig++) {
    if (!is_of_program(sig, &action[sig])) continue;
    save_u32(to, sig);
    save_bytes(to, &action[sig], sizeof action[sig]);
  }
}

/* What the lower half here has installed stays where the program had the default: as natively, when it had asked for nothing. */
static int restore_actions(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  for (uint32_t count = load_u32(from); count > 0 && !from->failed; count--) {
    struct kernel_sigaction action, now;
    long sig = load_u32(from);
    load_bytes(from, &action, sizeof action);
    if (from->failed) break;
    RAW4(SYS_rt_sigaction, sig, NULL, &now, KERNEL_MASK_SIZE);
    if (action.handler == (uint64_t)SIG_DFL && !is_of_program(sig, &now)) continue;
    long result = RAW4(SYS_rt_sigaction, sig, &action, NULL, KERNEL_MASK_SIZE);
    if (raw_failed(result)) return state_refuse(why, "the action of signal %ld: %s", sig, strerror((int)-result));
  }
  return 0;
}

/* --- Waiting ----------------------------------------------------------------------------------------------------------------- */

/* man 5 proc: `line` is "ShdPnd:", of the process, or "SigPnd:", of the thread alone. */
static uint64_t pending_in(const char *status, const char *line) {
  char text[TEXT_SIZE];
  if (!read_text(status, text, sizeof text)) return 0;
  const char *at = strstr(text, line);
  return at ? strtoull(at + strlen(line), NULL, 16) : 0;
}
static uint64_t pending_of_process(void) {
  return pending_in("/proc/self/status", "ShdPnd:");
}

bool state_signals_came(void) {
  for (const struct parked_thread *t = STATE->parked; t; t = t->next) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/status", t->tid);
    if (pending_in(path, "SigPnd:") & ~(1ull << (SPLIT_PARK_SIGNAL - 1))) return true;
  }
  return false;
}

/* The kernel shows them only to who takes them. All signals are blocked, as in all threads of the lower half. How many were taken, or -1. */
static int take_waiting(char why[STATE_WHY_SIZE]) {
  static const int64_t at_once[2] = {0, 0};
  uint64_t set = pending_of_process() & ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1));
  int taken = 0;
  while (
      set && STATE->waiting_count < WAITING_SIGNALS &&
      !raw_failed(RAW4(SYS_rt_sigtimedwait, &set, &STATE->waiting[STATE->waiting_count], at_once, KERNEL_MASK_SIZE))) {
    STATE->waiting_count++;
    taken++;
  }
  if (STATE->waiting_count == WAITING_SIGNALS)
    return state_refuse(why, "%d signals or more wait until the program unblocks them", WAITING_SIGNALS);
  return taken;
}

/* --- Interval timers --------------------------------------------------------------------------------------------------------- */

static void save_interval_timers(struct save_stream *to) {
  for (int i = 0; i < INTERVAL_TIMERS; i++) {
    int64_t value[4] = {0};
    RAW2(SYS_getitimer, i, value);
    save_bytes(to, value, sizeof value);
  }
}
static void restore_interval_timers(struct save_stream *from) {
  for (int i = 0; i < INTERVAL_TIMERS; i++) {
    int64_t value[4];
    load_bytes(from, value, sizeof value);
    if (!from->failed) RAW3(SYS_setitimer, i, value, NULL);
  }
}

/* --- POSIX timers -------------------------------------------------------------------------------------------------------------- */

struct timer {
  uint32_t id;
  int32_t clock;
  struct kernel_sigevent event;
  struct kernel_itimerspec spec;
};

/* A CPU clock of another thread or process holds its number: ~id << 3 | kind, linux/posix-timers.h. */
static int32_t clock_with(int32_t clock, int32_t (*translate)(int32_t)) {
  if (clock >= 0 || (clock & 7) == 3 /* a descriptor's */) return clock;
  int32_t id = ~(clock >> 3);
  return id > 0 ? (int32_t)(~(uint32_t)translate(id) << 3 | ((uint32_t)clock & 7)) : clock;
}

/* One block of /proc/self/timers, man 5 proc; the start of the next, NULL at the end. */
static const char *read_timer(const char *text, struct timer *timer, bool *good) {
  char notify[16], whom[8];
  unsigned long long value;
  int signal, thread;
  const char *at = strncmp(text, "ID:", 3) == 0 ? text : strstr(text, "\nID:");
  *good = true;
  if (!at) return NULL;
  if (*at == '\n') at++;
  *timer = (struct timer){0};
  *good = sscanf(at, "ID: %u signal: %d/%llx notify: %15[^/]/%7[^.].%d ClockID: %d", &timer->id, &signal, &value,
                 notify, whom, &thread, &timer->clock) == 7;
  bool none = strcmp(notify, "none") == 0, to_thread = strcmp(whom, "tid") == 0;
  timer->event = (struct kernel_sigevent){.value = value,
                                          .signal = signal,
                                          .notify = (none ? NOTIFY_NONE : 0) | (to_thread ? NOTIFY_THREAD : 0),
                                          .thread = to_thread ? tid_old(thread) : 0};
  if (!raw_failed(RAW2(SYS_timer_gettime, timer->id, &timer->spec))) return at + 3;
  *good = false;
  return at + 3;
}

/* Of a date on the wall's clock that date is kept, and not how far it is: the time until a restart counts. */
static bool make_date(const struct timer *timer, struct kernel_itimerspec *spec) {
  struct timespec now;
  if (timer->id >= TIMERS_KNOWN || !(STATE->absolute_timer[timer->id / 64] >> (timer->id % 64) & 1)) return false;
  if (timer->clock != CLOCK_REALTIME && timer->clock != CLOCK_REALTIME_ALARM) return false;
  if (spec->value[0] == 0 && spec->value[1] == 0) return false; /* it is off */
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t ns = spec->value[1] + now.tv_nsec;
  spec->value[0] += now.tv_sec + ns / SECOND;
  spec->value[1] = ns % SECOND;
  return true;
}

static void save_timer(const struct timer *timer, struct save_stream *to) {
  struct kernel_itimerspec spec = timer->spec;
  bool date = make_date(timer, &spec);
  save_u32(to, timer->id);
  save_u32(to, (uint32_t)clock_with(timer->clock, tid_old));
  save_u32(to, (uint32_t)timer->event.notify | (date ? IS_DATE : 0));
  save_u32(to, (uint32_t)timer->event.signal);
  save_u32(to, (uint32_t)timer->event.thread);
  save_u64(to, timer->event.value);
  save_bytes(to, &spec, sizeof spec);
}

static int save_timers(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  char text[TEXT_SIZE];
  struct save_stream timers = {0};
  struct timer timer;
  uint32_t count = 0;
  bool good = true;
  /* A kernel without the file (CONFIG_CHECKPOINT_RESTORE) does not say which timers there are; most programs have none. */
  if (read_text("/proc/self/timers", text, sizeof text)) {
    if (strlen(text) + 1 == sizeof text) return state_refuse(why, "the program has too many POSIX timers");
    for (const char *at = text; (at = read_timer(at, &timer, &good)) && good; count++) save_timer(&timer, &timers);
  }
  save_u32(to, count);
  save_bytes(to, timers.data, timers.length);
  bool failed = timers.failed;
  save_free(&timers);
  if (!good) return state_refuse(why, "POSIX timer %u: the kernel does not say what it is", timer.id);
  return failed ? state_refuse(why, "out of memory while saving timers") : 0;
}

/* The kernel counts identifiers up from 0; the program knows its timer by that number. */
static long create_with_id(const struct timer *timer) {
  struct kernel_sigevent event = timer->event;
  if (event.notify & NOTIFY_THREAD) event.thread = tid_new(event.thread);
  int32_t got = (int32_t)timer->id;
  if (!raw_failed(RAW5(SYS_prctl, RESTORE_IDS, 1, 0, 0, 0))) {
    long result = RAW3(SYS_timer_create, timer->clock, &event, &got);
    RAW5(SYS_prctl, RESTORE_IDS, 0, 0, 0, 0);
    return result;
  }
  if (timer->id > TIMERS_MAX) return -EBUSY; /* it would take too long */
  for (long tries = 0; tries <= (long)timer->id; tries++) {
    long result = RAW3(SYS_timer_create, timer->clock, &event, &got);
    if (raw_failed(result) || got == (int32_t)timer->id) return result;
    RAW1(SYS_timer_delete, got);
    if (got > (int32_t)timer->id) break;
  }
  return -EBUSY;
}

static int restore_timers(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  for (uint32_t count = load_u32(from); count > 0 && !from->failed; count--) {
    struct timer timer = {0};
    timer.id = load_u32(from);
    timer.clock = clock_with((int32_t)load_u32(from), tid_new);
    timer.event.notify = (int32_t)load_u32(from);
    timer.event.signal = (int32_t)load_u32(from);
    timer.event.thread = (int32_t)load_u32(from);
    timer.event.value = load_u64(from);
    load_bytes(from, &timer.spec, sizeof timer.spec);
    if (from->failed || timer.id > INT32_MAX) return state_refuse(why, "the saved timers are damaged");
    int flags = timer.event.notify & IS_DATE ? TIMER_ABSTIME : 0;
    timer.event.notify &= ~IS_DATE;
    long result = create_with_id(&timer);
    if (!raw_failed(result)) result = RAW4(SYS_timer_settime, timer.id, flags, &timer.spec, NULL);
    if (raw_failed(result))
      return state_refuse(why, "POSIX timer %u cannot be made again: %s", timer.id, strerror((int)-result));
  }
  return 0;
}

/* --- All ------------------------------------------------------------------------------------------------------------------------ */

/* A timer that expires meanwhile must not be saved both as a signal and as still to come, nor as neither: it is not when no signal came since
 * the timers were read. (Where they come too fast for that, another tick is soon to come.) */
static int save_waiting_and_timers(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  struct save_stream timers = {0};
  int taken = take_waiting(why), result = 0;
  for (int tries = 0; tries < TAKE_TRIES && taken >= 0 && result == 0; tries++) {
    save_free(&timers);
    save_interval_timers(&timers);
    result = save_timers(&timers, why);
    taken = take_waiting(why);
    if (taken == 0) break;
  }
  save_bytes(to, timers.data, timers.length);
  to->failed |= timers.failed;
  save_free(&timers);
  return taken < 0 ? -1 : result;
}

int state_signals_save(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  save_u32(to, FORM);
  save_actions(to);
  if (save_waiting_and_timers(to, why) != 0) return -1;
  return to->failed ? state_refuse(why, "out of memory while saving signals") : 0;
}

int state_signals_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  uint32_t form = load_u32(from);
  if (form != FORM) return state_refuse(why, "the saved signals are of an unknown form (%u)", form);
  if (restore_actions(from, why) != 0) return -1;
  restore_interval_timers(from);
  if (restore_timers(from, why) != 0) return -1;
  return load_done(from) ? 0 : state_refuse(why, "the saved signals are damaged");
}
