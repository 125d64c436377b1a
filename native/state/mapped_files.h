/* Files whose contents are the image's: private to native/state. */
#ifndef MANA_MAPPED_FILES_H
#define MANA_MAPPED_FILES_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "state.h"

/* Starts as {0}; filled in when it is first asked. */
struct mapped_files {
  bool read;
  struct file_identity *file;
  size_t count, capacity;
};

/* Whether this process shares memory through the file, and can write to it: then the image has what it held (image_mapped_file.c). */
bool mapped_files_have(struct mapped_files *files, const struct stat *file);
void mapped_files_free(struct mapped_files *files);
#endif
