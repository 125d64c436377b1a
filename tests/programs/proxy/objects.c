/* Communicators, groups, datatypes, an op and an info: made before, looked at afterwards. */
#include "state.h"

mana_h fresh(enum mana_kind kind) {
  static uint32_t next[MANA_KINDS];
  return mana_handle(kind, MANA_FIRST_INDEX + next[kind]++);
}

mana_h spare(enum mana_kind kind) {
  static uint32_t next[MANA_KINDS];
  return mana_handle(kind, MANA_FIRST_INDEX + 200 + next[kind]++);
}

static mana_h *comm(enum comm_number n) {
  STATE->comm[n] = fresh(MANA_KIND_COMM);
  return &STATE->comm[n];
}

static void make_comms(void) {
  int n = STATE->size, rank = STATE->rank;
  OK(PX(Comm_dup)(MANA_COMM_WORLD, comm(DUP)));
  OK(PX(Comm_set_name)(STATE->comm[DUP], "the double"));
  mana_h gone =
      fresh(MANA_KIND_COMM); /* a hole in the table on all ranks but one, which has its handles in another order */
  if (rank == 0) OK(PX(Comm_dup)(MANA_COMM_SELF, &gone));
  OK(PX(Comm_split)(MANA_COMM_WORLD, rank % 2, -rank, comm(HALVES)));
  int dims[2] = {n, 1}, periods[2] = {1, 0};
  OK(PX(Cart_create)(MANA_COMM_WORLD, 2, dims, periods, 0, comm(RING)));
  int sources[2] = {STATE->previous, rank}, targets[1] = {STATE->next}, in[2] = {rank + 1, 5},
      out[1] = {STATE->next + 1};
  OK(PX(Dist_graph_create_adjacent)(MANA_COMM_WORLD, 2, sources, in, 1, targets, out, MANA_INFO_NULL, 0, comm(WEB)));
  int index[16], edges[32];
  for (int i = 0; i < n - 1; i++) index[0] = n - 1, edges[i] = i + 1;
  for (int i = 1; i < n; i++) index[i] = index[i - 1] + 1, edges[index[i] - 1] = 0;
  OK(PX(Graph_create)(MANA_COMM_WORLD, n, index, edges, 0, comm(STAR)));
  /* The halves are in falling order: their first is the last rank of its parity. */
  int others = (n - 1) % 2 != rank % 2 ? n - 1 : n - 2;
  OK(PX(Intercomm_create)(STATE->comm[HALVES], 0, MANA_COMM_WORLD, others, 9, comm(SIDES)));
  OK(PX(Comm_dup)(MANA_COMM_WORLD, comm(GOING)));
}

static void make_types(void) {
  int sizes[2] = {8, 8}, part[2] = {2, 3}, at[2] = {1, 4}, lengths[2] = {2, 1}, n = STATE->size;
  intptr_t displacements[2] = {0, 16};
  for (int i = 0; i < TYPES; i++) STATE->type[i] = fresh(MANA_KIND_DATATYPE);
  mana_h *t = STATE->type, inner = fresh(MANA_KIND_DATATYPE);
  OK(PX(Type_vector)(8, 1, 8, MANA_DOUBLE, &t[COLUMN]));
  OK(PX(Type_commit)(&t[COLUMN]));
  OK(PX(Type_set_name)(t[COLUMN], "a column"));
  OK(PX(Type_contiguous)(2, MANA_INT, &inner));
  mana_h types[2] = {inner, MANA_DOUBLE};
  OK(PX(Type_create_struct)(2, lengths, displacements, types, &t[RECORD]));
  OK(PX(Type_free)(&inner)); /* lives on in the record only */
  OK(PX(Type_commit)(&t[RECORD]));
  OK(PX(Type_dup)(t[COLUMN], &t[COPY]));
  OK(PX(Type_create_subarray)(2, sizes, part, at, MANA_ORDER_C, MANA_DOUBLE, &t[CORNER]));
  OK(PX(Type_commit)(&t[CORNER]));
  int gsizes[2] = {64, 32}, distributions[2] = {MANA_DISTRIBUTE_CYCLIC, MANA_DISTRIBUTE_CYCLIC}, psizes[2] = {n, 1},
      arguments[2] = {MANA_DISTRIBUTE_DFLT_DARG, 19}; /* MPI-5's own number for the default one */
  OK(PX(Type_create_darray)(n, STATE->rank, 2, gsizes, distributions, arguments, psizes, MANA_ORDER_FORTRAN,
                            MANA_DOUBLE, &t[BLOCKS]));
  OK(PX(Type_commit)(&t[BLOCKS]));
  OK(PX(Type_create_hvector_c)(3, 2, 64, MANA_INT, &t[WIDE])); /* of large counts, where the site has them */
  OK(PX(Type_commit)(&t[WIDE]));
}

