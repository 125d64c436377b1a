/* The program's first stack, laid out as the kernel would: strings on top, below them argc, argv, envp and the auxiliary
 * vector (System V ABI for AMD64, section 3.4.1). Pure: works on any memory. */
#ifndef MANA_LOWER_INITIAL_STACK_H
#define MANA_LOWER_INITIAL_STACK_H
#include <stddef.h>
#include <stdint.h>

struct initial_stack {
  int argc;
  char *const *argv, *const *envp;
  const uint64_t *auxv; /* pairs, ended by AT_NULL: this process's own, whose entries are replaced as follows */
  uint64_t headers, header_size, header_count, interp_base, entry, vdso;
  const char *exec_name; /* AT_EXECFN */
  /* Filled: where the strings came to lie, for /proc/PID/cmdline and environ. */
  uint64_t arg_start, arg_end, env_start, env_end;
};

/* Bytes it takes, at most. */
size_t initial_stack_size(const struct initial_stack *stack) __attribute__((warn_unused_result));
/* Builds it so that it ends at `top`, within initial_stack_size bytes; returns the stack pointer for the entry. */
uint64_t initial_stack_build(struct initial_stack *stack, uint64_t top) __attribute__((warn_unused_result));
#endif
