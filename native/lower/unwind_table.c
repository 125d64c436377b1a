#include "unwind_table.h"

/* How pointers are written: the low digit is the form, the high one what they are relative to. */
enum { ABSOLUTE_8 = 0x00, UNSIGNED_4 = 0x03, UNSIGNED_8 = 0x04, SIGNED_4 = 0x0b, SIGNED_8 = 0x0c };
enum { FORM = 0x0f, TO_ITSELF = 0x10, TO_HEADER = 0x30, INDIRECT = 0x80, OMITTED = 0xff };

/* .eh_frame_hdr: version 1, three encodings, the address of .eh_frame (4 bytes), the number of entries (4 bytes), the entries: two distances from the
 * header each, of a function and of its entry. Every linker writes these encodings. */
enum { HEADER_SIZE = 12, TABLE_ENTRY = 8, VERSION = 1 };

struct reader {
  const uint8_t *at, *end;
  bool failed;
};

static uint64_t read_number(struct reader *r, size_t size) {
  uint64_t value = 0;
  if (r->failed || (size_t)(r->end - r->at) < size) {
    r->failed = true;
    return 0;
  }
  for (size_t i = 0; i < size; i++) value |= (uint64_t)r->at[i] << 8 * i;
  r->at += size;
  return value;
}

/* LEB128; of those numbers that matter none has more than 28 bits. */
static uint64_t read_leb(struct reader *r) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    uint64_t byte = read_number(r, 1);
    value |= (byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
  r->failed = true;
  return 0;
}

static uint64_t read_pointer(struct reader *r, uint8_t encoding) {
  const uint64_t place = (uint64_t)(uintptr_t)r->at;
  uint64_t value = 0;
  switch (encoding & FORM) {
    case ABSOLUTE_8:
    case UNSIGNED_8:
    case SIGNED_8: value = read_number(r, 8); break;
    case UNSIGNED_4: value = read_number(r, 4); break;
    case SIGNED_4: value = (uint64_t)(int64_t)(int32_t)read_number(r, 4); break;
    default: r->failed = true;
  }
  if ((encoding & ~FORM) == TO_ITSELF) return value + place;
  if (encoding & ~FORM) r->failed = true;
  return value;
}

/* One of the two distances of an entry of the table. */
static uint64_t entry_address(const struct unwind_table *table, size_t index, size_t which) {
  int32_t distance;
  __builtin_memcpy(&distance, table->header + HEADER_SIZE + TABLE_ENTRY * index + which * sizeof distance,
                   sizeof distance);
  return (uint64_t)(uintptr_t)table->header + (uint64_t)(int64_t)distance;
}

uint64_t unwind_table_begin(const struct unwind_table *table, size_t index) {
  return entry_address(table, index, 0);
}

static bool is_sorted(const struct unwind_table *table) {
  for (size_t i = 1; i < table->count; i++) {
    if (unwind_table_begin(table, i) < unwind_table_begin(table, i - 1)) return false;
  }
  return true;
}

void unwind_table_open(const Elf64_Phdr *headers, size_t count, uint64_t bias, struct unwind_table *table) {
  static const uint8_t usual[] = {VERSION, TO_ITSELF | SIGNED_4, UNSIGNED_4, TO_HEADER | SIGNED_4};
  const Elf64_Phdr *own = NULL;
  *table = (struct unwind_table){0};
  for (size_t i = 0; i < count; i++) {
    if (headers[i].p_type == PT_GNU_EH_FRAME) own = &headers[i];
  }
  for (size_t i = 0; own && i < count; i++) {
    const Elf64_Phdr *h = &headers[i];
    if (h->p_type != PT_LOAD || !(h->p_flags & PF_R) || own->p_vaddr < h->p_vaddr) continue;
    const uint64_t within = own->p_vaddr - h->p_vaddr;
    if (within > h->p_filesz || own->p_memsz > h->p_filesz - within || own->p_memsz < HEADER_SIZE) continue;
    table->header = (const uint8_t *)(uintptr_t)(bias + own->p_vaddr);
    table->low = table->header - within;
    table->high = table->low + h->p_filesz;
    struct reader r = {table->header, table->header + own->p_memsz, false};
    for (size_t k = 0; k < sizeof usual; k++) r.failed |= read_number(&r, 1) != usual[k];
    (void)read_number(&r, 4);
    const uint64_t functions = read_number(&r, 4);
    if (!r.failed && functions <= (size_t)(r.end - r.at) / TABLE_ENTRY) table->count = functions;
    if (!is_sorted(table)) table->count = 0;
    return;
  }
}

/* A reader of the entry of .eh_frame at `address`, behind its length. */
static struct reader frame_entry(const struct unwind_table *table, uint64_t address) {
  const uint64_t low = (uint64_t)(uintptr_t)table->low, high = (uint64_t)(uintptr_t)table->high;
  if (address < low || address > high) return (struct reader){.failed = true};
  struct reader r = {table->low + (address - low), table->high, false};
  /* 0 ends the section, 0xffffffff begins a length of 8 bytes, which no linker writes. */
  const uint64_t length = read_number(&r, 4);
  if (length == 0 || length > (size_t)(r.end - r.at)) r.failed = true;
  if (!r.failed) r.end = r.at + length;
  return r;
}

/* The encoding of the pointers of the entries that name the common entry at `address`. */
static uint8_t common_encoding(const struct unwind_table *table, uint64_t address) {
  struct reader r = frame_entry(table, address);
  if (read_number(&r, 4) != 0) return OMITTED;
  const uint64_t version = read_number(&r, 1);
  const uint8_t *letters = r.at;
  while (read_number(&r, 1) != 0) continue;
  (void)read_leb(&r); /* alignment of code, of data */
  (void)read_leb(&r);
  (void)(version == 1 ? read_number(&r, 1) : read_leb(&r)); /* the register of the return address */
  if (r.failed || (version != 1 && version != 3)) return OMITTED;
  if (*letters == 0) return ABSOLUTE_8;
  if (*letters++ != 'z') return OMITTED;
  (void)read_leb(&r);
  for (uint8_t found = ABSOLUTE_8;; letters++) {
    switch (*letters) {
      case 0: return r.failed ? OMITTED : found;
      case 'R': found = (uint8_t)read_number(&r, 1); break;
      case 'L': (void)read_number(&r, 1); break;
      case 'P': (void)read_pointer(&r, (uint8_t)read_number(&r, 1) & (uint8_t)~INDIRECT); break;
      case 'S':
      case 'B': break;
      default: return OMITTED;
    }
  }
}

bool unwind_table_end(const struct unwind_table *table, size_t index, uint64_t *end) {
  struct reader r = frame_entry(table, entry_address(table, index, 1));
  const uint64_t place = (uint64_t)(uintptr_t)r.at, back = read_number(&r, 4);
  if (r.failed || back == 0) return false;
  const uint8_t encoding = common_encoding(table, place - back);
  if (encoding == OMITTED) return false;
  const uint64_t begin = read_pointer(&r, encoding), length = read_pointer(&r, encoding & FORM);
  *end = begin + length;
  return !r.failed && begin == unwind_table_begin(table, index) && length < UINT32_MAX;
}
