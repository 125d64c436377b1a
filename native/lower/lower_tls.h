/* The lower half's thread-local storage. Compilers find it through FS, of which a thread has one and each half wants its own. So the code of the
 * lower half is changed, as it is loaded, to find it through GS, which x86-64 programs do not use: one byte in each instruction that says %fs
 * says %gs. From then on FS is the program's alone, and a crossing writes neither.
 *
 * Where some code cannot be read with certainty (tls_sites.h), or the user asks for it, crossings swap FS as well; changed code does not mind. */
#ifndef MANA_LOWER_TLS_H
#define MANA_LOWER_TLS_H
#include <stdbool.h>

#include "split_abi.h"

/* Called once, before this process has a second thread and before libc's system calls are steered: changes what is loaded by now, and watches
 * what ld.so loads later. */
void lower_tls_begin(void);
/* Whether changed code may run: each thread needs a GS. */
bool lower_tls_by_gs(void);
/* Tells the table, which knows of have_fsgsbase already. */
void lower_tls_fill(struct split_table *table);
/* FS is the program's from now on. */
void lower_tls_program_begins(void);

/* Where a thread that the lower libc has made begins: it was given the FS of its block, and gets the same GS (child_entry.S, hook_child.c). */
extern char child_entry[] __attribute__((visibility("hidden")));
#endif
