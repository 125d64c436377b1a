#include "image_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_areas.h"
#include "image_output.h"
#include "image_pages.h"
#include "image_why.h"
#include "split_abi.h"

/* Memory goes from where it is into the file; only what must not be touched, or may change meanwhile, is copied first. A batch is written
 * while the checksum's reading has left it in the processor's cache: 4 MiB were measurably slower. */
enum { BATCH = 1 << 20, COPIES = 2 * IMAGE_WINDOW, WINDOW_RUNS = IMAGE_WINDOW / IMAGE_PAGE / 2 };

struct writer {
  const struct image_source *source;
  struct image_output out;
  struct image_areas areas;
  struct image_pages pages;
  int memory; /* /proc/self/mem */
  uint8_t *copies;
  size_t copied; /* bytes of copies[COPIES] gathered */
  struct image_chunk *chunk;
  size_t chunk_count, chunk_capacity;
  struct image_section section[IMAGE_SECTIONS_MAX];
  char *why;
};

static bool page_is_zero(const uint8_t *page) {
  uint64_t first;
  memcpy(&first, page, sizeof first);
  return first == 0 && memcmp(page, page + 8, IMAGE_PAGE - 8) == 0;
}

static bool bit(const uint64_t bits[IMAGE_PAGE_WORDS], uint64_t page) {
  return bits[page / 64] >> page % 64 & 1;
}

static struct image_chunk *new_chunk(struct writer *w) {
  if (w->chunk_count == w->chunk_capacity) {
    size_t capacity = w->chunk_capacity ? 2 * w->chunk_capacity : 1024;
    struct image_chunk *more = realloc(w->chunk, capacity * sizeof *more);
    if (!more) return image_why(w->why, "out of memory"), NULL;
    w->chunk = more;
    w->chunk_capacity = capacity;
  }
  return memset(&w->chunk[w->chunk_count], 0, sizeof *w->chunk);
}

static int flush(struct writer *w) {
  w->copied = 0;
  return image_output_flush(&w->out);
}

/* Readable anonymous memory can be read as it is. A file may be shorter than its mapping (SIGBUS), a page may have lost its right to be
 * read, and the tables below ARENA_BUMP are the lower half's, too: the checksum must be of what is written. */
static bool must_copy(const struct image_region *region) {
  return !(region->prot & PROT_READ) || (region->flags & IMAGE_FILE) ||
         (region->start >= ARENA_LO && region->start < ARENA_BUMP);
}

/* Copies a page; false, with errno, when it cannot be read. */
static bool copy_page(struct writer *w, uint64_t address, uint8_t *to) {
  ssize_t got = pread(w->memory, to, IMAGE_PAGE, (off_t)address);
  if (got >= 0 && got != (ssize_t)IMAGE_PAGE) errno = EIO;
  return got == (ssize_t)IMAGE_PAGE;
}

/* Copies what is in the window's pages; `bits` keeps those that were read. Most are: the whole is tried first. */
static int copy_window(struct writer *w, const struct image_region *region, uint64_t window, uint64_t *bits,
                       uint8_t *to) {
  for (uint64_t page = 0; page < IMAGE_WINDOW / IMAGE_PAGE;) {
    uint64_t end = page;
    while (end < IMAGE_WINDOW / IMAGE_PAGE && bit(bits, end)) end++;
    if (end == page && ++page) continue;
    uint64_t from = window + page * IMAGE_PAGE, length = (end - page) * IMAGE_PAGE;
    uint8_t *place = to + page * IMAGE_PAGE;
    bool whole = pread(w->memory, place, length, (off_t)from) == (ssize_t)length;
    for (; page < end; page++, place += IMAGE_PAGE) {
      if (whole || copy_page(w, window + page * IMAGE_PAGE, place)) continue;
      if (!(region->flags & IMAGE_FILE)) {
        return image_why(w->why, "cannot read the program's memory at %#llx: %s",
                         (unsigned long long)(window + page * IMAGE_PAGE), strerror(errno));
      }
      bits[page / 64] &= ~(1ull << page % 64); /* beyond the end of its file */
    }
  }
  return 0;
}

