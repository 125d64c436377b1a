/* Descriptors: numbers as natively, and closing everything harms nobody. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

int main(void) {
  int a = open("/dev/null", O_RDONLY), b = dup(a), pair[2];
  SAY("first %d, its copy %d", a, b);
  MUST(pipe(pair) == 0);
  SAY("pipe %d %d", pair[0], pair[1]);
  EXPECT(dup2(a, 40) == 40 && close(40) == 0);
  EXPECT(dup2(a, 300) == 300 && dup3(a, 301, O_CLOEXEC) == 301);
  EXPECT(close(999) == -1 && errno == EBADF);
  FILE *stream = fopen("/dev/null", "r");
  SAY("stream %d", fileno(stream));
  for (int i = 3; i < 1024; i++) close(i);
  SAY("after closing all: %d", open("/dev/null", O_RDONLY));
  EXPECT(close_range(3, ~0u, 0) == 0);
  SAY("after close_range: %d", open("/dev/null", O_RDONLY));
  closefrom(3);
  SAY("after closefrom: %d", open("/dev/null", O_RDONLY));
  struct rlimit limit;
  MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  SAY("limit %lu of %lu", (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
  limit.rlim_cur--;
  EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
  SAY("then %lu; in a child:", (unsigned long)limit.rlim_cur);
  EXPECT(system("ulimit -Sn; sh -c 'ulimit -Sn'") == 0);
  int opened = 0, highest = 0;
  for (int fd; opened < 900 && (fd = open("/dev/null", O_RDONLY)) >= 0; opened++) highest = fd > highest ? fd : highest;
  SAY("opened %d more", opened);
  EXPECT(close(highest) == 0 && fcntl(highest, F_GETFD) == -1);
  return system("test -e /proc/self/fd/0");
}
