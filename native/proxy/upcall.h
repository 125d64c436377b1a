/* From below into the application: puts the thread's upper FS in place for the time of one call. */
#ifndef MANA_PX_UPCALL_H
#define MANA_PX_UPCALL_H
#include <stdint.h>

#include "split_abi.h"

static inline void px_write_fs(uint64_t fs) {
  if (__builtin_expect(SPLIT->have_fsgsbase, 1)) {
    __asm__ volatile("wrfsbase %0" ::"r"(fs) : "memory");
  } else { /* arch_prctl(ARCH_SET_FS, fs) */
    long ret;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(158L), "D"(0x1002L), "S"(fs) : "rcx", "r11", "memory");
  }
}

/* Returns the lower FS, for px_upcall_leave. A thread of the site's own (asynchronous progress) has no upper FS: it calls with the
 * one it has, which suffices for arithmetic on buffers, all that a reduction function may portably do. */
static inline __attribute__((always_inline)) uint64_t px_upcall_enter(void) {
  uint64_t lower_fs, upper_fs;
  __asm__ volatile("mov %%fs:0,%0" : "=r"(lower_fs));
  upper_fs = *(uint64_t *)(uintptr_t)(lower_fs + (uint64_t)SPLIT->lower_upper_fs_off);
  if (__builtin_expect(upper_fs != 0, 1)) px_write_fs(upper_fs);
  return lower_fs;
}
static inline __attribute__((always_inline)) void px_upcall_leave(uint64_t lower_fs) {
  px_write_fs(lower_fs);
}

/* PX_UPCALL(result, expression-that-calls-above). Functions that use it are built without stack protector. */
#define PX_UPCALL(result, call)                                                                                        \
  do {                                                                                                                 \
    uint64_t lower_fs_ = px_upcall_enter();                                                                            \
    (result) = (call);                                                                                                 \
    px_upcall_leave(lower_fs_);                                                                                        \
  } while (0)
#endif
