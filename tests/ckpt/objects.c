/* MPI objects of every kind made at the start, then asked and used at every step: topologies, an intercommunicator,
 * groups, operations, attributes, info, error handlers, derived types. */
#include "story.h"

static MPI_Comm cart, graph, dist, inter, named;
static char long_name[MPI_MAX_OBJECT_NAME]; /* longer than some MPIs take */
static MPI_Group odd_first;
static MPI_Op largest, compose;
static MPI_Datatype matrix, nested;
static MPI_Info info;
static MPI_Errhandler handler;
static int copies, deletions, errors_seen, keyval = MPI_KEYVAL_INVALID, type_key = MPI_KEYVAL_INVALID, side;
static int attribute = 77, errors_due;

typedef struct {
  int64_t a, b; /* x -> a x + b, modulo a prime: not commutative */
} Affine;
static void compose_affine(void *in, void *inout, int *count, MPI_Datatype *type) {
  (void)type;
  Affine *f = in, *g = inout;
  for (int i = 0; i < *count; i++) g[i] = (Affine){f[i].a * g[i].a % 10007, (f[i].a * g[i].b + f[i].b) % 10007};
}
static void keep_largest(void *in, void *inout, int *count, MPI_Datatype *type) {
  (void)type;
  for (int i = 0; i < *count; i++)
    if (((int *)in)[i] > ((int *)inout)[i]) ((int *)inout)[i] = ((int *)in)[i];
}
static int copy_attribute(MPI_Comm comm, int key, void *extra, void *value, void *copy, int *flag) {
  (void)comm, (void)key;
  CHECK(extra == &attribute && value == &attribute);
  *(void **)copy = value;
  *flag = 1;
  copies++;
  return MPI_SUCCESS;
}
static int delete_attribute(MPI_Comm comm, int key, void *value, void *extra) {
  (void)comm, (void)key;
  CHECK(extra == &attribute && value == &attribute);
  deletions++;
  return MPI_SUCCESS;
}
static void count_error(MPI_Comm *comm, int *code, ...) {
  int class;
  MPI_Error_class(*code, &class);
  CHECK(*comm == named && class == MPI_ERR_RANK);
  errors_seen++;
}

static void make(void) {
  int dims[1] = {story_size}, periods[1] = {1}, n = story_size, me = story_rank;
  int next = (me + 1) % n, ends[64], edges[64], weight = me + 1, weights_in = (me + n - 1) % n + 1;
  MPI_Group world;
  MPI_Datatype pair;
  MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &cart);
  for (int i = 0; i < n; i++) ends[i] = i + 1, edges[i] = (i + 1) % n;
  MPI_Graph_create(MPI_COMM_WORLD, n, ends, edges, 0, &graph);
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, &(int){(me + n - 1) % n}, &weights_in, 1, &next, &weight,
                                 MPI_INFO_NULL, 0, &dist);
  side = me % 2;
  MPI_Comm half;
  MPI_Comm_split(MPI_COMM_WORLD, side, me, &half);
  if (n > 1) MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - side, 12, &inter);
  MPI_Comm_free(&half);
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  int order[64], k = 0;
  for (int i = 1; i < n; i += 2) order[k++] = i;
  for (int i = 0; i < n; i += 2) order[k++] = i;
  MPI_Group_incl(world, n, order, &odd_first);
  MPI_Group_free(&world);
  MPI_Op_create(keep_largest, 1, &largest);
  MPI_Op_create(compose_affine, 0, &compose);
  MPI_Comm_create_keyval(copy_attribute, delete_attribute, &keyval, &attribute);
  MPI_Type_create_keyval(MPI_TYPE_DUP_FN, MPI_TYPE_NULL_DELETE_FN, &type_key, NULL);
  MPI_Comm_dup(MPI_COMM_WORLD, &named);
  memset(long_name, 'n', sizeof long_name - 1);
  MPI_Comm_set_name(named, long_name);
  MPI_Comm_set_attr(named, keyval, &attribute);
  MPI_Comm_create_errhandler(count_error, &handler);
  MPI_Comm_set_errhandler(named, handler);
  MPI_Type_contiguous(2, MPI_INT64_T, &pair);
  MPI_Type_vector(3, 1, 2, pair, &matrix);
  MPI_Type_create_resized(matrix, 0, 12 * 8, &nested);
  MPI_Type_free(&pair);
  MPI_Type_commit(&matrix);
  MPI_Type_commit(&nested);
  MPI_Type_set_name(nested, "rows");
  MPI_Type_set_name(MPI_SHORT, "a cell");
  MPI_Type_set_attr(nested, type_key, &attribute);
  MPI_Info_create(&info);
  MPI_Info_set(info, "color", "green");
}

static void ask_topologies(void) {
  int n = story_size, me = story_rank, left = (me + n - 1) % n, right = (me + 1) % n, kind, a, b, c;
  int dims[1], periods[1], at[1], weights[2];
  MPI_Topo_test(cart, &kind);
  MPI_Cart_get(cart, 1, dims, periods, at);
  MPI_Cart_shift(cart, 0, 1, &a, &b);
  CHECK(kind == MPI_CART && dims[0] == n && periods[0] && at[0] == me && a == left && b == right);
  MPI_Topo_test(graph, &kind);
  MPI_Graph_neighbors_count(graph, me, &a);
  MPI_Graph_neighbors(graph, me, 1, &b);
  CHECK(kind == MPI_GRAPH && a == 1 && b == right);
  MPI_Topo_test(dist, &kind);
  MPI_Dist_graph_neighbors_count(dist, &a, &b, &c);
  CHECK(kind == MPI_DIST_GRAPH && a == 1 && b == 1 && c);
  MPI_Dist_graph_neighbors(dist, 1, &a, &weights[0], 1, &b, &weights[1]);
  CHECK(a == left && b == right && weights[0] == left + 1 && weights[1] == me + 1);
  int got[2] = {-1, -1}, both[2] = {me, me + 100};
  MPI_Neighbor_allgather(&me, 1, MPI_INT, got, 1, MPI_INT, dist);
  CHECK(got[0] == left);
  MPI_Neighbor_alltoall(both, 1, MPI_INT, got, 1, MPI_INT, cart);
  CHECK(got[0] == left + 100 && got[1] == right);
}

