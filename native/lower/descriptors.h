/* Descriptors of the lower half live at SPLIT_FD_BASE and above, marked in split_table.lower_fds, so that low numbers are
 * the program's. Those that arrive from the launcher are sorted here, those that libc opens later in hook_lower.c. */
#ifndef MANA_LOWER_DESCRIPTORS_H
#define MANA_LOWER_DESCRIPTORS_H
#include <stdint.h>

#include "split_abi.h"

/* A restart: the program has descriptors up to this number, which the MPI of this site must leave free. First of all. */
void descriptors_start_above(uint32_t highest);
/* The soft limit of open files: before, and raised for both halves. */
struct descriptor_limit {
  uint64_t soft, raised;
};
struct descriptor_limit descriptors_raise_limit(void);
/* Moves the launcher's connections up (and their variables with them) and closes what it leaked. Before any thread. */
void descriptors_take_inherited(int reentered);

/* Raw, callable under either FS: moves a descriptor up if it is low, marks it; returns its number, or `fd` if it failed. */
int descriptor_take(int fd);
void descriptor_mark(int fd, int lower);
/* From here on the marks are kept in the split table, where the upper half sees them. At a restart only when the image has been mapped: until then
 * threads of the MPI library open and close descriptors that the image knows nothing of. */
void descriptor_marks_move(uint64_t marks[SPLIT_FD_WORDS]);
#endif
