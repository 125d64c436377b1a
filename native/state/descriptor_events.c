/* Descriptors without a file: eventfd, timerfd, signalfd, epoll. What they hold stands in /proc/PID/fdinfo (man 5 proc). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "syscall_raw.h"

enum { NS = 1000000000, INFO_SIZE = 4096 };
#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif

static const char *value_of(const char *info, const char *key) {
  const char *at = strstr(info, key);
  return at ? at + strlen(key) : NULL;
}

static int unreadable(const struct descriptor *d, char why[STATE_WHY_SIZE]) {
  return state_refuse(why, "descriptor %d: the kernel does not say in fdinfo what %s holds", d->fd, d->path);
}

static int made(struct restored *out, const struct restored_list *all, long fd, const char *what,
                char why[STATE_WHY_SIZE]) {
  out->made = descriptor_raise(fd, all);
  if (out->made >= 0) return 0;
  return state_refuse(why, "descriptor %d: cannot make %s: %s", out->fd, what,
                      strerror(raw_failed(fd) ? (int)-fd : EMFILE));
}

/* --- eventfd: u64 count, u32 counts down by one (EFD_SEMAPHORE) ---------------------------------------------------------------- */

/* Found out by trying, while nobody else reads or writes: of two or more a semaphore gives one. The count is left as it was. */
int event_is_semaphore(int fd, uint64_t count) {
  uint64_t raised = count < 2 ? 2 - count : 0, got = 0;
  if (raised && RAW3(SYS_write, fd, &raised, sizeof raised) != sizeof raised) return -1;
  if (RAW3(SYS_read, fd, &got, sizeof got) != sizeof got) return -1;
  bool semaphore = got == 1;
  for (uint64_t more = 1; semaphore && more < raised; more++) {
    if (RAW3(SYS_read, fd, &got, sizeof got) != sizeof got) return -1;
  }
  uint64_t back = semaphore ? !raised : count;
  if (back && RAW3(SYS_write, fd, &back, sizeof back) != sizeof back) return -1;
  return semaphore;
}

int event_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
               char why[STATE_WHY_SIZE]) {
  (void)all;
  char info[INFO_SIZE];
  descriptor_info(d->fd, info, sizeof info);
  const char *text = value_of(info, "eventfd-count:"), *said = value_of(info, "eventfd-semaphore:");
  if (!text) return unreadable(d, why);
  uint64_t count = strtoull(text, NULL, 16);
  int semaphore = said ? strtoul(said, NULL, 10) != 0 : event_is_semaphore(d->fd, count); /* said since Linux 6.5 */
  if (semaphore < 0) return unreadable(d, why);
  save_u64(to, count);
  save_u32(to, (uint32_t)semaphore);
  return 0;
}

int event_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
               char why[STATE_WHY_SIZE]) {
  uint64_t count = load_u64(from);
  uint32_t semaphore = load_u32(from);
  long fd = RAW2(SYS_eventfd2, 0, EFD_CLOEXEC | (out->flags & O_NONBLOCK) | (semaphore ? EFD_SEMAPHORE : 0));
  if (!raw_failed(fd) && count) RAW3(SYS_write, fd, &count, sizeof count);
  return made(out, all, fd, "an eventfd", why);
}

/* --- timerfd: u32 clock, u32 flags of settime, u64 ticks, u64 deadline on CLOCK_REALTIME or 0, u64 first, u64 interval (ns) ------- */

int timer_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
               char why[STATE_WHY_SIZE]) {
  (void)all;
  char info[INFO_SIZE];
  unsigned clock, flags;
  unsigned long long ticks, seconds, nanoseconds, every, every_ns;
  struct itimerspec left = {0};
  /* A periodic timer that has expired is set again when somebody reads or asks (fs/timerfd.c): fdinfo alone shows it as one that is off. */
  RAW2(SYS_timerfd_gettime, d->fd, &left);
  descriptor_info(d->fd, info, sizeof info);
  const char *at = value_of(info, "clockid:");
  if (!at || sscanf(at, "%u ticks: %llu settime flags: %o it_value: (%llu, %llu) it_interval: (%llu, %llu)", &clock,
                    &ticks, &flags, &seconds, &nanoseconds, &every, &every_ns) != 7) {
    return unreadable(d, why);
  }
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t interval = every * NS + every_ns, first = seconds * NS + nanoseconds;
  bool is_on = left.it_value.tv_sec || left.it_value.tv_nsec;
  if (is_on && !first) first = interval; /* expired between the two calls */
  bool by_the_wall = (flags & TFD_TIMER_ABSTIME) && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM);
  save_u32(to, clock);
  save_u32(to, flags);
  save_u64(to, ticks);
  save_u64(to, by_the_wall && first ? (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec + first : 0);
  save_u64(to, first);
  save_u64(to, interval);
  return 0;
}

