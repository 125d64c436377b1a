/* Names of objects are the site's, but for those that not every site holds: Open MPI cuts them at 63 characters, and those of predefined
 * objects end with the site. They are here too, whether or not this site holds them, for a restart may be under another. */
#include <string.h>

#include "core_auto.h"
#include "lock.h"
#include "refs.h"

static core_lock_t lock;

static void keep(struct core_object *o, const char *name) {
  enum { PORTABLE = 63 };
  size_t length = strnlen(name, MANA_MAX_OBJECT_NAME - 1);
  int here = length > PORTABLE || !mana_is_user((mana_h)o->handle);
  char *copy = here ? strndup(name, length) : NULL; /* no memory: it is what the site holds */
  core_lock(&lock);
  char *before = o->name;
  o->name = copy;
  core_unlock(&lock);
  free(before);
}
static int kept(const struct core_object *o, char *name, int *length) {
  core_lock(&lock);
  int here = o && o->name;
  if (here) *length = (int)strlen(strcpy(name, o->name));
  core_unlock(&lock);
  return here;
}

/* Errors of datatypes are those of MPI_COMM_WORLD (MPI-4.1 section 9.3). */
#define NAMED(Kind, KIND, speaks, speaker)                                                                             \
  int core_##Kind##_set_name(mana_h h, const char *name) {                                                             \
    struct core_object *o = core_live(MANA_KIND_##KIND, h, MANA_##KIND##_NULL);                                        \
    int rc;                                                                                                            \
    MANA_CROSS(rc, MPI_BELOW(Kind##_set_name)(h, name));                                                               \
    if (rc) return core_fail(speaks, speaker, rc, "MPI_" #Kind "_set_name");                                           \
    if (o) keep(o, name);                                                                                              \
    return MANA_SUCCESS;                                                                                               \
  }                                                                                                                    \
  int core_##Kind##_get_name(mana_h h, char *name, int *resultlen) {                                                   \
    const struct core_object *o = core_live(MANA_KIND_##KIND, h, MANA_##KIND##_NULL);                                  \
    int rc;                                                                                                            \
    if (kept(o, name, resultlen)) return MANA_SUCCESS;                                                                 \
    MANA_CROSS(rc, MPI_BELOW(Kind##_get_name)(h, name, resultlen));                                                    \
    return rc ? core_fail(speaks, speaker, rc, "MPI_" #Kind "_get_name") : MANA_SUCCESS;                               \
  }
NAMED(Comm, COMM, MANA_KIND_COMM, h)
NAMED(Type, DATATYPE, MANA_KIND_COMM, MANA_COMM_WORLD)
NAMED(Win, WIN, MANA_KIND_WIN, h)
