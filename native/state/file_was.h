/* A regular file with a name: what it was at a checkpoint, and what has become of it at a restart. */
#ifndef MANA_FILE_WAS_H
#define MANA_FILE_WAS_H
#include <sys/stat.h>

#include "process_state.h"

struct file_was {
  uint64_t size, inode, seconds, nanoseconds; /* of st_size, st_ino, st_mtim */
};

/* Saved form: u64 size, u64 inode, u64 mtime seconds, u64 nanoseconds. */
void file_was_save(struct save_stream *to, const struct stat *status);
struct file_was file_was_load(struct save_stream *from);

/* Whether the open file is the one that it was, and holds no less. -1 with `why`, which begins with `who` had it open. */
int file_was_compare(const struct file_was *was, int fd, const char *who, const char *path,
                     char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Gives a file, open for writing, its size back, where it grew; what lies behind goes to PATH.mana-tail-EPOCH, and the user is told. */
int file_was_cut(int fd, const char *path, uint64_t size, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
#endif
