/* Creating, setting, getting and freeing error handlers. Each object holds a reference to its handler, and so does each handle that
 * the application got from a get (MPI-4.1 section 9.3.4): a freed handler lives while it is set somewhere. */
#include "errhandler.h"

#include "core_auto.h"
#include "refs.h"

static int is_predefined(mana_h h) {
  return !mana_is_user(h);
}

/* --- references --------------------------------------------------------------------------------------------------- */
static void put(struct core_object *o, mana_h errhandler) {
  struct core_object *handler = core_object(MANA_KIND_ERRHANDLER, errhandler);
  if (handler) core_retain(handler);
  mana_h before = __atomic_exchange_n(&o->errhandler, errhandler, __ATOMIC_ACQ_REL);
  struct core_object *old = core_object(MANA_KIND_ERRHANDLER, before);
  if (before && old) core_release(MANA_KIND_ERRHANDLER, old);
}

void core_errhandler_inherit(struct core_object *to, const struct core_object *from) {
  put(to, from->errhandler);
}

void core_errhandler_drop(struct core_object *o) {
  put(o, MANA_ERRORS_RETURN);
}

/* --- creation and freeing -------------------------------------------------------------------------------------------- */
int core_errhandler_create(enum mana_kind target, enum core_convention convention, void *function, mana_h *errhandler) {
  if (!function) return MANA_ERR_ARG;
  mana_h h = core_new(MANA_KIND_ERRHANDLER);
  if (!h) return MANA_ERR_NO_MEM;
  struct core_object *o = core_object(MANA_KIND_ERRHANDLER, h);
  o->errhandler_of.function = function;
  o->errhandler_of.convention = convention;
  o->errhandler_of.target = target;
  *errhandler = h;
  return MANA_SUCCESS;
}

static int failed(int rc, const char *name) {
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}

int core_Comm_create_errhandler(void *function, mana_h *errhandler) {
  return failed(core_errhandler_create(MANA_KIND_COMM, CORE_C, function, errhandler), "MPI_Comm_create_errhandler");
}
int core_Win_create_errhandler(void *function, mana_h *errhandler) {
  return failed(core_errhandler_create(MANA_KIND_WIN, CORE_C, function, errhandler), "MPI_Win_create_errhandler");
}
int core_File_create_errhandler(void *function, mana_h *errhandler) {
  return failed(core_errhandler_create(MANA_KIND_FILE, CORE_C, function, errhandler), "MPI_File_create_errhandler");
}
int core_Session_create_errhandler(void *function, mana_h *errhandler) {
  return failed(core_errhandler_create(MANA_KIND_SESSION, CORE_C, function, errhandler),
                "MPI_Session_create_errhandler");
}

int core_Errhandler_free(mana_h *errhandler) {
  struct core_object *o = core_live(MANA_KIND_ERRHANDLER, *errhandler, MANA_ERRHANDLER_NULL);
  if (!o) return failed(MANA_ERR_ARG, "MPI_Errhandler_free");
  core_release(MANA_KIND_ERRHANDLER, o);
  *errhandler = MANA_ERRHANDLER_NULL;
  return MANA_SUCCESS;
}

/* --- set, get, call ----------------------------------------------------------------------------------------------------- */
/* What can carry a handler. MPI_FILE_NULL can: its handler is the default of files to be opened (MPI-4.1 section 14.7). */
static struct core_object *bearer(enum mana_kind kind, mana_h h) {
  switch (kind) {
    case MANA_KIND_COMM: return core_live(kind, h, MANA_COMM_NULL);
    case MANA_KIND_WIN: return core_live(kind, h, MANA_WIN_NULL);
    case MANA_KIND_SESSION: return core_live(kind, h, MANA_SESSION_NULL);
    default: return core_live(kind, h, 0);
  }
}

static int invalid_class(enum mana_kind kind) {
  switch (kind) {
    case MANA_KIND_COMM: return MANA_ERR_COMM;
    case MANA_KIND_WIN: return MANA_ERR_WIN;
    case MANA_KIND_SESSION: return MANA_ERR_SESSION;
    default: return MANA_ERR_FILE;
  }
}

static int set(enum mana_kind kind, mana_h object, mana_h errhandler, const char *name) {
  struct core_object *o = bearer(kind, object);
  if (!o) return core_fail(kind, object, invalid_class(kind), name);
  struct core_object *handler = core_live(MANA_KIND_ERRHANDLER, errhandler, MANA_ERRHANDLER_NULL);
  if (!handler || (!is_predefined(errhandler) && handler->errhandler_of.target != (int)kind)) {
    return core_fail(kind, object, MANA_ERR_ARG, name);
  }
  put(o, errhandler);
  return MANA_SUCCESS;
}

static int get(enum mana_kind kind, mana_h object, mana_h *errhandler, const char *name) {
  struct core_object *o = bearer(kind, object);
  if (!o) return core_fail(kind, object, invalid_class(kind), name);
  *errhandler = o->errhandler;
  core_retain(core_object(MANA_KIND_ERRHANDLER, *errhandler));
  return MANA_SUCCESS;
}

static int call(enum mana_kind kind, mana_h object, int code, const char *name) {
  if (!bearer(kind, object)) return core_fail(kind, object, invalid_class(kind), name);
  (void)core_errhandler_invoke(kind, object, code, name); /* the call succeeded, whatever the handler says */
  return MANA_SUCCESS;
}

#define BEARER(Name, KIND)                                                                                             \
  int core_##Name##_set_errhandler(mana_h object, mana_h errhandler) {                                                 \
    return set(MANA_KIND_##KIND, object, errhandler, "MPI_" #Name "_set_errhandler");                                  \
  }                                                                                                                    \
  int core_##Name##_get_errhandler(mana_h object, mana_h *errhandler) {                                                \
    return get(MANA_KIND_##KIND, object, errhandler, "MPI_" #Name "_get_errhandler");                                  \
  }                                                                                                                    \
  int core_##Name##_call_errhandler(mana_h object, int errorcode) {                                                    \
    return call(MANA_KIND_##KIND, object, errorcode, "MPI_" #Name "_call_errhandler");                                 \
  }
BEARER(Comm, COMM)
BEARER(Win, WIN)
BEARER(File, FILE)
BEARER(Session, SESSION)
