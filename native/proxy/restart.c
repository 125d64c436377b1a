/* What a restart asks of the site's MPI while there is no program yet. */
#include <stdio.h>

#include "proxy.h"
#include "pump.h"

static const char *name_of(int thread_level) {
  switch (thread_level) {
    case MANA_THREAD_SINGLE: return "MPI_THREAD_SINGLE";
    case MANA_THREAD_FUNNELED: return "MPI_THREAD_FUNNELED";
    case MANA_THREAD_SERIALIZED: return "MPI_THREAD_SERIALIZED";
    default: return "MPI_THREAD_MULTIPLE";
  }
}

int px_begin(int thread_level, char why[PROXY_WHY_SIZE]) {
  int none = 0, granted = 0;
  int rc = px_Init_thread(&none, NULL, thread_level, &granted);
  why[0] = 0;
  if (rc == 0 && granted < thread_level)
    snprintf(why, PROXY_WHY_SIZE, "this site's MPI grants %s, and the program was granted %s", name_of(granted),
             name_of(thread_level));
  return rc;
}

void px_barrier(void) {
  MPI_Barrier(MPI_COMM_WORLD);
}
