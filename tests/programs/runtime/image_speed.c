/* How fast an image is written and read, beside plain loops over the same bytes in the same folder. Arguments: folder, MiB. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crc32c.h"
#include "image_read.h"
#include "image_write.h"
#include "say.h"
#include "split_abi.h"

enum { ROUNDS = 5, BLOCK = 4 << 20 };
#define AREA ((uint8_t *)ARENA_PIE)

static char image_path[4096], plain_path[4096], why[IMAGE_WHY_SIZE];
static size_t length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static double rate(double since) {
  return (double)length / (now() - since) * 1e-9;
}

static void stop(void) {
  SAY("%s", why);
  exit(1);
}

static void *fresh(void *at) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0);
  void *got = mmap(at, length, PROT_READ | PROT_WRITE, flags, -1, 0);
  MUST(got != MAP_FAILED);
  return got;
}

static double write_plain(void) {
  unlink(plain_path);
  double start = now();
  int fd = open(plain_path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  for (size_t at = 0; at < length; at += BLOCK) MUST(write(fd, AREA + at, BLOCK) == BLOCK);
  MUST(fsync(fd) == 0 && close(fd) == 0);
  return rate(start);
}
static double write_image(void) {
  struct image_source source = {.path = image_path};
  struct image_result result;
  unlink(image_path);
  double start = now();
  if (image_write(&source, &result, why) != 0) stop();
  return rate(start);
}
static double read_plain(void) {
  double start = now();
  uint8_t *at = fresh(NULL);
  int fd = open(plain_path, O_RDONLY);
  for (size_t i = 0; i < length; i += BLOCK) MUST(read(fd, at + i, BLOCK) == BLOCK);
  close(fd);
  double result = rate(start);
  munmap(at, length);
  return result;
}
static double verify_image(void) {
  struct image image;
  double start = now();
  if (image_open(image_path, &image, why) != 0 || image_verify(&image, why) != 0) stop();
  image_close(&image);
  return rate(start);
}
static double map_image(void) {
  struct image image;
  munmap(AREA, length);
  if (image_open(image_path, &image, why) != 0) stop();
  double start = now();
  if (image_map(&image, NULL, 0, why) != 0) stop();
  double result = rate(start);
  image_close(&image);
  return result;
}
static double checksum(void) {
  double start = now();
  uint32_t crc = 0;
  for (size_t at = 0; at < length; at += 1 << 20) crc = crc32c(crc, AREA + at, 1 << 20);
  return crc ? rate(start) : 0;
}

static void measure(const char *what, double (*body)(void), double (*plain)(void)) {
  double best = 0, best_plain = 0, sum = 0, sum_plain = 0;
  for (int i = 0; i < ROUNDS; i++) { /* taking turns: the machine has moods */
    double one = plain ? plain() : 0, other = body();
    if (one > best_plain) best_plain = one;
    if (other > best) best = other;
    sum += 1 / other;
    sum_plain += one ? 1 / one : 0;
  }
  double mean = ROUNDS / sum, mean_plain = sum_plain > 0 ? ROUNDS / sum_plain : 0;
  SAY("%-8s best %5.2f GB/s, mean %5.2f; plain best %5.2f, mean %5.2f; ratio of best %4.2f, of mean %4.2f", what, best,
      mean, best_plain, mean_plain, best_plain > 0 ? best / best_plain : 0, mean_plain > 0 ? mean / mean_plain : 0);
}

int main(int argc, char **argv) {
  MUST(argc == 3);
  length = (size_t)atol(argv[2]) << 20;
  snprintf(image_path, sizeof image_path, "%s/speed.image", argv[1]);
  snprintf(plain_path, sizeof plain_path, "%s/speed.plain", argv[1]);
  uint64_t *word = fresh(AREA);
  for (size_t i = 0; i < length / 8; i++) word[i] = i * 0x9e3779b97f4a7c15ull | 1;
  measure("checksum", checksum, NULL);
  measure("write", write_image, write_plain);
  measure("verify", verify_image, read_plain);
  measure("map", map_image, read_plain);
  unlink(image_path), unlink(plain_path);
  return 0;
}
