/* What the application frees or attaches while requests and checkpoints still need it. */
#include "lifetime.h"

#include "foreign.h"
#include "place.h"
#include "queue.h"

struct px_attached px_attached;

/* MANA_RC_KEPT: nothing was done, for a reduction of the application's gets the datatype yet. */
int px_Type_free(mana_h *datatype) {
  if (mana_is_user(*datatype) && px_records_reduce(*datatype)) return MANA_RC_KEPT;
  MPI_Datatype site = px_datatype(*datatype);
  if (mana_is_user(*datatype)) px_records_keep_datatype(*datatype);
  int rc = MPI_Type_free(&site);
  *datatype = px_datatype_update(*datatype, site);
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}

/* Others are dropped behind a gate, which is over before the pump looks at all there are; and that may block (MPI_Comm_disconnect). */
static int is_of_one(MPI_Comm comm) {
  int inter = 1, size = 0;
  return comm != MPI_COMM_NULL && MPI_Comm_test_inter(comm, &inter) == MPI_SUCCESS && !inter &&
         MPI_Comm_size(comm, &size) == MPI_SUCCESS && size == 1;
}

static int drop_comm(mana_h *comm, int (*drop)(MPI_Comm *)) {
  mana_h before = *comm;
  MPI_Comm site = px_comm(before);
  int beside_pump = is_of_one(site), turn = beside_pump && px_look();
  if (turn) px_turn_begin();
  int rc = drop(&site);
  *comm = px_comm_update(*comm, site);
  if (beside_pump) px_look_end(turn);
  if (rc != MPI_SUCCESS) return px_error(rc);
  px_comm_name_forget(before);
  if (!mana_is_user(before)) return 0;
  px_records_forget_comm(before);
  px_foreign_gone(before);
  px_queue_forget(before); /* counted as received when it was queued */
  return 0;
}
int px_Comm_free(mana_h *comm) {
  return drop_comm(comm, MPI_Comm_free);
}
int px_Comm_disconnect(mana_h *comm) {
  return drop_comm(comm, MPI_Comm_disconnect);
}

/* --- the buffer of buffered sends --------------------------------------------------------------------------------------- */
#ifdef MANA_HAVE_MPI_Buffer_attach_c
#pragma weak MPI_Buffer_attach_c
#pragma weak MPI_Buffer_detach_c
#endif
int px_Buffer_attach_c(void *buffer, int64_t size) {
  int rc;
  if ((int)size == size) {
    rc = MPI_Buffer_attach(buffer, (int)size);
  } else {
#ifdef MANA_HAVE_MPI_Buffer_attach_c
    if (!MPI_Buffer_attach_c) return MANA_RC_ABSENT;
    rc = MPI_Buffer_attach_c(buffer, size);
#else
    return MANA_RC_ABSENT;
#endif
  }
  if (rc != MPI_SUCCESS) return px_error(rc);
  px_attached = (struct px_attached){buffer, size};
  return 0;
}
int px_Buffer_attach(void *buffer, int size) {
  return px_Buffer_attach_c(buffer, size);
}

int px_Buffer_detach_c(void *buffer_addr, int64_t *size) {
  int rc, narrow = 0;
  if ((int)px_attached.size == px_attached.size) {
    rc = MPI_Buffer_detach(buffer_addr, &narrow);
    *size = narrow;
  } else {
#ifdef MANA_HAVE_MPI_Buffer_attach_c
    MPI_Count wide = 0;
    rc = MPI_Buffer_detach_c(buffer_addr, &wide);
    *size = wide;
#else
    return MANA_RC_ABSENT;
#endif
  }
  if (rc != MPI_SUCCESS) return px_error(rc);
  px_attached = (struct px_attached){0};
  return 0;
}
int px_Buffer_detach(void *buffer_addr, int *size) {
  int64_t wide = 0;
  int rc = px_Buffer_detach_c(buffer_addr, &wide);
  if (rc == 0) *size = (int)wide;
  return rc;
}
