/* The site's mpi.h, with what the backend has to say about it. The only way it is included. */
#ifndef MANA_SITE_MPI_H
#define MANA_SITE_MPI_H
#include <stdint.h>

#include "backend.h"
#endif
