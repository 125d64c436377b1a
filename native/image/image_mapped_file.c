#include "image_mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "image_why.h"

/* The address, a page's boundary, behind which the file of a region has ended; the region's end where it reaches that far. */
static uint64_t file_end(const struct image_region *region) {
  uint64_t left = region->file_size > region->file_offset ? region->file_size - region->file_offset : 0;
  uint64_t pages = left / IMAGE_PAGE + (left % IMAGE_PAGE != 0);
  return region->start + (pages < region->length / IMAGE_PAGE ? pages * IMAGE_PAGE : region->length);
}

/* --- Save ------------------------------------------------------------------------------------------------------------ */

static bool is_in_memory(const struct image_area *area) {
  struct statfs system;
  return statfs(area->path, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

/* What the program cannot write, is small and was there before the program (caches of the C library, a host's own) goes into the image: a
 * restart elsewhere would find another file. What is newer another rank may be writing; files in memory do not say when they were written
 * through a mapping. Large files of data stay where they are. */
#define SMALL_FILE (16ull << 20)
static bool is_taken_along(const struct image_area *area, const struct stat *status, int64_t program_started) {
  int64_t changed = (int64_t)status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec;
  return !(area->region.flags & IMAGE_MAY_WRITE) && area->region.length <= SMALL_FILE && changed < program_started &&
         !area->file_in_memory;
}

/* A file that was replaced may have got the old one's inode on another file system. Some file systems show their mappings another device than
 * stat(2) (btrfs): theirs are stored. */
static bool can_refer(const struct image_region *region, const struct stat *status) {
  return status->st_dev == region->device && region->file_size > region->file_offset;
}

int image_mapped_file_settle(struct image_area *area, const struct image_source *source, char why[IMAGE_WHY_SIZE]) {
  struct image_region *region = &area->region;
  struct stat status;
  bool found = stat(area->path, &status) == 0 && status.st_ino == region->inode && S_ISREG(status.st_mode);
  if (found) {
    region->file_size = (uint64_t)status.st_size;
    area->file_end = file_end(region);
  }
  if (!(region->flags & IMAGE_SHARED)) {
    area->can_refer = source->refer && found && can_refer(region, &status);
    return 0;
  }
  if (!found) {
    return image_why(why,
                     "the program shares memory through '%s' (at %#" PRIx64
                     "), which is deleted or no regular file: it cannot be restored; "
                     "use private or anonymous memory, or a file that stays",
                     area->path, region->start);
  }
  area->file_in_memory = is_in_memory(area);
  if (is_taken_along(area, &status, source->program_started)) {
    region->flags &= ~(uint32_t)IMAGE_SHARED;
    return 0;
  }
  region->device = status.st_dev;
  if ((region->prot & PROT_WRITE) && msync((void *)region->start, region->length, MS_SYNC) != 0) {
    return image_why(why, "cannot write the shared mapping of '%s' back: %s", area->path, strerror(errno));
  }
  return 0;
}

/* --- Restore --------------------------------------------------------------------------------------------------------- */

/* Whatever is there under this name now: a FIFO must not be waited for. */
int image_mapped_file_open(const struct image *image, const struct image_region *region, char why[IMAGE_WHY_SIZE]) {
  char path[4096];
  struct stat status;
  snprintf(path, sizeof path, "%s", image->paths + region->path);
  bool moved = image->moved && image->moved(path, sizeof path);
  int fd = open(path, (region->flags & IMAGE_MAY_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return image_why(why, "the program shares memory through '%s', which cannot be opened: %s", path, strerror(errno));
  }
  bool same = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (moved || status.st_ino == region->inode);
  if (same && (uint64_t)status.st_size >= region->file_size) return fd;
  close(fd);
  return image_why(
      why, "the program shares memory through '%s', which was replaced or became shorter since the checkpoint", path);
}

/* Only what differs: other ranks may be writing the same. Not behind the end that the file had: it may have grown. */
static void put_page(const struct image_region *region, uint64_t at, const uint8_t *page) {
  uint64_t left = region->file_size - (region->file_offset + (at - region->start));
  size_t length = left < IMAGE_PAGE ? left : IMAGE_PAGE;
  if (memcmp((void *)at, page, length) != 0) memcpy((void *)at, page, length);
}

/* Makes [at, end) zero. Holes of the file are stepped over: to look at one takes memory where the file is in memory. */
static void clear(const struct image_region *region, int fd, uint64_t at, uint64_t end) {
  static const uint8_t zero[IMAGE_PAGE];
  for (; at < end; at += IMAGE_PAGE) {
    off_t data = lseek(fd, (off_t)(region->file_offset + (at - region->start)), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;
    if (data >= 0) at = region->start + ((uint64_t)data / IMAGE_PAGE * IMAGE_PAGE - region->file_offset);
    if (at < end) put_page(region, at, zero);
  }
}

/* The pages of a chunk, and what was zero before each; where the next of them begins. */
static uint64_t put_chunk(const struct image_region *region, int fd, const struct image_chunk *chunk,
                          const uint8_t *window, uint64_t done) {
  for (uint64_t page = 0; page < IMAGE_WINDOW / IMAGE_PAGE; page++) {
    uint64_t at = chunk->address + page * IMAGE_PAGE;
    if (!(chunk->pages[page / 64] >> page % 64 & 1) || at >= file_end(region)) continue;
    clear(region, fd, done, at);
    put_page(region, at, window + page * IMAGE_PAGE);
    done = at + IMAGE_PAGE;
  }
  return done;
}

int image_mapped_file_write_back(struct image_chunks *chunks, const struct image_region *region, int fd) {
  uint64_t done = region->start, last = region->first_chunk + region->chunk_count;
  uint8_t *window = malloc(IMAGE_WINDOW);
  if (!window) return image_why(chunks->why, "out of memory");
  for (uint64_t i = region->first_chunk; i < last; i++) {
    const struct image_chunk *chunk = &chunks->image->chunk[i];
    int64_t away = (int64_t)((uint64_t)window - chunk->address);
    if (image_chunks_load(chunks, i, 1, &away) != 0) {
      free(window);
      return -1;
    }
    done = put_chunk(region, fd, chunk, window, done);
  }
  free(window);
  clear(region, fd, done, file_end(region));
  return 0;
}
