#include "hooks.h"

bool process_owns_memory(void) {
  int32_t me = (int32_t)RAW0(SYS_getpid), owner = SPLIT_OWNER->pid;
  if (owner == 0) { /* the kernel wiped the page: a forked child, on its own copy of everything */
    SPLIT_OWNER->pid = me;
    return true;
  }
  return owner == me;
}
