/* The image of a rank: one file that holds its upper half. docs/image-format.md shows one with real numbers.
 *
 *   0        image_header, 4096 bytes; written last, so a torn file has none
 *   4096     contents of memory: the chunks, one after the other, ascending by address; those that are not compressed a whole number of pages
 *            contents of the sections, one after the other
 *   tables   image_region[], image_chunk[], image_section[], then the paths of mapped files, NUL-terminated
 *   footer   image_footer, the last 32 bytes: repeats where the tables are
 *
 * There are no gaps, and each byte is under a checksum (CRC32C): a chunk's and a section's is in the tables, that of the tables is in the
 * header, the header has its own, and the footer must say what the header says. So the header's checksum stands for the whole file.
 *
 * A chunk is what one window of 1 MiB (1 MiB-aligned) of one region holds: `pages` has a bit for each page that is in the file, the lowest
 * bit of pages[0] is the window's first page. A page without a bit is zero. A chunk may be compressed by itself: as an LZ4 block, or as Zstandard
 * frames; it becomes as many pages as have a bit. A chunk may also refer: its pages are in the file that the region maps, where the mapping has
 * them, and only their checksum is here; it comes behind the chunk of the same window that has the others. Little-endian, as x86-64. Header size,
 * place of magic, version and checksum are the same in all versions; anything else may change with IMAGE_VERSION. */
#ifndef MANA_IMAGE_FORMAT_H
#define MANA_IMAGE_FORMAT_H
#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAGIC 0x474d49414e414d8full        /* 8f "MANAIMG" as bytes: not text */
#define IMAGE_FOOTER_MAGIC 0x444e45414e414d8full /* 8f "MANAEND" */
#define IMAGE_PAGE 4096ull
#define IMAGE_WINDOW (1ull << 20)
enum {
  IMAGE_VERSION = 5,
  IMAGE_CPU_WORDS = 8,
  IMAGE_PAGE_WORDS = IMAGE_WINDOW / IMAGE_PAGE / 64,
  IMAGE_SECTIONS_MAX = 1024,
  IMAGE_PATH_SIZE = 4096, /* of a file that chunks refer to, with its NUL */
  IMAGE_WHY_SIZE = 512,
};
enum image_codec { IMAGE_CODEC_NONE, IMAGE_CODEC_LZ4, IMAGE_CODEC_ZSTD, IMAGE_CODEC_COUNT };

/* Whose image it is. Written and read, compared by the caller. */
struct image_identity {
  uint32_t rank, size;           /* in MPI_COMM_WORLD */
  uint64_t epoch;                /* of the checkpoint */
  uint8_t reserved[16];          /* zeros; the manifest, which has the checksum of each image, tells jobs apart */
  uint64_t fingerprint;          /* of the product that wrote it */
  uint64_t cpu[IMAGE_CPU_WORDS]; /* features the program may have found, as the caller encodes them */
};

struct image_header {
  uint64_t magic;
  uint32_t version;
  uint32_t split_abi; /* SPLIT_ABI_VERSION: the image holds those structures */
  struct image_identity identity;
  uint64_t file_length;
  uint64_t memory_length; /* bytes of the chunks in the file */
  uint64_t tables_offset, tables_length;
  uint64_t chunk_count;
  uint32_t region_count, section_count;
  uint32_t tables_checksum;
  uint8_t zero[4096 - 176];
  uint32_t checksum; /* of all before it */
};
_Static_assert(sizeof(struct image_header) == 4096, "one page, no padding");

enum image_region_flag {
  IMAGE_SHARED = 1 << 0, /* MAP_SHARED */
  IMAGE_FILE = 1 << 1,   /* maps a file; a private one is restored as anonymous memory, its contents are in the image */
  IMAGE_GROWS_DOWN = 1 << 2, /* MAP_GROWSDOWN */
  IMAGE_NO_RESERVE = 1 << 3,
  IMAGE_HUGE = 1 << 4, /* madvise(2): advice of the program, given again */
  IMAGE_NO_HUGE = 1 << 5,
  IMAGE_NO_FORK = 1 << 6,
  IMAGE_WIPE_ON_FORK = 1 << 7,
  IMAGE_NO_DUMP = 1 << 8,
  IMAGE_LOCKED = 1 << 9,
  IMAGE_MAY_WRITE = 1 << 10, /* mprotect(PROT_WRITE) would be granted: a shared file was open for writing */
  IMAGE_REGION_FLAGS = (1 << 11) - 1,
};
/* One mapping; ascending by address. */
struct image_region {
  uint64_t start, length;
  uint32_t prot;  /* PROT_READ | PROT_WRITE | PROT_EXEC */
  uint32_t flags; /* enum image_region_flag */
  uint64_t first_chunk, chunk_count;
  uint64_t file_offset;       /* of the mapping: in its file, or in its anonymous shared object */
  uint64_t device, inode;     /* of that; the device for information, it differs between hosts */
  uint64_t file_size;         /* of a file that still had its name, at the checkpoint; else 0 */
  uint32_t path, path_length; /* offset in the paths; 0, 0 = none */
};
_Static_assert(sizeof(struct image_region) == 80, "no padding");

enum image_chunk_flag {
  IMAGE_REFERS = 1 << 0, /* codec none, stored 0; the checksum is of the pages, one after the other */
  IMAGE_CHUNK_FLAGS = (1 << 1) - 1,
};
struct image_chunk {
  uint64_t address;  /* of the window */
  uint64_t offset;   /* in the image */
  uint32_t stored;   /* bytes in the image; codec none: pages set, times 4096; with a codec: fewer */
  uint32_t checksum; /* of the bytes in the image */
  uint32_t codec;    /* enum image_codec */
  uint32_t flags;    /* enum image_chunk_flag */
  uint64_t pages[IMAGE_PAGE_WORDS];
};
_Static_assert(sizeof(struct image_chunk) == 64, "no padding");

struct image_section {
  uint32_t kind;
  uint32_t checksum;
  uint64_t offset, length;
};
_Static_assert(sizeof(struct image_section) == 24, "no padding");

struct image_footer {
  uint64_t tables_offset, tables_length;
  uint32_t tables_checksum, header_checksum;
  uint64_t magic;
};
_Static_assert(sizeof(struct image_footer) == 32, "no padding");

/* [start, end), page-aligned. */
struct image_range {
  uint64_t start, end;
};
#endif
