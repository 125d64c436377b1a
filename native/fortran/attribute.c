/* Attributes with Fortran's values (MPI-4.1 section 19.3.7): INTEGER(KIND=MPI_ADDRESS_KIND), and INTEGER in the MPI-1 bindings. */
#include "attribute_functions.h"

/* What the program passes for MPI_NULL_COPY_FN and its like is a function; the core knows null pointers and the C binding's dup. */
static void *copy_function(void *function) {
  if (fortran_is_null_copy(function)) return NULL;
  return fortran_is_dup(function) ? mana_fortran_dup_function() : function;
}
static void *delete_function(void *function) {
  return fortran_is_null_delete(function) ? NULL : function;
}

/* ATTRIBUTES(comm, COMM, Comm, KIND): mpi_comm_create_keyval, _set_attr, _get_attr. */
#define ATTRIBUTES(lower, UPPER, Mixed, KIND)                                                                          \
  void FORTRAN(mpi_##lower##_create_keyval)(void *copy_fn, void *delete_fn, MPI_Fint *keyval, const MPI_Aint *extra,   \
                                            MPI_Fint *ierror);                                                         \
  void FORTRAN(mpi_##lower##_create_keyval)(void *copy_fn, void *delete_fn, MPI_Fint *keyval, const MPI_Aint *extra,   \
                                            MPI_Fint *ierror) {                                                        \
    FORTRAN_RETURN(mana_fortran_keyval_create(KIND, CORE_FORTRAN, copy_function(copy_fn), delete_function(delete_fn),  \
                                              *extra, keyval, "MPI_" #Mixed "_create_keyval"));                        \
  }                                                                                                                    \
  FORTRAN_NAMES(mpi_##lower##_create_keyval, MPI_##UPPER##_CREATE_KEYVAL, MPI_##Mixed##_create_keyval)                 \
                                                                                                                       \
  void FORTRAN(mpi_##lower##_set_attr)(const MPI_Fint *object, const MPI_Fint *keyval, const MPI_Aint *value,          \
                                       MPI_Fint *ierror);                                                              \
  void FORTRAN(mpi_##lower##_set_attr)(const MPI_Fint *object, const MPI_Fint *keyval, const MPI_Aint *value,          \
                                       MPI_Fint *ierror) {                                                             \
    FORTRAN_RETURN(                                                                                                    \
        mana_fortran_attribute_set(KIND, *object, *keyval, *value, CORE_FORTRAN, "MPI_" #Mixed "_set_attr"));          \
  }                                                                                                                    \
  FORTRAN_NAMES(mpi_##lower##_set_attr, MPI_##UPPER##_SET_ATTR, MPI_##Mixed##_set_attr)                                \
                                                                                                                       \
  void FORTRAN(mpi_##lower##_get_attr)(const MPI_Fint *object, const MPI_Fint *keyval, MPI_Aint *value,                \
                                       MPI_Fint *flag, MPI_Fint *ierror);                                              \
  void FORTRAN(mpi_##lower##_get_attr)(const MPI_Fint *object, const MPI_Fint *keyval, MPI_Aint *value,                \
                                       MPI_Fint *flag, MPI_Fint *ierror) {                                             \
    intptr_t got = 0;                                                                                                  \
    int found = 0;                                                                                                     \
    int rc =                                                                                                           \
        mana_fortran_attribute_get(KIND, *object, *keyval, CORE_FORTRAN, &got, &found, "MPI_" #Mixed "_get_attr");     \
    if (rc == 0) *flag = f_logical_out(found);                                                                         \
    if (rc == 0 && (found || F_UNSET_ATTRIBUTE_IS_ZERO)) *value = got;                                                 \
    FORTRAN_RETURN(rc);                                                                                                \
  }                                                                                                                    \
  FORTRAN_NAMES(mpi_##lower##_get_attr, MPI_##UPPER##_GET_ATTR, MPI_##Mixed##_get_attr)
ATTRIBUTES(comm, COMM, Comm, MANA_KIND_COMM)
ATTRIBUTES(type, TYPE, Type, MANA_KIND_DATATYPE)
ATTRIBUTES(win, WIN, Win, MANA_KIND_WIN)

/* --- the bindings of MPI-1 ----------------------------------------------------------------------------------------------- */
void FORTRAN(mpi_keyval_create)(void *copy_fn, void *delete_fn, MPI_Fint *keyval, const MPI_Fint *extra_state,
                                MPI_Fint *ierror);
void FORTRAN(mpi_keyval_create)(void *copy_fn, void *delete_fn, MPI_Fint *keyval, const MPI_Fint *extra_state,
                                MPI_Fint *ierror) {
  FORTRAN_RETURN(mana_fortran_keyval_create(MANA_KIND_COMM, CORE_FORTRAN_INTEGER, copy_function(copy_fn),
                                            delete_function(delete_fn), *extra_state, keyval, "MPI_Keyval_create"));
}
FORTRAN_NAMES(mpi_keyval_create, MPI_KEYVAL_CREATE, MPI_Keyval_create)

void FORTRAN(mpi_attr_put)(const MPI_Fint *comm, const MPI_Fint *keyval, const MPI_Fint *value, MPI_Fint *ierror);
void FORTRAN(mpi_attr_put)(const MPI_Fint *comm, const MPI_Fint *keyval, const MPI_Fint *value, MPI_Fint *ierror) {
  FORTRAN_RETURN(
      mana_fortran_attribute_set(MANA_KIND_COMM, *comm, *keyval, *value, CORE_FORTRAN_INTEGER, "MPI_Attr_put"));
}
FORTRAN_NAMES(mpi_attr_put, MPI_ATTR_PUT, MPI_Attr_put)

void FORTRAN(mpi_attr_get)(const MPI_Fint *comm, const MPI_Fint *keyval, MPI_Fint *value, MPI_Fint *flag,
                           MPI_Fint *ierror);
void FORTRAN(mpi_attr_get)(const MPI_Fint *comm, const MPI_Fint *keyval, MPI_Fint *value, MPI_Fint *flag,
                           MPI_Fint *ierror) {
  intptr_t got = 0;
  int found = 0;
  int rc =
      mana_fortran_attribute_get(MANA_KIND_COMM, *comm, *keyval, CORE_FORTRAN_INTEGER, &got, &found, "MPI_Attr_get");
  if (rc == 0) *flag = f_logical_out(found);
  if (rc == 0 && (found || F_UNSET_ATTRIBUTE_IS_ZERO)) *value = (MPI_Fint)got;
  FORTRAN_RETURN(rc);
}
FORTRAN_NAMES(mpi_attr_get, MPI_ATTR_GET, MPI_Attr_get)
