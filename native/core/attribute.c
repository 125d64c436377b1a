/* Attribute lists: set, get, delete, copy. A list is changed under a lock; callbacks run outside it and may change the list. */
#include "attribute.h"

#include <stdlib.h>

#include "core_auto.h"
#include "lock.h"
#include "refs.h"

static core_lock_t lock;

/* --- keys ---------------------------------------------------------------------------------------------------------------------- */
struct core_object *core_keyval_object(int keyval) {
  if (keyval < (int)MANA_FIRST_INDEX || keyval > (int)MANA_INDEX_MASK) return NULL;
  return core_live(MANA_KIND_KEYVAL, mana_handle(MANA_KIND_KEYVAL, (uint32_t)keyval), 0);
}

int core_keyval_create(enum mana_kind target, enum core_convention convention, void *copy, void *remove,
                       void *extra_state, int *keyval) {
  mana_h h = core_new(MANA_KIND_KEYVAL);
  if (!h) return MANA_ERR_NO_MEM;
  struct core_object *key = core_object(MANA_KIND_KEYVAL, h);
  key->keyval.copy = copy;
  key->keyval.remove = remove;
  key->keyval.extra_state = extra_state;
  key->keyval.convention = (uint8_t)convention;
  key->keyval.target = (uint8_t)target;
  key->keyval.freed = 0;
  *keyval = (int)mana_index(h);
  return MANA_SUCCESS;
}

/* The application's own reference goes once, however often it frees: a delete callback may free the key it is called for. */
static int keyval_free(enum mana_kind target, int *keyval) {
  struct core_object *key = core_keyval_object(*keyval);
  if (!key || key->keyval.target != target) return MANA_ERR_KEYVAL;
  if (!key->keyval.freed) {
    key->keyval.freed = 1;
    core_release(MANA_KIND_KEYVAL, key);
  }
  *keyval = MANA_KEYVAL_INVALID;
  return MANA_SUCCESS;
}

/* --- objects and their lists ------------------------------------------------------------------------------------------------------ */
static struct core_object *bearer(enum mana_kind kind, mana_h h) {
  if (kind == MANA_KIND_COMM) return core_live(kind, h, MANA_COMM_NULL);
  if (kind == MANA_KIND_WIN) return core_live(kind, h, MANA_WIN_NULL);
  return core_live(kind, h, MANA_DATATYPE_NULL);
}

static int invalid_class(enum mana_kind kind) {
  return kind == MANA_KIND_COMM ? MANA_ERR_COMM : kind == MANA_KIND_WIN ? MANA_ERR_WIN : MANA_ERR_TYPE;
}

static struct core_attribute *find(const struct core_object *o, int keyval) {
  core_lock(&lock);
  struct core_attribute *a = o->attributes;
  while (a && a->keyval != keyval) a = a->older;
  core_unlock(&lock);
  return a;
}

/* Takes an attribute out; 0 when someone else did. */
static int unlink_attribute(struct core_object *o, const struct core_attribute *a) {
  core_lock(&lock);
  struct core_attribute **at = &o->attributes;
  while (*at && *at != a) at = &(*at)->older;
  int found = *at != NULL;
  if (found) *at = a->older;
  core_unlock(&lock);
  return found;
}

static int remove_attribute(mana_h h, struct core_object *o, struct core_attribute *a) {
  struct core_object *key = core_keyval_object(a->keyval);
  int rc = key ? core_attribute_call_delete(key, h, a) : MANA_SUCCESS;
  if (rc) return rc; /* the attribute stays */
  if (unlink_attribute(o, a)) {
    if (key) core_release(MANA_KIND_KEYVAL, key);
    free(a);
  }
  return MANA_SUCCESS;
}

/* --- set, get, delete ----------------------------------------------------------------------------------------------------------- */
int core_attribute_set(enum mana_kind kind, mana_h h, int keyval, intptr_t value, enum core_convention language) {
  struct core_object *o = bearer(kind, h);
  if (!o) return invalid_class(kind);
  struct core_object *key = core_keyval_object(keyval);
  if (!key || key->keyval.target != kind) return MANA_ERR_KEYVAL;
  struct core_attribute *a = find(o, keyval);
  if (a) {
    int rc = core_attribute_call_delete(key, h, a);
    if (rc) return rc;
    a->value = value;
    a->language = language;
    return MANA_SUCCESS;
  }
  a = malloc(sizeof *a);
  if (!a) return MANA_ERR_NO_MEM;
  *a = (struct core_attribute){.value = value, .keyval = keyval, .language = language};
  core_retain(key);
  core_lock(&lock);
  a->older = o->attributes;
  o->attributes = a;
  core_unlock(&lock);
  return MANA_SUCCESS;
}

