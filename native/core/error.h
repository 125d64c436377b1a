/* Errors: what a code means, and what is said of it. MPI-4.1 sections 9.3 to 9.5. */
#ifndef MANA_CORE_ERROR_H
#define MANA_CORE_ERROR_H
#include "canon.h"

/* --- error_code.c: codes that the application added ------------------------------------------------------------------- */
/* The class of a code, -1 when there is no such code. */
int core_error_class(int code) __attribute__((visibility("hidden")));
/* The text of an added code, copied into text[MANA_MAX_ERROR_STRING]; its length, -1 when there is no such code. */
int core_error_added_text(int code, char *text) __attribute__((visibility("hidden")));
/* The highest code in use: the value of MPI_LASTUSEDCODE, canonical. */
int core_error_last_used(void) __attribute__((visibility("hidden")));

/* --- error_text.c ------------------------------------------------------------------------------------------------------- */
/* A text for a predefined class that needs no site: before MPI_Init and after MPI_Finalize. */
const char *core_error_text(int error_class) __attribute__((visibility("hidden")));
/* Text of any code into text[MANA_MAX_ERROR_STRING], from the application, the site, or the table above. Returns its length. */
int core_error_describe(int code, char *text) __attribute__((visibility("hidden")));
#endif
