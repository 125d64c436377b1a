/* Communicators with processes that are not in this job's MPI_COMM_WORLD (MPI-4.1 chapter 11). While there is one no checkpoint can be taken; what is
 * sent and received there has its other end nowhere in the job, and does not count. */
#ifndef MANA_PX_FOREIGN_H
#define MANA_PX_FOREIGN_H
#include "px_record.h"

/* 0, or a negative errno. */
int px_foreign_create(void);
/* One that such a call has made, or MPI_COMM_NULL. */
void px_foreign_made(mana_h comm);
/* It is freed. */
void px_foreign_gone(mana_h comm);
/* How many are known to be there. From any thread. */
int px_foreign_count(void);
#endif
