/* Linked with a profiling library in front of MPI: its MPI_Send is what the program calls, PMPI_Send what it calls in turn. */
#include "check.h"

extern int profile_sends, profile_reductions;

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int value = check_rank(), got = -1, sum = 0;
  MPI_Request request;
  MPI_Irecv(&got, 1, MPI_INT, value, 0, MPI_COMM_WORLD, &request);
  MPI_Send(&value, 1, MPI_INT, value, 0, MPI_COMM_WORLD);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  PMPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  CHECK(got == value && profile_sends == 1 && profile_reductions == 1);
  check_record("sends=%d reductions=%d", profile_sends, profile_reductions);
  return check_finish("profiled");
}
