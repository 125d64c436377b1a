/* Every datatype constructor: sizes, extents, what arrives where, and what the type says about how it was made. */
#include <stddef.h>

#include "check.h"

#define CELLS 64
struct particle {
  char kind;
  double position[3];
  int id;
};

/* Sends one item of `type` from a numbered array to oneself as packed ints; records what came out and the extents. */
static void probe(const char *name, MPI_Datatype type) {
  int source[CELLS], packed[CELLS], size, received;
  MPI_Aint lower, extent, true_lower, true_extent;
  MPI_Status status;
  for (int i = 0; i < CELLS; i++) source[i] = 100 + i, packed[i] = -1;
  MPI_Type_commit(&type);
  MPI_Type_size(type, &size);
  MPI_Type_get_extent(type, &lower, &extent);
  MPI_Type_get_true_extent(type, &true_lower, &true_extent);
  MPI_Sendrecv(source, 1, type, 0, 1, packed, CELLS, MPI_INT, 0, 1, MPI_COMM_SELF, &status);
  MPI_Get_count(&status, MPI_INT, &received);
  CHECK(received * (int)sizeof(int) == size);
  check_record("%s=%d,%d,%d,%d,%d,%08x", name, size, (int)lower, (int)extent, (int)true_lower, (int)true_extent,
               (unsigned)check_hash(packed, sizeof packed));
  /* and back: the elements that the type names, and no others, are written */
  int target[CELLS];
  memset(target, 0, sizeof target);
  MPI_Sendrecv(packed, received, MPI_INT, 0, 2, target, 1, type, 0, 2, MPI_COMM_SELF, &status);
  int written = 0;
  for (int i = 0; i < CELLS; i++) {
    CHECK(target[i] == 0 || target[i] == source[i]);
    written += target[i] != 0;
  }
  CHECK(written == received);
  MPI_Type_free(&type);
}

static void constructors(void) {
  MPI_Datatype type, inner;
  int lengths[3] = {1, 3, 2}, places[3] = {0, 4, 12};
  MPI_Aint byte_places[3] = {0, 16, 48};
  MPI_Type_contiguous(5, MPI_INT, &type);
  probe("contiguous", type);
  MPI_Type_vector(3, 2, 5, MPI_INT, &type);
  probe("vector", type);
  MPI_Type_create_hvector(3, 2, 20, MPI_INT, &type);
  probe("hvector", type);
  MPI_Type_indexed(3, lengths, places, MPI_INT, &type);
  probe("indexed", type);
  MPI_Type_create_hindexed(3, lengths, byte_places, MPI_INT, &type);
  probe("hindexed", type);
  MPI_Type_create_indexed_block(3, 2, places, MPI_INT, &type);
  probe("indexed_block", type);
  MPI_Type_create_hindexed_block(3, 2, byte_places, MPI_INT, &type);
  probe("hindexed_block", type);
  MPI_Type_vector(2, 1, 3, MPI_INT, &inner);
  MPI_Type_create_resized(inner, 0, 6 * sizeof(int), &type);
  probe("resized", type);
  MPI_Datatype mixed[3] = {MPI_INT, inner, MPI_INT};
  int counts[3] = {1, 2, 1};
  MPI_Type_create_struct(3, counts, byte_places, mixed, &type);
  MPI_Type_free(&inner);
  probe("struct", type);
  int sizes[2] = {8, 8}, subsizes[2] = {3, 4}, starts[2] = {2, 1};
  MPI_Type_create_subarray(2, sizes, subsizes, starts, MPI_ORDER_C, MPI_INT, &type);
  probe("subarray", type);
  MPI_Type_create_subarray(2, sizes, subsizes, starts, MPI_ORDER_FORTRAN, MPI_INT, &type);
  probe("fortran", type);
  int distributions[2] = {MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC};
  int arguments[2] = {MPI_DISTRIBUTE_DFLT_DARG, 2}, grid[2] = {2, 2};
  MPI_Type_create_darray(4, 1, 2, sizes, distributions, arguments, grid, MPI_ORDER_C, MPI_INT, &type);
  probe("darray", type);
  for (int size = 18; size <= 20; size++) { /* no size is taken for the default one */
    int global = 64, one = 2;
    MPI_Type_create_darray(2, 1, 1, &global, &distributions[1], &size, &one, MPI_ORDER_C, MPI_INT, &type);
    probe("cyclic", type);
  }
  MPI_Type_contiguous(3, MPI_INT, &inner);
  MPI_Type_dup(inner, &type);
  MPI_Type_free(&inner);
  probe("dup", type);
}

