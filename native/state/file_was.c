#include "file_was.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "report.h"
#include "syscall_raw.h"

enum { PATH = 4096, COPY_BYTES = 1 << 16, TAIL_NAMES = 1000 };

/* More than that is not read at each checkpoint. */
#define CONTENTS_MAX (64ull << 20)

/* --- What it is ----------------------------------------------------------------------------------------------------------------- */

long file_was_reader(int fd) {
  char link[40];
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && !(flags & (O_DIRECT | O_PATH))) return fd;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return RAW4(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
}

/* CRC32C of the first `size` bytes; false: they cannot be read. */
static bool read_checksum(int fd, uint64_t size, uint32_t *checksum) {
  uint8_t *copy = malloc(COPY_BYTES);
  long from = copy ? file_was_reader(fd) : -ENOMEM;
  uint64_t at = 0;
  *checksum = 0;
  while (!raw_failed(from) && at < size) {
    long got = RAW4(SYS_pread64, from, copy, size - at < COPY_BYTES ? size - at : COPY_BYTES, at);
    if (got <= 0) break;
    *checksum = crc32c(*checksum, copy, (size_t)got);
    at += (uint64_t)got;
  }
  if (!raw_failed(from) && from != fd) RAW1(SYS_close, from);
  free(copy);
  return !raw_failed(from) && at == size;
}

struct file_was file_was_look(int fd, const struct stat *status, enum file_contents contents) {
  struct file_was was = {.size = (uint64_t)status->st_size,
                         .inode = status->st_ino,
                         .seconds = (uint64_t)status->st_mtim.tv_sec,
                         .nanoseconds = (uint64_t)status->st_mtim.tv_nsec,
                         .contents = contents};
  struct statx more;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &more) == 0 && (more.stx_mask & STATX_BTIME)) {
    was.born = (uint64_t)more.stx_btime.tv_sec;
    was.born_ns = more.stx_btime.tv_nsec;
  }
  if (contents != FILE_CONTENTS_KNOWN) return was;
  if (was.size > CONTENTS_MAX) {
    was.contents = FILE_CONTENTS_LONG;
  } else if (!read_checksum(fd, was.size, &was.checksum)) {
    was.contents = FILE_CONTENTS_ANY;
  }
  return was;
}

void file_was_save(struct save_stream *to, const struct file_was *was) {
  save_u64(to, was->size);
  save_u64(to, was->inode);
  save_u64(to, was->seconds);
  save_u64(to, was->nanoseconds);
  save_u64(to, was->born);
  save_u64(to, was->born_ns);
  save_u32(to, was->contents);
  save_u32(to, was->checksum);
}

struct file_was file_was_load(struct save_stream *from) {
  struct file_was was;
  was.size = load_u64(from);
  was.inode = load_u64(from);
  was.seconds = load_u64(from);
  was.nanoseconds = load_u64(from);
  was.born = load_u64(from);
  was.born_ns = load_u64(from);
  was.contents = load_u32(from);
  was.checksum = load_u32(from);
  return was;
}

/* --- What has become of it ------------------------------------------------------------------------------------------------------ */

/* Numbers of inodes are used again: the time of birth tells, where it is known. */
static bool is_another(const struct file_was *was, const struct file_was *now) {
  bool known = (was->born || was->born_ns) && (now->born || now->born_ns);
  return now->inode != was->inode || (known && (now->born != was->born || now->born_ns != was->born_ns));
}

static int compare_contents(const struct file_was *was, int fd, const char *who, const char *path, char *why) {
  uint32_t checksum;
  if (was->contents == FILE_CONTENTS_LONG) {
    report_warning("put the old contents back and restart again if it was more than appended to",
                   "%s was written to since the checkpoint; it is too long to be compared with what it was", path);
  }
  if (was->contents != FILE_CONTENTS_KNOWN) return 0;
  if (read_checksum(fd, was->size, &checksum) && checksum == was->checksum) return 0;
  return state_refuse(
      why,
      "%s: the first %llu bytes of %s, which it had at the checkpoint, were overwritten since; put the old "
      "contents back, or take the file as it is (--keep-files)",
      who, (unsigned long long)was->size, path);
}

int file_was_compare(const struct file_was *was, int fd, const char *who, const char *path, char why[STATE_WHY_SIZE]) {
  struct stat status;
  if (fstat(fd, &status) != 0) return state_refuse(why, "%s: %s: %s", who, path, strerror(errno));
  struct file_was now = file_was_look(fd, &status, FILE_CONTENTS_ANY);
  bool same_time = now.seconds == was->seconds && now.nanoseconds == was->nanoseconds;
  if (is_another(was, &now) && !(same_time && now.size == was->size)) {
    return state_refuse(
        why,
        "%s: %s was replaced by another file since the checkpoint; put the old one back, or a copy of it with "
        "its time (cp -p)",
        who, path);
  }
  if (now.size < was->size) {
    return state_refuse(why, "%s: %s has %llu bytes, at the checkpoint it had %llu; put the longer one back", who, path,
                        (unsigned long long)now.size, (unsigned long long)was->size);
  }
  return same_time || state_files_policy.keep ? 0 : compare_contents(was, fd, who, path, why);
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
