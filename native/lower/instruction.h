/* The lengths of x86-64 instructions, and which of them address memory through FS. Sources: Intel SDM vol. 2, chapter 2
 * (format) and appendix A (opcode maps); AMD APM vol. 3 for XOP and 3DNow!. Bytes only: no system calls, no half. */
#ifndef MANA_INSTRUCTION_H
#define MANA_INSTRUCTION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSTRUCTION_MAX = 15, INSTRUCTION_FS = 0x64, INSTRUCTION_GS = 0x65, INSTRUCTION_LOCK = 0xf0 };

/* The length of the instruction of 64-bit mode at `code`, of which `size` bytes may be read. 0: none, not known, cut off
 * by `size`, or one that processors read in different ways. *fs_prefix is the offset of its prefix FS if it addresses
 * memory through it, else -1. Instructions where two segment prefixes compete for an operand in memory are not known. */
size_t instruction_length(const uint8_t *code, size_t size, int *fs_prefix) __attribute__((warn_unused_result));

/* A distance from the end of an instruction, which it has within itself. */
struct instruction_relative {
  size_t at, size; /* where, 1 or 4 bytes */
  int64_t distance;
  bool branch; /* of a direct jump or call; else of an operand in memory relative to RIP */
};

/* False: the instruction at `code`, of `length` bytes as above, is no direct jump or call, or one as nobody writes it: with a
 * REX that is not behind other prefixes, as it is in the sequences for thread-local storage. Quick. */
bool instruction_may_branch(const uint8_t *code, size_t length) __attribute__((warn_unused_result));

/* Whether the instruction at `code`, of `length` bytes as above, has one. */
bool instruction_relative(const uint8_t *code, size_t length, struct instruction_relative *relative)
    __attribute__((warn_unused_result));
#endif
