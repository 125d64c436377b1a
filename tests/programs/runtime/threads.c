/* Threads, their locks and their ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { THREADS = 100 };
static __thread int mine = 5;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static int total, destroyed;

static void destroy(void *value) {
  __atomic_fetch_add(&destroyed, (int)(long)value, __ATOMIC_RELAXED);
}
static void *count(void *argument) {
  char *memory = malloc(1000);
  pthread_setspecific(key, (void *)1);
  for (int i = 0; i < 100; i++) {
    pthread_mutex_lock(&lock);
    total++;
    pthread_mutex_unlock(&lock);
  }
  memset(memory, mine += (int)(long)argument, 1000);
  free(memory);
  return (void *)(long)mine;
}
static void many(void) {
  pthread_t thread[THREADS];
  long sum = 0;
  pthread_key_create(&key, destroy);
  for (long i = 0; i < THREADS; i++) MUST(pthread_create(&thread[i], NULL, count, (void *)i) == 0);
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(thread[i], &result);
    sum += (long)result;
  }
  SAY("total %d sum %ld destroyed %d mine %d", total, sum, destroyed, mine);
}

static sem_t started;
static void post(void *semaphore) {
  sem_post(semaphore);
}
static void *forever(void *cleaned) {
  pthread_cleanup_push(post, cleaned);
  sem_post(&started);
  for (;;) sleep(100);
  pthread_cleanup_pop(0);
  return NULL;
}
static void cancelled(void) {
  pthread_t thread;
  sem_t cleaned;
  void *result;
  sem_init(&started, 0, 0);
  sem_init(&cleaned, 0, 0);
  pthread_create(&thread, NULL, forever, &cleaned);
  sem_wait(&started);
  EXPECT(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  EXPECT(sem_trywait(&cleaned) == 0);
}

static pthread_mutex_t robust;
static void *die_with_lock(void *unused) {
  pthread_mutex_lock(&robust);
  return unused;
}
static void robust_mutex(void) {
  pthread_mutexattr_t attributes;
  pthread_t thread;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  pthread_create(&thread, NULL, die_with_lock, NULL);
  pthread_join(thread, NULL);
  EXPECT(pthread_mutex_lock(&robust) == EOWNERDEAD);
}

static void affinity(void) {
  cpu_set_t set, own;
  EXPECT(pthread_getaffinity_np(pthread_self(), sizeof set, &set) == 0 && CPU_COUNT(&set) > 0);
  EXPECT(sched_getaffinity(0, sizeof own, &own) == 0 && CPU_EQUAL(&set, &own));
  EXPECT(sched_getcpu() >= 0);
}

static volatile pthread_t hit;
static void note(int sig) {
  (void)sig;
  hit = pthread_self();
}
static void *wait_hit(void *unused) {
  sem_post(&started);
  while (!hit) usleep(1000);
  return unused;
}
static void directed(void) {
  pthread_t thread;
  signal(SIGUSR1, note);
  pthread_create(&thread, NULL, wait_hit, NULL);
  sem_wait(&started);
  pthread_kill(thread, SIGUSR1);
  pthread_join(thread, NULL);
  EXPECT(pthread_equal(hit, thread));
}

static void stack_of_main(void) {
  pthread_attr_t attributes;
  void *low;
  size_t size;
  char here;
  MUST(pthread_getattr_np(pthread_self(), &attributes) == 0);
  pthread_attr_getstack(&attributes, &low, &size);
  EXPECT(&here > (char *)low && &here < (char *)low + size);
}

int main(void) {
  many();
  cancelled();
  robust_mutex();
  affinity();
  directed();
  stack_of_main();
  SAY("done");
  return 0;
}
