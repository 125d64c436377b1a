/* What there is to be saved: the upper half's mappings, as /proc/self/smaps shows them (man 5 proc). */
#ifndef MANA_IMAGE_AREAS_H
#define MANA_IMAGE_AREAS_H
#include <stdbool.h>

#include "image_format.h"

struct image_area {
  struct image_region region;
  char *path;
  uint64_t resident, swapped, lazily_freed; /* bytes, of the whole mapping; the last (MADV_FREE) may go at any time */
  uint64_t
      file_end; /* address: behind it a mapped file has ended, and there is nothing; UINT64_MAX = no file, or nobody knows */
  bool file_in_memory; /* that of a shared file is tmpfs: what is not resident or swapped is a hole */
};
struct image_areas {
  struct image_area *area;
  size_t count, capacity;
};

/* Fills `areas`, which starts as {0}, with all mappings of the upper half less the exclusions. Shared files are written back. `program_started`: image_write.h. -1 with `why`: out of memory, or a mapping that could not be restored. */
int image_areas_read(struct image_areas *areas, const struct image_range *exclusions, size_t exclusion_count,
                     int64_t program_started, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
void image_areas_free(struct image_areas *areas);
#endif
