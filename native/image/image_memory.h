/* The contents of memory on their way into the file. Several threads take windows in turn, and make them ready (image_window.h); whoever
 * finds the next ones in order ready writes them, while the others go on. One thread alone does the same, one step after the other. */
#ifndef MANA_IMAGE_MEMORY_H
#define MANA_IMAGE_MEMORY_H
#include "image_areas.h"
#include "image_output.h"

struct image_memory {
  struct image_areas *areas; /* their regions' chunk counts are filled in */
  struct image_output *out;
  uint32_t codec; /* loaded */
  int (*halfway)(char why[IMAGE_WHY_SIZE]);
  /* What comes out. */
  struct image_chunk *chunk;
  size_t chunk_count, chunk_capacity;
  uint64_t bytes; /* of the pages in the file, as they are in memory */
};

/* Writes the contents of all areas; `memory` starts with the first four set. 0, or -1 with `why`. */
int image_memory_write(struct image_memory *memory, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
void image_memory_free(struct image_memory *memory);
#endif
