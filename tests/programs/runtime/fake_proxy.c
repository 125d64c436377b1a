/* Stands in for libmana_proxy.so, so that the runtime is tested without an MPI. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "below.h"
#include "state.h"
#include "syscall_raw.h"
#include "upper_half.h"

static __thread int own_number;
static int numbers, handled;
static long unmapped;
static struct sigaction before[65];

#ifdef UNREADABLE
/* Code that belongs to no function (it has no .cfi), so its access through FS stays as it is: it finds the right block only where crossings swap FS. */
__asm__(".text\nblock_by_fs: mov %fs:0, %rax\n ret\n");
extern uint64_t block_by_fs(void) __attribute__((visibility("hidden")));
#else
static uint64_t block_by_fs(void) {
  return (uint64_t)__builtin_thread_pointer();
}
#endif

static int who(void) {
  char text[32];
  if (block_by_fs() != (uint64_t)__builtin_thread_pointer()) return -2;
  if (!own_number) own_number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
  if (close(-1) != -1 || errno != EBADF) return -1;
  char *memory = malloc(100000);
  snprintf(memory, 100000, "%d", own_number);
  memcpy(text, memory, sizeof text);
  free(memory);
  return atoi(text);
}

static void sleep_below(int ms) {
  struct timespec rest = {ms / 1000, ms % 1000 * 1000000l};
  while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

static int pass_descriptor(int fd) {
  int ends[2];
  char room[CMSG_SPACE(sizeof fd)] = {0}, byte = 0;
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return -1;
  struct cmsghdr *part = CMSG_FIRSTHDR(&message);
  *part = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
  memcpy(CMSG_DATA(part), &fd, sizeof fd);
  sendmsg(ends[0], &message, 0);
  recvmsg(ends[1], &message, 0);
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  int low = ends[0] < ends[1] ? ends[0] : ends[1];
  return low < fd ? low : fd;
}

static int open_below(void) {
  int pair[2], fds[16], n = 0, low = 1 << 20;
  fds[n++] = open("/dev/null", O_RDONLY);
  fds[n++] = openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);
  fds[n++] = fileno(fopen("/dev/null", "r"));
  fds[n++] = socket(AF_UNIX, SOCK_STREAM, 0);
  fds[n++] = dup(1);
  fds[n++] = fcntl(1, F_DUPFD, 3);
  fds[n++] = eventfd(0, 0);
  fds[n++] = epoll_create1(0);
  fds[n++] = memfd_create("x", 0);
  fds[n++] = timerfd_create(CLOCK_MONOTONIC, 0);
  if (pipe(pair) == 0) fds[n++] = pair[0], fds[n++] = pair[1];
  fds[n++] = pass_descriptor(1);
  for (int i = 0; i < n; i++) low = fds[i] < low ? fds[i] : low;
  return low;
}

static int chain_to_previous;
static void count(int sig, siginfo_t *info, void *context) {
  void *fs = __builtin_thread_pointer();
  handled = split_is_upper((uint64_t)fs) ? -1000 : handled + 1;
  own_number += 0;
  if (chain_to_previous) before[sig].sa_sigaction(sig, info, context);
}
static int handle(int sig, int chain) {
  struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO};
  chain_to_previous = chain;
  if (sigaction(sig, &action, &before[sig]) != 0) return -1;
  struct sigaction now;
  sigaction(sig, NULL, &now);
  return now.sa_sigaction == count;
}
static int put_back(int sig) {
  return sigaction(sig, &before[sig], NULL);
}
static int times_handled(void) {
  return handled;
}
static void raise_below(int sig) {
  raise(sig);
}

static void *look_at_mask(void *result) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  *(int *)result = sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGTERM) && sigismember(&mask, SIGSEGV);
  return NULL;
}
static int start_thread(void) {
  pthread_t thread;
  int blocked = 0;
  if (pthread_create(&thread, NULL, look_at_mask, &blocked) != 0) return -1;
  pthread_join(thread, NULL);
  return blocked;
}

