/* One descriptor at a checkpoint, and the kinds that can be saved: private to native/state. */
#ifndef MANA_DESCRIPTOR_KINDS_H
#define MANA_DESCRIPTOR_KINDS_H
#include <sys/stat.h>

#include "file_was.h"
#include "mapped_files.h"
#include "process_state.h"

/* Saved form of them all (descriptors_save.c, descriptors_restore.c):
 *   u32 form, u32 highest number, u32 count, count x { u32 fd, u32 kind, u32 flags, u32 close-on-exec, block of what the kind adds } */
enum { DESCRIPTORS_FORM = 3 };
enum { DESCRIPTOR_PATH = 4096, DESCRIPTOR_INFO = 65536, DESCRIPTORS_STANDARD = 3 };

/* Numbers are part of the saved form: append only. */
enum descriptor_kind {
  KIND_CLOSED,   /* one of the three standard ones, which the program closed */
  KIND_STANDARD, /* what this or another standard one was at the start: the new process's own */
  KIND_COPY,     /* shares offset and flags with a descriptor that comes before it (dup) */
  KIND_FILE,     /* regular file, with its contents where it has no name any more */
  KIND_PLAIN,    /* reopened by name and no more: directory, terminal, /dev/null and its like */
  KIND_PIPE,
  KIND_EVENT,
  KIND_TIMER,
  KIND_SIGNAL,
  KIND_EPOLL,
  KIND_COUNT
};

struct descriptor {
  int fd, flags; /* F_GETFL */
  bool cloexec;
  struct stat status;
  char path[DESCRIPTOR_PATH];
};
/* All of the program's, in the order of their numbers. */
struct descriptor_list {
  struct descriptor *item;
  size_t count;
  struct mapped_files *mapped;
};

/* A descriptor at a restart. It is made at a high number first, then put in its place. */
struct restored {
  int fd, flags, made; /* made: -1 = none */
  bool cloexec;
  enum descriptor_kind kind;
  bool cut; /* KIND_FILE: it must get back the size that it had */
  struct file_was was;
  char *path;
  struct save_stream later; /* KIND_EPOLL: what it watches; KIND_FILE: its locks. A part of the stream */
};
struct restored_list {
  struct restored *item;
  size_t count;
  int highest; /* number among those to be restored */
};

/* --- descriptor_list.c --- */
/* The caller frees list->item. */
int descriptor_list_all(struct descriptor_list *list, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* One before it of which it is a copy (dup); NULL. */
const struct descriptor *descriptor_original(const struct descriptor *d, const struct descriptor_list *list);
/* The standard one that this was at the start; -1 = none. */
int descriptor_standard(const struct descriptor *d);
/* /proc/self/fdinfo of it, terminated; empty when unreadable. */
void descriptor_info(int fd, char *out, size_t size);

/* --- descriptors_restore.c --- */
/* Moves a new descriptor out of the way of those to be restored; -1 when it is -1, or none is free. */
int descriptor_raise(long fd, const struct restored_list *list);
/* Where an earlier one has been made; -1 = nowhere. */
int descriptor_made(int fd, const struct restored_list *list);

/* --- the kinds --- */
/* The kind of a descriptor, by what the kernel says of it; -1 with `why` for what cannot be saved. */
int descriptor_classify(const struct descriptor *d, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Each kind: writes what it needs into a block behind the common head; makes it again from there (out->made), and whatever must wait until all are in
 * place happens in `finish`. */
typedef int descriptor_save_function(const struct descriptor *d, const struct descriptor_list *all,
                                     struct save_stream *to, char why[STATE_WHY_SIZE]);
typedef int descriptor_make_function(struct restored *out, const struct restored_list *all, struct save_stream *from,
                                     char why[STATE_WHY_SIZE]);
/* Nulls for those that have nothing of their own: closed, standard, copy. */
struct descriptor_functions {
  descriptor_save_function *save;
  descriptor_make_function *make;
};
extern const struct descriptor_functions descriptor_kinds[KIND_COUNT];
descriptor_save_function file_save, plain_save, pipe_save, event_save, timer_save, signalfd_save, epoll_save;
descriptor_make_function file_make, plain_make, pipe_make, event_make, timer_make, signalfd_make, epoll_make;
/* Before anything is saved on any rank: what was written is on the disk, where other hosts see it. */
int file_sync(const struct descriptor *d, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Before anything is made: whether it is still there, as it was. */
typedef int descriptor_check_function(int number, int flags, struct save_stream *from,
                                      char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
descriptor_check_function file_check, plain_check;
/* Cuts the file back, keeping its tail. */
int file_finish(struct restored *r, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Writes the block of its locks. */
int locks_save(const struct descriptor *d, struct save_stream *to, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Some of them are the process's own, which are lost when any descriptor of the file is closed. */
bool locks_are_of_process(const struct descriptor *d);
/* Takes them again, when no other descriptor of the file will be closed; the user is told of those that another has now. */
void locks_finish(struct restored *r);
int epoll_finish(struct restored *r, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* EFD_SEMAPHORE of an eventfd that holds `count`: 1 or 0; -1 = it cannot be found out. */
int event_is_semaphore(int fd, uint64_t count);
/* What nobody has read yet of the pipe that standard input is. */
bool pipe_is_unread(const struct descriptor *d);
/* Closes pipe ends that nobody has asked for. */
void pipe_finish(void);
#endif
