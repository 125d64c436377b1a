/* The C++ libraries of MPICH and Open MPI (MPI-2's bindings, still linked by their mpicxx) put a function of their own between the C
 * library and the application's callback. What the two ABIs make of that is in native/abi/.../cxx.c. */
#ifndef MANA_CORE_CXX_H
#define MANA_CORE_CXX_H
#include "attribute.h"

/* `interceptor` is the library's function, `inner` the application's. */
void abi_call_cxx_op(void *interceptor, void *inner, void *in, void *inout, int count, mana_h datatype)
    __attribute__((visibility("hidden")));
/* code is the application ABI's. */
void abi_call_cxx_errhandler(void *function, enum mana_kind kind, mana_h object, int code)
    __attribute__((visibility("hidden")));
/* Codes returned are the application ABI's. */
int abi_call_cxx_copy(const struct core_object *key, mana_h from, const struct core_attribute *old, void **out,
                      int *flag) __attribute__((visibility("hidden")));
int abi_call_cxx_delete(const struct core_object *key, mana_h h, const struct core_attribute *a)
    __attribute__((visibility("hidden")));
#endif
