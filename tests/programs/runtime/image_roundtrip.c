/* The memory of an upper half, made by one process and found again by another. Argument: a folder to write in. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "image_read.h"
#include "image_write.h"
#include "say.h"
#include "split_abi.h"

#define PAGE 4096ull
enum { GUARD_INSTALL = 102 }; /* MADV_GUARD_INSTALL, Linux 6.13 */
#define HEAP (ARENA_BUMP + 0x3000)
#define HEAP_PAGES 1500ull
#define CODE 0x311000000000ull
#define TEXT 0x312000000000ull
#define DATA 0x313000000000ull
#define HIDDEN 0x314000000000ull
#define SHORT_FILE 0x315000000000ull
#define SHARED 0x316000000000ull
#define SHARED_FILE 0x317000000000ull
#define WATCHED_FILE 0x317200000000ull
#define WATCHED 0x317400000000ull
#define CACHE 0x317800000000ull
#define SHARED_FILE_SIZE (2 * PAGE + 100)
#define GUARDED 0x318000000000ull
#define ADVISED 0x319000000000ull
#define GROWS 0x31a000000000ull
#define SPARSE 0x340000000000ull
#define SPARSE_BYTES (64ull << 30)
#define LOW 0x10000000ull
#define SHADOW 0x7fff7000ull /* memory of the address sanitizer begins here */
#define EXCLUDED (TABLE_ADDR + 5 * PAGE)

static char image_path[4096], short_path[4096], shared_path[4096];
static char in_memory[64];
static bool keep_files;
static uint32_t codec;
static const uint64_t sparse_at[] = {0, 7 * PAGE + (32ull << 30), SPARSE_BYTES - PAGE};

/* Every third page stays zero: what is not in the image must read as zero. */
static uint64_t content(uint64_t page, uint64_t address) {
  if (page % 3 == 2) return 0;
  return page % 7 == 1 ? address / PAGE : address * 0x9e3779b97f4a7c15ull; /* easy and hard to compress */
}
static void fill(uint64_t start, uint64_t pages) {
  for (uint64_t page = 0; page < pages; page++) {
    uint64_t *word = (uint64_t *)(start + page * PAGE);
    for (uint64_t i = 0; i < PAGE / 8; i++) word[i] = content(page, (uint64_t)(word + i));
  }
}
static bool filled(uint64_t start, uint64_t pages) {
  for (uint64_t page = 0; page < pages; page++) {
    const uint64_t *word = (const uint64_t *)(start + page * PAGE);
    for (uint64_t i = 0; i < PAGE / 8; i++) {
      if (word[i] != content(page, (uint64_t)(word + i))) return false;
    }
  }
  return true;
}
static void map(uint64_t at, uint64_t length, int prot, int flags, int fd) {
  MUST(mmap((void *)at, length, prot, flags | MAP_FIXED, fd, 0) == (void *)at);
}
enum { OWN = MAP_PRIVATE | MAP_ANONYMOUS, RW = PROT_READ | PROT_WRITE };

static void build_files(void) {
  int fd = open("/proc/self/exe", O_RDONLY);
  map(TEXT, 8 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd); /* never touched */
  map(DATA, 8 * PAGE, RW, MAP_PRIVATE, fd);
  fill(DATA + 2 * PAGE, 2);
  close(fd);
  fd = open(short_path, O_CREAT | O_RDWR, 0600);
  MUST(ftruncate(fd, 8 * PAGE) == 0);
  map(SHORT_FILE, 8 * PAGE, RW, MAP_PRIVATE, fd);
  fill(SHORT_FILE, 2);
  MUST(ftruncate(fd, 3 * PAGE) == 0); /* what lies behind raises SIGBUS */
  close(fd);
  fd = open(shared_path, O_CREAT | O_RDWR, 0600);
  MUST(ftruncate(fd, SHARED_FILE_SIZE) == 0);
  map(SHARED_FILE, 4 * PAGE, RW, MAP_SHARED, fd);
  memset((void *)SHARED_FILE, 'a', PAGE);
  memset((void *)(SHARED_FILE + 2 * PAGE), 'e', SHARED_FILE_SIZE - 2 * PAGE);
  map(WATCHED_FILE, PAGE, PROT_READ, MAP_SHARED, fd);
  close(fd);
  fd = shm_open(in_memory, O_CREAT | O_RDWR, 0600);
  MUST(ftruncate(fd, PAGE) == 0);
  close(fd);
  fd = shm_open(in_memory, O_RDONLY, 0);
  map(WATCHED, PAGE, PROT_READ, MAP_SHARED, fd);
  close(fd);
  fd = open("/proc/self/exe", O_RDONLY);
  map(CACHE, 3 * PAGE, PROT_READ, MAP_SHARED, fd);
  close(fd);
}

