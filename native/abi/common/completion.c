/* Stubs of the calls that complete sets of requests: which entries of the statuses are written depends on the answer, so no
 * generated conversion fits. Unlike calls for one request, these set the error fields: to MPI_SUCCESS unless the call returns
 * MPI_ERR_IN_STATUS (MPI-4.1 section 3.7.5; programs rely on the former, which both MPIs do). */
#include "abi.h"
#include "core_auto.h"
#include "export.h"

/* The application's requests and statuses in canonical form: `requests_c`, and `statuses_c` or NULL where ignored. */
#define SET_BEGIN(count)                                                                                               \
  int n = (count) > 0 ? (count) : 0;                                                                                   \
  int want = !abi_status_ignored(statuses);                                                                            \
  CORE_ARRAY(mana_h, requests_c, n);                                                                                   \
  CORE_ARRAY(mana_status, statuses_c, want ? n : 0);                                                                   \
  if (!requests_c || !statuses_c) return abi_error_code_out(MANA_ERR_NO_MEM);                                          \
  for (int i = 0; i < n; i++) requests_c[i] = abi_request_in(requests[i])

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
  SET_BEGIN(count);
  int rc = core_Testall(count, requests_c, flag, want ? statuses_c : NULL);
  SET_END(rc, *flag || rc ? n : 0);
}
ABI_WEAK(MPI_Testall)

#define SOME(Name)                                                                                                     \
  int PMPI_##Name(int count, MPI_Request *requests, int *outcount, int *indices, MPI_Status *statuses) {               \
    SET_BEGIN(count);                                                                                                  \
    int rc = core_##Name(count, requests_c, outcount, indices, want ? statuses_c : NULL);                              \
    SET_END(rc, *outcount == MANA_UNDEFINED ? 0 : *outcount);                                                          \
  }                                                                                                                    \
  ABI_WEAK(MPI_##Name)
SOME(Waitsome)
SOME(Testsome)
