/* mmap, munmap, mremap, madvise, shmat, shmdt of the program: keeps its memory in the arena. What takes memory away, in part or by putting other
 * memory in its place, passes below (forward.c). */
#include <errno.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "hooks.h"
#include "names.h"
#include "patch_text.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
enum { HUGE_BITS = 21, HUGE_SHIFT = 26, HUGE_MASK = 0x3f }; /* MAP_HUGE_SHIFT, man 2 mmap */
#define HUGE_PAGE (1ull << HUGE_BITS)

static bool range_is_upper(uint64_t start, uint64_t length) {
  uint64_t last = start + (length ? length - 1 : 0);
  if (last < start) return false;
  return (split_in_arena(start) && split_in_arena(last)) || last < LOW_HI;
}

/* Text of other libraries is searched too, for system calls they make themselves, but not when it is so large that
 * reading it all would be felt at the start of a big job. */
#define SEARCH_MAX (16ull << 20)

static bool is_libc_or_loader(const char *base) {
  return name_starts(base, "libc.so") || name_starts(base, "libc-") || name_starts(base, "ld-") ||
         name_starts(base, "libpthread");
}

static bool worth_searching(long fd, uint64_t length) {
  if (length <= SEARCH_MAX) return true;
  char link[32] = "/proc/self/fd/", target[512];
  char digits[16];
  int n = 0, at = 14;
  for (long rest = fd; n == 0 || rest; rest /= 10) digits[n++] = (char)('0' + rest % 10);
  while (n) link[at++] = digits[--n];
  link[at] = 0;
  long got = RAW3(SYS_readlink, link, target, sizeof target - 1);
  if (raw_failed(got)) return false;
  target[got] = 0;
  return is_libc_or_loader(name_base(target));
}

/* A private executable mapping of a file is a library's text (a shared one would change the file): steer its system calls before anyone runs them. What a mapping
 * shows beyond the end of its file must not be touched (SIGBUS). */
static void steer_library(uint64_t start, uint64_t length, int prot, long fd, uint64_t offset) {
  struct stat status;
  if (raw_failed(RAW2(SYS_fstat, fd, &status)) || (uint64_t)status.st_size <= offset) return;
  uint64_t in_file = (uint64_t)status.st_size - offset;
  if (length > in_file) length = in_file;
  if (!(prot & PROT_READ) || !worth_searching(fd, length)) return;
  /* A site that cannot be steered stays as it is: it is found in /proc/self/maps by who looks for escaped memory. */
  (void)!patch_text(start, length, prot, start + UP(length), hook_wanted, 0);
}

/* Alignment that the kernel would choose: huge pages must, large anonymous areas should, be aligned to theirs. */
static uint64_t wanted_alignment(uint64_t length, long flags) {
  if (flags & MAP_HUGETLB) {
    int bits = flags >> HUGE_SHIFT & HUGE_MASK;
    return 1ull << (bits ? bits : HUGE_BITS);
  }
  return (flags & MAP_ANONYMOUS) && length >= HUGE_PAGE ? HUGE_PAGE : PAGE;
}

static long map_anywhere(const struct hook_call *call) {
  struct arena_request request = {.length = (uint64_t)call->b,
                                  .alignment = wanted_alignment((uint64_t)call->b, call->d),
                                  .prot = (int)call->c,
                                  .flags = (int)(call->d & ~MAP_32BIT),
                                  .fd = (int)call->e,
                                  .offset = call->f,
                                  .low = call->d & MAP_32BIT};
  if (call->d & MAP_HUGETLB) request.length = (request.length + request.alignment - 1) & ~(request.alignment - 1);
  long result = arena_map(&request);
  if (result == -EINVAL && !(call->d & MAP_ANONYMOUS) && request.alignment < HUGE_PAGE) {
    request.alignment = HUGE_PAGE; /* a file on hugetlbfs */
    result = arena_map(&request);
  }
  return result;
}

static long forward(enum split_service nr, const struct hook_call *call) {
  long result;
  return forward_call(nr, call, &result) ? result : hook_pass(call);
}

