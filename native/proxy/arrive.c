/* The first phase of a collective in two phases: a nonblocking barrier, which a checkpoint may cut through.
 *
 * The barriers of a clock run on a communicator of our own: on the application's, saving its objects would be out of step with a barrier that
 * only some have begun. The first collective on a clock makes it, and goes by the clock alone; others of this rank wait until it is there, so
 * that the n-th of one rank meets the n-th of all. A thread that leaves and comes back in the same process finds its barrier as it
 * left it; in a process made by a restart all members begin anew, for none of them had entered the collective. */
#include <pthread.h>

#include "pump.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

enum meeting_state { NOWHERE, BEING_MADE, READY, IMPOSSIBLE };
static struct {
  enum meeting_state state;
  MPI_Comm comm;
} meeting[SPLIT_CLOCKS_MAX];

static _Thread_local struct {
  enum { NOT_BEGUN, WAITING, MAKES_THE_MEETING, ALL_HERE } state;
  MPI_Request barrier;
} phase_one;

/* Lock held: barriers of two threads on one communicator must not begin at once. */
static void begin(uint32_t clock) {
  switch (meeting[clock].state) {
    case NOWHERE:
      meeting[clock].state = BEING_MADE;
      phase_one.state = MAKES_THE_MEETING;
      break;
    case BEING_MADE: break;
    case READY:
      phase_one.state = MPI_Ibarrier(meeting[clock].comm, &phase_one.barrier) == MPI_SUCCESS ? WAITING : ALL_HERE;
      break;
    case IMPOSSIBLE: phase_one.state = ALL_HERE; break;
  }
}

int px_arrive(uint32_t clock) {
  int done = 0;
  if (phase_one.state == NOT_BEGUN) {
    pthread_mutex_lock(&lock);
    begin(clock);
    pthread_mutex_unlock(&lock);
  }
  if (phase_one.state == WAITING && (MPI_Test(&phase_one.barrier, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || done)) {
    phase_one.state = ALL_HERE;
  }
  return phase_one.state >= MAKES_THE_MEETING;
}

void px_entered(uint32_t clock, mana_h comm) {
  if (phase_one.state == MAKES_THE_MEETING) {
    int rc = px_meeting_new(comm, &meeting[clock].comm);
    pthread_mutex_lock(&lock);
    meeting[clock].state = rc == MPI_SUCCESS ? READY : IMPOSSIBLE;
    pthread_mutex_unlock(&lock);
  }
  phase_one.state = NOT_BEGUN;
}
