/* Strings: Fortran pads with blanks and knows the length, C terminates. */
#include <string.h>

#include "fortran.h"

int f_text_in(char *to, const char *text, int length) {
  int first = 0;
  while (first < length && text[first] == ' ') first++;
  while (length > first && text[length - 1] == ' ') length--;
  memcpy(to, text + first, (size_t)(length - first));
  to[length - first] = 0;
  return length - first;
}

void f_text_out(char *to, int length, const char *text) {
  size_t room = length > 0 ? (size_t)length : 0, used = strnlen(text, room);
  memcpy(to, text, used);
  memset(to + used, ' ', room - used);
}
