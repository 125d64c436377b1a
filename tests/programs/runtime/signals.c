/* Signal actions, to the letter: flags, masks, one-shot, nested, alternate stack, values, jumps out of handlers. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "say.h"

static volatile sig_atomic_t count, depth, deepest, last_value;
static volatile int on_alternate;
static char alternate[65536];
static sigjmp_buf back;

static void plain(int sig) {
  (void)sig;
  count++;
}
static void with_info(int sig, siginfo_t *info, void *context) {
  last_value = info->si_value.sival_int;
  EXPECT(info->si_signo == sig && ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] != 0);
  count++;
}
static void where(int sig) {
  char here;
  (void)sig;
  on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
}
static void again(int sig) {
  if (++depth > deepest) deepest = depth;
  if (depth < 3) raise(sig);
  depth--;
}
static void jump(int sig) {
  siglongjmp(back, sig);
}
static void set(int sig, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  MUST(sigaction(sig, &action, NULL) == 0);
}

static void old_actions(void) {
  struct sigaction action = {.sa_sigaction = with_info, .sa_flags = SA_SIGINFO | SA_RESTART}, old;
  sigaddset(&action.sa_mask, SIGUSR2);
  EXPECT(sigaction(SIGUSR1, &action, &old) == 0 && old.sa_handler == SIG_DFL);
  EXPECT(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_sigaction == with_info);
  EXPECT((old.sa_flags & (SA_SIGINFO | SA_RESTART)) == (SA_SIGINFO | SA_RESTART) && sigismember(&old.sa_mask, SIGUSR2));
  EXPECT(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 42}) == 0 && last_value == 42);
  EXPECT((void *)signal(SIGUSR1, SIG_IGN) == (void *)with_info);
  raise(SIGUSR1);
  EXPECT(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
  EXPECT(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL);
  EXPECT(sigaction(77, NULL, &old) == -1 && errno == EINVAL);
}

static void flags(void) {
  count = 0;
  set(SIGUSR1, plain, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction old;
  sigaction(SIGUSR1, NULL, &old);
  EXPECT(count == 1 && old.sa_handler == SIG_DFL);
  depth = deepest = 0;
  set(SIGUSR1, again, SA_NODEFER);
  raise(SIGUSR1);
  EXPECT(deepest == 3);
  depth = deepest = 0;
  set(SIGUSR2, plain, 0);
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  MUST(sigaltstack(&stack, NULL) == 0);
  set(SIGUSR1, where, SA_ONSTACK);
  raise(SIGUSR1);
  EXPECT(on_alternate);
  set(SIGUSR1, where, 0);
  raise(SIGUSR1);
  EXPECT(!on_alternate);
}

static void interrupted(void) {
  int fds[2];
  char c;
  MUST(pipe(fds) == 0);
  struct itimerval soon = {.it_value.tv_usec = 20000};
  set(SIGALRM, plain, 0);
  setitimer(ITIMER_REAL, &soon, NULL);
  EXPECT(read(fds[0], &c, 1) == -1 && errno == EINTR);
  set(SIGALRM, plain, SA_RESTART);
  setitimer(ITIMER_REAL, &soon, NULL);
  if (fork() == 0) {
    usleep(100000);
    MUST(write(fds[1], "x", 1) == 1);
    _exit(0);
  }
  EXPECT(read(fds[0], &c, 1) == 1 && c == 'x');
  wait(NULL);
}

static void masks(void) {
  sigset_t set1, pending;
  sigemptyset(&set1);
  sigaddset(&set1, SIGUSR2);
  count = 0;
  set(SIGUSR2, plain, 0);
  sigprocmask(SIG_BLOCK, &set1, NULL);
  raise(SIGUSR2);
  sigpending(&pending);
  EXPECT(count == 0 && sigismember(&pending, SIGUSR2));
  sigprocmask(SIG_UNBLOCK, &set1, NULL);
  EXPECT(count == 1);
}

/* As profilers and unwinders ask. */
static void readable(void) {
  char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT(syscall(SYS_rt_sigprocmask, ~0, page, NULL, 8) == -1 && errno == EFAULT);
  EXPECT(syscall(SYS_rt_sigprocmask, ~0, alternate, NULL, 8) == -1 && errno == EINVAL);
  munmap(page, 4096);
}

static void faults(void) {
  volatile int *nowhere = NULL;
  set(SIGSEGV, jump, SA_NODEFER);
  set(SIGFPE, jump, SA_NODEFER);
  int got = sigsetjmp(back, 1);
  if (!got) *nowhere = 1;
  EXPECT(got == SIGSEGV);
  volatile int zero = 0;
  got = sigsetjmp(back, 1);
  volatile int result;
  if (!got) result = 1000 / zero;
  (void)result;
  EXPECT(got == SIGFPE);
}

/* Handlers set by a child must not become the parent's. */
static void child_sets(void) {
  count = 0;
  set(SIGUSR1, plain, 0);
  int status;
  if (fork() == 0) {
    set(SIGUSR1, SIG_IGN, 0);
    raise(SIGUSR1);
    set(SIGUSR1, where, 0);
    raise(SIGUSR1);
    _exit(count);
  }
  wait(&status);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT(system("exit 3") >> 8 == 3); /* resets actions in a child that shares our memory */
  raise(SIGUSR1);
  EXPECT(count == 1);
  if (fork() == 0) {
    signal(SIGUSR1, SIG_DFL);
    raise(SIGUSR1);
  }
  wait(&status);
  EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
}

int main(void) {
  old_actions();
  flags();
  interrupted();
  masks();
  readable();
  faults();
  child_sets();
  SAY("done");
  fflush(stdout);
  raise(SIGTERM);
  return 0;
}
