/* Descriptors at a checkpoint. */
#include <stdlib.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "split_abi.h"

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
  int standard = descriptor_standard(d);
  if (!is_carried_along(d, standard)) {
    save_head(d, KIND_STANDARD, head);
    save_u32(own, (uint32_t)standard);
    return 0;
  }
  const struct descriptor *original = descriptor_original(d, list);
  if (original) {
    save_head(d, KIND_COPY, head);
    save_u32(own, (uint32_t)original->fd);
    return 0;
  }
  int kind = descriptor_classify(d, why);
  if (kind < 0) return -1;
  save_head(d, (enum descriptor_kind)kind, head);
  return descriptor_kinds[kind].save(d, list, own, why);
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
  for (int fd = 0; fd < DESCRIPTORS_STANDARD; fd++) {
    bool open = false;
    for (size_t i = 0; i < list->count && i < DESCRIPTORS_STANDARD; i++) open |= list->item[i].fd == fd;
    if (open) continue;
    count++;
    if (!to) continue;
    save_head(&(struct descriptor){.fd = fd}, KIND_CLOSED, to);
    save_block(to, NULL, 0);
  }
  return count;
}

int state_descriptors_sync(char why[STATE_WHY_SIZE]) {
  struct descriptor_list list = {0};
  int result = descriptor_list_all(&list, why);
  for (size_t i = 0; result == 0 && i < list.count; i++) {
    const struct descriptor *d = &list.item[i];
    if (S_ISREG(d->status.st_mode) && descriptor_standard(d) < 0) result = file_sync(d, why);
  }
  free(list.item);
  return result;
}

int state_descriptors_save(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  struct mapped_files mapped = {0};
  struct descriptor_list list = {.mapped = &mapped};
  int result = descriptor_list_all(&list, why);
  if (result == 0 && list.count && list.item[list.count - 1].fd >= SPLIT_FD_MAX - SPLIT_FD_BASE) {
    result = state_refuse(why, "descriptor %d: numbers so high (from %d on) cannot be saved",
                          list.item[list.count - 1].fd, SPLIT_FD_MAX - SPLIT_FD_BASE);
  }
  if (result == 0) {
    save_u32(to, DESCRIPTORS_FORM);
    save_u32(to, list.count ? (uint32_t)list.item[list.count - 1].fd : 0);
    save_u32(to, (uint32_t)list.count + closed_standard(&list, NULL));
    closed_standard(&list, to);
  }
  for (size_t i = 0; result == 0 && i < list.count; i++) result = save_one(&list.item[i], &list, to, why);
  free(list.item);
  mapped_files_free(&mapped);
  if (result == 0 && to->failed) return state_refuse(why, "out of memory while saving descriptors");
  return result;
}
