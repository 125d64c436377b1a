/* Which pages of a mapping may hold something, found without touching any. */
#ifndef MANA_IMAGE_PAGES_H
#define MANA_IMAGE_PAGES_H
#include <stdbool.h>

#include "image_areas.h"

enum { IMAGE_PAGEMAP_ENTRIES = 4096 };
struct image_pages {
  int pagemap;        /* /proc/self/pagemap */
  bool no_scan;       /* the kernel has no PAGEMAP_SCAN (before Linux 6.7): long empty ranges cost 1 us a MiB */
  uint64_t low, high; /* addresses whose entries are below */
  uint64_t entry[IMAGE_PAGEMAP_ENTRIES];
};

int image_pages_open(struct image_pages *pages, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));
void image_pages_close(struct image_pages *pages);

/* Finds the first window of the area at or after `at` in which a page may hold something; sets its bits. 1; 0 when there is none;
 * -1 with `why`. Areas may be asked in ascending order only. */
int image_pages_next(struct image_pages *pages, const struct image_area *area, uint64_t at, uint64_t *window,
                     uint64_t bits[IMAGE_PAGE_WORDS], char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));

/* Sets the bits of those pages of the window that hold what the area's file holds, in areas that can refer to it. Asked of the window that
 * was found last. 0, or -1 with `why`. */
int image_pages_unmodified(struct image_pages *pages, const struct image_area *area, uint64_t window,
                           uint64_t bits[IMAGE_PAGE_WORDS], char why[IMAGE_WHY_SIZE])
    __attribute__((warn_unused_result));
#endif
