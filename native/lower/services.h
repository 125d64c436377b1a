#ifndef MANA_LOWER_SERVICES_H
#define MANA_LOWER_SERVICES_H
#include "split_abi.h"

/* Fills split_table.service. */
void services_fill(struct split_table *table);
#endif
