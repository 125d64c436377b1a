/* Messages that a checkpoint took out of the network before anyone received them. Receives and probes look here first: what is queued
 * was sent before what the site still has, so MPI's order holds (MPI-4.1 section 3.5). Nearly always empty: one load on the way. */
#ifndef MANA_PX_QUEUE_H
#define MANA_PX_QUEUE_H
#include "px_record.h"

struct px_message {
  struct px_message *next;
  mana_h comm, handle; /* handle: of the application, which holds this message (MPI_Mprobe); 0 in the queue */
  int32_t source, tag; /* canonical */
  int64_t bytes;
  int32_t sender; /* rank in MPI_COMM_WORLD that waits for a receipt (synchronous.h); -1: nobody does */
  uint32_t number;
  uint8_t
      data[]; /* as it travelled: between like machines that is the data itself, in the order of its type signature */
};
extern struct px_message *px_queue;         /* in order of arrival */
extern struct px_message *px_queue_matched; /* held by message handles */

/* Not 0: receives and probes have to look, between px_turn_begin and px_turn_end: the queue holds something, or is being filled. */
extern int px_queue_asks;
static inline int px_queue_holds(void) {
  return __builtin_expect(__atomic_load_n(&px_queue_asks, __ATOMIC_RELAXED), 0);
}
/* A turn lasts from the look into the queue until what was not there has been asked of the site, and with the pump from the look at the site
 * until the message is queued. So nobody receives behind a message that goes into the queue just then. */
void px_turn_begin(void);
void px_turn_end(void);
/* Before a receive or probe is asked of the site. Not 0: it is to be done in a turn. 0: it is asked at once, without blocking, and then px_looked:
 * until then the pump does not begin. */
int px_look_beside_others(void);
void px_looked_beside_others(void);
static inline int px_look(void) {
  return __builtin_expect(SPLIT->thread_multiple, 0) ? px_look_beside_others() : px_queue_holds();
}
static inline void px_looked(void) {
  if (__builtin_expect(SPLIT->thread_multiple, 0)) px_looked_beside_others();
}
static inline void px_look_end(int turn) {
  if (turn) px_turn_end();
  if (!turn) px_looked();
}
/* All threads that look from here on take turns. */
void px_queue_guard(void);
/* No thread is in MPI, so none has to. */
void px_queue_unguard(void);
/* A message with room for its data; NULL when out of memory. */
struct px_message *px_message_new(mana_h comm, int source, int tag, int64_t bytes);
/* To the end of the queue, or, with a handle, to the messages that are held. */
void px_queue_add(struct px_message *m);
/* The first message that matches (MPI_ANY_SOURCE and MPI_ANY_TAG are canonical): taken out, or only looked at. NULL: none. */
struct px_message *px_queue_take(int source, int tag, mana_h comm);
int px_queue_look(int source, int tag, mana_h comm, mana_status *status);
/* A message that was taken and could not be received: it comes first again. */
void px_queue_put_back(struct px_message *m);
/* The communicator is gone, and with it what nobody has received: a later one may have its handle. Message handles keep theirs. */
void px_queue_forget(mana_h comm);
/* The same by handle; NULL: the site still holds that message, or there is none. */
struct px_message *px_queue_take_held(mana_h handle);
/* What a status says of it, and of so many bytes; status may be NULL. */
void px_message_describe(const struct px_message *m, int64_t bytes, mana_status *status);
/* Receives it as MPI_Recv would, and frees it; where the site refuses such a receive, it goes back into the queue. A canonical code; the status (may be NULL) is set as MPI says. */
int px_message_deliver(struct px_message *m, void *buf, int64_t count, mana_h datatype, mana_status *status);
/* MPI has begun, and ends: makes, and gives back, what deliveries go through. */
void px_queue_begin(void);
void px_queue_end(void);
/* MPI_Pack of any length, of which the caller knows `bytes`: without a header, as between like machines packed data is everywhere. The
 * site's code. */
static inline int64_t px_packed_bytes(int64_t count, MPI_Datatype datatype) {
  MPI_Count element = 0;
  return MPI_Type_size_x(datatype, &element) == MPI_SUCCESS && count > 0 ? element * count : 0;
}
int px_pack(const void *buf, int64_t count, MPI_Datatype datatype, void *packed, int64_t bytes);

/* MPI_Send, MPI_Irecv and MPI_Imrecv with any count that the site can take (px_count_fits). */
#ifdef MANA_HAVE_MPI_Send_c
#pragma weak MPI_Send_c
#endif
static inline int px_site_send(const void *buf, int64_t count, MPI_Datatype datatype, int dest, int tag,
                               MPI_Comm comm) {
#ifdef MANA_HAVE_MPI_Send_c
  if (__builtin_expect((int)count != count, 0)) return MPI_Send_c(buf, count, datatype, dest, tag, comm);
#endif
  return MPI_Send(buf, (int)count, datatype, dest, tag, comm);
}
int px_site_irecv(void *buf, int64_t count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
                  MPI_Request *request);
int px_site_imrecv(void *buf, int64_t count, MPI_Datatype datatype, MPI_Message *message, MPI_Request *request);
int px_count_fits(int64_t count);
/* `*count` of the result are `bytes` bytes: MPI_BYTE, or for more than an int can count a type of its own, which px_bytes_free frees. */
MPI_Datatype px_bytes_type(int64_t bytes, int *count);
void px_bytes_free(MPI_Datatype *type);
#endif
