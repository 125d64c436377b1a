/* Signals, children and timers of the program's own, in the middle of MPI traffic. */
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t ticks, users;
static void on_alarm(int number) {
  (void)number;
  ticks++;
}
static void on_user(int number, siginfo_t *info, void *context) {
  (void)context;
  users += number == SIGUSR2 && info->si_pid == getpid();
}

static void traffic(int rounds) {
  int value = check_rank(), sum, size = check_size();
  for (int i = 0; i < rounds; i++) {
    MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == size * (size - 1) / 2);
  }
}

static void timers(void) {
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, old;
  struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
  CHECK(sigaction(SIGALRM, &action, &old) == 0 && old.sa_handler == SIG_DFL);
  setitimer(ITIMER_REAL, &often, NULL);
  double start = MPI_Wtime();
  int enough = 0;
  while (!enough) { /* until every rank has had its signals, inside MPI or not */
    traffic(20);
    int mine = ticks >= 10 || MPI_Wtime() - start > 20;
    MPI_Allreduce(&mine, &enough, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
  }
  setitimer(ITIMER_REAL, &never, NULL);
  CHECK(ticks >= 10);
  sigaction(SIGALRM, NULL, &old);
  CHECK(old.sa_handler == on_alarm);
  signal(SIGALRM, SIG_DFL);
}

static void own_signals(void) {
  struct sigaction action = {.sa_sigaction = on_user, .sa_flags = SA_SIGINFO};
  sigset_t blocked, pending;
  sigaction(SIGUSR2, &action, NULL);
  raise(SIGUSR2);
  kill(getpid(), SIGUSR2);
  CHECK(users == 2);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  raise(SIGUSR2);
  traffic(10);
  sigpending(&pending);
  CHECK(users == 2 && sigismember(&pending, SIGUSR2));
  sigprocmask(SIG_UNBLOCK, &blocked, NULL);
  CHECK(users == 3);
}

static void children(void) {
  int status = -1;
  pid_t child = fork();
  if (child == 0) _exit(getppid() > 0 ? 17 : 1);
  traffic(5);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 17);
  status = system("exit 5");
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
  char line[64] = "";
  FILE *pipe = popen("echo from a child; exit 3", "r");
  CHECK(pipe && fgets(line, sizeof line, pipe) && strcmp(line, "from a child\n") == 0);
  status = pclose(pipe);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  traffic(5);
}

static void itself(void) {
  char exe[4096] = "", *slash;
  ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
  CHECK(length > 0);
  slash = strrchr(exe, '/');
  CHECK(slash && strcmp(slash, "/processes") == 0);
  int descriptor = open("/dev/null", O_RDWR);
  CHECK(descriptor >= 0 && descriptor < 100); /* low numbers are the program's own */
  close(descriptor);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  timers();
  own_signals();
  children();
  itself();
  return check_finish("processes");
}
