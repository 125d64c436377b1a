/* MPI_Ssend as a nonblocking one that is waited for: what a checkpoint knows of those (proxy/synchronous.h) it then knows of both. */
#include "core_auto.h"

#define SSEND(start, name)                                                                                             \
  const mana_h fresh = core_new(MANA_KIND_REQUEST);                                                                    \
  mana_h request = fresh;                                                                                              \
  int rc = fresh ? MANA_SUCCESS : MANA_ERR_NO_MEM;                                                                     \
  if (!rc) MANA_CROSS(rc, start);                                                                                      \
  if (!rc) {                                                                                                           \
    do MANA_CROSS(rc, MPI_BELOW_AS(Wait, Ssend, comm)(&request, NULL));                                                \
    while (rc == MANA_RC_AGAIN);                                                                                       \
  }                                                                                                                    \
  if (fresh) core_delete(MANA_KIND_REQUEST, fresh);                                                                    \
  return rc ? core_fail(MANA_KIND_COMM, comm, rc, name) : MANA_SUCCESS

int core_Ssend(const void *buf, int count, mana_h datatype, int dest, int tag, mana_h comm) {
  SSEND(MPI_BELOW_AS(Issend, Ssend, comm)(buf, count, datatype, dest, tag, comm, &request), "MPI_Ssend");
}
int core_Ssend_c(const void *buf, int64_t count, mana_h datatype, int dest, int tag, mana_h comm) {
  SSEND(MPI_BELOW_AS(Issend_c, Ssend, comm)(buf, count, datatype, dest, tag, comm, &request), "MPI_Ssend_c");
}
