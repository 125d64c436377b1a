#include "restart.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "channel.h"
#include "checkpoint_signal.h"
#include "cpu_features.h"
#include "environment.h"
#include "faults.h"
#include "image_read.h"
#include "lower_tls.h"
#include "monotonic.h"
#include "options.h"
#include "path_map.h"
#include "process_state.h"
#include "process_title.h"
#include "report.h"
#include "sections.h"
#include "services.h"
#include "syscall_raw.h"
#include "upper_half.h"

void resume_context(const struct park_context *context) __attribute__((noreturn));
long resume_thread(const struct park_context *context, uint64_t fs);

/* What takes its time, for the job's log: each part adds what has passed since `since`. */
static struct agent_restart_times took;

/* --- 0: before MPI opens anything -------------------------------------------------------------------------------------------- */
static const char *rank_by_launcher(void) {
  static const char *const variables[] = {"PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PALS_RANKID",
                                          "SLURM_PROCID"};
  const char *value = NULL;
  for (size_t i = 0; !value && i < sizeof variables / sizeof *variables; i++) value = getenv(variables[i]);
  return value;
}

uint32_t restart_highest_descriptor(void) {
  struct image image = {.fd = -1};
  char path[4096 + 32], why[IMAGE_WHY_SIZE];
  const char *rank = rank_by_launcher();
  uint32_t highest = 0;
  if (!rank) return 0;
  snprintf(path, sizeof path, "%s/rank-%.10s.img", options.restart, rank);
  struct save_stream s = {0};
  if (image_open(path, &image, why) == 0) {
    s.data = (uint8_t *)(uintptr_t)image_section(&image, SECTION_DESCRIPTORS, &s.length, why);
    if (s.data) highest = state_descriptors_highest(&s);
  }
  image_close(&image); /* what is wrong with it will be found, and said, when it is verified */
  return highest;
}

/* --- 1: the lower half alone ---------------------------------------------------------------------------------------------- */
static void begin_mpi(char why[PROXY_WHY_SIZE]) {
  int64_t since = monotonic_us();
  if (services_load_proxy() != 0) _exit(EXIT_MANA); /* has said why */
  if (!agent_proxy()) {
    report_fatal(EXIT_MANA, "build the bundle again", "the proxy %s cannot restart a job", options.proxy);
  }
  int rc = agent_proxy()->begin(options.thread_level, why);
  if (rc != 0)
    report_fatal(EXIT_MANA, "run `mana bundle verify NAME`", "the site's MPI_Init_thread failed with %d", rc);
  took.init = (uint64_t)(monotonic_us() - since);
}

/* --- 2: the image, verified by all before anybody maps -------------------------------------------------------------------- */
static int check_processor(const struct image_identity *id, char why[PROXY_WHY_SIZE]) {
  uint64_t have[IMAGE_CPU_WORDS];
  char names[PROXY_WHY_SIZE - 128];
  cpu_features_read(have);
  if (cpu_features_missing(id->cpu, have, names, sizeof names) == 0) return 0;
  snprintf(why, PROXY_WHY_SIZE,
           "the program may use what the processor of its checkpoint had and this one lacks: %s (restart it on hosts "
           "that have it)",
           names);
  return -1;
}

static int check_identity(const struct image *image, int rank, int size, char why[PROXY_WHY_SIZE]) {
  const struct image_identity *id = &image->identity;
  if ((int)id->rank != rank || (int)id->size != size) {
    snprintf(why, PROXY_WHY_SIZE, "the image is that of rank %u of %u", id->rank, id->size);
    return -1;
  }
  if (id->fingerprint != MPI_TABLE->fingerprint) {
    snprintf(why, PROXY_WHY_SIZE, "the image was written by another version of mana than this bundle is of");
    return -1;
  }
  return check_processor(id, why);
}

/* Threads switch it on when they go on, and can only hope that it works. */
static int check_kernel(char why[PROXY_WHY_SIZE]) {
  enum { SET_SYSCALL_USER_DISPATCH = 59, DISPATCH_OFF = 0 }; /* man 2 prctl */
  if (!options.dispatch || prctl(SET_SYSCALL_USER_DISPATCH, DISPATCH_OFF, 0, 0, 0) == 0) return 0;
  snprintf(why, PROXY_WHY_SIZE,
           "the job runs with --syscalls=dispatch, which this kernel lacks: restart it on Linux 5.11 or newer");
  return -1;
}

typedef int restore_function(struct save_stream *from, char why[STATE_WHY_SIZE]);

static int check_needs(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  return agent_proxy()->needs_check(from, why);
}

