/* Images that refer to files for what the program has not changed of them: written, found again, refused when a file is another one.
 * Argument: a folder to write in. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image_read.h"
#include "image_seal.h"
#include "image_write.h"
#include "split_abi.h"

#define PAGE 4096ull
#define MAPPED                                                                                                         \
  0x311000000000ull /* file pages 1 to 8 of 6.5: 0 untouched, 1 written, 2 zero, 3 read, 4 unreadable, 5 half, then none */
#define GONE 0x312000000000ull
#define REPLACED 0x313000000000ull
#define BIG 0x314000100000ull - 3 * PAGE /* two windows and a bit */
#define SHADOW 0x7fff7000ull             /* memory of the address sanitizer begins here */
enum { FILE_BYTES = 6 * 4096 + 2048, BIG_PAGES = 600, STORED = 1, REFERRED = 2 };

static char image_path[4096], folder[3900], why[IMAGE_WHY_SIZE];
static uint32_t codec;

static const char *in_folder(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/refers.%s", folder, name);
  return path;
}
static char content(uint64_t offset) {
  return offset / PAGE == 3 ? 0 : (char)(offset % 251 + offset / PAGE + 1) | 1;
}
static void make_file(const char *name, uint64_t length) {
  int fd = open(in_folder(name), O_CREAT | O_TRUNC | O_RDWR, 0600);
  for (uint64_t at = 0; at < length; at += PAGE) {
    char page[PAGE];
    for (uint64_t i = 0; i < PAGE; i++) page[i] = content(at + i);
    MUST(pwrite(fd, page, at + PAGE > length ? length - at : PAGE, (off_t)at) > 0);
  }
  close(fd);
}
static char *map(uint64_t at, uint64_t pages, const char *name, uint64_t offset) {
  int fd = open(in_folder(name), O_RDONLY);
  char *got = mmap((void *)at, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, (off_t)offset);
  MUST(fd >= 0 && got == (void *)at && close(fd) == 0);
  return got;
}

static void build(void) {
  static volatile char touched;
  make_file("mapped", FILE_BYTES), make_file("gone", 2 * PAGE), make_file("replaced", 2 * PAGE);
  make_file("big", BIG_PAGES * PAGE);
  char *mapped = map(MAPPED, 8, "mapped", PAGE);
  mapped[PAGE] = content(2 * PAGE); /* its own now, though no byte differs */
  touched = mapped[3 * PAGE];
  MUST(mprotect(mapped + 4 * PAGE, PAGE, PROT_NONE) == 0 && touched);
  map(GONE, 2, "gone", 0);
  MUST(unlink(in_folder("gone")) == 0);
  map(REPLACED, 2, "replaced", 0);
  make_file("new", 2 * PAGE);
  char new[4096];
  strcpy(new, in_folder("new"));
  MUST(rename(new, in_folder("replaced")) == 0);
  char *big = map(BIG, BIG_PAGES, "big", 0);
  memset(big + 10 * PAGE, 'w', PAGE); /* 10 is in the middle of the others of its window */
}

static int write_image(void) {
  const struct image_range exclusion = {SHADOW, LOW_HI};
  struct image_source source = {
      .path = image_path, .exclusions = &exclusion, .exclusion_count = 1, .codec = codec, .refer = true};
  struct image_result result;
  unlink(image_path);
  return image_write(&source, &result, why);
}

/* Where the image has a page: STORED, REFERRED, both (never), or neither (0). */
static int whereabouts(const struct image *image, uint64_t address) {
  int where = 0;
  for (uint64_t i = 0; i < image->chunk_count; i++) {
    const struct image_chunk *chunk = &image->chunk[i];
    if (address - chunk->address >= IMAGE_WINDOW) continue;
    uint64_t page = (address - chunk->address) / PAGE;
    if (chunk->pages[page / 64] >> page % 64 & 1) where |= chunk->flags & IMAGE_REFERS ? REFERRED : STORED;
  }
  return where;
}

static void find_pages(const struct image *image) {
  static const int wanted[8] = {REFERRED, STORED, 0, REFERRED, REFERRED, REFERRED, 0, 0};
  for (uint64_t i = 0; i < 8; i++) EXPECT(whereabouts(image, MAPPED + i * PAGE) == wanted[i]);
  for (uint64_t i = 0; i < 2; i++)
    EXPECT(whereabouts(image, GONE + i * PAGE) == STORED && whereabouts(image, REPLACED + i * PAGE) == STORED);
  for (uint64_t i = 0; i < BIG_PAGES; i++)
    EXPECT(whereabouts(image, BIG + i * PAGE) == (i == 3 ? 0 : i == 10 ? STORED : REFERRED));
}

static bool holds(uint64_t at, uint64_t pages, uint64_t offset, uint64_t end) {
  for (uint64_t i = 0; i < pages * PAGE; i++) {
    if (((char *)at)[i] != (offset + i < end ? content(offset + i) : 0)) return false;
  }
  return true;
}

static void compare(void) {
  MUST(mprotect((void *)(MAPPED + 4 * PAGE), PAGE, PROT_READ) == 0);
  EXPECT(holds(MAPPED, 8, PAGE, FILE_BYTES) && holds(GONE, 2, 0, 2 * PAGE) && holds(REPLACED, 2, 0, 2 * PAGE));
  EXPECT(holds(BIG, 10, 0, 10 * PAGE) && holds(BIG + 11 * PAGE, BIG_PAGES - 11, 11 * PAGE, BIG_PAGES * PAGE));
  EXPECT(*(char *)(BIG + 10 * PAGE) == 'w' && *(char *)(BIG + 11 * PAGE - 1) == 'w');
}

