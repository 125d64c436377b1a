/* Around MPI_Init: what may be asked before, what level is given, that a second one is an error, arguments, names. */
#include "check.h"

int main(int argc, char **argv) {
  int flag = 7, version, subversion, provided = -1, queried = -1, is_main = 0, length;
  char library[MPI_MAX_LIBRARY_VERSION_STRING];
  CHECK(MPI_Initialized(&flag) == MPI_SUCCESS && flag == 0);
  CHECK(MPI_Finalized(&flag) == MPI_SUCCESS && flag == 0);
  CHECK(MPI_Get_version(&version, &subversion) == MPI_SUCCESS && version >= 3);
  CHECK(MPI_Get_library_version(library, &length) == MPI_SUCCESS && length > 0);
  int wanted = argc > 1 ? atoi(argv[1]) : 0;
  int levels[] = {MPI_THREAD_SINGLE, MPI_THREAD_FUNNELED, MPI_THREAD_SERIALIZED, MPI_THREAD_MULTIPLE};
  CHECK(MPI_Init_thread(&argc, &argv, levels[wanted % 4], &provided) == MPI_SUCCESS);
  CHECK(MPI_THREAD_SINGLE < MPI_THREAD_FUNNELED && MPI_THREAD_SERIALIZED < MPI_THREAD_MULTIPLE);
  MPI_Query_thread(&queried);
  MPI_Is_thread_main(&is_main);
  CHECK(queried == provided && is_main);
  MPI_Initialized(&flag);
  CHECK(flag == 1);
  for (int i = 1; i < argc; i++) check_record("argv%d=%s", i, argv[i]);
  check_record("program=%s", strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0]);
  check_record("enough=%d", provided >= levels[wanted % 4]);
  return check_finish("init");
}
