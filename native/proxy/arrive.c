/* The first phase of a collective in two phases: a barrier that a checkpoint may cut through, and that --stop can take back, as no
 * MPI_Ibarrier can be: in rounds of empty messages, the r-th to and from the members 2^r further on and 2^r back (dissemination).
 *
 * The messages of a clock run on a communicator of our own: on the application's, saving its objects would meet them. That of all processes is
 * there. The first collective on another clock makes it, and goes by the clock alone; others of this rank wait until it is there, so that the n-th
 * barrier of one rank is the n-th of all. A thread that leaves and comes back in the same process finds its barrier as it left it; in a process made by a restart all
 * members begin anew, for none of them had entered the collective. */
#include <pthread.h>

#include "pump.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

enum meeting_state { NOWHERE, BEING_MADE, READY, IMPOSSIBLE };
static struct {
  enum meeting_state state;
  MPI_Comm comm;
  int rank, size;
} meeting[SPLIT_CLOCKS_MAX];
static uint32_t high; /* clocks from here on have none */

struct phase_one {
  enum { NOT_BEGUN, WAITING, MAKES_THE_MEETING, ALL_HERE } state;
  MPI_Request request[2]; /* of the round: in, out */
  int distance, round;
  struct phase_one *next; /* of those that wait, in all threads */
};
static _Thread_local struct phase_one own;
static struct phase_one *waiting;

static int begin_round(uint32_t clock) {
  int n = meeting[clock].size, me = meeting[clock].rank;
  MPI_Comm comm = meeting[clock].comm;
  int from = (me - own.distance % n + n) % n, to = (me + own.distance) % n;
  int rc = MPI_Irecv(NULL, 0, MPI_BYTE, from, PX_TAG_ROUND + own.round, comm, &own.request[0]);
  return rc == MPI_SUCCESS ? MPI_Isend(NULL, 0, MPI_BYTE, to, PX_TAG_ROUND + own.round, comm, &own.request[1]) : rc;
}

static void join(void) {
  own.next = waiting;
  waiting = &own;
  own.state = WAITING;
}
static void part(void) {
  for (struct phase_one **p = &waiting; *p; p = &(*p)->next) {
    if (*p != &own) continue;
    *p = own.next;
    break;
  }
  own.state = ALL_HERE;
}

static bool is_of_all(uint32_t clock) {
  const uint64_t *is = CLOCKS->clock[clock].id;
  uint64_t all[2];
  (void)px_membership(MANA_COMM_WORLD, MANA_GROUP_NULL, all);
  return is[0] == all[0] && is[1] == all[1];
}

static enum meeting_state find(uint32_t clock) {
  if (clock >= high) high = clock + 1;
  if (!is_of_all(clock)) return BEING_MADE;
  meeting[clock].comm = px_world;
  return MPI_Comm_rank(px_world, &meeting[clock].rank) == MPI_SUCCESS &&
                 MPI_Comm_size(px_world, &meeting[clock].size) == MPI_SUCCESS
             ? READY
             : IMPOSSIBLE;
}

/* A site that fails here will say so in the collective; until then the clock alone has to do. */
static void begin(uint32_t clock) {
  if (meeting[clock].state == NOWHERE) {
    meeting[clock].state = find(clock);
    if (meeting[clock].state == BEING_MADE) own.state = MAKES_THE_MEETING;
  }
  if (meeting[clock].state == READY) {
    own.distance = 1;
    own.round = 0;
    join();
    if (begin_round(clock) != MPI_SUCCESS) part();
  } else if (meeting[clock].state == IMPOSSIBLE) {
    own.state = ALL_HERE;
  }
}

static void go_on(uint32_t clock) {
  MPI_Status status[2];
  int done = 0, rc = MPI_Testall(2, own.request, &done, status);
  if (rc == MPI_SUCCESS && !done) return;
  own.distance *= 2;
  own.round++;
  if (rc != MPI_SUCCESS || own.distance >= meeting[clock].size || begin_round(clock) != MPI_SUCCESS) part();
}

int px_arrive(uint32_t clock) {
  pthread_mutex_lock(&lock);
  if (own.state == NOT_BEGUN) begin(clock);
  if (own.state == WAITING) go_on(clock);
  pthread_mutex_unlock(&lock);
  return own.state >= MAKES_THE_MEETING;
}

void px_entered(uint32_t clock, mana_h comm) {
  if (own.state == MAKES_THE_MEETING) {
    int rc = px_meeting_new(comm, &meeting[clock].comm);
    if (rc == MPI_SUCCESS) rc = MPI_Comm_rank(meeting[clock].comm, &meeting[clock].rank);
    if (rc == MPI_SUCCESS) rc = MPI_Comm_size(meeting[clock].comm, &meeting[clock].size);
    pthread_mutex_lock(&lock);
    meeting[clock].state = rc == MPI_SUCCESS ? READY : IMPOSSIBLE;
    pthread_mutex_unlock(&lock);
  }
  own.state = NOT_BEGUN;
}

/* UCX complains of messages that nobody has received. They have long arrived: all ranks have written their images since. */
static void receive_rest(MPI_Comm comm) {
  char any[256]; /* longer than what an attempt that was given up may have left (synchronous.c) */
  int flag;
  MPI_Status s;
  while (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm, &flag, &s) == MPI_SUCCESS && flag) {
    if (MPI_Recv(any, sizeof any, MPI_BYTE, s.MPI_SOURCE, s.MPI_TAG, comm, MPI_STATUS_IGNORE) != MPI_SUCCESS) return;
  }
}

void px_arrive_cancel(void) {
  MPI_Status status[2];
  for (struct phase_one *p = waiting; p; p = p->next) {
    if (p->request[0] != MPI_REQUEST_NULL) MPI_Cancel(&p->request[0]);
    MPI_Waitall(2, p->request, status);
  }
  receive_rest(px_world); /* also where nobody here has come to a barrier yet */
  for (uint32_t i = 0; i < high; i++) {
    if (meeting[i].state == READY && meeting[i].comm != px_world) receive_rest(meeting[i].comm);
  }
}
