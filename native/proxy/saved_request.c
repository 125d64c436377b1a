/* Requests in the order of their posting, messages in the order of their arrival. */
#include <time.h>

#include "lifetime.h"
#include "saved.h"
#include "synchronous.h"

struct entry {
  mana_h handle;
  const struct px_record *record;
};
static int by_serial(const void *a, const void *b) {
  uint64_t x = ((const struct entry *)a)->record->serial, y = ((const struct entry *)b)->record->serial;
  return x < y ? -1 : x > y;
}

static int is_pending(const struct px_record *r) {
  return !r->early && (!r->persistent || r->active);
}

/* What was received everywhere has been sent: the site may need a little time to say so. */
static int is_unfinished_send(const struct px_record *r) {
  return r->kind == PX_SEND && r->receipt != PX_AWAITED;
}
void px_requests_finish(void) {
  time_t end = time(NULL) + 10;
  for (;;) {
    int pending = 0;
    px_pump();
    for (const struct px_orphan *o = px_orphans; o; o = o->next) pending += is_unfinished_send(&o->record);
    for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++)
      pending += is_unfinished_send(&px_record[i]) && is_pending(&px_record[i]);
    if (!pending || time(NULL) > end) return;
  }
}

/* What no checkpoint can have, in whatever state it is; NULL: it can. */
static const char *never_saved(const struct px_record *r) {
  switch (r->kind) {
    case PX_GENERALIZED: return "a generalized request (MPI_Grequest_start) is open";
    case PX_PARTITIONED: return "a partitioned request (MPI_Psend_init or MPI_Precv_init) is open";
    case PX_PERSISTENT_COLLECTIVE: return "a persistent collective request (MPI_Barrier_init or its like) is open";
    default: return NULL;
  }
}

int px_requests_check(struct px_saved *s) {
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    const char *why = never_saved(&px_record[i]);
    if (why) return px_refuse(s, "%s", why);
  }
  return 0;
}

static int check(struct px_saved *s, const struct px_record *r) {
  switch (r->kind) {
    case PX_OTHER: return is_pending(r) ? px_refuse(s, "a nonblocking access to a window is not complete") : 0;
    case PX_FILE: return is_pending(r) ? px_refuse(s, "a nonblocking access to a file is not complete") : 0;
    case PX_SEND:
      if (is_pending(r) && r->receipt != PX_AWAITED)
        return px_refuse(s, "a send is not complete though its message has been received");
      break;
    case PX_COLLECTIVE:
    case PX_CONSTRUCTOR: return is_pending(r) ? px_refuse(s, "a nonblocking collective is not complete") : 0;
    default: break;
  }
  if ((!is_pending(r) || r->receipt == PX_AWAITED) && !r->persistent) return 0;
  if (!r->comm && r->kind == PX_SEND)
    return px_refuse(s, "a persistent send is open on a communicator that the program has freed");
  if (!r->comm)
    return px_refuse(
        s, "a receive is open on a communicator that the program has freed, or for a message that MPI_Improbe matched");
  if ((int)r->count != r->count)
    return px_refuse(s, "a pending or persistent request has more elements than an int can count");
  return 0;
}

static int save_record(struct px_saved *s, mana_h h, const struct px_record *r) {
  if (check(s, r)) return -1;
  save_u32(s->stream, h);
  save_bytes(s->stream, r, sizeof *r);
  if (r->early) save_bytes(s->stream, &px_early[mana_index(h)], sizeof *px_early);
  return 0;
}

/* Requests that the application has freed have a handle that is none. Their receives keep their turn among the others. */
enum { ORPHAN = MANA_REQUEST_NULL };

static struct entry *list_all(size_t *count) {
  size_t most = px_high_request + 1ul, n = 0;
  for (const struct px_orphan *o = px_orphans; o; o = o->next) most++;
  struct entry *all = malloc(most * sizeof *all);
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request && all; i++) {
    if (px_record[i].kind != PX_FREE) all[n++] = (struct entry){mana_handle(MANA_KIND_REQUEST, i), &px_record[i]};
  }
  for (const struct px_orphan *o = px_orphans; o && all; o = o->next) all[n++] = (struct entry){ORPHAN, &o->record};
  if (all) qsort(all, n, sizeof *all, by_serial);
  *count = n;
  return all;
}

int px_requests_save(struct px_saved *s) {
  size_t n;
  struct entry *all = list_all(&n);
  int rc = all ? 0 : px_refuse(s, "out of memory");
  for (size_t i = 0; i < n && !rc; i++) rc = save_record(s, all[i].handle, all[i].record);
  free(all);
  save_u32(s->stream, 0);
  return rc;
}

