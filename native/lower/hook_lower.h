#ifndef MANA_LOWER_HOOK_LOWER_H
#define MANA_LOWER_HOOK_LOWER_H
#include <stdbool.h>
#include <stdint.h>

/* Whether the lower libc makes threads by system calls that can be steered. */
bool lower_libc_makes_threads_as_known(void);
/* Steers this program's own libc and ld.so, or ends with a message. Before any thread. */
void lower_libc_steer(void);

/* Steers one text segment; sites patched or a negated errno. */
long hook_lower_patch(uint64_t start, uint64_t length, int prot) __attribute__((warn_unused_result));
/* The process whose descriptors are kept in order; its children are not. */
extern int32_t hook_lower_pid;
#endif
