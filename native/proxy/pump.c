/* The drain: what is under way comes to an end, what nobody has asked for goes into the queue. */
#include "pump.h"

#include "probe.h"
#include "px_file.h"

/* Sends, receives and collectives, never what calls back into the application. */
static int is_pumped(const struct px_record *r) {
  if (r->early || (r->persistent && !r->active)) return 0;
  return r->kind == PX_SEND || r->kind == PX_RECEIVE || r->kind == PX_COLLECTIVE || r->kind == PX_CONSTRUCTOR ||
         r->kind == PX_OTHER || r->kind == PX_FILE;
}

static int pump_request(uint32_t i) {
  struct px_record *r = &px_record[i];
  MPI_Status s;
  int flag = 0;
  int rc = MPI_Test(&px_table_request[i], &flag, &s);
  if (rc == MPI_SUCCESS && !flag) return 0;
  mana_status status = {0};
  if (px_status_is_set(rc)) px_status_out(&status, &s);
  px_record_status(r, &status);
  if (r->canceled && rc == MPI_SUCCESS) px_record_canceled(r, &s);
  px_settle_early(mana_handle(MANA_KIND_REQUEST, i), r->late ? &px_early[i] : &status,
                  rc == MPI_SUCCESS ? 0 : px_error(rc));
  r->late = 0;
  return 1;
}

static int pump_requests(void) {
  int moved = px_orphans_test();
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    if (is_pumped(&px_record[i])) moved |= pump_request(i);
  }
  return moved;
}

/* A message with room for what was probed; out of memory, it stays where it is and the drain does not end. */
static struct px_message *room_for(const struct px_probed *from, MPI_Datatype *bytes, int *n) {
  struct px_message *m = px_message_new(from->comm, from->source, from->tag, from->bytes);
  if (m) *bytes = px_bytes_type(from->bytes, n);
  return m;
}
static int queue(struct px_message *m, int rc, MPI_Datatype *bytes, mana_h handle) {
  px_bytes_free(bytes);
  if (rc != MPI_SUCCESS) return free(m), 0;
  m->handle = handle;
  px_queue_add(m);
  px_count(&px_counters.received, 1);
  return 1;
}

/* Messages that the application has matched and not received. */
static int pump_held(void) {
  int moved = 0, n;
  MPI_Datatype bytes;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_message; i++) {
    if (!px_is_live_message(i) || px_is_foreign(px_probed[i].comm)) continue;
    struct px_message *m = room_for(&px_probed[i], &bytes, &n);
    if (!m) continue;
    int rc = MPI_Mrecv(m->data, n, bytes, &px_table_message[i], MPI_STATUS_IGNORE);
    moved |= queue(m, rc, &bytes, mana_handle(MANA_KIND_MESSAGE, i));
  }
  return moved;
}

/* Posted receives have taken theirs, so a receive takes what the probe has seen. (Not MPI_Mprobe: receiving a large message that was
 * matched so ends the program under MPICH 4.0 over UCX 1.13, by an assertion in tag_rndv.h.) */
static int pump_comm(mana_h comm) {
  MPI_Datatype bytes;
  MPI_Status s;
  int moved = 0, flag, n;
  while (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, px_comm(comm), &flag, &s) == MPI_SUCCESS && flag) {
    struct px_probed from = {comm, px_rank_out(s.MPI_SOURCE), px_tag_out(s.MPI_TAG), px_status_bytes(&s)};
    struct px_message *m = room_for(&from, &bytes, &n);
    if (!m) break;
    int rc = MPI_Recv(m->data, n, bytes, s.MPI_SOURCE, s.MPI_TAG, px_comm(comm), MPI_STATUS_IGNORE);
    if (!queue(m, rc, &bytes, 0)) break;
    moved = 1;
  }
  return moved;
}

static uint64_t pending(enum px_record_kind kind) {
  uint64_t n = 0;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    const struct px_record *r = &px_record[i];
    n += r->kind == kind && !r->early && (!r->persistent || r->active);
  }
  return n;
}

static int is_running(void) {
  int begun = 0, over = 0;
  MPI_Initialized(&begun);
  MPI_Finalized(&over);
  return begun && !over;
}

static int pump_unmatched(void) {
  int moved = pump_comm(MANA_COMM_WORLD) | pump_comm(MANA_COMM_SELF);
  if (pending(PX_CONSTRUCTOR)) return moved; /* some communicator must not be touched yet */
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_comm; i++) {
    mana_h comm = mana_handle(MANA_KIND_COMM, i);
    if (px_is_live_comm(i) && !px_is_foreign(comm)) moved |= pump_comm(comm);
  }
  return moved;
}

int px_pump(void) {
  px_queue_unguard();
  return is_running() ? pump_requests() | pump_held() | pump_unmatched() : 0;
}

static int pump_in_turn(void) {
  px_turn_begin();
  int moved = pump_unmatched();
  px_turn_end();
  return moved;
}

/* With MULTIPLE only what is safe beside them; with SERIALIZED nothing, for one may be in MPI; below that only the thread that may call MPI at all
 * (a session that was opened may have granted MULTIPLE to a program that has less: then others ask, too). */
int px_pump_beside(void) {
  int level, may = 0;
  if (!is_running() || MPI_Query_thread(&level) != MPI_SUCCESS) return 0;
  if (level == MPI_THREAD_MULTIPLE) return pump_in_turn();
  return level != MPI_THREAD_SERIALIZED && MPI_Is_thread_main(&may) == MPI_SUCCESS && may ? px_pump() : 0;
}

int px_calls_back(void) {
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    const struct px_record *r = &px_record[i];
    if (r->kind == PX_COLLECTIVE && r->calls_back && !r->early) return 1;
  }
  return 0;
}

void px_progress(void) {
  int flag;
  if (is_running()) MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
}

void px_counts(struct proxy_counts *counts) {
  *counts = (struct proxy_counts){
      px_counters.sent, px_counters.received,
      pending(PX_COLLECTIVE) + pending(PX_CONSTRUCTOR) + pending(PX_PERSISTENT_COLLECTIVE) + pending(PX_FILE)};
}

int px_identity(int *rank, int *size) {
  if (!is_running()) return -1;
  return MPI_Comm_rank(MPI_COMM_WORLD, rank) == MPI_SUCCESS && MPI_Comm_size(MPI_COMM_WORLD, size) == MPI_SUCCESS ? 0
                                                                                                                  : -1;
}

/* The peers of what is still pending leave too, or never come. */
void px_leave(void) {
  if (!is_running()) return;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    struct px_record *r = &px_record[i];
    int waits = r->kind == PX_RECEIVE || r->receipt == PX_AWAITED;
    if (!waits || r->early || (r->persistent && !r->active)) continue;
    MPI_Cancel(&px_table_request[i]);
    MPI_Wait(&px_table_request[i], MPI_STATUS_IGNORE);
  }
  for (struct px_orphan *o = px_orphans; o; o = o->next) {
    MPI_Cancel(&o->site);
    MPI_Wait(&o->site, MPI_STATUS_IGNORE);
  }
  px_arrive_cancel();
  px_files_leave();
  /* MPICH complains on stderr of datatypes that the program would have freed later. */
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_datatype; i++) {
    if (px_is_live_datatype(i)) MPI_Type_free(&px_table_datatype[i]);
  }
  (void)px_Finalize(); /* the process exits, whatever it says */
}
