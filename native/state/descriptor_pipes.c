/* Pipes whose ends are all in this process, with what is in them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "descriptor_kinds.h"
#include "state.h"
#include "syscall_raw.h"

/* KIND_PIPE adds: u64 which pipe, u32 capacity, block contents. Contents stand with its first descriptor only. */
enum { MODE_PACKETS = O_DIRECT };

/* --- Save ------------------------------------------------------------------------------------------------------------------ */

static bool is_end(const struct descriptor *d, uint64_t inode, int mode) {
  return S_ISFIFO(d->status.st_mode) && d->status.st_ino == inode && (d->flags & O_ACCMODE) == mode;
}
static const struct descriptor *find_end(const struct descriptor_list *all, uint64_t inode, int mode) {
  for (size_t i = 0; i < all->count; i++) {
    if (is_end(&all->item[i], inode, mode)) return &all->item[i];
  }
  return NULL;
}

/* The other end is in no process at all: the kernel says so. */
static bool other_end_is_gone(const struct descriptor *d) {
  struct pollfd look = {.fd = d->fd};
  return poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR));
}

/* --- Standard input, which another process writes: the launcher, or what feeds it -------------------------------------------------- */

bool pipe_is_unread(const struct descriptor *d) {
  int waiting = 0;
  if (!S_ISFIFO(d->status.st_mode) && !S_ISSOCK(d->status.st_mode)) return false;
  return ioctl(d->fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

static bool is_standard_input(const struct descriptor *d) {
  const struct file_identity *input = &STATE->standard[STDIN_FILENO];
  return input->inode && input->inode == d->status.st_ino && input->device == d->status.st_dev;
}

/* Asked of a writing end of our own. */
static bool is_full(const struct descriptor *d) {
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", d->fd);
  long writer = RAW4(SYS_openat, AT_FDCWD, link, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0);
  struct pollfd look = {.fd = (int)writer, .events = POLLOUT};
  bool full = raw_failed(writer) || poll(&look, 1, 0) != 1;
  if (!raw_failed(writer)) RAW1(SYS_close, writer);
  return full;
}

/* What is in it comes back, and then its end. Whoever has filled it may have more, which nobody knows. */
static int check_other_end(const struct descriptor *d, char why[STATE_WHY_SIZE]) {
  if (other_end_is_gone(d)) return 0;
  if (!is_standard_input(d))
    return state_refuse(why, "descriptor %d is a pipe to another process, which cannot be saved", d->fd);
  if (!is_full(d)) return 0;
  return state_refuse(why,
                      "descriptor %d is standard input, and so full of what the program has not read yet that more may "
                      "follow, which cannot be saved; let the program read a file, or take its input from /dev/null",
                      d->fd);
}

/* --- Contents ---------------------------------------------------------------------------------------------------------------- */

/* tee(2) copies without taking away. */
static int copy_contents(int fd, size_t size, int capacity, void *out) {
  int ends[2];
  size_t at = 0;
  if (raw_failed(RAW2(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK))) return -1;
  RAW3(SYS_fcntl, ends[1], F_SETPIPE_SZ, capacity);
  long copied = RAW4(SYS_tee, fd, ends[1], size, 2 /* SPLICE_F_NONBLOCK */);
  for (long got; copied == (long)size && at < size; at += (size_t)got) {
    got = RAW3(SYS_read, ends[0], (char *)out + at, size - at);
    if (got <= 0) break;
  }
  RAW1(SYS_close, ends[0]);
  RAW1(SYS_close, ends[1]);
  return at == size ? 0 : -1;
}

static int save_contents(const struct descriptor *reader, int capacity, struct save_stream *to,
                         char why[STATE_WHY_SIZE]) {
  int waiting = 0;
  if (reader && ioctl(reader->fd, FIONREAD, &waiting) != 0) waiting = 0;
  if (waiting <= 0) {
    save_block(to, NULL, 0);
    return 0;
  }
  if (reader->flags & MODE_PACKETS)
    return state_refuse(why, "descriptor %d is a pipe with packets in it (O_DIRECT), which cannot be saved",
                        reader->fd);
  void *contents = malloc((size_t)waiting);
  int result = contents ? copy_contents(reader->fd, (size_t)waiting, capacity, contents) : -1;
  if (result == 0) save_block(to, contents, (size_t)waiting);
  free(contents);
  return result == 0 ? 0
                     : state_refuse(why, "descriptor %d: cannot copy the %d bytes in the pipe", reader->fd, waiting);
}

int pipe_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
              char why[STATE_WHY_SIZE]) {
  uint64_t inode = d->status.st_ino;
  const struct descriptor *reader = find_end(all, inode, O_RDONLY), *writer = find_end(all, inode, O_WRONLY);
  if (!(reader && writer) && check_other_end(d, why) != 0) return -1;
  long capacity = RAW3(SYS_fcntl, d->fd, F_GETPIPE_SZ, 0);
  bool first = true;
  for (const struct descriptor *other = all->item; other < d; other++)
    first &= other->status.st_ino != inode || !S_ISFIFO(other->status.st_mode);
  save_u64(to, inode);
  save_u32(to, (uint32_t)capacity);
  if (first) return save_contents(reader, (int)capacity, to, why);
  save_block(to, NULL, 0);
  return 0;
}

/* --- Restore --------------------------------------------------------------------------------------------------------------- */

/* Both ends of each pipe, kept open until all descriptors are made; a restart happens once in a process. */
static struct pipe {
  uint64_t inode;
  int ends[2];
  bool taken[2];
} * pipes;
static int pipe_count;

static int fill(int writer, const char *contents, size_t size) {
  for (size_t at = 0; at < size;) {
    long put = RAW3(SYS_write, writer, contents + at, size - at);
    if (put <= 0) return -1;
    at += (size_t)put;
  }
  return 0;
}

static int make_pipe(const struct restored_list *all, uint64_t inode, uint32_t capacity) {
  int ends[2];
  struct pipe *more = realloc(pipes, (size_t)(pipe_count + 1) * sizeof *more);
  if (!more) return -1;
  pipes = more;
  if (raw_failed(RAW2(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK))) return -1;
  pipes[pipe_count].inode = inode;
  pipes[pipe_count].taken[0] = pipes[pipe_count].taken[1] = false;
  for (int i = 0; i < 2; i++) pipes[pipe_count].ends[i] = descriptor_raise(ends[i], all);
  if (pipes[pipe_count].ends[0] < 0 || pipes[pipe_count].ends[1] < 0) return -1;
  RAW3(SYS_fcntl, pipes[pipe_count].ends[1], F_SETPIPE_SZ, capacity);
  return pipe_count++;
}

/* The first to ask for an end gets that one, others a description of their own; each with the flags it had. */
static long take_end(int n, int flags) {
  int which = (flags & O_ACCMODE) == O_RDONLY ? 0 : 1, end = pipes[n].ends[which];
  char link[40];
  if (!pipes[n].taken[which]) {
    pipes[n].taken[which] = true;
    RAW3(SYS_fcntl, end, F_SETFL, flags & (O_NONBLOCK | O_DIRECT));
    return RAW1(SYS_dup, end);
  }
  snprintf(link, sizeof link, "/proc/self/fd/%d", end);
  return RAW4(SYS_openat, AT_FDCWD, link, (flags & (O_ACCMODE | O_NONBLOCK | O_DIRECT)) | O_CLOEXEC, 0);
}

int pipe_make(struct restored *out, const struct restored_list *all, struct save_stream *from,
              char why[STATE_WHY_SIZE]) {
  uint64_t inode = load_u64(from);
  uint32_t capacity = load_u32(from);
  size_t size;
  const void *contents = load_block(from, &size);
  int n = 0;
  if (from->failed) return state_refuse(why, "descriptor %d: the saved form is damaged", out->fd);
  while (n < pipe_count && pipes[n].inode != inode) n++;
  if (n == pipe_count) n = make_pipe(all, inode, capacity);
  if (n < 0) return state_refuse(why, "descriptor %d: cannot make a pipe", out->fd);
  if (size && fill(pipes[n].ends[1], contents, size) != 0) {
    return state_refuse(
        why, "descriptor %d: a pipe cannot hold the %zu bytes that were in it; raise /proc/sys/fs/pipe-max-size",
        out->fd, size);
  }
  long fd = take_end(n, out->flags);
  out->made = descriptor_raise(fd, all);
  return out->made < 0 ? state_refuse(why, "descriptor %d: cannot open a pipe again", out->fd) : 0;
}

void pipe_finish(void) {
  for (int i = 0; i < pipe_count; i++) {
    RAW1(SYS_close, pipes[i].ends[0]);
    RAW1(SYS_close, pipes[i].ends[1]);
  }
  free(pipes);
  pipes = NULL;
  pipe_count = 0;
}
