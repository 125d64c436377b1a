/* For each of the given ELF files, which it maps by their program headers as ld.so would: a line with its name, lines with
 * the address of every prefix FS that the runtime would change, or one line "undecided" with the address where. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_image.h"
#include "say.h"
#include "tls_sites.h"

static uint64_t bias;

static void print_site(void *context, uint64_t prefix) {
  (void)context;
  printf("%llx\n", (unsigned long long)(prefix - bias));
}

static void list(const char *name) {
  struct stat status;
  struct elf_image image;
  uint64_t undecided;
  int fd = open(name, O_RDONLY);
  MUST(fd >= 0 && fstat(fd, &status) == 0);
  const uint8_t *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  MUST(file != MAP_FAILED && elf_image_read(file, PROGRAM_HEAD_SIZE, NULL, &image));
  uint8_t *memory = mmap(NULL, image.high - image.low, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  MUST(memory != MAP_FAILED);
  bias = (uint64_t)(uintptr_t)memory - image.low;
  for (size_t i = 0; i < image.segment_count; i++) {
    const struct elf_segment *segment = &image.segment[i];
    if (segment->map_length == 0) continue;
    MUST(mmap((void *)(uintptr_t)(bias + segment->map_at), segment->map_length, segment->prot & ~PROT_WRITE,
              MAP_PRIVATE | MAP_FIXED, fd, (off_t)segment->file_offset) != MAP_FAILED);
  }
  printf("%s\n", name);
  if (tls_sites_find((const Elf64_Phdr *)(const void *)(file + ((const Elf64_Ehdr *)(const void *)file)->e_phoff),
                     image.header_count, bias, print_site, NULL, &undecided) < 0) {
    printf("undecided %llx\n", (unsigned long long)(undecided - bias));
  }
  MUST(munmap(memory, image.high - image.low) == 0 && munmap((void *)(uintptr_t)file, (size_t)status.st_size) == 0);
  close(fd);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) list(argv[i]);
  return 0;
}