/* A C struct inside a struct, sent as an array round the ring. */
static void nested_structs(void) {
  struct pair {
    struct particle first, second;
    short flag;
  } mine[4], theirs[4];
  int lengths[3] = {1, 3, 1}, rank = check_rank(), size = check_size();
  MPI_Aint places[3] = {offsetof(struct particle, kind), offsetof(struct particle, position),
                        offsetof(struct particle, id)};
  MPI_Datatype parts[3] = {MPI_CHAR, MPI_DOUBLE, MPI_INT}, plain, particle, pair_plain, pair;
  MPI_Type_create_struct(3, lengths, places, parts, &plain);
  MPI_Type_create_resized(plain, 0, sizeof(struct particle), &particle);
  int pair_lengths[2] = {2, 1};
  MPI_Aint pair_places[2] = {offsetof(struct pair, first), offsetof(struct pair, flag)};
  MPI_Datatype pair_parts[2] = {particle, MPI_SHORT};
  MPI_Type_create_struct(2, pair_lengths, pair_places, pair_parts, &pair_plain);
  MPI_Type_create_resized(pair_plain, 0, sizeof(struct pair), &pair);
  MPI_Type_commit(&pair);
  MPI_Type_free(&plain), MPI_Type_free(&particle), MPI_Type_free(&pair_plain);
  memset(theirs, 0x5a, sizeof theirs);
  for (int i = 0; i < 4; i++) {
    mine[i].first = (struct particle){(char)('a' + i), {rank, i, 0.5}, 10 * rank + i};
    mine[i].second = (struct particle){(char)('k' + i), {i, rank, 1.5}, 20 * rank + i};
    mine[i].flag = (short)(rank * 100 + i);
  }
  MPI_Status status;
  int count, elements, from = (rank + size - 1) % size;
  MPI_Sendrecv(mine, 4, pair, (rank + 1) % size, 9, theirs, 4, pair, from, 9, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, pair, &count);
  MPI_Get_elements(&status, pair, &elements);
  CHECK(count == 4 && elements == 4 * 11);
  for (int i = 0; i < 4; i++)
    CHECK(theirs[i].first.id == 10 * from + i && theirs[i].second.position[1] == from &&
          theirs[i].second.kind == 'k' + i && theirs[i].flag == from * 100 + i);
  CHECK(((unsigned char *)&theirs[0].first)[1] == 0x5a); /* padding stays as it was */
  MPI_Type_free(&pair);
}

/* Half an item arrives: Get_count has no answer, Get_elements has. */
static void partial_items(void) {
  int values[6] = {1, 2, 3, 4, 5, 6}, got[6] = {0}, count, elements;
  MPI_Count elements_x;
  MPI_Datatype three;
  MPI_Status status;
  MPI_Type_contiguous(3, MPI_INT, &three);
  MPI_Type_commit(&three);
  MPI_Sendrecv(values, 5, MPI_INT, 0, 3, got, 2, three, 0, 3, MPI_COMM_SELF, &status);
  MPI_Get_count(&status, three, &count);
  MPI_Get_elements(&status, three, &elements);
  MPI_Get_elements_x(&status, three, &elements_x);
  CHECK(count == MPI_UNDEFINED && elements == 5 && elements_x == 5 && got[4] == 5 && got[5] == 0);
  MPI_Status_set_elements(&status, MPI_INT, 6);
  MPI_Get_count(&status, three, &count);
  CHECK(count == 2);
  MPI_Type_free(&three);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  constructors();
  nested_structs();
  partial_items();
  return check_finish("datatypes");
}
