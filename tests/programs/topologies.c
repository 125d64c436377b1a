/* Cartesian, graph and distributed graph topologies, and collectives among neighbours. */
#include "check.h"

static void cartesian(void) {
  int size = check_size(), dims[3] = {0, 0, 1}, periods[3] = {1, 0, 1}, coordinates[3], got_dims[3], got_periods[3];
  int dimensions, kind, rank, back, source, target;
  MPI_Comm grid, line;
  MPI_Dims_create(size, 3, dims);
  CHECK(dims[0] * dims[1] * dims[2] == size && dims[2] == 1);
  MPI_Cart_create(MPI_COMM_WORLD, 3, dims, periods, 0, &grid);
  MPI_Topo_test(grid, &kind);
  CHECK(kind == MPI_CART);
  MPI_Cartdim_get(grid, &dimensions);
  CHECK(dimensions == 3);
  MPI_Cart_get(grid, 3, got_dims, got_periods, coordinates);
  CHECK(got_dims[0] == dims[0] && got_periods[0] == 1 && got_periods[1] == 0);
  MPI_Comm_rank(grid, &rank);
  MPI_Cart_rank(grid, coordinates, &back);
  CHECK(back == rank);
  int wrapped[3] = {coordinates[0] + dims[0], coordinates[1], 5};
  MPI_Cart_rank(grid, wrapped, &back); /* periodic: outside is allowed */
  CHECK(back == rank);
  MPI_Cart_shift(grid, 1, dims[1], &source, &target);
  CHECK(source == MPI_PROC_NULL && target == MPI_PROC_NULL);
  MPI_Cart_shift(grid, 0, 1, &source, &target);
  check_record("shift=%d,%d", source, target);
  int keep[3] = {1, 0, 0}, line_size;
  MPI_Cart_sub(grid, keep, &line);
  MPI_Comm_size(line, &line_size);
  CHECK(line_size == dims[0]);
  MPI_Topo_test(MPI_COMM_WORLD, &kind);
  CHECK(kind == MPI_UNDEFINED);
  MPI_Comm_free(&line);
  MPI_Comm_free(&grid);
}

/* A ring as a graph: each has two neighbours. */
static void graph(void) {
  int size = check_size(), rank = check_rank(), nodes, edges, count, kind;
  int *index = malloc((size_t)size * sizeof(int)), *edge = malloc(2 * (size_t)size * sizeof(int)), neighbours[2];
  for (int i = 0; i < size; i++) {
    index[i] = 2 * (i + 1);
    edge[2 * i] = (i + size - 1) % size;
    edge[2 * i + 1] = (i + 1) % size;
  }
  MPI_Comm ring;
  MPI_Graph_create(MPI_COMM_WORLD, size, index, edge, 0, &ring);
  MPI_Topo_test(ring, &kind);
  MPI_Graphdims_get(ring, &nodes, &edges);
  CHECK(kind == MPI_GRAPH && nodes == size && edges == 2 * size);
  MPI_Graph_neighbors_count(ring, rank, &count);
  MPI_Graph_neighbors(ring, rank, 2, neighbours);
  CHECK(count == 2 && neighbours[0] == (rank + size - 1) % size && neighbours[1] == (rank + 1) % size);
  if (size > 2) { /* with two ranks both neighbours are the same, and the order of arrival is the MPI's own */
    int in[2] = {-1, -1};
    MPI_Neighbor_allgather(&rank, 1, MPI_INT, in, 1, MPI_INT, ring);
    CHECK(in[0] == neighbours[0] && in[1] == neighbours[1]);
  }
  MPI_Comm_free(&ring);
  free(index);
  free(edge);
}

/* Everybody sends to its successor, with weights. */
static void distributed(void) {
  int size = check_size(), rank = check_rank(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  int in_degree, out_degree, weighted, source, source_weight, target, target_weight, degree = 1, weight = 3 + rank;
  MPI_Comm ring, general;
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, &previous, &weight, 1, &next, &weight, MPI_INFO_NULL, 0, &ring);
  MPI_Dist_graph_neighbors_count(ring, &in_degree, &out_degree, &weighted);
  MPI_Dist_graph_neighbors(ring, 1, &source, &source_weight, 1, &target, &target_weight);
  CHECK(in_degree == 1 && out_degree == 1 && weighted && source == previous && target == next);
  CHECK(source_weight == weight && target_weight == weight);
  source = target = -1;
  MPI_Dist_graph_neighbors(ring, 1, &source, MPI_UNWEIGHTED, 1, &target, MPI_UNWEIGHTED); /* they are not wanted */
  CHECK(source == previous && target == next);
  int in = -1, counts[1] = {1}, places[1] = {0}, out = rank * 3;
  MPI_Neighbor_alltoall(&out, 1, MPI_INT, &in, 1, MPI_INT, ring);
  CHECK(in == previous * 3);
  in = -1;
  MPI_Neighbor_alltoallv(&out, counts, places, MPI_INT, &in, counts, places, MPI_INT, ring);
  CHECK(in == previous * 3);
  in = -1;
  MPI_Request request;
  MPI_Ineighbor_allgatherv(&out, 1, MPI_INT, &in, counts, places, MPI_INT, ring, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  CHECK(in == previous * 3);

  MPI_Dist_graph_create(MPI_COMM_WORLD, 1, &rank, &degree, &next, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &general);
  MPI_Dist_graph_neighbors_count(general, &in_degree, &out_degree, &weighted);
  CHECK(in_degree == 1 && out_degree == 1 && !weighted);
  MPI_Dist_graph_neighbors(general, 1, &source, MPI_UNWEIGHTED, 1, &target, MPI_UNWEIGHTED);
  CHECK(source == previous && target == next);
  MPI_Comm_free(&general);
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 0, NULL, MPI_WEIGHTS_EMPTY, 0, NULL, MPI_WEIGHTS_EMPTY, MPI_INFO_NULL,
                                 0, &general);
  MPI_Dist_graph_neighbors_count(general, &in_degree, &out_degree, &weighted);
  CHECK(in_degree == 0 && out_degree == 0);
  MPI_Comm_free(&general);
  MPI_Comm_free(&ring);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  cartesian();
  graph();
  distributed();
  return check_finish("topologies");
}