static long map(const struct hook_call *call) {
  uint64_t hint = (uint64_t)call->a, length = (uint64_t)call->b;
  if (call->d & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
    /* Elsewhere it would fall on the lower half, or be lost at a checkpoint. */
    if (!range_is_upper(hint, length)) return -ENOMEM;
    return call->d & MAP_FIXED ? forward(SVC_MMAP, call) : hook_pass(call);
  }
  if (length == 0) return -EINVAL;
  if (hint && range_is_upper(DOWN(hint), length)) {
    long got = RAW6(SYS_mmap, DOWN(hint), length, call->c, call->d | MAP_FIXED_NOREPLACE, call->e, call->f);
    if (!raw_failed(got)) return got;
  }
  return map_anywhere(call);
}

long hook_mmap(const struct hook_call *call) {
  long result = map(call);
  bool is_text = (call->c & PROT_EXEC) && !(call->d & MAP_ANONYMOUS) && (call->d & MAP_TYPE) == MAP_PRIVATE;
  if (!raw_failed(result) && is_text && !SPLIT->dispatch) {
    steer_library((uint64_t)result, (uint64_t)call->b, (int)call->c, call->e, (uint64_t)call->f);
  }
  return result;
}

long hook_munmap(const struct hook_call *call) {
  long result = forward(SVC_MUNMAP, call);
  if (!raw_failed(result)) arena_unmapped((uint64_t)call->a, UP(call->b));
  return result;
}

long hook_mremap(const struct hook_call *call) {
  if (call->d & MREMAP_FIXED) {
    return range_is_upper((uint64_t)call->e, (uint64_t)call->c) ? forward(SVC_MREMAP, call) : -ENOMEM;
  }
  struct hook_call in_place = *call;
  in_place.d &= ~MREMAP_MAYMOVE;
  long result = call->d & MREMAP_DONTUNMAP ? -ENOMEM : forward(SVC_MREMAP, &in_place);
  if (!raw_failed(result) && UP(call->c) < UP(call->b))
    arena_unmapped((uint64_t)call->a + UP(call->c), UP(call->b) - UP(call->c));
  if (result != -ENOMEM || !(call->d & MREMAP_MAYMOVE)) return result;

  struct arena_request request = {.length = (uint64_t)call->c,
                                  .alignment = wanted_alignment((uint64_t)call->c, MAP_ANONYMOUS),
                                  .prot = PROT_NONE,
                                  .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                                  .fd = -1};
  long place = arena_map(&request);
  if (raw_failed(place)) return place;
  struct hook_call move = *call;
  move.d |= MREMAP_MAYMOVE | MREMAP_FIXED;
  move.e = place;
  result = forward(SVC_MREMAP, &move);
  if (raw_failed(result)) {
    RAW2(SYS_munmap, place, UP(call->c));
  } else if (!(call->d & MREMAP_DONTUNMAP)) {
    arena_unmapped((uint64_t)call->a, UP(call->b));
  }
  return result;
}

long hook_madvise(const struct hook_call *call) {
  bool frees = call->c == MADV_DONTNEED || call->c == MADV_FREE || call->c == MADV_REMOVE;
  return frees ? forward(SVC_MADVISE, call) : hook_pass(call);
}

long hook_shmat(const struct hook_call *call) {
  struct shmid_ds segment;
  if (call->b) return range_is_upper((uint64_t)call->b, 1) ? hook_pass(call) : -EINVAL;
  long result = RAW3(SYS_shmctl, call->a, IPC_STAT, &segment);
  if (raw_failed(result)) return result;
  struct arena_request request = {.length = segment.shm_segsz,
                                  .alignment = PAGE,
                                  .prot = PROT_NONE,
                                  .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                                  .fd = -1};
  long place = arena_map(&request);
  if (raw_failed(place)) return place;
  result = RAW3(SYS_shmat, call->a, place, call->c | SHM_REMAP);
  if (raw_failed(result)) RAW2(SYS_munmap, place, request.length);
  return result;
}

long hook_shmdt(const struct hook_call *call) {
  return forward(SVC_SHMDT, call);
}