/* A file or folder that is gone, or not what it was, or a datatype that this MPI lacks, is missed before anything is changed. */
static int check_parts(struct image *image, char why[PROXY_WHY_SIZE]) {
  static const struct {
    uint32_t kind;
    restore_function *check;
  } parts[] = {{SECTION_DESCRIPTORS, state_descriptors_check},
               {SECTION_MPI_FILES, state_mpi_files_check},
               {SECTION_PROCESS, state_process_check},
               {SECTION_MPI_NEEDS, check_needs}};
  state_files_policy = (struct state_files_policy){
      .folder = options.restart, .epoch = image->identity.epoch, .keep = options.keep_files};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    struct save_stream s = {0};
    s.data = (uint8_t *)(uintptr_t)image_section(image, parts[i].kind, &s.length, why);
    if (!s.data || parts[i].check(&s, why) != 0) return -1;
  }
  return 0;
}

/* A program of somebody else's would run in this user's name. The tool has looked, too; but who may write above the folder could exchange it since. */
static int check_owner(const struct image *image, char why[PROXY_WHY_SIZE]) {
  if (image->owner == geteuid() || options.any_owner) return 0;
  snprintf(why, PROXY_WHY_SIZE,
           "'%s' belongs to the user with the number %u, not to you (--force takes it all the same)", image->path,
           image->owner);
  return -1;
}

static int verify(struct image *image, int rank, int size, char why[PROXY_WHY_SIZE]) {
  char path[4096 + 32];
  int64_t since = monotonic_us();
  snprintf(path, sizeof path, "%s/rank-%d.img", options.restart, rank);
  if (image_open(path, image, why) != 0 || check_owner(image, why) != 0) return -1;
  image->moved = path_map_apply;
  if (image_verify(image, why) != 0) return -1;
  took.verify = (uint64_t)(monotonic_us() - since);
  if (check_identity(image, rank, size, why) != 0 || check_kernel(why) != 0) return -1;
  return check_parts(image, why);
}

/* Without GO there is no restart, and the coordinator has said why: ranks leave as after a good end, so that the launcher adds nothing. */
static void wait_for_go(void) {
  struct save_stream frame;
  int type;
  do {
    type = channel_receive(&frame, -1);
  } while (type >= 0 && type != PROTOCOL_GO);
  if (type >= 0) return;
  agent_proxy()->leave();
  _exit(0);
}

/* --- 3: the upper half, and what the parts have of it ---------------------------------------------------------------------- */
static void require(int result, const char *part, const char *why) {
  if (result == 0) return;
  report_fatal(EXIT_MANA, "the checkpoint is as it was; mend this and restart again", "cannot restore %s: %s", part,
               why);
}

static struct save_stream section(struct image *image, uint32_t kind, const char *part) {
  char why[IMAGE_WHY_SIZE] = "";
  struct save_stream s = {0};
  const void *data = image_section(image, kind, &s.length, why);
  require(data ? 0 : -1, part, why);
  s.data = (uint8_t *)(uintptr_t)data;
  return s;
}

static void map_upper_half(struct image *image) {
  static const struct image_range present[] = {{TABLE_ADDR, MPI_TABLE_ADDR}};
  static struct split_table fresh;
  char why[PROXY_WHY_SIZE] = "";
  int64_t since = monotonic_us();
  fresh = *SPLIT;
  image->keep_files = options.keep_files;
  require(image_map(image, present, sizeof present / sizeof *present, why), "memory", why);
  upper_half_adopt(&fresh);
  took.map = (uint64_t)(monotonic_us() - since);
}

static int nothing(void *unused) {
  (void)unused;
  return 0;
}
/* A thread that is made here, or that the program makes later, or a process, must not get a number by which the program knows another: libc's
 * recursive mutexes go by them, and kill(2). The kernel counts up, so those that are near are used up (in a container all are small, here as where
 * the image was made). Before it is looked at what children have used. */
static void use_up_old_numbers(void) {
  enum { MOST = 8192, STACK_SIZE = 16384 };
  static char stack[STACK_SIZE] __attribute__((aligned(16)));
  int32_t highest = 0, number = 0;
  for (const struct parked_thread *t = STATE->parked; t; t = t->next) {
    if (t->program_tid > highest) highest = t->program_tid;
  }
  for (int i = 0; number <= highest && i < MOST; i++) {
    number = clone(nothing, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK, NULL); /* no SIGCHLD at its end */
    if (number < 0 || waitpid(number, NULL, __WCLONE) < 0 || highest - number > MOST) return;
  }
}

static void restore_part(struct image *image, uint32_t kind, const char *part, restore_function *restore) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream s = section(image, kind, part);
  require(restore(&s, why), part, why);
}

