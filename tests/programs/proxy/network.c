/* Messages and requests: under way before, received and completed afterwards. Tags: see fill_the_network. */
#include "state.h"

enum tag {
  T_SEND,
  T_BSEND,
  T_TYPED,
  T_DUP,
  T_HALVES,
  T_SIDES,
  T_TWICE,
  T_HELD, /* in flight, nobody has asked for them */
  T_LARGE,
  T_SYNC,
  T_EARLY,
  T_LARGE_IN,
  T_KEPT, /* the same, with requests */
  T_LATER,
  T_FREED,
  T_KEPT_LATER,
  T_ORPHAN,
  T_IDLE,
  T_NEVER,
  T_PARTNER,
  T_SELF,
  T_SHORT,
  T_GOING,
  T_GAP
};

void send_small(int tag, mana_h comm, int dest) {
  int32_t values[4];
  for (int i = 0; i < 4; i++) values[i] = value_of(STATE->rank, tag, i);
  OK(PX(Send)(values, 4, MANA_INT, dest, tag, comm));
}
void check_small(const int32_t *values, int from, int tag) {
  for (int i = 0; i < 4; i++) CHECK(values[i] == value_of(from, tag, i));
}
void check_status(const mana_status *status, int source, int tag, int64_t bytes) {
  CHECK(status->source == source && status->tag == tag && status->bytes == bytes && !status->cancelled);
}

/* A receive from nobody is over at once, and says from whom (MPI-4.1 section 3.10), by whichever call it is asked. */
static void check_nobody(const mana_status *status) {
  check_status(status, MANA_PROC_NULL, MANA_ANY_TAG, 0);
}

static mana_h *request(enum request_number n) {
  STATE->request[n] = fresh(MANA_KIND_REQUEST);
  return &STATE->request[n];
}

/* --- before ------------------------------------------------------------------------------------------------------------------- */
static void post_receives(void) {
  int from = STATE->previous;
  STATE->freed_type = fresh(MANA_KIND_DATATYPE);
  OK(PX(Type_vector)(8, 1, 8, MANA_DOUBLE, &STATE->freed_type));
  OK(PX(Type_commit)(&STATE->freed_type));
  OK(PX(Irecv)(STATE->in[T_EARLY % 16], 4, MANA_INT, from, T_EARLY, MANA_COMM_WORLD, request(EARLY)));
  OK(PX(Irecv)(STATE->large_in, LARGE, MANA_DOUBLE, from, T_LARGE_IN, MANA_COMM_WORLD, request(LARGE_IN)));
  OK(PX(Irecv)(STATE->in[T_LATER % 16], 4, MANA_INT, MANA_ANY_SOURCE, T_LATER, STATE->comm[DUP], request(LATER)));
  OK(PX(Irecv)(STATE->freed_in, 1, STATE->freed_type, from, T_FREED, MANA_COMM_WORLD, request(FREED)));
  OK(PX(Type_free)(&STATE->freed_type));
  OK(PX(Irecv)(STATE->in[0], 4, MANA_INT, MANA_PROC_NULL, T_NEVER, MANA_COMM_WORLD, request(NOBODY)));
  OK(PX(Irecv)(STATE->in[0], 4, MANA_INT, from, T_ORPHAN, MANA_COMM_WORLD, request(ORPHAN)));
  OK(PX(Request_free)(&STATE->request[ORPHAN]));
  OK(PX(Recv_init)(STATE->in[1], 4, MANA_INT, from, T_KEPT, MANA_COMM_WORLD, request(KEPT_RECEIVE)));
  OK(PX(Recv_init)(STATE->in[2], 4, MANA_INT, from, T_KEPT_LATER, MANA_COMM_WORLD, request(KEPT_LATER)));
  OK(PX(Recv_init)(STATE->in[3], 4, MANA_INT, from, T_IDLE, MANA_COMM_WORLD, request(IDLE_RECEIVE)));
  OK(PX(Start)(&STATE->request[KEPT_RECEIVE]));
  OK(PX(Startall)(1, &STATE->request[KEPT_LATER]));
}

