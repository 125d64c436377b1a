/* Images that lie: their checksums are right. */
#ifndef MANA_TESTS_IMAGE_SEAL_H
#define MANA_TESTS_IMAGE_SEAL_H
#include <unistd.h>

#include "crc32c.h"
#include "image_format.h"
#include "say.h"

/* Makes all checksums right again; `said` is what the header is to say. */
static inline void seal(int fd, const struct image_header *good, const struct image_header *said,
                        const uint8_t *tables) {
  struct image_header header = *said;
  header.tables_checksum = crc32c(0, tables, good->tables_length);
  header.checksum = crc32c(0, &header, offsetof(struct image_header, checksum));
  struct image_footer footer = {header.tables_offset, header.tables_length, header.tables_checksum, header.checksum,
                                IMAGE_FOOTER_MAGIC};
  MUST(pwrite(fd, tables, good->tables_length, (off_t)good->tables_offset) == (ssize_t)good->tables_length);
  MUST(pwrite(fd, &footer, sizeof footer, (off_t)(good->file_length - sizeof footer)) == sizeof footer);
  MUST(pwrite(fd, &header, sizeof header, 0) == sizeof header);
}
#endif
