/* Files that the program has mapped: what of them goes into the image, and comes back. */
#ifndef MANA_IMAGE_MAPPED_FILE_H
#define MANA_IMAGE_MAPPED_FILE_H
#include "image_areas.h"
#include "image_chunks.h"

/* Decides for one mapping of a file whether it stays shared with the file, or may be referred to, fills in what the region and the area say of
 * the file, and writes a shared one back. -1 with `why`: a shared one that could not be found again. */
int image_mapped_file_settle(struct image_area *area, const struct image_source *source, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));

/* The region is a shared mapping of a file, which a restart maps again. */
static inline bool image_mapped_file_is_shared(const struct image_region *region) {
  return (region->flags & IMAGE_SHARED) && (region->flags & IMAGE_FILE);
}
/* Opens the file of a shared mapping, below NEW with --map, as it must be mapped again; or -1 with `why`: it is gone, may not be opened so, was
 * replaced or became shorter. */
int image_mapped_file_open(const struct image *image, const struct image_region *region, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));
/* A shared file, open as `fd`, mapped again and writable: becomes what it was, and keeps what has been added behind its end. 0, or -1 with the
 * chunks' `why`. */
int image_mapped_file_write_back(struct image_chunks *chunks, const struct image_region *region, int fd)
    __attribute__((warn_unused_result));
#endif
