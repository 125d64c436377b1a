/* The crossing, upper side: swap FS where that is needed (enum split_crossing), call below, swap back. Included by the stubs and the core only.
 * Everything that includes it is built with -fno-stack-protector: the canary at %fs:0x28 may change inside these functions. */
#ifndef MANA_CROSSING_H
#define MANA_CROSSING_H
#include "split_abi.h"

extern __thread struct upper_tls mana_upper_tls __attribute__((tls_model("initial-exec"), visibility("hidden")));
/* Gives the calling thread a lower FS (first crossing of a thread, or first after a restart). */
void mana_crossing_attach(void) __attribute__((noinline, cold, visibility("hidden")));

/* Asked here too, so that what is not needed is not even loaded. */
static inline __attribute__((always_inline)) int mana_crossing_swaps(void) {
  return __atomic_load_n(&SPLIT->crossing, __ATOMIC_RELAXED) != SPLIT_CROSSING_GS;
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
  if (__builtin_expect(mana_crossing_swaps(), 0)) split_swap_fs(tls->lower_fs);
  return tls;
}
/* An outermost crossing ends: here its thread parks, if a checkpoint wants that. */
static inline __attribute__((always_inline)) void mana_cross_leave(struct upper_tls *tls) {
  if (__builtin_expect(mana_crossing_swaps(), 0)) split_swap_fs(tls->upper_fs);
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
