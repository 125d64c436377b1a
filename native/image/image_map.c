/* Puts the memory of an image in place. What image_verify has read is moved there; other contents are read straight to where they belong.
 * Pages that are not in the file stay untouched and thus zero. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image_chunks.h"
#include "image_mapped_file.h"
#include "image_stage.h"
#include "image_why.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

struct mapper {
  struct image *image;
  const struct image_range *present;
  size_t present_count;
  struct image_chunks chunks;
  struct image_stage *stage; /* the next */
  uint64_t staged_end;       /* regions before it have been moved to their place */
  uint64_t shared_end;       /* up to here a shared anonymous object has been mapped already */
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

static int map_shared_file(struct mapper *m, const struct image_region *region) {
  int fd = image_mapped_file_open(m->image, region, m->why);
  if (fd < 0) return -1;
  bool contents = (region->flags & IMAGE_MAY_WRITE) && !m->image->keep_files;
  int prot = contents ? PROT_READ | PROT_WRITE : (int)region->prot;
  int done = map(m, region->start, end_of(region), prot, MAP_SHARED, fd, region->file_offset);
  if (done == 0 && contents) done = image_mapped_file_write_back(&m->chunks, region, fd);
  close(fd);
  return done;
}

static const struct {
  uint32_t flag;
  int advice;
} before[] = {{IMAGE_HUGE, MADV_HUGEPAGE}, {IMAGE_NO_HUGE, MADV_NOHUGEPAGE}},
  after[] = {{IMAGE_NO_FORK, MADV_DONTFORK}, {IMAGE_WIPE_ON_FORK, MADV_WIPEONFORK}, {IMAGE_NO_DUMP, MADV_DONTDUMP}};

static int read_contents(struct mapper *m, const struct image_region *region) {
  uint64_t first = region->first_chunk, end = first + region->chunk_count, count;
  for (; first < end; first += count) {
    count = image_chunks_batch(m->image, first, end);
    if (image_chunks_load(&m->chunks, first, count, NULL) != 0) return -1;
  }
  return 0;
}

/* Moves a stage to its place. The place must be free, which mremap(2) does not ask for. */
static int place_stage(struct mapper *m, struct image_stage *stage) {
  uint64_t start = stage->start, end = start + stage->length;
  if (map(m, start, end, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != 0) return -1;
  if (image_stage_place(stage) != 0) return fail(m, "mremap", start, end);
  m->staged_end = stage->first_region + stage->region_count;
  return 0;
}

/* Memory with its contents, whatever protection it is to have. */
static int fill_region(struct mapper *m, uint64_t index) {
  const struct image_region *region = &m->image->region[index];
  struct image_stage *last = m->image->stage + m->image->stage_count;
  if (index < m->staged_end) return 0;
  while (m->stage < last && m->stage->first_region < index) m->stage++;
  bool staged = m->stage < last && m->stage->first_region == index && m->stage->memory;
  if (staged) {
    uint64_t end = m->stage->start + m->stage->length;
    if (first_present(m, m->stage->start, end).start == end) return place_stage(m, m->stage);
  }
  if (map_anonymous(m, region) != 0) return -1;
  for (size_t i = 0; i < sizeof before / sizeof *before; i++) { /* for speed only: a kernel may be built without */
    if (region->flags & before[i].flag) (void)!madvise((void *)region->start, region->length, before[i].advice);
  }
  return read_contents(m, region);
}

static int map_region(struct mapper *m, uint64_t index) {
  const struct image_region *region = &m->image->region[index];
  void *at = (void *)region->start;
  if ((image_mapped_file_is_shared(region) ? map_shared_file(m, region) : fill_region(m, index)) != 0) return -1;
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
  struct mapper m = {
      .image = image, .present = present, .present_count = present_count, .stage = image->stage, .why = why};
  if (image_chunks_begin(&m.chunks, image, why) != 0) return -1;
  int done = 0;
  for (uint64_t i = 0; i < image->region_count && done == 0; i++) done = map_region(&m, i);
  image_chunks_end(&m.chunks);
  return done;
}
