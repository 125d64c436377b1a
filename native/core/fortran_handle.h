/* What the core needs of the application's Fortran binding, to call its Fortran callbacks. */
#ifndef MANA_CORE_FORTRAN_HANDLE_H
#define MANA_CORE_FORTRAN_HANDLE_H
#include "canon.h"

/* The INTEGER that a Fortran program knows the object by: what MPI_Comm_c2f and the like return in the application's ABI. */
int abi_fortran_handle(enum mana_kind kind, mana_h h) __attribute__((visibility("hidden")));
/* The way back; 0 where no object of that kind can have the INTEGER. */
mana_h abi_fortran_canonical(enum mana_kind kind, int handle) __attribute__((visibility("hidden")));
#endif
