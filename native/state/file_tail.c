#include "file_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "syscall_raw.h"

enum { PATH = 4096, COPY_BYTES = 1 << 16, TAIL_NAMES = 1000 };

int file_tail_check(const struct file_was *was, int fd, const char *who, const char *path, char why[STATE_WHY_SIZE]) {
  char folder[PATH];
  struct file_was now;
  if (file_was_look(fd, FILE_CONTENTS_ANY, &now) != 0)
    return state_refuse(why, "%s: %s: %s", who, path, strerror(errno));
  if (now.size <= was->size) return 0;
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) slash[1] = 0;
  if (access(path, R_OK) == 0 && access(slash ? folder : ".", W_OK | X_OK) == 0) return 0;
  return state_refuse(why,
                      "%s: %s grew since the checkpoint, and what came later cannot be kept beside it: %s; make both "
                      "accessible, or take the file as it is (--keep-files)",
                      who, path, strerror(errno));
}

/* A file for the tail, locked, or a negated errno. Another rank that cuts the same file back opens it too, and waits here: a lock on the file
 * itself may be the program's. Where nobody can lock, all write the same bytes to the same places. */
static long open_tail(const char *name, bool *locked) {
  struct stat status;
  int result;
  bool made;
  long fd = RAW4(SYS_openat, AT_FDCWD, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  made = !raw_failed(fd);
  if (fd == -EEXIST) fd = RAW4(SYS_openat, AT_FDCWD, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  if (raw_failed(fd)) return fd == -ENOENT ? -EEXIST : fd;
  do {
    result = flock((int)fd, LOCK_EX);
  } while (result != 0 && errno == EINTR);
  *locked = result == 0;
  /* Of what was made here the owner does not matter: some file systems show another. */
  if (fstat((int)fd, &status) == 0 && S_ISREG(status.st_mode) && (made || status.st_uid == geteuid()) &&
      status.st_nlink == 1)
    return fd;
  RAW1(SYS_close, fd);
  return -EEXIST;
}

static long put_all(long to, const char *data, size_t size, uint64_t at) {
  while (size) {
    long put = RAW4(SYS_pwrite64, to, data, size, at);
    if (put <= 0) return put ? put : -ENOSPC;
    data += put;
    at += (uint64_t)put;
    size -= (size_t)put;
  }
  return 0;
}

/* Copies what lies from `begin` to `end`, holes as holes. 1; 0: another process, which cannot lock either, has cut it meanwhile; or a negated errno. */
static long copy(const char *path, uint64_t begin, uint64_t end, long to) {
  char *bytes = malloc(COPY_BYTES);
  long fd = bytes ? RAW4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -ENOMEM,
       result = raw_failed(fd) ? fd : 1;
  for (uint64_t at = begin; result == 1 && at < end;) {
    off_t data = lseek((int)fd, (off_t)at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break; /* nothing but a hole */
    if (data > 0) at = (uint64_t)data;
    if (at >= end) break;
    long got = RAW4(SYS_pread64, fd, bytes, end - at < COPY_BYTES ? end - at : COPY_BYTES, at);
    long put = got > 0 ? put_all(to, bytes, (size_t)got, at - begin) : got;
    if (put < 0 || got == 0) result = put;
    at += (uint64_t)got;
  }
  free(bytes);
  if (!raw_failed(fd)) RAW1(SYS_close, fd);
  if (result == 1 && (ftruncate((int)to, (off_t)(end - begin)) != 0 || fsync((int)to) != 0)) result = -errno;
  return result;
}

/* With the tail locked: 1 when the file has been cut; 0 when somebody else has done it; -EEXIST where the tail is one of an earlier restart; or
 * another negated errno. */
static long keep_and_cut(const struct file_was *was, int fd, const char *path, long tail) {
  struct file_was now;
  struct stat kept;
  if (file_was_look(fd, FILE_CONTENTS_ANY, &now) != 0 || fstat((int)tail, &kept) != 0) return -errno;
  if (now.size <= was->size) return 0;
  if (kept.st_size) return -EEXIST;
  long result = copy(path, was->size, now.size, tail);
  return result == 1 && ftruncate(fd, (off_t)was->size) != 0 ? -errno : result;
}

int file_tail_cut(const struct file_was *was, int fd, const char *path, char why[STATE_WHY_SIZE]) {
  char name[PATH + 64], again[16] = "";
  struct file_was now;
  bool locked = false;
  long result = -EEXIST;
  if (file_was_look(fd, FILE_CONTENTS_ANY, &now) != 0) return state_refuse(why, "%s: %s", path, strerror(errno));
  if (now.size <= was->size) return 0;
  if (file_was_another(was, &now))
    return state_refuse(why, "%s was replaced by another file while the job was being restarted", path);
  for (int i = 1; result == -EEXIST && i < TAIL_NAMES; i++) {
    if (i > 1) snprintf(again, sizeof again, ".%d", i);
    snprintf(name, sizeof name, "%s.mana-tail-%llu%s", path, (unsigned long long)state_files_policy.epoch, again);
    long tail = open_tail(name, &locked);
    result = raw_failed(tail) ? tail : keep_and_cut(was, fd, path, tail);
    if (raw_failed(tail)) continue;
    if (result < 0 && result != -EEXIST && locked) unlink(name); /* the next try begins anew */
    RAW1(SYS_close, tail);
  }
  if (result < 0) {
    return state_refuse(why, "%s grew since the checkpoint, and what came later cannot be kept in %s: %s", path, name,
                        strerror((int)-result));
  }
  if (result == 0) return 0;
  report_warning("remove it if it is not needed; the program will write it again",
                 "%s was cut back to the %llu bytes of the checkpoint, the rest is in %s", path,
                 (unsigned long long)was->size, name);
  return 0;
}
