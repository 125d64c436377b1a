/* Children in every way there is. With "child" as its first argument it says what it was given. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

extern char **environ;
static const char *self;

static int be_child(int argc, char **argv) {
  printf("child argv0=%s", argv[0]);
  for (int i = 2; i < argc; i++) printf(" <%s>", argv[i]);
  printf(" X=%s exe=%s\n", getenv("X") ? getenv("X") : "unset", strrchr(realpath("/proc/self/exe", NULL), '/') + 1);
  return 5;
}

static void finish(pid_t child, const char *how) {
  int status;
  MUST(child > 0 && waitpid(child, &status, 0) == child);
  SAY("%s: exit %d", how, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void by_fork(void) {
  pid_t child = fork();
  if (child == 0) {
    setenv("X", "forked", 1);
    execl(self, "other-name", "child", "a b", "", (char *)NULL);
    _exit(9);
  }
  finish(child, "fork");
  if ((child = vfork()) == 0) {
    execl(self, self, "child", (char *)NULL);
    _exit(9);
  }
  finish(child, "vfork");
  if ((child = vfork()) == 0) {
    execl("/no/such/program", "x", (char *)NULL);
    _exit(errno == ENOENT ? 44 : 45);
  }
  finish(child, "missing");
  if ((child = fork()) == 0) {
    int fd = open(self, O_RDONLY | O_CLOEXEC);
    char *const argv[] = {(char *)"by-descriptor", (char *)"child", NULL};
    fexecve(fd, argv, environ);
    _exit(9);
  }
  finish(child, "fexecve");
}

/* A child is forked while another thread moves the break: it must not wait for a lock whose holder it does not have. */
static int heap_moves;
static void *move_heap(void *unused) {
  long now = syscall(SYS_brk, 0);
  while (__atomic_load_n(&heap_moves, __ATOMIC_RELAXED)) {
    (void)!syscall(SYS_brk, now + (1 << 20));
    (void)!syscall(SYS_brk, now);
  }
  return unused;
}
static void beside_a_moving_heap(void) {
  enum { CHILDREN = 100 };
  pthread_t mover;
  int status, good = 0;
  heap_moves = 1;
  MUST(pthread_create(&mover, NULL, move_heap, NULL) == 0);
  for (int i = 0; i < CHILDREN; i++) {
    pid_t child = fork();
    if (child == 0) _exit(syscall(SYS_brk, 0) > 0 ? 0 : 1);
    good += child > 0 && waitpid(child, &status, 0) == child && status == 0;
  }
  __atomic_store_n(&heap_moves, 0, __ATOMIC_RELAXED);
  pthread_join(mover, NULL);
  SAY("beside a moving heap: %d", good);
}

static void by_spawn(void) {
  pid_t child;
  char *const argv[] = {(char *)self, (char *)"child", (char *)"spawned", NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, 0);
  EXPECT(posix_spawn(&child, self, &actions, NULL, argv, environ) == 0);
  finish(child, "posix_spawn");
  EXPECT(posix_spawn(&child, "/no/such/program", NULL, NULL, argv, environ) == ENOENT);
}

static void by_shell(void) {
  char line[512], command[4200];
  snprintf(command, sizeof command, "exec %s child from shell", self);
  fflush(stdout);
  int status = system(command);
  SAY("system: exit %d", status >> 8);
  snprintf(command, sizeof command, "X=piped %s child; echo $?", self);
  FILE *pipe = popen(command, "r");
  while (fgets(line, sizeof line, pipe)) SAY("popen: %.*s", (int)strcspn(line, "\n"), line);
  pclose(pipe);
}

static void by_script(void) {
  char name[] = "/tmp/mana-script-XXXXXX", *const argv[] = {(char *)"ignored", (char *)"one", NULL};
  int fd = mkstemp(name);
  MUST(fd >= 0);
  dprintf(fd, "#!/bin/sh -u\necho script $# $1; exec %s child $1\n", self);
  close(fd);
  pid_t child = fork();
  if (child == 0) {
    execv(name, argv);
    _exit(errno == EACCES ? 43 : 9);
  }
  finish(child, "script without x");
  chmod(name, 0700);
  if ((child = fork()) == 0) {
    execv(name, argv);
    _exit(9);
  }
  finish(child, "script");
  unlink(name);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "child") == 0) return be_child(argc, argv);
  self = realpath("/proc/self/exe", NULL);
  by_fork();
  beside_a_moving_heap();
  by_spawn();
  by_shell();
  by_script();
  if (argc > 1) execl(self, argv[0], "child", "in place", (char *)NULL);
  SAY("done");
  return 0;
}
