/* Functions that Open MPI's C library exports for Fortran programs: the predefined attribute functions, and the timers and address
 * arithmetic of the mpi module. They call nothing: attribute functions are compared, and run only where a program calls them. */
#include "abi.h"

#define SPELLING(strong, name) extern __typeof__(strong) name __attribute__((weak, alias(#strong)));
#define SPELLINGS(strong, lower, UPPER)                                                                                \
  SPELLING(strong, lower)                                                                                              \
  SPELLING(strong, lower##_)                                                                                           \
  SPELLING(strong, lower##__)                                                                                          \
  SPELLING(strong, UPPER)

/* --- MPI_NULL_COPY_FN and its like, with Fortran's signatures ----------------------------------------------------------------- */
#define COPY(name)                                                                                                     \
  void name(MPI_Fint *object, MPI_Fint *keyval, MPI_Aint *extra, MPI_Aint *in, MPI_Aint *out, MPI_Fint *flag,          \
            MPI_Fint *ierror)
#define DELETE(name) void name(MPI_Fint *object, MPI_Fint *keyval, MPI_Aint *value, MPI_Aint *extra, MPI_Fint *ierror)
#define PREDEFINED(set, SET)                                                                                           \
  COPY(ompi_##set##null_copy_fn_f);                                                                                    \
  COPY(ompi_##set##null_copy_fn_f) {                                                                                   \
    (void)object, (void)keyval, (void)extra, (void)in, (void)out;                                                      \
    *flag = 0;                                                                                                         \
    *ierror = 0;                                                                                                       \
  }                                                                                                                    \
  SPELLINGS(ompi_##set##null_copy_fn_f, mpi_##set##null_copy_fn, MPI_##SET##NULL_COPY_FN)                              \
  COPY(ompi_##set##dup_fn_f);                                                                                          \
  COPY(ompi_##set##dup_fn_f) {                                                                                         \
    (void)object, (void)keyval, (void)extra;                                                                           \
    *out = *in;                                                                                                        \
    *flag = 1;                                                                                                         \
    *ierror = 0;                                                                                                       \
  }                                                                                                                    \
  SPELLINGS(ompi_##set##dup_fn_f, mpi_##set##dup_fn, MPI_##SET##DUP_FN)                                                \
  DELETE(ompi_##set##null_delete_fn_f);                                                                                \
  DELETE(ompi_##set##null_delete_fn_f) {                                                                               \
    (void)object, (void)keyval, (void)value, (void)extra;                                                              \
    *ierror = 0;                                                                                                       \
  }                                                                                                                    \
  SPELLINGS(ompi_##set##null_delete_fn_f, mpi_##set##null_delete_fn, MPI_##SET##NULL_DELETE_FN)
PREDEFINED(, ) /* the names of MPI-1 */
PREDEFINED(comm_, COMM_)
PREDEFINED(type_, TYPE_)
PREDEFINED(win_, WIN_)

void mpi_conversion_fn_null_f(void *userbuf, MPI_Fint *datatype, MPI_Fint *count, void *filebuf, MPI_Offset *position,
                              MPI_Aint *extra_state, MPI_Fint *ierror);
void mpi_conversion_fn_null_f(void *userbuf, MPI_Fint *datatype, MPI_Fint *count, void *filebuf, MPI_Offset *position,
                              MPI_Aint *extra_state, MPI_Fint *ierror) {
  (void)userbuf, (void)datatype, (void)count, (void)filebuf, (void)position, (void)extra_state;
  *ierror = 0;
}
SPELLINGS(mpi_conversion_fn_null_f, mpi_conversion_fn_null, MPI_CONVERSION_FN_NULL)

/* --- the mpi module's spellings of functions that return values -------------------------------------------------------------- */
double PMPI_Wtime(void);
double PMPI_Wtick(void);

double mpi_wtime_f90(void);
double mpi_wtime_f90(void) {
  return PMPI_Wtime();
}
SPELLING(mpi_wtime_f90, mpi_wtime_f90_)
SPELLING(mpi_wtime_f90, mpi_wtime_f90__)
SPELLING(mpi_wtime_f90, MPI_WTIME_F90)

double mpi_wtick_f90(void);
double mpi_wtick_f90(void) {
  return PMPI_Wtick();
}
SPELLING(mpi_wtick_f90, mpi_wtick_f90_)
SPELLING(mpi_wtick_f90, mpi_wtick_f90__)
SPELLING(mpi_wtick_f90, MPI_WTICK_F90)

MPI_Aint mpi_aint_add_f90(const MPI_Aint *base, const MPI_Aint *disp);
MPI_Aint mpi_aint_add_f90(const MPI_Aint *base, const MPI_Aint *disp) {
  return (MPI_Aint)((uintptr_t)*base + (uintptr_t)*disp);
}
SPELLING(mpi_aint_add_f90, mpi_aint_add_f90_)
SPELLING(mpi_aint_add_f90, mpi_aint_add_f90__)
SPELLING(mpi_aint_add_f90, MPI_AINT_ADD_F90)

MPI_Aint mpi_aint_diff_f90(const MPI_Aint *addr1, const MPI_Aint *addr2);
MPI_Aint mpi_aint_diff_f90(const MPI_Aint *addr1, const MPI_Aint *addr2) {
  return (MPI_Aint)((uintptr_t)*addr1 - (uintptr_t)*addr2);
}
SPELLING(mpi_aint_diff_f90, mpi_aint_diff_f90_)
SPELLING(mpi_aint_diff_f90, mpi_aint_diff_f90__)
SPELLING(mpi_aint_diff_f90, MPI_AINT_DIFF_F90)
