/* What a restart asks of the site's MPI while there is no program yet. */
#include "proxy.h"

/* For a restart, where no program calls MPI_Init. 0, or a canonical code. */
int mana_proxy_begin(int thread_level) __attribute__((visibility("default")));
int mana_proxy_begin(int thread_level) {
  int none = 0, provided = 0;
  return px_Init_thread(&none, NULL, thread_level, &provided);
}

void mana_proxy_barrier(void) __attribute__((visibility("default")));
void mana_proxy_barrier(void) {
  MPI_Barrier(MPI_COMM_WORLD);
}