static void post_freed(int i) {
  mana_h type = fresh(MANA_KIND_DATATYPE);
  STATE->gap[i] = fresh(MANA_KIND_REQUEST);
  OK(PX(Type_contiguous)(4, MANA_INT, &type));
  OK(PX(Type_commit)(&type));
  OK(PX(Irecv)(STATE->gap_in[i], 1, type, STATE->rank, T_GAP + i, MANA_COMM_WORLD, &STATE->gap[i]));
  OK(PX(Type_free)(&type));
}
static void complete_freed(int i) {
  send_small(T_GAP + i, MANA_COMM_WORLD, STATE->rank);
  OK(PX(Wait)(&STATE->gap[i], NULL));
  check_small(STATE->gap_in[i], STATE->rank, T_GAP + i);
}
static void leave_gaps(void) {
  for (int i = 0; i < GAPS - 1; i++) post_freed(i);
  for (int i = 0; i < OVER; i++) complete_freed(i);
  post_freed(GAPS - 1); /* in the place of the first */
}

static void send_all(void) {
  int to = STATE->next, local = STATE->rank / 2, n;
  send_small(T_SEND, MANA_COMM_WORLD, to);
  OK(PX(Buffer_attach)(STATE->buffer, sizeof STATE->buffer));
  for (int i = 0; i < 4; i++) STATE->small_out[0][i] = value_of(STATE->rank, T_BSEND, i);
  OK(PX(Bsend)(STATE->small_out[0], 4, MANA_INT, to, T_BSEND, MANA_COMM_WORLD));
  OK(PX(Isend)(&STATE->matrix[0][2], 1, STATE->type[COPY], to, T_TYPED, MANA_COMM_WORLD, request(SEND_TYPED)));
  send_small(T_DUP, STATE->comm[DUP], to);
  OK(PX(Comm_size)(STATE->comm[HALVES], &n));
  /* Perhaps to itself, where MPI_Send would not return before the receive. */
  mana_h to_half = fresh(MANA_KIND_REQUEST);
  for (int i = 0; i < 4; i++) STATE->small_out[4][i] = value_of(STATE->rank, T_HALVES, i);
  OK(PX(Isend)(STATE->small_out[4], 4, MANA_INT, (n - 1 - local + 1) % n, T_HALVES, STATE->comm[HALVES], &to_half));
  if (STATE->size % 2 == 0) send_small(T_SIDES, STATE->comm[SIDES], n - 1 - local);
  send_small(T_GOING, STATE->comm[GOING], to);
  send_small(T_TWICE, MANA_COMM_WORLD, to);
  OK(PX(Send)(STATE->small_out[0], 2, MANA_INT, to, T_TWICE, MANA_COMM_WORLD)); /* shorter: must stay the second */
  send_small(T_HELD, MANA_COMM_WORLD, to);
  OK(PX(Isend)(STATE->large_out, LARGE, MANA_DOUBLE, to, T_LARGE, MANA_COMM_WORLD, request(SEND_LARGE)));
  for (int i = 0; i < 4; i++) STATE->small_out[1][i] = value_of(STATE->rank, T_SYNC, i);
  OK(PX(Issend)(STATE->small_out[1], 4, MANA_INT, to, T_SYNC, STATE->comm[DUP], request(SEND_SYNC)));
  send_small(T_EARLY, MANA_COMM_WORLD, to);
  mana_h large = fresh(MANA_KIND_REQUEST); /* never asked for */
  OK(PX(Isend)(STATE->large_out, LARGE, MANA_DOUBLE, to, T_LARGE_IN, MANA_COMM_WORLD, &large));
  for (int i = 0; i < 4; i++) STATE->small_out[2][i] = value_of(STATE->rank, T_KEPT, i);
  OK(PX(Send_init)(STATE->small_out[2], 4, MANA_INT, to, T_KEPT, MANA_COMM_WORLD, request(KEPT_SEND)));
  OK(PX(Ssend_init)(STATE->small_out[3], 4, MANA_INT, to, T_IDLE, MANA_COMM_WORLD, request(IDLE_SEND)));
  OK(PX(Start)(&STATE->request[KEPT_SEND]));
}

void fill_the_network(void) {
  for (int i = 0; i < LARGE; i++) STATE->large_out[i] = STATE->rank + i * 0.5;
  for (int i = 0; i < 64; i++) STATE->matrix[i / 8][i % 8] = STATE->rank * 100 + i;
  post_receives();
  leave_gaps();
  send_all();
  mana_status status;
  STATE->message = fresh(MANA_KIND_MESSAGE);
  OK(PX(Mprobe)(STATE->previous, T_HELD, MANA_COMM_WORLD, &STATE->message, &status));
  check_status(&status, STATE->previous, T_HELD, 16);
  STATE->sum_out = STATE->rank;
  OK(PX(Ibarrier)(STATE->comm[DUP], request(BARRIER)));
  OK(PX(Iallreduce)(&STATE->sum_out, &STATE->sum_in, 1, MANA_INT, STATE->op, MANA_COMM_WORLD, request(SUM)));
}

