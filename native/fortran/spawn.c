/* MPI_COMM_SPAWN and MPI_COMM_SPAWN_MULTIPLE: arrays of blank-padded strings. MPI-4.1 sections 11.8.2 and 11.8.3. */
#include <string.h>

#include "fortran.h"

static int *errcodes(MPI_Fint *array) {
  return F_IS(array, ERRCODES_IGNORE) ? NULL : array; /* MPI_ERRCODES_IGNORE of mpi.h is null in both ABIs */
}

/* argv of one command: strings of `length` characters, `stride` apart, up to a blank one. NULL when out of memory; free() it. */
static char **argv_in(const char *argv, int length, size_t stride) {
  size_t count = 0, size = (size_t)(length > 0 ? length : 0) + 1;
  char *text = malloc(size);
  if (!text) return NULL;
  while (f_text_in(text, argv + count * stride, length) > 0) count++;
  free(text);
  char **list = malloc((count + 1) * (sizeof *list + size));
  if (!list) return NULL;
  text = (char *)(list + count + 1);
  for (size_t i = 0; i < count; i++) {
    list[i] = text + i * size;
    f_text_in(list[i], argv + i * stride, length);
  }
  list[count] = NULL;
  return list;
}

void FORTRAN(mpi_comm_spawn)(const char *command, const char *argv, const MPI_Fint *maxprocs, const MPI_Fint *info,
                             const MPI_Fint *root, const MPI_Fint *comm, MPI_Fint *intercomm, MPI_Fint *codes,
                             MPI_Fint *ierror, int command_len, int argv_len);
void FORTRAN(mpi_comm_spawn)(const char *command, const char *argv, const MPI_Fint *maxprocs, const MPI_Fint *info,
                             const MPI_Fint *root, const MPI_Fint *comm, MPI_Fint *intercomm, MPI_Fint *codes,
                             MPI_Fint *ierror, int command_len, int argv_len) {
  int rank = -1, here = PMPI_Comm_rank(f_comm_in(*comm), &rank) == 0 && rank == *root;
  char **list = NULL; /* significant at the root only */
  if (here && !F_IS(argv, ARGV_NULL)) {
    list = argv_in(argv, argv_len, (size_t)argv_len);
    if (!list) FORTRAN_RETURN(ABI_ERR_NO_MEM);
  }
  F_ARRAY(char, command_c, command_len + 1);
  f_text_in(command_c, command, here ? command_len : 0);
  MPI_Comm got;
  int rc = FORTRAN_C(MPI_Comm_spawn)(command_c, list, *maxprocs, f_info_in(*info), *root, f_comm_in(*comm), &got,
                                     errcodes(codes));
  if (rc == 0) *intercomm = f_comm_out(got);
  F_ARRAY_FREE(command_c);
  free(list);
  FORTRAN_RETURN(rc);
}
FORTRAN_NAMES(mpi_comm_spawn, MPI_COMM_SPAWN, MPI_Comm_spawn)

/* What MPI_COMM_SPAWN_MULTIPLE takes at the root. argv is CHARACTER*(*) ARRAY_OF_ARGV(COUNT, *): the arguments of one command lie
 * `count` strings apart. */
struct commands {
  char **names;
  char ***argvs; /* NULL for MPI_ARGVS_NULL */
  MPI_Info *infos;
};

static void commands_free(struct commands *c, int count) {
  for (int i = 0; i < count; i++) {
    if (c->names) free(c->names[i]);
    if (c->argvs) free(c->argvs[i]);
  }
  free(c->names);
  free(c->argvs);
  free(c->infos);
}

static int commands_in(struct commands *c, int count, const char *names, int name_len, const char *argvs, int argv_len,
                       const MPI_Fint *infos) {
  size_t n = (size_t)count;
  c->names = calloc(n, sizeof *c->names);
  c->infos = calloc(n, sizeof *c->infos);
  if (!F_IS(argvs, ARGVS_NULL)) c->argvs = calloc(n, sizeof *c->argvs);
  if (!c->names || !c->infos || (!F_IS(argvs, ARGVS_NULL) && !c->argvs)) return 0;
  for (size_t i = 0; i < n; i++) {
    c->names[i] = malloc((size_t)name_len + 1);
    if (!c->names[i]) return 0;
    f_text_in(c->names[i], names + i * (size_t)name_len, name_len);
    c->infos[i] = f_info_in(infos[i]);
    if (!c->argvs) continue;
    c->argvs[i] = argv_in(argvs + i * (size_t)argv_len, argv_len, n * (size_t)argv_len);
    if (!c->argvs[i]) return 0;
  }
  return 1;
}

void FORTRAN(mpi_comm_spawn_multiple)(const MPI_Fint *count, const char *names, const char *argvs,
                                      const MPI_Fint *maxprocs, const MPI_Fint *infos, const MPI_Fint *root,
                                      const MPI_Fint *comm, MPI_Fint *intercomm, MPI_Fint *codes, MPI_Fint *ierror,
                                      int name_len, int argv_len);
void FORTRAN(mpi_comm_spawn_multiple)(const MPI_Fint *count, const char *names, const char *argvs,
                                      const MPI_Fint *maxprocs, const MPI_Fint *infos, const MPI_Fint *root,
                                      const MPI_Fint *comm, MPI_Fint *intercomm, MPI_Fint *codes, MPI_Fint *ierror,
                                      int name_len, int argv_len) {
  int rank = -1, here = PMPI_Comm_rank(f_comm_in(*comm), &rank) == 0 && rank == *root;
  struct commands c = {0};
  int n = here && *count > 0 ? *count : 0, rc = ABI_ERR_NO_MEM;
  MPI_Comm got;
  if (!n || commands_in(&c, n, names, name_len, argvs, argv_len, infos)) {
    rc = FORTRAN_C(MPI_Comm_spawn_multiple)(*count, c.names, c.argvs, (int *)(uintptr_t)maxprocs, c.infos, *root,
                                            f_comm_in(*comm), &got, errcodes(codes));
  }
  if (rc == 0) *intercomm = f_comm_out(got);
  commands_free(&c, n);
  FORTRAN_RETURN(rc);
}
FORTRAN_NAMES(mpi_comm_spawn_multiple, MPI_COMM_SPAWN_MULTIPLE, MPI_Comm_spawn_multiple)
