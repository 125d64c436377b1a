/* What the Fortran entry points share: a library apart from the C one, which it calls through the C binding of the same ABI.
 * mpif.h and `use mpi` pass every argument by reference, strings with their length by value behind all arguments. */
#ifndef MANA_FORTRAN_H
#define MANA_FORTRAN_H
#include <stddef.h>
#include <stdlib.h>

#include "abi.h"
#include "fortran_bridge.h"
#include "fortran_calls.h"
#define FORTRAN_ALIAS(strong, name) extern __typeof__(strong) name __attribute__((weak, alias(#strong)));
#include "fortran_abi.h"

/* ierror is optional in the mpi_f08 module, whose procedures come here too: absent is null. */
#define FORTRAN_RETURN(rc)                                                                                             \
  do {                                                                                                                 \
    int code_ = (rc);                                                                                                  \
    if (ierror) *ierror = code_;                                                                                       \
    return;                                                                                                            \
  } while (0)

/* --- sentinels ---------------------------------------------------------------------------------------------------------- */
#define F_IS(pointer, NAME)                                                                                            \
  ((const void *)(pointer) == (const void *)F_##NAME || (const void *)(pointer) == (const void *)F08_##NAME)
static inline int f_is_in_place(const void *buffer) {
  return F_IS(buffer, IN_PLACE);
}
static inline const void *f_buffer(const void *buffer) {
  if (__builtin_expect(F_IS(buffer, BOTTOM), 0)) return NULL;
  if (__builtin_expect(f_is_in_place(buffer), 0)) return C_IN_PLACE;
  return buffer;
}
static inline int *f_weights(const int *weights) {
  if (F_IS(weights, UNWEIGHTED)) return (int *)(uintptr_t)C_UNWEIGHTED;
  if (F_IS(weights, WEIGHTS_EMPTY)) return (int *)(uintptr_t)C_WEIGHTS_EMPTY;
  return (int *)(uintptr_t)weights;
}
/* In both ABIs a status is, in Fortran, the INTEGERs that the C struct consists of. */
static inline MPI_Status *f_status(MPI_Fint *status) {
  return F_IS(status, STATUS_IGNORE) ? C_STATUS_IGNORE : (MPI_Status *)(void *)status;
}
static inline MPI_Status *f_statuses(MPI_Fint *statuses) {
  return F_IS(statuses, STATUSES_IGNORE) ? C_STATUS_IGNORE : (MPI_Status *)(void *)statuses;
}

/* --- LOGICAL and indices ------------------------------------------------------------------------------------------------- */
/* .true. is 1 with GNU and most other compilers, -1 with Intel's default; all of them see 1 as true. */
static inline int f_logical_in(MPI_Fint logical) {
  return logical != 0;
}
static inline MPI_Fint f_logical_out(int flag) {
  return flag != 0;
}
static inline MPI_Fint f_index_out(int index) {
  return index == MANA_UNDEFINED ? index : index + 1;
}
static inline void f_indices_out(int rc, int count, MPI_Fint *indices) {
  if (rc && rc != ABI_ERR_IN_STATUS) return;
  for (int i = 0; i < count; i++) indices[i]++; /* count is MPI_UNDEFINED, thus negative, where no request was active */
}

/* --- arrays and strings --------------------------------------------------------------------------------------------------- */
enum { F_SMALL = 128 };
/* F_ARRAY(type, name, n): n elements, on the stack up to F_SMALL. Returns MPI_ERR_NO_MEM from the entry point when out of memory.
 * The empty asm stands for an initialization: gcc warns where an array of no elements is handed on. */
#define F_ARRAY(type, name, n)                                                                                         \
  type name##_small[F_SMALL];                                                                                          \
  __asm__("" : "=m"(name##_small));                                                                                    \
  type *name = (n) <= F_SMALL ? name##_small : malloc((size_t)(n) * sizeof(type));                                     \
  if (!name) FORTRAN_RETURN(ABI_ERR_NO_MEM)
#define F_ARRAY_FREE(name)                                                                                             \
  do {                                                                                                                 \
    if (name != name##_small) free(name);                                                                              \
  } while (0)

/* F_TEXT_IN(x): x_c, the string argument x as C wants it, without leading and trailing blanks. */
#define F_TEXT_IN(x)                                                                                                   \
  F_ARRAY(char, x##_c, x##_len + 1);                                                                                   \
  f_text_in(x##_c, x, x##_len)
#define F_TEXT_FREE(x) F_ARRAY_FREE(x##_c)
/* Copies `length` characters at most, trimmed and terminated: `to` has room for length + 1. Returns the length without blanks. */
int f_text_in(char *to, const char *text, int length) __attribute__((visibility("hidden")));
/* Copies a C string into a Fortran variable of `length` characters, cut or padded with blanks. */
void f_text_out(char *to, int length, const char *text) __attribute__((visibility("hidden")));
/* --- queries of extensions: the answer comes back where other calls return their error code --------------------------------- */
#define F_QUERY(lower, UPPER, Mixed)                                                                                   \
  void FORTRAN(mpix_##lower)(MPI_Fint * ierror);                                                                       \
  void FORTRAN(mpix_##lower)(MPI_Fint * ierror) {                                                                      \
    FORTRAN_RETURN(FORTRAN_C(MPIX_##Mixed)());                                                                         \
  }                                                                                                                    \
  FORTRAN_NAMES(mpix_##lower, MPIX_##UPPER, MPIX_##Mixed)
#endif