int core_attribute_get(enum mana_kind kind, mana_h h, int keyval, enum core_convention language, intptr_t *value,
                       int *flag) {
  const struct core_object *o = bearer(kind, h);
  if (!o) return invalid_class(kind);
  *flag = 0;
  if (core_attribute_is_predefined(keyval))
    return core_attribute_get_predefined(kind, h, keyval, language, value, flag);
  const struct core_object *key = core_keyval_object(keyval);
  if (!key || key->keyval.target != kind) return MANA_ERR_KEYVAL;
  const struct core_attribute *a = find(o, keyval);
  *flag = a != NULL;
  if (a) *value = core_attribute_seen(a, language);
  return MANA_SUCCESS;
}

static int attribute_delete(enum mana_kind kind, mana_h h, int keyval) {
  struct core_object *o = bearer(kind, h);
  if (!o) return invalid_class(kind);
  const struct core_object *key = core_keyval_object(keyval);
  if (!key || key->keyval.target != kind) return MANA_ERR_KEYVAL;
  struct core_attribute *a = find(o, keyval);
  return a ? remove_attribute(h, o, a) : MANA_SUCCESS;
}

/* --- whole lists ------------------------------------------------------------------------------------------------------------------- */
int core_attributes_delete_all(enum mana_kind kind, mana_h h) {
  struct core_object *o = core_object(kind, h);
  while (o && o->attributes) {
    int rc = remove_attribute(h, o, o->attributes);
    if (rc) return rc;
  }
  return MANA_SUCCESS;
}

/* The duplicate's list is in the order of the original's. */
int core_attributes_copy(enum mana_kind kind, mana_h from, mana_h to) {
  const struct core_object *source = core_object(kind, from);
  struct core_object *target = core_object(kind, to);
  if (!source || !target) return MANA_SUCCESS;
  struct core_attribute **end = &target->attributes;
  for (const struct core_attribute *a = source->attributes; a; a = a->older) {
    struct core_object *key = core_keyval_object(a->keyval);
    struct core_attribute copy = {.keyval = a->keyval};
    int flag = 0;
    int rc = key ? core_attribute_call_copy(key, from, a, &copy, &flag) : MANA_SUCCESS;
    if (rc) return rc;
    if (!flag) continue;
    struct core_attribute *new = malloc(sizeof *new);
    if (!new) return MANA_ERR_NO_MEM;
    *new = copy;
    core_retain(key);
    *end = new;
    end = &new->older;
  }
  return MANA_SUCCESS;
}

/* --- the C bindings ----------------------------------------------------------------------------------------------------------------- */
/* A wrong key is nobody's attribute: MPI_COMM_WORLD answers for it. */
static int failed(enum mana_kind kind, mana_h h, int rc, const char *name) {
  if (rc == MANA_ERR_KEYVAL) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name);
  return rc ? core_fail(kind, h, rc, name) : MANA_SUCCESS;
}

#define C_BINDINGS(Name, KIND)                                                                                         \
  int core_##Name##_create_keyval(void *copy, void *remove, int *keyval, void *extra_state) {                          \
    int rc = core_keyval_create(MANA_KIND_##KIND, CORE_C, copy, remove, extra_state, keyval);                          \
    return failed(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_" #Name "_create_keyval");                                 \
  }                                                                                                                    \
  int core_##Name##_free_keyval(int *keyval) {                                                                         \
    int rc = keyval_free(MANA_KIND_##KIND, keyval);                                                                    \
    return failed(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_" #Name "_free_keyval");                                   \
  }                                                                                                                    \
  int core_##Name##_set_attr(mana_h h, int keyval, void *value) {                                                      \
    int rc = core_attribute_set(MANA_KIND_##KIND, h, keyval, (intptr_t)value, CORE_C);                                 \
    return failed(MANA_KIND_##KIND, h, rc, "MPI_" #Name "_set_attr");                                                  \
  }                                                                                                                    \
  int core_##Name##_get_attr(mana_h h, int keyval, void *value, int *flag) {                                           \
    int rc = core_attribute_get(MANA_KIND_##KIND, h, keyval, CORE_C, value, flag);                                     \
    return failed(MANA_KIND_##KIND, h, rc, "MPI_" #Name "_get_attr");                                                  \
  }                                                                                                                    \
  int core_##Name##_delete_attr(mana_h h, int keyval) {                                                                \
    int rc = attribute_delete(MANA_KIND_##KIND, h, keyval);                                                            \
    return failed(MANA_KIND_##KIND, h, rc, "MPI_" #Name "_delete_attr");                                               \
  }
C_BINDINGS(Comm, COMM)
C_BINDINGS(Type, DATATYPE)
C_BINDINGS(Win, WIN)
