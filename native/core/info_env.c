/* MPI_INFO_ENV is the site's, but it was told of the program that its launcher started, which is mana-lower: what the program is called, and
 * with what, is answered here, where the site answers such questions (MPI-4.1 section 11.5). */
#include <stdio.h>
#include <string.h>

#include "core.h"
#include "info_env.h"

static char command[MANA_MAX_INFO_VAL], arguments[MANA_MAX_INFO_VAL];

void core_info_env_keep(int argc, char **argv) {
  size_t at = 0;
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  if (argc > 0) snprintf(command, sizeof command, "%s", slash ? slash + 1 : argv[0]);
  for (int i = 1; i < argc && at < sizeof arguments; i++)
    at += (size_t)snprintf(arguments + at, sizeof arguments - at, "%s%s", i > 1 ? " " : "", argv[i]);
}

const char *core_info_env(const char *key) {
  if (strcmp(key, "command") == 0) return command;
  return strcmp(key, "argv") == 0 ? arguments : NULL;
}
