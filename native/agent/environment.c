/* What setenv(3) does, done from outside: a variable that exists gets another pointer in the array, new ones a longer copy of the array. glibc
 * copies an array that is not its own before it makes it longer, so both may be memory of ours: one mapping of the arena, which the next image
 * holds like any other. */
#include "environment.h"

#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "mapping.h"
#include "split_abi.h"
#include "state.h"
#include "syscall_raw.h"

enum { PAGE_BYTES = 4096, TRIES = 1000 };

static int refuse(char why[ENVIRONMENT_WHY_SIZE], const char *assignment, const char *what) {
  snprintf(why, ENVIRONMENT_WHY_SIZE, "%.*s cannot be changed: %s", (int)strcspn(assignment, "="), assignment, what);
  return -1;
}

/* Names of one variable. That of the executable, where it refers to it, stands for libc's (a copy relocation): so the first in ld.so's order. */
static char ***find_environ(void) {
  static const char *const names[] = {"environ", "__environ", "_environ"};
  const struct r_debug *debug = (const struct r_debug *)SPLIT->ld_debug;
  for (const struct link_map *m = debug ? debug->r_map : NULL; m; m = m->l_next) {
    if (!m->l_ld || !split_is_upper((uint64_t)m->l_ld)) continue;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
      uint64_t at = mapping_loaded_symbol(m->l_ld, m->l_addr, names[i]);
      if (at && split_is_upper(at)) return (char ***)at;
    }
  }
  return NULL;
}

/* Where the mapping cursor stands, which no thread moves now. */
static char *take_memory(size_t size) {
  uint64_t length = (size + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
  for (int i = 0; i < TRIES; i++) {
    uint64_t at = (STATE->bump + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    STATE->bump = at + length;
    void *got =
        mmap((void *)at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == (void *)at) return got;
    if (got != MAP_FAILED) munmap(got, length);
  }
  return NULL;
}

static char **find_variable(char **variables, const char *assignment) {
  size_t name = strcspn(assignment, "=") + 1;
  for (; *variables; variables++) {
    if (strncmp(*variables, assignment, name) == 0) return variables;
  }
  return NULL;
}

static size_t count_of(char **variables) {
  size_t count = 0;
  while (variables[count]) count++;
  return count;
}

/* In the program's own array as long as all have a place there: no thread that stopped inside setenv minds that. */
int environment_change(const char *const *assignments, int count, char why[ENVIRONMENT_WHY_SIZE]) {
  if (count == 0) return 0;
  char ***environment = find_environ();
  if (!environment || !*environment)
    return refuse(why, assignments[0], "the program's libc keeps no list of variables");
  size_t had = count_of(*environment), array = 0, bytes = 0;
  for (int i = 0; i < count; i++) {
    bytes += strlen(assignments[i]) + 1;
    if (!find_variable(*environment, assignments[i])) array = (had + (size_t)count + 1) * sizeof(char *);
  }
  char *memory = take_memory(array + bytes), *text = memory + array;
  if (!memory) return refuse(why, assignments[0], "no memory for it is free where the program's is");
  char **variables = array ? (char **)memory : *environment;
  if (array) memcpy(variables, *environment, had * sizeof(char *)); /* what follows is zero */
  for (int i = 0; i < count; i++) {
    char **place = find_variable(variables, assignments[i]);
    if (!place) place = variables + had++;
    *place = strcpy(text, assignments[i]);
    text += strlen(text) + 1;
  }
  *environment = variables;
  return 0;
}
