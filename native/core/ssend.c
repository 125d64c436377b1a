/* MPI_Ssend as a nonblocking one that is waited for: what a checkpoint knows of those (proxy/synchronous.h) it then knows of both. */
#include "core_auto.h"

int core_Ssend(const void *buf, int count, mana_h datatype, int dest, int tag, mana_h comm) {
  mana_h request = MANA_REQUEST_NULL;
  int rc = core_Issend(buf, count, datatype, dest, tag, comm, &request);
  return rc ? rc : core_Wait(&request, NULL);
}
int core_Ssend_c(const void *buf, int64_t count, mana_h datatype, int dest, int tag, mana_h comm) {
  mana_h request = MANA_REQUEST_NULL;
  int rc = core_Issend_c(buf, count, datatype, dest, tag, comm, &request);
  return rc ? rc : core_Wait(&request, NULL);
}
