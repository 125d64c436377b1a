/* Entry points that register Fortran functions: the core calls these back as Fortran expects (CORE_FORTRAN). */
#include "attribute_functions.h"

void FORTRAN(mpi_op_create)(void *user_fn, const MPI_Fint *commute, MPI_Fint *op, MPI_Fint *ierror);
void FORTRAN(mpi_op_create)(void *user_fn, const MPI_Fint *commute, MPI_Fint *op, MPI_Fint *ierror) {
  FORTRAN_RETURN(mana_fortran_op_create(user_fn, f_logical_in(*commute), op));
}
FORTRAN_NAMES(mpi_op_create, MPI_OP_CREATE, MPI_Op_create)

#define ERRHANDLER(lower, UPPER, Mixed, KIND)                                                                          \
  void FORTRAN(mpi_##lower)(void *function, MPI_Fint *errhandler, MPI_Fint *ierror);                                   \
  void FORTRAN(mpi_##lower)(void *function, MPI_Fint *errhandler, MPI_Fint *ierror) {                                  \
    FORTRAN_RETURN(mana_fortran_errhandler_create(KIND, function, errhandler, "MPI_" #Mixed));                         \
  }                                                                                                                    \
  FORTRAN_NAMES(mpi_##lower, MPI_##UPPER, MPI_##Mixed)
ERRHANDLER(comm_create_errhandler, COMM_CREATE_ERRHANDLER, Comm_create_errhandler, MANA_KIND_COMM)
ERRHANDLER(errhandler_create, ERRHANDLER_CREATE, Errhandler_create, MANA_KIND_COMM)
ERRHANDLER(file_create_errhandler, FILE_CREATE_ERRHANDLER, File_create_errhandler, MANA_KIND_FILE)
ERRHANDLER(win_create_errhandler, WIN_CREATE_ERRHANDLER, Win_create_errhandler, MANA_KIND_WIN)
#ifdef ABI_MPICH
ERRHANDLER(session_create_errhandler, SESSION_CREATE_ERRHANDLER, Session_create_errhandler, MANA_KIND_SESSION)
#endif

void FORTRAN(mpi_grequest_start)(void *query_fn, void *free_fn, void *cancel_fn, MPI_Aint *extra_state,
                                 MPI_Fint *request, MPI_Fint *ierror);
void FORTRAN(mpi_grequest_start)(void *query_fn, void *free_fn, void *cancel_fn, MPI_Aint *extra_state,
                                 MPI_Fint *request, MPI_Fint *ierror) {
  FORTRAN_RETURN(mana_fortran_grequest_start(query_fn, free_fn, cancel_fn, extra_state, request));
}
FORTRAN_NAMES(mpi_grequest_start, MPI_GREQUEST_START, MPI_Grequest_start)

static void *conversion(void *function) {
  return function == (void *)mpi_conversion_fn_null_ ? NULL : function;
}

void FORTRAN(mpi_register_datarep)(const char *datarep, void *read_fn, void *write_fn, void *extent_fn,
                                   const MPI_Aint *extra_state, MPI_Fint *ierror, int datarep_len);
void FORTRAN(mpi_register_datarep)(const char *datarep, void *read_fn, void *write_fn, void *extent_fn,
                                   const MPI_Aint *extra_state, MPI_Fint *ierror, int datarep_len) {
  F_TEXT_IN(datarep);
  int rc = mana_fortran_register_datarep(datarep_c, conversion(read_fn), conversion(write_fn), extent_fn, *extra_state);
  F_TEXT_FREE(datarep);
  FORTRAN_RETURN(rc);
}
FORTRAN_NAMES(mpi_register_datarep, MPI_REGISTER_DATAREP, MPI_Register_datarep)
