/* Signals: handlers and their masks, an interval timer that ticks on, a thread in sigwait, an alternate stack, a signal
 * that stays pending while it is blocked. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "story.h"

static volatile sig_atomic_t handled, on_own_stack, ticks, masked_inside;
static int waited_for;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char other_stack[65536];

static void count_here(int number, siginfo_t *info, void *context) {
  char here;
  sigset_t mask;
  (void)context;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  if (number == SIGUSR1 && info->si_pid == getpid()) handled++;
  if ((char *)&here > other_stack && (char *)&here < other_stack + sizeof other_stack) on_own_stack++;
  if (sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGHUP)) masked_inside++;
}
static void tick(int number) {
  (void)number;
  ticks++;
}

static void *wait_for_signals(void *unused) {
  sigset_t wanted;
  int number;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR2);
  for (int i = 0; i < story_steps; i++) {
    CHECK(sigwait(&wanted, &number) == 0 && number == SIGUSR2);
    pthread_mutex_lock(&lock);
    waited_for++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
  }
  return unused;
}

static void install(void) {
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
  struct itimerval every = {{0, 20000}, {0, 20000}};
  action.sa_sigaction = count_here;
  sigaddset(&action.sa_mask, SIGHUP);
  CHECK(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
  action = (struct sigaction){.sa_flags = SA_RESTART};
  action.sa_handler = tick;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &every, NULL) == 0);
  CHECK(signal(SIGWINCH, SIG_IGN) != SIG_ERR);
}
static void still_installed(const sigset_t *mask) {
  struct sigaction action;
  struct itimerval timer;
  sigset_t now;
  stack_t stack;
  CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_sigaction == count_here);
  CHECK((action.sa_flags & SA_ONSTACK) && sigismember(&action.sa_mask, SIGHUP));
  CHECK(sigaction(SIGWINCH, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
  CHECK(sigaltstack(NULL, &stack) == 0 && stack.ss_sp == other_stack && stack.ss_size == sizeof other_stack);
  CHECK(getitimer(ITIMER_REAL, &timer) == 0 && timer.it_interval.tv_usec == 20000);
  pthread_sigmask(SIG_BLOCK, NULL, &now);
  for (int number = 1; number < NSIG; number++) CHECK(sigismember(&now, number) == sigismember(mask, number));
}

int main(int argc, char **argv) {
  sigset_t mask, late, pending;
  sigfillset(&pending); /* so that no other thread, of MPI's or ours, can take what the handlers count */
  pthread_sigmask(SIG_SETMASK, &pending, &mask);
  story_begin_threads("signals", &argc, &argv, MPI_THREAD_FUNNELED);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  pthread_t waiter;
  int due = 0, ticks_before = 0;
  sigemptyset(&late);
  sigaddset(&late, SIGRTMIN + 3);
  sigaddset(&late, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &late, NULL);
  sigdelset(&late, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  install();
  sigfillset(&pending);
  pthread_sigmask(SIG_SETMASK, &pending, NULL);
  CHECK(pthread_create(&waiter, NULL, wait_for_signals, NULL) == 0);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  for (int step = 0; story_goes_on(step); step++) {
    for (int i = 0; i < 20; i++, due++) CHECK((i % 2 ? raise(SIGUSR1) : kill(getpid(), SIGUSR1)) == 0);
    CHECK(handled == due && on_own_stack == due && masked_inside == due);
    still_installed(&mask);
    CHECK(pthread_kill(waiter, SIGUSR2) == 0);
    pthread_mutex_lock(&lock);
    while (waited_for != step + 1) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    if (step % 12 == 1) CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + 3, (union sigval){.sival_int = step}) == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGRTMIN + 3) == (step % 12 >= 1 && step % 12 < 9));
    if (step % 12 == 8) {
      siginfo_t info;
      CHECK(sigtimedwait(&late, &info, &(struct timespec){0, 0}) == SIGRTMIN + 3);
      CHECK(info.si_value.sival_int == step - 7 && info.si_code == SI_QUEUE);
    }
    if (step % 20 == 19) {
      for (int tries = 0; ticks == ticks_before && tries < 1000; tries++) usleep(10000);
      CHECK(ticks > ticks_before);
      ticks_before = ticks;
      MPI_Barrier(MPI_COMM_WORLD);
    }
  }
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
  CHECK(pthread_join(waiter, NULL) == 0);
  story_add(&due, sizeof due);
  return story_end();
}
