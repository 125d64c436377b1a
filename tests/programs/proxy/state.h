/* A program that calls a proxy as the core would, in canonical handles, without an upper half. What would be the upper half's memory is one
 * structure at a fixed address, written to a file beside what the proxy saves. */
#ifndef STATE_H
#define STATE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "constants.h"
#include "mpi_table.h"
#include "proxy_checkpoint.h"

enum { LARGE = 1 << 17 }; /* doubles: 1 MiB, a rendezvous everywhere */
enum comm_number { DUP, HALVES, RING, WEB, STAR, SIDES, COMMS };
enum type_number { COLUMN, RECORD, COPY, CORNER, BLOCKS, WIDE, TYPES };
enum request_number {
  SEND_LARGE,
  SEND_SYNC,
  SEND_TYPED,
  EARLY,     /* posted, the message is in flight */
  LARGE_IN,  /* the same, large */
  LATER,     /* posted, the message is sent after the checkpoint */
  FREED,     /* the same, and its datatype is freed */
  KEPT_SEND, /* persistent */
  KEPT_RECEIVE,
  KEPT_LATER,
  IDLE_SEND,
  IDLE_RECEIVE,
  BARRIER,
  SUM,
  ORPHAN, /* the same, and the request is freed */
  REQUESTS
};
struct state {
  int32_t rank, size, next, previous;
  mana_h comm[COMMS], type[TYPES], request[REQUESTS], group, op, info, message, freed_type;
  double large_out[LARGE], large_in[LARGE];
  double matrix[8][8], matrix_in[8][8], freed_in[8][8];
  int32_t small_out[16][4], in[16][4], sum_out, sum_in, columns[8];
  char buffer[65536];
};
#define STATE ((struct state *)0x310000000000ull)
#define PX(name) ((below_##name)MPI_TABLE->fn[SLOT_##name])

/* Fails the run, with the rank and the line. */
#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "rank %d: %s:%d: not so: %s\n", STATE->rank, __FILE__, __LINE__, #condition);                    \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)
#define OK(call) CHECK((call) == 0)

/* The value at i of what `rank` sends with `tag`. */
static inline int32_t value_of(int rank, int tag, int i) {
  return rank * 1000 + tag * 10 + i;
}
/* Handles for what is made before the checkpoint, and after. */
mana_h fresh(enum mana_kind kind);
mana_h spare(enum mana_kind kind);
/* Sends four integers to the next rank. */
void send_small(int tag, mana_h comm, int dest);
/* They came from the previous one. */
void check_small(const int32_t *values, int from, int tag);
void check_status(const mana_status *status, int source, int tag, int64_t bytes);

void make_objects(void);
void fill_the_network(void);
void leave_waiting_calls(void);
void check_objects(void);
void empty_the_network(void);
#endif
