#include "image_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_codec.h"
#include "image_file.h"
#include "image_stage.h"
#include "image_why.h"
#include "split_abi.h"

int image_file_damaged(const struct image *image, const char *part, char *why) {
  return image_why(why, "the image '%s' is damaged (%s); restart from another checkpoint", image->path, part);
}

int image_file_read(const struct image *image, void *data, size_t length, uint64_t offset, char *why) {
  for (uint8_t *at = data; length;) {
    ssize_t got = pread(image->fd, at, length, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return image_why(why, "cannot read '%s': %s", image->path, strerror(errno));
    if (got == 0) return image_file_damaged(image, "it ends too early", why);
    at += got;
    offset += (uint64_t)got;
    length -= (size_t)got;
  }
  return 0;
}

static int open_file(struct image *image, uint64_t *length, char *why) {
  struct stat status;
  image->fd = open(image->path, O_RDONLY | O_CLOEXEC);
  if (image->fd < 0) return image_why(why, "cannot open the image '%s': %s", image->path, strerror(errno));
  if (fstat(image->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return image_why(why, "'%s' is no regular file", image->path);
  }
  *length = (uint64_t)status.st_size;
  image->owner = status.st_uid;
  return 0;
}

/* Sizes that follow from each other, so that none is believed beyond the file's real length. */
static bool sizes_are_sound(const struct image_header *header, uint64_t length) {
  uint64_t rest = length - sizeof *header - sizeof(struct image_footer);
  if (header->file_length != length || header->tables_length > rest || header->memory_length > rest) return false;
  if (header->tables_offset != sizeof *header + rest - header->tables_length) return false;
  if (header->section_count > IMAGE_SECTIONS_MAX || header->chunk_count > rest / sizeof(struct image_chunk))
    return false;
  uint64_t fixed = header->region_count * sizeof(struct image_region) +
                   header->chunk_count * sizeof(struct image_chunk) +
                   header->section_count * sizeof(struct image_section);
  return fixed <= header->tables_length;
}

static int read_header(struct image *image, struct image_header *header, char *why) {
  uint64_t length = 0;
  if (open_file(image, &length, why) != 0) return -1;
  if (length < sizeof *header + sizeof(struct image_footer)) {
    return image_why(why, "'%s' is too short for an image", image->path);
  }
  if (image_file_read(image, header, sizeof *header, 0, why) != 0) return -1;
  if (header->magic != IMAGE_MAGIC) {
    return image_why(why, "'%s' is no image, or its writing was broken off; restart from another checkpoint",
                     image->path);
  }
  if (crc32c(0, header, offsetof(struct image_header, checksum)) != header->checksum) {
    return image_file_damaged(image, "header", why);
  }
  if (header->version != IMAGE_VERSION || header->split_abi != SPLIT_ABI_VERSION) {
    return image_why(why,
                     "the image '%s' is of format %u.%u, this mana reads %u.%u; restart with the mana that wrote it",
                     image->path, header->version, header->split_abi, IMAGE_VERSION, SPLIT_ABI_VERSION);
  }
  return sizes_are_sound(header, length) ? 0 : image_file_damaged(image, "sizes", why);
}

static int check_footer(const struct image *image, const struct image_header *header, char *why) {
  struct image_footer footer, wanted = {.tables_offset = header->tables_offset,
                                        .tables_length = header->tables_length,
                                        .tables_checksum = header->tables_checksum,
                                        .header_checksum = header->checksum,
                                        .magic = IMAGE_FOOTER_MAGIC};
  if (image_file_read(image, &footer, sizeof footer, header->file_length - sizeof footer, why) != 0) return -1;
  return memcmp(&footer, &wanted, sizeof footer) == 0 ? 0 : image_file_damaged(image, "footer", why);
}

static int read_tables(struct image *image, const struct image_header *header, char *why) {
  uint8_t *at = image->tables = malloc(header->tables_length + 1);
  if (!at) return image_why(why, "out of memory for the tables of '%s'", image->path);
  if (image_file_read(image, at, header->tables_length, header->tables_offset, why) != 0) return -1;
  at[header->tables_length] = 0;
  if (crc32c(0, at, header->tables_length) != header->tables_checksum) return image_file_damaged(image, "tables", why);
  image->region = (const struct image_region *)at;
  image->chunk = (const struct image_chunk *)(image->region + header->region_count);
  image->section = (const struct image_section *)(image->chunk + header->chunk_count);
  image->paths = (const char *)(image->section + header->section_count);
  image->region_count = header->region_count;
  image->chunk_count = header->chunk_count;
  image->section_count = header->section_count;
  return image_tables_check(image, header, why);
}

/* Whatever reads a chunk later may rely on it. */
static int load_codecs(const struct image *image, char *why) {
  for (uint64_t i = 0; i < image->chunk_count; i++) {
    uint32_t codec = image->chunk[i].codec;
    if ((!i || codec != image->chunk[i - 1].codec) && image_codec_load(codec, why) != 0) return -1;
  }
  return 0;
}

int image_open(const char *path, struct image *image, char why[IMAGE_WHY_SIZE]) {
  struct image_header header;
  *image = (struct image){.fd = -1, .path = strdup(path)};
  if (!image->path) return image_why(why, "out of memory");
  if (read_header(image, &header, why) != 0 || check_footer(image, &header, why) != 0) return -1;
  image->identity = header.identity;
  image->file_length = header.file_length;
  image->checksum = header.checksum;
  return read_tables(image, &header, why) != 0 ? -1 : load_codecs(image, why);
}

void image_close(struct image *image) {
  for (size_t i = 0; i < IMAGE_SECTIONS_MAX; i++) free(image->section_data[i]);
  image_stages_free(image);
  if (image->fd >= 0) close(image->fd);
  free(image->tables);
  free(image->path);
  *image = (struct image){.fd = -1};
}

const void *image_section(struct image *image, uint32_t kind, size_t *length, char why[IMAGE_WHY_SIZE]) {
  size_t at = 0;
  while (at < image->section_count && image->section[at].kind != kind) at++;
  if (at == image->section_count) {
    return image_why(why, "the image '%s' has no section of kind %u", image->path, kind), NULL;
  }
  const struct image_section *section = &image->section[at];
  *length = section->length;
  if (image->section_data[at]) return image->section_data[at];
  void *data = malloc(section->length + 1);
  if (!data) return image_why(why, "out of memory for a section of '%s'", image->path), NULL;
  int done = image_file_read(image, data, section->length, section->offset, why);
  if (done == 0 && crc32c(0, data, section->length) != section->checksum) {
    done = image_file_damaged(image, "section", why);
  }
  if (done != 0) return free(data), NULL;
  return image->section_data[at] = data;
}
