/* Datatypes that another MPI would give another extent. The padding of a type is the implementation's choice (MPI-4.1 sections 5.1.1 and
 * 5.1.6), the program has laid out its memory and its files with what it was told first: after a restart such a type is resized, and
 * nobody sees that it is. */
#ifndef MANA_PX_TYPE_MADE_H
#define MANA_PX_TYPE_MADE_H
#include "proxy.h"

/* Gives *type these bounds, where it has others. The site's code; *type is freed when there is none. */
int px_type_keep_extent(MPI_Datatype *type, MPI_Aint lb, MPI_Aint extent);
/* As the application made it: `type` itself, or what was resized so. The other goes back by px_type_made_drop. */
MPI_Datatype px_type_made(MPI_Datatype type);
void px_type_made_drop(MPI_Datatype type, MPI_Datatype made);
/* Frees what a query has returned, where it is not predefined. */
void px_type_drop(MPI_Datatype *type);
int px_is_f90(int combiner);
#endif