static void use_the_others(int step) {
  int flag, n, got, ranks[2], me = story_rank, length, integers, addresses, types, combiner;
  char text[MPI_MAX_OBJECT_NAME], value[16];
  void *attached;
  Affine mine = {step + me + 2, me * 5 + 1}, all, expected = {step + 2, 1};
  MPI_Comm_test_inter(named, &flag);
  CHECK(!flag);
  if (story_size > 1) {
    MPI_Comm_remote_size(inter, &n);
    CHECK(n == (story_size + side) / 2);
    MPI_Allreduce(&me, &got, 1, MPI_INT, MPI_MAX, inter); /* the largest rank of the other side */
    CHECK(got == story_size - 1 - (story_size + side) % 2);
  }
  MPI_Group mine_only;
  MPI_Comm_group(named, &mine_only);
  MPI_Group_translate_ranks(odd_first, 2 < story_size ? 2 : story_size, (int[]){0, 1}, mine_only, ranks);
  CHECK(ranks[0] == (story_size > 1));
  MPI_Group_compare(odd_first, mine_only, &flag);
  CHECK(flag == (story_size > 1 ? MPI_SIMILAR : MPI_IDENT));
  MPI_Group_free(&mine_only);
  MPI_Allreduce(&me, &got, 1, MPI_INT, largest, named);
  CHECK(got == story_size - 1);
  for (int r = 1; r < story_size; r++) {
    Affine next = {step + r + 2, r * 5 + 1};
    compose_affine(&expected, &next, &(int){1}, NULL);
    expected = next;
  }
  MPI_Datatype affine;
  MPI_Type_contiguous(2, MPI_INT64_T, &affine);
  MPI_Type_commit(&affine);
  MPI_Allreduce(&mine, &all, 1, affine, compose, named);
  MPI_Type_free(&affine);
  CHECK(all.a == expected.a && all.b == expected.b);
  story_add(&all, sizeof all);
  MPI_Comm_get_name(named, text, &length);
  CHECK(strcmp(text, long_name) == 0 && length == (int)sizeof long_name - 1);
  MPI_Comm_get_attr(named, keyval, &attached, &flag);
  CHECK(flag && attached == &attribute);
  MPI_Type_get_attr(nested, type_key, &attached, &flag);
  CHECK(flag && attached == &attribute);
  MPI_Type_get_name(MPI_SHORT, text, &length);
  CHECK(strcmp(text, "a cell") == 0 && length == 6);
  MPI_Type_get_name(nested, text, &length);
  MPI_Type_get_envelope(nested, &integers, &addresses, &types, &combiner);
  CHECK(strcmp(text, "rows") == 0 && combiner == MPI_COMBINER_RESIZED && types == 1 && addresses == 2);
  MPI_Info_get(info, "color", 15, value, &flag);
  CHECK(flag && strcmp(value, "green") == 0);
  int code = MPI_Send(&me, 1, MPI_INT, story_size + 5, 0, named); /* a mistake: our handler is told */
  CHECK(code != MPI_SUCCESS && errors_seen == ++errors_due);
}

/* A duplicate takes the attribute along; rows of pairs go round the ring by the nested type. */
static void copy_and_send(int step) {
  int64_t out[24], in[24];
  int right = (story_rank + 1) % story_size, left = (story_rank + story_size - 1) % story_size, before = copies;
  MPI_Comm twin;
  MPI_Comm_dup(named, &twin);
  CHECK(copies == before + 1);
  for (int i = 0; i < 24; i++) out[i] = step * 100 + story_rank * 24 + i, in[i] = -1;
  MPI_Sendrecv(out, 2, nested, right, 3, in, 2, nested, left, 3, twin, MPI_STATUS_IGNORE);
  for (int i = 0; i < 24; i++) CHECK(in[i] == (i % 4 < 2 ? step * 100 + left * 24 + i : -1));
  MPI_Comm_free(&twin);
  CHECK(deletions == copies);
}

int main(int argc, char **argv) {
  story_begin("objects", &argc, &argv);
  make();
  for (int step = 0; story_goes_on(step); step++) {
    ask_topologies();
    use_the_others(step);
    copy_and_send(step);
  }
  MPI_Comm *comms[] = {&cart, &graph, &dist, &named, &inter};
  for (int i = 0; i < (story_size > 1 ? 5 : 4); i++) MPI_Comm_free(comms[i]);
  CHECK(deletions == copies + 1);
  MPI_Group_free(&odd_first);
  MPI_Op_free(&largest);
  MPI_Op_free(&compose);
  MPI_Type_free(&matrix);
  MPI_Type_free(&nested);
  MPI_Info_free(&info);
  MPI_Errhandler_free(&handler);
  MPI_Comm_free_keyval(&keyval);
  MPI_Type_free_keyval(&type_key);
  return story_end();
}
