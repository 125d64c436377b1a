/* The address ranges of functions, which an ELF object in memory tells its unwinder: PT_GNU_EH_FRAME is a sorted table of
 * where functions begin, and of their entries in .eh_frame, which have the lengths. Sources: Linux Standard Base, Core 5.0,
 * sections 10.5 and 10.6; DWARF 4, section 6.4. Bytes only; reads within the segment of the table, whatever it holds. */
#ifndef MANA_UNWIND_TABLE_H
#define MANA_UNWIND_TABLE_H
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unwind_table {
  const uint8_t *header;     /* .eh_frame_hdr */
  const uint8_t *low, *high; /* its segment */
  size_t count;              /* functions; 0 = no table, or one of an unusual form */
};

void unwind_table_open(const Elf64_Phdr *headers, size_t count, uint64_t bias, struct unwind_table *table);

/* Where function `index` begins. */
uint64_t unwind_table_begin(const struct unwind_table *table, size_t index) __attribute__((warn_unused_result));

/* Where it ends. False: its entry has an unusual form. */
bool unwind_table_end(const struct unwind_table *table, size_t index, uint64_t *end)
    __attribute__((warn_unused_result));
#endif
