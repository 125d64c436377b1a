/* Those of a datatype's integers that are enumerations, canonical to the site's and back, in place (MPI-4.1 section 5.1.13). */
#ifndef MANA_PX_TYPE_INTEGERS_H
#define MANA_PX_TYPE_INTEGERS_H
#include "proxy.h"
#include "site_values.h"

#define PX_TYPE_INTEGERS(way)                                                                                          \
  static inline void px_type_integers_##way(int combiner, int *ints) {                                                 \
    if (combiner == MPI_COMBINER_SUBARRAY) {                                                                           \
      int *order = &ints[1 + 3 * ints[0]];                                                                             \
      *order = px_order_##way(*order);                                                                                 \
    } else if (combiner == MPI_COMBINER_DARRAY) {                                                                      \
      int dims = ints[2], *distributions = &ints[3 + dims], *arguments = &ints[3 + 2 * dims];                          \
      for (int i = 0; i < dims; i++) {                                                                                 \
        distributions[i] = px_distribution_##way(distributions[i]);                                                    \
        arguments[i] = px_dist_arg_##way(arguments[i]);                                                                \
      }                                                                                                                \
      ints[3 + 4 * dims] = px_order_##way(ints[3 + 4 * dims]);                                                         \
    }                                                                                                                  \
  }
PX_TYPE_INTEGERS(out)
PX_TYPE_INTEGERS(in)
#endif
