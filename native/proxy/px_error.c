/* Site codes to canonical ones; texts of the site for the codes it returned. */
#include "px_error.h"

#include <string.h>

#include "proxy.h"
#include "site_values.h"

enum { CLASSES = 256 };
/* The latest site code of each canonical class: its text is the most exact thing we can say of that class. */
static int latest[CLASSES];

/* Before MPI-4 MPI_Error_class may not be called outside MPI_Init and MPI_Finalize, where the functions of MPI_T may: what these return is a
 * class already. */
static int class_of(int rc) {
  int site_class = MPI_ERR_OTHER;
#if MPI_VERSION < 4
  int begun = 0, ended = 0;
  MPI_Initialized(&begun);
  MPI_Finalized(&ended);
  if (!begun || ended) return rc;
#endif
  MPI_Error_class(rc, &site_class);
  return site_class;
}

int px_error(int rc) {
  int canonical = px_error_code_out(class_of(rc));
  if (canonical <= 0) canonical = MANA_ERR_OTHER;
  if (canonical < CLASSES) __atomic_store_n(&latest[canonical], rc, __ATOMIC_RELAXED);
  return canonical;
}

int px_error_sets_status(int rc) {
  int site_class = class_of(rc);
  return site_class == MPI_ERR_TRUNCATE || site_class == MPI_ERR_IN_STATUS;
}

/* MPI_Error_string, canonical code in, text of MANA_MAX_ERROR_STRING out. */
int px_Error_string(int errorcode, char *string, int *resultlen) {
  char text[MPI_MAX_ERROR_STRING + 1] = "";
  int length = 0;
  int code = errorcode > 0 && errorcode < CLASSES ? __atomic_load_n(&latest[errorcode], __ATOMIC_RELAXED) : 0;
  if (!code) {
    code = px_error_code_in(errorcode);
    if (px_error_code_out(code) != errorcode)
      return MANA_ERR_ARG; /* the number is another class's here: there is no such class */
  }
  int rc = MPI_Error_string(code, text, &length);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *resultlen = (int)strlen(text) < MANA_MAX_ERROR_STRING ? (int)strlen(text) : MANA_MAX_ERROR_STRING - 1;
  memcpy(string, text, (size_t)*resultlen);
  string[*resultlen] = 0;
  return 0;
}