/* What waits for a message leaves when it must, and nothing of it stays behind. */
void leave_waiting_calls(void) {
  mana_status status;
  mana_h message = fresh(MANA_KIND_MESSAGE), two[2] = {STATE->request[SEND_TYPED], STATE->request[LATER]};
  int32_t values[4];
  int index;
  SPLIT->phase = SPLIT_PARK;
  CHECK(PX(Recv)(values, 4, MANA_INT, MANA_ANY_SOURCE, T_NEVER, MANA_COMM_WORLD, &status) == MANA_RC_AGAIN);
  CHECK(PX(Probe)(MANA_ANY_SOURCE, T_NEVER, MANA_COMM_WORLD, &status) == MANA_RC_AGAIN);
  CHECK(PX(Mprobe)(MANA_ANY_SOURCE, T_NEVER, MANA_COMM_WORLD, &message, &status) == MANA_RC_AGAIN);
  CHECK(PX(Wait)(&STATE->request[LATER], &status) == MANA_RC_AGAIN);
  CHECK(PX(Waitany)(1, &STATE->request[LATER], &index, &status) == MANA_RC_AGAIN);
  CHECK(PX(Waitsome)(1, &STATE->request[LATER], &index, &index, &status) == MANA_RC_AGAIN);
  CHECK(PX(Waitall)(2, two, NULL) == MANA_RC_AGAIN);
  CHECK(two[0] == STATE->request[SEND_TYPED] && two[1] == STATE->request[LATER]);
  CHECK(PX(Sendrecv)(STATE->small_out[0], 4, MANA_INT, STATE->next, T_PARTNER, values, 4, MANA_INT, STATE->previous,
                     T_NEVER, MANA_COMM_WORLD, &status) == MANA_RC_RECEIVE);
  SPLIT->phase = SPLIT_RUN;
}

/* --- after -------------------------------------------------------------------------------------------------------------------- */
static void receive_small(int source, int tag, mana_h comm, int from) {
  int32_t values[4] = {0};
  mana_status status;
  OK(PX(Recv)(values, 4, MANA_INT, MANA_ANY_SOURCE, tag, comm, &status));
  check_status(&status, source, tag, 16);
  check_small(values, from, tag);
}

/* A receive that the site refuses, and a send-receive whose send fails, take nothing out of the queue. */
static void refused_receives_take_nothing(void) {
  int32_t values[4];
  mana_h uncommitted = spare(MANA_KIND_DATATYPE), r = spare(MANA_KIND_REQUEST);
  OK(PX(Type_contiguous)(4, MANA_INT, &uncommitted));
  CHECK(PX(Recv)(values, 1, uncommitted, STATE->previous, T_DUP, STATE->comm[DUP], NULL) != 0);
  CHECK(PX(Irecv)(values, 1, uncommitted, STATE->previous, T_DUP, STATE->comm[DUP], &r) != 0 ||
        PX(Wait)(&r, NULL) != 0);
  site.fails_sends = 1;
  CHECK(PX(Sendrecv)(values, 4, MANA_INT, STATE->next, T_NEVER, values, 4, MANA_INT, STATE->previous, T_DUP,
                     STATE->comm[DUP], NULL) != 0);
  site.fails_sends = 0;
  OK(PX(Type_free)(&uncommitted));
}

