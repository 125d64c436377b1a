/* The entry points that Open MPI's mpi module gives to callers with a TYPE(C_PTR): it lies in memory as the integer address does. */
#include "fortran.h"

typedef void alloc_mem(const MPI_Aint *size, const MPI_Fint *info, void *baseptr, MPI_Fint *ierror);
alloc_mem FORTRAN(mpi_alloc_mem), FORTRAN(mpi_alloc_mem_cptr);
void FORTRAN(mpi_alloc_mem_cptr)(const MPI_Aint *size, const MPI_Fint *info, void *baseptr, MPI_Fint *ierror) {
  FORTRAN(mpi_alloc_mem)(size, info, baseptr, ierror);
}
FORTRAN_NAMES(mpi_alloc_mem_cptr, MPI_ALLOC_MEM_CPTR, MPI_Alloc_mem_cptr)

#define WIN_ALLOCATE(lower, UPPER, Mixed)                                                                              \
  typedef void lower(const MPI_Aint *size, const MPI_Fint *disp_unit, const MPI_Fint *info, const MPI_Fint *comm,      \
                     void *baseptr, MPI_Fint *win, MPI_Fint *ierror);                                                  \
  lower FORTRAN(mpi_##lower), FORTRAN(mpi_##lower##_cptr);                                                             \
  void FORTRAN(mpi_##lower##_cptr)(const MPI_Aint *size, const MPI_Fint *disp_unit, const MPI_Fint *info,              \
                                   const MPI_Fint *comm, void *baseptr, MPI_Fint *win, MPI_Fint *ierror) {             \
    FORTRAN(mpi_##lower)(size, disp_unit, info, comm, baseptr, win, ierror);                                           \
  }                                                                                                                    \
  FORTRAN_NAMES(mpi_##lower##_cptr, MPI_##UPPER##_CPTR, MPI_##Mixed##_cptr)
WIN_ALLOCATE(win_allocate, WIN_ALLOCATE, Win_allocate)
WIN_ALLOCATE(win_allocate_shared, WIN_ALLOCATE_SHARED, Win_allocate_shared)

typedef void shared_query(const MPI_Fint *win, const MPI_Fint *rank, MPI_Aint *size, MPI_Fint *disp_unit, void *baseptr,
                          MPI_Fint *ierror);
shared_query FORTRAN(mpi_win_shared_query), FORTRAN(mpi_win_shared_query_cptr);
void FORTRAN(mpi_win_shared_query_cptr)(const MPI_Fint *win, const MPI_Fint *rank, MPI_Aint *size, MPI_Fint *disp_unit,
                                        void *baseptr, MPI_Fint *ierror) {
  FORTRAN(mpi_win_shared_query)(win, rank, size, disp_unit, baseptr, ierror);
}
FORTRAN_NAMES(mpi_win_shared_query_cptr, MPI_WIN_SHARED_QUERY_CPTR, MPI_Win_shared_query_cptr)
