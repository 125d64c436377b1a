/* Every nonblocking collective, several under way at once, completed in another order than started. */
#include "check.h"

#define MOST 16

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank = check_rank(), size = check_size();
  int root = size - 1, bcast = rank == root ? 77 : 0, mine[MOST], counts[MOST], places[MOST];
  int gathered[MOST] = {0}, gatheredv[MOST] = {0}, scattered = -1, scatteredv = -1, all[MOST] = {0}, allv[MOST] = {0};
  int exchanged[MOST] = {0}, exchangedv[MOST] = {0}, reduced = 0, allreduced = 0, scanned = 0, exscanned = 0;
  int block = 0, reduce_scattered = 0, twos[2 * MOST];
  MPI_Request requests[17];
  CHECK(size <= MOST);
  for (int i = 0; i < size; i++) {
    mine[i] = rank * 100 + i;
    counts[i] = 1;
    places[i] = size - 1 - i; /* backwards */
    twos[2 * i] = twos[2 * i + 1] = rank + 1;
  }
  MPI_Comm world = MPI_COMM_WORLD;
  MPI_Ibarrier(world, &requests[0]);
  MPI_Ibcast(&bcast, 1, MPI_INT, root, world, &requests[1]);
  MPI_Igather(mine, 1, MPI_INT, gathered, 1, MPI_INT, 0, world, &requests[2]);
  MPI_Igatherv(mine, 1, MPI_INT, gatheredv, counts, places, MPI_INT, 0, world, &requests[3]);
  MPI_Iscatter(mine, 1, MPI_INT, &scattered, 1, MPI_INT, root, world, &requests[4]);
  MPI_Iscatterv(mine, counts, places, MPI_INT, &scatteredv, 1, MPI_INT, root, world, &requests[5]);
  MPI_Iallgather(mine, 1, MPI_INT, all, 1, MPI_INT, world, &requests[6]);
  MPI_Iallgatherv(mine, 1, MPI_INT, allv, counts, places, MPI_INT, world, &requests[7]);
  MPI_Ialltoall(mine, 1, MPI_INT, exchanged, 1, MPI_INT, world, &requests[8]);
  MPI_Ialltoallv(mine, counts, places, MPI_INT, exchangedv, counts, places, MPI_INT, world, &requests[9]);
  MPI_Ireduce(&rank, &reduced, 1, MPI_INT, MPI_MAX, root, world, &requests[10]);
  MPI_Iallreduce(&rank, &allreduced, 1, MPI_INT, MPI_SUM, world, &requests[11]);
  MPI_Iscan(&rank, &scanned, 1, MPI_INT, MPI_SUM, world, &requests[12]);
  MPI_Iexscan(&rank, &exscanned, 1, MPI_INT, MPI_SUM, world, &requests[13]);
  MPI_Ireduce_scatter_block(twos, &block, 1, MPI_INT, MPI_SUM, world, &requests[14]);
  MPI_Ireduce_scatter(twos, &reduce_scattered, counts, MPI_INT, MPI_SUM, world, &requests[15]);
  int in_place[MOST];
  for (int i = 0; i < size; i++) in_place[i] = i == rank ? rank + 40 : -1;
  MPI_Iallgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, in_place, 1, MPI_INT, world, &requests[16]);
  for (int done = 0; done < 17; done++) {
    int index;
    MPI_Waitany(17, requests, &index, MPI_STATUS_IGNORE);
    CHECK(index >= 0 && index < 17 && requests[index] == MPI_REQUEST_NULL);
  }
  int sum = size * (size - 1) / 2;
  CHECK(bcast == 77 && scattered == root * 100 + rank && scatteredv == root * 100 + size - 1 - rank);
  for (int i = 0; i < size; i++) {
    CHECK(all[i] == i * 100 && allv[size - 1 - i] == i * 100 && in_place[i] == i + 40);
    CHECK(exchanged[i] == i * 100 + rank && exchangedv[size - 1 - i] == i * 100 + size - 1 - rank);
    if (rank == 0) CHECK(gathered[i] == i * 100 && gatheredv[size - 1 - i] == i * 100);
  }
  CHECK((rank != root || reduced == size - 1) && allreduced == sum && scanned == rank * (rank + 1) / 2);
  CHECK((rank == 0 || exscanned == rank * (rank - 1) / 2) && block == sum + size && reduce_scattered == sum + size);
  check_record("sum=%d", allreduced);
  return check_finish("nonblocking");
}
