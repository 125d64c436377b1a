/* Jacobi iteration for the heat equation on a distributed square: Cartesian topology, halo columns as a derived type. */
#include "check.h"

#define EDGE 96
#define STEPS 300

struct field {
  int rows, columns; /* without the halo */
  double *now, *next;
};

static double *at(const struct field *f, double *values, int row, int column) {
  return values + (size_t)row * (size_t)(f->columns + 2) + column;
}

static void exchange_halo(struct field *f, MPI_Comm grid, MPI_Datatype column) {
  int up, down, left, right;
  MPI_Cart_shift(grid, 0, 1, &up, &down);
  MPI_Cart_shift(grid, 1, 1, &left, &right);
  double *v = f->now;
  MPI_Sendrecv(at(f, v, 1, 1), f->columns, MPI_DOUBLE, up, 0, at(f, v, f->rows + 1, 1), f->columns, MPI_DOUBLE, down, 0,
               grid, MPI_STATUS_IGNORE);
  MPI_Sendrecv(at(f, v, f->rows, 1), f->columns, MPI_DOUBLE, down, 1, at(f, v, 0, 1), f->columns, MPI_DOUBLE, up, 1,
               grid, MPI_STATUS_IGNORE);
  MPI_Sendrecv(at(f, v, 1, 1), 1, column, left, 2, at(f, v, 1, f->columns + 1), 1, column, right, 2, grid,
               MPI_STATUS_IGNORE);
  MPI_Sendrecv(at(f, v, 1, f->columns), 1, column, right, 3, at(f, v, 1, 0), 1, column, left, 3, grid,
               MPI_STATUS_IGNORE);
}

static double relax(struct field *f) {
  double change = 0;
  for (int i = 1; i <= f->rows; i++)
    for (int j = 1; j <= f->columns; j++) {
      double mean = 0.25 * (*at(f, f->now, i - 1, j) + *at(f, f->now, i + 1, j) + *at(f, f->now, i, j - 1) +
                            *at(f, f->now, i, j + 1));
      double difference = mean - *at(f, f->now, i, j);
      change += difference * difference;
      *at(f, f->next, i, j) = mean;
    }
  double *kept = f->now;
  f->now = f->next;
  f->next = kept;
  return change;
}

/* The upper border of the whole square is held at 1, everything else starts at 0. */
static void heat_border(struct field *f, int row_of_grid) {
  if (row_of_grid != 0) return;
  for (int j = 0; j < f->columns + 2; j++) *at(f, f->now, 0, j) = *at(f, f->next, 0, j) = 1.0;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int dims[2] = {0, 0}, periods[2] = {0, 0}, coordinates[2], rank;
  MPI_Comm grid;
  MPI_Dims_create(check_size(), 2, dims);
  MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &grid);
  MPI_Comm_rank(grid, &rank);
  MPI_Cart_coords(grid, rank, 2, coordinates);
  struct field f = {.rows = EDGE / dims[0], .columns = EDGE / dims[1]};
  size_t cells = (size_t)(f.rows + 2) * (size_t)(f.columns + 2);
  f.now = calloc(cells, sizeof(double));
  f.next = calloc(cells, sizeof(double));
  heat_border(&f, coordinates[0]);

  MPI_Datatype column;
  MPI_Type_vector(f.rows, 1, f.columns + 2, MPI_DOUBLE, &column);
  MPI_Type_commit(&column);
  double change = 0, total = 0;
  for (int step = 0; step < STEPS; step++) {
    exchange_halo(&f, grid, column);
    change = relax(&f);
    MPI_Allreduce(&change, &total, 1, MPI_DOUBLE, MPI_SUM, grid);
  }
  CHECK(total > 0 && total < 1);
  check_record("at=%d,%d change=%a field=%016llx", coordinates[0], coordinates[1], total,
               (unsigned long long)check_hash(f.now, cells * sizeof(double)));
  MPI_Type_free(&column);
  MPI_Comm_free(&grid);
  CHECK(column == MPI_DATATYPE_NULL && grid == MPI_COMM_NULL);
  free(f.now);
  free(f.next);
  return check_finish("stencil");
}
