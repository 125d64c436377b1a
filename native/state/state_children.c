/* Living children: what they are cannot be saved, and after a restart they would be nobody's. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "process_state.h"

/* The first child of a thread, by /proc/self/task/TID/children (man 5 proc); 0 = none. */
static int first_child(const char *task) {
  char path[64];
  int child = 0;
  snprintf(path, sizeof path, "/proc/self/task/%.20s/children", task);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  if (fscanf(file, "%d", &child) != 1) child = 0;
  fclose(file);
  return child;
}

static void name_of(int pid, char *out, int size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  FILE *file = fopen(path, "re");
  if (!file || !fgets(out, size, file)) snprintf(out, (size_t)size, "unknown");
  out[strcspn(out, "\n")] = 0;
  if (file) fclose(file);
}

static bool has_ended(int pid) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  const char *name_end = strrchr(text, ')'); /* the name may hold anything */
  return name_end && name_end[1] == ' ' && name_end[2] == 'Z';
}

int state_children_check(char why[STATE_WHY_SIZE]) {
  DIR *tasks = opendir("/proc/self/task");
  int child = 0;
  if (!tasks) return state_refuse(why, "/proc/self/task cannot be read");
  for (struct dirent *entry; !child && (entry = readdir(tasks));) {
    if (entry->d_name[0] != '.') child = first_child(entry->d_name);
  }
  closedir(tasks);
  if (!child) return 0;
  char name[64];
  name_of(child, name, sizeof name);
  if (has_ended(child))
    return state_refuse(why, "it has not yet waited for a child process that has ended, %d (%s)", child, name);
  return state_refuse(why,
                      "it has a child process, %d (%s), which cannot be saved; take the checkpoint when it has ended",
                      child, name);
}