/* Their ends are not aligned: one MPI pads them, the other does not. */
static void make_unpadded_types(void) {
  int64_t lb;
  int ones[2] = {1, 1};
  intptr_t at[2] = {0, 5};
  mana_h *t = STATE->type, inner = fresh(MANA_KIND_DATATYPE);
  OK(PX(Type_create_hvector)(2, 1, 5, MANA_INT, &t[UNPADDED]));
  OK(PX(Type_commit)(&t[UNPADDED]));
  OK(PX(Type_create_hindexed)(2, ones, at, MANA_INT, &inner));
  OK(PX(Type_contiguous)(2, inner, &t[AROUND]));
  OK(PX(Type_free)(&inner));
  for (int i = 0; i < TYPES; i++) OK(PX(Type_get_extent_x)(t[i], &lb, &STATE->extent[i]));
}

void make_objects(void) {
  make_comms();
  make_types();
  make_unpadded_types();
  int ranks[2] = {STATE->size - 1, 0};
  mana_h world = fresh(MANA_KIND_GROUP);
  STATE->group = fresh(MANA_KIND_GROUP);
  OK(PX(Comm_group)(MANA_COMM_WORLD, &world));
  OK(PX(Group_incl)(world, 2, ranks, &STATE->group));
  OK(PX(Group_free)(&world));
  STATE->op = fresh(MANA_KIND_OP);
  OK(PX(Op_create)((void *)7, 0, &STATE->op));
  STATE->info = fresh(MANA_KIND_INFO);
  OK(PX(Info_create)(&STATE->info));
  OK(PX(Info_set)(STATE->info, "key", "a value"));
}

static void check_comms(void) {
  int rank, size, topology, inter, dims[2], periods[2], coordinates[2], n = STATE->size, length;
  char name[MANA_MAX_OBJECT_NAME];
  const mana_h *c = STATE->comm;
  OK(PX(Comm_get_name)(c[DUP], name, &length));
  CHECK(strcmp(name, "the double") == 0);
  OK(PX(Comm_rank)(c[HALVES], &rank));
  OK(PX(Comm_size)(c[HALVES], &size));
  CHECK(size == (n + 1 - STATE->rank % 2) / 2 && rank == size - 1 - STATE->rank / 2);
  OK(PX(Topo_test)(c[RING], &topology));
  OK(PX(Cart_get)(c[RING], 2, dims, periods, coordinates));
  CHECK(topology == MANA_CART && dims[0] == n && dims[1] == 1 && periods[0] && !periods[1] &&
        coordinates[0] == STATE->rank);
  int in, out, weighted, sources[2], in_weights[2], targets[1], out_weights[1];
  OK(PX(Dist_graph_neighbors_count)(c[WEB], &in, &out, &weighted));
  CHECK(in == 2 && out == 1 && weighted);
  OK(PX(Dist_graph_neighbors)(c[WEB], 2, sources, in_weights, 1, targets, out_weights));
  CHECK(sources[0] == STATE->previous && sources[1] == STATE->rank && in_weights[0] == STATE->rank + 1 &&
        in_weights[1] == 5);
  CHECK(targets[0] == STATE->next && out_weights[0] == STATE->next + 1);
  OK(PX(Topo_test)(c[STAR], &topology));
  OK(PX(Graph_neighbors_count)(c[STAR], 0, &in));
  CHECK(topology == MANA_GRAPH && in == n - 1);
  OK(PX(Comm_test_inter)(c[SIDES], &inter));
  OK(PX(Comm_remote_size)(c[SIDES], &size));
  CHECK(inter && size == (n + STATE->rank % 2) / 2);
  for (int i = 0; i < COMMS; i++) OK(PX(Barrier)(c[i]));
}

