/* Each damage to an image is found before anything is mapped. Argument: a folder to write in. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_read.h"
#include "image_seal.h"
#include "image_write.h"
#include "say.h"
#include "split_abi.h"

#define PAGE 4096ull
#define SHADOW 0x7fff7000ull /* memory of the address sanitizer begins here */

static char path[4096], why[IMAGE_WHY_SIZE];
static uint32_t codec;
static uint64_t random_state = 88172645463325252ull;
static uint64_t random_number(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  return random_state ^= random_state << 17;
}

/* --- checksums ------------------------------------------------------------------------------------------------------- */
static uint32_t bit_by_bit(const uint8_t *at, size_t length) {
  uint32_t crc = ~0u;
  while (length--) {
    crc ^= *at++;
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}
static void checksums(void) {
  static uint8_t data[40000];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)random_number();
  EXPECT(crc32c(0, "123456789", 9) == 0xe3069283 && crc32c_by_table(0, "123456789", 9) == 0xe3069283);
  for (int i = 0; i < 300; i++) {
    size_t start = random_number() % 64, length = random_number() % (sizeof data - start),
           cut = random_number() % (length + 1);
    uint32_t wanted = bit_by_bit(data + start, length);
    EXPECT(crc32c(0, data + start, length) == wanted && crc32c_by_table(0, data + start, length) == wanted);
    EXPECT(crc32c(crc32c(0, data + start, cut), data + start + cut, length - cut) == wanted);
  }
}

/* --- a host without the libraries; first, for what was loaded stays --------------------------------------------------- */
static bool hidden;
void *dlopen(const char *file, int flags) {
  static void *(*real)(const char *, int);
  if (hidden) return NULL;
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
  return real(file, flags);
}
static int write_image(void);
static void missing(uint32_t which, const char *library, const char *package) {
  codec = which;
  hidden = true;
  EXPECT(write_image() != 0 && strstr(why, library) && strstr(why, package) && access(path, F_OK) != 0);
  hidden = false;
}
/* The child reads what a host with the library has written. */
static void missing_at_restart(const char *library) {
  int ready[2], status;
  MUST(pipe(ready) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct image image;
    char byte;
    hidden = true;
    EXPECT(read(ready[0], &byte, 1) == 1 && image_open(path, &image, why) != 0 && strstr(why, library));
    _exit(0);
  }
  EXPECT(write_image() == 0 && write(ready[1], "", 1) == 1);
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
  unlink(path), close(ready[0]), close(ready[1]);
}

/* --- an image of a few hundred KB, and what is wrong with it --------------------------------------------------------- */
static int write_image(void) {
  const struct image_range exclusion = {SHADOW, LOW_HI};
  static const char text[] = "a section's contents";
  const struct image_block sections[] = {{1, text, sizeof text}, {2, text, 3}};
  struct image_source source = {.path = path,
                                .sections = sections,
                                .section_count = 2,
                                .exclusions = &exclusion,
                                .exclusion_count = 1,
                                .codec = codec,
                                .refer = true};
  struct image_result result;
  return image_write(&source, &result, why);
}

