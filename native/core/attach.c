/* A thread's first crossing: it is given a lower FS of its own. Never another thread's: errno, malloc caches and locks of the
 * lower libc hang on it. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crossing.h"

__thread struct upper_tls mana_upper_tls;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* its destructor runs as the thread ends */

static uint64_t upper_fs(void) {
  uint64_t fs;
  __asm__ volatile("mov %%fs:0,%0" : "=r"(fs));
  return fs;
}

/* It must not park between its look at the generation and the service's end. */
static void detach(void *unused) {
  (void)unused;
  mana_upper_tls.depth++;
  __asm__ volatile("" ::: "memory");
  if (mana_upper_tls.generation == SPLIT->generation) {
    MANA_SERVICE(void (*)(uint64_t), SVC_DETACH)(mana_upper_tls.lower_fs);
  }
  mana_upper_tls.generation = 0;
  __asm__ volatile("" ::: "memory");
  mana_upper_tls.depth--;
}

static void create_key(void) {
  if (pthread_key_create(&key, detach)) abort();
}

void mana_crossing_attach(void) {
  if (syscall(SYS_gettid) == getpid()) {
    split_attach_main(&mana_upper_tls, upper_fs());
    return;
  }
  pthread_once(&once, create_key);
  uint64_t lower_fs = MANA_SERVICE(uint64_t(*)(uint64_t), SVC_ATTACH)(upper_fs());
  if (!lower_fs) abort();
  pthread_setspecific(key, &mana_upper_tls);
  split_attach(&mana_upper_tls, upper_fs(), lower_fs);
}
