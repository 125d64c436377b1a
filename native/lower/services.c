/* The services of split_abi.h. They run under a lower FS on the calling thread's upper stack, unless said otherwise. */
#include "services.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "agent.h"
#include "hook_lower.h"
#include "lower_threads.h"
#include "options.h"
#include "report.h"
#include "syscall_raw.h"

typedef int fill_function(struct split_table *table, struct mpi_table *mpi);

/* A forked child may be the first to load MPI (a wrapper that forks without exec): then it is the rank. The lower half's
 * service thread stayed in the parent; nothing else of it ran yet. */
static void become_rank(void) {
  if (SPLIT->pid == getpid()) return;
  SPLIT->pid = getpid();
  SPLIT_OWNER->pid = getpid();
  hook_lower_pid = getpid();
  lower_threads_start();
}

/* RTLD_GLOBAL: MPI libraries look up each other's and their plug-ins' symbols. */
int services_load_proxy(void) {
  static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
  int result = 0;
  pthread_mutex_lock(&once);
  if (SPLIT->mpi_state == SPLIT_MPI_NOT_LOADED) {
    become_rank();
    void *proxy = dlopen(options.proxy, RTLD_NOW | RTLD_GLOBAL);
    fill_function *fill = proxy ? (fill_function *)dlsym(proxy, "mana_proxy_fill") : NULL;
    if (!fill) {
      report_warning("build the bundle again, or name the proxy with --proxy=FILE", "cannot load the proxy: %s",
                     dlerror());
      result = -ENOENT;
    } else {
      result = fill(SPLIT, MPI_TABLE);
      agent_set_proxy(proxy);
      if (result == 0) SPLIT->mpi_state = SPLIT_MPI_LOADED;
    }
  }
  pthread_mutex_unlock(&once);
  return result;
}

static void exiting(void) {
  fflush(NULL); /* what the MPI library has printed; its own atexit handlers are the proxy's affair */
}

static long negated(long result) {
  return result == -1 ? -errno : result;
}
static long forward_munmap(void *at, size_t length) {
  return negated(munmap(at, length));
}
static long forward_madvise(void *at, size_t length, int advice) {
  return negated(madvise(at, length, advice));
}
static long forward_mremap(void *at, size_t old_length, size_t length, int flags, void *to) {
  return negated((long)mremap(at, old_length, length, flags, to));
}
static long forward_mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset) {
  return negated((long)mmap(at, length, prot, flags, fd, offset));
}
static long forward_shmdt(const void *at) {
  return negated(shmdt(at));
}

/* Who watches memory has rewritten the beginning of these functions, all of them, or where they are looked up. */
static void *munmap_at;
static uint64_t munmap_begins[2];

static bool memory_is_watched(void) {
  void *at = (void *)munmap;
  const uint64_t *begins = at;
  return at != munmap_at || begins[0] != munmap_begins[0] || begins[1] != munmap_begins[1];
}
static void note_unwatched(void) {
  munmap_at = (void *)munmap;
  memcpy(munmap_begins, munmap_at, sizeof munmap_begins);
}

/* With the upper FS. A handler of the program must not leave meanwhile: the request is on this stack. */
static int carry_out(enum split_service nr, const long argument[6], long *result) {
  uint64_t most = ~(1ull << (SIGSYS - 1)), mask;
  if (!memory_is_watched()) return 0;
  RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &most, &mask, sizeof mask);
  *result = lower_thread_carry_out((lower_thread_work *)SPLIT->service[nr], argument);
  RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
  return 1;
}

static void report(const char *text) {
  report_warning(NULL, "%s", text);
}

void services_fill(struct split_table *table) {
  note_unwatched();
  table->service[SVC_LOAD_PROXY] = (void *)services_load_proxy;
  table->service[SVC_EXITING] = (void *)exiting;
  table->service[SVC_ATTACH] = (void *)lower_thread_attach;
  table->service[SVC_DETACH] = (void *)lower_thread_detach;
  table->service[SVC_MUNMAP] = (void *)forward_munmap;
  table->service[SVC_MREMAP] = (void *)forward_mremap;
  table->service[SVC_MADVISE] = (void *)forward_madvise;
  table->service[SVC_MMAP] = (void *)forward_mmap;
  table->service[SVC_SHMDT] = (void *)forward_shmdt;
  table->service[SVC_CARRY_OUT] = (void *)carry_out;
  table->service[SVC_REPORT] = (void *)report;
  table->service[SVC_MPI_BEGINS] = (void *)agent_mpi_begins;
  table->service[SVC_MPI_ENDS] = (void *)agent_mpi_ends;
  table->service[SVC_ABORTS] = (void *)agent_mpi_aborts;
  table->service[SVC_CLOCK] = (void *)agent_clock;
  table->service[SVC_GATE] = (void *)agent_gate;
  table->service[SVC_GATE_OF_ALL] = (void *)agent_gate_of_all;
  table->service[SVC_CLOCK_BORN] = (void *)agent_clock_born;
  table->service[SVC_CLOCK_GONE] = (void *)agent_clock_gone;
  table->service[SVC_PARKED] = (void *)agent_parked;
}
