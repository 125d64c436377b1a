/* Regular files, and what is reopened by its name alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "file_tail.h"
#include "nameless_files.h"
#include "path_map.h"
#include "syscall_raw.h"

/* KIND_FILE adds:  block locks, text path, u64 offset, what it was (file_was.h), u32 form, u32 same as, u32 seals, block contents.
 *   same as: the descriptor before it which is of the same file without a name; NAMELESS_NOBODY: its contents stand here.
 *   seals: of F_GET_SEALS, where the file is one of memory that can be sealed; else F_SEAL_SEAL.
 * KIND_PLAIN adds: text path, u64 offset. */
enum file_form {
  FILE_NAMED,
  FILE_NAMELESS,
  FILE_MEMORY /* memfd_create(2) */,
  FILE_OF_KERNEL /* /proc and /sys: never the same */,
  FILE_ELSEWHERE /* the name it was opened by is gone or another file's, it has another (link(2)): refused */
};
#define CONTENTS_MAX (1ull << 30)
/* Flags that open takes again, man 2 open; the rest acted once, when the file was opened. */
#define FLAGS_KEPT                                                                                                     \
  (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_SYNC | O_NOATIME | O_PATH | O_DIRECTORY | O_LARGEFILE)

static bool is_written(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);
}

/* --- Save ------------------------------------------------------------------------------------------------------------------ */

/* At a restart, as file_was_compare does: the same, or what looks like a copy of it. */
static bool would_be_taken(const struct stat *was, const struct stat *named) {
  if (named->st_ino == was->st_ino && named->st_dev == was->st_dev) return true;
  return S_ISREG(named->st_mode) && named->st_size == was->st_size && named->st_mtim.tv_sec == was->st_mtim.tv_sec &&
         named->st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

static enum file_form form_of(const struct descriptor *d) {
  struct statfs system;
  struct stat named;
  if (fstatfs(d->fd, &system) == 0 && (system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC))
    return FILE_OF_KERNEL;
  if (strncmp(d->path, "/memfd:", 7) == 0) return FILE_MEMORY;
  if (d->status.st_nlink == 0) return FILE_NAMELESS;
  /* NFS keeps an unlinked file under such a name until it is closed. */
  const char *base = strrchr(d->path, '/');
  if (base && strncmp(base, "/.nfs", 5) == 0) return FILE_NAMELESS;
  return stat(d->path, &named) == 0 && would_be_taken(&d->status, &named) ? FILE_NAMED : FILE_ELSEWHERE;
}

int file_sync(const struct descriptor *d, char why[STATE_WHY_SIZE]) {
  if (!is_written(d->flags) || form_of(d) != FILE_NAMED) return 0;
  if (fsync(d->fd) == 0 || errno == EINVAL || errno == EROFS) return 0;
  return state_refuse(why, "descriptor %d: cannot sync %s: %s", d->fd, d->path, strerror(errno));
}

/* Closing any descriptor of a file gives up what the process has locked in it: then nobody opens it to look. */
static bool may_be_opened(const struct descriptor *d, const struct descriptor_list *all) {
  for (size_t i = 0; i < all->count; i++) {
    const struct descriptor *other = &all->item[i];
    if (other->status.st_ino == d->status.st_ino && other->status.st_dev == d->status.st_dev &&
        locks_are_of_process(other))
      return false;
  }
  return true;
}

/* What memory is shared through is not compared: it gets back what it held, and the job that ran on has changed it. */
static int look(const struct descriptor *d, const struct descriptor_list *all, enum file_form form,
                struct file_was *was, char why[STATE_WHY_SIZE]) {
  bool apart = (d->flags & O_ACCMODE) == O_WRONLY || (d->flags & O_DIRECT);
  bool known = form == FILE_NAMED && is_written(d->flags) && (!apart || may_be_opened(d, all)) &&
               !mapped_files_have(all->mapped, &d->status);
  if (file_was_look(d->fd, known ? FILE_CONTENTS_KNOWN : FILE_CONTENTS_ANY, was) != 0)
    return state_refuse(why, "descriptor %d: cannot look at %s: %s", d->fd, d->path, strerror(errno));
  if (was->contents == FILE_CONTENTS_LONG && (d->flags & O_APPEND)) was->contents = FILE_CONTENTS_ANY;
  return 0;
}

static int refuse_unsavable(const struct descriptor *d, enum file_form form, char why[STATE_WHY_SIZE]) {
  if (form == FILE_ELSEWHERE) {
    return state_refuse(why,
                        "descriptor %d: the name %s by which the file was opened is gone or another file's, and under "
                        "which it is to be found now is not known; open it by the name it keeps",
                        d->fd, d->path);
  }
  uint64_t size = (uint64_t)d->status.st_size;
  if ((form != FILE_NAMELESS && form != FILE_MEMORY) || size <= CONTENTS_MAX) return 0;
  return state_refuse(why, "descriptor %d: %s has no name any more and %llu bytes, too many to be saved (1 GiB)", d->fd,
                      d->path, (unsigned long long)size);
}

int file_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
              char why[STATE_WHY_SIZE]) {
  enum file_form form = form_of(d);
  struct file_was was;
  if (refuse_unsavable(d, form, why) != 0 || locks_save(d, to, why) != 0) return -1;
  if (look(d, all, form, &was, why) != 0) return -1;
  bool nameless = form == FILE_NAMELESS || form == FILE_MEMORY;
  off_t offset = lseek(d->fd, 0, SEEK_CUR);
  save_text(to, d->path);
  save_u64(to, offset < 0 ? 0 : (uint64_t)offset);
  file_was_save(to, &was);
  save_u32(to, form);
  if (nameless) return nameless_save(d, all, to, why);
  save_u32(to, NAMELESS_NOBODY);
  save_u32(to, F_SEAL_SEAL);
  save_block(to, NULL, 0);
  return 0;
}

