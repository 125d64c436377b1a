/* Operations written by the program: commutative and not, on predefined and derived types, in every reduction. */
#include "check.h"

#define PRIME 1000003u
#define MANY 300
typedef struct {
  uint64_t a, b, c, d;
} matrix;

static MPI_Datatype matrix_type, sparse_type;
static int calls;

static void multiply(void *in, void *inout, int *count, MPI_Datatype *type) {
  const matrix *x = in;
  matrix *y = inout;
  CHECK(*type == matrix_type);
  calls++;
  for (int i = 0; i < *count; i++) {
    matrix product = {(x[i].a * y[i].a + x[i].b * y[i].c) % PRIME, (x[i].a * y[i].b + x[i].b * y[i].d) % PRIME,
                      (x[i].c * y[i].a + x[i].d * y[i].c) % PRIME, (x[i].c * y[i].b + x[i].d * y[i].d) % PRIME};
    y[i] = product;
  }
}

static void add_modulo(void *in, void *inout, int *count, MPI_Datatype *type) {
  const uint64_t *x = in;
  uint64_t *y = inout;
  CHECK(*type == MPI_UINT64_T);
  for (int i = 0; i < *count; i++) y[i] = (x[i] + y[i]) % PRIME;
}

/* Of each pair of ints only the first counts: a type with a hole. */
static void maximum_of_first(void *in, void *inout, int *count, MPI_Datatype *type) {
  const int *x = in;
  int *y = inout;
  MPI_Aint lower, extent;
  MPI_Type_get_extent(*type, &lower, &extent);
  CHECK(extent == 2 * (MPI_Aint)sizeof(int));
  for (int i = 0; i < *count; i++)
    if (x[2 * i] > y[2 * i]) y[2 * i] = x[2 * i];
}

static matrix of_rank(int rank, int i) {
  return (matrix){(uint64_t)rank + 2, (uint64_t)i + 1, 1, (uint64_t)(rank + i) % 7};
}
/* The product of ranks first..last, in order: what a non-commutative reduction must give. */
static matrix product_of(int first, int last, int i) {
  matrix result = of_rank(last, i);
  int one = 1;
  for (int rank = last - 1; rank >= first; rank--) {
    matrix left = of_rank(rank, i);
    multiply(&left, &result, &one, &matrix_type);
  }
  return result;
}
static int same(const matrix *x, int first, int last) {
  for (int i = 0; i < MANY; i++) {
    matrix expected = product_of(first, last, i);
    if (memcmp(&x[i], &expected, sizeof expected)) return 0;
  }
  return 1;
}

static void noncommutative(MPI_Op op) {
  static matrix mine[MANY], result[MANY], before[MANY];
  int rank = check_rank(), size = check_size();
  for (int i = 0; i < MANY; i++) mine[i] = of_rank(rank, i);
  MPI_Allreduce(mine, result, MANY, matrix_type, op, MPI_COMM_WORLD);
  CHECK(same(result, 0, size - 1));
  check_record("product=%016llx", (unsigned long long)check_hash(result, sizeof result));
  memset(result, 0, sizeof result);
  MPI_Reduce(mine, result, MANY, matrix_type, op, size - 1, MPI_COMM_WORLD);
  CHECK(rank != size - 1 || same(result, 0, size - 1));
  MPI_Scan(mine, result, MANY, matrix_type, op, MPI_COMM_WORLD);
  CHECK(same(result, 0, rank));
  MPI_Exscan(mine, before, MANY, matrix_type, op, MPI_COMM_WORLD);
  CHECK(rank == 0 || same(before, 0, rank - 1));
  memcpy(result, mine, sizeof mine);
  MPI_Allreduce(MPI_IN_PLACE, result, MANY, matrix_type, op, MPI_COMM_WORLD);
  CHECK(same(result, 0, size - 1));
}

static void freed_while_pending(void) {
  static matrix mine[MANY], result[MANY];
  MPI_Op op;
  MPI_Request request;
  MPI_Op_create(multiply, 0, &op);
  for (int i = 0; i < MANY; i++) mine[i] = of_rank(check_rank(), i);
  MPI_Iallreduce(mine, result, MANY, matrix_type, op, MPI_COMM_WORLD, &request);
  MPI_Op_free(&op);
  CHECK(op == MPI_OP_NULL);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  CHECK(same(result, 0, check_size() - 1));
}

/* The function gets the datatype by its handle, and may ask for what it is, though the program has freed it by then: the others come to
 * the reduction when rank 0 has. */
