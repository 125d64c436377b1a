/* A cancelled thread leaves its frames one by one, as C++ does: built with -fexceptions. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

static int left;
static void leave(int *unused) {
  (void)unused;
  left++;
}
static sem_t ready;

static void in_poll(void) {
  poll(NULL, 0, 20000);
}
static void in_sleep(void) {
  struct timespec span = {20, 0};
  nanosleep(&span, NULL);
}
static void in_condition(void) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_cond_wait(&condition, &mutex);
}
static void in_semaphore(void) {
  static sem_t never;
  sem_wait(&never);
}

typedef void wait_function(void);
static __attribute__((noinline)) void inner(wait_function *wait) {
  __attribute__((cleanup(leave))) int guard = 1;
  (void)guard;
  sem_post(&ready);
  wait();
}
static void *outer(void *wait) {
  __attribute__((cleanup(leave))) int guard = 1;
  (void)guard;
  inner((wait_function *)wait);
  left = -100;
  return NULL;
}

int main(void) {
  wait_function *const waits[] = {in_poll, in_sleep, in_condition, in_semaphore};
  sem_init(&ready, 0, 0);
  for (int i = 0; i < 4; i++) {
    pthread_t thread;
    void *result;
    left = 0;
    pthread_create(&thread, NULL, outer, (void *)waits[i]);
    sem_wait(&ready);
    usleep(20000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    SAY("%d: %d frames, %s", i, left, result == PTHREAD_CANCELED ? "cancelled" : "returned");
  }
  return 0;
}
