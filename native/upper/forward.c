/* Calls into the lower half from hooks. UCX and others rewrite the *lower* libc's munmap and the like to keep their
 * registration caches true; what the upper half unmaps must pass there. */
#include "hooks.h"

typedef long service_function(long a, long b, long c, long d, long e);

bool forward_call(enum split_service nr, const struct hook_call *call, long *result) {
  const struct split_table *table = SPLIT;
  service_function *service = (service_function *)table->service[nr];
  bool loaded = table->mpi_state == SPLIT_MPI_LOADED || table->mpi_state == SPLIT_MPI_INITIALIZED;
  if (!loaded || !table->upper_tls_offset || !service) return false;
  /* In a forked child another lower thread may have held a lock at the fork. */
  if (SPLIT_OWNER->pid != table->pid) return false;
  uint64_t fs = raw_get_fs(table->have_fsgsbase);
  if (fs == 0 || !split_is_upper(fs)) return false;
  /* Only this thread's own lower FS will do; one that never called MPI has registered nothing. */
  struct upper_tls *tls = (struct upper_tls *)(fs + (uint64_t)table->upper_tls_offset);
  if (tls->generation != table->generation || !tls->lower_fs) return false;
  raw_set_fs(table->have_fsgsbase, tls->lower_fs);
  *result = service(call->a, call->b, call->c, call->d, call->e);
  raw_set_fs(table->have_fsgsbase, fs);
  return true;
}
