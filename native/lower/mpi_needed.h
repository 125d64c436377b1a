#ifndef MANA_LOWER_MPI_NEEDED_H
#define MANA_LOWER_MPI_NEEDED_H
#include "elf_image.h"

/* Ends with a message when the program names the libraries of two MPIs, as no stub can be both, or of one that has no stub. */
void mpi_needed_check(const char *path, const struct elf_image *image);

/* Calls `found` for each DT_NEEDED name of the file in memory, man 5 elf. False: its dynamic section is damaged. */
bool mpi_needed_each(const uint8_t *file, size_t size, const struct elf_image *image,
                     void (*found)(const char *soname, void *context), void *context)
    __attribute__((warn_unused_result));
#endif
