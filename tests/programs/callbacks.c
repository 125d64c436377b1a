/* Callbacks beyond the usual: hundreds of reduction functions, codes of the program's own that travel through callbacks, handlers that
 * outlive their handle, requests that the program completes and cancels. */
#include "check.h"

/* --- many reduction functions: more than fit on one page of anything ----------------------------------------------------------- */
#define FUNCTION(n)                                                                                                    \
  static void plus_##n(void *in, void *inout, int *count, MPI_Datatype *type) {                                        \
    CHECK(*type == MPI_INT);                                                                                           \
    for (int i = 0; i < *count; i++) ((int *)inout)[i] += ((int *)in)[i] + n;                                          \
  }
#define NAME(n) plus_##n,
#define TEN(what, n)                                                                                                   \
  what(n##0) what(n##1) what(n##2) what(n##3) what(n##4) what(n##5) what(n##6) what(n##7) what(n##8) what(n##9)
#define HUNDRED(what, n)                                                                                               \
  TEN(what, n##0)                                                                                                      \
  TEN(what, n##1)                                                                                                      \
  TEN(what, n##2)                                                                                                      \
  TEN(what, n##3) TEN(what, n##4) TEN(what, n##5) TEN(what, n##6) TEN(what, n##7) TEN(what, n##8) TEN(what, n##9)
HUNDRED(FUNCTION, 1)
HUNDRED(FUNCTION, 2)
HUNDRED(FUNCTION, 3)
static MPI_User_function *const functions[] = {HUNDRED(NAME, 1) HUNDRED(NAME, 2) HUNDRED(NAME, 3)};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static void many_functions(void) {
  MPI_Op ops[FUNCTIONS];
  int rank = check_rank(), size = check_size();
  for (int i = 0; i < FUNCTIONS; i++) MPI_Op_create(functions[i], 1, &ops[i]);
  for (int i = 0; i < FUNCTIONS; i += 7) {
    int sum = 0;
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, ops[i], MPI_COMM_WORLD);
    CHECK(sum == size * (size - 1) / 2 + (size - 1) * (100 + i));
  }
  for (int i = 0; i < FUNCTIONS; i++) MPI_Op_free(&ops[i]);
  CHECK(ops[0] == MPI_OP_NULL);
}

/* --- the program's own codes ------------------------------------------------------------------------------------------------------ */
static int own_code, handled, deleted;

static int refuse(MPI_Comm comm, int keyval, void *extra, void *in, void *out, int *flag) {
  (void)comm, (void)keyval, (void)extra, (void)in, (void)out;
  *flag = 0;
  return own_code;
}
static int count_delete(MPI_Comm comm, int keyval, void *value, void *extra) {
  (void)comm, (void)keyval, (void)value, (void)extra;
  deleted++;
  return MPI_SUCCESS;
}
static void handler(MPI_Comm *comm, int *code, ...) {
  (void)comm;
  CHECK(*code != MPI_SUCCESS);
  handled++;
}

static int last_used_code(void) {
  int *last = NULL, flag = 0;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last, &flag);
  CHECK(flag && *last >= MPI_ERR_LASTCODE);
  return flag ? *last : 0;
}

static void codes(void) {
  char text[MPI_MAX_ERROR_STRING];
  int own_class, found, length;
  last_used_code();
  MPI_Add_error_class(&own_class);
  CHECK(own_class > MPI_ERR_LASTCODE);
  CHECK(last_used_code() >= own_class);
  MPI_Add_error_code(own_class, &own_code);
  MPI_Error_class(own_code, &found);
  CHECK(found == own_class);
  MPI_Add_error_string(own_code, "the tank is empty");
  MPI_Error_string(own_code, text, &length);
  CHECK(length == 17 && !strcmp(text, "the tank is empty"));
}

/* A copy function that refuses makes the duplication fail; the handler of the original hears of it, freed long ago. */
static void refused_duplicate(void) {
  MPI_Comm comm, copy;
  MPI_Errhandler errhandler, got;
  int keyval;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Comm_create_errhandler(handler, &errhandler);
  MPI_Comm_set_errhandler(comm, errhandler);
  MPI_Errhandler_free(&errhandler);
  MPI_Comm_get_errhandler(comm, &got);
  CHECK(got != MPI_ERRHANDLER_NULL);
  MPI_Errhandler_free(&got);
  MPI_Comm_create_keyval(refuse, count_delete, &keyval, NULL);
  MPI_Comm_set_attr(comm, keyval, &keyval);
  CHECK(MPI_Comm_dup(comm, &copy) != MPI_SUCCESS);
  CHECK(handled == 1);
  MPI_Comm_free_keyval(&keyval);
  CHECK(keyval == MPI_KEYVAL_INVALID && deleted == 0);
  MPI_Comm_free(&comm);
  CHECK(deleted == 1);
}

/* --- requests that the program completes ------------------------------------------------------------------------------------------- */
enum { RUNNING, CANCELLED, GONE };
static int query(void *state, MPI_Status *status) {
  status->MPI_SOURCE = 3;
  status->MPI_TAG = 44;
  MPI_Status_set_elements(status, MPI_INT, 7);
  MPI_Status_set_cancelled(status, *(int *)state == CANCELLED);
  return MPI_SUCCESS;
}
static int release(void *state) {
  *(int *)state = GONE;
  return MPI_SUCCESS;
}
static int cancel(void *state, int complete) {
  if (!complete) *(int *)state = CANCELLED;
  return MPI_SUCCESS;
}

static void cancelled_request(void) {
  int state = RUNNING, count = 0, cancelled = 0;
  MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
  MPI_Status statuses[2];
  MPI_Grequest_start(query, release, cancel, &state, &requests[1]);
  MPI_Cancel(&requests[1]);
  CHECK(state == CANCELLED);
  MPI_Grequest_complete(requests[1]);
  MPI_Waitall(2, requests, statuses);
  CHECK(state == GONE && requests[1] == MPI_REQUEST_NULL);
  MPI_Get_count(&statuses[1], MPI_INT, &count);
  MPI_Test_cancelled(&statuses[1], &cancelled);
  CHECK(count == 7 && cancelled && statuses[1].MPI_SOURCE == 3 && statuses[1].MPI_TAG == 44);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  many_functions();
  codes();
  refused_duplicate();
  cancelled_request();
  return check_finish("callbacks");
}
