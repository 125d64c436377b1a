#include "file_was.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "report.h"
#include "syscall_raw.h"

enum { COPY_BYTES = 1 << 16 };

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

/* Asked of the server: a client of NFS answers stat(2) of an open file from what it knew some seconds ago, and another host may have written. When
 * it hears of that, it also reads anew what it had read before. */
static int ask(int fd, struct statx *now) {
  struct stat known;
  if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS | STATX_BTIME, now) == 0) return 0;
  if (errno != ENOSYS && errno != EPERM && errno != EINVAL)
    return -1; /* an old kernel, or one that a container's filter hides */
  if (fstat(fd, &known) != 0) return -1;
  *now = (struct statx){.stx_size = (uint64_t)known.st_size,
                        .stx_ino = known.st_ino,
                        .stx_mtime = {.tv_sec = known.st_mtim.tv_sec, .tv_nsec = (uint32_t)known.st_mtim.tv_nsec}};
  return 0;
}

int file_was_look(int fd, enum file_contents contents, struct file_was *was) {
  struct statx now;
  if (ask(fd, &now) != 0) return -1;
  *was = (struct file_was){.size = now.stx_size,
                           .inode = now.stx_ino,
                           .seconds = (uint64_t)now.stx_mtime.tv_sec,
                           .nanoseconds = now.stx_mtime.tv_nsec,
                           .contents = contents};
  if (now.stx_mask & STATX_BTIME) {
    was->born = (uint64_t)now.stx_btime.tv_sec;
    was->born_ns = now.stx_btime.tv_nsec;
  }
  if (contents != FILE_CONTENTS_KNOWN) return 0;
  if (was->size > CONTENTS_MAX) {
    was->contents = FILE_CONTENTS_LONG;
  } else if (!read_checksum(fd, was->size, &was->checksum)) {
    was->contents = FILE_CONTENTS_ANY;
  }
  return 0;
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
bool file_was_another(const struct file_was *was, const struct file_was *now) {
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
  struct file_was now;
  struct stat status;
  if (fstat(fd, &status) != 0 || file_was_look(fd, FILE_CONTENTS_ANY, &now) != 0)
    return state_refuse(why, "%s: %s: %s", who, path, strerror(errno));
  if (!S_ISREG(status.st_mode)) return state_refuse(why, "%s: %s is no regular file any more", who, path);
  bool same_time = now.seconds == was->seconds && now.nanoseconds == was->nanoseconds;
  if (file_was_another(was, &now) && !(same_time && now.size == was->size)) {
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
