/* Parking the upper threads: who runs, who has parked, who cannot. Orders to the one that may call MPI: orders.c. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "faults.h"
#include "lower_threads.h"
#include "monotonic.h"
#include "report.h"
#include "state.h"
#include "syscall_raw.h"
#include "upper_half.h"

/* The signal's action is the kernel's only from here on: programs and MPIs that claim it are told no by the hooks. */
static void install_signal(void) {
  const struct resident *resident = upper_half_resident();
  struct kernel_sigaction action = {.handler = (uint64_t)resident->park_signal_entry,
                                    .flags = SA_SIGINFO | SA_RESTART | 0x04000000, /* SA_RESTORER */
                                    .restorer = (uint64_t)resident->signal_restorer,
                                    .mask = ~0ull};
  RAW4(SYS_rt_sigaction, SPLIT_PARK_SIGNAL, &action, NULL, 8);
}

void agent_park_prepare(void) {
  enum { STACK_BYTES = 8 << 20 };
  install_signal();
  void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack == MAP_FAILED) report_fatal(EXIT_MANA, "check ulimit -v", "no memory for a stack: %s", strerror(errno));
  SPLIT->mpi_lower_fs = SPLIT->lower_fs_main;
  SPLIT->park_stack = (uint64_t)stack + STACK_BYTES;
}

void agent_park_await(int threads) {
  for (int32_t now; (now = __atomic_load_n(&STATE->parked_count, __ATOMIC_ACQUIRE)) < threads;) {
    RAW4(SYS_futex, &STATE->parked_count, RAW_FUTEX_WAIT, now, NULL);
  }
}

bool agent_park_is_over(void) {
  return __atomic_load_n(&STATE->parking, __ATOMIC_SEQ_CST) == 0;
}

static int64_t asked_since; /* monotonic_ms */

void agent_park_begin(void) {
  asked_since = monotonic_ms();
  install_signal(); /* again: an MPI library may have put its own in its place */
  STATE->parked = NULL;
  __atomic_store_n(&STATE->parked_count, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&SPLIT->phase, SPLIT_PARK, __ATOMIC_SEQ_CST);
}

void agent_park_end(void) {
  __atomic_store_n(&SPLIT->phase, agent_resting_phase(), __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&STATE->park_number, 1, __ATOMIC_SEQ_CST);
  RAW3(SYS_futex, &STATE->park_number, RAW_FUTEX_WAKE, INT_MAX);
}

static const struct parked_thread *find_parked(int tid) {
  for (const struct parked_thread *t = __atomic_load_n(&STATE->parked, __ATOMIC_ACQUIRE); t; t = t->next) {
    if (t->tid == tid) return t;
  }
  return NULL;
}

const char *agent_park_reason(void) {
  for (const struct parked_thread *t = __atomic_load_n(&STATE->parked, __ATOMIC_ACQUIRE); t; t = t->next) {
    if (t->why_not) return t->why_not;
  }
  return NULL;
}

/* Why a task will never park; NULL: it may. Man 5 proc, /proc/PID/stat fields 3 and 9. */
static const char *never_parks(int tid) {
  enum { IO_WORKER = 0x10 }; /* PF_IO_WORKER, linux/sched.h */
  char path[64], text[512], state;
  unsigned flags;
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
  FILE *file = fopen(path, "re");
  if (!file) return NULL;
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  const char *at = strrchr(text, ')'); /* the name before it may hold anything */
  if (!at || sscanf(at + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2) return NULL;
  if (flags & IO_WORKER) return "it uses io_uring, whose requests cannot be saved";
  return tid == getpid() && state == 'Z' ? "its main thread has ended, and cannot be made again" : NULL;
}

/* Threads of the upper half: all tasks that the lower half did not make. One that is listed as parked may have made another since the listing
 * began, and parked then: so all must have been parked before. And the kernel may pass over a thread while others end, so it is asked twice.
 * A thread that cannot be asked (EAGAIN: the user's queue of signals is full) runs all the same. */
int agent_park_round(char why[PROXY_WHY_SIZE]) {
  enum { LONG_MILLISECONDS = 1000 };
  const char *against = NULL;
  bool long_asked = monotonic_ms() - asked_since > LONG_MILLISECONDS;
  int parked = 0, running = 0, before = __atomic_load_n(&STATE->parked_count, __ATOMIC_ACQUIRE);
  /* Before the signals of this round: what is started later is so in a crossing, at whose end the thread parks. */
  __atomic_store_n(&SPLIT->park_late, agent_proxy()->calls_back(), __ATOMIC_SEQ_CST);
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) {
    snprintf(why, PROXY_WHY_SIZE, "/proc/self/task cannot be read: %s", strerror(errno));
    return -1;
  }
  for (struct dirent *entry; (entry = readdir(tasks));) {
    int tid = atoi(entry->d_name);
    if (tid <= 0 || lower_thread_is_own(tid)) continue;
    if (find_parked(tid)) {
      parked++;
    } else if (long_asked && (against = never_parks(tid))) {
      break;
    } else if (syscall(SYS_tgkill, getpid(), tid, SPLIT_PARK_SIGNAL) == 0 || errno != ESRCH) {
      running++;
    }
  }
  closedir(tasks);
  agent.clean = running == 0 && parked == before ? agent.clean + 1 : 0;
  if (agent.clean >= 2) agent.alone = true;
  if (!against && (!agent.alone || !agent.serving)) return 0;
  if (!against) against = agent_park_reason();
  if (!against && parked >= TID_PAIRS) { /* a restart keeps the parent's number, too */
    snprintf(why, PROXY_WHY_SIZE, "it has more than %d threads", TID_PAIRS - 1);
    return -1;
  }
  if (!against) return parked;
  snprintf(why, PROXY_WHY_SIZE, "%s", against);
  return -1;
}
