/* How fast an image is written and read, beside plain loops over as many bytes in the same folder, in turns. Arguments: folder, MiB of memory,
 * rounds. Prints "NAME VALUE" lines: GB/s of bytes in the file; of bytes of memory where it is compressed. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_codec.h"
#include "image_read.h"
#include "image_write.h"
#include "split_abi.h"

#define MUST(condition)                                                                                                \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      perror(#condition);                                                                                              \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* A quarter of memory is zero but touched, a third of the rest random, the others like text. */
enum { BLOCK = 1 << 20, ZEROS = BLOCK / 4, CONTENT = BLOCK - ZEROS, READ = 4 << 20 };
#define AREA ((uint8_t *)ARENA_PIE)

static char folder[4000], image_path[4096], plain_path[4096], why[IMAGE_WHY_SIZE];
static bool told;              /* not the first round */
static size_t length, content; /* of memory, and of what of it is not zero */
static struct image_result written;

/* Each kind has its own file, made anew in each round: it finds the space that it left, and no disk has to provide more. */
static void name_image(uint32_t codec) {
  snprintf(image_path, sizeof image_path, "%s/speed.%s", folder, image_codec_name(codec));
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *fresh(void *at, size_t bytes) {
  void *got = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
  MUST(got != MAP_FAILED);
  return got;
}

static uint64_t random_word(void) {
  static uint64_t state = 88172645463325252ull;
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static void fill_with_words(char *to, size_t bytes) {
  static const char *const words[] = {"the ", "pressure ", "of ",     "a ",    "cell ",
                                      "is ",  "1.0e-3 ",   "whence ", "0x7f ", "\n"};
  for (size_t at = 0; at + 16 < bytes;) {
    const char *word = words[random_word() % 10];
    at += (size_t)snprintf(to + at, 16, "%s%d ", word, (int)(random_word() % 1000));
  }
}

static void fill(void) {
  fresh(AREA, length);
  for (size_t at = 0; at < length; at += BLOCK) {
    uint64_t *word = (uint64_t *)(AREA + at + ZEROS);
    memset(AREA + at, 0, ZEROS);
    if (at / BLOCK % 3) {
      fill_with_words((char *)word, CONTENT);
    } else {
      for (size_t i = 0; i < CONTENT / 8; i++) word[i] = random_word();
    }
  }
}

static uint32_t checksum(void) {
  uint32_t crc = 0;
  for (size_t at = 0; at < length; at += BLOCK) crc = crc32c(crc, AREA + at, BLOCK);
  return crc;
}

/* What is read next comes from the disk. */
static void forget(const char *path) {
  int fd = open(path, O_RDONLY);
  MUST(fd >= 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 && close(fd) == 0);
}

static double write_plain(void) {
  unlink(plain_path);
  double start = now();
  int fd = open(plain_path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  for (size_t at = 0; at < length; at += BLOCK) MUST(write(fd, AREA + at + ZEROS, CONTENT) == CONTENT);
  MUST(fsync(fd) == 0 && close(fd) == 0);
  return (double)content / (now() - start);
}

static double write_image(uint32_t codec) {
  struct image_source source = {.path = image_path, .codec = codec};
  unlink(image_path);
  double start = now();
  if (image_write(&source, &written, why) != 0) printf("%s\n", why), exit(1);
  return (double)(codec ? length : written.file_length) / (now() - start);
}

static double read_plain(void) {
  forget(plain_path);
  double start = now();
  uint8_t *at = fresh(NULL, content);
  int fd = open(plain_path, O_RDONLY);
  ssize_t got;
  for (size_t i = 0; i < content; i += (size_t)got) MUST((got = read(fd, at + i, READ)) > 0);
  close(fd);
  double seconds = now() - start;
  munmap(at, content);
  return (double)content / seconds;
}

static double read_image(uint32_t codec) {
  struct image image;
  uint32_t before = checksum();
  munmap(AREA, length);
  forget(image_path);
  double start = now();
  bool done = image_open(image_path, &image, why) == 0 && image_verify(&image, why) == 0 &&
              image_map(&image, NULL, 0, why) == 0;
  double seconds = now() - start;
  if (!done) printf("%s\n", why), exit(1);
  image_close(&image);
  if (checksum() != before) printf("the memory is another one\n"), exit(1);
  return (double)(codec ? length : written.file_length) / seconds;
}

static void say(const char *name, double bytes_per_second) {
  if (told) printf("%s %.4f\n", name, bytes_per_second * 1e-9);
  fflush(stdout);
}

static void measure_codec(uint32_t codec) {
  char name[64];
  name_image(codec);
  snprintf(name, sizeof name, "write-%s", image_codec_name(codec));
  say(name, write_image(codec));
  snprintf(name, sizeof name, "read-%s", image_codec_name(codec));
  say(name, read_image(codec));
  snprintf(name, sizeof name, "share-%s", image_codec_name(codec));
  if (told) printf("%s %.4f\n", name, (double)written.file_length / (double)length);
}

/* In turns: the machine has moods. Who goes first changes, too; before come those that do not count: in a virtual machine the first touch of
 * a page costs microseconds, whoever comes first. */
static void measure(int round) {
  name_image(IMAGE_CODEC_NONE);
  (void)write_plain();
  (void)write_image(IMAGE_CODEC_NONE);
  if (round % 2) say("write-plain", write_plain());
  say("write-none", write_image(IMAGE_CODEC_NONE));
  if (round % 2 == 0) say("write-plain", write_plain());
  (void)read_plain();
  (void)read_image(IMAGE_CODEC_NONE);
  if (round % 2) say("read-plain", read_plain());
  say("read-none", read_image(IMAGE_CODEC_NONE));
  if (round % 2 == 0) say("read-plain", read_plain());
  measure_codec(IMAGE_CODEC_LZ4);
  measure_codec(IMAGE_CODEC_ZSTD);
}

int main(int argc, char **argv) {
  MUST(argc == 4);
  length = (size_t)atol(argv[2]) << 20;
  content = length / BLOCK * CONTENT;
  snprintf(folder, sizeof folder, "%s", argv[1]);
  snprintf(plain_path, sizeof plain_path, "%s/speed.plain", folder);
  fill();
  for (int round = 0; round <= atoi(argv[3]); round++) {
    measure(round);
    told = true;
  }
  unlink(plain_path);
  for (uint32_t codec = 0; codec < IMAGE_CODEC_COUNT; codec++) {
    name_image(codec);
    unlink(image_path);
  }
  return 0;
}
