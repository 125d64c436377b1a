/* Waits, masks and handlers of a program that is parked all the time. Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <dirent.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "parking.h"

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

static void all_waits(void) {
  timed_waits();
  ended_by_the_program();
  cannot_be_blocked();
  cannot_be_blocked_by_libc();
  cannot_be_handled();
}

int main(void) {
  while_parked(all_waits);
  SAY("done");
  return 0;
}