static void build(void) {
  for (uint64_t i = 0; i < 5; i++) {
    uint64_t start = ARENA_BUMP + i * (3ull << 20), *word = (uint64_t *)start;
    int prot = PROT_READ | PROT_WRITE;
    MUST(mmap(word, 2 << 20, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == word);
    for (uint64_t page = 0; page < 20; page++) word[random_number() % 512 * 512] = random_number();
  }
  void *mapped = (void *)0x340000000000ull;
  int fd = open("/proc/self/exe", O_RDONLY);
  MUST(mmap(mapped, 8 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == mapped && close(fd) == 0);
}

/* What a restart does before it maps. */
static bool is_accepted(void) {
  struct image image;
  bool accepted = image_open(path, &image, why) == 0 && image_verify(&image, why) == 0;
  image_close(&image);
  return accepted;
}

static bool flip_is_found(int fd, uint64_t offset) {
  uint8_t byte, flipped;
  MUST(pread(fd, &byte, 1, (off_t)offset) == 1);
  flipped = byte ^ (uint8_t)(1 + random_number() % 255);
  MUST(pwrite(fd, &flipped, 1, (off_t)offset) == 1);
  bool accepted = is_accepted();
  MUST(pwrite(fd, &byte, 1, (off_t)offset) == 1);
  return !accepted && strstr(why, path);
}

static void flips(int fd, const struct image_header *header) {
  uint64_t length = header->file_length;
  for (uint64_t i = 0; !codec && i < 4096; i++) EXPECT(flip_is_found(fd, i));
  for (uint64_t i = 4096 + header->memory_length; i < length; i++) EXPECT(flip_is_found(fd, i)); /* all but memory */
  for (int i = 0; i < 200; i++) EXPECT(flip_is_found(fd, random_number() % length));
  for (uint64_t i = 0; codec && i < header->memory_length; i++)
    EXPECT(flip_is_found(fd, 4096 + i)); /* all of it is small */
  EXPECT(is_accepted());
}

/* Compressed chunks that say of themselves that they become a page more or less, or whose bytes are none that a codec makes: all checksums
 * are right. */
static void sizes_lie(int fd, const struct image_header *good) {
  uint8_t *tables = malloc(good->tables_length), stored[4096];
  MUST(pread(fd, tables, good->tables_length, (off_t)good->tables_offset) == (ssize_t)good->tables_length);
  struct image_chunk *chunk = (struct image_chunk *)(tables + good->region_count * sizeof(struct image_region));
  while (chunk->codec == IMAGE_CODEC_NONE) chunk++;
  struct image_chunk kept = *chunk;
  chunk->pages[0] ^= chunk->pages[0] & -chunk->pages[0];
  seal(fd, good, good, tables);
  EXPECT(!is_accepted() && strstr(why, "damaged"));
  *chunk = kept;
  chunk->pages[0] |= ~chunk->pages[0] & (chunk->pages[0] + 1);
  seal(fd, good, good, tables);
  EXPECT(!is_accepted() && strstr(why, "damaged"));
  for (int i = 0; i < 300; i++) {
    *chunk = kept;
    MUST(chunk->stored <= sizeof stored &&
         pread(fd, stored, chunk->stored, (off_t)chunk->offset) == (ssize_t)chunk->stored);
    uint8_t *at = &stored[i < 100 ? i % 16 : (int)(random_number() % chunk->stored)];
    *at ^= (uint8_t)(1 + random_number() % 255);
    chunk->checksum = crc32c(0, stored, chunk->stored);
    MUST(pwrite(fd, stored, chunk->stored, (off_t)chunk->offset) == (ssize_t)chunk->stored);
    seal(fd, good, good, tables);
    (void)is_accepted(); /* what is decoded may be of the right size; the sanitizers look on */
  }
  free(tables);
}

/* A checksum says that a table was not hit by accident, not that it makes sense: with the checksums made right again, tables of random
 * contents must still lead nowhere outside the image. The sanitizers look on. */
static void lies(int fd, const struct image_header *good) {
  uint8_t *tables = malloc(good->tables_length), *copy = malloc(good->tables_length);
  MUST(pread(fd, tables, good->tables_length, (off_t)good->tables_offset) == (ssize_t)good->tables_length);
  for (int i = 0; i < 2000; i++) {
    struct image_header header = *good;
    memcpy(copy, tables, good->tables_length);
    if (i % 4) copy[random_number() % good->tables_length] ^= (uint8_t)(1 << random_number() % 8);
    if (i % 4 == 0) ((uint8_t *)&header)[random_number() % 160] ^= (uint8_t)(1 << random_number() % 8);
    seal(fd, good, &header, copy);
    (void)is_accepted();
  }
  free(tables);
  free(copy);
}

static void cuts(int fd, uint64_t length) {
  EXPECT(ftruncate(fd, (off_t)length + 1) == 0 && !is_accepted());
  EXPECT(ftruncate(fd, (off_t)length) == 0 && is_accepted());
  uint64_t cut = length - 1;
  for (int i = 0; i < 50; i++) {
    EXPECT(ftruncate(fd, (off_t)cut) == 0 && !is_accepted() && strstr(why, path));
    cut -= i < 40 ? random_number() % (cut / 10 + 1) : cut / 3;
  }
  EXPECT(ftruncate(fd, 0) == 0 && !is_accepted());
}

/* --- writing that fails leaves nothing ------------------------------------------------------------------------------- */
static void no_space(void) {
  struct rlimit limit, none;
  MUST(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  none = limit;
  none.rlim_cur = 50000;
  signal(SIGXFSZ, SIG_IGN);
  MUST(setrlimit(RLIMIT_FSIZE, &none) == 0);
  EXPECT(write_image() != 0 && strstr(why, path) && strstr(why, strerror(EFBIG)) && access(path, F_OK) != 0);
  MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  char *end = strrchr(path, '/');
  memcpy(end, "/\0", 2); /* a folder is no file */
  EXPECT(write_image() != 0 && !is_accepted());
  memcpy(end, "/d", 2);
}

/* What could not be restored is refused by name, and no file is left. */
static bool is_refused(const char *reason) {
  bool refused = write_image() != 0 && strstr(why, reason) && access(path, F_OK) != 0;
  if (!refused) SAY("%s", why);
  return refused;
}
static void refusals(const char *folder) {
  char name[4200];
  void *at = (void *)0x320000000000ull, *again = (void *)0x330000000000ull;
  snprintf(name, sizeof name, "%s/damage.shared", folder);
  int fd = open(name, O_CREAT | O_RDWR, 0600);
  MUST(ftruncate(fd, PAGE) == 0 && unlink(name) == 0);
  MUST(mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == at);
  EXPECT(is_refused("damage.shared"));
  MUST(mmap(at, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
  MUST(mremap(at, 0, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, again) == again);
  EXPECT(is_refused("0x330000000000"));
  MUST(munmap(at, 2 * PAGE) == 0 && munmap(again, 2 * PAGE) == 0);
}

static void damage(void) {
  struct stat status;
  struct image_header header;
  if (write_image() != 0) SAY("%s", why);
  int fd = open(path, O_RDWR);
  MUST(fd >= 0 && fstat(fd, &status) == 0 && pread(fd, &header, sizeof header, 0) == sizeof header);
  uint64_t length = (uint64_t)status.st_size;
  EXPECT(length == header.file_length);
  flips(fd, &header);
  cuts(fd, length);
  unlink(path);
  close(fd);
  MUST(write_image() == 0);
  fd = open(path, O_RDWR);
  lies(fd, &header);
  close(fd);
  unlink(path);
  if (!codec) return;
  MUST(write_image() == 0);
  fd = open(path, O_RDWR);
  sizes_lie(fd, &header);
  close(fd);
  unlink(path);
}

int main(int argc, char **argv) {
  MUST(argc == 2);
  snprintf(path, sizeof path, "%s/damage.image", argv[1]);
  unlink(path);
  checksums();
  build();
  no_space();
  refusals(argv[1]);
  missing(IMAGE_CODEC_LZ4, "liblz4.so.1", "liblz4-1");
  missing_at_restart("liblz4.so.1");
  missing(IMAGE_CODEC_ZSTD, "libzstd.so.1", "libzstd1");
  missing_at_restart("libzstd.so.1");
  for (codec = 0; codec < IMAGE_CODEC_COUNT; codec++) damage();
  SAY("done");
  return 0;
}
