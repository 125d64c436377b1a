/* Synchronous sends over a checkpoint. The drain receives what nobody has asked for into the queue, and the site then takes the send for
 * complete: but it may not be before its message has been received by the program (MPI-4.1 section 3.4). So when all is drained, senders
 * ask the receivers which of the messages still lie in their queues. The request of such a send becomes one that waits for a receipt, an
 * empty message on px_world with a number of its own for a tag; the receiver sends it when it delivers the message.
 *
 * How a message is found in the queue: those of one (communicator, source, tag) are received in the order in which they were sent, so the
 * queue holds the last of them, and the sender knows how many it has sent after this one. */
#ifndef MANA_PX_SYNCHRONOUS_H
#define MANA_PX_SYNCHRONOUS_H
#include "px_record.h"

struct px_message;
struct px_saved;

/* A synchronous send has begun; dest may be MANA_PROC_NULL. */
void px_synchronous_begun(mana_h request);
/* A message was sent: counts for those to the same place that have not ended. */
void px_sent_behind(mana_h comm, int dest, int tag);
/* When all messages have been received, on all ranks (collective): asks, on px_world. named: whether px_comms_name() has succeeded here;
 * where it has not, nobody asks. 0, or -1 with a reason. */
int px_synchronous_ask(struct px_saved *s, int named);
/* The site's request for a record whose receipt is awaited, after a restart. The site's code. */
int px_synchronous_await(const struct px_record *r, MPI_Request *site);
/* The program receives a message: its sender may be waiting to hear of it. */
void px_synchronous_received(const struct px_message *m);
#endif
