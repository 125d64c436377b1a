/* What was written to a file after the checkpoint, which a restart cuts off and keeps beside it: private to native/state. */
#ifndef MANA_FILE_TAIL_H
#define MANA_FILE_TAIL_H
#include "file_was.h"

/* Before anything is changed: whether the open file, where it grew, could be cut back and what lies behind be kept. `why` begins with `who` had it
 * open. */
int file_tail_check(const struct file_was *was, int fd, const char *who, const char *path,
                    char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Gives a file, open for writing, its size back, where it grew; what lies behind goes to PATH.mana-tail-EPOCH, and the user is told. Of several
 * processes that do it at once one keeps the tail. */
int file_tail_cut(const struct file_was *was, int fd, const char *path, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
#endif
