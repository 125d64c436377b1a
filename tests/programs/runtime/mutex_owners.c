/* Mutexes of priority inheritance, and groups, as after a restart: the program knows tasks by other numbers than the kernel does. Runs split only.
 * Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"
#include "state.h"

enum { OLD_TID = 3999998, OLD_GROUP = 3999997, NOBODY = 3999996, HOLD_US = 100000 };
static sem_t runs, may_end;
static int word, owner;

static int call(int operation) {
  return (int)syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
}
static void *hold(void *unused) {
  owner = gettid();
  sem_post(&runs);
  sem_wait(&may_end);
  usleep(HOLD_US);
  EXPECT(call(FUTEX_UNLOCK_PI) == 0);
  return unused;
}

int main(void) {
  pthread_t thread;
  int group = getpgrp();
  sem_init(&runs, 0, 0);
  sem_init(&may_end, 0, 0);
  MUST(pthread_create(&thread, NULL, hold, NULL) == 0);
  sem_wait(&runs);
  MUST(tid_map(OLD_TID, owner, (struct cpu_time){0}) == 0 && tid_map(OLD_GROUP, group, (struct cpu_time){0}) == 0);
  STATE->restarted = 1;
  EXPECT(getpgrp() == OLD_GROUP);
  word = OLD_TID; /* as libc has locked it before */
  EXPECT(call(FUTEX_TRYLOCK_PI) == -1 && errno == EAGAIN);
  sem_post(&may_end);
  EXPECT(call(FUTEX_LOCK_PI) == 0 && (word & FUTEX_TID_MASK) == gettid() && STATE->owners_renamed);
  EXPECT(call(FUTEX_UNLOCK_PI) == 0 && word == 0);
  pthread_join(thread, NULL);
  word = NOBODY;
  EXPECT(call(FUTEX_LOCK_PI) == -1 && errno == ESRCH);
  SAY("done");
  return 0;
}
