#include "arena_check.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "report.h"
#include "split_abi.h"

void arena_check_free(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[4352];
  if (!maps) report_fatal(EXIT_MANA, "mount /proc", "cannot read /proc/self/maps");
  while (fgets(line, sizeof line, maps)) {
    uint64_t start, end;
    int path = 0;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %n", &start, &end, &path) < 2) continue;
    bool outside = (start >= ARENA_HI || end <= ARENA_LO) && start >= LOW_HI;
    if (outside) continue;
    report_fatal(
        EXIT_MANA,
        "start without LD_PRELOAD, tracers or a special memory layout; if it stays, report this line and `uname -a`",
        "the address range of the program is occupied before it starts:\n  %s", line);
  }
  fclose(maps);
}
