/* Descriptors of the lower half live at SPLIT_FD_BASE and above, marked in split_table.lower_fds, so that low numbers are
 * the program's. Those that arrive from the launcher are sorted here, those that libc opens later in hook_lower.c. */
#ifndef MANA_LOWER_DESCRIPTORS_H
#define MANA_LOWER_DESCRIPTORS_H
#include <stdint.h>

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
/* The marks move into the split table once it is mapped. */
extern uint64_t *descriptor_marks;
void descriptor_mark(int fd, int lower);
#endif
