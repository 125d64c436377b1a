/* MPI_DUP_FN of MPICH's mpi.h, for all kinds of object; MPI_NULL_COPY_FN and MPI_NULL_DELETE_FN are null pointers there. */
#include "abi.h"
#include "attribute.h"
#include "fortran_bridge.h"

int MPIR_Dup_fn(MPI_Comm comm, int keyval, void *extra_state, void *in, void *out, int *flag);
int MPIR_Dup_fn(MPI_Comm comm, int keyval, void *extra_state, void *in, void *out, int *flag) {
  (void)comm, (void)keyval, (void)extra_state;
  *flag = 1;
  *(void **)out = in;
  return 0;
}

int abi_is_dup_function(const void *copy) {
  return copy == (const void *)MPIR_Dup_fn;
}

void *mana_fortran_dup_function(void) {
  return (void *)MPIR_Dup_fn;
}
