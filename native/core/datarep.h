/* Data representations that the application registers. MPI-4.1 section 14.5.3. */
#ifndef MANA_CORE_DATAREP_H
#define MANA_CORE_DATAREP_H
#include "object.h"

struct core_datarep {
  void *read, *write, *extent, *extra_state; /* read, write: NULL for MPI_CONVERSION_FN_NULL */
  enum core_convention convention;           /* CORE_C, CORE_C_LARGE or CORE_FORTRAN */
};

/* Canonical code, no handler invoked. */
int core_datarep_register(const char *name, const struct core_datarep *functions)
    __attribute__((visibility("hidden"), warn_unused_result));
#endif
