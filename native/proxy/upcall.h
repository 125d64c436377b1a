/* From below into the application: the thread's upper FS is in place for the time of one call. */
#ifndef MANA_PX_UPCALL_H
#define MANA_PX_UPCALL_H
#include <stdint.h>

#include "split_abi.h"

/* What px_upcall_leave needs: the lower FS, and the call which that of the application's function may hide (split_abi.h, struct upper_tls). */
struct px_upcall {
  uint64_t lower_fs, call;
  struct upper_tls *tls;
};
/* A thread of the site's own (asynchronous progress) has no upper FS: it calls with the
 * one it has, which suffices for arithmetic on buffers, all that a reduction function may portably do. */
static inline __attribute__((always_inline)) struct px_upcall px_upcall_enter(void) {
  struct px_upcall up = {0};
  uint64_t upper_fs;
  __asm__ volatile("mov %%fs:0,%0" : "=r"(up.lower_fs));
  upper_fs = *(uint64_t *)(uintptr_t)(up.lower_fs + (uint64_t)SPLIT->lower_upper_fs_off);
  if (__builtin_expect(upper_fs != 0, 1)) {
    up.tls = (struct upper_tls *)(uintptr_t)(upper_fs + (uint64_t)SPLIT->upper_tls_offset);
    up.call = up.tls->call;
    split_swap_fs(upper_fs);
  }
  return up;
}
static inline __attribute__((always_inline)) void px_upcall_leave(const struct px_upcall *up) {
  split_swap_fs(up->lower_fs);
  if (__builtin_expect(up->tls != NULL, 1)) up->tls->call = up->call;
}

/* PX_UPCALL(result, expression-that-calls-above). Functions that use it are built without stack protector. */
#define PX_UPCALL(result, call)                                                                                        \
  do {                                                                                                                 \
    struct px_upcall up_ = px_upcall_enter();                                                                          \
    (result) = (call);                                                                                                 \
    px_upcall_leave(&up_);                                                                                             \
  } while (0)
#endif
