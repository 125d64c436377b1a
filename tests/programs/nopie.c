/* The same as any other program, but not position-independent: it lives in the low addresses, with copies of the MPI
 * library's data objects in its own. */
#include "check.h"

static MPI_Datatype kept = MPI_DATATYPE_NULL;

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  static double values[1000], got[1000];
  CHECK((uintptr_t)values < 0x100000000 && kept == MPI_DATATYPE_NULL);
  for (int i = 0; i < 1000; i++) values[i] = i * 0.5 + check_rank();
  MPI_Allreduce(values, got, 1000, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  char *heap = malloc(1 << 22);
  memset(heap, 1, 1 << 22);
  MPI_Bcast(heap, 1 << 22, MPI_CHAR, 0, MPI_COMM_WORLD);
  CHECK(heap[(1 << 22) - 1] == 1);
  free(heap);
  check_record("hash=%016llx", (unsigned long long)check_hash(got, sizeof got));
  return check_finish("nopie");
}
