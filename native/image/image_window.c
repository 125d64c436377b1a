#include "image_window.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_why.h"
#include "split_abi.h"

enum { PAGES = IMAGE_WINDOW / IMAGE_PAGE };

static bool page_is_zero(const uint8_t *page) {
  uint64_t first;
  memcpy(&first, page, sizeof first);
  return first == 0 && memcmp(page, page + 8, IMAGE_PAGE - 8) == 0;
}

static bool bit(const uint64_t bits[IMAGE_PAGE_WORDS], uint64_t page) {
  return bits[page / 64] >> page % 64 & 1;
}

/* Readable anonymous memory can be read as it is. A file may be shorter than its mapping (SIGBUS), a page may have lost its right to be
 * read. The tables below ARENA_BUMP are the lower half's, too, and pages given up by MADV_FREE go when the kernel wants them: the checksum
 * must be of what is written. */
static bool must_copy(const struct image_area *area) {
  const struct image_region *region = &area->region;
  return !(region->prot & PROT_READ) || (region->flags & IMAGE_FILE) || area->lazily_freed ||
         (region->start >= ARENA_LO && region->start < ARENA_BUMP);
}

/* Of a file that has no name any more nobody knows where it ends. ld.so leaves such pieces of libraries behind, which nobody can read. */
static bool may_have_ended(const struct image_area *area) {
  return (area->region.flags & IMAGE_FILE) && area->file_end == UINT64_MAX && !(area->region.prot & PROT_READ);
}

/* Copies a page; false, with errno, when it cannot be read. */
static bool copy_page(int memory, uint64_t address, uint8_t *to) {
  ssize_t got = pread(memory, to, IMAGE_PAGE, (off_t)address);
  if (got >= 0 && got != (ssize_t)IMAGE_PAGE) errno = EIO;
  return got == (ssize_t)IMAGE_PAGE;
}

/* Copies what is in the window's pages; `bits` keeps those that were read. Most are: the whole is tried first. */
static int copy_pages(struct image_window *w, int memory, char *why) {
  for (uint64_t page = 0; page < PAGES;) {
    uint64_t end = page;
    while (end < PAGES && bit(w->bits, end)) end++;
    if (end == page && ++page) continue;
    uint64_t from = w->chunk.address + page * IMAGE_PAGE, length = (end - page) * IMAGE_PAGE;
    uint8_t *place = w->copy + page * IMAGE_PAGE;
    bool whole = pread(memory, place, length, (off_t)from) == (ssize_t)length;
    for (; page < end; page++, place += IMAGE_PAGE) {
      if (whole || copy_page(memory, w->chunk.address + page * IMAGE_PAGE, place)) continue;
      if (!may_have_ended(w->area)) {
        return image_why(why, "cannot read the program's memory at %#llx%s%s: %s",
                         (unsigned long long)(w->chunk.address + page * IMAGE_PAGE),
                         w->area->path ? ", of the file " : "", w->area->path ? w->area->path : "", strerror(errno));
      }
      w->bits[page / 64] &= ~(1ull << page % 64);
    }
  }
  return 0;
}

/* Takes the pages that are referred to out of the others: of those that can be read and are not zero, the checksum is enough. */
static void refer(struct image_window *w) {
  struct image_chunk *chunk = &w->referring;
  for (uint64_t page = 0; page < PAGES; page++) {
    const uint8_t *at = w->copy + page * IMAGE_PAGE;
    if (!bit(w->unmodified, page) || !bit(w->bits, page)) continue;
    w->bits[page / 64] &= ~(1ull << page % 64);
    if (page_is_zero(at)) continue;
    chunk->flags = IMAGE_REFERS;
    chunk->pages[page / 64] |= 1ull << page % 64;
    chunk->checksum = crc32c(chunk->checksum, at, IMAGE_PAGE);
  }
}

/* Lists the pages that are not zero. `at` is where they can be read: the window itself, or its copy. */
static void gather(struct image_window *w, const uint8_t *at) {
  bool before = false;
  for (uint64_t page = 0; page < PAGES; page++, at += IMAGE_PAGE) {
    bool taken = bit(w->bits, page) && !page_is_zero(at);
    if (taken) {
      w->chunk.pages[page / 64] |= 1ull << page % 64;
      w->chunk.stored += (uint32_t)IMAGE_PAGE;
      if (!before) w->run[w->run_count++] = (struct iovec){(void *)at, 0};
      w->run[w->run_count - 1].iov_len += IMAGE_PAGE;
    }
    before = taken;
  }
}

/* The runs, one after the other: in `copy`, where they may lie already. */
static const uint8_t *join(struct image_window *w) {
  uint8_t *to = w->copy;
  if (w->run_count == 1) return w->run[0].iov_base;
  for (size_t i = 0; i < w->run_count; i++) {
    memmove(to, w->run[i].iov_base, w->run[i].iov_len);
    to += w->run[i].iov_len;
  }
  w->run_count = 1;
  w->run[0] = (struct iovec){w->copy, w->chunk.stored};
  return w->copy;
}

static void compress(struct image_window *w, uint32_t codec, struct image_coder *coder) {
  size_t length = w->chunk.stored;
  size_t packed = image_codec_pack(coder, codec, join(w), length, w->packed, length - length / 16);
  if (!packed) return;
  w->chunk.codec = codec;
  w->chunk.stored = (uint32_t)packed;
  w->run[0] = (struct iovec){w->packed, packed};
}

int image_window_fill(struct image_window *w, int memory, uint32_t codec, struct image_coder *coder,
                      char why[IMAGE_WHY_SIZE]) {
  const uint8_t *at = (const uint8_t *)w->chunk.address;
  w->chunk = w->referring = (struct image_chunk){.address = w->chunk.address};
  w->run_count = 0;
  if (must_copy(w->area)) {
    if (copy_pages(w, memory, why) != 0) return -1;
    at = w->copy;
    refer(w);
  }
  gather(w, at);
  if (w->chunk.stored && codec != IMAGE_CODEC_NONE) compress(w, codec, coder);
  for (size_t i = 0; i < w->run_count; i++) {
    w->chunk.checksum = crc32c(w->chunk.checksum, w->run[i].iov_base, w->run[i].iov_len);
  }
  return 0;
}
