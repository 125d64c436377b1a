#include "image_areas.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "image_mapped_file.h"
#include "image_why.h"
#include "split_abi.h"

/* Two-letter names in VmFlags of smaps, Documentation/filesystems/proc.rst. "ht": what lay on huge pages asks for them again. */
static const struct {
  char name[4];
  uint32_t flag;
} vm_flags[] = {{"gd", IMAGE_GROWS_DOWN}, {"nr", IMAGE_NO_RESERVE}, {"hg", IMAGE_HUGE},         {"ht", IMAGE_HUGE},
                {"nh", IMAGE_NO_HUGE},    {"dc", IMAGE_NO_FORK},    {"wf", IMAGE_WIPE_ON_FORK}, {"dd", IMAGE_NO_DUMP},
                {"lo", IMAGE_LOCKED},     {"mw", IMAGE_MAY_WRITE}};

static void read_vm_flags(const char *text, struct image_region *region) {
  for (size_t i = 0; i < sizeof vm_flags / sizeof *vm_flags; i++) {
    const char *at = strstr(text, vm_flags[i].name);
    if (at && at[-1] == ' ' && (at[2] == ' ' || at[2] == '\n')) region->flags |= vm_flags[i].flag;
  }
}

/* Shared anonymous memory and huge pages have a file inside the kernel, with these names. */
static bool is_file(const char *path) {
  return path[0] == '/' && strncmp(path, "/dev/zero", 9) != 0 && strncmp(path, "/anon_hugepage", 14) != 0;
}

/* The first line of a mapping: start-end rwxp offset major:minor inode path. */
static bool read_first_line(char *line, struct image_area *area) {
  uint64_t start, end, offset, inode;
  unsigned major_number, minor_number;
  char access[5];
  int path = 0;
  if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &start, &end, access, &offset,
             &major_number, &minor_number, &inode, &path) < 7) {
    return false;
  }
  line[strcspn(line, "\n")] = 0;
  struct image_region *region = &area->region;
  *area = (struct image_area){.region = {.start = start,
                                         .length = end - start,
                                         .file_offset = offset,
                                         .device = makedev(major_number, minor_number),
                                         .inode = inode},
                              .file_end = UINT64_MAX};
  region->prot =
      (access[0] == 'r' ? PROT_READ : 0) | (access[1] == 'w' ? PROT_WRITE : 0) | (access[2] == 'x' ? PROT_EXEC : 0);
  if (access[3] == 's') region->flags |= IMAGE_SHARED;
  if (is_file(line + path)) {
    region->flags |= IMAGE_FILE;
    area->path = strdup(line + path);
  }
  return true;
}

static int add(struct image_areas *areas, const struct image_area *from, uint64_t start, uint64_t end, char *why) {
  if (areas->count == areas->capacity) {
    size_t capacity = areas->capacity ? 2 * areas->capacity : 256;
    struct image_area *more = realloc(areas->area, capacity * sizeof *more);
    if (!more) return image_why(why, "out of memory");
    areas->area = more;
    areas->capacity = capacity;
  }
  struct image_area *area = &areas->area[areas->count];
  *area = *from;
  area->region.start = start;
  area->region.length = end - start;
  area->region.file_offset += start - from->region.start;
  if ((from->region.flags & IMAGE_FILE) && !(area->path = from->path ? strdup(from->path) : NULL)) {
    return image_why(why, "out of memory");
  }
  areas->count++;
  return 0;
}

static int add_less(struct image_areas *areas, const struct image_area *from, uint64_t start, uint64_t end,
                    const struct image_range *exclusion, size_t exclusion_count, char *why) {
  for (; exclusion_count; exclusion++, exclusion_count--) {
    if (exclusion->start >= end || exclusion->end <= start) continue;
    if (exclusion->start > start &&
        add_less(areas, from, start, exclusion->start, exclusion + 1, exclusion_count - 1, why) != 0) {
      return -1;
    }
    if (exclusion->end >= end) return 0;
    start = exclusion->end;
  }
  return start < end ? add(areas, from, start, end, why) : 0;
}

static int add_upper(struct image_areas *areas, const struct image_area *from, const struct image_range *exclusions,
                     size_t exclusion_count, char *why) {
  static const struct image_range upper[] = {{0, LOW_HI}, {ARENA_LO, ARENA_HI}};
  for (size_t i = 0; i < 2; i++) {
    uint64_t start = from->region.start, end = start + from->region.length;
    if (start < upper[i].start) start = upper[i].start;
    if (end > upper[i].end) end = upper[i].end;
    if (start < end && add_less(areas, from, start, end, exclusions, exclusion_count, why) != 0) return -1;
  }
  return 0;
}

/* Its state is the kernel's, wherever it is: io_setup(2) chooses the place, as nothing in the upper half does. */
static int refuse_ring(const struct image_area *area, char *why) {
  if (!area->path || strncmp(area->path, "/[aio]", 6) != 0) return 0;
  return image_why(why,
                   "the program has set up asynchronous I/O (io_setup of libaio, at %#" PRIx64
                   "), which cannot be saved: end it (io_destroy) before the checkpoint",
                   area->region.start);
}

