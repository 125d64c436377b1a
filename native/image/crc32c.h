/* CRC32C (Castagnoli; RFC 3720, appendix B.4), as SSE4.2 computes it. */
#ifndef MANA_IMAGE_CRC32C_H
#define MANA_IMAGE_CRC32C_H
#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, 0 at the start: crc32c(crc32c(0, a), b) is that of a and b one after the other. */
uint32_t crc32c(uint32_t crc, const void *data, size_t length);
/* Without the instruction, for processors that lack it. */
uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t length);
#endif
