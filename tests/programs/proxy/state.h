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
enum comm_number { DUP, HALVES, RING, WEB, STAR, SIDES, GOING, COMMS };
enum type_number { COLUMN, RECORD, COPY, CORNER, BLOCKS, WIDE, UNPADDED, AROUND, TYPES };
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
  NOBODY, /* from MPI_PROC_NULL */
  REQUESTS
};
/* Receives whose datatypes are freed. Some are over before, so that there are gaps in what stands in for their types. */
enum { GAPS = 4, OVER = 2 };
struct state {
  int32_t rank, size, next, previous;
  mana_h comm[COMMS], type[TYPES], request[REQUESTS], group, op, info, message, freed_type;
  int64_t extent[TYPES]; /* as it was when they were made */
  double large_out[LARGE], large_in[LARGE];
  double matrix[8][8], matrix_in[8][8], freed_in[8][8];
  int32_t small_out[16][4], in[16][4], sum_out, sum_in, columns[8];
  mana_h gap[GAPS];
  int32_t gap_in[GAPS][4];
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

/* --- site.c: the site's MPI, as it is not here ---------------------------------------------------------------------------------- */
extern struct site {
  int cancels_late; /* sends can be cancelled, and no cancellation is over at once */
  int fails_sends;
  int grants_single; /* thread level */
  int tag_ub;        /* 0: as it is */
} site;

void make_objects(void);
void fill_the_network(void);
void leave_waiting_calls(void);
void check_objects(void);
void empty_the_network(void);

/* --- what needs no checkpoint around it --------------------------------------------------------------------------------------------- */
void cancel_late(const struct proxy_checkpoint *checkpoint);
void receive_beside_a_pump(const struct proxy_checkpoint *checkpoint);
void pump_where_one_may(const struct proxy_checkpoint *checkpoint);

/* --- refused.c: asks one rank to save what cannot be saved, and prints what rank 0 is told ---------------------------------------- */
int is_refused(const char *what);
void be_refused(const struct proxy_checkpoint *checkpoint, const char *what);
/* All ranks are on one machine, whose clock counts from its start. */
static const struct proxy_attempt attempt = {.epoch = 1, .seconds = 60};
#endif
