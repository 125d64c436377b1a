/* Writes the image of this process: its upper half, and sections that others have saved. Format: image_format.h. */
#ifndef MANA_IMAGE_WRITE_H
#define MANA_IMAGE_WRITE_H
#include <stdbool.h>

#include "image_format.h"

struct image_block {
  uint32_t kind; /* the caller's own numbers; each once */
  const void *data;
  size_t length;
};
struct image_source {
  const char *path; /* must not exist */
  struct image_identity identity;
  const struct image_block *sections;
  size_t section_count; /* at most IMAGE_SECTIONS_MAX */
  /* What of the upper half is not saved: MPI_TABLE, OWNER_PAGE, ... */
  const struct image_range *exclusions;
  size_t exclusion_count;
  /* Called when half of the memory's areas are in the file; null: not. Nonzero, with `why`: the image is not wanted any more. */
  int (*halfway)(char why[IMAGE_WHY_SIZE]);
  uint32_t codec; /* enum image_codec: how memory is compressed */
  bool refer;     /* unmodified pages of private file mappings are not stored: the file must be the same at a restart */
  int64_t
      program_started; /* by CLOCK_REALTIME, ns: files that changed later are part of the job (image_mapped_file.c) */
};
struct image_result {
  uint64_t file_length;   /* bytes */
  uint64_t memory_length; /* contents of memory in it, before they were compressed */
  uint64_t region_count;
  uint32_t checksum; /* of the header, thus of everything; image.checksum when it is opened */
};

/* Works with several threads (image_workers.h). Called by a thread of the lower half while all threads of the upper half are parked, so that nothing there changes; what lies below
 * ARENA_BUMP, which the lower half writes, may. Creates the file with mode 0600 and returns when it is on the disk; the caller syncs the
 * folder. 0; or -1 with `why`, and the file is removed again: no space, file exists, a mapping that could not be restored,
 * or the library of the codec is missing. */
int image_write(const struct image_source *source, struct image_result *result, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));
#endif
