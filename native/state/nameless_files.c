#include "nameless_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_was.h"
#include "path_map.h"
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
  int seals = fcntl(d->fd, F_GET_SEALS);
  save_u32(to, same);
  save_u32(to, seals < 0 ? F_SEAL_SEAL : (uint32_t)seals);
  if (same == NAMELESS_NOBODY) return save_contents(d, to, why);
  save_block(to, NULL, 0);
  return 0;
}

enum { CLOEXEC = 1, ALLOW_SEALING = 2 }; /* MFD_ of memfd_create(2) */

static long make_in_memory(const struct nameless *file) {
  static const char prefix[] = "/memfd:";
  char name[200]; /* memfd_create takes 249 bytes */
  bool named = strncmp(file->path, prefix, sizeof prefix - 1) == 0;
  snprintf(name, sizeof name, "%s", named ? file->path + sizeof prefix - 1 : "nameless");
  char *deleted = strstr(name, " (deleted)");
  if (deleted) *deleted = 0;
  return RAW2(SYS_memfd_create, name, CLOEXEC | (file->seals != F_SEAL_SEAL ? ALLOW_SEALING : 0));
}

static long make_in(const char *folder, int number) {
  char name[DESCRIPTOR_PATH + 64];
  long fd = RAW4(SYS_openat, AT_FDCWD, folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd != -EOPNOTSUPP && fd != -EISDIR) return fd;
  snprintf(name, sizeof name, "%s/.mana-nameless-%d-%d", folder, (int)getpid(), number);
  fd = RAW4(SYS_openat, AT_FDCWD, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (!raw_failed(fd)) unlink(name);
  return fd;
}

static long fill(long fd, const struct nameless *file) {
  for (size_t at = 0; !raw_failed(fd) && at < file->size;) {
    long put = RAW4(SYS_pwrite64, fd, (const char *)file->contents + at, file->size - at, at);
    if (put <= 0) {
      RAW1(SYS_close, fd);
      return put ? put : -ENOSPC;
    }
    at += (size_t)put;
  }
  return fd;
}

/* Sealed again; where it cannot be sealed, this seal it has already. */
static long seal(long fd, const struct nameless *file) {
  if (raw_failed(fd) || file->seals == F_SEAL_SEAL || fcntl((int)fd, F_ADD_SEALS, file->seals) == 0) return fd;
  int problem = errno;
  RAW1(SYS_close, fd);
  return -problem;
}

/* The folder that it was in, where that is now. */
static bool folder_of(const struct nameless *file, char folder[DESCRIPTOR_PATH]) {
  snprintf(folder, DESCRIPTOR_PATH, "%s", file->path);
  char *slash = strrchr(folder, '/');
  if (!slash) return false;
  slash[slash == folder] = 0;
  return path_map_apply(folder, DESCRIPTOR_PATH) >= 0;
}

long nameless_make(const struct nameless *file) {
  char folder[DESCRIPTOR_PATH];
  long fd = -ENOENT;
  if (file->memory) return seal(fill(make_in_memory(file), file), file);
  if (folder_of(file, folder)) fd = fill(make_in(folder, file->number), file);
  if (raw_failed(fd) && state_files_policy.folder) fd = fill(make_in(state_files_policy.folder, file->number), file);
  return raw_failed(fd) ? fill(make_in_memory(file), file) : fd;
}
