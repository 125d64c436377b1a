/* Numbers and clocks as after a restart: the program has those it knew, whatever the kernel's are. Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/wait.h>

#include "parking.h"

enum { OLD_PID = 3999999, OLD_TID = 3999998, OLD_PARENT = 3999997 };
enum {
  MAIN_CPU = 1000,
  MAIN_SYSTEM = 300,
  OTHER_CPU = 2000,
  PROCESS_CPU = 3000,
  USER = 4000,
  SYSTEM = 5000,
  CHILDREN = 6000
}; /* seconds */
static int other_tid;
static sem_t other_runs, other_ends;
static void *other(void *unused) {
  other_tid = gettid();
  sem_post(&other_runs);
  sem_wait(&other_ends);
  EXPECT(gettid() == OLD_TID && raise(SIGUSR1) == 0);
  return unused;
}

static bool opens(const char *form, int number) {
  char path[64];
  snprintf(path, sizeof path, form, number);
  int fd = open(path, O_RDONLY);
  struct stat info;
  struct statx more;
  bool looked = stat(path, &info) == 0 && lstat(path, &info) == 0 && access(path, F_OK) == 0 &&
                faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 && statx(AT_FDCWD, path, 0, 0, &more) == 0;
  EXPECT(looked == (fd >= 0));
  if (fd >= 0) close(fd);
  return fd >= 0;
}
static void paths_with_numbers(void) {
  char target[4096], folder[4096], path[64];
  EXPECT(opens("/proc/%d/statm", OLD_PID) && opens("/proc/%d", OLD_PID) && opens("/proc/self/task/%d/comm", OLD_TID));
  EXPECT(opens("/proc/%1$d/task/%1$d/stat", OLD_PID) && opens("/proc/%d/self", 0) == false);
  EXPECT(!opens("/proc/%d/statm", OLD_PID + 7) && !opens("/proc/%dx/statm", OLD_PID) && opens("/proc/self/statm", 0));
  snprintf(path, sizeof path, "/proc/%d/cwd", OLD_PID);
  ssize_t length = readlink(path, target, sizeof target - 1);
  EXPECT(length > 0 && getcwd(folder, sizeof folder));
  target[length > 0 ? length : 0] = 0;
  EXPECT(strcmp(target, folder) == 0);
}

