/* Completion of sets of requests. Those that wait for messages are tested by loops of ours, so that a checkpoint can call the thread back. */
#include "completion.h"

/* MPI_STATUSES_IGNORE may be a small number cast to a pointer, which the compiler takes for an array of no room. */
#pragma GCC diagnostic ignored "-Wstringop-overflow"

/* --- sets of requests: the site works on an array of its own handles, which go back to the table afterwards --------- */
/* `early`: there are requests that the site knows nothing of and the application may hear of; `waits`: the site must not block on this set;
 * `canceled`: statuses tell more than the application wants to know; `synchronous`: there are such sends, and what completes may have to be held
 * back. */
#define SET_BEGIN(n)                                                                                                   \
  int length = (n) > 0 ? (n) : 0, early = 0, waits = 0, canceled = 0, synchronous = 0;                                 \
  PX_ARRAY(MPI_Request, site, length);                                                                                 \
  if (!site) return MANA_ERR_NO_MEM;                                                                                   \
  for (int i = 0; i < length; i++) {                                                                                   \
    site[i] = px_request(requests[i]);                                                                                 \
    early |= px_tells_early(requests[i]);                                                                              \
    waits |= px_record_waits(px_record_of(requests[i]));                                                               \
    canceled |= px_record_of(requests[i])->canceled;                                                                   \
    synchronous |= px_is_synchronous(px_record_of(requests[i]));                                                       \
  }                                                                                                                    \
  (void)early, (void)waits, (void)canceled, (void)synchronous

/* A persistent request stays where it was when it completes. After an error only the site knows: an inactive one has an empty status. */
static int has_ended(MPI_Request site) {
  MPI_Status s;
  int flag = 0;
  return MPI_Request_get_status(site, &flag, &s) == MPI_SUCCESS && flag && s.MPI_SOURCE == MPI_ANY_SOURCE;
}

/* After a call that has set the first n statuses, those of requests[indices[k]] or, without indices, of requests[k]. */
static void end_canceled(int n, const int *indices, const mana_h *requests, const MPI_Status *s, int rc)
    __attribute__((noinline, cold));
static void end_canceled(int n, const int *indices, const mana_h *requests, const MPI_Status *s, int rc) {
  for (int k = 0; k < n && px_status_is_set(rc); k++) {
    struct px_record *r = px_record_of(requests[indices ? indices[k] : k]);
    if (r->canceled && (rc == MPI_SUCCESS || s[k].MPI_ERROR == MPI_SUCCESS)) px_record_canceled(r, &s[k]);
  }
}

static void settle_at(int i, const MPI_Request *site, mana_h *requests, mana_status *status) {
  if (requests[i] == MANA_REQUEST_NULL || px_is_early(requests[i])) return;
  px_table_request[mana_index(requests[i])] = site[i];
  px_complete(requests[i], status);
  px_settle(&requests[i]);
}

static void settle_failed(int length, const MPI_Request *site, mana_h *requests) {
  for (int i = 0; i < length; i++) {
    if (site[i] == MPI_REQUEST_NULL || (px_record_of(requests[i])->active && has_ended(site[i])))
      settle_at(i, site, requests, NULL);
  }
}

/* Among them one has failed: those that were early are told all the same. */
static void take_early(int length, mana_h *requests, mana_status *statuses) {
  for (int i = 0; i < length; i++) {
    mana_status *status = statuses ? &statuses[i] : NULL;
    if (!px_tells_early(requests[i])) continue;
    int code = px_early_take(&requests[i], status);
    if (status) status->error = code;
  }
}

#define SET_RETURN(code)                                                                                               \
  do {                                                                                                                 \
    PX_ARRAY_FREE(site);                                                                                               \
    return code;                                                                                                       \
  } while (0)
/* After a call of the site's; what completed without an error has been settled. */
#define SET_END(rc)                                                                                                    \
  do {                                                                                                                 \
    if (__builtin_expect((rc) != MPI_SUCCESS, 0)) settle_failed(length, site, requests);                               \
    SET_RETURN(__builtin_expect((rc) == MPI_SUCCESS, 1) ? 0 : px_error(rc));                                           \
  } while (0)

/* --- any ---------------------------------------------------------------------------------------------------------------- */
static int any_early(int length, mana_h *requests, int *index, mana_status *status) {
  int i = 0;
  while (i < length - 1 && !px_tells_early(requests[i])) i++;
  *index = i;
  return px_early_take(&requests[i], status);
}

