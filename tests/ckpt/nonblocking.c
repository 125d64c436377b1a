/* Nonblocking collectives of every kind in flight over several steps, several at once, on two communicators. */
#include "story.h"

#define LAG 3
enum { MOST = 8, WORDS = 600, SLOTS = LAG + 1, PER_STEP = 4, KINDS = 18 };
typedef struct {
  int kind, root;
  uint64_t out[MOST * WORDS], in[MOST * WORDS];
  int counts[MOST], places[MOST], offsets[MOST], bytes_out[MOST], bytes_in[MOST]; /* all of them read until it ends */
  MPI_Datatype types[MOST];
  MPI_Request request;
} Operation;
static Operation operations[SLOTS][PER_STEP];

/* What rank contributes for the peer (or for everybody) in word i. */
static uint64_t given(int id, int rank, int peer, int i) {
  return story_word((uint64_t)id << 16 | (uint64_t)rank << 8 | (uint64_t)peer, (size_t)i) >> 8;
}
static uint64_t sum_of(int id, int ranks, int peer, int i) {
  uint64_t sum = 0;
  for (int rank = 0; rank < ranks; rank++) sum += given(id, rank, peer, i);
  return sum;
}

static void start(Operation *o, int id, MPI_Comm comm) {
  const MPI_Datatype type = MPI_UINT64_T;
  int n = story_size, me = story_rank, w = id % 5 == 4 ? WORDS : 3, root = id % n;
  MPI_Request *r = &o->request;
  o->kind = id % KINDS;
  o->root = root;
  for (int p = 0; p < n; p++) {
    o->counts[p] = w, o->places[p] = p * WORDS, o->offsets[p] = p * w, o->types[p] = type;
    o->bytes_out[p] = p * w * 8, o->bytes_in[p] = p * WORDS * 8;
    for (int i = 0; i < w; i++) o->out[p * w + i] = given(id, me, p, i), o->in[p * WORDS + i] = 0;
  }
  int *c = o->counts, *d = o->places;
  switch (o->kind) {
    case 0: MPI_Ibarrier(comm, r); break;
    case 1:
      memcpy(o->in, o->out, (size_t)w * 8);
      MPI_Ibcast(o->in, w, type, root, comm, r);
      break;
    case 2: MPI_Iallreduce(o->out, o->in, w, type, MPI_SUM, comm, r); break;
    case 3: MPI_Ireduce(o->out, o->in, w, type, MPI_SUM, root, comm, r); break;
    case 4: MPI_Igather(o->out, w, type, o->in, w, type, root, comm, r); break;
    case 5: MPI_Igatherv(o->out, w, type, o->in, c, d, type, root, comm, r); break;
    case 6: MPI_Iscatter(o->out, w, type, o->in, w, type, root, comm, r); break;
    case 7: MPI_Iallgather(o->out, w, type, o->in, w, type, comm, r); break;
    case 8: MPI_Iallgatherv(o->out, w, type, o->in, c, d, type, comm, r); break;
    case 9: MPI_Ialltoall(o->out, w, type, o->in, w, type, comm, r); break;
    case 10:
      for (int p = n; p-- > 0;) memmove(o->out + p * WORDS, o->out + p * w, (size_t)w * 8);
      MPI_Ialltoallv(o->out, c, d, type, o->in, c, d, type, comm, r);
      break;
    case 11: MPI_Iscan(o->out, o->in, w, type, MPI_SUM, comm, r); break;
    case 12: MPI_Iexscan(o->out, o->in, w, type, MPI_SUM, comm, r); break;
    case 13: MPI_Ireduce_scatter(o->out, o->in, c, type, MPI_SUM, comm, r); break;
    case 14: MPI_Ireduce_scatter_block(o->out, o->in, w, type, MPI_SUM, comm, r); break;
    case 15: MPI_Iscatterv(o->out, c, o->offsets, type, o->in, w, type, root, comm, r); break;
    case 16: MPI_Ialltoallw(o->out, c, o->bytes_out, o->types, o->in, c, o->bytes_in, o->types, comm, r); break;
    default: memcpy(o->in, o->out, (size_t)w * 8); MPI_Iallreduce(MPI_IN_PLACE, o->in, w, type, MPI_SUM, comm, r);
  }
}

static void verify(const Operation *o, int id) {
  int n = story_size, me = story_rank, w = id % 5 == 4 ? WORDS : 3;
  for (int i = 0; i < w; i++) {
    const uint64_t *in = o->in + i;
    switch (o->kind) {
      case 0: break;
      case 1: CHECK(*in == given(id, o->root, 0, i)); break;
      case 2:
      case 17: CHECK(*in == sum_of(id, n, 0, i)); break;
      case 3: CHECK(me != o->root || *in == sum_of(id, n, 0, i)); break;
      case 4:
      case 5:
      case 7:
      case 8:
        for (int p = 0; p < n && (o->kind > 5 || me == o->root); p++)
          CHECK(in[p * (o->kind == 5 || o->kind == 8 ? WORDS : w)] == given(id, p, 0, i));
        break;
      case 6:
      case 15: CHECK(*in == given(id, o->root, me, i)); break;
      case 9:
      case 10:
      case 16:
        for (int p = 0; p < n; p++) CHECK(in[p * (o->kind == 9 ? w : WORDS)] == given(id, p, me, i));
        break;
      case 11: CHECK(*in == sum_of(id, me + 1, 0, i)); break;
      case 12: CHECK(me == 0 || *in == sum_of(id, me, 0, i)); break;
      default: CHECK(*in == sum_of(id, n, me, i));
    }
  }
}

static void finish(int step) {
  Operation *o = operations[step % SLOTS];
  for (int k = PER_STEP; k-- > 0;) { /* not in the order they were started */
    int flag = 0;
    if (k % 2) MPI_Wait(&o[k].request, MPI_STATUS_IGNORE);
    while (k % 2 == 0 && !flag) MPI_Test(&o[k].request, &flag, MPI_STATUS_IGNORE);
    verify(&o[k], step * PER_STEP + k);
  }
  const Operation *told = &o[step % PER_STEP];
  if (0x3efc6 >> told->kind & 1) story_add(told->in, 8); /* the kinds whose first word everybody gets */
}

int main(int argc, char **argv) {
  story_begin("nonblocking", &argc, &argv);
  MPI_Comm comms[2] = {MPI_COMM_WORLD, MPI_COMM_NULL};
  CHECK(story_size <= MOST);
  MPI_Comm_dup(MPI_COMM_WORLD, &comms[1]);
  for (int step = 0; story_goes_on(step); step++) {
    for (int k = 0; k < PER_STEP; k++) start(&operations[step % SLOTS][k], step * PER_STEP + k, comms[k % 2]);
    if (step >= LAG) finish(step - LAG);
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) finish(step);
  MPI_Comm_free(&comms[1]);
  return story_end();
}
