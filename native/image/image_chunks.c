#include "image_chunks.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "crc32c.h"
#include "image_why.h"

enum { CHUNK_RUNS = IMAGE_WINDOW / IMAGE_PAGE / 2, POPULATE_BYTES = 64 << 10 };
enum { POPULATE_WRITE = 23 }; /* MADV_POPULATE_WRITE; older headers lack it */
_Static_assert(IMAGE_CHUNKS_BYTES >= IMAGE_WINDOW, "a chunk fits");

int image_chunks_begin(struct image_chunks *chunks, const struct image *image, char why[IMAGE_WHY_SIZE]) {
  *chunks = (struct image_chunks){.image = image, .why = why};
  chunks->read = malloc(IMAGE_CHUNKS_BYTES + IMAGE_WINDOW); /* what is not touched takes no memory */
  if (!chunks->read) return image_why(why, "out of memory");
  chunks->unpacked = chunks->read + IMAGE_CHUNKS_BYTES;
  return 0;
}

void image_chunks_end(struct image_chunks *chunks) {
  image_coder_free(&chunks->coder);
  image_referred_close(&chunks->referred);
  free(chunks->read);
}

uint64_t image_chunks_batch(const struct image *image, uint64_t first, uint64_t end) {
  uint64_t count = 0, length = 0;
  if (image->chunk[first].flags & IMAGE_REFERS) return 1;
  for (; first + count < end; count++) {
    const struct image_chunk *chunk = &image->chunk[first + count];
    if ((chunk->flags & IMAGE_REFERS) || (length += chunk->stored) > IMAGE_CHUNKS_BYTES) break;
  }
  return count;
}

/* The runs of a chunk's pages, `away` from where they belong; their number. */
static int list_runs(const struct image_chunk *chunk, int64_t away, struct iovec *run) {
  int count = 0;
  uint64_t at = chunk->address + (uint64_t)away;
  for (uint64_t page = 0, before = 0; page < IMAGE_WINDOW / IMAGE_PAGE; page++, at += IMAGE_PAGE) {
    uint64_t bit = chunk->pages[page / 64] >> page % 64 & 1;
    if (bit && before) run[count - 1].iov_len += IMAGE_PAGE;
    if (bit && !before) run[count++] = (struct iovec){(void *)at, IMAGE_PAGE};
    before = bit;
  }
  return count;
}

static size_t length_of(const struct iovec *run, int count) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += run[i].iov_len;
  return length;
}

static int damaged(const struct image_chunks *c, const struct image_chunk *chunk) {
  char part[64];
  snprintf(part, sizeof part, "memory at %#" PRIx64, chunk->address);
  return image_file_damaged(c->image, part, c->why);
}

/* One call for many pages is cheaper than a fault for each (Linux 5.14; where it fails, the faults come). */
static void populate(const struct iovec *run, int count) {
  for (int i = 0; i < count; i++) {
    if (run[i].iov_len >= POPULATE_BYTES) (void)!madvise(run[i].iov_base, run[i].iov_len, POPULATE_WRITE);
  }
}

static void scatter(const uint8_t *from, const struct iovec *run, int count) {
  for (int i = 0; i < count; from += run[i++].iov_len) memcpy(run[i].iov_base, from, run[i].iov_len);
}

/* From the chunk's bytes, as they were read, which are right as far as the checksum tells, to its pages. */
static int place(struct image_chunks *c, const struct image_chunk *chunk, const uint8_t *stored, int64_t away) {
  struct iovec run[CHUNK_RUNS];
  bool nowhere = away == IMAGE_NOWHERE;
  int runs = list_runs(chunk, nowhere ? 0 : away, run);
  if (!nowhere) populate(run, runs);
  if (chunk->codec != IMAGE_CODEC_NONE) {
    uint8_t *to = nowhere || runs > 1 ? c->unpacked : run[0].iov_base;
    if (image_codec_unpack(&c->coder, chunk->codec, stored, chunk->stored, to, length_of(run, runs)) != 0) {
      return damaged(c, chunk);
    }
    if (to != c->unpacked) return 0;
    stored = to;
  }
  if (!nowhere) scatter(stored, run, runs);
  return 0;
}

static int load_referred(struct image_chunks *c, uint64_t index, int64_t away) {
  const struct image_chunk *chunk = &c->image->chunk[index];
  struct iovec run[CHUNK_RUNS];
  int runs = list_runs(chunk, 0, run);
  if (image_referred_read(&c->referred, c->image, index, run, runs, c->read, c->why) != 0) return -1;
  return place(c, chunk, c->read, away);
}

int image_chunks_load(struct image_chunks *c, uint64_t first, uint64_t count, const int64_t *away) {
  const struct image_chunk *chunk = c->image->chunk + first, *last = chunk + count - 1;
  uint64_t length = last->offset + last->stored - chunk->offset;
  const uint8_t *at = c->read;
  if (chunk->flags & IMAGE_REFERS) return load_referred(c, first, away ? *away : 0);
  if (image_file_read(c->image, c->read, length, chunk->offset, c->why) != 0) return -1;
  for (uint64_t i = 0; i < count; i++) {
    if (crc32c(0, at, chunk[i].stored) != chunk[i].checksum) return damaged(c, &chunk[i]);
    if (place(c, &chunk[i], at, away ? away[i] : 0) != 0) return -1;
    at += chunk[i].stored;
  }
  return 0;
}
