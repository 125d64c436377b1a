/* Dynamic processes run split as well: what the site is asked to start is the lower-half program, with the command behind `--`. */
#include <string.h>

#include "dynamic.h"
#include "proxy.h"

static const char *under_way;
static int inside;

void px_dynamic_enter(const char *call) {
  __atomic_store_n(&under_way, call, __ATOMIC_RELAXED);
  __atomic_fetch_add(&inside, 1, __ATOMIC_RELEASE);
}

void px_dynamic_leave(void) {
  __atomic_fetch_sub(&inside, 1, __ATOMIC_RELEASE);
}

const char *px_dynamic_call(void) {
  return __atomic_load_n(&inside, __ATOMIC_ACQUIRE) > 0 ? __atomic_load_n(&under_way, __ATOMIC_RELAXED) : NULL;
}

/* Arguments significant at the root only may hold anything elsewhere (MPI-4.1 section 11.8.2). */
static int is_root(mana_h comm, int root) {
  int rank = -1;
  return MPI_Comm_rank(px_comm(comm), &rank) == MPI_SUCCESS && rank == root;
}

/* "--", command, the application's arguments, NULL. The strings stay the application's; free() the vector. */
static char **split_argv(char *command, char **argv) {
  size_t n = 0;
  while (argv && argv[n]) n++;
  char **v = malloc((n + 3) * sizeof *v);
  if (!v) return NULL;
  static char separator[] = "--";
  v[0] = separator;
  v[1] = command;
  if (n) memcpy(v + 2, argv, n * sizeof *v);
  v[n + 2] = NULL;
  return v;
}

static void errors_out(int *errcodes) {
  for (int i = 0; errcodes && errcodes[i] != MANA_CODE_END; i++) {
    if (errcodes[i] != MANA_CODE_UNSET) errcodes[i] = errcodes[i] == MPI_SUCCESS ? MANA_SUCCESS : px_error(errcodes[i]);
  }
}

int px_Comm_spawn(const char *command, char **argv, int maxprocs, mana_h info, int root, mana_h comm, mana_h *intercomm,
                  int *errcodes) {
  int am_root = is_root(comm, root);
  char **v = am_root ? split_argv((char *)(uintptr_t)command, argv) : NULL;
  if (am_root && !v) return MANA_ERR_NO_MEM;
  MPI_Comm born = MPI_COMM_NULL;
  px_dynamic_enter("MPI_Comm_spawn");
  int rc =
      MPI_Comm_spawn(SPLIT->lower_exe, am_root ? v : MPI_ARGV_NULL, maxprocs, am_root ? px_info(info) : MPI_INFO_NULL,
                     root, px_comm(comm), &born, errcodes ? errcodes : MPI_ERRCODES_IGNORE);
  px_dynamic_leave();
  free(v);
  errors_out(errcodes);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *intercomm = px_comm_store(*intercomm, born);
  return 0;
}

static void argvs_free(char ***argvs, int count) {
  for (int i = 0; argvs && i < count; i++) free(argvs[i]);
  free(argvs);
}

static char ***split_argvs(int count, char **commands, char ***argvs) {
  char ***v = calloc((size_t)count + 1, sizeof *v);
  for (int i = 0; v && i < count; i++) {
    v[i] = split_argv(commands[i], argvs ? argvs[i] : NULL);
    if (!v[i]) return argvs_free(v, count), NULL;
  }
  return v;
}

int px_Comm_spawn_multiple(int count, char **commands, char ***argvs, const int *maxprocs, const mana_h *infos,
                           int root, mana_h comm, mana_h *intercomm, int *errcodes) {
  int n = is_root(comm, root) && count > 0 ? count : 0;
  PX_ARRAY(MPI_Info, infos_s, n);
  PX_ARRAY(char *, commands_s, n);
  char ***argvs_s = split_argvs(n, commands, argvs);
  if (!infos_s || !commands_s || !argvs_s) return MANA_ERR_NO_MEM;
  for (int i = 0; i < n; i++) {
    infos_s[i] = px_info(infos[i]);
    commands_s[i] = SPLIT->lower_exe;
  }
  MPI_Comm born = MPI_COMM_NULL;
  px_dynamic_enter("MPI_Comm_spawn_multiple");
  int rc = MPI_Comm_spawn_multiple(count, commands_s, argvs_s, (int *)(uintptr_t)maxprocs, infos_s, root, px_comm(comm),
                                   &born, errcodes ? errcodes : MPI_ERRCODES_IGNORE);
  px_dynamic_leave();
  argvs_free(argvs_s, n);
  PX_ARRAY_FREE(infos_s);
  PX_ARRAY_FREE(commands_s);
  errors_out(errcodes);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *intercomm = px_comm_store(*intercomm, born);
  return 0;
}
