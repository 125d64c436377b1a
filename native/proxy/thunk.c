/* A page holds the thunks of consecutive numbers, so it is written once, whole, and then executable and read-only for good: there are
 * no slots to hand out or to take back. Numbers belong to functions and not to ops (core/op.c), so none is ever reused. */
#include "thunk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, THUNK = 32, PER_PAGE = PAGE / THUNK };

/* clang-format off */
static const uint8_t template[THUNK] = {
    0xf3, 0x0f, 0x1e, 0xfa,                   /*  0: endbr64             called through a pointer                     */
    0x41, 0xb8, 0, 0, 0, 0,                   /*  4: mov $NUMBER,%r8d    fifth argument                               */
    0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0,       /* 10: movabs $TARGET,%r11                                              */
    0x41, 0xff, 0xe3,                         /* 20: jmp *%r11           the target returns to the site               */
    0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, /* 23: int3                                                             */
    0xcc, 0xcc,
};
/* clang-format on */
enum { NUMBER_AT = 6, TARGET_AT = 12 };

static void *make_page(px_thunk_target *target, uint32_t first) {
  uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return NULL;
  uint64_t address = (uint64_t)(uintptr_t)target;
  for (uint32_t i = 0; i < PER_PAGE; i++) {
    uint8_t *thunk = page + i * THUNK;
    uint32_t number = first + i;
    memcpy(thunk, template, THUNK);
    memcpy(thunk + NUMBER_AT, &number, sizeof number);
    memcpy(thunk + TARGET_AT, &address, sizeof address);
  }
  if (mprotect(page, PAGE, PROT_READ | PROT_EXEC) == 0) return page;
  munmap(page, PAGE);
  return NULL;
}

void *px_thunk(struct px_thunks *pool, uint32_t number) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  void *thunk = NULL;
  if (number >= PX_THUNKS) return NULL;
  pthread_mutex_lock(&lock);
  if (!pool->pages) pool->pages = calloc(PX_THUNKS / PER_PAGE, sizeof *pool->pages);
  if (pool->pages) {
    void **page = &pool->pages[number / PER_PAGE];
    if (!*page) *page = make_page(pool->target, number / PER_PAGE * PER_PAGE);
    if (*page) thunk = (uint8_t *)*page + number % PER_PAGE * THUNK;
  }
  pthread_mutex_unlock(&lock);
  return thunk;
}