/* A device is what its numbers say, wherever its file lies. */
static bool is_same_plain(const struct stat *was, const struct stat *named) {
  if (S_ISCHR(was->st_mode)) return S_ISCHR(named->st_mode) && named->st_rdev == was->st_rdev;
  return named->st_ino == was->st_ino && named->st_dev == was->st_dev;
}

int plain_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
               char why[STATE_WHY_SIZE]) {
  struct stat named;
  (void)all;
  if (stat(d->path, &named) != 0 || !is_same_plain(&d->status, &named)) {
    return state_refuse(
        why,
        "descriptor %d: %s is gone, or another one has its name now, so that it cannot be opened again; "
        "close it before the checkpoint",
        d->fd, d->path);
  }
  off_t offset = S_ISDIR(d->status.st_mode) ? lseek(d->fd, 0, SEEK_CUR) : 0;
  save_text(to, d->path);
  save_u64(to, offset < 0 ? 0 : (uint64_t)offset);
  return 0;
}

/* --- Restore --------------------------------------------------------------------------------------------------------------- */

static long reopen(const char *path, int flags) {
  int kept = (flags & FLAGS_KEPT) | O_CLOEXEC | O_NOCTTY;
  long fd = RAW4(SYS_openat, AT_FDCWD, path, kept, 0);
  return fd == -EPERM && (flags & O_NOATIME) ? RAW4(SYS_openat, AT_FDCWD, path, kept & ~O_NOATIME, 0) : fd;
}

/* A file of a process in /proc: the process is this one now. */
static void follow_own_process(char *path, size_t size) {
  static const char self[] = "/proc/self";
  const size_t prefix = sizeof self - 1;
  int pid, at = 0;
  if (sscanf(path, "/proc/%d%n", &pid, &at) != 1 || (path[at] != '/' && path[at] != 0)) return;
  size_t rest = strlen(path + at) + 1;
  if (prefix + rest > size) return;
  memmove(path + prefix, path + at, rest);
  memcpy(path, self, prefix);
}

/* Made for reading and writing; what the program gets has the flags it had. */
static long with_flags(long fd, int flags) {
  char link[40];
  if (raw_failed(fd)) return fd;
  snprintf(link, sizeof link, "/proc/self/fd/%ld", fd);
  long again = reopen(link, flags & ~(O_DIRECTORY | O_DIRECT));
  RAW1(SYS_close, fd);
  return again;
}

struct saved_file {
  char path[DESCRIPTOR_PATH]; /* where it is now */
  uint64_t offset;
  struct file_was was;
  enum file_form form;
  uint32_t same, seals;
  const void *locks, *contents;
  size_t locks_size, size;
};

static int load(struct saved_file *f, int fd, struct save_stream *from, char why[STATE_WHY_SIZE]) {
  f->locks = load_block(from, &f->locks_size);
  load_text(from, f->path, sizeof f->path);
  f->offset = load_u64(from);
  f->was = file_was_load(from);
  f->form = (enum file_form)load_u32(from);
  f->same = load_u32(from);
  f->seals = load_u32(from);
  f->contents = load_block(from, &f->size);
  if (from->failed) return state_refuse(why, "descriptor %d: the saved form is damaged", fd);
  if (f->form == FILE_OF_KERNEL) follow_own_process(f->path, sizeof f->path);
  if (f->form == FILE_NAMED && path_map_apply(f->path, sizeof f->path) < 0)
    return state_refuse(why, "descriptor %d: with --map the path of %s is too long", fd, f->path);
  return 0;
}

