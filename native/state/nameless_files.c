#include "nameless_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_was.h"
#include "syscall_raw.h"

enum { COPY_BYTES = 1 << 16 };

static int save_contents(const struct descriptor *d, struct save_stream *to, char why[STATE_WHY_SIZE]) {
  char *copy = malloc(COPY_BYTES);
  uint64_t size = (uint64_t)d->status.st_size, at = 0;
  long fd = copy ? file_was_reader(d->fd) : -ENOMEM;
  save_u64(to, size);
  while (!raw_failed(fd) && at < size) {
    long got = RAW4(SYS_pread64, fd, copy, size - at < COPY_BYTES ? size - at : COPY_BYTES, at);
    if (got <= 0) break;
    save_bytes(to, copy, (size_t)got);
    at += (uint64_t)got;
  }
  if (!raw_failed(fd) && fd != d->fd) RAW1(SYS_close, fd);
  free(copy);
  if (at == size) return 0;
  return state_refuse(why, "descriptor %d: cannot read %s, which has no name any more%s%s", d->fd, d->path,
                      raw_failed(fd) ? ": " : "", raw_failed(fd) ? strerror((int)-fd) : "");
}

/* An earlier one of the same file, which has brought its contents. Standard ones are the new process's own. */
static uint32_t same_as(const struct descriptor *d, const struct descriptor_list *all) {
  for (const struct descriptor *other = all->item; other < d; other++) {
    if (other->fd > STDERR_FILENO && other->status.st_ino == d->status.st_ino &&
        other->status.st_dev == d->status.st_dev)
      return (uint32_t)other->fd;
  }
  return NAMELESS_NOBODY;
}

int nameless_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
                  char why[STATE_WHY_SIZE]) {
  uint32_t same = same_as(d, all);
  save_u32(to, same);
  if (same == NAMELESS_NOBODY) return save_contents(d, to, why);
  save_block(to, NULL, 0);
  return 0;
}

static long make_empty(const char *path, int number, bool memory) {
  if (memory) {
    char name[256];
    snprintf(name, sizeof name, "%.200s", path + strlen("/memfd:"));
    char *deleted = strstr(name, " (deleted)");
    if (deleted) *deleted = 0;
    return RAW2(SYS_memfd_create, name, 1 /* MFD_CLOEXEC */);
  }
  const char *folder = state_files_policy.folder ? state_files_policy.folder : ".";
  long fd = RAW4(SYS_openat, AT_FDCWD, folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd != -EOPNOTSUPP && fd != -EISDIR) return fd;
  char name[DESCRIPTOR_PATH];
  snprintf(name, sizeof name, "%s/nameless-%d-%d", folder, (int)getpid(), number);
  fd = RAW4(SYS_openat, AT_FDCWD, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (!raw_failed(fd)) unlink(name);
  return fd;
}

static long fill(long fd, const void *contents, size_t size) {
  for (size_t at = 0; !raw_failed(fd) && at < size;) {
    long put = RAW4(SYS_pwrite64, fd, (const char *)contents + at, size - at, at);
    if (put <= 0) {
      RAW1(SYS_close, fd);
      return put ? put : -EIO;
    }
    at += (size_t)put;
  }
  return fd;
}

long nameless_make(const char *path, int number, bool memory, const void *contents, size_t size) {
  return fill(make_empty(path, number, memory), contents, size);
}
