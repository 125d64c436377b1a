/* Files that are elsewhere at a restart: `mana restart --map OLD=NEW`. */
#ifndef MANA_PATH_MAP_H
#define MANA_PATH_MAP_H
#include <stddef.h>

enum { PATH_MAP_MAX = 64 };

/* Takes OLD=NEW, two full paths; OLD ends at the first `=`. The text must stay. 0; -1 when it is not that, or when there are too many. */
int path_map_add(const char *assignment) __attribute__((warn_unused_result));

/* Where a full path leads now: the first OLD that is the path, or a folder above it, is replaced. Others stay as they are. 1 when it was
 * replaced, 0 when not, -1 when the new one does not fit. */
int path_map_apply(char *path, size_t size) __attribute__((warn_unused_result));
#endif
