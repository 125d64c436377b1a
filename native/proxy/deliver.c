/* Messages to ourselves: so partial types, truncation, statuses and lengths beyond an int are the site's own work. */
#include "queue.h"

#include <pthread.h>

#include "synchronous.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, one_by_one = PTHREAD_MUTEX_INITIALIZER;
static MPI_Comm own = MPI_COMM_NULL;
static MPI_Comm own_comm(void) {
  pthread_mutex_lock(&lock);
  if (own == MPI_COMM_NULL && MPI_Comm_dup(MPI_COMM_SELF, &own) == MPI_SUCCESS)
    MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN);
  pthread_mutex_unlock(&lock);
  return own;
}
void px_queue_begin(void) {
  (void)own_comm();
}
void px_queue_end(void) {
  if (own != MPI_COMM_NULL) MPI_Comm_free(&own);
}

/* *refused: nothing was received. */
static int deliver(const struct px_message *m, void *buf, int64_t count, MPI_Datatype datatype, MPI_Status *s,
                   int *refused) {
  MPI_Comm self = own_comm();
  MPI_Request request = MPI_REQUEST_NULL;
  int n, rc = self == MPI_COMM_NULL ? MPI_ERR_INTERN : MPI_SUCCESS;
  if (rc != MPI_SUCCESS) return rc;
  pthread_mutex_lock(&one_by_one);
  rc = px_site_irecv(buf, count, datatype, 0, 0, self, &request);
  *refused = rc != MPI_SUCCESS;
  if (rc == MPI_SUCCESS) {
    MPI_Datatype bytes = px_bytes_type(m->bytes, &n);
    rc = MPI_Send(m->data, n, bytes, 0, 0, self);
    px_bytes_free(&bytes);
    int received = MPI_Wait(&request, s);
    if (rc == MPI_SUCCESS) rc = received;
    /* Open MPI 4.1 is silent about a message to oneself that is too long for a receive posted before. */
    MPI_Count element = 0;
    MPI_Type_size_x(datatype, &element);
    if (rc == MPI_SUCCESS && m->bytes > element * count) rc = MPI_ERR_TRUNCATE;
  }
  pthread_mutex_unlock(&one_by_one);
  return rc;
}

int px_message_deliver(struct px_message *m, void *buf, int64_t count, mana_h datatype, mana_status *status) {
  MPI_Status s;
  int refused = 0;
  int rc = deliver(m, (void *)(uintptr_t)px_buffer(buf), count, px_datatype(datatype), &s, &refused);
  if (refused && !m->handle) return px_queue_put_back(m), px_error(rc);
  if (px_status_is_set(rc)) px_message_describe(m, px_status_bytes(&s), status);
  px_synchronous_received(m);
  free(m);
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}

/* MPI_Pack counts in ints. */
int px_pack(const void *buf, int64_t count, MPI_Datatype datatype, void *packed, int64_t bytes) {
  MPI_Comm self = own_comm();
  MPI_Request request = MPI_REQUEST_NULL;
  int n;
  if (self == MPI_COMM_NULL) return MPI_ERR_INTERN;
  MPI_Datatype type = px_bytes_type(bytes, &n);
  pthread_mutex_lock(&one_by_one);
  int rc = MPI_Irecv(packed, n, type, 0, 0, self, &request);
  if (rc == MPI_SUCCESS) {
    rc = px_site_send(buf, count, datatype, 0, 0, self);
    if (rc != MPI_SUCCESS) MPI_Cancel(&request);
    int received = MPI_Wait(&request, MPI_STATUS_IGNORE);
    if (rc == MPI_SUCCESS) rc = received;
  }
  pthread_mutex_unlock(&one_by_one);
  px_bytes_free(&type);
  return rc;
}
