/* One-sided communication: fence, post-start-complete-wait, locks, atomics, dynamic windows, request-based calls. */
#include "check.h"

static int rank, size, next, previous;

static void fence(void) {
  int *memory, value = rank + 100, got = -1;
  MPI_Win window;
  MPI_Win_allocate(4 * sizeof(int), sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  for (int i = 0; i < 4; i++) memory[i] = rank;
  MPI_Win_fence(MPI_MODE_NOPRECEDE, window);
  MPI_Put(&value, 1, MPI_INT, next, 0, 1, MPI_INT, window);
  MPI_Get(&got, 1, MPI_INT, next, 1, 1, MPI_INT, window);
  MPI_Accumulate(&value, 1, MPI_INT, next, 2, 1, MPI_INT, MPI_SUM, window);
  MPI_Win_fence(MPI_MODE_NOSUCCEED, window);
  CHECK(memory[0] == previous + 100 && got == next && memory[2] == rank + previous + 100 && memory[3] == rank);
  MPI_Group group;
  int members;
  MPI_Win_get_group(window, &group);
  MPI_Group_size(group, &members);
  CHECK(members == size);
  MPI_Group_free(&group);
  MPI_Win_free(&window);
  CHECK(window == MPI_WIN_NULL);
}

/* From rank 0 to rank 1. Debian's MPICH 4.0.2 over UCX moves nothing in such an epoch when the window has only a few bytes. */
static void post_start_complete_wait(void) {
  static int memory[64];
  int got = -1, flag = 0, peer = 1 - rank, value = 444;
  MPI_Win window;
  MPI_Group world, other;
  MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &window);
  memory[1] = rank * 3 + 1;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  if (rank < 2) MPI_Group_incl(world, 1, &peer, &other);
  if (rank == 0) {
    MPI_Win_start(other, 0, window);
    MPI_Get(&got, 1, MPI_INT, peer, 1, 1, MPI_INT, window);
    MPI_Put(&value, 1, MPI_INT, peer, 0, 1, MPI_INT, window);
    MPI_Win_complete(window);
  } else if (rank == 1) {
    MPI_Win_post(other, 0, window);
    while (!flag) MPI_Win_test(window, &flag);
  }
  CHECK((rank != 0 || got == 4) && (rank != 1 || memory[0] == 444));
  if (rank < 2) MPI_Group_free(&other);
  MPI_Group_free(&world);
  MPI_Win_free(&window);
}

/* Everybody adds to a counter at rank 0: each sees another old value, and the sum is right. Rank 0 does not compare and
 * swap: Open MPI 4.1.4 crashes when the target is the caller itself. */
static void atomics(void) {
  static int64_t memory[3];
  int64_t one = 1, old = -1, expected = 0, wanted = 1000 + rank, found = -1, sum = 0;
  MPI_Win window;
  MPI_Win_create(memory, sizeof memory, sizeof(int64_t), MPI_INFO_NULL, MPI_COMM_WORLD, &window);
  memory[0] = memory[1] = memory[2] = 0;
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock_all(0, window);
  MPI_Fetch_and_op(&one, &old, MPI_INT64_T, 0, 0, MPI_SUM, window);
  if (rank != 0) MPI_Compare_and_swap(&wanted, &expected, &found, MPI_INT64_T, 0, 1, window);
  MPI_Win_flush(0, window);
  CHECK(old >= 0 && old < size);
  MPI_Allreduce(&old, &sum, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  CHECK(sum == (int64_t)size * (size - 1) / 2);
  int won = found == 0, winners = 0;
  MPI_Allreduce(&won, &winners, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  CHECK(winners == 1);
  MPI_Get_accumulate(&wanted, 1, MPI_INT64_T, &old, 1, MPI_INT64_T, 0, 2, 1, MPI_INT64_T, MPI_MAX, window);
  MPI_Win_flush_local(0, window);
  MPI_Win_unlock_all(window);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, window);
  MPI_Get_accumulate(NULL, 0, MPI_INT64_T, &found, 1, MPI_INT64_T, 0, 2, 1, MPI_INT64_T, MPI_NO_OP, window);
  MPI_Win_unlock(0, window);
  CHECK(found == 1000 + size - 1);
  MPI_Win_free(&window);
}

/* Passive target with an exclusive lock, strided data by a derived type, and MPI_REPLACE. */
static void locks(void) {
  double *memory, values[4] = {rank + 0.5, rank + 1.5, rank + 2.5, rank + 3.5}, got[4] = {0};
  MPI_Win window;
  MPI_Datatype stride;
  MPI_Request request;
  MPI_Win_allocate(8 * sizeof(double), sizeof(double), MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  for (int i = 0; i < 8; i++) memory[i] = -1;
  MPI_Type_vector(4, 1, 2, MPI_DOUBLE, &stride);
  MPI_Type_commit(&stride);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock(MPI_LOCK_EXCLUSIVE, next, 0, window);
  MPI_Put(values, 4, MPI_DOUBLE, next, 0, 1, stride, window);
  MPI_Win_flush(next, window);
  MPI_Get(got, 4, MPI_DOUBLE, next, 0, 1, stride, window);
  MPI_Win_flush(next, window);
  CHECK(memcmp(got, values, sizeof got) == 0);
  MPI_Rget(got, 2, MPI_DOUBLE, next, 6, 2, MPI_DOUBLE, window, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  CHECK(got[0] == values[3] && got[1] == -1);
  MPI_Raccumulate(values, 1, MPI_DOUBLE, next, 1, 1, MPI_DOUBLE, MPI_REPLACE, window, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Win_unlock(next, window);
  MPI_Type_free(&stride);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock(MPI_LOCK_SHARED, rank, 0, window);
  CHECK(memory[0] == previous + 0.5 && memory[1] == previous + 0.5 && memory[6] == previous + 3.5 && memory[3] == -1);
  MPI_Win_unlock(rank, window);
  MPI_Win_free(&window);
}

static void names_and_info(void) {
  char name[MPI_MAX_OBJECT_NAME];
  int length;
  void *memory;
  MPI_Win window;
  MPI_Info info;
  MPI_Win_allocate(8, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  MPI_Win_set_name(window, "a window with a view");
  MPI_Win_get_name(window, name, &length);
  CHECK(strcmp(name, "a window with a view") == 0);
  MPI_Win_get_info(window, &info);
  CHECK(info != MPI_INFO_NULL);
  MPI_Info_free(&info);
  MPI_Win_free(&window);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rank = check_rank(), size = check_size(), next = (rank + 1) % size, previous = (rank + size - 1) % size;
  if (size > 1) { /* Open MPI 4.1.4 cannot make a window over own memory on one rank */
    post_start_complete_wait();
    atomics();
  }
  fence();
  locks();
  names_and_info();
  return check_finish("rma");
}
