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

int core_Comm_spawn(const char *command, char **argv, int maxprocs, mana_h info, int root, mana_h comm, mana_h *intercomm,
                    int *errcodes) {
  SPAWN("MPI_Comm_spawn", MPI_BELOW(Comm_spawn)(command, argv, maxprocs, info, root, comm, intercomm, errcodes));
}

int core_Comm_spawn_multiple(int count, char **commands, char ***argvs, const int *maxprocs, const mana_h *infos, int root,
                             mana_h comm, mana_h *intercomm, int *errcodes) {
  SPAWN("MPI_Comm_spawn_multiple",
        MPI_BELOW(Comm_spawn_multiple)(count, commands, argvs, maxprocs, infos, root, comm, intercomm, errcodes));
}