/* Gathers the pages of a window that are not zero. `at` is where they can be read: the window itself, or its copy. */
static void gather(struct writer *w, struct image_chunk *chunk, const uint64_t *bits, const uint8_t *at) {
  const uint8_t *run = NULL;
  size_t length = 0;
  for (uint64_t page = 0; page <= IMAGE_WINDOW / IMAGE_PAGE; page++, at += IMAGE_PAGE) {
    if (page < IMAGE_WINDOW / IMAGE_PAGE && bit(bits, page) && !page_is_zero(at)) {
      chunk->pages[page / 64] |= 1ull << page % 64;
      if (!length) run = at;
      length += IMAGE_PAGE;
    } else if (length) {
      chunk->checksum = crc32c(chunk->checksum, run, length);
      chunk->stored += (uint32_t)length;
      image_output_add(&w->out, run, length);
      length = 0;
    }
  }
}

static int write_window(struct writer *w, const struct image_region *region, uint64_t window, uint64_t *bits) {
  const uint8_t *at = (const uint8_t *)window;
  bool copy = must_copy(region);
  if (!image_output_has_room(&w->out, WINDOW_RUNS) || w->out.gathered >= BATCH ||
      (copy && w->copied + IMAGE_WINDOW > COPIES)) {
    if (flush(w) != 0) return -1;
  }
  if (copy) {
    if (copy_window(w, region, window, bits, w->copies + w->copied) != 0) return -1;
    at = w->copies + w->copied;
    w->copied += IMAGE_WINDOW;
  }
  struct image_chunk *chunk = new_chunk(w);
  if (!chunk) return -1;
  chunk->address = window;
  chunk->offset = w->out.offset;
  gather(w, chunk, bits, at);
  if (chunk->stored) w->chunk_count++;
  return 0;
}

static int write_area(struct writer *w, struct image_area *area) {
  uint64_t window, bits[IMAGE_PAGE_WORDS], at = area->region.start;
  area->region.first_chunk = w->chunk_count;
  int found;
  while ((found = image_pages_next(&w->pages, area, at, &window, bits, w->why)) > 0) {
    if (write_window(w, &area->region, window, bits) != 0) return -1;
    at = window + IMAGE_WINDOW;
  }
  area->region.chunk_count = w->chunk_count - area->region.first_chunk;
  return found;
}

static int write_memory(struct writer *w) {
  for (size_t i = 0; i < w->areas.count; i++) {
    if (write_area(w, &w->areas.area[i]) != 0) return -1;
    if (i == w->areas.count / 2 && w->source->halfway && (flush(w) != 0 || w->source->halfway(w->why) != 0)) return -1;
  }
  return flush(w);
}

static int write_sections(struct writer *w) {
  for (size_t i = 0; i < w->source->section_count; i++) {
    const struct image_block *block = &w->source->sections[i];
    w->section[i] = (struct image_section){.kind = block->kind,
                                           .checksum = crc32c(0, block->data, block->length),
                                           .offset = w->out.offset,
                                           .length = block->length};
    for (size_t j = 0; j < i; j++) {
      if (w->section[j].kind == block->kind) return image_why(w->why, "two sections of kind %u", block->kind);
    }
    if (image_output_write(&w->out, block->data, block->length) != 0) return -1;
  }
  return 0;
}

static size_t paths_length(const struct writer *w) {
  size_t length = 0;
  for (size_t i = 0; i < w->areas.count; i++) length += w->areas.area[i].path ? strlen(w->areas.area[i].path) + 1 : 0;
  return length;
}

static uint8_t *put(uint8_t *at, const void *data, size_t length) {
  if (length) memcpy(at, data, length);
  return at + length;
}

