/* State of the process: saved by one process, restored by another, looked at there. Prints nothing but "done" when all is well.
 *   states save FOLDER, then states restore FOLDER
 * Linked statically at a fixed address, so that handlers mean the same in both. */
#include <linux/membarrier.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "states.h"

/* Numbers of the descriptors, the same in both processes. */
enum {
  LOG = 10,
  LOG_COPY,
  INPUT,
  INPUT_AGAIN,
  NAMELESS,
  MEMORY,
  DIRECTORY,
  NOTHING,
  RANDOM,
  READER,
  WRITER,
  LAST_WORDS,
  EVENT,
  EXPIRED,
  RUNNING,
  SIGNALS,
  POLLER,
  STATUS,
  LOCKED,
  ERRORS_COPY,
  WRITTEN,
  NAMELESS_AGAIN,
  RANGES,
  UNSEALABLE,
  SCRATCH
};
enum { OLD_TID = 3999999, NAMELESS_SIZE = 100000, CAPACITY = 1 << 18 };

static int file_holds(const char *name, const char *text) {
  int fd = open(name, O_RDONLY), good = holds(fd, text);
  close(fd);
  return good;
}

/* --- Descriptors -------------------------------------------------------------------------------------------------------- */

static int lock_range(int fd, int command, off_t start, off_t length) {
  struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(fd, command, &range);
}

