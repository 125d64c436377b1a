/* mana-lower: the lower half of a split process. It is linked with no MPI; it loads the program into the upper half and,
 * when the program's stub asks for it, the proxy with the site's MPI into its own. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena_check.h"
#include "descriptors.h"
#include "hook_lower.h"
#include "lower_threads.h"
#include "names.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "upper_half.h"

/* Variables our own ld.so has already obeyed, though they are meant for the program: start again without them. */
static void start_without_preload(int argc, char **argv) {
  static const char *const variables[] = {"LD_PRELOAD", "LD_AUDIT"};
  char *kept[2 * 2 + 1], *setenv_option = "--setenv";
  int n = 0;
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *value = getenv(variables[i]);
    if (!value) continue;
    char *assignment = malloc(strlen(variables[i]) + strlen(value) + 2);
    if (!assignment) report_fatal(EXIT_MANA, NULL, "out of memory at the start");
    strcat(strcat(strcpy(assignment, variables[i]), "="), value);
    kept[n++] = setenv_option;
    kept[n++] = assignment;
    unsetenv(variables[i]);
  }
  if (n == 0) return;
  char **again = calloc((size_t)(argc + n + 1), sizeof *again);
  if (!again) report_fatal(EXIT_MANA, NULL, "out of memory at the start");
  again[0] = argv[0];
  memcpy(again + 1, kept, (size_t)n * sizeof *kept);
  memcpy(again + 1 + n, argv + 1, (size_t)argc * sizeof *argv);
  execv("/proc/self/exe", again);
  report_fatal(EXIT_MANA, "start without LD_PRELOAD", "cannot start again without LD_PRELOAD");
}

static const uint64_t *auxiliary_vector(char **environment) {
  while (*environment) environment++;
  return (const uint64_t *)(environment + 1);
}

int main(int argc, char **argv, char **environment) {
  static struct program program;
  const uint64_t *auxv = auxiliary_vector(environment); /* before setenv moves the environment away from it */
  start_without_preload(argc, argv);
  options_read(argc, argv);
  uint64_t nofile_soft = descriptors_raise_limit();
  descriptors_take_inherited(options.reenter);
  program_find(&program);
  arena_check_free();
  lower_libc_steer();
  upper_half_create_table(&program, nofile_soft);
  upper_half_load_resident();
  lower_threads_start();
  upper_half_start(&program, auxv);
}
