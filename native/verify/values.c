/* Constants and handles: does what the application names arrive at the site as the same thing? */
#include <stdio.h>

#include "verify.h"

static const struct {
  MPI_Datatype type;
  int size;
  const char *name;
} types[] = {
    {MPI_CHAR, sizeof(char), "MPI_CHAR"},
    {MPI_BYTE, 1, "MPI_BYTE"},
    {MPI_SHORT, sizeof(short), "MPI_SHORT"},
    {MPI_INT, sizeof(int), "MPI_INT"},
    {MPI_LONG, sizeof(long), "MPI_LONG"},
    {MPI_LONG_LONG, sizeof(long long), "MPI_LONG_LONG"},
    {MPI_FLOAT, sizeof(float), "MPI_FLOAT"},
    {MPI_DOUBLE, sizeof(double), "MPI_DOUBLE"},
    {MPI_LONG_DOUBLE, sizeof(long double), "MPI_LONG_DOUBLE"},
    {MPI_INT64_T, 8, "MPI_INT64_T"},
    {MPI_UINT8_T, 1, "MPI_UINT8_T"},
    {MPI_DOUBLE_INT, sizeof(double) + sizeof(int), "MPI_DOUBLE_INT"},
};
enum { TYPES = sizeof types / sizeof types[0] };

static void expect_class(int code, int class, const char *what) {
  int found = -1;
  MPI_Error_class(code, &found);
  verify_expect(code != 0 && found == class, "%s: error class %d, not %d", what, found, class);
}

/* The sizes are asked of the stub; that the site means the same is seen by sending each type to oneself as bytes. */
static void check_types(void) {
  for (int i = 0; i < TYPES; i++) {
    int size = -1, count = -1;
    MPI_Type_size(types[i].type, &size);
    verify_expect(size == types[i].size, "%s has size %d, not %d", types[i].name, size, types[i].size);
    char out[64] = {0}, in[64];
    MPI_Request request;
    MPI_Status status;
    MPI_Irecv(in, sizeof in, MPI_BYTE, 0, 1, MPI_COMM_SELF, &request);
    MPI_Send(out, 2, types[i].type, 0, 1, MPI_COMM_SELF);
    MPI_Wait(&request, &status);
    MPI_Get_count(&status, MPI_BYTE, &count);
    verify_expect(count == 2 * size, "two %s arrived as %d bytes", types[i].name, count);
  }
}

static void check_sentinels(void) {
  MPI_Status status = {0};
  int x = 3, count = -1;
  MPI_Recv(&x, 1, MPI_INT, MPI_PROC_NULL, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  verify_expect(status.MPI_SOURCE == MPI_PROC_NULL && status.MPI_TAG == MPI_ANY_TAG && count == 0,
                "a receive from MPI_PROC_NULL: source %d, tag %d, count %d", status.MPI_SOURCE, status.MPI_TAG, count);
  x = verify_rank + 1;
  MPI_Allreduce(MPI_IN_PLACE, &x, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  verify_expect(x == verify_size * (verify_size + 1) / 2, "MPI_IN_PLACE: sum %d", x);
  struct {
    double value;
    int rank;
  } at = {verify_rank, verify_rank};
  MPI_Allreduce(MPI_IN_PLACE, &at, 1, MPI_DOUBLE_INT, MPI_MAXLOC, MPI_COMM_WORLD);
  verify_expect(at.rank == verify_size - 1, "MPI_MAXLOC: rank %d", at.rank);
}

void verify_values(void) {
  check_types();
  check_sentinels();
  expect_class(MPI_Send(NULL, 0, MPI_INT, verify_size + 5, 0, MPI_COMM_WORLD), MPI_ERR_RANK,
               "a send to a rank that is not there");
  int *tag_ub = NULL, found = 0;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &tag_ub, &found);
  verify_expect(found && *tag_ub >= 32767, "MPI_TAG_UB is missing or too small");
  char detail[80];
  snprintf(detail, sizeof detail, "%d types, sentinels, error classes, tags up to %d", (int)TYPES, found ? *tag_ub : 0);
  verify_tell("constants", detail);
}
