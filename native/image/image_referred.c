#include "image_referred.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_why.h"

#define REMEDY                                                                                                         \
  "bring it back, or say with --map OLD=NEW where it is now: the checkpoint only refers to it (--reference-files)"

void image_referred_close(struct image_referred *r) {
  if (r->region) close(r->fd);
  r->region = NULL;
}

/* Chunks are mostly asked for in ascending order. */
static const struct image_region *region_of(const struct image_referred *r, const struct image *image, uint64_t chunk) {
  const struct image_region *region = r->region && r->region->first_chunk <= chunk ? r->region : image->region;
  while (chunk - region->first_chunk >= region->chunk_count) region++;
  return region;
}

static int is_other(const struct image_referred *r, char *why, const char *format, uint64_t was, uint64_t is) {
  char difference[128];
  snprintf(difference, sizeof difference, format, was, is);
  return image_why(why, "'%s' is not the file that was mapped: %s; " REMEDY, r->path, difference);
}

/* Whatever is there under this name now: a FIFO must not be waited for. */
static int open_file(struct image_referred *r, const struct image *image, const struct image_region *region,
                     char *why) {
  struct stat status;
  image_referred_close(r);
  snprintf(r->path, sizeof r->path, "%s", image->paths + region->path);
  if (image->moved) (void)image->moved(r->path, sizeof r->path);
  r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (r->fd < 0) {
    return image_why(why, "the program has mapped '%s', which cannot be opened: %s; " REMEDY, r->path, strerror(errno));
  }
  r->region = region;
  if (fstat(r->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return image_why(why, "'%s' is not the file that was mapped: it is no regular file; " REMEDY, r->path);
  }
  uint64_t size = (uint64_t)status.st_size;
  if (size >= region->file_size) return 0;
  return is_other(r, why, "it had %" PRIu64 " bytes and has %" PRIu64, region->file_size, size);
}

/* What lies behind the end of the file reads as zero, as it did in the last page of the mapping. */
static int read_run(const struct image_referred *r, uint8_t *to, size_t length, uint64_t offset, char *why) {
  while (length) {
    ssize_t got = pread(r->fd, to, length, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return image_why(why, "cannot read '%s': %s", r->path, strerror(errno));
    if (got == 0) break;
    to += got;
    offset += (uint64_t)got;
    length -= (size_t)got;
  }
  memset(to, 0, length);
  return 0;
}

int image_referred_read(struct image_referred *r, const struct image *image, uint64_t chunk, const struct iovec *run,
                        int count, uint8_t *to, char why[IMAGE_WHY_SIZE]) {
  const struct image_region *region = region_of(r, image, chunk);
  if (region != r->region && open_file(r, image, region, why) != 0) return -1;
  uint64_t away = region->file_offset - region->start, first = (uint64_t)run->iov_base + away, end = first;
  uint32_t checksum = 0;
  for (; count; run++, count--) {
    end = (uint64_t)run->iov_base + away;
    if (read_run(r, to, run->iov_len, end, why) != 0) return -1;
    checksum = crc32c(checksum, to, run->iov_len);
    to += run->iov_len;
    end += run->iov_len;
  }
  if (checksum == image->chunk[chunk].checksum) return 0;
  return is_other(r, why, "its contents differ between %#" PRIx64 " and %#" PRIx64, first, end);
}