static void receive_queued(void) {
  int from = STATE->previous, local = STATE->rank / 2, n, flag;
  int32_t values[4];
  mana_status status;
  OK(PX(Comm_size)(STATE->comm[HALVES], &n));
  refused_receives_take_nothing();
  receive_small(from, T_DUP, STATE->comm[DUP], from);
  int sender = (n - 1 - local + n - 1) % n; /* in the half */
  receive_small(sender, T_HALVES, STATE->comm[HALVES], 2 * (n - 1 - sender) + STATE->rank % 2);
  if (STATE->size % 2 == 0) receive_small(n - 1 - local, T_SIDES, STATE->comm[SIDES], 2 * local + 1 - STATE->rank % 2);
  OK(PX(Probe)(MANA_ANY_SOURCE, T_TWICE, MANA_COMM_WORLD, &status));
  check_status(&status, from, T_TWICE, 16);
  receive_small(from, T_TWICE, MANA_COMM_WORLD, from);
  OK(PX(Iprobe)(from, T_TWICE, MANA_COMM_WORLD, &flag, &status));
  CHECK(flag && status.bytes == 8);
  int rc = PX(Recv)(values, 1, MANA_INT, from, T_TWICE, MANA_COMM_WORLD, &status);
  if (rc != MANA_ERR_TRUNCATE) fprintf(stderr, "rc %d bytes %ld\n", rc, (long)status.bytes);
  CHECK(rc == MANA_ERR_TRUNCATE);
  receive_small(from, T_SEND, MANA_COMM_WORLD, from);
  receive_small(from, T_BSEND, MANA_COMM_WORLD, from);
  OK(PX(Mrecv)(values, 4, MANA_INT, &STATE->message, &status));
  CHECK(STATE->message == MANA_MESSAGE_NULL);
  check_status(&status, from, T_HELD, 16);
  check_small(values, from, T_HELD);
}

static void receive_by_request(void) {
  int from = STATE->previous, flag;
  mana_status status;
  mana_h r = spare(MANA_KIND_REQUEST), message = spare(MANA_KIND_MESSAGE);
  OK(PX(Improbe)(from, T_LARGE, MANA_COMM_WORLD, &flag, &message, &status));
  CHECK(flag);
  memset(STATE->matrix_in, 0, sizeof STATE->matrix_in);
  OK(PX(Irecv)(&STATE->matrix_in[0][5], 1, STATE->type[COLUMN], from, T_TYPED, MANA_COMM_WORLD, &r));
  OK(PX(Wait)(&r, &status));
  check_status(&status, from, T_TYPED, 64);
  for (int i = 0; i < 64; i++) CHECK(STATE->matrix_in[i / 8][i % 8] == (i % 8 == 5 ? from * 100 + i - 3 : 0));
  double *large = malloc(LARGE * sizeof *large);
  r = spare(MANA_KIND_REQUEST);
  OK(PX(Imrecv)(large, LARGE, MANA_DOUBLE, &message, &r));
  OK(PX(Wait)(&r, &status));
  check_status(&status, from, T_LARGE, LARGE * 8);
  for (int i = 0; i < LARGE; i++) CHECK(large[i] == from + i * 0.5);
  free(large);
  int32_t values[4];
  OK(PX(Sendrecv)(STATE->small_out[0], 1, MANA_INT, STATE->next, T_SHORT, values, 4, MANA_INT, from, T_SYNC,
                  STATE->comm[DUP], &status));
  check_status(&status, from, T_SYNC, 16);
  check_small(values, from, T_SYNC);
  OK(PX(Recv)(values, 4, MANA_INT, from, T_SHORT, STATE->comm[DUP], &status));
  OK(PX(Recv)(values, 4, MANA_INT, from, T_PARTNER, MANA_COMM_WORLD, &status));
  check_small(values, from, T_BSEND);
}

/* Where another request of the set fails, one that had completed before is told too. */
static void complete_beside_a_failure(void) {
  int from = STATE->previous, flag, rc;
  int32_t value;
  mana_status s[2];
  mana_h two[2] = {spare(MANA_KIND_REQUEST), STATE->request[EARLY]};
  OK(PX(Irecv)(&value, 1, MANA_INT, from, T_SHORT, MANA_COMM_WORLD, &two[0]));
  send_small(T_SHORT, MANA_COMM_WORLD, STATE->next);
  do rc = PX(Testall)(2, two, &flag, s);
  while (rc == 0 && !flag);
  CHECK(rc == MANA_ERR_IN_STATUS && s[0].error == MANA_ERR_TRUNCATE && s[1].error == MANA_SUCCESS);
  CHECK(two[0] == MANA_REQUEST_NULL && two[1] == MANA_REQUEST_NULL);
  check_status(&s[1], from, T_EARLY, 16);
  check_small(STATE->in[T_EARLY % 16], from, T_EARLY);
}

