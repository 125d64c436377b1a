/* Where the upper half's mappings go. An address is chosen here, but MAP_FIXED_NOREPLACE asks the kernel, so nothing is
 * ever overlaid. Holes left by munmap are reused first, or a job that maps and unmaps for weeks would use up the arena; it
 * begins anew where that happens all the same. */
#include <errno.h>
#include <sys/mman.h>

#include "hooks.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* A signal handler may map while its own thread holds the lock, so nobody waits for it: without the lock, holes are
 * left alone and the area just grows. */
static bool holes_try_lock(void) {
  return !__atomic_exchange_n(&STATE->hole_lock, 1, __ATOMIC_ACQUIRE);
}
static void holes_unlock(void) {
  __atomic_store_n(&STATE->hole_lock, 0, __ATOMIC_RELEASE);
}

static uint64_t align(uint64_t address, uint64_t alignment) {
  return (address + alignment - 1) & ~(alignment - 1);
}

static void hole_remove(int at) {
  STATE->hole_count--;
  for (int i = at; i < STATE->hole_count; i++) STATE->hole[i] = STATE->hole[i + 1];
}

static void hole_add(uint64_t start, uint64_t end);

/* Takes a range out of the first hole that is large enough; 0 = none. */
static uint64_t hole_take(uint64_t length, uint64_t alignment) {
  if (!STATE->hole_count || !holes_try_lock()) return 0;
  uint64_t found = 0;
  for (int i = 0; i < STATE->hole_count && !found; i++) {
    struct arena_hole hole = STATE->hole[i];
    uint64_t start = align(hole.start, alignment);
    if (start >= hole.end || hole.end - start < length) continue;
    found = start;
    hole_remove(i);
    if (hole.start < start) hole_add(hole.start, start);
    if (start + length < hole.end) hole_add(start + length, hole.end);
  }
  holes_unlock();
  return found;
}

/* Sorted by address, neighbours joined. A full list forgets the smallest. */
static void hole_add(uint64_t start, uint64_t end) {
  struct upper_state *s = STATE;
  int at = 0;
  while (at < s->hole_count && s->hole[at].end < start) at++;
  while (at < s->hole_count && s->hole[at].start <= end) {
    if (s->hole[at].start < start) start = s->hole[at].start;
    if (s->hole[at].end > end) end = s->hole[at].end;
    hole_remove(at);
  }
  if (s->hole_count == ARENA_HOLES) {
    int smallest = 0;
    for (int i = 1; i < s->hole_count; i++) {
      if (s->hole[i].end - s->hole[i].start < s->hole[smallest].end - s->hole[smallest].start) smallest = i;
    }
    if (s->hole[smallest].end - s->hole[smallest].start >= end - start) return;
    hole_remove(smallest);
    if (smallest < at) at--;
  }
  for (int i = s->hole_count++; i > at; i--) s->hole[i] = s->hole[i - 1];
  s->hole[at] = (struct arena_hole){start, end};
}

/* The PIE program, and room for its heap: the area grows around it. */
#define PROGRAM_END (ARENA_PIE + (2ull << 40))

static uint64_t around_program(uint64_t start, uint64_t length) {
  return start < PROGRAM_END && start + length > ARENA_PIE ? PROGRAM_END : start;
}

void arena_unmapped(uint64_t start, uint64_t length) {
  uint64_t end = start + length;
  if (start < ARENA_BUMP || end > __atomic_load_n(&STATE->bump, __ATOMIC_RELAXED) || end <= start) return;
  if (around_program(start, length) != start) return;
  if (!holes_try_lock()) return;
  hole_add(start, end);
  holes_unlock();
}

/* Next `length` bytes at the cursor, 0 = used up. */
static uint64_t cursor_take(uint64_t *cursor, uint64_t limit, uint64_t length, uint64_t alignment) {
  uint64_t old = __atomic_load_n(cursor, __ATOMIC_RELAXED), start;
  do {
    start = align(old, alignment);
    if (length <= ARENA_HI) start = around_program(start, length);
    if (start > limit || limit - start < length) return 0;
  } while (!__atomic_compare_exchange_n(cursor, &old, start + length, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return start;
}

static long map_at(uint64_t address, const struct arena_request *request) {
  return RAW6(SYS_mmap, address, request->length, request->prot, request->flags | MAP_FIXED_NOREPLACE, request->fd,
              request->offset);
}

long arena_map(const struct arena_request *request) {
  uint64_t length = UP(request->length), skip = length;
  if (length < request->length) return -ENOMEM;
  if (!request->low) {
    for (uint64_t at; (at = hole_take(length, request->alignment));) {
      long got = map_at(at, request);
      if (got != -EEXIST) return got;
    }
  }
  uint64_t *cursor = request->low ? &STATE->low_bump : &STATE->bump;
  const uint64_t start = request->low ? LOW_BUMP : ARENA_BUMP;
  uint64_t limit = request->low ? LOW_END : STATE->stack_low - STACK_GUARD_BYTES;
  for (bool again = false;;) {
    uint64_t at = cursor_take(cursor, limit, length, request->alignment);
    if (!at && (again || length > limit - start)) return -ENOMEM;
    if (!at) {
      /* The end: from the beginning, through what was unmapped and forgotten. */
      __atomic_store_n(cursor, start, __ATOMIC_RELAXED);
      skip = length;
      again = true;
      continue;
    }
    long got = map_at(at, request);
    if (got != -EEXIST) return got;
    /* Something grew across the cursor (mremap in place, the program's heap): step over it faster and faster. */
    if (!cursor_take(cursor, limit, skip, PAGE)) __atomic_store_n(cursor, limit, __ATOMIC_RELAXED);
    if (skip < (request->low ? 1ull << 20 : 1ull << 36)) skip *= 2;
  }
}
