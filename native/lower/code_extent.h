/* Where the machine code lies in an executable segment. */
#ifndef MANA_CODE_EXTENT_H
#define MANA_CODE_EXTENT_H
#include "unwind_table.h"

/* Linkers that do not separate code (binutils before 2.31, -z noseparate-code) put all that is not written into one
 * segment, in an order that is that of their script: the ELF header, tables for ld.so, then .init, .plt, .text, .fini, then
 * .rodata and .eh_frame. Narrows *low and *high, the bounds of segment `segment`, to the code of such an object: from
 * DT_INIT to the end of what DT_FINI names, if all functions that the unwinder knows lie between, and its table behind.
 * They stay as they are for every other segment. */
void code_extent_narrow(const Elf64_Phdr *headers, size_t count, uint64_t bias, const Elf64_Phdr *segment,
                        const struct unwind_table *table, const uint8_t **low, const uint8_t **high);
#endif
