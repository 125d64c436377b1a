/* What a proxy must know of Open MPI beyond the standard. Included before the site's mpi.h. */
#ifndef MANA_BACKEND_H
#define MANA_BACKEND_H
#define MANA_BACKEND_NAME "openmpi"

/* libmpi exports what MPI-3 removed, but mpi.h hides it, or turns a use into a compile error. Applications still call it. */
#define OMPI_OMIT_MPI1_COMPAT_DECLS 0
#define OMPI_REMOVED_USE_STATIC_ASSERT 0
#define __mpi_interface_removed__(function, replacement)

#define BACKEND_STATUS_BYTES(s) ((int64_t)(s)->_ucount)
#define BACKEND_STATUS_CANCELLED(s) ((s)->_cancelled)
#endif
