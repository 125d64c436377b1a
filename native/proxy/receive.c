/* Receives. A blocking one is a loop of ours, so that a checkpoint can call the thread back: posted, tested, and taken back when upper
 * threads must park. Sends may block in the site: a checkpoint takes their messages. */
#include "probe.h"
#include "queue.h"

/* The canonical code of what was posted as *site, when it is done or has to leave: then `away`, and nothing is pending. */
static inline int finish(MPI_Request *site, mana_status *status, int source, mana_h comm, int away) {
  MPI_Status s;
  unsigned looks = 0;
  int done = 0, rc;
  for (;;) {
    rc = px_may_block() ? (done = 1, MPI_Wait(site, &s)) : MPI_Test(site, &done, status ? &s : MPI_STATUS_IGNORE);
    if (__builtin_expect(rc != MPI_SUCCESS, 0) || done) break;
    if (!px_must_park_after(&looks)) continue;
    /* Either it is taken back, or its message is here already. */
    MPI_Cancel(site);
    rc = MPI_Wait(site, &s);
    if (rc == MPI_SUCCESS && px_status_cancelled(&s)) return away;
    break;
  }
  if (__builtin_expect(rc != MPI_SUCCESS, 0) && !px_status_is_set(rc)) return px_error(rc);
  px_count_received(comm, source);
  if (status) {
    px_status_out(status, &s);
    if (__builtin_expect(source == MANA_PROC_NULL, 0)) px_status_of_nobody(status);
  }
  return __builtin_expect(rc == MPI_SUCCESS, 1) ? 0 : px_error(rc);
}

static inline int post(void *buf, int64_t count, mana_h datatype, int source, int tag, mana_h comm, MPI_Request *site) {
  return px_site_irecv((void *)(uintptr_t)px_buffer(buf), count, px_datatype(datatype), px_rank_in(source),
                       px_tag_in(tag), px_comm(comm), site);
}

/* The message, where the queue has it. NULL: the receive is posted, *rc is the site's. */
static struct px_message *take_or_post(void *buf, int64_t count, mana_h datatype, int source, int tag, mana_h comm,
                                       MPI_Request *site, int *rc) __attribute__((noinline, cold));
static struct px_message *take_or_post(void *buf, int64_t count, mana_h datatype, int source, int tag, mana_h comm,
                                       MPI_Request *site, int *rc) {
  px_turn_begin();
  struct px_message *m = px_queue_take(source, tag, comm);
  *rc = m ? MPI_SUCCESS : post(buf, count, datatype, source, tag, comm, site);
  px_turn_end();
  return m;
}

static inline __attribute__((always_inline)) int receive(void *buf, int64_t count, mana_h datatype, int source, int tag,
                                                         mana_h comm, mana_status *status) {
  MPI_Request site;
  int rc;
  if (px_look()) {
    struct px_message *m = take_or_post(buf, count, datatype, source, tag, comm, &site, &rc);
    if (m) return px_message_deliver(m, buf, count, datatype, status);
  } else {
    rc = post(buf, count, datatype, source, tag, comm, &site);
    px_looked();
  }
  if (__builtin_expect(rc != MPI_SUCCESS, 0)) return px_error(rc);
  return finish(&site, status, source, comm, MANA_RC_AGAIN);
}
int px_Recv(void *buf, int count, mana_h datatype, int source, int tag, mana_h comm, mana_status *status) {
  return receive(buf, count, datatype, source, tag, comm, status);
}
int px_Recv_c(void *buf, int64_t count, mana_h datatype, int source, int tag, mana_h comm, mana_status *status) {
  return px_count_fits(count) ? receive(buf, count, datatype, source, tag, comm, status) : MANA_RC_ABSENT;
}

/* --- nonblocking ------------------------------------------------------------------------------------------------------------- */
/* The message is here: the request is born complete. */
static void serve(struct px_message *m, void *buf, int64_t count, mana_h datatype, mana_h request) {
  mana_status status = {0};
  int rc = px_message_deliver(m, buf, count, datatype, &status);
  px_raise(&px_high_request, mana_index(request));
  px_table_request[mana_index(request)] = MPI_REQUEST_NULL;
  px_record_of(request)->owed = 0; /* counted when it was queued */
  px_settle_early(request, &status, rc);
}

