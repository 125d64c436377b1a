/* The environment: variables that the user gave, some that the program sets and unsets all the time, and those that the user changes at a restart.
 * Prints at the end what the user's are then. */
#define _GNU_SOURCE
#include "story.h"

enum { OWN = 7 };

static const char *name_of(int i) {
  static char name[32];
  snprintf(name, sizeof name, "STORY_OWN_%d", i);
  return name;
}

/* As many of its own variables as the step says; the list grows and shrinks. */
static void check_own(int step) {
  char value[32];
  for (int i = 0; i < OWN; i++) {
    const char *got = getenv(name_of(i));
    snprintf(value, sizeof value, "%d", step);
    CHECK(step && i < step % OWN ? got && strcmp(got, value) == 0 : !got);
  }
}
static void set_own(int step) {
  char value[32];
  snprintf(value, sizeof value, "%d", step);
  for (int i = 0; i < OWN; i++) CHECK((i < step % OWN ? setenv(name_of(i), value, 1) : unsetenv(name_of(i))) == 0);
}

static void print(const char *name) {
  const char *value = getenv(name);
  if (story_rank == 0) printf("%s=%s\n", name, value ? value : "(none)");
}

int main(int argc, char **argv) {
  story_begin("variables", &argc, &argv);
  const char *kept = getenv("STORY_KEPT"), *first = getenv("STORY_CHANGED");
  for (int step = 0; story_goes_on(step); step++) {
    check_own(step);
    set_own(step + 1);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  CHECK(kept == getenv("STORY_KEPT") && (!first || strcmp(first, "first") == 0)); /* still where they were */
  print("STORY_KEPT");
  print("STORY_CHANGED");
  print("STORY_NEW");
  return story_end();
}
