/* Every MPI symbol: the stub library that this program was given exports it, under both names, and it leads to the site's function, or
 * to the one that says it is absent: never to nothing, and never to that of a name that every MPI 3.1 has. */
#include <dlfcn.h>
#include <stdio.h>

#include "mpi_table.h"
#include "verify.h"

static const struct exported {
  const char *name, *profiling;
  int slot, optional;
} exported[] = {
#define EXPORTED(name, slot, optional) {#name, "P" #name, slot, optional},
#include "verify_symbols.h"
};
enum { EXPORTED_COUNT = sizeof exported / sizeof exported[0] };

/* Where the object that holds a symbol begins in memory; NULL for none. */
static const void *home_of(const char *symbol) {
  Dl_info info;
  void *at = dlsym(RTLD_DEFAULT, symbol);
  return at && dladdr(at, &info) ? info.dli_fbase : NULL;
}

static void check_exports(void) {
  const void *stub = home_of("MPI_Init");
  for (int i = 0; i < EXPORTED_COUNT; i++) {
    const struct exported *e = &exported[i];
    verify_expect(home_of(e->name) == stub, "%s is not in the stub library", e->name);
    verify_expect(home_of(e->profiling) == stub, "%s is not in the stub library", e->profiling);
  }
}

/* How many functions the site lacks, of those that programs of this ABI can call. */
static int check_slots(void) {
  const void *absent = MPI_TABLE->absent;
  int lacking = 0;
  for (int i = 0; i < EXPORTED_COUNT; i++) {
    const struct exported *e = &exported[i];
    if (e->slot < 0) continue;
    const void *entry = MPI_TABLE->fn[e->slot];
    verify_expect(entry != NULL, "the slot of %s is empty", e->name);
    verify_expect(entry != absent || e->optional, "the site lacks %s, which every MPI 3.1 has", e->name);
    lacking += entry == absent;
  }
  return lacking;
}

void verify_symbols(void) {
  check_exports();
  int lacking = check_slots();
  char detail[120];
  snprintf(detail, sizeof detail, "%d functions, each as MPI_ and PMPI_; the site lacks %d of them",
           (int)EXPORTED_COUNT, lacking);
  verify_tell("symbols", detail);
}
