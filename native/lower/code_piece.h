/* A piece of machine code that is decoded as a whole. */
#ifndef MANA_CODE_PIECE_H
#define MANA_CODE_PIECE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_piece {
  const uint8_t *begin, *end;
  bool function; /* else it lies between two */
};

/* The length of the instruction, or of the padding between sections, at `at`. 0 and *fs_prefix as of instruction_length(). */
size_t code_piece_step(const struct code_piece *piece, const uint8_t *at, int *fs_prefix)
    __attribute__((warn_unused_result));

/* Looks at the direct branches of a piece whose every step is known: returns the first that leads to within an instruction
 * of the piece, as those of code do that is in truth data, or was decoded from a wrong begin. NULL: none. */
const uint8_t *code_piece_stray_branch(const struct code_piece *piece) __attribute__((warn_unused_result));
#endif
