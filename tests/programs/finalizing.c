/* Attributes of MPI_COMM_SELF are deleted first thing in MPI_Finalize, last set first, while MPI still works (MPI-3.1
 * section 8.7.1); afterwards MPI_Finalized says so. Prints by itself: the report is over by then. */
#include "check.h"

static int last_deleted = 4;

static int on_finalize(MPI_Comm comm, int keyval, void *value, void *extra) {
  int finalized = -1, self_size = 0;
  (void)keyval, (void)extra;
  MPI_Finalized(&finalized);
  MPI_Comm_size(comm, &self_size);
  CHECK(!finalized && self_size == 1);
  CHECK((int)(intptr_t)value == last_deleted - 1);
  last_deleted = (int)(intptr_t)value;
  return MPI_SUCCESS;
}

/* Of MPI_COMM_WORLD they go after those of MPI_COMM_SELF; whether MPI still works is for each MPI to say. */
static int world_deleted;
static int on_world(MPI_Comm comm, int keyval, void *value, void *extra) {
  (void)keyval, (void)extra;
  CHECK(comm == MPI_COMM_WORLD && value == &world_deleted && last_deleted == 0);
  world_deleted++;
  return MPI_SUCCESS;
}

int main(void) {
  int finalized = 1, initialized = 0, rank;
  MPI_Init(NULL, NULL);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (intptr_t i = 0; i < 4; i++) {
    int keyval;
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, on_finalize, &keyval, NULL);
    MPI_Comm_set_attr(MPI_COMM_SELF, keyval, (void *)i);
    MPI_Comm_free_keyval(&keyval);
  }
  int keyval;
  MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, on_world, &keyval, NULL);
  MPI_Comm_set_attr(MPI_COMM_WORLD, keyval, &world_deleted);
  MPI_Finalized(&finalized);
  CHECK(!finalized);
  MPI_Finalize();
  MPI_Finalized(&finalized);
  MPI_Initialized(&initialized);
  CHECK(finalized && initialized && last_deleted == 0 && world_deleted == 1);
  if (rank == 0 && !check_failures) puts("RESULT finalizing ok");
  return check_failures != 0;
}
