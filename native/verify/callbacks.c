/* Functions of the application that the MPI library calls: back up through the crossing, and what they call down again. */
#include <stdarg.h>

#include "verify.h"

static int copies, deletions, errors, op_calls;

static void largest(void *in, void *inout, int *count, MPI_Datatype *type) {
  int size = 0;
  MPI_Type_size(*type, &size); /* a crossing inside a callback */
  verify_expect(size == sizeof(int), "a user operation was given a type of %d bytes", size);
  op_calls++;
  for (int i = 0; i < *count; i++)
    if (((int *)in)[i] > ((int *)inout)[i]) ((int *)inout)[i] = ((int *)in)[i];
}
static int copy(MPI_Comm comm, int keyval, void *extra, void *in, void *out, int *flag) {
  (void)comm, (void)keyval;
  verify_expect(extra == &copies, "an attribute's copy function was given another extra state");
  copies++;
  *(void **)out = in;
  *flag = 1;
  return 0;
}
static int delete (MPI_Comm comm, int keyval, void *value, void *extra) {
  (void)comm, (void)keyval, (void)value, (void)extra;
  deletions++;
  return 0;
}
static void handler(MPI_Comm *comm, int *code, ...) {
  int class = -1;
  (void)comm;
  MPI_Error_class(*code, &class);
  verify_expect(class == MPI_ERR_RANK, "an error handler was given class %d", class);
  errors++;
}

static void check_op(void) {
  MPI_Op op;
  int mine[3] = {verify_rank, -verify_rank, 7}, all[3];
  MPI_Op_create(largest, 1, &op);
  MPI_Allreduce(mine, all, 3, MPI_INT, op, MPI_COMM_WORLD);
  MPI_Op_free(&op);
  verify_expect(all[0] == verify_size - 1 && all[1] == 0 && all[2] == 7, "a user operation gave %d %d %d", all[0],
                all[1], all[2]);
  int total = 0;
  MPI_Allreduce(&op_calls, &total, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  verify_expect(total > 0 || verify_size == 1, "the user operation was never called");
}

static void check_attributes(void) {
  int keyval, value = 42, found = 0, *got = 0;
  MPI_Comm twin;
  MPI_Comm_create_keyval(copy, delete, &keyval, &copies);
  MPI_Comm_set_attr(MPI_COMM_WORLD, keyval, &value);
  MPI_Comm_dup(MPI_COMM_WORLD, &twin);
  MPI_Comm_get_attr(twin, keyval, &got, &found);
  verify_expect(found && got == &value && copies == 1, "an attribute was copied %d times", copies);
  MPI_Comm_free(&twin);
  verify_expect(deletions == 1, "an attribute was deleted %d times", deletions);
  MPI_Comm_free_keyval(&keyval);
}

static void check_error_handler(void) {
  MPI_Errhandler made;
  MPI_Comm twin;
  MPI_Comm_dup(MPI_COMM_WORLD, &twin);
  MPI_Comm_create_errhandler(handler, &made);
  MPI_Comm_set_errhandler(twin, made);
  MPI_Send(0, 0, MPI_INT, verify_size + 1, 0, twin);
  verify_expect(errors == 1, "the error handler was called %d times", errors);
  MPI_Errhandler_free(&made);
  MPI_Comm_free(&twin);
}

void verify_callbacks(void) {
  check_op();
  check_attributes();
  check_error_handler();
  verify_tell("callbacks", "user operation, attribute copy and delete, error handler");
}
