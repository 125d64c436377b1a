/* Threads that block every signal there is, or wait for every one of them: whatever mana sends to stop them, no wait ends but by
 * what the story sends, once a step. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>

#include "story.h"

enum { PPOLL, PSELECT, EPOLL_PWAIT, SIGWAIT, SIGTIMEDWAIT, SIGSUSPEND, SIGNALFD, WAYS };
static int pipes[SIGWAIT][2], epoll, signal_fd;
static sigset_t full;
static sem_t done;
static volatile sig_atomic_t handled;

static void count(int number) {
  CHECK(number == SIGUSR1);
  handled++;
}

static void wait_by(int way, int step) {
  struct pollfd ready = {.fd = way == PPOLL ? pipes[way][0] : -1, .events = POLLIN};
  struct timespec long_time = {10000, 0};
  struct epoll_event event;
  struct signalfd_siginfo read_info;
  siginfo_t info;
  sigset_t all_but_one = full;
  fd_set set;
  int number;
  switch (way) {
    case PPOLL: CHECK(ppoll(&ready, 1, NULL, &full) == 1); break;
    case PSELECT:
      FD_ZERO(&set);
      FD_SET(pipes[way][0], &set);
      CHECK(pselect(pipes[way][0] + 1, &set, NULL, NULL, &long_time, &full) == 1);
      break;
    case EPOLL_PWAIT: CHECK(epoll_pwait(epoll, &event, 1, -1, &full) == 1 && event.data.u64 == 4711); break;
    case SIGWAIT: CHECK(sigwait(&full, &number) == 0 && number == SIGUSR2); break;
    case SIGTIMEDWAIT:
      CHECK(sigtimedwait(&full, &info, &long_time) == SIGRTMIN + 5 && info.si_value.sival_int == step);
      break;
    case SIGSUSPEND:
      sigdelset(&all_but_one, SIGUSR1);
      CHECK(sigsuspend(&all_but_one) == -1 && errno == EINTR && handled == step + 1);
      break;
    default:
      CHECK(read(signal_fd, &read_info, sizeof read_info) == (ssize_t)sizeof read_info);
      CHECK(read_info.ssi_signo == SIGWINCH);
  }
  char byte;
  if (way < SIGWAIT) CHECK(read(pipes[way][0], &byte, 1) == 1 && byte == (char)step);
}
static void *wait_each_step(void *way) {
  for (int step = 0; step < story_steps; step++) {
    wait_by((int)(intptr_t)way, step);
    CHECK(sem_post(&done) == 0);
  }
  return NULL;
}
static void poke(int way, pthread_t thread, int step) {
  static const int signals[WAYS] = {[SIGWAIT] = SIGUSR2, [SIGSUSPEND] = SIGUSR1, [SIGNALFD] = SIGWINCH};
  char byte = (char)step;
  if (way < SIGWAIT) {
    CHECK(write(pipes[way][1], &byte, 1) == 1);
  } else if (way == SIGTIMEDWAIT) {
    CHECK(pthread_sigqueue(thread, SIGRTMIN + 5, (union sigval){.sival_int = step}) == 0);
  } else {
    CHECK(pthread_kill(thread, signals[way]) == 0);
  }
}

int main(int argc, char **argv) {
  pthread_t threads[WAYS];
  story_begin_threads("masks", &argc, &argv, MPI_THREAD_FUNNELED);
  sigfillset(&full);
  CHECK(signal(SIGUSR1, count) != SIG_ERR && pthread_sigmask(SIG_SETMASK, &full, NULL) == 0);
  for (int way = 0; way < SIGWAIT; way++) CHECK(pipe2(pipes[way], 0) == 0);
  epoll = epoll_create1(0);
  signal_fd = signalfd(-1, &full, 0);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 4711};
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[EPOLL_PWAIT][0], &event) == 0 && signal_fd >= 0);
  CHECK(sem_init(&done, 0, 0) == 0);
  for (intptr_t way = 0; way < WAYS; way++)
    CHECK(pthread_create(&threads[way], NULL, wait_each_step, (void *)way) == 0);
  for (int step = 0; story_goes_on(step); step++) {
    int sum;
    MPI_Allreduce(&step, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == step * story_size);
    for (int way = 0; way < WAYS; way++) poke(way, threads[way], step);
    for (int way = 0; way < WAYS; way++) CHECK(sem_wait(&done) == 0);
  }
  for (int way = 0; way < WAYS; way++) CHECK(pthread_join(threads[way], NULL) == 0);
  return story_end();
}
