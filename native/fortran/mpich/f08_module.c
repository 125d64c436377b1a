/* Procedures of MPICH's Fortran modules that call nothing: operators, conversions of handles and statuses, predefined callbacks. */
#include "f08_callbacks.h"
#include "f08_types.h"

/* --- handles ------------------------------------------------------------------------------------------------------------- */
#define OPERATORS(type)                                                                                                \
  F08_COMPARE(__mpi_f08_types_MOD_mpi_##type##_eq, __mpi_f08_types_MOD_mpi_##type##_neq)                               \
  F08_COMPARE(__mpi_f08_types_MOD_mpi_##type##_f08_eq_f, __mpi_f08_types_MOD_mpi_##type##_f08_neq_f)                   \
  F08_COMPARE(__mpi_f08_types_MOD_mpi_##type##_f_eq_f08, __mpi_f08_types_MOD_mpi_##type##_f_neq_f08)                   \
  F08_COPY(__mpi_f08_types_MOD___copy_mpi_f08_types_Mpi_##type, sizeof(int))
#define OLD_OPERATORS(type)                                                                                            \
  F08_COMPARE(__mpi_constants_MOD_##type##eq, __mpi_constants_MOD_##type##neq)                                         \
  F08_COPY(__mpi_constants_MOD___copy_mpi_constants_Mpi_##type, sizeof(int))
/* C handles and Fortran integers are the same in this ABI; files have no such procedure. */
#define SAME(type)                                                                                                     \
  int __mpi_f08_types_MOD_mpi_##type##_c2f(const int *handle);                                                         \
  int __mpi_f08_types_MOD_mpi_##type##_c2f(const int *handle) {                                                        \
    return *handle;                                                                                                    \
  }                                                                                                                    \
  int __mpi_f08_types_MOD_mpi_##type##_f2c(const int *handle);                                                         \
  int __mpi_f08_types_MOD_mpi_##type##_f2c(const int *handle) {                                                        \
    return *handle;                                                                                                    \
  }
#define HANDLE(type) OPERATORS(type) OLD_OPERATORS(type) SAME(type)
HANDLE(comm)
HANDLE(datatype)
HANDLE(errhandler)
HANDLE(group)
HANDLE(info)
HANDLE(message)
HANDLE(op)
HANDLE(request)
HANDLE(win)
OPERATORS(file)
OLD_OPERATORS(file)
OPERATORS(session)
SAME(session)

/* --- statuses: one layout for C, INTEGER arrays and TYPE(MPI_Status) ---------------------------------------------------------- */
F08_COPY(__mpi_f08_types_MOD___copy_mpi_f08_types_Mpi_status, sizeof(MPI_Status))
F08_COPY(__mpi_constants_MOD___copy_mpi_constants_Mpi_status, sizeof(MPI_Status))
F08_COPY(__mpi_c_interface_types_MOD___copy_mpi_c_interface_types_C_status, sizeof(MPI_Status))

#define ASSIGN(name)                                                                                                   \
  void name(void *to, const void *from);                                                                               \
  void name(void *to, const void *from) {                                                                              \
    memcpy(to, from, sizeof(MPI_Status));                                                                              \
  }
ASSIGN(__mpi_f08_types_MOD_mpi_status_c_assign_f08)
ASSIGN(__mpi_f08_types_MOD_mpi_status_f08_assign_c)

#define CONVERT(name)                                                                                                  \
  void name(const void *from, void *to, MPI_Fint *ierror);                                                             \
  void name(const void *from, void *to, MPI_Fint *ierror) {                                                            \
    memcpy(to, from, sizeof(MPI_Status));                                                                              \
    FORTRAN_RETURN(0);                                                                                                 \
  }
CONVERT(__mpi_f08_types_MOD_mpi_status_f082f)
CONVERT(__mpi_f08_types_MOD_mpi_status_f2f08)

/* Of the C binding, though MPICH keeps them in this library. MPI-4.1 section 19.3.5. */
#define C_CONVERT(name)                                                                                                \
  int P##name(const void *from, void *to);                                                                             \
  int P##name(const void *from, void *to) {                                                                            \
    memcpy(to, from, sizeof(MPI_Status));                                                                              \
    return 0;                                                                                                          \
  }                                                                                                                    \
  FORTRAN_ALIAS(P##name, name)
C_CONVERT(MPI_Status_c2f08)
C_CONVERT(MPI_Status_f082c)

/* --- predefined callbacks --------------------------------------------------------------------------------------------------- */
F08_PREDEFINED(comm)
F08_PREDEFINED(type)
F08_PREDEFINED(win)
F08_CONVERSION(__mpi_f08_callbacks_MOD_mpi_conversion_fn_null)
F08_CONVERSION(__mpi_f08_callbacks_MOD_mpi_conversion_fn_null_c)
