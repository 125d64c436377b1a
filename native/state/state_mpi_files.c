/* Files that are open through MPI: the proxy opens them again, here they are made what they were. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file_tail.h"
#include "path_map.h"
#include "syscall_raw.h"

/* Saved form: for each file u32 1, text path, u32 written, what it was (file_was.h); then u32 0. */
enum { PATH = 4096 };
static const char who[] = "a file open through MPI_File_open";

/* Ranks write in turn, one far ahead of another, so what lies before the end is not final: nobody compares it. */
static int save_one(const char *path, bool written, struct save_stream *to, char why[STATE_WHY_SIZE]) {
  struct file_was was;
  long fd = RAW4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd == -EACCES) fd = RAW4(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
  if (raw_failed(fd)) return state_refuse(why, "%s: %s: %s", who, path, strerror((int)-fd));
  int result = 0;
  if (file_was_look((int)fd, FILE_CONTENTS_ANY, &was) != 0) {
    result = state_refuse(why, "%s: %s: %s", who, path, strerror(errno));
  } else {
    save_u32(to, 1);
    save_text(to, path);
    save_u32(to, written);
    file_was_save(to, &was);
  }
  RAW1(SYS_close, fd);
  return result;
}

int state_mpi_files_save(state_next_file *next, struct save_stream *to, char why[STATE_WHY_SIZE]) {
  const char *path;
  uint32_t cursor = 0;
  int written;
  while (next(&cursor, &path, &written)) {
    if (save_one(path, written, to, why) != 0) return -1;
  }
  save_u32(to, 0);
  return 0;
}

static int restore_one(struct save_stream *from, bool change, char why[STATE_WHY_SIZE]) {
  char path[PATH];
  load_text(from, path, sizeof path);
  bool written = load_u32(from);
  struct file_was was = file_was_load(from);
  if (from->failed) return state_refuse(why, "the list of files open through MPI is damaged");
  if (path_map_apply(path, sizeof path) < 0)
    return state_refuse(why, "%s: with --map the path of %s is too long", who, path);
  /* Whatever is there now: a FIFO must not be waited for. */
  long fd = RAW4(SYS_openat, AT_FDCWD, path, (written ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NONBLOCK, 0);
  if (raw_failed(fd)) {
    return state_refuse(why, "%s: cannot open %s: %s; if it is elsewhere now, say --map OLD=NEW", who, path,
                        strerror((int)-fd));
  }
  int result = change ? 0 : file_was_compare(&was, (int)fd, who, path, why); /* once: it may warn */
  if (result == 0 && written && !state_files_policy.keep) {
    result = change ? file_tail_cut(&was, (int)fd, path, why) : file_tail_check(&was, (int)fd, who, path, why);
  }
  RAW1(SYS_close, fd);
  return result;
}

static int restore_all(struct save_stream *from, bool change, char why[STATE_WHY_SIZE]) {
  int result = 0;
  while (result == 0 && load_u32(from)) result = restore_one(from, change, why);
  if (result == 0 && !load_done(from)) return state_refuse(why, "the list of files open through MPI is damaged");
  return result;
}

int state_mpi_files_check(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  return restore_all(from, false, why);
}

int state_mpi_files_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) {
  return restore_all(from, true, why);
}
