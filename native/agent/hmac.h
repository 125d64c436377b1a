/* HMAC-SHA256 (RFC 2104, FIPS 180-4): how two that share a secret show it to each other without sending it. */
#ifndef MANA_AGENT_HMAC_H
#define MANA_AGENT_HMAC_H
#include <stddef.h>
#include <stdint.h>

enum { HMAC_BYTES = 32, HMAC_KEY_BYTES = 16, HMAC_LONGEST = 55 };

/* Of a message of at most HMAC_LONGEST bytes, more than which nobody needs here. */
void hmac_sha256(const uint8_t key[HMAC_KEY_BYTES], const void *message, size_t length, uint8_t mac[HMAC_BYTES]);
#endif
