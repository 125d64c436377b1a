/* What is particular to Fortran programs of the Open MPI ABI: C handles are pointers and always converted. */
#ifndef MANA_FORTRAN_ABI_H
#define MANA_FORTRAN_ABI_H

/* ompi_send_f is strong, every other spelling a weak alias; the C function is called by its PMPI_ name, as Open MPI does. */
#define FORTRAN(name) o##name##_f
#define FORTRAN_C(name) P##name
#define FORTRAN_NAMES(lower, UPPER, Mixed)                                                                             \
  FORTRAN_ALIAS(o##lower##_f, lower##_)                                                                                \
  FORTRAN_ALIAS(o##lower##_f, lower##__)                                                                               \
  FORTRAN_ALIAS(o##lower##_f, lower)                                                                                   \
  FORTRAN_ALIAS(o##lower##_f, UPPER)                                                                                   \
  FORTRAN_ALIAS(o##lower##_f, Mixed##_f)                                                                               \
  FORTRAN_ALIAS(o##lower##_f, Mixed##_f08)                                                                             \
  FORTRAN_ALIAS(o##lower##_f, p##lower##_)                                                                             \
  FORTRAN_ALIAS(o##lower##_f, p##lower##__)                                                                            \
  FORTRAN_ALIAS(o##lower##_f, p##lower)                                                                                \
  FORTRAN_ALIAS(o##lower##_f, P##UPPER)                                                                                \
  FORTRAN_ALIAS(o##lower##_f, P##Mixed##_f)                                                                            \
  FORTRAN_ALIAS(o##lower##_f, P##Mixed##_f08)

#define F_HANDLE(id, Name, type)                                                                                       \
  static inline type f_##id##_in(MPI_Fint h) {                                                                         \
    return PMPI_##Name##_f2c(h);                                                                                       \
  }                                                                                                                    \
  static inline MPI_Fint f_##id##_out(type h) {                                                                        \
    return PMPI_##Name##_c2f(h);                                                                                       \
  }
F_HANDLE(comm, Comm, MPI_Comm)
F_HANDLE(datatype, Type, MPI_Datatype)
F_HANDLE(errhandler, Errhandler, MPI_Errhandler)
F_HANDLE(file, File, MPI_File)
F_HANDLE(group, Group, MPI_Group)
F_HANDLE(info, Info, MPI_Info)
F_HANDLE(message, Message, MPI_Message)
F_HANDLE(op, Op, MPI_Op)
F_HANDLE(request, Request, MPI_Request)
F_HANDLE(win, Win, MPI_Win)

/* COMMON blocks of mpif.h. Their addresses are the sentinels; an executable that has the block wins over the library's stand-in, so
 * they are read through the GOT. */
extern MPI_Fint mpi_fortran_bottom_, mpi_fortran_in_place_, mpi_fortran_status_ignore_[6],
    mpi_fortran_statuses_ignore_[6], mpi_fortran_errcodes_ignore_, mpi_fortran_unweighted_, mpi_fortran_weights_empty_;
extern char mpi_fortran_argv_null_, mpi_fortran_argvs_null_;
#define F_BOTTOM (&mpi_fortran_bottom_)
#define F_IN_PLACE (&mpi_fortran_in_place_)
#define F_STATUS_IGNORE mpi_fortran_status_ignore_
#define F_STATUSES_IGNORE mpi_fortran_statuses_ignore_
#define F_ERRCODES_IGNORE (&mpi_fortran_errcodes_ignore_)
#define F_ARGV_NULL (&mpi_fortran_argv_null_)
#define F_ARGVS_NULL (&mpi_fortran_argvs_null_)
#define F_UNWEIGHTED (&mpi_fortran_unweighted_)
#define F_WEIGHTS_EMPTY (&mpi_fortran_weights_empty_)

/* The mpi_f08 module has the same blocks. */
#define F08_BOTTOM F_BOTTOM
#define F08_IN_PLACE F_IN_PLACE
#define F08_STATUS_IGNORE F_STATUS_IGNORE
#define F08_STATUSES_IGNORE F_STATUSES_IGNORE
#define F08_ERRCODES_IGNORE F_ERRCODES_IGNORE
#define F08_ARGV_NULL F_ARGV_NULL
#define F08_ARGVS_NULL F_ARGVS_NULL
#define F08_UNWEIGHTED F_UNWEIGHTED
#define F08_WEIGHTS_EMPTY F_WEIGHTS_EMPTY

#define F_DETACH_GIVES_ADDRESS 0
#define F_UNSET_ATTRIBUTE_IS_ZERO 0
#define F_ADDRESS_MUST_FIT 0

/* The same of mpi.h. */
#define C_IN_PLACE ((void *)(intptr_t)1)
#define C_STATUS_IGNORE ((MPI_Status *)NULL)
#define C_UNWEIGHTED ((const int *)(intptr_t)2)
#define C_WEIGHTS_EMPTY ((const int *)(intptr_t)3)
#endif
