/* Error handlers of every kind, codes, classes and strings; how errors reach the program under MPI_ERRORS_RETURN. */
#include "check.h"

static int handled, last_class;
static MPI_Comm last_comm;

static void on_comm(MPI_Comm *comm, int *code, ...) {
  handled++;
  last_comm = *comm;
  MPI_Error_class(*code, &last_class);
}
static void on_win(MPI_Win *window, int *code, ...) {
  (void)window;
  handled += 10;
  MPI_Error_class(*code, &last_class);
}
static void on_file(MPI_File *file, int *code, ...) {
  (void)file;
  handled += 100;
  MPI_Error_class(*code, &last_class);
}

static int class_of(int code) {
  int class = -1;
  MPI_Error_class(code, &class);
  return class;
}

static void returned(void) {
  int value = 1;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  CHECK(class_of(MPI_Send(&value, 1, MPI_INT, 9999, 0, MPI_COMM_WORLD)) == MPI_ERR_RANK);
  CHECK(class_of(MPI_Send(&value, -1, MPI_INT, 0, 0, MPI_COMM_WORLD)) == MPI_ERR_COUNT);
  CHECK(class_of(MPI_Send(&value, 1, MPI_INT, 0, -77, MPI_COMM_WORLD)) == MPI_ERR_TAG);
  CHECK(class_of(MPI_Send(&value, 1, MPI_DATATYPE_NULL, 0, 0, MPI_COMM_WORLD)) == MPI_ERR_TYPE);
  CHECK(class_of(MPI_Bcast(&value, 1, MPI_INT, 9999, MPI_COMM_WORLD)) == MPI_ERR_ROOT);
  int code = MPI_Send(&value, 1, MPI_INT, 9999, 0, MPI_COMM_WORLD);
  CHECK(MPI_Error_string(code, text, &length) == MPI_SUCCESS && length > 0 && length == (int)strlen(text));
  MPI_Error_string(MPI_SUCCESS, text, &length);
  CHECK(length > 0);
#if MPI_VERSION >= 4
  MPI_Error_string(MPI_ERR_SESSION, text, &length); /* its number is another class's in Open MPI */
  CHECK(!strstr(text, "HANDLES"));
#endif
  CHECK(class_of(MPI_SUCCESS) == MPI_SUCCESS && class_of(MPI_ERR_TRUNCATE) == MPI_ERR_TRUNCATE);
}

/* The message is there before its receive: Open MPI 4.1.4 truncates silently when the receive came first. */
static void truncated(void) {
  int big[8] = {0}, small[2], rank = check_rank();
  MPI_Request request;
  MPI_Status status;
  MPI_Isend(big, 8, MPI_INT, rank, 3, MPI_COMM_WORLD, &request);
  CHECK(class_of(MPI_Recv(small, 2, MPI_INT, rank, 3, MPI_COMM_WORLD, &status)) == MPI_ERR_TRUNCATE);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  CHECK(request == MPI_REQUEST_NULL);
}

/* A call that fails has completed its request all the same, and the handle tells so. */
static void completed_with_an_error(void) {
  int big[8] = {0}, small[2], rank = check_rank();
  for (int way = 0; way < 3; way++) {
    MPI_Request send, request;
    int code = MPI_SUCCESS, flag = 0, index;
    MPI_Isend(big, 8, MPI_INT, rank, 4, MPI_COMM_WORLD, &send);
    MPI_Irecv(small, 2, MPI_INT, rank, 4, MPI_COMM_WORLD, &request);
    if (way == 0) code = MPI_Wait(&request, MPI_STATUS_IGNORE);
    if (way == 1) code = MPI_Waitany(1, &request, &index, MPI_STATUS_IGNORE);
    while (way == 2 && !flag && code == MPI_SUCCESS) code = MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
    CHECK(class_of(code) == MPI_ERR_TRUNCATE);
    check_record("gone=%d", request == MPI_REQUEST_NULL);
    if (request != MPI_REQUEST_NULL) MPI_Request_free(&request);
    MPI_Wait(&send, MPI_STATUS_IGNORE);
  }
}

