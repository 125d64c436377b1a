#include "code_piece.h"

#include "instruction.h"

/* Linkers fill with zeros up to the next section, which may begin at a multiple of 4 (.init, .fini). */
enum { SECTION_ALIGNMENT = 4 };

static size_t padding_length(const struct code_piece *piece, const uint8_t *at) {
  size_t length = 0;
  if (piece->function) return 0;
  for (; at + length < piece->end && ((uintptr_t)(at + length) % SECTION_ALIGNMENT || length == 0); length++) {
    if (at[length] != 0) return 0;
  }
  return length;
}

size_t code_piece_step(const struct code_piece *piece, const uint8_t *at, int *fs_prefix) {
  *fs_prefix = -1;
  const size_t padding = padding_length(piece, at);
  return padding ? padding : instruction_length(at, (size_t)(piece->end - at), fs_prefix);
}

/* Where instructions begin in a part of a piece: so much that a map of it is small enough for any stack. */
enum { PART = 1 << 15, BITS = 64 };
struct begins {
  const uint8_t *at;
  uint64_t map[PART / BITS];
};

static bool begins_at(const struct begins *begins, const uint8_t *target) {
  const size_t offset = (size_t)(target - begins->at);
  return begins->map[offset / BITS] >> offset % BITS & 1;
}

/* Marks the instructions from `first` on. Returns the first behind the part. */
static const uint8_t *begins_mark(struct begins *begins, const struct code_piece *piece, const uint8_t *first) {
  int fs;
  __builtin_memset(begins->map, 0, sizeof begins->map);
  while (first < piece->end && first - begins->at < PART) {
    const size_t offset = (size_t)(first - begins->at);
    begins->map[offset / BITS] |= 1ull << offset % BITS;
    first += code_piece_step(piece, first, &fs);
  }
  return first;
}

/* The first branch of the piece that leads to within an instruction of the part. libc jumps over a LOCK where there is one
 * thread. */
static const uint8_t *stray_branch(const struct begins *begins, const struct code_piece *piece) {
  size_t length;
  int fs;
  for (const uint8_t *at = piece->begin; at < piece->end; at += length) {
    struct instruction_relative relative;
    length = code_piece_step(piece, at, &fs);
    if (!instruction_relative(at, length, &relative) || !relative.branch) continue;
    const uintptr_t offset = (uintptr_t)at + length + (uintptr_t)relative.distance - (uintptr_t)begins->at;
    if (offset >= PART || offset >= (uintptr_t)(piece->end - begins->at)) continue;
    const uint8_t *target = begins->at + offset;
    if (begins_at(begins, target)) continue;
    if (offset == 0 || target[-1] != INSTRUCTION_LOCK || !begins_at(begins, target - 1)) return at;
  }
  return NULL;
}

const uint8_t *code_piece_stray_branch(const struct code_piece *piece) {
  struct begins begins = {.at = piece->begin};
  for (const uint8_t *next = piece->begin; begins.at < piece->end; begins.at += PART) {
    next = begins_mark(&begins, piece, next);
    const uint8_t *stray = stray_branch(&begins, piece);
    if (stray) return stray;
    if (piece->end - begins.at <= PART) return NULL;
  }
  return NULL;
}
