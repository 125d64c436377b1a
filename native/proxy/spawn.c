/* Dynamic processes run split as well: what the site is asked to start is the lower-half program, with the command behind `--`. */
#include <string.h>

#include "dynamic.h"
#include "foreign.h"
#include "proxy.h"

int px_open_ports, px_open_tools, px_datareps;
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

/* [--path=DIRS] -- command, the application's arguments, NULL. DIRS: where the site would look for the command, by its info key (MPI-4.1 section
 * 11.8.4). The strings stay the application's; free() the vector, which holds DIRS, too. */
enum { PATH_SIZE = 4096 };
static char **split_argv(char *command, char **argv, MPI_Info info) {
  static char separator[] = "--", option[] = "--path=";
  size_t n = 0, at = 0;
  int has_path = 0;
  while (argv && argv[n]) n++;
  char **v = malloc((n + 4) * sizeof *v + sizeof option + PATH_SIZE);
  if (!v) return NULL;
  char *path = strcpy((char *)(v + n + 4), option);
  if (info != MPI_INFO_NULL) MPI_Info_get(info, "path", PATH_SIZE - 1, path + sizeof option - 1, &has_path);
  if (has_path) v[at++] = path;
  v[at++] = separator;
  v[at++] = command;
  if (n) memcpy(v + at, argv, n * sizeof *v);
  v[at + n] = NULL;
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
  char **v = am_root ? split_argv((char *)(uintptr_t)command, argv, px_info(info)) : NULL;
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
  px_foreign_made(*intercomm);
  return 0;
}

static void argvs_free(char ***argvs, int count) {
  for (int i = 0; argvs && i < count; i++) free(argvs[i]);
  free(argvs);
}

static char ***split_argvs(int count, char **commands, char ***argvs, const MPI_Info *infos) {
  char ***v = calloc((size_t)count + 1, sizeof *v);
  for (int i = 0; v && i < count; i++) {
    v[i] = split_argv(commands[i], argvs ? argvs[i] : NULL, infos[i]);
    if (!v[i]) return argvs_free(v, count), NULL;
  }
  return v;
}

int px_Comm_spawn_multiple(int count, char **commands, char ***argvs, const int *maxprocs, const mana_h *infos,
                           int root, mana_h comm, mana_h *intercomm, int *errcodes) {
  int n = is_root(comm, root) && count > 0 ? count : 0;
  PX_ARRAY(MPI_Info, infos_s, n);
  PX_ARRAY(char *, commands_s, n);
  if (!infos_s || !commands_s) return MANA_ERR_NO_MEM;
  for (int i = 0; i < n; i++) {
    infos_s[i] = px_info(infos[i]);
    commands_s[i] = SPLIT->lower_exe;
  }
  char ***argvs_s = split_argvs(n, commands, argvs, infos_s);
  if (!argvs_s) return MANA_ERR_NO_MEM;
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
  px_foreign_made(*intercomm);
  return 0;
}
