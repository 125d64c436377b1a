/* What the application's message handles stand for. */
#ifndef MANA_PX_PROBE_H
#define MANA_PX_PROBE_H
#include "queue.h"

struct px_probed {
  mana_h comm;
  int32_t source, tag; /* canonical */
  int64_t bytes;
};
extern struct px_probed *px_probed; /* by index of the message */
#endif
