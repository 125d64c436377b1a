/* Dynamic processes: the proxy starts them split; here only handles and error handlers. */
#include "core_auto.h"

#define SPAWN(name, call)                                                                                              \
  mana_h fresh = core_new(MANA_KIND_COMM);                                                                             \
  if (!fresh) return core_fail(MANA_KIND_COMM, comm, MANA_ERR_NO_MEM, name);                                           \
  *intercomm = fresh;                                                                                                  \
  int rc;                                                                                                              \
  MANA_CROSS(rc, call);                                                                                                \
  if (rc) core_delete(MANA_KIND_COMM, fresh);                                                                          \
  if (rc) return core_fail(MANA_KIND_COMM, comm, rc, name);                                                            \
  core_comm_born(fresh, comm);                                                                                         \
  return MANA_SUCCESS

int core_Comm_spawn(const char *command, char **argv, int maxprocs, mana_h info, int root, mana_h comm,
                    mana_h *intercomm, int *errcodes) {
  SPAWN("MPI_Comm_spawn",
        MPI_BELOW_ON(Comm_spawn, comm)(command, argv, maxprocs, info, root, comm, intercomm, errcodes));
}

int core_Comm_spawn_multiple(int count, char **commands, char ***argvs, const int *maxprocs, const mana_h *infos,
                             int root, mana_h comm, mana_h *intercomm, int *errcodes) {
  SPAWN("MPI_Comm_spawn_multiple", MPI_BELOW_ON(Comm_spawn_multiple, comm)(count, commands, argvs, maxprocs, infos,
                                                                           root, comm, intercomm, errcodes));
}

static mana_h known; /* the parent; 0 = not asked yet */

/* Its index may be another's soon. */
void core_comm_gone(mana_h comm) {
  if (comm == known) known = MANA_COMM_NULL;
}

/* The same handle at each call: applications compare it (MPI-4.1 section 11.8.4). */
int core_Comm_get_parent(mana_h *parent) {
  if (!known) {
    mana_h fresh = core_new(MANA_KIND_COMM);
    if (!fresh) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_NO_MEM, "MPI_Comm_get_parent");
    int rc;
    known = fresh;
    MANA_CROSS(rc, MPI_BELOW(Comm_get_parent)(&known));
    known = core_settle(MANA_KIND_COMM, fresh, rc ? MANA_COMM_NULL : known);
  }
  *parent = known;
  return MANA_SUCCESS;
}
