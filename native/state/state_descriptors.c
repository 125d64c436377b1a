#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "state.h"
#include "syscall_raw.h"

/* Saved form:
 *   u32 form, u32 highest number, u32 count, count x { u32 fd, u32 kind, u32 flags, u32 close-on-exec, block of what the kind adds } */
enum { FORM = 2, DESCRIPTORS_MAX = 1 << 20, STANDARD = 3, MEMORY_DEVICES = 1 };

struct state_files_policy state_files_policy;

static const struct {
  descriptor_save_function *save;
  descriptor_make_function *make;
} kinds[] = {
    [KIND_FILE] = {file_save, file_make},    [KIND_PLAIN] = {plain_save, plain_make},
    [KIND_PIPE] = {pipe_save, pipe_make},    [KIND_EVENT] = {event_save, event_make},
    [KIND_TIMER] = {timer_save, timer_make}, [KIND_SIGNAL] = {signalfd_save, signalfd_make},
    [KIND_EPOLL] = {epoll_save, epoll_make},
};

int state_refuse(char why[STATE_WHY_SIZE], const char *what, ...) {
  va_list arguments;
  va_start(arguments, what);
  vsnprintf(why, STATE_WHY_SIZE, what, arguments);
  va_end(arguments);
  return -1;
}

void state_note_start(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  STATE->program_started = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
  descriptors_note_start();
  process_note_start();
}

