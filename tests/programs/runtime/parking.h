/* A program whose main thread a second one asks to park all the time, and waits that must not notice. It runs split only, with fake_proxy.c
 * below, and is built with the core's attach.c. */
#ifndef MANA_TESTS_PARKING_H
#define MANA_TESTS_PARKING_H
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "below_load.h"
#include "state.h"

enum { WAIT_MS = 120, LONG_S = 60, PARK_EVERY_MS = 15, NS = 1000000000 };

static inline void load(void) {
  int unused;
  below_load();
  MANA_CROSS(unused, (BELOW(void (*)(void), BELOW_TAKE_PARK)(), 0));
  (void)unused;
}
static inline int parked(void) {
  int result;
  MANA_CROSS(result, BELOW(int (*)(void), BELOW_PARKED)());
  return result;
}

static int main_tid, stop;
static inline void *park_often(void *unused) {
  struct timespec rest = {0, PARK_EVERY_MS * 1000000l};
  int result;
  while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
    nanosleep(&rest, NULL);
    MANA_CROSS(result, BELOW(int (*)(int), BELOW_PARK)(main_tid));
    EXPECT(result == 0);
  }
  return unused;
}

static inline double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}
static double started;
static int parks;
static inline void begin(void) {
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

static inline struct timespec after(clockid_t clock, int ms) {
  struct timespec time;
  clock_gettime(clock, &time);
  int64_t sum = time.tv_sec * (int64_t)NS + time.tv_nsec + ms * 1000000ll;
  return (struct timespec){sum / NS, sum % NS};
}
static const struct timespec span = {0, WAIT_MS * 1000000l};

static inline int until(clockid_t clock) {
  struct timespec time = after(clock, WAIT_MS);
  return clock_nanosleep(clock, TIMER_ABSTIME, &time, NULL);
}
static inline int condition(clockid_t clock) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  struct timespec time = after(clock, WAIT_MS);
  pthread_mutex_lock(&mutex);
  return pthread_cond_clockwait(&condition, &mutex, clock, &time);
}
static inline int semaphore(clockid_t clock) {
  sem_t semaphore;
  struct timespec time = after(clock, WAIT_MS);
  sem_init(&semaphore, 0, 0);
  return sem_clockwait(&semaphore, clock, &time);
}

static volatile int handled;
static inline void handle(int sig) {
  (void)sig;
  handled++;
}

/* Calls `work` while the parker, which takes no signal that comes for the process, is at it. */
static inline void while_parked(void (*work)(void)) {
  pthread_t parker;
  sigset_t all, none;
  load();
  main_tid = gettid();
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &none);
  MUST(pthread_create(&parker, NULL, park_often, NULL) == 0);
  sigprocmask(SIG_SETMASK, &none, NULL);
  work();
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  pthread_join(parker, NULL);
}
#endif
