/* Generalized requests: completed by the application, known to the site by three functions that call back. MPI-4.1 section 13.2. */
#ifndef MANA_CORE_GREQUEST_H
#define MANA_CORE_GREQUEST_H
#include "object.h"

/* What Grequest_start registers, in one convention. In Fortran's, extra_state is the address of the program's variable. */
struct core_grequest {
  void *query, *free, *cancel, *extra_state;
  enum core_convention convention;
};

/* Canonical code, no handler invoked. */
int core_grequest_start(const struct core_grequest *functions, mana_h *request)
    __attribute__((visibility("hidden"), warn_unused_result));
#endif
