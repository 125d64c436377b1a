#include "verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int verify_rank, verify_size;
static char first_wrong[200];
static int warned;

void verify_expect(int holds, const char *what, ...) {
  if (holds || first_wrong[0]) return;
  va_list arguments;
  va_start(arguments, what);
  vsnprintf(first_wrong, sizeof first_wrong, what, arguments);
  va_end(arguments);
}

void verify_warn_if(int condition) {
  if (condition) warned = 1;
}

/* The lowest rank that has something to complain of; verify_size for none. */
static int first_unhappy(void) {
  int mine = first_wrong[0] ? verify_rank : verify_size, lowest = -1;
  int rc = MPI_Allreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return rc ? 0 : lowest;
}

void verify_tell(const char *name, const char *detail) {
  enum { TAG = 77 };
  int rank = first_unhappy();
  if (rank < verify_size && rank > 0) {
    if (verify_rank == rank) MPI_Send(first_wrong, sizeof first_wrong, MPI_CHAR, 0, TAG, MPI_COMM_WORLD);
    if (verify_rank == 0) {
      MPI_Recv(first_wrong, sizeof first_wrong, MPI_CHAR, rank, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
  }
  if (verify_rank == 0 && rank < verify_size) {
    printf("mana-verify\t%s\tFAILED\trank %d: %s\n", name, rank, first_wrong);
  } else if (verify_rank == 0) {
    printf("mana-verify\t%s\t%s\t%s\n", name, warned ? "warning" : "ok", detail);
  }
  fflush(stdout);
  first_wrong[0] = 0;
  warned = 0;
}

int main(int argc, char **argv) {
  int provided = -1;
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided)) return 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &verify_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &verify_size);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  verify_values();
  verify_symbols();
  verify_messages();
  verify_callbacks();
  verify_threads(provided);
  verify_crossing();
  return MPI_Finalize();
}
