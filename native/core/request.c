/* Completion: the proxy tests and waits below; the core gives back the handles of requests that are gone and lets the
 * error handler of the communicator speak. A request that completed comes back as MANA_REQUEST_NULL. */
#include <string.h>

#include "core_auto.h"
#include "grequest.h"
#include "poll.h"
#include "refs.h"

static mana_h comm_of(mana_h request) {
  struct core_object *o = core_object(MANA_KIND_REQUEST, request);
  return o && o->request.comm ? o->request.comm : MANA_COMM_WORLD;
}

/* Whoever started it answers for it: a communicator, or the file or window of a nonblocking access. */
static int fail(mana_h request, int rc, const char *name) {
  mana_h owner = comm_of(request);
  enum mana_kind kind = mana_is_user(owner) ? (enum mana_kind)(owner >> 26 & 0x1f) : MANA_KIND_COMM;
  return core_fail(kind, owner, rc, name);
}

int core_Wait(mana_h *request, mana_status *status) {
  mana_h before = *request;
  int rc;
  MANA_CROSS(rc, MPI_BELOW_ON(Wait, before)(request, status));
  if (__builtin_expect(rc != 0, 0)) {
    while (rc == MANA_RC_AGAIN) MANA_CROSS(rc, MPI_BELOW_ON(Wait, before)(request, status));
    if (rc) rc = fail(before, rc, "MPI_Wait");
  }
  if (*request != before) core_delete(MANA_KIND_REQUEST, before);
  return rc;
}

int core_Test(mana_h *request, int *flag, mana_status *status) {
  mana_h before = *request;
  int rc;
  if (core_poll_skip(CORE_POLL_TEST, request, sizeof *request)) {
    *flag = 0;
    return MANA_SUCCESS;
  }
  MANA_CROSS(rc, MPI_BELOW_ON(Test, before)(request, flag, status));
  if (__builtin_expect(rc != 0, 0)) {
    rc = fail(before, rc, "MPI_Test");
  } else if (!*flag) {
    core_poll_failed(CORE_POLL_TEST, request, sizeof *request);
    return MANA_SUCCESS;
  }
  core_poll_came();
  if (*request != before) core_delete(MANA_KIND_REQUEST, before);
  return rc;
}

int core_Request_free(mana_h *request) {
  mana_h before = *request;
  const struct core_object *o = core_live(MANA_KIND_REQUEST, before, MANA_REQUEST_NULL);
  if (o && o->request.generalized && !core_grequest_may_go(o->request.generalized)) {
    *request = MANA_REQUEST_NULL;
    return MANA_SUCCESS;
  }
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Request_free)(request));
  if (rc) rc = fail(before, rc, "MPI_Request_free");
  if (*request != before) core_delete(MANA_KIND_REQUEST, before);
  return rc;
}

int core_Request_get_status(mana_h request, int *flag, mana_status *status) {
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Request_get_status)(request, flag, status));
  return rc ? fail(request, rc, "MPI_Request_get_status") : MANA_SUCCESS;
}

int core_Startall(int count, mana_h *requests) {
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Startall)(count, requests));
  return rc ? fail(count > 0 ? requests[0] : 0, rc, "MPI_Startall") : MANA_SUCCESS;
}

/* --- sets of requests ---------------------------------------------------------------------------------------------- */
static void give_back(int count, const mana_h *before, const mana_h *after) {
  for (int i = 0; i < count; i++) {
    if (after[i] != before[i]) core_delete(MANA_KIND_REQUEST, before[i]);
  }
}

/* The proxy overwrites handles of completed requests, so a copy tells afterwards which are gone. A negative count is
 * passed on: the site reports it. `changed`: whether requests may be gone though the call succeeded. */
#define COMPLETE_SET(name, count, call, changed)                                                                       \
  size_t length = (count) > 0 ? (size_t)(count) : 0;                                                                   \
  CORE_ARRAY(mana_h, before, length);                                                                                  \
  if (!before) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_NO_MEM, name);                               \
  if (length) memcpy(before, requests, length * sizeof *before);                                                       \
  mana_h first = core_first_active((int)length, before);                                                               \
  int rc;                                                                                                              \
  MANA_CROSS(rc, call);                                                                                                \
  if (__builtin_expect(rc != 0, 0)) {                                                                                  \
    while (rc == MANA_RC_AGAIN) MANA_CROSS(rc, call);                                                                  \
    if (rc) rc = fail(first, rc, name);                                                                                \
  }                                                                                                                    \
  if (rc || (changed)) give_back((int)length, before, requests);                                                       \
  CORE_ARRAY_FREE(before);                                                                                             \
  return rc

int core_Waitall(int count, mana_h *requests, mana_status *statuses) {
  COMPLETE_SET("MPI_Waitall", count, MPI_BELOW_ON(Waitall, first)(count, requests, statuses), 1);
}
int core_Testall(int count, mana_h *requests, int *flag, mana_status *statuses) {
  COMPLETE_SET("MPI_Testall", count, MPI_BELOW_ON(Testall, first)(count, requests, flag, statuses), *flag);
}
int core_Waitany(int count, mana_h *requests, int *index, mana_status *status) {
  COMPLETE_SET("MPI_Waitany", count, MPI_BELOW_ON(Waitany, first)(count, requests, index, status), 1);
}
int core_testany_failed(mana_h first, int rc) {
  return fail(first, rc, "MPI_Testany");
}
int core_Waitsome(int count, mana_h *requests, int *outcount, int *indices, mana_status *statuses) {
  COMPLETE_SET("MPI_Waitsome", count, MPI_BELOW_ON(Waitsome, first)(count, requests, outcount, indices, statuses), 1);
}
int core_Testsome(int count, mana_h *requests, int *outcount, int *indices, mana_status *statuses) {
  COMPLETE_SET("MPI_Testsome", count, MPI_BELOW_ON(Testsome, first)(count, requests, outcount, indices, statuses),
               *outcount);
}
