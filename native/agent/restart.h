/* A rank goes on from an image: the order of a restart. */
#ifndef MANA_AGENT_RESTART_H
#define MANA_AGENT_RESTART_H
#include <stdint.h>

/* The highest number of the program's descriptors, before MPI opens any: in the image of the rank that the launcher's variables say this process
 * will be. 0 = they do not say it. */
uint32_t restart_highest_descriptor(void);
/* After upper_half_create_table and lower_threads_start. Ends with a message where it cannot go on; nothing of the image has been
 * touched then, or all ranks end. */
void restart_run(void) __attribute__((noreturn));
#endif
