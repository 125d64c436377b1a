/* Before all else on a connection, both ends show that they know the job's secret; neither sends it (protocol/messages.toml). */
#ifndef MANA_AGENT_HANDSHAKE_H
#define MANA_AGENT_HANDSHAKE_H
#include <stddef.h>
#include <stdint.h>

/* 0: the other end of the channel is the job's coordinator, and takes us for one of the job. -1, with what it said, or why not, in `why`. */
int handshake(const uint8_t secret[16], int milliseconds, char *why, size_t size) __attribute__((warn_unused_result));
#endif
