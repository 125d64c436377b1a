/* Opens, checks and maps the image of a rank. Format: image_format.h. Order: image_open, image_verify, image_map; until image_map the
 * process is left as it is. */
#ifndef MANA_IMAGE_READ_H
#define MANA_IMAGE_READ_H
#include <stdbool.h>

#include "image_format.h"

struct image {
  char *path;
  int fd;
  uint32_t owner; /* of the file: what is in it runs as whoever restarts it */
  struct image_identity identity;
  uint64_t file_length;
  uint32_t checksum; /* as image_result says */
  uint64_t region_count, chunk_count, section_count;
  const struct image_region *region; /* inside `tables`, like those below */
  const struct image_chunk *chunk;
  const struct image_section *section;
  const char *paths;
  uint8_t *tables;
  void *section_data[IMAGE_SECTIONS_MAX];
  struct image_stage *stage; /* image_verify's, for image_map: image_stage.h */
  size_t stage_count;
  /* Set before image_verify: where a file is now that the program has mapped, as path_map_apply says it; NULL = where it was. */
  int (*moved)(char *path, size_t size);
  bool keep_files; /* for image_map: those files are left as they are now */
};

/* Reads header, footer and tables and checks them: sizes before anything is read, checksums before anything is used. 0; or -1 with `why`:
 * no such file, no image, of another version, damaged, or compressed with what is not on this host. */
int image_open(const char *path, struct image *image, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
/* Gives everything back, also after a failed image_open. What image_map has mapped stays. */
void image_close(struct image *image);
/* Reads the whole file, and the files that it refers to, checks all contents, with several threads, and looks at the files that memory is shared
 * through. Keeps what it read in memory of its own, which image_map puts in place
 * without reading or copying it again. 0, or -1 with `why`: damaged, memory is short, or a file that is referred to or shared is gone or another one. */
int image_verify(struct image *image, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
/* A section's contents, checked, until image_close. NULL with `why`: none of this kind, or damaged. */
const void *image_section(struct image *image, uint32_t kind, size_t *length, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));

/* Maps all regions of a verified image where they were, with their contents and protection. `present` are ranges that this process has mapped already (private
 * anonymous): there, only the contents are replaced. Called with no upper half in place. 0; or -1 with `why`, and then some regions may be
 * mapped and the process has no choice but to end: a range is occupied, memory is short, a shared file is gone or shorter, a read failed. */
int image_map(struct image *image, const struct image_range *present, size_t present_count, char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));
#endif
