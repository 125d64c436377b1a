/* What the proxy remembers of requests: enough to take a checkpoint while they are pending, and no more than a few stores at their start.
 *
 * A request that completed while a checkpoint was taken (or was served from the queue) is "settled early": its place in the request
 * table holds MPI_REQUEST_NULL though the application still holds its handle, and the record has its status. */
#ifndef MANA_PX_RECORD_H
#define MANA_PX_RECORD_H
#include <sched.h>

#include "px_request.h"

enum px_record_kind {
  PX_FREE,
  PX_SEND,
  PX_RECEIVE, /* MPI_Isendrecv too: its send is counted at once, what remains is a receive */
  PX_COLLECTIVE,
  PX_CONSTRUCTOR, /* a nonblocking one: its communicator must not be used before it completes */
  PX_GENERALIZED,
  PX_PARTITIONED,
  PX_PERSISTENT_COLLECTIVE,
  PX_OTHER, /* of a window */
  PX_FILE,  /* access to a file: comes to an end by itself, or with the other members' */
};
enum px_send_mode { PX_STANDARD, PX_BUFFERED, PX_SYNCHRONOUS, PX_READY };
/* Of a synchronous send's message (synchronous.h). AWAITED: the site's request waits for the receipt. */
enum px_receipt { PX_NOT_ASKED, PX_RECEIVED, PX_AWAITED };

struct px_record {
  void *buffer;
  int64_t count;
  mana_h datatype, comm; /* comm 0: freed since */
  int32_t peer, tag;     /* canonical */
  uint64_t serial;       /* order of posting; of persistent requests, of their last start */
  uint8_t kind, mode, persistent;
  uint8_t active;   /* started and not completed; of persistent requests only */
  uint8_t owed;     /* 1: its completion is a message received */
  uint8_t early;    /* settled early: px_early has the status */
  uint8_t canceled; /* MPI_Cancel of what had not come to an end: its status tells whether it was a message */
  uint8_t late;     /* a send whose request also stands for a receive served from the queue: px_early has its status */
  int32_t error;    /* of a request settled early: canonical code */
  uint8_t calls_back; /* a collective with a reduction of the program's, which gets `datatype` */
  uint8_t receipt;    /* enum px_receipt */
  uint8_t foreign;    /* with processes of another job: counts for nothing */
  uint8_t pad;
  union {
    uint32_t behind;  /* PX_NOT_ASKED: how many messages to the same place, with the same tag, were sent after it */
    int32_t receiver; /* PX_AWAITED: rank in MPI_COMM_WORLD */
  };
  uint32_t number; /* PX_AWAITED: of the receipt */
};
_Static_assert(sizeof(struct px_record) == 64, "one cache line");

extern struct px_record *px_record;  /* by index of the request */
extern struct mana_status *px_early; /* likewise; touched by few requests */
extern MPI_Request *px_early_site;   /* likewise: the site's request of a persistent one that is settled early */
/* synchronous: how many such sends may be under way (synchronous.c). */
/* foreign: there is, or was, a communicator with processes of another job (foreign.c). */
extern struct proxy_counters { uint64_t sent, received, posted, synchronous, foreign; } px_counters;

/* 0, or a negative errno. */
int px_records_create(void);

static inline struct px_record *px_record_of(mana_h request) {
  return &px_record[mana_index(request)];
}

/* Only MPI_THREAD_MULTIPLE has two threads in MPI. */
static inline uint64_t px_count(uint64_t *counter, uint64_t n) {
  if (__builtin_expect(SPLIT->thread_multiple, 0)) return __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
  uint64_t before = *counter;
  *counter = before + n;
  return before;
}
int px_foreign_ask(mana_h comm) __attribute__((cold));
static inline int px_is_foreign(mana_h comm) {
  return __builtin_expect(px_counters.foreign != 0, 0) && px_foreign_ask(comm);
}
void px_sent_watched(mana_h comm, int dest, int tag) __attribute__((cold));
static inline void px_count_sent(mana_h comm, int dest, int tag) {
  px_count(&px_counters.sent, dest != MANA_PROC_NULL);
  if (__builtin_expect((px_counters.synchronous | px_counters.foreign) != 0, 0)) px_sent_watched(comm, dest, tag);
}
static inline void px_count_received(mana_h comm, int source) {
  px_count(&px_counters.received, source != MANA_PROC_NULL && !px_is_foreign(comm));
}

