/* What the core knows of communicators: rank, size and neighbour counts are asked once and then answered here
 * (a crossing costs 25 ns, a cached answer one load). Duplication and freeing carry the attributes, which live in the core. */
#include "attribute.h"
#include "core_auto.h"
#include "errhandler.h"

/* A communicator that cannot be valid never has an object: the site then reports the error, in its own words. */
static struct core_object *known(mana_h comm) {
  struct core_object *o = core_object(MANA_KIND_COMM, comm);
  return o && o->refs && comm != MANA_COMM_NULL ? o : NULL;
}

#define CACHED_QUERY(Name, function, field)                                                                            \
  int function(mana_h comm, int *answer) {                                                                             \
    struct core_object *o = known(comm);                                                                               \
    if (__builtin_expect(o && o->comm.field >= 0, 1)) {                                                                \
      *answer = o->comm.field;                                                                                         \
      return MANA_SUCCESS;                                                                                             \
    }                                                                                                                  \
    int rc;                                                                                                            \
    MANA_CROSS(rc, MPI_BELOW(Name)(comm, answer));                                                                     \
    if (rc) return core_fail(MANA_KIND_COMM, comm, rc, "MPI_" #Name);                                                  \
    if (o) o->comm.field = *answer;                                                                                    \
    return MANA_SUCCESS;                                                                                               \
  }
CACHED_QUERY(Comm_rank, core_comm_rank_ask, rank)
CACHED_QUERY(Comm_size, core_comm_size_ask, size)
CACHED_QUERY(Comm_remote_size, core_Comm_remote_size, remote_size)
CACHED_QUERY(Comm_test_inter, core_Comm_test_inter, inter)

int core_peers(mana_h comm) {
  int inter = 0, size = 0;
  if (!known(comm)) return 0;
  if (core_Comm_test_inter(comm, &inter)) return 0;
  return (inter ? core_Comm_remote_size(comm, &size) : core_Comm_size(comm, &size)) ? 0 : size;
}

/* Neighbours as MPI-4.1 section 8.6 orders them. */
static void ask_degrees(mana_h comm, struct core_object *o) {
  int topology = MANA_UNDEFINED, rc, in = 0, out = 0, weighted;
  MANA_CROSS(rc, MPI_BELOW(Topo_test)(comm, &topology));
  if (rc) return;
  if (topology == MANA_CART) {
    int dims = 0;
    MANA_CROSS(rc, MPI_BELOW(Cartdim_get)(comm, &dims));
    in = out = 2 * dims;
  } else if (topology == MANA_GRAPH) {
    int rank;
    if (core_Comm_rank(comm, &rank)) return;
    MANA_CROSS(rc, MPI_BELOW(Graph_neighbors_count)(comm, rank, &in));
    out = in;
  } else if (topology == MANA_DIST_GRAPH) {
    MANA_CROSS(rc, MPI_BELOW(Dist_graph_neighbors_count)(comm, &in, &out, &weighted));
  }
  if (rc) return;
  o->comm.in_degree = in;
  o->comm.out_degree = out;
}

int core_in_degree(mana_h comm) {
  struct core_object *o = known(comm);
  if (!o) return 0;
  if (o->comm.in_degree < 0) ask_degrees(comm, o);
  return o->comm.in_degree < 0 ? 0 : o->comm.in_degree;
}

int core_out_degree(mana_h comm) {
  struct core_object *o = known(comm);
  if (!o) return 0;
  if (o->comm.out_degree < 0) ask_degrees(comm, o);
  return o->comm.out_degree < 0 ? 0 : o->comm.out_degree;
}

/* A new communicator has its parent's error handler (MPI-4.1 section 9.3.1). */
void core_comm_born(mana_h comm, mana_h parent) {
  struct core_object *o = known(comm), *p = known(parent);
  if (o && p) core_errhandler_inherit(o, p);
}

/* --- duplication ------------------------------------------------------------------------------------------------------- */
/* After the site has duplicated: attributes are copied by the application's callbacks, which may refuse. */
static int born_with_attributes(mana_h comm, mana_h parent, const char *name) {
  core_comm_born(comm, parent);
  int rc = core_attributes_copy(MANA_KIND_COMM, parent, comm), freed;
  if (rc == MANA_SUCCESS) return MANA_SUCCESS;
  /* A refused duplicate goes again; what was copied by then is deleted, whatever its callbacks say. */
  freed = core_attributes_delete_all(MANA_KIND_COMM, comm);
  mana_h refused = comm;
  uint32_t clock = core_gate_of(comm);
  MANA_CROSS(freed, MPI_BELOW(Comm_free)(&refused));
  core_gate_gone(clock);
  if (freed == MANA_SUCCESS) core_delete(MANA_KIND_COMM, comm);
  return core_fail(MANA_KIND_COMM, parent, rc, name);
}

/* One body for the two blocking forms and one for the two nonblocking ones: `call` crosses, `gate` counts it. */
#define DUPLICATE(name, gate, call)                                                                                    \
  mana_h fresh = core_new(MANA_KIND_COMM);                                                                             \
  if (!fresh) return core_fail(MANA_KIND_COMM, comm, MANA_ERR_NO_MEM, name);                                           \
  *newcomm = fresh;                                                                                                    \
  int rc;                                                                                                              \
  gate;                                                                                                                \
  MANA_CROSS(rc, call);                                                                                                \
  if (!rc) core_gate_born(fresh, comm, 1);                                                                             \
  if (rc) core_gate_failed(core_gate_of(comm), rc);                                                                    \
  core_gate_leave();                                                                                                   \
  if (rc) core_delete(MANA_KIND_COMM, fresh);                                                                          \
  if (rc) return core_fail(MANA_KIND_COMM, comm, rc, name);                                                            \
  return born_with_attributes(fresh, comm, name)

int core_Comm_dup(mana_h comm, mana_h *newcomm) {
  DUPLICATE("MPI_Comm_dup", CORE_GATE_ENTER(comm, SLOT_Comm_dup), MPI_BELOW_ON(Comm_dup, comm)(comm, newcomm));
}
int core_Comm_dup_with_info(mana_h comm, mana_h info, mana_h *newcomm) {
  DUPLICATE("MPI_Comm_dup_with_info", CORE_GATE_ENTER(comm, SLOT_Comm_dup_with_info),
            MPI_BELOW_ON(Comm_dup_with_info, comm)(comm, info, newcomm));
}

#define DUPLICATE_NONBLOCKING(name, call)                                                                              \
  *request = core_new(MANA_KIND_REQUEST);                                                                              \
  if (!*request) return core_fail(MANA_KIND_COMM, comm, MANA_ERR_NO_MEM, name);                                        \
  mana_h pending = *request;                                                                                           \
  core_object(MANA_KIND_REQUEST, pending)->request.comm = comm;                                                        \
  DUPLICATE(name, CORE_GATE_ENTER_CLOCK(core_gate_of(comm), SLOT_Comm_idup), call)

int core_Comm_idup(mana_h comm, mana_h *newcomm, mana_h *request) {
  DUPLICATE_NONBLOCKING("MPI_Comm_idup", MPI_BELOW_ON(Comm_idup, comm)(comm, newcomm, request));
}
int core_Comm_idup_with_info(mana_h comm, mana_h info, mana_h *newcomm, mana_h *request) {
  DUPLICATE_NONBLOCKING("MPI_Comm_idup_with_info",
                        MPI_BELOW_ON(Comm_idup_with_info, comm)(comm, info, newcomm, request));
}

/* --- freeing ------------------------------------------------------------------------------------------------------------ */
/* Attributes go first: a delete callback may still communicate, and may refuse (MPI-4.1 section 7.7.2). MPI_Comm_free is gated though no site waits
 * for others in it: at a checkpoint all members have the communicator, or none. But never in two phases: programs free what overlaps in any order. */
#define RELEASE(name, slot, blocks_on, call)                                                                           \
  mana_h before = *comm;                                                                                               \
  if (known(before)) {                                                                                                 \
    int refused = core_attributes_delete_all(MANA_KIND_COMM, before);                                                  \
    if (refused) return core_fail(MANA_KIND_COMM, before, refused, name);                                              \
  }                                                                                                                    \
  int rc;                                                                                                              \
  uint32_t clock = core_gate_of(before);                                                                               \
  CORE_GATE_ENTER_LAST(clock, blocks_on, slot);                                                                        \
  MANA_CROSS(rc, call);                                                                                                \
  if (rc) core_gate_failed(CLOCKS->members[clock], rc);                                                                \
  if (!rc) core_gate_gone(clock);                                                                                      \
  core_gate_leave();                                                                                                   \
  if (rc) return core_fail(MANA_KIND_COMM, before, rc, name);                                                          \
  core_errhandler_drop(core_object(MANA_KIND_COMM, before));                                                           \
  core_comm_gone(before);                                                                                              \
  core_delete(MANA_KIND_COMM, before);                                                                                 \
  return MANA_SUCCESS

int core_Comm_free(mana_h *comm) {
  RELEASE("MPI_Comm_free", SLOT_Comm_free, 0, MPI_BELOW_ON(Comm_free, before)(comm));
}
int core_Comm_disconnect(mana_h *comm) {
  RELEASE("MPI_Comm_disconnect", SLOT_Comm_disconnect, before, MPI_BELOW_ON(Comm_disconnect, before)(comm));
}

/* Whether this process is the root of a rooted call, on an intercommunicator too (MPI-4.1 section 6.2.3). */
int core_is_root(mana_h comm, int root) {
  int rank = -1;
  if (root == MANA_ROOT) return 1;
  if (root < 0 || !known(comm)) return 0;
  int inter = 0;
  if (core_Comm_test_inter(comm, &inter) || inter) return 0;
  return core_Comm_rank(comm, &rank) == MANA_SUCCESS && rank == root;
}
