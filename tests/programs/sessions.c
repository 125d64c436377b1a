/* MPI without MPI_Init, where the MPI has sessions: communicators, errors that come back, and threads that make objects at once. */
#include "check.h"

#if MPI_VERSION >= 4
#include <pthread.h>

static int handled;
static void note(MPI_Comm *comm, int *code, ...) {
  int class;
  (void)comm;
  MPI_Error_class(*code, &class);
  handled += class == MPI_ERR_RANK;
}

/* Handles that two threads were given at once would be freed twice. */
static void *make_objects(void *argument) {
  MPI_Comm comm = *(MPI_Comm *)argument;
  for (int i = 0; i < 20000; i++) {
    MPI_Info info, other;
    MPI_Group group;
    int keys = -1, size = -1;
    MPI_Info_create(&info);
    MPI_Info_create(&other);
    MPI_Comm_group(comm, &group);
    MPI_Info_set(info, "key", "value");
    MPI_Info_get_nkeys(info, &keys);
    if (keys != 1) return argument;
    MPI_Info_get_nkeys(other, &keys);
    MPI_Group_size(group, &size);
    if (keys != 0 || size < 1) return argument;
    MPI_Info_free(&info);
    MPI_Info_free(&other);
    MPI_Group_free(&group);
  }
  return NULL;
}

static void threads(MPI_Comm comm) {
  enum { THREADS = 3 };
  pthread_t thread[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&thread[i], NULL, make_objects, &comm);
  for (int i = 0; i < THREADS; i++) {
    void *wrong;
    pthread_join(thread[i], &wrong);
    CHECK(!wrong);
  }
}

static void errors(MPI_Comm comm) {
  int value = 0, class = 0, length;
  char text[MPI_MAX_ERROR_STRING];
  MPI_Errhandler handler;
  int rc = MPI_Send(&value, 1, MPI_INT, 99, 0, comm);
  MPI_Error_class(rc, &class);
  MPI_Error_string(rc, text, &length);
  CHECK(class == MPI_ERR_RANK && length > 0);
  MPI_Comm_create_errhandler(note, &handler);
  MPI_Comm_set_errhandler(comm, handler);
  MPI_Errhandler_free(&handler);
  MPI_Send(&value, 1, MPI_INT, 99, 0, comm);
  CHECK(handled == 1);
}

/* Messages to itself before any two processes have met: MPICH 4.0 bears no call then that makes progress without need. */
static void alone(MPI_Session session) {
  MPI_Group group;
  MPI_Comm self;
  MPI_Request request;
  int sent = 7, got[2] = {0};
  MPI_Group_from_session_pset(session, "mpi://SELF", &group);
  MPI_Comm_create_from_group(group, "alone", MPI_INFO_NULL, MPI_ERRORS_RETURN, &self);
  MPI_Group_free(&group);
  MPI_Irecv(&got[0], 1, MPI_INT, 0, 1, self, &request);
  MPI_Send(&sent, 1, MPI_INT, 0, 1, self);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Isend(&sent, 1, MPI_INT, 0, 2, self, &request);
  MPI_Recv(&got[1], 1, MPI_INT, 0, MPI_ANY_TAG, self, MPI_STATUS_IGNORE);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  CHECK(got[0] == sent && got[1] == sent);
  MPI_Comm_free(&self);
}

/* Open MPI 4.1 has no sessions, MPICH 4 has: there a failure must not pass for a site that lacks them. */
static void check_lack(int code) {
  char version[MPI_MAX_LIBRARY_VERSION_STRING];
  int length, class = MPI_SUCCESS;
  MPI_Get_library_version(version, &length);
  MPI_Error_class(code, &class);
  CHECK(class == MPI_ERR_UNSUPPORTED_OPERATION && !strstr(version, "MPICH"));
}

/* The failures of all, and how many they are; 0: this site has no sessions. */
static int session(int *rank, int *failures) {
  MPI_Session session;
  MPI_Group group;
  MPI_Comm comm;
  int value = 1, sum = 0, size = 0, code = MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
  if (code) {
    check_lack(code);
    return 0;
  }
  alone(session);
  MPI_Group_from_session_pset(session, "mpi://WORLD", &group);
  MPI_Comm_create_from_group(group, "sessions", MPI_INFO_NULL, MPI_ERRORS_RETURN, &comm);
  MPI_Group_free(&group);
  MPI_Comm_size(comm, &size);
  MPI_Comm_rank(comm, rank);
  MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, comm);
  CHECK(sum == size && size > 0);
  errors(comm);
  threads(comm);
  MPI_Allreduce(&check_failures, failures, 1, MPI_INT, MPI_SUM, comm);
  MPI_Comm_free(&comm);
  MPI_Session_finalize(&session);
  return size;
}
#else
static int session(int *rank, int *failures) {
  (void)rank, (void)failures;
  return 0;
}
#endif

/* The two never meet: MPICH 4.0 falls in an MPI_Init after a session. What is printed is the same. */
int main(int argc, char **argv) {
  int rank = 0, failures = 0, size = session(&rank, &failures);
  if (size) {
    if (rank == 0 && !failures) printf("RESULT sessions ok on %d ranks\n", size);
    return failures != 0;
  }
  MPI_Init(&argc, &argv);
  return check_finish("sessions");
}
