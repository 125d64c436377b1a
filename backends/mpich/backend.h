/* What a proxy must know of MPICH beyond the standard. The one way mpi.h is included. */
#ifndef MANA_BACKEND_H
#define MANA_BACKEND_H
#define MANA_BACKEND_NAME "mpich"

#include <mpi.h>

/* Status: the low word, then 31 high bits above the cancelled bit. Kept for the ABI initiative, so the same since MPICH 3.1. */
#define BACKEND_STATUS_BYTES(s)                                                                                        \
  ((int64_t)((uint64_t)((uint32_t)(s)->count_hi_and_cancelled >> 1) << 32 | (uint32_t)(s)->count_lo))
#define BACKEND_STATUS_CANCELLED(s) ((s)->count_hi_and_cancelled & 1)
#endif
