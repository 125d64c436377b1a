/* Maps ELF files of the upper half where they belong. */
#ifndef MANA_LOWER_MAPPING_H
#define MANA_LOWER_MAPPING_H
#include "elf_image.h"

struct mapped {
  uint64_t bias, entry, headers, start, end;
};

/* Maps the file so that its lowest page comes to `at` (a position-dependent file keeps its own addresses); ends with a
 * message when that fails. */
void mapping_load(const char *path, const struct elf_image *image, uint64_t at, struct mapped *mapped);

/* Address of a symbol in the dynamic table of a mapped object whose ELF header is at `header`; 0 = it has none. */
uint64_t mapping_symbol(uint64_t header, const char *name) __attribute__((warn_unused_result));

/* Likewise of an object that a loader has mapped, by its dynamic section, in which the loader has already made addresses of offsets. */
uint64_t mapping_loaded_symbol(const Elf64_Dyn *dynamic, uint64_t bias, const char *name)
    __attribute__((warn_unused_result));

/* Calls `patch(start, length, prot, pool_from)` on each executable segment; ends with a message when it fails. */
void mapping_steer(const char *path, const struct elf_image *image, const struct mapped *mapped, uint64_t pool_from,
                   long (*patch)(uint64_t, uint64_t, int, uint64_t));
#endif
