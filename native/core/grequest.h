/* Generalized requests: completed by the application, known to the site by three functions that call back. MPI-4.1 section 13.2. */
#ifndef MANA_CORE_GREQUEST_H
#define MANA_CORE_GREQUEST_H
#include "object.h"

/* What Grequest_start registers, in one convention, and how far it is. In Fortran's, extra_state is the address of the program's variable. */
struct core_grequest {
  void *query, *free, *cancel, *extra_state;
  enum core_convention convention;
  int32_t state; /* enum core_grequest_state, whichever came first */
  int32_t refs;  /* the site's, and that of a thread that completes it */
};
enum core_grequest_state { CORE_GREQUEST_FREED = 1, CORE_GREQUEST_COMPLETED = 2 };

/* The application frees the request: whether it is complete, so that the site may free it. Otherwise it lives until it is (MPI-4.1
 * section 13.2), since the site would not know its handle then. */
int core_grequest_may_go(struct core_grequest *g) __attribute__((visibility("hidden")));

/* Canonical code, no handler invoked. */
int core_grequest_start(const struct core_grequest *functions, mana_h *request)
    __attribute__((visibility("hidden"), warn_unused_result));
#endif
