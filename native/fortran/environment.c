/* Entry points of initialization, timers and the like, whose Fortran binding has other arguments than C's. */
#include "fortran.h"

void FORTRAN(mpi_init)(MPI_Fint *ierror);
void FORTRAN(mpi_init)(MPI_Fint *ierror) {
  FORTRAN_RETURN(FORTRAN_C(MPI_Init)(NULL, NULL));
}
FORTRAN_NAMES(mpi_init, MPI_INIT, MPI_Init)

void FORTRAN(mpi_init_thread)(const MPI_Fint *required, MPI_Fint *provided, MPI_Fint *ierror);
void FORTRAN(mpi_init_thread)(const MPI_Fint *required, MPI_Fint *provided, MPI_Fint *ierror) {
  FORTRAN_RETURN(FORTRAN_C(MPI_Init_thread)(NULL, NULL, *required, provided));
}
FORTRAN_NAMES(mpi_init_thread, MPI_INIT_THREAD, MPI_Init_thread)

double FORTRAN(mpi_wtime)(void);
double FORTRAN(mpi_wtime)(void) {
  return FORTRAN_C(MPI_Wtime)();
}
FORTRAN_NAMES(mpi_wtime, MPI_WTIME, MPI_Wtime)

double FORTRAN(mpi_wtick)(void);
double FORTRAN(mpi_wtick)(void) {
  return FORTRAN_C(MPI_Wtick)();
}
FORTRAN_NAMES(mpi_wtick, MPI_WTICK, MPI_Wtick)

/* Arithmetic of addresses is a plain sum (MPI-4.1 section 5.1.5); Open MPI's C binding has macros for it. */
MPI_Aint FORTRAN(mpi_aint_add)(const MPI_Aint *base, const MPI_Aint *disp);
MPI_Aint FORTRAN(mpi_aint_add)(const MPI_Aint *base, const MPI_Aint *disp) {
  return (MPI_Aint)((uintptr_t)*base + (uintptr_t)*disp);
}
FORTRAN_NAMES(mpi_aint_add, MPI_AINT_ADD, MPI_Aint_add)

MPI_Aint FORTRAN(mpi_aint_diff)(const MPI_Aint *addr1, const MPI_Aint *addr2);
MPI_Aint FORTRAN(mpi_aint_diff)(const MPI_Aint *addr1, const MPI_Aint *addr2) {
  return (MPI_Aint)((uintptr_t)*addr1 - (uintptr_t)*addr2);
}
FORTRAN_NAMES(mpi_aint_diff, MPI_AINT_DIFF, MPI_Aint_diff)

void FORTRAN(mpi_pcontrol)(const MPI_Fint *level);
void FORTRAN(mpi_pcontrol)(const MPI_Fint *level) {
  (void)FORTRAN_C(MPI_Pcontrol)(*level);
}
FORTRAN_NAMES(mpi_pcontrol, MPI_PCONTROL, MPI_Pcontrol)

/* Forces the compiler to store and reload buf, no more (MPI-4.1 section 19.1.8). */
void FORTRAN(mpi_f_sync_reg)(void *buf, MPI_Fint *ierror);
void FORTRAN(mpi_f_sync_reg)(void *buf, MPI_Fint *ierror) {
  (void)buf;
  FORTRAN_RETURN(0);
}
FORTRAN_NAMES(mpi_f_sync_reg, MPI_F_SYNC_REG, MPI_F_sync_reg)

/* MPICH gives the address as an integer, Open MPI leaves the argument alone: there it is a choice buffer. */
void FORTRAN(mpi_buffer_detach)(MPI_Aint *buffer_addr, MPI_Fint *size, MPI_Fint *ierror);
void FORTRAN(mpi_buffer_detach)(MPI_Aint *buffer_addr, MPI_Fint *size, MPI_Fint *ierror) {
  void *buffer = NULL;
  int rc = FORTRAN_C(MPI_Buffer_detach)(&buffer, size);
  if (F_DETACH_GIVES_ADDRESS && rc == 0) *buffer_addr = (MPI_Aint)buffer;
  FORTRAN_RETURN(rc);
}
FORTRAN_NAMES(mpi_buffer_detach, MPI_BUFFER_DETACH, MPI_Buffer_detach)

/* INTEGER holds no address of today: MPICH says so, Open MPI cuts it. */
void FORTRAN(mpi_address)(const void *location, MPI_Fint *address, MPI_Fint *ierror);
void FORTRAN(mpi_address)(const void *location, MPI_Fint *address, MPI_Fint *ierror) {
  MPI_Aint whole = 0;
  int rc = FORTRAN_C(MPI_Get_address)((void *)f_buffer(location), &whole);
  *address = (MPI_Fint)whole;
  if (F_ADDRESS_MUST_FIT && rc == 0 && *address != whole) rc = ABI_ERR_OTHER;
  FORTRAN_RETURN(rc);
}
FORTRAN_NAMES(mpi_address, MPI_ADDRESS, MPI_Address)

F_QUERY(query_cuda_support, QUERY_CUDA_SUPPORT, Query_cuda_support)
