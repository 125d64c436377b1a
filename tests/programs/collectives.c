/* Every blocking collective, with IN_PLACE where it is allowed and sizes from nothing to large. */
#include "check.h"

#define MOST 16
static int size, rank;

static void rooted(int root) {
  int value = rank == root ? root * 7 + 1 : -1, mine = rank * 5, got[MOST], counts[MOST], places[MOST], one = -1;
  for (int i = 0; i < size; i++) got[i] = -1, counts[i] = 1, places[i] = i;
  MPI_Bcast(&value, 1, MPI_INT, root, MPI_COMM_WORLD);
  CHECK(value == root * 7 + 1);
  MPI_Gather(&mine, 1, MPI_INT, got, 1, MPI_INT, root, MPI_COMM_WORLD);
  if (rank == root)
    for (int i = 0; i < size; i++) CHECK(got[i] == i * 5);
  for (int i = 0; i < size; i++) got[i] = i == rank ? rank * 9 : -1;
  if (rank == root)
    MPI_Gatherv(MPI_IN_PLACE, 0, MPI_INT, got, counts, places, MPI_INT, root, MPI_COMM_WORLD);
  else /* the receiving side is not significant here: nonsense must not be looked at */
    MPI_Gatherv(&got[rank], 1, MPI_INT, NULL, NULL, NULL, MPI_DATATYPE_NULL, root, MPI_COMM_WORLD);
  if (rank == root)
    for (int i = 0; i < size; i++) CHECK(got[i] == i * 9);
  for (int i = 0; i < size; i++) got[i] = 1000 + i;
  MPI_Scatter(got, 1, MPI_INT, rank == root ? MPI_IN_PLACE : (void *)&one, 1, MPI_INT, root, MPI_COMM_WORLD);
  CHECK(rank == root || one == 1000 + rank);
  MPI_Scatterv(got, counts, places, MPI_INT, &one, 1, MPI_INT, root, MPI_COMM_WORLD);
  CHECK(one == 1000 + rank);
  int sum = rank;
  if (rank == root)
    MPI_Reduce(MPI_IN_PLACE, &sum, 1, MPI_INT, MPI_SUM, root, MPI_COMM_WORLD);
  else
    MPI_Reduce(&sum, NULL, 1, MPI_INT, MPI_SUM, root, MPI_COMM_WORLD);
  CHECK(rank != root || sum == size * (size - 1) / 2);
}

static void symmetric(void) {
  int all[MOST], counts[MOST], places[MOST], out[MOST], in[MOST], value = rank + 1, result = 0;
  for (int i = 0; i < size; i++)
    all[i] = i == rank ? rank + 3 : -1, counts[i] = 1, places[i] = i, out[i] = 10 * rank + i;
  MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, 1, MPI_INT, MPI_COMM_WORLD);
  for (int i = 0; i < size; i++) CHECK(all[i] == i + 3);
  for (int i = 0; i < size; i++) all[i] = -1;
  MPI_Allgatherv(&value, 1, MPI_INT, all, counts, places, MPI_INT, MPI_COMM_WORLD);
  for (int i = 0; i < size; i++) CHECK(all[i] == i + 1);
  MPI_Alltoall(out, 1, MPI_INT, in, 1, MPI_INT, MPI_COMM_WORLD);
  for (int i = 0; i < size; i++) CHECK(in[i] == 10 * i + rank);
  MPI_Alltoall(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, out, 1, MPI_INT, MPI_COMM_WORLD);
  for (int i = 0; i < size; i++) CHECK(out[i] == 10 * i + rank);
  MPI_Alltoallv(out, counts, places, MPI_INT, in, counts, places, MPI_INT, MPI_COMM_WORLD);
  for (int i = 0; i < size; i++) CHECK(in[i] == 10 * rank + i);
  MPI_Scan(&value, &result, 1, MPI_INT, MPI_PROD, MPI_COMM_WORLD);
  int factorial = 1;
  for (int i = 1; i <= rank + 1; i++) factorial *= i;
  CHECK(result == factorial);
  MPI_Reduce_scatter(MPI_IN_PLACE, out, counts, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  CHECK(out[0] == 10 * rank + size - 1);
}

/* Doubles of very different magnitude: the order of additions shows in the last bits, and must be the native one. */
static void sums(void) {
  enum { MANY = 40000 };
  static double mine[MANY], total[MANY];
  for (int length = 1; length <= MANY; length *= 10) {
    for (int i = 0; i < length; i++) mine[i] = (i % 7 + 1) * 1e-3 * (rank % 3 ? 1e8 : 1) / (rank + 3);
    MPI_Allreduce(mine, total, length, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    check_record("%016llx", (unsigned long long)check_hash(total, (size_t)length * sizeof *total));
  }
  MPI_Bcast(total, MANY, MPI_DOUBLE, size - 1, MPI_COMM_WORLD);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rank = check_rank(), size = check_size();
  CHECK(size <= MOST);
  for (int root = 0; root < size; root++) rooted(root);
  symmetric();
  sums();
  for (int i = 0; i < 200; i++) MPI_Barrier(MPI_COMM_WORLD);
  MPI_Bcast(NULL, 0, MPI_INT, 0, MPI_COMM_WORLD);
  return check_finish("collectives");
}
