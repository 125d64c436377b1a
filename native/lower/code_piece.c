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

/* What is known of a part of a piece, one bit for each byte: so long a part that the maps are small enough for any stack. */
enum { PART = 1 << 15, BITS = 64 };
struct part {
  const uint8_t *at;
  size_t length;
  uint64_t begins[PART / BITS];  /* of instructions */
  uint64_t targets[PART / BITS]; /* of branches */
};

static void part_open(struct part *part, const struct code_piece *piece, const uint8_t *at) {
  const size_t left = (size_t)(piece->end - at);
  part->at = at;
  part->length = left < PART ? left : PART;
  const size_t bytes = (part->length + BITS - 1) / BITS * sizeof *part->begins;
  __builtin_memset(part->begins, 0, bytes);
  __builtin_memset(part->targets, 0, bytes);
}

static void part_mark(const struct part *part, uint64_t *map, uintptr_t address) {
  const uintptr_t offset = address - (uintptr_t)part->at;
  if (offset < part->length) map[offset / BITS] |= 1ull << offset % BITS;
}

static void part_mark_instruction(struct part *part, const uint8_t *at, size_t length) {
  struct instruction_relative relative;
  part_mark(part, part->begins, (uintptr_t)at);
  if (!instruction_may_branch(at, length) || !instruction_relative(at, length, &relative) || !relative.branch) return;
  part_mark(part, part->targets, (uintptr_t)at + length + (uintptr_t)relative.distance);
}

/* The first target of a branch within an instruction, NULL: none. libc jumps over a LOCK where there is one thread. */
static const uint8_t *part_stray_target(const struct part *part) {
  for (size_t word = 0; word * BITS < part->length; word++) {
    for (uint64_t stray = part->targets[word] & ~part->begins[word]; stray; stray &= stray - 1) {
      const size_t offset = word * BITS + (size_t)__builtin_ctzll(stray), before = offset - 1;
      const bool locked = offset > 0 && part->at[before] == INSTRUCTION_LOCK;
      if (!locked || !(part->begins[before / BITS] >> before % BITS & 1)) return part->at + offset;
    }
  }
  return NULL;
}

const uint8_t *code_piece_decode(const struct code_piece *piece, code_step *step, void *context) {
  struct part part;
  for (const uint8_t *from = piece->begin; from < piece->end; from += part.length) {
    size_t length;
    part_open(&part, piece, from);
    for (const uint8_t *at = piece->begin; at < piece->end; at += length) {
      int fs = -1;
      length = padding_length(piece, at);
      if (length == 0) length = instruction_length(at, (size_t)(piece->end - at), &fs);
      const bool told = from == piece->begin && (fs >= 0 || !piece->function);
      if (length == 0 || (told && !step(context, at, length, fs))) return at;
      part_mark_instruction(&part, at, length);
    }
    const uint8_t *stray = part_stray_target(&part);
    if (stray) return stray;
  }
  return NULL;
}
