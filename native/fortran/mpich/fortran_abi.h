/* What is particular to Fortran programs of the MPICH ABI. Handles are the C ones; only MPI_File is converted. */
#ifndef MANA_FORTRAN_ABI_H
#define MANA_FORTRAN_ABI_H

/* pmpi_send_ is strong, every other spelling a weak alias; the C function is called by its MPI_ name, as MPICH does, so that a C
 * profiler sees the calls of Fortran programs. */
#define FORTRAN(name) p##name##_
#define FORTRAN_C(name) name
#define FORTRAN_NAMES(lower, UPPER, Mixed)                                                                             \
  FORTRAN_ALIAS(p##lower##_, lower##_)                                                                                 \
  FORTRAN_ALIAS(p##lower##_, lower##__)                                                                                \
  FORTRAN_ALIAS(p##lower##_, lower)                                                                                    \
  FORTRAN_ALIAS(p##lower##_, UPPER)                                                                                    \
  FORTRAN_ALIAS(p##lower##_, p##lower##__)                                                                             \
  FORTRAN_ALIAS(p##lower##_, p##lower)                                                                                 \
  FORTRAN_ALIAS(p##lower##_, P##UPPER)

static inline MPI_File f_file_in(MPI_Fint file) {
  return PMPI_File_f2c(file);
}
static inline MPI_Fint f_file_out(MPI_File file) {
  return PMPI_File_c2f(file);
}
#define F_SAME(id, type)                                                                                               \
  static inline type f_##id##_in(MPI_Fint h) {                                                                         \
    return h;                                                                                                          \
  }                                                                                                                    \
  static inline MPI_Fint f_##id##_out(type h) {                                                                        \
    return h;                                                                                                          \
  }
F_SAME(comm, MPI_Comm)
F_SAME(info, MPI_Info)

/* COMMON blocks of mpif.h. Their addresses are the sentinels; an executable that has the block wins over ours, so they are read
 * through the GOT. */
struct mpipriv1 {
  MPI_Fint bottom, in_place, status_ignore[5];
};
struct mpipriv2 {
  MPI_Fint statuses_ignore[5], errcodes_ignore;
};
struct mpiprivc {
  char argvs_null, argv_null;
};
extern struct mpipriv1 mpipriv1_;
extern struct mpipriv2 mpipriv2_;
extern struct mpiprivc mpiprivc_;
extern MPI_Fint mpifcmb5_, mpifcmb9_;
/* Those of the mpi_f08 module, which come through the same entry points. */
extern int MPIR_F08_MPI_BOTTOM, MPIR_F08_MPI_IN_PLACE;
extern MPI_Status MPIR_F08_MPI_STATUS_IGNORE_OBJ, MPIR_F08_MPI_STATUSES_IGNORE_OBJ;
extern int __mpi_f08_link_constants_MOD_mpi_unweighted, __mpi_f08_link_constants_MOD_mpi_weights_empty,
    __mpi_f08_link_constants_MOD_mpi_errcodes_ignore;
extern char __mpi_f08_link_constants_MOD_mpi_argv_null, __mpi_f08_link_constants_MOD_mpi_argvs_null;

#define F_BOTTOM (&mpipriv1_.bottom)
#define F_IN_PLACE (&mpipriv1_.in_place)
#define F_STATUS_IGNORE mpipriv1_.status_ignore
#define F_STATUSES_IGNORE mpipriv2_.statuses_ignore
#define F_ERRCODES_IGNORE (&mpipriv2_.errcodes_ignore)
#define F_ARGV_NULL (&mpiprivc_.argv_null)
#define F_ARGVS_NULL (&mpiprivc_.argvs_null)
#define F_UNWEIGHTED (&mpifcmb5_)
#define F_WEIGHTS_EMPTY (&mpifcmb9_)

#define F08_BOTTOM (&MPIR_F08_MPI_BOTTOM)
#define F08_IN_PLACE (&MPIR_F08_MPI_IN_PLACE)
#define F08_STATUS_IGNORE (&MPIR_F08_MPI_STATUS_IGNORE_OBJ)
#define F08_STATUSES_IGNORE (&MPIR_F08_MPI_STATUSES_IGNORE_OBJ)
#define F08_ERRCODES_IGNORE (&__mpi_f08_link_constants_MOD_mpi_errcodes_ignore)
#define F08_ARGV_NULL (&__mpi_f08_link_constants_MOD_mpi_argv_null)
#define F08_ARGVS_NULL (&__mpi_f08_link_constants_MOD_mpi_argvs_null)
#define F08_UNWEIGHTED (&__mpi_f08_link_constants_MOD_mpi_unweighted)
#define F08_WEIGHTS_EMPTY (&__mpi_f08_link_constants_MOD_mpi_weights_empty)

#define F_DETACH_GIVES_ADDRESS 1
#define F_UNSET_ATTRIBUTE_IS_ZERO 1
#define F_ADDRESS_MUST_FIT 1

/* The same of mpi.h. */
#define C_IN_PLACE ((void *)(intptr_t)-1)
#define C_STATUS_IGNORE ((MPI_Status *)(intptr_t)1)
#define C_UNWEIGHTED MPI_UNWEIGHTED
#define C_WEIGHTS_EMPTY MPI_WEIGHTS_EMPTY
#endif
