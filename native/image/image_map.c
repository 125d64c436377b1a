/* Puts the memory of an image in place. Contents are read straight to where they belong; pages that are not in the file stay untouched
 * and thus zero. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_file.h"
#include "image_why.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
enum { READ_RUNS = 1024, READ_BYTES = 8 << 20 };

struct mapper {
  struct image *image;
  const struct image_range *present;
  size_t present_count;
  uint64_t shared_end; /* up to here a shared anonymous object has been mapped already */
  char *why;
};

static uint64_t end_of(const struct image_region *region) {
  return region->start + region->length;
}

static int fail(const struct mapper *m, const char *what, uint64_t start, uint64_t end) {
  return image_why(m->why, "cannot restore the program's memory at %#" PRIx64 "-%#" PRIx64 " from '%s': %s: %s", start,
                   end, m->image->path, what, strerror(errno));
}

static int map(const struct mapper *m, uint64_t start, uint64_t end, int prot, int flags, int fd, uint64_t offset) {
  void *got = mmap((void *)start, end - start, prot, flags | MAP_FIXED_NOREPLACE, fd, (off_t)offset);
  if (got == (void *)start) return 0;
  if (got != MAP_FAILED) { /* a kernel before 4.17 takes the address for a hint */
    munmap(got, end - start);
    errno = EEXIST;
  }
  return fail(m, "mmap", start, end);
}

/* What is there already is emptied; it may be in use by nobody. */
static int reuse(const struct mapper *m, uint64_t start, uint64_t end) {
  if (mprotect((void *)start, end - start, PROT_READ | PROT_WRITE) != 0) return fail(m, "mprotect", start, end);
  if (madvise((void *)start, end - start, MADV_DONTNEED) != 0) return fail(m, "madvise", start, end);
  return 0;
}

/* The first range that is present in [start, end), cut to it; {end, end} when there is none. */
static struct image_range first_present(const struct mapper *m, uint64_t start, uint64_t end) {
  struct image_range first = {end, end};
  for (size_t i = 0; i < m->present_count; i++) {
    struct image_range range = m->present[i];
    if (range.start < start) range.start = start;
    if (range.end > end) range.end = end;
    if (range.start < range.end && range.start < first.start) first = range;
  }
  return first;
}

/* Pieces of one shared anonymous object lie side by side: one mapping, as it was. */
static uint64_t shared_end(const struct image *image, const struct image_region *region) {
  const struct image_region *last = image->region + image->region_count;
  uint64_t end = end_of(region), offset = region->file_offset + region->length;
  for (const struct image_region *next = region + 1; next < last; next++) {
    bool joined = (next->flags & (IMAGE_SHARED | IMAGE_FILE)) == IMAGE_SHARED && next->start == end &&
                  next->file_offset == offset && next->inode == region->inode && next->device == region->device;
    if (!joined) break;
    end += next->length;
    offset += next->length;
  }
  return end;
}

/* A mapping that nothing is read into takes its final protection at once: what was never writable is not charged for. */
static int map_anonymous(struct mapper *m, const struct image_region *region) {
  int prot = region->chunk_count ? PROT_READ | PROT_WRITE : (int)region->prot;
  int flags = MAP_ANONYMOUS | (region->flags & IMAGE_SHARED ? MAP_SHARED : MAP_PRIVATE) |
              (region->flags & IMAGE_NO_RESERVE ? MAP_NORESERVE : 0) |
              (region->flags & IMAGE_GROWS_DOWN ? MAP_GROWSDOWN : 0);
  uint64_t at = region->start, end = end_of(region);
  if (region->flags & IMAGE_SHARED) {
    if (at < m->shared_end) return 0;
    end = m->shared_end = shared_end(m->image, region);
    prot = PROT_READ | PROT_WRITE;
  }
  while (at < end) {
    struct image_range present = first_present(m, at, end);
    if (at < present.start && map(m, at, present.start, prot, flags, -1, 0) != 0) return -1;
    if (present.start < present.end && reuse(m, present.start, present.end) != 0) return -1;
    at = present.end;
  }
  return 0;
}

