#include "lower_threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "split_abi.h"
#include "syscall_raw.h"

static __thread uint64_t upper_fs; /* of the thread that runs on this block; 0 in a thread of the lower half itself */
static __thread int32_t returned;  /* futex: the block is not needed any more */

int64_t lower_thread_upper_fs_offset(void) {
  return (int64_t)((char *)&upper_fs - (char *)__builtin_thread_pointer());
}

static void wait_while(int32_t *word, int32_t value) {
  while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) RAW4(SYS_futex, word, RAW_FUTEX_WAIT, value, NULL);
}
static void set_and_wake(int32_t *word, int32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
  RAW3(SYS_futex, word, RAW_FUTEX_WAKE, INT_MAX);
}

/* --- Threads that the MPI library starts: signals to the process belong to the program, so these block them all. ----- */

struct start {
  void *(*function)(void *);
  void *argument;
};

/* Their ids: 0 is a free place. Far more threads than an MPI makes; one too many would only keep checkpoints from being taken. */
enum { OWN_MAX = 4096 };
static int32_t own[OWN_MAX];
static pthread_key_t own_key; /* its destructor runs however a thread ends */
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static void own_end(void *place) {
  __atomic_store_n((int32_t *)place, 0, __ATOMIC_RELEASE);
}
static void own_create_key(void) {
  if (pthread_key_create(&own_key, own_end) != 0) abort();
}
static void own_begin(void) {
  pthread_once(&own_once, own_create_key);
  for (int i = 0; i < OWN_MAX; i++) {
    int32_t nobody = 0, self = (int32_t)RAW0(SYS_gettid);
    if (!__atomic_compare_exchange_n(&own[i], &nobody, self, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
    pthread_setspecific(own_key, &own[i]);
    return;
  }
}
bool lower_thread_is_own(int tid) {
  for (int i = 0; i < OWN_MAX; i++) {
    if (__atomic_load_n(&own[i], __ATOMIC_ACQUIRE) == tid) return true;
  }
  return false;
}

/* The upper FS for which the thread of the same place lends its block; 0 where it lends none. */
static uint64_t lent[OWN_MAX];

static void lends(uint64_t to_upper_fs) {
  const int32_t *place = pthread_getspecific(own_key);
  if (place) __atomic_store_n(&lent[place - own], to_upper_fs, __ATOMIC_RELEASE);
}
uint64_t lower_thread_next_lent(int *cursor) {
  uint64_t found = 0;
  while (!found && *cursor < OWN_MAX) found = __atomic_load_n(&lent[(*cursor)++], __ATOMIC_ACQUIRE);
  return found;
}

static void *run_blocked(void *memory) {
  struct start start = *(struct start *)memory;
  free(memory);
  own_begin();
  return start.function(start.argument);
}

typedef int create_function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* Wins over libc's in everything loaded here (-rdynamic). The mask is set before the thread exists and inherited. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *argument) {
  static create_function *real;
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
  struct start *start = malloc(sizeof *start);
  if (!start) return EAGAIN;
  *start = (struct start){function, argument};
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int result = real(thread, attributes, run_blocked, start);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (result != 0) free(start);
  return result;
}

/* --- Lenders ------------------------------------------------------------------------------------------------------- */

/* On the stack of the upper thread that waits for it. */
struct request {
  struct request *next;
  uint64_t upper_fs, lower_fs;
  lower_thread_work *work; /* what is to be done in place of a lender; else NULL */
  const long *argument;
  long result;
  int32_t done; /* futex */
};
static struct request *requests; /* a stack, newest first */
static int32_t requests_made;    /* futex: the maker sleeps on it */

static void *lend(void *memory) {
  struct request *request = memory;
  upper_fs = request->upper_fs;
  lends(upper_fs);
  request->lower_fs = (uint64_t)__builtin_thread_pointer();
  set_and_wake(&request->done, 1); /* the request is gone after this */
  wait_while(&returned, 0);        /* raw: nothing of the block is touched while it is lent */
  lends(0);
  upper_fs = 0;
  return NULL;
}

static void make_lender(struct request *request) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 1 << 20); /* holds the static TLS of all libraries; the thread just sleeps */
  int result = pthread_create(&thread, &attributes, lend, request);
  if (result != 0) {
    report_warning("check ulimit -u, and pids.max of the job's cgroup: each thread that calls MPI needs a second one",
                   "cannot start a thread: %s", strerror(result));
    set_and_wake(&request->done, 1);
  }
  pthread_attr_destroy(&attributes);
}

static void carry_out(struct request *request) {
  const long *a = request->argument;
  request->result = request->work(a[0], a[1], a[2], a[3], a[4], a[5]);
  set_and_wake(&request->done, 1);
}

/* The first thread of the lower libc's: proves that threads begin as lower_tls.c wants them to. */
static void check_gs(void) {
  uint64_t gs = 0;
  if (!SPLIT->lower_gs) return;
  RAW2(SYS_arch_prctl, RAW_ARCH_GET_GS, &gs);
  if (gs != raw_get_fs(SPLIT->have_fsgsbase))
    report_fatal(EXIT_MANA, "set MANA_CROSSING=fs in the environment, and report the version of libc (ldd --version)",
                 "a thread of the lower half has no thread-local storage of its own");
}

static void *make_lenders(void *unused) {
  (void)unused;
  check_gs();
  for (;;) {
    int32_t seen = __atomic_load_n(&requests_made, __ATOMIC_ACQUIRE);
    struct request *request = __atomic_exchange_n(&requests, NULL, __ATOMIC_ACQ_REL);
    while (request) {
      struct request *next = request->next;
      if (request->work) {
        carry_out(request);
      } else {
        make_lender(request);
      }
      request = next;
    }
    wait_while(&requests_made, seen);
  }
  return NULL;
}

static void ask_maker(struct request *request) {
  request->next = __atomic_load_n(&requests, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&requests, &request->next, request, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
  }
  __atomic_fetch_add(&requests_made, 1, __ATOMIC_RELEASE);
  RAW3(SYS_futex, &requests_made, RAW_FUTEX_WAKE, INT_MAX);
  wait_while(&request->done, 0);
}

uint64_t lower_thread_attach(uint64_t for_upper_fs) {
  if (SPLIT_OWNER->pid != SPLIT->pid) return 0; /* a forked child has no maker */
  struct request request = {.upper_fs = for_upper_fs};
  ask_maker(&request);
  return request.lower_fs;
}

long lower_thread_carry_out(lower_thread_work *work, const long argument[6]) {
  struct request request = {.work = work, .argument = argument};
  ask_maker(&request);
  return request.result;
}

void lower_thread_detach(uint64_t lower_fs) {
  if (!lower_fs || lower_fs == SPLIT->lower_fs_main || SPLIT_OWNER->pid != SPLIT->pid) return;
  int64_t offset = (char *)&returned - (char *)__builtin_thread_pointer();
  set_and_wake((int32_t *)(lower_fs + (uint64_t)offset), 1);
}

void lower_threads_start(void) {
  pthread_t thread;
  int result = pthread_create(&thread, NULL, make_lenders, NULL);
  if (result != 0) report_fatal(EXIT_MANA, "check ulimit -u", "cannot start a thread: %s", strerror(result));
  pthread_detach(thread);
}
