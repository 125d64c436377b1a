/* mana-lower: the lower half of a split process. It is linked with no MPI; it loads the program into the upper half and,
 * when the program's stub asks for it, the proxy with the site's MPI into its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arena_check.h"
#include "checkpoint_signal.h"
#include "descriptors.h"
#include "hook_lower.h"
#include "lower_threads.h"
#include "lower_tls.h"
#include "names.h"
#include "options.h"
#include "process_state.h"
#include "program.h"
#include "report.h"
#include "restart.h"
#include "split_abi.h"
#include "upper_half.h"

#define PERSONALITY_QUERY 0xffffffffu /* man 2 personality */
#define USUAL_STACK (8ull << 20)

/* Executes this program anew, with `added` options before those it was given. */
static void start_again(int argc, char **argv, char **added, int count) __attribute__((noreturn));
static void start_again(int argc, char **argv, char **added, int count) {
  char **again = calloc((size_t)(argc + count + 1), sizeof *again);
  if (!again) report_fatal(EXIT_MANA, NULL, "out of memory at the start");
  again[0] = argv[0];
  memcpy(again + 1, added, (size_t)count * sizeof *added);
  memcpy(again + 1 + count, argv + 1, (size_t)argc * sizeof *argv); /* with the NULL at its end */
  execv("/proc/self/exe", again);
  report_fatal(EXIT_MANA, "mount /proc", "cannot start again: %s", strerror(errno));
}

/* With an unlimited stack the kernel places libraries below the arena. Syscall user dispatch knows one allowed range, which
 * is from the top of the arena upward: start again with the usual layout, and give the program its limit back. */
static void start_above_arena(int argc, char **argv) {
  struct rlimit limit;
  if (options.stack_soft_given) {
    if (getrlimit(RLIMIT_STACK, &limit) == 0) {
      limit.rlim_cur = options.stack_soft;
      setrlimit(RLIMIT_STACK, &limit);
    }
    return;
  }
  if (!options.dispatch || (uint64_t)getpid >= ARENA_HI) return;
  if (getrlimit(RLIMIT_STACK, &limit) != 0) return;
  char option[64], *added[] = {option};
  snprintf(option, sizeof option, "--stack-soft=%llu", (unsigned long long)limit.rlim_cur);
  if (limit.rlim_cur > USUAL_STACK) limit.rlim_cur = USUAL_STACK;
  int layout = personality(PERSONALITY_QUERY);
  if (setrlimit(RLIMIT_STACK, &limit) != 0 || personality((unsigned long)(layout & ~ADDR_COMPAT_LAYOUT)) < 0) return;
  start_again(argc, argv, added, 1);
}

/* Variables our own ld.so has already obeyed, though they are meant for the program: start again without them. */
static void start_without_preload(int argc, char **argv) {
  static const char *const variables[] = {"LD_PRELOAD", "LD_AUDIT"};
  char *kept[2 * 2], *setenv_option = "--setenv";
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
  if (n > 0) start_again(argc, argv, kept, n);
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
  start_above_arena(argc, argv);
  checkpoint_signal_ignore();
  if (options.restart[0]) descriptors_start_above(restart_highest_descriptor());
  struct descriptor_limit nofile = descriptors_raise_limit();
  descriptors_take_inherited(options.reenter);
  if (!options.restart[0]) program_find(&program);
  arena_check_free();
  lower_tls_begin();
  lower_libc_steer();
  upper_half_create_table(&program, nofile);
  state_note_start();
  if (options.restart[0]) {
    lower_threads_start();
    restart_run();
  }
  upper_half_load_resident();
  lower_threads_start();
  upper_half_start(&program, auxv);
}
