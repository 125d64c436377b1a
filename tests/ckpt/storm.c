/* Storms of signals: queued ones that another thread sends to the main thread as fast as it takes them, each to arrive once and in
 * order, many of them while it blocks them; others, that may merge, from that thread and from a timer; all of them while MPI is
 * called. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "story.h"

enum { WORDS = 64 };
static int ahead = 12; /* queued at most: no thread with more than 16 is checkpointed; $STORM_AHEAD says otherwise */
static pthread_t main_thread;
static volatile sig_atomic_t taken, merged, ticks, over;
static int sent;

static void take(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  CHECK(pthread_equal(pthread_self(), main_thread) && info->si_value.sival_int == taken);
  taken++;
}
static void merge(int number) {
  (void)number;
  merged++;
}
static void tick(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  CHECK(info->si_value.sival_int == 4711);
  ticks++;
}

static void *rain(void *unused) {
  while (!over) {
    if (sent - taken >= ahead) {
      usleep(50);
      continue;
    }
    CHECK(pthread_sigqueue(main_thread, SIGRTMIN + 2, (union sigval){.sival_int = sent}) == 0);
    sent++;
    if (sent % 4 == 0) CHECK(pthread_kill(main_thread, SIGUSR1) == 0 && kill(getpid(), SIGUSR2) == 0);
    if (sent % 40 == 0) usleep(2000); /* the main thread is to come to something else, too */
  }
  return unused;
}

static timer_t install(void) {
  struct sigaction action = {.sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4, .sigev_value.sival_int = 4711};
  struct itimerspec every = {{0, 1000000}, {0, 1000000}};
  timer_t timer;
  CHECK(sigaction(SIGRTMIN + 2, &action, NULL) == 0);
  action.sa_sigaction = tick;
  CHECK(sigaction(SIGRTMIN + 4, &action, NULL) == 0);
  action = (struct sigaction){.sa_flags = SA_RESTART};
  action.sa_handler = merge;
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0);
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &every, NULL) == 0);
  return timer;
}

/* Messages and collectives between the drops. */
static void talk(int step) {
  uint64_t out[WORDS], in[WORDS], sum, mine = (uint64_t)step;
  int next = (story_rank + 1) % story_size, last = (story_rank + story_size - 1) % story_size;
  for (int i = 0; i < 5; i++) {
    story_fill(out, WORDS, (uint64_t)(step * 100 + i) << 8 | (uint64_t)story_rank);
    MPI_Sendrecv(out, WORDS, MPI_UINT64_T, next, i, in, WORDS, MPI_UINT64_T, last, i, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
    CHECK(story_holds(in, WORDS, (uint64_t)(step * 100 + i) << 8 | (uint64_t)last));
    MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == mine * (uint64_t)story_size);
  }
  story_add(in, sizeof in);
}

int main(int argc, char **argv) {
  pthread_t sender;
  sigset_t all, mask, queued;
  story_begin_threads("storm", &argc, &argv, MPI_THREAD_FUNNELED);
  main_thread = pthread_self();
  if (getenv("STORM_AHEAD")) ahead = atoi(getenv("STORM_AHEAD"));
  story_steps = (story_steps + 1) / 2; /* each takes as long as two of others' */
  timer_t timer = install();
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &mask); /* it rains on the main thread alone */
  CHECK(pthread_create(&sender, NULL, rain, NULL) == 0);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  sigemptyset(&queued);
  sigaddset(&queued, SIGRTMIN + 2);
  for (int step = 0; story_goes_on(step); step++) {
    int taken_before = taken, ticks_before = ticks;
    pthread_sigmask(SIG_UNBLOCK, &queued, NULL);
    talk(step);
    if (step % 2) pthread_sigmask(SIG_BLOCK, &queued, NULL); /* until after the next step's sleep */
    if (step % 10) continue;                                 /* an even step: nothing is blocked */
    for (int tries = 0; (taken == taken_before || ticks == ticks_before) && tries < 10000; tries++) usleep(1000);
    CHECK(taken > taken_before && ticks > ticks_before);
  }
  over = 1;
  pthread_sigmask(SIG_UNBLOCK, &queued, NULL);
  CHECK(pthread_join(sender, NULL) == 0 && timer_delete(timer) == 0);
  CHECK(taken == sent && merged > 0); /* all that was sent to us is handled before we are told of the end */
  return story_end();
}