int timer_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
               char why[STATE_WHY_SIZE]) {
  uint32_t clock = load_u32(from), flags = load_u32(from);
  uint64_t ticks = load_u64(from), deadline = load_u64(from), first = load_u64(from), every = load_u64(from);
  if (deadline) first = deadline;
  if (!deadline) flags = 0; /* what is left is relative */
  struct itimerspec spec = {{(time_t)(every / NS), (long)(every % NS)}, {(time_t)(first / NS), (long)(first % NS)}};
  long fd = RAW2(SYS_timerfd_create, clock, TFD_CLOEXEC | (out->flags & O_NONBLOCK));
  if (!raw_failed(fd)) {
    long set = RAW4(SYS_timerfd_settime, fd, flags, &spec, NULL);
    /* Without CONFIG_CHECKPOINT_RESTORE an expiry that was not read yet is lost unless it comes again. */
    if (!raw_failed(set) && ticks) (void)RAW3(SYS_ioctl, fd, TFD_IOC_SET_TICKS, &ticks);
    if (raw_failed(set))
      return state_refuse(why, "descriptor %d: cannot set its timer: %s", out->fd, strerror((int)-set));
  }
  return made(out, all, fd, "a timerfd", why);
}

/* --- signalfd: u64 mask ---------------------------------------------------------------------------------------------------- */

int signalfd_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
                  char why[STATE_WHY_SIZE]) {
  (void)all;
  char info[INFO_SIZE];
  descriptor_info(d->fd, info, sizeof info);
  const char *mask = value_of(info, "sigmask:");
  if (!mask) return unreadable(d, why);
  save_u64(to, strtoull(mask, NULL, 16));
  return 0;
}

int signalfd_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
                  char why[STATE_WHY_SIZE]) {
  uint64_t mask = load_u64(from);
  long fd = RAW4(SYS_signalfd4, -1, &mask, sizeof mask, SFD_CLOEXEC | (out->flags & O_NONBLOCK));
  return made(out, all, fd, "a signalfd", why);
}

/* --- epoll: u32 count, count x { u32 fd, u32 events, u64 data } ----------------------------------------------------------------- */

static bool is_open_as(const struct descriptor_list *all, int fd, unsigned long inode) {
  for (size_t i = 0; i < all->count; i++) {
    if (all->item[i].fd == fd) return all->item[i].status.st_ino == inode;
  }
  return false;
}

int epoll_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
               char why[STATE_WHY_SIZE]) {
  char *info = malloc(DESCRIPTOR_INFO);
  uint32_t count = 0;
  struct save_stream watched = {0};
  int result = 0;
  if (!info) return state_refuse(why, "out of memory while saving descriptor %d", d->fd);
  descriptor_info(d->fd, info, DESCRIPTOR_INFO);
  for (const char *line = strstr(info, "tfd:"); line && result == 0; line = strstr(line + 1, "tfd:")) {
    int fd;
    unsigned events;
    unsigned long long data;
    unsigned long inode = 0;
    if (sscanf(line, "tfd: %d events: %x data: %llx pos:%*d ino:%lx", &fd, &events, &data, &inode) != 4) {
      result = unreadable(d, why);
    } else if (!is_open_as(all, fd, inode)) {
      result = state_refuse(
          why, "descriptor %d (epoll) watches a file that was descriptor %d, which is closed or another one now", d->fd,
          fd);
    }
    save_u32(&watched, (uint32_t)fd);
    save_u32(&watched, events);
    save_u64(&watched, data);
    count++;
  }
  if (strlen(info) + 1 == DESCRIPTOR_INFO)
    result = state_refuse(why, "descriptor %d (epoll) watches too many descriptors", d->fd);
  save_u32(to, count);
  save_block(to, watched.data, watched.length);
  if (watched.failed) result = state_refuse(why, "out of memory while saving descriptor %d", d->fd);
  save_free(&watched);
  free(info);
  return result;
}

int epoll_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
               char why[STATE_WHY_SIZE]) {
  size_t length;
  uint32_t count = load_u32(from);
  const void *watched = load_block(from, &length);
  if (from->failed || length != (size_t)count * 16)
    return state_refuse(why, "descriptor %d: the saved form is damaged", out->fd);
  out->later = (struct save_stream){.data = (uint8_t *)watched, .length = length};
  return made(out, all, RAW1(SYS_epoll_create1, EPOLL_CLOEXEC), "an epoll descriptor", why);
}

/* What it watches is in its place by now. */
int epoll_finish(struct restored *r, char why[STATE_WHY_SIZE]) {
  while (r->later.at < r->later.length) {
    int fd = (int)load_u32(&r->later);
    struct epoll_event event = {.events = load_u32(&r->later)};
    event.data.u64 = load_u64(&r->later);
    long result = RAW4(SYS_epoll_ctl, r->fd, EPOLL_CTL_ADD, fd, &event);
    if (raw_failed(result))
      return state_refuse(why, "descriptor %d (epoll) cannot watch descriptor %d: %s", r->fd, fd,
                          strerror((int)-result));
  }
  return 0;
}
