/* Rules: as in hook_lower.c; and it runs in a thread whose GS is not its own yet. */
#include "lower_tls.h"
#include "split_abi.h"
#include "syscall_raw.h"

/* Where FS is the program's, this is a copy of a thread that has crossed: its GS is right. */
void lower_tls_child(void) __attribute__((visibility("hidden")));
void lower_tls_child(void) {
  uint64_t fs = raw_get_fs(0);
  if (!split_is_upper(fs)) split_arch_prctl(SPLIT_SET_GS, fs);
}
