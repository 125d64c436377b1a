/* What the kernel counts and times for a program: eventfds, timerfds, what epoll watches, POSIX timers; and threads whose waits end at
 * an absolute time, which mostly lies behind the next checkpoint. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "story.h"

enum { COUNTER, TOKENS, PIPE, TICKER, FDS, KEPT_TOKENS = 7, WAITS = 8, WAIT_MS = 400 };
static int fd[FDS], pipe_end, epoll, over;
static timer_t signalling, silent;
static volatile sig_atomic_t alarms;
static int rounds[WAITS];

/* --- waits until an absolute time --- */
static int has_come(clockid_t clock, const struct timespec *at) {
  struct timespec now = story_later(clock, 0);
  return now.tv_sec > at->tv_sec || (now.tv_sec == at->tv_sec && now.tv_nsec >= at->tv_nsec);
}
static void wait_until(int way, clockid_t clock, const struct timespec *at) {
  pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t never = PTHREAD_COND_INITIALIZER;
  struct itimerspec once = {{0, 0}, *at};
  sem_t empty;
  uint64_t expirations;
  int timer;
  switch (way / 2) {
    case 0:
      pthread_mutex_lock(&own);
      CHECK(pthread_cond_clockwait(&never, &own, clock, at) == ETIMEDOUT);
      pthread_mutex_unlock(&own);
      break;
    case 1: CHECK(sem_init(&empty, 0, 0) == 0 && sem_clockwait(&empty, clock, at) == -1 && errno == ETIMEDOUT); break;
    case 2: CHECK(clock_nanosleep(clock, TIMER_ABSTIME, at, NULL) == 0); break;
    default:
      timer = timerfd_create(clock, TFD_CLOEXEC);
      CHECK(timer >= 0 && timerfd_settime(timer, TFD_TIMER_ABSTIME, &once, NULL) == 0);
      CHECK(read(timer, &expirations, sizeof expirations) == (ssize_t)sizeof expirations && expirations == 1);
      close(timer);
  }
}
static void *wait_again_and_again(void *which) {
  int way = (int)(intptr_t)which;
  clockid_t clock = way % 2 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
    struct timespec at = story_later(clock, WAIT_MS + way * 10);
    wait_until(way, clock, &at);
    CHECK(has_come(clock, &at));
    rounds[way]++;
  }
  return NULL;
}

/* --- descriptors --- */
static void watch(int which) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0xabcdef0000000000u + (uint64_t)which};
  CHECK(fd[which] >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd[which], &event) == 0);
}
static void make_descriptors(void) {
  struct itimerspec every = {{0, 15000000}, {0, 15000000}};
  int ends[2];
  CHECK(pipe2(ends, O_NONBLOCK) == 0 && (epoll = epoll_create1(0)) >= 0);
  fd[COUNTER] = eventfd(0, EFD_NONBLOCK);
  fd[TOKENS] = eventfd(KEPT_TOKENS, EFD_NONBLOCK | EFD_SEMAPHORE);
  fd[PIPE] = ends[0], pipe_end = ends[1];
  fd[TICKER] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  for (int which = 0; which < FDS; which++) watch(which);
  CHECK(timerfd_settime(fd[TICKER], 0, &every, NULL) == 0);
}
/* Bit i: what fd[i] is has something to read, so says epoll. */
static unsigned ready(int milliseconds) {
  struct epoll_event events[FDS + 1];
  unsigned bits = 0;
  int count = epoll_wait(epoll, events, FDS + 1, milliseconds);
  while (count == -1 && errno == EINTR)
    count = epoll_wait(epoll, events, FDS + 1, milliseconds); /* our timer's signal */
  CHECK(count >= 0 && count <= FDS);
  for (int i = 0; i < count; i++) {
    CHECK(events[i].events == EPOLLIN && events[i].data.u64 >> 40 == 0xabcdef);
    bits |= 1u << (events[i].data.u64 & 0xff);
  }
  return bits;
}
/* Counts gather for five steps and are taken; tokens are handed in and out; the pipe holds a byte every other step. */
static void use_descriptors(int step) {
  const unsigned quiet = ~(1u << TICKER);
  uint64_t one = 1, got;
  char byte = (char)step;
  CHECK((ready(0) & quiet) == ((step % 5 ? 1u << COUNTER : 0) | 1u << TOKENS | (step % 2 ? 1u << PIPE : 0)));
  CHECK(write(fd[COUNTER], &one, sizeof one) == (ssize_t)sizeof one);
  if (step % 5 == 4) CHECK(read(fd[COUNTER], &got, sizeof got) == (ssize_t)sizeof got && got == 5);
  CHECK(write(fd[TOKENS], &one, sizeof one) == (ssize_t)sizeof one);
  CHECK(read(fd[TOKENS], &got, sizeof got) == (ssize_t)sizeof got && got == 1);
  if (step % 2)
    CHECK(read(fd[PIPE], &byte, 1) == 1 && byte == (char)(step - 1));
  else
    CHECK(write(pipe_end, &byte, 1) == 1);
}
static void take_all_tokens(void) {
  uint64_t got;
  for (int i = 0; i < KEPT_TOKENS; i++) CHECK(read(fd[TOKENS], &got, sizeof got) == (ssize_t)sizeof got && got == 1);
  CHECK(read(fd[TOKENS], &got, sizeof got) == -1 && errno == EAGAIN);
}

