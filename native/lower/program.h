/* The program to run: found, read and checked before anything of it is mapped. */
#ifndef MANA_LOWER_PROGRAM_H
#define MANA_LOWER_PROGRAM_H
#include "elf_image.h"

struct program {
  char exec_name[4096]; /* the path as execve would have got it: AT_EXECFN; a script's own */
  char path[4096];      /* the ELF file, absolute and without links */
  char interp[4096];    /* its ld.so */
  int argc;
  char **argv; /* with a script's interpreter and its argument put in front */
  struct elf_image image, interp_image;
};

/* Fills it from the options, or ends with a message and 126 or 127. With --reenter, what cannot run split is executed
 * natively instead. */
void program_find(struct program *program);
#endif
