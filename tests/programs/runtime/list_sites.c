/* Prints "offset length" of every system call site in the given ELF file that the runtime would replace. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_image.h"
#include "machine_code.h"
#include "say.h"

static bool wanted(int nr) {
  (void)nr;
  return true;
}

int main(int argc, char **argv) {
  struct stat status;
  struct elf_image image;
  struct code_site site;
  int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
  MUST(fd >= 0 && fstat(fd, &status) == 0);
  const uint8_t *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  MUST(file != MAP_FAILED && elf_image_read(file, PROGRAM_HEAD_SIZE, NULL, &image));
  for (size_t i = 0; i < image.segment_count; i++) {
    const struct elf_segment *segment = &image.segment[i];
    if (!(segment->prot & PROT_EXEC)) continue;
    const uint8_t *text = file + segment->file_offset;
    for (size_t from = 0; code_find_site(text, segment->map_length, from, wanted, &site);
         from = site.at + site.length) {
      printf("%llx %zu\n", (unsigned long long)(segment->map_at + site.at), site.length);
    }
  }
  return 0;
}
