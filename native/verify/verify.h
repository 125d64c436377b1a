/* The verification program of a bundle: every rank runs every check, rank 0 tells the verdict of all. */
#ifndef MANA_VERIFY_H
#define MANA_VERIFY_H
#include "mpi_abi.h"

extern int verify_rank, verify_size;

/* One check: `passed` on every rank, or FAILED with the first wrong expectation of the lowest rank that has one.
 * A line of "mana-verify", name, ok|warning|FAILED, detail, separated by tabs; `mana bundle verify` reads it. Collective. */
void verify_tell(const char *name, const char *detail);

/* Records what is not as it should be; the first of a check is kept. */
void verify_expect(int holds, const char *what, ...) __attribute__((format(printf, 2, 3)));

/* The check that is told next passes, with a warning of rank 0 in its detail. */
void verify_warn_if(int condition);

void verify_values(void);
void verify_symbols(void);
void verify_messages(void);
void verify_callbacks(void);
void verify_threads(int provided);
void verify_crossing(void);
#endif
