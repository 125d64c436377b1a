/* Cancellations whose end is heard of late. */
#include "state.h"

enum { NEVER = 40, LOST, WAYS = 7 };
static int32_t values[4];

static void end(int way, mana_h *r, const struct proxy_checkpoint *checkpoint) {
  int index, flag, n;
  mana_h set[2] = {*r, MANA_REQUEST_NULL};
  switch (way) {
    case 0: OK(PX(Wait)(r, NULL)); break;
    case 1: OK(PX(Waitany)(2, set, &index, NULL)); break;
    case 2: OK(PX(Waitall)(2, set, NULL)); break;
    case 3: OK(PX(Waitsome)(2, set, &n, &index, NULL)); break;
    case 4:
      do OK(PX(Testall)(2, set, &flag, NULL));
      while (!flag);
      break;
    case 5:
      do OK(PX(Testany)(2, set, &index, &flag, NULL));
      while (!flag);
      break;
    default:
      OK(PX(Request_free)(r));
      for (int i = 0; i < 100; i++) checkpoint->pump();
      break;
  }
}

/* A send whose message does not go, whichever call tells so, was none; a receive that is taken back has received nothing. */
void cancel_late(const struct proxy_checkpoint *checkpoint) {
  struct proxy_counts before, after;
  checkpoint->counts(&before);
  site.cancels_late = 1;
  for (int way = 0; way < 2 * WAYS; way++) {
    mana_h r = fresh(MANA_KIND_REQUEST);
    if (way < WAYS) {
      OK(PX(Isend)(values, 4, MANA_INT, STATE->rank, NEVER, MANA_COMM_WORLD, &r));
    } else {
      OK(PX(Irecv)(values, 4, MANA_INT, STATE->rank, NEVER, MANA_COMM_WORLD, &r));
    }
    OK(PX(Cancel)(&r));
    end(way % WAYS, &r, checkpoint);
    checkpoint->counts(&after);
    CHECK(after.sent == before.sent && after.received == before.received);
  }
  site.cancels_late = 0;
  /* The receive of a send-receive has its message, and the send fails. */
  mana_h r = fresh(MANA_KIND_REQUEST);
  OK(PX(Isend)(values, 4, MANA_INT, STATE->rank, LOST, MANA_COMM_WORLD, &r));
  site.fails_sends = 1;
  CHECK(PX(Sendrecv)(values, 4, MANA_INT, STATE->next, LOST, values, 4, MANA_INT, STATE->rank, LOST, MANA_COMM_WORLD,
                     NULL) != 0);
  site.fails_sends = 0;
  OK(PX(Wait)(&r, NULL));
  checkpoint->counts(&after);
  CHECK(after.sent - after.received == before.sent - before.received);
}
