/* Waits, masks and handlers under the park signal, and numbers and clocks as after a restart. Runs split only, with fake_proxy.c below,
 * built with the core's attach.c. Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "below_load.h"
#include "state.h"

enum { WAIT_MS = 120, LONG_S = 60, PARK_EVERY_MS = 15, NS = 1000000000 };

static void load(void) {
  int unused;
  below_load();
  MANA_CROSS(unused, (BELOW(void (*)(void), BELOW_TAKE_PARK)(), 0));
  (void)unused;
}
static int parked(void) {
  int result;
  MANA_CROSS(result, BELOW(int (*)(void), BELOW_PARKED)());
  return result;
}

static int main_tid, stop;
static void *park_often(void *unused) {
  struct timespec rest = {0, PARK_EVERY_MS * 1000000l};
  int result;
  while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
    nanosleep(&rest, NULL);
    MANA_CROSS(result, BELOW(int (*)(int), BELOW_PARK)(main_tid));
    EXPECT(result == 0);
  }
  return unused;
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}
static double started;
static int parks;
static void begin(void) {
  parks = parked();
  started = now_ms();
}
/* The wait took its time, neither shortened nor begun anew by the signals that came (then it would never end), and those did come. The bound above
 * is far, for a busy machine is no mistake of ours. */
#define EXPECT_WAITED(ms)                                                                                              \
  do {                                                                                                                 \
    double took_ = now_ms() - started;                                                                                 \
    EXPECT(took_ > (ms)-3 && took_ < LONG_S * 1000);                                                                   \
    EXPECT(parked() - parks >= 2);                                                                                     \
  } while (0)
#define WAITS(expression)                                                                                              \
  do {                                                                                                                 \
    begin();                                                                                                           \
    errno = 0;                                                                                                         \
    EXPECT(expression);                                                                                                \
    EXPECT_WAITED(WAIT_MS);                                                                                            \
  } while (0)

static struct timespec after(clockid_t clock, int ms) {
  struct timespec time;
  clock_gettime(clock, &time);
  int64_t sum = time.tv_sec * (int64_t)NS + time.tv_nsec + ms * 1000000ll;
  return (struct timespec){sum / NS, sum % NS};
}
static const struct timespec span = {0, WAIT_MS * 1000000l};

static int until(clockid_t clock) {
  struct timespec time = after(clock, WAIT_MS);
  return clock_nanosleep(clock, TIMER_ABSTIME, &time, NULL);
}
static int condition(clockid_t clock) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  struct timespec time = after(clock, WAIT_MS);
  pthread_mutex_lock(&mutex);
  return pthread_cond_clockwait(&condition, &mutex, clock, &time);
}
static int semaphore(clockid_t clock) {
  sem_t semaphore;
  struct timespec time = after(clock, WAIT_MS);
  sem_init(&semaphore, 0, 0);
  return sem_clockwait(&semaphore, clock, &time);
}
static int futex_relative(void) {
  int word = 0;
  return (int)syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &span, NULL, 0);
}
static int system_semaphore(void) {
  int id = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf down = {0, -1, 0};
  int result = semtimedop(id, &down, 1, &span);
  int error = errno;
  semctl(id, 0, IPC_RMID);
  errno = error;
  return result;
}
static int receive(void) {
  int pair[2];
  char byte;
  struct timeval limit = {0, WAIT_MS * 1000};
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  MUST(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  ssize_t got = recv(pair[0], &byte, 1, 0);
  int error = errno;
  close(pair[0]);
  close(pair[1]);
  errno = error;
  return (int)got;
}

static void timed_waits(void) {
  struct timeval left = {0, WAIT_MS * 1000};
  struct timespec rest;
  struct epoll_event event;
  sigset_t all, one;
  int poller = epoll_create1(0);
  sigfillset(&all);
  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  sigaddset(&one, SPLIT_PARK_SIGNAL);
  WAITS(poll(NULL, 0, WAIT_MS) == 0);
  WAITS(ppoll(NULL, 0, &span, &all) == 0);
  WAITS(select(0, NULL, NULL, NULL, &left) == 0);
  WAITS(pselect(0, NULL, NULL, NULL, &span, &all) == 0);
  WAITS(epoll_wait(poller, &event, 1, WAIT_MS) == 0);
  WAITS(epoll_pwait(poller, &event, 1, WAIT_MS, &all) == 0);
  WAITS(syscall(SYS_epoll_pwait2, poller, &event, 1, &span, &all, 8) == 0);
  WAITS(nanosleep(&span, &rest) == 0);
  WAITS(usleep(WAIT_MS * 1000) == 0);
  WAITS(clock_nanosleep(CLOCK_REALTIME, 0, &span, &rest) == 0);
  WAITS(until(CLOCK_MONOTONIC) == 0);
  WAITS(until(CLOCK_REALTIME) == 0);
  WAITS(condition(CLOCK_MONOTONIC) == ETIMEDOUT);
  WAITS(semaphore(CLOCK_REALTIME) == -1 && errno == ETIMEDOUT);
  WAITS(semaphore(CLOCK_MONOTONIC) == -1 && errno == ETIMEDOUT);
  WAITS(futex_relative() == -1 && errno == ETIMEDOUT);
  WAITS(sigtimedwait(&one, NULL, &span) == -1 && errno == EAGAIN);
  WAITS(system_semaphore() == -1 && errno == EAGAIN);
  WAITS(receive() == -1 && errno == EAGAIN);
  close(poller);
}

static volatile int handled;
static void handle(int sig) {
  (void)sig;
  handled++;
}
static void alarm_in(int ms) {
  struct itimerval once = {{0, 0}, {0, ms * 1000}};
  setitimer(ITIMER_REAL, &once, NULL);
}
/* A handler of the program ends a wait as natively, after any number of parks. */
static void ended_by_the_program(void) {
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  struct timespec long_time = {LONG_S, 0}, rest = {0, 0};
  struct timespec time = after(CLOCK_MONOTONIC, LONG_S * 1000);
  sigset_t none;
  int poller = epoll_create1(0), word = 0;
  struct epoll_event event;
  sigemptyset(&none);
  sigaction(SIGALRM, &action, NULL);
  alarm_in(WAIT_MS);
  WAITS(nanosleep(&long_time, &rest) == -1 && errno == EINTR);
  EXPECT(rest.tv_sec > 0 &&
         rest.tv_sec * (int64_t)NS + rest.tv_nsec <= LONG_S * (int64_t)NS - (WAIT_MS - 5) * 1000000l);
  alarm_in(WAIT_MS);
  WAITS(poll(NULL, 0, LONG_S * 1000) == -1 && errno == EINTR);
  alarm_in(WAIT_MS);
  WAITS(epoll_wait(poller, &event, 1, LONG_S * 1000) == -1 && errno == EINTR);
  alarm_in(WAIT_MS);
  WAITS(pause() == -1 && errno == EINTR);
  alarm_in(WAIT_MS);
  WAITS(sigsuspend(&none) == -1 && errno == EINTR);
  alarm_in(WAIT_MS);
  WAITS(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR);
  alarm_in(WAIT_MS);
  WAITS(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &long_time, NULL, 0) == -1 && errno == EINTR);
  EXPECT(handled == 7);
  close(poller);
}

