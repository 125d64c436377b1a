#ifndef MANA_CORE_INFO_ENV_H
#define MANA_CORE_INFO_ENV_H
/* At the program's start, before it can change them. */
void core_info_env_keep(int argc, char **argv) __attribute__((visibility("hidden")));
/* The program's own value of a key of MPI_INFO_ENV; NULL: the site's is right. */
const char *core_info_env(const char *key) __attribute__((visibility("hidden")));
#endif
