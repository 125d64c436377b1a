/* Dynamic processes: the proxy starts them split; here only handles and error handlers. */
#include "abi.h"
#include "core_auto.h"

/* Each rank gets a code for each process, and only the root knows how many there are to be. */
static int share_count(mana_h comm, int root, int *n) {
  int rc;
  CORE_GATE_ENTER(comm, SLOT_Bcast);
  MANA_CROSS(rc, MPI_BELOW_ON(Bcast, comm)(n, 1, MANA_INT, root, comm));
  if (rc) core_gate_failed(core_gate_of(comm), rc);
  core_gate_leave();
  return rc;
}

static int *codes_new(int n) {
  int *codes = malloc(((size_t)n + 1) * sizeof *codes);
  for (int i = 0; codes && i < n; i++) codes[i] = MANA_CODE_UNSET;
  if (codes) codes[n] = MANA_CODE_END;
  return codes;
}

/* Set whether the call succeeds or not, as far as the site does. */
static void codes_out(int *errcodes, int *codes, int n) {
  for (int i = 0; codes && i < n; i++) {
    if (codes[i] != MANA_CODE_UNSET) errcodes[i] = abi_error_code_out(codes[i]);
  }
  free(codes);
}

static int total(mana_h comm, int root, int count, const int *maxprocs) {
  int n = 0;
  if (!core_is_root(comm, root)) return 0;
  for (int i = 0; i < count; i++) n += maxprocs[i] > 0 ? maxprocs[i] : 0;
  return n;
}

#define SPAWN(name, count, maxprocs, call)                                                                             \
  int n = total(comm, root, count, maxprocs);                                                                          \
  int rc = share_count(comm, root, &n);                                                                                \
  if (rc) return core_fail(MANA_KIND_COMM, comm, rc, name);                                                            \
  int *codes = errcodes ? codes_new(n) : NULL;                                                                         \
  mana_h fresh = codes || !errcodes ? core_new(MANA_KIND_COMM) : 0;                                                    \
  if (!fresh) free(codes);                                                                                             \
  if (!fresh) return core_fail(MANA_KIND_COMM, comm, MANA_ERR_NO_MEM, name);                                           \
  *intercomm = fresh;                                                                                                  \
  MANA_CROSS(rc, call);                                                                                                \
  codes_out(errcodes, codes, n);                                                                                       \
  if (rc) core_delete(MANA_KIND_COMM, fresh);                                                                          \
  if (rc) return core_fail(MANA_KIND_COMM, comm, rc, name);                                                            \
  core_comm_born(fresh, comm);                                                                                         \
  return MANA_SUCCESS

int core_Comm_spawn(const char *command, char **argv, int maxprocs, mana_h info, int root, mana_h comm,
                    mana_h *intercomm, int *errcodes) {
  SPAWN("MPI_Comm_spawn", 1, &maxprocs,
        MPI_BELOW_ON(Comm_spawn, comm)(command, argv, maxprocs, info, root, comm, intercomm, codes));
}

int core_Comm_spawn_multiple(int count, char **commands, char ***argvs, const int *maxprocs, const mana_h *infos,
                             int root, mana_h comm, mana_h *intercomm, int *errcodes) {
  SPAWN("MPI_Comm_spawn_multiple", count, maxprocs,
        MPI_BELOW_ON(Comm_spawn_multiple, comm)(count, commands, argvs, maxprocs, infos, root, comm, intercomm, codes));
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
