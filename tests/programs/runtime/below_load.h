/* What a program begins with that crosses into fake_proxy.c. It is built with the core's attach.c. */
#ifndef MANA_TESTS_BELOW_LOAD_H
#define MANA_TESTS_BELOW_LOAD_H
#include "below.h"
#include "crossing.h"
#include "say.h"

#define BELOW(type, nr) ((type)MPI_TABLE->fn[nr])

/* As a stub's constructor does. */
static inline void below_load(void) {
  uint64_t fs;
  int result;
  __asm__("mov %%fs:0,%0" : "=r"(fs));
  SPLIT->upper_tls_offset = (int64_t)((uint64_t)&mana_upper_tls - fs);
  MUST(SPLIT->mpi_state == SPLIT_MPI_NOT_LOADED);
  MANA_CROSS(result, MANA_SERVICE(int (*)(void), SVC_LOAD_PROXY)());
  MUST(result == 0);
}
#endif
