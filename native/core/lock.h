/* Locks of the core's tables: taken only where MPI_THREAD_MULTIPLE was granted; held for a few instructions. */
#ifndef MANA_CORE_LOCK_H
#define MANA_CORE_LOCK_H
#include <sched.h>

#include "split_abi.h"

typedef int core_lock_t;

static inline void core_lock(core_lock_t *lock) {
  if (__builtin_expect(!SPLIT->thread_multiple, 1)) return;
  while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) sched_yield();
}
static inline void core_unlock(core_lock_t *lock) {
  __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}
#endif
