/* What one window of a mapping holds, made ready to be written. Windows are independent of each other: several threads, each at its own. */
#ifndef MANA_IMAGE_WINDOW_H
#define MANA_IMAGE_WINDOW_H
#include <stdbool.h>
#include <sys/uio.h>

#include "image_areas.h"
#include "image_codec.h"

enum { IMAGE_WINDOW_RUNS = IMAGE_WINDOW / IMAGE_PAGE / 2 };

struct image_window {
  struct image_area *area;
  uint64_t bits[IMAGE_PAGE_WORDS];       /* pages that may hold something */
  uint64_t unmodified[IMAGE_PAGE_WORDS]; /* of those: they are referred to */
  struct image_chunk chunk;     /* address given; all but the offset is filled in. stored = 0: nothing but zeros */
  struct image_chunk referring; /* filled in likewise; flags = 0: nothing is referred to */
  size_t run_count;             /* what is to be written */
  struct iovec run[IMAGE_WINDOW_RUNS];
  uint8_t *copy, *packed; /* IMAGE_WINDOW bytes each; `packed` only with a codec */
};

/* Memory goes from where it is; only what must not be touched, may change meanwhile, or is compressed is copied. `memory`: /proc/self/mem. A
 * chunk that compression does not make smaller by a sixteenth stays as it is. 0, or -1 with `why`: a page cannot be read. */
int image_window_fill(struct image_window *window, int memory, uint32_t codec, struct image_coder *coder,
                      char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
#endif
