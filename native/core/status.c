/* Questions to a status, and the calls by which generalized requests fill one. A canonical status holds the byte count and the
 * cancelled flag, so all but the elements of a derived type is answered here. MPI-4.1 sections 3.2.5, 5.1.11 and 13.3. */
#include <limits.h>

#include "core_auto.h"

static int failed(int rc, const char *name) {
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}

int core_Test_cancelled(const mana_status *status, int *flag) {
  *flag = status->cancelled;
  return MANA_SUCCESS;
}
int core_Status_set_cancelled(mana_status *status, int flag) {
  status->cancelled = flag != 0;
  return MANA_SUCCESS;
}

/* --- counts: MPI_UNDEFINED where the bytes are not whole elements, or the number does not fit ------------------------------------- */
static int count_of(int64_t bytes, mana_h datatype, int64_t *count) {
  int64_t size = 0;
  int rc = core_type_bytes(datatype, &size);
  if (rc) return rc;
  if (size == 0) {
    *count = bytes == 0 ? 0 : MANA_UNDEFINED;
  } else {
    *count = bytes % size == 0 ? bytes / size : MANA_UNDEFINED;
  }
  return MANA_SUCCESS;
}

static int elements_of(const mana_status *status, mana_h datatype, int64_t *count) {
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Get_elements_x)(status, datatype, count));
  return rc;
}

static int as_int(int64_t count) {
  return count > INT_MAX ? MANA_UNDEFINED : (int)count;
}

int core_get_count_ask(int64_t bytes, mana_h datatype, int *count) {
  int64_t wide = 0;
  int rc = count_of(bytes, datatype, &wide);
  if (rc) return failed(rc, "MPI_Get_count");
  *count = as_int(wide);
  return MANA_SUCCESS;
}
int core_Get_count_c(const mana_status *status, mana_h datatype, int64_t *count) {
  return failed(count_of(status->bytes, datatype, count), "MPI_Get_count_c");
}
int core_Get_elements(const mana_status *status, mana_h datatype, int *count) {
  int64_t wide = 0;
  int rc = elements_of(status, datatype, &wide);
  if (rc) return failed(rc, "MPI_Get_elements");
  *count = as_int(wide);
  return MANA_SUCCESS;
}
int core_Get_elements_c(const mana_status *status, mana_h datatype, int64_t *count) {
  return failed(elements_of(status, datatype, count), "MPI_Get_elements_c");
}
int core_Get_elements_x(const mana_status *status, mana_h datatype, int64_t *count) {
  return failed(elements_of(status, datatype, count), "MPI_Get_elements_x");
}

/* --- setting ---------------------------------------------------------------------------------------------------------------------- */
static int set_elements(mana_status *status, mana_h datatype, int64_t count) {
  int64_t size = 0;
  int rc = core_type_bytes(datatype, &size);
  if (rc) return rc;
  if (count < 0) return MANA_ERR_COUNT;
  return __builtin_mul_overflow(size, count, &status->bytes) ? MANA_ERR_VALUE_TOO_LARGE : MANA_SUCCESS;
}

int core_Status_set_elements(mana_status *status, mana_h datatype, int count) {
  return failed(set_elements(status, datatype, count), "MPI_Status_set_elements");
}
int core_Status_set_elements_x(mana_status *status, mana_h datatype, int64_t count) {
  return failed(set_elements(status, datatype, count), "MPI_Status_set_elements_x");
}
