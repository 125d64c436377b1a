/* Steers the system calls of a mapped text segment through mana_hook_entry. Used by both halves, each on its own libc. */
#ifndef MANA_PATCH_TEXT_H
#define MANA_PATCH_TEXT_H
#include "machine_code.h"

/* Patches every wanted site of the text at `start` (readable, of `length` bytes, not being executed by anyone else).
 * The stubs go to fresh pages at or after `pool_from`, within a jump's reach. `prot` is what the text's pages get back. `in_child`: what the child of a
 * wanted clone or clone3 calls (machine_code.h); 0 where none is wanted.
 * Returns the number of sites patched, or a negated errno. */
long patch_text(uint64_t start, uint64_t length, int prot, uint64_t pool_from, code_wanted *wanted, uint64_t in_child)
    __attribute__((warn_unused_result));

/* Where stubs jump to: hook_entry.S, which calls mana_hook. */
extern char mana_hook_entry[] __attribute__((visibility("hidden")));
long mana_hook(long nr, long a, long b, long c, long d, long e, long f) __attribute__((visibility("hidden")));
#endif
