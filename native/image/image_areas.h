/* What there is to be saved: the upper half's mappings, as /proc/self/smaps shows them (man 5 proc). */
#ifndef MANA_IMAGE_AREAS_H
#define MANA_IMAGE_AREAS_H
#include <stdbool.h>

#include "image_format.h"

struct image_area {
  struct image_region region;
  char *path;
  uint64_t resident, swapped; /* bytes, of the whole mapping */
  bool can_refer;             /* a private mapping of a file that is still found by its path */
};
struct image_areas {
  struct image_area *area;
  size_t count, capacity;
};

/* Fills `areas`, which starts as {0}, with all mappings of the upper half less the exclusions. Shared files are written back, since their
 * contents stay in the file. `refer`: says which may be referred to. -1 with `why`: out of memory, or a mapping that could not be restored. */
int image_areas_read(struct image_areas *areas, const struct image_range *exclusions, size_t exclusion_count,
                     bool refer, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
void image_areas_free(struct image_areas *areas);
#endif
