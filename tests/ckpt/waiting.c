/* Signals that wait for the process, which blocks them, over several steps: from kill(2), from a timer, and queued with values. None is
 * lost or doubled, and each says how it was sent. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "story.h"

enum { PERIOD = 12, QUEUED = 5 };
static sigset_t waiting;

static void send(int step) {
  struct itimerval soon = {{0, 0}, {0, 2000}};
  CHECK(kill(getpid(), SIGUSR1) == 0 && setitimer(ITIMER_REAL, &soon, NULL) == 0);
  for (int i = 0; i < QUEUED; i++) CHECK(sigqueue(getpid(), SIGRTMIN + 4, (union sigval){.sival_int = step + i}) == 0);
}
static void take(int number, siginfo_t *info) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  CHECK(sigtimedwait(&one, info, &(struct timespec){10, 0}) == number); /* a timer's may be still to come */
}
static void receive(int step) {
  siginfo_t info;
  take(SIGUSR1, &info);
  CHECK(info.si_code == SI_USER);
  take(SIGALRM, &info);
  CHECK(info.si_code == SI_KERNEL);
  for (int i = 0; i < QUEUED; i++) {
    take(SIGRTMIN + 4, &info);
    CHECK(info.si_code == SI_QUEUE && info.si_value.sival_int == step + i);
    story_add(&info.si_value.sival_int, sizeof(int));
  }
  CHECK(sigtimedwait(&waiting, &info, &(struct timespec){0, 0}) == -1);
}

int main(int argc, char **argv) {
  sigset_t now;
  sigemptyset(&waiting);
  for (int i = 0; i < 3; i++) sigaddset(&waiting, (int[]){SIGUSR1, SIGALRM, SIGRTMIN + 4}[i]);
  CHECK(sigprocmask(SIG_BLOCK, &waiting, NULL) == 0); /* before MPI has threads that would take them */
  story_begin("waiting", &argc, &argv);
  for (int step = 0; story_goes_on(step); step++) {
    int phase = step % PERIOD;
    if (phase == 0) send(step);
    CHECK(sigpending(&now) == 0 && sigismember(&now, SIGUSR1) == (phase < PERIOD - 1));
    CHECK(sigismember(&now, SIGRTMIN + 4) == (phase < PERIOD - 1));
    if (phase == PERIOD - 2) receive(step - phase);
    if (step % 20 == 19) MPI_Barrier(MPI_COMM_WORLD);
  }
  return story_end();
}
