/* One-shot timers for one thread alone (SIGEV_THREAD_ID), which has it blocked and waits for it: each ends once, also where that is while the
 * thread stands still for a checkpoint. A timer that was lost is missed at the next step. And one that was set to a date keeps that date. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>

#include "story.h"

enum { LOW_MS = 2, SPAN_MS = 25, PATIENCE_S = 60, FAR_S = 100000 };
static int alarm_signal, waiter_tid, over;
static sem_t ready, rung;

static void *wait_for_alarms(void *unused) {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, alarm_signal);
  waiter_tid = (int)syscall(SYS_gettid);
  sem_post(&ready);
  for (;;) {
    int got = sigwaitinfo(&set, &info);
    if (got == -1 && errno == EINTR) continue;
    CHECK(got == alarm_signal);
    if (__atomic_load_n(&over, __ATOMIC_ACQUIRE)) return unused;
    sem_post(&rung);
  }
}

/* By the wall's clock it ends at `date`, however long the story stood still. */
static void check_date(timer_t timer, time_t date) {
  enum { RESOLUTION_NS = 1000000 };
  struct timespec before, after;
  struct itimerspec left;
  CHECK(clock_gettime(CLOCK_REALTIME, &before) == 0 && timer_gettime(timer, &left) == 0);
  CHECK(clock_gettime(CLOCK_REALTIME, &after) == 0);
  int64_t rest = left.it_value.tv_sec * 1000000000l + left.it_value.tv_nsec, end = date * 1000000000l;
  CHECK(before.tv_sec * 1000000000l + before.tv_nsec + rest <= end + RESOLUTION_NS);
  CHECK(after.tv_sec * 1000000000l + after.tv_nsec + rest >= end - RESOLUTION_NS);
}

int main(int argc, char **argv) {
  pthread_t waiter;
  sigset_t set;
  timer_t timer, far;
  struct sigevent silent = {.sigev_notify = SIGEV_NONE};
  struct itimerspec date = {.it_value = {time(NULL) + FAR_S, 0}};
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID};
  alarm_signal = event.sigev_signo = SIGRTMIN + 3;
  sigemptyset(&set);
  sigaddset(&set, alarm_signal);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  CHECK(sem_init(&ready, 0, 0) == 0 && sem_init(&rung, 0, 0) == 0);
  story_begin("alarms", &argc, &argv);
  story_steps = (story_steps + 1) / 2; /* each takes as long as two of others' */
  CHECK(pthread_create(&waiter, NULL, wait_for_alarms, NULL) == 0);
  while (sem_wait(&ready) != 0) CHECK(errno == EINTR);
  event._sigev_un._tid = waiter_tid;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  CHECK(timer_create(CLOCK_REALTIME, &silent, &far) == 0 && timer_settime(far, TIMER_ABSTIME, &date, NULL) == 0);
  for (int step = 0; story_goes_on(step); step++) {
    struct itimerspec when = {.it_value = {0, (LOW_MS + step * 7 % SPAN_MS) * 1000000l}};
    CHECK(timer_settime(timer, 0, &when, NULL) == 0);
    struct timespec end;
    CHECK(clock_gettime(CLOCK_REALTIME, &end) == 0);
    end.tv_sec += PATIENCE_S; /* of the wall: a story that stands stopped for longer has lost nothing */
    while (sem_timedwait(&rung, &end) != 0) CHECK(errno == EINTR);
    int value, sum;
    check_date(far, date.it_value.tv_sec);
    CHECK(sem_getvalue(&rung, &value) == 0 && value == 0);
    MPI_Allreduce(&step, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == step * story_size);
    story_add(&sum, sizeof sum);
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  CHECK(pthread_kill(waiter, alarm_signal) == 0 && pthread_join(waiter, NULL) == 0 && timer_delete(timer) == 0 &&
        timer_delete(far) == 0);
  return story_end();
}