static MPI_Datatype freed_type;
static int freed_calls;
static void maximum_of_freed(void *in, void *inout, int *count, MPI_Datatype *type) {
  CHECK(*type == freed_type);
  freed_calls++;
  maximum_of_first(in, inout, count, type);
}
static void freed_type_while_pending(void) {
  MPI_Datatype type, others[3];
  MPI_Op op;
  MPI_Request request;
  int mine[4] = {check_rank(), 7, -check_rank(), 7}, most[4] = {-9, 9, -9, 9};
  MPI_Op_create(maximum_of_freed, 1, &op);
  MPI_Type_create_resized(MPI_INT, 0, 2 * sizeof(int), &type);
  MPI_Type_commit(&type);
  freed_type = type;
  if (check_rank()) MPI_Recv(NULL, 0, MPI_INT, 0, 8, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Ireduce(mine, most, 2, type, op, 0, MPI_COMM_WORLD, &request);
  MPI_Type_free(&type);
  MPI_Op_free(&op);
  for (int i = 0; i < 3; i++) MPI_Type_contiguous(5 + i, MPI_INT, &others[i]); /* not by the same handle */
  for (int i = 1; i < check_size() && !check_rank(); i++) MPI_Send(NULL, 0, MPI_INT, i, 8, MPI_COMM_WORLD);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  for (int i = 0; i < 3; i++) CHECK(others[i] != freed_type || check_rank());
  for (int i = 0; i < 3; i++) MPI_Type_free(&others[i]);
  CHECK(check_rank() || (most[0] == check_size() - 1 && most[1] == 9 && most[2] == 0 && freed_calls > 0));
}

static void commutative(MPI_Op op) {
  int size = check_size(), rank = check_rank();
  uint64_t *mine = malloc((size_t)size * sizeof *mine), got = 0, expected = 0;
  int *ones = malloc((size_t)size * sizeof *ones);
  for (int i = 0; i < size; i++) mine[i] = (uint64_t)(rank * 1000 + i * 17), ones[i] = 1;
  for (int r = 0; r < size; r++) expected = (expected + (uint64_t)(r * 1000 + rank * 17)) % PRIME;
  MPI_Reduce_scatter_block(mine, &got, 1, MPI_UINT64_T, op, MPI_COMM_WORLD);
  CHECK(got == expected);
  got = 0;
  MPI_Reduce_scatter(mine, &got, ones, MPI_UINT64_T, op, MPI_COMM_WORLD);
  CHECK(got == expected);
  check_record("sum=%llu", (unsigned long long)got);
  free(mine);
  free(ones);
}

/* What a type was made from is asked for and let go of again: the operation is still told of the type. */
static void asked_of_another(MPI_Op op) {
  MPI_Datatype array, inner;
  MPI_Type_contiguous(2, matrix_type, &array);
  for (int i = 0; i < 2; i++) {
    int count;
    MPI_Aint none;
    MPI_Type_get_contents(array, 1, 0, 1, &count, &none, &inner);
    MPI_Type_free(&inner);
    noncommutative(op);
  }
  MPI_Type_free(&array);
}

static void local(MPI_Op multiply_op, MPI_Op sparse_op) {
  matrix left = of_rank(0, 3), right = of_rank(1, 3), expected = product_of(0, 1, 3);
  CHECK(MPI_Reduce_local(&left, &right, 1, matrix_type, multiply_op) == MPI_SUCCESS);
  CHECK(memcmp(&right, &expected, sizeof expected) == 0);
  int in[4] = {5, -1, 1, -1}, inout[4] = {2, 20, 7, 40};
  MPI_Reduce_local(in, inout, 2, sparse_type, sparse_op);
  CHECK(inout[0] == 5 && inout[1] == 20 && inout[2] == 7 && inout[3] == 40);
  double x = 1.5, y = 2.25;
  MPI_Reduce_local(&x, &y, 1, MPI_DOUBLE, MPI_SUM);
  CHECK(y == 3.75);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Op multiply_op, add_op, sparse_op;
  MPI_Datatype first_of_two;
  int commutes = -1;
  MPI_Type_contiguous(4, MPI_UINT64_T, &matrix_type);
  MPI_Type_commit(&matrix_type);
  MPI_Type_create_resized(MPI_INT, 0, 2 * sizeof(int), &first_of_two);
  sparse_type = first_of_two;
  MPI_Type_commit(&sparse_type);
  MPI_Op_create(multiply, 0, &multiply_op);
  MPI_Op_create(add_modulo, 1, &add_op);
  MPI_Op_create(maximum_of_first, 1, &sparse_op);
  MPI_Op_commutative(multiply_op, &commutes);
  CHECK(commutes == 0);
  MPI_Op_commutative(add_op, &commutes);
  CHECK(commutes == 1);
  MPI_Op_commutative(MPI_SUM, &commutes);
  CHECK(commutes == 1);

  noncommutative(multiply_op);
  freed_while_pending();
  freed_type_while_pending();
  asked_of_another(multiply_op);
  commutative(add_op);
  local(multiply_op, sparse_op);
  int pairs[4] = {check_rank(), 9, -check_rank(), 9};
  MPI_Allreduce(MPI_IN_PLACE, pairs, 2, sparse_type, sparse_op, MPI_COMM_WORLD);
  CHECK(pairs[0] == check_size() - 1 && pairs[1] == 9 && pairs[2] == 0 && pairs[3] == 9);
  /* Programs make one operation again and again for the same function: there must be no limit to that. */
  for (int i = 0; i < 5000; i++) {
    MPI_Op again;
    MPI_Op_create(add_modulo, 1, &again);
    MPI_Op_free(&again);
  }
  CHECK(calls > 0);
  MPI_Op_free(&multiply_op);
  MPI_Op_free(&add_op);
  MPI_Op_free(&sparse_op);
  MPI_Type_free(&matrix_type);
  MPI_Type_free(&sparse_type);
  return check_finish("userops");
}