/* Where the one that has completed must be held back, or none is left but such: whether that is so. */
static int any_held_back(int index, const MPI_Request *site, int length, const mana_h *requests) {
  if (index != MPI_UNDEFINED) {
    if (!px_is_held_back(px_record_of(requests[index]))) return 0;
    px_table_request[mana_index(requests[index])] = site[index];
    return !px_hold_back(requests[index]);
  }
  for (int i = 0; i < length; i++) {
    if (px_is_early(requests[i])) return 1;
  }
  return 0;
}

/* The site says that requests[*index] is done, or, by MPI_UNDEFINED, that none is active; or it has failed. */
static __attribute__((noinline)) int testany_done(int length, mana_h *requests, const MPI_Request *site,
                                                  const int *index, int *flag, mana_status *status, const MPI_Status *s,
                                                  int rc) {
  if (__builtin_expect(rc != MPI_SUCCESS, 0)) {
    if (status && *flag && px_status_is_set(rc)) px_status_out(status, s);
    settle_failed(length, site, requests);
    return px_error(rc);
  }
  if (any_held_back(*index, site, length, requests)) return *flag = 0, 0;
  if (*index != MPI_UNDEFINED && __builtin_expect(px_record_of(requests[*index])->canceled, 0))
    px_record_canceled(px_record_of(requests[*index]), s);
  if (status) px_status_out(status, s);
  if (*index != MPI_UNDEFINED) settle_at(*index, site, requests, status);
  return 0;
}

static inline __attribute__((always_inline)) int testany(int count, mana_h *requests, MPI_Request *site, int *index,
                                                         int *flag, mana_status *status) {
  for (int i = 0; i < count; i++) {
    site[i] = px_request(requests[i]);
    if (__builtin_expect(site[i] == MPI_REQUEST_NULL, 0) && px_tells_early(requests[i]))
      return *flag = 1, any_early(count, requests, index, status);
  }
  MPI_Status s;
  *flag = 0;
  int rc = MPI_Testany(count, site, index, flag, &s);
  if (__builtin_expect(rc == MPI_SUCCESS && !*flag, 1)) return 0;
  return testany_done(count, requests, site, index, flag, status, &s, rc);
}
static __attribute__((noinline)) int testany_of_any(int count, mana_h *requests, int *index, int *flag,
                                                    mana_status *status) {
  PX_ARRAY(MPI_Request, site, count > 0 ? count : 0);
  if (!site) return MANA_ERR_NO_MEM;
  int rc = testany(count, requests, site, index, flag, status);
  PX_ARRAY_FREE(site);
  return rc;
}

/* Programs poll with it (hpcc's RandomAccess, for one message, before each update of its table), and most often in vain: then no record is
 * looked at. */
int px_Testany(int count, mana_h *requests, int *index, int *flag, mana_status *status) {
  MPI_Request one;
  if (__builtin_expect(count != 1, 0)) return testany_of_any(count, requests, index, flag, status);
  return testany(1, requests, &one, index, flag, status);
}

int px_Waitany(int count, mana_h *requests, int *index, mana_status *status) {
  SET_BEGIN(count);
  MPI_Status s, *to = status || canceled ? &s : MPI_STATUS_IGNORE;
  unsigned looks = 0;
  int rc, flag = 0;
  if (early) SET_RETURN(any_early(length, requests, index, status));
  if (waits) {
    do {
      rc = MPI_Testany(count, site, index, &flag, to);
    } while (rc == MPI_SUCCESS && !flag && !px_must_park_after(&looks));
    if (rc == MPI_SUCCESS && !flag) SET_RETURN(MANA_RC_AGAIN);
  } else {
    rc = MPI_Waitany(count, site, index, to);
  }
  if (__builtin_expect(synchronous, 0) && rc == MPI_SUCCESS && any_held_back(*index, site, length, requests))
    SET_RETURN((sched_yield(), MANA_RC_AGAIN));
  if (__builtin_expect(canceled, 0) && rc == MPI_SUCCESS && *index != MPI_UNDEFINED)
    end_canceled(1, index, requests, &s, rc);
  if (status && px_status_is_set(rc)) px_status_out(status, &s);
  if (rc == MPI_SUCCESS && *index != MPI_UNDEFINED) settle_at(*index, site, requests, status);
  SET_END(rc);
}

