#include "file_was.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "syscall_raw.h"

enum { PATH = 4096, COPY_BYTES = 1 << 16, TAIL_NAMES = 1000 };

void file_was_save(struct save_stream *to, const struct stat *status) {
  save_u64(to, (uint64_t)status->st_size);
  save_u64(to, status->st_ino);
  save_u64(to, (uint64_t)status->st_mtim.tv_sec);
  save_u64(to, (uint64_t)status->st_mtim.tv_nsec);
}

struct file_was file_was_load(struct save_stream *from) {
  struct file_was was;
  was.size = load_u64(from);
  was.inode = load_u64(from);
  was.seconds = load_u64(from);
  was.nanoseconds = load_u64(from);
  return was;
}

int file_was_compare(const struct file_was *was, int fd, const char *who, const char *path, char why[STATE_WHY_SIZE]) {
  struct stat now;
  if (fstat(fd, &now) != 0) return state_refuse(why, "%s: %s: %s", who, path, strerror(errno));
  bool unchanged = (uint64_t)now.st_size == was->size && (uint64_t)now.st_mtim.tv_sec == was->seconds &&
                   (uint64_t)now.st_mtim.tv_nsec == was->nanoseconds;
  if ((uint64_t)now.st_ino != was->inode && !unchanged) {
    return state_refuse(
        why,
        "%s: %s was replaced by another file since the checkpoint; put the old one back, or a copy of it with "
        "its time (cp -p)",
        who, path);
  }
  if ((uint64_t)now.st_size < was->size) {
    return state_refuse(why, "%s: %s has %llu bytes, at the checkpoint it had %llu; put the longer one back", who, path,
                        (unsigned long long)now.st_size, (unsigned long long)was->size);
  }
  return 0;
}

/* --- What was written after the checkpoint ------------------------------------------------------------------------------------ */

static long create_tail(const char *path, char *name, size_t size) {
  long fd = -EEXIST;
  for (int i = 1; fd == -EEXIST && i < TAIL_NAMES; i++) {
    char again[16] = "";
    if (i > 1) snprintf(again, sizeof again, ".%d", i);
    snprintf(name, size, "%s.mana-tail-%llu%s", path, (unsigned long long)state_files_policy.epoch, again);
    fd = RAW4(SYS_openat, AT_FDCWD, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  }
  return fd;
}

/* Copies what lies behind `from`; 0 or a negated errno. */
static long copy_tail(const char *path, uint64_t from, uint64_t size, long to) {
  char *copy = malloc(COPY_BYTES);
  long fd = copy ? RAW4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -ENOMEM, got = 0;
  for (uint64_t at = from; !raw_failed(fd) && at < size; at += (uint64_t)got) {
    got = RAW4(SYS_pread64, fd, copy, size - at < COPY_BYTES ? size - at : COPY_BYTES, at);
    if (got > 0 && RAW3(SYS_write, to, copy, got) != got) got = -EIO;
    if (got <= 0) break;
  }
  free(copy);
  if (raw_failed(fd)) return fd;
  RAW1(SYS_close, fd);
  return raw_failed(got) ? got : RAW1(SYS_fsync, to);
}

int file_was_cut(int fd, const char *path, uint64_t size, char why[STATE_WHY_SIZE]) {
  struct stat now;
  char tail[PATH + 64];
  if (fstat(fd, &now) != 0 || (uint64_t)now.st_size <= size) return 0;
  long to = create_tail(path, tail, sizeof tail);
  long result = raw_failed(to) ? to : copy_tail(path, size, (uint64_t)now.st_size, to);
  if (!raw_failed(to)) RAW1(SYS_close, to);
  if (raw_failed(result)) {
    return state_refuse(why, "%s grew since the checkpoint, and what came later cannot be kept in %s: %s", path, tail,
                        strerror((int)-result));
  }
  if (ftruncate(fd, (off_t)size) != 0) return state_refuse(why, "cannot cut %s back: %s", path, strerror(errno));
  report_warning("remove it if it is not needed; the program will write it again",
                 "%s was cut back to the %llu bytes of the checkpoint, the rest is in %s", path,
                 (unsigned long long)size, tail);
  return 0;
}