/* It arrives whatever is blocked, and nothing of the program takes it. */
static void cannot_be_blocked(void) {
  sigset_t all, old, now;
  sigfillset(&all);
  EXPECT(sigprocmask(SIG_SETMASK, &all, &old) == 0);
  EXPECT(sigprocmask(SIG_BLOCK, &all, &now) == 0 && !sigismember(&now, SPLIT_PARK_SIGNAL) &&
         sigismember(&now, SIGUSR1));
  WAITS(poll(NULL, 0, WAIT_MS) == 0);
  EXPECT(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
  int taker = signalfd(-1, &all, SFD_NONBLOCK);
  struct signalfd_siginfo info;
  WAITS(poll(NULL, 0, WAIT_MS) == 0);
  EXPECT(read(taker, &info, sizeof info) == -1 && errno == EAGAIN);
  close(taker);
  struct sigaction action = {.sa_handler = handle}, before;
  sigfillset(&action.sa_mask);
  EXPECT(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR1, NULL, &before) == 0);
  EXPECT(!sigismember(&before.sa_mask, SPLIT_PARK_SIGNAL) && sigismember(&before.sa_mask, SIGUSR2));
}
/* Threads that libc makes with all signals blocked, for timers, can be parked too. */
static void nothing(union sigval unused) {
  (void)unused;
}
static int parkable_threads(void) {
  int threads = 0;
  DIR *folder = opendir("/proc/self/task");
  for (struct dirent *entry; (entry = readdir(folder));) {
    char path[300], text[4096];
    snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
    FILE *file = fopen(path, "r");
    size_t got = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[got] = 0;
    if (file) fclose(file);
    const char *blocked = strstr(text, "SigBlk:");
    if (!blocked || !strstr(text, "parking")) continue; /* none, or the lower half's */
    threads += !(strtoull(blocked + 7, NULL, 16) >> (SPLIT_PARK_SIGNAL - 1) & 1);
  }
  closedir(folder);
  return threads;
}
static void cannot_be_blocked_by_libc(void) {
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = nothing};
  timer_t timer;
  MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  for (int i = 0; i < 100 && parkable_threads() < 3; i++) usleep(20000); /* it starts when it starts */
  EXPECT(parkable_threads() >= 3);
  timer_delete(timer);
}
static void cannot_be_handled(void) {
  struct sigaction action = {.sa_handler = handle}, before = {0};
  handled = 0;
  EXPECT(sigaction(SPLIT_PARK_SIGNAL, &action, &before) == 0 && before.sa_handler == SIG_DFL);
  EXPECT(sigaction(SPLIT_PARK_SIGNAL, &action, &before) == 0 && before.sa_handler == handle);
  WAITS(poll(NULL, 0, WAIT_MS) == 0);
  EXPECT(handled == 0);
}

/* --- As after a restart ------------------------------------------------------------------------------------------------ */

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
  EXPECT(length > 7 && memcmp(exe + length - 7, "parking", 7) == 0);
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
  pthread_t parker;
  load();
  main_tid = gettid();
  sigset_t all, none;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &none);
  MUST(pthread_create(&parker, NULL, park_often, NULL) == 0); /* it takes no signal that comes for the process */
  sigprocmask(SIG_SETMASK, &none, NULL);
  timed_waits();
  ended_by_the_program();
  cannot_be_blocked();
  cannot_be_blocked_by_libc();
  cannot_be_handled();
  clocks();
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  pthread_join(parker, NULL);
  numbers();
  SAY("done");
  return 0;
}
