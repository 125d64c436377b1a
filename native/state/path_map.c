#include "path_map.h"

#include <string.h>

static struct {
  const char *old, *now;
  size_t old_length;
} map[PATH_MAP_MAX];
static int count;

/* Without slashes at its end: of the root nothing is left, and every path lies below it. */
static size_t length_of(const char *path, size_t length) {
  while (length > 0 && path[length - 1] == '/') length--;
  return length;
}

int path_map_add(const char *assignment) {
  const char *equals = strchr(assignment, '=');
  if (!equals || assignment[0] != '/' || equals[1] != '/' || count == PATH_MAP_MAX) return -1;
  map[count].old = assignment;
  map[count].old_length = length_of(assignment, (size_t)(equals - assignment));
  map[count].now = equals + 1;
  count++;
  return 0;
}

int path_map_apply(char *path, size_t size) {
  for (int i = 0; i < count; i++) {
    const char *rest = path + map[i].old_length;
    if (path[0] != '/' || strncmp(path, map[i].old, map[i].old_length) != 0 || (*rest && *rest != '/')) continue;
    size_t now = length_of(map[i].now, strlen(map[i].now)), left = strlen(rest);
    if (now + left + 1 > size) return -1;
    memmove(path + now, rest, left + 1);
    memcpy(path, map[i].now, now);
    if (!path[0]) memcpy(path, "/", 2);
    return 1;
  }
  return 0;
}