/* The statuses of what completed while the checkpoint was taken are those the site gave. */
static void complete_requests(void) {
  int from = STATE->previous, count, indices[4], flag;
  mana_status s[4], status;
  mana_h *r = STATE->request;
  mana_h sends[4] = {r[SEND_LARGE], r[SEND_SYNC], r[SEND_TYPED], MANA_REQUEST_NULL};
  OK(PX(Waitall)(4, sends, s));
  CHECK(sends[0] == MANA_REQUEST_NULL && sends[1] == MANA_REQUEST_NULL && sends[2] == MANA_REQUEST_NULL);
  OK(PX(Request_get_status)(r[EARLY], &flag, &status));
  CHECK(flag);
  complete_beside_a_failure();
  mana_h some[2] = {r[LATER], r[LARGE_IN]};
  OK(PX(Waitsome)(2, some, &count, indices, s));
  CHECK(count == 1 && indices[0] == 1);
  check_status(&s[0], from, T_LARGE_IN, LARGE * 8);
  for (int i = 0; i < LARGE; i++) CHECK(STATE->large_in[i] == from + i * 0.5);
  OK(PX(Wait)(&r[NOBODY], &status));
  check_nobody(&status);
  OK(PX(Wait)(&r[BARRIER], NULL));
  OK(PX(Test)(&r[SUM], &flag, NULL));
  CHECK(flag && STATE->sum_in == STATE->size * (STATE->size - 1) / 2 + STATE->size - 1);
}

static void complete_persistent(void) {
  int from = STATE->previous;
  mana_status status;
  mana_h *r = STATE->request;
  for (int round = 0; round < 3; round++) {
    if (round) OK(PX(Startall)(1, &r[KEPT_RECEIVE]));
    if (round) OK(PX(Start)(&r[KEPT_SEND]));
    OK(PX(Wait)(&r[KEPT_SEND], NULL));
    OK(PX(Wait)(&r[KEPT_RECEIVE], &status));
    check_status(&status, from, T_KEPT, 16);
    check_small(STATE->in[1], from, T_KEPT);
  }
  for (int i = 0; i < 4; i++) STATE->small_out[3][i] = value_of(STATE->rank, T_IDLE, i);
  OK(PX(Start)(&r[IDLE_RECEIVE]));
  OK(PX(Start)(&r[IDLE_SEND]));
  OK(PX(Wait)(&r[IDLE_RECEIVE], &status));
  OK(PX(Wait)(&r[IDLE_SEND], NULL));
  check_status(&status, from, T_IDLE, 16);
  check_small(STATE->in[3], from, T_IDLE);
  send_small(T_KEPT_LATER, MANA_COMM_WORLD, STATE->next);
  OK(PX(Wait)(&r[KEPT_LATER], &status));
  check_small(STATE->in[2], from, T_KEPT_LATER);
  for (int i = KEPT_SEND; i <= IDLE_RECEIVE; i++) OK(PX(Request_free)(&r[i]));
}

static void complete_later(void) {
  int from = STATE->previous;
  for (int i = OVER; i < GAPS; i++) complete_freed(i);
  mana_status status;
  send_small(T_LATER, STATE->comm[DUP], STATE->next);
  OK(PX(Waitall)(1, &STATE->request[LATER], &status));
  check_status(&status, from, T_LATER, 16);
  check_small(STATE->in[T_LATER % 16], from, T_LATER);
  OK(PX(Send)(&STATE->matrix[0][1], 1, STATE->type[COLUMN], STATE->next, T_FREED, MANA_COMM_WORLD));
  OK(PX(Wait)(&STATE->request[FREED], &status));
  check_status(&status, from, T_FREED, 64);
  for (int i = 0; i < 8; i++) CHECK(STATE->freed_in[i][0] == from * 100 + 8 * i + 1);
  send_small(T_ORPHAN, MANA_COMM_WORLD, STATE->next);
  OK(PX(Barrier)(MANA_COMM_WORLD));
  void *address;
  int size;
  OK(PX(Buffer_detach)(&address, &size));
  CHECK(address == STATE->buffer && size == sizeof STATE->buffer);
}

