/* MPI_SIZEOF of MPICH's modules: the mpi module has a scalar and an array procedure for each type, mpi_f08 one for both. */
#include "sizeof.h"

#define MPI_MODULE(type, bytes)                                                                                        \
  SIZEOF(__mpi_sizeofs_MOD_mpi_sizeof_##type, bytes)                                                                   \
  SIZEOF(__mpi_sizeofs_MOD_mpi_sizeof_##type##v, bytes)
MPI_MODULE(ch, 1)
MPI_MODULE(cx, 8)
MPI_MODULE(d, 8)
MPI_MODULE(i, 4)
MPI_MODULE(i1, 1)
MPI_MODULE(i2, 2)
MPI_MODULE(i8, 8)
MPI_MODULE(l, 4)
MPI_MODULE(r, 4)

#define F08_MODULE(type, bytes) SIZEOF(__mpi_f08_types_MOD_mpi_sizeof_##type, bytes)
F08_MODULE(character, 1)
F08_MODULE(logical, 4)
F08_MODULE(xcomplex32, 8)
F08_MODULE(xcomplex64, 16)
F08_MODULE(xcomplex128, 32)
F08_MODULE(xint8, 1)
F08_MODULE(xint16, 2)
F08_MODULE(xint32, 4)
F08_MODULE(xint64, 8)
F08_MODULE(xreal32, 4)
F08_MODULE(xreal64, 8)
F08_MODULE(xreal128, 16)
