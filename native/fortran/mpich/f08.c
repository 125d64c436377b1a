/* What MPICH's mpi_f08 module needs beside its generated procedures. */
#include <stdio.h>
#include <unistd.h>

#include "f08.h"
#undef f_buffer
#undef f_is_in_place

void *f08_contiguous(const void *descriptor, const char *name) {
  const struct f08_array *array = descriptor;
  ptrdiff_t dense = 1;
  for (int i = 0; i < array->rank; i++) {
    ptrdiff_t extent = array->dim[i].upper - array->dim[i].lower + 1;
    if (extent <= 0) break; /* no elements, or the unknown last extent of an assumed-size array */
    if (extent > 1 && array->dim[i].stride != dense) {
      fprintf(stderr,
              "mana: %s: an array section with gaps as a buffer of the mpi_f08 module is not supported yet.\n"
              "  next: pass a contiguous array or a derived datatype, or use the mpi module.\n",
              name);
      _exit(125);
    }
    dense *= extent;
  }
  return array->base;
}

void mpi_buffer_detach_f08_large_(MPI_Aint *buffer_addr, MPI_Count *size, MPI_Fint *ierror);
void mpi_buffer_detach_f08_large_(MPI_Aint *buffer_addr, MPI_Count *size, MPI_Fint *ierror) {
  FORTRAN_RETURN(FORTRAN_C(MPI_Buffer_detach_c)(buffer_addr, size));
}
F08_JUMP(pmpir_buffer_detach_f08_large_, mpi_buffer_detach_f08_large_)

F08_JUMP(mpi_f_sync_reg_f08ts_, pmpi_f_sync_reg_)
F08_JUMP(pmpir_f_sync_reg_f08ts_, pmpi_f_sync_reg_)

/* The module lacks the X of MPICH's C names. */
#define DELETE(what)                                                                                                   \
  void mpi_delete_error_##what##_f08_(const MPI_Fint *code, MPI_Fint *ierror);                                         \
  void mpi_delete_error_##what##_f08_(const MPI_Fint *code, MPI_Fint *ierror) {                                        \
    FORTRAN_RETURN(FORTRAN_C(MPIX_Delete_error_##what)(*code));                                                        \
  }                                                                                                                    \
  F08_JUMP(pmpir_delete_error_##what##_f08_, mpi_delete_error_##what##_f08_)
DELETE(class)
DELETE(code)
DELETE(string)
