/* Calls into the lower half from hooks. UCX and others rewrite the *lower* libc's munmap and the like to keep their
 * registration caches true; what the upper half unmaps must pass there. */
#include "hooks.h"

typedef long service_function(long a, long b, long c, long d, long e);

bool forward_call(enum split_service nr, const struct hook_call *call, long *result) {
  const struct split_table *table = SPLIT;
  bool loaded = table->mpi_state == SPLIT_MPI_LOADED || table->mpi_state == SPLIT_MPI_INITIALIZED;
  if (!loaded) return false;
  /* In a forked child another lower thread may have held a lock at the fork. */
  if (SPLIT_OWNER->pid != table->pid) return false;
  uint64_t fs = raw_get_fs(table->have_fsgsbase);
  if (fs == 0 || !split_is_upper(fs)) return false;
  struct upper_tls *tls = tls_of(fs);
  if (!tls) return false;
  tls->depth++; /* a thread that parked from here on would come back with what is of a lower half that is gone */
  __asm__ volatile("" ::: "memory");
  service_function *service = (service_function *)table->service[nr];
  /* Only this thread's own lower FS will do; one that never called MPI has registered nothing. */
  bool own = service && tls->generation == table->generation && tls->lower_fs;
  if (own) {
    raw_set_fs(table->have_fsgsbase, tls->lower_fs);
    *result = service(call->a, call->b, call->c, call->d, call->e);
    raw_set_fs(table->have_fsgsbase, fs);
  }
  __asm__ volatile("" ::: "memory");
  tls->depth--;
  return own;
}
