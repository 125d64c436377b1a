/* A regular file with a name: what it was at a checkpoint, and what has become of it at a restart. */
#ifndef MANA_FILE_WAS_H
#define MANA_FILE_WAS_H
#include "process_state.h"

/* Numbers are part of the saved form: append only. */
enum file_contents {
  FILE_CONTENTS_ANY,   /* nobody looks at them */
  FILE_CONTENTS_KNOWN, /* their checksum is kept */
  FILE_CONTENTS_LONG,  /* they would be compared, but are too long for it */
};
struct file_was {
  uint64_t size, inode, seconds, nanoseconds; /* of st_size, st_ino, st_mtim */
  uint64_t born, born_ns;                     /* stx_btime; 0, 0 = the file system does not say it */
  uint32_t contents, checksum;                /* enum file_contents; CRC32C of the first `size` bytes */
};

/* A descriptor to read the file with: this one, where it can be used for that, else another, which is the caller's; or a negated errno. */
long file_was_reader(int fd);
/* What the open file is now. FILE_CONTENTS_KNOWN: its contents are read, if they are not too long. -1 with errno. */
int file_was_look(int fd, enum file_contents contents, struct file_was *was) STATE_MUST_CHECK;
/* Saved form: u64 size, u64 inode, u64 mtime seconds, u64 nanoseconds, u64 birth seconds, u64 nanoseconds, u32 contents, u32 checksum. */
void file_was_save(struct save_stream *to, const struct file_was *was);
struct file_was file_was_load(struct save_stream *from);

/* Whether the open file is the one that it was, and holds what it did, and maybe more behind it. -1 with `why`, which begins with `who` had
 * it open. */
int file_was_compare(const struct file_was *was, int fd, const char *who, const char *path,
                     char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Not the same file, by inode and birth. */
bool file_was_another(const struct file_was *was, const struct file_was *now);
#endif