static int map_shared_file(const struct mapper *m, const struct image_region *region) {
  char path[4096];
  snprintf(path, sizeof path, "%s", m->image->paths + region->path);
  int moved = m->image->moved ? m->image->moved(path, sizeof path) : 0;
  int fd = open(path, (region->flags & IMAGE_MAY_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  struct stat status;
  if (fd < 0)
    return image_why(m->why, "the program shares memory through '%s', which cannot be opened: %s", path,
                     strerror(errno));
  int done = 0;
  if (fstat(fd, &status) != 0 || (!moved && status.st_ino != region->inode) ||
      (uint64_t)status.st_size < region->file_size) {
    done = image_why(
        m->why, "the program shares memory through '%s', which was replaced or became shorter since the checkpoint",
        path);
  } else {
    done = map(m, region->start, end_of(region), (int)region->prot, MAP_SHARED, fd, region->file_offset);
  }
  close(fd);
  return done;
}

/* Adds the runs of a chunk's pages; the number of runs. */
static int add_runs(const struct image_chunk *chunk, struct iovec *run) {
  int count = 0;
  for (uint64_t page = 0, before = 0; page < IMAGE_WINDOW / IMAGE_PAGE; page++) {
    uint64_t bit = chunk->pages[page / 64] >> page % 64 & 1;
    if (bit && before) run[count - 1].iov_len += IMAGE_PAGE;
    if (bit && !before) run[count++] = (struct iovec){(void *)(chunk->address + page * IMAGE_PAGE), IMAGE_PAGE};
    before = bit;
  }
  return count;
}

static int read_contents(const struct mapper *m, const struct image_region *region) {
  struct iovec run[READ_RUNS];
  const struct image_chunk *chunk = m->image->chunk + region->first_chunk, *last = chunk + region->chunk_count;
  while (chunk < last) {
    uint64_t offset = chunk->offset, length = 0;
    int count = 0;
    for (; chunk < last && length < READ_BYTES && count + (int)(IMAGE_WINDOW / IMAGE_PAGE) / 2 <= READ_RUNS; chunk++) {
      count += add_runs(chunk, run + count);
      length += chunk->stored;
    }
    if (image_file_read_runs(m->image, run, count, offset, m->why) != 0) return -1;
  }
  return 0;
}

static const struct {
  uint32_t flag;
  int advice;
} before[] = {{IMAGE_HUGE, MADV_HUGEPAGE}, {IMAGE_NO_HUGE, MADV_NOHUGEPAGE}},
  after[] = {{IMAGE_NO_FORK, MADV_DONTFORK}, {IMAGE_WIPE_ON_FORK, MADV_WIPEONFORK}, {IMAGE_NO_DUMP, MADV_DONTDUMP}};

static int map_region(struct mapper *m, const struct image_region *region) {
  void *at = (void *)region->start;
  if ((region->flags & IMAGE_SHARED) && (region->flags & IMAGE_FILE)) return map_shared_file(m, region);
  if (map_anonymous(m, region) != 0) return -1;
  for (size_t i = 0; i < sizeof before / sizeof *before; i++) { /* for speed only: a kernel may be built without */
    if (region->flags & before[i].flag) (void)!madvise(at, region->length, before[i].advice);
  }
  if (read_contents(m, region) != 0) return -1;
  if (mprotect(at, region->length, (int)region->prot) != 0) return fail(m, "mprotect", region->start, end_of(region));
  for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
    if ((region->flags & after[i].flag) && madvise(at, region->length, after[i].advice) != 0) {
      return fail(m, "madvise", region->start, end_of(region));
    }
  }
  /* A limit on locked memory may be lower here; the program cannot see the difference. What is absent stays so until it is touched. */
  if (region->flags & IMAGE_LOCKED) (void)!mlock2(at, region->length, MLOCK_ONFAULT);
  return 0;
}

int image_map(struct image *image, const struct image_range *present, size_t present_count, char why[IMAGE_WHY_SIZE]) {
  struct mapper m = {.image = image, .present = present, .present_count = present_count, .why = why};
  for (uint64_t i = 0; i < image->region_count; i++) {
    if (map_region(&m, &image->region[i]) != 0) return -1;
  }
  return 0;
}
