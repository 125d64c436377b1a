/* Contents of a datatype that was made with large counts, in the order in which the base constructor's contents come. */
#ifndef MANA_PX_TYPE_LARGE_H
#define MANA_PX_TYPE_LARGE_H
#include "proxy.h"

/* `*ni` integers and `nc` counts of the large contents (MPI-4.1 section 5.1.13) become new arrays of integers and addresses, malloc'd. 0; 1
 * where a count does not fit an int, memory is out, or the constructor is not known. */
int px_type_narrow(int combiner, int *ni, int **ints, int *na, MPI_Aint **addresses, const MPI_Count *counts, int nc);
#endif