/* --- POSIX timers --- */
static void alarmed(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  CHECK(info->si_code == SI_TIMER && info->si_value.sival_ptr == &alarms);
  alarms++;
}
static void make_timers(void) {
  struct sigaction action = {.sa_sigaction = alarmed, .sa_flags = SA_SIGINFO | SA_RESTART};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
  struct itimerspec every = {{0, 10000000}, {0, 10000000}}, hour = {{0, 0}, {3600, 0}};
  event.sigev_value.sival_ptr = (void *)&alarms;
  CHECK(sigaction(SIGRTMIN + 1, &action, NULL) == 0 && timer_create(CLOCK_REALTIME, &event, &signalling) == 0);
  event = (struct sigevent){.sigev_notify = SIGEV_NONE};
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &silent) == 0);
  CHECK(timer_settime(signalling, 0, &every, NULL) == 0 && timer_settime(silent, 0, &hour, NULL) == 0);
}
/* The one goes on by itself, the other counts down, by less than an hour. */
static void use_timers(void) {
  static struct itimerspec last = {{0, 0}, {3600, 0}};
  struct itimerspec now;
  int before = alarms;
  CHECK(timer_gettime(signalling, &now) == 0 && now.it_interval.tv_nsec == 10000000);
  CHECK(timer_gettime(silent, &now) == 0 && now.it_interval.tv_nsec == 0 && now.it_value.tv_sec > 0);
  CHECK(now.it_value.tv_sec < last.it_value.tv_sec ||
        (now.it_value.tv_sec == last.it_value.tv_sec && now.it_value.tv_nsec <= last.it_value.tv_nsec));
  last = now;
  for (int tries = 0; alarms == before && tries < 10000; tries++) usleep(1000);
  CHECK(alarms > before);
}
static void wait_for_a_tick(void) {
  uint64_t expirations;
  for (int tries = 0; !(ready(1) & 1u << TICKER) && tries < 10000; tries++) usleep(1000);
  CHECK(read(fd[TICKER], &expirations, sizeof expirations) == (ssize_t)sizeof expirations && expirations > 0);
}

int main(int argc, char **argv) {
  pthread_t waiters[WAITS];
  sigset_t all, mask;
  story_begin_threads("events", &argc, &argv, MPI_THREAD_FUNNELED);
  make_descriptors();
  make_timers();
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &mask);
  for (intptr_t i = 0; i < WAITS; i++) CHECK(pthread_create(&waiters[i], NULL, wait_again_and_again, (void *)i) == 0);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  for (int step = 0; story_goes_on(step); step++) {
    use_descriptors(step);
    if (step % 10 == 9) {
      use_timers();
      wait_for_a_tick();
      MPI_Barrier(MPI_COMM_WORLD);
    }
  }
  take_all_tokens();
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  for (int i = 0; i < WAITS; i++) CHECK(pthread_join(waiters[i], NULL) == 0 && rounds[i] > 0);
  CHECK(timer_delete(signalling) == 0 && timer_delete(silent) == 0);
  story_add(&story_steps, sizeof story_steps);
  return story_end();
}
