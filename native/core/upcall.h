/* Entry points that the lower half calls with the upper FS in place: the application's callbacks. */
#ifndef MANA_CORE_UPCALL_H
#define MANA_CORE_UPCALL_H
#include <stdint.h>

#include "canon.h"

/* Enters them all into split_table.upcall. */
void core_upcalls_install(void) __attribute__((visibility("hidden")));

/* op.c. `number` is that of a function (core_op_create), not of an op. */
void core_op_upcall(uint32_t number, void *in, void *inout, int64_t count, mana_h datatype)
    __attribute__((visibility("hidden")));

/* grequest.c: state is the record that Grequest_start handed down. Canonical codes. */
int core_grequest_query(void *state, mana_status *status) __attribute__((visibility("hidden")));
int core_grequest_free(void *state) __attribute__((visibility("hidden")));
int core_grequest_cancel(void *state, int complete) __attribute__((visibility("hidden")));

/* datarep.c: state is the record that Register_datarep handed down. Canonical codes. */
int core_datarep_read(void *userbuf, mana_h datatype, int64_t count, void *filebuf, int64_t position, void *state)
    __attribute__((visibility("hidden")));
int core_datarep_write(void *userbuf, mana_h datatype, int64_t count, void *filebuf, int64_t position, void *state)
    __attribute__((visibility("hidden")));
int core_datarep_extent(mana_h datatype, intptr_t *extent, void *state) __attribute__((visibility("hidden")));
#endif
