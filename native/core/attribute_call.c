/* Calling the application's copy and delete functions: three kinds of object, two C and two Fortran conventions. */
#include "abi.h"
#include "attribute.h"
#include "core_auto.h"
#include "cxx.h"
#include "fortran_handle.h"

static int is_fortran(enum core_convention convention) {
  return convention == CORE_FORTRAN || convention == CORE_FORTRAN_INTEGER;
}

intptr_t core_attribute_seen(const struct core_attribute *a, enum core_convention language) {
  if (language == CORE_C) return is_fortran(a->language) ? (intptr_t)&a->value : a->value;
  return language == CORE_FORTRAN_INTEGER ? (int32_t)a->value : a->value;
}

/* Any answer but MPI_SUCCESS is a failure, even one that is no error code of the application's ABI. */
static int answer(int code) {
  if (!code) return MANA_SUCCESS;
  int rc = abi_error_code_in(code);
  return rc ? rc : MANA_ERR_OTHER;
}

/* --- copy ----------------------------------------------------------------------------------------------------------------------- */
static int copy_c(const struct core_object *key, mana_h from, const struct core_attribute *old, void **out, int *flag) {
  void *function = key->keyval.copy, *extra = key->keyval.extra_state;
  void *in = (void *)core_attribute_seen(old, CORE_C);
  int number = abi_keyval_out(old->keyval);
  switch (key->keyval.target) {
    case MANA_KIND_COMM:
      return ((MPI_Comm_copy_attr_function *)function)(abi_comm_out(from), number, extra, in, out, flag);
    case MANA_KIND_WIN:
      return ((MPI_Win_copy_attr_function *)function)(abi_win_out(from), number, extra, in, out, flag);
    default: return ((MPI_Type_copy_attr_function *)function)(abi_datatype_out(from), number, extra, in, out, flag);
  }
}

typedef void copy_fortran(MPI_Fint *object, MPI_Fint *keyval, intptr_t *extra_state, intptr_t *in, intptr_t *out,
                          MPI_Fint *flag, MPI_Fint *ierror);
typedef void copy_fortran_integer(MPI_Fint *object, MPI_Fint *keyval, MPI_Fint *extra_state, MPI_Fint *in,
                                  MPI_Fint *out, MPI_Fint *flag, MPI_Fint *ierror);

static int copy_by_reference(const struct core_object *key, mana_h from, const struct core_attribute *old,
                             intptr_t *out, int *flag) {
  MPI_Fint object = abi_fortran_handle(key->keyval.target, from), number = abi_keyval_out(old->keyval), ierror = 0;
  intptr_t extra = (intptr_t)key->keyval.extra_state, in = core_attribute_seen(old, key->keyval.convention);
  if (key->keyval.convention == CORE_FORTRAN) {
    ((copy_fortran *)key->keyval.copy)(&object, &number, &extra, &in, out, flag, &ierror);
  } else {
    MPI_Fint narrow_extra = (MPI_Fint)extra, narrow_in = (MPI_Fint)in, narrow_out = 0;
    ((copy_fortran_integer *)key->keyval.copy)(&object, &number, &narrow_extra, &narrow_in, &narrow_out, flag, &ierror);
    *out = narrow_out;
  }
  return ierror;
}

int core_attribute_call_copy(const struct core_object *key, mana_h from, const struct core_attribute *old,
                             struct core_attribute *copy, int *flag) {
  *flag = 0;
  if (!key->keyval.copy) return MANA_SUCCESS;  /* MPI_NULL_COPY_FN */
  if (abi_is_dup_function(key->keyval.copy)) { /* keeps the language too: a Fortran integer stays one */
    *flag = 1;
    copy->value = old->value;
    copy->language = old->language;
    return MANA_SUCCESS;
  }
  enum core_convention convention = key->keyval.convention;
  copy->language = convention == CORE_CXX ? CORE_C : convention;
  if (is_fortran(convention)) return answer(copy_by_reference(key, from, old, &copy->value, flag));
  void *out = NULL;
  int code =
      convention == CORE_CXX ? abi_call_cxx_copy(key, from, old, &out, flag) : copy_c(key, from, old, &out, flag);
  copy->value = (intptr_t)out;
  return answer(code);
}

/* --- delete ------------------------------------------------------------------------------------------------------------------------ */
static int delete_c(const struct core_object *key, mana_h h, const struct core_attribute *a) {
  void *function = key->keyval.remove, *extra = key->keyval.extra_state;
  void *value = (void *)core_attribute_seen(a, CORE_C);
  int number = abi_keyval_out(a->keyval);
  switch (key->keyval.target) {
    case MANA_KIND_COMM: return ((MPI_Comm_delete_attr_function *)function)(abi_comm_out(h), number, value, extra);
    case MANA_KIND_WIN: return ((MPI_Win_delete_attr_function *)function)(abi_win_out(h), number, value, extra);
    default: return ((MPI_Type_delete_attr_function *)function)(abi_datatype_out(h), number, value, extra);
  }
}

typedef void delete_fortran(MPI_Fint *object, MPI_Fint *keyval, intptr_t *value, intptr_t *extra_state,
                            MPI_Fint *ierror);
typedef void delete_fortran_integer(MPI_Fint *object, MPI_Fint *keyval, MPI_Fint *value, MPI_Fint *extra_state,
                                    MPI_Fint *ierror);

static int delete_by_reference(const struct core_object *key, mana_h h, const struct core_attribute *a) {
  MPI_Fint object = abi_fortran_handle(key->keyval.target, h), number = abi_keyval_out(a->keyval), ierror = 0;
  intptr_t extra = (intptr_t)key->keyval.extra_state, value = core_attribute_seen(a, key->keyval.convention);
  if (key->keyval.convention == CORE_FORTRAN) {
    ((delete_fortran *)key->keyval.remove)(&object, &number, &value, &extra, &ierror);
  } else {
    MPI_Fint narrow_extra = (MPI_Fint)extra, narrow_value = (MPI_Fint)value;
    ((delete_fortran_integer *)key->keyval.remove)(&object, &number, &narrow_value, &narrow_extra, &ierror);
  }
  return ierror;
}

int core_attribute_call_delete(const struct core_object *key, mana_h h, const struct core_attribute *a) {
  if (!key->keyval.remove) return MANA_SUCCESS; /* MPI_NULL_DELETE_FN */
  enum core_convention convention = key->keyval.convention;
  if (is_fortran(convention)) return answer(delete_by_reference(key, h, a));
  return answer(convention == CORE_CXX ? abi_call_cxx_delete(key, h, a) : delete_c(key, h, a));
}
