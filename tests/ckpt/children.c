/* Short-lived children between checkpoints: of system, popen, posix_spawn and fork; one of them sends its parent signals. (A
 * checkpoint that meets a living child is refused by name, and taken again later.) */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "story.h"

extern char **environ;
enum { SIGNALS = 50 };
static volatile sig_atomic_t handled, children_gone;

static void count(int number) {
  if (number == SIGCHLD)
    children_gone++;
  else
    handled++;
}

static void by_system(int step) {
  char command[64];
  snprintf(command, sizeof command, "exit %d", step % 100);
  int status = system(command);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == step % 100);
}
static void by_popen(int step) {
  char command[64], line[64], expected[64];
  snprintf(command, sizeof command, "echo step %d", step);
  snprintf(expected, sizeof expected, "step %d\n", step);
  FILE *from = popen(command, "r");
  CHECK(from && fgets(line, sizeof line, from) && strcmp(line, expected) == 0 && pclose(from) == 0);
  story_add(line, strlen(line));
}
static void wait_for(pid_t child) {
  int status;
  pid_t ended;
  while ((ended = waitpid(child, &status, 0)) == -1 && errno == EINTR) continue;
  CHECK(ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
static void by_spawn(int step) {
  char *words[] = {"test", step % 2 ? "a" : "b", "=", step % 2 ? "a" : "b", NULL};
  pid_t child;
  CHECK(posix_spawnp(&child, "test", NULL, NULL, words, environ) == 0);
  wait_for(child);
}
/* They may merge, but the last one arrives: to whichever thread, so perhaps a little later. */
static void by_fork(int step) {
  int before = handled;
  (void)step;
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    for (int i = 0; i < SIGNALS; i++)
      if (kill(parent, SIGUSR1) != 0) _exit(1);
    _exit(0);
  }
  CHECK(child > 0);
  wait_for(child);
  for (int tries = 0; handled == before && tries < 10000; tries++) usleep(1000);
  CHECK(handled > before && handled <= before + SIGNALS);
}

int main(int argc, char **argv) {
  static void (*const ways[])(int) = {by_system, by_popen, by_spawn, by_fork};
  struct sigaction action = {.sa_flags = SA_RESTART};
  story_begin("children", &argc, &argv);
  action.sa_handler = count;
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGCHLD, &action, NULL) == 0);
  for (int step = 0; story_goes_on(step); step++) {
    int sum;
    if (step % 10 == 0) ways[step / 10 % 4](step);
    MPI_Allreduce(&step, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == step * story_size);
  }
  CHECK(children_gone > 0);
  return story_end();
}
