/* MPI_COMM_DUP_FN and its like as both MPIs' mpi_f08 modules name them. They are called as any callback of the program. */
#ifndef MANA_FORTRAN_F08_CALLBACKS_H
#define MANA_FORTRAN_F08_CALLBACKS_H
#include "attribute_functions.h"

#define F08_PREDEFINED(object)                                                                                         \
  F_DEFINE_NULL_COPY(__mpi_f08_callbacks_MOD_mpi_##object##_null_copy_fn)                                              \
  F_DEFINE_DUP(__mpi_f08_callbacks_MOD_mpi_##object##_dup_fn)                                                          \
  F_DEFINE_NULL_DELETE(__mpi_f08_callbacks_MOD_mpi_##object##_null_delete_fn)
/* A placeholder that is compared, never called. */
#define F08_CONVERSION(name)                                                                                           \
  void name(void);                                                                                                     \
  void name(void) {}
#endif