static void make_descriptors(void) {
  int ends[2];
  create("input", "0123456789");
  at(LOG, open("log", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
  put(LOG, "before\n");
  MUST(dup2(LOG, LOG_COPY) == LOG_COPY);
  at(INPUT, open("input", O_RDONLY));
  at(INPUT_AGAIN, open("input", O_RDONLY));
  MUST(lseek(INPUT, 5, SEEK_SET) == 5 && lseek(INPUT_AGAIN, 2, SEEK_SET) == 2);
  at(WRITTEN, open("written", O_CREAT | O_RDWR, 0600));
  put(WRITTEN, "half of it");
  at(NAMELESS, open("nameless", O_CREAT | O_RDWR, 0600));
  for (int i = 0; i < NAMELESS_SIZE / 10; i++) put(NAMELESS, "abcdefghij");
  MUST(unlink("nameless") == 0 && lseek(NAMELESS, NAMELESS_SIZE - 7, SEEK_SET) > 0);
  at(NAMELESS_AGAIN, open("/proc/self/fd/14", O_RDONLY));
  at(MEMORY, memfd_create("of memory", MFD_ALLOW_SEALING));
  put(MEMORY, "memory");
  MUST(fcntl(MEMORY, F_ADD_SEALS, F_SEAL_GROW) == 0);
  at(UNSEALABLE, memfd_create("as it is", 0));
  MUST(mkdir("scratch", 0700) == 0);
  at(SCRATCH, open("scratch", O_TMPFILE | O_RDWR, 0600));
  at(DIRECTORY, open(".", O_RDONLY | O_DIRECTORY));
  at(NOTHING, open("/dev/null", O_RDWR));
  at(RANDOM, open("/dev/urandom", O_RDONLY));
  MUST(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[1], F_SETPIPE_SZ, CAPACITY) == CAPACITY);
  MUST(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  put(ends[1], "in the ");
  put(ends[1], "pipe");
  at(READER, ends[0]);
  at(WRITER, ends[1]);
  MUST(pipe(ends) == 0);
  put(ends[1], "last words");
  close(ends[1]);
  at(LAST_WORDS, ends[0]);
  at(EVENT, eventfd(7, EFD_NONBLOCK | EFD_SEMAPHORE));
  struct itimerspec soon = {{0, 0}, {0, 1}}, later = {{3, 500}, {100, 0}};
  at(EXPIRED, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  at(RUNNING, timerfd_create(CLOCK_REALTIME, 0));
  MUST(timerfd_settime(EXPIRED, 0, &soon, NULL) == 0 && timerfd_settime(RUNNING, 0, &later, NULL) == 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  at(SIGNALS, signalfd(-1, &set, SFD_NONBLOCK));
  at(POLLER, epoll_create1(EPOLL_CLOEXEC));
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcull};
  MUST(epoll_ctl(POLLER, EPOLL_CTL_ADD, READER, &event) == 0);
  at(STATUS, open("/proc/self/status", O_RDONLY));
  at(LOCKED, open("locked", O_CREAT | O_RDWR, 0600));
  MUST(flock(LOCKED, LOCK_EX) == 0);
  at(RANGES, open("locked", O_RDWR));
  MUST(lock_range(RANGES, F_SETLK, 10, 5) == 0 && lock_range(RANGES, F_OFD_SETLK, 20, 0) == 0);
  MUST(dup2(2, ERRORS_COPY) == ERRORS_COPY);
  close(0);
  usleep(1000);
}

static int shares_offset(int a, int b) {
  return syscall(SYS_kcmp, getpid(), getpid(), 0, a, b) == 0;
}

static void look_at_files(void) {
  struct stat status;
  EXPECT(file_holds("log", "before\n") && file_holds("log.mana-tail-7", "after\n"));
  EXPECT(strstr(said, "log was cut back to the 7 bytes of the checkpoint, the rest is in") &&
         strstr(said, "log.mana-tail-7"));
  EXPECT(fcntl(LOG, F_GETFD) == FD_CLOEXEC && fcntl(LOG_COPY, F_GETFD) == 0 && shares_offset(LOG, LOG_COPY));
  EXPECT((fcntl(LOG, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
  put(LOG_COPY, "again\n");
  EXPECT(file_holds("log", "before\nagain\n"));
  EXPECT(!shares_offset(INPUT, INPUT_AGAIN) && holds(INPUT, "56789") && holds(INPUT_AGAIN, "23456789"));
  EXPECT(lseek(WRITTEN, 0, SEEK_CUR) == 10);
  put(WRITTEN, ", the rest");
  EXPECT(file_holds("written", "half of it, the rest"));
  EXPECT(fstat(NAMELESS, &status) == 0 && status.st_nlink == 0 && status.st_size == NAMELESS_SIZE &&
         holds(NAMELESS, "defghij"));
  char first = 0;
  EXPECT(pwrite(NAMELESS, "A", 1, 0) == 1 && read(NAMELESS_AGAIN, &first, 1) == 1 && first == 'A');
  EXPECT(lseek(MEMORY, 0, SEEK_CUR) == 6 && lseek(MEMORY, 0, SEEK_SET) == 0 && holds(MEMORY, "memory"));
  EXPECT(fcntl(MEMORY, F_GET_SEALS) == F_SEAL_GROW && fcntl(MEMORY, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  EXPECT(fcntl(UNSEALABLE, F_GET_SEALS) == F_SEAL_SEAL);
  EXPECT(linkat(AT_FDCWD, "/proc/self/fd/34", AT_FDCWD, "scratch/named", AT_SYMLINK_FOLLOW) == 0);
  EXPECT(faccessat(DIRECTORY, "input", R_OK, 0) == 0);
  char byte, text[10000];
  EXPECT(read(NOTHING, &byte, 1) == 0 && write(NOTHING, "x", 1) == 1 && read(RANDOM, &byte, 1) == 1);
  ssize_t got = pread(STATUS, text, sizeof text - 1, 0);
  text[got < 0 ? 0 : got] = 0;
  const char *pid = strstr(text, "\nPid:");
  EXPECT(pid && atoi(pid + 5) == getpid());
  int other = open("locked", O_RDWR);
  EXPECT(flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
  /* Locks of open files meet those of this process and of the other open file, each in its range. */
  EXPECT(lock_range(other, F_OFD_SETLK, 0, 10) == 0 && lock_range(other, F_OFD_SETLK, 15, 5) == 0);
  EXPECT(lock_range(other, F_OFD_SETLK, 14, 1) == -1 && lock_range(other, F_OFD_SETLK, 9999, 1) == -1);
  close(other);
}

static void look_at_the_rest(void) {
  struct epoll_event event = {0};
  uint64_t count;
  struct itimerspec left;
  EXPECT(epoll_wait(POLLER, &event, 1, 0) == 1 && event.data.u64 == 0x123456789abcull && event.events == EPOLLIN);
  EXPECT(fcntl(WRITER, F_GETFL) == (O_WRONLY | O_NONBLOCK) && fcntl(READER, F_GETFL) == O_RDONLY);
  EXPECT(fcntl(READER, F_GETPIPE_SZ) == CAPACITY && fcntl(READER, F_GETFD) == FD_CLOEXEC &&
         holds(READER, "in the pipe"));
  put(WRITER, "more");
  EXPECT(holds(READER, "more") && holds(LAST_WORDS, "last words") && holds(LAST_WORDS, ""));
  for (int i = 0; i < 7; i++) EXPECT(read(EVENT, &count, 8) == 8 && count == 1);
  EXPECT(read(EVENT, &count, 8) == -1 && errno == EAGAIN);
  EXPECT(read(EXPIRED, &count, 8) == 8 && count == 1);
  EXPECT(timerfd_gettime(RUNNING, &left) == 0 && left.it_value.tv_sec > 50 && left.it_value.tv_sec < 100);
  EXPECT(left.it_interval.tv_sec == 3 && left.it_interval.tv_nsec == 500);
  EXPECT(fcntl(0, F_GETFD) == -1 && shares_offset(2, ERRORS_COPY));
}

/* --- Signals -------------------------------------------------------------------------------------------------------------- */

static void handle(int sig, siginfo_t *info, void *context) {
  (void)sig, (void)info, (void)context;
}
static void make_signals(void) {
  sigset_t all;
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART};
  struct itimerval real = {{7, 0}, {100, 0}}, virtual = {{0, 0}, {50, 0}};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 4};
  struct itimerspec spec = {{5, 0}, {60, 0}};
  int timer;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  sigaddset(&action.sa_mask, SIGHUP);
  sigaction(SIGRTMIN + 1, &action, NULL);
  signal(SIGUSR2, SIG_IGN);
  for (int i = 0; i < 3; i++) sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
  kill(getpid(), SIGUSR1);
  setitimer(ITIMER_REAL, &real, NULL);
  setitimer(ITIMER_VIRTUAL, &virtual, NULL);
  for (int i = 0; i < 3; i++) MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0 && timer == i);
  MUST(syscall(SYS_timer_settime, 2, 0, &spec, NULL) == 0);
  event.sigev_notify = SIGEV_THREAD_ID;
  event._sigev_un._tid = getpid();
  MUST(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &timer) == 0 && timer == 3);
  event.sigev_notify = SIGEV_NONE;
  MUST(syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &event, &timer) == 0 && timer == 4);
  for (int i = 0; i < 2; i++) syscall(SYS_timer_delete, i);
  tid_map(OLD_TID, getpid(), (struct cpu_time){0, 0});
}
/* What waited is in the state, which is saved with the memory: values, order and senders. */
static void look_at_waiting(void) {
  siginfo_t info[4];
  EXPECT(STATE->waiting_count == 4);
  memcpy(info, STATE->waiting, sizeof info);
  EXPECT(info[0].si_signo == SIGUSR1 && info[0].si_code == SI_USER && info[0].si_pid == getpid());
  for (int i = 0; i < 3; i++) {
    EXPECT(info[i + 1].si_signo == SIGRTMIN + 1 && info[i + 1].si_code == SI_QUEUE);
    EXPECT(info[i + 1].si_value.sival_int == i);
  }
}
static void look_at_signals(void) {
  struct itimerval left;
  struct itimerspec spec;
  struct sigaction action;
  char timers[2000];
  EXPECT(sigaction(SIGRTMIN + 1, NULL, &action) == 0 && action.sa_sigaction == handle &&
         sigismember(&action.sa_mask, SIGHUP));
  EXPECT((action.sa_flags & (SA_SIGINFO | SA_RESTART)) == (SA_SIGINFO | SA_RESTART));
  EXPECT(sigaction(SIGUSR2, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
  EXPECT(getitimer(ITIMER_REAL, &left) == 0 && left.it_value.tv_sec > 50 && left.it_interval.tv_sec == 7);
  EXPECT(getitimer(ITIMER_VIRTUAL, &left) == 0 && left.it_value.tv_sec > 40 && left.it_interval.tv_sec == 0);
  EXPECT(syscall(SYS_timer_gettime, 2, &spec) == 0 && spec.it_value.tv_sec > 30 && spec.it_interval.tv_sec == 5);
  EXPECT(syscall(SYS_timer_gettime, 1, &spec) == -1 && syscall(SYS_timer_gettime, 5, &spec) == -1);
  int fd = open("/proc/self/timers", O_RDONLY);
  ssize_t got = read(fd, timers, sizeof timers - 1);
  char expected[100];
  timers[got < 0 ? 0 : got] = 0;
  close(fd);
  snprintf(expected, sizeof expected, "notify: signal/tid.%d\nClockID: 0\n", getpid());
  EXPECT(strstr(timers, expected) && strstr(timers, "notify: none/") && strstr(timers, "ClockID: -6\n"));
}

/* --- The process ----------------------------------------------------------------------------------------------------------- */

static void make_process(void) {
  struct rlimit limit = {12345, 123456};
  limit_files(FILES_RAISED);
  MUST(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0);
  MUST(mkdir("deep", 0700) == 0 && chdir("deep") == 0);
  umask(027);
  MUST(setpriority(PRIO_PROCESS, 0, 3) == 0 && setrlimit(RLIMIT_CORE, &limit) == 0 &&
       prctl(PR_SET_NAME, "renamed") == 0);
  STATE->monotonic_offset = 1000000000000;
  STATE->cpu_offset = 2000000000000;
  STATE->used =
      (struct usage){.user = 3000000000, .system = 4000000000, .most_memory = 1ll << 40, .count = {[3] = 5000000}};
  STATE->used_by_children = (struct usage){.user = 6000000000};
}
static void look_at_process(const char *folder) {
  char name[100] = "", path[4200], now[4200];
  struct rlimit limit;
  snprintf(path, sizeof path, "%s/deep", folder);
  EXPECT(getcwd(now, sizeof now) && strcmp(now, path) == 0);
  EXPECT(umask(0) == 027 && getpriority(PRIO_PROCESS, 0) == 3);
  EXPECT(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 12345 && limit.rlim_max == 123456);
  EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == FILES_RAISED);
  EXPECT(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
  EXPECT(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "renamed") == 0);
  EXPECT(STATE->monotonic_offset > 900000000000 && STATE->monotonic_offset <= 1000000000000);
  EXPECT(STATE->cpu_offset > 1900000000000 && STATE->cpu_offset <= 2100000000000);
  EXPECT(STATE->used.user > 2900000000 && STATE->used.user < 3100000000 && STATE->used.system > 3900000000);
  EXPECT(STATE->used.most_memory == 1ll << 40 && STATE->used.count[3] > 4000000 && STATE->used.count[3] < 6000000);
  EXPECT(STATE->used_by_children.user == 6000000000 && STATE->used_by_children.system == 0);
  EXPECT(tid_new(tid_old(getppid())) == getppid());
}

/* --- The round trip ---------------------------------------------------------------------------------------------------------- */

static const struct {
  const char *name;
  int (*save)(struct save_stream *, char *), (*restore)(struct save_stream *, char *);
} parts[] = {{"descriptors", state_descriptors_save, state_descriptors_restore},
             {"process", state_process_save, state_process_restore},
             {"signals", state_signals_save, state_signals_restore}};
enum { PARTS = 3 };

static void save(void) {
  char why[STATE_WHY_SIZE], folder[4096];
  struct save_stream streams[PARTS] = {{0}};
  MUST(getcwd(folder, sizeof folder) != NULL);
  make_descriptors();
  make_signals();
  make_process();
  for (int i = 0; i < PARTS; i++) {
    why[0] = 0;
    if (parts[i].save(&streams[i], why) != 0) SAY("%s: %s", parts[i].name, why);
  }
  look_at_waiting();
  put(LOG, "after\n");
  MUST(chdir(folder) == 0);
  for (int i = 0; i < PARTS; i++) {
    int fd = open(parts[i].name, O_CREAT | O_WRONLY, 0600);
    MUST(write(fd, streams[i].data, streams[i].length) == (ssize_t)streams[i].length);
  }
  SAY("done");
}

static void restore(void) {
  char why[STATE_WHY_SIZE], folder[4096];
  struct save_stream streams[PARTS] = {{0}};
  sigset_t all;
  MUST(getcwd(folder, sizeof folder) != NULL);
  for (int i = 0; i < PARTS; i++) {
    int fd = open(parts[i].name, O_RDONLY);
    streams[i].data = malloc(1 << 20);
    streams[i].length = (size_t)read(fd, streams[i].data, 1 << 20);
    close(fd);
  }
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  tid_map(OLD_TID, getpid(), (struct cpu_time){0, 0});
  state_files_policy = (struct state_files_policy){.folder = folder, .epoch = 7};
  for (int i = 0; i < PARTS; i++) {
    why[0] = 0;
    struct save_stream looked_at = streams[i];
    if (i == 0) EXPECT(state_descriptors_check(&looked_at, why) == 0);
    if (parts[i].restore(&streams[i], why) != 0) SAY("%s: %s", parts[i].name, why);
  }
  look_at_process(folder);
  MUST(chdir(folder) == 0);
  look_at_files();
  look_at_the_rest();
  look_at_signals();
  SAY("done");
}

int main(int argc, char **argv) {
  MUST(argc == 3);
  begin(argv[2]);
  if (strcmp(argv[1], "save") == 0) save();
  if (strcmp(argv[1], "restore") == 0) restore();
  return 0;
}
