#ifndef MANA_LOWER_PROCESS_TITLE_H
#define MANA_LOWER_PROCESS_TITLE_H
#include "initial_stack.h"

/* Makes ps, /proc/PID/cmdline and /proc/PID/environ show the program. Where the kernel does not allow it, they show
 * mana-lower and its options; nothing depends on it. */
void process_title_set(const char *exec_name, const struct initial_stack *stack);
/* The same after a restart, but for the name, which is the process's state. */
void process_title_again(void);
#endif
