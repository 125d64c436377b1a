/* Builds the upper half of a new process: table, blob, program, ld.so, stack; and enters it. */
#ifndef MANA_LOWER_UPPER_HALF_H
#define MANA_LOWER_UPPER_HALF_H
#include "descriptors.h"
#include "program.h"
#include "state.h"

/* Maps the split table and the blob's state and fills what every start fills. */
void upper_half_create_table(const struct program *program, struct descriptor_limit nofile);
/* Maps the resident blob. */
void upper_half_load_resident(void);
/* What the blob offers; after upper_half_load_resident, or upper_half_adopt. */
const struct resident *upper_half_resident(void);
/* After an image was mapped over table and state: what belongs to this process comes back from `fresh`, made by
 * upper_half_create_table. */
void upper_half_adopt(const struct split_table *fresh);
void upper_table_adopt(const struct split_table *fresh); /* upper_table.c: its first half */
/* Maps program and ld.so, makes the stack and jumps; never returns. `auxv` is this process's own auxiliary vector. */
void upper_half_start(const struct program *program, const uint64_t *auxv) __attribute__((noreturn));
#endif
