/* Ranks with 500 MB of memory and some dozen communicators and datatypes each, until they are ended. */
#include <mpi.h>
#include <stdint.h>
#include <stdlib.h>

#include "ready.h"

#define MEGABYTES 500
#define EACH 16
#define LONGEST_SECONDS 120

static MPI_Comm twins[EACH], parts[EACH], grids[EACH];
static MPI_Datatype rows[EACH], tables[EACH], records[EACH];

static void make_communicators(int rank, int size) {
  int dims[1] = {size}, periods[1] = {1};
  for (int i = 0; i < EACH; i++) {
    MPI_Comm_dup(MPI_COMM_WORLD, &twins[i]);
    MPI_Comm_split(twins[i], 0, i % 2 ? rank : -rank, &parts[i]);
    MPI_Cart_create(parts[i], 1, dims, periods, 0, &grids[i]);
  }
}

static void make_datatypes(void) {
  for (int i = 0; i < EACH; i++) {
    int lengths[2] = {1, 2};
    MPI_Aint places[2] = {0, 4096};
    MPI_Type_vector(8, i + 1, 32, MPI_DOUBLE, &rows[i]);
    MPI_Type_create_resized(rows[i], 0, 8192, &tables[i]);
    MPI_Type_create_struct(2, lengths, places, (MPI_Datatype[]){tables[i], MPI_INT}, &records[i]);
    MPI_Type_commit(&records[i]);
  }
}

int main(int argc, char **argv) {
  int rank, size, go_on = 1;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t words = (size_t)MEGABYTES * 1000000 / sizeof(uint64_t);
  uint64_t *memory = malloc(words * sizeof *memory), state = (uint64_t)rank + 1;
  if (!memory) MPI_Abort(MPI_COMM_WORLD, 1);
  for (size_t i = 0; i < words; i++) memory[i] = state = state * 6364136223846793005u + 1442695040888963407u;
  make_communicators(rank, size);
  make_datatypes();
  tell_ready(rank);
  double begun = MPI_Wtime();
  for (int turn = 0; go_on; turn++) {
    uint64_t sum = 0, in = memory[(size_t)turn % words];
    MPI_Allreduce(&in, &sum, 1, MPI_UINT64_T, MPI_SUM, grids[turn % EACH]);
    memory[(size_t)turn % words] += sum;
    go_on = MPI_Wtime() - begun < LONGEST_SECONDS;
    MPI_Bcast(&go_on, 1, MPI_INT, 0, MPI_COMM_WORLD);
  }
  MPI_Finalize();
  return 0;
}
