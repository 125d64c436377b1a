/* Signal actions of the lower half. Natively both halves share one action a signal and the last one wins; so it is here,
 * but each half sees its own handlers only, and each handler runs under its own half's FS. */
#ifndef MANA_LOWER_SIGNALS_H
#define MANA_LOWER_SIGNALS_H
#include "split_abi.h"

/* rt_sigaction of the lower half: result or a negated errno. */
long lower_sigaction(long sig, const struct kernel_sigaction *wanted, struct kernel_sigaction *old, long size);
/* What the kernel calls for a lower handler (split_table.lower_signal_entry). */
void lower_signal_entry(int sig, void *info, void *context);
/* The kernel's handler for the program's actions, once the blob is mapped. */
extern uint64_t lower_signals_upper_entry;
#endif
