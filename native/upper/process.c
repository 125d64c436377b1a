#include "hooks.h"

int32_t process_of_memory(void) {
  /* The kernel wiped the page: a forked child, on its own copy of everything. */
  if (SPLIT_OWNER->pid == 0) SPLIT_OWNER->pid = (int32_t)RAW0(SYS_getpid);
  return SPLIT_OWNER->pid;
}

bool process_owns_memory(void) {
  return process_of_memory() == (int32_t)RAW0(SYS_getpid);
}
