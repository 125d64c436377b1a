/* Contents of memory on their way out of the image, or of the files it refers to: read, checked, decompressed, each chunk by one thread. */
#ifndef MANA_IMAGE_CHUNKS_H
#define MANA_IMAGE_CHUNKS_H
#include "image_codec.h"
#include "image_file.h"
#include "image_referred.h"

/* One thread's. */
struct image_chunks {
  const struct image *image;
  uint8_t *read, *unpacked; /* IMAGE_CHUNKS_BYTES, IMAGE_WINDOW */
  struct image_coder coder;
  struct image_referred referred;
  char *why;
};
enum { IMAGE_CHUNKS_BYTES = 2 << 20 };

int image_chunks_begin(struct image_chunks *chunks, const struct image *image, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));
void image_chunks_end(struct image_chunks *chunks);

/* Where a chunk's pages go: this far from where they belong; IMAGE_NOWHERE: they are checked only. */
#define IMAGE_NOWHERE INT64_MIN
/* How many chunks from `first` on, less than `end`, are best read at once: side by side in the image, or one that refers to a file. */
uint64_t image_chunks_batch(const struct image *image, uint64_t first, uint64_t end);
/* Reads such a batch. away[i], for the i-th of them, says where to; NULL: where they belong. 0, or -1 with `why`: damaged, not read, or
 * another file than the one referred to. */
int image_chunks_load(struct image_chunks *chunks, uint64_t first, uint64_t count, const int64_t *away)
    __attribute__((warn_unused_result));
#endif
