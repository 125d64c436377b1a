/* Code made at run time that binds a number to a function of the site: MPI's reduction callback has no argument for our state. */
#ifndef MANA_PX_THUNK_H
#define MANA_PX_THUNK_H
#include <stdint.h>

#include "site_mpi.h"

/* What a thunk jumps to: the arguments of the site, and the number. `length` is int * or MPI_Count *, as the op was created. */
typedef void px_thunk_target(void *in, void *inout, void *length, MPI_Datatype *datatype, uint32_t number);

struct px_thunks {
  px_thunk_target *target;
  void **pages; /* by number / thunks a page; made when first needed, never changed, never freed */
};

/* The thunk for a number below PX_THUNKS; NULL when memory is out. */
enum { PX_THUNKS = 1 << 20 };
void *px_thunk(struct px_thunks *pool, uint32_t number);
#endif
