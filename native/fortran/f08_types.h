/* The mpi_f08 types' helpers: each handle is a structure of one INTEGER, whatever the ABI. */
#ifndef MANA_FORTRAN_F08_TYPES_H
#define MANA_FORTRAN_F08_TYPES_H
#include <string.h>

/* F08_COMPARE(equal, unequal): operators on two handles, or on a handle and an INTEGER: both are INTEGERs by reference. */
#define F08_COMPARE(equal, unequal)                                                                                    \
  int equal(const int *a, const int *b);                                                                               \
  int equal(const int *a, const int *b) {                                                                              \
    return *a == *b;                                                                                                   \
  }                                                                                                                    \
  int unequal(const int *a, const int *b);                                                                             \
  int unequal(const int *a, const int *b) {                                                                            \
    return *a != *b;                                                                                                   \
  }
/* What gfortran generates to copy an object of a type in polymorphic assignments. */
#define F08_COPY(name, bytes)                                                                                          \
  void name(const void *from, void *to);                                                                               \
  void name(const void *from, void *to) {                                                                              \
    memcpy(to, from, bytes);                                                                                           \
  }
#endif
