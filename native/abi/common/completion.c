/* Stubs of the calls that complete sets of requests: which entries of the statuses are written depends on the answer, so no
 * generated conversion fits. Unlike calls for one request, these set the error fields: to MPI_SUCCESS unless the call returns
 * MPI_ERR_IN_STATUS (MPI-4.1 section 3.7.5; programs rely on the former, which both MPIs do). */
#include "abi.h"
#include "core_auto.h"
#include "export.h"
#include "poll.h"

/* The application's requests and statuses in canonical form: `requests_c`, and `statuses_c` or NULL where ignored. */
#define SET_BEGIN(count)                                                                                               \
  int n = (count) > 0 ? (count) : 0;                                                                                   \
  int want = !abi_status_ignored(statuses);                                                                            \
  CORE_ARRAY(mana_h, requests_c, n);                                                                                   \
  CORE_ARRAY(mana_status, statuses_c, want ? n : 0);                                                                   \
  if (!requests_c || !statuses_c) return abi_error_code_out(MANA_ERR_NO_MEM);                                          \
  for (int i = 0; i < n; i++) requests_c[i] = abi_request_in(requests[i])

/* Of the application's array, in its own form. */
#define SET_BYTES(count) ((count) > 0 ? (size_t)(count) * sizeof(MPI_Request) : 0)

#define SET_END(rc, written)                                                                                           \
  requests_out(n, requests, requests_c);                                                                               \
  if (want) statuses_out(written, statuses, statuses_c, rc);                                                           \
  CORE_ARRAY_FREE(requests_c);                                                                                         \
  CORE_ARRAY_FREE(statuses_c);                                                                                         \
  return abi_error_code_out(rc)

/* Only what completed changes: MPI_REQUEST_NULL takes its place. */
static void requests_out(int n, MPI_Request *to, const mana_h *from) {
  for (int i = 0; i < n; i++) {
    if (from[i] == MANA_REQUEST_NULL) to[i] = abi_request_out(MANA_REQUEST_NULL);
  }
}

static void statuses_out(int n, MPI_Status *to, const mana_status *from, int rc) {
  if (rc != MANA_SUCCESS && rc != MANA_ERR_IN_STATUS) return;
  for (int i = 0; i < n; i++) {
    abi_status_out(&to[i], &from[i]);
    to[i].MPI_ERROR = abi_error_code_out(from[i].error);
  }
}

int PMPI_Waitall(int count, MPI_Request *requests, MPI_Status *statuses) {
  SET_BEGIN(count);
  int rc = core_Waitall(count, requests_c, want ? statuses_c : NULL);
  SET_END(rc, n);
}
ABI_WEAK(MPI_Waitall)

int PMPI_Testall(int count, MPI_Request *requests, int *flag, MPI_Status *statuses) {
  if (core_poll_skip(CORE_POLL_TESTALL, requests, SET_BYTES(count))) return *flag = 0, 0;
  SET_BEGIN(count);
  int rc = core_Testall(count, requests_c, flag, want ? statuses_c : NULL);
  if (rc == 0 && !*flag) {
    core_poll_failed(CORE_POLL_TESTALL, requests, SET_BYTES(count));
  } else {
    core_poll_came();
  }
  SET_END(rc, *flag || rc ? n : 0);
}
ABI_WEAK(MPI_Testall)

/* What completed, or failed. */
static int testany_done(int n, MPI_Request *requests, const mana_h *after, MPI_Status *status, const mana_status *s,
                        int rc) {
  core_poll_came();
  for (int i = 0; i < n; i++) {
    mana_h before = abi_request_in(requests[i]);
    if (after[i] != before) core_delete(MANA_KIND_REQUEST, before);
  }
  requests_out(n, requests, after);
  if (s->source != MANA_STATUS_UNSET) abi_status_out(status, s);
  return abi_error_code_out(rc);
}

static inline __attribute__((always_inline)) int testany(int count, MPI_Request *requests, mana_h *requests_c,
                                                         int *index, int *flag, MPI_Status *status) {
  int n = count > 0 ? count : 0;
  for (int i = 0; i < n; i++) requests_c[i] = abi_request_in(requests[i]);
  mana_status status_c;
  status_c.source = MANA_STATUS_UNSET;
  int rc = core_Testany(count, requests_c, index, flag, abi_status_ignored(status) ? NULL : &status_c);
  if (__builtin_expect(rc != 0 || *flag, 0)) return testany_done(n, requests, requests_c, status, &status_c, rc);
  core_poll_failed(CORE_POLL_TESTANY, requests, SET_BYTES(count));
  return 0;
}
static __attribute__((noinline)) int testany_of_any(int count, MPI_Request *requests, int *index, int *flag,
                                                    MPI_Status *status) {
  if (!requests && count > 0)
    return abi_error_code_out(core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_ARG, "MPI_Testany"));
  if (core_poll_skip(CORE_POLL_TESTANY, requests, SET_BYTES(count))) return *flag = 0, *index = MANA_UNDEFINED, 0;
  CORE_ARRAY(mana_h, requests_c, count > 0 ? count : 0);
  if (!requests_c) return abi_error_code_out(MANA_ERR_NO_MEM);
  int rc = testany(count, requests, requests_c, index, flag, status);
  CORE_ARRAY_FREE(requests_c);
  return rc;
}

/* A program that polls does it between any two pieces of its work, and mostly for one message, so a failed test must not cost more than
 * looking at the request: nothing has changed, nothing is converted back. */
int PMPI_Testany(int count, MPI_Request *requests, int *index, int *flag, MPI_Status *status) {
  mana_h one;
  if (__builtin_expect(count != 1 || !requests, 0)) return testany_of_any(count, requests, index, flag, status);
  if (core_poll_skip(CORE_POLL_TESTANY, requests, sizeof *requests)) return *flag = 0, *index = MANA_UNDEFINED, 0;
  return testany(1, requests, &one, index, flag, status);
}
ABI_WEAK(MPI_Testany)

#define SOME(Name)                                                                                                     \
  int PMPI_##Name(int count, MPI_Request *requests, int *outcount, int *indices, MPI_Status *statuses) {               \
    SET_BEGIN(count);                                                                                                  \
    int rc = core_##Name(count, requests_c, outcount, indices, want ? statuses_c : NULL);                              \
    SET_END(rc, *outcount == MANA_UNDEFINED ? 0 : *outcount);                                                          \
  }                                                                                                                    \
  ABI_WEAK(MPI_##Name)
SOME(Waitsome)
SOME(Testsome)
