/* What reaches beyond the job, or into the site's MPI, and which no checkpoint knows: calls that wait for processes of another job, while a thread
 * is in one, and what nobody can make anew elsewhere, while it is open. */
#ifndef MANA_PX_DYNAMIC_H
#define MANA_PX_DYNAMIC_H
void px_dynamic_enter(const char *call);
void px_dynamic_leave(void);
/* The last that was entered, while any is under way; else NULL. From any thread. */
const char *px_dynamic_call(void);
extern int px_open_ports, px_open_tools, px_datareps; /* MPI_Open_port, MPI_T_init_thread, MPI_Register_datarep */
#endif
