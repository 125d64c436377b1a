/* Descriptors at a restart: looked at, made at high numbers, put in place. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "split_abi.h"
#include "syscall_raw.h"

enum { DESCRIPTORS_MAX = 1 << 20 };

struct state_files_policy state_files_policy;

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
  *r = (struct restored){.fd = (int)load_u32(from), .made = -1};
  r->kind = (enum descriptor_kind)load_u32(from);
  r->flags = (int)load_u32(from);
  r->cloexec = load_u32(from);
  *own = (struct save_stream){0};
  own->data = (uint8_t *)(uintptr_t)load_block(from, &own->length);
  bool known = r->kind <= KIND_COPY || (r->kind < KIND_COUNT && descriptor_kinds[r->kind].make);
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
  return descriptor_kinds[r->kind].make(r, list, &own, why);
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
  if (form == DESCRIPTORS_FORM && *count <= DESCRIPTORS_MAX && *highest <= DESCRIPTORS_MAX) return 0;
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
    if (r.kind == KIND_PLAIN && plain_check(r.fd, r.flags, &own, why) != 0) return -1;
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