static long seconds_of(clockid_t clock) {
  struct timespec time = {0};
  EXPECT(clock_gettime(clock, &time) == 0);
  return time.tv_sec;
}
#define ABOUT(value, seconds) ((value) >= (seconds) && (value) < (seconds) + LONG_S)
/* A timer that a restart must have shifted: else it would fire when all of what was used before has been used again. */
static void cpu_timer(void) {
  struct itimerspec when = {.it_value = after(CLOCK_PROCESS_CPUTIME_ID, 30)};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  timer_t timer;
  int before = handled;
  EXPECT(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) == 0);
  EXPECT(timer_settime(timer, TIMER_ABSTIME, &when, NULL) == 0);
  while (handled == before && seconds_of(CLOCK_PROCESS_CPUTIME_ID) < PROCESS_CPU + LONG_S) {
  }
  EXPECT(handled == before + 1);
  handled = before;
  timer_delete(timer);
}
/* CPU clocks and usage go on from where they were; those of a child begin anew. */
static void used(void) {
  struct rusage usage;
  struct tms ticks;
  STATE->cpu_offset = PROCESS_CPU * (int64_t)NS;
  STATE->used = (struct usage){
      .user = USER * 1000000ll, .system = SYSTEM * 1000000ll, .most_memory = 1ll << 40, .count = {[3] = 77777}};
  STATE->used_by_children = (struct usage){.user = CHILDREN * 1000000ll};
  EXPECT(ABOUT(seconds_of(CLOCK_PROCESS_CPUTIME_ID), PROCESS_CPU) && ABOUT(clock() / CLOCKS_PER_SEC, PROCESS_CPU));
  EXPECT(ABOUT(seconds_of((clockid_t)(~(unsigned)OLD_PID << 3 | 2)), PROCESS_CPU));
  EXPECT(ABOUT(seconds_of(CLOCK_THREAD_CPUTIME_ID), MAIN_CPU));
  EXPECT(ABOUT(seconds_of((clockid_t)(~(unsigned)OLD_TID << 3 | 6)), OTHER_CPU));
  EXPECT(getrusage(RUSAGE_SELF, &usage) == 0 && ABOUT(usage.ru_utime.tv_sec, USER) &&
         ABOUT(usage.ru_stime.tv_sec, SYSTEM));
  EXPECT(usage.ru_maxrss == 1ll << 40 && usage.ru_minflt + usage.ru_majflt + usage.ru_nswap > 77777);
  EXPECT(getrusage(RUSAGE_CHILDREN, &usage) == 0 && ABOUT(usage.ru_utime.tv_sec, CHILDREN));
  EXPECT(getrusage(RUSAGE_THREAD, &usage) == 0 && ABOUT(usage.ru_utime.tv_sec, MAIN_CPU - MAIN_SYSTEM) &&
         ABOUT(usage.ru_stime.tv_sec, MAIN_SYSTEM));
  EXPECT(times(&ticks) != -1 && ABOUT(ticks.tms_utime / 100, USER) && ABOUT(ticks.tms_cutime / 100, CHILDREN));
  cpu_timer();
  pid_t child = fork();
  if (child == 0)
    _exit(seconds_of(CLOCK_PROCESS_CPUTIME_ID) < LONG_S && getrusage(RUSAGE_SELF, &usage) == 0 &&
                  usage.ru_utime.tv_sec < LONG_S
              ? 0
              : 1);
  int status;
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

static void numbers(void) {
  pthread_t thread;
  cpu_set_t cpus;
  struct timespec time;
  int real = getpid(), parent = getppid();
  struct sigaction action = {.sa_handler = handle};
  char path[40], exe[100];
  sem_init(&other_runs, 0, 0);
  sem_init(&other_ends, 0, 0);
  pthread_create(&thread, NULL, other, NULL);
  sem_wait(&other_runs);
  EXPECT(tid_map(OLD_PID, real, (struct cpu_time){MAIN_CPU * (int64_t)NS, MAIN_SYSTEM * 1000000ll}) == 0 &&
         tid_map(OLD_TID, other_tid, (struct cpu_time){OTHER_CPU * (int64_t)NS, 0}) == 0 &&
         tid_map(OLD_PARENT, parent, (struct cpu_time){0, 0}) == 0);
  STATE->restarted = 1;
  handled = 0;
  sigaction(SIGUSR1, &action, NULL);
  EXPECT(getpid() == OLD_PID && gettid() == OLD_PID && getppid() == OLD_PARENT);
  EXPECT(kill(OLD_PID, SIGUSR1) == 0 && raise(SIGUSR1) == 0 && handled == 2);
  EXPECT(tgkill(OLD_PID, OLD_TID, 0) == 0 && syscall(SYS_tkill, OLD_TID, 0) == 0 &&
         tgkill(OLD_PID, OLD_TID + 7, 0) == -1);
  EXPECT(sigqueue(OLD_PID, SIGUSR1, (union sigval){.sival_int = 1}) == 0 && handled == 3);
  EXPECT(sched_getaffinity(OLD_TID, sizeof cpus, &cpus) == 0 && sched_setaffinity(OLD_TID, sizeof cpus, &cpus) == 0);
  EXPECT(sched_getscheduler(OLD_PID) == SCHED_OTHER && getsid(OLD_PID) == getsid(0));
  EXPECT(clock_gettime((clockid_t)(~(unsigned)OLD_PID << 3 | 2), &time) == 0); /* CPU clock of the process */
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
  event._sigev_un._tid = OLD_TID;
  timer_t timer;
  EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_delete(timer) == 0);
  snprintf(path, sizeof path, "/proc/%d/exe", OLD_PID);
  ssize_t length = readlink(path, exe, sizeof exe);
  EXPECT(length > 9 && memcmp(exe + length - 9, "restarted", 9) == 0);
  pid_t child = fork();
  if (child == 0) _exit(getppid() == OLD_PID && getpid() != OLD_PID && kill(getppid(), 0) == 0 ? 0 : 1);
  int status;
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
  paths_with_numbers();
  used();
  sem_post(&other_ends);
  pthread_join(thread, NULL);
  EXPECT(handled == 4);
}

