/* The connection to the coordinator: one TCP stream of frames (protocol.h). */
#ifndef MANA_AGENT_CHANNEL_H
#define MANA_AGENT_CHANNEL_H
#include "protocol.h"
#include "save_stream.h"

/* Reads addresses and secret from the job file (as `mana launch` writes it) and connects to the first that proves to be the job's
 * coordinator. 0; or -1, with a message to the user. */
int channel_open(const char *job_file) __attribute__((warn_unused_result));
/* Sends the frame and empties the stream; one caller at a time. After a failure it does nothing: the reader learns of it. */
void channel_send(struct save_stream *frame);
/* Waits up to `milliseconds` (-1: for ever) for a frame: its type, its fields in *frame until the next call. 0: none came. -1: the
 * coordinator is gone, or says what is no frame. */
int channel_receive(struct save_stream *frame, int milliseconds) __attribute__((warn_unused_result));
/* Of the connection; -1: there is none. */
int channel_descriptor(void);
/* Ends the connection, if there is one. */
void channel_close(void);
#endif
