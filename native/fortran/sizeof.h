/* MPI_SIZEOF of the Fortran modules: one specific procedure for each type, which answers by its name. MPI-4.1 section 19.1.9. */
#ifndef MANA_FORTRAN_SIZEOF_H
#define MANA_FORTRAN_SIZEOF_H
/* SIZEOF(symbol, bytes): the argument itself is not looked at, nor a hidden length behind ierror. */
#define SIZEOF(symbol, bytes)                                                                                          \
  void symbol(const void *x, int *size, int *ierror);                                                                  \
  void symbol(const void *x, int *size, int *ierror) {                                                                 \
    (void)x;                                                                                                           \
    *size = (bytes);                                                                                                   \
    if (ierror) *ierror = 0;                                                                                           \
  }
#endif
