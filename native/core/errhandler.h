/* Error handlers: objects of the core alone. The site is always at MPI_ERRORS_RETURN. MPI-4.1 section 9.3. */
#ifndef MANA_CORE_ERRHANDLER_H
#define MANA_CORE_ERRHANDLER_H
#include "object.h"

/* A new handler for objects of kind target: core_MPI_Comm_create_errhandler and the like, with a convention. Canonical code, no
 * handler invoked. */
int core_errhandler_create(enum mana_kind target, enum core_convention convention, void *function, mana_h *errhandler)
    __attribute__((visibility("hidden"), warn_unused_result));

/* `to` is new and takes the handler of `from`; it must not have one of the application's yet. */
void core_errhandler_inherit(struct core_object *to, const struct core_object *from)
    __attribute__((visibility("hidden")));
/* The object is about to go: its handler loses a reference. */
void core_errhandler_drop(struct core_object *o) __attribute__((visibility("hidden")));

/* Invokes the handler that is responsible for the object with a canonical code; does not return where that handler is fatal. Returns
 * what the call is to return: the code, or what the handler has put in its place (MPICH takes that, and programs rely on it). */
int core_errhandler_invoke(enum mana_kind kind, mana_h object, int code, const char *name)
    __attribute__((visibility("hidden"), cold));
#endif
