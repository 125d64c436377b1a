#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "crc32c.h"
#include "image_file.h"
#include "image_why.h"

/* Checked while it is still in the processor's cache. */
enum { VERIFY_BYTES = 2 << 20 };
_Static_assert(VERIFY_BYTES >= IMAGE_WINDOW, "a chunk fits");

/* As many chunks as fit, in one read. The number of chunks, or -1. */
static int64_t verify_some(const struct image *image, uint64_t first, uint8_t *buffer, char *why) {
  uint64_t count = 0, length = 0;
  while (first + count < image->chunk_count && length + image->chunk[first + count].stored <= VERIFY_BYTES) {
    length += image->chunk[first + count++].stored;
  }
  if (image_file_read(image, buffer, length, image->chunk[first].offset, why) != 0) return -1;
  for (uint64_t i = first; i < first + count; i++) {
    const struct image_chunk *chunk = &image->chunk[i];
    if (crc32c(0, buffer, chunk->stored) != chunk->checksum) {
      char part[64];
      snprintf(part, sizeof part, "memory at %#llx", (unsigned long long)chunk->address);
      return image_file_damaged(image, part, why);
    }
    buffer += chunk->stored;
  }
  return (int64_t)count;
}

int image_verify(struct image *image, char why[IMAGE_WHY_SIZE]) {
  uint8_t *buffer = malloc(VERIFY_BYTES);
  if (!buffer) return image_why(why, "out of memory");
  posix_fadvise(image->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  int64_t some = 0;
  for (uint64_t i = 0; i < image->chunk_count && some >= 0; i += (uint64_t)some) {
    some = verify_some(image, i, buffer, why);
    if (some < 0) break;
  }
  free(buffer);
  if (some < 0) return -1;
  for (size_t i = 0; i < image->section_count; i++) {
    size_t length;
    if (!image_section(image, image->section[i].kind, &length, why)) return -1;
  }
  return 0;
}
