/* Data objects of the MPICH ABI that mean something. Their values are addresses of their own, so that no buffer of the application can
 * be taken for them; a program compares and passes them as they are. */
#include "abi.h"

static int unweighted_value, weights_empty_value;
int *const MPI_UNWEIGHTED = &unweighted_value;
int *const MPI_WEIGHTS_EMPTY = &weights_empty_value;

/* MPI_T's "all handles of this session" (MPI-4.1 section 15.3.7). */
static char all_handles_value;
struct mana_t_pvar *const MPI_T_PVAR_ALL_HANDLES = (struct mana_t_pvar *)(void *)&all_handles_value;
