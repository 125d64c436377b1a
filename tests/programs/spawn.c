/* Dynamic processes: two ranks start one child, which talks to them through its parent, and through what is made of it. */
#include "check.h"

static int class_of(int rc) {
  int class = rc;
  if (rc) MPI_Error_class(rc, &class);
  return class;
}

/* An error on comm comes back to its caller, as the handler says. */
static int returns_errors(MPI_Comm comm) {
  int value = 0;
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  return class_of(MPI_Send(&value, 1, MPI_INT, 99, 0, comm)) == MPI_ERR_RANK;
}

static int child(MPI_Comm parent) {
  MPI_Comm again, copy, all, others[4];
  int report[4], size;
  MPI_Comm_get_parent(&again);
  report[0] = again == parent;
  report[1] = returns_errors(parent);
  MPI_Comm_dup(parent, &copy);
  MPI_Intercomm_merge(parent, 1, &all);
  MPI_Comm_size(all, &size);
  report[2] = returns_errors(copy) && returns_errors(all) && size == 3;
  MPI_Comm_free(&copy);
  MPI_Comm_free(&parent);
  /* What is made now is no parent, whatever handle it has. */
  for (int i = 0; i < 4; i++) MPI_Comm_dup(MPI_COMM_SELF, &others[i]);
  MPI_Comm_get_parent(&again);
  report[3] = again == MPI_COMM_NULL;
  for (int i = 0; i < 4; i++) MPI_Comm_free(&others[i]);
  MPI_Send(report, 4, MPI_INT, 0, 5, all);
  MPI_Comm_free(&all);
  MPI_Finalize();
  return 0;
}

/* The first two ranks; the others have nothing to do with it. */
static void parents(char *program, MPI_Comm pair) {
  char argument[] = "child", *arguments[] = {argument, NULL};
  MPI_Comm children, copy, all;
  int codes[1] = {-1}, report[4] = {0};
  MPI_Comm_set_errhandler(pair, MPI_ERRORS_RETURN);
  /* Not on every machine; then the code is the program's MPI's own as well. */
  if (MPI_Comm_spawn(program, arguments, 1, MPI_INFO_NULL, 0, pair, &children, codes)) {
    check_record("unset=%d spawn=%d", codes[0] == -1, codes[0] != -1 && class_of(codes[0]) == MPI_ERR_SPAWN);
    return;
  }
  CHECK(codes[0] == MPI_SUCCESS);
  MPI_Comm_dup(children, &copy);
  MPI_Intercomm_merge(children, 0, &all);
  MPI_Comm_free(&copy);
  MPI_Comm_free(&children);
  if (check_rank() == 0) {
    MPI_Recv(report, 4, MPI_INT, 2, 5, all, MPI_STATUS_IGNORE);
    check_record("same=%d returns=%d,%d gone=%d", report[0], report[1], report[2], report[3]);
  }
  MPI_Comm_free(&all);
}

int main(int argc, char **argv) {
  MPI_Comm parent, pair;
  MPI_Init(&argc, &argv);
  MPI_Comm_get_parent(&parent);
  if (parent != MPI_COMM_NULL) return child(parent);
  MPI_Comm_split(MPI_COMM_WORLD, check_rank() < 2 ? 0 : MPI_UNDEFINED, 0, &pair);
  if (pair != MPI_COMM_NULL) {
    parents(argv[0], pair);
    MPI_Comm_free(&pair);
  }
  return check_finish("spawn");
}
