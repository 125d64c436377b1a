/* What signals did to this thread while it was in a system call: whether the program may hear of it. */
#ifndef MANA_UPPER_WATCH_H
#define MANA_UPPER_WATCH_H
#include <errno.h>

#include "hooks.h"

struct watch {
  const struct thread_marks *marks;
  struct thread_marks before;
};

static inline struct thread_marks watch_look(const struct watch *watch) {
  return (struct thread_marks){__atomic_load_n(&watch->marks->parks, __ATOMIC_RELAXED),
                               __atomic_load_n(&watch->marks->handled, __ATOMIC_RELAXED)};
}
static inline struct watch watch_start(void) {
  struct watch watch = {.marks = state_marks(raw_get_fs(SPLIT->have_fsgsbase))};
  watch.before = watch_look(&watch);
  return watch;
}
/* Since the last look our signal came, and only ours. */
static inline bool watch_only_parked(struct watch *watch) {
  struct thread_marks now = watch_look(watch);
  bool ours = now.parks != watch->before.parks && now.handled == watch->before.handled;
  watch->before.parks = now.parks;
  return ours;
}
/* Was it that which ended the call? Then it is to be made again. */
static inline bool watch_again(struct watch *watch, long result) {
  return result == -EINTR && watch_only_parked(watch);
}
/* The call, for one round: no signal comes unseen between two rounds. */
static inline long wait_once(const struct watch *watch, const struct hook_call *call) {
  return wait_call(call, watch->marks, watch->before);
}

/* waits.c: calls that are made again with the time that is left. `time_argument` is the address of a pointer within *call to a relative time, which
 * the kernel only reads; or to an absolute one on `clock`. */
HIDDEN long wait_relative(struct hook_call *call, long *time_argument) MUST_CHECK;
HIDDEN long wait_absolute(struct hook_call *call, int32_t clock, long *time_argument) MUST_CHECK;
#endif
