/* References to objects: what the application frees lives on while something uses it (an error handler that is set somewhere, a key
 * that an attribute has). Predefined objects are not counted. */
#ifndef MANA_CORE_REFS_H
#define MANA_CORE_REFS_H
#include "object.h"

/* The live object behind a handle; NULL where there is none, or it is the null handle. */
static inline struct core_object *core_live(enum mana_kind kind, mana_h h, mana_h null) {
  struct core_object *o = core_object(kind, h);
  return o && o->refs && h != null ? o : NULL;
}

static inline void core_retain(struct core_object *o) {
  if (mana_is_user((mana_h)o->handle)) __atomic_add_fetch(&o->refs, 1, __ATOMIC_RELAXED);
}

static inline void core_release(enum mana_kind kind, struct core_object *o) {
  if (!mana_is_user((mana_h)o->handle) || __atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL)) return;
  o->refs = 1; /* core_delete takes the last one, and ignores an object that has none */
  core_delete(kind, (mana_h)o->handle);
}
#endif
