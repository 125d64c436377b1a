/* What belongs to the process as a whole. CPU affinity is the new site's; the environment is memory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "path_map.h"
#include "process_state.h"
#include "report.h"
#include "state.h"
#include "syscall_raw.h"

/* Saved form:
 *   u32 form, text cwd, u32 umask, u32 nice, u32 personality, u32 dumpable, text name, u32 parent,
 *   16 x { u32 changed, u64 soft, u64 hard }, u32 what is registered with membarrier(2),
 *   clocks (state_clocks.c) */
enum { FORM = 3, PATH_SIZE = 4096, NAME_SIZE = 16, NS = 1000000000 };
#define PERSONALITY_QUERY 0xffffffffu

void state_note_start(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  STATE->program_started = (int64_t)now.tv_sec * NS + now.tv_nsec;
  descriptors_note_start();
  process_note_start();
}

void process_note_start(void) {
  for (int i = 0; i < LIMITS; i++) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)i, &limit) != 0) continue;
    STATE->limit_soft[i] = limit.rlim_cur;
    STATE->limit_hard[i] = limit.rlim_max;
  }
}

/* --- Save ------------------------------------------------------------------------------------------------------------------ */

static void save_limits(struct save_stream *to) {
  for (int i = 0; i < LIMITS; i++) {
    struct rlimit limit = {0};
    bool changed = getrlimit((__rlimit_resource_t)i, &limit) == 0 &&
                   (limit.rlim_cur != STATE->limit_soft[i] || limit.rlim_max != STATE->limit_hard[i]);
    save_u32(to, changed);
    save_u64(to, limit.rlim_cur);
    save_u64(to, limit.rlim_max);
  }
}

/* Commands whose REGISTER the program, or the agent, has given; all where the kernel does not say it (before Linux 6.3). */
static const uint32_t registering[] = {
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
};
enum { GET_REGISTRATIONS = 1 << 9 }; /* MEMBARRIER_CMD_GET_REGISTRATIONS; older headers lack it */
static uint32_t registrations(void) {
  long known = RAW3(SYS_membarrier, GET_REGISTRATIONS, 0, 0);
  return raw_failed(known) ? UINT32_MAX : (uint32_t)known;
}

/* Intel's matrix tiles: a thread that has used them keeps more on its stack than the kernel takes back in a fresh process. 0 on a kernel that does
 * not know them. */
static bool may_use_tiles(void) {
  enum { GET_STATE_PERMISSION = 0x1022 /* ARCH_GET_XCOMP_PERM */ };
  const uint64_t tiles = 1ull << 18;
  uint64_t permitted = 0;
  return !raw_failed(RAW2(SYS_arch_prctl, GET_STATE_PERMISSION, &permitted)) && permitted & tiles;
}

static bool read_line(const char *path, char *out, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);
  if (fd >= 0) close(fd);
  out[got < 0 ? 0 : got] = 0;
  out[strcspn(out, "\n")] = 0;
  return got >= 0;
}

int state_process_save(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  char folder[PATH_SIZE], name[NAME_SIZE + 1];
  if (may_use_tiles()) return state_refuse(why, "the program has asked for AMX tiles, which are not saved");
  if (!getcwd(folder, sizeof folder)) {
    return state_refuse(why, "the working directory cannot be saved: %s", strerror(errno));
  }
  mode_t mask = umask(077); /* the program's threads are parked */
  umask(mask);
  (void)read_line("/proc/self/comm", name, sizeof name);
  save_u32(to, FORM);
  save_text(to, folder);
  save_u32(to, mask);
  save_u32(to, (uint32_t)(20 - RAW2(SYS_getpriority, PRIO_PROCESS, getpid()))); /* its main thread's, not the agent's */
  save_u32(to, (uint32_t)personality(PERSONALITY_QUERY));
  save_u32(to, (uint32_t)prctl(PR_GET_DUMPABLE));
  save_text(to, name);
  save_u32(to, (uint32_t)tid_old(getppid()));
  save_limits(to);
  save_u32(to, registrations());
  state_clocks_save(to);
  return to->failed ? state_refuse(why, "out of memory while saving the process") : 0;
}

/* --- Restore --------------------------------------------------------------------------------------------------------------- */

