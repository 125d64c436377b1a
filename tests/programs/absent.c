/* Functions that the site's MPI lacks, MPI-4's on an MPI of 3.1: each says so itself, by its return value, and calls no error handler:
 * a program that asks at first call and goes another way must not end there. Only a build against MPI-4 can ask. */
#include "check.h"

#if MPI_VERSION >= 4
static int handled;

static void note(MPI_Comm *comm, int *code, ...) {
  (void)comm, (void)code;
  handled++;
}

static int unsupported(int code) {
  int class = MPI_SUCCESS;
  MPI_Error_class(code, &class);
  return class == MPI_ERR_UNSUPPORTED_OPERATION;
}

static void call_all(void) {
  int out = 1, in = 0;
  MPI_Comm comm;
  MPI_Request request;
  MPI_Session session;
  CHECK(unsupported(MPI_Isendrecv(&out, 1, MPI_INT, 0, 1, &in, 1, MPI_INT, 0, 1, MPI_COMM_SELF, &request)));
  CHECK(unsupported(MPI_Comm_idup_with_info(MPI_COMM_SELF, MPI_INFO_NULL, &comm, &request)));
  CHECK(unsupported(MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &session)));
}

static void under_every_handler(void) {
  MPI_Errhandler mine;
  MPI_Comm_create_errhandler(note, &mine);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, mine);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, mine);
  call_all();
  CHECK(handled == 0);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
  call_all();
  MPI_Errhandler_free(&mine);
}
#else
static void under_every_handler(void) {
  CHECK(!"this program is to be built with MPI-4");
}
#endif

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  under_every_handler();
  return check_finish("absent");
}
