/* Reduction functions of the application. MPI-4.1 section 6.9.5. */
#ifndef MANA_CORE_OP_H
#define MANA_CORE_OP_H
#include "object.h"

/* A new op. `inner` is the C++ function behind a CORE_CXX function, else NULL. Canonical code, no handler invoked. */
int core_op_create(enum core_convention convention, void *function, void *inner, int commute, mana_h *op)
    __attribute__((visibility("hidden"), warn_unused_result));
/* The op was created for a C++ library's interceptor, and now learns the C++ function that the interceptor must be given. */
int core_op_become_cxx(mana_h op, void *interceptor, void *inner)
    __attribute__((visibility("hidden"), warn_unused_result));

#endif
