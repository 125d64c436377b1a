/* A rank goes on from an image: the order of a restart. */
#ifndef MANA_AGENT_RESTART_H
#define MANA_AGENT_RESTART_H
/* After upper_half_create_table and lower_threads_start. Ends with a message where it cannot go on; nothing of the image has been
 * touched then, or all ranks end. */
void restart_run(void) __attribute__((noreturn));
#endif
