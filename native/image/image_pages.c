#include "image_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image_why.h"

/* Bits of an entry, Documentation/admin-guide/mm/pagemap.rst. A guard page (MADV_GUARD_INSTALL) calls itself swapped but must not be read. */
#define PM_PRESENT (1ull << 63)
#define PM_SWAPPED (1ull << 62)
#define PM_FILE (1ull << 61) /* of a present page: it is the file's own */
#define PM_GUARD (1ull << 58)

/* ioctl of Linux 6.7, include/uapi/linux/fs.h; older headers lack it. */
struct scan_region {
  uint64_t start, end, categories;
};
struct scan {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN _IOWR('f', 16, struct scan)
enum { SCAN_PRESENT = 1 << 3, SCAN_SWAPPED = 1 << 4 };

int image_pages_open(struct image_pages *pages, char why[IMAGE_WHY_SIZE]) {
  pages->no_scan = false;
  pages->low = pages->high = 0;
  pages->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return pages->pagemap < 0 ? image_why(why, "cannot read /proc/self/pagemap: %s", strerror(errno)) : 0;
}

void image_pages_close(struct image_pages *pages) {
  if (pages->pagemap >= 0) close(pages->pagemap);
  pages->pagemap = -1;
}

static uint64_t window_of(uint64_t address) {
  return address & ~(IMAGE_WINDOW - 1);
}

static uint64_t end_of(const struct image_area *area) {
  uint64_t end = area->region.start + area->region.length;
  return end < area->file_end ? end : area->file_end;
}

static uint64_t window_end(const struct image_area *area, uint64_t at) {
  uint64_t end = window_of(at) + IMAGE_WINDOW;
  return end < end_of(area) ? end : end_of(area);
}

static void set_bit(uint64_t bits[IMAGE_PAGE_WORDS], uint64_t address) {
  uint64_t page = address % IMAGE_WINDOW / IMAGE_PAGE;
  bits[page / 64] |= 1ull << page % 64;
}

/* Untouched pages of a private file mapping hold what the file holds. */
static int next_of_all(const struct image_area *area, uint64_t at, uint64_t *window, uint64_t bits[IMAGE_PAGE_WORDS]) {
  if (at >= end_of(area)) return 0;
  *window = window_of(at);
  for (uint64_t page = at; page < window_end(area, at); page += IMAGE_PAGE) set_bit(bits, page);
  return 1;
}

/* pagemap says of shared memory only what this process has mapped; mincore(2) says what there is, unless it is swapped out
 * (image_areas_still_resident). */
static int next_of_shared(const struct image_area *area, uint64_t at, uint64_t *window, uint64_t bits[IMAGE_PAGE_WORDS],
                          char *why) {
  unsigned char resident[IMAGE_WINDOW / IMAGE_PAGE];
  for (; at < end_of(area); at = window_end(area, at)) {
    uint64_t pages = (window_end(area, at) - at) / IMAGE_PAGE;
    bool any = false;
    if (mincore((void *)at, pages * IMAGE_PAGE, resident) != 0) {
      return image_why(why, "cannot ask for the pages at %#llx: %s", (unsigned long long)at, strerror(errno));
    }
    for (uint64_t i = 0; i < pages; i++) {
      if (!(resident[i] & 1)) continue;
      set_bit(bits, at + i * IMAGE_PAGE);
      any = true;
    }
    *window = window_of(at);
    if (any) return 1;
  }
  return 0;
}

static int read_entries(struct image_pages *pages, uint64_t at, uint64_t end, char *why) {
  uint64_t count = (end - at) / IMAGE_PAGE;
  if (count > IMAGE_PAGEMAP_ENTRIES) count = IMAGE_PAGEMAP_ENTRIES;
  for (size_t have = 0; have < count * 8;) {
    ssize_t got =
        pread(pages->pagemap, (char *)pages->entry + have, count * 8 - have, (off_t)(at / IMAGE_PAGE * 8 + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return image_why(why, "cannot read /proc/self/pagemap: %s", got ? strerror(errno) : "end of file");
    have += (size_t)got;
  }
  pages->low = at;
  pages->high = at + count * IMAGE_PAGE;
  return 0;
}

/* Steps over what is empty: the next address at which there is a page, or `end`. */
static uint64_t scan(struct image_pages *pages, uint64_t at, uint64_t end) {
  struct scan_region found;
  struct scan scan = {.size = sizeof scan, .start = at, .end = end, .vec = (uint64_t)&found, .vec_len = 1};
  scan.category_anyof_mask = scan.return_mask = SCAN_PRESENT | SCAN_SWAPPED;
  if (pages->no_scan || at >= end) return at;
  int count = ioctl(pages->pagemap, PAGEMAP_SCAN, &scan);
  if (count < 0) pages->no_scan = true;
  return count < 0 ? at : count == 0 ? end : found.start;
}

/* The first page of the entries at or after `at` that may hold something; `high` if there is none. */
static uint64_t first_page(const struct image_pages *pages, uint64_t at) {
  for (; at < pages->high; at += IMAGE_PAGE) {
    uint64_t entry = pages->entry[(at - pages->low) / IMAGE_PAGE];
    if ((entry & (PM_PRESENT | PM_SWAPPED)) && !(entry & PM_GUARD)) break;
  }
  return at;
}

static int next_of_pagemap(struct image_pages *pages, const struct image_area *area, uint64_t at, uint64_t *window,
                           uint64_t bits[IMAGE_PAGE_WORDS], char *why) {
  uint64_t end = end_of(area);
  for (;;) {
    if (at >= end) return 0;
    if (at < pages->low || at >= pages->high) {
      if (read_entries(pages, at, end, why) != 0) return -1;
    }
    uint64_t found = first_page(pages, at);
    if (found < pages->high) {
      at = found;
      break;
    }
    at = scan(pages, pages->high, end);
  }
  *window = window_of(at);
  uint64_t last = window_end(area, at);
  if (last > pages->high && read_entries(pages, at, end, why) != 0) return -1;
  for (; at < last; at += IMAGE_PAGE) {
    if ((at = first_page(pages, at)) < last) set_bit(bits, at);
  }
  return 1;
}

int image_pages_next(struct image_pages *pages, const struct image_area *area, uint64_t at, uint64_t *window,
                     uint64_t bits[IMAGE_PAGE_WORDS], char why[IMAGE_WHY_SIZE]) {
  const struct image_region *region = &area->region;
  memset(bits, 0, IMAGE_PAGE_WORDS * sizeof *bits);
  if (at < region->start) at = region->start;
  switch (region->flags & (IMAGE_SHARED | IMAGE_FILE)) {
    case IMAGE_SHARED | IMAGE_FILE:
      if (!(region->flags & IMAGE_MAY_WRITE)) return 0; /* stays in the file */
      __attribute__((fallthrough));
    case IMAGE_SHARED:
      return image_area_absent_is_empty(area) ? next_of_shared(area, at, window, bits, why)
                                              : next_of_all(area, at, window, bits);
    case IMAGE_FILE: return next_of_all(area, at, window, bits);
    default: return area->resident || area->swapped ? next_of_pagemap(pages, area, at, window, bits, why) : 0;
  }
}

/* The program's write makes a page its own: anonymous, or swapped out. Absent ones it has not touched, or the kernel took them back, which it
 * does to the file's only. */
static bool is_unmodified(uint64_t entry) {
  if (entry & (PM_SWAPPED | PM_GUARD)) return false;
  return !(entry & PM_PRESENT) || (entry & PM_FILE);
}

int image_pages_unmodified(struct image_pages *pages, const struct image_area *area, uint64_t window,
                           uint64_t bits[IMAGE_PAGE_WORDS], char why[IMAGE_WHY_SIZE]) {
  memset(bits, 0, IMAGE_PAGE_WORDS * sizeof *bits);
  if (!area->can_refer) return 0;
  const struct image_region *region = &area->region;
  uint64_t at = window < region->start ? region->start : window, last = window_end(area, window);
  if ((at < pages->low || last > pages->high) && read_entries(pages, at, end_of(area), why) != 0) return -1;
  for (; at < last; at += IMAGE_PAGE) {
    if (is_unmodified(pages->entry[(at - pages->low) / IMAGE_PAGE])) set_bit(bits, at);
  }
  return 0;
}
