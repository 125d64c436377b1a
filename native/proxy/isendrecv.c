/* MPI-4's nonblocking send-receive: one request for two messages. Its send counts at once; what remains is a receive. */
#include "queue.h"

#ifdef MANA_HAVE_MPI_Isendrecv
#pragma weak MPI_Isendrecv
#pragma weak MPI_Isendrecv_c
#pragma weak MPI_Isendrecv_replace
#pragma weak MPI_Isendrecv_replace_c
#pragma weak MPI_Isend_c

/* The message to be received is in the queue: what the site still has to do is the send, and the receive's status comes with it. */
static int serve(struct px_message *m, MPI_Request send, void *recvbuf, int64_t recvcount, mana_h recvtype,
                 mana_h *request) {
  *request = px_request_store(*request, send);
  struct px_record *r = px_record_new(*request, PX_SEND, m->comm);
  px_record_describe(r, NULL, 0, MANA_BYTE, m->source, m->tag);
  mana_status *status = &px_early[mana_index(*request)];
  int rc = px_message_deliver(m, recvbuf, recvcount, recvtype, status);
  r->late = 1;
  return rc;
}

static int site_isend(const void *buf, int64_t count, MPI_Datatype datatype, int dest, int tag, mana_h comm,
                      MPI_Request *request) {
  if ((int)count != count)
    return MPI_Isend_c(px_buffer(buf), count, datatype, px_rank_in(dest), px_tag_in(tag), px_comm(comm), request);
  return MPI_Isend(px_buffer(buf), (int)count, datatype, px_rank_in(dest), px_tag_in(tag), px_comm(comm), request);
}

static int both(const void *sendbuf, int64_t sendcount, mana_h sendtype, int dest, int sendtag, void *recvbuf,
                int64_t recvcount, mana_h recvtype, int source, int recvtag, mana_h comm, mana_h *request) {
  if (!MPI_Isendrecv || !px_count_fits(sendcount) || !px_count_fits(recvcount)) return MANA_RC_ABSENT;
  MPI_Request site = MPI_REQUEST_NULL;
  int rc, turn = px_look();
  if (turn) px_turn_begin();
  struct px_message *m = turn ? px_queue_take(source, recvtag, comm) : NULL;
  if (m) {
    rc = site_isend(sendbuf, sendcount, px_datatype(sendtype), dest, sendtag, comm, &site);
  } else if ((int)sendcount == sendcount && (int)recvcount == recvcount) {
    rc = MPI_Isendrecv(px_buffer(sendbuf), (int)sendcount, px_datatype(sendtype), px_rank_in(dest), px_tag_in(sendtag),
                       recvbuf, (int)recvcount, px_datatype(recvtype), px_rank_in(source), px_tag_in(recvtag),
                       px_comm(comm), &site);
  } else {
    rc = MPI_Isendrecv_c(px_buffer(sendbuf), sendcount, px_datatype(sendtype), px_rank_in(dest), px_tag_in(sendtag),
                         recvbuf, recvcount, px_datatype(recvtype), px_rank_in(source), px_tag_in(recvtag),
                         px_comm(comm), &site);
  }
  px_look_end(turn);
  if (rc != MPI_SUCCESS && m) px_queue_put_back(m);
  if (rc != MPI_SUCCESS) return px_error(rc);
  px_count_sent(comm, dest, sendtag);
  if (m) return serve(m, site, recvbuf, recvcount, recvtype, request);
  *request = px_request_store(*request, site);
  px_record_receive(*request, recvbuf, recvcount, recvtype, source, recvtag, comm);
  return 0;
}

