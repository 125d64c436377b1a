/* System calls by instructions of the program's own, which only --syscalls=dispatch steers: memory that is mapped so must be there after a restart,
 * on all threads. */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "../programs/runtime/inline_call.h"
#include "story.h"

enum { BLOCKS = 16, BYTES = 1 << 16, WORDS = BYTES / 8 };
static int over;

static uint64_t *map(void) {
  long at = inline_call(SYS_mmap, 0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(at > 0);
  return (uint64_t *)at;
}
static void unmap(uint64_t *block) {
  CHECK(inline_call(SYS_munmap, (long)block, BYTES, 0, 0, 0, 0) == 0);
}

/* Maps, sleeps and looks, each by its own instruction. */
static void *beside(void *unused) {
  const struct timespec rest = {.tv_nsec = 3000000};
  for (uint64_t round = 0; !__atomic_load_n(&over, __ATOMIC_ACQUIRE); round++) {
    uint64_t *block = map();
    story_fill(block, WORDS, round);
    CHECK(inline_call(SYS_nanosleep, (long)&rest, 0, 0, 0, 0, 0) == 0);
    CHECK(story_holds(block, WORDS, round));
    unmap(block);
  }
  return unused;
}

int main(int argc, char **argv) {
  uint64_t *block[BLOCKS] = {NULL};
  pthread_t thread;
  story_begin("rawcalls", &argc, &argv);
  CHECK(pthread_create(&thread, NULL, beside, NULL) == 0);
  for (int step = 0; story_goes_on(step); step++) {
    uint64_t **oldest = &block[step % BLOCKS], sum;
    if (*oldest) {
      CHECK(story_holds(*oldest, WORDS, (uint64_t)(step - BLOCKS)));
      unmap(*oldest);
    }
    *oldest = map();
    story_fill(*oldest, WORDS, (uint64_t)step);
    MPI_Allreduce(*oldest, &sum, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
    story_add(&sum, sizeof sum);
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  CHECK(pthread_join(thread, NULL) == 0);
  return story_end();
}
