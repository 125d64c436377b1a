/* mmap, mremap, brk, shared memory: every form works, nothing is overlaid, and address space is used again. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "say.h"

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static void plain(void) {
  char *p = mmap(NULL, 10000, RW, ANON, -1, 0);
  EXPECT(p != MAP_FAILED && p[9999] == 0);
  p[9999] = 1;
  EXPECT(munmap(p, 10000) == 0);
  EXPECT(mmap(NULL, 0, RW, ANON, -1, 0) == MAP_FAILED && errno == EINVAL);
  EXPECT(mmap(NULL, 1ul << 62, RW, ANON, -1, 0) == MAP_FAILED && errno == ENOMEM);
  EXPECT(mmap(NULL, 4096, RW, MAP_PRIVATE, 999, 0) == MAP_FAILED && errno == EBADF);
}

static void fixed(void) {
  char *p = mmap(NULL, 1 << 20, RW, ANON, -1, 0);
  memset(p, 5, 1 << 20);
  EXPECT(mmap(p + 4096, 4096, RW, ANON | MAP_FIXED, -1, 0) == p + 4096);
  EXPECT(p[4095] == 5 && p[4096] == 0 && p[8192] == 5);
  EXPECT(mmap(p, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
  munmap(p + (512 << 10), 512 << 10);
  EXPECT(mmap(p + (512 << 10), 4096, RW, ANON, -1, 0) == p + (512 << 10)); /* a hint is followed where it is free */
  EXPECT(mmap(p, 4096, RW, ANON, -1, 0) != p);                             /* and not where it is taken */
  EXPECT(p[0] == 5);
  char *low = mmap(NULL, 65536, RW, ANON | MAP_32BIT, -1, 0);
  EXPECT(low != MAP_FAILED && (unsigned long)low < 1ul << 31);
  low[0] = 1;
}

static void remap(void) {
  char *p = mmap(NULL, 8192, RW, ANON, -1, 0);
  strcpy(p, "moved");
  char *wall = mmap(p + 8192, 4096, PROT_NONE, ANON | MAP_FIXED_NOREPLACE, -1, 0);
  (void)wall;
  EXPECT(mremap(p, 8192, 1 << 20, 0) == MAP_FAILED && errno == ENOMEM);
  char *q = mremap(p, 8192, 1 << 20, MREMAP_MAYMOVE);
  EXPECT(q != MAP_FAILED && q != p && strcmp(q, "moved") == 0);
  EXPECT(mremap(q, 1 << 20, 4096, 0) == q);
  char *target = mmap(NULL, 4096, RW, ANON, -1, 0);
  EXPECT(mremap(q, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target && strcmp(target, "moved") == 0);
}

static void heap(void) {
  char *start = sbrk(0);
  EXPECT(sbrk(1 << 20) == start);
  memset(start, 7, 1 << 20);
  EXPECT(brk(start) == 0 && sbrk(0) == start);
  EXPECT(sbrk(4096) == start && start[0] == 0); /* given back and zeroed */
  EXPECT(brk(start) == 0);
  char *big = malloc(300 << 20);
  EXPECT(big != NULL);
  big[200 << 20] = 1;
  big = realloc(big, 600 << 20);
  EXPECT(big != NULL && big[200 << 20] == 1);
  free(big);
}

/* 20 TiB of mappings one after another: more than there is room for, if none were used twice. */
static void reuse(void) {
  for (int i = 0; i < 20480; i++) {
    char *p = mmap(NULL, 1ul << 30, RW, ANON | MAP_NORESERVE, -1, 0);
    MUST(p != MAP_FAILED);
    p[0] = 1;
    munmap(p, 1ul << 30);
  }
  SAY("20 TiB mapped in turn");
}

/* The same of what shrinks before it goes, as a large realloc does (40 TiB), and of what must lie low (2 GiB). */
static void reuse_parts(void) {
  for (int i = 0; i < 40960; i++) {
    char *p = mmap(NULL, 1ul << 30, RW, ANON | MAP_NORESERVE, -1, 0);
    MUST(p != MAP_FAILED && mremap(p, 1ul << 30, 4096, 0) == p && munmap(p, 4096) == 0);
  }
  for (int i = 0; i < 2048; i++) {
    char *p = mmap(NULL, 1 << 20, RW, ANON | MAP_32BIT, -1, 0);
    MUST(p != MAP_FAILED && (unsigned long)p < 1ul << 31 && munmap(p, 1 << 20) == 0);
  }
}

static void shared(void) {
  int id = shmget(IPC_PRIVATE, 1 << 20, IPC_CREAT | 0600);
  MUST(id >= 0);
  int *a = shmat(id, NULL, 0), *b = shmat(id, NULL, SHM_RDONLY);
  shmctl(id, IPC_RMID, NULL);
  EXPECT(a != (void *)-1 && b != (void *)-1 && a != b);
  a[1000] = 77;
  EXPECT(b[1000] == 77);
  EXPECT(shmdt(a) == 0 && shmdt(b) == 0);
  EXPECT(shmat(-1, NULL, 0) == (void *)-1 && errno == EINVAL);
  char name[] = "/tmp/mana-runtime-XXXXXX";
  int fd = mkstemp(name);
  MUST(fd >= 0 && ftruncate(fd, 8192) == 0);
  unlink(name);
  char *m = mmap(NULL, 8192, RW, MAP_SHARED, fd, 0);
  strcpy(m + 4096, "in the file");
  char text[12] = "";
  EXPECT(pread(fd, text, 11, 4096) == 11 && strcmp(text, "in the file") == 0);
}

int main(void) {
  plain();
  fixed();
  remap();
  heap();
  reuse();
  reuse_parts();
  shared();
  SAY("done");
  return 0;
}