void descriptors_note_start(void) {
  struct stat status;
  for (int fd = 0; fd < STANDARD; fd++) {
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

/* Descriptors may vanish while we look (our own folder handle does). */
static bool look(int fd, struct descriptor *d) {
  char link[40];
  long flags = RAW3(SYS_fcntl, fd, F_GETFL, 0), own = RAW3(SYS_fcntl, fd, F_GETFD, 0);
  if (raw_failed(flags) || raw_failed(own) || fstat(fd, &d->status) != 0) return false;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, d->path, sizeof d->path - 1);
  if (length < 0) return false;
  d->path[length] = 0;
  d->fd = fd;
  d->flags = (int)flags;
  d->cloexec = own & FD_CLOEXEC;
  return true;
}

static int list_all(struct descriptor_list *list, char why[STATE_WHY_SIZE]) {
  DIR *folder = opendir("/proc/self/fd");
  size_t capacity = 0;
  if (!folder) return state_refuse(why, "cannot read /proc/self/fd: %s", strerror(errno));
  for (struct dirent *entry; (entry = readdir(folder));) {
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
    if (look(fd, &list->item[list->count])) list->count++;
  }
  closedir(folder);
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

static const struct descriptor *original_of(const struct descriptor *d, const struct descriptor_list *list) {
  for (const struct descriptor *other = list->item; other < d; other++) {
    if (is_copy(other, d)) return other;
  }
  return NULL;
}

/* The standard one that this was at the start, -1 = none; its own number first. Of devices like /dev/null anyone may have opened one. */
static int standard_of(const struct descriptor *d) {
  bool anyones = S_ISCHR(d->status.st_mode) && major(d->status.st_rdev) == MEMORY_DEVICES;
  for (int i = -1; i < STANDARD; i++) {
    int n = i < 0 ? d->fd : i;
    if (n >= STANDARD || !STATE->standard[n].inode || (anyones && n != d->fd)) continue;
    if (STATE->standard[n].device == d->status.st_dev && STATE->standard[n].inode == d->status.st_ino) return n;
  }
  return -1;
}

/* --- Save ------------------------------------------------------------------------------------------------------------------ */

static void save_head(const struct descriptor *d, enum descriptor_kind kind, struct save_stream *to) {
  save_u32(to, (uint32_t)d->fd);
  save_u32(to, kind);
  save_u32(to, (uint32_t)d->flags);
  save_u32(to, d->cloexec);
}

/* What a standard one was at the start is the new process's own; but what the program has not read yet comes only once. */
static bool is_carried_along(const struct descriptor *d, int standard) {
  if (standard != STDIN_FILENO) return standard < 0;
  return S_ISREG(d->status.st_mode) || pipe_is_unread(d);
}

static int save_kind(const struct descriptor *d, const struct descriptor_list *list, struct save_stream *head,
                     struct save_stream *own, char why[STATE_WHY_SIZE]) {
  int standard = standard_of(d);
  if (!is_carried_along(d, standard)) {
    save_head(d, KIND_STANDARD, head);
    save_u32(own, (uint32_t)standard);
    return 0;
  }
  const struct descriptor *original = original_of(d, list);
  if (original) {
    save_head(d, KIND_COPY, head);
    save_u32(own, (uint32_t)original->fd);
    return 0;
  }
  int kind = descriptor_classify(d, why);
  if (kind < 0) return -1;
  save_head(d, (enum descriptor_kind)kind, head);
  return kinds[kind].save(d, list, own, why);
}

static int save_one(const struct descriptor *d, const struct descriptor_list *list, struct save_stream *to,
                    char why[STATE_WHY_SIZE]) {
  struct save_stream own = {0};
  int result = save_kind(d, list, to, &own, why);
  save_block(to, own.data, own.length);
  to->failed |= own.failed;
  save_free(&own);
  return result;
}

static uint32_t closed_standard(const struct descriptor_list *list, struct save_stream *to) {
  uint32_t count = 0;
  for (int fd = 0; fd < STANDARD; fd++) {
    bool open = false;
    for (size_t i = 0; i < list->count && i < STANDARD; i++) open |= list->item[i].fd == fd;
    if (open) continue;
    count++;
    if (!to) continue;
    save_head(&(struct descriptor){.fd = fd}, KIND_CLOSED, to);
    save_block(to, NULL, 0);
  }
  return count;
}

int state_descriptors_sync(char why[STATE_WHY_SIZE]) {
  struct descriptor_list list = {NULL, 0};
  int result = list_all(&list, why);
  for (size_t i = 0; result == 0 && i < list.count; i++) {
    const struct descriptor *d = &list.item[i];
    if (S_ISREG(d->status.st_mode) && standard_of(d) < 0) result = file_sync(d, why);
  }
  free(list.item);
  return result;
}

int state_descriptors_save(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  struct descriptor_list list = {NULL, 0};
  int result = list_all(&list, why);
  if (result == 0 && list.count && list.item[list.count - 1].fd >= SPLIT_FD_MAX - SPLIT_FD_BASE) {
    result = state_refuse(why, "descriptor %d: numbers so high (from %d on) cannot be saved",
                          list.item[list.count - 1].fd, SPLIT_FD_MAX - SPLIT_FD_BASE);
  }
  if (result == 0) {
    save_u32(to, FORM);
    save_u32(to, list.count ? (uint32_t)list.item[list.count - 1].fd : 0);
    save_u32(to, (uint32_t)list.count + closed_standard(&list, NULL));
    closed_standard(&list, to);
  }
  for (size_t i = 0; result == 0 && i < list.count; i++) result = save_one(&list.item[i], &list, to, why);
  free(list.item);
  if (result == 0 && to->failed) return state_refuse(why, "out of memory while saving descriptors");
  return result;
}

/* --- Restore --------------------------------------------------------------------------------------------------------------- */

int descriptor_raise(long fd, const struct restored_list *list) {
  if (raw_failed(fd)) return -1;
  long raised = RAW3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, list->highest + 1);
  RAW1(SYS_close, fd);
  return raw_failed(raised) ? -1 : (int)raised;
}

int descriptor_made(int fd, const struct restored_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    if (list->item[i].fd == fd) return list->item[i].made;
  }
  return -1;
}

/* The common head, and the block behind it. */
static int load_one(struct restored *r, struct save_stream *own, struct save_stream *from, char why[STATE_WHY_SIZE]) {
  *r = (struct restored){.fd = (int)load_u32(from), .made = -1, .cut_to = UINT64_MAX};
  r->kind = (enum descriptor_kind)load_u32(from);
  r->flags = (int)load_u32(from);
  r->cloexec = load_u32(from);
  *own = (struct save_stream){0};
  own->data = (uint8_t *)(uintptr_t)load_block(from, &own->length);
  bool known = r->kind <= KIND_COPY || (r->kind < sizeof kinds / sizeof *kinds && kinds[r->kind].make);
  return known && !from->failed ? 0 : state_refuse(why, "descriptor %d: the saved form is damaged", r->fd);
}

