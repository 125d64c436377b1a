/* Reads frames from stdin with what the agent uses, and writes the same messages again: the coordinator's test compares the bytes. */
#include <stdlib.h>
#include <unistd.h>

#include "protocol.h"
#include "say.h"

static void read_fully(void *to, size_t length) {
  for (size_t got = 0; got < length;) {
    ssize_t n = read(0, (char *)to + got, length - got);
    MUST(n > 0);
    got += (size_t)n;
  }
}

static void copy_clocks(struct save_stream *in, struct save_stream *out, uint32_t count) {
  for (uint32_t i = 0; i < 3 * count; i++) save_u64(out, load_u64(in));
}

static void again(struct save_stream *in, struct save_stream *out) {
  uint8_t nonce[16], proof[16];
  char text[300];
  int32_t rank, size, pid;
  uint32_t a, b, c, d, count;
  uint64_t x, y, z;
  switch (protocol_get_type(in)) {
    case PROTOCOL_HELLO:
      MUST(protocol_get_hello(in, &rank, &size, &pid, text, sizeof text, &a, &b));
      protocol_put_hello(out, rank, size, pid, text, a, b);
      break;
    case PROTOCOL_CHALLENGE:
      MUST(protocol_get_challenge(in, nonce));
      protocol_put_challenge(out, nonce);
      break;
    case PROTOCOL_PROOF:
      MUST(protocol_get_proof(in, nonce, proof));
      protocol_put_proof(out, nonce, proof);
      break;
    case PROTOCOL_CLOCKS:
      MUST(protocol_get_clocks(in, &a, &count));
      protocol_put_clocks(out, a, count);
      copy_clocks(in, out, count);
      break;
    case PROTOCOL_TARGETS:
      MUST(protocol_get_targets(in, &a, &b, &count));
      protocol_put_targets(out, a, b, count);
      copy_clocks(in, out, count);
      break;
    case PROTOCOL_WROTE:
      MUST(protocol_get_wrote(in, &a, &x, &y, &z, &b));
      protocol_put_wrote(out, a, x, y, z, b);
      break;
    case PROTOCOL_WRITE:
      MUST(protocol_get_write(in, &a, text, sizeof text, &c, &d));
      protocol_put_write(out, a, text, c, d);
      break;
    case PROTOCOL_ABORTING:
      MUST(protocol_get_aborting(in, &rank));
      protocol_put_aborting(out, rank);
      break;
    case PROTOCOL_FINALIZING:
      MUST(protocol_get_finalizing(in));
      protocol_put_finalizing(out);
      break;
    default: MUST(!"a known type");
  }
  MUST(load_done(in));
}

int main(void) {
  static const uint8_t huge[] = {1, 0, 0, 1}, tiny[] = {3, 0, 0, 0};
  MUST(protocol_length(huge) == 0 && protocol_length(tiny) == 0);
  struct save_stream out = {0};
  uint8_t word[4];
  while (read(0, word, 1) == 1) {
    read_fully(word + 1, 3);
    struct save_stream in = {.length = protocol_length(word)};
    MUST(in.length);
    in.data = malloc(in.length);
    read_fully(in.data, in.length);
    again(&in, &out);
    free(in.data);
  }
  MUST(!out.failed && write(1, out.data, out.length) == (ssize_t)out.length);
  save_free(&out);
}
