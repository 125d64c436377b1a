/* Which descriptors the program has, which of them are copies of another, and which are what the launcher gave. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "state.h"
#include "syscall_raw.h"

enum { MEMORY_DEVICES = 1 };

void descriptors_note_start(void) {
  struct stat status;
  for (int fd = 0; fd < DESCRIPTORS_STANDARD; fd++) {
    STATE->standard[fd] = (struct file_identity){0, 0};
    if (fstat(fd, &status) == 0) STATE->standard[fd] = (struct file_identity){status.st_dev, status.st_ino};
  }
}

void descriptor_info(int fd, char *out, size_t size) {
  char path[40];
  size_t at = 0;
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  long file = RAW4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  while (!raw_failed(file) && at < size - 1) {
    long got = RAW3(SYS_read, file, out + at, size - 1 - at);
    if (got <= 0) break;
    at += (size_t)got;
  }
  out[at] = 0;
  if (!raw_failed(file)) RAW1(SYS_close, file);
}

/* --- Which there are ---------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b) {
  return ((const struct descriptor *)a)->fd - ((const struct descriptor *)b)->fd;
}

/* Descriptors may vanish while we look (our own folder handle does): 0. 1: this is one; -1 with `why`: it is there, but what it is cannot be
 * found out. */
static int look(int fd, struct descriptor *d, char why[STATE_WHY_SIZE]) {
  char link[40];
  long flags = RAW3(SYS_fcntl, fd, F_GETFL, 0), own = RAW3(SYS_fcntl, fd, F_GETFD, 0);
  if (raw_failed(flags) || raw_failed(own)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = fstat(fd, &d->status) == 0 ? readlink(link, d->path, sizeof d->path - 1) : -1;
  if (length < 0) {
    int problem = errno;
    if (raw_failed(RAW3(SYS_fcntl, fd, F_GETFD, 0))) return 0;
    return state_refuse(why, "descriptor %d: cannot find out what it is: %s; close it before the checkpoint", fd,
                        strerror(problem));
  }
  d->path[length] = 0;
  d->fd = fd;
  d->flags = (int)flags;
  d->cloexec = own & FD_CLOEXEC;
  return 1;
}

int descriptor_list_all(struct descriptor_list *list, char why[STATE_WHY_SIZE]) {
  DIR *folder = opendir("/proc/self/fd");
  size_t capacity = 0;
  int found = 0;
  if (!folder) return state_refuse(why, "cannot read /proc/self/fd: %s", strerror(errno));
  for (struct dirent *entry; found >= 0 && (entry = readdir(folder));) {
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(folder) || split_fd_is_lower(SPLIT, fd)) continue;
    if (list->count == capacity) {
      capacity = capacity ? 2 * capacity : 16;
      struct descriptor *more = realloc(list->item, capacity * sizeof *more);
      if (!more) {
        closedir(folder);
        return state_refuse(why, "out of memory while looking at descriptors");
      }
      list->item = more;
    }
    found = look(fd, &list->item[list->count], why);
    if (found > 0) list->count++;
  }
  closedir(folder);
  if (found < 0) return -1;
  if (list->count) qsort(list->item, list->count, sizeof *list->item, by_number);
  return 0;
}

/* --- Which are copies ----------------------------------------------------------------------------------------------------- */

/* Without kcmp(2): one offset moves with the other. */
static bool offsets_move_together(const struct descriptor *a, const struct descriptor *b) {
  off_t was = lseek(a->fd, 0, SEEK_CUR), other = lseek(b->fd, 0, SEEK_CUR);
  if (was < 0 || was != other) return was == other;
  lseek(a->fd, was + 1, SEEK_SET);
  bool together = lseek(b->fd, 0, SEEK_CUR) == was + 1;
  lseek(a->fd, was, SEEK_SET);
  return together;
}

static bool is_copy(const struct descriptor *a, const struct descriptor *b) {
  if (a->flags != b->flags || a->status.st_ino != b->status.st_ino || a->status.st_dev != b->status.st_dev)
    return false;
  long pid = RAW0(SYS_getpid);
  long order = RAW5(SYS_kcmp, pid, pid, 0 /* KCMP_FILE */, a->fd, b->fd);
  return raw_failed(order) ? offsets_move_together(a, b) : order == 0;
}

const struct descriptor *descriptor_original(const struct descriptor *d, const struct descriptor_list *list) {
  for (const struct descriptor *other = list->item; other < d; other++) {
    if (is_copy(other, d)) return other;
  }
  return NULL;
}

/* Its own number first. Of devices like /dev/null anyone may have opened one. */
int descriptor_standard(const struct descriptor *d) {
  bool anyones = S_ISCHR(d->status.st_mode) && major(d->status.st_rdev) == MEMORY_DEVICES;
  for (int i = -1; i < DESCRIPTORS_STANDARD; i++) {
    int n = i < 0 ? d->fd : i;
    if (n >= DESCRIPTORS_STANDARD || !STATE->standard[n].inode || (anyones && n != d->fd)) continue;
    if (STATE->standard[n].device == d->status.st_dev && STATE->standard[n].inode == d->status.st_ino) return n;
  }
  return -1;
}
