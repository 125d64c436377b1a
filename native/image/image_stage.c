#include "image_stage.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image_chunks.h"
#include "image_why.h"
#include "split_abi.h"

#define HUGE_PAGE (2ull << 20)
/* Advice that must stand before memory is touched. Regions that differ in these are not one mapping to the kernel, and it moves one at a
 * time only (before Linux 6.17). */
enum { OF_MAPPING = IMAGE_NO_RESERVE | IMAGE_HUGE | IMAGE_NO_HUGE };

/* What lies below ARENA_BUMP is there already, and stays. A stack grows, which its mapping must have been made for. */
static bool can_be_staged(const struct image_region *region) {
  bool table = region->start >= ARENA_LO && region->start < ARENA_BUMP;
  return region->chunk_count && !table && !(region->flags & (IMAGE_SHARED | IMAGE_GROWS_DOWN));
}

static bool continues(const struct image_stage *stage, const struct image_region *first,
                      const struct image_region *next) {
  return can_be_staged(next) && next->start == stage->start + stage->length &&
         (next->flags & OF_MAPPING) == (first->flags & OF_MAPPING);
}

/* At the same distance from a boundary of huge pages as its place, so that page tables are moved whole. */
static int reserve(struct image_stage *stage, const struct image_region *first) {
  uint64_t length = stage->length + 2 * HUGE_PAGE;
  uint8_t *all = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) return -1;
  uint8_t *at = all + (stage->start - (uint64_t)all) % HUGE_PAGE;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | (first->flags & IMAGE_NO_RESERVE ? MAP_NORESERVE : 0);
  if (mmap(at, stage->length, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) {
    int problem = errno;
    munmap(all, length);
    errno = problem;
    return -1;
  }
  if (at > all) munmap(all, (size_t)(at - all));
  munmap(at + stage->length, (size_t)(all + length - at - stage->length));
  if (first->flags & IMAGE_HUGE) (void)!madvise(at, stage->length, MADV_HUGEPAGE);
  if (first->flags & IMAGE_NO_HUGE) (void)!madvise(at, stage->length, MADV_NOHUGEPAGE);
  stage->memory = at;
  return 0;
}

static int make(struct image *image, uint64_t first_region, int64_t *away, char *why) {
  const struct image_region *first = &image->region[first_region], *next = first + 1,
                            *last = image->region + image->region_count;
  struct image_stage *stage = &image->stage[image->stage_count];
  *stage = (struct image_stage){
      .first_region = first_region, .region_count = 1, .start = first->start, .length = first->length};
  for (; next < last && continues(stage, first, next); next++) {
    stage->region_count++;
    stage->length += next->length;
  }
  if (reserve(stage, first) != 0) {
    return image_why(why, "cannot get %llu MiB for the program's memory at %#llx of '%s': %s",
                     (unsigned long long)(stage->length >> 20), (unsigned long long)stage->start, image->path,
                     strerror(errno));
  }
  image->stage_count++;
  uint64_t end = next[-1].first_chunk + next[-1].chunk_count;
  for (uint64_t i = first->first_chunk; i < end; i++) away[i] = (int64_t)((uint64_t)stage->memory - stage->start);
  return 0;
}

int image_stages_make(struct image *image, int64_t *away, char why[IMAGE_WHY_SIZE]) {
  for (uint64_t i = 0; i < image->chunk_count; i++) away[i] = IMAGE_NOWHERE;
  image->stage = calloc(image->region_count + 1, sizeof *image->stage);
  if (!image->stage) return image_why(why, "out of memory");
  for (uint64_t i = 0; i < image->region_count;) {
    if (!can_be_staged(&image->region[i])) {
      i++;
      continue;
    }
    if (make(image, i, away, why) != 0) return -1;
    i += image->stage[image->stage_count - 1].region_count;
  }
  return 0;
}

/* Not libc's mremap: communication libraries put their own in its place (UCX), which drops the address. */
int image_stage_place(struct image_stage *stage) {
  long got =
      syscall(SYS_mremap, stage->memory, stage->length, stage->length, MREMAP_MAYMOVE | MREMAP_FIXED, stage->start);
  if (got == -1) return -1;
  stage->memory = NULL;
  return 0;
}

void image_stages_free(struct image *image) {
  for (size_t i = 0; i < image->stage_count; i++) {
    if (image->stage[i].memory) munmap(image->stage[i].memory, image->stage[i].length);
  }
  free(image->stage);
  image->stage = NULL;
  image->stage_count = 0;
}
