/* Where things are in the example of docs/image-format.md: "OFFSET WORDS" lines, WORDS as the page has them. */
#include <stddef.h>
#include <stdio.h>

#include "image_format.h"

#define HEADER(field, words) printf("%zu %s\n", offsetof(struct image_header, field), words)

int main(void) {
  enum { SECTION_BYTES = 24, PAGES = 3, REGIONS = 3, CHUNKS = 3 };
  size_t at = sizeof(struct image_header) + PAGES * IMAGE_PAGE;
  HEADER(magic, "magic");
  HEADER(version, "version of the format");
  HEADER(identity, "rank, size, epoch");
  HEADER(file_length, "length of the file, of the memory");
  HEADER(tables_offset, "tables: offset, length");
  HEADER(region_count, "number of regions, of sections");
  HEADER(zero, "zeros");
  HEADER(checksum, "checksum of the 4092 bytes");
  printf("%zu %d bytes\n", at, SECTION_BYTES);
  at += SECTION_BYTES;
  for (int i = 0; i < REGIONS; i++, at += sizeof(struct image_region)) printf("%zu region\n", at);
  for (int i = 0; i < CHUNKS; i++, at += sizeof(struct image_chunk)) printf("%zu chunk\n", at);
  printf("%zu section\n", at);
  printf("%zu \"/home/someone\n", at + sizeof(struct image_section));
  return 0;
}
