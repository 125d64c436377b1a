/* Probes. The blocking ones are loops of ours. What a message handle stands for is noted, so that a checkpoint can receive it. */
#include "probe.h"

struct px_probed *px_probed;

/* MPICH 4.0 leaves the flag of a probed message as it was in memory. */
static inline void status_out(mana_status *to, const MPI_Status *from) {
  px_status_out(to, from);
  to->cancelled = 0;
}

static inline int probe_site(int source, int tag, mana_h comm, int *flag, mana_status *status) {
  MPI_Status s;
  int rc = MPI_Iprobe(px_rank_in(source), px_tag_in(tag), px_comm(comm), flag, status ? &s : MPI_STATUS_IGNORE);
  if (__builtin_expect(rc != MPI_SUCCESS, 0)) return px_error(rc);
  if (*flag && status) status_out(status, &s);
  return 0;
}

static int probe_in_turn(int source, int tag, mana_h comm, int *flag, mana_status *status)
    __attribute__((noinline, cold));
static int probe_in_turn(int source, int tag, mana_h comm, int *flag, mana_status *status) {
  px_turn_begin();
  *flag = px_queue_look(source, tag, comm, status);
  int rc = *flag ? 0 : probe_site(source, tag, comm, flag, status);
  px_turn_end();
  return rc;
}

int px_Iprobe(int source, int tag, mana_h comm, int *flag, mana_status *status) {
  if (px_look()) return probe_in_turn(source, tag, comm, flag, status);
  int rc = probe_site(source, tag, comm, flag, status);
  px_looked();
  return rc;
}

int px_Probe(int source, int tag, mana_h comm, mana_status *status) {
  unsigned looks = 0;
  for (;;) {
    int flag = 0;
    int rc = px_Iprobe(source, tag, comm, &flag, status);
    if (rc || flag) return rc;
    if (px_must_park_after(&looks)) return MANA_RC_AGAIN;
  }
}

static int hold_site(int source, int tag, mana_h comm, int *flag, mana_h *message, mana_status *status) {
  MPI_Message site = MPI_MESSAGE_NULL;
  MPI_Status s;
  int rc = MPI_Improbe(px_rank_in(source), px_tag_in(tag), px_comm(comm), flag, &site, &s);
  if (rc != MPI_SUCCESS) return px_error(rc);
  if (!*flag) return *message = MANA_MESSAGE_NULL, 0;
  if (status) status_out(status, &s);
  px_probed[mana_index(*message)] =
      (struct px_probed){comm, px_rank_out(s.MPI_SOURCE), px_tag_out(s.MPI_TAG), px_status_bytes(&s)};
  *message = px_message_store(*message, site);
  return 0;
}

static int hold_queued(int source, int tag, mana_h comm, mana_h message, mana_status *status) {
  struct px_message *m = px_queue_take(source, tag, comm);
  if (!m) return 0;
  px_message_describe(m, m->bytes, status);
  px_table_message[mana_index(message)] = MPI_MESSAGE_NULL;
  m->handle = message;
  px_queue_add(m);
  return 1;
}

int px_Improbe(int source, int tag, mana_h comm, int *flag, mana_h *message, mana_status *status) {
  int turn = px_look(), rc = 0;
  *flag = 0;
  if (turn) px_turn_begin();
  if (turn) *flag = hold_queued(source, tag, comm, *message, status);
  if (!*flag) rc = hold_site(source, tag, comm, flag, message, status);
  px_look_end(turn);
  return rc;
}

int px_Mprobe(int source, int tag, mana_h comm, mana_h *message, mana_status *status) {
  mana_h fresh = *message;
  unsigned looks = 0;
  for (;;) {
    int flag = 0;
    *message = fresh;
    int rc = px_Improbe(source, tag, comm, &flag, message, status);
    if (rc || flag) return rc;
    *message = fresh;
    if (px_must_park_after(&looks)) return MANA_RC_AGAIN;
  }
}
