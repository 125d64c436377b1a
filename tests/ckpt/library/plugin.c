/* A library that the story `plugin` opens by name: it has state of its own, state of each thread, and notices its coming and going. */
#include <stdlib.h>

static int calls;
static __thread int calls_of_thread;
static char *remembered;

/* What the program counts: how often the library came, and went. */
int *plugin_visits;

__attribute__((constructor)) static void come(void) {
  remembered = malloc(64);
}
__attribute__((destructor)) static void go(void) {
  free(remembered);
  if (plugin_visits) ++*plugin_visits;
}

int plugin_count(int *of_thread) {
  *of_thread = ++calls_of_thread;
  return ++calls;
}
/* The step that was remembered before, -1 at first. */
int plugin_remember(int step) {
  int before = calls > 1 ? remembered[0] : -1;
  remembered[0] = (char)(step % 100);
  return before;
}
