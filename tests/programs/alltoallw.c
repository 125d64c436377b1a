/* Alltoallw in all its forms: the arrays of types have as many entries as there are peers, whatever that means for the
 * communicator, and they may go away as soon as a nonblocking call has returned. */
#include "check.h"

#define MOST 16
struct plan {
  int counts[MOST], places[MOST];
  MPI_Aint byte_places[MOST];
  MPI_Datatype types[MOST];
};

/* Peer i gets one item of i%3+1 doubles, at double 4*i. */
static struct plan *plan_for(int peers) {
  struct plan *plan = malloc(sizeof *plan);
  for (int i = 0; i < MOST; i++)
    plan->counts[i] = 0x7fffffff, plan->types[i] = MPI_DATATYPE_NULL; /* must not be read */
  for (int i = 0; i < peers; i++) {
    plan->counts[i] = 1;
    plan->places[i] = 32 * i;
    plan->byte_places[i] = 32 * i;
    MPI_Type_contiguous(i % 3 + 1, MPI_DOUBLE, &plan->types[i]);
    MPI_Type_commit(&plan->types[i]);
  }
  return plan;
}
/* What comes from anybody has the length that my own rank gives. */
static struct plan *plan_uniform(int peers, int length) {
  struct plan *plan = plan_for(peers);
  for (int i = 0; i < peers; i++) {
    MPI_Type_free(&plan->types[i]);
    MPI_Type_contiguous(length, MPI_DOUBLE, &plan->types[i]);
    MPI_Type_commit(&plan->types[i]);
  }
  return plan;
}
static void plan_free(struct plan *plan, int peers) {
  for (int i = 0; i < peers; i++) MPI_Type_free(&plan->types[i]);
  memset(plan, 0xff, sizeof *plan);
  free(plan);
}
static void fill(double *out, double *in, int rank) {
  for (int i = 0; i < 4 * MOST; i++) out[i] = rank * 1000 + i, in[i] = -1;
}

static void check_world(const double *in, int peers, int rank) {
  int length = rank % 3 + 1;
  for (int peer = 0; peer < peers; peer++)
    for (int i = 0; i < 4; i++) CHECK(in[4 * peer + i] == (i < length ? peer * 1000 + 4 * rank + i : -1));
}

static void on_world(void) {
  int rank = check_rank(), size = check_size();
  double out[4 * MOST], in[4 * MOST];
  struct plan *send = plan_for(size), *receive = plan_uniform(size, rank % 3 + 1);
  fill(out, in, rank);
  MPI_Alltoallw(out, send->counts, send->places, send->types, in, receive->counts, receive->places, receive->types,
                MPI_COMM_WORLD);
  check_world(in, size, rank);
  fill(out, in, rank);
  MPI_Request request;
  MPI_Ialltoallw(out, send->counts, send->places, send->types, in, receive->counts, receive->places, receive->types,
                 MPI_COMM_WORLD, &request);
  /* The types may be freed while the operation is under way; the arrays themselves must stay (MPI-3.1 section 5.12). */
  for (int i = 0; i < size; i++) MPI_Type_free(&send->types[i]), MPI_Type_free(&receive->types[i]);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  check_world(in, size, rank);
  check_record("world=%016llx", (unsigned long long)check_hash(in, sizeof(double) * 4 * (size_t)size));
  plan_free(send, 0);
  plan_free(receive, 0);
}

/* In place, the send arrays are not significant at all. */
static void in_place(void) {
  int rank = check_rank(), size = check_size();
  double values[4 * MOST];
  struct plan *plan = plan_uniform(size, 2);
  for (int i = 0; i < 4 * MOST; i++) values[i] = rank * 1000 + i;
  MPI_Alltoallw(MPI_IN_PLACE, NULL, NULL, NULL, values, plan->counts, plan->places, plan->types, MPI_COMM_WORLD);
  for (int peer = 0; peer < size; peer++)
    CHECK(values[4 * peer] == peer * 1000 + 4 * rank && values[4 * peer + 1] == peer * 1000 + 4 * rank + 1 &&
          values[4 * peer + 2] == rank * 1000 + 4 * peer + 2);
  plan_free(plan, size);
}

