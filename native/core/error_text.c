/* Texts of the predefined error classes (MPI-4.1 section 9.4), for when the site cannot be asked. */
#include <stdio.h>
#include <string.h>

#include "core_auto.h"
#include "error.h"

static const struct {
  int error_class;
  const char *text;
} texts[] = {
    {MANA_SUCCESS, "MPI_SUCCESS: no error"},
    {MANA_ERR_BUFFER, "MPI_ERR_BUFFER: invalid buffer pointer"},
    {MANA_ERR_COUNT, "MPI_ERR_COUNT: invalid count argument"},
    {MANA_ERR_TYPE, "MPI_ERR_TYPE: invalid datatype"},
    {MANA_ERR_TAG, "MPI_ERR_TAG: invalid tag"},
    {MANA_ERR_COMM, "MPI_ERR_COMM: invalid communicator"},
    {MANA_ERR_RANK, "MPI_ERR_RANK: invalid rank"},
    {MANA_ERR_REQUEST, "MPI_ERR_REQUEST: invalid request"},
    {MANA_ERR_ROOT, "MPI_ERR_ROOT: invalid root"},
    {MANA_ERR_GROUP, "MPI_ERR_GROUP: invalid group"},
    {MANA_ERR_OP, "MPI_ERR_OP: invalid reduction operation"},
    {MANA_ERR_TOPOLOGY, "MPI_ERR_TOPOLOGY: invalid topology"},
    {MANA_ERR_DIMS, "MPI_ERR_DIMS: invalid dimensions"},
    {MANA_ERR_ARG, "MPI_ERR_ARG: invalid argument"},
    {MANA_ERR_UNKNOWN, "MPI_ERR_UNKNOWN: unknown error"},
    {MANA_ERR_TRUNCATE, "MPI_ERR_TRUNCATE: message truncated"},
    {MANA_ERR_OTHER, "MPI_ERR_OTHER: other error"},
    {MANA_ERR_INTERN, "MPI_ERR_INTERN: internal error"},
    {MANA_ERR_PENDING, "MPI_ERR_PENDING: pending request"},
    {MANA_ERR_IN_STATUS, "MPI_ERR_IN_STATUS: the error code is in the status"},
    {MANA_ERR_ACCESS, "MPI_ERR_ACCESS: permission denied"},
    {MANA_ERR_AMODE, "MPI_ERR_AMODE: invalid access mode"},
    {MANA_ERR_ASSERT, "MPI_ERR_ASSERT: invalid assertion"},
    {MANA_ERR_BAD_FILE, "MPI_ERR_BAD_FILE: invalid file name"},
    {MANA_ERR_BASE, "MPI_ERR_BASE: invalid base"},
    {MANA_ERR_CONVERSION, "MPI_ERR_CONVERSION: error in a data conversion function"},
    {MANA_ERR_DISP, "MPI_ERR_DISP: invalid displacement"},
    {MANA_ERR_DUP_DATAREP, "MPI_ERR_DUP_DATAREP: data representation defined twice"},
    {MANA_ERR_FILE_EXISTS, "MPI_ERR_FILE_EXISTS: file exists"},
    {MANA_ERR_FILE_IN_USE, "MPI_ERR_FILE_IN_USE: file in use"},
    {MANA_ERR_FILE, "MPI_ERR_FILE: invalid file handle"},
    {MANA_ERR_INFO_KEY, "MPI_ERR_INFO_KEY: info key too long"},
    {MANA_ERR_INFO_NOKEY, "MPI_ERR_INFO_NOKEY: info key not defined"},
    {MANA_ERR_INFO_VALUE, "MPI_ERR_INFO_VALUE: info value too long"},
    {MANA_ERR_INFO, "MPI_ERR_INFO: invalid info object"},
    {MANA_ERR_IO, "MPI_ERR_IO: I/O error"},
    {MANA_ERR_KEYVAL, "MPI_ERR_KEYVAL: invalid attribute key"},
    {MANA_ERR_LOCKTYPE, "MPI_ERR_LOCKTYPE: invalid lock type"},
    {MANA_ERR_NAME, "MPI_ERR_NAME: service name not published"},
    {MANA_ERR_NO_MEM, "MPI_ERR_NO_MEM: out of memory"},
    {MANA_ERR_NOT_SAME, "MPI_ERR_NOT_SAME: collective arguments differ between processes"},
    {MANA_ERR_NO_SPACE, "MPI_ERR_NO_SPACE: not enough space for the file"},
    {MANA_ERR_NO_SUCH_FILE, "MPI_ERR_NO_SUCH_FILE: no such file"},
    {MANA_ERR_PORT, "MPI_ERR_PORT: invalid port name"},
    {MANA_ERR_QUOTA, "MPI_ERR_QUOTA: quota exceeded"},
    {MANA_ERR_READ_ONLY, "MPI_ERR_READ_ONLY: read-only file or file system"},
    {MANA_ERR_RMA_CONFLICT, "MPI_ERR_RMA_CONFLICT: conflicting accesses to a window"},
    {MANA_ERR_RMA_SYNC, "MPI_ERR_RMA_SYNC: wrong synchronization of accesses to a window"},
    {MANA_ERR_SERVICE, "MPI_ERR_SERVICE: invalid service name"},
    {MANA_ERR_SIZE, "MPI_ERR_SIZE: invalid size"},
    {MANA_ERR_SPAWN, "MPI_ERR_SPAWN: processes could not be spawned"},
    {MANA_ERR_UNSUPPORTED_DATAREP, "MPI_ERR_UNSUPPORTED_DATAREP: unsupported data representation"},
    {MANA_ERR_UNSUPPORTED_OPERATION, "MPI_ERR_UNSUPPORTED_OPERATION: unsupported operation"},
    {MANA_ERR_WIN, "MPI_ERR_WIN: invalid window"},
    {MANA_ERR_RMA_RANGE, "MPI_ERR_RMA_RANGE: target memory is not in the window"},
    {MANA_ERR_RMA_ATTACH, "MPI_ERR_RMA_ATTACH: memory cannot be attached"},
    {MANA_ERR_RMA_SHARED, "MPI_ERR_RMA_SHARED: memory cannot be shared"},
    {MANA_ERR_RMA_FLAVOR, "MPI_ERR_RMA_FLAVOR: wrong flavour of window"},
    {MANA_ERR_SESSION, "MPI_ERR_SESSION: invalid session"},
    {MANA_ERR_PROC_ABORTED, "MPI_ERR_PROC_ABORTED: a peer process has aborted"},
    {MANA_ERR_VALUE_TOO_LARGE, "MPI_ERR_VALUE_TOO_LARGE: the value does not fit its type"},
    {MANA_ERR_ERRHANDLER, "MPI_ERR_ERRHANDLER: invalid error handler"},
    {MANA_ERR_LASTCODE, "MPI_ERR_LASTCODE: last error code"},
};

const char *core_error_text(int error_class) {
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (texts[i].error_class == error_class) return texts[i].text;
  }
  return NULL;
}

int core_error_describe(int code, char *text) {
  int length = core_error_added_text(code, text);
  if (length >= 0) return length;
  if (core_mpi_runs()) {
    int rc;
    MANA_CROSS(rc, MPI_BELOW(Error_string)(code, text, &length));
    if (rc == MANA_SUCCESS) return length;
  }
  const char *known = core_error_text(code);
  return snprintf(text, MANA_MAX_ERROR_STRING, "%s", known ? known : "unknown error code");
}