static int make_persistent(struct px_saved *s, const struct px_record *r, MPI_Request *site) {
  void *buf = (void *)(uintptr_t)px_buffer(r->buffer);
  MPI_Datatype type = px_datatype(r->datatype);
  MPI_Comm comm = px_comm(r->comm);
  int n = (int)r->count, peer = px_rank_in(r->peer), tag = px_tag_in(r->tag), rc;
  if (r->kind == PX_RECEIVE) {
    rc = MPI_Recv_init(buf, n, type, peer, tag, comm, site);
  } else {
    switch (r->mode) {
      case PX_BUFFERED: rc = MPI_Bsend_init(buf, n, type, peer, tag, comm, site); break;
      case PX_SYNCHRONOUS: rc = MPI_Ssend_init(buf, n, type, peer, tag, comm, site); break;
      case PX_READY: rc = MPI_Rsend_init(buf, n, type, peer, tag, comm, site); break;
      default: rc = MPI_Send_init(buf, n, type, peer, tag, comm, site); break;
    }
  }
  bool starts = r->active && !r->early && r->receipt != PX_AWAITED;
  if (rc == MPI_SUCCESS && starts) rc = MPI_Start(site);
  if (rc == MPI_SUCCESS && starts && r->canceled) rc = MPI_Cancel(site);
  return px_refuse_failed(s, rc, "a persistent request");
}

/* The site's request for a record; MPI_REQUEST_NULL where it needs none. */
static int make(struct px_saved *s, const struct px_record *r, MPI_Request *site) {
  *site = MPI_REQUEST_NULL;
  if (r->persistent) return make_persistent(s, r, site);
  if (r->early || r->receipt == PX_AWAITED) return 0;
  int rc = px_site_irecv((void *)(uintptr_t)px_buffer(r->buffer), r->count, px_datatype(r->datatype),
                         px_rank_in(r->peer), px_tag_in(r->tag), px_comm(r->comm), site);
  if (rc == MPI_SUCCESS && r->canceled) rc = MPI_Cancel(site);
  return px_refuse_failed(s, rc, "MPI_Irecv");
}

int px_requests_restore(struct px_saved *s) {
  mana_h h;
  while ((h = load_u32(s->stream))) {
    struct px_record r;
    mana_status status = {0};
    MPI_Request site;
    uint32_t i = mana_index(h);
    load_bytes(s->stream, &r, sizeof r);
    if (r.early) load_bytes(s->stream, &status, sizeof status);
    if (s->stream->failed) return px_refuse(s, "the saved requests are damaged");
    r.serial = px_counters.posted++;
    if (make(s, &r, &site)) return -1;
    MPI_Request receipt = site;
    if (r.receipt == PX_AWAITED && px_refuse_failed(s, px_synchronous_await(&r, &receipt), "MPI_Irecv")) return -1;
    if (h == ORPHAN) {
      if (px_orphan_add(receipt, &r)) return px_refuse(s, "out of memory");
      continue;
    }
    px_raise(&px_high_request, i);
    px_record[i] = r;
    px_early[i] = status;
    px_early_site[i] = site;
    px_table_request[i] = r.early ? MPI_REQUEST_NULL : receipt;
  }
  return 0;
}

/* --- the queue, what message handles hold, and the buffer of buffered sends ---------------------------------------------------- */
static void save_messages(struct save_stream *s, const struct px_message *m) {
  for (; m; m = m->next) {
    save_u32(s, m->comm);
    save_u32(s, m->handle);
    px_i32_save(s, m->source);
    px_i32_save(s, m->tag);
    px_i32_save(s, m->sender);
    save_u32(s, m->number);
    save_block(s, m->data, (size_t)m->bytes);
  }
}

int px_queue_save(struct px_saved *s) {
  save_messages(s->stream, px_queue);
  save_messages(s->stream, px_queue_matched);
  save_u32(s->stream, 0);
  save_u64(s->stream, (uint64_t)(uintptr_t)px_attached.address);
  save_u64(s->stream, (uint64_t)px_attached.size);
  return 0;
}

int px_queue_restore(struct px_saved *s) {
  mana_h comm;
  while ((comm = load_u32(s->stream))) {
    mana_h handle = load_u32(s->stream);
    int source = px_i32_load(s->stream), tag = px_i32_load(s->stream);
    int sender = px_i32_load(s->stream);
    uint32_t number = load_u32(s->stream);
    size_t bytes;
    const void *data = load_block(s->stream, &bytes);
    struct px_message *m = data ? px_message_new(comm, source, tag, (int64_t)bytes) : NULL;
    if (!m) return px_refuse(s, "the saved messages are damaged, or memory is out");
    __builtin_memcpy(m->data, data, bytes);
    m->handle = handle;
    m->sender = sender;
    m->number = number;
    if (handle) px_table_message[mana_index(handle)] = MPI_MESSAGE_NULL;
    px_queue_add(m);
  }
  void *address = (void *)(uintptr_t)load_u64(s->stream);
  int64_t size = (int64_t)load_u64(s->stream);
  if (address && px_Buffer_attach_c(address, size)) return px_refuse(s, "MPI_Buffer_attach failed");
  return 0;
}
