/* Site status to canonical. The byte count and the cancelled flag are read from the fields that backend.h names; where it
 * names none, the site is asked (MPI-4.1 section 3.2.5: counts of MPI_BYTE are bytes). */
#ifndef MANA_PX_STATUS_H
#define MANA_PX_STATUS_H
#include "site_mpi.h"

#include "canon.h"
#include "px_rank.h"

static inline int64_t px_status_bytes(const MPI_Status *s) {
#ifdef BACKEND_STATUS_BYTES
  return BACKEND_STATUS_BYTES(s);
#else
  MPI_Count bytes = 0;
  MPI_Get_elements_x(s, MPI_BYTE, &bytes);
  return bytes;
#endif
}
static inline int px_status_cancelled(const MPI_Status *s) {
#ifdef BACKEND_STATUS_CANCELLED
  return BACKEND_STATUS_CANCELLED(s);
#else
  int flag = 0;
  MPI_Test_cancelled(s, &flag);
  return flag;
#endif
}

/* All but the error field, which calls for one request leave alone (MPI-4.1 section 3.2.5). */
static inline void px_status_out(mana_status *to, const MPI_Status *from) {
  to->source = px_rank_out(from->MPI_SOURCE);
  to->tag = px_tag_out(from->MPI_TAG);
  to->bytes = px_status_bytes(from);
  to->cancelled = px_status_cancelled(from);
}
/* What a receive from MPI_PROC_NULL leaves (MPI-4.1 section 3.10). MPICH 4.0 forgets to say so when it is nonblocking. */
static inline void px_status_of_nobody(mana_status *status) {
  *status = (mana_status){.source = MANA_PROC_NULL, .tag = MANA_ANY_TAG, .error = status->error};
}
/* Whether a call that returned site code rc has set its status: success, and the errors that speak of a matched message. */
static inline int px_status_is_set(int rc) {
  return __builtin_expect(rc == MPI_SUCCESS, 1) || px_error_sets_status(rc);
}
#endif
