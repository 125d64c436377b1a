/* The end of the program by its own doing. A rank's coordinator is told, for its connection ends in the same way when a signal ends it. */
#include <sys/socket.h>

#include "hooks.h"

/* The agent may be sending at this moment: the kernel takes a frame as small as this whole or not at all, so it gets between two others. Where
 * the other end does not read, nobody waits for it. */
void exit_say(int32_t code) {
  uint8_t frame[SPLIT_FAREWELL_MAX];
  uint32_t length = SPLIT->farewell_length;
  if (length == 0 || RAW0(SYS_getpid) != SPLIT->pid)
    return; /* a child of the rank's, on a copy of this memory or in it */
  __builtin_memcpy(frame, SPLIT->farewell, length);
  __builtin_memcpy(frame + length - sizeof code, &code, sizeof code);
  RAW6(SYS_sendto, SPLIT->farewell_fd, frame, length, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
}

long hook_exit_group(const struct hook_call *call) {
  exit_say((int32_t)call->a & 0xff);
  return hook_pass(call);
}
