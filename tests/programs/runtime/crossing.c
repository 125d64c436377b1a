/* Crosses into fake_proxy.c: threads with a lower FS each, signals on either side, descriptors out of the way, children.
 * Runs split only; built with the core's attach.c. Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "below_load.h"

enum { THREADS = 80 };

static int below_int(int nr) {
  int result;
  MANA_CROSS(result, BELOW(int (*)(void), nr)());
  return result;
}
static void below_with(int nr, int argument) {
  int unused;
  MANA_CROSS(unused, (BELOW(void (*)(int), nr)(argument), 0));
  (void)unused;
}

static void load(void) {
  below_load();
  EXPECT(SPLIT->mpi_state == SPLIT_MPI_LOADED);
  EXPECT(below_int(BELOW_WHO) == 1);
}

static int number_of[THREADS];
static void *work(void *argument) {
  int first = below_int(BELOW_WHO);
  for (int i = 0; i < 200; i++) {
    char *memory = malloc(2000 + (size_t)i);
    EXPECT(below_int(BELOW_WHO) == first);
    errno = 7;
    memset(memory, 1, 2000);
    free(memory);
    EXPECT(errno == 7);
  }
  number_of[(long)argument] = first;
  return NULL;
}
static void threads(void) {
  pthread_t thread[THREADS];
  for (int round = 0; round < 3; round++) {
    for (long i = 0; i < THREADS; i++) MUST(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++) {
      for (int j = 0; j < i; j++) EXPECT(number_of[i] != number_of[j]);
    }
  }
  EXPECT(below_int(BELOW_WHO) == 1);
}

static void descriptors(void) {
  close_range(3, SPLIT_FD_BASE - 1, 0); /* what the test's own caller left open */
  EXPECT(below_int(BELOW_OPEN) >= SPLIT_FD_BASE);
  int fd = open("/dev/null", O_RDONLY);
  EXPECT(fd == 3);
  close(fd);
  int lower = 0;
  for (int i = 0; i < 4096; i++) lower += split_fd_is_lower(SPLIT, i);
  EXPECT(lower >= 14);
  for (int i = 3; i < 4096; i++) {
    int is = split_fd_is_lower(SPLIT, i);
    EXPECT(close(i) == -1 && errno == EBADF);
    if (is) EXPECT(dup2(0, i) == -1 && errno == EBADF && fcntl(i, F_GETFD) == -1);
  }
  EXPECT(close_range(3, ~0u, 0) == 0);
  int still = 0;
  for (int i = 0; i < 4096; i++) still += split_fd_is_lower(SPLIT, i) && lseek(i, 0, SEEK_CUR) + 2 > 0;
  EXPECT(still == lower);
  EXPECT(below_int(BELOW_OPEN) >= SPLIT_FD_BASE);
}

static volatile int upper_signals, wrong_fs;
static void on_signal(int sig) {
  (void)sig;
  upper_signals++;
  if (!split_is_upper((uint64_t)__builtin_thread_pointer())) wrong_fs = 1;
  errno = 0;
  free(malloc(100));
  EXPECT(below_int(BELOW_WHO) == 1); /* crossing again, from a handler that interrupted a crossing */
}
static sigjmp_buf back;
static void jump(int sig) {
  siglongjmp(back, sig);
}
static void signals(void) {
  struct sigaction action = {.sa_handler = on_signal}, old;
  struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (int i = 0; i < 10; i++) below_with(BELOW_SLEEP, 10);
  for (int i = 0; i < 300000; i++) below_int(BELOW_HANDLED);
  setitimer(ITIMER_REAL, &never, NULL);
  EXPECT(upper_signals > 20 && !wrong_fs);

  MANA_CROSS(errno, BELOW(int (*)(int, int), BELOW_HANDLE)(SIGUSR1, 0));
  EXPECT(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == SIG_DFL); /* the other half's are not shown */
  raise(SIGUSR1);
  below_with(BELOW_RAISE, SIGUSR1);
  EXPECT(below_int(BELOW_HANDLED) == 2);

  sigaction(SIGUSR2, &action, NULL);
  int before = upper_signals;
  MANA_CROSS(errno, BELOW(int (*)(int, int), BELOW_HANDLE)(SIGUSR2, 1)); /* chains to ours */
  raise(SIGUSR2);
  below_with(BELOW_RAISE, SIGUSR2);
  EXPECT(below_int(BELOW_HANDLED) == 4 && upper_signals == before + 2);
  MANA_CROSS(errno, BELOW(int (*)(int), BELOW_PUT_BACK)(SIGUSR2));
  raise(SIGUSR2);
  EXPECT(below_int(BELOW_HANDLED) == 4 && upper_signals == before + 3);
  EXPECT(sigaction(SIGUSR2, NULL, &old) == 0 && old.sa_handler == on_signal);
  EXPECT(below_int(BELOW_THREAD) == 1);

  signal(SIGTERM, jump);
  if (sigsetjmp(back, 1) == 0) below_with(BELOW_RAISE, SIGTERM);
  EXPECT(split_is_upper((uint64_t)__builtin_thread_pointer()) && malloc(10) != NULL);
  signal(SIGTERM, SIG_DFL);
}

