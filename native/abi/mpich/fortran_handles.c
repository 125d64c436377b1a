/* C and Fortran handles of the MPICH ABI are the same integers; only MPI_File is a pointer, whose INTEGER is the canonical handle.
 * MPI-4.1 section 19.3.4; statuses, section 19.3.5. MPICH 4.0's mpi.h has macros for most of these, 4.2's calls functions. */
#include <string.h>

#include "abi.h"
#include "export.h"
#include "fortran_handle.h"

int abi_fortran_handle(enum mana_kind kind, mana_h h) {
  (void)kind;
  return abi_handle_out(h);
}

mana_h abi_fortran_canonical(enum mana_kind kind, int handle) {
  return abi_handle_in(kind, handle);
}

#define SAME(Name)                                                                                                     \
  MPI_Fint PMPI_##Name##_c2f(MPI_##Name handle) {                                                                      \
    return handle;                                                                                                     \
  }                                                                                                                    \
  ABI_WEAK(MPI_##Name##_c2f)                                                                                           \
  MPI_##Name PMPI_##Name##_f2c(MPI_Fint handle) {                                                                      \
    return handle;                                                                                                     \
  }                                                                                                                    \
  ABI_WEAK(MPI_##Name##_f2c)
typedef MPI_Datatype MPI_Type;
SAME(Comm)
SAME(Errhandler)
SAME(Group)
SAME(Info)
SAME(Message)
SAME(Op)
SAME(Request)
SAME(Session)
SAME(Type)
SAME(Win)

MPI_Fint PMPI_File_c2f(MPI_File file) {
  return abi_handle_out(abi_file_in(file));
}
ABI_WEAK(MPI_File_c2f)
MPI_File PMPI_File_f2c(MPI_Fint file) {
  return abi_file_out(abi_handle_in(MANA_KIND_FILE, file));
}
ABI_WEAK(MPI_File_f2c)

/* --- statuses: five INTEGERs, in the order of the C struct ------------------------------------------------------------ */
extern MPI_Fint *MPI_F_STATUS_IGNORE, *MPI_F_STATUSES_IGNORE;
MPI_Fint *MPI_F_STATUS_IGNORE, *MPI_F_STATUSES_IGNORE; /* set by the Fortran library: it knows the COMMON block */

/* Those of the mpi_f08 module are objects, in the program or in the library, whose addresses C programs compare. */
extern char MPIR_F08_MPI_STATUS_IGNORE_OBJ[], MPIR_F08_MPI_STATUSES_IGNORE_OBJ[];
extern MPI_F08_status *MPI_F08_STATUS_IGNORE, *MPI_F08_STATUSES_IGNORE;
MPI_F08_status *MPI_F08_STATUS_IGNORE = (MPI_F08_status *)(void *)MPIR_F08_MPI_STATUS_IGNORE_OBJ;
MPI_F08_status *MPI_F08_STATUSES_IGNORE = (MPI_F08_status *)(void *)MPIR_F08_MPI_STATUSES_IGNORE_OBJ;

int PMPI_Status_c2f(const MPI_Status *c_status, MPI_Fint *f_status) {
  if (abi_status_ignored(c_status)) return ABI_ERR_OTHER;
  memcpy(f_status, c_status, sizeof *c_status);
  return 0;
}
ABI_WEAK(MPI_Status_c2f)
int PMPI_Status_f2c(const MPI_Fint *f_status, MPI_Status *c_status) {
  if (!f_status || f_status == MPI_F_STATUS_IGNORE || f_status == MPI_F_STATUSES_IGNORE) return ABI_ERR_OTHER;
  memcpy(c_status, f_status, sizeof *c_status);
  return 0;
}
ABI_WEAK(MPI_Status_f2c)
