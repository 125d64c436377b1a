/* `mana restart --env NAME=VALUE`: variables of the program's environment, which is a part of its memory. */
#ifndef MANA_ENVIRONMENT_H
#define MANA_ENVIRONMENT_H

enum { ENVIRONMENT_WHY_SIZE = 512 };

/* While the upper half is mapped and none of its threads runs: `environ` of the program's libc has these NAME=VALUE in place of what it had. Strings
 * it had stay where they are, for the program may hold their addresses. 0; or -1 with `why`. */
int environment_change(const char *const *assignments, int count, char why[ENVIRONMENT_WHY_SIZE])
    __attribute__((warn_unused_result));
#endif
