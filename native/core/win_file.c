/* Windows and files: freeing carries attributes and error handlers, which live in the core. */
#include "attribute.h"
#include "core_auto.h"
#include "errhandler.h"
#include "gate.h"

int core_Win_free(mana_h *win) {
  mana_h before = *win;
  struct core_object *o = core_object(MANA_KIND_WIN, before);
  int rc = o && o->refs ? core_attributes_delete_all(MANA_KIND_WIN, before) : MANA_SUCCESS;
  if (rc == MANA_SUCCESS) MANA_CROSS(rc, MPI_BELOW(Win_free)(win));
  if (rc) return core_fail(MANA_KIND_WIN, before, rc, "MPI_Win_free");
  if (o) core_errhandler_drop(o);
  core_delete(MANA_KIND_WIN, before);
  return MANA_SUCCESS;
}

/* A new file has the error handler that MPI_FILE_NULL has now (MPI-4.1 section 14.7). */
void core_file_born(mana_h fh) {
  struct core_object *o = core_object(MANA_KIND_FILE, fh);
  if (o) core_errhandler_inherit(o, core_object(MANA_KIND_FILE, MANA_FILE_NULL));
}

int core_File_close(mana_h *fh) {
  mana_h before = *fh;
  struct core_object *o = core_object(MANA_KIND_FILE, before);
  int rc;
  uint32_t clock = core_gate_of_file(before);
  CORE_GATE_ENTER_LAST(clock, 0, SLOT_File_close);
  MANA_CROSS(rc, MPI_BELOW(File_close)(fh));
  if (rc) core_gate_failed(CLOCKS->members[clock], rc);
  if (!rc) core_gate_gone(clock);
  core_gate_leave();
  if (rc) return core_fail(MANA_KIND_FILE, before, rc, "MPI_File_close");
  if (o) core_errhandler_drop(o);
  core_delete(MANA_KIND_FILE, before);
  return MANA_SUCCESS;
}
