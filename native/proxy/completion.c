/* Completion in the lower half. The site's requests sit in the request table; a completed one leaves MPI_REQUEST_NULL there
 * and the canonical handle becomes MANA_REQUEST_NULL. What had to outlive the call that started it is released then. */
#include "completion.h"

/* MPI_STATUSES_IGNORE may be a small number cast to a pointer, which the compiler takes for an array of no room. */
#pragma GCC diagnostic ignored "-Wstringop-overflow"

/* The site says that the request has completed, or that it has failed. */
static __attribute__((noinline)) int done(mana_h *request, int *flag, mana_status *status, const MPI_Status *s,
                                          int rc) {
  struct px_record *r = px_record_of(*request);
  *flag = 1;
  if (px_is_held_back(r) && rc == MPI_SUCCESS) return *flag = 0, px_hold_back(*request);
  if (status && px_status_is_set(rc)) px_status_out(status, s);
  if (__builtin_expect(r->canceled, 0) && rc == MPI_SUCCESS) px_record_canceled(r, s);
  if (__builtin_expect(rc == MPI_SUCCESS, 1) || px_request(*request) == MPI_REQUEST_NULL || r->persistent)
    px_complete(*request, status);
  px_settle(request);
  return __builtin_expect(rc == MPI_SUCCESS, 1) ? 0 : px_error(rc);
}

/* A look in vain, which is what a program that polls does most, touches no more than the request. */
static inline int look(mana_h *request, int *flag, mana_status *status) {
  MPI_Status s;
  int rc = MPI_Test(&px_table_request[mana_index(*request)], flag, &s);
  if (__builtin_expect(rc == MPI_SUCCESS, 1) && !*flag) return 0;
  return done(request, flag, status, &s, rc);
}

int px_Wait(mana_h *request, mana_status *status) {
  unsigned looks = 0;
  int flag = 0, rc;
  if (px_tells_early(*request)) return px_early_take(request, status);
  if (px_is_early(*request)) return sched_yield(), MANA_RC_AGAIN;
  if (!px_record_waits(px_record_of(*request))) {
    MPI_Status s;
    rc = MPI_Wait(&px_table_request[mana_index(*request)], &s);
    return done(request, &flag, status, &s, rc);
  }
  for (;;) {
    rc = look(request, &flag, status);
    if (__builtin_expect(flag, 1)) return rc;
    if (px_must_park_after(&looks) || px_is_early(*request)) return MANA_RC_AGAIN;
  }
}

int px_Test(mana_h *request, int *flag, mana_status *status) {
  *flag = 0;
  if (px_is_early(*request)) {
    if (px_is_held_back(px_record_of(*request))) return 0;
    return *flag = 1, px_early_take(request, status);
  }
  return look(request, flag, status);
}

int px_Request_get_status(mana_h request, int *flag, mana_status *status) {
  MPI_Status s;
  if (px_is_held_back(px_record_of(request))) return *flag = 0, 0;
  if (px_is_early(request)) {
    if (status) px_early_status(status, request);
    return *flag = 1, 0;
  }
  int rc = MPI_Request_get_status(px_request(request), flag, status ? &s : MPI_STATUS_IGNORE);
  if (rc != MPI_SUCCESS) return px_error(rc);
  if (*flag && px_is_held_back(px_record_of(request))) *flag = 0;
  if (status && *flag) px_status_out(status, &s);
  if (*flag) px_record_status(px_record_of(request), status);
  if (status && *flag && px_record_of(request)->late) px_early_status(status, request);
  return 0;
}

/* Goes on without its request (MPI-4.1 section 3.7.3), and how it ends is still asked. */
static int must_be_seen_to_end(const struct px_record *r) {
  return (r->kind == PX_RECEIVE && r->owed) || r->canceled || r->receipt == PX_AWAITED;
}

int px_Request_free(mana_h *request) {
  struct px_record *r = px_record_of(*request);
  mana_status ignored;
  if (px_is_early(*request)) {
    px_early_take(request, &ignored);
    if (!r->persistent) return 0;
  }
  if (must_be_seen_to_end(r)) {
    int rc = px_orphan_add(px_request(*request), r);
    if (rc) return rc;
    px_table_request[mana_index(*request)] = MPI_REQUEST_NULL;
  } else {
    int rc = MPI_Request_free(&px_table_request[mana_index(*request)]);
    if (rc != MPI_SUCCESS) return px_error(rc);
  }
  r->kind = PX_FREE;
  px_settle(request);
  return 0;
}

/* What has not come to an end at once is looked at again when it has. */
int px_Cancel(mana_h *request) {
  struct px_record *r = px_record_of(*request);
  MPI_Status s;
  int flag = 0;
  if (px_is_early(*request) || r->receipt == PX_AWAITED) return 0; /* its message is there: too late */
  int rc = MPI_Cancel(&px_table_request[mana_index(*request)]);
  if (rc != MPI_SUCCESS) return px_error(rc);
  if (r->kind != PX_SEND && r->kind != PX_RECEIVE) return 0;
  rc = MPI_Request_get_status(px_request(*request), &flag, &s);
  if (rc == MPI_SUCCESS && flag) {
    px_record_canceled(r, &s);
  } else {
    r->canceled = 1;
  }
  return 0;
}
