/* Memory and addresses: memory that an application allocates through MPI is its own, so that it lies in the upper half and
 * outlives the site's MPI. MPI-4.1 sections 4.1.5 and 9.2. */
#include <stdlib.h>

#include "core_auto.h"

int core_Get_address(const void *location, intptr_t *address) {
  *address = (intptr_t)location;
  return MANA_SUCCESS;
}
intptr_t core_Aint_add(intptr_t base, intptr_t disp) {
  return base + disp;
}
intptr_t core_Aint_diff(intptr_t addr1, intptr_t addr2) {
  return addr1 - addr2;
}

/* What the info asks for (MPI-4.1 section 9.2), and never less than a cache line. */
static size_t alignment(mana_h info) {
  enum { LEAST = 64, MOST = 1 << 20 };
  char value[MANA_MAX_INFO_VAL + 1] = "";
  int flag = 0, rc;
  if (info == MANA_INFO_NULL) return LEAST;
  MANA_CROSS(rc, MPI_BELOW(Info_get)(info, "mpi_minimum_memory_alignment", MANA_MAX_INFO_VAL, value, &flag));
  long wanted = rc == MANA_SUCCESS && flag ? strtol(value, NULL, 10) : 0;
  return wanted > LEAST && wanted <= MOST && (wanted & (wanted - 1)) == 0 ? (size_t)wanted : LEAST;
}

int core_Alloc_mem(intptr_t size, mana_h info, void *baseptr) {
  if (size < 0) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_ARG, "MPI_Alloc_mem");
  void *memory = NULL;
  if (size > 0 && posix_memalign(&memory, alignment(info), (size_t)size)) {
    return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_NO_MEM, "MPI_Alloc_mem");
  }
  *(void **)baseptr = memory;
  return MANA_SUCCESS;
}

int core_Free_mem(void *base) {
  free(base);
  return MANA_SUCCESS;
}