static void build(void) {
  static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42,%eax; ret */
  map(TABLE_ADDR, 16 * PAGE, RW, OWN, -1);
  fill(TABLE_ADDR, 16);
  map(HEAP, HEAP_PAGES * PAGE, RW, OWN, -1);
  fill(HEAP, HEAP_PAGES);
  MUST(mprotect((void *)(HEAP + 300 * PAGE), 5 * PAGE, PROT_READ) == 0);
  map(CODE, PAGE, RW, OWN, -1);
  memcpy((void *)CODE, code, sizeof code);
  MUST(mprotect((void *)CODE, PAGE, PROT_READ | PROT_EXEC) == 0);
  map(HIDDEN, 600 * PAGE, RW, OWN, -1);
  fill(HIDDEN + 100 * PAGE, 9);
  MUST(mprotect((void *)HIDDEN, 600 * PAGE, PROT_NONE) == 0);
  map(SHARED, 9 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
  fill(SHARED, 4);
  MUST(mprotect((void *)(SHARED + 3 * PAGE), 3 * PAGE, PROT_READ) == 0);
  map(GUARDED, 4 * PAGE, RW, OWN, -1);
  fill(GUARDED, 4);
  (void)!madvise((void *)(GUARDED + PAGE), PAGE, GUARD_INSTALL); /* an older kernel: an ordinary page */
  map(ADVISED, 4 * PAGE, RW, OWN, -1);
  fill(ADVISED, 4);
  MUST(madvise((void *)ADVISED, 2 * PAGE, MADV_WIPEONFORK) == 0);
  MUST(madvise((void *)(ADVISED + 2 * PAGE), 2 * PAGE, MADV_DONTFORK) == 0);
  map(GROWS, 3 * PAGE, RW, OWN | MAP_GROWSDOWN, -1);
  fill(GROWS, 3);
  map(SPARSE, SPARSE_BYTES, RW, OWN | MAP_NORESERVE, -1);
  for (size_t i = 0; i < 3; i++) fill(SPARSE + sparse_at[i], 1);
  map(LOW, 3 * PAGE, RW, OWN, -1);
  fill(LOW, 3);
  build_files();
}

/* Mappings of the upper half as text, neighbours of one kind joined; flags that a restart keeps with them. */
static void list_mappings(char *out, size_t size) {
  FILE *smaps = fopen("/proc/self/smaps", "r");
  char line[8192], flags[64] = "", access[5], before[80] = "";
  unsigned long from, start = 0, end = 0, joined_start = 0, joined_end = 0;
  size_t at = 0;
  bool upper = false;
  for (*out = 0; fgets(line, sizeof line, smaps);) {
    if (sscanf(line, "%lx-%lx %4s", &from, &end, access) == 3) {
      start = from;
      upper = split_in_arena(start) || start < SHADOW;
    }
    if (!upper || strncmp(line, "VmFlags:", 8) != 0) continue;
    if (start == CACHE) access[3] = 'p'; /* what cannot be written need not be shared */
    snprintf(flags, sizeof flags, "%s%s%s%s%s", access, strstr(line, " wf") ? " wf" : "",
             strstr(line, " dc") ? " dc" : "", strstr(line, " gd") ? " gd" : "", strstr(line, " nr") ? " nr" : "");
    if (start == joined_end && strcmp(flags, before) == 0) {
      joined_end = end;
      continue;
    }
    if (joined_end) at += (size_t)snprintf(out + at, size - at, "%lx-%lx %s\n", joined_start, joined_end, before);
    joined_start = start;
    joined_end = end;
    strcpy(before, flags);
  }
  snprintf(out + at, size - at, "%lx-%lx %s\n", joined_start, joined_end, before);
  fclose(smaps);
}

static void save(char *mappings, size_t size) {
  const struct image_range exclusions[] = {{EXCLUDED, EXCLUDED + 2 * PAGE}, {SHADOW, LOW_HI}};
  const struct image_block sections[] = {{7, "seven", 5}, {9, "", 0}, {3, shared_path, sizeof shared_path}};
  struct image_source source = {
      .path = image_path,
      .identity = {.rank = 3, .size = 8, .epoch = 17, .reserved = "fifteen letters", .fingerprint = 5, .cpu = {1}},
      .sections = sections,
      .section_count = 3,
      .exclusions = exclusions,
      .exclusion_count = 2,
      .codec = codec,
      .program_started = time(NULL) * 1000000000ll};
  struct image_result result;
  struct stat status;
  char why[IMAGE_WHY_SIZE] = "";
  build();
  EXPECT(image_write(&source, &result, why) == 0);
  if (*why) SAY("%s", why);
  EXPECT(stat(image_path, &status) == 0 && (uint64_t)status.st_size == result.file_length &&
         (status.st_mode & 0777) == 0600);
  /* Nothing of the sparse area, nothing of zero pages; less with a codec. */
  EXPECT(result.memory_length > HEAP_PAGES * PAGE * 2 / 3 && result.memory_length < (HEAP_PAGES + 100) * PAGE);
  EXPECT(codec ? result.file_length < result.memory_length * 9 / 10 : result.file_length > result.memory_length);
  EXPECT(image_write(&source, &result, why) != 0 && strstr(why, "File exists") && access(image_path, F_OK) == 0);
  MUST(munmap((void *)EXCLUDED, 2 * PAGE) == 0);
  list_mappings(mappings, size);
}

static bool is_file_content(uint64_t at, uint64_t page) {
  char wanted[PAGE];
  int fd = open("/proc/self/exe", O_RDONLY);
  MUST(pread(fd, wanted, PAGE, (off_t)(page * PAGE)) == (ssize_t)PAGE);
  close(fd);
  return memcmp((void *)(at + page * PAGE), wanted, PAGE) == 0;
}
static bool is_zero(uint64_t at) {
  static const char zero[PAGE];
  return memcmp((void *)at, zero, PAGE) == 0;
}

static void compare_shared(void) {
  static const char mapped_news[2][5] = {"news", "more"};
  EXPECT(filled(SHARED, 4) && is_zero(SHARED + 8 * PAGE));
  pid_t child = fork();
  if (child == 0) {
    *(int *)SHARED = 1;
    *(int *)(SHARED + 8 * PAGE) = 2;
    *(char *)SHARED_FILE = 'b';
    _exit(0);
  }
  waitpid(child, NULL, 0);
  EXPECT(*(int *)SHARED == 1 && *(int *)(SHARED + 8 * PAGE) == 2);
  /* One object still, though its pieces differ in protection: seen again from its start, it reaches to the last page. */
  char *again = mremap((void *)SHARED, 0, 9 * PAGE, MREMAP_MAYMOVE);
  EXPECT(again != MAP_FAILED && *(int *)(again + 8 * PAGE) == 2);
  char byte = 0;
  int fd = open(shared_path, O_RDONLY);
  EXPECT(pread(fd, &byte, 1, 0) == 1 && byte == 'b' && *(char *)WATCHED_FILE == 'b');
  close(fd);
  const char *file = (char *)SHARED_FILE;
  if (keep_files) {
    EXPECT(file[1] == 'x' && file[PAGE] == 'x' && file[SHARED_FILE_SIZE - 1] == 'x');
  } else {
    EXPECT(file[1] == 'a' && is_zero(SHARED_FILE + PAGE) && file[SHARED_FILE_SIZE - 1] == 'e');
  }
  EXPECT(file[SHARED_FILE_SIZE] == 'x' && file[3 * PAGE - 1] == 'x');
  fd = shm_open(in_memory, O_RDWR, 0);
  EXPECT(pwrite(fd, mapped_news[keep_files], 4, 0) == 4 && memcmp((char *)WATCHED, mapped_news[keep_files], 4) == 0);
  close(fd);
  child = fork();
  if (child == 0) _exit(*(int *)ADVISED != 0); /* wiped */
  int status;
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

static void compare(void) {
  EXPECT(filled(TABLE_ADDR, 5) && filled(HEAP, HEAP_PAGES) && filled(LOW, 3) && filled(GROWS, 3) && filled(ADVISED, 4));
  EXPECT(((int (*)(void))CODE)() == 42);
  for (uint64_t page = 0; page < 8; page++) {
    EXPECT(is_file_content(TEXT, page));
    if (page != 2 && page != 3) EXPECT(is_file_content(DATA, page));
    if (page < 3) EXPECT(is_file_content(CACHE, page));
  }
  EXPECT(filled(DATA + 2 * PAGE, 2));
  MUST(mprotect((void *)HIDDEN, 600 * PAGE, RW) == 0);
  EXPECT(is_zero(HIDDEN) && filled(HIDDEN + 100 * PAGE, 9));
  EXPECT(filled(SHORT_FILE, 2));
  for (uint64_t page = 2; page < 8; page++) EXPECT(is_zero(SHORT_FILE + page * PAGE));
  EXPECT(*(uint64_t *)GUARDED && *(uint64_t *)(GUARDED + 3 * PAGE));
  for (size_t i = 0; i < 3; i++) EXPECT(filled(SPARSE + sparse_at[i], 1));
  EXPECT(is_zero(SPARSE + PAGE) && is_zero(SPARSE + (48ull << 30)));
  compare_shared();
}

static void restore(const char *mappings, size_t size) {
  const struct image_range present = {TABLE_ADDR, TABLE_ADDR + 5 * PAGE};
  struct image image;
  char why[IMAGE_WHY_SIZE] = "", *now = malloc(size);
  size_t length = 0;
  /* Written in place since the checkpoint, and grown. */
  static char other[3 * PAGE];
  memset(other, 'x', sizeof other);
  int fd = open(shared_path, O_RDWR);
  MUST(pwrite(fd, other, sizeof other, 0) == (ssize_t)sizeof other);
  close(fd);
  map(present.start, 5 * PAGE, RW, OWN, -1);
  memset((void *)present.start, 0xee, 5 * PAGE);
  EXPECT(image_open(image_path, &image, why) == 0 && image_verify(&image, why) == 0);
  EXPECT(image.identity.rank == 3 && image.identity.size == 8 && image.identity.epoch == 17 &&
         image.identity.cpu[0] == 1);
  EXPECT(strcmp((char *)image.identity.reserved, "fifteen letters") == 0 && image.identity.fingerprint == 5);
  const char *seven = image_section(&image, 7, &length, why);
  EXPECT(seven && length == 5 && memcmp(seven, "seven", 5) == 0);
  EXPECT(image_section(&image, 9, &length, why) && length == 0);
  const char *three = image_section(&image, 3, &length, why);
  EXPECT(three && length == sizeof shared_path && strcmp(three, shared_path) == 0);
  EXPECT(!image_section(&image, 8, &length, why) && strstr(why, "kind 8"));
  *why = 0;
  image.keep_files = keep_files;
  EXPECT(image_map(&image, &present, 1, why) == 0);
  image_close(&image);
  if (*why) SAY("%s", why);
  list_mappings(now, size);
  if (strcmp(now, mappings) != 0) SAY("were:\n%sare:\n%s", mappings, now);
  free(now);
  compare();
}

/* Occupied, replaced: the reason is said. */
static void refused(void) {
  struct image image;
  char why[IMAGE_WHY_SIZE];
  EXPECT(image_open(image_path, &image, why) == 0);
  MUST(truncate(shared_path, 10) == 0);
  EXPECT(image_verify(&image, why) != 0 && strstr(why, "roundtrip.shared") && strstr(why, "shorter"));
  MUST(unlink(shared_path) == 0 && mkfifo(shared_path, 0600) == 0);
  EXPECT(image_verify(&image, why) != 0 && strstr(why, "roundtrip.shared") && strstr(why, "replaced"));
  MUST(unlink(shared_path) == 0);
  EXPECT(image_verify(&image, why) != 0 && strstr(why, "cannot be opened: No such file"));
  EXPECT(image_map(&image, NULL, 0, why) != 0 && strstr(why, "roundtrip.shared"));
  EXPECT(image_map(&image, NULL, 0, why) != 0 && strstr(why, "File exists"));
  image_close(&image);
}

static void in_child(void (*body)(char *, size_t), char *mappings, size_t size) {
  pid_t child = fork();
  if (child == 0) {
    body(mappings, size);
    _exit(0);
  }
  int status;
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
}
static void restore_body(char *mappings, size_t size) {
  restore(mappings, size);
}
static void refused_body(char *mappings, size_t size) {
  (void)mappings, (void)size;
  refused();
}

int main(int argc, char **argv) {
  enum { SIZE = 1 << 16 };
  MUST(argc == 2);
  snprintf(image_path, sizeof image_path, "%s/roundtrip.image", argv[1]);
  snprintf(short_path, sizeof short_path, "%s/roundtrip.short", argv[1]);
  snprintf(shared_path, sizeof shared_path, "%s/roundtrip.shared", argv[1]);
  snprintf(in_memory, sizeof in_memory, "/mana-roundtrip-%d", getpid());
  char *mappings = mmap(NULL, SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (codec = 0; codec < IMAGE_CODEC_COUNT; codec++) {
    unlink(image_path);
    in_child(save, mappings, SIZE);
    for (int keep = 0; keep < 2; keep++) {
      keep_files = keep;
      in_child(restore_body, mappings, SIZE);
    }
    in_child(refused_body, mappings, SIZE);
    unlink(image_path), unlink(short_path), unlink(shared_path), shm_unlink(in_memory);
  }
  SAY("done");
  return 0;
}
