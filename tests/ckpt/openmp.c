/* A stencil by OpenMP threads, with halos exchanged by nonblocking messages behind the computation. */
#include <omp.h>

#include "story.h"

enum { WIDTH = 400, ROWS = 120, TEAM = 2 };
static double now[ROWS + 2][WIDTH], next[ROWS + 2][WIDTH];

static void sweep(int first, int last) {
  for (int y = first; y <= last; y++)
    for (int x = 1; x < WIDTH - 1; x++)
      next[y][x] = 0.25 * (now[y - 1][x] + now[y + 1][x] + now[y][x - 1] + now[y][x + 1]);
}

int main(int argc, char **argv) {
  story_begin_threads("openmp", &argc, &argv, MPI_THREAD_FUNNELED);
  int up = story_rank > 0 ? story_rank - 1 : MPI_PROC_NULL;
  int down = story_rank < story_size - 1 ? story_rank + 1 : MPI_PROC_NULL;
  for (int y = 0; y < ROWS + 2; y++)
    for (int x = 0; x < WIDTH; x++)
      now[y][x] = next[y][x] = (double)(story_word((uint64_t)(story_rank * ROWS + y), (size_t)x) % 1000);
  for (int step = 0; story_goes_on(step); step++) {
    MPI_Request halos[4];
    double norm = 0, mine = 0;
    int team = 0;
    MPI_Irecv(now[0], WIDTH, MPI_DOUBLE, up, step, MPI_COMM_WORLD, &halos[0]);
    MPI_Irecv(now[ROWS + 1], WIDTH, MPI_DOUBLE, down, step, MPI_COMM_WORLD, &halos[1]);
    MPI_Isend(now[1], WIDTH, MPI_DOUBLE, up, step, MPI_COMM_WORLD, &halos[2]);
    MPI_Isend(now[ROWS], WIDTH, MPI_DOUBLE, down, step, MPI_COMM_WORLD, &halos[3]);
#pragma omp parallel num_threads(TEAM)
    {
      int share = (ROWS - 2) / TEAM, me = omp_get_thread_num();
#pragma omp atomic
      team++;
      sweep(2 + me * share, 1 + (me + 1) * share);
#pragma omp barrier
#pragma omp master
      MPI_Waitall(4, halos, MPI_STATUSES_IGNORE);
    }
    CHECK(team == TEAM);
    sweep(1, 1);
    sweep(ROWS, ROWS);
#pragma omp parallel for num_threads(TEAM) schedule(static)
    for (int y = 1; y <= ROWS; y++) memcpy(now[y], next[y], sizeof now[y]);
    for (int y = 1; y <= ROWS; y++) mine += now[y][y];
    if (step % 10 == 0) {
      MPI_Allreduce(&mine, &norm, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD); /* exact, whatever the order */
      story_add(&norm, sizeof norm);
    }
  }
  story_add(now[1], sizeof now[1] * ROWS);
  return story_end();
}
