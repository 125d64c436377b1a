/* The crossing, upper side: swap FS, call below, swap back. Included by the stubs and the core only.
 * Everything that includes it is built with -fno-stack-protector: the canary at %fs:0x28 changes inside these functions. */
#ifndef MANA_CROSSING_H
#define MANA_CROSSING_H
#include "split_abi.h"

extern __thread struct upper_tls mana_upper_tls __attribute__((tls_model("initial-exec"), visibility("hidden")));
/* Gives the calling thread a lower FS (first crossing of a thread, or first after a restart). */
void mana_crossing_attach(void) __attribute__((noinline, cold, visibility("hidden")));

static inline __attribute__((always_inline)) void mana_write_fs(uint64_t fs, int by_call) {
  if (__builtin_expect(!by_call, 1)) {
    __asm__ volatile("wrfsbase %0" ::"r"(fs) : "memory");
  } else {
    long ret;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(158L), "D"(0x1002L), "S"(fs) : "rcx", "r11", "memory");
  }
}

/* Returns what mana_cross_leave wants. Between the two, nothing thread-local of the upper half may be touched by name: the compiler would
 * find it through the lower FS. The empty asm hides that the address is that of a thread-local variable, so it stays one register through
 * the call below, and leaving waits for no load that depends on the FS just written. */
static inline __attribute__((always_inline)) struct upper_tls *mana_cross_enter(void) {
  struct upper_tls *tls = &mana_upper_tls;
  __asm__("" : "+r"(tls));
  tls->depth++; /* first: a thread that parked after the test below would come back with the FS of a lower half that is gone */
  __asm__ volatile("" ::: "memory");
  if (__builtin_expect(tls->generation != SPLIT->generation, 0)) mana_crossing_attach();
  tls->crossings++;
  mana_write_fs(tls->lower_fs, (int)tls->fs_by_call);
  return tls;
}
/* An outermost crossing ends: here its thread parks, if a checkpoint wants that. */
static inline __attribute__((always_inline)) void mana_cross_leave(struct upper_tls *tls) {
  mana_write_fs(tls->upper_fs, (int)tls->fs_by_call);
  uint32_t depth = --tls->depth;
  __asm__ volatile("" ::: "memory");
  if (__builtin_expect(__atomic_load_n(&SPLIT->phase, __ATOMIC_RELAXED) == SPLIT_PARK, 0) && !depth) {
    ((void (*)(void))SPLIT->park)();
  }
}

/* MANA_CROSS(result, expression-that-calls-below): one crossing. */
#define MANA_CROSS(result, call)                                                                                       \
  do {                                                                                                                 \
    struct upper_tls *tls_ = mana_cross_enter();                                                                       \
    (result) = (call);                                                                                                 \
    mana_cross_leave(tls_);                                                                                            \
  } while (0)
#define MANA_SERVICE(type, nr) ((type)SPLIT->service[nr])
#endif
