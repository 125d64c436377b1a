#include <stdarg.h>
#include <stdio.h>

#include "process_state.h"

int state_refuse(char why[STATE_WHY_SIZE], const char *what, ...) {
  va_list arguments;
  va_start(arguments, what);
  vsnprintf(why, STATE_WHY_SIZE, what, arguments);
  va_end(arguments);
  return -1;
}
