#ifndef MANA_LOWER_SERVICES_H
#define MANA_LOWER_SERVICES_H
#include "split_abi.h"

/* Fills split_table.service. */
void services_fill(struct split_table *table);
/* SVC_LOAD_PROXY, split_abi.h. */
int services_load_proxy(void) __attribute__((warn_unused_result));
#endif
