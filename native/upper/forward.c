/* Calls into the lower half from hooks. UCX and others rewrite the *lower* libc's munmap and the like to keep their
 * registration caches true; what the upper half unmaps must pass there, whichever thread does it. */
#include "hooks.h"

typedef long service_function(long a, long b, long c, long d, long e, long f);
typedef int carry_function(enum split_service nr, const long argument[6], long *result);

/* Under this thread's own lower FS, and no other's. */
static long call_below(enum split_service nr, const struct hook_call *call, uint64_t upper_fs, uint64_t lower_fs) {
  service_function *service = (service_function *)SPLIT->service[nr];
  split_swap_fs(lower_fs);
  long result = service(call->a, call->b, call->c, call->d, call->e, call->f);
  split_swap_fs(upper_fs);
  return result;
}

/* A thread that has never called MPI may give back what another one has registered. */
static bool have_carried_out(enum split_service nr, const struct hook_call *call, long *result) {
  carry_function *carry = (carry_function *)SPLIT->service[SVC_CARRY_OUT];
  return carry && carry(nr, &call->a, result);
}

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
  bool own = tls->generation == table->generation && tls->lower_fs, done = own && table->service[nr];
  if (done) *result = call_below(nr, call, fs, tls->lower_fs);
  if (!own) done = have_carried_out(nr, call, result);
  __asm__ volatile("" ::: "memory");
  tls->depth--;
  return done;
}
