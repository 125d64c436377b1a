/* Entry points that only MPICH has, or that belong to its Fortran library and to Open MPI's C library. */
#include "attribute_functions.h"

void FORTRAN(mpi_info_create_env)(MPI_Fint *info, MPI_Fint *ierror);
void FORTRAN(mpi_info_create_env)(MPI_Fint *info, MPI_Fint *ierror) {
  FORTRAN_RETURN(FORTRAN_C(MPI_Info_create_env)(0, NULL, info));
}
FORTRAN_NAMES(mpi_info_create_env, MPI_INFO_CREATE_ENV, MPI_Info_create_env)

F_QUERY(query_hip_support, QUERY_HIP_SUPPORT, Query_hip_support)
F_QUERY(query_ze_support, QUERY_ZE_SUPPORT, Query_ze_support)

/* --- predefined attribute functions ----------------------------------------------------------------------------------------- */
#define PREDEFINED(set, SET)                                                                                           \
  F_DEFINE_NULL_COPY(FORTRAN(mpi_##set##null_copy_fn))                                                                 \
  FORTRAN_NAMES(mpi_##set##null_copy_fn, MPI_##SET##NULL_COPY_FN, unused)                                              \
  F_DEFINE_DUP(FORTRAN(mpi_##set##dup_fn))                                                                             \
  FORTRAN_NAMES(mpi_##set##dup_fn, MPI_##SET##DUP_FN, unused)                                                          \
  F_DEFINE_NULL_DELETE(FORTRAN(mpi_##set##null_delete_fn))                                                             \
  FORTRAN_NAMES(mpi_##set##null_delete_fn, MPI_##SET##NULL_DELETE_FN, unused)
PREDEFINED(, ) /* the names of MPI-1 */
PREDEFINED(comm_, COMM_)
PREDEFINED(type_, TYPE_)
PREDEFINED(win_, WIN_)

/* A placeholder that is compared, never called. */
void FORTRAN(mpi_conversion_fn_null)(void *userbuf, MPI_Fint *datatype, MPI_Fint *count, void *filebuf,
                                     MPI_Offset *position, MPI_Aint *extra_state, MPI_Fint *ierror);
void FORTRAN(mpi_conversion_fn_null)(void *userbuf, MPI_Fint *datatype, MPI_Fint *count, void *filebuf,
                                     MPI_Offset *position, MPI_Aint *extra_state, MPI_Fint *ierror) {
  (void)userbuf, (void)datatype, (void)count, (void)filebuf, (void)position, (void)extra_state;
  *ierror = 0;
}
FORTRAN_NAMES(mpi_conversion_fn_null, MPI_CONVERSION_FN_NULL, unused)