static inline int receive_later(void *buf, int64_t count, mana_h datatype, int source, int tag, mana_h comm,
                                mana_h *request) {
  MPI_Request site = MPI_REQUEST_NULL;
  int rc;
  if (px_look()) {
    struct px_message *m = take_or_post(buf, count, datatype, source, tag, comm, &site, &rc);
    if (m) {
      px_record_receive(*request, buf, count, datatype, source, tag, comm);
      serve(m, buf, count, datatype, *request);
      return 0;
    }
  } else {
    rc = post(buf, count, datatype, source, tag, comm, &site);
    px_looked();
  }
  if (__builtin_expect(rc != MPI_SUCCESS, 0)) return px_error(rc);
  *request = px_request_store(*request, site);
  px_record_receive(*request, buf, count, datatype, source, tag, comm);
  return 0;
}
int px_Irecv(void *buf, int count, mana_h datatype, int source, int tag, mana_h comm, mana_h *request) {
  return receive_later(buf, count, datatype, source, tag, comm, request);
}
int px_Irecv_c(void *buf, int64_t count, mana_h datatype, int source, int tag, mana_h comm, mana_h *request) {
  return px_count_fits(count) ? receive_later(buf, count, datatype, source, tag, comm, request) : MANA_RC_ABSENT;
}

/* --- matched messages: they are on their way, so nothing has to be called back ------------------------------------------------- */
static int is_foreign(mana_h message) {
  return mana_is_user(message) && px_is_foreign(px_probed[mana_index(message)].comm);
}

static int receive_matched(void *buf, int64_t count, mana_h datatype, mana_h *message, mana_status *status) {
  MPI_Message site = px_message(*message);
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Status s;
  if (__builtin_expect(site == MPI_MESSAGE_NULL, 0)) {
    struct px_message *m = px_queue_take_held(*message);
    if (m) {
      *message = MANA_MESSAGE_NULL;
      return px_message_deliver(m, buf, count, datatype, status);
    }
  }
  int owed = site != MPI_MESSAGE_NO_PROC && !is_foreign(*message);
  int rc = px_site_imrecv((void *)(uintptr_t)px_buffer(buf), count, px_datatype(datatype), &site, &request);
  *message = px_message_update(*message, site);
  if (rc != MPI_SUCCESS) return px_error(rc);
  rc = MPI_Wait(&request, &s);
  if (rc != MPI_SUCCESS && !px_status_is_set(rc)) return px_error(rc);
  px_count(&px_counters.received, (uint64_t)owed);
  if (status) px_status_out(status, &s);
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}
int px_Mrecv(void *buf, int count, mana_h datatype, mana_h *message, mana_status *status) {
  return receive_matched(buf, count, datatype, message, status);
}
int px_Mrecv_c(void *buf, int64_t count, mana_h datatype, mana_h *message, mana_status *status) {
  return px_count_fits(count) ? receive_matched(buf, count, datatype, message, status) : MANA_RC_ABSENT;
}

static int receive_matched_later(void *buf, int64_t count, mana_h datatype, mana_h *message, mana_h *request) {
  MPI_Message site = px_message(*message);
  MPI_Request later = MPI_REQUEST_NULL;
  if (__builtin_expect(site == MPI_MESSAGE_NULL, 0)) {
    struct px_message *m = px_queue_take_held(*message);
    if (m) {
      *message = MANA_MESSAGE_NULL;
      px_record_receive(*request, buf, count, datatype, m->source, m->tag, m->comm);
      serve(m, buf, count, datatype, *request);
      return 0;
    }
  }
  int source = site == MPI_MESSAGE_NO_PROC ? MANA_PROC_NULL : MANA_ANY_SOURCE, foreign = is_foreign(*message);
  int rc = px_site_imrecv((void *)(uintptr_t)px_buffer(buf), count, px_datatype(datatype), &site, &later);
  *message = px_message_update(*message, site);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *request = px_request_store(*request, later);
  px_record_receive(*request, buf, count, datatype, source, MANA_ANY_TAG, 0);
  if (foreign) px_record_of(*request)->owed = 0;
  return 0;
}
int px_Imrecv(void *buf, int count, mana_h datatype, mana_h *message, mana_h *request) {
  return receive_matched_later(buf, count, datatype, message, request);
}
int px_Imrecv_c(void *buf, int64_t count, mana_h datatype, mana_h *message, mana_h *request) {
  return px_count_fits(count) ? receive_matched_later(buf, count, datatype, message, request) : MANA_RC_ABSENT;
}

/* --- send and receive ----------------------------------------------------------------------------------------------------------- */
/* The receive is posted first, so a blocking send cannot deadlock; when it is done, the receive alone may be called back. */
#define SEND_THEN_RECEIVE(send, recvbuf, recvcount, recvtype)                                                          \
  MPI_Request site;                                                                                                    \
  int rc;                                                                                                              \
  if (px_look()) {                                                                                                     \
    struct px_message *m = take_or_post(recvbuf, recvcount, recvtype, source, recvtag, comm, &site, &rc);              \
    if (m) {                                                                                                           \
      rc = send;                                                                                                       \
      if (rc != MPI_SUCCESS) return px_queue_put_back(m), px_error(rc);                                                \
      px_count_sent(comm, dest, sendtag);                                                                              \
      return px_message_deliver(m, recvbuf, recvcount, recvtype, status);                                              \
    }                                                                                                                  \
  } else {                                                                                                             \
    rc = post(recvbuf, recvcount, recvtype, source, recvtag, comm, &site);                                             \
    px_looked();                                                                                                       \
  }                                                                                                                    \
  if (__builtin_expect(rc != MPI_SUCCESS, 0)) return px_error(rc);                                                     \
  rc = send;                                                                                                           \
  if (__builtin_expect(rc != MPI_SUCCESS, 0)) return take_back(&site, source, comm, rc);                               \
  px_count_sent(comm, dest, sendtag);                                                                                  \
  return finish(&site, status, source, comm, MANA_RC_RECEIVE)

