#include "mpi_needed.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"
#include "report.h"

/* Where in the file the byte at `address` is; size = nowhere. */
static uint64_t file_offset(const struct elf_image *image, uint64_t address, size_t size) {
  for (size_t i = 0; i < image->segment_count; i++) {
    const struct elf_segment *segment = &image->segment[i];
    if (address < segment->map_at || address - segment->map_at >= segment->map_length) continue;
    uint64_t offset = address - segment->map_at + segment->file_offset;
    return offset < size ? offset : size;
  }
  return size;
}

bool mpi_needed_each(const uint8_t *file, size_t size, const struct elf_image *image,
                     void (*found)(const char *soname, void *context), void *context) {
  uint64_t start = image->dynamic_offset, length = image->dynamic_size, strings = size;
  if (length == 0) return true;
  if (start > size || length > size - start) return false;
  size_t count = length / sizeof(Elf64_Dyn);
  for (int pass = 0; pass < 2; pass++) { /* the string table's address first */
    for (size_t i = 0; i < count; i++) {
      Elf64_Dyn entry;
      memcpy(&entry, file + start + i * sizeof entry, sizeof entry);
      if (entry.d_tag == DT_NULL) break;
      if (pass == 0 && entry.d_tag == DT_STRTAB) strings = file_offset(image, entry.d_un.d_ptr, size);
      if (pass == 0 || entry.d_tag != DT_NEEDED) continue;
      if (strings == size || entry.d_un.d_val >= size - strings) return false;
      const char *name = (const char *)file + strings + entry.d_un.d_val;
      if (!memchr(name, 0, size - strings - entry.d_un.d_val)) return false;
      found(name, context);
    }
  }
  return true;
}

struct families {
  char name[2][128];
  enum mpi_family family[2];
  int count;
};

static void note_family(const char *soname, void *context) {
  struct families *seen = context;
  enum mpi_family family = name_mpi_family(soname);
  if (family == MPI_FAMILY_NONE || seen->count == 2 || (seen->count == 1 && seen->family[0] == family)) return;
  seen->family[seen->count] = family;
  strncpy(seen->name[seen->count], soname, sizeof seen->name[0] - 1);
  seen->count++;
}

void mpi_needed_check(const char *path, const struct elf_image *image) {
  struct stat status;
  struct families seen = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return; /* said by who maps it */
  void *file = fstat(fd, &status) == 0 ? mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  close(fd);
  if (file == MAP_FAILED) return;
  bool sound = mpi_needed_each(file, (size_t)status.st_size, image, note_family, &seen);
  munmap(file, (size_t)status.st_size);
  if (!sound) report_fatal(EXIT_CANNOT_EXECUTE, "build it again", "'%s': its dynamic section is damaged", path);
  for (int i = 0; i < seen.count; i++) {
    if (seen.family[i] == MPI_FAMILY_MPICH || seen.family[i] == MPI_FAMILY_OPENMPI) continue;
    report_fatal(EXIT_CANNOT_EXECUTE,
                 "build it with MPICH 3.1 or newer (libmpi.so.12) or Open MPI 4 or 5 (libmpi.so.40)",
                 "cannot run '%s': it is linked with %s, an MPI ABI that mana does not know", path, seen.name[i]);
  }
  if (seen.count == 2) {
    report_fatal(EXIT_CANNOT_EXECUTE, "link it again with one of them",
                 "cannot run '%s': it is linked to two MPIs, %s and %s", path, seen.name[0], seen.name[1]);
  }
}
