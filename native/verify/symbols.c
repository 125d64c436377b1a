/* Every slot of the crossing table leads to the site's function, or to the one that says it is absent: never to nothing. */
#include <stdio.h>

#include "mpi_table.h"
#include "verify.h"

/* Each present function is another one; what several slots share is the entry of absent functions. */
static int is_shared(int slot) {
  for (int other = 0; other < SLOT_COUNT; other++) {
    if (other != slot && MPI_TABLE->fn[other] == MPI_TABLE->fn[slot]) return 1;
  }
  return 0;
}

void verify_symbols(void) {
  int present = 0, absent = 0;
  for (int slot = 0; slot < SLOT_COUNT; slot++) {
    verify_expect(MPI_TABLE->fn[slot] != NULL, "slot %d of the crossing table is empty", slot);
    if (is_shared(slot)) {
      absent++;
    } else {
      present++;
    }
  }
  verify_expect(present > SLOT_COUNT / 2, "only %d of %d functions lead to the site", present, (int)SLOT_COUNT);
  char detail[100];
  snprintf(detail, sizeof detail, "%d functions lead to the site, %d it does not have", present, absent);
  verify_tell("symbols", detail);
}
