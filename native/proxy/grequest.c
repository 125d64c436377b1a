/* Generalized requests below: the site's callbacks go up to the record (core/grequest.c). */
#include "px_record.h"
#include "site_values.h"
#include "upcall.h"

typedef int upcall_query(void *state, mana_status *status);
typedef int upcall_free(void *state);
typedef int upcall_cancel(void *state, int complete);

/* What the site's MPI_Wait will return. Codes that the application added mean nothing here. */
static int site_code(int canonical) {
  if (canonical >= MANA_ERR_USER_BASE) return MPI_ERR_OTHER;
  return px_error_code_in(canonical);
}

static int query(void *state, MPI_Status *status) {
  mana_status above = {0};
  int rc;
  PX_UPCALL(rc, ((upcall_query *)SPLIT->upcall[UPCALL_GREQUEST_QUERY])(state, &above));
  /* Not px_rank_in: the application may have put anything here, MPI_UNDEFINED for one, and gets it back. */
  status->MPI_SOURCE = above.source < 0 && above.source > MPI_UNDEFINED ? px_rank_in(above.source) : above.source;
  status->MPI_TAG = above.tag == MANA_ANY_TAG ? MPI_ANY_TAG : above.tag;
  MPI_Status_set_elements_x(status, MPI_BYTE, above.bytes);
  MPI_Status_set_cancelled(status, above.cancelled);
  return site_code(rc);
}

static int release(void *state) {
  int rc;
  PX_UPCALL(rc, ((upcall_free *)SPLIT->upcall[UPCALL_GREQUEST_FREE])(state));
  return site_code(rc);
}

static int cancel(void *state, int complete) {
  int rc;
  PX_UPCALL(rc, ((upcall_cancel *)SPLIT->upcall[UPCALL_GREQUEST_CANCEL])(state, complete));
  return site_code(rc);
}

int px_Grequest_start(void *query_fn, void *free_fn, void *cancel_fn, void *extra_state, mana_h *request) {
  (void)query_fn, (void)free_fn, (void)cancel_fn; /* the record has them */
  MPI_Request site = MPI_REQUEST_NULL;
  int rc = MPI_Grequest_start(query, release, cancel, extra_state, &site);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *request = px_request_store(*request, site);
  px_record_new(*request, PX_GENERALIZED, 0);
  return 0;
}

int px_Grequest_complete(mana_h request) {
  int rc = MPI_Grequest_complete(px_request(request));
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}
