/* Files that chunks refer to: their pages are read there, and the checksum tells whether it is still the same file. */
#ifndef MANA_IMAGE_REFERRED_H
#define MANA_IMAGE_REFERRED_H
#include <sys/uio.h>

#include "image_read.h"

/* One thread's; starts as {0}. Keeps the file of the last chunk open, since the next is mostly of the same. */
struct image_referred {
  const struct image_region *region; /* whose file is open; NULL: none */
  int fd;
  char path[IMAGE_PATH_SIZE]; /* where it is now */
};
void image_referred_close(struct image_referred *referred);

/* Reads what the file holds for a chunk, whose pages are `run`, where they belong: one after the other into `to`. 0, or -1 with `why`, which
 * names the file: it is gone, or it is another one. */
int image_referred_read(struct image_referred *referred, const struct image *image, uint64_t chunk,
                        const struct iovec *run, int count, uint8_t *to, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));
#endif
