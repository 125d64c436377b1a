/* Handles that go from C to Fortran and back (MPI-4.1 19.3.4), and statuses (19.3.5): Fortran's routines, called here by their symbols,
 * use what C made, and C what Fortran made. */
#include "check.h"

void mpi_comm_dup_(MPI_Fint *comm, MPI_Fint *made, MPI_Fint *error);
void mpi_comm_size_(MPI_Fint *comm, MPI_Fint *size, MPI_Fint *error);
void mpi_comm_group_(MPI_Fint *comm, MPI_Fint *group, MPI_Fint *error);
void mpi_group_size_(MPI_Fint *group, MPI_Fint *size, MPI_Fint *error);
void mpi_type_size_(MPI_Fint *type, MPI_Fint *size, MPI_Fint *error);
void mpi_type_contiguous_(MPI_Fint *count, MPI_Fint *old, MPI_Fint *made, MPI_Fint *error);
void mpi_reduce_local_(void *in, void *inout, MPI_Fint *count, MPI_Fint *type, MPI_Fint *op, MPI_Fint *error);
void mpi_info_get_nkeys_(MPI_Fint *info, MPI_Fint *keys, MPI_Fint *error);
void mpi_wait_(MPI_Fint *request, MPI_Fint *status, MPI_Fint *error);
void mpi_mrecv_(void *buf, MPI_Fint *count, MPI_Fint *type, MPI_Fint *message, MPI_Fint *status, MPI_Fint *error);
void mpi_win_fence_(MPI_Fint *assert, MPI_Fint *win, MPI_Fint *error);
void mpi_errhandler_free_(MPI_Fint *errhandler, MPI_Fint *error);

enum { TAG = 7, STATUS = 16 };

#define ROUND(KIND, HANDLE) CHECK(MPI_##KIND##_f2c(MPI_##KIND##_c2f(HANDLE)) == (HANDLE))

static void predefined(void) {
  ROUND(Comm, MPI_COMM_WORLD), ROUND(Comm, MPI_COMM_SELF), ROUND(Comm, MPI_COMM_NULL);
  ROUND(Group, MPI_GROUP_EMPTY), ROUND(Group, MPI_GROUP_NULL);
  ROUND(Type, MPI_INT), ROUND(Type, MPI_DOUBLE_INT), ROUND(Type, MPI_DATATYPE_NULL);
  ROUND(Op, MPI_SUM), ROUND(Op, MPI_MAXLOC), ROUND(Op, MPI_OP_NULL);
  ROUND(Info, MPI_INFO_ENV), ROUND(Info, MPI_INFO_NULL);
  ROUND(Errhandler, MPI_ERRORS_RETURN), ROUND(Errhandler, MPI_ERRHANDLER_NULL);
  ROUND(Request, MPI_REQUEST_NULL), ROUND(Message, MPI_MESSAGE_NULL), ROUND(Message, MPI_MESSAGE_NO_PROC);
  ROUND(Win, MPI_WIN_NULL), ROUND(File, MPI_FILE_NULL);
}

static void multiply(void *in, void *inout, int *count, MPI_Datatype *type) {
  (void)type;
  for (int i = 0; i < *count; i++) ((int *)inout)[i] *= ((int *)in)[i];
}

static void from_c(void) {
  MPI_Comm half;
  MPI_Datatype triple;
  MPI_Group group;
  MPI_Info info;
  MPI_Op op;
  MPI_Fint size = 0, one = 1, error = -1, handle, type;
  int in = 6, inout = 7;
  MPI_Comm_split(MPI_COMM_WORLD, check_rank() % 2, 0, &half);
  ROUND(Comm, half);
  handle = MPI_Comm_c2f(half);
  mpi_comm_size_(&handle, &size, &error);
  CHECK(error == MPI_SUCCESS && size == (check_size() + 1 - check_rank() % 2) / 2);
  MPI_Comm_group(half, &group);
  ROUND(Group, group);
  handle = MPI_Group_c2f(group);
  mpi_group_size_(&handle, &inout, &error);
  CHECK(inout == size);
  MPI_Type_contiguous(3, MPI_DOUBLE, &triple);
  ROUND(Type, triple);
  handle = MPI_Type_c2f(triple);
  mpi_type_size_(&handle, &size, &error);
  CHECK(size == 24);
  MPI_Op_create(multiply, 1, &op);
  ROUND(Op, op);
  handle = MPI_Op_c2f(op), type = MPI_Type_c2f(MPI_INT), inout = 7;
  mpi_reduce_local_(&in, &inout, &one, &type, &handle, &error);
  CHECK(inout == 42);
  MPI_Info_create(&info);
  MPI_Info_set(info, "key", "value");
  ROUND(Info, info);
  handle = MPI_Info_c2f(info);
  mpi_info_get_nkeys_(&handle, &size, &error);
  CHECK(size == 1);
  MPI_Info_free(&info), MPI_Op_free(&op), MPI_Type_free(&triple), MPI_Group_free(&group), MPI_Comm_free(&half);
}

