/* What libmpi_cxx asks of the C library beside the MPI functions. Its interceptors have C signatures, but for the one of reductions. */
#include "cxx.h"

#include <stdio.h>

#include "abi.h"
#include "core.h"
#include "errhandler.h"
#include "op.h"
#include "refs.h"

/* --- reductions ------------------------------------------------------------------------------------------------------------------- */
typedef void op_interceptor(void *in, void *inout, int *count, MPI_Datatype *datatype, MPI_User_function *function);

void ompi_op_set_cxx_callback(MPI_Op op, MPI_User_function *function);
void ompi_op_set_cxx_callback(MPI_Op op, MPI_User_function *function) {
  mana_h h = abi_op_in(op);
  const struct core_object *o = core_live(MANA_KIND_OP, h, MANA_OP_NULL);
  if (!o || core_op_become_cxx(h, o->op.function, (void *)function)) abort(); /* no way to tell the caller */
}

void abi_call_cxx_op(void *interceptor, void *inner, void *in, void *inout, int count, mana_h datatype) {
  MPI_Datatype type = abi_datatype_out(datatype);
  ((op_interceptor *)interceptor)(in, inout, &count, &type, (MPI_User_function *)inner);
}

/* --- attributes: interceptors of the C signatures, whose extra_state leads to the C++ functions ----------------------------------------- */
enum attribute_type { COMM_ATTR = 1, TYPE_ATTR, WIN_ATTR };

int ompi_attr_create_keyval(enum attribute_type type, void *copy, void *remove, int *keyval, void *extra_state,
                            int flags, void *bindings_extra_state);
int ompi_attr_create_keyval(enum attribute_type type, void *copy, void *remove, int *keyval, void *extra_state,
                            int flags, void *bindings_extra_state) {
  (void)flags, (void)bindings_extra_state; /* for the C++ library to free with the key: lives on */
  enum mana_kind target = type == COMM_ATTR ? MANA_KIND_COMM : type == TYPE_ATTR ? MANA_KIND_DATATYPE : MANA_KIND_WIN;
  return abi_error_code_out(core_keyval_create(target, CORE_C, copy, remove, extra_state, keyval));
}

int abi_call_cxx_copy(const struct core_object *key, mana_h from, const struct core_attribute *old, void **out,
                      int *flag) {
  (void)key, (void)from, (void)old, (void)out, (void)flag;
  abort(); /* no key of this ABI has the C++ convention */
}
int abi_call_cxx_delete(const struct core_object *key, mana_h h, const struct core_attribute *a) {
  (void)key, (void)h, (void)a;
  abort(); /* likewise */
}

/* --- error handlers ------------------------------------------------------------------------------------------------------------------- */
enum errhandler_type { ERRHANDLER_COMM = 1, ERRHANDLER_WIN, ERRHANDLER_FILE };

/* The C++ library reports what went wrong on its own side of a call. */
int ompi_errhandler_invoke(MPI_Errhandler errhandler, void *object, int type, int code, const char *message);
int ompi_errhandler_invoke(MPI_Errhandler errhandler, void *object, int type, int code, const char *message) {
  (void)errhandler; /* the object's own */
  enum mana_kind kind = type == ERRHANDLER_WIN    ? MANA_KIND_WIN
                        : type == ERRHANDLER_FILE ? MANA_KIND_FILE
                                                  : MANA_KIND_COMM;
  mana_h h = object ? (mana_h)((struct core_object *)object)->handle : 0;
  int rc = core_errhandler_invoke(kind, h, abi_error_code_in(code), message ? message : "an MPI call from C++");
  return abi_error_code_out(rc);
}

/* It then writes its callback into the handler, at an offset inside Open MPI's own structure: that cannot be followed. */
MPI_Errhandler ompi_errhandler_create(int type, void *function, int language);
MPI_Errhandler ompi_errhandler_create(int type, void *function, int language) {
  (void)type, (void)function, (void)language;
  fputs(
      "mana: error handlers written in C++ (MPI::Comm::Create_errhandler) cannot run on another MPI.\n"
      "  next: use MPI_Comm_create_errhandler, or MPI::ERRORS_THROW_EXCEPTIONS.\n",
      stderr);
  exit(1);
}

void abi_call_cxx_errhandler(void *function, enum mana_kind kind, mana_h object, int code) {
  (void)function, (void)kind, (void)object, (void)code;
  abort(); /* none is ever created */
}
