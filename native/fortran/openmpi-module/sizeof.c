/* MPI_SIZEOF of Open MPI's modules: a procedure for each type and rank. Both the mpi and the mpi_f08 library export them all. */
#include "sizeof.h"

#define RANK(type, rank, bytes)                                                                                        \
  SIZEOF(mpi_sizeof_##type##_##rank##_, bytes)                                                                         \
  SIZEOF(pmpi_sizeof_##type##_##rank##_, bytes)
#define TYPE(type, bytes)                                                                                              \
  RANK(type, scalar, bytes)                                                                                            \
  RANK(type, r1, bytes)                                                                                                \
  RANK(type, r2, bytes)                                                                                                \
  RANK(type, r3, bytes)                                                                                                \
  RANK(type, r4, bytes)                                                                                                \
  RANK(type, r5, bytes)                                                                                                \
  RANK(type, r6, bytes)                                                                                                \
  RANK(type, r7, bytes)                                                                                                \
  RANK(type, r8, bytes)                                                                                                \
  RANK(type, r9, bytes)                                                                                                \
  RANK(type, r10, bytes)                                                                                               \
  RANK(type, r11, bytes)                                                                                               \
  RANK(type, r12, bytes)                                                                                               \
  RANK(type, r13, bytes)                                                                                               \
  RANK(type, r14, bytes)                                                                                               \
  RANK(type, r15, bytes)
TYPE(character, 1)
TYPE(logical, 4)
TYPE(int8, 1)
TYPE(int16, 2)
TYPE(int32, 4)
TYPE(int64, 8)
TYPE(real32, 4)
TYPE(real64, 8)
TYPE(real128, 16)
TYPE(complex32, 8)
TYPE(complex64, 16)
TYPE(complex128, 32)
