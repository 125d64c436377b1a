/* What there is to be saved: the upper half's mappings, as /proc/self/smaps shows them (man 5 proc). */
#ifndef MANA_IMAGE_AREAS_H
#define MANA_IMAGE_AREAS_H
#include <stdbool.h>

#include "image_write.h"

struct image_area {
  struct image_region region;
  char *path;
  uint64_t resident, swapped, lazily_freed; /* bytes, of the whole mapping; the last (MADV_FREE) may go at any time */
  uint64_t
      file_end; /* address: behind it a mapped file has ended, and there is nothing; UINT64_MAX = no file, or nobody knows */
  bool file_in_memory; /* that of a shared file is tmpfs: what is not resident or swapped is a hole */
  bool can_refer; /* a private mapping of a file that is still found by its path, where the image may refer to files */
};
struct image_areas {
  struct image_area *area;
  size_t count, capacity;
};

/* Fills `areas`, which starts as {0}, with all mappings of the upper half less the source's exclusions. Shared files are written back.
 * -1 with `why`: out of memory, or a mapping that could not be restored. */
int image_areas_read(struct image_areas *areas, const struct image_source *source, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));
/* What is absent of it is empty: of private memory pagemap says what is swapped out, of shared memory nobody does page by page. */
static inline bool image_area_absent_is_empty(const struct image_area *area) {
  return !area->swapped && (!(area->region.flags & IMAGE_FILE) || area->file_in_memory);
}
/* When all is written: whether shared memory whose absent pages were taken for empty has been swapped out meanwhile. Then -1 with `why`. */
int image_areas_still_resident(const struct image_areas *areas, const struct image_source *source,
                               char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
void image_areas_free(struct image_areas *areas);
#endif
