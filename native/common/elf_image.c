#include "elf_image.h"

#define PAGE 4096ull
#define DOWN(x) ((x) & ~(PAGE - 1))
#define UP(x) DOWN((x) + PAGE - 1)

/* No address a file may ask for lies above this, so sums of two such values cannot wrap. */
#define ADDRESS_MAX 0x7ffffffff000ull

enum { PROT_R = 1, PROT_W = 2, PROT_X = 4 }; /* PROT_READ, PROT_WRITE, PROT_EXEC of man 2 mmap */

/* gcc may turn the loop into a call of memcpy, which every user of this file has. */
static void copy(void *to, const uint8_t *from, size_t n) {
  uint8_t *out = to;
  while (n--) *out++ = *from++;
}

static bool is_elf(const uint8_t *head, size_t size) {
  return size >= SELFMAG && head[0] == ELFMAG0 && head[1] == ELFMAG1 && head[2] == ELFMAG2 && head[3] == ELFMAG3;
}

static bool looks_like_text(const uint8_t *head, size_t size) {
  for (size_t i = 0; i < size && i < 256 && head[i] != '\n'; i++) {
    if (head[i] == 0) return false;
  }
  return size > 0;
}

enum program_kind program_classify(const uint8_t *head, size_t size, const uint8_t *headers) {
  if (size >= 2 && head[0] == '#' && head[1] == '!') return PROGRAM_SCRIPT;
  if (!is_elf(head, size)) return looks_like_text(head, size) ? PROGRAM_TEXT : PROGRAM_UNKNOWN;
  if (size < sizeof(Elf32_Ehdr)) return PROGRAM_MALFORMED;
  Elf64_Ehdr header = {0};
  copy(&header, head, size < sizeof header ? size : sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) return PROGRAM_OTHER_MACHINE;
  struct elf_image image;
  if (!elf_image_read(head, size, headers, &image)) return PROGRAM_MALFORMED;
  if (image.interp_size) return PROGRAM_DYNAMIC;
  return image.type == ET_EXEC ? PROGRAM_STATIC : PROGRAM_SHARED_OBJECT;
}

/* Plans one PT_LOAD. The file pages may hold the beginning of bss, which must read as zero. */
static bool add_segment(struct elf_image *image, const Elf64_Phdr *header) {
  if (header->p_memsz == 0) return true;
  if (image->segment_count == ELF_SEGMENTS_MAX || header->p_filesz > header->p_memsz) return false;
  if (header->p_vaddr > ADDRESS_MAX || header->p_memsz > ADDRESS_MAX || header->p_offset > ADDRESS_MAX) return false;
  if ((header->p_vaddr & (PAGE - 1)) != (header->p_offset & (PAGE - 1))) return false;
  uint64_t file_end = header->p_vaddr + header->p_filesz, memory_end = header->p_vaddr + header->p_memsz;
  uint64_t start = DOWN(header->p_vaddr);
  if (image->segment_count && start < image->high) return false; /* the kernel wants them ascending, too */

  struct elf_segment *segment = &image->segment[image->segment_count++];
  *segment = (struct elf_segment){
      .map_at = start,
      .map_length = header->p_filesz ? UP(file_end) - start : 0,
      .file_offset = DOWN(header->p_offset),
      .prot = (header->p_flags & PF_R ? PROT_R : 0) | (header->p_flags & PF_W ? PROT_W : 0) |
              (header->p_flags & PF_X ? PROT_X : 0),
  };
  segment->anonymous_at = start + segment->map_length;
  segment->anonymous_end = UP(memory_end) > segment->anonymous_at ? UP(memory_end) : segment->anonymous_at;
  if (segment->map_length && memory_end > file_end) {
    segment->zero_at = file_end;
    segment->zero_end = segment->anonymous_at;
  }
  if (image->segment_count == 1) image->low = start;
  image->high = segment->anonymous_end;
  if (header->p_align > image->alignment) image->alignment = header->p_align;
  return true;
}

static bool add_header(struct elf_image *image, const Elf64_Phdr *header, uint64_t headers_offset) {
  switch (header->p_type) {
    case PT_LOAD:
      if (header->p_offset <= headers_offset && headers_offset - header->p_offset < header->p_filesz) {
        image->headers_at = header->p_vaddr + headers_offset - header->p_offset;
      }
      return add_segment(image, header);
    case PT_DYNAMIC:
      image->dynamic_offset = header->p_offset;
      image->dynamic_size = header->p_filesz;
      return true;
    case PT_INTERP:
      image->interp_offset = header->p_offset;
      image->interp_size = header->p_filesz;
      return header->p_filesz > 1 && header->p_filesz <= PROGRAM_HEAD_SIZE;
    case PT_GNU_STACK: image->executable_stack = header->p_flags & PF_X; return true;
    default: return true;
  }
}

static bool read_elf_header(const uint8_t *head, size_t size, Elf64_Ehdr *header) {
  if (!is_elf(head, size) || size < sizeof *header) return false;
  copy(header, head, sizeof *header);
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64) return false;
  if (header->e_type != ET_EXEC && header->e_type != ET_DYN) return false;
  if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0) return false;
  return header->e_phnum <= PROGRAM_HEAD_SIZE / sizeof(Elf64_Phdr) && header->e_phoff <= ADDRESS_MAX;
}

bool elf_headers_apart(const uint8_t *head, size_t size, uint64_t *offset, size_t *length) {
  Elf64_Ehdr header;
  if (!read_elf_header(head, size, &header)) return false;
  *offset = header.e_phoff;
  *length = header.e_phnum * sizeof(Elf64_Phdr);
  return *offset > size || *length > size - *offset;
}

bool elf_image_read(const uint8_t *head, size_t size, const uint8_t *headers, struct elf_image *image) {
  Elf64_Ehdr header;
  uint64_t offset;
  size_t length;
  if (!read_elf_header(head, size, &header) || (!headers && elf_headers_apart(head, size, &offset, &length)))
    return false;
  if (!headers) headers = head + header.e_phoff;
  *image = (struct elf_image){.type = header.e_type,
                              .header_size = header.e_phentsize,
                              .header_count = header.e_phnum,
                              .entry = header.e_entry,
                              .alignment = PAGE};
  for (size_t i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr program;
    copy(&program, headers + i * sizeof program, sizeof program);
    if (!add_header(image, &program, header.e_phoff)) return false;
  }
  bool alignment_is_power = (image->alignment & (image->alignment - 1)) == 0;
  return image->segment_count > 0 && alignment_is_power && image->alignment <= 1ull << 30;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool script_line_read(const uint8_t *head, size_t size, struct script_line *script) {
  size_t length = 0;
  if (size < 2 || head[0] != '#' || head[1] != '!') return false;
  while (2 + length < size && head[2 + length] != '\n' && head[2 + length] != 0) {
    if (length + 1 == sizeof script->line) return false;
    script->line[length] = (char)head[2 + length];
    length++;
  }
  while (length && is_blank(script->line[length - 1])) length--;
  script->line[length] = 0;

  char *at = script->line;
  while (is_blank(*at)) at++;
  if (!*at) return false;
  script->interpreter = at;
  while (*at && !is_blank(*at)) at++;
  script->argument = NULL;
  if (*at) {
    *at++ = 0;
    while (is_blank(*at)) at++;
    script->argument = at;
  }
  return true;
}
