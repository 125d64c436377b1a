/* Mutexes of priority inheritance, and groups, as after a restart: the program, and libc in its mutexes, knows tasks by other numbers than the kernel
 * does. Runs split only, with fake_proxy.c below, built with the core's attach.c. Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "below_load.h"
#include "state.h"

enum { OLD_MAIN = 3999999, OLD_OTHER = 3999998, OLD_GROUP = 3999997, HOLD_US = 100000, PATIENCE_S = 30 };
enum { TID_ADDRESS = 40 }; /* PR_GET_TID_ADDRESS */
static pthread_mutex_t mutex;
static sem_t goes_on, has_it, may_unlock;
static int other_real, *other_number;

static unsigned word(void) {
  return __atomic_load_n((unsigned *)&mutex.__data.__lock, __ATOMIC_ACQUIRE);
}
/* Where libc keeps this thread's number. */
static int *number(void) {
  int *address = NULL;
  MUST(prctl(TID_ADDRESS, &address) == 0 && *address == gettid());
  return address;
}
static struct timespec soon(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  time.tv_nsec += HOLD_US * 1000;
  if (time.tv_nsec >= 1000000000) time = (struct timespec){time.tv_sec + 1, time.tv_nsec - 1000000000};
  return time;
}
static void make(int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, type);
  MUST(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT) == 0);
  MUST(pthread_mutex_init(&mutex, &attributes) == 0);
}
static void let_wait(void) {
  while (!(word() & FUTEX_WAITERS)) usleep(HOLD_US / 10);
  usleep(HOLD_US);
}

static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE};
enum { TYPES = sizeof types / sizeof *types };

static void *other(void *unused) {
  other_real = gettid();
  other_number = number();
  sem_post(&has_it);
  for (int i = 0; i < 1 + TYPES; i++) { /* the first time across the restart */
    sem_wait(&goes_on);
    EXPECT(pthread_mutex_lock(&mutex) == 0 && (word() & FUTEX_TID_MASK) == OLD_OTHER);
    sem_post(&has_it);
    sem_wait(&may_unlock);
    usleep(HOLD_US);
    EXPECT(pthread_mutex_unlock(&mutex) == 0);
  }
  return unused;
}

/* The kernel's numbers are the program's until the other thread waits; then it parks, and its call goes on elsewhere. */
static void across_the_restart(void) {
  int real = gettid(), group = getpgrp(), *own_number = number();
  make(PTHREAD_MUTEX_NORMAL);
  EXPECT(pthread_mutex_lock(&mutex) == 0);
  sem_post(&goes_on);
  let_wait();
  MUST(tid_map(OLD_MAIN, real, (struct cpu_time){0}) == 0 && tid_map(OLD_OTHER, other_real, (struct cpu_time){0}) == 0);
  MUST(tid_map(OLD_GROUP, group, (struct cpu_time){0}) == 0);
  *own_number = OLD_MAIN;
  *other_number = OLD_OTHER;
  __atomic_store_n((unsigned *)&mutex.__data.__lock, OLD_MAIN | FUTEX_WAITERS, __ATOMIC_RELEASE);
  STATE->restarted = 1;
  MUST(tgkill(getpid(), OLD_OTHER, SPLIT_PARK_SIGNAL) == 0);
  usleep(HOLD_US);
  EXPECT(gettid() == OLD_MAIN && (getpgrp() == OLD_GROUP || group == real));
  EXPECT(word() == (OLD_MAIN | FUTEX_WAITERS));
}
static void hand_over(int type) {
  struct timespec time = soon(CLOCK_REALTIME), monotonic;
  EXPECT(pthread_mutex_unlock(&mutex) == 0);
  sem_wait(&has_it);
  EXPECT(pthread_mutex_trylock(&mutex) == EBUSY && pthread_mutex_timedlock(&mutex, &time) == ETIMEDOUT);
  monotonic = soon(CLOCK_MONOTONIC);
  int result = pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &monotonic); /* older libcs have no such wait */
  EXPECT(result == ETIMEDOUT || result == EINVAL);
  if (type != PTHREAD_MUTEX_NORMAL) EXPECT(pthread_mutex_unlock(&mutex) == EPERM);
  sem_post(&may_unlock);
  EXPECT(pthread_mutex_lock(&mutex) == 0 && (word() & FUTEX_TID_MASK) == OLD_MAIN);
  EXPECT(pthread_mutex_unlock(&mutex) == 0 && word() == 0);
  EXPECT(pthread_mutex_trylock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
  EXPECT(pthread_mutex_destroy(&mutex) == 0);
}
static void contended(int type) {
  make(type);
  EXPECT(pthread_mutex_lock(&mutex) == 0);
  sem_post(&goes_on);
  let_wait();
  EXPECT(word() == (OLD_MAIN | FUTEX_WAITERS));
  if (type == PTHREAD_MUTEX_ERRORCHECK) EXPECT(pthread_mutex_lock(&mutex) == EDEADLK);
  if (type == PTHREAD_MUTEX_RECURSIVE)
    EXPECT(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0 && word() != 0);
  hand_over(type);
}

/* What libc never asks for: to lock one's own, and to take what an owner left that died. */
static int raw(unsigned *lock, int operation) {
  return (int)syscall(SYS_futex, lock, operation | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
}
static void by_raw_calls(void) {
  unsigned lock = OLD_MAIN;
  EXPECT(raw(&lock, FUTEX_LOCK_PI) == -1 && errno == EDEADLK && raw(&lock, FUTEX_TRYLOCK_PI) == -1 && errno == EDEADLK);
  EXPECT(raw(&lock, FUTEX_UNLOCK_PI) == 0 && lock == 0 && raw(&lock, FUTEX_UNLOCK_PI) == -1 && errno == EPERM);
  lock = FUTEX_OWNER_DIED | FUTEX_WAITERS;
  EXPECT(raw(&lock, FUTEX_LOCK_PI) == 0 && lock == (FUTEX_OWNER_DIED | FUTEX_WAITERS | OLD_MAIN));
  lock = OLD_OTHER;
  EXPECT(raw(&lock, FUTEX_TRYLOCK_PI) == -1 && errno == EAGAIN && lock == OLD_OTHER);
}

int main(void) {
  pthread_t thread;
  volatile uint64_t interrupted;
  int unused;
  alarm(PATIENCE_S);
  below_load();
  MANA_CROSS(unused, (BELOW(void (*)(volatile uint64_t *), BELOW_TAKE_REAL_PARK)(&interrupted), 0));
  (void)unused;
  sem_init(&goes_on, 0, 0);
  sem_init(&has_it, 0, 0);
  sem_init(&may_unlock, 0, 0);
  MUST(pthread_create(&thread, NULL, other, NULL) == 0);
  sem_wait(&has_it);
  across_the_restart();
  hand_over(PTHREAD_MUTEX_NORMAL);
  for (int i = 0; i < TYPES; i++) contended(types[i]);
  by_raw_calls();
  pthread_join(thread, NULL);
  SAY("done");
  return 0;
}
