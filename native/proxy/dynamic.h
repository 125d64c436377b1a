/* Calls that wait for processes of another job, of which no checkpoint knows: while a thread is in one, none is taken. */
#ifndef MANA_PX_DYNAMIC_H
#define MANA_PX_DYNAMIC_H
void px_dynamic_enter(const char *call);
void px_dynamic_leave(void);
/* The last that was entered, while any is under way; else NULL. From any thread. */
const char *px_dynamic_call(void);
#endif
