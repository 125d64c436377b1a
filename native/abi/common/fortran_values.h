/* Values that mpif.h and mpi.h of one ABI do not share (generated: fortran_values.c). */
#ifndef MANA_FORTRAN_VALUES_H
#define MANA_FORTRAN_VALUES_H
#include <stdint.h>

#include "canon.h"

/* A key as Fortran knows it, in canonical form: MPICH numbers the predefined ones apart, since their values are integers there. */
int abi_fortran_keyval_in(int keyval) __attribute__((visibility("hidden")));

/* The INTEGERs of predefined objects, both ways, where they are not the C handles (Open MPI). */
enum { ABI_FORTRAN_PREDEFINED = 128 };
extern const uint16_t abi_fortran_in[MANA_KINDS][ABI_FORTRAN_PREDEFINED] __attribute__((visibility("hidden")));
/* By canonical value, plus one: 0 where mpif.h has no such handle. */
extern const uint8_t abi_fortran_out[MANA_FIRST_INDEX] __attribute__((visibility("hidden")));
#endif
