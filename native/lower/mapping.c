#include "mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"
#include "split_abi.h"

#define PAGE 4096ull
#define UP(x) (((x) + PAGE - 1) & ~(PAGE - 1))

static void fail(const char *path, const char *what) {
  report_fatal(EXIT_MANA, NULL, "cannot map '%s': %s: %s", path, what, strerror(errno));
}

static void map_segment(const char *path, int fd, const struct elf_segment *segment, uint64_t bias) {
  void *file_at = (void *)(segment->map_at + bias);
  if (segment->map_length && mmap(file_at, segment->map_length, segment->prot, MAP_PRIVATE | MAP_FIXED, fd,
                                  (off_t)segment->file_offset) == MAP_FAILED) {
    fail(path, "segment");
  }
  /* A read-only segment with bss has nothing to clear that could be written: the kernel skips it, too. */
  if (segment->zero_end > segment->zero_at && (segment->prot & PROT_WRITE)) {
    memset((void *)(segment->zero_at + bias), 0, segment->zero_end - segment->zero_at);
  }
  if (segment->anonymous_end > segment->anonymous_at &&
      mprotect((void *)(segment->anonymous_at + bias), segment->anonymous_end - segment->anonymous_at, segment->prot)) {
    fail(path, "bss");
  }
}

void mapping_load(const char *path, const struct elf_image *image, uint64_t at, struct mapped *mapped) {
  uint64_t bias = image->type == ET_EXEC || split_in_arena(image->low) ? 0 : at - image->low;
  uint64_t start = image->low + bias, length = image->high - image->low;
  if (!split_is_upper(start) || !split_is_upper(start + length - 1)) {
    report_fatal(EXIT_CANNOT_EXECUTE, "link it with -pie",
                 "'%s' is linked at address %#llx, where the lower half lives", path, (unsigned long long)start);
  }
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path, "open");
  void *reserved =
      mmap((void *)start, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (reserved != (void *)start) fail(path, "its addresses");
  for (size_t i = 0; i < image->segment_count; i++) map_segment(path, fd, &image->segment[i], bias);
  close(fd);
  *mapped = (struct mapped){.bias = bias,
                            .entry = image->entry + bias,
                            .headers = image->headers_at + bias,
                            .start = start,
                            .end = start + length};
}

void mapping_steer(const char *path, const struct elf_image *image, const struct mapped *mapped, uint64_t pool_from,
                   long (*patch)(uint64_t, uint64_t, int, uint64_t)) {
  for (size_t i = 0; i < image->segment_count; i++) {
    const struct elf_segment *segment = &image->segment[i];
    if (!(segment->prot & PROT_EXEC) || !(segment->prot & PROT_READ) || !segment->map_length) continue;
    uint64_t length = segment->zero_at ? segment->zero_at - segment->map_at : segment->map_length;
    long got = patch(segment->map_at + mapped->bias, length, segment->prot, pool_from);
    if (got < 0) {
      errno = (int)-got;
      fail(path, "steering its system calls");
    }
    report_verbose("%s: %ld system call sites steered", path, got);
  }
}

/* The number of symbols: DT_HASH says it; with DT_GNU_HASH alone, the last chain of the last bucket ends it. */
static uint64_t count_symbols(const uint32_t *hash, const uint32_t *gnu) {
  if (hash) return hash[1];
  if (!gnu) return 0;
  uint32_t buckets = gnu[0], first = gnu[1], bloom = gnu[2], last = 0;
  const uint32_t *bucket = gnu + 4 + 2 * bloom, *chain = bucket + buckets;
  for (uint32_t i = 0; i < buckets; i++) {
    if (bucket[i] > last) last = bucket[i];
  }
  if (last < first) return first;
  while (!(chain[last - first] & 1)) last++;
  return last + 1;
}

/* `tables`: what is added to the addresses of tables in `dynamic`. */
static uint64_t find_symbol(const Elf64_Dyn *dynamic, uint64_t tables, uint64_t bias, const char *name) {
  const Elf64_Sym *symbols = NULL;
  const char *strings = NULL;
  const uint32_t *hash = NULL, *gnu = NULL;
  for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
    uint64_t at = dynamic->d_un.d_ptr + tables;
    if (dynamic->d_tag == DT_SYMTAB) symbols = (const Elf64_Sym *)at;
    if (dynamic->d_tag == DT_STRTAB) strings = (const char *)at;
    if (dynamic->d_tag == DT_HASH) hash = (const uint32_t *)at;
    if (dynamic->d_tag == DT_GNU_HASH) gnu = (const uint32_t *)at;
  }
  if (!symbols || !strings) return 0;
  for (uint64_t i = 0, n = count_symbols(hash, gnu); i < n; i++) {
    if (symbols[i].st_shndx != SHN_UNDEF && strcmp(strings + symbols[i].st_name, name) == 0) {
      return symbols[i].st_value + bias;
    }
  }
  return 0;
}

uint64_t mapping_loaded_symbol(const Elf64_Dyn *dynamic, uint64_t bias, const char *name) {
  return find_symbol(dynamic, 0, bias, name);
}

uint64_t mapping_symbol(uint64_t header, const char *name) {
  const Elf64_Ehdr *elf = (const Elf64_Ehdr *)header;
  const Elf64_Phdr *program = (const Elf64_Phdr *)(header + elf->e_phoff);
  const Elf64_Dyn *dynamic = NULL;
  uint64_t bias = 0;
  for (int i = elf->e_phnum - 1; i >= 0; i--) {
    if (program[i].p_type == PT_LOAD) bias = header - program[i].p_vaddr; /* of the first, in the end */
  }
  for (int i = 0; i < elf->e_phnum; i++) {
    if (program[i].p_type == PT_DYNAMIC) dynamic = (const Elf64_Dyn *)(program[i].p_vaddr + bias);
  }
  return find_symbol(dynamic, bias, bias, name);
}