#if MPI_VERSION >= 4
/* Nor are they with large counts: neither read nor narrowed, where the MPI has small ones only. */
static void in_place_large(void) {
  int rank = check_rank(), size = check_size();
  double values[4 * MOST];
  MPI_Count senseless[MOST], counts[MOST];
  MPI_Aint nowhere[MOST], places[MOST];
  MPI_Datatype none[MOST], types[MOST];
  for (int i = 0; i < MOST; i++) {
    senseless[i] = nowhere[i] = INT64_MAX, none[i] = MPI_DATATYPE_NULL;
    counts[i] = 1, places[i] = (MPI_Aint)sizeof(double) * i, types[i] = MPI_DOUBLE;
  }
  for (int i = 0; i < size; i++) values[i] = rank * 1000 + i;
  MPI_Alltoallw_c(MPI_IN_PLACE, senseless, nowhere, none, values, counts, places, types, MPI_COMM_WORLD);
  for (int peer = 0; peer < size; peer++) CHECK(values[peer] == peer * 1000 + rank), places[peer] = peer;
  MPI_Alltoallv_c(MPI_IN_PLACE, senseless, nowhere, MPI_DATATYPE_NULL, values, counts, places, MPI_DOUBLE,
                  MPI_COMM_WORLD);
  for (int peer = 0; peer < size; peer++) CHECK(values[peer] == rank * 1000 + peer);
}
#endif

/* On an intercommunicator the arrays have the remote group's size. */
static void between_groups(void) {
  int rank = check_rank(), size = check_size();
  if (size < 2) return;
  MPI_Comm half, between;
  int low = rank < size / 2 ? 1 : 0, remote;
  MPI_Comm_split(MPI_COMM_WORLD, low, rank, &half);
  MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, low ? size / 2 : 0, 12, &between);
  MPI_Comm_remote_size(between, &remote);
  double out[4 * MOST], in[4 * MOST];
  struct plan *send = plan_uniform(remote, 1), *receive = plan_uniform(remote, 1);
  fill(out, in, rank);
  int here, first_of_remote = low ? size / 2 : 0;
  MPI_Comm_rank(between, &here);
  MPI_Alltoallw(out, send->counts, send->places, send->types, in, receive->counts, receive->places, receive->types,
                between);
  for (int peer = 0; peer < remote; peer++) CHECK(in[4 * peer] == (first_of_remote + peer) * 1000 + 4 * here);
  plan_free(send, remote);
  plan_free(receive, remote);
  MPI_Comm_free(&between);
  MPI_Comm_free(&half);
}

/* A 1x1 torus has one process and four neighbours, all of them itself: arrays of four. In which order a neighbour's
 * items meet its own differs between MPIs here, so only their sum is checked. */
static void one_by_one_torus(void) {
  int dims[2] = {1, 1}, periods[2] = {1, 1};
  MPI_Comm torus;
  MPI_Request request;
  MPI_Cart_create(MPI_COMM_SELF, 2, dims, periods, 0, &torus);
  double out[4 * MOST], in[4 * MOST];
  for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
    struct plan *plan = plan_uniform(4, 2);
    fill(out, in, 0);
    if (nonblocking) {
      MPI_Ineighbor_alltoallw(out, plan->counts, plan->byte_places, plan->types, in, plan->counts, plan->byte_places,
                              plan->types, torus, &request);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
    } else {
      MPI_Neighbor_alltoallw(out, plan->counts, plan->byte_places, plan->types, in, plan->counts, plan->byte_places,
                             plan->types, torus);
    }
    double sum = 0;
    for (int i = 0; i < 16; i++) sum += in[i];
    CHECK(sum == (0 + 1 + 4 + 5 + 8 + 9 + 12 + 13) - 8);
    plan_free(plan, 4);
  }
  MPI_Comm_free(&torus);
}

/* A directed ring: in- and out-neighbours are different ranks, one each. */
static void on_ring(void) {
  int rank = check_rank(), size = check_size(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  MPI_Comm ring;
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, &previous, MPI_UNWEIGHTED, 1, &next, MPI_UNWEIGHTED, MPI_INFO_NULL,
                                 0, &ring);
  double out[4 * MOST], in[4 * MOST];
  fill(out, in, rank);
  struct plan *plan = plan_uniform(1, 3);
  MPI_Neighbor_alltoallw(out, plan->counts, plan->byte_places, plan->types, in, plan->counts, plan->byte_places,
                         plan->types, ring);
  CHECK(in[0] == previous * 1000 && in[2] == previous * 1000 + 2 && in[3] == -1);
  plan_free(plan, 1);
  MPI_Comm_free(&ring);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  CHECK(check_size() <= MOST);
  on_world();
  in_place();
#if MPI_VERSION >= 4
  in_place_large();
#endif
  between_groups();
  one_by_one_torus();
  on_ring();
  return check_finish("alltoallw");
}