static long open_saved(const struct saved_file *f, const struct restored *r, const struct restored_list *all) {
  if (f->form == FILE_NAMED || f->form == FILE_OF_KERNEL) return reopen(f->path, r->flags);
  if (f->same == NAMELESS_NOBODY) {
    struct nameless file = {f->path, r->fd, f->form == FILE_MEMORY, f->seals, f->contents, f->size};
    return with_flags(nameless_make(&file), r->flags);
  }
  int made = descriptor_made((int)f->same, all);
  return made < 0 ? -EBADF : with_flags(RAW1(SYS_dup, made), r->flags);
}

static int cannot_open(int fd, const char *path, long problem, char why[STATE_WHY_SIZE]) {
  return state_refuse(why, "descriptor %d: cannot open %s: %s; if it is elsewhere now, say --map OLD=NEW", fd, path,
                      strerror((int)-problem));
}

int file_check(int number, int flags, struct save_stream *from, char why[STATE_WHY_SIZE]) {
  struct saved_file f;
  char who[32];
  if (load(&f, number, from, why) != 0) return -1;
  if (f.form != FILE_NAMED) return 0;
  long fd = reopen(f.path, flags | O_NONBLOCK); /* whatever is there now: a FIFO must not be waited for */
  if (raw_failed(fd)) return cannot_open(number, f.path, fd, why);
  snprintf(who, sizeof who, "descriptor %d", number);
  int result = file_was_compare(&f.was, (int)fd, who, f.path, why);
  if (result == 0 && is_written(flags) && !state_files_policy.keep)
    result = file_tail_check(&f.was, (int)fd, who, f.path, why);
  RAW1(SYS_close, fd);
  return result;
}

int file_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
              char why[STATE_WHY_SIZE]) {
  struct saved_file f;
  if (load(&f, out->fd, from, why) != 0) return -1;
  long fd = open_saved(&f, out, all);
  if (raw_failed(fd)) return cannot_open(out->fd, f.path, fd, why);
  out->path = strdup(f.path);
  out->made = descriptor_raise(fd, all);
  if (out->made < 0 || !out->path)
    return state_refuse(why, "descriptor %d: no descriptor is free for %s", out->fd, f.path);
  out->was = f.was;
  out->cut = f.form == FILE_NAMED && is_written(out->flags) && !state_files_policy.keep;
  lseek(out->made, (off_t)f.offset, SEEK_SET);
  out->later = (struct save_stream){.data = (uint8_t *)(uintptr_t)f.locks, .length = f.locks_size};
  return 0;
}

static int load_plain(char path[DESCRIPTOR_PATH], uint64_t *offset, int number, struct save_stream *from,
                      char why[STATE_WHY_SIZE]) {
  load_text(from, path, DESCRIPTOR_PATH);
  *offset = load_u64(from);
  if (from->failed) return state_refuse(why, "descriptor %d: the saved form is damaged", number);
  follow_own_process(path, DESCRIPTOR_PATH);
  if (path_map_apply(path, DESCRIPTOR_PATH) < 0)
    return state_refuse(why, "descriptor %d: with --map the path of %s is too long", number, path);
  return 0;
}

int plain_check(int number, int flags, struct save_stream *from, char why[STATE_WHY_SIZE]) {
  char path[DESCRIPTOR_PATH];
  uint64_t offset;
  if (load_plain(path, &offset, number, from, why) != 0) return -1;
  long fd = reopen(path, flags | O_NONBLOCK);
  if (raw_failed(fd)) return cannot_open(number, path, fd, why);
  RAW1(SYS_close, fd);
  return 0;
}

int plain_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
               char why[STATE_WHY_SIZE]) {
  char path[DESCRIPTOR_PATH];
  uint64_t offset;
  if (load_plain(path, &offset, out->fd, from, why) != 0) return -1;
  long fd = reopen(path, out->flags);
  if (raw_failed(fd)) return cannot_open(out->fd, path, fd, why);
  out->made = descriptor_raise(fd, all);
  if (offset) lseek(out->made, (off_t)offset, SEEK_SET);
  return out->made < 0 ? state_refuse(why, "descriptor %d: no descriptor is free for %s", out->fd, path) : 0;
}

int file_finish(struct restored *r, char why[STATE_WHY_SIZE]) {
  return r->cut ? file_tail_cut(&r->was, r->made, r->path, why) : 0;
}
