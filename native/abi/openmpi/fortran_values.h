/* The INTEGERs of predefined objects in the Open MPI ABI's mpif.h, both ways (generated: fortran_values.c). */
#ifndef MANA_FORTRAN_VALUES_H
#define MANA_FORTRAN_VALUES_H
#include <stdint.h>

#include "canon.h"

enum { ABI_FORTRAN_PREDEFINED = 128 };
extern const uint16_t abi_fortran_in[MANA_KINDS][ABI_FORTRAN_PREDEFINED] __attribute__((visibility("hidden")));
/* By canonical value, plus one: 0 where mpif.h has no such handle. */
extern const uint8_t abi_fortran_out[MANA_FIRST_INDEX] __attribute__((visibility("hidden")));
#endif
