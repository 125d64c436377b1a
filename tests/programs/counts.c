/* MPI-4's large counts: more elements than an int can count, of a type that has no bytes, so that any machine can hold them. */
#include "check.h"

#if MPI_VERSION >= 4
static const MPI_Count many = 3000000000;

static void exchange(void) {
  char nothing = 0;
  MPI_Datatype empty;
  MPI_Request requests[2];
  int rank = check_rank(), size = check_size(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  MPI_Type_contiguous(0, MPI_INT, &empty);
  MPI_Type_commit(&empty);
  CHECK(!MPI_Irecv_c(&nothing, many, empty, previous, 1, MPI_COMM_WORLD, &requests[0]));
  CHECK(!MPI_Isend_c(&nothing, many, empty, next, 1, MPI_COMM_WORLD, &requests[1]));
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  CHECK(!MPI_Isendrecv_c(&nothing, many, empty, next, 2, &nothing, many, empty, previous, 2, MPI_COMM_WORLD, requests));
  MPI_Wait(requests, MPI_STATUS_IGNORE); /* (MPICH 4.0 tells nothing in it) */
  /* (MPICH 4.0 cannot replace nothing: it dies of it) */
  int own = rank + 7;
  CHECK(!MPI_Isendrecv_replace_c(&own, 1, MPI_INT, next, 3, previous, 3, MPI_COMM_WORLD, requests));
  MPI_Wait(requests, MPI_STATUS_IGNORE);
  CHECK(own == previous + 7);
  check_record("%d", own);
  /* (MPICH 4.0 loses count of who uses the type: it is not freed) */
}
#else
static void exchange(void) {
  CHECK(!"this program is to be built with MPI-4");
}
#endif

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  exchange();
  return check_finish("counts");
}
