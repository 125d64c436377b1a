#include "code_extent.h"

#include "instruction.h"

/* An entry of the dynamic section, as an address; 0 = none. ld.so leaves these two as they are in the file. */
static uint64_t dynamic_address(const Elf64_Phdr *headers, size_t count, uint64_t bias, int64_t tag) {
  for (size_t i = 0; i < count; i++) {
    if (headers[i].p_type != PT_DYNAMIC) continue;
    const Elf64_Dyn *entry = (const Elf64_Dyn *)(uintptr_t)(bias + headers[i].p_vaddr);
    for (size_t left = headers[i].p_memsz / sizeof *entry; left > 0 && entry->d_tag != DT_NULL; left--, entry++) {
      if (entry->d_tag == tag) return bias + entry->d_un.d_ptr;
    }
  }
  return 0;
}

/* The end of _fini, which crti.o and crtn.o make of a few instructions up to a RET; NULL where it is anything else. */
static const uint8_t *fini_end(const uint8_t *at, const uint8_t *end) {
  enum { FINI_MAX = 32, RET = 0xc3 };
  size_t length;
  int fs;
  if ((size_t)(end - at) > FINI_MAX) end = at + FINI_MAX;
  for (; at < end; at += length) {
    if (*at == RET) return at + 1;
    length = instruction_length(at, (size_t)(end - at), &fs);
    if (length == 0 || fs >= 0) return NULL;
  }
  return NULL;
}

void code_extent_narrow(const Elf64_Phdr *headers, size_t count, uint64_t bias, const Elf64_Phdr *segment,
                        const struct unwind_table *table, const uint8_t **low, const uint8_t **high) {
  const uint64_t first = (uint64_t)(uintptr_t)*low, last = (uint64_t)(uintptr_t)*high;
  const uint64_t init = dynamic_address(headers, count, bias, DT_INIT);
  const uint64_t fini = dynamic_address(headers, count, bias, DT_FINI);
  if (segment->p_offset != 0 || table->count == 0 || init < first || fini <= init || fini >= last) return;
  const uint8_t *end = fini_end((const uint8_t *)(uintptr_t)fini, *high);
  if (!end || table->header < end || table->header >= *high) return;
  if (unwind_table_begin(table, 0) < init || unwind_table_begin(table, table->count - 1) >= (uint64_t)(uintptr_t)end)
    return;
  *low = (const uint8_t *)(uintptr_t)init;
  *high = end;
}
