#include "initial_stack.h"

#include <elf.h>
#include <string.h>

enum { RANDOM_BYTES = 16, STACK_ALIGN = 16, AT_RSEQ_FEATURE = 27, AT_RSEQ_ALIGN_OF = 28 };

static size_t vector_count(char *const *vector) {
  size_t n = 0;
  while (vector[n]) n++;
  return n;
}
static size_t vector_bytes(char *const *vector) {
  size_t bytes = 0;
  for (; *vector; vector++) bytes += strlen(*vector) + 1;
  return bytes;
}
static size_t auxv_count(const uint64_t *auxv) {
  size_t n = 0;
  while (auxv[2 * n] != AT_NULL) n++;
  return n + 1;
}

enum { TEXT_ENTRIES_MAX = 64 }; /* AT_PLATFORM and the like: a word each */

size_t initial_stack_size(const struct initial_stack *stack) {
  size_t words = 1 + (size_t)stack->argc + 1 + vector_count(stack->envp) + 1 + 2 * (auxv_count(stack->auxv) + 1);
  return vector_bytes(stack->argv) + vector_bytes(stack->envp) + strlen(stack->exec_name) + 1 + RANDOM_BYTES +
         4 * TEXT_ENTRIES_MAX + words * sizeof(uint64_t) + 4 * STACK_ALIGN;
}

static uint64_t put(uint64_t *at, const void *data, size_t size) {
  *at -= size;
  memcpy((void *)*at, data, size);
  return *at;
}
static uint64_t put_text(uint64_t *at, const char *text) {
  return put(at, text, strlen(text) + 1);
}

/* Copies the strings in order, upward, and notes their addresses. */
static void put_strings(uint64_t start, char *const *vector, uint64_t *addresses) {
  for (; *vector; vector++) {
    size_t size = strlen(*vector) + 1;
    memcpy((void *)start, *vector, size);
    *addresses++ = start;
    start += size;
  }
  *addresses = 0;
}

/* One entry as the program shall see it. `strings` grows down. False: it must not see it at all. */
static int convert_entry(const struct initial_stack *stack, uint64_t *strings, uint64_t type, uint64_t *value) {
  switch (type) {
    case AT_PHDR: *value = stack->headers; return 1;
    case AT_PHENT: *value = stack->header_size; return 1;
    case AT_PHNUM: *value = stack->header_count; return 1;
    case AT_BASE: *value = stack->interp_base; return 1;
    case AT_ENTRY: *value = stack->entry; return 1;
    case AT_SYSINFO_EHDR: *value = stack->vdso; return 1;
    case AT_EXECFN: *value = put_text(strings, stack->exec_name); return 1;
    case AT_RANDOM: *value = put(strings, (const void *)*value, RANDOM_BYTES); return 1;
    case AT_PLATFORM:
    case AT_BASE_PLATFORM: /* strings in the lower half's stack, which a restart would not find */
      if (strlen((const char *)*value) >= TEXT_ENTRIES_MAX) return 0;
      *value = put_text(strings, (const char *)*value);
      return 1;
    case AT_RSEQ_FEATURE:
    case AT_RSEQ_ALIGN_OF: return 0;
    default: return 1;
  }
}

uint64_t initial_stack_build(struct initial_stack *stack, uint64_t top) {
  uint64_t strings = top - sizeof(uint64_t); /* the kernel leaves a zero word on top */
  *(uint64_t *)strings = 0;
  strings -= vector_bytes(stack->envp);
  stack->env_start = strings;
  stack->env_end = top - sizeof(uint64_t);
  strings -= vector_bytes(stack->argv);
  stack->arg_start = strings;
  stack->arg_end = stack->env_start;

  /* Entries are converted twice: the first time only to learn how many there are and how low the strings reach. */
  size_t entries = 1, env_count = vector_count(stack->envp), argc = (size_t)stack->argc;
  uint64_t low = strings, probe;
  for (const uint64_t *aux = stack->auxv; aux[0] != AT_NULL; aux += 2) {
    probe = aux[1];
    entries += (size_t)convert_entry(stack, &low, aux[0], &probe);
  }
  size_t words = 1 + argc + 1 + env_count + 1 + 2 * entries;
  uint64_t pointer = (low - words * sizeof(uint64_t)) & ~(uint64_t)(STACK_ALIGN - 1);

  uint64_t *out = (uint64_t *)pointer;
  *out++ = argc;
  put_strings(stack->arg_start, stack->argv, out);
  out += argc + 1;
  put_strings(stack->env_start, stack->envp, out);
  out += env_count + 1;
  for (const uint64_t *aux = stack->auxv; aux[0] != AT_NULL; aux += 2) {
    uint64_t value = aux[1];
    if (!convert_entry(stack, &strings, aux[0], &value)) continue;
    *out++ = aux[0];
    *out++ = value;
  }
  *out++ = AT_NULL;
  *out++ = 0;
  return pointer;
}
