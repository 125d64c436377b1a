/* The COMMON blocks of mpif.h as other libraries know them. MPICH passes their addresses from Fortran to C when the first entry point
 * is called; here they are known as soon as the library is loaded, since the dynamic linker has settled whose block counts. */
#include "fortran.h"

extern MPI_Fint *MPI_F_STATUS_IGNORE, *MPI_F_STATUSES_IGNORE, *MPI_F_ERRCODES_IGNORE;
extern void *MPIR_F_MPI_BOTTOM, *MPIR_F_MPI_IN_PLACE, *MPIR_F_MPI_UNWEIGHTED, *MPIR_F_MPI_WEIGHTS_EMPTY;
extern void *MPI_F_ARGV_NULL, *MPI_F_ARGVS_NULL;
extern int MPIR_F_NeedInit;

MPI_Fint *MPI_F_ERRCODES_IGNORE;
void *MPIR_F_MPI_BOTTOM, *MPIR_F_MPI_IN_PLACE, *MPIR_F_MPI_UNWEIGHTED, *MPIR_F_MPI_WEIGHTS_EMPTY;
void *MPI_F_ARGV_NULL, *MPI_F_ARGVS_NULL;
int MPIR_F_NeedInit;

void mpirinitc_(void *status, void *statuses, void *bottom, void *in_place, void *unweighted, void *errcodes,
                void *argv, void *argvs, void *weights_empty, int argv_len, int argvs_len);
void mpirinitc_(void *status, void *statuses, void *bottom, void *in_place, void *unweighted, void *errcodes,
                void *argv, void *argvs, void *weights_empty, int argv_len, int argvs_len) {
  (void)argv_len, (void)argvs_len;
  MPI_F_STATUS_IGNORE = status;
  MPI_F_STATUSES_IGNORE = statuses;
  MPI_F_ERRCODES_IGNORE = errcodes;
  MPIR_F_MPI_BOTTOM = bottom;
  MPIR_F_MPI_IN_PLACE = in_place;
  MPIR_F_MPI_UNWEIGHTED = unweighted;
  MPIR_F_MPI_WEIGHTS_EMPTY = weights_empty;
  MPI_F_ARGV_NULL = argv;
  MPI_F_ARGVS_NULL = argvs;
}

void mpirinitf_(void);
__attribute__((constructor)) void mpirinitf_(void) {
  mpirinitc_(F_STATUS_IGNORE, F_STATUSES_IGNORE, F_BOTTOM, F_IN_PLACE, F_UNWEIGHTED, F_ERRCODES_IGNORE, F_ARGV_NULL,
             F_ARGVS_NULL, F_WEIGHTS_EMPTY, 1, 1);
}
