#include "image_workers.h"

#include <pthread.h>
#include <sched.h>
#include <stddef.h>

/* Static TLS of all that is loaded lies on a thread's stack; the work itself needs little. */
enum { STACK_BYTES = 2 << 20 };

struct job {
  void (*work)(void *);
  void *argument;
};

int image_workers_count(void) {
  cpu_set_t set;
  int count =
      sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : IMAGE_WORKERS_MAX; /* over 1024 processors */
  return count < 1 ? 1 : count > IMAGE_WORKERS_MAX ? IMAGE_WORKERS_MAX : count;
}

static void *run(void *memory) {
  struct job *job = memory;
  job->work(job->argument);
  return NULL;
}

void image_workers_run(int count, void (*work)(void *argument), void *argument) {
  pthread_t thread[IMAGE_WORKERS_MAX];
  pthread_attr_t attributes;
  struct job job = {work, argument};
  int started = 0;
  if (count > IMAGE_WORKERS_MAX) count = IMAGE_WORKERS_MAX;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  while (started < count - 1 && pthread_create(&thread[started], &attributes, run, &job) == 0) started++;
  pthread_attr_destroy(&attributes);
  work(argument);
  while (started) pthread_join(thread[--started], NULL);
}