static int write_tables(struct writer *w, struct image_header *header) {
  size_t regions = w->areas.count * sizeof(struct image_region), chunks = w->chunk_count * sizeof *w->chunk;
  size_t sections = w->source->section_count * sizeof *w->section;
  size_t length = regions + chunks + sections + paths_length(w);
  uint8_t *tables = malloc(length + 1), *at = tables;
  if (!tables) return image_why(w->why, "out of memory");
  uint8_t *paths = tables + regions + chunks + sections, *path = paths;
  for (size_t i = 0; i < w->areas.count; i++) {
    struct image_area *area = &w->areas.area[i];
    if (area->path) {
      area->region.path = (uint32_t)(path - paths);
      area->region.path_length = (uint32_t)strlen(area->path);
      path = put(path, area->path, area->region.path_length + 1);
    }
    at = put(at, &area->region, sizeof area->region);
  }
  at = put(at, w->chunk, chunks);
  put(at, w->section, sections);
  header->tables_offset = w->out.offset;
  header->tables_length = length;
  header->tables_checksum = crc32c(0, tables, length);
  header->region_count = (uint32_t)w->areas.count;
  header->chunk_count = w->chunk_count;
  header->section_count = (uint32_t)w->source->section_count;
  int result = image_output_write(&w->out, tables, length);
  free(tables);
  return result;
}

/* The header comes last: until then the file begins with zeros. */
static int write_ends(struct writer *w, struct image_header *header) {
  header->magic = IMAGE_MAGIC;
  header->version = IMAGE_VERSION;
  header->split_abi = SPLIT_ABI_VERSION;
  header->identity = w->source->identity;
  header->file_length = w->out.offset + sizeof(struct image_footer);
  header->checksum = crc32c(0, header, offsetof(struct image_header, checksum));
  struct image_footer footer = {.tables_offset = header->tables_offset,
                                .tables_length = header->tables_length,
                                .tables_checksum = header->tables_checksum,
                                .header_checksum = header->checksum,
                                .magic = IMAGE_FOOTER_MAGIC};
  if (image_output_write(&w->out, &footer, sizeof footer) != 0) return -1;
  if (image_output_patch(&w->out, header, sizeof *header, 0) != 0) return -1;
  if (fsync(w->out.fd) != 0) return image_why(w->why, "cannot write '%s': %s", w->out.path, strerror(errno));
  return 0;
}

static int write_all(struct writer *w, struct image_result *result) {
  struct image_header header = {0};
  w->out.offset = w->out.started = sizeof header;
  if (write_memory(w) != 0) return -1;
  header.memory_length = w->out.offset - sizeof header;
  if (write_sections(w) != 0 || write_tables(w, &header) != 0 || write_ends(w, &header) != 0) return -1;
  *result = (struct image_result){.file_length = header.file_length,
                                  .memory_length = header.memory_length,
                                  .region_count = header.region_count,
                                  .checksum = header.checksum};
  return 0;
}

static int open_output(struct writer *w) {
  w->out.fd = open(w->out.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  return w->out.fd < 0 ? image_why(w->why, "cannot create '%s': %s", w->out.path, strerror(errno)) : 0;
}

static int open_memory(struct writer *w) {
  w->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (w->memory < 0) return image_why(w->why, "cannot read /proc/self/mem: %s", strerror(errno));
  return image_pages_open(&w->pages, w->why);
}

static int write_open(struct writer *w, struct image_result *result) {
  if (open_output(w) != 0) return -1;
  int done = write_all(w, result);
  if (close(w->out.fd) != 0 && done == 0)
    done = image_why(w->why, "cannot close '%s': %s", w->out.path, strerror(errno));
  if (done != 0) unlink(w->out.path);
  return done;
}

int image_write(const struct image_source *source, struct image_result *result, char why[IMAGE_WHY_SIZE]) {
  if (source->section_count > IMAGE_SECTIONS_MAX)
    return image_why(why, "%zu sections are too many", source->section_count);
  struct writer *w = calloc(1, sizeof *w);
  if (w) w->copies = malloc(COPIES);
  int done = w && w->copies ? 0 : image_why(why, "out of memory");
  if (done == 0) {
    w->source = source;
    w->why = why;
    w->out.path = source->path;
    w->out.why = why;
    w->memory = w->pages.pagemap = -1;
    done = open_memory(w);
    if (done == 0) done = image_areas_read(&w->areas, source->exclusions, source->exclusion_count, why);
    if (done == 0) done = write_open(w, result);
    image_pages_close(&w->pages);
    if (w->memory >= 0) close(w->memory);
    image_areas_free(&w->areas);
    free(w->chunk);
    free(w->copies);
  }
  free(w);
  return done;
}