static void check_types(void) {
  int64_t size, lower, extent;
  intptr_t lb, ex;
  char name[MANA_MAX_OBJECT_NAME];
  int length, ni, na, nd, combiner;
  const mana_h *t = STATE->type;
  OK(PX(Type_get_name)(t[COLUMN], name, &length));
  CHECK(strcmp(name, "a column") == 0);
  static const int64_t sizes[TYPES] = {64, 24, 64, 48};
  for (int i = 0; i < BLOCKS; i++) {
    OK(PX(Type_size_x)(t[i], &size));
    CHECK(size == sizes[i]);
  }
  OK(PX(Type_get_extent)(t[RECORD], &lb, &ex));
  lower = lb, extent = ex;
  CHECK(lower == 0 && extent == 24);
  OK(PX(Type_get_extent)(t[WIDE], &lb, &ex));
  OK(PX(Type_size_x)(t[WIDE], &size));
  CHECK(lb == 0 && ex == 2 * 64 + 8 && size == 24);
  static const int combiners[WIDE] = {MANA_COMBINER_VECTOR, MANA_COMBINER_STRUCT, MANA_COMBINER_DUP,
                                      MANA_COMBINER_SUBARRAY, MANA_COMBINER_DARRAY};
  for (int i = 0; i < WIDE; i++) {
    OK(PX(Type_get_envelope)(t[i], &ni, &na, &nd, &combiner));
    CHECK(combiner == combiners[i]);
  }
  int ints[16];
  intptr_t addresses[1];
  mana_h inner[1] = {spare(MANA_KIND_DATATYPE)};
  OK(PX(Type_get_contents)(t[BLOCKS], ni, 0, 1, ints, addresses, inner));
  CHECK(ints[3] == 64 && ints[5] == MANA_DISTRIBUTE_CYCLIC && ints[7] == MANA_DISTRIBUTE_DFLT_DARG && ints[8] == 19 &&
        ints[11] == MANA_ORDER_FORTRAN);
  CHECK(inner[0] == MANA_DOUBLE);
}

static int made_by(mana_h type) {
  int ni, na, nd, combiner;
  OK(PX(Type_get_envelope)(type, &ni, &na, &nd, &combiner));
  return combiner;
}

/* The program has laid out its memory with these extents. */
static void check_extents(void) {
  const mana_h *t = STATE->type;
  int64_t lb, extent;
  int n = 0, ints[2];
  intptr_t stride;
  unsigned char bytes[64], packed[64];
  mana_h inner[1] = {spare(MANA_KIND_DATATYPE)};
  for (int i = 0; i < TYPES; i++) {
    OK(PX(Type_get_extent_x)(t[i], &lb, &extent));
    CHECK(extent == STATE->extent[i]);
  }
  for (int i = 0; i < 64; i++) bytes[i] = (unsigned char)i;
  OK(PX(Pack)(bytes, 2, t[UNPADDED], packed, sizeof packed, &n, MANA_COMM_SELF));
  CHECK(packed[0] == 0 && packed[4] == 5 && packed[8] == STATE->extent[UNPADDED] && packed[12] == packed[8] + 5);
  CHECK(made_by(t[UNPADDED]) == MANA_COMBINER_HVECTOR && made_by(t[AROUND]) == MANA_COMBINER_CONTIGUOUS);
  OK(PX(Type_get_contents)(t[AROUND], 1, 0, 1, ints, &stride, inner));
  CHECK(made_by(inner[0]) == MANA_COMBINER_HINDEXED);
  OK(PX(Type_free)(inner));
  OK(PX(Type_get_contents)(t[UNPADDED], 2, 1, 1, ints, &stride, inner));
  CHECK(inner[0] == MANA_INT && ints[0] == 2 && stride == 5);
}

void check_objects(void) {
  int size, flag, mine = STATE->rank, all = -1, ranks[2] = {0, 1}, world[2];
  char value[64];
  check_comms();
  check_types();
  check_extents();
  mana_h group = spare(MANA_KIND_GROUP);
  OK(PX(Comm_group)(MANA_COMM_WORLD, &group));
  OK(PX(Group_size)(STATE->group, &size));
  OK(PX(Group_translate_ranks)(STATE->group, 2, ranks, group, world));
  CHECK(size == 2 && world[0] == STATE->size - 1 && world[1] == 0);
  OK(PX(Allreduce)(&mine, &all, 1, MANA_INT, STATE->op, MANA_COMM_WORLD));
  CHECK(all == STATE->size * (STATE->size - 1) / 2 + STATE->size - 1);
  OK(PX(Info_get)(STATE->info, "key", 63, value, &flag));
  CHECK(flag && strcmp(value, "a value") == 0);
}
