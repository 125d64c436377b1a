/* Procedures of Open MPI's mpi_f08 module beside the generated ones: operators, predefined callbacks, MPI_Buffer_detach. */
#include "f08_callbacks.h"
#include "f08_jump.h"
#include "f08_types.h"

#define HANDLE(type)                                                                                                   \
  F08_COMPARE(__mpi_f08_types_MOD_ompi_##type##_op_eq, __mpi_f08_types_MOD_ompi_##type##_op_ne)                        \
  F08_COPY(__mpi_f08_types_MOD___copy_mpi_f08_types_Mpi_##type, sizeof(int))
HANDLE(comm)
HANDLE(datatype)
HANDLE(errhandler)
HANDLE(file)
HANDLE(group)
HANDLE(info)
HANDLE(message)
HANDLE(op)
HANDLE(request)
HANDLE(win)
F08_COPY(__mpi_f08_types_MOD___copy_mpi_f08_types_Mpi_status, sizeof(MPI_Status))

F08_PREDEFINED(comm)
F08_PREDEFINED(type)
F08_PREDEFINED(win)
F08_CONVERSION(__mpi_f08_callbacks_MOD_mpi_conversion_fn_null)

/* Here, unlike in mpif.h, the buffer's address is given back: a TYPE(C_PTR). MPI-4.1 section 3.6. */
void ompi_buffer_detach_f08(void **buffer_addr, MPI_Fint *size, MPI_Fint *ierror);
void ompi_buffer_detach_f08(void **buffer_addr, MPI_Fint *size, MPI_Fint *ierror) {
  FORTRAN_RETURN(FORTRAN_C(MPI_Buffer_detach)(buffer_addr, size));
}
FORTRAN_ALIAS(ompi_buffer_detach_f08, pompi_buffer_detach_f08)
FORTRAN_ALIAS(ompi_buffer_detach_f08, mpi_buffer_detach_f08_)
FORTRAN_ALIAS(ompi_buffer_detach_f08, pmpi_buffer_detach_f08_)

F08_JUMP(mpi_f_sync_reg_f08_, ompi_f_sync_reg_f)
F08_JUMP(pmpi_f_sync_reg_f08_, ompi_f_sync_reg_f)