static int read_smaps(struct image_areas *areas, FILE *smaps, const struct image_range *exclusions,
                      size_t exclusion_count, char *why) {
  struct image_area area = {0}, next;
  char *line = NULL;
  size_t size = 0;
  int result = 0;
  while (result == 0 && getline(&line, &size, smaps) > 0) {
    uint64_t value;
    if (read_first_line(line, &next)) {
      result = add_upper(areas, &area, exclusions, exclusion_count, why);
      if (result == 0) result = refuse_ring(&next, why);
      free(area.path);
      area = next;
    } else if (sscanf(line, "Rss: %" SCNu64, &value) == 1) {
      area.resident = value << 10;
    } else if (sscanf(line, "Private_Hugetlb: %" SCNu64, &value) == 1 ||
               sscanf(line, "Shared_Hugetlb: %" SCNu64, &value) == 1) {
      area.resident += value << 10; /* Rss does not count them */
    } else if (sscanf(line, "Swap: %" SCNu64, &value) == 1) {
      area.swapped = value << 10;
    } else if (sscanf(line, "LazyFree: %" SCNu64, &value) == 1) {
      area.lazily_freed = value;
    } else if (strncmp(line, "VmFlags:", 8) == 0) {
      read_vm_flags(line, &area.region);
    }
  }
  if (result == 0 && ferror(smaps)) result = image_why(why, "cannot read /proc/self/smaps: %s", strerror(errno));
  if (result == 0) result = add_upper(areas, &area, exclusions, exclusion_count, why);
  free(area.path);
  free(line);
  return result;
}

/* A shared object that is seen at two places would become two. Pieces side by side are one mapping, with different protection. */
static int check_seen_once(const struct image_areas *areas, size_t at, char *why) {
  const struct image_region *region = &areas->area[at].region;
  for (size_t i = at; i-- > 0;) {
    const struct image_region *other = &areas->area[i].region;
    if ((other->flags & (IMAGE_SHARED | IMAGE_FILE)) != IMAGE_SHARED || other->inode != region->inode ||
        other->device != region->device) {
      continue;
    }
    if (other->start + other->length == region->start && other->file_offset + other->length == region->file_offset) {
      return 0;
    }
    return image_why(
        why, "the program sees one piece of shared memory at %#" PRIx64 " and at %#" PRIx64 ": this cannot be restored",
        other->start, region->start);
  }
  return 0;
}

static int settle(struct image_areas *areas, const struct image_source *source, char *why) {
  for (size_t i = 0; i < areas->count; i++) {
    struct image_area *area = &areas->area[i];
    int result = 0;
    if (area->region.flags & IMAGE_FILE) {
      result = image_mapped_file_settle(area, source, why);
    } else if (area->region.flags & IMAGE_SHARED) {
      result = check_seen_once(areas, i, why);
    }
    if (result != 0) return result;
  }
  return 0;
}

static int read_all(struct image_areas *areas, const struct image_source *source, char *why) {
  FILE *smaps = fopen("/proc/self/smaps", "re");
  if (!smaps) return image_why(why, "cannot read /proc/self/smaps: %s", strerror(errno));
  int result = read_smaps(areas, smaps, source->exclusions, source->exclusion_count, why);
  fclose(smaps);
  return result;
}

int image_areas_read(struct image_areas *areas, const struct image_source *source, char why[IMAGE_WHY_SIZE]) {
  return read_all(areas, source, why) == 0 ? settle(areas, source, why) : -1;
}

/* The first at or after `at` that might have lost pages. Of files that the program cannot write nothing is written. */
static size_t next_shared(const struct image_areas *areas, size_t at) {
  for (; at < areas->count; at++) {
    uint32_t flags = areas->area[at].region.flags;
    bool written = (flags & IMAGE_SHARED) && (!(flags & IMAGE_FILE) || (flags & IMAGE_MAY_WRITE));
    if (written && image_area_absent_is_empty(&areas->area[at])) break;
  }
  return at;
}

int image_areas_still_resident(const struct image_areas *areas, const struct image_source *source,
                               char why[IMAGE_WHY_SIZE]) {
  struct image_areas now = {0};
  size_t was = next_shared(areas, 0);
  if (was == areas->count) return 0;
  int result = read_all(&now, source, why);
  for (size_t i = 0; result == 0 && i < now.count; i++) {
    uint64_t start = now.area[i].region.start;
    while (was < areas->count && areas->area[was].region.start < start) was = next_shared(areas, was + 1);
    if (was == areas->count) break;
    if (areas->area[was].region.start != start || !now.area[i].swapped) continue;
    result = image_why(why,
                       "shared memory of the program (at %#" PRIx64
                       ") was swapped out while it was being written: try again, with fewer ranks on the host if it "
                       "stays so",
                       start);
  }
  image_areas_free(&now);
  return result;
}

void image_areas_free(struct image_areas *areas) {
  for (size_t i = 0; i < areas->count; i++) free(areas->area[i].path);
  free(areas->area);
  *areas = (struct image_areas){0};
}
