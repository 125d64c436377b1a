/* Birth and end: the constructor joins the two halves, MPI_Init starts the site's MPI when the application says so, and the
 * questions about that state are answered here. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi.h"
#include "attribute.h"
#include "core_auto.h"
#include "info_env.h"
#include "poll.h"
#include "upcall.h"

static struct {
  int main_tid; /* of the thread that called MPI_Init: "the main thread", MPI-4.1 section 11.6 */
  int provided; /* canonical thread level */
} init;

static void die(const char *text) __attribute__((noreturn));
static void die(const char *text) {
  fprintf(stderr, "mana: %s\n", text);
  _exit(125);
}

static const char misfit[] =
    "the stub library and the lower half of this bundle do not fit together.\n"
    "      Build the bundle again: `mana bundle create NAME --backend B --force`.";

/* The stub is loaded: by ld.so at the program's start, or by dlopen (python3 importing mpi4py). */
__attribute__((constructor)) static void construct(int argc, char **argv) {
  if (!split_in_arena((uint64_t)(uintptr_t)&init)) {
    die("this is mana's stand-in for an MPI library, and the program was not started by mana.\n"
        "      Start it with `mana launch -- PROGRAM`, or take mana's folder out of LD_LIBRARY_PATH.");
  }
  if (SPLIT->magic != (SPLIT_MAGIC | SPLIT_ABI_VERSION)) die(misfit);
  if (SPLIT->upper_tls_offset) {
    die("this program loads two different MPI libraries (one of MPICH's ABI and one of Open MPI's).\n"
        "      See `ldd PROGRAM`; a process can use one MPI only.");
  }
  uint64_t fs;
  __asm__("mov %%fs:0,%0" : "=r"(fs));
  SPLIT->upper_tls_offset = (int64_t)((uint64_t)(uintptr_t)&mana_upper_tls - fs);
  SPLIT->thread_multiple = 1; /* until MPI_Init knows: before it, any thread may make infos, handlers and sessions */
  core_objects_create();
  core_info_env_keep(argc, argv);
  core_upcalls_install();
  int rc;
  MANA_CROSS(rc, MANA_SERVICE(int (*)(void), SVC_LOAD_PROXY)());
  if (rc) _exit(125); /* the service has said why */
  if (MPI_TABLE->fingerprint != MPI_TABLE_FINGERPRINT) die(misfit);
}

__attribute__((destructor)) static void destruct(void) {
  if (SPLIT_OWNER->pid != SPLIT->pid) return; /* a forked child leaves its parent's MPI alone */
  struct upper_tls *tls = mana_cross_enter();
  MANA_SERVICE(void (*)(void), SVC_EXITING)();
  mana_cross_leave(tls);
}

/* --- initialization --------------------------------------------------------------------------------------------------- */
int core_Init_thread(int *argc, char ***argv, int required, int *provided) {
  (void)argc;
  (void)argv;
  if (SPLIT->mpi_state != SPLIT_MPI_LOADED) {
    return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_OTHER, "MPI_Init");
  }
  int rc, none = 0;
  MANA_CROSS(rc, MPI_BELOW(Init_thread)(&none, NULL, required, provided));
  if (rc) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Init");
  init.provided = *provided;
  init.main_tid = (int)syscall(SYS_gettid);
  core_poll_allowed = *provided <= MANA_THREAD_FUNNELED && !core_sessions_used;
  SPLIT->thread_multiple = *provided == MANA_THREAD_MULTIPLE || core_sessions_used;
  SPLIT->mpi_state = SPLIT_MPI_INITIALIZED;
  /* Before the coordinator can ask: another rank may be through its first collective while this one is on its way to it. */
  core_gate_begin();
  struct upper_tls *tls = mana_cross_enter();
  MANA_SERVICE(void (*)(int), SVC_MPI_BEGINS)(*provided);
  mana_cross_leave(tls);
  return MANA_SUCCESS;
}

int core_Init(int *argc, char ***argv) {
  int provided;
  return core_Init_thread(argc, argv, MANA_THREAD_SINGLE, &provided);
}

/* Attributes of MPI_COMM_SELF go first, so that libraries can clean up while MPI still works (MPI-4.1 section 11.2.4). Those of
 * MPI_COMM_WORLD when the application's MPI does it: MPICH next, Open MPI when it counts as finalized. */
int core_Finalize(void) {
  if (SPLIT->mpi_state != SPLIT_MPI_INITIALIZED) {
    return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_OTHER, "MPI_Finalize");
  }
  int rc = core_attributes_delete_all(MANA_KIND_COMM, MANA_COMM_SELF);
  if (rc) return core_fail(MANA_KIND_COMM, MANA_COMM_SELF, rc, "MPI_Finalize");
#ifdef ABI_MPICH
  rc = core_attributes_delete_all(MANA_KIND_COMM, MANA_COMM_WORLD);
  if (rc) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Finalize");
#endif
  core_types_free_kept();
  core_gate_enter_with_all(MANA_COMM_WORLD, SLOT_Finalize);
  struct upper_tls *tls = mana_cross_enter();
  MANA_SERVICE(void (*)(void), SVC_MPI_ENDS)();
  mana_cross_leave(tls);
  MANA_CROSS(rc, MPI_BELOW(Finalize)());
  core_gate_leave();
  if (rc) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Finalize");
  SPLIT->mpi_state = SPLIT_MPI_FINALIZED;
#ifdef ABI_OPENMPI
  rc = core_attributes_delete_all(MANA_KIND_COMM, MANA_COMM_WORLD);
#endif
  return MANA_SUCCESS;
}

int core_Initialized(int *flag) {
  *flag = SPLIT->mpi_state >= SPLIT_MPI_INITIALIZED;
  return MANA_SUCCESS;
}
int core_Finalized(int *flag) {
  *flag = SPLIT->mpi_state == SPLIT_MPI_FINALIZED;
  return MANA_SUCCESS;
}
int core_Query_thread(int *provided) {
  if (SPLIT->mpi_state < SPLIT_MPI_INITIALIZED) {
    return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_OTHER, "MPI_Query_thread");
  }
  *provided = init.provided;
  return MANA_SUCCESS;
}
int core_Is_thread_main(int *flag) {
  *flag = (int)syscall(SYS_gettid) == init.main_tid;
  return MANA_SUCCESS;
}

int core_abort_below(mana_h comm, int errorcode) {
  struct upper_tls *tls = mana_cross_enter();
  MANA_SERVICE(void (*)(int), SVC_ABORTS)(errorcode);
  mana_cross_leave(tls);
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Abort)(comm, errorcode));
  return rc;
}

int core_Abort(mana_h comm, int errorcode) {
  if (!core_can_abort(comm)) _exit(errorcode); /* there is no MPI below that could be asked */
  fflush(
      NULL); /* an MPI ends its own process through exit(), which writes out what is buffered: below that is another libc's */
  return core_abort_below(comm, errorcode);
}

/* What the application was compiled for, whatever runs below. */
int core_Get_version(int *version, int *subversion) {
  *version = ABI_VERSION;
  *subversion = ABI_SUBVERSION;
  return MANA_SUCCESS;
}
