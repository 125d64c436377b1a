#include "crc32c.h"

#include <nmmintrin.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* The instruction takes 3 cycles but starts one a cycle: three lanes run side by side, and are joined by shifting the CRC of what is before
 * over LANE bytes of zeros, which is linear, thus a table look-up a byte. */
enum { LANE = 4096, POLYNOMIAL = 0x82f63b78 /* bits reversed */ };

static uint32_t bytes[8][256]; /* by_table: 8 bytes a step */
static uint32_t lane[4][256];  /* CRC after LANE zeros, by byte of the CRC */
static bool have_instruction;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint32_t over_zeros(uint32_t crc, size_t count) {
  while (count--) crc = crc >> 8 ^ bytes[0][crc & 0xff];
  return crc;
}

static void fill_tables(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? (uint32_t)POLYNOMIAL : 0);
    bytes[0][i] = crc;
  }
  for (int step = 1; step < 8; step++) {
    for (int i = 0; i < 256; i++) bytes[step][i] = over_zeros(bytes[step - 1][i], 1);
  }
  for (int byte = 0; byte < 4; byte++) {
    for (uint32_t i = 0; i < 256; i++) lane[byte][i] = over_zeros(i << 8 * byte, LANE);
  }
  have_instruction = __builtin_cpu_supports("sse4.2");
}

static uint64_t word(const uint8_t *at) {
  uint64_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static uint32_t by_table(uint32_t crc, const uint8_t *at, size_t length) {
  for (; length >= 8; length -= 8, at += 8) {
    uint64_t w = word(at) ^ crc;
    crc = 0;
    for (int i = 0; i < 8; i++) crc ^= bytes[7 - i][w >> 8 * i & 0xff];
  }
  while (length--) crc = crc >> 8 ^ bytes[0][(crc ^ *at++) & 0xff];
  return crc;
}

static uint64_t over_lane(uint64_t crc) {
  return lane[0][crc & 0xff] ^ lane[1][crc >> 8 & 0xff] ^ lane[2][crc >> 16 & 0xff] ^ lane[3][crc >> 24 & 0xff];
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t start, const uint8_t *at, size_t length) {
  uint64_t crc = start;
  for (; length >= 3 * LANE; length -= 3 * LANE, at += 3 * LANE) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < LANE; i += 8) {
      crc = _mm_crc32_u64(crc, word(at + i));
      second = _mm_crc32_u64(second, word(at + LANE + i));
      third = _mm_crc32_u64(third, word(at + 2 * LANE + i));
    }
    crc = over_lane(over_lane(crc) ^ second) ^ third;
  }
  for (; length >= 8; length -= 8, at += 8) crc = _mm_crc32_u64(crc, word(at));
  while (length--) crc = _mm_crc32_u8((uint32_t)crc, *at++);
  return (uint32_t)crc;
}

uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t length) {
  pthread_once(&once, fill_tables);
  return ~by_table(~crc, data, length);
}

uint32_t crc32c(uint32_t crc, const void *data, size_t length) {
  pthread_once(&once, fill_tables);
  return ~(have_instruction ? by_instruction(~crc, data, length) : by_table(~crc, data, length));
}
