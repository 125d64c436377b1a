#ifndef MANA_LOWER_ARENA_CHECK_H
#define MANA_LOWER_ARENA_CHECK_H
/* What lies in the upper half's ranges IS the upper half: ends with a message when something is there before it. */
void arena_check_free(void);
#endif
