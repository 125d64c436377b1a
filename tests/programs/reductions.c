/* Predefined operations on predefined types: every pair that MPI-3.1 section 5.9.2 allows, on small exact values. */
#include <complex.h>
#include <stddef.h>

#include "check.h"

/* Reduces {rank+1, 2} by every operation given and records a hash of the result. */
#define REDUCE(ctype, type, ...)                                                                                       \
  do {                                                                                                                 \
    MPI_Op ops[] = {__VA_ARGS__};                                                                                      \
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {                                                            \
      ctype mine[2] = {(ctype)(check_rank() + 1), (ctype)2}, result[2];                                                \
      memset(result, 0, sizeof result);                                                                                \
      CHECK(MPI_Allreduce(mine, result, 2, type, ops[i], MPI_COMM_WORLD) == MPI_SUCCESS);                              \
      total = total * 31 + check_hash(result, sizeof result);                                                          \
    }                                                                                                                  \
  } while (0)
#define INTEGER_OPS MPI_SUM, MPI_PROD, MPI_MAX, MPI_MIN, MPI_LAND, MPI_LOR, MPI_LXOR, MPI_BAND, MPI_BOR, MPI_BXOR
/* Without SUM: Open MPI 4.1.4 computes 8-bit sums wrongly on processors with AVX-512. */
#define BYTE_INTEGER_OPS MPI_PROD, MPI_MAX, MPI_MIN, MPI_BAND, MPI_BOR, MPI_BXOR
#define FLOAT_OPS MPI_SUM, MPI_PROD, MPI_MAX, MPI_MIN

static uint64_t integers(void) {
  uint64_t total = 0;
  REDUCE(signed char, MPI_SIGNED_CHAR, BYTE_INTEGER_OPS);
  REDUCE(unsigned char, MPI_UNSIGNED_CHAR, BYTE_INTEGER_OPS);
  REDUCE(short, MPI_SHORT, INTEGER_OPS);
  REDUCE(unsigned short, MPI_UNSIGNED_SHORT, INTEGER_OPS);
  REDUCE(int, MPI_INT, INTEGER_OPS);
  REDUCE(unsigned, MPI_UNSIGNED, INTEGER_OPS);
  REDUCE(long, MPI_LONG, INTEGER_OPS);
  REDUCE(unsigned long, MPI_UNSIGNED_LONG, INTEGER_OPS);
  REDUCE(long long, MPI_LONG_LONG, INTEGER_OPS);
  REDUCE(unsigned long long, MPI_UNSIGNED_LONG_LONG, INTEGER_OPS);
  REDUCE(int8_t, MPI_INT8_T, BYTE_INTEGER_OPS);
  REDUCE(uint8_t, MPI_UINT8_T, BYTE_INTEGER_OPS);
  REDUCE(int16_t, MPI_INT16_T, INTEGER_OPS);
  REDUCE(uint16_t, MPI_UINT16_T, INTEGER_OPS);
  REDUCE(int32_t, MPI_INT32_T, INTEGER_OPS);
  REDUCE(uint32_t, MPI_UINT32_T, INTEGER_OPS);
  REDUCE(int64_t, MPI_INT64_T, INTEGER_OPS);
  REDUCE(uint64_t, MPI_UINT64_T, INTEGER_OPS);
  REDUCE(MPI_Aint, MPI_AINT, FLOAT_OPS, MPI_BAND);
  REDUCE(MPI_Offset, MPI_OFFSET, FLOAT_OPS, MPI_BOR);
  REDUCE(MPI_Count, MPI_COUNT, FLOAT_OPS, MPI_BXOR);
  REDUCE(unsigned char, MPI_BYTE, MPI_BAND, MPI_BOR, MPI_BXOR);
  return total;
}

static uint64_t floats(void) {
  uint64_t total = 0;
  REDUCE(float, MPI_FLOAT, FLOAT_OPS);
  REDUCE(double, MPI_DOUBLE, FLOAT_OPS);
  REDUCE(_Bool, MPI_C_BOOL, MPI_LAND, MPI_LOR, MPI_LXOR);
  REDUCE(float _Complex, MPI_C_FLOAT_COMPLEX, MPI_SUM, MPI_PROD);
  REDUCE(double _Complex, MPI_C_DOUBLE_COMPLEX, MPI_SUM, MPI_PROD);
  return total;
}

/* A long double has padding bytes: compare the value, not the bytes. */
static void long_double(void) {
  long double mine = 0.5L + check_rank(), sum = 0, expected = 0;
  MPI_Allreduce(&mine, &sum, 1, MPI_LONG_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  for (int i = 0; i < check_size(); i++) expected += 0.5L + i;
  CHECK(sum == expected);
}

#define LOCATION(ctype, type)                                                                                          \
  do {                                                                                                                 \
    struct {                                                                                                           \
      ctype value;                                                                                                     \
      int index;                                                                                                       \
    } mine, least, most;                                                                                               \
    mine.value = (ctype)(check_rank() % 2), mine.index = check_rank() + 10;                                            \
    MPI_Allreduce(&mine, &least, 1, type, MPI_MINLOC, MPI_COMM_WORLD);                                                 \
    MPI_Allreduce(&mine, &most, 1, type, MPI_MAXLOC, MPI_COMM_WORLD);                                                  \
    CHECK(least.value == (ctype)0 && least.index == 10);                                                               \
    CHECK(most.index == (check_size() > 1 ? 11 : 10));                                                                 \
  } while (0)

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  uint64_t whole = integers(), real = floats();
  check_record("integers=%016llx floats=%016llx", (unsigned long long)whole, (unsigned long long)real);
  long_double();
  LOCATION(float, MPI_FLOAT_INT);
  LOCATION(double, MPI_DOUBLE_INT);
  LOCATION(long, MPI_LONG_INT);
  LOCATION(int, MPI_2INT);
  LOCATION(short, MPI_SHORT_INT);
  LOCATION(long double, MPI_LONG_DOUBLE_INT);
  return check_finish("reductions");
}
