/* What is attached for buffered sends. */
#ifndef MANA_PX_LIFETIME_H
#define MANA_PX_LIFETIME_H
#include "px_record.h"

extern struct px_attached {
  void *address; /* NULL: none */
  int64_t size;
} px_attached;
#endif
