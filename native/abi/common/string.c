/* Output strings: canonical buffers are as large as any ABI's, the application's may be smaller. */
#include <string.h>

#include "abi.h"

int abi_string_out(char *to, const char *from, size_t bound) {
  size_t length = strnlen(from, bound - 1);
  memcpy(to, from, length);
  to[length] = 0;
  return (int)length;
}
