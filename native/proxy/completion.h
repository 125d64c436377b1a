/* What the completion of one request and of sets of them share. */
#ifndef MANA_PX_COMPLETION_H
#define MANA_PX_COMPLETION_H
#include "px_record.h"

static inline void px_settle(mana_h *request) {
  if (px_request(*request) != MPI_REQUEST_NULL) return;
  px_request_release(*request);
  *request = MANA_REQUEST_NULL;
}

/* What a checkpoint has completed, or the queue has served, before the application asked: the site knows nothing of it. */
static inline int px_is_early(mana_h request) {
  return __builtin_expect(px_request(request) == MPI_REQUEST_NULL, 0) && request != MANA_REQUEST_NULL &&
         px_record_of(request)->early;
}

/* The same, and the application may hear of it. */
static inline int px_tells_early(mana_h request) {
  return px_is_early(request) && !px_is_held_back(px_record_of(request));
}
/* The site has completed a request that the application must not hear of yet. 0 */
static inline int px_hold_back(mana_h request) {
  px_settle_early(request, &(mana_status){0}, 0);
  return 0;
}

/* The site has completed the request: counts, and a status that was there before. */
static inline void px_complete(mana_h request, mana_status *status) {
  struct px_record *r = px_record_of(request);
  px_record_status(r, status);
  if (__builtin_expect(r->late, 0)) {
    r->late = 0;
    if (status) px_early_status(status, request);
  }
  px_record_completed(r);
}
#endif
