/* Persistent requests: a start is a send or receive that counts. */
#include "completion.h"
#include "queue.h"
#include "synchronous.h"

static void started(mana_h request) {
  struct px_record *r = px_record_of(request);
  r->active = 1;
  r->serial = px_count(&px_counters.posted, 1);
  r->owed = r->kind == PX_RECEIVE && r->peer != MANA_PROC_NULL && !r->foreign;
  if (r->kind != PX_SEND) return;
  px_count_sent(r->comm, r->peer, r->tag);
  r->receipt = PX_NOT_ASKED;
  r->behind = 0;
  if (r->mode == PX_SYNCHRONOUS) px_synchronous_begun(request);
}

static int start_queued(mana_h request) {
  struct px_record *r = px_record_of(request);
  if (r->kind != PX_RECEIVE || !r->persistent) return 0;
  struct px_message *m = px_queue_take(r->peer, r->tag, r->comm);
  if (!m) return 0;
  mana_status status = {0};
  r->active = 1;
  int rc = px_message_deliver(m, r->buffer, r->count, r->datatype, &status);
  px_settle_early(request, &status, rc);
  return 1;
}

static inline int start(mana_h request) {
  int rc = MPI_Start(&px_table_request[mana_index(request)]);
  if (__builtin_expect(rc != MPI_SUCCESS, 0)) return px_error(rc);
  started(request);
  return 0;
}

int px_Start(mana_h *request) {
  int turn = px_look();
  if (turn) px_turn_begin();
  int rc = turn && start_queued(*request) ? 0 : start(*request);
  px_look_end(turn);
  return rc;
}

int px_Startall(int count, mana_h *requests) {
  int length = count > 0 ? count : 0;
  PX_ARRAY(MPI_Request, site, length);
  if (!site) return MANA_ERR_NO_MEM;
  if (px_look()) {
    int rc = 0;
    PX_ARRAY_FREE(site);
    for (int i = 0; i < length && !rc; i++) rc = px_Start(&requests[i]);
    return rc;
  }
  for (int i = 0; i < length; i++) site[i] = px_request(requests[i]);
  int rc = MPI_Startall(count, site);
  px_looked();
  for (int i = 0; i < length; i++) {
    px_table_request[mana_index(requests[i])] = site[i];
    if (rc == MPI_SUCCESS) started(requests[i]);
  }
  PX_ARRAY_FREE(site);
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}
