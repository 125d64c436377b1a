/* The program's main stack. The kernel's own grows at faults, up to the limit of that moment; ours is mapped at its full size, so it grows when the
 * limit is raised, and is no smaller when that is lowered again. */
#include <sys/mman.h>

#include "hooks.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* ld.so makes the stack executable with PROT_GROWSDOWN, which the kernel refuses on a mapping of fixed size. */
long hook_mprotect(const struct hook_call *call) {
  uint64_t start = (uint64_t)call->a;
  if (!(call->c & PROT_GROWSDOWN) || start < STATE->stack_low || start >= STATE->stack_high) return hook_pass(call);
  uint64_t end = UP(start + (uint64_t)call->b);
  int prot = (int)call->c & ~PROT_GROWSDOWN;
  long result = RAW3(SYS_mprotect, STATE->stack_low, end - STATE->stack_low, prot);
  if (!raw_failed(result)) STATE->stack_prot = prot;
  return result;
}

static bool map_below(uint64_t end, uint64_t length) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_FIXED_NOREPLACE;
  return !raw_failed(RAW6(SYS_mmap, end - length, length, STATE->stack_prot, flags, -1, 0));
}

/* Maps what is missing below the guard of now; the part that becomes the new guard is closed before the old one is opened. Of two threads that do
 * this at once one finds the place taken, and has nothing to do. Where a limit on address space allows less, the program is to keep most of that. */
void main_stack_follow_limit(uint64_t soft) {
  const uint64_t modest = 64ull << 20;
  uint64_t low = STATE->stack_low, size = STATE->stack_high - low, guard = low - STACK_GUARD_BYTES;
  uint64_t wanted = soft < STACK_UNLIMITED ? UP(soft) : STACK_UNLIMITED;
  if (wanted <= size) return;
  uint64_t more = wanted - size;
  if (!map_below(guard, more)) {
    if (more > modest) more = modest;
    if (!map_below(guard, more)) return;
  }
  RAW3(SYS_mprotect, guard - more, STACK_GUARD_BYTES, PROT_NONE);
  RAW3(SYS_mprotect, low - more, more, STATE->stack_prot);
  __atomic_store_n(&STATE->stack_low, low - more, __ATOMIC_RELEASE);
}