static void restore_nice(uint32_t saved) {
  int wanted = (int)saved;
  if (wanted == 20 - (int)RAW2(SYS_getpriority, PRIO_PROCESS, 0)) return;
  if (setpriority(PRIO_PROCESS, 0, wanted) != 0) {
    report_warning("raise the limit (ulimit -e) if that matters",
                   "the nice value %d of the program cannot be had here: %s", wanted, strerror(errno));
  }
}

static void restore_limit(int resource, struct rlimit wanted) {
  struct rlimit limit;
  if (getrlimit((__rlimit_resource_t)resource, &limit) != 0) return;
  bool enough = wanted.rlim_max <= limit.rlim_max;
  if (!enough) wanted.rlim_max = limit.rlim_max;
  /* Of open files (upper/limits.c) the kernel's is for both halves, and stays as high as it was raised. */
  if (resource == RLIMIT_NOFILE && wanted.rlim_cur < limit.rlim_cur) wanted.rlim_cur = limit.rlim_cur;
  if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
  if (setrlimit((__rlimit_resource_t)resource, &wanted) != 0 || !enough) {
    report_warning("compare ulimit -a here and where the program was started",
                   "limit %d is lower here than the program had set it", resource);
  }
}

static void restore_limits(struct save_stream *from) {
  for (int i = 0; i < LIMITS; i++) {
    struct rlimit wanted;
    bool changed = load_u32(from);
    wanted.rlim_cur = load_u64(from);
    wanted.rlim_max = load_u64(from);
    if (changed && !from->failed) restore_limit(i, wanted);
  }
}

static void restore_registrations(uint32_t saved) {
  for (size_t i = 0; i < sizeof registering / sizeof *registering; i++) {
    if (saved & registering[i]) RAW3(SYS_membarrier, registering[i], 0, 0); /* what is not known here was not there */
  }
}

static void restore_name(const char *name) {
  int fd = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  (void)!write(fd, name, strlen(name)); /* only looks would suffer */
  close(fd);
}

/* Where the working directory is now; -1 with `why`: it is not to be found there, or may not be entered. */
static int load_folder(char folder[PATH_SIZE], struct save_stream *from, char why[STATE_WHY_SIZE]) {
  char inside[PATH_SIZE + 2];
  struct stat status;
  uint32_t form = load_u32(from);
  if (form != FORM) return state_refuse(why, "the saved process is of an unknown form (%u)", form);
  load_text(from, folder, PATH_SIZE);
  if (from->failed) return state_refuse(why, "the saved process is damaged");
  if (path_map_apply(folder, PATH_SIZE) < 0)
    return state_refuse(why, "with --map the path of the working directory %s is too long", folder);
  snprintf(inside, sizeof inside, "%s/.", folder);
  if (stat(inside, &status) == 0) return 0;
  return state_refuse(why, "the program's working directory %s: %s; if it is elsewhere now, say --map OLD=NEW", folder,
                      strerror(errno));
}

int state_process_check(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  char folder[PATH_SIZE];
  return load_folder(folder, from, why);
}

int state_process_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  char folder[PATH_SIZE], name[NAME_SIZE + 1];
  if (load_folder(folder, from, why) != 0) return -1;
  uint32_t mask = load_u32(from), nice = load_u32(from), bits = load_u32(from), dumpable = load_u32(from);
  load_text(from, name, sizeof name);
  uint32_t parent = load_u32(from);
  if (from->failed) return state_refuse(why, "the saved process is damaged");
  if (chdir(folder) != 0) return state_refuse(why, "the working directory %s: %s", folder, strerror(errno));
  umask((mode_t)mask);
  restore_nice(nice);
  personality(bits);
  prctl(PR_SET_DUMPABLE, dumpable == 1);
  restore_name(name);
  if (tid_map((int32_t)parent, getppid(), (struct cpu_time){0}) != 0)
    return state_refuse(why, "the program has more than %d threads", TID_PAIRS);
  process_note_start();
  STATE->nofile_raised = STATE->limit_soft[RLIMIT_NOFILE]; /* as it was raised here */
  restore_limits(from);
  restore_registrations(load_u32(from));
  state_clocks_restore(from);
  return load_done(from) ? 0 : state_refuse(why, "the saved process is damaged");
}
