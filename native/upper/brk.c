/* The program's heap. The kernel's own program break belongs to the lower half. */
#include <sys/mman.h>

#include "hooks.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static bool heap_resize(uint64_t from, uint64_t to) {
  if (to > from) {
    long got = RAW6(SYS_mmap, from, to - from, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return !raw_failed(got);
  }
  if (to == from) return true;
  struct hook_call call = {.nr = SYS_munmap, .a = (long)to, .b = (long)(from - to)};
  long result;
  if (!forward_call(SVC_MUNMAP, &call, &result)) result = hook_pass(&call);
  return !raw_failed(result);
}

/* What a thread of the parent was about to do when this child was forked: the break is where it was, or lower, with nothing mapped above. */
static void heap_settle(struct upper_state *s) {
  if (!s->brk_goal) return;
  uint64_t low = s->brk_goal < s->brk_now ? s->brk_goal : s->brk_now;
  uint64_t high = s->brk_goal < s->brk_now ? s->brk_now : s->brk_goal;
  if (UP(high) > UP(low)) RAW2(SYS_munmap, UP(low), UP(high) - UP(low));
  s->brk_now = low;
  s->brk_goal = 0;
}

/* The lock holds the process whose memory it lies in, as the program numbers it (a restart keeps that): a forked child thereby finds a lock that
 * a thread of its parent held, who will never give it back here. */
static void lock(struct upper_state *s) {
  int32_t me = tid_old(process_of_memory()), holder = 0;
  while (!__atomic_compare_exchange_n(&s->brk_lock, &holder, me, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    if (holder != me) continue; /* free, or a parent's: taken in the next turn */
    holder = 0;
    RAW0(SYS_sched_yield);
  }
  if (holder) heap_settle(s);
}

/* The system call's own convention: the new break, or the old one where it cannot be moved. */
long hook_brk(const struct hook_call *call) {
  struct upper_state *s = STATE;
  uint64_t wanted = (uint64_t)call->a;
  lock(s);
  if (wanted >= s->brk_start && wanted <= s->brk_end) {
    __atomic_store_n(&s->brk_goal, wanted, __ATOMIC_RELEASE);
    if (heap_resize(UP(s->brk_now), UP(wanted))) __atomic_store_n(&s->brk_now, wanted, __ATOMIC_RELEASE);
    __atomic_store_n(&s->brk_goal, 0, __ATOMIC_RELEASE);
  }
  uint64_t now = s->brk_now;
  __atomic_store_n(&s->brk_lock, 0, __ATOMIC_RELEASE);
  return (long)now;
}
