/* Error codes of the site: code -> class -> canonical. The site's own code is kept for MPI_Error_string. */
#ifndef MANA_PX_ERROR_H
#define MANA_PX_ERROR_H

/* Canonical code for a site code other than MPI_SUCCESS. */
int px_error(int rc) __attribute__((cold));
/* Whether a failed call has filled in its status. */
int px_error_sets_status(int rc) __attribute__((cold));
#endif
