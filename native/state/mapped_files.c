#include "mapped_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct mapped_files *files, const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) return;
  if (files->count == files->capacity) {
    size_t capacity = files->capacity ? 2 * files->capacity : 16;
    struct file_identity *more = realloc(files->file, capacity * sizeof *more);
    if (!more) return;
    files->file = more;
    files->capacity = capacity;
  }
  files->file[files->count++] = (struct file_identity){status.st_dev, status.st_ino};
}

/* By their paths, for some file systems show another device there than stat(2) does. What cannot be found out is not there: then its contents are
 * compared at a restart, as those of other files. */
static void read_all(struct mapped_files *files) {
  FILE *smaps = fopen("/proc/self/smaps", "re");
  char *line = NULL, *path = NULL, access[5];
  size_t size = 0;
  while (smaps && getline(&line, &size, smaps) > 0) {
    int at = 0;
    if (sscanf(line, "%*x-%*x %4s %*x %*x:%*x %*u %n", access, &at) == 1 && at) {
      line[strcspn(line, "\n")] = 0;
      free(path);
      path = access[3] == 's' && line[at] == '/' ? strdup(line + at) : NULL;
    } else if (path && strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " mw")) {
      add(files, path);
    }
  }
  free(path);
  free(line);
  if (smaps) fclose(smaps);
}

bool mapped_files_have(struct mapped_files *files, const struct stat *file) {
  if (!files->read) read_all(files);
  files->read = true;
  for (size_t i = 0; i < files->count; i++) {
    if (files->file[i].inode == file->st_ino && files->file[i].device == file->st_dev) return true;
  }
  return false;
}

void mapped_files_free(struct mapped_files *files) {
  free(files->file);
  *files = (struct mapped_files){0};
}
