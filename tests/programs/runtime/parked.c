/* Parking for real, in a program whose second thread is the agent: where the first one parks, what is said of it then, and what it gets back.
 * Runs split only, with fake_proxy.c below, built with the core's attach.c. Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "below_load.h"
#include "state.h"

enum { PARKS = 300, PARKS_IN_HANDLER = 3, TRIES = 100000, ASK_MICROSECONDS = 200, GET_TID_ADDRESS = 40 };
static int main_tid, over;
static volatile uint64_t interrupted; /* where the last park signal found the main thread */

static void load(void) {
  int unused;
  below_load();
  MANA_CROSS(unused, (BELOW(void (*)(volatile uint64_t *), BELOW_TAKE_REAL_PARK)(&interrupted), 0));
  (void)unused;
  main_tid = gettid();
}

/* --- The agent: no crossings here, they would park. -------------------------------------------------------------------------- */
static void ask(void) {
  MUST(tgkill(getpid(), main_tid, SPLIT_PARK_SIGNAL) == 0);
  usleep(ASK_MICROSECONDS);
}
static const struct parked_thread *park_main(void) {
  STATE->parked = NULL;
  __atomic_store_n(&STATE->parked_count, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&SPLIT->phase, SPLIT_PARK, __ATOMIC_SEQ_CST);
  for (int i = 0; i < TRIES && !__atomic_load_n(&STATE->parked_count, __ATOMIC_ACQUIRE); i++) ask();
  MUST(STATE->parked && STATE->parked->tid == main_tid);
  return STATE->parked;
}
static void release_main(void) {
  __atomic_store_n(&SPLIT->phase, SPLIT_RUN, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&STATE->park_number, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &STATE->park_number, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  for (int i = 0; i < TRIES && __atomic_load_n(&STATE->parking, __ATOMIC_SEQ_CST); i++) usleep(ASK_MICROSECONDS);
  MUST(STATE->parking == 0);
}
/* The main thread does `own` until `agent` has done its part. */
static void beside(void *(*agent)(void *), void (*own)(void)) {
  pthread_t thread;
  sigset_t all, old;
  sigfillset(&all);
  over = 0;
  pthread_sigmask(SIG_SETMASK, &all, &old);
  MUST(pthread_create(&thread, NULL, agent, NULL) == 0);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) own();
  pthread_join(thread, NULL);
}

/* --- The vDSO of this kernel is not the next one's ------------------------------------------------------------------------------ */
static volatile int in_handler;
static volatile uint64_t outer; /* where the handler found the main thread */
static uint64_t restorer;
static int parked_in_handler;

