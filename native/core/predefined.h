/* The predefined objects of the description (generated: predefined.c). */
#ifndef MANA_CORE_PREDEFINED_H
#define MANA_CORE_PREDEFINED_H
#include <stddef.h>

#include "canon.h"

struct core_predefined {
  mana_h handle;
  enum mana_kind kind;
  const char *name; /* MPI_COMM_WORLD */
};
extern const struct core_predefined core_predefined[] __attribute__((visibility("hidden")));
extern const size_t core_predefined_count __attribute__((visibility("hidden")));
#endif
