/* Messages of hooks to the user. */
#include "hooks.h"

static uint64_t length_of(const char *text) {
  uint64_t length = 0;
  while (text[length]) length++;
  return length;
}

/* Through the lower half where there is one for this thread, for that knows the rank. */
void say_once(int32_t *said, const char *text) {
  struct hook_call call = {.a = (long)text};
  long unused;
  if (__atomic_exchange_n(said, 1, __ATOMIC_RELAXED)) return;
  if (forward_call(SVC_REPORT, &call, &unused)) return;
  struct {
    const void *data;
    uint64_t length;
  } parts[] = {{"mana: ", 6}, {text, length_of(text)}, {"\n", 1}};
  RAW3(SYS_writev, 2, parts, 3);
}
