/* The main stack is as deep as its limit says, and ends in a fault, not in other memory. */
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "say.h"

static char alternate[65536];
static sigjmp_buf back;

static void overflowed(int sig) {
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
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  struct sigaction action = {.sa_handler = overflowed, .sa_flags = SA_ONSTACK};
  sigaltstack(&stack, NULL);
  sigaction(SIGSEGV, &action, NULL);
  if (sigsetjmp(back, 1) == 0) {
    descend(1l << 40);
    SAY("no end");
  }
  SAY("it ends");
  return 0;
}
