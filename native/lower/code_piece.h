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

/* Is told of each instruction of a function that has an FS, and between functions of all, and of the padding between
 * sections; `fs_prefix` as of instruction_length(). False: it is not to be trusted. */
typedef bool code_step(void *context, const uint8_t *at, size_t length, int fs_prefix);

/* Decodes a piece from begin to end. Returns the first place that is no known instruction, that ends behind the piece, that
 * is not trusted, or to which a branch of the piece leads although it lies within an instruction, as it is where data was
 * taken for code, or decoding came out of step. NULL: none. */
const uint8_t *code_piece_decode(const struct code_piece *piece, code_step *step, void *context)
    __attribute__((warn_unused_result));
#endif