static int make_one(struct restored *r, const struct restored_list *list, struct save_stream *from,
                    char why[STATE_WHY_SIZE]) {
  struct save_stream own;
  if (load_one(r, &own, from, why) != 0) return -1;
  if (split_fd_is_lower(SPLIT, r->fd)) {
    return state_refuse(why, "descriptor %d of the program is in use by the MPI of this site", r->fd);
  }
  if (r->kind == KIND_CLOSED) return 0;
  if (r->kind == KIND_STANDARD || r->kind == KIND_COPY) {
    int of = (int)load_u32(&own), source = r->kind == KIND_STANDARD ? of : descriptor_made(of, list);
    /* A standard one that the launcher here leaves closed stays closed. */
    r->made = descriptor_raise(RAW1(SYS_dup, source), list);
    if (r->made < 0 && r->kind == KIND_COPY)
      return state_refuse(why, "descriptor %d: cannot copy descriptor %d", r->fd, of);
    return 0;
  }
  return kinds[r->kind].make(r, list, &own, why);
}

static int put_in_place(struct restored *r, char why[STATE_WHY_SIZE]) {
  if (r->made < 0) {
    if (r->kind == KIND_CLOSED || r->kind == KIND_STANDARD) RAW1(SYS_close, r->fd);
    return 0;
  }
  long got = RAW3(SYS_dup3, r->made, r->fd, r->cloexec ? O_CLOEXEC : 0);
  if (raw_failed(got)) return state_refuse(why, "descriptor %d: %s", r->fd, strerror((int)-got));
  RAW1(SYS_close, r->made);
  r->made = -1;
  return 0;
}

static int restore_all(struct restored_list *list, uint32_t count, struct save_stream *from, char why[STATE_WHY_SIZE]) {
  for (; list->count < count; list->count++) {
    if (make_one(&list->item[list->count], list, from, why) != 0) return -1;
  }
  if (!load_done(from)) return state_refuse(why, "the saved descriptors are damaged");
  descriptors_note_start();
  for (size_t i = 0; i < count; i++) {
    if (list->item[i].kind == KIND_FILE && file_finish(&list->item[i], why) != 0) return -1;
  }
  for (size_t i = 0; i < count; i++) {
    if (put_in_place(&list->item[i], why) != 0) return -1;
  }
  for (size_t i = 0; i < count; i++) {
    if (list->item[i].kind == KIND_EPOLL && epoll_finish(&list->item[i], why) != 0) return -1;
    if (list->item[i].kind == KIND_FILE) locks_finish(&list->item[i]);
  }
  return 0;
}

static int load_count(struct save_stream *from, uint32_t *highest, uint32_t *count, char why[STATE_WHY_SIZE]) {
  uint32_t form = load_u32(from);
  *highest = load_u32(from);
  *count = load_u32(from);
  if (form == FORM && *count <= DESCRIPTORS_MAX && *highest <= DESCRIPTORS_MAX) return 0;
  return state_refuse(why, "the saved descriptors are of an unknown form (%u)", form);
}

uint32_t state_descriptors_highest(struct save_stream *from) {
  char why[STATE_WHY_SIZE];
  uint32_t highest, count;
  return load_count(from, &highest, &count, why) == 0 ? highest : 0;
}

int state_descriptors_check(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  uint32_t highest, count;
  if (load_count(from, &highest, &count, why) != 0) return -1;
  for (; count; count--) {
    struct restored r;
    struct save_stream own;
    if (load_one(&r, &own, from, why) != 0) return -1;
    if (r.kind == KIND_FILE && file_check(r.fd, r.flags, &own, why) != 0) return -1;
  }
  return 0;
}

int state_descriptors_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  uint32_t highest, count;
  if (load_count(from, &highest, &count, why) != 0) return -1;
  struct restored_list list = {calloc(count + 1, sizeof *list.item), 0, (int)highest};
  if (!list.item) return state_refuse(why, "out of memory while restoring descriptors");
  int result = restore_all(&list, count, from, why);
  pipe_finish();
  for (size_t i = 0; i < list.count; i++) {
    if (list.item[i].made >= 0) RAW1(SYS_close, list.item[i].made);
    free(list.item[i].path);
  }
  free(list.item);
  return result;
}
