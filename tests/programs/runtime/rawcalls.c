/* System calls that libc does not make: through syscall(3), and by an instruction of the program's own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inline_call.h"
#include "say.h"

static int in_arena(long address) {
  return address >= 0x300000000000 && address < 0x500000000000;
}

/* argv[1]: "native", "patch" or "dispatch": what is expected of the addresses. */
int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "native";
  long by_libc = syscall(SYS_mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long by_self = inline_call(SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT(in_arena(by_libc) == (strcmp(mode, "native") != 0));
  EXPECT(in_arena(by_self) == (strcmp(mode, "dispatch") == 0));
  EXPECT(*(char *)by_libc == 0 && *(char *)by_self == 0);
  EXPECT(inline_call(SYS_munmap, by_self, 8192, 0, 0, 0, 0) == 0);
  EXPECT(syscall(SYS_getpid) == getpid());
  EXPECT(syscall(9999) == -1);
  SAY("done");
  return 0;
}
