/* What a call is on, in a user's words: see proxy_checkpoint.h. */
#ifndef MANA_PX_PLACE_H
#define MANA_PX_PLACE_H
#include "proxy.h"

/* The application has named the communicator, or frees it. */
void px_comm_name_keep(mana_h comm, const char *name);
void px_comm_name_forget(mana_h comm);
void px_place(uint32_t handle, char *text, size_t size);
#endif
