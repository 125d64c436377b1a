/* What the tables of an image may say. Everything follows everything else without gaps, so little is left to be wrong. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "image_file.h"
#include "split_abi.h"

static bool region_is_sound(const struct image_region *region, uint64_t lowest, uint64_t paths_length) {
  uint64_t start = region->start, length = region->length;
  if (start % IMAGE_PAGE || length % IMAGE_PAGE || !length || start < lowest || start + length < start) return false;
  bool low = start < LOW_HI && start + length <= LOW_HI;
  bool arena = split_in_arena(start) && start + length <= ARENA_HI;
  if (!low && !arena) return false;
  if ((region->prot & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXEC)) ||
      (region->flags & ~(uint32_t)IMAGE_REGION_FLAGS)) {
    return false;
  }
  if (region->file_offset % IMAGE_PAGE) return false;
  bool has_path = region->flags & IMAGE_FILE;
  if (region->file_size > (has_path ? (uint64_t)INT64_MAX : 0)) return false;
  return has_path ? (uint64_t)region->path + region->path_length < paths_length : !region->path && !region->path_length;
}

static uint64_t page_count(const struct image_chunk *chunk) {
  uint64_t count = 0;
  for (int i = 0; i < IMAGE_PAGE_WORDS; i++) count += (uint64_t)__builtin_popcountll(chunk->pages[i]);
  return count;
}

/* What is stored as it is has the size of its pages; what is compressed has less, else it would not be; what is referred to has none. */
static bool size_is_sound(const struct image_chunk *chunk) {
  uint64_t length = page_count(chunk) * IMAGE_PAGE;
  if (!length || (chunk->flags & ~(uint32_t)IMAGE_CHUNK_FLAGS) || chunk->codec >= IMAGE_CODEC_COUNT) return false;
  if (chunk->flags & IMAGE_REFERS) return !chunk->stored && chunk->codec == IMAGE_CODEC_NONE;
  if (!chunk->stored) return false;
  return chunk->codec == IMAGE_CODEC_NONE ? chunk->stored == length : chunk->stored < length;
}

static bool bits_are_inside(const struct image_chunk *chunk, const struct image_region *region) {
  for (uint64_t page = 0; page < IMAGE_WINDOW / IMAGE_PAGE; page++) {
    if (!(chunk->pages[page / 64] >> page % 64 & 1)) continue;
    uint64_t address = chunk->address + page * IMAGE_PAGE;
    if (address < region->start || address - region->start >= region->length) return false;
  }
  return true;
}

/* A private mapping, by a full path, of a file that is long enough: each page begins inside it. */
static bool can_refer(const struct image *image, const struct image_region *region, const struct image_chunk *chunk) {
  if (!(chunk->flags & IMAGE_REFERS)) return true;
  if (!(region->flags & IMAGE_FILE) || (region->flags & IMAGE_SHARED)) return false;
  if (image->paths[region->path] != '/' || region->path_length >= IMAGE_PATH_SIZE) return false;
  if (region->file_offset >= region->file_size) return false;
  uint64_t last = IMAGE_WINDOW / IMAGE_PAGE - 1;
  while (!(chunk->pages[last / 64] >> last % 64 & 1)) last--;
  return chunk->address + last * IMAGE_PAGE - region->start < region->file_size - region->file_offset;
}

/* One chunk a window; two where only a part is stored and the rest is referred to. */
static bool follows(const struct image_chunk *chunk, const struct image_chunk *before) {
  if (chunk->address != before->address) return chunk->address > before->address;
  for (int i = 0; i < IMAGE_PAGE_WORDS; i++) {
    if (chunk->pages[i] & before->pages[i]) return false;
  }
  return (chunk->flags & IMAGE_REFERS) && !(before->flags & IMAGE_REFERS);
}

/* The chunks of a region; *offset: where the next may begin. */
static bool chunks_are_sound(const struct image *image, const struct image_region *region, uint64_t *offset) {
  bool in_file = (region->flags & IMAGE_FILE) && (region->flags & IMAGE_SHARED);
  if (region->chunk_count && in_file && !(region->flags & IMAGE_MAY_WRITE)) return false;
  for (uint64_t i = 0; i < region->chunk_count; i++) {
    const struct image_chunk *chunk = &image->chunk[region->first_chunk + i];
    if (chunk->address % IMAGE_WINDOW || (i && !follows(chunk, chunk - 1)) || chunk->offset != *offset) return false;
    if (!size_is_sound(chunk) || !bits_are_inside(chunk, region) || !can_refer(image, region, chunk)) return false;
    *offset += chunk->stored;
  }
  return true;
}

static bool regions_are_sound(const struct image *image, const struct image_header *header, uint64_t paths_length) {
  uint64_t lowest = 0, chunk = 0, offset = sizeof *header;
  for (uint64_t i = 0; i < image->region_count; i++) {
    const struct image_region *region = &image->region[i];
    if (!region_is_sound(region, lowest, paths_length)) return false;
    if (region->first_chunk != chunk || region->chunk_count > image->chunk_count - chunk) return false;
    if (!chunks_are_sound(image, region, &offset)) return false;
    if ((region->flags & IMAGE_FILE) && image->paths[region->path + region->path_length]) return false;
    lowest = region->start + region->length;
    chunk += region->chunk_count;
  }
  return chunk == image->chunk_count && offset == sizeof *header + header->memory_length;
}

static bool sections_are_sound(const struct image *image, const struct image_header *header) {
  uint64_t offset = sizeof *header + header->memory_length;
  for (size_t i = 0; i < image->section_count; i++) {
    const struct image_section *section = &image->section[i];
    if (section->offset != offset || section->length > header->tables_offset - offset) return false;
    for (size_t j = 0; j < i; j++) {
      if (image->section[j].kind == section->kind) return false;
    }
    offset += section->length;
  }
  return offset == header->tables_offset;
}

int image_tables_check(const struct image *image, const struct image_header *header, char *why) {
  uint64_t paths_length = (uint64_t)(image->tables + header->tables_length - (const uint8_t *)image->paths);
  if (sizeof *header + header->memory_length > header->tables_offset) return image_file_damaged(image, "sizes", why);
  if (!regions_are_sound(image, header, paths_length)) return image_file_damaged(image, "table of regions", why);
  if (!sections_are_sound(image, header)) return image_file_damaged(image, "table of sections", why);
  return 0;
}