/* As an MPI that keeps registered memory: what the upper half takes away passes here. */
static int watched_munmap(void *at, size_t length) {
  if (split_is_upper((uint64_t)at)) unmapped += (long)length;
  long result = RAW2(SYS_munmap, at, length);
  if (result < 0) errno = (int)-result;
  return result < 0 ? -1 : 0;
}
static void watch_munmap(void) {
  uint8_t jump[] = {0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0x41, 0xff, 0xe3}; /* mov $watched_munmap, %r11; jmp *%r11 */
  void *target = (void *)watched_munmap, *page = (void *)((uint64_t)munmap & ~4095ull);
  memcpy(jump + 2, &target, sizeof target);
  mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy((void *)munmap, jump, sizeof jump);
  mprotect(page, 8192, PROT_READ | PROT_EXEC);
}
static long count_mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset) {
  unmapped += (long)length;
  return (long)mmap(at, length, prot, flags, fd, offset);
}
static long count_shmdt(const void *at) {
  unmapped++;
  return shmdt(at);
}
static long bytes_unmapped(void) {
  return unmapped;
}

/* As the product's upcalls: upper FS around the call. */
static int call_up(int (*upper)(int), int value) {
  uint64_t lower_fs = (uint64_t)__builtin_thread_pointer();
  uint64_t upper_fs = *(uint64_t *)(lower_fs + (uint64_t)SPLIT->lower_upper_fs_off);
  split_swap_fs(upper_fs);
  value = upper(value);
  split_swap_fs(lower_fs);
  return value;
}

/* Parking, without the stop: under either FS, by a raw action, as the agent's. */
__asm__(".text\npark_restorer: mov $15, %eax\n syscall\n");
extern char park_restorer[] __attribute__((visibility("hidden")));
static int parked;
static void on_park(int sig) {
  (void)sig;
  uint64_t fs = raw_get_fs(SPLIT->have_fsgsbase);
  if (!split_is_upper(fs)) fs = *(uint64_t *)(fs + (uint64_t)SPLIT->lower_upper_fs_off);
  state_mark_park(fs);
  __atomic_fetch_add(&parked, 1, __ATOMIC_RELAXED);
}
static void take_park(void) {
  struct kernel_sigaction action = {.handler = (uint64_t)on_park,
                                    .flags = SA_RESTART | 0x04000000 /* SA_RESTORER */,
                                    .restorer = (uint64_t)park_restorer};
  RAW4(SYS_rt_sigaction, SPLIT_PARK_SIGNAL, &action, NULL, 8);
}
static volatile uint64_t *interrupted;
static void (*real_park)(int sig, void *info, void *context);
static void on_real_park(int sig, void *info, void *context) {
  *interrupted = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  real_park(sig, info, context);
}
static void take_real_park(volatile uint64_t *at) {
  struct kernel_sigaction action = {.handler = (uint64_t)on_real_park,
                                    .flags = SA_SIGINFO | SA_RESTART | 0x04000000 /* SA_RESTORER */,
                                    .restorer = (uint64_t)park_restorer,
                                    .mask = ~0ull};
  interrupted = at;
  *(void **)&real_park = upper_half_resident()->park_signal_entry;
  RAW4(SYS_rt_sigaction, SPLIT_PARK_SIGNAL, &action, NULL, 8);
}
static int park(int tid) {
  return (int)RAW3(SYS_tgkill, RAW0(SYS_getpid), tid, SPLIT_PARK_SIGNAL);
}
static int times_parked(void) {
  return __atomic_load_n(&parked, __ATOMIC_RELAXED);
}

int mana_proxy_fill(struct split_table *table, struct mpi_table *mpi);
int mana_proxy_fill(struct split_table *table, struct mpi_table *mpi) {
  table->service[SVC_MMAP] = (void *)count_mmap;
  table->service[SVC_SHMDT] = (void *)count_shmdt;
  watch_munmap();
  mpi->fn[BELOW_WHO] = (void *)who;
  mpi->fn[BELOW_SLEEP] = (void *)sleep_below;
  mpi->fn[BELOW_OPEN] = (void *)open_below;
  mpi->fn[BELOW_HANDLE] = (void *)handle;
  mpi->fn[BELOW_HANDLED] = (void *)times_handled;
  mpi->fn[BELOW_RAISE] = (void *)raise_below;
  mpi->fn[BELOW_THREAD] = (void *)start_thread;
  mpi->fn[BELOW_UNMAPPED] = (void *)bytes_unmapped;
  mpi->fn[BELOW_PUT_BACK] = (void *)put_back;
  mpi->fn[BELOW_CALLBACK] = (void *)call_up;
  mpi->fn[BELOW_TAKE_PARK] = (void *)take_park;
  mpi->fn[BELOW_PARK] = (void *)park;
  mpi->fn[BELOW_PARKED] = (void *)times_parked;
  mpi->fn[BELOW_TAKE_REAL_PARK] = (void *)take_real_park;
  return 0;
}
