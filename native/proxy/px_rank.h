/* Ranks and tags: nearly always plain numbers, so the special values stay off the path. */
#ifndef MANA_PX_RANK_H
#define MANA_PX_RANK_H
#include "site_mpi.h"

#include "constants.h"

static inline int px_rank_in(int rank) {
  if (__builtin_expect(rank >= 0, 1)) return rank;
  if (rank == MANA_ANY_SOURCE) return MPI_ANY_SOURCE;
  if (rank == MANA_PROC_NULL) return MPI_PROC_NULL;
  if (rank == MANA_ROOT) return MPI_ROOT;
  /* Not a rank in any ABI: must not turn into one of the site's special values. */
  return rank == MPI_UNDEFINED ? rank : -1000000;
}
static inline int px_rank_out(int rank) {
  if (__builtin_expect(rank >= 0, 1)) return rank;
  if (rank == MPI_ANY_SOURCE) return MANA_ANY_SOURCE;
  if (rank == MPI_PROC_NULL) return MANA_PROC_NULL;
  if (rank == MPI_ROOT) return MANA_ROOT;
  return rank;
}
static inline int px_tag_in(int tag) {
  if (__builtin_expect(tag >= 0, 1)) return tag;
  return tag == MANA_ANY_TAG ? MPI_ANY_TAG : -1000000;
}
static inline int px_tag_out(int tag) {
  return __builtin_expect(tag >= 0, 1) || tag != MPI_ANY_TAG ? tag : MANA_ANY_TAG;
}
#endif
