#include "hmac.h"

#include <string.h>

/* FIPS 180-4 section 4.2.2: fractions of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
/* Section 5.3.3: of the square roots of the first eight. */
static const uint32_t FIRST[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

enum { BLOCK = 64 };

static uint32_t turn(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

/* Section 6.2.2: one block into the state. */
static void add_block(uint32_t state[8], const uint8_t block[BLOCK]) {
  uint32_t w[64], v[8];
  for (int t = 0; t < 16; t++) {
    const uint8_t *b = block + 4 * t;
    w[t] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  }
  for (int t = 16; t < 64; t++) {
    uint32_t s0 = turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ w[t - 15] >> 3;
    uint32_t s1 = turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  memcpy(v, state, sizeof v);
  for (int t = 0; t < 64; t++) {
    uint32_t s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22), most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    uint32_t t1 = v[7] + s1 + choice + K[t] + w[t];
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + s0 + most;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

/* Of one block and a message short enough to end, with its padding, in the next: section 5.1.1. */
static void sha256_after_block(const uint8_t first[BLOCK], const void *message, size_t length,
                               uint8_t digest[HMAC_BYTES]) {
  uint8_t last[BLOCK] = {0};
  uint32_t state[8];
  size_t bits = (BLOCK + length) * 8;
  memcpy(last, message, length);
  last[length] = 0x80;
  last[BLOCK - 2] = (uint8_t)(bits >> 8);
  last[BLOCK - 1] = (uint8_t)bits;
  memcpy(state, FIRST, sizeof state);
  add_block(state, first);
  add_block(state, last);
  for (int i = 0; i < HMAC_BYTES; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - i % 4 * 8));
}

void hmac_sha256(const uint8_t key[HMAC_KEY_BYTES], const void *message, size_t length, uint8_t mac[HMAC_BYTES]) {
  uint8_t inner[BLOCK], outer[BLOCK], digest[HMAC_BYTES];
  for (int i = 0; i < BLOCK; i++) {
    uint8_t k = i < HMAC_KEY_BYTES ? key[i] : 0;
    inner[i] = k ^ 0x36;
    outer[i] = k ^ 0x5c;
  }
  sha256_after_block(inner, message, length, digest);
  sha256_after_block(outer, digest, sizeof digest, mac);
}
