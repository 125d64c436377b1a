/* The first phase of a collective in two phases: a nonblocking barrier, which a checkpoint may cut through. A thread that leaves and comes
 * back in the same process finds its barrier as it left it; in a process made by a restart all members begin theirs anew, for none of them had
 * entered the collective. */
#include "pump.h"

static _Thread_local struct {
  enum { NOT_BEGUN, WAITING, ALL_HERE } state;
  MPI_Request barrier;
} phase_one;

int px_arrive(mana_h comm) {
  if (phase_one.state == ALL_HERE) return 1;
  int rc = MPI_SUCCESS, done = 0;
  if (phase_one.state == NOT_BEGUN) rc = MPI_Ibarrier(px_comm(comm), &phase_one.barrier);
  if (rc == MPI_SUCCESS) rc = MPI_Test(&phase_one.barrier, &done, MPI_STATUS_IGNORE);
  phase_one.state = rc != MPI_SUCCESS || done ? ALL_HERE : WAITING;
  return phase_one.state == ALL_HERE;
}

void px_entered(void) {
  phase_one.state = NOT_BEGUN;
}
