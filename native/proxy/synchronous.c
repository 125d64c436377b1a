#include "synchronous.h"

#include <pthread.h>
#include <time.h>

#include "comm_name.h"
#include "queue.h"

/* MPI_STATUSES_IGNORE may be a small number cast to a pointer, which the compiler takes for an array of no room. */
#pragma GCC diagnostic ignored "-Wstringop-overflow"

static uint32_t next_number;

static int tag_of(uint32_t number) {
  return PX_TAG_NUMBER + (int)(number % PX_NUMBERS);
}

/* --- which are under way, and what was sent behind them -------------------------------------------------------------------- */
static struct begun {
  mana_h request;
  uint64_t serial;
} * begun;
static size_t room;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void px_synchronous_begun(mana_h request) {
  const struct px_record *r = px_record_of(request);
  if (r->peer == MANA_PROC_NULL) return;
  pthread_mutex_lock(&lock);
  size_t n = px_counters.synchronous;
  struct begun *more = n < room ? begun : realloc(begun, (2 * room + 8) * sizeof *begun);
  if (more && n == room) room = 2 * room + 8;
  if (more) begun = more;
  if (more) begun[n] = (struct begun){request, r->serial};
  if (more) px_counters.synchronous = n + 1;
  pthread_mutex_unlock(&lock);
}

/* Those that are over by now go from the list. */
void px_sent_behind(mana_h comm, int dest, int tag) {
  pthread_mutex_lock(&lock);
  size_t kept = 0;
  for (size_t i = 0; i < px_counters.synchronous; i++) {
    struct px_record *r = px_record_of(begun[i].request);
    if (r->serial != begun[i].serial || !px_is_synchronous(r)) continue;
    r->behind += r->comm == comm && r->peer == dest && r->tag == tag;
    begun[kept++] = begun[i];
  }
  px_counters.synchronous = kept;
  pthread_mutex_unlock(&lock);
}

/* --- receipts ------------------------------------------------------------------------------------------------------------- */
int px_synchronous_await(const struct px_record *r, MPI_Request *site) {
  if (r->number >= next_number) next_number = r->number + 1;
  return MPI_Irecv(NULL, 0, MPI_BYTE, r->receiver, tag_of(r->number), px_world, site);
}

void px_synchronous_received(const struct px_message *m) {
  if (m->sender < 0) return;
  (void)MPI_Send(NULL, 0, MPI_BYTE, m->sender, tag_of(m->number), px_world); /* what fails ends the job */
  px_count(&px_counters.sent, 1);
}

/* --- the question ----------------------------------------------------------------------------------------------------------- */
struct question {
  int32_t round, tag, behind, number;
  int32_t source; /* the sender, as the communicator counts it */
  struct px_comm_name comm;
};
enum { WORDS = sizeof(struct question) / sizeof(int32_t), PATIENCE_SECONDS = 20, UNNAMED = INT32_MAX };
static int32_t
    now; /* Round of questions, the same on all ranks: what an earlier one, given up, has left is no question of today's. */

struct asked {
  mana_h request;
  struct question question;
  int receiver, waits; /* waits: the answer */
};

static int world_rank(MPI_Comm comm, int peer) {
  MPI_Group group = MPI_GROUP_NULL, world = MPI_GROUP_NULL;
  int inter = 0, rank = MPI_UNDEFINED;
  MPI_Comm_test_inter(comm, &inter);
  int rc = inter ? MPI_Comm_remote_group(comm, &group) : MPI_Comm_group(comm, &group);
  if (rc == MPI_SUCCESS) rc = MPI_Comm_group(px_world, &world);
  if (rc == MPI_SUCCESS) MPI_Group_translate_ranks(group, 1, &peer, world, &rank);
  if (world != MPI_GROUP_NULL) MPI_Group_free(&world);
  if (group != MPI_GROUP_NULL) MPI_Group_free(&group);
  return rank == MPI_UNDEFINED ? -1 : rank;
}

/* Sends that are complete, and of which the program has not heard. One on a freed communicator cannot be asked for. */
static struct asked *list(int *n) {
  struct asked *all = malloc((px_counters.synchronous + 1) * sizeof *all);
  *n = 0;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request && all && *n < (int)px_counters.synchronous; i++) {
    const struct px_record *r = &px_record[i];
    int receiver = px_is_synchronous(r) && r->early && r->comm ? world_rank(px_comm(r->comm), px_rank_in(r->peer)) : -1;
    if (receiver < 0) continue;
    struct question q = {.round = now,
                         .tag = px_tag_in(r->tag),
                         .behind = (int32_t)r->behind,
                         .number = (int32_t)(next_number++ % PX_NUMBERS),
                         .comm = px_name_of_comm(r->comm)};
    MPI_Comm_rank(px_comm(r->comm), &q.source);
    all[(*n)++] = (struct asked){mana_handle(MANA_KIND_REQUEST, i), q, receiver, 0};
  }
  return all;
}