static void user_handler(void) {
  MPI_Errhandler mine, got;
  MPI_Comm comm;
  int value = 0;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Comm_create_errhandler(on_comm, &mine);
  MPI_Comm_set_errhandler(comm, mine);
  MPI_Comm_get_errhandler(comm, &got);
  CHECK(got == mine);
  MPI_Errhandler_free(&got);
  MPI_Errhandler_free(&mine); /* the communicator still uses it */
  CHECK(mine == MPI_ERRHANDLER_NULL);
  handled = 0;
  CHECK(MPI_Send(&value, 1, MPI_INT, 5000, 0, comm) != MPI_SUCCESS);
  CHECK(handled == 1 && last_comm == comm && last_class == MPI_ERR_RANK);

  MPI_Comm inherits;
  MPI_Comm_dup(comm, &inherits);
  MPI_Comm_call_errhandler(inherits, MPI_ERR_TOPOLOGY);
  CHECK(handled == 2 && last_comm == inherits && last_class == MPI_ERR_TOPOLOGY);
  MPI_Comm_get_errhandler(MPI_COMM_SELF, &got);
  CHECK(got == MPI_ERRORS_ARE_FATAL);
  MPI_Comm_free(&inherits);
  MPI_Comm_free(&comm);
}

static void own_codes(void) {
  int class, code, *last, flag, length;
  char text[MPI_MAX_ERROR_STRING];
  MPI_Add_error_class(&class);
  MPI_Add_error_code(class, &code);
  MPI_Add_error_string(code, "the cat sat on the keyboard");
  CHECK(class > MPI_ERR_LASTCODE && class_of(code) == class);
  MPI_Error_string(code, text, &length);
  CHECK(strcmp(text, "the cat sat on the keyboard") == 0 && length == 27);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last, &flag);
  CHECK(flag && *last >= class);
  MPI_Errhandler mine;
  MPI_Comm comm;
  MPI_Comm_dup(MPI_COMM_SELF, &comm);
  MPI_Comm_create_errhandler(on_comm, &mine);
  MPI_Comm_set_errhandler(comm, mine);
  MPI_Comm_call_errhandler(comm, code);
  CHECK(last_class == class);
  MPI_Errhandler_free(&mine);
  MPI_Comm_free(&comm);
}

/* What MPI_FILE_NULL has when a file is opened is the file's from then on. (MPICH 4.0 forgets to count that reference and gives the handler
 * back as the file is closed: it is not freed here.) */
static void inherited_by_a_file(void) {
  MPI_Errhandler mine;
  MPI_File file;
  MPI_File_create_errhandler(on_file, &mine);
  MPI_File_set_errhandler(MPI_FILE_NULL, mine);
  MPI_File_open(MPI_COMM_WORLD, "errors.dat", MPI_MODE_CREATE | MPI_MODE_RDWR | MPI_MODE_DELETE_ON_CLOSE, MPI_INFO_NULL,
                &file);
  MPI_File_set_errhandler(MPI_FILE_NULL, MPI_ERRORS_RETURN);
  handled = 0;
  CHECK(MPI_File_seek(file, -1, MPI_SEEK_SET) != MPI_SUCCESS);
  CHECK(handled == 100);
  MPI_File_close(&file);
}

static void windows_and_files(void) {
  MPI_Errhandler mine, got;
  MPI_Win window;
  int *memory, value = 0;
  MPI_Win_allocate(16, 4, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  MPI_Win_create_errhandler(on_win, &mine);
  MPI_Win_set_errhandler(window, mine);
  handled = 0;
  MPI_Win_fence(0, window);
  CHECK(MPI_Put(&value, 1, MPI_INT, 7000, 0, 1, MPI_INT, window) != MPI_SUCCESS);
  CHECK(handled == 10 && last_class == MPI_ERR_RANK);
  MPI_Win_fence(0, window);
  MPI_Errhandler_free(&mine);
  MPI_Win_free(&window);

  MPI_File file;
  MPI_File_get_errhandler(MPI_FILE_NULL, &got);
  CHECK(got == MPI_ERRORS_RETURN); /* files return errors unless told otherwise */
  int code = MPI_File_open(MPI_COMM_SELF, "/nonexistent/folder/file", MPI_MODE_RDONLY, MPI_INFO_NULL, &file);
  CHECK(code != MPI_SUCCESS && class_of(code) == MPI_ERR_NO_SUCH_FILE);
  MPI_File_create_errhandler(on_file, &mine);
  MPI_File_set_errhandler(MPI_FILE_NULL, mine);
  handled = 0;
  CHECK(MPI_File_open(MPI_COMM_SELF, "/nonexistent/folder/file", MPI_MODE_RDONLY, MPI_INFO_NULL, &file) != MPI_SUCCESS);
  CHECK(handled == 100);
  MPI_File_set_errhandler(MPI_FILE_NULL, MPI_ERRORS_RETURN);
  MPI_Errhandler_free(&mine);
  inherited_by_a_file();
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  returned();
  truncated();
  completed_with_an_error();
  user_handler();
  own_codes();
  windows_and_files();
  return check_finish("errors");
}
