/* The predefined attribute functions of Open MPI's mpi.h: exported functions, one set per kind of object. */
#include "abi.h"
#include "attribute.h"
#include "fortran_bridge.h"

#define PREDEFINED(set, type)                                                                                          \
  int OMPI_C_MPI_##set##NULL_DELETE_FN(type object, int keyval, void *value, void *extra_state);                       \
  int OMPI_C_MPI_##set##NULL_DELETE_FN(type object, int keyval, void *value, void *extra_state) {                      \
    (void)object, (void)keyval, (void)value, (void)extra_state;                                                        \
    return 0;                                                                                                          \
  }                                                                                                                    \
  int OMPI_C_MPI_##set##NULL_COPY_FN(type object, int keyval, void *extra_state, void *in, void *out, int *flag);      \
  int OMPI_C_MPI_##set##NULL_COPY_FN(type object, int keyval, void *extra_state, void *in, void *out, int *flag) {     \
    (void)object, (void)keyval, (void)extra_state, (void)in, (void)out;                                                \
    *flag = 0;                                                                                                         \
    return 0;                                                                                                          \
  }                                                                                                                    \
  int OMPI_C_MPI_##set##DUP_FN(type object, int keyval, void *extra_state, void *in, void *out, int *flag);            \
  int OMPI_C_MPI_##set##DUP_FN(type object, int keyval, void *extra_state, void *in, void *out, int *flag) {           \
    (void)object, (void)keyval, (void)extra_state;                                                                     \
    *flag = 1;                                                                                                         \
    *(void **)out = in;                                                                                                \
    return 0;                                                                                                          \
  }
PREDEFINED(, MPI_Comm) /* the names of MPI-1 */
PREDEFINED(COMM_, MPI_Comm)
PREDEFINED(TYPE_, MPI_Datatype)
PREDEFINED(WIN_, MPI_Win)

int abi_is_dup_function(const void *copy) {
  return copy == (const void *)OMPI_C_MPI_DUP_FN || copy == (const void *)OMPI_C_MPI_COMM_DUP_FN ||
         copy == (const void *)OMPI_C_MPI_TYPE_DUP_FN || copy == (const void *)OMPI_C_MPI_WIN_DUP_FN;
}

void *mana_fortran_dup_function(void) {
  return (void *)OMPI_C_MPI_COMM_DUP_FN;
}
