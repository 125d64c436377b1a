/* Memory of an image that waits to be put in place: read once, checked, and then moved by the kernel (mremap(2)) without being copied. */
#ifndef MANA_IMAGE_STAGE_H
#define MANA_IMAGE_STAGE_H
#include "image_read.h"

/* Regions side by side, whose contents lie in fresh memory of this process. */
struct image_stage {
  uint64_t first_region, region_count;
  uint64_t start, length; /* where they belong */
  uint8_t *memory;        /* where they are; NULL: put in place */
};

/* Reserves memory for all regions of private memory that have contents, and says for each chunk how far from its place it is
 * (IMAGE_NOWHERE: no stage has it, as shared memory, which cannot be moved into what others see). 0, or -1 with `why`. */
int image_stages_make(struct image *image, int64_t *away, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
/* Moves a stage to `start`, over whatever is mapped there. 0, or -1 with errno. */
int image_stage_place(struct image_stage *stage) __attribute__((warn_unused_result));
void image_stages_free(struct image *image);
#endif
