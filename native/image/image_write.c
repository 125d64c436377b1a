#include "image_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_areas.h"
#include "image_codec.h"
#include "image_memory.h"
#include "image_output.h"
#include "image_why.h"
#include "split_abi.h"

struct writer {
  const struct image_source *source;
  struct image_output out;
  struct image_areas areas;
  struct image_memory memory;
  struct image_section section[IMAGE_SECTIONS_MAX];
  char *why;
};

static int write_memory(struct writer *w) {
  uint64_t chunk = 0;
  w->memory = (struct image_memory){
      .areas = &w->areas, .out = &w->out, .codec = w->source->codec, .halfway = w->source->halfway};
  if (image_memory_write(&w->memory, w->why) != 0) return -1;
  if (image_areas_still_resident(&w->areas, w->source, w->why) != 0) return -1;
  for (size_t i = 0; i < w->areas.count; i++) {
    w->areas.area[i].region.first_chunk = chunk;
    chunk += w->areas.area[i].region.chunk_count;
  }
  return 0;
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
  size_t regions = w->areas.count * sizeof(struct image_region),
         chunks = w->memory.chunk_count * sizeof *w->memory.chunk;
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
  at = put(at, w->memory.chunk, chunks);
  put(at, w->section, sections);
  header->tables_offset = w->out.offset;
  header->tables_length = length;
  header->tables_checksum = crc32c(0, tables, length);
  header->region_count = (uint32_t)w->areas.count;
  header->chunk_count = w->memory.chunk_count;
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
  int problem = image_flusher_end(&w->out.flusher);
  if (problem) return image_why(w->why, "cannot write '%s': %s", w->out.path, strerror(problem));
  if (fsync(w->out.fd) != 0) return image_why(w->why, "cannot write '%s': %s", w->out.path, strerror(errno));
  return 0;
}

static int write_all(struct writer *w, struct image_result *result) {
  struct image_header header = {0};
  w->out.offset = sizeof header;
  image_flusher_start(&w->out.flusher, w->out.fd, sizeof header);
  if (write_memory(w) != 0) return -1;
  header.memory_length = w->out.offset - sizeof header;
  if (write_sections(w) != 0 || write_tables(w, &header) != 0 || write_ends(w, &header) != 0) return -1;
  *result = (struct image_result){.file_length = header.file_length,
                                  .memory_length = w->memory.bytes,
                                  .region_count = header.region_count,
                                  .checksum = header.checksum};
  return 0;
}

static int open_output(struct writer *w) {
  w->out.fd = open(w->out.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  return w->out.fd < 0 ? image_why(w->why, "cannot create '%s': %s", w->out.path, strerror(errno)) : 0;
}

static int write_open(struct writer *w, struct image_result *result) {
  if (open_output(w) != 0) return -1;
  int done = write_all(w, result);
  (void)!image_flusher_end(&w->out.flusher); /* where it failed before */
  if (close(w->out.fd) != 0 && done == 0)
    done = image_why(w->why, "cannot close '%s': %s", w->out.path, strerror(errno));
  if (done != 0) unlink(w->out.path);
  return done;
}

int image_write(const struct image_source *source, struct image_result *result, char why[IMAGE_WHY_SIZE]) {
  if (source->section_count > IMAGE_SECTIONS_MAX)
    return image_why(why, "%zu sections are too many", source->section_count);
  if (image_codec_load(source->codec, why) != 0) return -1;
  struct writer *w = calloc(1, sizeof *w);
  if (!w) return image_why(why, "out of memory");
  w->source = source;
  w->why = why;
  w->out.path = source->path;
  w->out.why = why;
  int done = image_areas_read(&w->areas, source, why);
  if (done == 0) done = write_open(w, result);
  image_areas_free(&w->areas);
  image_memory_free(&w->memory);
  free(w);
  return done;
}
