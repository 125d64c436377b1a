/* What libmpichcxx asks of the C library: its proxies call the application's C++ functions. One proxy serves all objects of a
 * kind, so it is kept once. */
#include "cxx.h"

#include "abi.h"
#include "core.h"
#include "op.h"
#include "refs.h"

typedef void op_proxy(const void *in, void *inout, int count, MPI_Datatype datatype, MPI_User_function *function);
typedef void errhandler_proxy(int kind, int *handle, int *code, void (*function)(void));
typedef int copy_proxy(void *function, int handle, int keyval, void *extra_state, int attribute_type, void *value,
                       void **copy, int *flag);
typedef int delete_proxy(void *function, int handle, int keyval, int attribute_type, void *value, void *extra_state);

static errhandler_proxy *call_errhandler;
static struct {
  copy_proxy *copy;
  delete_proxy *remove;
} attribute_proxies[MANA_KINDS];

/* --- set by the C++ library, right after it created the object ----------------------------------------------------------------- */
void MPII_Op_set_cxx(MPI_Op op, void (*proxy)(void));
void MPII_Op_set_cxx(MPI_Op op, void (*proxy)(void)) {
  mana_h h = abi_op_in(op);
  const struct core_object *o = core_live(MANA_KIND_OP, h, MANA_OP_NULL);
  if (!o || core_op_become_cxx(h, (void *)proxy, o->op.function)) abort(); /* no way to tell the caller */
}

void MPII_Errhandler_set_cxx(MPI_Errhandler errhandler, void (*proxy)(void));
void MPII_Errhandler_set_cxx(MPI_Errhandler errhandler, void (*proxy)(void)) {
  call_errhandler = (errhandler_proxy *)proxy;
  struct core_object *o = core_live(MANA_KIND_ERRHANDLER, abi_errhandler_in(errhandler), MANA_ERRHANDLER_NULL);
  if (o && mana_is_user((mana_h)o->handle)) o->errhandler_of.convention = CORE_CXX;
}

void MPII_Keyval_set_proxy(int keyval, copy_proxy *copy, delete_proxy *remove);
void MPII_Keyval_set_proxy(int keyval, copy_proxy *copy, delete_proxy *remove) {
  struct core_object *key = core_keyval_object(keyval);
  if (!key) return;
  key->keyval.convention = CORE_CXX;
  attribute_proxies[key->keyval.target].copy = copy;
  attribute_proxies[key->keyval.target].remove = remove;
}

/* --- called by the core --------------------------------------------------------------------------------------------------------- */
void abi_call_cxx_op(void *interceptor, void *inner, void *in, void *inout, int count, mana_h datatype) {
  ((op_proxy *)interceptor)(in, inout, count, abi_datatype_out(datatype), (MPI_User_function *)inner);
}

void abi_call_cxx_errhandler(void *function, enum mana_kind kind, mana_h object, int code) {
  MPI_File file = kind == MANA_KIND_FILE ? abi_file_out(object) : NULL;
  int handle = kind == MANA_KIND_FILE ? 0 : abi_handle_out(object);
  int cxx_kind = kind == MANA_KIND_FILE ? 1 : kind == MANA_KIND_WIN ? 2 : 0;
  call_errhandler(cxx_kind, kind == MANA_KIND_FILE ? (int *)(void *)&file : &handle, &code, (void (*)(void))function);
}

enum { ATTRIBUTE_IS_POINTER = 0 };

int abi_call_cxx_copy(const struct core_object *key, mana_h from, const struct core_attribute *old, void **out,
                      int *flag) {
  void *value = (void *)core_attribute_seen(old, CORE_C);
  return attribute_proxies[key->keyval.target].copy(key->keyval.copy, abi_handle_out(from), old->keyval,
                                                    key->keyval.extra_state, ATTRIBUTE_IS_POINTER, value, out, flag);
}

int abi_call_cxx_delete(const struct core_object *key, mana_h h, const struct core_attribute *a) {
  void *value = (void *)core_attribute_seen(a, CORE_C);
  return attribute_proxies[key->keyval.target].remove(key->keyval.remove, abi_handle_out(h), a->keyval,
                                                      ATTRIBUTE_IS_POINTER, value, key->keyval.extra_state);
}