static void from_fortran(void) {
  MPI_Fint world = MPI_Comm_c2f(MPI_COMM_WORLD), real = MPI_Type_c2f(MPI_FLOAT), five = 5, made = 0, error = -1;
  int result = -1, size = 0;
  mpi_comm_dup_(&world, &made, &error);
  MPI_Comm twin = MPI_Comm_f2c(made);
  MPI_Comm_compare(twin, MPI_COMM_WORLD, &result);
  CHECK(result == MPI_CONGRUENT);
  mpi_comm_group_(&made, &made, &error);
  MPI_Group group = MPI_Group_f2c(made);
  MPI_Group_size(group, &size);
  CHECK(size == check_size());
  mpi_type_contiguous_(&five, &real, &made, &error);
  MPI_Datatype type = MPI_Type_f2c(made);
  MPI_Type_size(type, &size);
  CHECK(size == 20);
  MPI_Type_free(&type), MPI_Group_free(&group), MPI_Comm_free(&twin);
}

/* A status that Fortran filled is read in C, and comes back as it was. */
static void check_status(MPI_Fint *filled, int source) {
  MPI_Status status;
  MPI_Fint again[STATUS];
  int count = 0;
  CHECK(MPI_Status_f2c(filled, &status) == MPI_SUCCESS && status.MPI_SOURCE == source && status.MPI_TAG == TAG);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(count == 2);
  CHECK(MPI_Status_c2f(&status, again) == MPI_SUCCESS && MPI_Status_f2c(again, &status) == MPI_SUCCESS);
  CHECK(status.MPI_SOURCE == source && status.MPI_TAG == TAG);
}

static void messages(void) {
  int size = check_size(), left = (check_rank() + size - 1) % size, right = (check_rank() + 1) % size, out[2] = {1, 2},
      in[4] = {0};
  MPI_Fint four = 4, type = MPI_Type_c2f(MPI_INT), status[STATUS] = {0}, handle, error = -1;
  MPI_Request request;
  MPI_Irecv(in, 4, MPI_INT, left, TAG, MPI_COMM_WORLD, &request);
  ROUND(Request, request);
  MPI_Send(out, 2, MPI_INT, right, TAG, MPI_COMM_WORLD);
  handle = MPI_Request_c2f(request);
  mpi_wait_(&handle, status, &error);
  CHECK(error == MPI_SUCCESS && MPI_Request_f2c(handle) == MPI_REQUEST_NULL && in[1] == 2);
  check_status(status, left);

  MPI_Message message;
  MPI_Isend(out, 2, MPI_INT, right, TAG, MPI_COMM_WORLD, &request);
  MPI_Mprobe(left, TAG, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE);
  ROUND(Message, message);
  handle = MPI_Message_c2f(message);
  mpi_mrecv_(in, &four, &type, &handle, status, &error);
  CHECK(error == MPI_SUCCESS && MPI_Message_f2c(handle) == MPI_MESSAGE_NULL);
  check_status(status, left);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static void quiet(MPI_Comm *comm, int *code, ...) {
  (void)comm, (void)code;
}

static void others(void) {
  MPI_Win win;
  MPI_Errhandler mine;
  MPI_Fint none = 0, handle, error = -1;
  int value = 0;
  MPI_Win_create(&value, sizeof value, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  ROUND(Win, win);
  handle = MPI_Win_c2f(win);
  mpi_win_fence_(&none, &handle, &error);
  CHECK(error == MPI_SUCCESS);
  MPI_Win_free(&win);
  MPI_Comm_create_errhandler(quiet, &mine);
  ROUND(Errhandler, mine);
  handle = MPI_Errhandler_c2f(mine);
  mpi_errhandler_free_(&handle, &error);
  CHECK(MPI_Errhandler_f2c(handle) == MPI_ERRHANDLER_NULL);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  predefined();
  from_c();
  from_fortran();
  messages();
  others();
  return check_finish("handles");
}
