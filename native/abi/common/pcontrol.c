/* MPI_Pcontrol does nothing by itself: a profiler that wants it interposes it (MPI-4.1 section 15.2.4). */
#include "abi.h"
#include "core_auto.h"
#include "export.h"

int PMPI_Pcontrol(const int level, ...);
int PMPI_Pcontrol(const int level, ...) {
  (void)level;
  return 0;
}
ABI_WEAK(MPI_Pcontrol)
