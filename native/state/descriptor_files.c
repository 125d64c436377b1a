/* Regular files, and what is reopened by its name alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "file_was.h"
#include "path_map.h"
#include "syscall_raw.h"

/* KIND_FILE adds:  block locks, text path, u64 offset, what it was (file_was.h), u32 form, u32 same as, block contents.
 *   same as: the descriptor before it which is of the same file without a name; NOBODY: its contents stand here.
 * KIND_PLAIN adds: text path, u64 offset. */
enum file_form {
  FILE_NAMED,
  FILE_NAMELESS,
  FILE_MEMORY /* memfd_create(2) */,
  FILE_OF_KERNEL /* /proc and /sys: never the same */,
  FILE_ELSEWHERE /* the name it was opened by is gone, it has another (link(2)): refused */
};
enum { COPY_BYTES = 1 << 16 };
#define NOBODY UINT32_MAX
#define CONTENTS_MAX (1ull << 30)
/* Flags that open takes again, man 2 open; the rest acted once, when the file was opened. */
#define FLAGS_KEPT                                                                                                     \
  (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_SYNC | O_NOATIME | O_PATH | O_DIRECTORY | O_LARGEFILE)

static bool is_written(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);
}

/* --- Save ------------------------------------------------------------------------------------------------------------------ */

static enum file_form form_of(const struct descriptor *d) {
  static const char deleted[] = " (deleted)";
  struct statfs system;
  struct stat named;
  size_t length = strlen(d->path);
  if (fstatfs(d->fd, &system) == 0 && (system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC))
    return FILE_OF_KERNEL;
  if (strncmp(d->path, "/memfd:", 7) == 0) return FILE_MEMORY;
  if (d->status.st_nlink == 0) return FILE_NAMELESS;
  /* NFS keeps an unlinked file under such a name until it is closed. */
  const char *base = strrchr(d->path, '/');
  if (base && strncmp(base, "/.nfs", 5) == 0) return FILE_NAMELESS;
  bool same = stat(d->path, &named) == 0 && named.st_ino == d->status.st_ino && named.st_dev == d->status.st_dev;
  bool gone = length > sizeof deleted && strcmp(d->path + length - (sizeof deleted - 1), deleted) == 0;
  return same || !gone ? FILE_NAMED : FILE_ELSEWHERE;
}

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
  return NOBODY;
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

static struct file_was look(const struct descriptor *d, const struct descriptor_list *all, enum file_form form) {
  bool apart = (d->flags & O_ACCMODE) == O_WRONLY || (d->flags & O_DIRECT);
  bool known = form == FILE_NAMED && is_written(d->flags) && (!apart || may_be_opened(d, all));
  struct file_was was = file_was_look(d->fd, &d->status, known ? FILE_CONTENTS_KNOWN : FILE_CONTENTS_ANY);
  if (was.contents == FILE_CONTENTS_LONG && (d->flags & O_APPEND)) was.contents = FILE_CONTENTS_ANY;
  return was;
}

