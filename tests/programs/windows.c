/* Windows over the program's own memory, dynamically attached memory, and memory shared by the ranks of a node. */
#include "check.h"

static int rank, size, next, previous;

static void own_memory(void) {
  static int memory[4];
  int value = rank + 9;
  MPI_Win window;
  memory[1] = -1;
  MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &window);
  MPI_Win_fence(0, window);
  MPI_Put(&value, 1, MPI_INT, next, 1, 1, MPI_INT, window);
  MPI_Win_fence(0, window);
  CHECK(memory[1] == previous + 9);
  MPI_Win_free(&window);
}

static void dynamic_memory(void) {
  static int64_t memory[2];
  int64_t value = rank + 17;
  MPI_Aint mine, theirs;
  MPI_Win window;
  MPI_Win_create_dynamic(MPI_INFO_NULL, MPI_COMM_WORLD, &window);
  MPI_Win_attach(window, memory, sizeof memory);
  MPI_Get_address(&memory[1], &mine);
  MPI_Sendrecv(&mine, 1, MPI_AINT, previous, 1, &theirs, 1, MPI_AINT, next, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Win_fence(0, window);
  MPI_Put(&value, 1, MPI_INT64_T, next, theirs, 1, MPI_INT64_T, window);
  MPI_Win_fence(0, window);
  CHECK(memory[1] == previous + 17);
  MPI_Win_detach(window, memory);
  MPI_Win_free(&window);
}

/* Loads and stores reach the neighbour's segment directly. */
static void shared_memory(void) {
  int *mine, *theirs, unit;
  MPI_Aint bytes;
  MPI_Comm node;
  MPI_Win window;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  MPI_Win_allocate_shared(4 * sizeof(int), sizeof(int), MPI_INFO_NULL, node, &mine, &window);
  MPI_Win_shared_query(window, next, &bytes, &unit, &theirs);
  CHECK(bytes == 4 * (MPI_Aint)sizeof(int) && unit == (int)sizeof(int));
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window);
  mine[0] = -1;
  MPI_Win_sync(window);
  MPI_Barrier(node);
  theirs[0] = rank + 55;
  MPI_Win_sync(window);
  MPI_Barrier(node);
  MPI_Win_sync(window);
  CHECK(mine[0] == previous + 55);
  MPI_Win_unlock_all(window);
  MPI_Win_free(&window);
  MPI_Comm_free(&node);
}

static void allocated_memory(void) {
  char *memory;
  MPI_Alloc_mem(100000, MPI_INFO_NULL, &memory);
  memset(memory, 3, 100000);
  MPI_Bcast(memory, 100000, MPI_CHAR, 0, MPI_COMM_WORLD);
  CHECK(memory[99999] == 3);
  MPI_Free_mem(memory);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rank = check_rank(), size = check_size(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  if (size > 1) own_memory(); /* Open MPI 4.1.4 cannot make this window on one rank */
  if (size > 1) dynamic_memory();
  shared_memory();
  allocated_memory();
  return check_finish("windows");
}
