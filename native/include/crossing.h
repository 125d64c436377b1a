/* The crossing, upper side: swap FS, call below, swap back. Included by the stubs and the core only.
 * Everything that includes it is built with -fno-stack-protector: the canary at %fs:0x28 changes inside these functions. */
#ifndef MANA_CROSSING_H
#define MANA_CROSSING_H
#include "split_abi.h"

extern __thread struct upper_tls mana_upper_tls __attribute__((tls_model("initial-exec"), visibility("hidden")));
/* Gives the calling thread a lower FS (first crossing of a thread, or first after a restart). */
void mana_crossing_attach(void) __attribute__((noinline, cold, visibility("hidden")));

static inline void mana_write_fs(uint64_t fs) {
  if (__builtin_expect(SPLIT->have_fsgsbase, 1)) {
    __asm__ volatile("wrfsbase %0" ::"r"(fs) : "memory");
  } else {
    long ret;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(158L), "D"(0x1002L), "S"(fs) : "rcx", "r11", "memory");
  }
}

/* An upper thread leaves its outermost crossing while a checkpoint wants it parked. */
static inline __attribute__((always_inline)) void mana_park_if_wanted(void) {
  if (__builtin_expect(__atomic_load_n(&SPLIT->phase, __ATOMIC_RELAXED) == SPLIT_PARK, 0) && !mana_upper_tls.depth) {
    ((void (*)(void))SPLIT->park)();
  }
}

/* Returns the upper FS, to be given to mana_cross_leave. Between the two, nothing thread-local of the upper half may be touched. */
static inline __attribute__((always_inline)) uint64_t mana_cross_enter(void) {
  mana_upper_tls.depth++; /* first: a thread that parked after the test below would come back with an old lower FS */
  __asm__ volatile("" ::: "memory");
  if (__builtin_expect(mana_upper_tls.generation != SPLIT->generation, 0)) mana_crossing_attach();
  uint64_t upper_fs, lower_fs = mana_upper_tls.lower_fs;
  __asm__ volatile("mov %%fs:0,%0" : "=r"(upper_fs));
  mana_write_fs(lower_fs);
  return upper_fs;
}
static inline __attribute__((always_inline)) void mana_cross_leave(uint64_t upper_fs) {
  mana_write_fs(upper_fs);
  mana_upper_tls.depth--;
  mana_park_if_wanted();
}

/* MANA_CROSS(result, expression-that-calls-below): one crossing. */
#define MANA_CROSS(result, call)                                                                                       \
  do {                                                                                                                 \
    uint64_t upper_fs_ = mana_cross_enter();                                                                           \
    (result) = (call);                                                                                                 \
    mana_cross_leave(upper_fs_);                                                                                       \
  } while (0)
#define MANA_SERVICE(type, nr) ((type)SPLIT->service[nr])
#endif
