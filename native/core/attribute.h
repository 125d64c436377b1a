/* Attributes of communicators, datatypes and windows: wholly in the core, but for the predefined keys. MPI-4.1 section 7.7; between
 * languages, section 19.3.7. Functions return canonical codes and invoke no error handler. */
#ifndef MANA_CORE_ATTRIBUTE_H
#define MANA_CORE_ATTRIBUTE_H
#include "object.h"

/* Keys are small positive ints: predefined ones below MANA_FIRST_INDEX, the application's the index of a key object above. */
struct core_attribute {
  struct core_attribute *older;
  intptr_t value; /* the pointer of C, or the integer of Fortran: C sees the address of this word then */
  int32_t keyval;
  int32_t language; /* enum core_convention that set it */
};

/* Runs the copy callbacks of `from` for its new duplicate `to`, newest attribute first. The first that fails ends it with its
 * code; what was copied until then stays, to be deleted with `to`. */
int core_attributes_copy(enum mana_kind kind, mana_h from, mana_h to)
    __attribute__((visibility("hidden"), warn_unused_result));
/* Runs the delete callbacks, newest first. The first that fails ends it with its code, its attribute and the older ones kept. */
int core_attributes_delete_all(enum mana_kind kind, mana_h h) __attribute__((visibility("hidden"), warn_unused_result));

/* --- with a language: what the C and the Fortran bindings share ------------------------------------------------------------- */
int core_keyval_create(enum mana_kind target, enum core_convention convention, void *copy, void *remove,
                       void *extra_state, int *keyval) __attribute__((visibility("hidden"), warn_unused_result));
/* The object of an application's key; NULL where there is none. */
struct core_object *core_keyval_object(int keyval) __attribute__((visibility("hidden")));
int core_attribute_set(enum mana_kind kind, mana_h h, int keyval, intptr_t value, enum core_convention language)
    __attribute__((visibility("hidden"), warn_unused_result));
/* C: *value is what the caller's void * becomes. Fortran: the integer (CORE_FORTRAN_INTEGER: its low 32 bits, sign-extended). */
int core_attribute_get(enum mana_kind kind, mana_h h, int keyval, enum core_convention language, intptr_t *value,
                       int *flag) __attribute__((visibility("hidden"), warn_unused_result));

/* --- attribute_call.c: the application's callbacks ---------------------------------------------------------------------------- */
int core_attribute_call_copy(const struct core_object *key, mana_h from, const struct core_attribute *old,
                             struct core_attribute *copy, int *flag) __attribute__((visibility("hidden")));
int core_attribute_call_delete(const struct core_object *key, mana_h h, const struct core_attribute *a)
    __attribute__((visibility("hidden")));
/* The attribute's value as seen from a language. */
intptr_t core_attribute_seen(const struct core_attribute *a, enum core_convention language)
    __attribute__((visibility("hidden")));

/* --- attribute_predefined.c ------------------------------------------------------------------------------------------------------ */
int core_attribute_is_predefined(int keyval) __attribute__((visibility("hidden")));
int core_attribute_get_predefined(enum mana_kind kind, mana_h h, int keyval, enum core_convention language,
                                  intptr_t *value, int *flag) __attribute__((visibility("hidden")));

/* --- native/abi/.../attribute_functions.c: MPI_DUP_FN and its like --------------------------------------------------------------- */
int abi_is_dup_function(const void *copy) __attribute__((visibility("hidden")));
#endif
