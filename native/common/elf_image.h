/* What a program file is, from its first bytes, and where its segments go. Pure: works on bytes in memory, so it serves
 * the loader, the exec hook of the resident blob and unit tests alike. */
#ifndef MANA_ELF_IMAGE_H
#define MANA_ELF_IMAGE_H
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a file that are read to classify it. The program headers of every linker's output lie within; those of a program that was changed
 * afterwards (patchelf, LLVM BOLT) may lie anywhere, and are then read apart: at most as many bytes. */
#define PROGRAM_HEAD_SIZE 4096

enum program_kind {
  PROGRAM_DYNAMIC,       /* x86-64, loaded by an ld.so: can run split */
  PROGRAM_SCRIPT,        /* starts with #! */
  PROGRAM_STATIC,        /* x86-64 without an interpreter */
  PROGRAM_SHARED_OBJECT, /* as static, but linked with -shared: a library, or a static PIE */
  PROGRAM_OTHER_MACHINE, /* ELF, but of 32 bits or for another processor */
  PROGRAM_MALFORMED,     /* ELF whose headers make no sense, or lie outside the bytes given */
  PROGRAM_TEXT,          /* no known format, but no binary either: shells take it for a script */
  PROGRAM_UNKNOWN,
};

#define ELF_SEGMENTS_MAX 24

struct elf_segment {
  uint64_t map_at, map_length; /* pages of the file to map, relative to the bias; length 0 = none */
  uint64_t file_offset;
  uint64_t zero_at, zero_end;           /* bytes to clear in the last of them: bss that shares its page */
  uint64_t anonymous_at, anonymous_end; /* pages of bss beyond */
  int prot;                             /* PROT_ bits */
};

struct elf_image {
  uint16_t type; /* ET_EXEC or ET_DYN */
  uint16_t header_size, header_count;
  uint64_t entry, headers_at;            /* relative to the bias */
  uint64_t low, high;                    /* page-aligned span, relative to the bias */
  uint64_t alignment;                    /* largest of the segments */
  uint64_t dynamic_offset, dynamic_size; /* in the file; size 0 = no dynamic section */
  uint64_t interp_offset, interp_size;   /* in the file, NUL included; size 0 = none */
  bool executable_stack;
  size_t segment_count;
  struct elf_segment segment[ELF_SEGMENTS_MAX];
};

/* Whether `head`, the first `size` bytes of a file, begins an x86-64 program whose program headers do not all lie within: *length bytes at *offset are to be
 * read, and given to the functions below as `headers`, which else is NULL. */
bool elf_headers_apart(const uint8_t *head, size_t size, uint64_t *offset, size_t *length)
    __attribute__((warn_unused_result));

/* Classifies a file by its first `size` bytes, man 5 elf and man 2 execve. */
enum program_kind program_classify(const uint8_t *head, size_t size, const uint8_t *headers)
    __attribute__((warn_unused_result));

/* Reads the headers of an x86-64 ET_EXEC or ET_DYN file. False: malformed, or not within `size`. */
bool elf_image_read(const uint8_t *head, size_t size, const uint8_t *headers, struct elf_image *image)
    __attribute__((warn_unused_result));

/* A `#!` line: interpreter and at most one argument (everything after the first blanks), as in fs/binfmt_script.c.
 * The strings are NUL-terminated in `line`. False: no interpreter, or the line is longer than `size`. */
struct script_line {
  char line[256];
  const char *interpreter;
  const char *argument; /* NULL = none */
};
bool script_line_read(const uint8_t *head, size_t size, struct script_line *script) __attribute__((warn_unused_result));
#endif