/* Is the message still in the queue? Then its receipt is noted. */
static int answer(int sender, const struct question *q) {
  struct px_message *found = NULL;
  int length = 0, tag = px_tag_out(q->tag), source = px_rank_out(q->source);
  mana_h comm = px_comm_named(q->comm);
  for (struct px_message *m = px_queue; m; m = m->next)
    length += m->comm == comm && m->source == source && m->tag == tag;
  for (struct px_message *m = px_queue; m && !found; m = m->next) {
    if (m->comm == comm && m->source == source && m->tag == tag && --length == q->behind) found = m;
  }
  if (!found) return 0;
  found->sender = sender;
  found->number = (uint32_t)q->number;
  return 1;
}

/* Never on a communicator of the program's, whose receives are posted and would take what comes. How many were answered. */
static int answer_all(void) {
  MPI_Status s;
  struct question q;
  int flag, n = 0;
  while (MPI_Iprobe(MPI_ANY_SOURCE, PX_TAG_QUESTION, px_world, &flag, &s) == MPI_SUCCESS && flag) {
    if (MPI_Recv(&q, WORDS, MPI_INT, s.MPI_SOURCE, PX_TAG_QUESTION, px_world, MPI_STATUS_IGNORE) != MPI_SUCCESS) break;
    if (q.round != now) continue;
    int waits = answer(s.MPI_SOURCE, &q);
    if (MPI_Send(&waits, 1, MPI_INT, s.MPI_SOURCE, tag_of((uint32_t)q.number), px_world) != MPI_SUCCESS) break;
    n++;
  }
  return n;
}

static int ask(struct px_saved *s, struct asked *all, int n, MPI_Request *requests, int expected) {
  time_t end = time(NULL) + PATIENCE_SECONDS;
  int rc = MPI_SUCCESS, done = 0;
  for (int i = 0; i < 2 * n; i++) requests[i] = MPI_REQUEST_NULL;
  for (int i = 0; i < n && rc == MPI_SUCCESS; i++) {
    struct asked *a = &all[i];
    rc =
        MPI_Irecv(&a->waits, 1, MPI_INT, a->receiver, tag_of((uint32_t)a->question.number), px_world, &requests[2 * i]);
    if (rc == MPI_SUCCESS)
      rc = MPI_Isend(&a->question, WORDS, MPI_INT, a->receiver, PX_TAG_QUESTION, px_world, &requests[2 * i + 1]);
  }
  while (rc == MPI_SUCCESS && (expected > 0 || !done)) {
    expected -= answer_all();
    rc = MPI_Testall(2 * n, requests, &done, MPI_STATUSES_IGNORE);
    if (time(NULL) > end) return px_refuse(s, "other ranks do not say which synchronous sends they have received");
  }
  return px_refuse_failed(s, rc, "asking for synchronous sends");
}

/* The send is not over after all. */
static int await(struct px_saved *s, const struct asked *a) {
  struct px_record *r = px_record_of(a->request);
  r->receipt = a->waits ? PX_AWAITED : PX_RECEIVED;
  if (!a->waits) return 0;
  r->number = (uint32_t)a->question.number;
  r->receiver = a->receiver;
  r->early = 0;
  r->owed = 1;
  return px_refuse_failed(s, px_synchronous_await(r, &px_table_request[mana_index(a->request)]), "MPI_Irecv");
}

/* How many questions come here. */
static int expect(struct px_saved *s, const struct asked *all, int n, int *expected) {
  int size = 0;
  MPI_Comm_size(px_world, &size);
  int *to = calloc((size_t)size, sizeof *to);
  for (int i = 0; i < n && to; i++) to[all[i].receiver]++;
  int rc = to ? MPI_Reduce_scatter_block(to, expected, 1, MPI_INT, MPI_SUM, px_world) : MPI_SUCCESS;
  free(to);
  return to ? px_refuse_failed(s, rc, "MPI_Reduce_scatter_block") : px_refuse(s, "out of memory");
}

int px_synchronous_ask(struct px_saved *s, int named) {
  int n = 0, any = 0, expected = 0;
  now++;
  struct asked *all = list(&n);
  MPI_Request *requests = malloc((2 * (size_t)n + 1) * sizeof(MPI_Request));
  int mine = named && all && requests ? n : UNNAMED;
  int rc = px_refuse_failed(s, MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, px_world), "MPI_Allreduce");
  if (!rc && any == UNNAMED) rc = px_refuse(s, "another rank cannot tell its communicators");
  if (!rc && any) {
    rc = expect(s, all, n, &expected);
    if (!rc) rc = ask(s, all, n, requests, expected);
    if (rc) return rc; /* what is under way is written to and read from: nothing is freed */
    for (int i = 0; i < n && !rc; i++) rc = await(s, &all[i]);
  }
  free(requests);
  free(all);
  return rc;
}
