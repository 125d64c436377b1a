/* Sessions and what is made from them. Error handlers are the core's own: the site is given MPI_ERRORS_RETURN instead. */
#include "core_auto.h"
#include "errhandler.h"
#include "poll.h"

int core_sessions_used;

/* The new object keeps a reference to the handler the application named. */
static void adopt(enum mana_kind kind, mana_h h, mana_h errhandler) {
  const struct core_object from = {.handle = h, .errhandler = errhandler};
  struct core_object *o = core_object(kind, h);
  if (o && mana_is_user(h)) core_errhandler_inherit(o, &from);
}

/* then: what is to be done when it has been made. */
#define CONSTRUCT(kind, handle, name, call, then)                                                                      \
  mana_h fresh = core_new(kind);                                                                                       \
  if (!fresh) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_NO_MEM, name);                                \
  *(handle) = fresh;                                                                                                   \
  int rc;                                                                                                              \
  MANA_CROSS(rc, call);                                                                                                \
  if (rc) core_delete(kind, fresh);                                                                                    \
  if (rc) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name);                                                 \
  *(handle) = core_settle(kind, fresh, *(handle));                                                                     \
  adopt(kind, *(handle), errhandler);                                                                                  \
  then;                                                                                                                \
  return MANA_SUCCESS

/* Sessions may be used by all threads, whatever MPI_Init granted or will grant (MPI-4.1 section 11.3.1). */
static void begin(void) {
  core_poll_allowed = 0;
  SPLIT->thread_multiple = 1;
  core_sessions_used = 1;
}

int core_Session_init(mana_h info, mana_h errhandler, mana_h *session) {
  CONSTRUCT(MANA_KIND_SESSION, session, "MPI_Session_init", MPI_BELOW(Session_init)(info, MANA_ERRORS_RETURN, session),
            begin());
}

int core_Comm_create_from_group(mana_h group, const char *stringtag, mana_h info, mana_h errhandler, mana_h *newcomm) {
  CONSTRUCT(MANA_KIND_COMM, newcomm, "MPI_Comm_create_from_group",
            MPI_BELOW(Comm_create_from_group)(group, stringtag, info, MANA_ERRORS_RETURN, newcomm), (void)0);
}

int core_Intercomm_create_from_groups(mana_h local_group, int local_leader, mana_h remote_group, int remote_leader,
                                      const char *stringtag, mana_h info, mana_h errhandler, mana_h *newintercomm) {
  CONSTRUCT(MANA_KIND_COMM, newintercomm, "MPI_Intercomm_create_from_groups",
            MPI_BELOW(Intercomm_create_from_groups)(local_group, local_leader, remote_group, remote_leader, stringtag,
                                                    info, MANA_ERRORS_RETURN, newintercomm),
            (void)0);
}
