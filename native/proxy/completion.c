/* Completion in the lower half. The site's requests sit in the request table; a completed one leaves MPI_REQUEST_NULL there
 * and the canonical handle becomes MANA_REQUEST_NULL. What had to outlive the call that started it is released then. */
#include "px_request.h"

/* MPI_STATUSES_IGNORE may be a small number cast to a pointer, which the compiler takes for an array of no room. */
#pragma GCC diagnostic ignored "-Wstringop-overflow"

static void settle(mana_h *request) {
  if (px_request(*request) != MPI_REQUEST_NULL) return;
  px_request_release(*request);
  *request = MANA_REQUEST_NULL;
}

int px_Wait(mana_h *request, mana_status *status) {
  MPI_Status s;
  int rc = MPI_Wait(&px_table_request[mana_index(*request)], status ? &s : MPI_STATUS_IGNORE);
  if (status && px_status_is_set(rc)) px_status_out(status, &s);
  settle(request);
  return __builtin_expect(rc == MPI_SUCCESS, 1) ? 0 : px_error(rc);
}

int px_Test(mana_h *request, int *flag, mana_status *status) {
  MPI_Status s;
  *flag = 0;
  int rc = MPI_Test(&px_table_request[mana_index(*request)], flag, status ? &s : MPI_STATUS_IGNORE);
  if (status && *flag && px_status_is_set(rc)) px_status_out(status, &s);
  if (*flag || rc != MPI_SUCCESS) settle(request);
  return __builtin_expect(rc == MPI_SUCCESS, 1) ? 0 : px_error(rc);
}

int px_Request_free(mana_h *request) {
  int rc = MPI_Request_free(&px_table_request[mana_index(*request)]);
  if (rc != MPI_SUCCESS) return px_error(rc);
  settle(request);
  return 0;
}

int px_Request_get_status(mana_h request, int *flag, mana_status *status) {
  MPI_Status s;
  int rc = MPI_Request_get_status(px_request(request), flag, status ? &s : MPI_STATUS_IGNORE);
  if (rc != MPI_SUCCESS) return px_error(rc);
  if (status && *flag) px_status_out(status, &s);
  return 0;
}

/* --- sets of requests: the site works on an array of its own handles, which go back to the table afterwards --------- */
#define SET_BEGIN(n)                                                                                                   \
  int length = (n) > 0 ? (n) : 0;                                                                                      \
  PX_ARRAY(MPI_Request, site, length);                                                                                 \
  if (!site) return MANA_ERR_NO_MEM;                                                                                   \
  for (int i = 0; i < length; i++) site[i] = px_request(requests[i])

static void settle_set(int length, const MPI_Request *site, mana_h *requests) {
  for (int i = 0; i < length; i++) {
    if (requests[i] == MANA_REQUEST_NULL) continue;
    px_table_request[mana_index(requests[i])] = site[i];
    settle(&requests[i]);
  }
}

#define SET_END(rc)                                                                                                    \
  settle_set(length, site, requests);                                                                                  \
  PX_ARRAY_FREE(site);                                                                                                 \
  return __builtin_expect((rc) == MPI_SUCCESS, 1) ? 0 : px_error(rc)

int px_Startall(int count, mana_h *requests) {
  SET_BEGIN(count);
  int rc = MPI_Startall(count, site);
  SET_END(rc);
}

int px_Waitany(int count, mana_h *requests, int *index, mana_status *status) {
  SET_BEGIN(count);
  MPI_Status s;
  int rc = MPI_Waitany(count, site, index, status ? &s : MPI_STATUS_IGNORE);
  if (status && px_status_is_set(rc)) px_status_out(status, &s);
  SET_END(rc);
}

int px_Testany(int count, mana_h *requests, int *index, int *flag, mana_status *status) {
  SET_BEGIN(count);
  MPI_Status s;
  *flag = 0;
  int rc = MPI_Testany(count, site, index, flag, status ? &s : MPI_STATUS_IGNORE);
  if (status && *flag && px_status_is_set(rc)) px_status_out(status, &s);
  SET_END(rc);
}

/* Several statuses: here the error fields count, where the call says MPI_ERR_IN_STATUS (MPI-4.1 section 3.7.5). */
static void statuses_out(int n, mana_status *to, const MPI_Status *from, int rc) {
  for (int i = 0; i < n; i++) {
    px_status_out(&to[i], &from[i]);
    to[i].error = rc == MPI_SUCCESS || from[i].MPI_ERROR == MPI_SUCCESS ? MANA_SUCCESS : px_error(from[i].MPI_ERROR);
  }
}

#define STATUSES_BEGIN()                                                                                               \
  PX_ARRAY(MPI_Status, s, statuses ? length : 0);                                                                      \
  if (!s) return MANA_ERR_NO_MEM

int px_Waitall(int count, mana_h *requests, mana_status *statuses) {
  SET_BEGIN(count);
  STATUSES_BEGIN();
  int rc = MPI_Waitall(count, site, statuses ? s : MPI_STATUSES_IGNORE);
  if (statuses && px_status_is_set(rc)) statuses_out(length, statuses, s, rc);
  PX_ARRAY_FREE(s);
  SET_END(rc);
}

int px_Testall(int count, mana_h *requests, int *flag, mana_status *statuses) {
  SET_BEGIN(count);
  STATUSES_BEGIN();
  *flag = 0;
  int rc = MPI_Testall(count, site, flag, statuses ? s : MPI_STATUSES_IGNORE);
  if (statuses && (*flag || rc != MPI_SUCCESS) && px_status_is_set(rc)) statuses_out(length, statuses, s, rc);
  PX_ARRAY_FREE(s);
  SET_END(rc);
}

/* Statuses come in the order of completion: entries 0..outcount-1, not at the requests' indices. */
#define SOME(Name)                                                                                                     \
  int px_##Name(int count, mana_h *requests, int *outcount, int *indices, mana_status *statuses) {                     \
    SET_BEGIN(count);                                                                                                  \
    STATUSES_BEGIN();                                                                                                  \
    *outcount = 0;                                                                                                     \
    int rc = MPI_##Name(count, site, outcount, indices, statuses ? s : MPI_STATUSES_IGNORE);                           \
    int done = *outcount == MPI_UNDEFINED ? 0 : *outcount;                                                             \
    if (statuses && px_status_is_set(rc)) statuses_out(done, statuses, s, rc);                                         \
    PX_ARRAY_FREE(s);                                                                                                  \
    SET_END(rc);                                                                                                       \
  }
SOME(Waitsome)
SOME(Testsome)