/* The copy that is sent belongs to the request. */
static int replace_queued(struct px_message *m, void *buf, int64_t count, mana_h datatype, int dest, int sendtag,
                          mana_h comm, mana_h *request) {
  MPI_Request site = MPI_REQUEST_NULL;
  int n;
  int64_t bytes = px_packed_bytes(count, px_datatype(datatype));
  void *packed = px_kept_new((size_t)bytes);
  if (!packed) return MANA_ERR_NO_MEM;
  int rc = px_pack(buf, count, px_datatype(datatype), packed, bytes);
  MPI_Datatype type = px_bytes_type(bytes, &n);
  if (rc == MPI_SUCCESS) rc = site_isend(packed, n, type, dest, sendtag, comm, &site);
  px_bytes_free(&type);
  if (rc != MPI_SUCCESS) return px_queue_put_back(m), px_kept_delete(packed), px_error(rc);
  px_count_sent(comm, dest, sendtag);
  rc = serve(m, site, buf, count, datatype, request);
  px_request_keep(*request, packed);
  return rc;
}

static int replace(void *buf, int64_t count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                   mana_h comm, mana_h *request) {
  if (!MPI_Isendrecv_replace || !px_count_fits(count)) return MANA_RC_ABSENT;
  MPI_Request site = MPI_REQUEST_NULL;
  int turn = px_look(), rc = MPI_SUCCESS;
  if (turn) px_turn_begin();
  struct px_message *m = turn ? px_queue_take(source, recvtag, comm) : NULL;
  if (!m && (int)count == count)
    rc = MPI_Isendrecv_replace(buf, (int)count, px_datatype(datatype), px_rank_in(dest), px_tag_in(sendtag),
                               px_rank_in(source), px_tag_in(recvtag), px_comm(comm), &site);
  else if (!m)
    rc = MPI_Isendrecv_replace_c(buf, count, px_datatype(datatype), px_rank_in(dest), px_tag_in(sendtag),
                                 px_rank_in(source), px_tag_in(recvtag), px_comm(comm), &site);
  px_look_end(turn);
  if (m) return replace_queued(m, buf, count, datatype, dest, sendtag, comm, request);
  if (rc != MPI_SUCCESS) return px_error(rc);
  px_count_sent(comm, dest, sendtag);
  *request = px_request_store(*request, site);
  px_record_receive(*request, buf, count, datatype, source, recvtag, comm);
  return 0;
}
#else
static int both(const void *sendbuf, int64_t sendcount, mana_h sendtype, int dest, int sendtag, void *recvbuf,
                int64_t recvcount, mana_h recvtype, int source, int recvtag, mana_h comm, mana_h *request) {
  (void)sendbuf, (void)sendcount, (void)sendtype, (void)dest, (void)sendtag, (void)recvbuf, (void)recvcount;
  (void)recvtype, (void)source, (void)recvtag, (void)comm, (void)request;
  return MANA_RC_ABSENT;
}
static int replace(void *buf, int64_t count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                   mana_h comm, mana_h *request) {
  (void)buf, (void)count, (void)datatype, (void)dest, (void)sendtag, (void)source, (void)recvtag, (void)comm;
  (void)request;
  return MANA_RC_ABSENT;
}
#endif

int px_Isendrecv(const void *sendbuf, int sendcount, mana_h sendtype, int dest, int sendtag, void *recvbuf,
                 int recvcount, mana_h recvtype, int source, int recvtag, mana_h comm, mana_h *request) {
  return both(sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm,
              request);
}
int px_Isendrecv_c(const void *sendbuf, int64_t sendcount, mana_h sendtype, int dest, int sendtag, void *recvbuf,
                   int64_t recvcount, mana_h recvtype, int source, int recvtag, mana_h comm, mana_h *request) {
  return both(sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm,
              request);
}
int px_Isendrecv_replace(void *buf, int count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                         mana_h comm, mana_h *request) {
  return replace(buf, count, datatype, dest, sendtag, source, recvtag, comm, request);
}
int px_Isendrecv_replace_c(void *buf, int64_t count, mana_h datatype, int dest, int sendtag, int source, int recvtag,
                           mana_h comm, mana_h *request) {
  return replace(buf, count, datatype, dest, sendtag, source, recvtag, comm, request);
}
