/* The main stack is as deep as its limit says, and ends in a fault, not in other memory. */
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "say.h"

enum { LITTLE = 64 << 10 }; /* less than a guard */
static char alternate[65536];
static sigjmp_buf back;

static char *overflowed_at;
static void overflowed(int sig, siginfo_t *info, void *context) {
  (void)context;
  overflowed_at = info->si_addr;
  siglongjmp(back, sig);
}

static long descend(long bytes) {
  volatile char room[1024];
  memset((char *)room, 1, sizeof room);
  return bytes <= 0 ? room[17] : descend(bytes - 1100) + room[17];
}

int main(void) {
  struct rlimit limit;
  MUST(getrlimit(RLIMIT_STACK, &limit) == 0);
  bool unlimited = limit.rlim_cur == RLIM_INFINITY;
  long deep = unlimited ? 200l << 20 : (long)limit.rlim_cur - (1 << 20);
  SAY("%s: %s", unlimited ? "unlimited" : "limited", descend(deep) > 1000 ? "deep enough" : "?");
  if (unlimited) return 0;
  struct rlimit more = {4 * limit.rlim_cur, limit.rlim_max};
  if (setrlimit(RLIMIT_STACK, &more) == 0) SAY("raised: %s", descend(4 * deep) > 1000 ? "deep enough" : "?");
  more.rlim_cur += LITTLE;
  if (setrlimit(RLIMIT_STACK, &more) == 0) limit = more;
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  struct sigaction action = {.sa_sigaction = overflowed, .sa_flags = SA_ONSTACK | SA_SIGINFO};
  sigaltstack(&stack, NULL);
  sigaction(SIGSEGV, &action, NULL);
  if (sigsetjmp(back, 1) == 0) {
    descend(1l << 40);
    SAY("no end");
  }
  SAY("it ends%s", (char *)__builtin_frame_address(0) - overflowed_at <= (long)limit.rlim_cur ? "" : " too late");
  return 0;
}
