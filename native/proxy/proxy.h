/* What generated and hand-written proxies share. Compiled with the site's own mpi.h; runs in the lower half with the lower FS. */
#ifndef MANA_PROXY_H
#define MANA_PROXY_H
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "canon.h"
#include "constants.h"
#include "mpi_table.h"
#include "site_have.h"
#include "site_mpi.h"
#include "split_abi.h"

#include "proxy_hand.h"
#include "px_error.h"
#include "px_handle.h"
#include "px_status.h"

static inline int px_is_in_place(const void *buffer) {
  return buffer == (const void *)(intptr_t)1;
}
/* MPI_BOTTOM is 0 everywhere; MPI_IN_PLACE is not. */
static inline const void *px_buffer(const void *buffer) {
  return __builtin_expect(px_is_in_place(buffer), 0) ? MPI_IN_PLACE : buffer;
}
/* MPI_UNWEIGHTED and MPI_WEIGHTS_EMPTY, canonical 10 and 11. */
static inline const int *px_weights(const int *weights) {
  if (weights == (const int *)(intptr_t)10) return MPI_UNWEIGHTED;
  if (weights == (const int *)(intptr_t)11) return MPI_WEIGHTS_EMPTY;
  return weights;
}

/* --- comm_facts.c: lengths of arrays that follow from a communicator; 0 when it is not valid. ---------------------- */
int px_peers(mana_h comm); /* remote size on an intercommunicator, else size */
int px_root_peers(mana_h comm,
                  int root); /* the same on the root, 0 elsewhere: arrays are significant at the root only */
int px_local_size(mana_h comm);
int px_in_degree(mana_h comm);
int px_out_degree(mana_h comm);

/* --- t_object.c: what MPI_T handles are bound to ---------------------------------------------------------------- */
union px_any {
  MPI_Comm comm;
  MPI_Group group;
  MPI_Datatype datatype;
  MPI_Op op;
  MPI_Win win;
  MPI_File file;
  MPI_Info info;
  MPI_Message message;
  MPI_Errhandler errhandler;
  MPI_Request request;
};
/* Address of the site's handle for the canonical one at `object`, kept in *site; NULL for NULL. */
void *px_t_object(const void *object, union px_any *site);
/* Canonical 1 is "all handles of this session". */
static inline MPI_T_pvar_handle px_pvar_handle(void *handle) {
  return handle == (void *)(intptr_t)1 ? MPI_T_PVAR_ALL_HANDLES : (MPI_T_pvar_handle)handle;
}

/* --- small arrays -------------------------------------------------------------------------------------------------- */
enum { PX_SMALL = 128 };
#define PX_ARRAY(type, name, n)                                                                                        \
  type name##_small[PX_SMALL];                                                                                         \
  type *name = (size_t)(n) <= PX_SMALL ? name##_small : malloc((size_t)(n) * sizeof(type))
#define PX_ARRAY_FREE(name)                                                                                            \
  do {                                                                                                                 \
    if (name != name##_small) free(name);                                                                              \
  } while (0)

/* Wide counts to what a base function takes; not 0 where one does not fit. A NULL source stays unread. */
static inline int px_narrow_int(int *to, const int64_t *from, int n) {
  for (int i = 0; from && i < n; i++) {
    if ((int)from[i] != from[i]) return 1;
    to[i] = (int)from[i];
  }
  return 0;
}
static inline int px_narrow_aint(MPI_Aint *to, const int64_t *from, int n) {
  for (int i = 0; from && i < n; i++) to[i] = (MPI_Aint)from[i];
  return 0;
}

void px_fill(struct mpi_table *table); /* generated */
#endif
