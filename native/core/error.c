/* An MPI call failed: whose error handler speaks, and what it does. MPI-4.1 section 9.3. */
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "core_auto.h"
#include "cxx.h"
#include "errhandler.h"
#include "error.h"
#include "fortran_handle.h"
#include "lock.h"
#include "predefined.h"
#include "refs.h"

static void report(const char *text) {
  struct upper_tls *tls = mana_cross_enter();
  MANA_SERVICE(void (*)(const char *), SVC_REPORT)(text);
  mana_cross_leave(tls);
}

/* --- functions that the site lacks ---------------------------------------------------------------------------------- */
/* Each is named once, and with all threads together: names are literals, compared as text because each file has its own. */
static int first_time(const char *name) {
  enum { MOST = 512 };
  static const char *named[MOST];
  static int count;
  static core_lock_t lock;
  core_lock(&lock);
  int i = 0;
  while (i < count && strcmp(named[i], name)) i++;
  int first = i == count && count < MOST;
  if (first) named[count++] = name;
  core_unlock(&lock);
  return first;
}

static int absent(const char *name) {
  if (first_time(name)) {
    char text[160];
    snprintf(text, sizeof text, "this site's MPI has no %s: the call returns MPI_ERR_UNSUPPORTED_OPERATION", name);
    report(text);
  }
  return MANA_ERR_UNSUPPORTED_OPERATION;
}

/* --- fatal errors ------------------------------------------------------------------------------------------------------ */
static const char *kind_title(enum mana_kind kind) {
  switch (kind) {
    case MANA_KIND_WIN: return "window";
    case MANA_KIND_FILE: return "file";
    case MANA_KIND_SESSION: return "session";
    default: return "communicator";
  }
}

/* "MPI_COMM_WORLD", "communicator grid", or just "a window". */
static void describe_object(enum mana_kind kind, mana_h h, char *to, size_t size) {
  for (size_t i = 0; i < core_predefined_count; i++) {
    if (core_predefined[i].kind == kind && core_predefined[i].handle == h) {
      snprintf(to, size, "%s", core_predefined[i].name);
      return;
    }
  }
  char name[MANA_MAX_OBJECT_NAME + 1] = "";
  int length = 0, rc = MANA_ERR_OTHER;
  if (kind == MANA_KIND_COMM) MANA_CROSS(rc, MPI_BELOW(Comm_get_name)(h, name, &length));
  if (kind == MANA_KIND_WIN) MANA_CROSS(rc, MPI_BELOW(Win_get_name)(h, name, &length));
  if (rc == MANA_SUCCESS && name[0]) {
    snprintf(to, size, "%s %s", kind_title(kind), name);
  } else {
    snprintf(to, size, "a %s", kind_title(kind));
  }
}

static void fatal(enum mana_kind kind, mana_h object, int code, const char *name) __attribute__((noreturn));
static void fatal(enum mana_kind kind, mana_h object, int code, const char *name) {
  char text[MANA_MAX_ERROR_STRING + 1], who[MANA_MAX_OBJECT_NAME + 32], message[2 * MANA_MAX_ERROR_STRING + 512];
  core_error_describe(code, text);
  if (!core_mpi_runs()) {
    const char *when = SPLIT->mpi_state == SPLIT_MPI_FINALIZED ? "after MPI_Finalize" : "before MPI_Init";
    snprintf(message, sizeof message, "%s was called %s: %s", name, when, text);
    report(message);
    exit(1);
  }
  describe_object(kind, object, who, sizeof who);
  snprintf(message, sizeof message, "%s failed on %s: %s\n  Its error handler is fatal, so the job ends.", name, who,
           text);
  report(message); /* which names the rank */
  mana_h doomed = kind == MANA_KIND_COMM ? object : MANA_COMM_WORLD;
  int rc = abi_error_code_out(code);
  if (core_can_abort(doomed)) rc = core_abort_below(doomed, rc);
  _Exit(rc ? rc : 1); /* an Abort that returned, or a rank whose end the launcher takes for the job's */
}

/* --- handlers of the application --------------------------------------------------------------------------------------- */
static int call_fortran(void *function, enum mana_kind kind, mana_h object, int code) {
  MPI_Fint handle = abi_fortran_handle(kind, object);
  MPI_Fint number = abi_error_code_out(code);
  ((void (*)(MPI_Fint *, MPI_Fint *))function)(&handle, &number);
  return number;
}

static int call_c(void *function, enum mana_kind kind, mana_h object, int code) {
  int number = abi_error_code_out(code);
  if (kind == MANA_KIND_WIN) {
    MPI_Win h = abi_win_out(object);
    ((MPI_Win_errhandler_function *)function)(&h, &number);
  } else if (kind == MANA_KIND_FILE) {
    MPI_File h = abi_file_out(object);
    ((MPI_File_errhandler_function *)function)(&h, &number);
  } else if (kind == MANA_KIND_SESSION) {
    MPI_Session h = abi_session_out(object);
    ((MPI_Session_errhandler_function *)function)(&h, &number);
  } else {
    MPI_Comm h = abi_comm_out(object);
    ((MPI_Comm_errhandler_function *)function)(&h, &number);
  }
  return number;
}

/* Whose handler speaks: the object's; that of MPI_FILE_NULL for a file that is none; that of MPI_COMM_WORLD for all else. */
static struct core_object *speaker(enum mana_kind *kind, mana_h *h) {
  struct core_object *o = NULL;
  switch (*kind) {
    case MANA_KIND_COMM: o = core_live(*kind, *h, MANA_COMM_NULL); break;
    case MANA_KIND_WIN: o = core_live(*kind, *h, MANA_WIN_NULL); break;
    case MANA_KIND_SESSION: o = core_live(*kind, *h, MANA_SESSION_NULL); break;
    case MANA_KIND_FILE:
      o = core_live(*kind, *h, 0);
      if (!o) o = core_object(*kind, *h = MANA_FILE_NULL);
      break;
    default: break;
  }
  if (o && o->errhandler) return o;
  *kind = MANA_KIND_COMM;
  return core_object(*kind, *h = MANA_COMM_WORLD);
}

int core_errhandler_invoke(enum mana_kind kind, mana_h object, int code, const char *name) {
  mana_h errhandler = speaker(&kind, &object)->errhandler;
  if (!core_mpi_runs()) fatal(kind, object, code, name);
  if (errhandler == MANA_ERRORS_RETURN) return code;
  const struct core_object *handler = mana_is_user(errhandler) ? core_object(MANA_KIND_ERRHANDLER, errhandler) : NULL;
  if (!handler) fatal(kind, object, code, name);
  void *function = handler->errhandler_of.function;
  switch (handler->errhandler_of.convention) {
    case CORE_FORTRAN: return abi_error_code_in(call_fortran(function, kind, object, code));
    case CORE_CXX: abi_call_cxx_errhandler(function, kind, object, abi_error_code_out(code)); return code;
    default: return abi_error_code_in(call_c(function, kind, object, code));
  }
}

int core_fail(enum mana_kind kind, mana_h object, int rc, const char *name) {
  if (rc == MANA_RC_ABSENT) return absent(name);
  if (kind == MANA_KIND_NONE) return rc;
  return core_errhandler_invoke(kind, object, rc, name);
}