/* Half of the time, so that there are moments to park. */
static void read_clocks(void) {
  struct timespec now;
  struct timeval day;
  for (volatile int i = 0; i < 3000; i++) {
  }
  for (int i = 0; i < 20; i++) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    clock_gettime(CLOCK_REALTIME, &now);
    gettimeofday(&day, NULL);
    (void)time(NULL);
    (void)sched_getcpu();
  }
}
static void read_clocks_too(int sig, siginfo_t *info, void *context) {
  (void)sig, (void)info;
  outer = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  in_handler = 1;
  for (int i = 0; i < 100; i++) read_clocks();
  in_handler = 0;
}
static void *look_where_it_parks(void *unused) {
  for (int i = 0; i < PARKS || (parked_in_handler < PARKS_IN_HANDLER && i < 100 * PARKS); i++) {
    (void)park_main();
    int active = in_handler || interrupted - restorer < 16; /* as it is about to return */
    EXPECT(split_is_upper(interrupted) && (!active || split_is_upper(outer)));
    parked_in_handler += active;
    release_main();
    usleep(ASK_MICROSECONDS);
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  return unused;
}
static void never_in_the_vdso(void) {
  struct sigaction action = {.sa_sigaction = read_clocks_too, .sa_flags = SA_SIGINFO | SA_RESTART};
  struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
  struct kernel_sigaction known;
  sigaction(SIGALRM, &action, NULL);
  syscall(SYS_rt_sigaction, SIGALRM, NULL, &known, 8);
  restorer = known.restorer;
  setitimer(ITIMER_REAL, &often, NULL);
  beside(look_where_it_parks, read_clocks);
  setitimer(ITIMER_REAL, &never, NULL);
  EXPECT(parked_in_handler >= PARKS_IN_HANDLER && mana_upper_tls.depth == 0);
}

/* --- Handlers that do not return -------------------------------------------------------------------------------------------------- */
static sigjmp_buf back;
static volatile int may_jump;
static void jump(int sig) {
  (void)sig;
  if (may_jump) siglongjmp(back, 1);
}
static void *park_it(void *unused) {
  for (int i = 0; i < PARKS; i++) {
    (void)park_main();
    release_main();
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  return unused;
}
static void until_a_jump(void) {
  if (sigsetjmp(back, 1) == 0) {
    may_jump = 1;
    for (;;) read_clocks();
  }
  may_jump = 0;
}
static void raise_and_jump(void) {
  if (sigsetjmp(back, 1) == 0) {
    may_jump = 1;
    raise(SIGALRM);
  }
  may_jump = 0;
  read_clocks();
}
static void jumps_out_of_handlers(void) {
  struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
  signal(SIGALRM, jump);
  beside(park_it, raise_and_jump);
  setitimer(ITIMER_REAL, &often, NULL);
  beside(park_it, until_a_jump);
  setitimer(ITIMER_REAL, &never, NULL);
}

/* --- A small alternate stack --------------------------------------------------------------------------------------------------------- */
enum { BELOW_STACK = 8192, CANARY = 0x5a, OWN_FRAMES = 2048 };
static void stay(int sig) {
  (void)sig;
  usleep(20 * ASK_MICROSECONDS);
}
static void raise_and_rest(void) {
  raise(SIGUSR1);
  usleep(20 * ASK_MICROSECONDS);
}
/* Room for the kernel's two frames, and little more. */
static void small_alternate_stack(void) {
  size_t size = 2 * getauxval(AT_MINSIGSTKSZ) + OWN_FRAMES;
  char *memory = malloc(BELOW_STACK + size);
  memset(memory, CANARY, BELOW_STACK);
  stack_t stack = {.ss_sp = memory + BELOW_STACK, .ss_size = size}, none = {.ss_flags = SS_DISABLE};
  struct sigaction action = {.sa_handler = stay, .sa_flags = SA_ONSTACK};
  MUST(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
  beside(park_it, raise_and_rest);
  for (int i = 0; i < BELOW_STACK; i++) {
    if (memory[i] != CANARY) {
      EXPECT(memory[i] == CANARY);
      break;
    }
  }
  sigaltstack(&none, NULL);
  signal(SIGUSR1, SIG_DFL);
  free(memory);
}

/* --- A park that was given up before its signal came ------------------------------------------------------------------------------ */
static void *ask_in_vain(void *unused) {
  for (int i = 0; i < 100; i++) ask();
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  return unused;
}
static void sleep_long(void) {
  EXPECT(nanosleep(&(struct timespec){0, 100000000}, NULL) == 0);
}

/* --- MPI may call back, so its thread parks at a crossing's end only ----------------------------------------------------------------- */
static void *ask_the_mpi_thread(void *unused) {
  STATE->parked_count = 0;
  SPLIT->mpi_lower_fs = SPLIT->lower_fs_main;
  SPLIT->mpi_state = SPLIT_MPI_INITIALIZED;
  SPLIT->park_late = 1;
  __atomic_store_n(&SPLIT->phase, SPLIT_PARK, __ATOMIC_SEQ_CST);
  for (int i = 0; i < 100; i++) ask();
  EXPECT(STATE->parked_count == 0);
  __atomic_store_n(&SPLIT->phase, SPLIT_RUN, __ATOMIC_SEQ_CST);
  SPLIT->park_late = 0;
  SPLIT->mpi_state = SPLIT_MPI_LOADED;
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  return unused;
}

/* --- Signals that wait ------------------------------------------------------------------------------------------------------------ */
enum { MANY = 17 }; /* more than a parked thread takes */
static void *take_what_waits(void *unused) {
  sigset_t all;
  sigfillset(&all);
  EXPECT(park_main()->why_not == NULL);
  for (siginfo_t info; sigtimedwait(&all, &info, &(struct timespec){0, 0}) > 0;)
    memcpy(&STATE->waiting[STATE->waiting_count++], &info, sizeof info);
  EXPECT(STATE->waiting_count == 4);
  release_main();
  EXPECT(STATE->waiting_count == 0);
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  return unused;
}
static void *hear_of_too_many(void *unused) {
  const char *why_not = park_main()->why_not;
  EXPECT(why_not && strstr(why_not, "signals"));
  release_main();
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  return unused;
}
static void nothing(void) {
  usleep(1000);
}
static int next(siginfo_t *info) {
  sigset_t all;
  sigfillset(&all);
  return sigtimedwait(&all, info, &(struct timespec){0, 0});
}
static void signals_come_back(void) {
  sigset_t all, old;
  siginfo_t info;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  kill(getpid(), SIGUSR1);
  for (int i = 0; i < 3; i++) sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
  pthread_sigqueue(pthread_self(), SIGUSR2, (union sigval){.sival_int = 5});
  beside(take_what_waits, nothing);
  EXPECT(next(&info) == SIGUSR2 && info.si_code == SI_QUEUE && info.si_value.sival_int == 5);
  EXPECT(next(&info) == SIGUSR1 && info.si_code == SI_USER && info.si_pid == getpid());
  for (int i = 0; i < 3; i++) EXPECT(next(&info) == SIGRTMIN && info.si_value.sival_int == i);
  for (int i = 0; i < MANY; i++) pthread_sigqueue(pthread_self(), SIGRTMIN, (union sigval){.sival_int = i});
  beside(hear_of_too_many, nothing);
  for (int i = 0; i < MANY; i++) EXPECT(next(&info) == SIGRTMIN);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* --- A kernel that does not say enough of a thread ---------------------------------------------------------------------------------- */
static void *hear_of_the_kernel(void *unused) {
  const char *why_not = park_main()->why_not;
  EXPECT(why_not && strstr(why_not, "PR_GET_TID_ADDRESS"));
  release_main();
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  return unused;
}
static void without_tid_address(void) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GET_TID_ADDRESS, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 22 /* EINVAL */),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof program / sizeof *program, program};
  MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
  beside(hear_of_the_kernel, nothing);
}

int main(void) {
  load();
  never_in_the_vdso();
  jumps_out_of_handlers();
  small_alternate_stack();
  beside(ask_in_vain, sleep_long);
  beside(ask_the_mpi_thread, sleep_long);
  signals_come_back();
  without_tid_address();
  SAY("done");
  return 0;
}
