/* Topologies of communicators: what the inquiries say, and the constructors with reorder 0. */
#include "saved.h"
#include "site_values.h"

static void save_ints(struct save_stream *s, const int *values, int n) {
  px_i32_save(s, n);
  save_bytes(s, values, (size_t)n * sizeof *values);
}
/* malloc'd, with *n elements; NULL after a failure. */
static int *load_ints(struct px_saved *s, int *n) {
  return px_members_load(s, n);
}

static int save_cart(struct save_stream *s, MPI_Comm comm) {
  int n = 0;
  MPI_Cartdim_get(comm, &n);
  int *a = calloc(3 * (size_t)n + 1, sizeof *a);
  if (!a) return -1;
  MPI_Cart_get(comm, n, a, a + n, a + 2 * n);
  save_ints(s, a, n);
  save_ints(s, a + n, n);
  free(a);
  return 0;
}

static int save_graph(struct save_stream *s, MPI_Comm comm) {
  int nodes = 0, edges = 0;
  MPI_Graphdims_get(comm, &nodes, &edges);
  int *a = calloc((size_t)nodes + (size_t)edges + 1, sizeof *a);
  if (!a) return -1;
  MPI_Graph_get(comm, nodes, edges, a, a + nodes);
  save_ints(s, a, nodes);
  save_ints(s, a + nodes, edges);
  free(a);
  return 0;
}

static int save_dist_graph(struct save_stream *s, MPI_Comm comm) {
  int in = 0, out = 0, weighted = 0;
  MPI_Dist_graph_neighbors_count(comm, &in, &out, &weighted);
  int *a = calloc(2 * ((size_t)in + (size_t)out) + 1, sizeof *a);
  if (!a) return -1;
  MPI_Dist_graph_neighbors(comm, in, a, weighted ? a + in : MPI_UNWEIGHTED, out, a + 2 * in,
                           weighted ? a + 2 * in + out : MPI_UNWEIGHTED);
  px_i32_save(s, weighted);
  save_ints(s, a, in);
  save_ints(s, a + in, in);
  save_ints(s, a + 2 * in, out);
  save_ints(s, a + 2 * in + out, out);
  free(a);
  return 0;
}

int px_topology_save(struct px_saved *s, MPI_Comm comm, int inter) {
  int topology = MPI_UNDEFINED, rc = 0;
  if (!inter) MPI_Topo_test(comm, &topology);
  px_i32_save(s->stream, px_topology_out(topology));
  if (topology == MPI_CART) rc = save_cart(s->stream, comm);
  if (topology == MPI_GRAPH) rc = save_graph(s->stream, comm);
  if (topology == MPI_DIST_GRAPH) rc = save_dist_graph(s->stream, comm);
  return rc ? px_refuse(s, "out of memory") : 0;
}

/* Puts the topology on a communicator of the same members in the same order: *comm becomes another one. */
int px_topology_restore(struct px_saved *s, MPI_Comm *comm) {
  int topology = px_topology_in(px_i32_load(s->stream)), n[4] = {0}, *a[4] = {NULL}, rc = MPI_SUCCESS, weighted = 0;
  if (topology == MPI_UNDEFINED) return 0;
  if (topology == MPI_DIST_GRAPH) weighted = px_i32_load(s->stream);
  int arrays = topology == MPI_DIST_GRAPH ? 4 : 2, missing = 0;
  for (int i = 0; i < arrays && !missing; i++) missing = !(a[i] = load_ints(s, &n[i]));
  MPI_Comm with = MPI_COMM_NULL;
  if (!missing && topology == MPI_CART) rc = MPI_Cart_create(*comm, n[0], a[0], a[1], 0, &with);
  if (!missing && topology == MPI_GRAPH) rc = MPI_Graph_create(*comm, n[0], a[0], a[1], 0, &with);
  if (!missing && topology == MPI_DIST_GRAPH) {
    int *in = !weighted ? MPI_UNWEIGHTED : n[0] ? a[1] : MPI_WEIGHTS_EMPTY;
    int *out = !weighted ? MPI_UNWEIGHTED : n[2] ? a[3] : MPI_WEIGHTS_EMPTY;
    rc = MPI_Dist_graph_create_adjacent(*comm, n[0], a[0], in, n[2], a[2], out, MPI_INFO_NULL, 0, &with);
  }
  for (int i = 0; i < 4; i++) free(a[i]);
  if (missing || px_refuse_failed(s, rc, "making a topology")) return -1;
  MPI_Comm_free(comm);
  *comm = with;
  return 0;
}