static void *fault(void *unused) {
  volatile int *nowhere = NULL;
  (void)*nowhere;
  return unused;
}
/* A fault in a thread that never crossed, with a handler installed below: the default action, not a handler gone wild. */
static void faults(void) {
  int status;
  pthread_t thread;
  if (fork() == 0) {
    MANA_CROSS(errno, BELOW(int (*)(int, int), BELOW_HANDLE)(SIGSEGV, 0));
    pthread_create(&thread, NULL, fault, NULL);
    pthread_join(thread, NULL);
    _exit(0);
  }
  wait(&status);
  EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static int doubled(int value) {
  free(malloc(10));
  return 2 * value + (below_int(BELOW_WHO) > 0);
}
static void callbacks(void) {
  int result;
  MANA_CROSS(result, BELOW(int (*)(int (*)(int), int), BELOW_CALLBACK)(doubled, 21));
  EXPECT(result == 43 && mana_upper_tls.depth == 0);
}

enum { PAGE = 4096 };
static long taken_away(void) {
  static long before;
  long now, since;
  MANA_CROSS(now, BELOW(long (*)(void), BELOW_UNMAPPED)());
  since = now - before;
  before = now;
  return since;
}
static void *unmap(void *memory) {
  munmap(memory, 3 * PAGE);
  return NULL;
}
/* An MPI hears of all that is taken away: little or much, by whichever thread, and what is mapped over. */
static void memory(void) {
  const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
  pthread_t thread;
  char *p = mmap(NULL, 1 << 20, prot, flags, -1, 0);
  (void)taken_away();
  munmap(p, PAGE);
  EXPECT(taken_away() == PAGE);
  EXPECT(mmap(p + PAGE, 2 * PAGE, prot, flags | MAP_FIXED, -1, 0) == p + PAGE && taken_away() == 2 * PAGE);
  MUST(pthread_create(&thread, NULL, unmap, p + PAGE) == 0 && pthread_join(thread, NULL) == 0);
  EXPECT(taken_away() == 3 * PAGE);
  munmap(p + 4 * PAGE, (1 << 20) - 4 * PAGE);
  EXPECT(taken_away() == (1 << 20) - 4 * PAGE);
  int segment = shmget(IPC_PRIVATE, PAGE, 0600);
  void *at = shmat(segment, NULL, 0);
  EXPECT(at != (void *)-1 && shmctl(segment, IPC_RMID, NULL) == 0 && shmdt(at) == 0 && taken_away() == 1);
}

static int pages_mapped(void) {
  int pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  MUST(file && fscanf(file, "%d", &pages) == 1);
  fclose(file);
  return pages;
}
/* What starts a child in this memory leaves nothing there, however much it passes on. */
static void large_environment(void) {
  enum { VARIABLES = 400, CHILDREN = 20 };
  char name[32];
  for (int i = 0; i < VARIABLES; i++) {
    snprintf(name, sizeof name, "VARIABLE_%d", i);
    setenv(name, "x", 1);
  }
  EXPECT(system("true") == 0);
  int before = pages_mapped();
  for (int i = 0; i < CHILDREN; i++) EXPECT(system("true") == 0);
  EXPECT(pages_mapped() < before + CHILDREN);
}

/* With MPI loaded, children run natively: nothing of ours in them, no descriptors but their own. */
static void children(void) {
  char line[4096];
  FILE *pipe = popen("echo $(ls /proc/self/fd | wc -l) $(readlink /proc/self/exe) $(ulimit -n)", "r");
  MUST(fgets(line, sizeof line, pipe));
  int status = pclose(pipe), descriptors = atoi(line);
  EXPECT(status == 0 && descriptors >= 3 && descriptors <= 5 && strstr(line, "readlink") != NULL);
  EXPECT(strstr(line, getenv("EXPECT_NOFILE")) != NULL);
  if (fork() == 0) _exit(below_int(BELOW_WHO) == 1 && below_int(BELOW_OPEN) > 0 ? 11 : 12);
  wait(&status);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 11);
}

/* With an argument it does all this in a forked child, which becomes the rank. */
int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1 && fork() != 0) {
    int status;
    wait(&status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
  }
  load();
  threads();
  descriptors();
  callbacks();
  memory();
  signals();
  faults();
  children();
  large_environment();
  SAY("done");
  return 0;
}
