#include "image_why.h"

#include <stdarg.h>
#include <stdio.h>

#include "image_format.h"

int image_why(char *why, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why, IMAGE_WHY_SIZE, format, arguments);
  va_end(arguments);
  return -1;
}
