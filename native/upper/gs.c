/* GS is the lower half's, where that finds its thread-local storage through it (lower/lower_tls.h). Compilers leave it alone; a program that wants it itself
 * is told how it can have it. */
#include <errno.h>

#include "hooks.h"

/* split_attach(), of which the kernel hands over the call, too, where it hands over all (dispatch.c). */
static bool is_own_attachment(uint64_t gs) {
  const struct upper_tls *tls = tls_of(raw_get_fs(SPLIT->have_fsgsbase));
  return tls && tls->lower_fs == gs;
}

long hook_arch_prctl(const struct hook_call *call) {
  if (!SPLIT->lower_gs) return hook_pass(call);
  if (call->a == RAW_ARCH_GET_GS) {
    long result = hook_pass(call);
    if (!raw_failed(result)) *(uint64_t *)call->b = 0;
    return result;
  }
  if (call->a != SPLIT_SET_GS || is_own_attachment((uint64_t)call->b)) return hook_pass(call);
  say_once(&STATE->gs_said,
           "the program sets GS, which mana uses: this call fails\n"
           "  next: set MANA_CROSSING=fs in the environment");
  return -EPERM;
}