static int moved(char *path, size_t size) {
  char *name = strrchr(path, '/');
  if (strcmp(name, "/refers.mapped") != 0) return 0;
  return snprintf(name, size - (size_t)(name - path), "/refers.elsewhere") > 0;
}

/* What a restart does before it maps. */
static bool is_accepted(int (*move)(char *, size_t)) {
  struct image image;
  bool accepted = image_open(image_path, &image, why) == 0;
  image.moved = move;
  accepted = accepted && image_verify(&image, why) == 0;
  image_close(&image);
  return accepted;
}
static bool is_refused(const char *reason) {
  bool refused = !is_accepted(NULL) && strstr(why, "refers.mapped'") && strstr(why, reason) && strstr(why, "--map");
  if (!refused) SAY("%s", why);
  return refused;
}

static void other_files(void) {
  char file[4096], elsewhere[4096];
  strcpy(elsewhere, in_folder("elsewhere"));
  strcpy(file, in_folder("mapped"));
  int fd = open(file, O_RDWR);
  for (uint64_t page = 0; page < 7;
       page++) { /* what is not referred to may change: 2 the program has changed, 3 is zero */
    off_t at = (off_t)(page * PAGE + 100);
    char good = content((uint64_t)at), bad = good ^ 4;
    MUST(pwrite(fd, &bad, 1, at) == 1);
    EXPECT(page == 0 || page == 2 || page == 3 ? is_accepted(NULL) : is_refused("contents differ"));
    MUST(pwrite(fd, &good, 1, at) == 1);
  }
  EXPECT(ftruncate(fd, FILE_BYTES - 1) == 0 && is_refused("it had 26624 bytes and has 26623"));
  close(fd);
  make_file("mapped", FILE_BYTES);
  EXPECT(truncate(file, FILE_BYTES + PAGE) == 0 && is_accepted(NULL)); /* what it has behind was not mapped */
  EXPECT(truncate(file, FILE_BYTES) == 0);
  EXPECT(is_accepted(NULL) && rename(file, elsewhere) == 0 && is_refused("cannot be opened: No such file"));
  EXPECT(is_accepted(moved));
  EXPECT(mkfifo(file, 0600) == 0 && is_refused("no regular file") && unlink(file) == 0);
  EXPECT(rename(elsewhere, file) == 0 && is_accepted(NULL));
}

/* Each lie about the mapping of `mapped`, with checksums that are right. */
static void lies(void) {
  struct image_header good;
  int fd = open(image_path, O_RDWR);
  MUST(pread(fd, &good, sizeof good, 0) == sizeof good);
  uint8_t *tables = malloc(good.tables_length);
  MUST(pread(fd, tables, good.tables_length, (off_t)good.tables_offset) == (ssize_t)good.tables_length);
  struct image_region *region = (struct image_region *)tables;
  struct image_chunk *chunk = (struct image_chunk *)(region + good.region_count);
  char *path = (char *)(chunk + good.chunk_count); /* there are no sections */
  while (region->start != MAPPED) region++;
  path += region->path;
  chunk += region->first_chunk + 1;
  MUST(chunk->flags == IMAGE_REFERS && chunk[-1].address == chunk->address);
#define LIE(place, lie)                                                                                                \
  do {                                                                                                                 \
    __typeof__(place) kept_ = (place);                                                                                 \
    (place) = (lie);                                                                                                   \
    seal(fd, &good, &good, tables);                                                                                    \
    EXPECT(!is_accepted(NULL) && strstr(why, "damaged"));                                                              \
    (place) = kept_;                                                                                                   \
  } while (0)
  LIE(chunk->flags, IMAGE_REFERS | 2);
  LIE(chunk->flags, 0);
  LIE(chunk->stored, PAGE);
  LIE(chunk->codec, IMAGE_CODEC_LZ4);
  LIE(chunk->offset, chunk->offset + PAGE);
  LIE(chunk->pages[0], chunk->pages[0] | 2); /* stored, too */
  LIE(chunk->pages[1], 1);                   /* behind the region */
  LIE(chunk->pages[0], 0);
  LIE(chunk[-1].flags, IMAGE_REFERS);
  LIE(region->flags, region->flags | IMAGE_SHARED);
  LIE(region->flags, region->flags & ~(uint32_t)IMAGE_FILE);
  LIE(region->file_size, 0);
  LIE(region->file_size, 4 * PAGE); /* the region's fourth page is the file's fifth */
  LIE(region->file_size, 1ull << 63);
  LIE(region->file_offset, region->file_offset + 4 * PAGE);
  LIE(region->file_offset, ~0ull << 12);
  LIE(region->path_length, 0);
  LIE(*path, 'x');
  seal(fd, &good, &good, tables);
  EXPECT(is_accepted(NULL));
  free(tables), close(fd);
}

static void save(void) {
  build();
  if (write_image() != 0) SAY("%s", why);
}
static void restore(void) {
  struct image image;
  EXPECT(image_open(image_path, &image, why) == 0 && image_verify(&image, why) == 0);
  find_pages(&image);
  if (image_map(&image, NULL, 0, why) != 0) SAY("%s", why);
  image_close(&image);
  compare();
}
static void in_child(void (*body)(void)) {
  pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status;
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

int main(int argc, char **argv) {
  MUST(argc == 2 && realpath(argv[1], folder));
  snprintf(image_path, sizeof image_path, "%s/refers.image", folder);
  for (codec = 0; codec < IMAGE_CODEC_COUNT; codec++) {
    in_child(save);
    in_child(restore);
    in_child(other_files);
    in_child(lies);
    unlink(image_path);
    static const char *const files[] = {"mapped", "replaced", "big"};
    for (int i = 0; i < 3; i++) unlink(in_folder(files[i]));
  }
  SAY("done");
  return 0;
}
