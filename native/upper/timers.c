/* Timers with absolute times on clocks that a restart has shifted: what the kernel is to be told. Which clock a timer has the kernel knows, in
 * /proc; it is asked only after a restart. No thread parks with that file open: it would be saved as the program's. */
#include <fcntl.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>

#include "hooks.h"

enum { SIGEV_TO_THREAD = 4 }; /* SIGEV_THREAD_ID, man 2 timer_create */
enum { LINE_SIZE = 64, NONE = INT32_MIN };

/* --- What /proc says ----------------------------------------------------------------------------------------------------- */

struct lines {
  long file;
  int at, end;
  char buffer[256];
};

NO_PARK static int next_byte(struct lines *lines) {
  if (lines->at == lines->end) {
    long got = RAW3(SYS_read, lines->file, lines->buffer, sizeof lines->buffer);
    lines->at = 0;
    lines->end = raw_failed(got) ? 0 : (int)got;
    if (lines->end == 0) return -1;
  }
  return (unsigned char)lines->buffer[lines->at++];
}
/* The next line, cut to what fits. */
NO_PARK static bool next_line(struct lines *lines, char line[LINE_SIZE]) {
  int n = 0, byte;
  while ((byte = next_byte(lines)) >= 0 && byte != '\n') {
    if (n < LINE_SIZE - 1) line[n++] = (char)byte;
  }
  line[n] = 0;
  return byte >= 0 || n > 0;
}

/* Is `line` key and number? */
NO_PARK static bool has_number(const char *line, const char *key, int32_t *number) {
  while (*key && *line == *key) key++, line++;
  if (*key) return false;
  while (*line == ' ' || *line == '\t') line++;
  bool negative = *line == '-';
  int32_t value = 0;
  for (line += negative; *line >= '0' && *line <= '9'; line++) value = value * 10 + *line - '0';
  *number = negative ? -value : value;
  return true;
}

/* The number behind `key` in a file of /proc; where `section` is given, in the part that begins with that key and the number `of`. NONE: there is none. */
NO_PARK static int32_t number_in(const char *path, const char *section, int32_t of, const char *key) {
  struct lines lines = {.file = RAW4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)};
  char line[LINE_SIZE];
  int32_t number, found = NONE;
  bool inside = !section;
  if (raw_failed(lines.file)) return NONE;
  while (found == NONE && next_line(&lines, line)) {
    if (section && has_number(line, section, &number)) inside = number == of;
    if (inside && has_number(line, key, &number)) found = number;
  }
  RAW1(SYS_close, lines.file);
  return found;
}

/* man 5 proc: /proc/self/timers, by the program's number where the clock has one. */
NO_PARK static int32_t clock_of_timer(int32_t timer) {
  int32_t clock = number_in("/proc/self/timers", "ID:", timer, "ClockID:");
  return clock == NONE ? NONE : identity_clock_of_program(clock);
}
NO_PARK static int32_t clock_of_descriptor(uint32_t fd) {
  char path[40] = "/proc/self/fdinfo/", digits[12];
  int n = 0, at = 18;
  for (uint32_t rest = fd; n == 0 || rest; rest /= 10) digits[n++] = (char)('0' + rest % 10);
  while (n) path[at++] = digits[--n];
  path[at] = 0;
  return number_in(path, NULL, 0, "clockid:");
}

/* --- The calls ----------------------------------------------------------------------------------------------------------- */

/* timer_create(clock, event, id). The clock of the calling thread is passed by the thread's number, so that the kernel says whose it is, and a
 * restart knows it. */
NO_PARK long hook_timer_create(const struct hook_call *call) {
  struct hook_call changed = *call;
  struct {
    uint64_t value;
    int32_t signal, notify, thread, rest[11];
  } event; /* struct sigevent of the kernel, 64 bytes */
  _Static_assert(sizeof event == 64, "as the kernel reads it");
  bool mine = (int32_t)call->a == CLOCK_THREAD_CPUTIME_ID;
  changed.a = mine ? clocks_of_thread((int32_t)RAW0(SYS_gettid)) : identity_clock((int32_t)call->a);
  if (STATE->restarted && (uint64_t)call->b >= PAGE) {
    __builtin_memcpy(&event, (const void *)call->b, sizeof event);
    if (event.notify & SIGEV_TO_THREAD) event.thread = tid_new(event.thread);
    changed.b = (long)&event;
  }
  return hook_pass(&changed);
}

/* A struct itimerspec with an absolute first time, {interval, value}, as the kernel shall have it. */
NO_PARK static long settime_absolute(const struct hook_call *call, int32_t clock) {
  const int64_t *wanted = (const int64_t *)call->c;
  struct hook_call changed = *call;
  int64_t times[4];
  if ((uint64_t)wanted < PAGE || (wanted[2] == 0 && wanted[3] == 0)) return hook_pass(call); /* disarms */
  times[0] = wanted[0];
  times[1] = wanted[1];
  if (clocks_to_kernel(clock, wanted + 2, times + 2) != times + 2) return hook_pass(call);
  if (times[2] == 0 && times[3] == 0) times[3] = 1; /* long past, and not "never" */
  changed.c = (long)times;
  return hook_pass(&changed);
}

/* timer_settime(id, flags, new, old). The kernel does not say afterwards which it was: a date stays one over a restart, a span does not. */
NO_PARK long hook_timer_settime(const struct hook_call *call) {
  bool absolute = call->b & TIMER_ABSTIME;
  uint32_t id = (uint32_t)call->a;
  long result = STATE->restarted && absolute ? settime_absolute(call, clock_of_timer((int32_t)id)) : hook_pass(call);
  if (raw_failed(result) || id >= TIMERS_KNOWN) return result;
  uint64_t *word = &STATE->absolute_timer[id / 64], bit = 1ull << (id % 64);
  if (absolute) {
    __atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
  } else {
    __atomic_fetch_and(word, ~bit, __ATOMIC_RELAXED);
  }
  return result;
}

/* timerfd_settime(fd, flags, new, old) */
NO_PARK long hook_timerfd_settime(const struct hook_call *call) {
  if (!STATE->monotonic_offset || !(call->b & TFD_TIMER_ABSTIME)) return hook_pass(call);
  return settime_absolute(call, clock_of_descriptor((uint32_t)call->a));
}
