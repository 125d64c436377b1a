/* Programs of this folder print the same natively and split; a test compares. So: no addresses, pids or times. */
#ifndef MANA_TESTS_SAY_H
#define MANA_TESTS_SAY_H
#include <stdio.h>
#include <stdlib.h>

#define SAY(...)                                                                                                       \
  do {                                                                                                                 \
    printf(__VA_ARGS__);                                                                                               \
    putchar('\n');                                                                                                     \
    fflush(stdout);                                                                                                    \
  } while (0)
/* Says what was found, and the line, where it is not what it should be. */
#define EXPECT(condition)                                                                                              \
  do {                                                                                                                 \
    if (!(condition)) SAY("line %d: not so: %s", __LINE__, #condition);                                                \
  } while (0)
/* Ends the program: the test cannot be made here. */
#define MUST(condition)                                                                                                \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      perror(#condition);                                                                                              \
      exit(99);                                                                                                        \
    }                                                                                                                  \
  } while (0)
#endif
