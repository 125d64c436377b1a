/* Functions that a real library exports for its own sibling libraries: they must exist, since programs bind to them at start
 * (BIND_NOW), but nothing of the MPI standard leads there. A call says so. */
#ifndef MANA_ABI_REFUSE_H
#define MANA_ABI_REFUSE_H
#include <stdio.h>
#include <unistd.h>

static __attribute__((unused, noinline, cold, noreturn)) void refuse(const char *name, const char *title) {
  fprintf(stderr,
          "mana: the program calls %s, which is internal to %s and not part of MPI.\n"
          "  next: use the MPI function that it stands for.\n",
          name, title);
  _exit(125);
}

/* Weak: what mana implements is defined by hand. */
#define REFUSE(name, title)                                                                                            \
  void name(void) __attribute__((weak));                                                                               \
  void name(void) {                                                                                                    \
    refuse(#name, title);                                                                                              \
  }
#endif