/* The send has failed; a message that had come by then is lost, and counts. */
static int take_back(MPI_Request *site, int source, mana_h comm, int rc) {
  MPI_Status s;
  MPI_Cancel(site);
  if (MPI_Wait(site, &s) == MPI_SUCCESS && !px_status_cancelled(&s)) px_count_received(comm, source);
  return px_error(rc);
}

static int site_send(const void *buf, int64_t count, mana_h datatype, int dest, int tag, mana_h comm) {
  return px_site_send(px_buffer(buf), count, px_datatype(datatype), px_rank_in(dest), px_tag_in(tag), px_comm(comm));
}

static int send_receive(const void *sendbuf, int64_t sendcount, mana_h sendtype, int dest, int sendtag, void *recvbuf,
                        int64_t recvcount, mana_h recvtype, int source, int recvtag, mana_h comm, mana_status *status) {
  SEND_THEN_RECEIVE(site_send(sendbuf, sendcount, sendtype, dest, sendtag, comm), recvbuf, recvcount, recvtype);
}
int px_Sendrecv(const void *sendbuf, int sendcount, mana_h sendtype, int dest, int sendtag, void *recvbuf,
                int recvcount, mana_h recvtype, int source, int recvtag, mana_h comm, mana_status *status) {
  return send_receive(sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm,
                      status);
}
int px_Sendrecv_c(const void *sendbuf, int64_t sendcount, mana_h sendtype, int dest, int sendtag, void *recvbuf,
                  int64_t recvcount, mana_h recvtype, int source, int recvtag, mana_h comm, mana_status *status) {
  if (!px_count_fits(sendcount) || !px_count_fits(recvcount)) return MANA_RC_ABSENT;
  return send_receive(sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm,
                      status);
}

/* What is sent is a packed copy: between like machines packed data is what the typed send would have put on the wire. */
static int replace(void *buf, int64_t count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                   mana_h comm, mana_status *status, void *packed, int n, MPI_Datatype type) {
  SEND_THEN_RECEIVE(MPI_Send(packed, n, type, px_rank_in(dest), px_tag_in(sendtag), px_comm(comm)), buf, count,
                    datatype);
}

/* More than MPI_Pack can count. */
static int replace_large(void *buf, int64_t count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                         mana_h comm, mana_status *status, int64_t bytes) {
  int n;
  void *packed = px_count_fits(count) ? malloc((size_t)bytes + 1) : NULL;
  if (!packed) return px_count_fits(count) ? MANA_ERR_NO_MEM : MANA_RC_ABSENT;
  int rc = px_pack(px_buffer(buf), count, px_datatype(datatype), packed, bytes);
  MPI_Datatype type = px_bytes_type(bytes, &n);
  rc = rc != MPI_SUCCESS ? px_error(rc)
                         : replace(buf, count, datatype, dest, sendtag, source, recvtag, comm, status, packed, n, type);
  px_bytes_free(&type);
  free(packed);
  return rc;
}

int px_Sendrecv_replace_c(void *buf, int64_t count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                          mana_h comm, mana_status *status) {
  int most = 0, size = 0;
  int64_t bytes = px_packed_bytes(count, px_datatype(datatype));
  if (bytes > INT_MAX || (int)count != count)
    return replace_large(buf, count, datatype, dest, sendtag, source, recvtag, comm, status, bytes);
  int rc = MPI_Pack_size((int)count, px_datatype(datatype), px_comm(comm), &most);
  if (rc != MPI_SUCCESS) return px_error(rc);
  PX_ARRAY(uint64_t, packed, most / 8 + 1);
  if (!packed) return MANA_ERR_NO_MEM;
  rc = MPI_Pack((void *)(uintptr_t)px_buffer(buf), (int)count, px_datatype(datatype), packed, most, &size,
                px_comm(comm));
  rc = rc != MPI_SUCCESS
           ? px_error(rc)
           : replace(buf, count, datatype, dest, sendtag, source, recvtag, comm, status, packed, size, MPI_PACKED);
  PX_ARRAY_FREE(packed);
  return rc;
}
int px_Sendrecv_replace(void *buf, int count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                        mana_h comm, mana_status *status) {
  return px_Sendrecv_replace_c(buf, count, datatype, dest, sendtag, source, recvtag, comm, status);
}