/* comm: on which it was started; 0 where that is none. */
static inline struct px_record *px_record_new(mana_h request, enum px_record_kind kind, mana_h comm) {
  struct px_record *r = px_record_of(request);
  r->kind = (uint8_t)kind;
  r->comm = comm;
  r->mode = r->active = r->owed = r->early = r->canceled = r->late = r->calls_back = r->receipt = 0;
  r->behind = 0;
  r->foreign = (uint8_t)px_is_foreign(comm);
  r->persistent = kind == PX_PARTITIONED || kind == PX_PERSISTENT_COLLECTIVE;
  r->serial = px_count(&px_counters.posted, 1);
  return r;
}
static inline void px_record_reduction(mana_h request, enum px_record_kind kind, mana_h datatype, mana_h op,
                                       mana_h comm) {
  struct px_record *r = px_record_new(request, kind, comm);
  r->calls_back = (uint8_t)mana_is_user(op);
  r->datatype = datatype;
}
static inline void px_record_describe(struct px_record *r, const void *buf, int64_t count, mana_h datatype, int peer,
                                      int tag) {
  r->buffer = (void *)(uintptr_t)buf;
  r->count = count;
  r->datatype = datatype;
  r->peer = peer;
  r->tag = tag;
}
/* Started sends and receives. */
static inline void px_record_send(mana_h request, const void *buf, int64_t count, mana_h datatype, int dest, int tag,
                                  mana_h comm) {
  px_record_describe(px_record_new(request, PX_SEND, comm), buf, count, datatype, dest, tag);
  px_count_sent(comm, dest, tag);
}
void px_synchronous_begun(mana_h request);
static inline void px_record_synchronous(mana_h request, const void *buf, int64_t count, mana_h datatype, int dest,
                                         int tag, mana_h comm) {
  px_record_send(request, buf, count, datatype, dest, tag, comm);
  px_record_of(request)->mode = PX_SYNCHRONOUS;
  px_synchronous_begun(request);
}
static inline void px_record_receive(mana_h request, void *buf, int64_t count, mana_h datatype, int source, int tag,
                                     mana_h comm) {
  struct px_record *r = px_record_new(request, PX_RECEIVE, comm);
  px_record_describe(r, buf, count, datatype, source, tag);
  r->owed = source != MANA_PROC_NULL && !r->foreign;
}
static inline void px_record_persistent(mana_h request, enum px_record_kind kind, enum px_send_mode mode,
                                        const void *buf, int64_t count, mana_h datatype, int peer, int tag,
                                        mana_h comm) {
  struct px_record *r = px_record_new(request, kind, comm);
  px_record_describe(r, buf, count, datatype, peer, tag);
  r->mode = (uint8_t)mode;
  r->persistent = 1;
}
/* All processes of MPI_COMM_WORLD, and nobody's but the proxy's: from MPI_Init to MPI_Finalize. */
extern MPI_Comm px_world;
/* Its tags: questions about synchronous sends; the rounds of a barrier (arrive.c); receipts of these sends and answers, by number. The last is below
 * 2^20 - 1, the lowest bound that a site we know of has (Intel MPI over mlx). */
enum { PX_TAG_QUESTION, PX_TAG_ROUND, PX_TAG_NUMBER = 64, PX_NUMBERS = (1 << 20) - 1 - PX_TAG_NUMBER };

/* A program of sessions without MPI_Init: it has no checkpoints, so the site may block. It has to: MPICH 4.0 over UCX cannot make progress
 * before two processes have met, and its own waits look first whether there is need to. */
