/* Says which library of two with one name it got, the one in its run path or another. Argument: a file to dlopen too. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "say.h"

int which(void);

int main(int argc, char **argv) {
  SAY("linked: %d", which());
  for (int i = 1; i < argc; i++) {
    void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
    int (*other)(void) = library ? (int (*)(void))dlsym(library, "which") : NULL;
    SAY("opened: %d", other ? other() : -1);
  }
  return 0;
}