/* --- all ---------------------------------------------------------------------------------------------------------------- */
/* Several statuses: here the error fields count, where the call says MPI_ERR_IN_STATUS (MPI-4.1 section 3.7.5). */
static void statuses_out(int n, mana_status *to, const MPI_Status *from, int rc) {
  for (int i = 0; i < n; i++) {
    px_status_out(&to[i], &from[i]);
    to[i].error = rc == MPI_SUCCESS || from[i].MPI_ERROR == MPI_SUCCESS ? MANA_SUCCESS : px_error(from[i].MPI_ERROR);
  }
}

/* All are done: settles them, those among them that were early too. A canonical code. */
static int settle_all(int length, const MPI_Request *site, mana_h *requests, mana_status *statuses, int early) {
  int rc = 0;
  for (int i = 0; i < length; i++) {
    mana_status *status = statuses ? &statuses[i] : NULL;
    if (__builtin_expect(early, 0) && px_is_early(requests[i])) {
      int code = px_early_take(&requests[i], status);
      if (status) status->error = code;
      if (code) rc = MANA_ERR_IN_STATUS;
    } else {
      settle_at(i, site, requests, status);
    }
  }
  return rc;
}

/* One after the other: no more calls into the site's progress than waiting for them all at once would make. MPI_SUCCESS or
 * MPI_ERR_IN_STATUS; or `length` is more than what was done, and the thread has to leave. */
static int wait_each(int *length, MPI_Request *site, MPI_Status *s) {
  int result = MPI_SUCCESS;
  for (int i = 0; i < *length; i++) {
    unsigned looks = 0;
    int flag = 0, rc;
    while ((rc = MPI_Test(&site[i], &flag, &s[i])) == MPI_SUCCESS && !flag) {
      if (px_must_park_after(&looks)) return *length = i, result;
    }
    s[i].MPI_ERROR = rc;
    if (__builtin_expect(rc != MPI_SUCCESS, 0)) result = MPI_ERR_IN_STATUS;
  }
  return result;
}

/* The first ones are done, and nobody will be told before the thread comes back. */
static int leave_early(int done, const MPI_Request *site, const mana_h *requests, const MPI_Status *s) {
  for (int i = 0; i < done; i++) {
    if (requests[i] == MANA_REQUEST_NULL || px_is_early(requests[i])) continue;
    const struct px_record *r = px_record_of(requests[i]);
    if (r->persistent && !r->active) continue;
    mana_status status = {0};
    px_status_out(&status, &s[i]);
    px_record_status(r, &status);
    px_table_request[mana_index(requests[i])] = site[i];
    px_settle_early(requests[i], r->late ? &px_early[mana_index(requests[i])] : &status,
                    s[i].MPI_ERROR == MPI_SUCCESS ? 0 : px_error(s[i].MPI_ERROR));
  }
  return MANA_RC_AGAIN;
}

int px_Waitall(int count, mana_h *requests, mana_status *statuses) {
  SET_BEGIN(count);
  PX_ARRAY(MPI_Status, s, statuses || waits || canceled ? length : 0);
  if (!s) return MANA_ERR_NO_MEM;
  int done = length, rc;
  if (waits) {
    rc = wait_each(&done, site, s);
  } else {
    rc = MPI_Waitall(count, site, statuses || canceled ? s : MPI_STATUSES_IGNORE);
  }
  if (__builtin_expect(canceled, 0)) end_canceled(done, NULL, requests, s, rc);
  int code = rc == MPI_SUCCESS ? 0 : px_error(rc);
  if (__builtin_expect(done < length || (synchronous && px_holds_back()), 0)) {
    code = leave_early(done, site, requests, s);
    sched_yield();
  } else {
    if (statuses && px_status_is_set(rc)) statuses_out(length, statuses, s, rc);
    if (rc == MPI_SUCCESS || waits) {
      int of_early = settle_all(length, site, requests, statuses, early | synchronous);
      if (of_early) code = of_early;
    } else {
      settle_failed(length, site, requests);
      take_early(length, requests, statuses);
    }
  }
  PX_ARRAY_FREE(s);
  SET_RETURN(code);
}

