/* The part of the Open MPI ABI that the verification program uses, written out as MPICH's is (mpich/mpi_abi.h), and for the same
 * reasons. Values: mpi.h of Open MPI, the same from 1.7 to 4.1. */
#ifndef MANA_VERIFY_OPENMPI_ABI_H
#define MANA_VERIFY_OPENMPI_ABI_H
#include <stddef.h>
#include <stdint.h>

/* A handle is the address of an object in libmpi. */
typedef struct ompi_communicator_t *MPI_Comm;
typedef struct ompi_datatype_t *MPI_Datatype;
typedef struct ompi_op_t *MPI_Op;
typedef struct ompi_request_t *MPI_Request;
typedef struct ompi_errhandler_t *MPI_Errhandler;
typedef struct {
  int MPI_SOURCE, MPI_TAG, MPI_ERROR, cancelled;
  size_t count;
} MPI_Status;

#define OBJECT(type, name) ((type)(void *)name)
extern char ompi_mpi_comm_world[], ompi_mpi_comm_self[], ompi_request_null[], ompi_mpi_errors_return[];
extern char ompi_mpi_char[], ompi_mpi_byte[], ompi_mpi_short[], ompi_mpi_int[], ompi_mpi_long[],
    ompi_mpi_long_long_int[], ompi_mpi_float[], ompi_mpi_double[], ompi_mpi_long_double[], ompi_mpi_int64_t[],
    ompi_mpi_uint8_t[], ompi_mpi_double_int[];
extern char ompi_mpi_op_max[], ompi_mpi_op_min[], ompi_mpi_op_sum[], ompi_mpi_op_maxloc[];

#define MPI_COMM_WORLD OBJECT(MPI_Comm, ompi_mpi_comm_world)
#define MPI_COMM_SELF OBJECT(MPI_Comm, ompi_mpi_comm_self)
#define MPI_CHAR OBJECT(MPI_Datatype, ompi_mpi_char)
#define MPI_BYTE OBJECT(MPI_Datatype, ompi_mpi_byte)
#define MPI_SHORT OBJECT(MPI_Datatype, ompi_mpi_short)
#define MPI_INT OBJECT(MPI_Datatype, ompi_mpi_int)
#define MPI_LONG OBJECT(MPI_Datatype, ompi_mpi_long)
#define MPI_LONG_LONG OBJECT(MPI_Datatype, ompi_mpi_long_long_int)
#define MPI_FLOAT OBJECT(MPI_Datatype, ompi_mpi_float)
#define MPI_DOUBLE OBJECT(MPI_Datatype, ompi_mpi_double)
#define MPI_LONG_DOUBLE OBJECT(MPI_Datatype, ompi_mpi_long_double)
#define MPI_INT64_T OBJECT(MPI_Datatype, ompi_mpi_int64_t)
#define MPI_UINT8_T OBJECT(MPI_Datatype, ompi_mpi_uint8_t)
#define MPI_DOUBLE_INT OBJECT(MPI_Datatype, ompi_mpi_double_int)
#define MPI_MAX OBJECT(MPI_Op, ompi_mpi_op_max)
#define MPI_MIN OBJECT(MPI_Op, ompi_mpi_op_min)
#define MPI_SUM OBJECT(MPI_Op, ompi_mpi_op_sum)
#define MPI_MAXLOC OBJECT(MPI_Op, ompi_mpi_op_maxloc)
#define MPI_REQUEST_NULL OBJECT(MPI_Request, ompi_request_null)
#define MPI_ERRORS_RETURN OBJECT(MPI_Errhandler, ompi_mpi_errors_return)
#define MPI_TAG_UB 0
#define MPI_IN_PLACE ((void *)1)
#define MPI_STATUS_IGNORE ((MPI_Status *)0)
#define MPI_ANY_SOURCE (-1)
#define MPI_ANY_TAG (-1)
#define MPI_PROC_NULL (-2)
#define MPI_THREAD_MULTIPLE 3
#define MPI_ERR_RANK 6

#include "mpi_calls.h"
#endif
