/* Two groups that talk through an intercommunicator: point to point, collectives, merge. Needs 2 ranks. */
#include "check.h"

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank = check_rank(), size = check_size(), low = rank < size / 2, flag, local, remote, here;
  if (size < 2) {
    check_record("skipped");
    return check_finish("intercomm");
  }
  MPI_Comm half, between, merged, copy;
  MPI_Group far;
  MPI_Comm_split(MPI_COMM_WORLD, low, rank, &half);
  MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, low ? size / 2 : 0, 31, &between);
  MPI_Comm_test_inter(between, &flag);
  MPI_Comm_size(between, &local);
  MPI_Comm_remote_size(between, &remote);
  MPI_Comm_rank(between, &here);
  CHECK(flag && local + remote == size);
  MPI_Comm_remote_group(between, &far);
  MPI_Group_size(far, &flag);
  CHECK(flag == remote);
  MPI_Group_free(&far);

  int out = rank + 500, in = -1;
  MPI_Status status;
  if (here == 0) {
    MPI_Sendrecv(&out, 1, MPI_INT, 0, 8, &in, 1, MPI_INT, 0, 8, between, &status);
    CHECK(in == 500 + (low ? size / 2 : 0) && status.MPI_SOURCE == 0);
  }
  int sum = 0, expected = 0;
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, between); /* the sum of the other group */
  for (int i = low ? size / 2 : 0; i < (low ? size : size / 2); i++) expected += i;
  CHECK(sum == expected);
  int value = low ? -1 : 900 + here;
  MPI_Bcast(&value, 1, MPI_INT, low ? 0 : (here == 0 ? MPI_ROOT : MPI_PROC_NULL), between);
  CHECK(value == (low ? 900 : 900 + here));
  int *gathered = calloc((size_t)size, sizeof *gathered);
  MPI_Allgather(&rank, 1, MPI_INT, gathered, 1, MPI_INT, between);
  for (int i = 0; i < remote; i++) CHECK(gathered[i] == i + (low ? size / 2 : 0));
  free(gathered);
  MPI_Barrier(between);

  MPI_Intercomm_merge(between, low, &merged); /* the low half goes last */
  int order;
  MPI_Comm_rank(merged, &order);
  CHECK(order == (low ? remote + here : here));
  MPI_Comm_dup(between, &copy);
  MPI_Comm_compare(between, copy, &flag);
  CHECK(flag == MPI_CONGRUENT);
  check_record("order=%d sum=%d", order, sum);
  MPI_Comm *all[] = {&copy, &merged, &between, &half};
  for (int i = 0; i < 4; i++) MPI_Comm_free(all[i]);
  return check_finish("intercomm");
}
