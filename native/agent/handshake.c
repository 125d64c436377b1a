#include "handshake.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "channel.h"
#include "hmac.h"
#include "monotonic.h"

enum { NONCE_BYTES = 16, PROOF_BYTES = 16, COORDINATOR = 'C', PEER = 'P' };

static void prove(const uint8_t secret[16], char prover, const uint8_t own[NONCE_BYTES],
                  const uint8_t other[NONCE_BYTES], uint8_t proof[PROOF_BYTES]) {
  uint8_t message[1 + 2 * NONCE_BYTES] = {(uint8_t)prover}, mac[HMAC_BYTES];
  memcpy(message + 1, own, NONCE_BYTES);
  memcpy(message + 1 + NONCE_BYTES, other, NONCE_BYTES);
  hmac_sha256(secret, message, sizeof message, mac);
  memcpy(proof, mac, PROOF_BYTES);
}

/* In the same time wherever they differ: how long it took tells nobody how much of a proof was right. */
static bool same(const uint8_t a[PROOF_BYTES], const uint8_t b[PROOF_BYTES]) {
  volatile uint8_t different = 0;
  for (int i = 0; i < PROOF_BYTES; i++) different |= a[i] ^ b[i];
  return different == 0;
}

/* A frame may come in pieces; all of it until `deadline`, of the type that is wanted, or not at all. */
static int await(int wanted, struct save_stream *frame, int64_t deadline, char *why, size_t size) {
  int type = 0;
  for (int64_t left; type == 0 && (left = deadline - monotonic_ms()) > 0;) type = channel_receive(frame, (int)left);
  if (type == wanted) return 0;
  bool told = type == PROTOCOL_REFUSED && protocol_get_refused(frame, why, size);
  if (!told) snprintf(why, size, "%s", type == 0 ? "it does not answer" : "it is no coordinator of mana's");
  return -1;
}

int handshake(const uint8_t secret[16], int milliseconds, char *why, size_t size) {
  uint8_t own[NONCE_BYTES], theirs[NONCE_BYTES], proof[PROOF_BYTES], right[PROOF_BYTES];
  int64_t deadline = monotonic_ms() + milliseconds;
  struct save_stream in, out = {0};
  if (getrandom(own, sizeof own, 0) != sizeof own) return snprintf(why, size, "this host has no random numbers"), -1;
  if (await(PROTOCOL_CHALLENGE, &in, deadline, why, size) != 0) return -1;
  if (!protocol_get_challenge(&in, theirs)) return snprintf(why, size, "it is no coordinator of mana's"), -1;
  prove(secret, PEER, own, theirs, proof);
  protocol_put_proof(&out, own, proof);
  channel_send(&out);
  save_free(&out);
  if (await(PROTOCOL_PROVEN, &in, deadline, why, size) != 0) return -1;
  prove(secret, COORDINATOR, theirs, own, right);
  if (protocol_get_proven(&in, proof) && same(proof, right)) return 0;
  return snprintf(why, size, "it is the coordinator of another job"), -1;
}
