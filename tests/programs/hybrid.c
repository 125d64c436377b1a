/* OpenMP inside MPI ranks: threads work between MPI calls that only the main thread makes (MPI_THREAD_FUNNELED). */
#include <omp.h>

#include "check.h"

#define VALUES 20000
#define STEPS 40

int main(int argc, char **argv) {
  int provided, is_main = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  CHECK(provided >= MPI_THREAD_FUNNELED);
  MPI_Is_thread_main(&is_main);
  CHECK(is_main);
  int rank = check_rank(), size = check_size(), threads = 0;
  static uint64_t state[VALUES], other[VALUES];
  for (int i = 0; i < VALUES; i++) state[i] = (uint64_t)i * 2654435761u + (uint64_t)rank;

  uint64_t sum = 0;
  for (int step = 0; step < STEPS; step++) {
#pragma omp parallel num_threads(2)
    {
#pragma omp master
      {
        threads = omp_get_num_threads();
        MPI_Sendrecv(state, VALUES, MPI_UINT64_T, (rank + 1) % size, step, other, VALUES, MPI_UINT64_T,
                     (rank + size - 1) % size, step, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      }
#pragma omp barrier
#pragma omp for
      for (int i = 0; i < VALUES; i++) state[i] = other[i] * 6364136223846793005u + (uint64_t)step;
    }
    uint64_t mine = 0;
#pragma omp parallel for reduction(+ : mine) num_threads(2)
    for (int i = 0; i < VALUES; i++) mine += state[i];
    MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
  }
  CHECK(threads == 2);
  check_record("sum=%016llx state=%016llx", (unsigned long long)sum,
               (unsigned long long)check_hash(state, sizeof state));
  return check_finish("hybrid");
}
