/* A library that is opened by name, used over several checkpoints, closed and opened again, by the main thread and another one. Beside
 * the program: the loader's own records, its search path, and thread-local storage made late are what a restart has to keep. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

#include "story.h"

enum { STAY = 30 /* steps until it is opened anew */ };
static void *library;
static int visits, asked, answered, over;
static int (*count)(int *), (*remember)(int);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *symbol(const char *name) {
  void *found = dlsym(library, name);
  CHECK(found);
  return found;
}
static void open_library(void) {
  library = dlopen("libstory-plugin.so", RTLD_LAZY | RTLD_LOCAL);
  if (!library) fprintf(stderr, "%s\n", dlerror());
  CHECK(library);
  *(void **)&count = symbol("plugin_count");
  *(void **)&remember = symbol("plugin_remember");
  *(int **)symbol("plugin_visits") = &visits;
}
static void close_library(int times) {
  Dl_info info;
  CHECK(dladdr((void *)count, &info) && strstr(info.dli_fname, "libstory-plugin.so") != NULL);
  CHECK(visits == times && dlclose(library) == 0 && visits == times + 1);
}

/* Its own calls are counted from 1, whenever the library is new. */
static void *use_beside(void *unused) {
  pthread_mutex_lock(&lock);
  for (;;) {
    while (asked == answered && !over) pthread_cond_wait(&changed, &lock);
    if (over) break;
    int own, all = count(&own);
    CHECK(own == answered % STAY + 1 && all == 2 * own);
    answered++;
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&lock);
  return unused;
}
static void ask_the_other(void) {
  pthread_mutex_lock(&lock);
  asked++;
  pthread_cond_broadcast(&changed);
  while (answered != asked) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv) {
  pthread_t other;
  story_begin_threads("plugin", &argc, &argv, MPI_THREAD_FUNNELED);
  CHECK(pthread_create(&other, NULL, use_beside, NULL) == 0);
  for (int step = 0; story_goes_on(step); step++) {
    int own, at = step % STAY, sum;
    if (at == 0) open_library();
    CHECK(count(&own) == 2 * at + 1 && own == at + 1);
    CHECK(remember(step) == (at ? (step - 1) % 100 : -1));
    ask_the_other();
    story_add(&own, sizeof own);
    MPI_Allreduce(&own, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == own * story_size);
    if (at == STAY - 1) close_library(step / STAY);
  }
  pthread_mutex_lock(&lock);
  over = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  CHECK(pthread_join(other, NULL) == 0);
  return story_end();
}
