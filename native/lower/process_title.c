#include "process_title.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "names.h"
#include "state.h"

/* Everything else keeps its value: man 5 proc, /proc/PID/stat fields 26 to 28 and 45 to 47. */
static int read_layout(struct prctl_mm_map *map) {
  char text[2048];
  FILE *file = fopen("/proc/self/stat", "re");
  if (!file) return 0;
  size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = 0;
  char *at = strrchr(text, ')'); /* the name before it may hold anything */
  if (!at) return 0;
  int field = 2, found = 0;
  for (char *word = strtok(at + 1, " "); word; word = strtok(NULL, " ")) {
    uint64_t value;
    field++;
    if (sscanf(word, "%" SCNu64, &value) != 1) continue;
    uint64_t *const target[] = {
        [26] = (uint64_t *)&map->start_code, [27] = (uint64_t *)&map->end_code, [28] = (uint64_t *)&map->start_stack,
        [45] = (uint64_t *)&map->start_data, [46] = (uint64_t *)&map->end_data, [47] = (uint64_t *)&map->start_brk};
    if (field < (int)(sizeof target / sizeof *target) && target[field]) {
      *target[field] = value;
      found++;
    }
  }
  return found == 6;
}

void process_title_set(const char *exec_name, const struct initial_stack *stack) {
  prctl(PR_SET_NAME, name_base(exec_name));
  STATE->title = (struct process_title){.arg_start = stack->arg_start,
                                        .arg_end = stack->arg_end,
                                        .env_start = stack->env_start,
                                        .env_end = stack->env_end};
  process_title_again();
}

void process_title_again(void) {
  struct prctl_mm_map map = {.exe_fd = (uint32_t)-1};
  if (!read_layout(&map)) return;
  map.brk = (uint64_t)sbrk(0);
  map.arg_start = STATE->title.arg_start;
  map.arg_end = STATE->title.arg_end;
  map.env_start = STATE->title.env_start;
  map.env_end = STATE->title.env_end;
  prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}
