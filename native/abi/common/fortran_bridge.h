/* What a Fortran library asks of the C stub library beside the MPI functions: objects whose callbacks are Fortran's, attributes with
 * Fortran's values, lengths of arrays. Handles are Fortran INTEGERs, codes the application ABI's; error handlers are invoked. */
#ifndef MANA_FORTRAN_BRIDGE_H
#define MANA_FORTRAN_BRIDGE_H
#include <stdint.h>

#include "canon.h"
#include "object.h"

/* `convention` is CORE_FORTRAN, or CORE_FORTRAN_INTEGER for the MPI-1 bindings. copy may be the C binding's MPI_DUP_FN and NULL. */
int mana_fortran_keyval_create(enum mana_kind target, enum core_convention convention, void *copy, void *remove,
                               intptr_t extra_state, int *keyval, const char *name);
int mana_fortran_attribute_set(enum mana_kind kind, int object, int keyval, intptr_t value,
                               enum core_convention convention, const char *name);
/* *value is left alone where *flag becomes 0. */
int mana_fortran_attribute_get(enum mana_kind kind, int object, int keyval, enum core_convention convention,
                               intptr_t *value, int *flag, const char *name);
/* The C binding's MPI_COMM_DUP_FN: it stands for Fortran's, since it keeps the language of the attribute that it copies. */
void *mana_fortran_dup_function(void);

int mana_fortran_op_create(void *function, int commute, int *op);
int mana_fortran_errhandler_create(enum mana_kind target, void *function, int *errhandler, const char *name);

/* extra_state is the variable itself: the functions may change it. */
int mana_fortran_grequest_start(void *query, void *free, void *cancel, intptr_t *extra_state, int *request);
/* read and write: NULL for MPI_CONVERSION_FN_NULL. */
int mana_fortran_register_datarep(const char *name, void *read, void *write, void *extent, intptr_t extra_state);

/* Elements in an array argument of a collective on comm; 0 where comm is no communicator. */
enum mana_fortran_length { FORTRAN_PEERS, FORTRAN_IN_DEGREE, FORTRAN_OUT_DEGREE };
int mana_fortran_length(enum mana_fortran_length what, int comm);
#endif
