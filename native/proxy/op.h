/* What the application's ops were made from. */
#ifndef MANA_PX_OP_H
#define MANA_PX_OP_H
#include "proxy.h"

struct px_op_made {
  uint32_t number; /* of the function (core/op.c) */
  uint8_t commute, large;
};
extern struct px_op_made *px_op_made; /* by index of the op */
#endif
