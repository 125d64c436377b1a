/* The limit of open files. It is raised for the lower half's descriptors; the program goes on seeing, setting and passing
 * on its own. The kernel's stays at least as high as it was raised, or MPI could open nothing more.
 *
 * And the limit on stacks, which the main stack follows. */
#include <errno.h>
#include <sys/resource.h>

#include "hooks.h"

static bool is_own(long pid) {
  long me = RAW0(SYS_getpid);
  return pid == 0 || pid == me || (STATE->restarted && pid == tid_old((int32_t)me));
}

/* What the kernel says, with the program's own soft limit in place of the raised one. */
static void disguise(struct rlimit *limit, uint64_t soft) {
  if (soft < limit->rlim_cur) limit->rlim_cur = soft;
}

static long set_nofile(const struct rlimit *wanted) {
  struct rlimit limit = *wanted;
  if (limit.rlim_cur > limit.rlim_max) return -EINVAL;
  uint64_t raised = STATE->nofile_raised;
  if (limit.rlim_cur < raised) limit.rlim_cur = raised < limit.rlim_max ? raised : limit.rlim_max;
  long result = RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
  if (!raw_failed(result)) STATE->nofile_soft = wanted->rlim_cur;
  return result;
}

static long limit_nofile(const struct hook_call *call) {
  struct rlimit old;
  uint64_t soft = STATE->nofile_soft;
  long result = RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &old);
  if (!raw_failed(result) && call->c) result = set_nofile((const struct rlimit *)call->c);
  if (!raw_failed(result) && call->d) {
    disguise(&old, soft);
    *(struct rlimit *)call->d = old;
  }
  return result;
}

static long limit_stack(const struct hook_call *call) {
  long result = hook_identity(call);
  if (!raw_failed(result) && call->c) main_stack_follow_limit(((const struct rlimit *)call->c)->rlim_cur);
  return result;
}

/* prlimit64(pid, resource, new, old). A child in its parent's memory sets its own limit, as it will be after its exec. */
long hook_prlimit64(const struct hook_call *call) {
  bool has_hook = call->b == RLIMIT_NOFILE || call->b == RLIMIT_STACK;
  if (!has_hook || !is_own(call->a) || !process_owns_memory()) return hook_identity(call);
  return call->b == RLIMIT_NOFILE ? limit_nofile(call) : limit_stack(call);
}

long hook_getrlimit(const struct hook_call *call) {
  struct hook_call modern = {.nr = SYS_prlimit64, .b = call->a, .d = call->b};
  return hook_prlimit64(&modern);
}

long hook_setrlimit(const struct hook_call *call) {
  struct hook_call modern = {.nr = SYS_prlimit64, .b = call->a, .c = call->b};
  return hook_prlimit64(&modern);
}

static void put_soft(uint64_t from, uint64_t to) {
  struct rlimit limit;
  if (raw_failed(RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit)) || limit.rlim_cur != from) return;
  limit.rlim_cur = to;
  RAW4(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
}

void limits_before_exec(void) {
  put_soft(STATE->nofile_raised, STATE->nofile_soft);
}

void limits_after_failed_exec(void) {
  put_soft(STATE->nofile_soft, STATE->nofile_raised);
}
