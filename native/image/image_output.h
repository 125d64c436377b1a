/* The file that is written: gathered writes in order, and a flusher that keeps pace. */
#ifndef MANA_IMAGE_OUTPUT_H
#define MANA_IMAGE_OUTPUT_H
#include <stdint.h>
#include <sys/uio.h>

#include "image_flusher.h"
#include "image_format.h"

enum { IMAGE_OUTPUT_RUNS = 1024 }; /* IOV_MAX */
struct image_output {
  const char *path;
  int fd;
  uint64_t offset; /* where the next byte goes, with what is gathered */
  size_t run_count;
  uint64_t gathered;
  struct image_flusher flusher;
  struct iovec run[IMAGE_OUTPUT_RUNS];
  char *why;
};

/* Room for `runs` more? Else flush first. */
static inline int image_output_has_room(const struct image_output *out, size_t runs) {
  return out->run_count + runs <= IMAGE_OUTPUT_RUNS;
}
/* Gathers bytes that stay where they are until the next flush. There must be room. */
void image_output_add(struct image_output *out, const void *data, size_t length);
/* These return 0, or -1 with the reason in out->why. */
int image_output_flush(struct image_output *out) __attribute__((warn_unused_result));
int image_output_write(struct image_output *out, const void *data, size_t length) __attribute__((warn_unused_result));
int image_output_patch(struct image_output *out, const void *data, size_t length, uint64_t offset)
    __attribute__((warn_unused_result));
#endif