static inline int px_may_block(void) {
  return __builtin_expect(px_world == MPI_COMM_NULL, 0);
}
/* Such a send must not be taken for complete while the drain may be what has completed it. */
static inline int px_is_synchronous(const struct px_record *r) {
  return __builtin_expect(r->mode == PX_SYNCHRONOUS, 0) && r->kind == PX_SEND && r->receipt == PX_NOT_ASKED &&
         r->peer != MANA_PROC_NULL && (!r->persistent || r->active);
}
static inline int px_holds_back(void) {
  return __atomic_load_n(&SPLIT->holds_back, __ATOMIC_SEQ_CST) != 0;
}
static inline int px_is_held_back(const struct px_record *r) {
  return px_is_synchronous(r) && px_holds_back();
}
/* Whether the request waits for a message, or for another thread: the site must not be asked to block on it. */
static inline int px_record_waits(const struct px_record *r) {
  return (r->kind == PX_RECEIVE || r->kind == PX_GENERALIZED || r->kind == PX_PARTITIONED || r->receipt == PX_AWAITED ||
          px_is_synchronous(r)) &&
         !px_may_block();
}
/* Upper threads must leave MPI. */
static inline int px_must_park(void) {
  return __builtin_expect(__atomic_load_n(&SPLIT->phase, __ATOMIC_RELAXED) == SPLIT_PARK, 0);
}
/* After a look in vain. Threads that wait beside each other would spin on the cores that they wait for: the site's own waits let all but one
 * of a process sleep. */
static inline int px_must_park_after(unsigned *looks) {
  enum { MANY = 100 };
  if (__builtin_expect(SPLIT->thread_multiple, 0) && ++*looks > MANY) sched_yield();
  return px_must_park();
}

/* A persistent send had lent its place in the request table to the receipt. */
void px_record_receipted(struct px_record *r);
/* Of a request that completed in the site, before it is told: status may be NULL. */
static inline void px_record_status(const struct px_record *r, mana_status *status) {
  if (__builtin_expect(r->peer == MANA_PROC_NULL, 0) && status && r->kind == PX_RECEIVE &&
      (!r->persistent || r->active))
    px_status_of_nobody(status);
}
/* The request completed in the site, and the application hears of it now. */
static inline void px_record_completed(struct px_record *r) {
  px_count(&px_counters.received, r->owed);
  r->owed = r->active = 0;
  if (__builtin_expect(r->receipt == PX_AWAITED, 0)) px_record_receipted(r);
  if (!r->persistent) r->kind = PX_FREE;
}
/* --- record.c: what is seldom ------------------------------------------------------------------------------------------ */
/* The request completed while the application does not hear of it: status and code (canonical) are kept until it asks. */
void px_settle_early(mana_h request, const mana_status *status, int code);
/* All but the error field, which calls for one request leave alone (MPI-4.1 section 3.2.5). */
static inline void px_early_status(mana_status *to, mana_h request) {
  int32_t error = to->error;
  *to = px_early[mana_index(request)];
  to->error = error;
}
/* The application asks: gives status (may be NULL) and code, and makes the request free or idle again; *request becomes
 * MANA_REQUEST_NULL unless it is persistent. Only for records that are `early`. */
int px_early_take(mana_h *request, mana_status *status);
/* What was asked to cancel has ended, with this status (before px_record_completed or px_settle_early): no message, perhaps. */
void px_record_canceled(struct px_record *r, const MPI_Status *s);
/* A receive, or a cancelled send, whose request the application has freed: the pump completes it, and it counts then. */
struct px_orphan {
  struct px_orphan *next;
  MPI_Request site;
  struct px_record record;
};
extern struct px_orphan *px_orphans;
/* 0, or MANA_ERR_NO_MEM. */
int px_orphan_add(MPI_Request site, const struct px_record *r);
/* Completes what can be; whether one did. */
int px_orphans_test(void);

/* The application frees a datatype or communicator that records still name (MPI-4.1 sections 5.1.9, 7.4.3: operations go on). */
void px_records_keep_datatype(mana_h datatype);
/* Whether one is a collective under way, or persistent, with a reduction of the program's on the datatype. */
int px_records_reduce(mana_h datatype);
/* MPI ends: of those kept so, none is needed any more. */
void px_records_drop_datatypes(void);
void px_records_forget_comm(mana_h comm);
/* The lowest index at which such a datatype has been: one was put at `index`. */
extern uint32_t px_spare_low;
void px_spare_took(uint32_t index);
#endif