static int restore_mpi(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  return agent_proxy()->restore(from, path_map_apply, why);
}

/* A file must be as it was before any rank goes on and writes to it: so all wait for all. */
static void restore_parts(struct image *image) {
  STATE->restarted = 1;
  STATE->tid_count = 0;
  restore_part(image, SECTION_PROCESS, "the process", state_process_restore);
  process_title_again();
  checkpoint_signal_ignore();
  restore_part(image, SECTION_DESCRIPTORS, "open files", state_descriptors_restore);
  restore_part(image, SECTION_MPI_FILES, "open files", state_mpi_files_restore);
  /* MPI opens files that another rank has cut back; and waiting for others is no part of the time taken. */
  agent_proxy()->barrier();
  int64_t since = monotonic_us();
  restore_part(image, SECTION_MPI, "MPI objects", restore_mpi);
  took.objects = (uint64_t)(monotonic_us() - since);
  char why[ENVIRONMENT_WHY_SIZE] = "";
  require(environment_change(options.env, options.env_count, why), "the environment", why);
  agent_proxy()->barrier();
}

/* --- 4: threads ---------------------------------------------------------------------------------------------------------------- */
/* All signals are blocked; each thread takes its own mask back when the park ends. */
static const struct parked_thread *make_threads(int *count) {
  const struct parked_thread *main_thread = NULL;
  *count = 0;
  for (const struct parked_thread *t = STATE->parked; t; t = t->next) {
    ++*count;
    require(t->gs && SPLIT->lower_gs ? -1 : 0, "GS, which the program uses",
            "restart it with MANA_CROSSING=fs in the environment");
    if (t->is_main) {
      main_thread = t;
      struct cpu_time here = state_used_here();
      here = (struct cpu_time){t->used.clock - here.clock, t->used.system - here.system};
      require(tid_map(t->program_tid, getpid(), here), "the main thread", "too many threads");
      continue;
    }
    long tid = resume_thread(&t->context, t->fs);
    require(tid > 0 ? 0 : -1, "a thread", strerror((int)-tid));
    require(tid_map(t->program_tid, (int32_t)tid, t->used), "a thread", "too many threads");
  }
  require(main_thread ? 0 : -1, "the main thread", "it had ended");
  return main_thread;
}

/* Those of libc's own, too, which it would leave open: a thread that takes one by sigwait, as for timers of SIGEV_THREAD, must not die of it. */
static void block_all_signals(void) {
  const uint64_t all = ~0ull;
  RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
}

static void resume_main(const struct parked_thread *t) __attribute__((noreturn));
static void resume_main(const struct parked_thread *t) {
  lower_tls_program_begins();
  raw_set_fs(SPLIT->have_fsgsbase, t->fs);
  resume_context(&t->context);
}

void restart_run(void) {
  struct image image = {0};
  char why[PROXY_WHY_SIZE] = "";
  int rank = 0, size = 0, threads;
  int64_t since = monotonic_us();
  begin_mpi(why);
  (void)agent_proxy()->identity(&rank, &size);
  if (agent_connect(options.thread_level, AGENT_FLAG_RESTART) != 0)
    report_fatal(EXIT_MANA, "see that this node reaches the one where `mana restart` runs, and reads its job file",
                 "rank %d cannot be restarted without the coordinator of its job", rank);
  (void)fault_at(FAULT_RESTART_CONNECTED);
  int result = why[0] ? -1 : verify(&image, rank, size, why);
  if (result == 0 && fault_at(FAULT_RESTART_VERIFIED)) {
    snprintf(why, sizeof why, FAULT_WHY);
    result = -1;
  }
  agent_say_restored((uint32_t)image.identity.epoch, image.checksum, result == 0 ? "" : why);
  wait_for_go();
  require(fault_at(FAULT_RESTART_MAPPING) ? -1 : 0, "memory", FAULT_WHY);
  map_upper_half(&image);
  use_up_old_numbers();
  restore_parts(&image);
  require(fault_at(FAULT_RESTART_REBUILT) ? -1 : 0, "MPI objects", FAULT_WHY);
  block_all_signals();
  __atomic_store_n(&STATE->parked_count, 0, __ATOMIC_SEQ_CST);
  agent_park_prepare();
  const struct parked_thread *main_thread = make_threads(&threads);
  restore_part(&image, SECTION_SIGNALS, "signal actions", state_signals_restore);
  image_close(&image);
  (void)fault_at(FAULT_RESTART_THREADS_MADE);
  took.total = (uint64_t)(monotonic_us() - since);
  agent_say_restarted(&took);
  agent_serve(threads);
  resume_main(main_thread);
}