int px_Testall(int count, mana_h *requests, int *flag, mana_status *statuses) {
  SET_BEGIN(count);
  PX_ARRAY(MPI_Status, s, statuses || canceled || synchronous ? length : 0);
  if (!s) return MANA_ERR_NO_MEM;
  *flag = 0;
  int rc = MPI_Testall(count, site, flag, statuses || canceled || synchronous ? s : MPI_STATUSES_IGNORE), code = 0;
  if (__builtin_expect(canceled, 0) && (*flag || rc != MPI_SUCCESS)) end_canceled(length, NULL, requests, s, rc);
  if (statuses && (*flag || rc != MPI_SUCCESS) && px_status_is_set(rc)) statuses_out(length, statuses, s, rc);
  if (__builtin_expect(synchronous, 0) && *flag && rc == MPI_SUCCESS && px_holds_back()) {
    for (int i = 0; i < length; i++) s[i].MPI_ERROR = MPI_SUCCESS; /* which the site does not set */
    (void)leave_early(length, site, requests, s);
    *flag = 0;
  }
  PX_ARRAY_FREE(s);
  if (rc == MPI_ERR_IN_STATUS) take_early(length, requests, statuses);
  if (rc != MPI_SUCCESS) SET_END(rc);
  if (*flag) code = settle_all(length, site, requests, statuses, early | synchronous);
  SET_RETURN(code);
}

/* --- some --------------------------------------------------------------------------------------------------------------- */
/* Statuses come in the order of completion: entries 0..outcount-1, not at the requests' indices. Early ones follow. */
static int some_early(int length, mana_h *requests, int *outcount, int *indices, mana_status *statuses) {
  int rc = 0, n = *outcount == MPI_UNDEFINED ? 0 : *outcount;
  for (int i = 0; i < length; i++) {
    if (!px_tells_early(requests[i])) continue;
    int code = px_early_take(&requests[i], statuses ? &statuses[n] : NULL);
    if (statuses) statuses[n].error = code;
    if (code) rc = MANA_ERR_IN_STATUS;
    indices[n++] = i;
  }
  *outcount = n;
  return rc;
}

/* What has completed is told as early requests are: all but what must be held back. */
static void leave_some_early(int done, const int *indices, const MPI_Request *site, const mana_h *requests,
                             MPI_Status *s) {
  for (int k = 0; k < done; k++) {
    s[k].MPI_ERROR = MPI_SUCCESS;
    (void)leave_early(1, &site[indices[k]], &requests[indices[k]], &s[k]);
  }
}

static int some(int count, mana_h *requests, int *outcount, int *indices, mana_status *statuses, int wait) {
  SET_BEGIN(count);
  PX_ARRAY(MPI_Status, s, statuses || canceled || synchronous ? length : 0);
  if (!s) return MANA_ERR_NO_MEM;
  MPI_Status *to = statuses || canceled || synchronous ? s : MPI_STATUSES_IGNORE;
  unsigned looks = 0;
  int rc, code = 0;
  *outcount = 0;
  if (wait && !waits && !early) {
    rc = MPI_Waitsome(count, site, outcount, indices, to);
  } else {
    do {
      rc = MPI_Testsome(count, site, outcount, indices, to);
    } while (wait && !early && rc == MPI_SUCCESS && *outcount == 0 && length && !px_must_park_after(&looks));
    if (wait && !early && rc == MPI_SUCCESS && *outcount == 0 && length) code = MANA_RC_AGAIN;
  }
  int done = *outcount == MPI_UNDEFINED ? 0 : *outcount;
  if (__builtin_expect(synchronous, 0) && rc == MPI_SUCCESS &&
      (px_holds_back() || any_held_back(MPI_UNDEFINED, site, length, requests))) {
    leave_some_early(done, indices, site, requests, s);
    *outcount = 0;
    PX_ARRAY_FREE(s);
    code = some_early(length, requests, outcount, indices, statuses);
    SET_RETURN(*outcount == 0 && wait ? (sched_yield(), MANA_RC_AGAIN) : code);
  }
  if (statuses && px_status_is_set(rc)) statuses_out(done, statuses, s, rc);
  if (__builtin_expect(canceled, 0)) end_canceled(done, indices, requests, s, rc);
  PX_ARRAY_FREE(s);
  if (rc != MPI_SUCCESS) SET_END(rc);
  for (int i = 0; i < done; i++) settle_at(indices[i], site, requests, statuses ? &statuses[i] : NULL);
  if (early) code = some_early(length, requests, outcount, indices, statuses);
  SET_RETURN(code);
}
int px_Waitsome(int count, mana_h *requests, int *outcount, int *indices, mana_status *statuses) {
  return some(count, requests, outcount, indices, statuses, 1);
}
int px_Testsome(int count, mana_h *requests, int *outcount, int *indices, mana_status *statuses) {
  return some(count, requests, outcount, indices, statuses, 0);
}