static int refuse_unsavable(const struct descriptor *d, enum file_form form, char why[STATE_WHY_SIZE]) {
  if (form == FILE_ELSEWHERE) {
    return state_refuse(why,
                        "descriptor %d: the name %s by which the file was opened is gone, and under which it is to be "
                        "found now is not known; open it by the name it keeps",
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
  if (refuse_unsavable(d, form, why) != 0 || locks_save(d, to, why) != 0) return -1;
  bool nameless = form == FILE_NAMELESS || form == FILE_MEMORY;
  uint32_t same = nameless ? same_as(d, all) : NOBODY;
  struct file_was was = look(d, all, form);
  off_t offset = lseek(d->fd, 0, SEEK_CUR);
  save_text(to, d->path);
  save_u64(to, offset < 0 ? 0 : (uint64_t)offset);
  file_was_save(to, &was);
  save_u32(to, form);
  save_u32(to, same);
  if (nameless && same == NOBODY) return save_contents(d, to, why);
  save_block(to, NULL, 0);
  return 0;
}

int plain_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
               char why[STATE_WHY_SIZE]) {
  (void)all, (void)why;
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

/* A file without a name in the checkpoint's folder, or one of memory. */
static long make_nameless(const char *path, int flags, bool memory) {
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
  snprintf(name, sizeof name, "%s/nameless-%d-%d", folder, (int)getpid(), flags);
  fd = RAW4(SYS_openat, AT_FDCWD, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (!raw_failed(fd)) unlink(name);
  return fd;
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

struct saved_file {
  char path[DESCRIPTOR_PATH]; /* where it is now */
  uint64_t offset;
  struct file_was was;
  enum file_form form;
  uint32_t same;
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
  f->contents = load_block(from, &f->size);
  if (from->failed) return state_refuse(why, "descriptor %d: the saved form is damaged", fd);
  if (f->form == FILE_OF_KERNEL) follow_own_process(f->path, sizeof f->path);
  if (f->form == FILE_NAMED && path_map_apply(f->path, sizeof f->path) < 0)
    return state_refuse(why, "descriptor %d: with --map the path of %s is too long", fd, f->path);
  return 0;
}

static long open_saved(const struct saved_file *f, const struct restored *r, const struct restored_list *all) {
  if (f->form == FILE_NAMED || f->form == FILE_OF_KERNEL) return reopen(f->path, r->flags);
  if (f->same == NOBODY) {
    bool memory = f->form == FILE_MEMORY;
    return with_flags(fill(make_nameless(f->path, r->fd, memory), f->contents, f->size), r->flags);
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
  long fd = reopen(f.path, flags);
  if (raw_failed(fd)) return cannot_open(number, f.path, fd, why);
  snprintf(who, sizeof who, "descriptor %d", number);
  int result = file_was_compare(&f.was, (int)fd, who, f.path, why);
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
  if (f.form == FILE_NAMED && is_written(out->flags) && !state_files_policy.keep) out->cut_to = f.was.size;
  lseek(out->made, (off_t)f.offset, SEEK_SET);
  out->later = (struct save_stream){.data = (uint8_t *)(uintptr_t)f.locks, .length = f.locks_size};
  return 0;
}

int plain_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
               char why[STATE_WHY_SIZE]) {
  char path[DESCRIPTOR_PATH];
  load_text(from, path, sizeof path);
  uint64_t offset = load_u64(from);
  follow_own_process(path, sizeof path);
  if (path_map_apply(path, sizeof path) < 0)
    return state_refuse(why, "descriptor %d: with --map the path of %s is too long", out->fd, path);
  long fd = from->failed ? -EINVAL : reopen(path, out->flags);
  if (raw_failed(fd)) return state_refuse(why, "descriptor %d: cannot open %s: %s", out->fd, path, strerror((int)-fd));
  out->made = descriptor_raise(fd, all);
  if (offset) lseek(out->made, (off_t)offset, SEEK_SET);
  return out->made < 0 ? state_refuse(why, "descriptor %d: no descriptor is free for %s", out->fd, path) : 0;
}

int file_finish(struct restored *r, char why[STATE_WHY_SIZE]) {
  return r->cut_to == UINT64_MAX ? 0 : file_was_cut(r->made, r->path, r->cut_to, why);
}

/* --- Kinds ------------------------------------------------------------------------------------------------------------------- */

/* Memory devices (admin-guide/devices.txt): null, zero, full, random, urandom, and terminals. */
static bool is_harmless_device(dev_t device) {
  unsigned major = major(device), minor = minor(device);
  if (major == 1) return minor == 3 || minor == 5 || (minor >= 7 && minor <= 9);
  return major == 4 || major == 5 || (major >= 136 && major <= 143);
}

static int classify_anonymous(const struct descriptor *d, char why[STATE_WHY_SIZE]) {
  static const struct {
    const char *name;
    int kind;
  } known[] = {
      {"[eventfd]", KIND_EVENT}, {"[timerfd]", KIND_TIMER}, {"[signalfd]", KIND_SIGNAL}, {"[eventpoll]", KIND_EPOLL}};
  const char *name = strchr(d->path, '[');
  for (size_t i = 0; name && i < sizeof known / sizeof *known; i++) {
    if (strcmp(name, known[i].name) == 0) return known[i].kind;
  }
  return state_refuse(why, "descriptor %d is %s, which cannot be saved", d->fd, d->path);
}

int descriptor_classify(const struct descriptor *d, char why[STATE_WHY_SIZE]) {
  mode_t mode = d->status.st_mode;
  if (strncmp(d->path, "anon_inode:", 11) == 0) return classify_anonymous(d, why);
  if (S_ISREG(mode)) return KIND_FILE;
  if (S_ISDIR(mode) || (S_ISCHR(mode) && is_harmless_device(d->status.st_rdev))) return KIND_PLAIN;
  if (S_ISFIFO(mode) && strncmp(d->path, "pipe:", 5) == 0) return KIND_PIPE;
  if (S_ISFIFO(mode))
    return state_refuse(why, "descriptor %d is the named pipe %s, which cannot be saved", d->fd, d->path);
  if (S_ISSOCK(mode))
    return state_refuse(why, "descriptor %d is a socket, which cannot be saved: close it before the checkpoint", d->fd);
  if (S_ISCHR(mode) || S_ISBLK(mode))
    return state_refuse(why, "descriptor %d is the device %s, which cannot be saved", d->fd, d->path);
  return state_refuse(why, "descriptor %d is %s, of a kind that cannot be saved", d->fd, d->path);
}