static mana_h from_nobody(void) {
  static int32_t value;
  mana_h r = spare(MANA_KIND_REQUEST);
  OK(PX(Irecv)(&value, 1, MANA_INT, MANA_PROC_NULL, T_NEVER, MANA_COMM_WORLD, &r));
  return r;
}
static void receive_from_nobody(void) {
  int flag, index, count, indices[1];
  int32_t value;
  mana_status status;
  mana_h r = from_nobody();
  OK(PX(Request_get_status)(r, &flag, &status));
  check_nobody(&status);
  OK(PX(Wait)(&r, &status));
  check_nobody(&status);
  r = from_nobody();
  OK(PX(Waitall)(1, &r, &status));
  check_nobody(&status);
  r = from_nobody();
  OK(PX(Waitany)(1, &r, &index, &status));
  check_nobody(&status);
  r = from_nobody();
  OK(PX(Waitsome)(1, &r, &count, indices, &status));
  check_nobody(&status);
  r = spare(MANA_KIND_REQUEST);
  OK(PX(Recv_init)(&value, 1, MANA_INT, MANA_PROC_NULL, T_NEVER, MANA_COMM_WORLD, &r));
  OK(PX(Start)(&r));
  OK(PX(Wait)(&r, &status));
  check_nobody(&status);
  OK(PX(Waitall)(1, &r, &status)); /* inactive: the empty status */
  CHECK(status.source == MANA_ANY_SOURCE);
  OK(PX(Request_free)(&r));
}

/* What is left over counts for nothing, and both halves of a send-receive count. */
static void exchange_more(void) {
  int from = STATE->previous, to = STATE->next, flag, index, all[4];
  int32_t values[4], more[4];
  mana_status status, statuses[2];
  mana_h two[2] = {spare(MANA_KIND_REQUEST), spare(MANA_KIND_REQUEST)};
  OK(PX(Irecv)(values, 4, MANA_INT, MANA_ANY_SOURCE, T_NEVER, MANA_COMM_WORLD, &two[0]));
  OK(PX(Cancel)(&two[0]));
  OK(PX(Wait)(&two[0], &status));
  CHECK(status.cancelled && two[0] == MANA_REQUEST_NULL);
  for (int i = 0; i < 4; i++) values[i] = value_of(STATE->rank, T_SELF, i);
  OK(PX(Sendrecv_replace)(values, 4, MANA_INT, to, T_SELF, from, T_SELF, STATE->comm[RING], &status));
  check_status(&status, from, T_SELF, 16);
  check_small(values, from, T_SELF);
  for (int i = 0; i < 4; i++) values[i] = value_of(STATE->rank, T_SHORT, i);
  two[0] = spare(MANA_KIND_REQUEST);
  int rc = PX(Isendrecv)(values, 4, MANA_INT, to, T_SHORT, more, 4, MANA_INT, from, T_SHORT, MANA_COMM_WORLD, &two[0]);
  CHECK(rc == 0 || rc == MANA_RC_ABSENT);
  if (rc == 0) OK(PX(Waitall)(1, two, NULL));
  if (rc == 0) check_small(more, from, T_SHORT);
  two[0] = spare(MANA_KIND_REQUEST);
  OK(PX(Irecv)(more, 4, MANA_INT, from, T_SEND, MANA_COMM_WORLD, &two[0]));
  /* The queue's message is the first, this one the second. */
  for (int i = 0; i < 4; i++) values[i] = value_of(STATE->rank, T_SEND, i);
  OK(PX(Isend)(values, 4, MANA_INT, to, T_SEND, MANA_COMM_WORLD, &two[1]));
  do OK(PX(Testall)(2, two, &flag, statuses));
  while (!flag);
  check_status(&statuses[0], from, T_SEND, 16);
  OK(PX(Testany)(2, two, &index, &flag, &status));
  CHECK(flag && index == MANA_UNDEFINED);
  OK(PX(Testsome)(2, two, &index, all, statuses));
  CHECK(index == MANA_UNDEFINED);
}

/* What the queue has for a communicator goes with it; the next one has the same handle. */
static void forget_the_queued(void) {
  mana_h comm = STATE->comm[GOING], next = comm;
  int flag;
  OK(PX(Comm_free)(&comm));
  OK(PX(Comm_dup)(MANA_COMM_WORLD, &next));
  CHECK(next == STATE->comm[GOING]);
  OK(PX(Iprobe)(MANA_ANY_SOURCE, MANA_ANY_TAG, next, &flag, NULL));
  CHECK(!flag);
}

void empty_the_network(void) {
  forget_the_queued();
  exchange_more();
  receive_from_nobody();
  receive_queued();
  receive_by_request();
  complete_requests();
  complete_persistent();
  complete_later();
}
