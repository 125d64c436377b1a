/* Memory of every kind: sparse, protected, shared, of files, private and shared, the heap, a stack near its limit; and how the
 * processor rounds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <fenv.h>
#include <malloc.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "story.h"

enum { PAGE = 4096, ISLANDS = 40, BLOCKS = 200, MOST = 8 << 20, LEFT = 192 << 10 };
static const size_t sparse_bytes = (size_t)4 << 30, apart = (size_t)97 << 20;
static uint64_t *sparse, *guarded, *shared, *file, *shared_file, *blocks[BLOCKS];
static volatile double one = 1.0, three = 3.0;

static void *map(size_t bytes, int flags, int descriptor) {
  void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0);
  CHECK(at != MAP_FAILED);
  return at;
}
/* Four pages of a file; what is shared through it keeps the descriptor, as libraries do that map files for others. */
static uint64_t *map_file(const char *name, int flags) {
  char path[64];
  uint64_t page[PAGE / 8];
  snprintf(path, sizeof path, "memory-%s.%d", name, story_rank);
  int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(descriptor >= 0);
  for (int i = 0; i < 4; i++) {
    story_fill(page, PAGE / 8, (uint64_t)i);
    CHECK(write(descriptor, page, PAGE) == PAGE);
  }
  uint64_t *at = map((size_t)4 * PAGE, flags, descriptor);
  if (flags & MAP_PRIVATE) close(descriptor);
  return at;
}
static void make(void) {
  file = map_file("private", MAP_PRIVATE);
  shared_file = map_file("shared", MAP_SHARED);
  file[PAGE / 8] = 4711; /* page 1 is ours now, the others are still the file's */
  sparse = map(sparse_bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  guarded = map((size_t)3 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  shared = map((size_t)2 * PAGE, MAP_SHARED | MAP_ANONYMOUS, -1);
  for (size_t i = 0; i < ISLANDS; i++) sparse[i * apart / 8] = story_word(1, i);
  for (size_t i = 0; i < 3; i++) story_fill(guarded + i * PAGE / 8, PAGE / 8, 50 + i);
  CHECK(mprotect(guarded, PAGE, PROT_NONE) == 0 && mprotect(guarded + PAGE / 8, PAGE, PROT_READ) == 0);
  mallopt(M_MMAP_THRESHOLD, 1 << 30); /* all of the heap by brk */
}

static void verify(int step) {
  for (size_t i = 0; i < ISLANDS; i++) {
    CHECK(sparse[i * apart / 8] == story_word(1, i) + (uint64_t)(i == 3 ? step : 0));
    CHECK(sparse[i * apart / 8 + (size_t)(step + 1) * PAGE] == 0); /* never touched before */
  }
  sparse[3 * apart / 8]++;
  CHECK(story_holds(guarded + PAGE / 8, PAGE / 8, 51) && story_holds(guarded + 2 * PAGE / 8, PAGE / 8, 52));
  if (step % 8 == 7) { /* what is behind closed pages is kept too */
    CHECK(mprotect(guarded, PAGE, PROT_READ) == 0 && story_holds(guarded, PAGE / 8, 50));
    CHECK(mprotect(guarded, PAGE, PROT_NONE) == 0);
  }
  CHECK(shared[0] == (uint64_t)step && shared[PAGE / 8] == 0);
  shared[0]++;
  CHECK(file[0] == story_word(0, 0) && file[PAGE / 8] == 4711 && file[PAGE / 8 + 1] == story_word(1, 1));
  CHECK(story_holds(file + 3 * PAGE / 8, PAGE / 8, 3));
  CHECK(shared_file[1] == story_word(0, 1) + (uint64_t)step && shared_file[PAGE / 8] == story_word(1, 0));
  shared_file[1]++;
  double root = cbrt(27.0 * three * three * three); /* the last bit depends on the rounding */
  CHECK(root > 9.0 - 1e-12 && root < 9.0 + 1e-12);
}
/* A block of the heap is replaced; the others have stayed. */
static void churn(int step) {
  int i = step * 7 % BLOCKS, before = (step - 5) * 7 % BLOCKS;
  size_t words = (size_t)(1000 + i * 50);
  free(blocks[i]);
  blocks[i] = malloc(words * 8);
  CHECK(blocks[i]);
  story_fill(blocks[i], words, (uint64_t)i);
  if (step >= 5) CHECK(story_holds(blocks[before], (size_t)(1000 + before * 50), (uint64_t)before));
}
/* Rounding upwards, exceptions raised and not cleared, denormals flushed: none of them the default. */
static void set_rounding(void) {
  unsigned mxcsr;
  fesetround(FE_UPWARD);
  feraiseexcept(FE_DIVBYZERO);
  __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  mxcsr |= 0x8000;
  __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}
static void verify_rounding(void) {
  unsigned mxcsr;
  unsigned short control;
  __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  __asm__ volatile("fnstcw %0" : "=m"(control));
  CHECK((mxcsr & 0xe000) == 0xc000 && (control & 0xc00) == 0x800 && fetestexcept(FE_DIVBYZERO));
  CHECK(one / three * three > 1.0 || one / three > 0.33333333333333331); /* the upper neighbour */
}

/* What is written to the mapping is in the file, whoever reads it. */
static void verify_file(void) {
  char path[64];
  uint64_t word;
  snprintf(path, sizeof path, "memory-shared.%d", story_rank);
  int descriptor = open(path, O_RDONLY);
  CHECK(descriptor >= 0 && pread(descriptor, &word, 8, 8) == 8 && word == shared_file[1]);
  close(descriptor);
}
/* All steps, with the stack as deep as it gets. */
static __attribute__((noinline)) void all_steps(volatile char *deep, size_t bytes) {
  for (int step = 0; story_goes_on(step); step++) {
    int sum;
    verify(step);
    churn(step);
    verify_rounding();
    if (step % 4 == 3) verify_file();
    for (size_t at = 0; at < bytes; at += PAGE) CHECK(deep[at] == (char)(at / PAGE % 251));
    MPI_Allreduce(&step, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == step * story_size);
  }
}

int main(int argc, char **argv) {
  struct rlimit stack;
  story_begin("memory", &argc, &argv);
  make();
  CHECK(getrlimit(RLIMIT_STACK, &stack) == 0);
  size_t bytes = (stack.rlim_cur < MOST ? stack.rlim_cur : MOST) - LEFT;
  volatile char *deep = __builtin_alloca(bytes);
  for (size_t at = bytes; at-- > 0;)
    if (at % PAGE == 0) deep[at] = (char)(at / PAGE % 251);
  set_rounding();
  all_steps(deep, bytes);
  fesetround(FE_TONEAREST);
  story_add(blocks[0], 800);
  return story_end();
}
