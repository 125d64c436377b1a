/* C and Fortran handles of the Open MPI ABI. A predefined object has the fixed INTEGER of mpif.h (0 to 72: a table); a user object the
 * canonical handle without its top bit, kind << 26 | index, which is positive and above all of those. MPI-4.1 section 19.3.4. */
#include <string.h>

#include "abi.h"
#include "export.h"
#include "fortran_handle.h"
#include "fortran_values.h"

int abi_fortran_handle(enum mana_kind kind, mana_h h) {
  (void)kind;
  return mana_is_user(h) ? (int)(h & INT32_MAX) : abi_fortran_out[h & (MANA_FIRST_INDEX - 1)] - 1;
}

mana_h abi_fortran_canonical(enum mana_kind kind, int handle) {
  if (handle < 0) return 0;
  if (handle < ABI_FORTRAN_PREDEFINED) return abi_fortran_in[kind][handle];
  return mana_index((mana_h)handle) >= MANA_FIRST_INDEX && handle >> 26 == (int)kind ? 0x80000000u | (mana_h)handle : 0;
}

/* A null pointer is what the C binding makes of an INTEGER that is no handle; calls refuse it by its class. */
#define CONVERT(Name, id, KIND)                                                                                        \
  MPI_Fint PMPI_##Name##_c2f(MPI_##Name handle) {                                                                      \
    return handle ? abi_fortran_handle(MANA_KIND_##KIND, abi_##id##_in(handle)) : -1;                                  \
  }                                                                                                                    \
  ABI_WEAK(MPI_##Name##_c2f)                                                                                           \
  MPI_##Name PMPI_##Name##_f2c(MPI_Fint handle) {                                                                      \
    mana_h h = abi_fortran_canonical(MANA_KIND_##KIND, handle);                                                        \
    return h ? abi_##id##_out(h) : NULL;                                                                               \
  }                                                                                                                    \
  ABI_WEAK(MPI_##Name##_f2c)
typedef MPI_Datatype MPI_Type;
CONVERT(Comm, comm, COMM)
CONVERT(Errhandler, errhandler, ERRHANDLER)
CONVERT(File, file, FILE)
CONVERT(Group, group, GROUP)
CONVERT(Info, info, INFO)
CONVERT(Message, message, MESSAGE)
CONVERT(Op, op, OP)
CONVERT(Request, request, REQUEST)
CONVERT(Type, datatype, DATATYPE)
CONVERT(Win, win, WIN)

/* --- statuses: six INTEGERs, which are the bytes of the C struct ------------------------------------------------------- */
/* The COMMON blocks of a Fortran program, or else the stand-ins that the library exports. */
extern MPI_Fint mpi_fortran_status_ignore_, mpi_fortran_statuses_ignore_;
extern MPI_Fint *MPI_F_STATUS_IGNORE, *MPI_F_STATUSES_IGNORE;
MPI_Fint *MPI_F_STATUS_IGNORE = &mpi_fortran_status_ignore_, *MPI_F_STATUSES_IGNORE = &mpi_fortran_statuses_ignore_;

int PMPI_Status_c2f(const MPI_Status *c_status, MPI_Fint *f_status) {
  if (abi_status_ignored(c_status) || !f_status) return ABI_ERR_IN_STATUS;
  memcpy(f_status, c_status, sizeof *c_status);
  return 0;
}
ABI_WEAK(MPI_Status_c2f)
int PMPI_Status_f2c(const MPI_Fint *f_status, MPI_Status *c_status) {
  if (!f_status || f_status == MPI_F_STATUS_IGNORE || f_status == MPI_F_STATUSES_IGNORE) return ABI_ERR_IN_STATUS;
  memcpy(c_status, f_status, sizeof *c_status);
  return 0;
}
ABI_WEAK(MPI_Status_f2c)
