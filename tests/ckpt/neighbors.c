/* Nonblocking collectives of neighbours, of all five kinds, on a line and on a graph, and duplicates of a communicator: all in flight
 * over several steps. */
#include "story.h"

#define LAG 3
enum { SLOTS = LAG + 1, KINDS = 5, GRAPHS = 2, NEAR = 2, WORDS = 400 };
typedef struct {
  uint64_t out[NEAR * WORDS], in[NEAR * WORDS];
  int counts[NEAR], places[NEAR];
  MPI_Aint bytes[NEAR];
  MPI_Datatype types[NEAR];
  MPI_Request request;
} Operation;
static Operation operations[SLOTS][GRAPHS][2];
static MPI_Comm graphs[GRAPHS], parent, twin; /* of its own: Open MPI confuses a duplication with other collectives */
static MPI_Request duplication;
static int from[GRAPHS][NEAR], to[NEAR]; /* ranks */

/* The line's neighbours are those left and right, none at its ends; in the graph each rank sends to the next one and to itself. */
static void make_graphs(void) {
  int n = story_size, me = story_rank, left = (me + n - 1) % n, right = (me + 1) % n, periodic = 0;
  from[0][0] = me > 0 ? left : MPI_PROC_NULL, from[0][1] = me < n - 1 ? right : MPI_PROC_NULL;
  from[1][0] = left, from[1][1] = to[1] = me, to[0] = right;
  MPI_Cart_create(MPI_COMM_WORLD, 1, &n, &periodic, 0, &graphs[0]);
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, NEAR, from[1], MPI_UNWEIGHTED, NEAR, to, MPI_UNWEIGHTED, MPI_INFO_NULL,
                                 0, &graphs[1]);
  MPI_Comm_dup(graphs[0], &parent);
}

static int kind_of(int step, int second) {
  return (step + second * 2) % KINDS;
}
/* Where each neighbour has a block of its own: not when all get the same. */
static uint64_t given(int step, int graph, int second, int rank, int block) {
  int separate = kind_of(step, second) >= 2;
  return (uint64_t)step << 24 | (uint64_t)graph << 20 | (uint64_t)second << 16 | (uint64_t)rank << 8 |
         (uint64_t)(separate ? block : 0);
}
/* Which of its blocks neighbour i sends to us: on the line its right one, if it is left of us. */
static int block_of(int graph, int i) {
  return graph == 0 ? 1 - i : i;
}

static void start(Operation *o, int step, int graph, int second) {
  const MPI_Datatype type = MPI_UINT64_T;
  MPI_Comm comm = graphs[graph];
  int words = step % 4 == 3 ? WORDS : 5, *c = o->counts, *d = o->places;
  MPI_Request *r = &o->request;
  memset(o->in, 0, sizeof o->in);
  for (int i = 0; i < NEAR; i++) {
    story_fill(o->out + i * words, (size_t)words, given(step, graph, second, story_rank, i));
    c[i] = words, d[i] = i * words, o->bytes[i] = (MPI_Aint)d[i] * 8, o->types[i] = type;
  }
  switch (kind_of(step, second)) {
    case 0: MPI_Ineighbor_allgather(o->out, words, type, o->in, words, type, comm, r); break;
    case 1: MPI_Ineighbor_allgatherv(o->out, words, type, o->in, c, d, type, comm, r); break;
    case 2: MPI_Ineighbor_alltoall(o->out, words, type, o->in, words, type, comm, r); break;
    case 3: MPI_Ineighbor_alltoallv(o->out, c, d, type, o->in, c, d, type, comm, r); break;
    default: MPI_Ineighbor_alltoallw(o->out, c, o->bytes, o->types, o->in, c, o->bytes, o->types, comm, r);
  }
}

static void finish_operation(Operation *o, int step, int graph, int second) {
  int words = o->counts[0], flag = 0;
  if (second) MPI_Wait(&o->request, MPI_STATUS_IGNORE);
  while (!second && !flag) MPI_Test(&o->request, &flag, MPI_STATUS_IGNORE);
  for (int i = 0; i < NEAR; i++) {
    if (from[graph][i] == MPI_PROC_NULL) continue;
    uint64_t seed = given(step, graph, second, from[graph][i], block_of(graph, i));
    CHECK(story_holds(o->in + i * words, (size_t)words, seed));
  }
  story_add(o->in, 8);
}
static void finish(int step) {
  for (int second = 2; second-- > 0;) /* not in the order they were started */
    for (int graph = 0; graph < GRAPHS; graph++)
      finish_operation(&operations[step % SLOTS][graph][second], step, graph, second);
}

/* A duplicate has the topology, and is a communicator of its own. */
static void use_duplicate(int step) {
  int kind, mine = step + story_rank, sum;
  MPI_Wait(&duplication, MPI_STATUS_IGNORE);
  MPI_Topo_test(twin, &kind);
  CHECK(kind == MPI_CART);
  MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, twin);
  CHECK(sum == story_size * step + story_size * (story_size - 1) / 2);
  MPI_Comm_free(&twin);
}

int main(int argc, char **argv) {
  story_begin("neighbors", &argc, &argv);
  make_graphs();
  for (int step = 0; story_goes_on(step); step++) {
    if (step % SLOTS == 0) MPI_Comm_idup(parent, &twin, &duplication);
    for (int graph = 0; graph < GRAPHS; graph++)
      for (int second = 0; second < 2; second++) start(&operations[step % SLOTS][graph][second], step, graph, second);
    if (step >= LAG) finish(step - LAG);
    if (step % SLOTS == LAG || step == story_steps - 1) use_duplicate(step);
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) finish(step);
  for (int graph = 0; graph < GRAPHS; graph++) MPI_Comm_free(&graphs[graph]);
  MPI_Comm_free(&parent);
  return story_end();
}
