/* Lengths of arrays that follow from a communicator. Asked of the site: these calls are local. */
#include "proxy.h"

int px_local_size(mana_h comm) {
  int size = 0;
  return comm != MANA_COMM_NULL && MPI_Comm_size(px_comm(comm), &size) == MPI_SUCCESS ? size : 0;
}

int px_peers(mana_h comm) {
  int inter = 0, size = 0;
  if (comm == MANA_COMM_NULL || MPI_Comm_test_inter(px_comm(comm), &inter) != MPI_SUCCESS) return 0;
  if (!inter) return px_local_size(comm);
  return MPI_Comm_remote_size(px_comm(comm), &size) == MPI_SUCCESS ? size : 0;
}

int px_root_peers(mana_h comm, int root) {
  int rank = -1;
  if (root == MANA_ROOT) return px_peers(comm);
  if (comm == MANA_COMM_NULL || MPI_Comm_rank(px_comm(comm), &rank) != MPI_SUCCESS) return 0;
  int inter = 0;
  MPI_Comm_test_inter(px_comm(comm), &inter);
  return !inter && rank == root ? px_peers(comm) : 0;
}

static void degrees(mana_h comm, int *in, int *out) {
  int topology = MPI_UNDEFINED, n = 0, rank = 0, weighted;
  MPI_Comm c = px_comm(comm);
  *in = *out = 0;
  if (comm == MANA_COMM_NULL || MPI_Topo_test(c, &topology) != MPI_SUCCESS) return;
  if (topology == MPI_CART && MPI_Cartdim_get(c, &n) == MPI_SUCCESS) {
    *in = *out = 2 * n;
  } else if (topology == MPI_GRAPH && MPI_Comm_rank(c, &rank) == MPI_SUCCESS) {
    MPI_Graph_neighbors_count(c, rank, in);
    *out = *in;
  } else if (topology == MPI_DIST_GRAPH) {
    MPI_Dist_graph_neighbors_count(c, in, out, &weighted);
  }
}

int px_in_degree(mana_h comm) {
  int in, out;
  degrees(comm, &in, &out);
  return in;
}

int px_out_degree(mana_h comm) {
  int in, out;
  degrees(comm, &in, &out);
  return out;
}
