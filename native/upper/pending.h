/* Signals pending for the calling thread alone. All signals are blocked. */
#ifndef MANA_UPPER_PENDING_H
#define MANA_UPPER_PENDING_H
#include <stdint.h>

enum {
  PENDING_MAX = 16
}; /* on the stack of the thread; more than a few are not seen in real programs, and stay where they are */
struct pending_signals {
  int32_t count;
  struct pending_info {
    int32_t number;
    uint8_t rest[124]; /* siginfo_t of the kernel, 128 bytes */
  } info[PENDING_MAX];
};
void pending_take(struct pending_signals *pending) __attribute__((visibility("hidden")));
void pending_give_back(const struct pending_signals *pending) __attribute__((visibility("hidden")));
#endif
