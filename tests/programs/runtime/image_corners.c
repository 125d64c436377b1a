/* Memory that the kernel does not give, counts apart, or takes back under the writer's hands. Argument: a folder to write in. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "image_read.h"
#include "image_write.h"
#include "say.h"
#include "split_abi.h"

#define PAGE 4096ull
#define HUGE_PAGE (2ull << 20)
#define SHADOW 0x7fff7000ull /* memory of the address sanitizer begins here */
#define FREED ((char *)0x320000000000ull)
#define FILE_AT ((char *)0x330000000000ull)
#define HUGE_AT ((char *)0x340000000000ull)
enum { PAGES = 16, RW = PROT_READ | PROT_WRITE };

static char path[4096], file_path[4096], why[IMAGE_WHY_SIZE];

static int write_image(void) {
  const struct image_range exclusion = {SHADOW, LOW_HI};
  struct image_source source = {.path = path, .exclusions = &exclusion, .exclusion_count = 1};
  struct image_result result;
  unlink(path);
  return image_write(&source, &result, why);
}
static bool is_whole(void) {
  struct image image;
  bool whole = image_open(path, &image, why) == 0 && image_verify(&image, why) == 0;
  image_close(&image);
  return whole;
}
static char *map(char *at, size_t length, int flags, int fd) {
  char *got = mmap(at, length, RW, flags | MAP_FIXED, fd, 0);
  MUST(got == at || (flags & MAP_HUGETLB));
  return got == at ? at : NULL;
}

/* --- Under the writer's hands: between checksum and write the kernel takes what MADV_FREE has given up -------------------------- */
static bool take_freed;
ssize_t pwritev(int fd, const struct iovec *run, int count, off_t offset) {
  if (take_freed) (void)madvise(FREED, PAGES * PAGE, MADV_DONTNEED);
  return syscall(SYS_pwritev, fd, run, count, offset, 0);
}
/* The kernel collects some pages on each processor before it takes them for freed, as smaps then shows. */
static bool is_lazily_free(void) {
  char line[256], start[32];
  unsigned long size = 0;
  bool here = false;
  FILE *smaps = fopen("/proc/self/smaps", "re");
  snprintf(start, sizeof start, "%lx-", (unsigned long)FREED);
  while (smaps && size == 0 && fgets(line, sizeof line, smaps)) {
    if (strncmp(line, start, strlen(start)) == 0) here = true;
    if (here && sscanf(line, "LazyFree: %lu", &size) == 1) break;
  }
  if (smaps) fclose(smaps);
  return size > 0;
}
static void lazily_freed(void) {
  enum { MORE = 256 };
  map(FREED, PAGES * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  memset(FREED, 'f', PAGES * PAGE);
  for (int tries = 0; tries < 100 && !is_lazily_free(); tries++) {
    MUST(madvise(FREED, PAGES * PAGE, MADV_FREE) == 0);
    char *more = mmap(NULL, MORE * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(more != MAP_FAILED);
    memset(more, 'm', MORE * PAGE);
    MUST(madvise(more, MORE * PAGE, MADV_FREE) == 0 && munmap(more, MORE * PAGE) == 0);
  }
  MUST(is_lazily_free());
  take_freed = true;
  EXPECT(write_image() == 0 && is_whole());
  take_freed = false;
  MUST(munmap(FREED, PAGES * PAGE) == 0);
}

/* --- A file that cannot be read: within it that is an error, behind its end there is nothing ------------------------------------- */
static uint64_t unreadable;
ssize_t pread(int fd, void *to, size_t length, off_t offset) {
  if (unreadable && (uint64_t)offset <= unreadable && unreadable < (uint64_t)offset + length) {
    errno = EIO;
    return -1;
  }
  return syscall(SYS_pread64, fd, to, length, offset);
}
static void unreadable_file(void) {
  int fd = open(file_path, O_CREAT | O_RDWR, 0600);
  MUST(ftruncate(fd, 3 * PAGE) == 0 && pwrite(fd, "data", 4, 2 * PAGE) == 4);
  map(FILE_AT, PAGES * PAGE, MAP_PRIVATE, fd);
  unreadable = (uint64_t)FILE_AT + 3 * PAGE;
  EXPECT(write_image() == 0 && is_whole());
  unreadable = (uint64_t)FILE_AT + 2 * PAGE;
  EXPECT(write_image() != 0 && strstr(why, file_path) && strstr(why, strerror(EIO)));
  MUST(unlink(file_path) == 0); /* now nobody knows where it ends */
  EXPECT(write_image() != 0 && strstr(why, file_path));
  MUST(mprotect(FILE_AT, PAGES * PAGE, PROT_NONE) == 0);
  EXPECT(write_image() == 0);
  unreadable = 0;
  MUST(munmap(FILE_AT, PAGES * PAGE) == 0 && close(fd) == 0);
}

/* --- Huge pages, where the machine has one to give ------------------------------------------------------------------------------- */
static void huge_pages(void) {
  char *at = map(HUGE_AT, HUGE_PAGE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
  if (!at) return;
  at[5 * PAGE] = 'h';
  EXPECT(write_image() == 0);
  MUST(munmap(at, HUGE_PAGE) == 0);
  struct image image;
  EXPECT(image_open(path, &image, why) == 0 && image_verify(&image, why) == 0 && image_map(&image, NULL, 0, why) == 0);
  image_close(&image);
  EXPECT(at[5 * PAGE] == 'h' && at[0] == 0 && at[HUGE_PAGE - 1] == 0);
  MUST(munmap(at, HUGE_PAGE) == 0);
}

/* --- A ring of libaio lies where the kernel puts it ------------------------------------------------------------------------------ */
static void asynchronous(void) {
  unsigned long ring = 0;
  if (syscall(SYS_io_setup, 8, &ring) != 0) return; /* a kernel may be built without */
  EXPECT(write_image() != 0 && strstr(why, "asynchronous I/O"));
  MUST(syscall(SYS_io_destroy, ring) == 0);
}

int main(int argc, char **argv) {
  MUST(argc == 2);
  snprintf(path, sizeof path, "%s/corners.image", argv[1]);
  MUST(realpath(argv[1], file_path));
  strcat(file_path, "/corners.file");
  lazily_freed();
  unreadable_file();
  huge_pages();
  asynchronous();
  unlink(path);
  SAY("done");
  return 0;
}
