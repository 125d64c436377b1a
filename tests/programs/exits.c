/* Ends in the way that its first argument names; stories compare the exit status with the native one. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "return";
  int status = argc > 2 ? atoi(argv[2]) : 0;
  if (strcmp(how, "before") == 0) return status;
  MPI_Init(&argc, &argv);
  if (check_rank() == 0) printf("RESULT exits %s\n", how), fflush(stdout);
  MPI_Barrier(MPI_COMM_WORLD);
  if (strcmp(how, "abort") == 0) MPI_Abort(MPI_COMM_WORLD, status);
  if (strcmp(how, "abort-one") == 0 && check_rank() == 1) MPI_Abort(MPI_COMM_WORLD, status);
  if (strcmp(how, "signal") == 0) raise(status);
  if (strcmp(how, "signal-parent") == 0) { /* whose child left with that number */
    pid_t child = fork();
    if (child == 0) _exit(status);
    if (child < 0 || waitpid(child, NULL, 0) != child) return 99;
    raise(status);
  }
  if (strcmp(how, "signal-one") == 0 && check_rank() == 1) raise(status);
  if (strcmp(how, "leave-one") == 0 && check_rank() == 1)
    _exit(status);                                      /* as exit does, without what is to be done before */
  if (strstr(how, "-one")) MPI_Barrier(MPI_COMM_WORLD); /* ended in there */
  if (strcmp(how, "segv") == 0) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
  }
  if (strcmp(how, "fatal") == 0) MPI_Send(NULL, 1, MPI_INT, 9999, 0, MPI_COMM_WORLD); /* errors are fatal by default */
  MPI_Finalize();
  if (strcmp(how, "signal-after") == 0) raise(status);
  if (strcmp(how, "execute") == 0) execl("/bin/sh", "sh", "-c", "exit \"$0\"", argv[2], (char *)NULL);
  if (strcmp(how, "exit") == 0) exit(status);
  return status;
}
