/* The functions that Fortran programs pass as MPI_COMM_NULL_COPY_FN, MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN and the like. In MPICH's
 * ABI they belong to the Fortran library, in Open MPI's to the C one: mana's C stub library exports them there. */
#ifndef MANA_FORTRAN_ATTRIBUTE_FUNCTIONS_H
#define MANA_FORTRAN_ATTRIBUTE_FUNCTIONS_H
#include "fortran.h"

#define F_COPY_FUNCTION(name)                                                                                          \
  void name(MPI_Fint *object, MPI_Fint *keyval, MPI_Aint *extra, MPI_Aint *in, MPI_Aint *out, MPI_Fint *flag,          \
            MPI_Fint *ierror)
#define F_DELETE_FUNCTION(name)                                                                                        \
  void name(MPI_Fint *object, MPI_Fint *keyval, MPI_Aint *value, MPI_Aint *extra, MPI_Fint *ierror)

/* Their definitions, whatever the spelling. */
#define F_DEFINE_NULL_COPY(name)                                                                                       \
  F_COPY_FUNCTION(name);                                                                                               \
  F_COPY_FUNCTION(name) {                                                                                              \
    (void)object, (void)keyval, (void)extra, (void)in, (void)out;                                                      \
    *flag = 0;                                                                                                         \
    *ierror = 0;                                                                                                       \
  }
#define F_DEFINE_DUP(name)                                                                                             \
  F_COPY_FUNCTION(name);                                                                                               \
  F_COPY_FUNCTION(name) {                                                                                              \
    (void)object, (void)keyval, (void)extra;                                                                           \
    *out = *in;                                                                                                        \
    *flag = 1;                                                                                                         \
    *ierror = 0;                                                                                                       \
  }
#define F_DEFINE_NULL_DELETE(name)                                                                                     \
  F_DELETE_FUNCTION(name);                                                                                             \
  F_DELETE_FUNCTION(name) {                                                                                            \
    (void)object, (void)keyval, (void)value, (void)extra;                                                              \
    *ierror = 0;                                                                                                       \
  }

F_COPY_FUNCTION(mpi_null_copy_fn_);
F_COPY_FUNCTION(mpi_comm_null_copy_fn_);
F_COPY_FUNCTION(mpi_type_null_copy_fn_);
F_COPY_FUNCTION(mpi_win_null_copy_fn_);
F_COPY_FUNCTION(mpi_dup_fn_);
F_COPY_FUNCTION(mpi_comm_dup_fn_);
F_COPY_FUNCTION(mpi_type_dup_fn_);
F_COPY_FUNCTION(mpi_win_dup_fn_);
F_DELETE_FUNCTION(mpi_null_delete_fn_);
F_DELETE_FUNCTION(mpi_comm_null_delete_fn_);
F_DELETE_FUNCTION(mpi_type_null_delete_fn_);
F_DELETE_FUNCTION(mpi_win_null_delete_fn_);
void mpi_conversion_fn_null_(void *userbuf, MPI_Fint *datatype, MPI_Fint *count, void *filebuf, MPI_Offset *position,
                             MPI_Aint *extra_state, MPI_Fint *ierror);

static inline int fortran_is_null_copy(const void *f) {
  return !f || f == (void *)mpi_null_copy_fn_ || f == (void *)mpi_comm_null_copy_fn_ ||
         f == (void *)mpi_type_null_copy_fn_ || f == (void *)mpi_win_null_copy_fn_;
}
static inline int fortran_is_dup(const void *f) {
  return f == (void *)mpi_dup_fn_ || f == (void *)mpi_comm_dup_fn_ || f == (void *)mpi_type_dup_fn_ ||
         f == (void *)mpi_win_dup_fn_;
}
static inline int fortran_is_null_delete(const void *f) {
  return !f || f == (void *)mpi_null_delete_fn_ || f == (void *)mpi_comm_null_delete_fn_ ||
         f == (void *)mpi_type_null_delete_fn_ || f == (void *)mpi_win_null_delete_fn_;
}
#endif
