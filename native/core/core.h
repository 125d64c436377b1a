/* What the rooms of the core offer each other and the generated code. */
#ifndef MANA_CORE_H
#define MANA_CORE_H
#include <stdlib.h>

#include "canon.h"
#include "constants.h"
#include "crossing.h"
#include "mpi_table.h"
#include "object.h"

/* --- error.c ---------------------------------------------------------------------------------------------------- */
/* An MPI call failed with canonical code rc: invokes the error handler of the object (MPI-4.1 section 9.3) and returns
 * rc, unless the handler does not return. `name` is the call's, for the message. rc == MANA_ERR_UNSUPPORTED_OPERATION from a
 * function that the site lacks returns directly, without a handler. */
int core_fail(enum mana_kind kind, mana_h object, int rc, const char *name)
    __attribute__((visibility("hidden"), cold, warn_unused_result));

/* --- session.c -------------------------------------------------------------------------------------------------- */
/* A session has been opened: the site's MPI may run without MPI_Init, and has granted MPI_THREAD_MULTIPLE. */
extern int core_sessions_used __attribute__((visibility("hidden")));
/* Whether the site's MPI can be asked. */
static inline int core_mpi_runs(void) {
  return SPLIT->mpi_state == SPLIT_MPI_INITIALIZED || core_sessions_used;
}
/* Whether the site knows a communicator to abort: without MPI_Init there is no MPI_COMM_WORLD. */
static inline int core_can_abort(mana_h comm) {
  return SPLIT->mpi_state == SPLIT_MPI_INITIALIZED || (core_sessions_used && mana_is_user(comm));
}

/* Ends the job below; returns only where the site's MPI does. */
int core_abort_below(mana_h comm, int errorcode) __attribute__((visibility("hidden")));

/* --- comm.c ----------------------------------------------------------------------------------------------------- */
/* Ranks that a collective's arrays are indexed by: the remote size of an intercommunicator, else the size; 0 when unknown. */
int core_peers(mana_h comm) __attribute__((visibility("hidden")));
/* Neighbours of a topology: length of the receive (in) or send (out) arrays of a neighbour collective. */
int core_in_degree(mana_h comm) __attribute__((visibility("hidden")));
int core_out_degree(mana_h comm) __attribute__((visibility("hidden")));
/* Whether arguments that are significant at the root only are significant here. */
int core_is_root(mana_h comm, int root) __attribute__((visibility("hidden")));
/* A constructor made comm from parent. */
void core_comm_born(mana_h comm, mana_h parent) __attribute__((visibility("hidden")));
/* spawn.c: the application has freed or disconnected comm. */
void core_comm_gone(mana_h comm) __attribute__((visibility("hidden")));

/* --- win_file.c ------------------------------------------------------------------------------------------------- */
/* A file was opened. */
void core_file_born(mana_h fh) __attribute__((visibility("hidden")));

/* --- type.c ----------------------------------------------------------------------------------------------------- */
/* Size in bytes of one element; a canonical code, no handler invoked. */
int core_type_bytes(mana_h datatype, int64_t *bytes) __attribute__((visibility("hidden"), warn_unused_result));
/* Lower bound and extent in bytes; the arguments may be null, which is an error. */
int core_type_extent(mana_h datatype, int64_t *lb, int64_t *extent)
    __attribute__((visibility("hidden"), warn_unused_result));
/* Of the datatypes that were freed and kept for reductions: those that no reduction needs any more go. */
void core_types_free_kept(void) __attribute__((visibility("hidden")));

/* --- small arrays ------------------------------------------------------------------------------------------------ */
enum { CORE_SMALL = 128 };
/* CORE_ARRAY(type, name, n): n elements, on the stack up to CORE_SMALL; CORE_ARRAY_FREE(name) after use. NULL when out of memory. */
#define CORE_ARRAY(type, name, n)                                                                                      \
  type name##_small[CORE_SMALL];                                                                                       \
  type *name = (size_t)(n) <= CORE_SMALL ? name##_small : malloc((size_t)(n) * sizeof(type))
#define CORE_ARRAY_FREE(name)                                                                                          \
  do {                                                                                                                 \
    if (name != name##_small) free(name);                                                                              \
  } while (0)
#endif