static int timer_descriptor(clockid_t clock) {
  struct itimerspec when = {.it_value = after(clock, WAIT_MS)};
  uint64_t ticks;
  int fd = timerfd_create(clock, 0);
  EXPECT(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
  int good = read(fd, &ticks, sizeof ticks) == sizeof ticks && ticks == 1;
  close(fd);
  return good;
}
static int timer(clockid_t clock) {
  struct itimerspec when = {.it_value = after(clock, WAIT_MS)};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
  sigset_t set;
  timer_t timer;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  for (int i = 0; i < 300; i++)
    EXPECT(timer_create(clock, &event, &timer) == 0 && timer_delete(timer) == 0); /* its number is high */
  EXPECT(timer_create(clock, &event, &timer) == 0 && timer_settime(timer, TIMER_ABSTIME, &when, NULL) == 0);
  int good = sigwaitinfo(&set, &info) == SIGUSR2;
  timer_delete(timer);
  return good;
}
/* A wait until a time that comes two minutes sooner, when a restart has changed what the kernel's clock and the program's differ by. */
static void *shift_clocks(void *unused) {
  usleep(WAIT_MS / 2 * 1000);
  STATE->monotonic_offset += 2ll * LONG_S * NS;
  return unused;
}
static void until_a_restart(int (*wait)(const struct timespec *)) {
  pthread_t restart;
  struct timespec time = after(CLOCK_MONOTONIC, 2 * LONG_S * 1000 + WAIT_MS);
  MUST(pthread_create(&restart, NULL, shift_clocks, NULL) == 0);
  EXPECT(wait(&time));
  struct timespec now = after(CLOCK_MONOTONIC, 0);
  EXPECT(now.tv_sec < time.tv_sec + LONG_S);
  pthread_join(restart, NULL);
}
static int sleeps_until(const struct timespec *time) {
  return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, time, NULL) == 0;
}
static int waits_until(const struct timespec *time) {
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  return sem_clockwait(&semaphore, CLOCK_MONOTONIC, time) == -1 && errno == ETIMEDOUT;
}

static void clocks(void) {
  struct timespec before, between, later;
  sigset_t of_timers;
  sigemptyset(&of_timers);
  sigaddset(&of_timers, SIGUSR2);
  sigprocmask(SIG_BLOCK, &of_timers, NULL);
  clock_gettime(CLOCK_MONOTONIC, &before);
  clock_gettime(CLOCK_BOOTTIME, &between);
  STATE->restarted = 1;
  STATE->monotonic_offset = 1000ll * NS;
  clock_gettime(CLOCK_MONOTONIC, &later);
  EXPECT(later.tv_sec >= before.tv_sec + 1000 && later.tv_sec <= before.tv_sec + 1000 + LONG_S);
  syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &later);
  EXPECT(later.tv_sec >= between.tv_sec + 1000 && later.tv_sec <= between.tv_sec + 1000 + LONG_S);
  EXPECT(clock_gettime(CLOCK_REALTIME, &later) == 0 && later.tv_sec - time(NULL) < LONG_S);
  WAITS(until(CLOCK_MONOTONIC) == 0);
  WAITS(until(CLOCK_BOOTTIME) == 0);
  WAITS(until(CLOCK_REALTIME) == 0);
  WAITS(condition(CLOCK_MONOTONIC) == ETIMEDOUT);
  WAITS(condition(CLOCK_REALTIME) == ETIMEDOUT);
  WAITS(semaphore(CLOCK_MONOTONIC) == -1 && errno == ETIMEDOUT);
  WAITS(timer_descriptor(CLOCK_MONOTONIC));
  WAITS(timer_descriptor(CLOCK_REALTIME));
  WAITS(timer(CLOCK_MONOTONIC));
  WAITS(timer(CLOCK_REALTIME));
  WAITS(nanosleep(&span, NULL) == 0);
  WAITS(poll(NULL, 0, WAIT_MS) == 0);
  until_a_restart(sleeps_until);
  until_a_restart(waits_until);
}

int main(void) {
  while_parked(clocks);
  numbers();
  SAY("done");
  return 0;
}
